//! The score of one sheet under the model that its template names (C05, C06, C08–C13).

use rust_decimal::Decimal;

use super::bands::Bands;
use super::number::{CalcError, add, divide, in_percent_range, mean, multiply, rounded, sum, weighted_mean};
use super::sheet::{Answered, Answers, Choice, Item, Response, Valid, ValidityRule};

/// How points of 1–5 become a number of 0–100 (C08).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LikertConversion {
    /// s ÷ 5 × 100: 20–100. What the source's 70 = 3.5 of 5 means.
    #[default]
    OfFive,
    /// (s − 1) ÷ 4 × 100: 0–100.
    FromOne,
}

/// How a template's answers become a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoringModel {
    /// C05 five levels of 10, 8, 6, 4, 2 points.
    FiveLevel,
    /// C06 points of 0–100 by weights that sum to 100 %.
    WeightedCriteria,
    /// C08 points of 1–5, weighted, as an index of 100.
    LikertIndex(LikertConversion),
    /// C09 points of 0–100, weighted by any weights.
    WeightedAverage,
    /// C10 percentages, plain mean.
    PlainMean,
    /// C11 shares of four levels; a single sheet has no score.
    FourLevel,
    /// C12 shares of three levels; a single sheet has no score.
    ThreeLevel,
    /// C13 options with points of 0–100, plain mean of the scored answers.
    Options,
    /// Answers are kept and never scored.
    Unscored,
}

impl ScoringModel {
    /// Every model with its default settings, in the order of the catalogue.
    pub const ALL: [Self; 9] = [
        Self::FiveLevel,
        Self::WeightedCriteria,
        Self::LikertIndex(LikertConversion::OfFive),
        Self::WeightedAverage,
        Self::PlainMean,
        Self::FourLevel,
        Self::ThreeLevel,
        Self::Options,
        Self::Unscored,
    ];

    /// The code that templates store: `c05` … `c13`, `none`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::FiveLevel => "c05",
            Self::WeightedCriteria => "c06",
            Self::LikertIndex(_) => "c08",
            Self::WeightedAverage => "c09",
            Self::PlainMean => "c10",
            Self::FourLevel => "c11",
            Self::ThreeLevel => "c12",
            Self::Options => "c13",
            Self::Unscored => "none",
        }
    }

    /// The model of a template's code, with its default settings.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.code().eq_ignore_ascii_case(code))
    }

    /// The validity rule of the model's source, for a template that names none.
    #[must_use]
    pub fn usual_validity(self) -> ValidityRule {
        match self {
            Self::LikertIndex(_) => ValidityRule::MISSING_MAX_ONE,
            Self::WeightedAverage => ValidityRule::TwoThirds,
            _ => ValidityRule::None,
        }
    }
}

/// Why a sheet has no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// Too few answers under the template's rule: the sheet is left out of every statistic.
    #[error("invalid sheet: {answered} of {asked} questions answered")]
    InvalidSheet {
        /// Questions answered, as the rule counts them.
        answered: usize,
        /// Questions asked, as the rule counts them.
        asked: usize,
    },
    /// An answer to a question that the template does not have.
    #[error("{item}: not a question of this template")]
    UnknownItem {
        /// The question's code.
        item: String,
    },
    /// Two answers to one question.
    #[error("{item}: answered twice")]
    DuplicateAnswer {
        /// The question's code.
        item: String,
    },
    /// Points outside the scale, an option that the question does not have, or an answer of a kind that
    /// the model cannot score.
    #[error("{item}: the answer is not on the scale")]
    OutOfScale {
        /// The question's code.
        item: String,
    },
    /// C06 needs an answer to every weighted question.
    #[error("{item}: not answered")]
    MissingAnswer {
        /// The question's code.
        item: String,
    },
    /// The template gives some questions a weight and this one none.
    #[error("{item}: no weight")]
    MissingWeight {
        /// The question's code.
        item: String,
    },
    /// C06 the template's weights do not sum to 100.
    #[error("weights sum to {sum}, not to 100")]
    WeightsNot100 {
        /// Σ of the weights.
        sum: Decimal,
    },
    /// C11–C13 a question has the wrong number of options for the model.
    #[error("{item}: wrong number of options")]
    WrongOptions {
        /// The question's code.
        item: String,
    },
    /// The numbers have no result.
    #[error(transparent)]
    Calc(#[from] CalcError),
}

/// What one question contributed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemScore {
    /// The question's code.
    pub item: String,
    /// Points on the model's own scale; `None` for C11 and C12.
    pub points: Option<Decimal>,
    /// The same as 0–100, unrounded; `None` for C11 and C12.
    pub percent: Option<Decimal>,
    /// Place of the chosen option, 0 = first; `None` where points were given.
    pub level: Option<usize>,
    /// Not answered, filled in by C04.
    pub filled: bool,
}

/// The score of one sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The model it was computed with; its version is [`super::catalogue::version`] of the code.
    pub model: ScoringModel,
    /// Scored questions asked.
    pub asked: usize,
    /// Scored questions that counted, in the template's order; unanswered ones are not among them.
    pub items: Vec<ItemScore>,
    /// 0–100, unrounded; `None` for models without a score per sheet.
    pub total: Option<Decimal>,
    /// Code of the band (C06 only).
    pub band: Option<String>,
    /// C08: index ≥ 70. C13: the overall question was answered with one of its two best options, and not
    /// with the worst.
    pub satisfied: Option<bool>,
}

/// C08 a customer is satisfied from this index on: 3.5 of 5.
pub const SATISFIED_INDEX: Decimal = Decimal::from_parts(70, 0, 0, false, 0);

/// Scores one sheet.
///
/// Formulas, each 0–100 and unrounded (round half up to 2 decimals to show):
/// C05 Σ points ÷ (10 × answered) × 100. C06 Σ points × weight ÷ 100, with a band. C08 Σ(w × s) ÷ Σw ÷ 5
/// × 100. C09 Σ(points × w) ÷ Σw. C10, C13 plain mean. C11, C12 and unscored: no total.
/// Where a rule admits a sheet with unanswered questions, they count neither above nor below the line;
/// C06 refuses them, because its weights must make up 100 %.
///
/// # Errors
/// [`ScoreError`]: the sheet is invalid, an answer is off the scale, or the template does not fit the
/// model. A sheet without a single scored answer is `Calc(Empty)`.
pub fn score(model: ScoringModel, answers: &Answers<'_>) -> Result<Score, ScoreError> {
    let valid = answers.valid()?;
    let mut score =
        Score { model, asked: valid.asked, items: Vec::new(), total: None, band: None, satisfied: None };
    if model == ScoringModel::Unscored {
        return Ok(score);
    }
    score.items = valid.answered.iter().map(|a| item_score(model, a)).collect::<Result<_, _>>()?;
    if score.items.is_empty() {
        return Err(CalcError::Empty.into());
    }
    let percents: Vec<Decimal> = score.items.iter().filter_map(|i| i.percent).collect();
    match model {
        ScoringModel::FiveLevel | ScoringModel::PlainMean | ScoringModel::Options => {
            score.total = Some(mean(&percents)?);
        }
        ScoringModel::WeightedCriteria => {
            let total = weighted_criteria(&valid, &percents)?;
            score.band = Some(Bands::satisfaction().of(total).to_owned());
            score.total = Some(total);
        }
        ScoringModel::LikertIndex(conversion) => {
            let index = likert_index(&valid, &score.items, conversion)?;
            score.satisfied = Some(index >= SATISFIED_INDEX);
            score.total = Some(index);
        }
        ScoringModel::WeightedAverage => {
            score.total = Some(weighted_mean(&weighted(&valid, &percents)?)?);
        }
        ScoringModel::FourLevel | ScoringModel::ThreeLevel | ScoringModel::Unscored => {}
    }
    if model == ScoringModel::Options {
        let overall = valid.answered.iter().zip(&score.items).find(|(answer, _)| answer.item.overall);
        score.satisfied = overall.and_then(|(answer, item)| Some(among_the_best(answer.item, item.level?)));
    }
    Ok(score)
}

/// C13 A or B: one of the two best options, and never the worst one. In a negative question the first is the worst.
fn among_the_best(item: &Item, level: usize) -> bool {
    let worst = item.options.len().saturating_sub(1);
    let from_best = if item.negative { worst.saturating_sub(level) } else { level };
    from_best < 2 && from_best < worst
}

/// Points and percentage of one answer, checked against the model's scale.
fn item_score(model: ScoringModel, answer: &Answered<'_>) -> Result<ItemScore, ScoreError> {
    let item = answer.item;
    let off = || ScoreError::OutOfScale { item: item.code.clone() };
    let level = match &answer.response {
        Response::Choice(code) => Some(item.options.iter().position(|o| o.code == *code).ok_or_else(off)?),
        Response::Points(_) => None,
        Response::Text | Response::Unanswered => return Err(off()),
    };
    let mut score =
        ItemScore { item: item.code.clone(), points: None, percent: None, level, filled: answer.filled };
    let levels = match model {
        ScoringModel::FourLevel => Some(4),
        ScoringModel::ThreeLevel => Some(3),
        _ => None,
    };
    if let Some(levels) = levels {
        if item.options.len() != levels {
            return Err(ScoreError::WrongOptions { item: item.code.clone() });
        }
        return if level.is_some() { Ok(score) } else { Err(off()) };
    }
    let points = match (&answer.response, level, model) {
        (Response::Points(points), _, _) => *points,
        (_, Some(level), ScoringModel::Options) => option_points(item, level)?,
        (_, Some(level), _) => item.options[level].points.ok_or_else(off)?,
        _ => return Err(off()),
    };
    let percent = match model {
        ScoringModel::FiveLevel => {
            let on_scale = [10, 8, 6, 4, 2].into_iter().any(|p| points == Decimal::from(p));
            on_scale.then(|| multiply(points, Decimal::TEN)).ok_or_else(off)??
        }
        ScoringModel::LikertIndex(conversion) => {
            let on_scale = points.is_integer() && (Decimal::ONE..=Decimal::from(5)).contains(&points);
            on_scale.then(|| of_likert(points, conversion)).ok_or_else(off)??
        }
        _ => in_percent_range(points).then_some(points).ok_or_else(off)?,
    };
    score.points = Some(points);
    score.percent = Some(percent);
    Ok(score)
}

/// A mean of points of 1–5 as a number of 0–100.
pub(super) fn of_likert(points: Decimal, conversion: LikertConversion) -> Result<Decimal, CalcError> {
    match conversion {
        LikertConversion::OfFive => multiply(points, Decimal::from(20)),
        LikertConversion::FromOne => multiply(points - Decimal::ONE, Decimal::from(25)),
    }
}

/// C13 points of an option: its own, or equally spaced from 100 down to 0, to whole points (3 options
/// 100/50/0, 4 options 100/67/33/0). In a negative question the first option is the worst.
///
/// # Errors
/// `WrongOptions` for fewer than two options or a place past the last; `OutOfScale` for points of the
/// option's own outside 0–100.
pub fn option_points(item: &Item, level: usize) -> Result<Decimal, ScoreError> {
    let wrong = || ScoreError::WrongOptions { item: item.code.clone() };
    let Choice { points, .. } = item.options.get(level).ok_or_else(wrong)?;
    if let Some(points) = points {
        let off = || ScoreError::OutOfScale { item: item.code.clone() };
        return in_percent_range(*points).then_some(*points).ok_or_else(off);
    }
    let steps = item.options.len().checked_sub(1).filter(|s| *s > 0).ok_or_else(wrong)?;
    let from_worst = if item.negative { level } else { steps - level };
    let points = divide(multiply(Decimal::from(from_worst), Decimal::ONE_HUNDRED)?, Decimal::from(steps))?;
    Ok(rounded(points, 0))
}

fn weighted_criteria(valid: &Valid<'_>, percents: &[Decimal]) -> Result<Decimal, ScoreError> {
    if let Some(item) = valid.missing.first() {
        return Err(ScoreError::MissingAnswer { item: item.code.clone() });
    }
    let pairs = valid.answered.iter().zip(percents).map(|(answer, percent)| {
        let missing = || ScoreError::MissingWeight { item: answer.item.code.clone() };
        Ok((*percent, answer.item.weight.ok_or_else(missing)?))
    });
    let pairs = pairs.collect::<Result<Vec<_>, ScoreError>>()?;
    let weights = sum(pairs.iter().map(|(_, weight)| *weight))?;
    if weights != Decimal::ONE_HUNDRED {
        return Err(ScoreError::WeightsNot100 { sum: weights });
    }
    Ok(weighted_mean(&pairs)?)
}

fn likert_index(
    valid: &Valid<'_>,
    items: &[ItemScore],
    conversion: LikertConversion,
) -> Result<Decimal, ScoreError> {
    let points: Vec<Decimal> = items.iter().filter_map(|i| i.points).collect();
    let (mut top, mut bottom) = (Decimal::ZERO, Decimal::ZERO);
    for (points, weight) in weighted(valid, &points)? {
        // Converted before the division, so that 3.5 of 5 is 70 exactly.
        top = add(top, multiply(of_likert(points, conversion)?, weight)?)?;
        bottom = add(bottom, weight)?;
    }
    Ok(divide(top, bottom)?)
}

/// Values with their questions' weights; a template without any weight weighs all alike.
fn weighted(valid: &Valid<'_>, values: &[Decimal]) -> Result<Vec<(Decimal, Decimal)>, ScoreError> {
    let items = || valid.answered.iter().map(|a| a.item).chain(valid.missing.iter().copied());
    let weights = item_weights(items())?;
    Ok(values.iter().copied().zip(weights).collect())
}

/// The weights of the items, 1 each when none has one.
pub(super) fn item_weights<'a>(
    items: impl Iterator<Item = &'a Item> + Clone,
) -> Result<Vec<Decimal>, ScoreError> {
    if items.clone().all(|item| item.weight.is_none()) {
        return Ok(items.map(|_| Decimal::ONE).collect());
    }
    let weight = |item: &Item| {
        let weight = item.weight.ok_or_else(|| ScoreError::MissingWeight { item: item.code.clone() })?;
        if weight < Decimal::ZERO {
            return Err(ScoreError::Calc(CalcError::OutOfRange("weight")));
        }
        Ok(weight)
    };
    items.map(weight).collect()
}
