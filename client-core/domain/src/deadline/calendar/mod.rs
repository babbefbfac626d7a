//! Which days are worked, and when: the weekly pattern, the published public holidays with their
//! make-up days (调休), and an organisation's own days and office hours.
//!
//! A year whose notice is not known follows the weekly pattern; [`Calendar::covers`] says so, and a
//! deadline that rests on such a year is marked as provisional.

mod arith;
mod load;

pub use arith::Period;
pub(crate) use arith::{HOUR, MINUTE};
pub use load::{Holiday, Notice};

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use crate::schema::Label;
use crate::time::Zone;

/// What an organisation says about its calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalendarSettings {
    /// Weekdays that are worked, 1 (Monday) to 7 (Sunday).
    pub weekdays: Vec<u8>,
    /// Office hours of a working day, `"HH:MM-HH:MM"`, in order and without overlap.
    pub hours: Vec<String>,
    /// The organisation's own days off, `"YYYY-MM-DD"`; they win over everything else.
    pub off: Vec<String>,
    /// The organisation's own extra working days; they win over public holidays.
    pub work: Vec<String>,
    /// Notices of years that came out after this build, or were amended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<Notice>,
}

impl Default for CalendarSettings {
    /// Monday to Friday, 08:30–12:00 and 13:00–17:30.
    fn default() -> Self {
        Self {
            weekdays: vec![1, 2, 3, 4, 5],
            hours: vec!["08:30-12:00".into(), "13:00-17:30".into()],
            off: Vec::new(),
            work: Vec::new(),
            years: Vec::new(),
        }
    }
}

/// Why a calendar could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A year's text is not of the form.
    #[error("calendar: {0}")]
    Form(String),
    /// No date, or one that does not belong there.
    #[error("calendar: date {0}")]
    Date(String),
    /// No weekday from 1 to 7, or none at all.
    #[error("calendar: weekdays")]
    Weekdays,
    /// Office hours that are no times, overlap, or are missing.
    #[error("calendar: office hours {0}")]
    Hours(String),
}

/// A day that differs from the weekly pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    working: bool,
    name: Label,
}

/// Working days and office hours in a zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: Zone,
    /// Monday first.
    weekly: [bool; 7],
    /// Office hours as minutes of the day, in order.
    hours: Vec<(i16, i16)>,
    years: BTreeSet<i16>,
    exceptions: BTreeMap<Date, Exception>,
}

impl Default for Calendar {
    /// The published holidays, Monday to Friday, in the default zone.
    fn default() -> Self {
        let plain = Self {
            zone: Zone::default(),
            weekly: [true, true, true, true, true, false, false],
            hours: vec![(510, 720), (780, 1050)],
            years: BTreeSet::new(),
            exceptions: BTreeMap::new(),
        };
        // The embedded years are read by a test; were one unreadable, weekdays still count.
        Self::new(&CalendarSettings::default(), Zone::default()).unwrap_or(plain)
    }
}

impl Calendar {
    /// The calendar of an organisation.
    ///
    /// # Errors
    /// Names the first thing in the settings that makes no sense.
    pub fn new(settings: &CalendarSettings, zone: Zone) -> Result<Self, CalendarError> {
        let mut calendar = Self {
            zone,
            weekly: weekly(&settings.weekdays)?,
            hours: hours(&settings.hours)?,
            years: BTreeSet::new(),
            exceptions: BTreeMap::new(),
        };
        // A later text for the same year replaces the earlier: notices have been amended before.
        for notice in Self::published()?.iter().chain(&settings.years) {
            let days = load::days(notice)?;
            if !calendar.years.insert(notice.year) {
                calendar.exceptions.retain(|date, _| date.year() != notice.year);
            }
            calendar.exceptions.extend(days);
        }
        let own = Label { zh: "本单位安排".into(), en: "Own arrangement".into() };
        for (texts, working) in [(&settings.work, true), (&settings.off, false)] {
            for text in texts {
                calendar.exceptions.insert(date(text)?, Exception { working, name: own.clone() });
            }
        }
        Ok(calendar)
    }

    /// The notices that this build carries.
    ///
    /// # Errors
    /// Never, once the tests have run: the embedded files are checked there.
    pub fn published() -> Result<Vec<Notice>, CalendarError> {
        load::EMBEDDED.iter().map(|text| Notice::parse(text)).collect()
    }

    /// Whether the public holidays of a year are known; if not, the weekly pattern stands alone.
    #[must_use]
    pub fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// Whether a day is worked.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        self.exceptions.get(&date).map_or_else(|| self.by_week(date), |e| e.working)
    }

    /// Why a day differs from the weekly pattern: the holiday that it belongs to or makes up for.
    #[must_use]
    pub fn exception(&self, date: Date) -> Option<&Label> {
        self.exceptions.get(&date).map(|e| &e.name)
    }

    /// The zone in which days are counted.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    fn by_week(&self, date: Date) -> bool {
        let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.weekly.get(index).copied().unwrap_or(false)
    }
}

fn date(text: &str) -> Result<Date, CalendarError> {
    text.parse().map_err(|_| CalendarError::Date(text.to_owned()))
}

fn weekly(weekdays: &[u8]) -> Result<[bool; 7], CalendarError> {
    let mut weekly = [false; 7];
    for day in weekdays {
        let day = i8::try_from(*day).ok().and_then(|d| Weekday::from_monday_one_offset(d).ok());
        let index = day.and_then(|d| usize::try_from(d.to_monday_zero_offset()).ok());
        *index.and_then(|i| weekly.get_mut(i)).ok_or(CalendarError::Weekdays)? = true;
    }
    if weekly.contains(&true) { Ok(weekly) } else { Err(CalendarError::Weekdays) }
}

fn hours(texts: &[String]) -> Result<Vec<(i16, i16)>, CalendarError> {
    let mut hours = Vec::new();
    let mut last = -1;
    for text in texts {
        let span = text.split_once('-').and_then(|(a, b)| Some((minute(a)?, minute(b)?)));
        let (from, to) = span
            .filter(|(from, to)| from < to && last <= *from)
            .ok_or_else(|| CalendarError::Hours(text.clone()))?;
        hours.push((from, to));
        last = to;
    }
    if hours.is_empty() { Err(CalendarError::Hours(String::new())) } else { Ok(hours) }
}

/// `"HH:MM"` as minutes of the day; `24:00` is the day's end.
fn minute(text: &str) -> Option<i16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (i16, i16) = (hour.parse().ok()?, minute.parse().ok()?);
    let of_day = hour.checked_mul(60)?.checked_add(minute)?;
    ((0..60).contains(&minute) && (0..=1440).contains(&of_day)).then_some(of_day)
}
