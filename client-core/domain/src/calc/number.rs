//! Exact numbers: rates that keep their counts, checked sums and means, rounding for display.

use rust_decimal::{Decimal, RoundingStrategy};

/// Decimals shown for a percentage, unless a report says otherwise.
pub const PERCENT_DECIMALS: u32 = 1;
/// Decimals shown for a score.
pub const SCORE_DECIMALS: u32 = 2;
/// Decimals shown for an amount of money.
pub const MONEY_DECIMALS: u32 = 2;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalcError {
    /// There is nothing to compute from; a report shows "—".
    #[error("nothing to compute from")]
    Empty,
    /// An input contradicts its definition: a negative quantity, more answers than questions, an end
    /// before its start. Names the input.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    /// The numbers are too large for an exact decimal (about 28 digits), or a date leaves the calendar.
    #[error("the result does not fit")]
    Overflow,
}

/// A part of a whole, kept as counts so that a report can be reproduced from what it stored.
///
/// Range: 0–100 %. A whole of 0 is allowed and has no percentage: a report shows "—".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    part: u64,
    whole: u64,
}

impl Rate {
    /// `part` of `whole`.
    ///
    /// # Errors
    /// `OutOfRange("part")` when the part is more than the whole.
    pub fn new(part: u64, whole: u64) -> Result<Self, CalcError> {
        if part > whole {
            return Err(CalcError::OutOfRange("part"));
        }
        Ok(Self { part, whole })
    }

    /// How many of `items` are so.
    pub fn count<T>(items: impl IntoIterator<Item = T>, mut is_so: impl FnMut(&T) -> bool) -> Self {
        let mut rate = Self::default();
        for item in items {
            rate.whole += 1;
            rate.part += u64::from(is_so(&item));
        }
        rate
    }

    /// The numerator.
    #[must_use]
    pub fn part(self) -> u64 {
        self.part
    }

    /// The denominator.
    #[must_use]
    pub fn whole(self) -> u64 {
        self.whole
    }

    /// part ÷ whole × 100, unrounded; `None` when the whole is 0.
    #[must_use]
    pub fn percent(self) -> Option<Decimal> {
        Decimal::from(self.part).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(Decimal::from(self.whole))
    }

    /// The percentage rounded half up to `decimals`; `None` when the whole is 0.
    #[must_use]
    pub fn shown(self, decimals: u32) -> Option<Decimal> {
        self.percent().map(|p| rounded(p, decimals))
    }
}

/// `number` to `decimals`, half up (a half goes away from zero, as in a spreadsheet). For display only:
/// nothing is computed from what this returns.
#[must_use]
pub fn rounded(number: Decimal, decimals: u32) -> Decimal {
    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// Σ of the numbers; 0 of none.
///
/// # Errors
/// `Overflow`.
pub fn sum(numbers: impl IntoIterator<Item = Decimal>) -> Result<Decimal, CalcError> {
    numbers.into_iter().try_fold(Decimal::ZERO, add)
}

/// The plain mean, unrounded.
///
/// # Errors
/// `Empty` for no numbers; `Overflow`.
pub fn mean(numbers: &[Decimal]) -> Result<Decimal, CalcError> {
    divide(sum(numbers.iter().copied())?, Decimal::from(numbers.len()))
}

/// Σ(value × weight) ÷ Σ(weight) over `(value, weight)` pairs, unrounded.
///
/// # Errors
/// `OutOfRange("weight")` for a negative weight; `Empty` when the weights sum to 0; `Overflow`.
pub fn weighted_mean(pairs: &[(Decimal, Decimal)]) -> Result<Decimal, CalcError> {
    let (mut top, mut bottom) = (Decimal::ZERO, Decimal::ZERO);
    for &(value, weight) in pairs {
        not_negative(weight, "weight")?;
        top = add(top, multiply(value, weight)?)?;
        bottom = add(bottom, weight)?;
    }
    divide(top, bottom)
}

pub(super) fn add(a: Decimal, b: Decimal) -> Result<Decimal, CalcError> {
    a.checked_add(b).ok_or(CalcError::Overflow)
}

pub(super) fn subtract(a: Decimal, b: Decimal) -> Result<Decimal, CalcError> {
    a.checked_sub(b).ok_or(CalcError::Overflow)
}

pub(super) fn multiply(a: Decimal, b: Decimal) -> Result<Decimal, CalcError> {
    a.checked_mul(b).ok_or(CalcError::Overflow)
}

/// A division by 0 is a lack of data here, never infinity.
pub(super) fn divide(a: Decimal, b: Decimal) -> Result<Decimal, CalcError> {
    if b.is_zero() {
        return Err(CalcError::Empty);
    }
    a.checked_div(b).ok_or(CalcError::Overflow)
}

pub(super) fn total(counts: impl IntoIterator<Item = u64>) -> Result<u64, CalcError> {
    counts.into_iter().try_fold(0_u64, u64::checked_add).ok_or(CalcError::Overflow)
}

pub(super) fn not_negative(number: Decimal, name: &'static str) -> Result<Decimal, CalcError> {
    if number.is_sign_negative() && !number.is_zero() {
        return Err(CalcError::OutOfRange(name));
    }
    Ok(number)
}

/// Whether `number` lies in 0–100.
pub(super) fn in_percent_range(number: Decimal) -> bool {
    (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&number)
}
