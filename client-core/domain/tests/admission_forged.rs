//! Changes that no honest program makes: what is judged is what everybody reads afterwards, also where a change
//! builds on one that waits for the office.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use automerge::transaction::{Transactable as _, Transaction};
use automerge::{ObjId, ObjType, ROOT, ScalarValue};
use common::forge::*;
use common::*;
use domain::authz::Flag;
use domain::document::{Before, Incoming, Made, Outcome, Record, admit};
use domain::error::Code;
use domain::ids::{UserId, id22};
use domain::schema::Schema;
use serde_json::json;
use uuid::Uuid;

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
