//! Records as documents: editing, merging, conflicts, history, what newer versions wrote.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use domain::document::{Record, genesis_change, genesis_hash};
use domain::error::Code;
use serde_json::json;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Golden vectors: were these bytes to change, documents made before and after would share no root.
#[test]
fn genesis_is_the_same_bytes_for_ever() {
    assert_eq!(
        hex(&genesis_hash("complaint", record_id(1))),
        include_str!("golden/genesis_complaint_1.hash").trim()
    );
    assert_eq!(
        hex(&genesis_change("complaint", record_id(1))),
        include_str!("golden/genesis_complaint_1.change").trim()
    );
    assert_ne!(genesis_hash("complaint", record_id(1)), genesis_hash("complaint", record_id(2)));
    assert_ne!(genesis_hash("complaint", record_id(1)), genesis_hash("visit", record_id(1)));
}

#[test]
fn what_is_written_is_read_back_after_saving() {
    let schema = schema();
    let (mut hand, _) = made_by(&schema, engineer(1), record_id(1), 1);
    hand.set("quantity", "12.50");
    hand.set("received_at", "2026-01-05 08:30");
    hand.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"已联系"}}));
    let record = Record::load(record_id(1), &hand.record.save()).unwrap();
    let json = serde_json::Value::Object(record.view(kind(&schema)).to_json());
    assert_eq!(json["fields"]["content"], "变速箱漏油");
    assert_eq!(json["fields"]["quantity"], "12.5");
    assert_eq!(json["fields"]["received_at"], "2026-01-05T00:30:00Z");
    assert_eq!(json["collections"]["follow_ups"][0]["content"], "已联系");
    assert_eq!(json["status"], "draft");
    assert_eq!(record.heads(), hand.record.heads());
    let plain = Record::load(record_id(1), &record.save_plain()).unwrap();
    assert_eq!(plain.heads(), record.heads());
    assert!(Record::load(record_id(2), &record.save()).is_err(), "another record's document");
}

#[test]
fn one_intent_is_one_change_and_an_equal_value_is_none() {
    let schema = schema();
    let (mut hand, _) = made_by(&schema, engineer(1), record_id(1), 1);
    let before = hand.record.change_count();
    hand.set("reporter_name", "王经理");
    assert_eq!(hand.record.change_count(), before + 1);
    assert_eq!(hand.run(json!({"cmd":"set","field":"reporter_name","value":"王经理"})).unwrap(), None);
    assert_eq!(hand.run(json!({"cmd":"set","field":"content","value":"变速箱漏油"})).unwrap(), None);
    assert_eq!(hand.record.change_count(), before + 1);
}

#[test]
fn bad_values_name_field_and_rule_and_change_nothing() {
    let schema = schema();
    let (mut hand, _) = made_by(&schema, office(1), record_id(1), 1);
    let heads = hand.record.heads();
    for (intent, code, field) in [
        (json!({"cmd":"set","field":"quantity","value":"许多"}), Code::WrongType, "quantity"),
        (json!({"cmd":"set","field":"quantity","value":-1}), Code::OutOfRange, "quantity"),
        (json!({"cmd":"set","field":"severity","value":"huge"}), Code::UnknownCode, "severity"),
        (
            json!({"cmd":"set","field":"reporter_name","value":"长".repeat(201)}),
            Code::TooLong,
            "reporter_name",
        ),
        (json!({"cmd":"set","field":"nonsense","value":1}), Code::UnknownField, "nonsense"),
        (json!({"cmd":"set","field":"received_at","value":"待定"}), Code::WrongType, "received_at"),
        (json!({"cmd":"add","collection":"nonsense"}), Code::UnknownCollection, "nonsense"),
        (
            json!({"cmd":"update","collection":"follow_ups","id":record_id(9),"fields":{}}),
            Code::UnknownEntry,
            "follow_ups",
        ),
    ] {
        let refusal = hand.run(intent).unwrap_err();
        assert_eq!((refusal.code, refusal.params["field"].as_str()), (code, Some(field)));
    }
    let refusal = hand.run(json!({"cmd":"event","to":"closed"})).unwrap_err();
    assert_eq!(refusal.code, Code::BadTransition);
    let refusal = hand.run(json!({"cmd":"event","to":"cancelled"})).unwrap_err();
    assert_eq!((refusal.code, refusal.params["field"].as_str()), (Code::Required, Some("why")));
    hand.set("content", "");
    let refusal = hand.run(json!({"cmd":"event","to":"registered"})).unwrap_err();
    assert_eq!((refusal.code, refusal.params["field"].as_str()), (Code::Required, Some("content")));
    hand.ok(json!({"cmd":"event","to":"registered","fields":{"content":"漏油"}}));
    assert_ne!(hand.record.heads(), heads);
}

#[test]
fn two_values_at_once_are_shown_with_author_and_time_and_one_is_chosen() {
    let schema = schema();
    let (mut a, _) = made_by(&schema, engineer(1), record_id(1), 1);
    let mut b = Hand::new(&schema, office(2), Record::load(record_id(1), &a.record.save()).unwrap(), 2);
    let x = a.set("quantity", "5");
    b.now = 5_000;
    let y = b.set("quantity", "7");
    a.record.apply(&[&y.bytes]).unwrap();
    b.record.apply(&[&x.bytes]).unwrap();
    assert_eq!(a.record.heads(), b.record.heads());
    let conflicts = a.record.conflicts(kind(&schema));
    assert_eq!(conflicts, b.record.conflicts(kind(&schema)));
    assert_eq!(conflicts.len(), 1);
    let values = &conflicts[0].values;
    assert_eq!(conflicts[0].field, "quantity");
    assert_eq!(values[0].value, a.field("quantity"), "0 is the one showing");
    assert_eq!(values.len(), 2);
    let five = values.iter().find(|v| v.value == "5").unwrap();
    assert_eq!(five.by, Some(user(1)));
    let n = five.n;
    a.record.begin(user(1), [3; 16]);
    let made = a.ok(json!({"cmd":"choose","field":"quantity","n":n}));
    b.record.apply(&[&made.bytes]).unwrap();
    for hand in [&a, &b] {
        assert_eq!(hand.field("quantity"), "5");
        assert!(hand.record.conflicts(kind(&schema)).is_empty());
    }
    let history = a.record.history(kind(&schema));
    let quantities: Vec<_> =
        history.iter().filter(|h| h.field == "quantity").map(|h| h.value.clone()).collect();
    assert!(quantities.contains(&json!("5")) && quantities.contains(&json!("7")));
    assert_eq!(a.run(json!({"cmd":"choose","field":"quantity","n":4})).unwrap_err().code, Code::NoSuchValue);
}

#[test]
fn choosing_the_value_that_shows_settles_it_too() {
    let schema = schema();
    let (mut a, _) = made_by(&schema, engineer(1), record_id(1), 1);
    let mut b = Hand::new(&schema, office(2), Record::load(record_id(1), &a.record.save()).unwrap(), 2);
    a.set("quantity", "5");
    let y = b.set("quantity", "7");
    a.record.apply(&[&y.bytes]).unwrap();
    let shown = a.field("quantity");
    a.ok(json!({"cmd":"choose","field":"quantity","n":0}));
    assert_eq!(a.field("quantity"), shown);
    assert!(a.record.conflicts(kind(&schema)).is_empty());
    assert_eq!(a.record.history(kind(&schema)).iter().filter(|h| h.field == "quantity").count(), 3);
}

#[test]
fn the_same_value_set_twice_at_once_is_no_conflict() {
    let schema = schema();
    let (mut a, _) = made_by(&schema, engineer(1), record_id(1), 1);
    let mut b = Hand::new(&schema, office(2), Record::load(record_id(1), &a.record.save()).unwrap(), 2);
    a.set("quantity", "5");
    let y = b.set("quantity", "5.0");
    a.record.apply(&[&y.bytes]).unwrap();
    assert!(a.record.conflicts(kind(&schema)).is_empty());
}

#[test]
fn prose_written_at_once_merges() {
    let schema = schema();
    let (mut a, _) = made_by(&schema, engineer(1), record_id(1), 1);
    let mut b = Hand::new(&schema, office(2), Record::load(record_id(1), &a.record.save()).unwrap(), 2);
    let x = a.set("content", "变速箱漏油，油封老化");
    let y = b.set("content", "客户反映：变速箱漏油");
    a.record.apply(&[&y.bytes]).unwrap();
    b.record.apply(&[&x.bytes]).unwrap();
    assert_eq!(a.field("content"), "客户反映：变速箱漏油，油封老化");
    assert_eq!(a.field("content"), b.field("content"));
    let history = a.record.history(kind(&schema));
    assert_eq!(history.iter().filter(|h| h.field == "content").count(), 3, "one item a change");
    for text in ["变速箱漏油", "变速箱漏油，油封老化", "客户反映：变速箱漏油"] {
        assert!(history.iter().any(|h| h.field == "content" && h.value == text), "{text}");
    }
}

#[test]
fn steps_made_at_once_are_a_conflict_that_the_office_settles() {
    let schema = schema();
    let (mut a, _) = made_by(&schema, office(1), record_id(1), 1);
    a.ok(json!({"cmd":"event","to":"registered"}));
    let mut b = Hand::new(&schema, office(2), Record::load(record_id(1), &a.record.save()).unwrap(), 2);
    let x = a.ok(json!({"cmd":"event","to":"assessing"}));
    let y = b.ok(json!({"cmd":"event","to":"cancelled","why":"重复"}));
    a.record.apply(&[&y.bytes]).unwrap();
    b.record.apply(&[&x.bytes]).unwrap();
    assert_eq!(a.record.view(kind(&schema)).folded.status, "cancelled");
    let conflicts = a.record.conflicts(kind(&schema));
    assert_eq!(conflicts[0].field, "status");
    let n = conflicts[0].values.iter().find(|v| v.value == "assessing").unwrap().n;
    a.ok(json!({"cmd":"choose","field":"status","n":n}));
    let view = a.record.view(kind(&schema));
    assert_eq!((view.folded.status.as_str(), view.conflicts.len()), ("assessing", 0));
}

#[test]
fn what_a_newer_version_wrote_survives_an_older_one() {
    let newer = schema_with(
        "[[field]]\nkey = \"torque\"\ngroup = \"g\"\ntype = \"decimal\"\nlabel = { zh = \"扭矩\", en = \"Torque\" }\naccess = \"shared\"\n",
    );
    let older = schema();
    let mut new_app = Hand::new(&newer, engineer(1), Record::new("complaint", record_id(1)), 1);
    new_app.ok(json!({"cmd":"create","fields":{"content":"漏油","torque":"42.5"}}));
    let mut old_app =
        Hand::new(&older, office(2), Record::load(record_id(1), &new_app.record.save()).unwrap(), 2);
    old_app.set("reporter_name", "李工");
    let view = old_app.record.view(kind(&older));
    assert_eq!(view.unknown["torque"], "42.5");
    let back = Record::load(record_id(1), &old_app.record.save()).unwrap();
    let json = serde_json::Value::Object(back.view(kind(&newer)).to_json());
    assert_eq!(json["fields"]["torque"], "42.5");
    assert_eq!(json["fields"]["reporter_name"], "李工");
}
