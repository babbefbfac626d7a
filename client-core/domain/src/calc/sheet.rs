//! One answered questionnaire: its items, the answers, and whether the sheet counts (C03, C04).

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::number::CalcError;
use super::scoring::ScoreError;

/// One option of a question, the best first unless the question is negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The option's code, unique in the question.
    pub code: String,
    /// Its points; without them the model's own spacing applies where it has one (C13).
    pub points: Option<Decimal>,
}

/// One question of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The question's code, unique in the template.
    pub code: String,
    /// Weight, in percent for C06, in any unit for C08 and C09.
    pub weight: Option<Decimal>,
    /// The options, empty where points are given directly.
    pub options: Vec<Choice>,
    /// "有" is the bad answer: the first option is the worst (C13).
    pub negative: bool,
    /// Whether answers count for the score; free text and multiple choice do not.
    pub scored: bool,
    /// Whether this question asks for the overall satisfaction (C13, C19).
    pub overall: bool,
}

impl Item {
    /// A scored question answered with points.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            weight: None,
            options: Vec::new(),
            negative: false,
            scored: true,
            overall: false,
        }
    }

    /// A question that is never scored.
    #[must_use]
    pub fn text(code: &str) -> Self {
        Self { scored: false, ..Self::new(code) }
    }

    /// A scored question with options, the best first, without points of their own.
    #[must_use]
    pub fn single(code: &str, options: &[&str]) -> Self {
        let options = options.iter().map(|o| Choice { code: (*o).to_owned(), points: None }).collect();
        Self { options, ..Self::new(code) }
    }

    /// The same question with a weight.
    #[must_use]
    pub fn weighing(self, weight: Decimal) -> Self {
        Self { weight: Some(weight), ..self }
    }
}

/// What was answered to one question. No entry at all means unanswered, which is never 0 points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The box was left empty.
    Unanswered,
    /// Points or a percentage, written directly.
    Points(Decimal),
    /// The code of the chosen option.
    Choice(String),
    /// Free text or several options: an answer, never scored.
    Text,
}

/// Which sheets count; each template names its rule (A13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidityRule {
    /// Every returned sheet counts; unanswered questions are left out of sums and divisors alike.
    None,
    /// C03: at least two thirds of all questions are answered.
    TwoThirds,
    /// C04: exactly one scored item unanswered scores `fill`; two or more make the sheet invalid.
    MissingMaxOne {
        /// The middle of the scale: 3 (一般) on a scale of 1–5.
        fill: Decimal,
    },
}

impl ValidityRule {
    /// C04 with the value 3 that its source fills in.
    pub const MISSING_MAX_ONE: Self = Self::MissingMaxOne { fill: Decimal::from_parts(3, 0, 0, false, 0) };
}

/// C03 valid iff 3 × answered ≥ 2 × total, in whole numbers.
///
/// # Errors
/// `Empty` for no questions; `OutOfRange("answered")` for more answers than questions.
pub fn is_valid_by_two_thirds(answered: usize, total: usize) -> Result<bool, CalcError> {
    check_counts(answered, total)?;
    Ok(answered.saturating_mul(3) >= total.saturating_mul(2))
}

/// C04 valid iff at most one item is unanswered.
///
/// # Errors
/// As [`is_valid_by_two_thirds`].
pub fn is_valid_by_missing_items(answered: usize, total: usize) -> Result<bool, CalcError> {
    check_counts(answered, total)?;
    Ok(total - answered <= 1)
}

fn check_counts(answered: usize, total: usize) -> Result<(), CalcError> {
    match (answered, total) {
        (_, 0) => Err(CalcError::Empty),
        (a, t) if a > t => Err(CalcError::OutOfRange("answered")),
        _ => Ok(()),
    }
}

/// An answered sheet: the template's questions and what was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    /// The questions, in the order of the template.
    pub items: &'a [Item],
    /// (question's code, answer), in any order.
    pub given: &'a [(String, Response)],
    /// The template's rule.
    pub validity: ValidityRule,
}

/// A scored question with its answer.
#[derive(Clone, Debug)]
pub(super) struct Answered<'a> {
    pub(super) item: &'a Item,
    pub(super) response: Response,
    pub(super) filled: bool,
}

/// The scored answers of a sheet that counts.
#[derive(Clone, Debug)]
pub(super) struct Valid<'a> {
    pub(super) answered: Vec<Answered<'a>>,
    /// Scored questions asked.
    pub(super) asked: usize,
    pub(super) missing: Vec<&'a Item>,
}

impl<'a> Answers<'a> {
    /// Matches answers to questions and applies the validity rule.
    pub(super) fn valid(&self) -> Result<Valid<'a>, ScoreError> {
        let mut by_code: HashMap<&str, &Response> = HashMap::with_capacity(self.given.len());
        for (code, response) in self.given {
            if !self.items.iter().any(|item| item.code == *code) {
                return Err(ScoreError::UnknownItem { item: code.clone() });
            }
            if by_code.insert(code, response).is_some() {
                return Err(ScoreError::DuplicateAnswer { item: code.clone() });
            }
        }
        let (mut answered, mut missing, mut all_answered) = (Vec::new(), Vec::new(), 0);
        for item in self.items {
            let response = by_code.get(item.code.as_str()).copied().unwrap_or(&Response::Unanswered);
            let is_answered = *response != Response::Unanswered;
            all_answered += usize::from(is_answered);
            match (item.scored, is_answered) {
                (false, _) => {}
                (true, true) => {
                    answered.push(Answered { item, response: response.clone(), filled: false });
                }
                (true, false) => missing.push(item),
            }
        }
        let asked = answered.len() + missing.len();
        let (is_valid, counted, of) = match self.validity {
            ValidityRule::None => (true, all_answered, self.items.len()),
            ValidityRule::TwoThirds => {
                (is_valid_by_two_thirds(all_answered, self.items.len())?, all_answered, self.items.len())
            }
            ValidityRule::MissingMaxOne { .. } => {
                (is_valid_by_missing_items(answered.len(), asked)?, answered.len(), asked)
            }
        };
        if !is_valid {
            return Err(ScoreError::InvalidSheet { answered: counted, asked: of });
        }
        if let ValidityRule::MissingMaxOne { fill } = self.validity {
            for item in missing.drain(..) {
                answered.push(Answered { item, response: Response::Points(fill), filled: true });
            }
            let place = |a: &Answered<'_>| self.items.iter().position(|i| i.code == a.item.code);
            answered.sort_by_key(place);
        }
        Ok(Valid { answered, asked, missing })
    }
}
