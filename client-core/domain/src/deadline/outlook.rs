//! What of an answer stays true, and for how long: so that a list can be kept in a table and read by
//! time, instead of being worked out anew for every reader.

use super::evaluate::evaluate;
use super::{Deadline, Settings, Snapshot, State, Terms};
use crate::deadline::escalation;
use crate::deadline::rules::{self, Timing};
use crate::time::Timestamp;

/// What is still owed, and until when that much is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Deadlines under which something is still to be done, in the order of [`super::deadlines`].
    pub open: Vec<Expected>,
    /// The instant from which on it has to be asked again. Until then the same deadlines are open, each
    /// missed once its due time is over and running before. `None`: for good, unless the facts change.
    pub until: Option<Timestamp>,
}

/// A deadline under which something is still to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The rule's id.
    pub rule: &'static str,
    /// Its round.
    pub round: u32,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Its level before time lifts it.
    pub level: u8,
    /// When time lifts it to levels 1 to 4.
    pub rises: [Option<Timestamp>; 4],
}

impl Outlook {
    /// The outlook from a moment.
    #[must_use]
    pub fn of(record: &Snapshot, terms: &Terms, now: Timestamp) -> Self {
        let (found, begins) = evaluate(record, terms, now);
        let open: Vec<&Deadline> = found.iter().filter(|d| d.is_open()).collect();
        // A clock that stands still moves its due time along with the time.
        let still =
            open.iter().any(|d| d.state == State::Paused) || waits(record, &open, &terms.settings, now);
        let kept = open.iter().filter(|d| matches!(timing(d), Some(Timing::Term))).filter_map(|d| d.due);
        let until =
            if still { Some(now) } else { ahead(record, now).into_iter().chain(begins).chain(kept).min() };
        let level = escalation::level(&terms.settings.ladder, &record.standing(now), None);
        let expected =
            |d: &Deadline| Expected { rule: d.rule, round: d.round, due: d.due, level, rises: d.rises };
        Self { open: open.into_iter().map(expected).collect(), until }
    }

    /// Whether nothing is owed and nothing will be.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.open.is_empty() && self.until.is_none()
    }
}

impl Expected {
    /// Its level at a moment for which the outlook holds.
    #[must_use]
    pub fn level_at(&self, now: Timestamp) -> u8 {
        let risen = (1..).zip(self.rises).filter(|(_, at)| at.is_some_and(|at| at <= now));
        risen.map(|(level, _)| level).max().unwrap_or(0).max(self.level)
    }
}

fn timing(deadline: &Deadline) -> Option<Timing> {
    rules::by_id(deadline.rule).map(|rule| rule.timing)
}

/// Whether the record stands in a status that stops the clock of one of these deadlines, late ones included.
fn waits(record: &Snapshot, open: &[&Deadline], settings: &Settings, now: Timestamp) -> bool {
    let Some(last) = record.steps.iter().filter(|s| s.at <= now).max() else { return false };
    let pauses = open.iter().filter_map(|d| rules::by_id(d.rule)).flat_map(|rule| settings.pauses(rule));
    pauses.flat_map(|pause| pause.statuses()).any(|status| *status == last.to)
}

/// The first of the facts that the record says will come.
fn ahead(record: &Snapshot, now: Timestamp) -> Option<Timestamp> {
    let steps = record.steps.iter().map(|s| s.at);
    let lots = record.lots.iter().map(|l| l.at);
    let all = steps.chain(lots).chain(record.at.values().copied()).chain(record.done.iter().copied());
    all.filter(|at| *at > now).min()
}
