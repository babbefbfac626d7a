//! Changes whose operations take away what stands elsewhere, and pushes in which some cannot be merged.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod hostile;

use automerge::{Automerge, ObjId, ROOT, ReadDoc as _};
use common::*;
use domain::authz::{Principal, Role};
use domain::document::{Incoming, Outcome, Record, admit};
use domain::error::Code;
use domain::ids::UserId;
use hostile::craft::{Craft, run, sleb, string, uleb};
use serde_json::json;
use uuid::Uuid;

fn sender() -> Principal {
    Principal { user: UserId(Uuid::from_bytes(hostile::USER)), role: Role::Engineer, may: [].into() }
}

/// `fields/<key> = "5"`, said to replace the operation `replaces`.
fn poison(doc: &Automerge, key: &str, replaces: &ObjId) -> Vec<u8> {
    let id = |object: &ObjId| match object {
        ObjId::Id(counter, actor, _) => (<[u8; 16]>::try_from(actor.to_bytes()).unwrap(), *counter),
        ObjId::Root => panic!("an operation"),
    };
    let fields = id(&doc.get(ROOT, "fields").unwrap().unwrap().1);
    let replaces = id(replaces);
    let mut others = vec![fields.0, replaces.0];
    others.sort_unstable();
    others.dedup();
    let index = |actor: [u8; 16]| others.iter().position(|o| *o == actor).unwrap() as u64 + 1;
    let mut craft = Craft::on(doc)
        .object(index(fields.0), fields.1)
        .column(0x15, run(1, &string(key)))
        .column(0x56, run(1, &uleb((1 << 4) | 6)))
        .column(0x57, b"5".to_vec())
        .pred(index(replaces.0), i64::try_from(replaces.1).unwrap());
    craft.others = others;
    craft.chunk()
}

fn outcomes(schema: &domain::schema::Schema, server: &mut Record, chunks: &[&[u8]]) -> Vec<Option<Code>> {
    let person = sender();
    let (before, around) = Default::default();
    let incoming = Incoming { schema, record: server, chunks, person: Some(&person), before, around };
    let admission = admit(&incoming);
    if let Some((record, _)) = &admission.merged {
        *server = record.clone();
    }
    let code = |outcome: &Outcome| match outcome {
        Outcome::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    };
    admission.judged.iter().map(|j| code(&j.outcome)).collect()
}

#[test]
fn a_write_takes_nothing_away_elsewhere() {
    let schema = schema();
    let (mut hand, made) = made_by(&schema, sender(), record_id(1), 1);
    let step = hand.ok(json!({"cmd":"event","to":"registered"}));
    let note = hand.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":"到过现场"}}));
    let mut server = Record::new("complaint", record_id(1));
    assert_eq!(outcomes(&schema, &mut server, &[&made.bytes, &step.bytes, &note.bytes]), [None; 3]);
    let before = server.view(kind(&schema));
    let doc = Automerge::load(&server.save()).unwrap();
    let of = |key: &str| doc.get(ROOT, key).unwrap().unwrap().1;
    let inside = |part: &str| {
        let map = of(part);
        let key = doc.keys(&map).next().unwrap();
        doc.get(&map, key).unwrap().unwrap().1
    };
    let content = doc.get(of("fields"), "content").unwrap().unwrap().1;
    let targets = [of("entries"), of("events"), of("fields"), inside("entries"), inside("events"), content];
    for target in targets {
        for key in ["quantity", "a", "diagnosis"] {
            let key = if key == "a" { "reporter_name" } else { key };
            let chunk = poison(&doc, key, &target);
            let got = outcomes(&schema, &mut server, &[&chunk]);
            assert!(got[0].is_some(), "{key} {target:?} {got:?}");
        }
    }
    let after = server.view(kind(&schema));
    assert_eq!(
        (after.fields, after.collections, after.events),
        (before.fields, before.collections, before.events)
    );
}

#[test]
fn a_change_does_not_take_back_what_it_is_judged_by() {
    let schema = schema();
    let (_, made) = made_by(&schema, sender(), record_id(1), 1);
    let mut server = Record::new("complaint", record_id(1));
    assert_eq!(outcomes(&schema, &mut server, &[&made.bytes]), [None]);
    let doc = Automerge::load(&server.save()).unwrap();
    let ObjId::Id(counter, genesis, _) = doc.get(ROOT, "fields").unwrap().unwrap().1 else { panic!("a map") };
    // quantity = "5", then diagnosis = "5", which says that it replaces the quantity.
    let keys = [sleb(-2), string("quantity"), string("diagnosis")].concat();
    let mut craft = Craft::on(&doc);
    let first = i64::try_from(craft.start_op).unwrap();
    craft.others = vec![<[u8; 16]>::try_from(genesis.to_bytes()).unwrap()];
    let craft = craft
        .column(0x01, run(2, &uleb(1)))
        .column(0x02, run(2, &uleb(counter)))
        .column(0x15, keys)
        .column(0x34, uleb(2))
        .column(0x42, run(2, &uleb(1)))
        .column(0x56, run(2, &uleb((1 << 4) | 6)))
        .column(0x57, b"55".to_vec())
        .column(0x70, [sleb(-2), uleb(0), uleb(1)].concat())
        .column(0x71, run(1, &uleb(0)))
        .column(0x73, run(1, &sleb(first)));
    let got = outcomes(&schema, &mut server, &[&craft.chunk()]);
    assert_eq!(got, [Some(Code::Malformed)], "{:?}", server.view(kind(&schema)).fields);
    // Without that it is a change like any other.
    let craft = craft.column(0x70, run(2, &uleb(0))).column(0x71, Vec::new()).column(0x73, Vec::new());
    assert_eq!(outcomes(&schema, &mut server, &[&craft.chunk()]), [None]);
}

#[test]
fn what_cannot_be_merged_takes_nothing_but_what_builds_on_it_along() {
    let schema = schema();
    let (hand, made) = made_by(&schema, sender(), record_id(1), 1);
    let mut server = Record::new("complaint", record_id(1));
    assert_eq!(outcomes(&schema, &mut server, &[&made.bytes]), [None]);
    let doc = Automerge::load(&server.save()).unwrap();
    let content = doc.get(doc.get(ROOT, "fields").unwrap().unwrap().1, "content").unwrap().unwrap().1;
    let bad = poison(&doc, "quantity", &content);
    let mut honest = Vec::new();
    for salt in 10..20 {
        let mut other = Hand::new(&schema, sender(), hand.record.clone(), salt);
        honest.push(other.set("reporter_name", format!("李{salt}")).bytes);
    }
    let mut chunks: Vec<&[u8]> = honest.iter().map(Vec::as_slice).collect();
    chunks.insert(5, &bad);
    let got = outcomes(&schema, &mut server, &chunks);
    assert_eq!(got.iter().flatten().count(), 1, "{got:?}");
    assert_eq!(got[5], Some(Code::Malformed));
    assert_eq!(server.change_count(), 12);
}
