//! Arithmetic with days, months and working time. Every function gives `None` only where the answer
//! would lie beyond the calendar that dates can express (or, for working days, decades away).

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::Calendar;
use crate::time::Timestamp;

/// One minute in milliseconds.
pub(crate) const MINUTE: i64 = 60_000;
/// One hour in milliseconds.
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// How many days ahead a search for working time looks: more than a hundred years.
const HORIZON_DAYS: usize = 40_000;

/// A period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Monday to Sunday.
    Week,
    /// A month.
    Month,
    /// Three months, from January.
    Quarter,
    /// Six months, from January.
    Half,
    /// A year.
    Year,
}

impl Calendar {
    /// The calendar day of an instant.
    #[must_use]
    pub fn date_of(&self, at: Timestamp) -> Option<Date> {
        at.date_in(&self.zone)
    }

    /// The first instant of a day.
    #[must_use]
    pub fn start_of_day(&self, date: Date) -> Option<Timestamp> {
        self.at_minute(date, 0)
    }

    /// 24:00 of a day, which is 00:00 of the next.
    #[must_use]
    pub fn end_of_day(&self, date: Date) -> Option<Timestamp> {
        self.start_of_day(date.tomorrow().ok()?)
    }

    /// When the office opens on a day, were it worked.
    #[must_use]
    pub fn opening(&self, date: Date) -> Option<Timestamp> {
        self.at_minute(date, self.hours.first()?.0)
    }

    /// When the office closes on a day, were it worked.
    #[must_use]
    pub fn closing(&self, date: Date) -> Option<Timestamp> {
        self.at_minute(date, self.hours.last()?.1)
    }

    /// The first closing time at or after an instant.
    #[must_use]
    pub fn closing_after(&self, at: Timestamp) -> Option<Timestamp> {
        let date = self.working_day_from(self.date_of(at)?)?;
        let closing = self.closing(date)?;
        if closing >= at { Some(closing) } else { self.closing(self.next_working_day(date)?) }
    }

    /// So many hours later by the clock, holidays and nights included.
    #[must_use]
    pub fn add_hours(&self, at: Timestamp, hours: i64) -> Option<Timestamp> {
        at.0.checked_add(hours.checked_mul(HOUR)?).map(Timestamp)
    }

    /// So many calendar days later.
    #[must_use]
    pub fn add_days(&self, date: Date, days: i64) -> Option<Date> {
        date.checked_add(Span::new().try_days(days).ok()?).ok()
    }

    /// So many months later; where the month is too short, its last day (31 January + 1 month is
    /// 28 or 29 February).
    #[must_use]
    pub fn add_months(&self, date: Date, months: i64) -> Option<Date> {
        date.checked_add(Span::new().try_months(months).ok()?).ok()
    }

    /// The last day of the `n`-th period after the one that the day is in; 0 is that period itself.
    #[must_use]
    pub fn end_of_period(&self, date: Date, period: Period, n: i64) -> Option<Date> {
        if period == Period::Week {
            let monday = date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()?;
            return self.add_days(monday, n.checked_mul(7)?.checked_add(6)?);
        }
        let length: i8 = match period {
            Period::Week | Period::Month => 1,
            Period::Quarter => 3,
            Period::Half => 6,
            Period::Year => 12,
        };
        let first = Date::new(date.year(), (date.month() - 1) / length * length + 1, 1).ok()?;
        let next = self.add_months(first, n.checked_add(1)?.checked_mul(i64::from(length))?)?;
        next.yesterday().ok()
    }

    /// The first working day on or after a day.
    #[must_use]
    pub fn working_day_from(&self, date: Date) -> Option<Date> {
        let mut date = date;
        for _ in 0..HORIZON_DAYS {
            if self.is_working(date) {
                return Some(date);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The next working day after a day.
    #[must_use]
    pub fn next_working_day(&self, date: Date) -> Option<Date> {
        self.working_day_from(date.tomorrow().ok()?)
    }

    /// The last working day before a day.
    #[must_use]
    pub fn previous_working_day(&self, date: Date) -> Option<Date> {
        let mut date = date;
        for _ in 0..HORIZON_DAYS {
            date = date.yesterday().ok()?;
            if self.is_working(date) {
                return Some(date);
            }
        }
        None
    }

    /// The `n`-th working day after a day; the day itself for 0.
    #[must_use]
    pub fn add_working_days(&self, date: Date, n: u32) -> Option<Date> {
        (0..n).try_fold(date, |date, _| self.next_working_day(date))
    }

    /// Working days from `from` up to, and not including, `to`.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> i64 {
        if from >= to {
            return 0;
        }
        let days = from.until(to).map_or(0, |span| i64::from(span.get_days()));
        let per_week = self.weekly.iter().filter(|w| **w).count() as i64;
        let mut count = days / 7 * per_week;
        let mut date = from;
        for _ in 0..days % 7 {
            count += i64::from(self.by_week(date));
            date = date.tomorrow().unwrap_or(date);
        }
        // `days % 7` days from the start have the same weekdays as those that are left at the end.
        self.exceptions
            .range(from..to)
            .fold(count, |count, (date, e)| count + i64::from(e.working) - i64::from(self.by_week(*date)))
    }

    /// Milliseconds of office hours between two instants; 0 if the second is not later.
    #[must_use]
    pub fn working_between(&self, from: Timestamp, to: Timestamp) -> i64 {
        let (Some(first), Some(last)) = (self.date_of(from), self.date_of(to)) else { return 0 };
        if from >= to {
            return 0;
        }
        if first == last {
            return self.worked_on(first, from, to);
        }
        let day: i64 = self.hours.iter().map(|(a, b)| i64::from(b - a) * MINUTE).sum();
        let whole = first.tomorrow().map_or(0, |second| self.working_days_between(second, last));
        self.worked_on(first, from, to) + whole * day + self.worked_on(last, from, to)
    }

    /// The earliest instant at which so many milliseconds of office hours have passed.
    #[must_use]
    pub fn add_working(&self, from: Timestamp, millis: i64) -> Option<Timestamp> {
        if millis <= 0 {
            return Some(from);
        }
        let mut left = millis;
        let mut date = self.date_of(from)?;
        for _ in 0..HORIZON_DAYS {
            if self.is_working(date) {
                for (opens, closes) in &self.hours {
                    let opens = self.at_minute(date, *opens)?.max(from);
                    let length = self.at_minute(date, *closes)?.0 - opens.0;
                    if length >= left {
                        return Some(Timestamp(opens.0 + left));
                    }
                    left -= length.max(0);
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// Whether the public holidays of every year between two instants are known.
    #[must_use]
    pub fn covers_between(&self, from: Timestamp, to: Timestamp) -> bool {
        match (self.date_of(from), self.date_of(to)) {
            (Some(from), Some(to)) => (from.year()..=to.year()).all(|y| self.covers(y)),
            _ => false,
        }
    }

    fn worked_on(&self, date: Date, from: Timestamp, to: Timestamp) -> i64 {
        if !self.is_working(date) {
            return 0;
        }
        let within = |(opens, closes): &(i16, i16)| {
            let opens = self.at_minute(date, *opens)?.max(from);
            let closes = self.at_minute(date, *closes)?.min(to);
            Some((closes.0 - opens.0).max(0))
        };
        self.hours.iter().filter_map(within).sum()
    }

    fn at_minute(&self, date: Date, minute: i16) -> Option<Timestamp> {
        let (date, minute) = if minute >= 1440 { (date.tomorrow().ok()?, 0) } else { (date, minute) };
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let at = date.at(hour, minute, 0, 0).to_zoned(self.zone.0.clone()).ok()?;
        Some(Timestamp(at.timestamp().as_millisecond()))
    }
}
