//! What a change's writes mean: acts for the permission table, events, assignments. Values are checked
//! against the schema here, so that nothing ill-typed enters a record by way of forged bytes.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ROOT, ScalarValue};

use super::point::Reader;
use crate::authz::{Act, Deed, Principal, Role};
use crate::document::permit::entry_field_act;
use crate::document::read::{cycle_of, prev_ids};
use crate::document::scalar::from_scalar;
use crate::document::write::{entry_needs, implied_field};
use crate::document::{Entry, Record, RecordView};
use crate::error::{Code, Refusal};
use crate::guard::{Action, Root, Touch};
use crate::ids::{UserId, from_id22};
use crate::lifecycle::{Event, fold};
use crate::schema::{Access, Collection, Field, FieldType, Kind, Schema};
use crate::survey::EntryWrite;
use crate::time::Timestamp;
use crate::value::{self, Value};

/// What one change says.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) acts: Vec<Act>,
    pub(super) events: Vec<Event>,
    pub(super) assigned: Vec<(UserId, String)>,
    /// Fields set, and to what; prose that was edited is some text.
    set: Vec<(String, Value)>,
    /// Entries added, as `collection/id22`.
    added: Vec<(String, UserId)>,
    /// Fields of entries set, under the entry's key; `removed` among them.
    entries: Vec<(String, String, Value)>,
}

/// What the record holds, as far as judging writes needs it.
pub(super) struct Content {
    /// Fields with a value.
    filled: BTreeSet<String>,
    /// The record as data, once something was asked that needs it.
    view: Option<RecordView>,
    /// What was absorbed before that.
    log: Vec<Reading>,
    /// `collection/id22` → who added it.
    entries: BTreeMap<String, Option<UserId>>,
    events: BTreeSet<String>,
}

/// Parts of an event that is being made.
#[derive(Default)]
struct Draft {
    texts: BTreeMap<String, String>,
    at: Option<i64>,
    by: Option<UserId>,
}

impl Reading {
    /// The fields that it sets.
    pub(super) fn fields(&self) -> Vec<&str> {
        self.set.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// Entries of collections with a field that tells entries apart, where that field is set: collection, entry, value.
    pub(super) fn distinct<'a>(
        &'a self,
        kind: &'a Kind,
    ) -> impl Iterator<Item = (&'a Collection, uuid::Uuid, &'a Value)> {
        self.entries.iter().filter_map(|(key, field, value)| {
            let (collection, id) = key.split_once('/')?;
            let collection = kind.collection(collection)?;
            (collection.unique.as_ref() == Some(field)).then_some((collection, from_id22(id)?, value))
        })
    }

    /// What it writes to entries, entry by entry.
    pub(super) fn writes(&self) -> Vec<EntryWrite<'_>> {
        let mut writes: Vec<EntryWrite<'_>> = Vec::new();
        let added = |key: &str| self.added.iter().any(|(k, _)| k == key);
        let named = self.added.iter().map(|(key, _)| (key, None));
        for (key, field) in named.chain(self.entries.iter().map(|(key, field, _)| (key, Some(field)))) {
            let Some((collection, Some(id))) = key.split_once('/').map(|(c, id)| (c, from_id22(id))) else {
                continue;
            };
            let at = writes.iter().position(|w| w.id == id && w.collection == collection);
            let at = at.unwrap_or_else(|| {
                writes.push(EntryWrite { collection, id, added: added(key), fields: Vec::new() });
                writes.len() - 1
            });
            writes[at].fields.extend(field.map(String::as_str));
        }
        writes
    }

    fn write_to(&self, view: &mut RecordView) {
        for (key, value) in &self.set {
            view.fields.insert(key.clone(), value.clone());
        }
        let split = |key: &str| key.split_once('/').map(|(c, id)| (c.to_owned(), from_id22(id)));
        for (key, by) in &self.added {
            let Some((collection, Some(id))) = split(key) else { continue };
            let entry = Entry { id, by: Some(*by), at: None, removed: false, fields: BTreeMap::new() };
            view.collections.entry(collection).or_default().push(entry);
        }
        for (key, field, value) in &self.entries {
            let Some((collection, Some(id))) = split(key) else { continue };
            let entries = view.collections.get_mut(&collection);
            let Some(entry) = entries.and_then(|c| c.iter_mut().find(|e| e.id == id)) else { continue };
            if field == "removed" {
                entry.removed = value == &Value::Bool(true);
            } else {
                entry.fields.insert(field.clone(), value.clone());
            }
        }
        view.events.extend(self.events.iter().cloned());
    }
}

impl Content {
    pub(super) fn of(doc: &Automerge) -> Self {
        let reader = Reader { doc, heads: None };
        let mut content = Self {
            filled: BTreeSet::new(),
            view: None,
            log: Vec::new(),
            entries: BTreeMap::new(),
            events: BTreeSet::new(),
        };
        if let Some(fields) = reader.object(&ROOT, "fields") {
            for key in reader.keys(&fields) {
                if reader.scalar(&fields, &key) != Some(ScalarValue::Null) {
                    content.filled.insert(key);
                }
            }
        }
        for (key, object) in reader.maps("entries") {
            let by = object.and_then(|o| match reader.scalar(&o, "_by") {
                Some(ScalarValue::Bytes(b)) => UserId::from_slice(&b),
                _ => None,
            });
            content.entries.insert(key, by);
        }
        content.events = reader.maps("events").into_iter().map(|(k, _)| k).collect();
        content
    }

    pub(super) fn absorb(&mut self, reading: Reading) {
        for (key, value) in &reading.set {
            if value.is_empty() {
                self.filled.remove(key)
            } else {
                self.filled.insert(key.clone())
            };
        }
        for (key, by) in &reading.added {
            self.entries.insert(key.clone(), Some(*by));
        }
        self.events.extend(reading.events.iter().map(|e| crate::ids::id22(e.id.as_bytes())));
        match &mut self.view {
            Some(view) => reading.write_to(view),
            None => self.log.push(reading),
        }
    }

    /// The record as data, with what was absorbed and what `reading` does.
    pub(super) fn after(&mut self, record: &Record, kind: &Kind, reading: &Reading) -> RecordView {
        let view = self.view.get_or_insert_with(|| record.view(kind));
        for earlier in self.log.drain(..) {
            earlier.write_to(view);
        }
        let mut after = view.clone();
        reading.write_to(&mut after);
        after.folded = fold(cycle_of(kind), &after.events);
        after
    }

    /// Reads the writes of one change by `person`.
    pub(super) fn read(
        &self,
        schema: &Schema,
        kind: &Kind,
        person: &Principal,
        touches: &[Touch],
    ) -> Result<Reading, Refusal> {
        let mut reading = Reading::default();
        let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
        for touch in touches {
            match touch.root {
                Root::Fields => self.field(schema, kind, touch, &mut reading)?,
                Root::Entries => self.entry(schema, kind, person, touch, &mut reading)?,
                Root::Events => self.event(touch, &mut drafts)?,
                Root::Assign => assign(touch, &mut reading)?,
                Root::Ext => {
                    return Err(Refusal::field(Code::SchemaUnsupported, &format!("ext.{}", touch.key)));
                }
                Root::Other => return Err(malformed("writes outside the record's parts")),
            }
        }
        for (key, draft) in drafts {
            let event = finish(&key, draft, person)?;
            let deed = if event.t == "created" { Deed::Create } else { Deed::Step };
            reading.acts.push(Act { subject: event.to.clone(), access: Access::Status, may: None, deed });
            reading.events.push(event);
        }
        if reading.events.len() > 1 {
            return Err(malformed("more than one event in a change"));
        }
        if reading.added.iter().any(|(_, by)| *by != person.user) {
            return Err(Refusal::new(Code::AuthorMismatch));
        }
        for (key, _) in &reading.added {
            let collection = key.split_once('/').and_then(|(c, _)| kind.collection(c));
            let given =
                |field: &str| reading.entries.iter().any(|(k, f, v)| k == key && f == field && !v.is_empty());
            collection.map_or(Ok(()), |c| entry_needs(c, given))?;
        }
        Ok(reading)
    }

    fn field(
        &self,
        schema: &Schema,
        kind: &Kind,
        touch: &Touch,
        reading: &mut Reading,
    ) -> Result<(), Refusal> {
        let field =
            kind.field(&touch.key).ok_or_else(|| Refusal::field(Code::SchemaUnsupported, &touch.key))?;
        if touch.sub.is_some() {
            return Err(malformed("a field is no map"));
        }
        let value = written(schema, field, &touch.action)?;
        let first = !self.filled.contains(&touch.key);
        let access = field.access();
        let subject = field.key.clone();
        // The parts of one prose edit are one act.
        if !reading.acts.iter().any(|a| a.subject == subject && matches!(a.deed, Deed::Set { .. })) {
            reading.acts.push(Act { subject, access, may: field.may, deed: Deed::Set { first } });
        }
        reading.set.push((field.key.clone(), value));
        Ok(())
    }

    fn entry(
        &self,
        schema: &Schema,
        kind: &Kind,
        person: &Principal,
        touch: &Touch,
        reading: &mut Reading,
    ) -> Result<(), Refusal> {
        let (collection, id) = touch.key.split_once('/').ok_or_else(|| malformed("an entry's key"))?;
        if from_id22(id).is_none() {
            return Err(malformed("an entry's id"));
        }
        let collection =
            kind.collection(collection).ok_or_else(|| Refusal::field(Code::SchemaUnsupported, collection))?;
        let Some(key) = &touch.sub else {
            if touch.action != Action::MakeMap || self.entries.contains_key(&touch.key) {
                return Err(malformed("an entry is made once, as a map"));
            }
            let subject = collection.key.clone();
            reading.acts.push(Act {
                subject,
                access: collection.access,
                may: collection.may,
                deed: Deed::Add,
            });
            // Until `_by` is read, nobody's: a change that leaves it out does not pass.
            reading.added.push((touch.key.clone(), UserId(uuid::Uuid::max())));
            return Ok(());
        };
        let new = self.is_new(touch, reading);
        if !new {
            let own = self.entries.get(&touch.key).copied().flatten() == Some(person.user);
            let act = Act {
                subject: collection.key.clone(),
                access: collection.access,
                may: collection.may,
                deed: Deed::Edit { own },
            };
            if !reading.acts.contains(&act) {
                reading.acts.push(act);
            }
        }
        match (key.as_str(), &touch.action) {
            ("_by", Action::Put(ScalarValue::Bytes(b))) if new => {
                let by = UserId::from_slice(b).ok_or_else(|| malformed("_by"))?;
                if let Some(added) = reading.added.iter_mut().find(|(k, _)| *k == touch.key) {
                    added.1 = by;
                }
                Ok(())
            }
            ("_at", Action::Put(ScalarValue::Timestamp(_))) if new => Ok(()),
            ("_by" | "_at", _) => Err(Refusal::field(Code::Frozen, &format!("{}/{key}", collection.key))),
            ("removed", Action::Put(ScalarValue::Boolean(b))) => {
                reading.entries.push((touch.key.clone(), key.clone(), Value::Bool(*b)));
                Ok(())
            }
            _ => {
                if let Some(act) = entry_field_act(kind, &collection.key, key)
                    && !reading.acts.contains(&act)
                {
                    reading.acts.push(act);
                }
                let implied = implied_field(collection, key);
                let field = collection.field(key).or(implied.as_ref()).ok_or_else(|| {
                    Refusal::field(Code::SchemaUnsupported, &format!("{}/{key}", collection.key))
                })?;
                let value = written(schema, field, &touch.action)?;
                reading.entries.push((touch.key.clone(), key.clone(), value));
                Ok(())
            }
        }
    }

    /// Whether the entry written to was added by the change itself.
    fn is_new(&self, touch: &Touch, reading: &Reading) -> bool {
        !self.entries.contains_key(&touch.key) && reading.added.iter().any(|(k, _)| *k == touch.key)
    }

    fn event(&self, touch: &Touch, drafts: &mut BTreeMap<String, Draft>) -> Result<(), Refusal> {
        let Some(key) = &touch.sub else {
            if touch.action != Action::MakeMap
                || self.events.contains(&touch.key)
                || from_id22(&touch.key).is_none()
            {
                return Err(malformed("an event is made once, as a map"));
            }
            drafts.entry(touch.key.clone()).or_default();
            return Ok(());
        };
        let draft = drafts.get_mut(&touch.key).ok_or_else(|| malformed("events are immutable"))?;
        match (key.as_str(), &touch.action) {
            ("at", Action::Put(ScalarValue::Timestamp(t))) => draft.at = Some(*t),
            ("by", Action::Put(ScalarValue::Bytes(b))) => draft.by = UserId::from_slice(b),
            ("skew_s", Action::Put(ScalarValue::Int(_))) => {}
            ("t" | "to" | "role" | "prev" | "why" | "temp" | "basis", Action::Put(ScalarValue::Str(s))) => {
                // Room for a frontier of a hundred events, or a long reason.
                if s.chars().count() > 4_000 {
                    return Err(Refusal::field(Code::TooLong, key));
                }
                draft.texts.insert(key.clone(), s.to_string());
            }
            _ => return Err(Refusal::field(Code::SchemaUnsupported, &format!("events/{key}"))),
        }
        Ok(())
    }
}

fn assign(touch: &Touch, reading: &mut Reading) -> Result<(), Refusal> {
    let user = from_id22(&touch.key).ok_or_else(|| malformed("assign names a user"))?;
    match (&touch.sub, &touch.action) {
        (None, Action::Put(ScalarValue::Str(part))) if ["lead", "other", ""].contains(&part.as_str()) => {
            let act = Act { subject: "assign".into(), access: Access::Core, may: None, deed: Deed::Assign };
            if !reading.acts.contains(&act) {
                reading.acts.push(act);
            }
            reading.assigned.push((UserId(user), part.to_string()));
            Ok(())
        }
        _ => Err(malformed("assign holds lead, other or nothing")),
    }
}

fn finish(key: &str, mut draft: Draft, person: &Principal) -> Result<Event, Refusal> {
    let id = from_id22(key).ok_or_else(|| malformed("an event's id"))?;
    if draft.by != Some(person.user) {
        return Err(Refusal::new(Code::AuthorMismatch));
    }
    let role = draft.texts.get("role").and_then(|r| Role::from_text(r));
    if role != Some(person.role) {
        return Err(Refusal::new(Code::AuthorMismatch).with("detail", "role"));
    }
    let t = draft.texts.remove("t").unwrap_or_default();
    if !["created", "status"].contains(&t.as_str()) {
        return Err(Refusal::field(Code::SchemaUnsupported, "events/t"));
    }
    Ok(Event {
        id,
        t,
        to: draft.texts.remove("to").unwrap_or_default(),
        at: Timestamp(draft.at.ok_or_else(|| malformed("an event without time"))?),
        by: person.user,
        role,
        prev: prev_ids(draft.texts.get("prev").map(String::as_str).unwrap_or_default()),
        why: draft.texts.remove("why"),
        temp: draft.texts.remove("temp"),
        basis: draft.texts.remove("basis"),
    })
}

/// Checks what is written to a register; what it holds afterwards.
fn written(schema: &Schema, field: &Field, action: &Action) -> Result<Value, Refusal> {
    match action {
        Action::Put(scalar) => {
            let value = from_scalar(field.kind, scalar);
            if matches!(value, Value::Unknown(_)) {
                return Err(Refusal::field(Code::WrongType, &field.key));
            }
            value::check(schema, field, &value)?;
            Ok(value)
        }
        Action::MakeText | Action::Splice if field.kind == FieldType::Longtext => Ok(prose()),
        // Unmodified JavaScript clients write every string as Text.
        Action::MakeText | Action::Splice if field.kind == FieldType::Text => Ok(prose()),
        _ => Err(Refusal::field(Code::WrongType, &field.key)),
    }
}

/// Some text: what an edit of prose leaves is known only once it is merged.
fn prose() -> Value {
    Value::Text("\u{2026}".to_owned())
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(Code::Malformed).with("detail", detail)
}
