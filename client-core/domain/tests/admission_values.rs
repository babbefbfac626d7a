//! What arrives is such as could be typed, and who may type it is who may send it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use automerge::transaction::Transactable as _;
use automerge::{ObjType, ScalarValue};
use common::forge::*;
use common::*;
use domain::authz::Principal;
use domain::document::{Outcome, Record, permit};
use domain::error::Code;
use domain::ids::id22;
use domain::intent::Intent;
use serde_json::json;
use uuid::Uuid;

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
