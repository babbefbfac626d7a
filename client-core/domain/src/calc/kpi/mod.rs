//! Appraisal sheets: configurable items with weights, scores and bands (C60–C66, C73).
//!
//! | file | sheet |
//! |---|---|
//! | here | C62 supervisor's monthly sheet of 100 points; C64 bands |
//! | [`monthly`] | C60 complaint timeliness, C61 the other items of the same sheet |
//! | [`quarterly`] | C63 quarterly sheet by achievement rates |
//! | [`awards`] | C65, C73 awards; C66 discipline |

pub mod awards;
pub mod monthly;
pub mod quarterly;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::bands::Bands;
use super::number::{CalcError, divide, multiply, not_negative, sum};

/// One item of a sheet with the three scores it may have, each 0–weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppraisalItem {
    /// The item's code.
    pub item: String,
    /// The most points it gives.
    pub weight: Decimal,
    /// 自评.
    pub own: Option<Decimal>,
    /// 主管评分.
    pub supervisor: Option<Decimal>,
    /// 领导评分.
    pub leader: Option<Decimal>,
}

/// How much each of the three scores counts (C62; the source does not say).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScorerWeights {
    /// Weight of the person's own score.
    pub own: Decimal,
    /// Weight of the supervisor's.
    pub supervisor: Decimal,
    /// Weight of the leader's.
    pub leader: Decimal,
}

impl Default for ScorerWeights {
    /// The leader's score alone.
    fn default() -> Self {
        Self { own: Decimal::ZERO, supervisor: Decimal::ZERO, leader: Decimal::ONE }
    }
}

/// What C62 and C64 leave open: how the scores of an item are combined, and where bands begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppraisalSettings {
    /// Weight of the person's own score; 0.
    pub own: Decimal,
    /// Weight of the supervisor's; 0.
    pub supervisor: Decimal,
    /// Weight of the leader's; 1.
    pub leader: Decimal,
    /// Lowest totals of 非常好, 优秀, 良好, 及格; 100, 85, 75, 60.
    pub bands: [Decimal; 4],
}

impl Default for AppraisalSettings {
    fn default() -> Self {
        let ScorerWeights { own, supervisor, leader } = ScorerWeights::default();
        Self { own, supervisor, leader, bands: [100, 85, 75, 60].map(Decimal::from) }
    }
}

impl AppraisalSettings {
    /// The weights of the three scores.
    #[must_use]
    pub fn scorers(&self) -> ScorerWeights {
        ScorerWeights { own: self.own, supervisor: self.supervisor, leader: self.leader }
    }
    /// The bands of a total.
    #[must_use]
    pub fn bands(&self) -> Bands {
        Bands::appraisal_from(self.bands)
    }
}

/// C62 an appraisal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appraisal {
    /// (item's code, combined score), unrounded.
    pub items: Vec<(String, Decimal)>,
    /// Σ of the items, 0–Σ of the weights, unrounded.
    pub total: Decimal,
    /// Code of the band of the total.
    pub band: String,
    /// Σ of the items' weights. Not 100 → the sheet's template deserves a warning (A16).
    pub weights: Decimal,
}

/// C62 total of a sheet: per item the weighted mean of the three scores, summed, with its band.
///
/// # Errors
/// `Empty` for no items, or an item without a score that counts; `OutOfRange("score")` when a score is
/// below 0 or above its item's weight; `OutOfRange("weight")`; `Overflow`.
pub fn appraise(
    items: &[AppraisalItem],
    scorers: &ScorerWeights,
    bands: &Bands,
) -> Result<Appraisal, CalcError> {
    if items.is_empty() {
        return Err(CalcError::Empty);
    }
    let combined = |item: &AppraisalItem| {
        not_negative(item.weight, "weight")?;
        let (mut top, mut bottom) = (Vec::new(), Vec::new());
        let scores =
            [(item.own, scorers.own), (item.supervisor, scorers.supervisor), (item.leader, scorers.leader)];
        for (score, weight) in scores {
            not_negative(weight, "weight")?;
            if score.is_some_and(|s| s < Decimal::ZERO || s > item.weight) {
                return Err(CalcError::OutOfRange("score"));
            }
            if weight > Decimal::ZERO {
                top.push(multiply(score.ok_or(CalcError::Empty)?, weight)?);
                bottom.push(weight);
            }
        }
        Ok((item.item.clone(), divide(sum(top)?, sum(bottom)?)?))
    };
    let scored = items.iter().map(combined).collect::<Result<Vec<_>, CalcError>>()?;
    let total = sum(scored.iter().map(|(_, score)| *score))?;
    let weights = sum(items.iter().map(|item| item.weight))?;
    Ok(Appraisal { items: scored, total, band: bands.of(total).to_owned(), weights })
}
