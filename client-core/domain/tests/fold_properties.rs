//! The status is a pure fold over events: their order does not matter, and every device comes to the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::authz::Role;
use domain::ids::UserId;
use domain::lifecycle::{Event, Lifecycle, all, fold, taken};
use domain::time::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

/// Any history that people can make: each event names some of those before it, and leads to any status.
fn history() -> impl Strategy<Value = (&'static Lifecycle, Vec<Event>)> {
    let cycle = (0..all().len()).prop_map(|i| all()[i]);
    let event = (any::<u8>(), 0..3u8, any::<u16>(), -50..50i64, any::<u128>());
    (cycle, prop::collection::vec(event, 1..12)).prop_map(|(cycle, drawn)| {
        let mut events: Vec<Event> = Vec::new();
        for (i, (to, role, seen, at, id)) in drawn.into_iter().enumerate() {
            let prev: Vec<Uuid> =
                events.iter().enumerate().filter(|(k, _)| seen >> k & 1 == 1).map(|(_, e)| e.id).collect();
            events.push(Event {
                id: Uuid::from_u128(id),
                t: if i == 0 { "created".into() } else { "status".into() },
                to: cycle.states[usize::from(to) % cycle.states.len()].code.to_owned(),
                at: Timestamp(1_000_000 + at),
                by: UserId(Uuid::from_u128(u128::from(role))),
                role: [Some(Role::Engineer), Some(Role::Office), None][usize::from(role)],
                prev,
                why: None,
                temp: None,
                basis: None,
            });
        }
        (cycle, events)
    })
}

proptest! {
    #[test]
    fn the_order_in_which_events_arrive_does_not_matter(
        ((cycle, events), seed) in (history(), any::<u64>())
    ) {
        let mut shuffled = events.clone();
        let mut state = seed;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
        }
        prop_assert_eq!(fold(Some(cycle), &events), fold(Some(cycle), &shuffled));
        let line = |events: &[Event]| -> Vec<(String, Uuid)> {
            taken(Some(cycle), events).into_iter().map(|t| (t.from, t.event.id)).collect()
        };
        prop_assert_eq!(line(&events), line(&shuffled));
    }

    #[test]
    fn who_has_seen_everything_settles_it((cycle, mut events) in history()) {
        let folded = fold(Some(cycle), &events);
        prop_assert!(cycle.state(&folded.status).is_some());
        let mut last = events[0].clone();
        last.id = Uuid::from_u128(u128::MAX);
        last.t = "status".into();
        last.to = cycle.initial.to_owned();
        last.prev = folded.frontier;
        events.push(last);
        let settled = fold(Some(cycle), &events);
        prop_assert_eq!((settled.status.as_str(), settled.conflicted), (cycle.initial, false));
        prop_assert_eq!(taken(Some(cycle), &events).len(), events.len());
    }
}
