//! A clock that runs day and night or in office hours, and stands still during pauses.

use super::calendar::Calendar;
use super::limit::{Basis, Limit};
use crate::time::Timestamp;

/// A deadline's clock.
pub(super) struct Clock<'a> {
    pub calendar: &'a Calendar,
    pub limit: Limit,
    /// When it begins to run.
    pub from: Timestamp,
    /// Pauses that have begun: in order, without overlap; the last one may last until now.
    pub pauses: Vec<(Timestamp, Timestamp)>,
}

impl Clock<'_> {
    /// What it shows at an instant, in milliseconds.
    pub fn at(&self, to: Timestamp) -> i64 {
        let paused: i64 =
            self.pauses.iter().map(|(a, b)| self.meter((*a).max(self.from), (*b).min(to))).sum();
        self.meter(self.from, to) - paused
    }

    /// The earliest instant at which it shows so much.
    pub fn reach(&self, amount: i64) -> Option<Timestamp> {
        let mut at = self.from;
        let mut left = amount;
        for (begins, ends) in &self.pauses {
            if *ends <= at {
                continue;
            }
            let runs = self.meter(at, *begins);
            if runs >= left {
                break;
            }
            left -= runs;
            at = *ends;
        }
        self.advance(at, left)
    }

    /// When the limit is over: as if there were no pauses, then later by as much as it stood still.
    pub fn due(&self, unpaused: Timestamp) -> Option<Timestamp> {
        let moved = self.reach(self.meter(self.from, unpaused))?;
        if moved <= unpaused {
            return Some(unpaused);
        }
        self.limit.whole_day(self.calendar, moved)
    }

    fn meter(&self, from: Timestamp, to: Timestamp) -> i64 {
        match self.limit.basis() {
            Basis::Working => self.calendar.working_between(from, to),
            _ => to.0.saturating_sub(from.0).max(0),
        }
    }

    fn advance(&self, from: Timestamp, amount: i64) -> Option<Timestamp> {
        match self.limit.basis() {
            Basis::Working => self.calendar.add_working(from, amount),
            _ => from.0.checked_add(amount).map(Timestamp),
        }
    }
}
