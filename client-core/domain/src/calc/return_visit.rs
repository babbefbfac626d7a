//! When to visit or call a customer again, and plans made from it (C50, C51, L23–L29, A6, A7).

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::{add_days, add_months, days_between, quarter_end, subtract_months, week_end};
use super::number::{CalcError, Rate};

/// How often a customer is visited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cycle {
    /// At least once in each calendar week, Monday to Sunday.
    CalendarWeek,
    /// At least once in each calendar month.
    CalendarMonth,
    /// At least once in each calendar quarter.
    CalendarQuarter,
    /// So many months after the last one, clamped to the month's end.
    Months(u32),
    /// So many days after the last one.
    Days(u32),
    /// In each of these months of the year (1–12): roofs before the rain, heating before the winter.
    Seasons(Vec<i8>),
    /// Only when the customer asks.
    OnRequest,
}

/// Cycles per customer tier and product (A7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CycleSettings {
    /// Routine customers: each month (L23).
    pub routine: Cycle,
    /// Key accounts: each week (L24).
    pub key_account: Cycle,
    /// Projects in warranty: each half year (L25); the first within half a year of acceptance (L27).
    pub warranty: Cycle,
    /// Quality communication: each quarter (L26).
    pub quality: Cycle,
    /// After the warranty: on request (A6).
    pub after_warranty: Cycle,
}

impl Default for CycleSettings {
    fn default() -> Self {
        Self {
            routine: Cycle::CalendarMonth,
            key_account: Cycle::CalendarWeek,
            warranty: Cycle::Months(6),
            quality: Cycle::CalendarQuarter,
            after_warranty: Cycle::OnRequest,
        }
    }
}

/// C50 the day by which the next visit is due, from the last visit, or from the delivery or acceptance
/// where there was none; `None` for [`Cycle::OnRequest`] and for seasons without months.
///
/// Calendar cycles: the last day of the period after the one of `last`, because a visit in a period serves
/// that period. Other cycles: `last` + cycle.
///
/// # Errors
/// `OutOfRange("cycle")` for 0 days, 0 months or a month outside 1–12; `Overflow` past the year 9999.
pub fn next_visit_due(last: Date, cycle: &Cycle) -> Result<Option<Date>, CalcError> {
    let due = match cycle {
        Cycle::CalendarWeek => week_end(add_days(week_end(last)?, 1)?)?,
        Cycle::CalendarMonth => add_days(last.last_of_month(), 1)?.last_of_month(),
        Cycle::CalendarQuarter => quarter_end(add_days(quarter_end(last)?, 1)?)?,
        Cycle::Months(0) | Cycle::Days(0) => return Err(CalcError::OutOfRange("cycle")),
        Cycle::Months(months) => add_months(last, *months)?,
        Cycle::Days(days) => add_days(last, *days)?,
        Cycle::Seasons(months) => return next_season(last, months),
        Cycle::OnRequest => return Ok(None),
    };
    Ok(Some(due))
}

fn next_season(last: Date, months: &[i8]) -> Result<Option<Date>, CalcError> {
    if months.iter().any(|m| !(1..=12).contains(m)) {
        return Err(CalcError::OutOfRange("cycle"));
    }
    let mut day = last;
    for _ in 0..12 {
        day = add_days(day.last_of_month(), 1)?;
        if months.contains(&day.month()) {
            return Ok(Some(day.last_of_month()));
        }
    }
    Ok(None)
}

/// C50 whether the visit due after `last` is overdue on `today`: the due day has passed. Never for
/// on-request customers.
///
/// # Errors
/// As [`next_visit_due`].
pub fn is_visit_overdue(last: Date, cycle: &Cycle, today: Date) -> Result<bool, CalcError> {
    Ok(next_visit_due(last, cycle)?.is_some_and(|due| today > due))
}

/// A customer to plan visits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToPlan<K> {
    /// Who.
    pub customer: K,
    /// Last visit, or delivery or acceptance.
    pub last: Date,
    /// The customer's cycle.
    pub cycle: Cycle,
    /// Nothing is planned after this day: the end of the warranty (A6). `None` = no end.
    pub until: Option<Date>,
}

/// A line of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedVisit<K> {
    /// Who.
    pub customer: K,
    /// The day by which to visit, inside the plan's period.
    pub due: Date,
    /// It was due before the period and is planned for its first day.
    pub overdue: bool,
}

/// A plan covers at most this many days: plans are made for half a year or a year (L28).
pub const LONGEST_PLAN_DAYS: i64 = 731;

/// C50 the plan for `from`–`to`, both included: every due day of every customer, on the assumption that
/// each visit happens when it is due; by due day, then in the order of the input. What was due earlier and
/// not done is planned once, for the first day.
///
/// # Errors
/// `OutOfRange("period")` when `to` is before `from` or the period is longer than
/// [`LONGEST_PLAN_DAYS`]; else as [`next_visit_due`].
pub fn plan_visits<K: Clone>(
    customers: &[ToPlan<K>],
    (from, to): (Date, Date),
) -> Result<Vec<PlannedVisit<K>>, CalcError> {
    if !(0..=LONGEST_PLAN_DAYS).contains(&days_between(from, to)) {
        return Err(CalcError::OutOfRange("period"));
    }
    let mut lines = Vec::new();
    for customer in customers {
        let mut last = customer.last;
        while let Some(due) = next_visit_due(last, &customer.cycle)? {
            let overdue = due < from;
            let planned = due.max(from);
            if planned > to || customer.until.is_some_and(|until| planned > until) {
                break;
            }
            lines.push(PlannedVisit { customer: customer.customer.clone(), due: planned, overdue });
            last = planned;
        }
    }
    lines.sort_by_key(|line| line.due);
    Ok(lines)
}

/// C50 the days, both included, that the visit due on `due` serves: its calendar week, month or quarter; of a
/// season, the month; of a cycle that counts from the last visit, the days after `previous` up to `due`. Two due
/// days of one customer never share a turn.
///
/// # Errors
/// `Overflow` outside the calendar.
pub fn turn(cycle: &Cycle, previous: Date, due: Date) -> Result<(Date, Date), CalcError> {
    Ok(match cycle {
        Cycle::CalendarWeek => {
            let end = week_end(due)?;
            (end.checked_sub(Span::new().days(6)).map_err(|_| CalcError::Overflow)?, end)
        }
        Cycle::CalendarMonth | Cycle::Seasons(_) => (due.first_of_month(), due.last_of_month()),
        Cycle::CalendarQuarter => {
            let end = quarter_end(due)?;
            (subtract_months(end.first_of_month(), 2)?, end)
        }
        Cycle::Months(_) | Cycle::Days(_) | Cycle::OnRequest => (add_days(previous, 1)?.min(due), due),
    })
}

/// C50 which of the visits that are known, planned or made, serves each of a customer's due days, in their order:
/// places in `known`. A cycle that counts from the last visit forgives being late by half of it, so that a visit
/// that is planned already still serves after an earlier one has moved the due day; there each visit serves once.
///
/// # Errors
/// As [`next_visit_due`].
pub fn served(
    cycle: &Cycle,
    last: Date,
    due_days: &[Date],
    known: &[Option<Date>],
) -> Result<Vec<Option<usize>>, CalcError> {
    let counted = matches!(cycle, Cycle::Months(_) | Cycle::Days(_));
    let mut previous = last;
    let mut taken = vec![false; known.len()];
    let mut found = Vec::with_capacity(due_days.len());
    for due in due_days {
        let (from, mut to) = turn(cycle, previous, *due)?;
        if counted && let Some(next) = next_visit_due(*due, cycle)? {
            to = to
                .checked_add(Span::new().days(days_between(*due, next) / 2))
                .map_err(|_| CalcError::Overflow)?;
        }
        let serves =
            |i: &usize| known[*i].is_some_and(|on| from <= on && on <= to) && !(counted && taken[*i]);
        let nth = (0..known.len()).filter(serves).min_by_key(|i| known[*i]);
        if let Some(i) = nth {
            taken[i] = true;
        }
        found.push(nth);
        previous = *due;
    }
    Ok(found)
}

/// Callback after every complaint [督办]: the handled complaints that no callback belongs to, in the order
/// of the input.
#[must_use]
pub fn callbacks_owed<'a, K: Ord>(handled_complaints: &'a [K], called_back: &[K]) -> Vec<&'a K> {
    let called: std::collections::BTreeSet<&K> = called_back.iter().collect();
    handled_complaints.iter().filter(|c| !called.contains(c)).collect()
}

/// C51 coverage = customers visited ÷ customers planned × 100. A customer counts once, and only if
/// planned. None planned → "—".
#[must_use]
pub fn visit_coverage<K: Ord>(planned: &[K], visited: &[K]) -> Rate {
    let planned: std::collections::BTreeSet<&K> = planned.iter().collect();
    let visited: std::collections::BTreeSet<&K> = visited.iter().collect();
    Rate::count(planned, |customer| visited.contains(*customer))
}

/// C51 plan completion = visits done ÷ lines planned × 100. No lines → "—".
#[must_use]
pub fn plan_completion(lines_done: &[bool]) -> Rate {
    Rate::count(lines_done, |done| **done)
}
