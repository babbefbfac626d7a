//! The same fault again: complaints that recur, repairs that did not hold (C27, C44, C45).

use std::collections::HashMap;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::calendar::{add_days, subtract_months};
use super::number::{CalcError, Rate};

/// A complaint or repair as far as its fault can be compared. Blank texts are unknown and match nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// Customer's id.
    pub customer: &'a str,
    /// Product or part number, or the equipment's id.
    pub product: &'a str,
    /// Defect code, or the phenomenon in words where there is no code.
    pub fault: &'a str,
    /// When received or finished, on the organisation's clock.
    pub at: DateTime,
}

/// How far back and ahead the same fault counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepeatSettings {
    /// C27 months in which a complaint is a recurrence; 12.
    pub recurrence_months: u32,
    /// C44, C45 days in which a repair is a repeat; 30.
    pub repeat_days: u32,
    /// So many complaints of different customers about one thing propose a mass incident (4.1.5); 5.
    pub mass_complaints: u32,
    /// Within so many days of each other; 7.
    pub mass_days: u32,
    /// So many general complaints about one person within `recurrence_months` propose a serious one (3.4); 3.
    pub repeated_general: u32,
}

impl Default for RepeatSettings {
    fn default() -> Self {
        Self { recurrence_months: 12, repeat_days: 30, mass_complaints: 5, mass_days: 7, repeated_general: 3 }
    }
}

/// C27 recurrence rate = 再现 ÷ (初次 + 再现) × 100, over complaints that QA has marked (`Some(true)` =
/// 再现). Unmarked ones are in neither. None → "—".
#[must_use]
pub fn recurrence_rate(marked_recurring: &[Option<bool>]) -> Rate {
    Rate::count(marked_recurring.iter().flatten(), |recurring| **recurring)
}

/// C27 earlier complaints that make `case` a suggested recurrence: same customer, product and fault,
/// received before it and not more than `recurrence_months` calendar months earlier. Places in `history`,
/// the latest first; empty when customer, product or fault of the case is unknown. QA confirms.
///
/// # Errors
/// `Overflow` when the months leave the calendar.
pub fn prior_complaints(
    case: &Occurrence<'_>,
    history: &[Occurrence<'_>],
    settings: &RepeatSettings,
) -> Result<Vec<usize>, CalcError> {
    let Some(fault) = key(case) else { return Ok(Vec::new()) };
    if case.customer.trim().is_empty() {
        return Ok(Vec::new());
    }
    let earliest = subtract_months(case.at.date(), settings.recurrence_months)?;
    let same = |other: &Occurrence<'_>| {
        other.customer.trim() == case.customer.trim()
            && key(other).as_ref() == Some(&fault)
            && other.at < case.at
            && other.at.date() >= earliest
    };
    let mut found: Vec<usize> = (0..history.len()).filter(|i| same(&history[*i])).collect();
    found.sort_by_key(|i| std::cmp::Reverse(history[*i].at));
    Ok(found)
}

/// C44 一次修复率 = repair visits in `from`–`to` (both included) without a later visit for the same
/// product and fault within `repeat_days` ÷ those visits × 100.
///
/// `visits` are all known repairs, also those after the period. A visit whose product or fault is unknown
/// is in neither count. While the last `repeat_days` are not over the rate may still fall. None → "—".
///
/// # Errors
/// `Overflow` when the days leave the calendar.
pub fn first_fix_rate(
    visits: &[Occurrence<'_>],
    (from, to): (Date, Date),
    settings: &RepeatSettings,
) -> Result<Rate, CalcError> {
    rate(visits, (from, to), |times, at| {
        let until = add_days(at.date(), settings.repeat_days)?;
        let next = times.get(times.partition_point(|other| *other <= at));
        Ok(next.is_none_or(|next| next.date() > until))
    })
}

/// C45 same-fault repeat rate = repairs in `from`–`to` (both included) with an earlier repair of the same
/// product and fault within `repeat_days` ÷ repairs × 100. Whether a repeat is a personal fault is a
/// supervisor's decision, because it drives a penalty. Unknown faults and no repairs as [`first_fix_rate`].
///
/// # Errors
/// `Overflow` when the days leave the calendar.
pub fn same_fault_repeat_rate(
    repairs: &[Occurrence<'_>],
    (from, to): (Date, Date),
    settings: &RepeatSettings,
) -> Result<Rate, CalcError> {
    rate(repairs, (from, to), |times, at| {
        let Some(previous) = times[..times.partition_point(|other| *other < at)].last() else {
            return Ok(false);
        };
        Ok(add_days(previous.date(), settings.repeat_days)? >= at.date())
    })
}

/// C45 earlier repairs that make `repair` a suggested repeat; places in `history`, the latest first.
///
/// # Errors
/// `Overflow` when the days leave the calendar.
pub fn prior_repairs(
    repair: &Occurrence<'_>,
    history: &[Occurrence<'_>],
    settings: &RepeatSettings,
) -> Result<Vec<usize>, CalcError> {
    let Some(fault) = key(repair) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (i, other) in history.iter().enumerate() {
        let earlier = other.at < repair.at && key(other).as_ref() == Some(&fault);
        if earlier && add_days(other.at.date(), settings.repeat_days)? >= repair.at.date() {
            found.push(i);
        }
    }
    found.sort_by_key(|i| std::cmp::Reverse(history[*i].at));
    Ok(found)
}

fn rate(
    all: &[Occurrence<'_>],
    (from, to): (Date, Date),
    mut counts: impl FnMut(&[DateTime], DateTime) -> Result<bool, CalcError>,
) -> Result<Rate, CalcError> {
    let mut by_fault: HashMap<(String, String), Vec<DateTime>> = HashMap::new();
    for occurrence in all {
        if let Some(fault) = key(occurrence) {
            by_fault.entry(fault).or_default().push(occurrence.at);
        }
    }
    let (mut part, mut whole) = (0, 0);
    for times in by_fault.values_mut() {
        times.sort_unstable();
        for at in times.iter().filter(|at| (from..=to).contains(&at.date())) {
            whole += 1;
            part += u64::from(counts(times, *at)?);
        }
    }
    Rate::new(part, whole)
}

/// Product and fault, as people write them: without regard to outer blanks and Latin case.
fn key(occurrence: &Occurrence<'_>) -> Option<(String, String)> {
    let plain = |text: &str| Some(text.trim().to_lowercase()).filter(|t| !t.is_empty());
    Some((plain(occurrence.product)?, plain(occurrence.fault)?))
}
