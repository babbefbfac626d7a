//! Complaint statistics: shares, month and cumulative counts, reply, closure, timeliness
//! (C20–C26, C28).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::number::{CalcError, Rate, total};
use crate::time::Timestamp;

/// One group of a breakdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<K> {
    /// Type, channel, region, department, severity, person, product, customer, month …
    pub key: K,
    /// Count and total.
    pub rate: Rate,
}

/// C20 count and share of each group = count ÷ total × 100, the largest first, equals by key.
///
/// Shares are computed before rounding and sum to 100 %; each is rounded on its own for display, so shown
/// shares may miss 100 by half a unit each. No complaints → no groups.
///
/// # Errors
/// None beyond `Overflow`, which a slice in memory cannot reach.
pub fn shares_by_group<K: Ord + Clone>(keys: &[K]) -> Result<Vec<Share<K>>, CalcError> {
    let mut counts: BTreeMap<&K, u64> = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    shares_of_counts(&counts.into_iter().map(|(k, n)| (k.clone(), n)).collect::<Vec<_>>())
}

/// C20 from counts, as a database gives them. See [`shares_by_group`].
///
/// # Errors
/// `Overflow`.
pub fn shares_of_counts<K: Ord + Clone>(counts: &[(K, u64)]) -> Result<Vec<Share<K>>, CalcError> {
    let all = total(counts.iter().map(|(_, n)| *n))?;
    let share = |(key, n): &(K, u64)| Ok(Share { key: key.clone(), rate: Rate::new(*n, all)? });
    let mut shares = counts.iter().map(share).collect::<Result<Vec<_>, CalcError>>()?;
    shares.sort_by(|a, b| b.rate.part().cmp(&a.rate.part()).then_with(|| a.key.cmp(&b.key)));
    Ok(shares)
}

/// C21 cumulative = Σ of months 1…m of the same year; starts again each January.
///
/// # Errors
/// `Overflow`.
pub fn cumulative(months: &[u64]) -> Result<Vec<u64>, CalcError> {
    let mut so_far = 0_u64;
    months
        .iter()
        .map(|n| {
            so_far = so_far.checked_add(*n).ok_or(CalcError::Overflow)?;
            Ok(so_far)
        })
        .collect()
}

/// C21 (count, cumulative count) of each month of `year`, from the days on which records were received.
/// Days of other years are left out.
///
/// # Errors
/// `Overflow`.
pub fn month_and_cumulative(received_on: &[Date], year: i16) -> Result<[(u64, u64); 12], CalcError> {
    let mut months = [0_u64; 12];
    for day in received_on.iter().filter(|d| d.year() == year) {
        // A civil month is 1–12.
        if let Some(count) = months.get_mut(usize::from(day.month().unsigned_abs()) - 1) {
            *count += 1;
        }
    }
    let mut lines = [(0, 0); 12];
    for ((line, count), so_far) in lines.iter_mut().zip(months).zip(cumulative(&months)?) {
        *line = (count, so_far);
    }
    Ok(lines)
}

/// A complaint passed on to a department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// When the reply is due; `None` has no clock and is never counted.
    pub due_at: Option<Timestamp>,
    /// When the department replied.
    pub replied_at: Option<Timestamp>,
}

/// C22 回复率 = replied ÷ (forwarded complaints whose reply is due by the cut-off) × 100.
///
/// Those not yet due are in neither count, even when already replied; a reply after the cut-off is not
/// counted. None due → "—".
#[must_use]
pub fn reply_rate(forwarded: &[Forwarded], cut_off: Timestamp) -> Rate {
    let due = forwarded.iter().filter(|f| f.due_at.is_some_and(|at| at <= cut_off));
    Rate::count(due, |f| f.replied_at.is_some_and(|at| at <= cut_off))
}

/// How far a received complaint is at the cut-off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Assigned or further: someone handles it.
    pub handling_started: bool,
    /// The customer's problem is solved.
    pub resolved: bool,
    /// Closed, archived or rejected.
    pub closed: bool,
}

/// C23 处理率 = complaints with handling started ÷ received × 100. A closed one was handled. None → "—".
#[must_use]
pub fn handled_rate(complaints: &[Progress]) -> Rate {
    Rate::count(complaints, |c| c.handling_started || c.closed)
}

/// C24 办结率 = closed, archived or rejected ÷ received × 100 at the cut-off. None → "—".
#[must_use]
pub fn closure_rate(complaints: &[Progress]) -> Rate {
    Rate::count(complaints, |c| c.closed)
}

/// C25 投诉解决率 = resolved ÷ total × 100. None → "—".
#[must_use]
pub fn resolution_rate(complaints: &[Progress]) -> Rate {
    Rate::count(complaints, |c| c.resolved)
}

/// One clock of one record: sheet 1 h, containment 24 h, analysis 2 h, corrective action 3 days …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// The deadline.
    pub due_at: Timestamp,
    /// When it was done.
    pub completed_at: Option<Timestamp>,
}

/// C26 处理及时率 = completed by due_at ÷ those whose due_at fell in `from` ≤ due_at < `to`, × 100.
/// Computed per clock, never over several clocks. None due in the period → "—".
#[must_use]
pub fn timeliness(clocks: &[Timed], from: Timestamp, to: Timestamp) -> Rate {
    let due = clocks.iter().filter(|c| (from..to).contains(&c.due_at));
    Rate::count(due, |c| c.completed_at.is_some_and(|at| at <= c.due_at))
}

/// C28 valid rate = valid ÷ assessed × 100. `None` is not yet assessed and is in neither. None → "—".
#[must_use]
pub fn valid_rate(assessed: &[Option<bool>]) -> Rate {
    Rate::count(assessed.iter().flatten(), |valid| **valid)
}
