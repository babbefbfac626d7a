//! The published years: one file each under `calendar/`, embedded. A notice for a new year that
//! appears before the next release is added as text in the settings, in the same form.

use jiff::civil::Date;
use serde::Deserialize;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: i16,
    #[serde(rename = "source")]
    _source: String,
    #[serde(default)]
    holiday: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: Label,
    from: String,
    to: String,
    #[serde(default)]
    work: Vec<String>,
}

/// Reads one year's notice: the year, and which days differ from the weekly pattern.
///
/// # Errors
/// When the text is not of the form, a date is none, or lies outside the year and its turns.
pub(super) fn year(text: &str) -> Result<(i16, Vec<(Date, Exception)>), CalendarError> {
    let year: Year = toml::from_str(text).map_err(|e| CalendarError::Form(e.message().to_owned()))?;
    let mut days = Vec::new();
    for holiday in &year.holiday {
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
    Ok((year.year, days))
}

/// A date of the year; New Year's days off may begin in the old year or end in the next.
fn day(text: &str, year: i16) -> Result<Date, CalendarError> {
    let date = super::date(text)?;
    let near = date.year() == year
        || (date.year() + 1 == year && date.month() == 12)
        || (date.year() == year + 1 && date.month() == 1);
    if near { Ok(date) } else { Err(CalendarError::Date(text.to_owned())) }
}
