//! The rules of steps, of order and of uniqueness: judged the same when somebody types and when a device sends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::*;
use domain::derive;
use domain::document::{Around, Entry, Ground, Incoming, Linked, Made, Outcome, Record, RecordView, admit};
use domain::error::Code;
use domain::keys::{complaint, goods_return, handling};
use domain::lifecycle::{Check, Event, Transition, by_key};
use domain::schema::Schema;
use domain::settings::{Closure, Organisation, Settings};
use domain::time::Timestamp;
use domain::value::Value;
use serde_json::json;
use uuid::Uuid;

/// The way of a complaint until the customer is called back.
const TO_CALLBACK: [&str; 9] = [
    "registered",
    "assessing",
    "accepted",
    "assigned",
    "analysing",
    "plan_review",
    "executing",
    "replied",
    "callback",
];

/// More fields for the small complaint of the tests.
const EXTRA: &str = r#"
[[field]]
key = "answered_at"
group = "g"
type = "datetime"
label = { zh = "答复", en = "Answered" }
access = "shared"
not_before = "received_at"
[[field]]
key = "is_quality"
group = "g"
type = "bool"
label = { zh = "质量问题", en = "Quality" }
access = "shared"
[[field]]
key = "batch_no"
group = "g"
type = "text"
label = { zh = "批次", en = "Batch" }
access = "shared"
required = ["T3"]
when = { field = "is_quality", is = ["true"] }
[[collection]]
key = "answers"
group = "g"
label = { zh = "答案", en = "Answers" }
access = "evidence"
unique = "item"
[[collection.field]]
key = "item"
type = "text"
label = { zh = "题目", en = "Item" }
required = "always"
"#;

fn push(schema: &Schema, server: &mut Record, hand: &Hand, changes: &[&Made]) -> Vec<Outcome> {
    let chunks: Vec<&[u8]> = changes.iter().map(|m| m.bytes.as_slice()).collect();
    let admission = admit(&Incoming {
        schema,
        record: server,
        chunks: &chunks,
        person: Some(&hand.person),
        before: Default::default(),
        around: Around::default(),
    });
    if let Some((record, _)) = &admission.merged {
        *server = record.clone();
    }
    admission.judged.into_iter().map(|j| j.outcome).collect()
}

fn code(outcome: &Outcome) -> Option<Code> {
    match outcome {
        Outcome::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    }
}

/// The same document in the hands of somebody whose program has no such rules.
fn lax(hand: &Hand) -> Hand {
    let text = EXTRA
        .replace("not_before = \"received_at\"\n", "")
        .replace("unique = \"item\"\n", "")
        .replace("required = \"always\"\n", "")
        .replace("required = [\"T3\"]\n", "");
    let mut other = Hand::new(&schema_with(&text), hand.person.clone(), hand.record.clone(), 77);
    other.now = hand.now;
    other
}

fn on_server(schema: &Arc<Schema>) -> (Hand, Record) {
    let (hand, made) = made_by(schema, office(1), record_id(1), 1);
    let mut server = Record::new("complaint", record_id(1));
    assert_eq!(push(schema, &mut server, &hand, &[&made]), [Outcome::Accepted(None)]);
    (hand, server)
}

#[test]
fn a_day_before_the_one_it_cannot_precede_is_refused_by_both_sides() {
    let schema = schema_with(EXTRA);
    let (mut hand, mut server) = on_server(&schema);
    let received = hand.set("received_at", "2026-03-02T09:30:30+08:00");
    assert_eq!(push(&schema, &mut server, &hand, &[&received]), [Outcome::Accepted(None)]);
    let early = json!({"cmd":"set","field":"answered_at","value":"2026-03-02T09:29:00+08:00"});
    let refusal = hand.run(early.clone()).unwrap_err();
    assert_eq!(refusal.code, Code::OutOfOrder);
    assert_eq!(
        (&refusal.params["field"], &refusal.params["other"]),
        (&json!("answered_at"), &json!("received_at"))
    );
    // Within the same minute nobody is early: people enter minutes.
    hand.ok(json!({"cmd":"set","field":"answered_at","value":"2026-03-02T09:30:00+08:00"}));
    // Moving the earlier one behind the later one names the same pair.
    let later =
        hand.run(json!({"cmd":"set","field":"received_at","value":"2026-03-03T00:00:00Z"})).unwrap_err();
    assert_eq!(later.params["field"], "answered_at");

    let mut forged = lax(&Hand::new(&schema, office(1), server.clone(), 2));
    let change = forged.ok(early);
    assert_eq!(code(&push(&schema, &mut server, &forged, &[&change])[0]), Some(Code::OutOfOrder));
}

#[test]
fn who_could_not_know_the_other_day_is_not_refused_for_it() {
    let schema = schema_with(EXTRA);
    let (hand, mut server) = on_server(&schema);
    let mut office = Hand::new(&schema, office(2), server.clone(), 3);
    let mut phone = Hand::new(&schema, hand.person.clone(), server.clone(), 4);
    let received = office.set("received_at", "2026-03-05T09:00:00+08:00");
    let answered = phone.set("answered_at", "2026-03-04T09:00:00+08:00");
    let more = phone.set("reporter_name", "王工");
    assert_eq!(push(&schema, &mut server, &office, &[&received]), [Outcome::Accepted(None)]);
    let outcomes = push(&schema, &mut server, &phone, &[&answered, &more]);
    assert_eq!(outcomes, [Outcome::Accepted(None), Outcome::Accepted(None)]);
}

#[test]
fn an_entry_is_there_once_unless_two_people_add_it_at_the_same_time() {
    let schema = schema_with(EXTRA);
    let (mut hand, mut server) = on_server(&schema);
    let add = |item: &str| json!({"cmd":"add","collection":"answers","fields":{"item":item}});
    let mut other = Hand::new(&schema, office(2), server.clone(), 5);
    let first = hand.ok(add("q1"));
    let refusal = hand.run(add("q1")).unwrap_err();
    assert_eq!((refusal.code, &refusal.params["field"]), (Code::DuplicateEntry, &json!("answers/item")));
    assert_eq!(hand.run(json!({"cmd":"add","collection":"answers"})).unwrap_err().code, Code::Required);
    assert_eq!(push(&schema, &mut server, &hand, &[&first]), [Outcome::Accepted(None)]);

    let mut forged = lax(&Hand::new(&schema, office(1), server.clone(), 6));
    let twice = forged.ok(add("q1"));
    assert_eq!(code(&push(&schema, &mut server, &forged, &[&twice])[0]), Some(Code::DuplicateEntry));
    let mut empty = lax(&Hand::new(&schema, office(1), server.clone(), 8));
    let nothing = empty.ok(json!({"cmd":"add","collection":"answers","fields":{}}));
    assert_eq!(code(&push(&schema, &mut server, &empty, &[&nothing])[0]), Some(Code::Required));

    let meanwhile = other.ok(add("q1"));
    assert_eq!(push(&schema, &mut server, &other, &[&meanwhile]), [Outcome::Accepted(None)]);
    // A removed entry frees its place.
    let mut hand = Hand::new(&schema, office(1), server.clone(), 7);
    let ids: Vec<Uuid> =
        hand.record.view(kind(&schema)).collections["answers"].iter().map(|e| e.id).collect();
    for id in ids {
        let mine = hand.run(json!({"cmd":"remove","collection":"answers","id":id}));
        assert!(mine.is_ok(), "{mine:?}");
    }
    hand.ok(add("q1"));
}

#[test]
fn a_field_is_needed_only_where_its_condition_holds() {
    let schema = schema_with(EXTRA);
    let (mut hand, mut server) = on_server(&schema);
    let mut sent = vec![hand.ok(json!({"cmd":"event","to":"registered"}))];
    let assess = json!({"cmd":"event","to":"assessing"});
    sent.push(hand.set("is_quality", true));
    let refs: Vec<&Made> = sent.iter().collect();
    assert!(push(&schema, &mut server, &hand, &refs).iter().all(|o| *o == Outcome::Accepted(None)));
    let refusal = hand.run(assess.clone()).unwrap_err();
    assert_eq!((refusal.code, &refusal.params["field"]), (Code::Required, &json!("batch_no")));
    assert_eq!((&refusal.params["to"], &refusal.params["step"]), (&json!("assessing"), &json!("T3")));
    let mut forged = lax(&Hand::new(&schema, office(1), server.clone(), 9));
    let step = forged.ok(assess.clone());
    assert_eq!(code(&push(&schema, &mut server, &forged, &[&step])[0]), Some(Code::Required));
    // Not a quality matter: no batch.
    let no = hand.set("is_quality", false);
    let step = hand.ok(assess);
    let outcomes = push(&schema, &mut server, &hand, &[&no, &step]);
    assert_eq!(outcomes, [Outcome::Accepted(None), Outcome::Accepted(None)]);
}

#[test]
fn the_first_dissatisfaction_reopens_and_the_second_goes_to_the_leader() {
    let schema = schema();
    let (mut hand, _) = made_by(&schema, office(1), record_id(1), 1);
    let go = |hand: &mut Hand, to: &[&str]| {
        for to in to {
            hand.ok(json!({"cmd":"event","to":to,"why":"客户仍不满意"}));
        }
    };
    let round = ["executing", "replied", "callback"];
    go(&mut hand, &["registered", "assessing", "accepted", "assigned", "analysing", "plan_review"]);
    go(&mut hand, &round);
    let check = |r: domain::error::Refusal| (r.code, r.params["check"].clone());
    let leader = json!({"cmd":"event","to":"leader_decision"});
    let early = hand.run(leader.clone()).unwrap_err();
    assert_eq!(check(early), (Code::Unmet, json!("second_dissatisfaction")));
    go(&mut hand, &["reopened"]);
    go(&mut hand, &round);
    let again = hand.run(json!({"cmd":"event","to":"reopened","why":"仍不满意"})).unwrap_err();
    assert_eq!(check(again), (Code::Unmet, json!("first_dissatisfaction")));
    hand.ok(leader);
    assert_eq!(derive::dissatisfied_count(kind(&schema), &hand.record.view(kind(&schema))), 2);
}

#[test]
fn what_may_be_typed_is_admitted_when_it_arrives() {
    let schema = schema();
    let (mut hand, made) = made_by(&schema, office(1), record_id(1), 1);
    let mut sent = vec![made];
    let again = ["reopened", "executing", "replied", "callback", "leader_decision", "replied"];
    let path: Vec<&str> = TO_CALLBACK.into_iter().chain(again).collect();
    for to in &path {
        sent.push(hand.ok(json!({"cmd":"event","to":to,"why":"客户仍不满意"})));
    }
    let mut server = Record::new("complaint", record_id(1));
    // Together after a day without coverage, and one by one as over REST.
    let refs: Vec<&Made> = sent.iter().collect();
    let outcomes = push(&schema, &mut server, &hand, &refs);
    assert!(outcomes.iter().all(|o| *o == Outcome::Accepted(None)), "{outcomes:?}");
    let mut server = Record::new("complaint", record_id(1));
    for (made, to) in sent.iter().zip(std::iter::once("draft").chain(path)) {
        assert_eq!(push(&schema, &mut server, &hand, &[made]), [Outcome::Accepted(None)], "{to}");
    }
}

#[test]
fn a_leaders_decision_is_not_its_own_reason() {
    let schema = schema();
    let (mut hand, _) = made_by(&schema, office(1), record_id(1), 1);
    for to in TO_CALLBACK {
        hand.ok(json!({"cmd":"event","to":to}));
    }
    let mut server = hand.record.clone();
    // A program without the condition: the lifecycle's table is compiled in, so the condition is switched off.
    let closure =
        Closure { off: BTreeSet::from(["second_dissatisfaction".to_owned()]), ..Closure::default() };
    let settings = Settings { closure, ..Settings::default() };
    let off = schema.for_organisation(&Organisation { settings, ..Organisation::default() });
    let mut lax = Hand::new(&Arc::new(off), office(1), server.clone(), 2);
    lax.now = hand.now;
    let early = lax.ok(json!({"cmd":"event","to":"leader_decision"}));
    assert_eq!(code(&push(&schema, &mut server, &lax, &[&early])[0]), Some(Code::Unmet));
}

#[test]
fn two_people_who_hear_the_same_dissatisfaction_are_both_right() {
    let schema = schema();
    let (mut hand, _) = made_by(&schema, office(1), record_id(1), 1);
    for to in TO_CALLBACK {
        hand.ok(json!({"cmd":"event","to":to}));
    }
    let mut server = hand.record.clone();
    let reopen = json!({"cmd":"event","to":"reopened","why":"客户不满意"});
    let mut one = Hand::new(&schema, office(1), server.clone(), 3);
    let mut two = Hand::new(&schema, office(2), server.clone(), 4);
    let (first, second) = (one.ok(reopen.clone()), two.ok(reopen));
    assert_eq!(push(&schema, &mut server, &one, &[&first]), [Outcome::Accepted(None)]);
    assert_eq!(push(&schema, &mut server, &two, &[&second]), [Outcome::Accepted(None)]);
}

/// A complaint and its handling as plain data, with records that refer to it.
struct Case {
    schema: Schema,
    complaint: RecordView,
    handling: RecordView,
    linked: Vec<Linked>,
    lots: i64,
}

impl Case {
    fn new() -> Self {
        let schema = Schema::builtin().unwrap();
        let view = |kind: &str| Record::new(kind, record_id(1)).view(schema.kind(kind).unwrap());
        let (complaint, handling) = (view(complaint::KIND), view(handling::KIND));
        Self { schema: (*schema).clone(), complaint, handling, linked: Vec::new(), lots: 0 }
    }

    fn closure(mut self, closure: Closure) -> Self {
        let settings = Settings { closure, ..Settings::default() };
        let organisation = Organisation { settings, ..Organisation::default() };
        self.schema = Schema::builtin().unwrap().for_organisation(&organisation);
        self
    }

    fn unmet(&self, step: &Transition) -> Vec<Check> {
        let links = || self.linked.clone();
        let around = Around {
            beside: Some((self.schema.kind(handling::KIND).unwrap(), &self.handling)),
            links: Some(&links),
        };
        let kind = self.schema.kind(complaint::KIND).unwrap();
        Ground { schema: &self.schema, kind, view: &self.complaint, around }.unmet(step)
    }

    fn closing(&self) -> Vec<Check> {
        self.unmet(by_key("complaint").unwrap().step("callback", "closed").unwrap())
    }

    fn lot(&mut self, result: Option<&str>) {
        self.lots += 1;
        let mut fields = BTreeMap::from([(handling::LOT_CHECKS_SEQ.to_owned(), Value::Int(self.lots))]);
        if let Some(result) = result {
            fields.insert(handling::LOT_CHECKS_RESULT.to_owned(), Value::Code(result.to_owned()));
        }
        let id = Uuid::from_u128(self.lots as u128);
        let lots = self.handling.collections.entry(handling::LOT_CHECKS.to_owned()).or_default();
        lots.push(Entry { id, by: None, at: None, removed: false, fields });
    }

    fn attempt(&mut self) {
        let tries = self.handling.collections.entry(handling::CALLBACK_ATTEMPTS.to_owned()).or_default();
        let id = Uuid::from_u128(100 + tries.len() as u128);
        tries.push(Entry { id, by: None, at: None, removed: false, fields: BTreeMap::new() });
    }

    fn set(&mut self, key: &str, value: Value) {
        let view = if self.schema.kind(complaint::KIND).unwrap().field(key).is_some() {
            &mut self.complaint
        } else {
            &mut self.handling
        };
        view.fields.insert(key.to_owned(), value);
    }

    fn link(&mut self, kind: &str, status: &str) {
        self.linked.push(Linked { kind: kind.to_owned(), status: status.to_owned() });
    }
}

fn rated() -> Case {
    let mut case = Case::new();
    case.set(handling::SATISFACTION_RATING, Value::Code("satisfied".into()));
    case
}

#[test]
fn a_quality_complaint_closes_after_three_good_lots_in_a_row() {
    let mut case = rated();
    assert_eq!(case.closing(), []);
    case.set(complaint::IS_QUALITY_RELATED, Value::Bool(true));
    assert_eq!(case.closing(), [Check::LotsVerified]);
    for result in [Some("ok"), Some("ok"), Some("ng"), Some("ok"), Some("ok")] {
        case.lot(result);
        assert_eq!(case.closing(), [Check::LotsVerified], "after {}", case.lots);
    }
    case.lot(Some("ok"));
    assert_eq!(case.closing(), []);
    // A lot that is not judged yet proves nothing.
    case.lot(None);
    assert_eq!(case.closing(), [Check::LotsVerified]);
    // Corrective actions that proved their effect themselves do.
    case.link("corrective_action", "effective");
    assert_eq!(case.closing(), []);
    case.link("corrective_action", "verifying");
    assert_eq!(case.closing(), [Check::LotsVerified]);
}

#[test]
fn the_organisation_says_how_many_lots_and_what_is_not_asked_for() {
    let quality = |closure: Closure| {
        let mut case = rated().closure(closure);
        case.set(complaint::IS_QUALITY_RELATED, Value::Bool(true));
        case
    };
    let mut two = quality(Closure { lot_count: 2, ..Closure::default() });
    two.lot(Some("ok"));
    assert_eq!(two.closing(), [Check::LotsVerified]);
    two.lot(Some("ok"));
    assert_eq!(two.closing(), []);
    let off = quality(Closure { off: BTreeSet::from(["lots_verified".to_owned()]), ..Closure::default() });
    assert_eq!(off.closing(), []);
    // The reply does not wait for the lots, unless they say so (A9).
    let reply = by_key("complaint").unwrap().step("executing", "replied").unwrap();
    assert_eq!(quality(Closure::default()).unmet(reply), []);
    let strict = Closure { require_lot_verification_before_reply: true, ..Closure::default() };
    assert_eq!(quality(strict).unmet(reply), [Check::LotsVerified]);
}

#[test]
fn the_customer_is_heard_or_was_tried_often_enough() {
    let mut case = Case::new();
    assert_eq!(case.closing(), [Check::CustomerHeard]);
    case.set(handling::SATISFACTION_RATING, Value::Code("unreachable".into()));
    for _ in 0..3 {
        assert_eq!(case.closing(), [Check::CustomerHeard]);
        case.attempt();
    }
    assert_eq!(case.closing(), []);
    case.set(handling::SATISFACTION_RATING, Value::Null);
    assert_eq!(case.closing(), [Check::CustomerHeard]);
    case.set(handling::CUSTOMER_OPINION, Value::Text("同意处理".into()));
    assert_eq!(case.closing(), []);
}

#[test]
fn what_is_owed_besides_keeps_a_complaint_open() {
    let mut case = rated();
    case.link("goods_return", "inspected");
    case.link("corrective_action", "answered");
    case.set(handling::PENALTY_PROPOSAL, Value::Text("扣款200元".into()));
    case.set(handling::REGULATORY_REPORTABLE, Value::Bool(true));
    let owed =
        [Check::MeasuresReviewed, Check::ReturnsSettled, Check::PenaltiesSettled, Check::RegulatorTold];
    assert_eq!(BTreeSet::from_iter(case.closing()), BTreeSet::from(owed));
    case.linked.clear();
    case.link("goods_return", "approved");
    case.link("corrective_action", "leader_reviewed");
    case.set(handling::PENALTY_EXECUTED_AT, Value::Datetime(domain::time::Timestamp(1)));
    case.set(handling::REPORTED_AT, Value::Datetime(domain::time::Timestamp(1)));
    assert_eq!(case.closing(), []);
}

#[test]
fn a_step_that_a_device_sends_is_judged_with_the_companion_beside() {
    let schema = Schema::builtin().unwrap();
    let (kind, companion) = (schema.kind("complaint").unwrap(), schema.kind("handling").unwrap());
    let step = by_key("complaint").unwrap().step("registered", "assessing").unwrap();
    let main = Record::new("complaint", record_id(1)).view(kind);
    let mut beside = Record::new("handling", record_id(2)).view(companion);
    let missing = |beside: &RecordView| {
        let around = Around { beside: Some((companion, beside)), links: None };
        Ground { schema: &schema, kind, view: &main, around }.missing(step)
    };
    assert!(missing(&beside).contains(&handling::QA_OWNER.to_owned()));
    beside.fields.insert(handling::QA_OWNER.to_owned(), Value::Ref(user(3).0));
    assert!(!missing(&beside).contains(&handling::QA_OWNER.to_owned()));
}

#[test]
fn a_step_says_what_was_found() {
    let step = |from: &str, to: &str| by_key("complaint").unwrap().step(from, to).unwrap();
    let code = |code: &str| Value::Code(code.to_owned());
    let mut case = Case::new();
    let (t5, t6) = (step("assessing", "rejected"), step("assessing", "accepted"));
    assert_eq!((case.unmet(t5), case.unmet(t6)), (vec![Check::FoundInvalid], vec![Check::FoundValid]));
    for (found, t5s, t6s) in [
        ("pending", vec![Check::FoundInvalid], vec![Check::FoundValid]),
        ("valid", vec![Check::FoundInvalid], vec![]),
        ("invalid", vec![], vec![Check::FoundValid]),
        ("customer_too_strict", vec![], vec![Check::FoundValid]),
    ] {
        case.set(handling::VALIDITY, code(found));
        assert_eq!((case.unmet(t5), case.unmet(t6)), (t5s, t6s), "{found}");
    }
    // Information is answered and closed; a complaint goes the whole way.
    case.set(handling::VALIDITY, code("valid"));
    let t6b = step("assessing", "closed");
    for (kind, t6s, t6bs) in [
        ("complaint", vec![], vec![Check::IsInformation]),
        ("grievance", vec![], vec![Check::IsInformation]),
        ("information", vec![Check::IsComplaint], vec![]),
        ("suggestion", vec![Check::IsComplaint], vec![]),
        ("consultation", vec![Check::IsComplaint], vec![]),
    ] {
        case.set(complaint::RECORD_KIND, code(kind));
        assert_eq!((case.unmet(t6), case.unmet(t6b)), (t6s, t6bs), "{kind}");
    }
}

#[test]
fn a_plan_is_carried_out_when_the_newest_opinion_agrees() {
    let step = by_key("complaint").unwrap().step("plan_review", "executing").unwrap();
    let mut case = Case::new();
    for (n, (decision, at, unmet)) in [
        ("sent_back", Some(Timestamp(1_000)), vec![Check::PlanApproved]),
        ("approved_with_changes", Some(Timestamp(3_000)), vec![]),
        // Written down later, given before.
        ("sent_back", Some(Timestamp(2_000)), vec![]),
        // Of the very change that is judged.
        ("sent_back", None, vec![Check::PlanApproved]),
    ]
    .into_iter()
    .enumerate()
    {
        let fields =
            BTreeMap::from([(handling::APPROVALS_DECISION.to_owned(), Value::Code(decision.into()))]);
        let id = Uuid::from_u128(200 + n as u128);
        let approvals = case.handling.collections.entry(handling::APPROVALS.to_owned()).or_default();
        approvals.push(Entry { id, by: None, at, removed: false, fields });
        assert_eq!(case.unmet(step), unmet, "{n} {decision}");
    }
}

#[test]
fn who_said_that_they_are_dissatisfied_is_not_closed_away() {
    let mut case = Case::new();
    case.set(handling::SATISFACTION_RATING, Value::Code("very_dissatisfied".into()));
    assert_eq!(case.closing(), [Check::DissatisfactionAnswered]);
    case.set(handling::SATISFACTION_RATING, Value::Code("not_asked".into()));
    assert_eq!(case.closing(), [Check::CustomerHeard], "nobody asked them");
    case.set(handling::SATISFACTION_RATING, Value::Code("dissatisfied".into()));
    case.complaint.events.push(Event {
        id: Uuid::from_u128(1),
        t: "status".to_owned(),
        to: "leader_decision".to_owned(),
        at: Timestamp(0),
        by: user(1),
        role: None,
        prev: Vec::new(),
        why: None,
        temp: None,
        basis: None,
    });
    assert_eq!(case.closing(), []);
}

#[test]
fn the_regulator_hears_before_a_complaint_is_closed() {
    let mut case = rated();
    case.link("regulatory_report", "required");
    assert_eq!(case.closing(), [Check::RegulatorTold]);
    case.linked.clear();
    case.link("regulatory_report", "not_required");
    assert_eq!(case.closing(), []);
}

#[test]
fn returned_goods_are_sorted_with_consent_and_stocked_when_good() {
    let schema = Schema::builtin().unwrap();
    let kind = schema.kind(goods_return::KIND).unwrap();
    let mut view = Record::new(goods_return::KIND, record_id(1)).view(kind);
    let unmet = |view: &RecordView, from: &str, to: &str| {
        let step = by_key("goods_return").unwrap().step(from, to).unwrap();
        let mut view = view.clone();
        view.folded.status = from.to_owned();
        Ground { schema: &schema, kind, view: &view, around: Around::default() }.unmet(step)
    };
    let mut set = |key: &str, code: &str| {
        view.fields.insert(key.to_owned(), Value::Code(code.to_owned()));
        view.clone()
    };
    let refused = set(goods_return::ONSITE_SORTING_ALLOWED, "no");
    assert_eq!(unmet(&refused, "agreed", "onsite_sorting"), [Check::SortingAllowed]);
    let reworked = set(goods_return::DISPOSITION, "rework");
    assert_eq!(unmet(&reworked, "executing", "closed"), [Check::RecheckPassed]);
    let bad = set(goods_return::RECHECK_RESULT, "ng");
    assert_eq!(unmet(&bad, "rechecked", "stocked"), [Check::RecheckPassed]);
    assert_eq!(unmet(&bad, "scrapped", "closed"), [], "what failed was scrapped");
    let good = set(goods_return::RECHECK_RESULT, "ok");
    assert_eq!((unmet(&good, "rechecked", "stocked"), unmet(&good, "rechecked", "closed")), (vec![], vec![]));
    let exchanged = set(goods_return::DISPOSITION, "exchange");
    assert_eq!(unmet(&exchanged, "executing", "closed"), []);
}
