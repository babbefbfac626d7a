//! What holds for every record, however it came about: random facts, random times.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::deadline::escalation::Severity;
use domain::deadline::rules::{self, Cycle, Mark, Pause};
use domain::deadline::settings::RuleSetting;
use domain::deadline::snapshot::{Lot, Step};
use domain::deadline::visits::Tier;
use domain::deadline::{
    Basis, Calendar, Deadline, Limit, Outlook, Settings, Sla, Snapshot, State, Terms, deadlines,
};
use domain::time::Timestamp;
use proptest::prelude::*;

/// 2025-12-20, so that runs cross the year, 元旦 and 春节.
const EPOCH: i64 = 1_766_160_000_000;
const HOUR: i64 = 3_600_000;

const KINDS: &[&str] = &[
    "complaint",
    "visit",
    "task",
    "return_visit",
    "corrective_action",
    "contract",
    "customer",
    "station",
    "claim",
    "part_order",
    "duty",
];
const STATUSES: &[&str] = &[
    "draft",
    "registered",
    "assessing",
    "info_wanted",
    "accepted",
    "assigned",
    "plan_review",
    "executing",
    "replied",
    "callback",
    "reopened",
    "leader_decision",
    "rejected",
    "closed",
    "cancelled",
    "on_site",
    "awaiting_parts",
    "done",
    "reviewed",
    "visited",
    "answered",
    "open",
    "counted",
];
const MARKS: &[Mark] = &[
    Mark::Created,
    Mark::Received,
    Mark::OralNotice,
    Mark::SheetMade,
    Mark::Served,
    Mark::Contained,
    Mark::DueSet,
    Mark::AnswerDue,
    Mark::Replied,
    Mark::Requested,
    Mark::Responded,
    Mark::Appointment,
    Mark::Arrived,
    Mark::Started,
    Mark::Repaired,
    Mark::Left,
    Mark::HqCalled,
    Mark::Visited,
    Mark::Recorded,
    Mark::Submitted,
    Mark::Asked,
    Mark::Answered,
    Mark::CallbackAt,
    Mark::CalledAgain,
    Mark::Accepted,
    Mark::HandedOver,
    Mark::WarrantyEnd,
    Mark::Period,
    Mark::DifferenceFound,
    Mark::Ordered,
    Mark::ShipBy,
    Mark::Shipped,
];
const LIMITS: &[&str] = &[
    "0 min",
    "90 min",
    "7 h",
    "0 d",
    "2 d",
    "0 wd",
    "2 wd",
    "5 wh",
    "1 mo",
    "1 week",
    "5 day-of-next-month",
    "none",
];

/// Instants on whole and on odd minutes within a hundred days, so that some coincide.
fn instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![(0_i64..2400).prop_map(|h| EPOCH + h * HOUR), (0_i64..2400 * HOUR).prop_map(|ms| EPOCH + ms)]
        .prop_map(Timestamp)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (instant(), 0_u32..3, prop::sample::select(STATUSES)).prop_map(|(at, order, to)| Step {
        at,
        order,
        to: to.into(),
    });
    prop::collection::vec(step, 0..9)
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let marks = prop::collection::btree_map(prop::sample::select(MARKS), instant(), 0..MARKS.len());
    let lots = prop::collection::vec((instant(), 0_i64..9, any::<Option<bool>>()), 0..6);
    let cycles = [Cycle::Weekly, Cycle::Monthly, Cycle::Quarterly, Cycle::HalfYearly, Cycle::Seasonal];
    let severities = [Severity::General, Severity::Serious, Severity::Major];
    let duties: Vec<String> = rules::all().map(|r| r.id.to_owned()).collect();
    (
        (prop::sample::select(KINDS), steps(), marks, prop::collection::vec(instant(), 0..5), lots),
        (prop::option::of(prop::sample::select(severities.to_vec())), 0_u8..6, 0_u32..101),
        (
            prop::option::of(prop::sample::select(cycles.to_vec())),
            prop::option::of(prop::sample::select(vec![Tier::Routine, Tier::KeyAccount])),
        ),
        (any::<[Option<bool>; 6]>(), any::<bool>(), any::<bool>(), any::<bool>()),
        prop::sample::select(duties),
    )
        .prop_map(
            |((kind, steps, at, done, lots), (severity, manual, percent), (cycle, tier), flags, duty)| {
                let ([a, b, c, d, e, f], extended, ca, contract) = flags;
                let last = steps.iter().max().map(|s| s.to.clone());
                Snapshot {
                    kind: kind.into(),
                    status: last.unwrap_or_default(),
                    steps,
                    at,
                    done,
                    lots: lots.into_iter().map(|(at, seq, ok)| Lot { at, seq, ok }).collect(),
                    percent: Some(percent),
                    severity,
                    manual_level: manual,
                    is_complaint: a,
                    is_quality: b,
                    has_corrective_action: ca,
                    is_reportable: c,
                    in_warranty: d,
                    is_emergency: e,
                    is_severe_job: f,
                    is_extended: extended,
                    cycle,
                    tier,
                    duty: Some(duty),
                    sla: contract.then(Sla::default),
                    ..Snapshot::default()
                }
            },
        )
}

fn settings() -> impl Strategy<Value = Settings> {
    let ids: Vec<String> = rules::all().map(|r| r.id.to_owned()).collect();
    let limit = prop::option::of(prop::sample::select(LIMITS)).prop_map(|l| l.and_then(Limit::parse));
    let pauses = prop_oneof![Just(None), Just(Some(vec![Pause::Customer, Pause::Parts]))];
    let one =
        (limit, pauses).prop_map(|(limit, pauses)| RuleSetting { limit, pauses, ..RuleSetting::default() });
    prop::collection::btree_map(prop::sample::select(ids), one, 0..20)
        .prop_map(|rules| Settings { rules, ..Settings::default() })
}

fn by_name(found: &[Deadline]) -> BTreeMap<(&'static str, u32), &Deadline> {
    found.iter().map(|d| ((d.rule, d.round), d)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn each_deadline_is_sound(snapshot in snapshot(), settings in settings(), now in instant()) {
        let calendar = Calendar::default();
        let found = deadlines(&snapshot, &settings, &calendar, now);
        prop_assert_eq!(by_name(&found).len(), found.len(), "rule and round name a deadline");
        prop_assert!(found.is_sorted_by_key(|d| (d.due.is_none(), d.due)));
        for d in &found {
            prop_assert!(d.due.is_none_or(|due| due >= d.started), "due before start: {d:?}");
            prop_assert!(d.elapsed >= 0 && d.allowed.is_none_or(|a| a >= 0), "{d:?}");
            prop_assert!(d.stopped.is_none_or(|s| s <= now), "stopped in the future: {d:?}");
            prop_assert!(d.level <= 5 && d.level >= snapshot.manual_level, "{d:?}");
            let until = d.stopped.unwrap_or(now);
            match d.state {
                State::Running | State::Paused => {
                    prop_assert!(d.stopped.is_none() && d.is_open(), "{d:?}");
                    prop_assert!(d.due.is_none_or(|due| now <= due), "{d:?}");
                }
                State::Met => prop_assert!(d.due.is_none_or(|due| until <= due), "{d:?}"),
                State::Missed => {
                    prop_assert!(d.due.is_some_and(|due| until > due), "{d:?}");
                    prop_assert!(d.level >= 1, "{d:?}");
                }
            }
            if d.basis != Basis::Count && d.state != State::Missed {
                prop_assert!(d.allowed.is_none_or(|a| d.elapsed <= a), "{d:?}");
            }
        }
    }

    /// Time alone undoes nothing: what is met stays met as it was, what is missed stays missed.
    #[test]
    fn time_does_not_undo(snapshot in snapshot(), settings in settings(), a in instant(), b in instant()) {
        let calendar = Calendar::default();
        let (before, after) = (a.min(b), a.max(b));
        let earlier = deadlines(&snapshot, &settings, &calendar, before);
        let later = deadlines(&snapshot, &settings, &calendar, after);
        let later = by_name(&later);
        for d in &earlier {
            match (d.state, later.get(&(d.rule, d.round))) {
                (State::Met, now) => {
                    let now = now.ok_or_else(|| TestCaseError::fail(format!("gone: {d:?}")))?;
                    prop_assert_eq!(now.state, State::Met, "{:?} → {:?}", d, now);
                    if d.rule != "L43" {
                        prop_assert_eq!(now.stopped, d.stopped, "{:?} → {:?}", d, now);
                    }
                }
                (State::Missed, Some(now)) => prop_assert_eq!(now.state, State::Missed, "{:?} → {:?}", d, now),
                // Cancelled since, perhaps: nothing is owed.
                (_, None) | (State::Running | State::Paused, Some(_)) => {}
            }
        }
    }

    #[test]
    fn order_does_not_matter(
        snapshot in snapshot(),
        settings in settings(),
        now in instant(),
        turn in 0_usize..9,
    ) {
        let calendar = Calendar::default();
        let mut other = snapshot.clone();
        other.steps.reverse();
        let by = turn.min(other.steps.len());
        other.steps.rotate_left(by);
        other.done.reverse();
        other.lots.reverse();
        prop_assert_eq!(
            deadlines(&snapshot, &settings, &calendar, now),
            deadlines(&other, &settings, &calendar, now)
        );
    }

    /// Waiting never shortens what is left.
    #[test]
    fn a_pause_never_brings_the_due_time_forward(
        received in instant(),
        pause in (0_i64..200, 0_i64..200),
        limit in prop::sample::select(vec!["24 h", "3 d", "3 wd", "20 wh"]),
    ) {
        let calendar = Calendar::default();
        let after = |hours: i64| Timestamp(received.0 + hours * HOUR);
        let made = |waits: bool| {
            let mut steps = vec![Step { at: received, order: 0, to: "registered".into() }];
            if waits {
                steps.push(Step { at: after(pause.0), order: 1, to: "info_wanted".into() });
                steps.push(Step { at: after(pause.0 + pause.1), order: 2, to: "assessing".into() });
            }
            Snapshot {
                kind: "complaint".into(),
                status: "assessing".into(),
                steps,
                at: [(Mark::Received, received)].into(),
                ..Snapshot::default()
            }
        };
        let limited = RuleSetting { limit: Limit::parse(limit), ..RuleSetting::default() };
        let settings = Settings { rules: [("L3".to_owned(), limited)].into(), ..Settings::default() };
        let due = |waits| {
            let found = deadlines(&made(waits), &settings, &calendar, after(500));
            found.iter().find(|d| d.rule == "L3").unwrap().due.unwrap()
        };
        prop_assert!(due(true) >= due(false));
        if limit == "24 h" && pause.0 < 24 {
            prop_assert_eq!(due(true).0 - due(false).0, pause.1 * HOUR);
        }
    }

    /// What a table keeps is what would be worked out anew, at every moment until it says otherwise.
    #[test]
    fn an_outlook_holds_as_long_as_it_says(
        snapshot in snapshot(),
        settings in settings(),
        now in instant(),
        waits in prop::collection::vec(prop_oneof![0_i64..48 * HOUR, 0_i64..2400 * HOUR], 1..6),
    ) {
        let terms = Terms::new(settings, Arc::default());
        let outlook = Outlook::of(&snapshot, &terms, now);
        prop_assert!(outlook.until.is_none_or(|until| until >= now));
        // Besides random moments those around each turn.
        let turns = outlook.open.iter().flat_map(|e| e.rises.into_iter().flatten().chain(e.due));
        let turns = turns.flat_map(|at| [Timestamp(at.0 - 1), at, Timestamp(at.0 + 1)]);
        let moments = waits.into_iter().map(|wait| Timestamp(now.0 + wait)).chain(turns).chain([now]);
        for at in moments.filter(|at| *at >= now && outlook.until.is_none_or(|until| *at < until)) {
            let found = terms.deadlines(&snapshot, at);
            let open: Vec<_> = found.iter().filter(|d| d.is_open()).collect();
            prop_assert_eq!(open.len(), outlook.open.len(), "at {:?}: {:?}\n{:?}", at, open, outlook);
            for (d, e) in open.into_iter().zip(&outlook.open) {
                prop_assert_eq!((d.rule, d.round, d.due), (e.rule, e.round, e.due), "at {:?}", at);
                let state = if d.due.is_some_and(|due| at > due) { State::Missed } else { State::Running };
                prop_assert_eq!(d.state, state, "at {:?}: {:?}", at, d);
                prop_assert_eq!(d.level, e.level_at(at), "at {:?}: {:?} {:?}", at, d, e);
            }
        }
    }

    #[test]
    fn facts_come_back_from_the_store_as_they_were(snapshot in snapshot(), far in any::<i64>()) {
        let mut snapshot = snapshot;
        snapshot.mark(Mark::Visited, Some(Timestamp(far)));
        let stored = serde_json::to_string(&snapshot).unwrap();
        prop_assert_eq!(serde_json::from_str::<Snapshot>(&stored).unwrap(), snapshot);
    }
}
