//! Every kind of record, from its declaration alone: made on a device, seen on another, changed on both at once,
//! read back through the API, exported.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::process::Command;

use client_core::ListFilter;
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::schema::{Access, Conflict, Field, FieldType, Kind, Schema};
use domain::value::{Value, parse};
use e2e::device::Device;
use e2e::office::Office;
use e2e::server::{program, run};
use e2e::world::World;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

/// Who the references of generated records point to; such a record need not exist.
fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + n))
}

#[path = "../../client-core/domain/tests/common/values.rs"]
#[allow(dead_code, clippy::missing_panics_doc)]
mod values;

/// The kind and its companion: what the office sees as one record.
fn parts<'a>(schema: &'a Schema, kind: &'a Kind) -> impl Iterator<Item = &'a Kind> {
    std::iter::once(kind).chain(schema.companion(kind))
}

/// A second valid value of a field, other than the generator's; `None` where there is no simple one.
fn other(schema: &Schema, field: &Field, n: usize) -> Option<Json> {
    let json = match field.kind {
        FieldType::Text | FieldType::Longtext if field.max_chars() >= 8 => json!(format!("改{n}号")),
        FieldType::Enum => {
            let list = schema.list(field.list.as_deref()?)?;
            json!(list.codes.iter().filter(|c| !c.retired).nth(n)?.code)
        }
        FieldType::Decimal | FieldType::Money | FieldType::Int => json!((10 + n).to_string()),
        _ => return None,
    };
    parse(schema, field, &json, schema.zone()).is_ok().then_some(json)
}

/// A record with every field filled, and an entry in every collection.
fn whole(device: &mut Device, schema: &Schema, kind: &Kind) -> RecordId {
    let mut fields = Map::new();
    for part in parts(schema, kind) {
        fields.extend(values::fields(schema, part, &BTreeSet::new()));
    }
    let saved = device.client.create(&kind.key, fields).unwrap_or_else(|e| panic!("{}: {e}", kind.key));
    let id = saved.into_inner().id;
    for part in parts(schema, kind) {
        for collection in part.collections.iter().filter(|c| c.access != Access::System) {
            let Some(fields) = values::entry(schema, part, collection) else { continue };
            let add = Intent::Add { collection: collection.key.clone(), id: None, fields };
            let added = device.client.intents(id, vec![add]);
            added.unwrap_or_else(|e| panic!("{}.{}: {e}", kind.key, collection.key)).into_inner();
        }
    }
    id
}

/// Fields that both people may change now, with two further values each.
fn editable(device: &Device, schema: &Schema, kind: &Kind, id: RecordId) -> Vec<(Field, Json, Json)> {
    let rights = device.client.rights(id).unwrap();
    let mut found = Vec::new();
    for field in parts(schema, kind).flat_map(|part| &part.fields) {
        // A sheet and a campaign name a questionnaire and its version together.
        let named = field.key.starts_with("template");
        if !rights.edit.contains(&field.key) || named {
            continue;
        }
        if let (Some(one), Some(two)) = (other(schema, field, 1), other(schema, field, 2)) {
            found.push((field.clone(), one, two));
        }
    }
    found
}

fn at_once(wang: &mut Device, root: &mut Device, office: &Office, kind: &Kind, id: RecordId) {
    let schema = Schema::builtin().unwrap();
    let fields = editable(wang, &schema, kind, id);
    // The field that both change is one that shows its conflicts, where the kind has one.
    let shared =
        fields.iter().position(|(f, ..)| f.conflict == Conflict::Show && f.kind != FieldType::Longtext);
    let plain: Vec<usize> = (0..fields.len()).filter(|i| Some(*i) != shared).collect();
    let set = |device: &mut Device, at: usize, second: bool| {
        let (field, one, two) = &fields[at];
        let value = if second { two } else { one };
        device
            .edit(id, &field.key, value.clone())
            .unwrap_or_else(|e| panic!("{}.{}: {e}", kind.key, field.key));
        (field.key.clone(), value.clone())
    };
    assert!(!plain.is_empty(), "{}: nothing can be changed", kind.key);
    let mine = set(wang, plain[0], false);
    let theirs = plain.get(1).map(|at| set(root, *at, true));
    if let Some(at) = shared {
        set(wang, at, false);
        set(root, at, true);
    }
    for turn in 0..4 {
        let device = if turn % 2 == 0 { &mut *wang } else { &mut *root };
        let report = device.synced().unwrap();
        let pushed = &report.pushed;
        assert_eq!((pushed.refused, pushed.proposed), (0, 0), "{}: {}", kind.key, report.to_json());
    }
    let mut shown = office.get(&kind.key, id).unwrap();
    // Worked out from the hour and from other records, which a device may not have.
    for key in ["escalation_level", "warranty_status"] {
        if kind.field(key).is_some_and(|f| f.computed) {
            shown["fields"].as_object_mut().unwrap().remove(key);
        }
    }
    for (key, value) in std::iter::once(mine).chain(theirs) {
        let field = parts(&schema, kind).find_map(|p| p.field(&key)).unwrap();
        let want = parse(&schema, field, &value, schema.zone()).unwrap().to_json();
        assert_eq!(shown["fields"][&key], want, "{}.{key}", kind.key);
    }
    if let Some(at) = shared {
        let key = &fields[at].0.key;
        let conflicts = shown["conflicts"].as_array().unwrap();
        assert!(conflicts.iter().any(|c| c["field"] == **key), "{}.{key}: {conflicts:?}", kind.key);
    }
    for device in [wang, root] {
        let here = device.client.show(id).unwrap();
        for part in ["number", "status", "fields", "collections", "events"] {
            assert_eq!(here[part], shown[part], "{} {part}", kind.key);
        }
    }
}

#[test]
fn every_kind_is_made_changed_on_two_devices_at_once_and_read_back() {
    let mut world = World::new().unwrap();
    let office = world.office("root").unwrap();
    let schema = world.schema.clone();
    let mut wang = world.device("wang").unwrap();
    let mut root = world.device("root").unwrap();
    let kinds: Vec<Kind> = schema.kinds().filter(|k| k.companion_of.is_none()).cloned().collect();
    assert!(kinds.len() >= 25, "{}", kinds.len());

    let made: Vec<RecordId> = kinds.iter().map(|kind| whole(&mut wang, &schema, kind)).collect();
    let report = wang.synced().unwrap();
    assert_eq!((report.pushed.refused, report.pushed.proposed), (0, 0), "{}", report.to_json());
    root.synced().unwrap();
    for (kind, id) in kinds.iter().zip(&made) {
        at_once(&mut wang, &mut root, &office, kind, *id);
    }

    for (kind, id) in kinds.iter().zip(&made) {
        let shown = office.get(&kind.key, *id).unwrap();
        // Nothing that was typed at the beginning was dropped on the way.
        for part in parts(&schema, kind) {
            for (key, json) in values::fields(&schema, part, &BTreeSet::new()) {
                let typed = parse(&schema, part.field(&key).unwrap(), &json, schema.zone()).unwrap();
                let there = !shown["fields"][&key].is_null();
                assert!(there || typed == Value::Null, "{}.{key} is gone", kind.key);
            }
        }
        let number = kind.number.as_ref().map(|n| shown["fields"][&n.field].clone());
        assert!(number.is_none_or(|n| n == shown["number"]), "{}: {}", kind.key, shown["number"]);
        let list = office.ok("GET", &format!("/api/v1/records/{}", kind.key), None).unwrap();
        assert_eq!((list["total"].as_u64(), &list["items"][0]["id"]), (Some(1), &json!(id)), "{}", kind.key);
        let history = office.history(&kind.key, *id).unwrap();
        let authors: BTreeSet<&str> = history.iter().filter_map(|h| h["by"].as_str()).collect();
        assert!(authors.len() >= 2, "{}: {authors:?}", kind.key);
        let here = root.client.list(Some(&kind.key), &ListFilter::default()).unwrap();
        assert_eq!(here.len(), 1, "{}", kind.key);

        let out = world.path(&format!("{}.json", kind.key));
        let mut export = Command::new(program("fieldledger").unwrap());
        export.args(["export", "--kind", &kind.key, "--format", "json", "--out"]).arg(&out);
        export.arg("--data").arg(world.server.data());
        run(export, "").unwrap();
        let text = std::fs::read_to_string(&out).unwrap();
        let rows: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(id)), "{}", kind.key);
    }
}

#[test]
fn an_engineer_makes_what_engineers_make_and_nothing_else() {
    let mut world = World::new().unwrap();
    let schema = world.schema.clone();
    let mut li = world.device("li").unwrap();
    let person = li.client.person().unwrap();
    let (mut may, mut may_not) = (0, 0);
    for kind in schema.kinds().filter(|k| k.companion_of.is_none()) {
        let needed = kind.fields.iter().filter(|f| values::always(&f.required));
        let fields = needed.map(|f| (f.key.clone(), values::value(&schema, kind, f))).collect();
        let made = li.client.create(&kind.key, fields);
        if person.may_create(kind) {
            made.unwrap_or_else(|e| panic!("{}: {e}", kind.key)).into_inner();
            may += 1;
        } else {
            assert!(made.is_err(), "{}", kind.key);
            may_not += 1;
        }
    }
    assert!(may >= 3 && may_not >= 10, "{may} {may_not}");
    let report = li.synced().unwrap();
    assert_eq!((report.pushed.refused, report.unsent), (0, 0), "{}", report.to_json());
}
