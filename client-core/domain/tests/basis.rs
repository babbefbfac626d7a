//! Results that somebody signed stand as they were signed, whatever is set afterwards: domain catalogue 5 ("each result
//! must store its inputs and its formula version so that an old report can be reproduced") and 7.5.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::sheet::Sheet;
use domain::derive::{self, Basis};
use domain::document::{Incoming, Made, Outcome, Record, admit};
use domain::error::Code;
use domain::lifecycle;
use domain::schema::Schema;
use domain::settings::{Formulas, Organisation, Settings};
use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

/// The schema of an organisation with these formulas, that had `former` ones before.
fn set(change: impl FnOnce(&mut Formulas), former: Vec<Formulas>) -> Arc<Schema> {
    let mut settings = Settings::default();
    change(&mut settings.formulas);
    let own = Organisation { settings, former, ..Organisation::default() };
    let schema = Arc::new(Schema::builtin().unwrap().for_organisation(&own));
    schema.settings().check(&schema).unwrap();
    schema
}

fn step(sheet: &mut Sheet, to: &str) {
    sheet.ok(json!({"cmd":"event","to":to,"why":"更正","fields":{}}));
}

/// The first worked example of C07: 86.20, with a factor of 1 81.40.
fn january() -> Sheet {
    let mut sheet = Sheet::new(
        "monthly_satisfaction",
        json!({"customer":"01930000-0000-7000-8000-000000000009","month_of":"2026-01-01"}),
    );
    let facts = json!({"survey_points":"92","survey_total":"100","complaints":2,"ppm_exceedances":1,
        "deliveries_due":20,"deliveries_late":1,"audit_grade":"b"});
    for (key, value) in facts.as_object().unwrap() {
        sheet.set(key, value.clone());
    }
    sheet
}

#[test]
fn an_approved_month_keeps_its_composite() {
    let whole = set(|f| f.composite.d2_factor = Decimal::ONE, Vec::new());
    let mut sheet = january();
    for to in ["prepared", "reviewed"] {
        step(&mut sheet, to);
    }
    let at = |sheet: &mut Sheet, schema: &Arc<Schema>| {
        sheet.schema = schema.clone();
        sheet.field("d")
    };
    let shipped = sheet.schema.clone();
    assert_eq!(at(&mut sheet, &whole), "81.4", "nobody approved it yet");
    assert_eq!(at(&mut sheet, &shipped), "86.2");
    step(&mut sheet, "approved");
    assert_eq!(at(&mut sheet, &whole), "86.2");
    assert_eq!(at(&mut sheet, &shipped), "86.2");
    // What it stands on can be read with the record.
    let shown = sheet.view().to_json();
    let basis = &shown["events"].as_array().unwrap().last().unwrap()["basis"];
    assert_eq!(basis["versions"], json!({"C07":1,"C18":1,"C32":1,"C33":1}));
    assert_eq!(basis["formulas"]["composite"]["d2_factor"], "0.6");
    assert_eq!(basis["formulas"].as_object().unwrap().len(), 1);
    // Taken back, it is worked out by what is set now, and approved so.
    sheet.schema = whole.clone();
    step(&mut sheet, "draft");
    assert_eq!(sheet.field("d"), "81.4");
    for to in ["prepared", "reviewed", "approved"] {
        step(&mut sheet, to);
    }
    assert_eq!(at(&mut sheet, &shipped), "81.4");
}

#[test]
fn a_confirmed_appraisal_keeps_its_points() {
    let mut sheet = Sheet::new(
        "kpi_sheet",
        json!({"person":common::user(7),"period":"2026年第一季度","period_from":"2026-01-01","period_to":"2026-03-31"}),
    );
    sheet.add(
        "items",
        json!({"item":"回款","item_kind":"quantity","weight":"100","target":"100","actual":"150"}),
    );
    for to in ["supervisor_review", "leader_review", "confirmed"] {
        step(&mut sheet, to);
    }
    assert_eq!(sheet.field("total"), "110");
    sheet.schema = set(|f| f.achievement.cap = Decimal::new(15, 1), Vec::new());
    assert_eq!(sheet.field("total"), "110");
}

#[test]
fn a_reviewed_visit_keeps_its_judgement_of_lateness() {
    let mut sheet = Sheet::new("visit", json!({"customer":"01930000-0000-7000-8000-000000000009"}));
    sheet.set("appointment_at", "2026-03-02T09:00:00+08:00");
    sheet.set("arrived_at", "2026-03-02T09:20:00+08:00");
    assert_eq!(sheet.field("is_late"), true);
    let strict = sheet.schema.clone();
    let patient = set(|f| f.arrival.tolerance = SignedDuration::from_mins(30), Vec::new());
    let cycle = lifecycle::by_key("visit").unwrap();
    let reviewed = cycle.step("done", "reviewed").unwrap();
    let kind = sheet.schema.kind("visit").unwrap();
    let mut view = sheet.record.view(kind);
    let mut event = view.events[0].clone();
    event.basis = Basis::of_step(&strict, reviewed).map(|b| b.to_text());
    (event.to, event.t) = ("reviewed".to_owned(), "status".to_owned());
    view.events[0] = event;
    derive::fill(&patient, kind, &mut view);
    assert_eq!(view.value("is_late").to_json(), true);
    // A newer program's formula is not this one's: nothing is shown rather than another result.
    view.events[0].basis = Some(json!({"versions":{"C42":99}}).to_string());
    derive::fill(&patient, kind, &mut view);
    assert_eq!(view.value("is_late").to_json(), json!(null));
}

/// What an office user's phone does, sent to a server of this organisation.
fn pushed(phone: &Arc<Schema>, server: &Arc<Schema>) -> (Outcome, Json) {
    let mut person = common::office(1);
    person.role = domain::authz::Role::Office;
    let mut hand = common::Hand::new(
        phone,
        person.clone(),
        Record::new("monthly_satisfaction", common::record_id(1)),
        3,
    );
    let mut made: Vec<Made> = Vec::new();
    let facts = json!({"customer":"01930000-0000-7000-8000-000000000009","month_of":"2026-01-01",
        "interruptions":1,"analysis":"停线","measures":"加检"});
    made.push(hand.ok(json!({"cmd":"create","fields":facts})));
    for to in ["prepared", "reviewed", "approved"] {
        made.push(hand.ok(json!({"cmd":"event","to":to,"fields":{}})));
    }
    let chunks: Vec<&[u8]> = made.iter().map(|m| m.bytes.as_slice()).collect();
    let record = Record::new("monthly_satisfaction", common::record_id(1));
    let incoming = Incoming {
        schema: server,
        record: &record,
        chunks: &chunks,
        person: Some(&person),
        before: Default::default(),
        around: Default::default(),
    };
    let admission = admit(&incoming);
    assert!(admission.judged[..3].iter().all(|j| j.outcome == Outcome::Accepted(None)));
    let (merged, _) = admission.merged.unwrap();
    let kind = server.kind("monthly_satisfaction").unwrap();
    let mut view = merged.view(kind);
    derive::fill(server, kind, &mut view);
    (admission.judged[3].outcome.clone(), view.value("d").to_json())
}

#[test]
fn a_step_from_a_phone_stands_on_settings_that_the_organisation_has_or_had() {
    let shipped = Schema::builtin().unwrap();
    let whole = set(|f| f.composite.d2_factor = Decimal::ONE, Vec::new());
    assert_eq!(pushed(&whole, &whole), (Outcome::Accepted(None), json!("85")));
    // The phone had not heard of the new setting: its user signed what it showed.
    let mut former = Formulas::default();
    former.composite.d2_factor = Decimal::new(8, 1);
    let before = set(|f| *f = former.clone(), Vec::new());
    let after = set(|f| f.composite.d2_factor = Decimal::ONE, vec![former.clone()]);
    assert_eq!(pushed(&before, &after), (Outcome::Accepted(None), json!("88")));
    assert_eq!(pushed(&shipped, &after), (Outcome::Accepted(None), json!("91")));
    // Nobody brings a rule of their own.
    let own = set(|f| f.composite.d2_factor = Decimal::ZERO, Vec::new());
    let (outcome, d) = pushed(&own, &after);
    assert!(matches!(outcome, Outcome::Refused { refusal, .. } if refusal.code == Code::Malformed));
    assert_eq!(d, "85");
}

#[test]
fn a_basis_is_of_its_step() {
    let schema = Schema::builtin().unwrap();
    let cycle = lifecycle::by_key("monthly_satisfaction").unwrap();
    let (approve, review) = (cycle.step("reviewed", "approved"), cycle.step("prepared", "reviewed"));
    let text = Basis::of_step(&schema, approve.unwrap()).unwrap().to_text();
    assert_eq!(Basis::check(&schema, approve, &text), Ok(()));
    assert!(Basis::of_step(&schema, review.unwrap()).is_none());
    let other =
        Basis::of_step(&schema, lifecycle::by_key("quote").unwrap().step("draft", "offered").unwrap());
    for (step, text) in [
        (review, text.as_str()),
        (None, text.as_str()),
        (approve, &other.unwrap().to_text()),
        (approve, "{}"),
        (approve, "…"),
        (approve, r#"{"versions":{"C07":2}}"#),
        (approve, r#"{"versions":{"C07":0}}"#),
        (approve, r#"{"versions":{"C07":1},"formulas":{"composite":{"n1_cap":"0"}}}"#),
        (approve, r#"{"versions":{"C18":1},"formulas":{"composite":{"n1_cap":"0"}}}"#),
    ] {
        assert!(Basis::check(&schema, step, text).is_err(), "{text}");
    }
}

/// Two people approve at the same time by different settings: every replica shows the same one.
#[test]
fn approvals_at_the_same_time_come_to_one_result() {
    let whole = set(|f| f.composite.d2_factor = Decimal::ONE, Vec::new());
    let mut sheet = january();
    for to in ["prepared", "reviewed"] {
        step(&mut sheet, to);
    }
    let shipped = sheet.schema.clone();
    let approve = |schema: &Arc<Schema>, salt: u8| {
        let mut hand = common::Hand::new(schema, common::office(salt.into()), sheet.record.clone(), salt);
        (hand.ok(json!({"cmd":"event","to":"approved","fields":{}})), hand.record)
    };
    let (one, mut here) = approve(&shipped, 7);
    let (two, mut there) = approve(&whole, 8);
    here.apply(&[&two.bytes]).unwrap();
    there.apply(&[&one.bytes]).unwrap();
    let d = |record: &Record, schema: &Arc<Schema>| {
        let kind = schema.kind("monthly_satisfaction").unwrap();
        let mut view = record.view(kind);
        derive::fill(schema, kind, &mut view);
        (view.value("d").to_json(), view.folded.status)
    };
    let seen = [d(&here, &shipped), d(&here, &whole), d(&there, &shipped), d(&there, &whole)];
    assert!(seen.iter().all(|s| *s == (json!("81.4"), "approved".to_owned())), "{seen:?}");
}

/// 整 after 角 (C75), days without the last one (C71), until the claim is approved.
#[test]
fn a_travel_claim_goes_by_the_settings_until_it_is_approved() {
    let trip = json!({"trip_from":"2026-03-02","trip_to":"2026-03-04","allowance_rate":"100","reason":"抢修",
        "claimant":common::user(7),"department":"客服部","grade":"staff"});
    let mut claim = Sheet::new("expense_claim", trip);
    claim.add(
        "lines",
        json!({"line_no":1,"date":"2026-03-02","from_place":"合肥","to_place":"武汉",
            "category":"transport","amount":"1005.60","approved":true}),
    );
    claim.add(
        "receipts",
        json!({"name":"车票.jpg","mime":"image/jpeg","sha256":"ab".repeat(32),"size":1000,"taken_at":"2026-03-02T10:00:00Z"}),
    );
    let shown = |claim: &Sheet| ["days", "allowance_amount", "approved_capital"].map(|key| claim.field(key));
    let shipped = [json!(3), json!("300.00"), json!("壹仟零伍元陆角")];
    let own = [json!(2), json!("200.00"), json!("壹仟零伍元陆角整")];
    assert_eq!(shown(&claim), shipped);
    let nights = set(
        |f| (f.travel.days, f.capital.whole_after_jiao) = (domain::calc::money::TripDays::Nights, true),
        Vec::new(),
    );
    let was = std::mem::replace(&mut claim.schema, nights);
    assert_eq!(shown(&claim), own);
    for to in ["submitted", "checked", "approved"] {
        step(&mut claim, to);
    }
    claim.schema = was;
    assert_eq!(shown(&claim), own, "as it was approved");
}

/// The scores of an item are combined, and bands begin, as the organisation sets (C62, C64).
#[test]
fn an_appraisal_weighs_its_scorers_as_set() {
    let mut sheet = Sheet::new("kpi_sheet", json!({"person":common::user(7),"period":"2026年1月"}));
    sheet.add(
        "items",
        json!({"item":"工作态度","item_kind":"scored","weight":"100","self_score":"100",
            "supervisor_score":"80","leader_score":"70"}),
    );
    assert_eq!((sheet.field("total"), sheet.field("band")), (json!("70"), json!("pass")));
    sheet.schema = set(
        |f| {
            let weights =
                [(&mut f.appraisal.own, 2), (&mut f.appraisal.supervisor, 3), (&mut f.appraisal.leader, 5)];
            weights.into_iter().for_each(|(weight, n)| *weight = Decimal::new(n, 1));
            f.appraisal.bands = [95, 79, 70, 50].map(Decimal::from);
        },
        Vec::new(),
    );
    assert_eq!((sheet.field("total"), sheet.field("band")), (json!("79"), json!("excellent")));
}
