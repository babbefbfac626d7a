//! Answers counted by level: shares of levels, of option A, of feedback, of words per market
//! (C11–C13, C15, C17–C19).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::number::{CalcError, Rate, mean, total};
use super::scoring::Score;

/// Counts of the levels of one question, the best level first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LevelCounts {
    counts: Vec<u64>,
    answers: u64,
}

impl LevelCounts {
    /// From counts per level.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn new(counts: Vec<u64>) -> Result<Self, CalcError> {
        let answers = total(counts.iter().copied())?;
        Ok(Self { counts, answers })
    }

    /// The answers to `item` on the sheets, for a question with `levels` levels. An answer beyond the
    /// last level, which [`super::scoring::score`] never gives, is left out.
    #[must_use]
    pub fn of_item(item: &str, levels: usize, sheets: &[Score]) -> Self {
        let mut of = Self { counts: vec![0; levels], answers: 0 };
        for level in sheets.iter().flat_map(|s| &s.items).filter(|i| i.item == item).filter_map(|i| i.level) {
            if let Some(count) = of.counts.get_mut(level) {
                *count += 1;
                of.answers += 1;
            }
        }
        of
    }

    /// Answers in all.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.answers
    }

    /// Share of each level, the best first. Unrounded they sum to 100 %; each is rounded on its own for
    /// display, so shown shares may miss 100 by half a unit each. No answers → "—" for each.
    #[must_use]
    pub fn shares(&self) -> Vec<Rate> {
        self.counts.iter().map(|c| self.rate(*c)).collect()
    }

    /// Share of the two best levels: C11 很满意 + 满意; C12 with three levels, the share of those who are
    /// not dissatisfied.
    #[must_use]
    pub fn two_best(&self) -> Rate {
        self.rate(self.counts.iter().take(2).sum())
    }

    /// Share of the first level: C13 "share of A".
    #[must_use]
    pub fn best(&self) -> Rate {
        self.rate(self.counts.first().copied().unwrap_or(0))
    }

    /// Share of the last level: C11, C12 不满意.
    #[must_use]
    pub fn worst(&self) -> Rate {
        self.rate(self.counts.last().copied().unwrap_or(0))
    }

    fn rate(&self, part: u64) -> Rate {
        // A part is a sum of some of the counts that make up the whole.
        Rate::new(part, self.answers).unwrap_or_default()
    }
}

/// C15 feedback split: satisfied, suggestions, dissatisfied ÷ feedback × 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackSplit {
    /// 满意.
    pub satisfied: Rate,
    /// 有改进建议.
    pub suggestions: Rate,
    /// 不满意.
    pub dissatisfied: Rate,
}

/// C15 from the three counts. No feedback → "—" for each.
///
/// # Errors
/// `Overflow`.
pub fn feedback_split(
    satisfied: u64,
    suggestions: u64,
    dissatisfied: u64,
) -> Result<FeedbackSplit, CalcError> {
    let all = total([satisfied, suggestions, dissatisfied])?;
    Ok(FeedbackSplit {
        satisfied: Rate::new(satisfied, all)?,
        suggestions: Rate::new(suggestions, all)?,
        dissatisfied: Rate::new(dissatisfied, all)?,
    })
}

/// C17 the word of a market: the answer given most often; `None` without answers or when two are equally
/// frequent, which a person decides.
#[must_use]
pub fn majority<T: Ord + Copy>(answers: &[T]) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for answer in answers {
        *counts.entry(*answer).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    let mut winners = counts.into_iter().filter(|(_, count)| *count == most);
    let (winner, _) = winners.next()?;
    winners.next().is_none().then_some(winner)
}

/// C17 markets by result. A market may appear under several results, because satisfaction and the
/// comparison with competitors are separate questions.
#[must_use]
pub fn markets_by_result<'a, T: Ord + Copy>(results: &[(&'a str, T)]) -> BTreeMap<T, Vec<&'a str>> {
    let mut lists: BTreeMap<T, Vec<&'a str>> = BTreeMap::new();
    for (market, result) in results {
        lists.entry(*result).or_default().push(market);
    }
    lists
}

/// C18 客诉处理满意率 = callbacks rated satisfied ÷ callbacks answered × 100. Refused calls and calls
/// without an answer are in neither. `rated` holds `None` for those. No answers → "—".
#[must_use]
pub fn complaint_handling_satisfaction(rated: &[Option<bool>]) -> Rate {
    Rate::count(rated.iter().flatten(), |satisfied| **satisfied)
}

/// C19 scores per dimension beside the overall score that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DimensionReport {
    /// Plain mean of the dimensions, 0–100, for comparison only.
    pub mean: Decimal,
    /// The overall score as it was answered. Never derived: the source reports 85 where the mean of the
    /// dimensions is 86.25.
    pub overall: Option<Decimal>,
}

/// C19 from the dimension scores (0–100) and the overall answer.
///
/// # Errors
/// `Empty` for no dimensions; `OutOfRange("score")` outside 0–100.
pub fn dimension_report(
    dimensions: &[Decimal],
    overall: Option<Decimal>,
) -> Result<DimensionReport, CalcError> {
    if !dimensions.iter().chain(&overall).all(|s| super::number::in_percent_range(*s)) {
        return Err(CalcError::OutOfRange("score"));
    }
    Ok(DimensionReport { mean: mean(dimensions)?, overall })
}
