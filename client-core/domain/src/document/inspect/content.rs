//! What a change's writes mean: acts for the permission table, events, assignments. Values are checked
//! against the schema here, so that nothing ill-typed enters a record by way of forged bytes.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ROOT, ScalarValue};

use super::point::Reader;
use crate::authz::{Act, Deed, Principal, Role};
use crate::document::permit::entry_field_act;
use crate::document::read::prev_ids;
use crate::document::scalar::from_scalar;
use crate::document::write::implied_field;
use crate::error::{Code, Refusal};
use crate::guard::{Action, Root, Touch};
use crate::ids::{UserId, from_id22};
use crate::lifecycle::Event;
use crate::schema::{Access, Field, FieldType, Kind, Schema};
use crate::time::Timestamp;
use crate::value::{self, Value};

/// What one change says.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) acts: Vec<Act>,
    pub(super) events: Vec<Event>,
    pub(super) assigned: Vec<(UserId, String)>,
    /// Fields set, and whether to something.
    set: Vec<(String, bool)>,
    /// Entries added, as `collection/id22`.
    added: Vec<(String, UserId)>,
}

/// What the record holds, as far as judging writes needs it.
pub(super) struct Content {
    /// Fields with a value.
    filled: BTreeSet<String>,
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

impl Content {
    pub(super) fn of(doc: &Automerge) -> Self {
        let reader = Reader { doc, heads: None };
        let mut content = Self { filled: BTreeSet::new(), entries: BTreeMap::new(), events: BTreeSet::new() };
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

    pub(super) fn absorb(&mut self, reading: &Reading) {
        for (key, filled) in &reading.set {
            if *filled {
                self.filled.insert(key.clone())
            } else {
                self.filled.remove(key)
            };
        }
        for (key, by) in &reading.added {
            self.entries.insert(key.clone(), Some(*by));
        }
        self.events.extend(reading.events.iter().map(|e| crate::ids::id22(e.id.as_bytes())));
    }

    /// Whether a required field or collection has something, with what `reading` sets.
    pub(super) fn has(&self, key: &str, reading: &Reading) -> bool {
        let set_here = reading.set.iter().rev().find(|(k, _)| k == key).map(|(_, filled)| *filled);
        let prefix = format!("{key}/");
        set_here.unwrap_or_else(|| self.filled.contains(key))
            || self.entries.keys().any(|k| k.starts_with(&prefix))
            || reading.added.iter().any(|(k, _)| k.starts_with(&prefix))
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
        let filled = written(schema, field, &touch.action)?;
        let first = !self.filled.contains(&touch.key);
        let access = field.access();
        let subject = field.key.clone();
        // The parts of one prose edit are one act.
        if !reading.acts.iter().any(|a| a.subject == subject && matches!(a.deed, Deed::Set { .. })) {
            reading.acts.push(Act { subject, access, may: field.may, deed: Deed::Set { first } });
        }
        reading.set.push((field.key.clone(), filled));
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
            ("removed", Action::Put(ScalarValue::Boolean(_))) => Ok(()),
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
                written(schema, field, &touch.action).map(|_| ())
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
            ("t" | "to" | "role" | "prev" | "why" | "temp", Action::Put(ScalarValue::Str(s))) => {
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
    })
}

/// Checks what is written to a register; whether it holds something afterwards.
fn written(schema: &Schema, field: &Field, action: &Action) -> Result<bool, Refusal> {
    match action {
        Action::Put(scalar) => {
            let value = from_scalar(field.kind, scalar);
            if matches!(value, Value::Unknown(_)) {
                return Err(Refusal::field(Code::WrongType, &field.key));
            }
            value::check(schema, field, &value)?;
            Ok(!value.is_empty())
        }
        Action::MakeText | Action::Splice if field.kind == FieldType::Longtext => Ok(true),
        // Unmodified JavaScript clients write every string as Text.
        Action::MakeText | Action::Splice if field.kind == FieldType::Text => Ok(true),
        _ => Err(Refusal::field(Code::WrongType, &field.key)),
    }
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(Code::Malformed).with("detail", detail)
}
