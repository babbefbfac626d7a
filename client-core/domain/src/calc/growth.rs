//! Change against another period (C29).

use rust_decimal::Decimal;

use super::number::{CalcError, divide, multiply, subtract};

/// C29 change of a count or an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// This period's value.
    pub this: Decimal,
    /// The other period's: last month (环比) or the same period last year (同比).
    pub last: Decimal,
    /// this − last.
    pub difference: Decimal,
    /// Difference ÷ last × 100, unrounded, from −100 up; `None` ("—") when last is 0.
    pub percent: Option<Decimal>,
}

/// C29 growth = (this − last) ÷ last × 100.
///
/// # Errors
/// `OutOfRange("this")`, `OutOfRange("last")` for negative values, whose percentage would have the wrong
/// sign; `Overflow`.
pub fn growth(this: Decimal, last: Decimal) -> Result<Growth, CalcError> {
    super::number::not_negative(this, "this")?;
    super::number::not_negative(last, "last")?;
    let difference = subtract(this, last)?;
    let percent = match divide(multiply(difference, Decimal::ONE_HUNDRED)?, last) {
        Ok(percent) => Some(percent),
        Err(CalcError::Empty) => None,
        Err(other) => return Err(other),
    };
    Ok(Growth { this, last, difference, percent })
}

/// C29 change of a percentage in percentage points: this − last.
///
/// # Errors
/// `Overflow`.
pub fn points_difference(this: Decimal, last: Decimal) -> Result<Decimal, CalcError> {
    subtract(this, last)
}
