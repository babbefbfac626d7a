//! Any interleaving of edits and exchanges converges, and nothing that was typed is out of reach.
//!
//! Proptest prints the failing case and keeps it in `proptest-regressions/`; `PROPTEST_RNG_SEED` replays.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use domain::document::Record;
use domain::lifecycle::{by_key, fold};
use proptest::prelude::*;
use serde_json::json;

#[derive(Clone, Debug)]
enum Step {
    Quantity(u8, u8),
    Prose(u8, String),
    Note(u8, u8),
    Move(u8, u8),
    Exchange(u8, u8),
    Reopen(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..3u8;
    prop_oneof![
        (who.clone(), any::<u8>()).prop_map(|(w, v)| Step::Quantity(w, v)),
        (who.clone(), "[漏油异响门板]{1,12}").prop_map(|(w, t)| Step::Prose(w, t)),
        (who.clone(), any::<u8>()).prop_map(|(w, v)| Step::Note(w, v)),
        (who.clone(), any::<u8>()).prop_map(|(w, v)| Step::Move(w, v)),
        (who.clone(), 0..3u8).prop_map(|(a, b)| Step::Exchange(a, b)),
        who.prop_map(Step::Reopen),
    ]
}

fn exchange(from: &Record, to: &mut Record) {
    let changes: Vec<Vec<u8>> = from.changes_since(&to.heads()).into_iter().map(|(_, b)| b).collect();
    to.apply(&changes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_converges(steps in prop::collection::vec(step(), 1..40)) {
        let schema = schema();
        let (first, _) = made_by(&schema, office(0), record_id(1), 1);
        let saved = first.record.save();
        let mut hands = vec![first];
        for n in 1..3u8 {
            let record = Record::load(record_id(1), &saved).unwrap();
            hands.push(Hand::new(&schema, office(u128::from(n)), record, n + 1));
        }
        let mut salt = 10u8;
        let mut typed = Vec::new();
        for step in &steps {
            match step {
                Step::Quantity(w, v) => {
                    if hands[usize::from(*w)].run(json!({"cmd":"set","field":"quantity","value":v})).unwrap().is_some() {
                        typed.push(("quantity".to_owned(), json!(v.to_string())));
                    }
                }
                Step::Prose(w, text) => {
                    hands[usize::from(*w)].run(json!({"cmd":"set","field":"content","value":text})).unwrap();
                }
                Step::Note(w, v) => {
                    hands[usize::from(*w)].ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":format!("第{v}次")}}));
                }
                Step::Move(w, v) => {
                    let hand = &mut hands[usize::from(*w)];
                    let status = hand.record.view(kind(&schema)).folded.status;
                    let steps: Vec<_> = by_key("complaint").unwrap().steps_from(&status).collect();
                    if !steps.is_empty() {
                        let to = steps[usize::from(*v) % steps.len()].to;
                        // Refused when a field is missing: that is an outcome too.
                        let _ = hand.run(json!({"cmd":"event","to":to,"why":"试"}));
                    }
                }
                Step::Exchange(a, b) if a != b => {
                    let from = hands[usize::from(*a)].record.clone();
                    exchange(&from, &mut hands[usize::from(*b)].record);
                }
                Step::Exchange(..) => {}
                Step::Reopen(w) => {
                    let hand = &mut hands[usize::from(*w)];
                    salt = salt.wrapping_add(1);
                    let record = Record::load(record_id(1), &hand.record.save()).unwrap();
                    *hand = Hand { now: hand.now, next: hand.next, ..Hand::new(&schema, hand.person.clone(), record, salt) };
                }
            }
        }
        for a in 0..3 {
            for b in 0..3 {
                let from = hands[a].record.clone();
                if a != b { exchange(&from, &mut hands[b].record) }
            }
        }
        for b in [0, 1] {
            let from = hands[2].record.clone();
            exchange(&from, &mut hands[b].record);
        }
        let want = hands[0].record.view(kind(&schema)).to_json();
        for hand in &hands[1..] {
            prop_assert_eq!(hand.record.heads(), hands[0].record.heads());
            prop_assert_eq!(&hand.record.view(kind(&schema)).to_json(), &want);
            prop_assert_eq!(hand.record.conflicts(kind(&schema)), hands[0].record.conflicts(kind(&schema)));
        }
        let history = hands[1].record.history(kind(&schema));
        for (field, value) in typed {
            prop_assert!(history.iter().any(|h| h.field == field && h.value == value), "{field} {value} is gone");
        }
    }

    /// The fold is a function of the set of events, not of the order in which they came.
    #[test]
    fn the_status_does_not_depend_on_order(
        tree in prop::collection::vec((any::<prop::sample::Index>(), 0..17usize, 0..4u8), 1..12),
        order in any::<prop::sample::Index>(),
    ) {
        use domain::authz::Role;
        use domain::lifecycle::Event;
        let cycle = by_key("complaint").unwrap();
        let mut events: Vec<Event> = Vec::new();
        for (i, (parent, state, role)) in tree.iter().enumerate() {
            let prev = if events.is_empty() { Vec::new() } else { vec![events[parent.index(events.len())].id] };
            events.push(Event {
                id: uuid::Uuid::from_u128(i as u128 + 1),
                t: if i == 0 { "created".into() } else { "status".into() },
                to: cycle.states[*state].code.into(),
                at: domain::time::Timestamp(0),
                by: user(1),
                role: [None, Some(Role::Engineer), Some(Role::Office), Some(Role::Admin)][usize::from(*role)],
                prev,
                why: None,
                temp: None,
                basis: None,
            });
        }
        let want = fold(Some(cycle), &events);
        let n = events.len();
        events.rotate_left(order.index(n));
        prop_assert_eq!(&fold(Some(cycle), &events), &want);
        events.reverse();
        prop_assert_eq!(&fold(Some(cycle), &events), &want);
    }
}
