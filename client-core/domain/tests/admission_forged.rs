//! Changes that no honest program makes: what is judged is what everybody reads afterwards, also where a change
//! builds on one that waits for the office.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use automerge::transaction::{CommitOptions, Transactable as _, Transaction};
use automerge::{ActorId, Author, Automerge, ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue};
use common::*;
use domain::authz::{Flag, Principal};
use domain::document::{Admission, Before, Incoming, Made, Outcome, Record, admit, permit};
use domain::error::Code;
use domain::ids::{UserId, id22};
use domain::intent::Intent;
use domain::schema::Schema;
use serde_json::json;
use uuid::Uuid;

fn judge(
    schema: &Schema,
    server: &mut Record,
    person: &Principal,
    chunks: &[&[u8]],
    before: Before<'_>,
) -> Admission {
    let around = Default::default();
    let incoming = Incoming { schema, record: server, chunks, person: Some(person), before, around };
    let admission = admit(&incoming);
    if let Some((record, _)) = &admission.merged {
        *server = record.clone();
    }
    admission
}

fn outcomes(admission: &Admission) -> Vec<Outcome> {
    admission.judged.iter().map(|j| j.outcome.clone()).collect()
}

fn push(schema: &Schema, server: &mut Record, person: &Principal, chunks: &[&[u8]]) -> Vec<Outcome> {
    outcomes(&judge(schema, server, person, chunks, Before::default()))
}

fn code(outcome: &Outcome) -> Option<Code> {
    match outcome {
        Outcome::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    }
}

fn codes(outcomes: &[Outcome]) -> Vec<Option<Code>> {
    outcomes.iter().map(code).collect()
}

const ACCEPTED: Outcome = Outcome::Accepted(None);

/// A complaint by engineer 1, registered, on the server and in that engineer's hand.
fn registered(schema: &Arc<Schema>) -> (Hand, Record) {
    let (mut hand, made) = made_by(schema, engineer(1), record_id(1), 1);
    let step = hand.ok(json!({"cmd":"event","to":"registered"}));
    let mut server = Record::new("complaint", record_id(1));
    assert_eq!(push(schema, &mut server, &engineer(1), &[&made.bytes, &step.bytes]), [ACCEPTED, ACCEPTED]);
    (hand, server)
}

fn at(schema: &Arc<Schema>, server: &Record, person: Principal, salt: u8) -> Hand {
    Hand::new(schema, person, Record::load(server.id(), &server.save()).unwrap(), salt)
}

/// A change made without asking anybody, on top of `record`.
fn forged(record: &Record, by: UserId, salt: u8, work: impl FnOnce(&mut Transaction<'_>)) -> Made {
    let mut doc = Automerge::load(&record.save()).unwrap();
    doc.set_author(Some(Author::from(by.bytes().to_vec())));
    doc.set_actor(ActorId::from([salt; 16]));
    let mut tx = doc.transaction();
    work(&mut tx);
    let (hash, _) = tx.commit_with(CommitOptions::default().with_time(5_000));
    let hash = hash.unwrap();
    Made { hash: hash.0, bytes: doc.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec() }
}

fn root(tx: &Transaction<'_>, key: &str) -> ObjId {
    tx.get(ROOT, key).unwrap().unwrap().1
}

fn fill_event(tx: &mut Transaction<'_>, event: &ObjId, to: &str, by: UserId, role: &str, prev: &str) {
    tx.put(event, "t", "status").unwrap();
    tx.put(event, "to", to).unwrap();
    tx.put(event, "at", ScalarValue::Timestamp(4_000)).unwrap();
    tx.put(event, "by", ScalarValue::Bytes(by.bytes().to_vec())).unwrap();
    tx.put(event, "role", role).unwrap();
    tx.put(event, "prev", prev).unwrap();
}

fn frontier(record: &Record, schema: &Schema) -> String {
    let folded = record.view(kind(schema)).folded;
    folded.frontier.iter().map(|p| id22(p.as_bytes())).collect::<Vec<_>>().join(",")
}

#[test]
fn a_step_cannot_hide_behind_another_under_the_same_key() {
    let schema = schema();
    let (hand, mut server) = registered(&schema);
    let prev = frontier(&server, &schema);
    let key = id22(Uuid::from_u128(77).as_bytes());
    let mut boss = office(9);
    boss.role = domain::authz::Role::Admin;
    let change = forged(&hand.record, user(1), 50, |tx| {
        let events = root(tx, "events");
        let honest = tx.put_object(&events, &key, ObjType::Map).unwrap();
        let hidden = tx.put_object(&events, &key, ObjType::Map).unwrap();
        fill_event(tx, &hidden, "closed", boss.user, "admin", &prev);
        fill_event(tx, &honest, "cancelled", user(1), "engineer", &prev);
    });
    let got = push(&schema, &mut server, &engineer(1), &[&change.bytes]);
    assert_eq!(codes(&got), [Some(Code::Malformed)]);
    assert_eq!(server.view(kind(&schema)).folded.status, "registered");
    // Nor one value behind another.
    let change = forged(&hand.record, user(1), 51, |tx| {
        let events = root(tx, "events");
        let event = tx.put_object(&events, &key, ObjType::Map).unwrap();
        tx.put(&event, "to", "closed").unwrap();
        fill_event(tx, &event, "assessing", user(1), "engineer", &prev);
    });
    assert_eq!(codes(&push(&schema, &mut server, &engineer(1), &[&change.bytes])), [Some(Code::Malformed)]);
}

#[test]
fn an_entry_cannot_hide_behind_another_under_the_same_key() {
    let schema = schema();
    let (hand, mut server) = registered(&schema);
    let key = format!("follow_ups/{}", id22(Uuid::from_u128(78).as_bytes()));
    let signed = |tx: &mut Transaction<'_>, entry: &ObjId, by: UserId, content: &str| {
        tx.put(entry, "_by", ScalarValue::Bytes(by.bytes().to_vec())).unwrap();
        tx.put(entry, "_at", ScalarValue::Timestamp(4_000)).unwrap();
        tx.put(entry, "content", content).unwrap();
    };
    let change = forged(&hand.record, user(1), 52, |tx| {
        let entries = root(tx, "entries");
        let honest = tx.put_object(&entries, &key, ObjType::Map).unwrap();
        let hidden = tx.put_object(&entries, &key, ObjType::Map).unwrap();
        signed(tx, &hidden, user(9), "由客服登记");
        signed(tx, &honest, user(1), "到过现场");
    });
    assert_eq!(codes(&push(&schema, &mut server, &engineer(1), &[&change.bytes])), [Some(Code::Malformed)]);
    let change = forged(&hand.record, user(1), 53, |tx| {
        let entries = root(tx, "entries");
        let entry = tx.put_object(&entries, &key, ObjType::Map).unwrap();
        signed(tx, &entry, user(9), "由客服登记");
        signed(tx, &entry, user(1), "到过现场");
    });
    assert_eq!(codes(&push(&schema, &mut server, &engineer(1), &[&change.bytes])), [Some(Code::Malformed)]);
}

/// A record that engineer 2 was taken off, the engineer's replica, and a change that waits for the office.
fn waiting(schema: &Arc<Schema>) -> (Hand, Record, Made) {
    let (_, mut server) = registered(schema);
    let mut desk = at(schema, &server, office(9), 2);
    let on = desk.ok(json!({"cmd":"assign","lead":user(2)}));
    assert_eq!(push(schema, &mut server, &office(9), &[&on.bytes]), [ACCEPTED]);
    let mut phone = at(schema, &server, engineer(2), 3);
    let off = desk.ok(json!({"cmd":"assign","lead":user(3)}));
    assert_eq!(push(schema, &mut server, &office(9), &[&off.bytes]), [ACCEPTED]);
    let first = phone.set("reporter_name", "陈小姐");
    (phone, server, first)
}

#[test]
fn what_builds_on_a_proposal_is_judged_when_it_arrives() {
    let schema = schema();
    let (phone, server, first) = waiting(&schema);
    let me = user(2);
    let other = id22(user(9).bytes());
    let prev = frontier(&phone.record, &schema);
    type Work = Box<dyn FnOnce(&mut Transaction<'_>)>;
    let cases: Vec<(&str, UserId, Work, Code)> = vec![
        (
            "assign",
            me,
            Box::new({
                let boss = id22(user(9).bytes());
                move |tx| {
                    let o = root(tx, "assign");
                    tx.put(&o, boss, "other").unwrap();
                }
            }),
            Code::ForbiddenField,
        ),
        (
            "core",
            me,
            Box::new(|tx| {
                let o = root(tx, "fields");
                tx.put(&o, "severity", "serious").unwrap();
            }),
            Code::ForbiddenField,
        ),
        (
            "system",
            me,
            Box::new(|tx| {
                let o = root(tx, "fields");
                tx.put(&o, "complaint_no", "TS2026-1").unwrap();
            }),
            Code::ForbiddenField,
        ),
        (
            "root",
            me,
            Box::new(|tx| {
                tx.put_object(ROOT, "fields", ObjType::Map).unwrap();
            }),
            Code::Malformed,
        ),
        (
            "type",
            me,
            Box::new(|tx| {
                let o = root(tx, "fields");
                tx.put(&o, "quantity", true).unwrap();
            }),
            Code::WrongType,
        ),
        (
            "name",
            user(9),
            Box::new(|tx| {
                let o = root(tx, "fields");
                tx.put(&o, "quantity", "5").unwrap();
            }),
            Code::AuthorMismatch,
        ),
        (
            "event",
            me,
            Box::new({
                let prev = prev.clone();
                move |tx| {
                    let events = root(tx, "events");
                    let event =
                        tx.put_object(&events, id22(Uuid::from_u128(5).as_bytes()), ObjType::Map).unwrap();
                    fill_event(tx, &event, "closed", user(9), "admin", &prev);
                }
            }),
            Code::AuthorMismatch,
        ),
        (
            "step",
            me,
            Box::new({
                let prev = prev.clone();
                move |tx| {
                    let events = root(tx, "events");
                    let event =
                        tx.put_object(&events, id22(Uuid::from_u128(6).as_bytes()), ObjType::Map).unwrap();
                    fill_event(tx, &event, "assessing", user(2), "engineer", &prev);
                }
            }),
            Code::ForbiddenTransition,
        ),
        (
            "delete",
            me,
            Box::new(move |tx| {
                let o = root(tx, "assign");
                tx.delete(&o, other).ok();
                let f = root(tx, "fields");
                tx.delete(&f, "content").unwrap();
            }),
            Code::WrongType,
        ),
    ];
    for (i, (name, by, work, want)) in cases.into_iter().enumerate() {
        let salt = 60 + u8::try_from(i).unwrap();
        let second = forged(&phone.record, by, salt, work);
        let mut ahead = phone.record.clone();
        ahead.apply(&[&second.bytes]).unwrap();
        let third = forged(&ahead, me, salt + 20, |tx| {
            let o = root(tx, "fields");
            tx.put(&o, "quantity", "3").unwrap();
        });
        let mut copy = server.clone();
        let got = push(&schema, &mut copy, &engineer(2), &[&first.bytes, &second.bytes, &third.bytes]);
        assert_eq!(got[0], Outcome::Proposed(Flag::Late), "{name}");
        assert_eq!(code(&got[1]), Some(want), "{name}");
        assert_eq!(code(&got[2]), Some(Code::DependencyRejected), "{name}");
        // The same when the first came earlier and waits already.
        let kept: [&[u8]; 1] = [&first.bytes];
        let before = Before { waiting: &kept, ..Before::default() };
        let got = judge(&schema, &mut copy, &engineer(2), &[&second.bytes, &third.bytes], before);
        assert_eq!(codes(&outcomes(&got)), [Some(want), Some(Code::DependencyRejected)], "{name}");
        // And the office that says yes to all of it takes over the honest one only.
        let before = Before { agreed: true, ..Before::default() };
        let all: [&[u8]; 3] = [&first.bytes, &second.bytes, &third.bytes];
        let got = judge(&schema, &mut copy, &engineer(2), &all, before);
        assert_eq!(codes(&outcomes(&got)), [None, Some(want), Some(Code::DependencyRejected)], "{name}");
        assert_eq!(copy.view(kind(&schema)).value("reporter_name").to_json(), "陈小姐");
    }
}

#[test]
fn honest_work_on_a_proposal_waits_with_it() {
    let schema = schema();
    let (mut phone, mut server, first) = waiting(&schema);
    let note = phone.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"到过现场"}}));
    let id = phone.record.view(kind(&schema)).collections["follow_ups"][0].id;
    let more =
        phone.ok(json!({"cmd":"update","collection":"follow_ups","id":id,"fields":{"content":"去过两次"}}));
    let prose = phone.set("content", "变速箱漏油，停机");
    let all: Vec<&[u8]> = [&first, &note, &more, &prose].iter().map(|m| &m.bytes[..]).collect();
    let got = push(&schema, &mut server, &engineer(2), &all);
    assert_eq!(got, vec![Outcome::Proposed(Flag::Late); 4]);
    let before = Before { waiting: &all[..2], ..Before::default() };
    let got = judge(&schema, &mut server, &engineer(2), &all[2..], before);
    assert_eq!(outcomes(&got), vec![Outcome::Proposed(Flag::Late); 2]);
    let again = judge(&schema, &mut server, &engineer(2), &all[..1], before);
    assert_eq!(outcomes(&again), [Outcome::Proposed(Flag::Late)]);
    let before = Before { agreed: true, ..Before::default() };
    let got = judge(&schema, &mut server, &engineer(2), &all, before);
    assert_eq!(outcomes(&got), vec![ACCEPTED; 4]);
    let view = server.view(kind(&schema));
    assert_eq!(view.value("content").to_json(), "变速箱漏油，停机");
    assert_eq!(view.collections["follow_ups"][0].fields["content"].to_text(), "去过两次");
}

#[test]
fn what_builds_on_a_change_that_was_turned_down_is_refused() {
    let schema = schema();
    let (mut phone, mut server, first) = waiting(&schema);
    let second = phone.set("quantity", "4");
    let down = [first.hash].into();
    let before = Before { turned_down: Some(&down), ..Before::default() };
    let got = judge(&schema, &mut server, &engineer(2), &[&second.bytes], before);
    assert_eq!(codes(&outcomes(&got)), [Some(Code::DependencyRejected)]);
    let got = judge(&schema, &mut server, &engineer(2), &[&first.bytes, &second.bytes], before);
    assert_eq!(codes(&outcomes(&got)), [Some(Code::ForbiddenState), Some(Code::DependencyRejected)]);
}

#[test]
fn whoever_decides_is_shown_all_that_a_change_does() {
    let schema = schema();
    let (hand, _) = registered(&schema);
    let key = id22(Uuid::from_u128(79).as_bytes());
    let change = forged(&hand.record, user(1), 56, |tx| {
        let (events, fields, entries) = (root(tx, "events"), root(tx, "fields"), root(tx, "entries"));
        let event = tx.put_object(&events, &key, ObjType::Map).unwrap();
        fill_event(tx, &event, "closed", user(9), "admin", "");
        let entry = tx.put_object(&entries, format!("follow_ups/{key}"), ObjType::Map).unwrap();
        tx.put(&entry, "_by", ScalarValue::Bytes(user(9).bytes().to_vec())).unwrap();
        tx.delete(&fields, "reporter_name").unwrap();
        tx.put_object(ROOT, "fields", ObjType::Map).unwrap();
    });
    let mut record = hand.record.clone();
    let shown = |record: &Record, hash| {
        let items = record.history(kind(&schema)).into_iter().filter(|i| i.change == hash);
        let mut fields: Vec<String> = items.map(|i| i.field).collect();
        fields.sort();
        fields
    };
    record.apply(&[&change.bytes]).unwrap();
    let all = [
        format!("entries/follow_ups/{key}/_by"),
        format!("events/{key}/by"),
        "fields".to_owned(),
        "reporter_name".to_owned(),
        "status".to_owned(),
    ];
    assert_eq!(shown(&record, change.hash), all);
    let mut desk = at(&schema, &hand.record, office(9), 57);
    let step = desk.ok(json!({"cmd":"event","to":"assessing"}));
    assert_eq!(shown(&desk.record, step.hash), ["status"], "an honest step says no more than before");
}

#[test]
fn nobody_writes_outside_the_parts_of_a_record() {
    let schema = schema();
    let (hand, server) = registered(&schema);
    let change = forged(&hand.record, user(1), 54, |tx| {
        tx.put_object(ROOT, "fields", ObjType::Map).unwrap();
    });
    let chunks: [&[u8]; 1] = [&change.bytes];
    let (before, around) = (Before::default(), Default::default());
    let incoming =
        Incoming { schema: &schema, record: &server, chunks: &chunks, person: None, before, around };
    assert_eq!(codes(&outcomes(&admit(&incoming))), [Some(Code::Malformed)]);
}

/// Takes a registered complaint to its archive.
fn archive(schema: &Arc<Schema>, server: &mut Record) {
    let mut desk = at(schema, server, office(8), 30);
    let steps = [
        "assessing",
        "accepted",
        "assigned",
        "analysing",
        "plan_review",
        "executing",
        "replied",
        "callback",
        "closed",
        "archived",
    ];
    for to in steps {
        let step = desk.ok(json!({"cmd":"event","to":to}));
        assert_eq!(push(schema, server, &office(8), &[&step.bytes]), [ACCEPTED], "{to}");
    }
}

#[test]
fn a_late_edit_does_not_change_an_archived_record() {
    let schema = schema();
    let (mut phone, mut server) = registered(&schema);
    let mut desk = at(&schema, &server, office(9), 2);
    archive(&schema, &mut server);
    let edit = desk.set("content", "改过的内容");
    let note = desk.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"电话联系"}}));
    let got = push(&schema, &mut server, &office(9), &[&edit.bytes, &note.bytes]);
    assert_eq!(got, vec![Outcome::Proposed(Flag::AfterClose); 2]);
    let evidence = phone.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"到过现场"}}));
    let got = push(&schema, &mut server, &engineer(1), &[&evidence.bytes]);
    assert_eq!(got, [Outcome::Proposed(Flag::AfterClose)]);
    let mut late = at(&schema, &phone.record, engineer(1), 31);
    let step = late.ok(json!({"cmd":"event","to":"assessing"}));
    let got = push(&schema, &mut server, &engineer(1), &[&step.bytes]);
    assert!(!matches!(got[0], Outcome::Accepted(_)));
    assert_eq!(server.view(kind(&schema)).folded.status, "archived");
}

const NEEDED: &str = r#"
[[field]]
key = "title"
group = "g"
type = "text"
label = { zh = "标题", en = "Title" }
access = "shared"
required = "always"
[[collection]]
key = "parts"
group = "g"
label = { zh = "零件", en = "Parts" }
access = "shared"
[[collection.field]]
key = "name"
type = "text"
label = { zh = "名称", en = "Name" }
required = "always"
[[collection.field]]
key = "note"
type = "text"
label = { zh = "备注", en = "Note" }
[[collection]]
key = "items"
group = "g"
label = { zh = "项目", en = "Items" }
access = "shared"
[[collection.field]]
key = "item"
type = "text"
label = { zh = "项目", en = "Item" }
required = "always"
access = "core"
[[collection.field]]
key = "own_value"
type = "text"
label = { zh = "自评", en = "Own" }
conflict = "show"
"#;

#[test]
fn what_is_always_needed_is_never_empty_on_either_path() {
    let strict = schema_with(NEEDED);
    let lax = schema_with(&NEEDED.replace("required = \"always\"\n", ""));
    let (person, id) = (engineer(1), record_id(1));
    let mut phone = Hand::new(&lax, person.clone(), Record::new("complaint", id), 1);
    let bare = phone.ok(json!({"cmd":"create","fields":{"content":"漏油"}}));
    let mut server = Record::new("complaint", id);
    let refused = |got: &[Outcome], field: &str| match &got[0] {
        Outcome::Refused { refusal, .. } => {
            assert_eq!((refusal.code, &refusal.params["field"]), (Code::Required, &json!(field)))
        }
        other => panic!("{field}: {other:?}"),
    };
    refused(&push(&strict, &mut server, &person, &[&bare.bytes]), "title");

    let mut phone = Hand::new(&lax, person.clone(), Record::new("complaint", id), 2);
    let made = phone.ok(json!({"cmd":"create","fields":{"content":"漏油","title":"一号"}}));
    let part = phone.ok(json!({"cmd":"add","collection":"parts","fields":{"name":"油封"}}));
    assert_eq!(push(&strict, &mut server, &person, &[&made.bytes, &part.bytes]), [ACCEPTED, ACCEPTED]);
    let entry = server.view(kind(&strict)).collections["parts"][0].id;
    let update = json!({"cmd":"update","collection":"parts","id":entry,"fields":{"name":null}});
    for (salt, intent, field) in [
        (3, json!({"cmd":"set","field":"title","value":null}), "title"),
        (4, json!({"cmd":"event","to":"registered","fields":{"title":null}}), "title"),
        (5, update, "parts/name"),
    ] {
        let mut forger = at(&lax, &server, person.clone(), salt);
        let change = forger.ok(intent.clone());
        refused(&push(&strict, &mut server.clone(), &person, &[&change.bytes]), field);
        let refusal = at(&strict, &server, person.clone(), salt + 10).run(intent).unwrap_err();
        assert_eq!((refusal.code, &refusal.params["field"]), (Code::Required, &json!(field)));
    }
    // As a text that was emptied, too.
    let emptied = forged(&server, user(1), 55, |tx| {
        let fields = root(tx, "fields");
        let text = tx.put_object(&fields, "title", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, "x").unwrap();
        tx.splice_text(&text, 0, 1, "").unwrap();
    });
    refused(&push(&strict, &mut server, &person, &[&emptied.bytes]), "title");
}

#[test]
fn who_may_not_name_an_item_may_not_take_it_off() {
    let schema = schema_with(&NEEDED.replace("key = \"title\"", "key = \"subject\"").replacen(
        "required = \"always\"\n",
        "",
        1,
    ));
    let (mut phone, mut server) = registered(&schema);
    let mut desk = at(&schema, &server, office(9), 2);
    let item = desk.ok(json!({"cmd":"add","collection":"items","fields":{"item":"响应时间"}}));
    assert_eq!(push(&schema, &mut server, &office(9), &[&item.bytes]), [ACCEPTED]);
    phone = at(&schema, &server, phone.person.clone(), 3);
    let id = server.view(kind(&schema)).collections["items"][0].id;
    let own = phone.ok(json!({"cmd":"update","collection":"items","id":id,"fields":{"own_value":"5"}}));
    assert_eq!(push(&schema, &mut server, &engineer(1), &[&own.bytes]), [ACCEPTED]);
    let remove = json!({"cmd":"remove","collection":"items","id":id});
    let change = phone.ok(remove.clone());
    let got = push(&schema, &mut server, &engineer(1), &[&change.bytes]);
    assert_eq!(codes(&got), [Some(Code::ForbiddenField)]);
    let view = server.view(kind(&schema));
    let intent = Intent::from_json(&remove).unwrap();
    let asked = |person: &Principal, intent: &Intent| {
        permit(person, kind(&schema), &view, Default::default(), intent).map_err(|r| r.code)
    };
    assert_eq!(asked(&engineer(1), &intent), Err(Code::ForbiddenField));
    assert_eq!(asked(&office(9), &intent), Ok(()));
    let choose = |field: &str| Intent::Choose { field: format!("items/{id}/{field}"), n: 0 };
    assert_eq!(asked(&engineer(1), &choose("own_value")), Ok(()));
    assert_eq!(asked(&engineer(1), &choose("item")), Err(Code::ForbiddenField));
    let change = desk.ok(remove);
    assert_eq!(push(&schema, &mut server, &office(9), &[&change.bytes]), [ACCEPTED]);
}

#[test]
fn an_engineer_does_not_settle_what_two_people_did_to_the_status() {
    let schema = schema();
    let (mut phone, mut server) = registered(&schema);
    let mut desk = at(&schema, &server, office(9), 2);
    let mut other = at(&schema, &server, office(8), 3);
    let one = desk.ok(json!({"cmd":"event","to":"assessing"}));
    let two = other.ok(json!({"cmd":"event","to":"cancelled","why":"重复登记"}));
    assert_eq!(push(&schema, &mut server, &office(9), &[&one.bytes]), [ACCEPTED]);
    assert_eq!(push(&schema, &mut server, &office(8), &[&two.bytes]), [ACCEPTED]);
    let view = server.view(kind(&schema));
    assert!(view.folded.conflicted);
    phone = at(&schema, &server, phone.person.clone(), 4);
    let event = |to: &str| json!({"cmd":"event","to":to});
    assert!(phone.run(event("assessing")).is_err());
    let asked = |person: &Principal, json: &serde_json::Value| {
        permit(person, kind(&schema), &view, Default::default(), &Intent::from_json(json).unwrap())
    };
    let choose = json!({"cmd":"choose","field":"status","n":1});
    assert_eq!(asked(&engineer(1), &choose).unwrap_err().code, Code::ForbiddenTransition);
    assert_eq!(asked(&engineer(1), &event("assessing")).unwrap_err().code, Code::ForbiddenTransition);
    assert!(asked(&office(9), &choose).is_ok() && asked(&office(9), &event("assessing")).is_ok());
    desk = at(&schema, &server, office(9), 5);
    let settled = desk.ok(choose);
    assert_eq!(push(&schema, &mut server, &office(9), &[&settled.bytes]), [ACCEPTED]);
    assert!(!server.view(kind(&schema)).folded.conflicted);
}

const TYPED: &str = r#"
[[field]]
key = "cost"
group = "g"
type = "money"
label = { zh = "费用", en = "Cost" }
access = "shared"
[[field]]
key = "due"
group = "g"
type = "time"
label = { zh = "时间", en = "Time" }
access = "shared"
[[field]]
key = "levels"
group = "g"
type = "multi_enum"
list = "severity"
label = { zh = "程度", en = "Levels" }
access = "shared"
[[field]]
key = "day"
group = "g"
type = "date"
label = { zh = "日期", en = "Day" }
access = "shared"
[[collection]]
key = "lines"
group = "g"
label = { zh = "行", en = "Lines" }
access = "evidence"
unique = "name"
[[collection.field]]
key = "name"
type = "text"
label = { zh = "名称", en = "Name" }
"#;

#[test]
fn values_that_arrive_are_such_as_could_be_typed() {
    let schema = schema_with(TYPED);
    let (hand, mut server) = registered(&schema);
    let put = |salt: u8, key: &str, value: ScalarValue| {
        forged(&hand.record, user(1), salt, |tx| {
            let fields = root(tx, "fields");
            tx.put(&fields, key, value).unwrap();
        })
    };
    let wrong = Some(Code::WrongType);
    let cases: Vec<(&str, ScalarValue, Option<Code>)> = vec![
        ("cost", "1.234".into(), wrong),
        ("cost", "1.20".into(), None),
        ("due", "99:99".into(), wrong),
        ("due", "9:5".into(), wrong),
        ("due", "09:05".into(), None),
        ("levels", "serious,general".into(), wrong),
        ("levels", "general,general".into(), wrong),
        ("levels", "general,serious".into(), None),
        ("day", "2026-03-02".into(), None),
        ("day", "20260302".into(), wrong),
        ("received_at", ScalarValue::Timestamp(i64::MAX), wrong),
        ("received_at", ScalarValue::Timestamp(1_700_000_000_000), None),
    ];
    for (i, (key, value, want)) in cases.into_iter().enumerate() {
        let change = put(100 + u8::try_from(i).unwrap(), key, value.clone());
        let got = push(&schema, &mut server.clone(), &engineer(1), &[&change.bytes]);
        assert_eq!(codes(&got), [want], "{key} {value:?}");
    }
    let text = |salt: u8, key: &str, value: &str| {
        forged(&hand.record, user(1), salt, |tx| {
            let fields = root(tx, "fields");
            let text = tx.put_object(&fields, key, ObjType::Text).unwrap();
            tx.splice_text(&text, 0, 0, value).unwrap();
        })
    };
    for (i, (key, value, want)) in [
        ("reporter_name", "李工", None),
        ("reporter_name", "李工\n张工", wrong),
        ("content", &"油".repeat(4_001), Some(Code::TooLong)),
        ("reporter_name", &"李".repeat(201), Some(Code::TooLong)),
    ]
    .into_iter()
    .enumerate()
    {
        let change = text(120 + u8::try_from(i).unwrap(), key, value);
        let got = push(&schema, &mut server.clone(), &engineer(1), &[&change.bytes]);
        assert_eq!(codes(&got), [want], "{key}");
    }
    // Two entries whose names come as texts are told apart by what these say.
    let line = |record: &Record, salt: u8, name: &str| {
        forged(record, user(1), salt, |tx| {
            let entries = root(tx, "entries");
            let key = format!("lines/{}", id22(Uuid::from_u128(u128::from(salt)).as_bytes()));
            let entry = tx.put_object(&entries, key, ObjType::Map).unwrap();
            tx.put(&entry, "_by", ScalarValue::Bytes(user(1).bytes().to_vec())).unwrap();
            tx.put(&entry, "_at", ScalarValue::Timestamp(4_000)).unwrap();
            let text = tx.put_object(&entry, "name", ObjType::Text).unwrap();
            tx.splice_text(&text, 0, 0, name).unwrap();
        })
    };
    let one = line(&server, 130, "甲");
    assert_eq!(push(&schema, &mut server, &engineer(1), &[&one.bytes]), [ACCEPTED]);
    let two = line(&server, 131, "乙");
    assert_eq!(push(&schema, &mut server, &engineer(1), &[&two.bytes]), [ACCEPTED]);
    let again = line(&server, 132, "甲");
    let got = push(&schema, &mut server, &engineer(1), &[&again.bytes]);
    assert_eq!(codes(&got), [Some(Code::DuplicateEntry)]);
    // Nor are an event's and an entry's times out of any calendar.
    let prev = frontier(&server, &schema);
    let event = forged(&server, user(1), 133, |tx| {
        let events = root(tx, "events");
        let event = tx.put_object(&events, id22(Uuid::from_u128(9).as_bytes()), ObjType::Map).unwrap();
        fill_event(tx, &event, "assessing", user(1), "engineer", &prev);
        tx.put(&event, "skew_s", 5).unwrap();
    });
    assert_eq!(
        codes(&push(&schema, &mut server.clone(), &engineer(1), &[&event.bytes])),
        [Some(Code::ForbiddenTransition)]
    );
    let event = forged(&server, user(1), 134, |tx| {
        let events = root(tx, "events");
        let event = tx.put_object(&events, id22(Uuid::from_u128(9).as_bytes()), ObjType::Map).unwrap();
        for (key, value) in [("t", "status"), ("to", "assessing"), ("role", "engineer"), ("prev", &prev)] {
            tx.put(&event, key, value).unwrap();
        }
        tx.put(&event, "by", ScalarValue::Bytes(user(1).bytes().to_vec())).unwrap();
        tx.put(&event, "at", ScalarValue::Timestamp(i64::MIN)).unwrap();
    });
    assert_eq!(codes(&push(&schema, &mut server, &engineer(1), &[&event.bytes])), [Some(Code::Malformed)]);
}

#[test]
fn a_record_takes_five_hundred_steps_and_no_more() {
    let schema = schema();
    let (_, mut server) = registered(&schema);
    let mut desk = at(&schema, &server, office(9), 2);
    let mut steps = Vec::new();
    for _ in 0..250 {
        steps.push(desk.ok(json!({"cmd":"event","to":"assessing"})));
        steps.push(desk.ok(json!({"cmd":"event","to":"info_wanted"})));
    }
    let chunks: Vec<&[u8]> = steps.iter().map(|m| &m.bytes[..]).collect();
    let got = push(&schema, &mut server, &office(9), &chunks);
    // Making and registering it were two.
    assert!(got[..498].iter().all(|o| *o == ACCEPTED), "{:?}", got.iter().position(|o| *o != ACCEPTED));
    assert_eq!(codes(&got[498..]), [Some(Code::TooLarge), Some(Code::DependencyRejected)]);
}
