//! What a row changes on its record: only what changed in the file, and nothing that people changed
//! in the app since.

use std::collections::BTreeSet;

use domain::intent::Intent;
use domain::schema::{Field, FieldType, Kind, Schema};
use domain::time::Zone;
use domain::value::{self, Value};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::Current;
use super::identity::derived;
use crate::import::map::{Draft, Note};

/// The kinds whose fields a record shows: its own and its companion's.
pub struct Shape<'s> {
    /// The schema.
    pub schema: &'s Schema,
    /// The kind.
    pub kind: &'s Kind,
    /// The zone in which days are meant.
    pub zone: &'s Zone,
}

/// What a row is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Base<'d> {
    /// The record was not made by an import.
    Nothing,
    /// What the row said at the last import.
    Imported(&'d Draft),
    /// What an export says of the record now. `newest` if nobody has written to it since the file was made: what
    /// differs was then changed in the file, and otherwise nobody can tell.
    Exported {
        /// As an export says it.
        now: &'d Draft,
        /// Nobody wrote since.
        newest: bool,
    },
}

impl<'d> Base<'d> {
    fn draft(&self) -> Option<&'d Draft> {
        match self {
            Self::Nothing => None,
            Self::Imported(draft) | Self::Exported { now: draft, .. } => Some(draft),
        }
    }

    fn is_export(&self) -> bool {
        matches!(self, Self::Exported { .. })
    }
}

impl<'s> Shape<'s> {
    /// The field with this key, of the kind or its companion.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&'s Field> {
        self.kind.field(key).or_else(|| self.schema.companion(self.kind)?.field(key))
    }

    fn typed(&self, field: &Field, json: Option<&Json>) -> Value {
        json.and_then(|j| value::parse(self.schema, field, j, self.zone).ok()).unwrap_or(Value::Null)
    }

    /// Intents that make a new record say what the row says. Values of the companion are set after
    /// the record exists.
    #[must_use]
    pub fn create(&self, id: Uuid, draft: &Draft) -> Vec<Intent> {
        let own: Map<String, Json> = draft
            .fields
            .iter()
            .filter(|(key, _)| self.kind.field(key).is_some())
            .map(|(key, json)| (key.clone(), json.clone()))
            .collect();
        let event = derived(&[&id.to_string(), "created"]);
        let mut intents = vec![Intent::Create { fields: own, id: Some(event), temp: None }];
        for (key, json) in draft.fields.iter().filter(|(key, _)| self.kind.field(key).is_none()) {
            intents.push(Intent::Set { field: key.clone(), value: json.clone() });
        }
        intents.extend(draft.entries.iter().map(|((collection, place), fields)| Intent::Add {
            collection: collection.clone(),
            id: Some(entry_id(id, collection, place)),
            fields: fields.clone(),
        }));
        intents
    }

    /// Intents that bring a record to what the row says now, given what stood there before, and notes on what people
    /// changed since.
    #[must_use]
    pub fn update(
        &self,
        id: Uuid,
        draft: &Draft,
        base: &Base<'_>,
        current: &Current,
    ) -> (Vec<Intent>, Vec<Note>) {
        let before = base.draft();
        let mut intents = Vec::new();
        let mut notes = Vec::new();
        let keys: BTreeSet<&String> =
            draft.fields.keys().chain(before.iter().flat_map(|b| b.fields.keys().chain(&b.unread))).collect();
        for key in keys {
            let Some(field) = self.field(key) else { continue };
            let (now, was) = (draft.fields.get(key), before.and_then(|b| b.fields.get(key)));
            if now.is_none() && draft.unread.contains(key) {
                continue;
            }
            let (new, old) = (self.typed(field, now), self.typed(field, was));
            let held = current.fields.get(key).unwrap_or(&Value::Null);
            // Who is meant may be known only now, when an alias or an account was added since.
            let found_out = field.kind == FieldType::Ref && held.is_empty();
            // What a record refers to may have a name that nobody in the file is called by: an empty cell is still one.
            let emptied = base.is_export() && now.is_none() && before.is_some_and(|b| b.unread.contains(key));
            if new == *held || (new == old && !found_out && !emptied) {
                continue;
            }
            let free = match base {
                Base::Exported { newest, .. } => *newest,
                Base::Nothing | Base::Imported(_) => *held == old,
            };
            if free || held.is_empty() {
                intents.push(Intent::Set { field: key.clone(), value: now.cloned().unwrap_or(Json::Null) });
            } else {
                let code = match base {
                    Base::Imported(_) => "changed_since_import",
                    Base::Nothing | Base::Exported { .. } => "differs_from_record",
                };
                let shown = |v: &Value| if v.is_empty() { Json::Null } else { v.to_json() };
                notes.push(Note::of(code, key, json!({"record": shown(held), "file": shown(&new)})));
            }
        }
        for ((collection, place), fields) in &draft.entries {
            let said = before.and_then(|b| b.entries.get(&(collection.clone(), place.clone())));
            if base.is_export() && said == Some(fields) {
                continue;
            }
            let entry = entry_id(id, collection, place);
            let held = current.collections.get(collection);
            let Some(held) = held.and_then(|c| c.iter().find(|e| e.id == entry)) else {
                if !has_same(held.map_or(&[], Vec::as_slice), fields) {
                    intents.push(Intent::Add {
                        collection: collection.clone(),
                        id: Some(entry),
                        fields: fields.clone(),
                    });
                }
                continue;
            };
            let old = said;
            let mut changed = Map::new();
            for (key, json) in fields {
                if old.and_then(|o| o.get(key)) == Some(json) || held.removed {
                    continue;
                }
                let now = held.fields.get(key).map_or(Json::Null, Value::to_json);
                if now == *json {
                    continue;
                }
                if Some(&now) == old.and_then(|o| o.get(key)) || now.is_null() {
                    changed.insert(key.clone(), json.clone());
                } else {
                    let name = format!("{collection}/{key}");
                    notes.push(Note::of("changed_since_import", &name, json!({"record": now, "file": json})));
                }
            }
            if !changed.is_empty() {
                intents.push(Intent::Update { collection: collection.clone(), id: entry, fields: changed });
            }
        }
        (intents, notes)
    }
}

/// The id of an entry that a row makes.
#[must_use]
pub fn entry_id(record: Uuid, collection: &str, place: &str) -> Uuid {
    derived(&[&record.to_string(), collection, place])
}

/// Whether people typed the same entry by hand.
fn has_same(entries: &[domain::document::Entry], fields: &Map<String, Json>) -> bool {
    entries.iter().any(|e| {
        !fields.is_empty()
            && fields.iter().all(|(k, json)| e.fields.get(k).is_some_and(|v| v.to_json() == *json))
    })
}
