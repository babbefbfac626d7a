//! The retention clock (domain catalogue 7.4, A21): how long a filed record is kept. No source states a period, so it
//! is a setting, ten years unless the organisation says otherwise, also kind by kind. The clock starts when the
//! record is filed and starts anew when it is filed again. Nothing is deleted by it: past the day a person decides.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::document::RecordView;
use crate::lifecycle::{self, Phase};
use crate::schema::{Kind, Schema};
use crate::settings::Settings;
use crate::time::Timestamp;

/// Years that records of a kind are kept.
#[must_use]
pub fn years(settings: &Settings, kind: &str) -> u32 {
    settings.retention.get(kind).copied().unwrap_or(settings.retention_years)
}

/// Statuses of the kind in which its records are filed; none for a kind without a lifecycle, whose records are in
/// use for as long as they are there.
#[must_use]
pub fn filed_statuses(kind: &Kind) -> Vec<&'static str> {
    let cycle = kind.lifecycle.as_deref().and_then(lifecycle::by_key);
    let states = cycle.map_or(&[][..], |c| c.states);
    states.iter().filter(|s| s.phase == Phase::Archived).map(|s| s.code).collect()
}

/// When the record was filed; `None` while it is not.
#[must_use]
pub fn filed_at(kind: &Kind, view: &RecordView) -> Option<Timestamp> {
    let filed = filed_statuses(kind);
    if !filed.contains(&view.folded.status.as_str()) {
        return None;
    }
    view.events.iter().filter(|e| filed.contains(&e.to.as_str())).map(|e| e.at).max()
}

/// The last day on which a filed record is to be kept: the day of filing and the years of its kind later, in the
/// organisation's zone. `None` while it is not filed.
#[must_use]
pub fn retain_until(schema: &Schema, kind: &Kind, view: &RecordView) -> Option<Date> {
    let day = filed_at(kind, view)?.date_in(schema.zone())?;
    later(day, years(schema.settings(), &kind.key))
}

/// The last day of filing whose records are no longer to be kept on `today`.
#[must_use]
pub fn filed_by(schema: &Schema, kind: &Kind, today: Date) -> Option<Date> {
    let years = i32::try_from(years(schema.settings(), &kind.key)).ok()?;
    today.checked_sub(years.years()).ok()
}

/// 29 February ends on 28 February of a year without one.
fn later(day: Date, years: u32) -> Option<Date> {
    day.checked_add(i32::try_from(years).ok()?.years()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_period_is_the_kind_s_or_else_the_organisation_s() {
        let mut settings = Settings::default();
        assert_eq!(years(&settings, "complaint"), 10);
        settings.retention.insert("complaint".into(), 15);
        assert_eq!((years(&settings, "complaint"), years(&settings, "visit")), (15, 10));
        assert_eq!(later(date(2024, 2, 29), 10), Some(date(2034, 2, 28)));
        assert_eq!(later(date(2026, 3, 1), 10), Some(date(2036, 3, 1)));
    }

    #[test]
    fn every_kind_with_an_archive_has_a_clock_and_master_data_has_none() {
        let schema = Schema::builtin().unwrap();
        assert_eq!(filed_statuses(schema.kind("complaint").unwrap()), ["archived"]);
        assert!(filed_statuses(schema.kind("customer").unwrap()).is_empty());
    }
}
