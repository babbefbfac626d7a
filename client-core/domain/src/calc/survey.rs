//! A survey over many sheets: return and validity rates, item results, overall results, the three
//! measures of satisfaction (C01, C02, C05, C06, C08–C10, C13, C16).

use rust_decimal::Decimal;

use super::number::{CalcError, Rate, divide, mean, multiply, sum, weighted_mean};
use super::scoring::{SATISFIED_INDEX, Score, ScoreError, ScoringModel, item_weights};
use super::sheet::Item;

/// C01 回收率 return rate = returned ÷ sent × 100 %. Sent 0 → "—".
///
/// # Errors
/// `OutOfRange("part")` for more returned than sent.
pub fn return_rate(returned: u64, sent: u64) -> Result<Rate, CalcError> {
    Rate::new(returned, sent)
}

/// C02 有效率 validity rate = valid ÷ returned × 100 %. Returned 0 → "—".
///
/// # Errors
/// `OutOfRange("part")` for more valid than returned.
pub fn validity_rate(valid: u64, returned: u64) -> Result<Rate, CalcError> {
    Rate::new(valid, returned)
}

/// One question over all valid sheets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemResult {
    /// The question's code.
    pub item: String,
    /// Sheets that count for the question.
    pub respondents: usize,
    /// Σ of the points on the model's scale.
    pub points: Decimal,
    /// 0–100, unrounded.
    pub percent: Decimal,
}

/// All valid sheets of a survey under one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyResult {
    /// The model; its version is [`super::catalogue::version`] of the code.
    pub model: ScoringModel,
    /// Valid sheets.
    pub sheets: usize,
    /// Questions in the order of the template; a question nobody answered is left out.
    pub items: Vec<ItemResult>,
    /// 0–100, unrounded.
    pub overall: Decimal,
}

/// Item results and the overall result of a survey; every number 0–100, unrounded.
///
/// Item: C05 Σ points ÷ (10 × respondents) × 100; C08 the mean as an index; C06, C09, C10, C13 the mean.
/// Each sheet weighs the same, because the source of C09 names no weights of respondents.
/// Overall: C05 Σ all points ÷ (10 × answers) × 100, the mean of the items when all were answered by
/// all; C06, C08, C13 the mean of the sheets; C09 Σ(item × weight) ÷ Σ weight; C10 the mean of the items.
///
/// # Errors
/// `Calc(Empty)` for no sheets, or a model without sums (C11, C12, unscored: see
/// [`super::distribution`]); `MissingWeight`, `Calc(OutOfRange)`, `Calc(Overflow)`.
pub fn survey_result(
    model: ScoringModel,
    items: &[Item],
    sheets: &[Score],
) -> Result<SurveyResult, ScoreError> {
    let (mut results, mut all) = (Vec::new(), Vec::new());
    for item in items.iter().filter(|item| item.scored) {
        let scores = sheets.iter().flat_map(|s| &s.items).filter(|i| i.item == item.code);
        let (mut points, mut percents) = (Vec::new(), Vec::new());
        for score in scores {
            points.extend(score.points);
            percents.extend(score.percent);
        }
        if percents.is_empty() {
            continue;
        }
        results.push(ItemResult {
            item: item.code.clone(),
            respondents: percents.len(),
            points: sum(points)?,
            percent: mean(&percents)?,
        });
        all.extend(percents);
    }
    let totals: Vec<Decimal> = sheets.iter().filter_map(|s| s.total).collect();
    let overall = match model {
        ScoringModel::FiveLevel => mean(&all)?,
        ScoringModel::PlainMean => mean(&results.iter().map(|r| r.percent).collect::<Vec<_>>())?,
        ScoringModel::WeightedAverage => composite_of_items(items, &results)?,
        _ => mean(&totals)?,
    };
    Ok(SurveyResult { model, sheets: sheets.len(), items: results, overall })
}

/// C09 composite = Σ(item satisfaction × weight) ÷ Σ weight, over the items that have a result.
///
/// # Errors
/// `MissingWeight` when some items have a weight and one has none; `Calc(Empty)` for no items.
pub fn composite_of_items(items: &[Item], results: &[ItemResult]) -> Result<Decimal, ScoreError> {
    let of = |item: &&Item| results.iter().any(|r| r.item == item.code);
    let weights = item_weights(items.iter().filter(of))?;
    let pairs: Vec<_> = results.iter().map(|r| r.percent).zip(weights).collect();
    Ok(weighted_mean(&pairs)?)
}

/// Items by satisfaction, the best first; equals keep the template's order (C09).
#[must_use]
pub fn ranked(items: &[ItemResult]) -> Vec<&ItemResult> {
    let mut ranked: Vec<&ItemResult> = items.iter().collect();
    ranked.sort_by_key(|item| std::cmp::Reverse(item.percent));
    ranked
}

/// C10 the target that every item has in the source, in percent.
pub const ITEM_TARGET: Decimal = Decimal::from_parts(90, 0, 0, false, 0);

/// C10 items to act on: those below `target`, and the lowest even when it meets it. An item is met
/// from the target on.
#[must_use]
pub fn items_to_act_on(items: &[ItemResult], target: Decimal) -> Vec<&ItemResult> {
    let lowest = items.iter().map(|i| i.percent).min();
    items.iter().filter(|i| i.percent < target || Some(i.percent) == lowest).collect()
}

/// Which of the three measures a target is compared with (C16, A12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetMeasure {
    /// Mean of the customers' indices; what the source compared.
    #[default]
    MeanIndex,
    /// Customers with an index ≥ 70.
    SatisfiedCustomers,
    /// Ratings of 4 and 5 among all ratings.
    FavourableRatings,
}

/// C16 three measures that the source mixes up, each under its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SatisfactionMeasures {
    /// Mean index, 0–100, unrounded.
    pub mean_index: Decimal,
    /// Customers with an index ≥ 70 ÷ valid customers.
    pub satisfied_customers: Rate,
    /// Ratings of 4–5 ÷ all ratings. A 3 filled in by C04 is no rating.
    pub favourable_ratings: Rate,
}

impl SatisfactionMeasures {
    /// Whether the chosen measure reaches `target` percent; `None` when it has no data.
    #[must_use]
    pub fn meets(&self, target: Decimal, measure: TargetMeasure) -> Option<bool> {
        let value = match measure {
            TargetMeasure::MeanIndex => Some(self.mean_index),
            TargetMeasure::SatisfiedCustomers => self.satisfied_customers.percent(),
            TargetMeasure::FavourableRatings => self.favourable_ratings.percent(),
        };
        value.map(|v| v >= target)
    }
}

/// C16 from the indices of the valid customers and the count of single ratings.
///
/// # Errors
/// `Empty` for no indices; `OutOfRange("index")` outside 0–100.
pub fn satisfaction_measures(
    indices: &[Decimal],
    favourable_ratings: Rate,
) -> Result<SatisfactionMeasures, CalcError> {
    if !indices.iter().all(|i| super::number::in_percent_range(*i)) {
        return Err(CalcError::OutOfRange("index"));
    }
    Ok(SatisfactionMeasures {
        mean_index: mean(indices)?,
        satisfied_customers: Rate::count(indices, |i| **i >= SATISFIED_INDEX),
        favourable_ratings,
    })
}

/// C16 ratings of 4–5 among the answered ratings of C08 sheets.
#[must_use]
pub fn favourable_ratings(sheets: &[Score]) -> Rate {
    let rated = sheets.iter().flat_map(|s| &s.items).filter(|i| !i.filled);
    Rate::count(rated.filter_map(|i| i.points), |points| *points >= Decimal::from(4))
}

/// C05 a customer's own percentage = Σ its points ÷ (10 × items) × 100, from plain points.
///
/// # Errors
/// `Empty` for no items; `OutOfRange("points")` when the points exceed 10 per item.
pub fn five_level_percent(points: Decimal, answers: usize) -> Result<Decimal, CalcError> {
    let full = multiply(Decimal::TEN, Decimal::from(answers))?;
    if points < Decimal::ZERO || points > full {
        return Err(CalcError::OutOfRange("points"));
    }
    divide(multiply(points, Decimal::ONE_HUNDRED)?, full)
}
