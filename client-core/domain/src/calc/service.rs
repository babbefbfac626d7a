//! Service metrics: response and handling times, arrival, repair time, promises, call centre
//! (C40–C43, C46, C47).

use jiff::SignedDuration;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::number::{CalcError, Rate, divide, not_negative, rounded, sum};
use crate::time::Timestamp;

/// From a request to what answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Requested, received or reported.
    pub from: Timestamp,
    /// Responded, finished or repaired; `None` = not yet.
    pub to: Option<Timestamp>,
}

/// Times of the finished intervals, to the millisecond, half up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durations {
    /// Finished intervals.
    pub count: usize,
    /// Σ ÷ count.
    pub mean: SignedDuration,
    /// The middle one, or the mean of the two middle ones.
    pub median: SignedDuration,
    /// The longest.
    pub max: SignedDuration,
}

/// C40 first response time (responded − requested) and C41 average handling time (finished − received):
/// mean, median and maximum over the finished intervals, all ≥ 0. Open ones are left out.
///
/// # Errors
/// `Empty` when none is finished; `OutOfRange("to")` when one ends before it starts; `Overflow`.
pub fn durations(intervals: &[Interval]) -> Result<Durations, CalcError> {
    let mut times = Vec::new();
    for interval in intervals {
        if let Some(to) = interval.to {
            times.push(elapsed(interval.from, to)?);
        }
    }
    times.sort_unstable();
    let max = times.last().copied().ok_or(CalcError::Empty)?;
    let middle = times.len() / 2;
    let median = if times.len() % 2 == 1 {
        mean_millis(&times[middle..=middle])?
    } else {
        mean_millis(&times[middle - 1..=middle])?
    };
    Ok(Durations { count: times.len(), mean: mean_millis(&times)?, median, max: millis(max) })
}

/// C40 share answered within `limit`, and C43 repaired within 4 h: within ÷ (finished + open ones whose
/// limit has passed at `as_of`) × 100. An open one that still has time is in neither, so that a report
/// does not look better for what nobody answered. None → "—".
///
/// # Errors
/// `OutOfRange("to")` when an interval ends before it starts; `Overflow`.
pub fn within_limit(
    intervals: &[Interval],
    limit: SignedDuration,
    as_of: Timestamp,
) -> Result<Rate, CalcError> {
    let limit = limit.as_millis();
    let (mut within, mut counted) = (0, 0);
    for interval in intervals {
        let taken = match interval.to {
            Some(to) => i128::from(elapsed(interval.from, to)?),
            None => i128::from(as_of.0) - i128::from(interval.from.0),
        };
        let is_within = taken <= limit;
        if interval.to.is_some() || !is_within {
            counted += 1;
            within += u64::from(is_within);
        }
    }
    Rate::new(within, counted)
}

/// C43 the repair limit of the source, from the report (A5).
pub const REPAIR_LIMIT: SignedDuration = SignedDuration::from_hours(4);

/// L13, L14 what "late" means for appointments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArrivalSettings {
    /// Arriving this much later is still on time; 0 min.
    #[serde(rename = "tolerance_minutes", with = "crate::time::minutes")]
    pub tolerance: SignedDuration,
    /// Arriving more than this later makes a general complaint; 30 min.
    #[serde(rename = "complaint_after_minutes", with = "crate::time::minutes")]
    pub complaint_after: SignedDuration,
}

impl Default for ArrivalSettings {
    fn default() -> Self {
        Self { tolerance: SignedDuration::ZERO, complaint_after: SignedDuration::from_mins(30) }
    }
}

/// How late one arrival was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// Arrived − appointment, 0 when early.
    pub late_by: SignedDuration,
    /// Within the tolerance.
    pub on_time: bool,
    /// Late enough to count as a general complaint; exactly the limit does not.
    pub complaint_candidate: bool,
}

/// C42 lateness of one arrival.
#[must_use]
pub fn lateness(appointment: Timestamp, arrived: Timestamp, settings: &ArrivalSettings) -> Lateness {
    let late_by = millis(arrived.0.saturating_sub(appointment.0).max(0));
    Lateness {
        late_by,
        on_time: late_by <= settings.tolerance,
        complaint_candidate: late_by > settings.complaint_after,
    }
}

/// C42 arrival compliance = visits on time ÷ visits with an appointment × 100. `visits` are (appointment,
/// arrival); a visit without arrival counts once its appointment and the tolerance have passed at `as_of`.
/// None → "—".
#[must_use]
pub fn arrival_compliance(
    visits: &[(Timestamp, Option<Timestamp>)],
    settings: &ArrivalSettings,
    as_of: Timestamp,
) -> Rate {
    let on_time = |(appointment, arrived): &(Timestamp, Option<Timestamp>)| {
        lateness(*appointment, arrived.unwrap_or(as_of), settings).on_time
    };
    Rate::count(visits.iter().filter(|v| v.1.is_some() || !on_time(v)), |v| on_time(v))
}

/// C46 兑现率 = accepted tasks done as promised ÷ accepted × 100. None accepted → "—".
#[must_use]
pub fn promise_keeping(accepted_done_as_promised: &[bool]) -> Rate {
    Rate::count(accepted_done_as_promised, |done| **done)
}

/// C47 connect rate = connected ÷ offered × 100. None offered → "—".
///
/// # Errors
/// `OutOfRange("part")` for more connected than offered.
pub fn connect_rate(connected: u64, offered: u64) -> Result<Rate, CalcError> {
    Rate::new(connected, offered)
}

/// C47 average of call, dispatch or ring seconds, or of monitoring scores = Σ ÷ count, unrounded.
///
/// # Errors
/// `Empty` for no values; `OutOfRange("value")` for a negative one; `Overflow`.
pub fn call_average(values: &[Decimal]) -> Result<Decimal, CalcError> {
    for value in values {
        not_negative(*value, "value")?;
    }
    divide(sum(values.iter().copied())?, Decimal::from(values.len()))
}

fn elapsed(from: Timestamp, to: Timestamp) -> Result<i64, CalcError> {
    let taken = to.0.checked_sub(from.0).ok_or(CalcError::Overflow)?;
    if taken < 0 { Err(CalcError::OutOfRange("to")) } else { Ok(taken) }
}

fn millis(ms: i64) -> SignedDuration {
    SignedDuration::from_millis(ms)
}

fn mean_millis(times: &[i64]) -> Result<SignedDuration, CalcError> {
    let mean = divide(sum(times.iter().map(|t| Decimal::from(*t)))?, Decimal::from(times.len()))?;
    rounded(mean, 0).to_i64().map(millis).ok_or(CalcError::Overflow)
}
