//! The quarterly sheet of service staff by achievement rates (C63).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calc::number::{CalcError, divide, multiply, not_negative, sum};

/// What C63 leaves open: caps and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AchievementSettings {
    /// Over-achievement counts up to this rate; 1.10.
    pub cap: Decimal,
    /// Control-type items count up to this rate; 1.00.
    pub control_cap: Decimal,
    /// Rates of 优, 良, 中, 差; 1.00, 0.85, 0.70, 0.50, proposed.
    pub grades: [Decimal; 4],
}

impl Default for AchievementSettings {
    fn default() -> Self {
        let percent = |n: i64| Decimal::new(n, 2);
        Self {
            cap: percent(110),
            control_cap: percent(100),
            grades: [percent(100), percent(85), percent(70), percent(50)],
        }
    }
}

/// A word for what has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// 优.
    Excellent,
    /// 良.
    Good,
    /// 中.
    Fair,
    /// 差.
    Poor,
}

/// What was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Achievement {
    /// The more the better: percent, yuan …, in one unit.
    Quantity {
        /// What was reached.
        actual: Decimal,
        /// What was to be reached.
        target: Decimal,
    },
    /// At most so much: "≤ 2 times".
    Control {
        /// What happened.
        actual: Decimal,
        /// What was allowed.
        limit: Decimal,
    },
    /// By its criteria.
    Quality(Grade),
}

/// One item of the sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AchievementItem {
    /// The item's code.
    pub item: String,
    /// Points at a rate of 1.
    pub weight: Decimal,
    /// What was reached.
    pub achievement: Achievement,
}

/// C63 a sheet's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AchievementSheet {
    /// (item's code, rate, points), unrounded.
    pub items: Vec<(String, Decimal, Decimal)>,
    /// Σ of the points, 0–110 when the weights sum to 100; unrounded.
    pub total: Decimal,
    /// Σ of the weights. Not 100 → a warning (A16).
    pub weights: Decimal,
}

/// C63 achievement rate, 0–1.10, unrounded.
///
/// Quantity: actual ÷ target, at most the cap, at least 0. Control: 1 up to the limit; beyond it limit ÷ actual,
/// which the source does not define. Quality: the grade's rate.
///
/// # Errors
/// `Empty` for a quantity's target of 0; `OutOfRange("target")`, `OutOfRange("limit")`,
/// `OutOfRange("actual")` for negative targets and limits, and occurrences below 0.
pub fn achievement_rate(
    achievement: &Achievement,
    settings: &AchievementSettings,
) -> Result<Decimal, CalcError> {
    match *achievement {
        Achievement::Quantity { actual, target } => {
            not_negative(target, "target")?;
            Ok(divide(actual, target)?.max(Decimal::ZERO).min(settings.cap))
        }
        Achievement::Control { actual, limit } => {
            not_negative(limit, "limit")?;
            not_negative(actual, "actual")?;
            let rate = if actual <= limit { Decimal::ONE } else { divide(limit, actual)? };
            Ok(rate.min(settings.control_cap))
        }
        Achievement::Quality(grade) => Ok(settings.grades[grade as usize]),
    }
}

/// C63 points = rate × weight per item, and their sum.
///
/// # Errors
/// `Empty` for no items; `OutOfRange("weight")`; else as [`achievement_rate`].
pub fn achievement_sheet(
    items: &[AchievementItem],
    settings: &AchievementSettings,
) -> Result<AchievementSheet, CalcError> {
    if items.is_empty() {
        return Err(CalcError::Empty);
    }
    let points = |item: &AchievementItem| {
        let rate = achievement_rate(&item.achievement, settings)?;
        let points = multiply(rate, not_negative(item.weight, "weight")?)?;
        Ok((item.item.clone(), rate, points))
    };
    let scored = items.iter().map(points).collect::<Result<Vec<_>, CalcError>>()?;
    Ok(AchievementSheet {
        total: sum(scored.iter().map(|(_, _, points)| *points))?,
        weights: sum(items.iter().map(|item| item.weight))?,
        items: scored,
    })
}
