//! Months, weeks and day counts on the civil calendar.

use jiff::civil::{Date, Weekday};
use jiff::{Span, Unit};
use rust_decimal::Decimal;

use super::number::{CalcError, divide};

/// `date` plus `months`, clamped to the month's end: 31 January + 1 month = 28 or 29 February (C48).
///
/// # Errors
/// `Overflow` past the year 9999.
pub fn add_months(date: Date, months: u32) -> Result<Date, CalcError> {
    let span = Span::new().try_months(months).map_err(|_| CalcError::Overflow)?;
    date.checked_add(span).map_err(|_| CalcError::Overflow)
}

/// `date` less `months`, clamped to the month's end.
///
/// # Errors
/// `Overflow` before the year −9999.
pub fn subtract_months(date: Date, months: u32) -> Result<Date, CalcError> {
    let span = Span::new().try_months(months).map_err(|_| CalcError::Overflow)?;
    date.checked_sub(span).map_err(|_| CalcError::Overflow)
}

/// `date` plus `days` calendar days.
///
/// # Errors
/// `Overflow` past the year 9999.
pub fn add_days(date: Date, days: u32) -> Result<Date, CalcError> {
    let span = Span::new().try_days(days).map_err(|_| CalcError::Overflow)?;
    date.checked_add(span).map_err(|_| CalcError::Overflow)
}

/// Days from `from` to `to`, 0 for the same day, negative when `to` is earlier.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i64 {
    // Dates differ by at most some 7.3 million days, so this unit always fits.
    from.until((Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
}

/// The last day of the week (Monday to Sunday) of `date`.
///
/// # Errors
/// `Overflow` in the last week of the year 9999.
pub fn week_end(date: Date) -> Result<Date, CalcError> {
    let left = 6 - date.weekday().to_monday_zero_offset();
    add_days(date, u32::try_from(left).unwrap_or_default())
}

/// The last day of the calendar quarter of `date`.
///
/// # Errors
/// None in practice: a quarter of a representable year is representable.
pub fn quarter_end(date: Date) -> Result<Date, CalcError> {
    let month = (date.month() - 1) / 3 * 3 + 3;
    Date::new(date.year(), month, 1).map(Date::last_of_month).map_err(|_| CalcError::Overflow)
}

/// An ISO calendar week (C31, A17): it decides when a sheet's heading and its weeks disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IsoWeek {
    /// The ISO year, which differs from the calendar year around 1 January.
    pub year: i16,
    /// 1–53.
    pub week: i8,
    /// Monday.
    pub first: Date,
    /// Sunday.
    pub last: Date,
}

/// The ISO week of `date`: weeks start on Monday; week 1 holds the year's first Thursday.
///
/// # Errors
/// `Overflow` at the edges of the calendar.
pub fn iso_week(date: Date) -> Result<IsoWeek, CalcError> {
    let number = date.iso_week_date();
    let last = week_end(date)?;
    let six = Span::new().try_days(6).map_err(|_| CalcError::Overflow)?;
    let first = last.checked_sub(six).map_err(|_| CalcError::Overflow)?;
    Ok(IsoWeek { year: number.year(), week: number.week(), first, last })
}

/// How the days of a period are counted for a daily average (C30). Stored with the result, because
/// the sources divide by 360, by 365 and by working days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DayBasis {
    /// Every day: 365 in a common year, 366 in a leap year.
    #[default]
    Calendar,
    /// Twelve months of 30 days: 360 in a year. A month's last day counts as its 30th.
    Commercial,
    /// Days that the organisation's holiday calendar calls working days.
    Working,
}

/// Days from `from` to `to`, both included, counted by `basis`. `is_working` is asked for
/// [`DayBasis::Working`] only.
///
/// # Errors
/// `OutOfRange("period")` when `to` is before `from`, or the period is longer than 100 years.
pub fn days_in(
    basis: DayBasis,
    from: Date,
    to: Date,
    is_working: impl Fn(Date) -> bool,
) -> Result<u32, CalcError> {
    let span = days_between(from, to);
    if !(0..=36_525).contains(&span) {
        return Err(CalcError::OutOfRange("period"));
    }
    let days = match basis {
        DayBasis::Calendar => span + 1,
        DayBasis::Commercial => {
            let day = |d: Date| if d == d.last_of_month() { 30 } else { i64::from(d.day().min(30)) };
            let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month())
                - i64::from(from.month());
            // A period that starts on a month's last day still has that day.
            (months * 30 + day(to) - day(from) + 1).max(1)
        }
        DayBasis::Working => {
            let days = from.series(Span::new().days(1)).take_while(|d| *d <= to);
            i64::try_from(days.filter(|d| is_working(*d)).count()).map_err(|_| CalcError::Overflow)?
        }
    };
    u32::try_from(days).map_err(|_| CalcError::Overflow)
}

/// C30 daily average = total ÷ days, per day, unrounded. Which days were counted is stored beside it.
///
/// # Errors
/// `Empty` when `days` is 0.
pub fn daily_average(total: u64, days: u32) -> Result<Decimal, CalcError> {
    divide(Decimal::from(total), Decimal::from(days))
}

/// Monday to Friday: a working day where no holiday calendar is loaded.
#[must_use]
pub fn is_weekday(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}
