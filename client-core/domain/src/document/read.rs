//! Document → what screens, lists and permissions see. Tolerant: what this version does not know is
//! kept as it is and shown as unknown, and a missing key is an empty field.

use std::collections::BTreeMap;

use automerge::hydrate::{Map as HydratedMap, Value as Hydrated};
use automerge::{Automerge, ChangeHash, ROOT, ReadDoc as _, ScalarValue};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::Record;
use super::scalar::{from_scalar, to_json};
use crate::authz::{Facts, Role};
use crate::ids::{RecordId, UserId, from_id22};
use crate::lifecycle::{self, Event, Folded, Lifecycle, fold};
use crate::schema::{Collection, Conflict, FILE_FIELDS, FieldType, Kind};
use crate::time::Timestamp;
use crate::value::Value;

/// Seconds of a hundred years.
const CENTURY_S: u64 = 100 * 366 * 24 * 3_600;

/// An entry of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// Who added it.
    pub by: Option<UserId>,
    /// When, as its author says.
    pub at: Option<Timestamp>,
    /// Marked as removed.
    pub removed: bool,
    /// Its values; empty ones are left out.
    pub fields: BTreeMap<String, Value>,
}

/// A record as plain data.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// The kind's key.
    pub kind: String,
    /// Values by field key; empty ones are left out.
    pub fields: BTreeMap<String, Value>,
    /// Entries by collection key, oldest first, removed ones included.
    pub collections: BTreeMap<String, Vec<Entry>>,
    /// Events, oldest first by their authors' clocks.
    pub events: Vec<Event>,
    /// What the events come to.
    pub folded: Folded,
    /// Who leads.
    pub lead: Option<UserId>,
    /// Who helps.
    pub others: Vec<UserId>,
    /// Subjects with several values set at the same time that people should choose between.
    pub conflicts: Vec<String>,
    /// What a newer version wrote: path → value.
    pub unknown: BTreeMap<String, Json>,
}

impl Record {
    /// The record as plain data.
    #[must_use]
    pub fn view(&self, kind: &Kind) -> RecordView {
        let mut view = view_at(&self.doc, self.id, kind, None);
        // A flag from the library says that several values are there; equal ones are no conflict.
        let doubtful = std::mem::take(&mut view.conflicts);
        view.conflicts = doubtful.into_iter().filter(|s| s == "status" || self.differs(kind, s)).collect();
        view
    }
}

/// The record as plain data, now or as it was at `heads`; a conflict may be one of equal values.
pub(super) fn view_at(
    doc: &Automerge,
    id: RecordId,
    kind: &Kind,
    heads: Option<&[ChangeHash]>,
) -> RecordView {
    let mut view = RecordView {
        id,
        kind: kind.key.clone(),
        fields: BTreeMap::new(),
        collections: BTreeMap::new(),
        events: Vec::new(),
        folded: Folded::default(),
        lead: None,
        others: Vec::new(),
        conflicts: Vec::new(),
        unknown: BTreeMap::new(),
    };
    let Hydrated::Map(root) = doc.hydrate(heads) else { return view };
    for (key, value) in root.iter() {
        match (key.as_str(), &value.value) {
            ("fields", Hydrated::Map(map)) => read_fields(&mut view, kind, map),
            ("entries", Hydrated::Map(map)) => read_entries(&mut view, kind, map),
            ("events", Hydrated::Map(map)) => {
                view.events = map.iter().filter_map(|(k, v)| event(k, &v.value)).collect();
            }
            ("assign", Hydrated::Map(map)) => read_assign(&mut view, map),
            ("kind" | "v", _) => {}
            ("ext", Hydrated::Map(map)) => {
                for (key, value) in map.iter() {
                    view.unknown.insert(format!("ext.{key}"), hydrated_json(&value.value));
                }
            }
            (other, _) => {
                view.unknown.insert(other.to_owned(), hydrated_json(&value.value));
            }
        }
    }
    view.events.sort_by_key(|e| (e.at, e.id));
    for entries in view.collections.values_mut() {
        entries.sort_by_key(|e| (e.at, e.id));
    }
    view.folded = fold(cycle_of(kind), &view.events);
    if view.folded.conflicted {
        view.conflicts.push("status".to_owned());
    }
    view.conflicts.sort();
    view
}

impl RecordView {
    /// What permissions need to know.
    #[must_use]
    pub fn facts(&self, kind: &Kind) -> Facts {
        let mut facts = facts_of_events(kind, &self.events, &self.folded);
        facts.lead = self.lead;
        facts.others = self.others.iter().copied().collect();
        facts
    }

    /// The first event: who made the record, when, and under which temporary number.
    #[must_use]
    pub fn created(&self) -> Option<&Event> {
        self.events.iter().find(|e| e.t == "created")
    }

    /// A field's value; `Null` when empty.
    #[must_use]
    pub fn value(&self, key: &str) -> &Value {
        self.fields.get(key).unwrap_or(&Value::Null)
    }

    /// The shape that API and command line share (DESIGN §7, `show`), without sync state and rights.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Json> {
        let fields: Map<String, Json> = self.fields.iter().map(|(k, v)| (k.clone(), v.to_json())).collect();
        let collections: Map<String, Json> = self
            .collections
            .iter()
            .map(|(key, entries)| {
                let entries = entries.iter().map(|e| {
                    let mut json: Map<String, Json> =
                        e.fields.iter().map(|(k, v)| (k.clone(), v.to_json())).collect();
                    json.insert("id".into(), json!(e.id));
                    json.insert("by".into(), json!(e.by));
                    json.insert("at".into(), json!(e.at));
                    json.insert("removed".into(), json!(e.removed));
                    Json::Object(json)
                });
                (key.clone(), Json::Array(entries.collect()))
            })
            .collect();
        let events: Vec<Json> = self
            .events
            .iter()
            .map(|e| {
                let mut out = json!({"id": e.id, "t": e.t, "to": e.to, "at": e.at, "by": e.by, "why": e.why});
                if let Some(basis) = &e.basis {
                    out["basis"] = serde_json::from_str(basis).unwrap_or(Json::Null);
                }
                out
            })
            .collect();
        let mut out = Map::new();
        out.insert("id".into(), json!(self.id));
        out.insert("kind".into(), json!(self.kind));
        out.insert("status".into(), json!(self.folded.status));
        out.insert("temp_number".into(), json!(self.created().and_then(|e| e.temp.clone())));
        out.insert("fields".into(), Json::Object(fields));
        out.insert("collections".into(), Json::Object(collections));
        out.insert("events".into(), Json::Array(events));
        out.insert("assign".into(), json!({"lead": self.lead, "others": self.others}));
        out.insert("unknown".into(), json!(self.unknown));
        out
    }
}

pub(super) fn cycle_of(kind: &Kind) -> Option<&'static Lifecycle> {
    lifecycle::by_key(kind.lifecycle.as_deref()?)
}

pub(crate) fn facts_of_events(kind: &Kind, events: &[Event], folded: &Folded) -> Facts {
    let mut creators: Vec<&Event> = events.iter().filter(|e| e.t == "created").collect();
    creators.sort_by_key(|e| e.id);
    Facts {
        creator: creators.first().map(|e| e.by),
        // A record that is being made is where new ones begin.
        phase: cycle_of(kind).map(|c| c.phase(if creators.is_empty() { c.initial } else { &folded.status })),
        status: folded.status.clone(),
        ..Facts::default()
    }
}

pub(super) fn kind_of(doc: &Automerge) -> Option<String> {
    match doc.get(ROOT, "kind").ok()?? {
        (automerge::Value::Scalar(s), _) => s.as_str().map(str::to_owned),
        _ => None,
    }
}

/// The type and conflict rule of a field of an entry, implied file fields included.
pub(super) fn entry_field(collection: &Collection, key: &str) -> Option<(FieldType, Conflict)> {
    collection.field(key).map(|f| (f.kind, f.conflict)).or_else(|| {
        let implied = FILE_FIELDS.iter().find(|(k, _)| collection.files && *k == key)?;
        Some((implied.1, Conflict::Silent))
    })
}

/// Whether people are told of values that were set at the same time. Prose that two people began at once is two texts
/// of which one is hidden, and nobody writes a paragraph twice: that is shown whatever the field says.
fn shown(kind: FieldType, conflict: Conflict) -> bool {
    conflict == Conflict::Show || kind == FieldType::Longtext
}

fn read_fields(view: &mut RecordView, kind: &Kind, map: &HydratedMap) {
    for (key, held) in map.iter() {
        let Some(field) = kind.field(key) else {
            view.unknown.insert(key.clone(), hydrated_json(&held.value));
            continue;
        };
        if held.conflict && shown(field.kind, field.conflict) {
            view.conflicts.push(key.clone());
        }
        let value = typed(field.kind, &held.value);
        if !value.is_empty() {
            view.fields.insert(key.clone(), value);
        }
    }
}

fn read_entries(view: &mut RecordView, kind: &Kind, map: &HydratedMap) {
    for (key, held) in map.iter() {
        let parts = key.split_once('/').and_then(|(c, id)| Some((kind.collection(c)?, from_id22(id)?)));
        let (Some((collection, id)), Hydrated::Map(entry)) = (parts, &held.value) else {
            view.unknown.insert(format!("entries.{key}"), hydrated_json(&held.value));
            continue;
        };
        let mut read = Entry { id, by: None, at: None, removed: false, fields: BTreeMap::new() };
        for (name, held) in entry.iter() {
            let value = &held.value;
            match (name.as_str(), value) {
                ("_by", Hydrated::Scalar(ScalarValue::Bytes(b))) => read.by = UserId::from_slice(b),
                ("_at", Hydrated::Scalar(ScalarValue::Timestamp(t))) => read.at = Some(Timestamp(*t)),
                ("removed", Hydrated::Scalar(ScalarValue::Boolean(b))) => read.removed = *b,
                _ => {
                    let Some((kind, conflict)) = entry_field(collection, name) else {
                        view.unknown.insert(format!("{}/{id}/{name}", collection.key), hydrated_json(value));
                        continue;
                    };
                    if held.conflict && shown(kind, conflict) {
                        view.conflicts.push(format!("{}/{id}/{name}", collection.key));
                    }
                    let value = typed(kind, value);
                    if !value.is_empty() {
                        read.fields.insert(name.clone(), value);
                    }
                }
            }
        }
        view.collections.entry(collection.key.clone()).or_default().push(read);
    }
}

fn read_assign(view: &mut RecordView, map: &HydratedMap) {
    let mut leads = Vec::new();
    for (key, held) in map.iter() {
        let Some(user) = from_id22(key).map(UserId) else { continue };
        match &held.value {
            Hydrated::Scalar(ScalarValue::Str(s)) if s == "lead" => leads.push(user),
            Hydrated::Scalar(ScalarValue::Str(s)) if s == "other" => view.others.push(user),
            _ => {}
        }
    }
    // Two leads named at the same time: both stay assigned, the smaller id leads until the office says.
    leads.sort();
    view.lead = leads.first().copied();
    view.others.extend(leads.into_iter().skip(1));
    view.others.sort();
}

pub(super) fn event(key: &str, value: &Hydrated) -> Option<Event> {
    let Hydrated::Map(map) = value else { return None };
    let text = |k: &str| match map.get(k) {
        Some(Hydrated::Scalar(ScalarValue::Str(s))) => Some(s.to_string()),
        Some(Hydrated::Text(t)) => Some(t.to_string()),
        _ => None,
    };
    let skew = match map.get("skew_s") {
        Some(Hydrated::Scalar(ScalarValue::Int(skew))) => Some(*skew),
        _ => None,
    };
    Some(Event {
        id: from_id22(key)?,
        t: text("t")?,
        to: text("to").unwrap_or_default(),
        at: match map.get("at") {
            Some(Hydrated::Scalar(ScalarValue::Timestamp(t))) => happened(*t, skew),
            _ => Timestamp(0),
        },
        by: match map.get("by") {
            Some(Hydrated::Scalar(ScalarValue::Bytes(b))) => UserId::from_slice(b)?,
            _ => return None,
        },
        role: text("role").and_then(|r| Role::from_text(&r)),
        prev: prev_ids(&text("prev").unwrap_or_default()),
        why: text("why"),
        temp: text("temp"),
        basis: text("basis"),
    })
}

/// When something happened, by the server's clock: what the author's said, less the seconds that it was known to be
/// ahead. More than a century is no clock that runs wrong.
pub(super) fn happened(at: i64, skew_s: Option<i64>) -> Timestamp {
    let ahead = skew_s.filter(|skew| skew.unsigned_abs() <= CENTURY_S).unwrap_or(0);
    Timestamp(at.saturating_sub(ahead.saturating_mul(1_000)))
}

pub(super) fn prev_ids(text: &str) -> Vec<Uuid> {
    text.split(',').filter_map(from_id22).collect()
}

fn typed(kind: FieldType, value: &Hydrated) -> Value {
    match value {
        Hydrated::Scalar(s) => from_scalar(kind, s),
        // JavaScript clients turn every string into Text: read as if it were a string.
        Hydrated::Text(t) => from_scalar(kind, &ScalarValue::Str(t.to_string().into())),
        other => Value::Unknown(hydrated_json(other)),
    }
}

fn hydrated_json(value: &Hydrated) -> Json {
    match value {
        Hydrated::Scalar(s) => to_json(s),
        Hydrated::Text(t) => Json::String(t.to_string()),
        Hydrated::Map(map) => {
            let mut out = Map::new();
            for (k, v) in map.iter() {
                out.insert(k.clone(), hydrated_json(&v.value));
            }
            Json::Object(out)
        }
        Hydrated::List(list) => Json::Array(list.iter().map(|v| hydrated_json(&v.value)).collect()),
    }
}
