//! The table of rules, its settings, the ladder, and facts read from real records.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{office, record_id};
use domain::deadline::escalation::{Ladder, Severity, Standing, Used, level};
use domain::deadline::rules::{self, Mark, Timing};
use domain::deadline::settings::SettingsError;
use domain::deadline::{Calendar, Deadline, Limit, Settings, Sla, Snapshot, State, deadlines};
use domain::document::{Record, RecordView, Writer};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::keys::{complaint, handling, visit};
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use serde_json::{Value as Json, json};
use uuid::Uuid;

#[test]
fn every_line_of_the_catalogue_has_a_row() {
    let mut ids = BTreeSet::new();
    for rule in rules::all() {
        assert!(ids.insert(rule.id), "{} twice", rule.id);
        assert!(!rule.zh.is_empty() && !rule.en.is_empty() && !rule.source.is_empty(), "{}", rule.id);
        assert!(!rule.kinds.is_empty(), "{}", rule.id);
        assert!(!rule.owner.label().zh.is_empty(), "{}", rule.id);
        assert_eq!(rules::by_id(rule.id).map(|r| r.id), Some(rule.id));
        let judged = !matches!(rule.timing, Timing::Standing | Timing::Each(_));
        assert_eq!(!rule.start.is_empty(), judged, "{}", rule.id);
        assert!(
            rule.accepts(rule.limit) || matches!(rule.timing, Timing::Standing | Timing::Before(_)),
            "{}",
            rule.id
        );
    }
    for n in 1..=50 {
        let plain = format!("L{n}");
        let has = ids.iter().any(|id| id.trim_end_matches(|c: char| c.is_ascii_lowercase()) == plain);
        assert!(has, "no row for {plain}");
    }
}

#[test]
fn settings_are_checked_and_survive_json() {
    let text = r#"{"rules":{"L6":{"limit":"3 wd"},"L22":{"on":false},"L17":{"start":"arrived","pauses":["parts"]}},
                   "ladder":{"percent":[100,120,150]}}"#;
    let settings: Settings = serde_json::from_str(text).unwrap();
    assert_eq!(settings.check(), Ok(()));
    assert_eq!(settings.rules["L6"].limit, Limit::parse("3 wd"));
    assert!(settings.rules["L6"].on && !settings.rules["L22"].on);
    let again: Settings = serde_json::from_value(serde_json::to_value(&settings).unwrap()).unwrap();
    assert_eq!(again, settings);
    for (text, why) in [
        (r#"{"rules":{"L99":{}}}"#, "no time limit is called L99"),
        (r#"{"rules":{"L10":{"limit":"3 d"}}}"#, "L10 cannot be limited by 3 d"),
        (r#"{"rules":{"L10":{"limit":"0 lots"}}}"#, "L10 cannot be limited by 0 lots"),
        (r#"{"rules":{"L3":{"limit":"3 lots"}}}"#, "L3 cannot be limited by 3 lots"),
        (r#"{"rules":{"L47":{"limit":"3 h"}}}"#, "L47 cannot be limited by 3 h"),
        (r#"{"ladder":{"percent":[100,90,200]}}"#, "the escalation ladder"),
        (r#"{"ladder":{"percent":[50,90,200]}}"#, "the escalation ladder"),
        (r#"{"ladder":{"major":5}}"#, "the escalation ladder"),
    ] {
        let settings: Settings = serde_json::from_str(text).unwrap();
        assert!(settings.check().unwrap_err().to_string().starts_with(why), "{text}");
    }
    for text in [r#"{"rules":{"L3":{"limit":"soon"}}}"#, r#"{"rules":{"L3":{"limits":"1 h"}}}"#, r#"{"x":1}"#]
    {
        assert!(serde_json::from_str::<Settings>(text).is_err(), "{text}");
    }
    let sla = Sla { starts: [("L99".to_owned(), Mark::Arrived)].into(), ..Sla::default() };
    assert_eq!(sla.check(), Err(SettingsError::UnknownRule("L99".into())));
}

/// What gets past the check all the same is passed over, not obeyed and not fatal.
#[test]
fn a_limit_of_the_wrong_sort_is_passed_over() {
    let text = r#"{"rules":{"L3":{"limit":"3 lots"},"L10":{"limit":"3 d"},"L99":{}}}"#;
    let settings: Settings = serde_json::from_str(text).unwrap();
    let received = Timestamp(1_772_400_000_000);
    let snapshot =
        Snapshot { kind: "complaint".into(), at: [(Mark::Received, received)].into(), ..Snapshot::default() };
    let found = deadlines(&snapshot, &settings, &Calendar::default(), received);
    let l3 = found.iter().find(|d| d.rule == "L3").unwrap();
    assert_eq!(l3.due, Some(Timestamp(received.0 + 24 * 3_600_000)));
}

#[test]
fn times_at_the_edge_of_what_can_be_expressed_do_no_harm() {
    let calendar = Calendar::default();
    for received in [i64::MIN, -62_135_596_800_000, 0, 253_402_300_799_999, i64::MAX] {
        for kind in ["complaint", "visit", "return_visit", "customer", "station"] {
            let marks =
                [Mark::Received, Mark::Requested, Mark::Asked, Mark::Period, Mark::Created, Mark::DueSet];
            let snapshot = Snapshot {
                kind: kind.into(),
                at: marks.map(|m| (m, Timestamp(received))).into(),
                ..Snapshot::default()
            };
            for now in [i64::MIN, 0, 1_772_400_000_000, i64::MAX] {
                let found = deadlines(&snapshot, &Settings::default(), &calendar, Timestamp(now));
                assert!(found.iter().all(|d| d.due.is_none_or(|due| due >= d.started)));
            }
        }
    }
}

#[test]
fn the_ladder() {
    let ladder = Ladder::default();
    let nobody = Standing::default();
    let used = |elapsed, since_level_3| Some(Used { elapsed, allowed: 100, since_level_3 });
    let day = 24 * 3_600_000;
    for (used, want) in [
        (None, 0),
        (used(101, None), 1),
        (used(149, None), 1),
        (used(150, None), 2),
        (used(199, None), 2),
        (used(200, Some(0)), 3),
        (used(900, Some(3 * day - 1)), 3),
        (used(900, Some(3 * day)), 4),
        (used(i64::MAX, Some(i64::MAX)), 4),
        (Some(Used { elapsed: 5, allowed: 0, since_level_3: None }), 1),
    ] {
        assert_eq!(level(&ladder, &nobody, used), want, "{used:?}");
    }
    let standing = |severity, dissatisfied, manual| Standing { severity, dissatisfied, manual };
    for (standing, want) in [
        (standing(Some(Severity::General), 1, 0), 0),
        (standing(Some(Severity::Serious), 0, 0), 2),
        (standing(Some(Severity::Major), 0, 0), 4),
        (standing(None, 2, 0), 2),
        (standing(None, 0, 3), 3),
        (standing(Some(Severity::Major), 2, 5), 5),
        (standing(None, 0, 200), 5),
    ] {
        assert_eq!(level(&ladder, &standing, None), want, "{standing:?}");
        assert!(level(&ladder, &standing, used(200, Some(0))) >= 3);
    }
}

/// An office worker at a record of the real schema, at given times.
struct Desk {
    schema: Arc<Schema>,
    record: Record,
    kind: &'static str,
    next: u128,
}

impl Desk {
    fn new(kind: &'static str, id: RecordId, salt: u8) -> Self {
        let schema = Schema::builtin().unwrap();
        let mut record = Record::new(kind, id);
        record.begin(office(1).user, [salt; 16]);
        Self { schema, record, kind, next: u128::from(salt) << 64 }
    }

    fn run(&mut self, at: &str, json: Json) {
        let kind = self.schema.kind(self.kind).unwrap();
        let mut intent = Intent::from_json(&json).unwrap();
        intent = self.record.resolve(kind, &self.record.view(kind), &intent).unwrap();
        let next = &mut self.next;
        intent.fill_ids(&mut || {
            *next += 1;
            Uuid::from_u128(*next)
        });
        let zone = Zone::default();
        let person = office(1);
        let now = Timestamp::parse(at, &zone).unwrap();
        let writer = Writer {
            schema: &self.schema,
            zone: &zone,
            user: person.user,
            role: person.role,
            now,
            skew_s: None,
            historical: false,
            around: Default::default(),
        };
        self.record.execute(&writer, &intent).unwrap_or_else(|e| panic!("{json}: {e:?}"));
    }

    fn set(&mut self, at: &str, field: &str, value: impl Into<Json>) {
        self.run(at, json!({"cmd":"set","field":field,"value":value.into()}));
    }

    fn view(&self) -> RecordView {
        self.record.view(self.schema.kind(self.kind).unwrap())
    }
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text, &Zone::default()).unwrap()
}

fn find<'a>(found: &'a [Deadline], rule: &str) -> &'a Deadline {
    found.iter().find(|d| d.rule == rule).unwrap_or_else(|| panic!("no {rule}: {found:#?}"))
}

#[test]
fn a_complaint_and_its_handling_sheet_give_the_facts() {
    let mut desk = Desk::new("complaint", record_id(1), 1);
    desk.run("2026-03-02 09:05", json!({"cmd":"create","fields":{"content":"变速箱漏油"}}));
    for (key, value) in [
        (complaint::RECEIVED_AT, json!("2026-03-02 09:00")),
        (complaint::ORAL_NOTICE_AT, json!("2026-03-02 08:30")),
        (complaint::SEVERITY, json!("serious")),
        (complaint::RECORD_KIND, json!("complaint")),
        (complaint::IS_QUALITY_RELATED, json!(true)),
        (complaint::CONTAINMENT_AT, json!("2026-03-02 15:00")),
        (complaint::DUE_AT, json!("2026-03-06 17:00")),
    ] {
        desk.set("2026-03-02 09:06", key, value);
    }
    let mut sheet = Desk::new("handling", record_id(1).companion("handling"), 2);
    sheet.run("2026-03-02 09:40", json!({"cmd":"create","fields":{}}));
    for (key, value) in [
        (handling::SERVED_AT, json!("2026-03-03 10:00")),
        (handling::REPLIED_AT, json!("2026-03-05 11:00")),
        (handling::COMPLETED_ON, json!("2026-03-06")),
        (handling::REGULATORY_REPORTABLE, json!(true)),
        (handling::REPORTED_AT, json!("2026-03-04 09:00")),
    ] {
        sheet.set("2026-03-03 10:00", key, value);
    }
    for (seq, day, result) in [(1, "2026-03-09", "ok"), (2, "2026-03-10", "ok"), (3, "2026-03-11", "pending")]
    {
        let fields = json!({"seq": seq, "delivered_on": day, "result": result});
        sheet.run("2026-03-12 09:00", json!({"cmd":"add","collection":"lot_checks","fields":fields}));
    }
    for level in [3, 1] {
        let fields = json!({"level": level, "reason": "总经理要求直接汇报"});
        sheet.run("2026-03-12 09:10", json!({"cmd":"add","collection":"escalations","fields":fields}));
    }
    let calendar = Calendar::default();
    let (record, companion) = (desk.view(), sheet.view());
    let snapshot = Snapshot::of(&record, Some(&companion), &calendar);
    assert_eq!((snapshot.kind.as_str(), snapshot.status.as_str()), ("complaint", "draft"));
    assert_eq!(snapshot.at.get(&Mark::OralNotice), None, "not urgent: the notice starts no clock");
    assert_eq!(snapshot.at.get(&Mark::SheetMade), Some(&time("2026-03-02 09:40")));
    assert_eq!(snapshot.at.get(&Mark::Completed), Some(&time("2026-03-06")));
    assert_eq!(snapshot.lots.iter().map(|l| l.ok).collect::<Vec<_>>(), [Some(true), Some(true), None]);
    assert_eq!((snapshot.severity, snapshot.manual_level), (Some(Severity::Serious), 3));
    let found = deadlines(&snapshot, &Settings::default(), &calendar, time("2026-03-12 12:00"));
    assert_eq!(find(&found, "L2").state, State::Met);
    assert_eq!(find(&found, "L3").stopped, Some(time("2026-03-02 15:00")));
    assert_eq!(find(&found, "L7s").due, Some(time("2026-03-06 17:00")));
    assert_eq!(find(&found, "L8").state, State::Met);
    assert_eq!(find(&found, "L50").stopped, Some(time("2026-03-04 09:00")));
    assert_eq!(find(&found, "L6").due, Some(time("2026-03-07 00:00")));
    assert!(found.iter().all(|d| d.level >= 3), "a person set level 3");
    assert!(!found.iter().any(|d| d.rule == "L5"), "it is about quality");

    // Urgent: the clock starts at the notice. Seen by an engineer, who has no handling sheet.
    desk.set("2026-03-02 09:07", complaint::IS_URGENT, true);
    let seen = Snapshot::of(&desk.view(), None, &calendar);
    let found = deadlines(&seen, &Settings::default(), &calendar, time("2026-03-02 09:20"));
    assert_eq!(find(&found, "L1").due, Some(time("2026-03-02 09:30")));
    assert_eq!(find(&found, "L1").level, 2, "serious complaints start there");
    let json = serde_json::to_value(find(&found, "L1")).unwrap();
    assert_eq!(
        (json["rule"].as_str(), json["state"].as_str(), json["due"].as_str(), json["basis"].as_str()),
        (Some("L1"), Some("running"), Some("2026-03-02T01:30:00Z"), Some("continuous"))
    );
}

/// Steps that are sent together bear the same time; what each author saw gives their order.
#[test]
fn steps_of_the_same_instant_follow_each_other() {
    let mut desk = Desk::new("visit", record_id(3), 4);
    desk.run("2026-03-02 08:00", json!({"cmd":"create","fields":{}}));
    let mut view = desk.view();
    let created = view.events[0].clone();
    let chain = ["on_site", "awaiting_parts", "en_route", "on_site", "awaiting_factory"];
    for (n, to) in (1_u128..).zip(chain) {
        let mut event = created.clone();
        // Ids run against the order.
        event.id = Uuid::from_u128(100 - n);
        event.t = "status".into();
        event.to = to.into();
        event.prev = vec![view.events.last().unwrap().id];
        view.events.push(event);
    }
    view.events.sort_by_key(|e| (e.at, e.id));
    let mut steps = Snapshot::of(&view, None, &Calendar::default()).steps;
    steps.sort();
    let order: Vec<&str> = steps.iter().skip(1).map(|s| s.to.as_str()).collect();
    assert_eq!(order, chain);
}

#[test]
fn a_visit_gives_the_facts() {
    let mut desk = Desk::new("visit", record_id(2), 3);
    desk.run("2026-03-02 09:00", json!({"cmd":"create","fields":{}}));
    for (key, value) in [
        (visit::REQUESTED_AT, json!("2026-03-02 08:30")),
        (visit::RESPONDED_AT, json!("2026-03-02 08:50")),
        (visit::APPOINTMENT_AT, json!("2026-03-02 10:00")),
        (visit::DEPARTED_AT, json!("2026-03-02 09:10")),
        (visit::ARRIVED_AT, json!("2026-03-02 10:05")),
        (visit::STARTED_AT, json!("2026-03-02 10:10")),
        (visit::FINISHED_AT, json!("2026-03-02 12:00")),
        (visit::LEFT_AT, json!("2026-03-02 12:30")),
        (visit::HQ_CALLED_AT, json!("2026-03-02 12:25")),
        (visit::SERVICE_TYPE, json!("emergency")),
        (visit::SERVICE_SEVERITY, json!("serious")),
        (visit::OUTCOME, json!("temporary")),
        (visit::WARRANTY_OVERRIDE, json!("in_warranty")),
        (visit::SURVEY, json!(Uuid::from_u128(77).to_string())),
    ] {
        desk.set("2026-03-02 13:00", key, value);
    }
    let calendar = Calendar::default();
    let mut snapshot = Snapshot::of(&desk.view(), None, &calendar);
    assert_eq!((snapshot.in_warranty, snapshot.is_emergency), (Some(true), Some(true)));
    let now = time("2026-03-02 14:00");
    let found = deadlines(&snapshot, &Settings::default(), &calendar, now);
    let state = |rule: &str| find(&found, rule).state;
    assert_eq!((state("L12"), state("L13"), state("L14")), (State::Met, State::Missed, State::Met));
    assert_eq!((state("L21"), state("L22"), state("L47")), (State::Met, State::Met, State::Met));
    assert_eq!((state("L46"), state("L48")), (State::Missed, State::Met));
    assert!(!found.iter().any(|d| d.rule == "L17"), "no contract");
    // With a contract: working for now is not repaired.
    snapshot.sla = Some(Sla::default());
    let found = deadlines(&snapshot, &Settings::default(), &calendar, now);
    assert_eq!(find(&found, "L17").state, State::Missed);
    desk.set("2026-03-02 13:30", visit::OUTCOME, "fixed");
    let mut fixed = Snapshot::of(&desk.view(), None, &calendar);
    fixed.sla = Some(Sla::default());
    let found = deadlines(&fixed, &Settings::default(), &calendar, now);
    assert_eq!(find(&found, "L17").state, State::Met);
}

/// Kinds whose facts are a few fields each: what is owed, and when it is done.
#[test]
fn the_other_kinds_give_their_facts() {
    let calendar = Calendar::default();
    let states = |desk: &Desk, rule: &str, now: &str| {
        let found = deadlines(
            &Snapshot::of(&desk.view(), None, &calendar),
            &Settings::default(),
            &calendar,
            time(now),
        );
        found.iter().find(|d| d.rule == rule).map(|d| (d.state, d.due))
    };
    let mut action = Desk::new("corrective_action", record_id(11), 11);
    action.run("2026-02-13 09:00", json!({"cmd":"create","fields":{"ca_type":"car"}}));
    action.set("2026-02-13 10:00", "received_at", "2026-02-14 10:00");
    let due = time("2026-02-18 00:00");
    assert_eq!(states(&action, "L6", "2026-02-15 09:00"), Some((State::Running, Some(due))));
    assert_eq!(states(&action, "L6", "2026-02-18 00:01"), Some((State::Missed, Some(due))));

    let mut order = Desk::new("part_order", record_id(12), 12);
    order.run(
        "2026-03-02 09:00",
        json!({"cmd":"create","fields":{"need_by":"2026-03-06","ship_by":"2026-03-07"}}),
    );
    let due = time("2026-03-07 00:00");
    assert_eq!(states(&order, "L49a", "2026-03-06 20:00"), Some((State::Running, Some(due))));
    order.set("2026-03-06 21:00", "shipped_at", "2026-03-06 21:00");
    assert_eq!(states(&order, "L49a", "2026-03-09 08:00"), Some((State::Met, Some(due))));
    assert_eq!(states(&order, "L49b", "2026-03-09 08:00").unwrap().0, State::Met);
    assert_eq!(states(&order, "L49c", "2026-03-09 08:00"), None, "no day was promised");

    let mut report = Desk::new("station_report", record_id(13), 13);
    report.run(
        "2026-03-02 09:00",
        json!({"cmd":"create","fields":{"period_from":"2026-02-01","period_to":"2026-02-28","form":"bd20","station":"临江维修站"}}),
    );
    let due = time("2026-03-05 00:00");
    assert_eq!(states(&report, "L37", "2026-03-04 09:00"), Some((State::Running, Some(due))));
    report.set("2026-03-05 09:00", "submitted_at", "2026-03-05 09:00");
    assert_eq!(states(&report, "L37", "2026-03-06 09:00"), Some((State::Missed, Some(due))));

    let mut visit = Desk::new("return_visit", record_id(14), 14);
    visit.run(
        "2026-03-02 09:00",
        json!({"cmd":"create","fields":{"visited_at":"2026-03-06 15:00","needs_reply":true}}),
    );
    // Friday: the answer is owed by the end of Monday, the record the same day.
    assert_eq!(
        states(&visit, "L35", "2026-03-07 09:00"),
        Some((State::Running, Some(time("2026-03-09 17:30"))))
    );
    assert_eq!(states(&visit, "L33", "2026-03-07 09:00").unwrap().0, State::Missed);
    visit.set("2026-03-09 10:00", "answered_at", "2026-03-09 10:00");
    assert_eq!(states(&visit, "L35", "2026-03-10 09:00").unwrap().0, State::Met);
}
