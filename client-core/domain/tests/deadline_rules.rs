//! The table of rules, its settings, the ladder, and facts read from real records.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{office, record_id};
use domain::deadline::escalation::{Ladder, Severity, Standing, Used, level};
use domain::deadline::rules::{self, Mark, Timing};
use domain::deadline::settings::SettingsError;
use domain::deadline::snapshot::Step;
use domain::deadline::{Calendar, Deadline, Limit, Settings, Sla, Snapshot, State, deadlines};
use domain::derive;
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
    /// How many seconds the desk's clock is ahead of the server's, as it knows.
    skew_s: Option<i64>,
}

impl Desk {
    fn new(kind: &'static str, id: RecordId, salt: u8) -> Self {
        let schema = Schema::builtin().unwrap();
        let mut record = Record::new(kind, id);
        record.begin(office(1).user, [salt; 16]);
        Self { schema, record, kind, next: u128::from(salt) << 64, skew_s: None }
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
            skew_s: self.skew_s,
            historical: false,
            around: Default::default(),
        };
        self.record.execute(&writer, &intent).unwrap_or_else(|e| panic!("{json}: {e:?}"));
    }

    fn set(&mut self, at: &str, field: &str, value: impl Into<Json>) {
        self.run(at, json!({"cmd":"set","field":field,"value":value.into()}));
    }

    /// The record with its computed fields, as whoever reads it for its facts has it.
    fn view(&self) -> RecordView {
        let kind = self.schema.kind(self.kind).unwrap();
        let mut view = self.record.view(kind);
        derive::fill(&self.schema, kind, &mut view);
        view
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
    assert_eq!(state("L48"), State::Met);
    assert!(!found.iter().any(|d| d.rule == "L46"), "the plan stands in the order");
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

/// What each step of a claim and of a refused call is met by.
#[test]
fn parts_and_calls_stop_when_the_last_of_it_is_done() {
    let calendar = Calendar::default();
    let state = |desk: &Desk, rule: &str, now: &str| {
        let facts = Snapshot::of(&desk.view(), None, &calendar);
        let found = deadlines(&facts, &Settings::default(), &calendar, time(now));
        found.iter().find(|d| d.rule == rule).map(|d| d.state)
    };
    let mut claim = Desk::new("claim", record_id(21), 21);
    claim.run("2026-03-02 09:00", json!({"cmd":"create","fields":{"unit":"临江维修站"}}));
    let line = |name: &str, came: &str, told: Json| {
        json!({"cmd":"add","collection":"lines","fields":{
            "part_name": name, "quantity_listed": "5", "quantity_received": came, "difference_contacted_at": told}})
    };
    claim.run("2026-03-02 10:00", line("轴承", "4", json!("2026-03-02 11:00")));
    claim.run("2026-03-02 10:00", line("油封", "3", Json::Null));
    claim.run("2026-03-02 10:00", line("垫片", "5", Json::Null));
    let mut facts = Snapshot::of(&claim.view(), None, &calendar);
    facts.mark(Mark::DifferenceFound, Some(time("2026-03-02 10:00")));
    let found = deadlines(&facts, &Settings::default(), &calendar, time("2026-03-04 09:00"));
    assert_eq!(find(&found, "L39").state, State::Missed, "one of two was told");
    claim.run("2026-03-02 12:00", line("螺栓", "5", json!("2026-03-02 11:30")));
    assert!(!Snapshot::of(&claim.view(), None, &calendar).at.contains_key(&Mark::DifferenceTold));
    let open = claim.view().collections["lines"]
        .iter()
        .find(|e| e.fields["part_name"].to_text() == "油封")
        .unwrap()
        .id;
    claim.run("2026-03-02 13:00", json!({"cmd":"update","collection":"lines","id":open,"fields":{"difference_contacted_at":"2026-03-02 12:30"}}));
    let facts = Snapshot::of(&claim.view(), None, &calendar);
    assert_eq!(facts.at.get(&Mark::DifferenceTold), Some(&time("2026-03-02 12:30")));

    let mut call = Desk::new("return_visit", record_id(22), 22);
    let customer = Uuid::from_u128(78).to_string();
    call.run("2026-03-02 09:00", json!({"cmd":"create","fields":{"trigger":"planned","customer":customer}}));
    let tried = |at: &str, result: &str| json!({"cmd":"add","collection":"attempts","fields":{"tried_at": at, "result": result}});
    call.run("2026-03-02 10:00", tried("2026-03-02 09:58", "refused"));
    for (field, value) in [("refusal_reason", "开会"), ("callback_at", "2026-03-04 15:00")] {
        call.set("2026-03-02 10:00", field, value);
    }
    call.run("2026-03-02 10:00", json!({"cmd":"event","to":"refused_retry"}));
    assert_eq!(state(&call, "L36", "2026-03-04 15:10"), Some(State::Running));
    assert_eq!(state(&call, "L36", "2026-03-04 15:16"), Some(State::Missed));
    call.run("2026-03-04 15:05", tried("2026-03-04 15:02", "not_reached"));
    assert_eq!(state(&call, "L36", "2026-03-04 15:16"), Some(State::Met));
}

/// The last day of a warranty counts (C48), and after it routine visits go on.
#[test]
fn a_contract_that_has_run_out_ends_no_routine_visits() {
    let calendar = Calendar::default();
    let mut desk = Desk::new("customer", record_id(23), 23);
    desk.run(
        "2022-01-01 09:00",
        json!({"cmd":"create","fields":{"name":"宏达运输","return_visit_cycle":"weekly"}}),
    );
    desk.run("2022-01-01 09:00", json!({"cmd":"add","collection":"contracts","fields":{"valid_from":"2022-01-01","warranty_months":36}}));
    let facts = Snapshot::of(&desk.view(), None, &calendar);
    assert_eq!(facts.at.get(&Mark::WarrantyEnd), Some(&time("2025-01-02 00:00")));
    let found = deadlines(&facts, &Settings::default(), &calendar, time("2025-06-02 09:00"));
    assert_eq!(find(&found, "L24").state, State::Missed);
}

/// A clock that runs wrong shifts no deadline, once the device knows by how much; what no clock can be is not believed.
#[test]
fn steps_are_judged_by_the_servers_time() {
    let calendar = Calendar::default();
    let mut desk = Desk::new("complaint", record_id(24), 24);
    desk.skew_s = Some(24 * 3_600);
    desk.run(
        "2026-03-03 09:05",
        json!({"cmd":"create","fields":{"content":"变速箱漏油","received_at":"2026-03-02 09:00"}}),
    );
    for (key, value) in [
        ("reporter_name", "陈先生"),
        ("reporter_contact", "13800138000"),
        ("record_kind", "complaint"),
        ("channel", "phone"),
    ] {
        desk.set("2026-03-03 09:06", key, value);
    }
    desk.run("2026-03-03 09:10", json!({"cmd":"event","to":"registered"}));
    let facts = Snapshot::of(&desk.view(), None, &calendar);
    assert_eq!(facts.at.get(&Mark::Created), Some(&time("2026-03-02 09:05")));
    let found = deadlines(&facts, &Settings::default(), &calendar, time("2026-03-02 10:30"));
    assert_eq!(
        (find(&found, "L1").state, find(&found, "L1").stopped),
        (State::Met, Some(time("2026-03-02 09:10")))
    );
    assert_eq!(find(&found, "L4").due, Some(time("2026-03-02 11:10")));
    for skew in [i64::MIN, i64::MAX, -4_000_000_000, 4_000_000_000] {
        let mut desk = Desk::new("complaint", record_id(25), 25);
        desk.skew_s = Some(skew);
        desk.run("2026-03-03 09:05", json!({"cmd":"create","fields":{"content":"变速箱漏油"}}));
        assert_eq!(desk.view().created().unwrap().at, time("2026-03-03 09:05"), "{skew}");
    }
    let mut slow = Desk::new("task", record_id(26), 26);
    slow.skew_s = Some(-3_600);
    slow.run("2026-03-02 08:00", json!({"cmd":"create","fields":{"requested_at":"2026-03-02 08:00"}}));
    slow.run("2026-03-02 09:00", json!({"cmd":"event","to":"done","why":"电话解答"}));
    let view = slow.view();
    assert_eq!(view.value("done_at").as_datetime(), Some(time("2026-03-02 10:00")));
}

/// Steps of one instant: what came before the reopening does not settle it.
#[test]
fn what_came_before_in_the_same_instant_stops_nothing() {
    let at = time("2026-03-09 10:00");
    let step = |order, to: &str| Step { at, order, to: to.into() };
    let steps = ["executing", "closed", "reopened"];
    let snapshot = Snapshot {
        kind: "complaint".into(),
        status: "reopened".into(),
        steps: (0..).zip(steps).map(|(order, to)| step(order, to)).collect(),
        ..Snapshot::default()
    };
    let found = deadlines(&snapshot, &Settings::default(), &Calendar::default(), time("2026-03-09 12:00"));
    assert_eq!((find(&found, "L9").state, find(&found, "L9").stopped), (State::Running, None));
}

/// Who does not read the handling sheet is told nothing that rests on it: a guess could call late what is done.
#[test]
fn what_rests_on_the_companion_is_left_out_where_it_is_not_read() {
    let received = time("2026-03-02 09:00");
    let mut snapshot = Snapshot {
        kind: "complaint".into(),
        is_quality: Some(true),
        is_reportable: Some(true),
        steps: vec![Step { at: received, order: 0, to: "executing".into() }],
        at: [(Mark::Received, received), (Mark::DueSet, received)].into(),
        ..Snapshot::default()
    };
    let told = |snapshot: &Snapshot| -> BTreeSet<&str> {
        deadlines(snapshot, &Settings::default(), &Calendar::default(), time("2026-03-09 12:00"))
            .iter()
            .map(|d| d.rule)
            .collect()
    };
    let known = told(&snapshot);
    snapshot.unseen = true;
    let seen = told(&snapshot);
    let hidden: Vec<&str> = known.difference(&seen).copied().collect();
    assert_eq!(hidden, ["L10", "L2", "L50", "L8"]);
    assert!(seen.contains("L1") && seen.contains("L3") && seen.contains("L7"));
}
