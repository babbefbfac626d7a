//! What a change's writes mean: acts for the permission table, events, assignments. Values are checked
//! against the schema here, so that nothing ill-typed enters a record by way of forged bytes.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ROOT, ScalarValue};

use super::event::{self, Draft};
use super::point::Reader;
use crate::authz::{Act, Deed, Principal};
use crate::document::permit::{entry_field_act, removal_acts};
use crate::document::read::cycle_of;
use crate::document::scalar::{from_scalar, to_scalar};
use crate::document::write::{entry_keeps, entry_needs, implied_field, record_keeps, record_needs};
use crate::document::{Entry, Record, RecordView};
use crate::error::{Code, Refusal};
use crate::guard::{Action, Root, Touch};
use crate::ids::{UserId, from_id22};
use crate::lifecycle::{Event, fold};
use crate::schema::{Access, Collection, Field, FieldType, Kind, Schema};
use crate::survey::EntryWrite;
use crate::value::{self, Value};

/// What a register holds after the change that is read, where that is not one plain value: container and keys.
pub(super) type Register<'a> = &'a mut dyn FnMut(&[&str], FieldType) -> Option<Value>;

/// The schema and the person by which a change is read.
#[derive(Clone, Copy)]
pub(super) struct By<'a> {
    pub(super) schema: &'a Schema,
    pub(super) kind: &'a Kind,
    pub(super) person: &'a Principal,
}

/// What one change says.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) acts: Vec<Act>,
    pub(super) events: Vec<Event>,
    pub(super) assigned: Vec<(UserId, String)>,
    /// Fields set, and to what.
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

impl Reading {
    fn act(&mut self, act: Act) {
        if !self.acts.contains(&act) {
            self.acts.push(act);
        }
    }

    fn adds(&self, key: &str) -> bool {
        self.added.iter().any(|(k, _)| k == key)
    }

    /// Who added an entry is said once. Until then it is nobody's: a change that leaves it out does not pass.
    fn sign(&mut self, key: &str, author: UserId) -> Result<(), Refusal> {
        let signed = self.added.iter_mut().find(|(k, by)| k == key && by.0.is_max());
        signed.ok_or_else(|| malformed("an entry is signed once"))?.1 = author;
        Ok(())
    }

    /// The last of several values of one register: the one that shows.
    fn last<'a>(
        values: impl DoubleEndedIterator<Item = (&'a str, &'a Value)>,
        key: &str,
    ) -> Option<&'a Value> {
        values.rev().find(|(k, _)| *k == key).map(|(_, value)| value)
    }

    /// What a record and its entries always have is there, and is not taken away.
    fn needs(&self, kind: &Kind) -> Result<(), Refusal> {
        let field = |key: &str| Self::last(self.set.iter().map(|(k, v)| (k.as_str(), v)), key);
        if self.acts.iter().any(|a| a.deed == Deed::Create) {
            record_needs(kind, |key| field(key).is_some_and(|v| !v.is_empty()))?;
        } else {
            record_keeps(kind, |key| field(key).is_some_and(Value::is_empty))?;
        }
        let keys: BTreeSet<&str> = self.entries.iter().map(|(key, ..)| key.as_str()).collect();
        for key in keys.into_iter().chain(self.added.iter().map(|(key, _)| key.as_str())) {
            let Some(collection) = key.split_once('/').and_then(|(c, _)| kind.collection(c)) else {
                continue;
            };
            let own = self.entries.iter().filter(|(k, ..)| k == key);
            let value = |field: &str| Self::last(own.clone().map(|(_, f, v)| (f.as_str(), v)), field);
            if self.adds(key) {
                entry_needs(collection, |field| value(field).is_some_and(|v| !v.is_empty()))?;
            } else {
                entry_keeps(collection, |field| value(field).is_some_and(Value::is_empty))?;
            }
        }
        Ok(())
    }

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

    /// How many events there are, proposed ones included.
    pub(super) fn events(&self) -> usize {
        self.events.len()
    }

    /// Takes note of a change that waits for the office: what it makes is nobody else's to make, and its author's
    /// next change may write to it.
    pub(super) fn note(&mut self, reading: &Reading) {
        let filled = reading.set.iter().filter(|(_, value)| !value.is_empty());
        self.filled.extend(filled.map(|(key, _)| key.clone()));
        self.know(reading);
    }

    fn know(&mut self, reading: &Reading) {
        for (key, by) in &reading.added {
            self.entries.insert(key.clone(), Some(*by));
        }
        self.events.extend(reading.events.iter().map(|e| crate::ids::id22(e.id.as_bytes())));
    }

    pub(super) fn absorb(&mut self, reading: Reading) {
        for (key, value) in &reading.set {
            if value.is_empty() {
                self.filled.remove(key)
            } else {
                self.filled.insert(key.clone())
            };
        }
        self.know(&reading);
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

    /// Reads the writes of one change.
    pub(super) fn read(
        &self,
        by: By<'_>,
        touches: &[Touch],
        register: Register<'_>,
    ) -> Result<Reading, Refusal> {
        let mut reading = Reading::default();
        let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
        for touch in touches {
            match touch.root {
                Root::Fields => self.field(by, touch, register, &mut reading)?,
                Root::Entries => self.entry(by, touch, register, &mut reading)?,
                Root::Events => event::write(touch, &mut drafts, self.events.contains(&touch.key))?,
                Root::Assign => assign(touch, &mut reading)?,
                Root::Ext => {
                    return Err(Refusal::field(Code::SchemaUnsupported, &format!("ext.{}", touch.key)));
                }
                Root::Other => return Err(malformed("writes outside the record's parts")),
            }
        }
        for (key, draft) in drafts {
            let event = event::finish(&key, draft, by.person)?;
            let deed = if event.t == "created" { Deed::Create } else { Deed::Step };
            reading.acts.push(Act { subject: event.to.clone(), access: Access::Status, may: None, deed });
            reading.events.push(event);
        }
        if reading.events.len() > 1 {
            return Err(malformed("more than one event in a change"));
        }
        if reading.added.iter().any(|(_, added)| *added != by.person.user) {
            return Err(Refusal::new(Code::AuthorMismatch));
        }
        reading.needs(by.kind)?;
        Ok(reading)
    }

    fn field(
        &self,
        by: By<'_>,
        touch: &Touch,
        register: Register<'_>,
        reading: &mut Reading,
    ) -> Result<(), Refusal> {
        let field =
            by.kind.field(&touch.key).ok_or_else(|| Refusal::field(Code::SchemaUnsupported, &touch.key))?;
        if touch.sub.is_some() {
            return Err(malformed("a field is no map"));
        }
        let mut held = || said(touch).or_else(|| register(&["fields", &touch.key], field.kind));
        let value = written(by.schema, field, &touch.action, &mut held)?;
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
        by: By<'_>,
        touch: &Touch,
        register: Register<'_>,
        reading: &mut Reading,
    ) -> Result<(), Refusal> {
        let (collection, id) = touch.key.split_once('/').ok_or_else(|| malformed("an entry's key"))?;
        if from_id22(id).is_none() {
            return Err(malformed("an entry's id"));
        }
        let collection = by
            .kind
            .collection(collection)
            .ok_or_else(|| Refusal::field(Code::SchemaUnsupported, collection))?;
        let Some(key) = &touch.sub else {
            // A second map under one key would be read by nobody here and shown to everybody.
            let taken = self.entries.contains_key(&touch.key) || reading.adds(&touch.key);
            if touch.action != Action::MakeMap || taken {
                return Err(malformed("an entry is made once, as a map"));
            }
            reading.act(Act {
                subject: collection.key.clone(),
                access: collection.access,
                may: collection.may,
                deed: Deed::Add,
            });
            reading.added.push((touch.key.clone(), UserId(uuid::Uuid::max())));
            return Ok(());
        };
        let new = !self.entries.contains_key(&touch.key) && reading.adds(&touch.key);
        if !new {
            let own = self.entries.get(&touch.key).copied().flatten() == Some(by.person.user);
            reading.act(Act {
                subject: collection.key.clone(),
                access: collection.access,
                may: collection.may,
                deed: Deed::Edit { own },
            });
        }
        match (key.as_str(), &touch.action) {
            ("_by", Action::Put(ScalarValue::Bytes(b))) if new => {
                let author = UserId::from_slice(b).ok_or_else(|| malformed("_by"))?;
                reading.sign(&touch.key, author)
            }
            ("_at", Action::Put(ScalarValue::Timestamp(t))) if new => {
                event::calendar_time(*t).ok_or_else(|| malformed("_at"))?;
                Ok(())
            }
            ("_by" | "_at", _) => Err(Refusal::field(Code::Frozen, &format!("{}/{key}", collection.key))),
            ("removed", Action::Put(ScalarValue::Boolean(b))) => {
                removal_acts(by.kind, collection).for_each(|act| reading.act(act));
                reading.entries.push((touch.key.clone(), key.clone(), Value::Bool(*b)));
                Ok(())
            }
            _ => {
                if let Some(act) = entry_field_act(by.kind, &collection.key, key) {
                    reading.act(act);
                }
                let implied = implied_field(collection, key);
                let field = collection.field(key).or(implied.as_ref()).ok_or_else(|| {
                    Refusal::field(Code::SchemaUnsupported, &format!("{}/{key}", collection.key))
                })?;
                let mut held = || said(touch).or_else(|| register(&["entries", &touch.key, key], field.kind));
                let value = written(by.schema, field, &touch.action, &mut held)?;
                reading.entries.push((touch.key.clone(), key.clone(), value));
                Ok(())
            }
        }
    }
}

fn assign(touch: &Touch, reading: &mut Reading) -> Result<(), Refusal> {
    let user = from_id22(&touch.key).ok_or_else(|| malformed("assign names a user"))?;
    match (&touch.sub, &touch.action) {
        (None, Action::Put(ScalarValue::Str(part))) if ["lead", "other", ""].contains(&part.as_str()) => {
            let act = Act { subject: "assign".into(), access: Access::Core, may: None, deed: Deed::Assign };
            reading.act(act);
            reading.assigned.push((UserId(user), part.to_string()));
            Ok(())
        }
        _ => Err(malformed("assign holds lead, other or nothing")),
    }
}

/// Checks what is written to a register; what it holds afterwards. `held` reads that where it is a text: the change
/// has single characters of it only.
fn written(
    schema: &Schema,
    field: &Field,
    action: &Action,
    held: &mut dyn FnMut() -> Option<Value>,
) -> Result<Value, Refusal> {
    let wrong = || Refusal::field(Code::WrongType, &field.key);
    let value = match action {
        Action::Put(scalar) => {
            let value = from_scalar(field.kind, scalar);
            // One form for one value: equal values are told from different ones by what is stored, and rows sort by it.
            let spelt = !matches!(scalar, ScalarValue::Str(_)) || to_scalar(&value) == *scalar;
            if matches!(value, Value::Unknown(_)) || !spelt {
                return Err(wrong());
            }
            value
        }
        // Unmodified JavaScript clients write every string as Text.
        Action::MakeText | Action::Splice if matches!(field.kind, FieldType::Longtext | FieldType::Text) => {
            held().ok_or_else(|| malformed("a text that cannot be read"))?
        }
        _ => return Err(wrong()),
    };
    value::check(schema, field, &value)?;
    Ok(value)
}

/// A text that the change itself says the whole of.
fn said(touch: &Touch) -> Option<Value> {
    touch.whole.clone().map(Value::Text)
}

pub(super) fn malformed(detail: &str) -> Refusal {
    Refusal::new(Code::Malformed).with("detail", detail)
}
