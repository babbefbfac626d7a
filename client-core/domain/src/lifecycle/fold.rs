//! From events to status.
//!
//! Events are immutable and name the events that their author saw last (`prev`). The *frontier* is the
//! set of events that no other event names. One frontier event: its status. Several, made at the same
//! time without knowledge of each other: the one of the person of higher standing (admin, office,
//! engineer, system), then the status of higher rank, then the larger id. Nothing in it depends on the
//! order in which events arrived or on a clock.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Lifecycle, Phase};
use crate::authz::Role;
use crate::ids::UserId;
use crate::time::Timestamp;

/// One event of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: Uuid,
    /// Its type: `created` or `status`; others, from newer versions, do not move the status.
    pub t: String,
    /// The status it leads to.
    pub to: String,
    /// When its author says it happened, by the server's clock as far as the author's device knew that.
    pub at: Timestamp,
    /// Its author; checked by the server.
    pub by: UserId,
    /// The author's role then; checked by the server. `None` for the system.
    pub role: Option<Role>,
    /// The frontier that the author saw.
    pub prev: Vec<Uuid>,
    /// Why.
    pub why: Option<String>,
    /// The device's temporary number, on the first event.
    pub temp: Option<String>,
    /// What the results are worked out by from this step on, as [`crate::derive::Basis`] writes it; checked by the
    /// server.
    pub basis: Option<String>,
}

/// What the events come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The status; empty for a kind without lifecycle.
    pub status: String,
    /// Events not named by another: what the next event puts into its `prev`. Sorted.
    pub frontier: Vec<Uuid>,
    /// Whether people moved the record to different statuses at the same time.
    pub conflicted: bool,
}

/// The status that the events come to.
#[must_use]
pub fn fold(cycle: Option<&Lifecycle>, events: &[Event]) -> Folded {
    let moving = || events.iter().filter(|e| matches!(e.t.as_str(), "created" | "status"));
    let named: BTreeSet<Uuid> = moving().flat_map(|e| e.prev.iter().copied()).collect();
    let frontier: Vec<&Event> = moving().filter(|e| !named.contains(&e.id)).collect();
    let statuses: BTreeSet<&str> = frontier.iter().map(|e| e.to.as_str()).collect();
    let winner = standing(cycle, frontier.iter().copied());
    let mut ids: Vec<Uuid> = frontier.iter().map(|e| e.id).collect();
    ids.sort();
    Folded {
        status: winner.map(|e| e.to.clone()).unwrap_or_default(),
        frontier: ids,
        conflicted: statuses.len() > 1,
    }
}

/// Which of several events that were made without knowledge of each other stands.
fn standing<'a>(cycle: Option<&Lifecycle>, events: impl Iterator<Item = &'a Event>) -> Option<&'a Event> {
    events.max_by_key(|e| {
        let role = match e.role {
            Some(Role::Admin) => 3,
            Some(Role::Office) => 2,
            Some(Role::Engineer) => 1,
            None => 0,
        };
        let rank = cycle.and_then(|c| c.state(&e.to)).map_or(0, |s| s.rank);
        (role, rank, e.id)
    })
}

/// What the results of the record stand on: the basis that the last step left which has one, on the way to the
/// status that stands. `None` if no step has one, or the record was opened again since.
#[must_use]
pub fn basis<'a>(cycle: &Lifecycle, events: &'a [Event]) -> Option<&'a str> {
    let moving = || events.iter().filter(|e| matches!(e.t.as_str(), "created" | "status"));
    let named: BTreeSet<Uuid> = moving().flat_map(|e| e.prev.iter().copied()).collect();
    let mut at = standing(Some(cycle), moving().filter(|e| !named.contains(&e.id)));
    // Never longer than there are events: some might name each other in a circle.
    for _ in 0..events.len() {
        let event = at?;
        if let Some(basis) = &event.basis {
            return Some(basis);
        }
        if cycle.phase(&event.to) == Phase::Open {
            return None;
        }
        let seen = || moving().filter(|e| event.prev.contains(&e.id));
        // Who settles which of two steps stands leaves what that step left.
        let chosen = standing(Some(cycle), seen().filter(|e| e.to == event.to));
        at = chosen.or_else(|| standing(Some(cycle), seen()));
    }
    None
}

/// A step as it was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken<'a> {
    /// The status that its author saw; empty for the first.
    pub from: String,
    /// The event.
    pub event: &'a Event,
}

/// The steps of a record, each after those that its author saw; steps taken without knowledge of each other by
/// their authors' clocks.
#[must_use]
pub fn taken<'a>(cycle: Option<&Lifecycle>, events: &'a [Event]) -> Vec<Taken<'a>> {
    let mut waiting: Vec<&Event> =
        events.iter().filter(|e| matches!(e.t.as_str(), "created" | "status")).collect();
    waiting.sort_by_key(|e| (e.at, e.id));
    let known: BTreeSet<Uuid> = waiting.iter().map(|e| e.id).collect();
    let mut done: BTreeSet<Uuid> = BTreeSet::new();
    let mut out = Vec::with_capacity(waiting.len());
    // Events that name each other in a circle cannot come from a program; they are left out.
    while let Some(next) =
        waiting.iter().position(|e| e.prev.iter().all(|p| done.contains(p) || !known.contains(p)))
    {
        let event = waiting.remove(next);
        let seen: Vec<Event> = events
            .iter()
            .filter(|e| event.prev.contains(&e.id))
            .map(|e| Event { prev: Vec::new(), ..e.clone() })
            .collect();
        out.push(Taken { from: fold(cycle, &seen).status, event });
        done.insert(event.id);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::by_key;

    fn event(id: u128, to: &str, role: Option<Role>, prev: &[u128]) -> Event {
        Event {
            id: Uuid::from_u128(id),
            t: if prev.is_empty() { "created".into() } else { "status".into() },
            to: to.into(),
            at: Timestamp(id as i64),
            by: UserId(Uuid::from_u128(99)),
            role,
            prev: prev.iter().map(|p| Uuid::from_u128(*p)).collect(),
            why: None,
            temp: None,
            basis: None,
        }
    }

    #[test]
    fn a_chain_ends_at_its_last() {
        let events = [
            event(1, "draft", Some(Role::Engineer), &[]),
            event(2, "registered", Some(Role::Engineer), &[1]),
        ];
        let folded = fold(by_key("complaint"), &events);
        assert_eq!((folded.status.as_str(), folded.conflicted), ("registered", false));
        assert_eq!(folded.frontier, [Uuid::from_u128(2)]);
    }

    #[test]
    fn office_stands_above_engineer_and_the_next_event_settles_it() {
        let mut events = vec![
            event(1, "on_site", Some(Role::Engineer), &[]),
            event(2, "cancelled", Some(Role::Office), &[1]),
            event(3, "done", Some(Role::Engineer), &[1]),
        ];
        let folded = fold(by_key("visit"), &events);
        assert_eq!((folded.status.as_str(), folded.conflicted), ("cancelled", true));
        events.push(event(4, "done", Some(Role::Office), &[2, 3]));
        let folded = fold(by_key("visit"), &events);
        assert_eq!((folded.status.as_str(), folded.conflicted), ("done", false));
    }

    #[test]
    fn equals_are_decided_by_rank_and_unknown_types_do_not_count() {
        let mut events = vec![
            event(1, "executing", Some(Role::Office), &[]),
            event(3, "replied", Some(Role::Office), &[1]),
            event(2, "cancelled", Some(Role::Office), &[1]),
        ];
        assert_eq!(fold(by_key("complaint"), &events).status, "cancelled");
        let mut note = event(9, "closed", Some(Role::Admin), &[2]);
        note.t = "remark".into();
        events.push(note);
        assert_eq!(fold(by_key("complaint"), &events).status, "cancelled");
    }
}
