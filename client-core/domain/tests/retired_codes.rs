//! A code that was retired is nobody's to set anew, and stays in records that have it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{Hand, kind, made_by, office, record_id, schema_with};
use domain::document::{Incoming, Outcome, Record, Writer, admit};
use domain::error::Code;
use domain::schema::Schema;
use domain::settings::{CodeEdit, Organisation};
use domain::time::{Timestamp, Zone};
use serde_json::json;

const MORE: &str = r#"
[[collection.field]]
key = "grade"
type = "enum"
list = "severity"
label = { zh = "等级", en = "Grade" }
[[field]]
key = "grades"
group = "g"
type = "multi_enum"
list = "severity"
label = { zh = "等级", en = "Grades" }
access = "core"
"#;

fn without_serious(schema: &Schema) -> Arc<Schema> {
    let edits = [
        CodeEdit { code: "general".into(), ..CodeEdit::default() },
        CodeEdit { code: "serious".into(), retired: Some(true), ..CodeEdit::default() },
    ];
    let edit = schema.edit_list(schema, "severity", &edits).unwrap();
    let lists = [("severity".to_owned(), edit)].into();
    Arc::new(schema.for_organisation(&Organisation { lists, ..Organisation::default() }))
}

#[test]
fn setting_it_anew_is_refused_with_field_value_and_list() {
    let schema = schema_with(MORE);
    let (mut hand, _) = made_by(&schema, office(1), record_id(1), 1);
    hand.schema = without_serious(&schema);
    let add = json!({"cmd":"add","collection":"photos","fields":{"grade":"serious"}});
    for (intent, field) in [
        (json!({"cmd":"set","field":"severity","value":"serious"}), "severity"),
        (json!({"cmd":"set","field":"grades","value":["general","serious"]}), "grades"),
        (add, "photos/grade"),
    ] {
        let refusal = hand.run(intent).unwrap_err();
        assert_eq!(refusal.code, Code::RetiredCode);
        let named = ["field", "value", "list"].map(|key| refusal.params[key].as_str().unwrap().to_owned());
        assert_eq!(named, [field, "serious", "severity"]);
    }
    let mut other = Hand::new(&hand.schema, office(2), Record::new("complaint", record_id(2)), 2);
    let create =
        json!({"cmd":"create","fields":{"content":"漏油","reporter_name":"李工","severity":"serious"}});
    assert_eq!(other.run(create).unwrap_err().code, Code::RetiredCode);
    hand.set("severity", "general");
}

#[test]
fn a_record_that_has_it_keeps_it_and_may_be_told_the_same_again() {
    let schema = schema_with(MORE);
    let (mut hand, _) = made_by(&schema, office(1), record_id(1), 1);
    hand.set("severity", "serious");
    hand.set("grades", json!(["serious"]));
    let entry = uuid::Uuid::from_u128(7);
    hand.ok(json!({"cmd":"add","collection":"photos","id":entry,"fields":{"grade":"serious"}}));
    hand.schema = without_serious(&schema);
    assert_eq!(hand.field("severity"), "serious");
    let again = json!({"cmd":"set","field":"severity","value":"serious"});
    assert_eq!(hand.run(again.clone()).unwrap(), None, "it says nothing new");
    let told =
        json!({"cmd":"update","collection":"photos","id":entry,"fields":{"grade":"serious","name":"a.jpg"}});
    hand.ok(told);
    hand.set("grades", json!(["general", "serious"]));
    hand.set("severity", "general");
    assert_eq!(hand.run(again).unwrap_err().code, Code::RetiredCode, "once given up it is gone");
}

#[test]
fn of_two_values_at_once_the_retired_one_may_be_chosen() {
    let schema = schema_with(MORE);
    let (mut a, _) = made_by(&schema, office(1), record_id(1), 1);
    let mut b = Hand::new(&schema, office(2), Record::load(record_id(1), &a.record.save()).unwrap(), 2);
    let (x, y) = (a.set("severity", "serious"), b.set("severity", "general"));
    a.record.apply(&[&y.bytes]).unwrap();
    b.record.apply(&[&x.bytes]).unwrap();
    for (hand, salt) in [(&mut a, 3), (&mut b, 4)] {
        hand.schema = without_serious(&schema);
        let conflicts = hand.record.conflicts(kind(&schema));
        let n = conflicts[0].values.iter().find(|v| v.value == "serious").unwrap().n;
        hand.record.begin(hand.person.user, [salt; 16]);
        hand.ok(json!({"cmd":"choose","field":"severity","n":n}));
        assert_eq!(hand.field("severity"), "serious");
    }
}

#[test]
fn what_was_said_before_is_written_and_what_a_device_sends_is_admitted() {
    let schema = schema_with(MORE);
    let (mut hand, _) = made_by(&schema, office(1), record_id(1), 1);
    let held = hand.record.clone();
    let now = without_serious(&schema);
    let zone = Zone::default();
    let person = hand.person.clone();
    let writer = |historical| Writer {
        schema: &now,
        zone: &zone,
        user: person.user,
        role: person.role,
        now: Timestamp(9_000),
        skew_s: None,
        historical,
        around: Default::default(),
    };
    let intent = domain::intent::Intent::Set { field: "severity".into(), value: json!("serious") };
    assert_eq!(hand.record.execute(&writer(false), &intent).unwrap_err().code, Code::RetiredCode);
    let made = hand.record.execute(&writer(true), &intent).unwrap().unwrap();
    let admission = admit(&Incoming {
        schema: &now,
        record: &held,
        chunks: &[&made.bytes],
        person: Some(&person),
        before: Default::default(),
        around: Default::default(),
    });
    assert_eq!(admission.judged[0].outcome, Outcome::Accepted(None));
}
