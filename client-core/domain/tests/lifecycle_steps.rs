//! Every step of every lifecycle, for every kind that has one: made where the table has it, refused where it
//! does not, and refused by the name of each field that it needs when just that one is missing. Everything
//! comes from the schema and the tables, so a new kind is covered by being there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use common::values;
use domain::authz::{Permission, Principal, Role};
use domain::derive;

use domain::document::{Around, Made, Record, RecordView, Writer, named, permit};
use domain::error::{Code, Refusal};
use domain::intent::Intent;
use domain::lifecycle::{self, Check, Lifecycle, Transition, Who};
use domain::schema::{Collection, Field, FieldType, Kind, Schema, Visibility, When};
use domain::settings::Organisation;
use domain::time::{Timestamp, Zone};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The shipped schema of an organisation that asks for no closure conditions: those have tests of their own, and
/// two of them exclude one another.
fn schema() -> Schema {
    let mut organisation = Organisation::default();
    organisation.settings.closure.off = Check::ALL.iter().map(|c| c.as_str().to_owned()).collect();
    Schema::builtin().unwrap().for_organisation(&organisation)
}

fn with_lifecycle(schema: &Schema) -> Vec<(&Kind, &'static Lifecycle)> {
    let kinds = schema.kinds().filter(|k| k.companion_of.is_none());
    kinds.filter_map(|k| Some((k, lifecycle::by_key(k.lifecycle.as_deref()?)?))).collect()
}

/// A record and its companion, edited by somebody who may do everything.
#[derive(Clone)]
struct Stage<'a> {
    schema: &'a Schema,
    kind: &'a Kind,
    beside: Option<&'a Kind>,
    record: Record,
    companion: Option<Record>,
    now: i64,
    next: u128,
}

impl<'a> Stage<'a> {
    /// A new record with a value in every field and an entry in every collection.
    fn filled(schema: &'a Schema, kind: &'a Kind) -> Self {
        let beside = schema.companion(kind);
        let mut record = Record::new(&kind.key, common::record_id(1));
        record.begin(common::user(1), [1; 16]);
        let companion = beside.map(|beside| {
            let mut companion = Record::new(&beside.key, common::record_id(2));
            companion.begin(common::user(1), [2; 16]);
            companion
        });
        let mut stage = Self { schema, kind, beside, record, companion, now: 1_772_000_000_000, next: 0 };
        for part in stage.parts() {
            let fields = values::fields(schema, part, &BTreeSet::new());
            stage.ok(part, json!({"cmd":"create","fields":fields}));
            for collection in &part.collections {
                if let Some(fields) = values::entry(schema, part, collection) {
                    stage.ok(part, json!({"cmd":"add","collection":collection.key,"fields":fields}));
                }
            }
        }
        stage
    }

    /// The filled record, brought to a status on the shortest way.
    fn at(schema: &'a Schema, kind: &'a Kind, cycle: &'static Lifecycle, status: &str) -> Self {
        let mut stage = Self::filled(schema, kind);
        for step in way(cycle, status) {
            stage.step(step.to).unwrap_or_else(|refusal| {
                panic!("{} {} → {}: {refusal}", kind.key, step.id, step.to);
            });
        }
        assert_eq!(stage.view(kind).folded.status, status);
        stage
    }

    fn parts(&self) -> Vec<&'a Kind> {
        std::iter::once(self.kind).chain(self.beside).collect()
    }

    fn view(&self, part: &Kind) -> RecordView {
        let record = if part.key == self.kind.key { &self.record } else { self.companion.as_ref().unwrap() };
        record.view(part)
    }

    fn run(&mut self, part: &Kind, json: &Json) -> Result<Option<Made>, Refusal> {
        self.now += 60_000;
        let mut intent = Intent::from_json(json).unwrap();
        let next = &mut self.next;
        intent.fill_ids(&mut || {
            *next += 1;
            Uuid::from_u128(0x0193_0000_0000_7000_9000_0000_0000_0000 + *next)
        });
        let zone = Zone::default();
        let companion = self.companion.as_ref().map(|c| c.view(self.beside.unwrap()));
        let beside = self.beside.zip(companion.as_ref());
        let writer = Writer {
            schema: self.schema,
            zone: &zone,
            user: common::user(1),
            role: Role::Admin,
            now: Timestamp(self.now),
            skew_s: None,
            around: Around { beside, links: None },
            historical: false,
        };
        if part.key == self.kind.key {
            self.record.execute(&writer, &intent)
        } else {
            let main = self.record.view(self.kind);
            let around = Around { beside: Some((self.kind, &main)), links: None };
            let writer = Writer { around, ..writer };
            self.companion.as_mut().unwrap().execute(&writer, &intent)
        }
    }

    fn ok(&mut self, part: &Kind, json: Json) {
        self.run(part, &json).unwrap_or_else(|refusal| panic!("{} {json}: {refusal}", part.key));
    }

    fn step(&mut self, to: &str) -> Result<Option<Made>, Refusal> {
        self.run(self.kind, &json!({"cmd":"event","to":to,"why":"另有安排"}))
    }

    /// Empties a field or a collection.
    fn clear(&mut self, part: &'a Kind, key: &str) {
        match part.collection(key) {
            None => self.ok(part, json!({"cmd":"set","field":key,"value":null})),
            Some(_) => {
                for entry in self.view(part).collections.get(key).into_iter().flatten() {
                    self.ok(part, json!({"cmd":"remove","collection":key,"id":entry.id}));
                }
            }
        }
    }

    /// Sets the field that a condition looks at so that it holds, or does not; false if no value can.
    fn make(&mut self, when: &When, holds: bool) -> bool {
        let part = *self.parts().iter().find(|k| k.field(&when.field).is_some()).unwrap();
        let field = part.field(&when.field).unwrap();
        match values::for_condition(self.schema, field, when, holds) {
            // A status looked at, or something computed, is as it is.
            Some(_) if !values::typed(field) => false,
            Some(value) => {
                self.ok(part, json!({"cmd":"set","field":when.field,"value":value}));
                true
            }
            None => false,
        }
    }
}

/// The shortest way from a new record to a status.
fn way(cycle: &'static Lifecycle, status: &str) -> Vec<&'static Transition> {
    let mut found: BTreeMap<&str, Vec<&Transition>> = BTreeMap::from([(cycle.initial, Vec::new())]);
    let mut open = VecDeque::from([cycle.initial]);
    while let Some(at) = open.pop_front() {
        for step in cycle.steps_from(at) {
            if !found.contains_key(step.to) {
                let mut way = found[at].clone();
                way.push(step);
                found.insert(step.to, way);
                open.push_back(step.to);
            }
        }
    }
    found.remove(status).unwrap()
}

fn condition<'k>(part: &'k Kind, key: &str) -> Option<&'k When> {
    match (part.field(key), part.collection(key)) {
        (Some(field), _) => field.when.as_ref(),
        (None, collection) => collection.and_then(|c: &Collection| c.when.as_ref()),
    }
}

#[test]
fn every_pair_of_statuses_is_a_step_or_is_refused() {
    let schema = schema();
    let mut steps = 0;
    for (kind, cycle) in with_lifecycle(&schema) {
        for from in cycle.states {
            let stage = Stage::at(&schema, kind, cycle, from.code);
            for to in cycle.states {
                let mut stage = stage.clone();
                let place = format!("{} {} → {}", kind.key, from.code, to.code);
                match (cycle.step(from.code, to.code), stage.step(to.code)) {
                    (Some(_), made) => {
                        assert!(made.unwrap_or_else(|r| panic!("{place}: {r}")).is_some(), "{place}");
                        assert_eq!(stage.view(kind).folded.status, to.code, "{place}");
                        steps += 1;
                    }
                    (None, Err(refusal)) => {
                        assert_eq!(refusal.code, Code::BadTransition, "{place}");
                        assert_eq!(refusal.params["from"], from.code, "{place}");
                        assert_eq!(refusal.params["to"], to.code, "{place}");
                    }
                    (None, Ok(_)) => panic!("{place} is not in the table"),
                }
            }
        }
    }
    assert!(steps > 200, "{steps}");
}

#[test]
fn each_missing_field_is_named_with_the_step_that_needs_it() {
    let schema = schema();
    let mut tried = 0;
    for (kind, cycle) in with_lifecycle(&schema) {
        for step in cycle.transitions {
            for from in step.from {
                let stage = Stage::at(&schema, kind, cycle, from);
                for part in stage.parts() {
                    for key in named(part, step) {
                        let place = format!("{} {} {from} → {}: {key}", kind.key, step.id, step.to);
                        let when = condition(part, key);
                        let mut without = stage.clone();
                        without.clear(part, key);
                        if when.is_none_or(|when| without.make(when, true)) {
                            let refusal = without.step(step.to).expect_err(&place);
                            assert_eq!(refusal.code, Code::Required, "{place}: {refusal}");
                            assert_eq!(refusal.params["field"], key, "{place}");
                            assert_eq!(refusal.params["to"], step.to, "{place}");
                            tried += 1;
                        }
                        // And not asked for where the condition does not hold.
                        let mut without = stage.clone();
                        without.clear(part, key);
                        if when.is_some_and(|when| without.make(when, false))
                            && let Err(refusal) = without.step(step.to)
                        {
                            let missing = refusal.params.get("missing").and_then(Json::as_array);
                            let named = missing.is_some_and(|m| m.iter().any(|k| k == key));
                            assert!(!named, "{place} although its condition does not hold: {refusal}");
                        }
                    }
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_step_that_asks_why_is_not_made_without() {
    let schema = schema();
    for (kind, cycle) in with_lifecycle(&schema) {
        for step in cycle.transitions.iter().filter(|s| s.why) {
            let mut stage = Stage::at(&schema, kind, cycle, step.from[0]);
            for why in [json!(null), json!("  ")] {
                let silent = json!({"cmd":"event","to":step.to,"why":why});
                let refusal = stage.run(kind, &silent).expect_err(step.id);
                assert_eq!(refusal.code, Code::Required, "{} {}", kind.key, step.id);
                assert_eq!(refusal.params["field"], "why", "{} {}", kind.key, step.id);
            }
        }
    }
}

#[test]
fn what_a_step_sets_is_there_afterwards_with_its_time_and_author() {
    let schema = schema();
    let mut seen = BTreeSet::new();
    for (kind, cycle) in with_lifecycle(&schema) {
        for step in cycle.transitions.iter().filter(|s| !s.sets.is_empty()) {
            let mut stage = Stage::at(&schema, kind, cycle, step.from[0]);
            stage.step(step.to).unwrap();
            let mut view = stage.view(kind);
            derive::fill(&schema, kind, &mut view);
            for key in step.sets {
                let place = format!("{}.{key} by {}", kind.key, step.id);
                let field: &Field = kind.field(key).unwrap_or_else(|| panic!("{place}: no such field"));
                assert!(field.computed, "{place} could be typed");
                let expected = match field.kind {
                    FieldType::Datetime => json!(Timestamp(stage.now).to_rfc3339()),
                    FieldType::Ref => json!(common::user(1).to_string()),
                    other => panic!("{place} is {other:?}"),
                };
                assert_eq!(view.value(key).to_json(), expected, "{place}");
                seen.insert((kind.key.as_str(), *key));
            }
        }
    }
    assert!(seen.len() > 60, "{}", seen.len());
}

#[test]
fn a_step_is_its_people_s_and_nobody_else_s() {
    let schema = schema();
    let clerk = |may: &[Permission]| Principal {
        user: common::user(5),
        role: Role::Office,
        may: may.iter().copied().collect(),
    };
    let engineer = common::engineer(6);
    for (kind, cycle) in with_lifecycle(&schema) {
        for step in cycle.transitions {
            let mut stage = Stage::at(&schema, kind, cycle, step.from[0]);
            let intent = Intent::from_json(&json!({"cmd":"event","to":step.to,"why":"另有安排"})).unwrap();
            let may = |person: &Principal, view: &RecordView| {
                permit(person, kind, view, Default::default(), &intent)
            };
            let place = format!("{} {}", kind.key, step.id);
            // Somebody who has nothing to do with the record.
            let stranger = may(&engineer, &stage.view(kind)).expect_err(&place);
            assert_eq!(stranger.code, Code::ForbiddenDoc, "{place}");
            stage.ok(kind, json!({"cmd":"assign","lead":engineer.user.to_string(),"others":[]}));
            let view = stage.view(kind);
            let allowed = |person: &Principal| match may(person, &view) {
                Ok(()) => true,
                Err(refusal) if refusal.code == Code::ForbiddenTransition => false,
                Err(refusal) => panic!("{place}: {refusal}"),
            };
            let (by_engineer, by_clerk) = (allowed(&engineer), allowed(&clerk(&[])));
            match step.who {
                Who::Field => assert!(by_engineer && by_clerk, "{place}"),
                Who::Office => assert!(!by_engineer && by_clerk, "{place}"),
                Who::May(permission) => {
                    assert!(!by_engineer && !by_clerk, "{place}");
                    assert!(allowed(&clerk(&[permission])), "{place}");
                    let others: Vec<_> = Permission::ALL.into_iter().filter(|p| *p != permission).collect();
                    assert!(!allowed(&clerk(&others)), "{place}");
                }
            }
            // Where nobody in the field sees the record, nobody in the field can be asked to move it.
            let reachable = kind.visibility == Visibility::Assigned || !matches!(step.who, Who::Field);
            assert!(reachable, "{place} is an engineer's on a record that engineers do not see");
        }
    }
}

#[test]
fn what_is_always_needed_cannot_be_left_out() {
    let schema = schema();
    for kind in schema.kinds() {
        for field in kind.fields.iter().filter(|f| values::always(&f.required)) {
            let mut record = Record::new(&kind.key, common::record_id(3));
            record.begin(common::user(1), [3; 16]);
            let fields = values::fields(&schema, kind, &BTreeSet::from([field.key.as_str()]));
            let refusal = bare(&schema, &mut record, json!({"cmd":"create","fields":fields}))
                .expect_err(&format!("{}.{}", kind.key, field.key));
            assert_eq!(refusal.params["field"], field.key.as_str(), "{} {refusal}", kind.key);
        }
        for collection in &kind.collections {
            for field in collection.fields.iter().filter(|f| values::always(&f.required)) {
                let Some(mut fields) = values::entry(&schema, kind, collection) else { continue };
                if fields.remove(&field.key).is_none() {
                    continue;
                }
                let mut record = Record::new(&kind.key, common::record_id(4));
                record.begin(common::user(1), [4; 16]);
                let all = values::fields(&schema, kind, &BTreeSet::new());
                bare(&schema, &mut record, json!({"cmd":"create","fields":all})).unwrap();
                let add = json!({"cmd":"add","collection":collection.key,"fields":fields});
                let path = format!("{}/{}", collection.key, field.key);
                let refusal = bare(&schema, &mut record, add).expect_err(&format!("{}.{path}", kind.key));
                assert_eq!((refusal.code, &refusal.params["field"]), (Code::Required, &json!(path)));
            }
        }
    }
}

#[test]
fn days_keep_their_order() {
    let schema = schema();
    let mut tried = 0;
    for kind in schema.kinds().filter(|k| k.companion_of.is_none()) {
        let stage = Stage::filled(&schema, kind);
        let fields = stage.parts().into_iter().flat_map(|part| part.fields.iter().map(move |f| (part, f)));
        for (part, field) in fields.filter(|(_, f)| f.not_before.is_some() && values::typed(f)) {
            let other = field.not_before.as_deref().unwrap();
            let other = stage.parts().into_iter().find_map(|part| part.field(other)).unwrap();
            let place = format!("{}.{} and {}", part.key, field.key, other.key);
            if !values::typed(other) {
                continue;
            }
            let early = json!({"cmd":"set","field":field.key,"value":"2025-12-31"});
            let refusal = stage.clone().run(part, &early).expect_err(&place);
            assert_eq!(refusal.code, Code::OutOfOrder, "{place}: {refusal}");
            assert_eq!(refusal.params["field"], field.key.as_str(), "{place}");
            assert_eq!(refusal.params["other"], other.key.as_str(), "{place}");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

/// Executes on a record without anything around it.
fn bare(schema: &Schema, record: &mut Record, json: Json) -> Result<Option<Made>, Refusal> {
    let mut intent = Intent::from_json(&json).unwrap();
    let mut next = Uuid::from_u128(0x0193_0000_0000_7000_a000_0000_0000_0000).as_u128();
    next += u128::try_from(record.change_count()).unwrap();
    intent.fill_ids(&mut || Uuid::from_u128(next));
    let zone = Zone::default();
    let writer = Writer {
        schema,
        zone: &zone,
        user: common::user(1),
        role: Role::Admin,
        now: Timestamp(1_772_000_000_000),
        skew_s: None,
        around: Around::default(),
        historical: false,
    };
    record.execute(&writer, &intent)
}

#[test]
fn the_generator_fills_every_field() {
    let schema = schema();
    for kind in schema.kinds().filter(|k| k.companion_of.is_none()) {
        let stage = Stage::filled(&schema, kind);
        for part in stage.parts() {
            let view = stage.view(part);
            let empty: Vec<_> = part
                .fields
                .iter()
                .filter(|f| values::typed(f) && view.value(&f.key).is_empty())
                .map(|f| f.key.as_str())
                .collect();
            assert!(empty.is_empty(), "{}: {empty:?}", part.key);
        }
    }
}
