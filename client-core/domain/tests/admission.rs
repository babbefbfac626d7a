//! Admission: what the server accepts, proposes and refuses (DESIGN §5), judged from change bytes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use domain::authz::{Flag, Principal};
use domain::document::{Admission, Incoming, Made, Outcome, Record, admit, permit};
use domain::error::Code;
use domain::intent::Intent;
use domain::schema::Schema;
use serde_json::json;

fn push(schema: &Schema, server: &mut Record, person: &Principal, changes: &[&Made]) -> Admission {
    let chunks: Vec<&[u8]> = changes.iter().map(|m| m.bytes.as_slice()).collect();
    let incoming = Incoming {
        schema,
        record: server,
        chunks: &chunks,
        person: Some(person),
        before: Default::default(),
        around: Default::default(),
    };
    let admission = admit(&incoming);
    if let Some((record, saved)) = &admission.merged {
        assert_eq!(Record::load(record.id(), saved).unwrap().heads(), record.heads());
        *server = record.clone();
    }
    admission
}

fn outcomes(admission: &Admission) -> Vec<Outcome> {
    admission.judged.iter().map(|j| j.outcome.clone()).collect()
}

fn code(outcome: &Outcome) -> Option<Code> {
    match outcome {
        Outcome::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    }
}

const ACCEPTED: Outcome = Outcome::Accepted(None);

/// A complaint by engineer 1, registered, on the server.
fn registered(schema: &std::sync::Arc<Schema>) -> (Hand, Record) {
    let (mut hand, made) = made_by(schema, engineer(1), record_id(1), 1);
    let step = hand.ok(json!({"cmd":"event","to":"registered"}));
    let mut server = Record::new("complaint", record_id(1));
    let admission = push(schema, &mut server, &engineer(1), &[&made, &step]);
    assert_eq!(outcomes(&admission), [ACCEPTED, ACCEPTED]);
    (hand, server)
}

fn at(schema: &std::sync::Arc<Schema>, server: &Record, person: Principal, salt: u8) -> Hand {
    Hand::new(schema, person, Record::load(server.id(), &server.save()).unwrap(), salt)
}

#[test]
fn work_of_the_maker_is_accepted_and_twice_is_once() {
    let schema = schema();
    let (mut hand, mut server) = registered(&schema);
    let a = hand.set("quantity", "5");
    let b = hand.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"已联系"}}));
    assert_eq!(outcomes(&push(&schema, &mut server, &engineer(1), &[&a, &b])), [ACCEPTED, ACCEPTED]);
    let again = push(&schema, &mut server, &engineer(1), &[&a, &b]);
    assert_eq!(outcomes(&again), [Outcome::Duplicate, Outcome::Duplicate]);
    assert!(again.merged.is_none());
    assert_eq!(server.heads(), hand.record.heads());
}

#[test]
fn one_bad_change_takes_only_what_builds_on_it() {
    let schema = schema();
    let (mut hand, mut server) = registered(&schema);
    let mut other = at(&schema, &server, engineer(1), 9);
    let forbidden = hand.set("severity", "serious");
    let after = hand.set("quantity", "5");
    let independent = other.set("reporter_name", "王经理");
    let admission = push(&schema, &mut server, &engineer(1), &[&forbidden, &after, &independent]);
    let got = outcomes(&admission);
    assert_eq!(code(&got[0]), Some(Code::ForbiddenField));
    assert_eq!(code(&got[1]), Some(Code::DependencyRejected));
    assert_eq!(got[2], ACCEPTED);
    assert_eq!(server.view(kind(&schema)).value("severity").to_json(), json!(null));
}

#[test]
fn strangers_and_impostors_are_refused() {
    let schema = schema();
    let (_, mut server) = registered(&schema);
    let before = server.heads();
    // Never assigned.
    let mut stranger = at(&schema, &server, engineer(2), 2);
    let note = stranger.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"我也来"}}));
    let got = outcomes(&push(&schema, &mut server, &engineer(2), &[&note]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenDoc));
    // In another's name.
    let mut forged = at(&schema, &server, engineer(1), 3);
    let change = forged.set("quantity", "9");
    let got = outcomes(&push(&schema, &mut server, &engineer(2), &[&change]));
    assert_eq!(code(&got[0]), Some(Code::AuthorMismatch));
    // A second maker, on the genesis.
    let (_, made) = made_by(&schema, engineer(2), record_id(1), 4);
    let got = outcomes(&push(&schema, &mut server, &engineer(2), &[&made]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenDoc));
    // A field on the bare genesis, as if the record were new.
    let mut bare = Hand::new(&schema, engineer(2), Record::new("complaint", record_id(1)), 5);
    let change = bare.set("content", "我的");
    let got = outcomes(&push(&schema, &mut server, &engineer(2), &[&change]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenDoc));
    // An office role in the event that the session does not have.
    let mut dressed = at(&schema, &server, Principal { role: domain::authz::Role::Office, ..engineer(1) }, 6);
    let step = dressed.ok(json!({"cmd":"event","to":"assessing"}));
    let got = outcomes(&push(&schema, &mut server, &engineer(1), &[&step]));
    assert_eq!(code(&got[0]), Some(Code::AuthorMismatch));
    assert_eq!(server.heads(), before);
}

#[test]
fn another_record_s_change_does_not_fit() {
    let schema = schema();
    let (_, mut server) = registered(&schema);
    let (_, elsewhere) = made_by(&schema, engineer(1), record_id(2), 7);
    let got = outcomes(&push(&schema, &mut server, &engineer(1), &[&elsewhere]));
    assert_eq!(code(&got[0]), Some(Code::MissingDeps));
}

#[test]
fn taken_off_meanwhile_keeps_evidence_and_proposes_the_rest() {
    let schema = schema();
    let (_, mut server) = registered(&schema);
    let mut desk = at(&schema, &server, office(9), 2);
    let on = desk.ok(json!({"cmd":"assign","lead":user(2)}));
    assert_eq!(outcomes(&push(&schema, &mut server, &office(9), &[&on])), [ACCEPTED]);
    let mut phone = at(&schema, &server, engineer(2), 3);
    let off = desk.ok(json!({"cmd":"assign","lead":user(3)}));
    assert_eq!(outcomes(&push(&schema, &mut server, &office(9), &[&off])), [ACCEPTED]);
    let note = phone.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"到过现场"}}));
    let mut phone2 = at(&schema, &phone.record, engineer(2), 4);
    let shared = phone.set("reporter_name", "陈小姐");
    let own = phone2.set("diagnosis", "油封老化");
    let got = outcomes(&push(&schema, &mut server, &engineer(2), &[&note, &shared, &own]));
    assert_eq!(got[0], Outcome::Accepted(Some(Flag::Late)));
    assert_eq!(got[1], Outcome::Proposed(Flag::Late));
    // Handed in when it was registered: its own fields were fixed already.
    assert_eq!(code(&got[2]), Some(Code::ForbiddenState));
    // What builds on a proposal waits with it.
    let later = phone.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"再补充"}}));
    let got = outcomes(&push(&schema, &mut server, &engineer(2), &[&shared, &later]));
    assert_eq!(got, [Outcome::Proposed(Flag::Late), Outcome::Proposed(Flag::Late)]);
}

#[test]
fn closed_meanwhile_keeps_evidence_and_does_not_reopen() {
    let schema = schema();
    let (mut phone, mut server) = registered(&schema);
    let mut desk = at(&schema, &server, office(9), 2);
    let cancel = desk.ok(json!({"cmd":"event","to":"cancelled","why":"重复登记"}));
    assert_eq!(outcomes(&push(&schema, &mut server, &office(9), &[&cancel])), [ACCEPTED]);
    let note = phone.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"到过现场"}}));
    let shared = phone.set("quantity", "3");
    let got = outcomes(&push(&schema, &mut server, &engineer(1), &[&note, &shared]));
    assert_eq!(got, [Outcome::Accepted(Some(Flag::AfterClose)), Outcome::Proposed(Flag::AfterClose)]);
    assert_eq!(server.view(kind(&schema)).folded.status, "cancelled");
    // Seen closed: nothing more.
    let mut informed = at(&schema, &server, engineer(1), 5);
    let note = informed.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"迟了"}}));
    let got = outcomes(&push(&schema, &mut server, &engineer(1), &[&note]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenState));
}

#[test]
fn nobody_rewrites_another_s_evidence_and_nobody_types_the_number() {
    let schema = schema();
    let (mut phone, mut server) = registered(&schema);
    let note = phone.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"到过现场"}}));
    push(&schema, &mut server, &engineer(1), &[&note]);
    let view = server.view(kind(&schema));
    let id = view.collections["follow_ups"][0].id;
    let mut desk = at(&schema, &server, office(9), 2);
    let edit = desk.ok(json!({"cmd":"update","collection":"follow_ups","id":id,"fields":{"content":"没去"}}));
    let got = outcomes(&push(&schema, &mut server, &office(9), &[&edit]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenField));
    let own = phone
        .ok(json!({"cmd":"update","collection":"follow_ups","id":id,"fields":{"content":"到过现场两次"}}));
    assert_eq!(outcomes(&push(&schema, &mut server, &engineer(1), &[&own])), [ACCEPTED]);
    let number = phone.set("complaint_no", "TS2026-99999");
    let got = outcomes(&push(&schema, &mut server, &engineer(1), &[&number]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenField));
}

#[test]
fn a_field_of_an_entry_can_be_the_office_s() {
    let schema = schema_with(
        "[[collection]]\nkey = \"parts\"\ngroup = \"g\"\nlabel = { zh = \"零件\", en = \"Parts\" }\naccess = \"evidence\"\n\
         [[collection.field]]\nkey = \"name\"\ntype = \"text\"\nlabel = { zh = \"名称\", en = \"Name\" }\n\
         [[collection.field]]\nkey = \"verdict\"\ntype = \"text\"\nlabel = { zh = \"鉴定\", en = \"Verdict\" }\naccess = \"core\"\n",
    );
    let (mut phone, mut server) = registered(&schema);
    let forged =
        phone.ok(json!({"cmd":"add","collection":"parts","fields":{"name":"油封","verdict":"免费更换"}}));
    let got = outcomes(&push(&schema, &mut server, &engineer(1), &[&forged]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenField));
    let view = server.view(kind(&schema));
    let add = |fields| Intent::Add { collection: "parts".into(), id: None, fields };
    let with = |json: serde_json::Value| json.as_object().unwrap().clone();
    let asked = add(with(json!({"name":"油封","verdict":"免费更换"})));
    assert!(permit(&engineer(1), kind(&schema), &view, Default::default(), &asked).is_err());
    assert!(permit(&office(9), kind(&schema), &view, Default::default(), &asked).is_ok());
    assert!(
        permit(&engineer(1), kind(&schema), &view, Default::default(), &add(with(json!({"name":"油封"}))))
            .is_ok()
    );
}

#[test]
fn choosing_the_value_that_shows_is_accepted() {
    let schema = schema();
    let (mut phone, mut server) = registered(&schema);
    let mut desk = at(&schema, &server, office(9), 2);
    let ours = desk.set("quantity", "7");
    let theirs = phone.set("quantity", "5");
    push(&schema, &mut server, &office(9), &[&ours]);
    push(&schema, &mut server, &engineer(1), &[&theirs]);
    let mut phone = at(&schema, &server, engineer(1), 3);
    for n in [0, 1] {
        let mut replica = at(&schema, &server, engineer(1), 4 + n);
        let chosen = replica.ok(json!({"cmd":"choose","field":"quantity","n":n}));
        let mut copy = server.clone();
        assert_eq!(outcomes(&push(&schema, &mut copy, &engineer(1), &[&chosen])), [ACCEPTED]);
        assert!(copy.view(kind(&schema)).conflicts.is_empty());
    }
    phone.ok(json!({"cmd":"choose","field":"quantity","n":0}));
}

#[test]
fn steps_follow_the_table_and_its_people() {
    let schema = schema();
    let (mut phone, mut server) = registered(&schema);
    let step = phone.ok(json!({"cmd":"event","to":"assessing"}));
    let got = outcomes(&push(&schema, &mut server, &engineer(1), &[&step]));
    assert_eq!(code(&got[0]), Some(Code::ForbiddenTransition));
    let mut desk = at(&schema, &server, office(9), 2);
    let step = desk.ok(json!({"cmd":"event","to":"assessing"}));
    assert_eq!(outcomes(&push(&schema, &mut server, &office(9), &[&step])), [ACCEPTED]);
    assert_eq!(server.view(kind(&schema)).folded.status, "assessing");
}

#[test]
fn steps_need_their_fields_whatever_the_screen_allowed() {
    let lax = schema();
    let strict = schema_with(
        "[[field]]\nkey = \"site\"\ngroup = \"g\"\ntype = \"text\"\nlabel = { zh = \"现场\", en = \"Site\" }\naccess = \"shared\"\nrequired = [\"registered\"]\n",
    );
    let (mut phone, made) = made_by(&lax, engineer(1), record_id(1), 1);
    let step = phone.ok(json!({"cmd":"event","to":"registered"}));
    let mut server = Record::new("complaint", record_id(1));
    let got = outcomes(&push(&strict, &mut server, &engineer(1), &[&made, &step]));
    assert_eq!(got[0], ACCEPTED);
    assert_eq!(code(&got[1]), Some(Code::Required));
}

#[test]
fn fields_of_a_newer_version_are_refused_for_now_and_not_merged() {
    let newer = schema_with(
        "[[field]]\nkey = \"torque\"\ngroup = \"g\"\ntype = \"text\"\nlabel = { zh = \"扭矩\", en = \"Torque\" }\naccess = \"shared\"\n",
    );
    let older = schema();
    let mut phone = Hand::new(&newer, engineer(1), Record::new("complaint", record_id(1)), 1);
    let made = phone.ok(json!({"cmd":"create","fields":{"content":"漏油","torque":"1"}}));
    let mut server = Record::new("complaint", record_id(1));
    let got = outcomes(&push(&older, &mut server, &engineer(1), &[&made]));
    assert_eq!(code(&got[0]), Some(Code::SchemaUnsupported));
    assert_eq!(server.change_count(), 1);
}

#[test]
fn decided_changes_pass_without_permission() {
    let schema = schema();
    let (_, server) = registered(&schema);
    let mut stranger = at(&schema, &server, engineer(2), 2);
    let change = stranger.set("quantity", "4");
    let chunks = [change.bytes.as_slice()];
    let incoming = Incoming {
        schema: &schema,
        record: &server,
        chunks: &chunks,
        person: None,
        before: Default::default(),
        around: Default::default(),
    };
    let admission = admit(&incoming);
    assert_eq!(outcomes(&admission), [ACCEPTED]);
}

#[test]
fn who_makes_a_record_fills_its_own_fields_with_it() {
    let schema = schema();
    let person = engineer(1);
    let mut hand = Hand::new(&schema, person.clone(), Record::new("complaint", record_id(9)), 9);
    let create = json!({"cmd":"create","fields":{"content":"变速箱漏油","diagnosis":"油封老化"}});
    let view = hand.record.view(kind(&schema));
    permit(&person, kind(&schema), &view, Default::default(), &Intent::from_json(&create).unwrap()).unwrap();
    let made = hand.ok(create);
    let mut server = Record::new("complaint", record_id(9));
    assert_eq!(outcomes(&push(&schema, &mut server, &person, &[&made])), [ACCEPTED]);
}
