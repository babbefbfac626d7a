//! The published years: one file each under `calendar/`, embedded. A notice for a new year that
//! appears before the next release is put in by an administrator.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CalendarError, Exception};
use crate::schema::Label;

/// Every published year that this build carries.
pub(super) const EMBEDDED: &[&str] = &[
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/calendar/2024.toml")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/calendar/2025.toml")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/calendar/2026.toml")),
];

/// The longest holiday that is believed; a longer one is a slip of the pen.
const LONGEST_DAYS: usize = 31;

/// The notice of one year's public holidays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The year.
    pub year: i16,
    /// The document that says so (国办发明电…).
    #[serde(default)]
    pub source: String,
    /// The holidays.
    #[serde(default, alias = "holiday")]
    pub holidays: Vec<Holiday>,
}

/// A public holiday and the working days that make up for it (调休).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Its name.
    pub name: Label,
    /// The first day off, `YYYY-MM-DD`.
    pub from: String,
    /// The last day off.
    pub to: String,
    /// Days of the weekly rest that are worked instead.
    #[serde(default)]
    pub work: Vec<String>,
}

impl Notice {
    /// Reads a notice in the form of `calendar/*.toml`.
    ///
    /// # Errors
    /// `Form` when the text is not of the form; dates are checked when a calendar is made of it.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        toml::from_str(text).map_err(|e| CalendarError::Form(e.message().to_owned()))
    }
}

/// Which days of a notice differ from the weekly pattern.
///
/// # Errors
/// When a date is none, or lies outside the year and its turns.
pub(super) fn days(year: &Notice) -> Result<Vec<(Date, Exception)>, CalendarError> {
    let mut days = Vec::new();
    for holiday in &year.holidays {
        let (from, to) = (day(&holiday.from, year.year)?, day(&holiday.to, year.year)?);
        let mut date = from;
        let mut length = 0;
        while date <= to && length <= LONGEST_DAYS {
            days.push((date, Exception { working: false, name: holiday.name.clone() }));
            date = date.tomorrow().map_err(|_| CalendarError::Date(holiday.to.clone()))?;
            length += 1;
        }
        if length == 0 || length > LONGEST_DAYS {
            return Err(CalendarError::Date(format!("{} – {}", holiday.from, holiday.to)));
        }
        for text in &holiday.work {
            let date = day(text, year.year)?;
            if from <= date && date <= to {
                return Err(CalendarError::Date(text.clone()));
            }
            days.push((date, Exception { working: true, name: holiday.name.clone() }));
        }
    }
    Ok(days)
}

/// A date of the year; New Year's days off may begin in the old year or end in the next.
fn day(text: &str, year: i16) -> Result<Date, CalendarError> {
    let date = super::date(text)?;
    let near = date.year() == year
        || (date.year() + 1 == year && date.month() == 12)
        || (date.year() == year + 1 && date.month() == 1);
    if near { Ok(date) } else { Err(CalendarError::Date(text.to_owned())) }
}
