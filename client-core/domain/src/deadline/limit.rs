//! How long: an amount and the clock it is counted on. Written as people say it: `"24 h"`, `"3 d"`,
//! `"1 wd"`, `"6 mo"`, `"1 week"`, `"3 lots"`.

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, HOUR, MINUTE, Period};
use crate::time::Timestamp;

/// The largest amount: 100,000 minutes are ten weeks, 100,000 hours eleven years.
const MOST: u32 = 100_000;

macro_rules! units {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What a limit is counted in, and with it the clock.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Unit { $($(#[$doc])* $name,)* }

        impl Unit {
            /// Every unit.
            pub const ALL: &'static [Unit] = &[$(Unit::$name,)*];
            /// The word for it in a setting.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Unit::$name => $text,)* }
            }
        }
    };
}

units! {
    /// Minutes by the clock, nights and holidays included.
    Minutes = "min",
    /// Hours by the clock, nights and holidays included.
    Hours = "h",
    /// Calendar days, non-working ones included: until 24:00 of the n-th day after the day it starts.
    Days = "d",
    /// Months: until 24:00 of the day with the same number, or of the month's last day.
    Months = "mo",
    /// Hours within office hours.
    WorkingHours = "wh",
    /// Working days: until the office closes on the n-th working day after the day it starts.
    WorkingDays = "wd",
    /// Until the end of the n-th calendar week after that of the start.
    Weeks = "week",
    /// Until the end of the n-th calendar month after that of the start.
    CalendarMonths = "month",
    /// Until the end of the n-th quarter after that of the start.
    Quarters = "quarter",
    /// Until the end of the n-th half-year after that of the start.
    HalfYears = "half-year",
    /// Until the end of the n-th calendar year after that of the start.
    Years = "year",
    /// Before the n-th day of the month after that of the start; that month's days are the time allowed.
    DayOfNextMonth = "day-of-next-month",
    /// Consecutive good lots; no clock.
    Lots = "lots",
    /// Times within the calendar month of the start.
    TimesAMonth = "times-a-month",
    /// Per cent, reached within the calendar year of the start.
    PercentAYear = "percent-a-year",
    /// No time given.
    None = "none",
}

/// The clock that a unit is counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Runs day and night.
    Continuous,
    /// Runs day and night; ends with a day.
    Calendar,
    /// Runs in office hours.
    Working,
    /// Counts lots, times or per cent.
    Count,
    /// Does not run.
    None,
}

/// An amount in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// How many.
    pub n: u32,
    /// Of what.
    pub unit: Unit,
}

impl Limit {
    /// No limit.
    pub const NONE: Self = Self { n: 0, unit: Unit::None };

    /// Reads `"24 h"`; `"none"` alone is no limit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (first, second, rest) = (words.next()?, words.next(), words.next());
        if first == "none" && second.is_none() {
            return Some(Self::NONE);
        }
        let unit = second.and_then(|w| Unit::ALL.iter().copied().find(|u| u.as_str() == w))?;
        let n: u32 = first.parse().ok().filter(|n| *n <= MOST)?;
        (rest.is_none() && unit != Unit::None).then_some(Self { n, unit })
    }

    /// The clock that it is counted on.
    #[must_use]
    pub const fn basis(self) -> Basis {
        match self.unit {
            Unit::Minutes | Unit::Hours => Basis::Continuous,
            Unit::WorkingHours | Unit::WorkingDays => Basis::Working,
            Unit::Lots | Unit::TimesAMonth | Unit::PercentAYear => Basis::Count,
            Unit::None => Basis::None,
            Unit::Days
            | Unit::Months
            | Unit::Weeks
            | Unit::CalendarMonths
            | Unit::Quarters
            | Unit::HalfYears
            | Unit::Years
            | Unit::DayOfNextMonth => Basis::Calendar,
        }
    }

    /// From when the clock runs: the start itself, or, for a report on a month, that month's end.
    pub(super) fn runs_from(self, calendar: &Calendar, start: Timestamp) -> Option<Timestamp> {
        if self.unit != Unit::DayOfNextMonth {
            return Some(start);
        }
        let last = calendar.end_of_period(calendar.date_of(start)?, Period::Month, 0)?;
        calendar.end_of_day(last)
    }

    /// When it is over, counted from `start` without pauses. `None` for lots, and without a limit.
    #[must_use]
    pub fn due(self, calendar: &Calendar, start: Timestamp) -> Option<Timestamp> {
        let n = i64::from(self.n);
        let date = calendar.date_of(start)?;
        let period = |period, n| calendar.end_of_day(calendar.end_of_period(date, period, n)?);
        match self.unit {
            Unit::Minutes => Some(Timestamp(start.0.checked_add(n * MINUTE)?)),
            Unit::Hours => calendar.add_hours(start, n),
            Unit::Days => calendar.end_of_day(calendar.add_days(date, n)?),
            Unit::Months => calendar.end_of_day(calendar.add_months(date, n)?),
            Unit::WorkingHours => calendar.add_working(start, n * HOUR),
            Unit::WorkingDays if self.n == 0 => calendar.closing_after(start),
            Unit::WorkingDays => calendar.closing(calendar.add_working_days(date, self.n)?),
            Unit::Weeks => period(Period::Week, n),
            Unit::CalendarMonths => period(Period::Month, n),
            Unit::Quarters => period(Period::Quarter, n),
            Unit::HalfYears => period(Period::Half, n),
            Unit::Years => period(Period::Year, n),
            Unit::DayOfNextMonth => {
                let last = calendar.end_of_period(date, Period::Month, 1)?;
                let first = calendar.end_of_period(date, Period::Month, 0)?.tomorrow().ok()?;
                calendar.start_of_day(calendar.add_days(first, n - 1)?.clamp(first, last))
            }
            Unit::TimesAMonth => period(Period::Month, 0),
            Unit::PercentAYear => period(Period::Year, 0),
            Unit::Lots | Unit::None => None,
        }
    }

    /// A due time that pauses moved, brought to the end of its day where the limit ends with a day.
    pub(super) fn whole_day(self, calendar: &Calendar, at: Timestamp) -> Option<Timestamp> {
        match (self.basis(), self.unit) {
            (Basis::Calendar, _) => {
                let date = calendar.date_of(at)?;
                if calendar.start_of_day(date)? == at { Some(at) } else { calendar.end_of_day(date) }
            }
            (_, Unit::WorkingDays) => calendar.closing_after(at),
            _ => Some(at),
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.unit {
            Unit::None => f.write_str("none"),
            unit => write!(f, "{} {}", self.n, unit.as_str()),
        }
    }
}

impl Serialize for Limit {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is no time limit; write for example \"24 h\""))
        })
    }
}
