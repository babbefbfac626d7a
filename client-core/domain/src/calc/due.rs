//! Due times from a receipt (C49). Civil times are on the organisation's clock.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span};

use super::calendar::add_days;
use super::number::CalcError;
use crate::time::Timestamp;

/// What "3 days including non-working days" means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CalendarDayRule {
    /// The end of the n-th calendar day after the day of receipt.
    #[default]
    EndOfDay,
    /// n × 24 hours after the receipt.
    SameTime,
}

/// C49 hour limits run continuously, over nights, weekends and holidays.
///
/// # Errors
/// `Overflow`.
pub fn continuous_due(received: Timestamp, limit: SignedDuration) -> Result<Timestamp, CalcError> {
    let limit = i64::try_from(limit.as_millis()).map_err(|_| CalcError::Overflow)?;
    received.0.checked_add(limit).map(Timestamp).ok_or(CalcError::Overflow)
}

/// C49 a limit of calendar days. The end of a day, 24:00, is 00:00 of the day after; what is done before
/// that is in time.
///
/// # Errors
/// `Overflow` past the year 9999.
pub fn calendar_days_due(
    received: DateTime,
    days: u32,
    rule: CalendarDayRule,
) -> Result<DateTime, CalcError> {
    let day = add_days(received.date(), days)?;
    Ok(match rule {
        CalendarDayRule::EndOfDay => add_days(day, 1)?.to_datetime(Time::midnight()),
        CalendarDayRule::SameTime => day.to_datetime(received.time()),
    })
}

/// C49 the n-th working day after the day of receipt, by the holiday calendar `is_working`; 0 days is the
/// day of receipt itself.
///
/// # Errors
/// `OutOfRange("calendar")` when ten years hold too few working days; `Overflow` past the year 9999.
pub fn working_days_due(
    received_on: Date,
    days: u32,
    is_working: impl Fn(Date) -> bool,
) -> Result<Date, CalcError> {
    let (mut day, mut left) = (received_on, days);
    for _ in 0..3660 {
        if left == 0 {
            return Ok(day);
        }
        day = day.checked_add(Span::new().days(1)).map_err(|_| CalcError::Overflow)?;
        left -= u32::from(is_working(day));
    }
    if left == 0 { Ok(day) } else { Err(CalcError::OutOfRange("calendar")) }
}
