//! Intent → one change. Writes touch only what changed.

use std::collections::{HashMap, HashSet};

use automerge::transaction::{CommitOptions, Transactable as _, Transaction};
use automerge::{Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::permit::settles;
use super::read::cycle_of;
use super::rules::{Around, Ground, no_duplicate, not_before};
use super::scalar::to_scalar;
use super::{Hash, Record, RecordView};
use crate::authz::Role;
use crate::derive::{self, Basis};
use crate::error::{Code, Refusal};
use crate::ids::{UserId, id22};
use crate::intent::Intent;
use crate::lifecycle::Transition;
use crate::schema::{Collection, FILE_FIELDS, Field, FieldType, Kind, Label, Required, Schema};
use crate::survey;
use crate::time::{Timestamp, Zone};
use crate::value::{self, Value};

/// Who writes, when, and by which schema. Time and identity are given, never asked for.
#[derive(Clone)]
pub struct Writer<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The zone in which times without one are meant.
    pub zone: &'a Zone,
    /// The author.
    pub user: UserId,
    /// The author's role.
    pub role: Role,
    /// The author's clock.
    pub now: Timestamp,
    /// How far that clock is from the server's, in seconds, where it matters (> 120 s).
    pub skew_s: Option<i64>,
    /// What is written was said before (an import, unsent work built again): codes may be retired since.
    pub historical: bool,
    /// What stands around the record.
    pub around: Around<'a>,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its hash.
    pub hash: Hash,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A failure inside Automerge while writing to a document we made: a bug, not the person's mistake.
fn fault(e: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::ServerFault).with("detail", e.to_string())
}

impl Record {
    /// Executes an intent as one change; `None` if it changes nothing. The record must have been
    /// opened with [`Record::begin`], and the intent's ids filled.
    ///
    /// # Errors
    /// A refusal that names field and rule; the record is as it was.
    pub fn execute(&mut self, writer: &Writer<'_>, intent: &Intent) -> Result<Option<Made>, Refusal> {
        let schema = writer.schema;
        let kind = schema.kind(&self.kind).ok_or_else(|| Refusal::new(Code::UnknownKind))?;
        let view = self.view(kind);
        let intent = &self.resolve(kind, &view, intent)?;
        survey::check(schema, &view, intent)?;
        let plan = plan(writer, kind, &view, intent)?;
        if !writer.historical {
            self.check_offered(schema, kind, intent, &plan)?;
            survey::check_offered(schema, kind, intent)?;
        }
        let mut tx = self.doc.transaction();
        match perform(&mut tx, writer, kind, &view, intent, plan) {
            Ok(()) if tx.pending_ops() == 0 => {
                tx.rollback();
                Ok(None)
            }
            Ok(()) => {
                let options = CommitOptions::default().with_message(intent.name()).with_time(writer.now.0);
                tx.commit_with(options);
                self.last_made()
            }
            Err(refusal) => {
                tx.rollback();
                Err(refusal)
            }
        }
    }

    /// Turns `choose` into what it chooses, so that the stored intent means the same when executed again;
    /// every other intent stays. Ids are filled after this.
    ///
    /// # Errors
    /// `no_such_value`, `unknown_field`.
    pub fn resolve(&self, kind: &Kind, view: &RecordView, intent: &Intent) -> Result<Intent, Refusal> {
        let Intent::Choose { field, n } = intent else { return Ok(intent.clone()) };
        let conflict = self.conflict(kind, field, view);
        let chosen = conflict.values.get(*n).ok_or_else(|| {
            Refusal::field(Code::NoSuchValue, field).with("n", *n).with("count", conflict.values.len())
        })?;
        let value = chosen.value.clone();
        let mut parts = field.splitn(3, '/');
        Ok(match (parts.next(), parts.next(), parts.next()) {
            (Some("status"), None, None) if Self::has_status(kind) => Intent::Event {
                to: value.as_str().unwrap_or_default().to_owned(),
                why: None,
                fields: Map::new(),
                id: None,
            },
            (Some(collection), Some(id), Some(key)) => Intent::Update {
                collection: collection.to_owned(),
                id: id.parse().map_err(|_| Refusal::field(Code::UnknownEntry, field))?,
                fields: Map::from_iter([(key.to_owned(), value)]),
            },
            _ => Intent::Set { field: field.clone(), value },
        })
    }

    /// Gives the record its official number: a change by the system.
    ///
    /// # Errors
    /// `server_fault` if the document cannot be written to.
    pub fn give_number(
        &mut self,
        field: &str,
        number: &str,
        now: Timestamp,
    ) -> Result<Option<Made>, Refusal> {
        let fields = container(&self.doc, "fields")?;
        let mut tx = self.doc.transaction();
        if let Err(e) = tx.put(&fields, field, number) {
            tx.rollback();
            return Err(fault(e));
        }
        tx.commit_with(CommitOptions::default().with_message("number").with_time(now.0));
        self.last_made()
    }

    fn last_made(&self) -> Result<Option<Made>, Refusal> {
        let change = self.doc.get_last_local_change().ok_or_else(|| fault("no change after commit"))?;
        Ok(Some(Made { hash: change.hash().0, bytes: change.raw_bytes().to_vec() }))
    }
}

/// Typed values of an intent, checked before anything is written.
pub(super) struct Plan<'a> {
    pub(super) fields: Vec<(&'a Field, Value)>,
    pub(super) entry: Vec<(String, FieldType, Value)>,
    /// What the step leaves the results to stand on.
    basis: Option<String>,
}

fn plan<'a>(
    writer: &Writer<'_>,
    kind: &'a Kind,
    view: &RecordView,
    intent: &Intent,
) -> Result<Plan<'a>, Refusal> {
    let mut plan = Plan { fields: Vec::new(), entry: Vec::new(), basis: None };
    match intent {
        Intent::Create { fields, .. } => {
            if view.created().is_some() {
                return Err(Refusal::new(Code::BadRequest).with("detail", "exists"));
            }
            plan.fields = typed_fields(writer, kind, fields)?;
            record_needs(kind, |key| plan.fields.iter().any(|(f, v)| f.key == key && !v.is_empty()))?;
        }
        Intent::Set { field, value } => {
            let fields = Map::from_iter([(field.clone(), value.clone())]);
            plan.fields = typed_fields(writer, kind, &fields)?;
            record_keeps(kind, |key| cleared(&plan, key))?;
        }
        Intent::Add { collection, fields, id } => {
            let collection = collection_of(kind, collection)?;
            plan.entry = typed_entry(writer, collection, fields)?;
            unique_entry(collection, view, *id, &plan.entry)?;
            let given = |key: &str| plan.entry.iter().any(|(k, _, v)| k == key && !v.is_empty());
            entry_needs(collection, given)?;
        }
        Intent::Update { collection, fields, id } => {
            let collection = collection_of(kind, collection)?;
            existing(view, collection, *id)?;
            plan.entry = typed_entry(writer, collection, fields)?;
            unique_entry(collection, view, Some(*id), &plan.entry)?;
            entry_keeps(collection, |key| plan.entry.iter().any(|(k, _, v)| k == key && v.is_empty()))?;
        }
        Intent::Remove { collection, id } => existing(view, collection_of(kind, collection)?, *id)?,
        Intent::Event { to, fields, why, .. } => {
            plan.fields = typed_fields(writer, kind, fields)?;
            record_keeps(kind, |key| cleared(&plan, key))?;
            let step = check_step(writer.role, kind, view, to, why.as_deref())?;
            plan.basis = step.and_then(|step| Basis::of_step(writer.schema, step)).map(|b| b.to_text());
            if let Some(step) = step {
                let mut after = with(view, &plan.fields);
                // What is needed may depend on what follows from the rest: whether somebody was late.
                derive::fill(writer.schema, kind, &mut after);
                Ground { schema: writer.schema, kind, view: &after, around: writer.around }.step(step)?;
            }
        }
        Intent::Assign { .. } => {}
        Intent::Choose { .. } => return Err(fault("unresolved choice")),
    }
    if !plan.fields.is_empty() {
        let touched: Vec<&str> = plan.fields.iter().map(|(f, _)| f.key.as_str()).collect();
        let after = with(view, &plan.fields);
        let parts: Vec<_> = std::iter::once((kind, &after)).chain(writer.around.beside).collect();
        not_before(&parts, &touched, writer.zone)?;
    }
    Ok(plan)
}

fn cleared(plan: &Plan<'_>, key: &str) -> bool {
    plan.fields.iter().any(|(f, v)| f.key == key && v.is_empty())
}

fn always(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|f| matches!(f.required, Required::Always(_)))
}

/// A new record has the fields without which it means nothing.
///
/// # Errors
/// `required` with the `field`; so do the three that follow.
pub(super) fn record_needs(kind: &Kind, given: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let missing = always(&kind.fields).find(|f| !given(&f.key));
    missing.map_or(Ok(()), |field| Err(Refusal::field(Code::Required, &field.key)))
}

/// A record keeps them.
pub(super) fn record_keeps(kind: &Kind, cleared: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    record_needs(kind, |key| !cleared(key))
}

/// A new entry has the fields without which it means nothing.
pub(super) fn entry_needs(collection: &Collection, given: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    match always(&collection.fields).find(|f| !given(&f.key)) {
        Some(field) => Err(Refusal::field(Code::Required, &format!("{}/{}", collection.key, field.key))),
        None => Ok(()),
    }
}

/// An entry keeps them.
pub(super) fn entry_keeps(collection: &Collection, cleared: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    entry_needs(collection, |key| !cleared(key))
}

/// The record with these values in it.
fn with(view: &RecordView, fields: &[(&Field, Value)]) -> RecordView {
    let mut after = view.clone();
    for (field, value) in fields {
        after.fields.insert(field.key.clone(), value.clone());
    }
    after
}

fn unique_entry(
    collection: &Collection,
    view: &RecordView,
    own: Option<Uuid>,
    entry: &[(String, FieldType, Value)],
) -> Result<(), Refusal> {
    let Some(key) = &collection.unique else { return Ok(()) };
    match entry.iter().find(|(k, ..)| k == key) {
        Some((.., value)) => no_duplicate(collection, view, own, value),
        None => Ok(()),
    }
}

/// The step that leads to a status; `None` where it only settles two steps that were taken at the same time.
fn check_step(
    role: Role,
    kind: &Kind,
    view: &RecordView,
    to: &str,
    why: Option<&str>,
) -> Result<Option<&'static Transition>, Refusal> {
    let cycle = cycle_of(kind).ok_or_else(|| Refusal::new(Code::BadTransition).with("to", to))?;
    let from = view.folded.status.as_str();
    if settles(role, &view.folded, view.events.iter(), to) {
        return Ok(None);
    }
    let step = cycle
        .step(from, to)
        .ok_or_else(|| Refusal::new(Code::BadTransition).with("from", from).with("to", to))?;
    if step.why && why.is_none_or(|w| w.trim().is_empty()) {
        return Err(Refusal::field(Code::Required, "why").with("to", to));
    }
    Ok(Some(step))
}

fn typed_fields<'a>(
    writer: &Writer<'_>,
    kind: &'a Kind,
    fields: &Map<String, Json>,
) -> Result<Vec<(&'a Field, Value)>, Refusal> {
    let typed = |(key, json): (&String, &Json)| {
        let field = kind
            .field(key)
            .ok_or_else(|| Refusal::field(Code::UnknownField, key).with("kind", kind.key.clone()))?;
        Ok((field, value::parse(writer.schema, field, json, writer.zone)?))
    };
    fields.iter().map(typed).collect()
}

fn typed_entry(
    writer: &Writer<'_>,
    collection: &Collection,
    fields: &Map<String, Json>,
) -> Result<Vec<(String, FieldType, Value)>, Refusal> {
    let mut out = Vec::with_capacity(fields.len());
    for (key, json) in fields {
        let implied;
        let field = match collection.field(key) {
            Some(field) => field,
            None => {
                implied = implied_field(collection, key).ok_or_else(|| {
                    Refusal::field(Code::UnknownField, &format!("{}/{key}", collection.key))
                })?;
                &implied
            }
        };
        let value = value::parse(writer.schema, field, json, writer.zone).map_err(|mut refusal| {
            refusal.params.insert("field".into(), format!("{}/{key}", collection.key).into());
            refusal
        })?;
        out.push((key.clone(), field.kind, value));
    }
    Ok(out)
}

/// One of the keys that every file has, as a field.
pub(super) fn implied_field(collection: &Collection, key: &str) -> Option<Field> {
    let (key, kind) = FILE_FIELDS.iter().find(|(k, _)| collection.files && *k == key)?;
    Some(Field {
        key: (*key).to_owned(),
        group: String::new(),
        kind: *kind,
        label: Label::default(),
        hint: None,
        list: None,
        target: None,
        required: Required::default(),
        when: None,
        not_before: None,
        declared_access: Some(collection.access),
        offline: collection.offline,
        conflict: crate::schema::Conflict::Silent,
        index: false,
        search: false,
        personal: false,
        computed: false,
        may: None,
        unit: None,
        max: None,
        min_value: None,
        max_value: None,
        since: 1,
        column: None,
        print: None,
        headers: Vec::new(),
    })
}

fn collection_of<'a>(kind: &'a Kind, key: &str) -> Result<&'a Collection, Refusal> {
    kind.collection(key)
        .ok_or_else(|| Refusal::field(Code::UnknownCollection, key).with("kind", kind.key.clone()))
}

fn existing(view: &RecordView, collection: &Collection, id: Uuid) -> Result<(), Refusal> {
    let found = view.collections.get(&collection.key).is_some_and(|c| c.iter().any(|e| e.id == id));
    if found {
        Ok(())
    } else {
        Err(Refusal::field(Code::UnknownEntry, &collection.key).with("id", id.to_string()))
    }
}

fn container(doc: &impl automerge::ReadDoc, key: &str) -> Result<ObjId, Refusal> {
    match doc.get(ROOT, key) {
        Ok(Some((automerge::Value::Object(ObjType::Map), id))) => Ok(id),
        _ => Err(Refusal::new(Code::Malformed).with("detail", "root")),
    }
}

fn perform(
    tx: &mut Transaction<'_>,
    writer: &Writer<'_>,
    kind: &Kind,
    view: &RecordView,
    intent: &Intent,
    plan: Plan<'_>,
) -> Result<(), Refusal> {
    let fields = container(tx, "fields")?;
    // `execute` resolved a choice to this intent: it must write even what already shows, to settle it.
    for (field, value) in &plan.fields {
        put(tx, &fields, &field.key, field.kind, value)?;
    }
    match intent {
        Intent::Create { id, temp, .. } => {
            let cycle = cycle_of(kind);
            let to = cycle.map_or("", |c| c.initial);
            let more = [("temp", temp.as_deref())];
            add_event(tx, writer, view, "created", to, *id, more)
        }
        Intent::Event { to, why, id, .. } => {
            let why = why.as_deref().filter(|w| !w.trim().is_empty());
            let more = [("why", why), ("basis", plan.basis.as_deref())];
            add_event(tx, writer, view, "status", to, *id, more)
        }
        Intent::Add { collection, id, .. } => {
            let id = id.ok_or_else(|| fault("intent without id"))?;
            let entries = container(tx, "entries")?;
            let key = format!("{collection}/{}", id22(id.as_bytes()));
            if tx.get(&entries, key.as_str()).map_err(fault)?.is_some() {
                // Executed before: adding is idempotent by the entry's id.
                return Ok(());
            }
            let entry = tx.put_object(&entries, key, ObjType::Map).map_err(fault)?;
            tx.put(&entry, "_by", ScalarValue::Bytes(writer.user.bytes().to_vec())).map_err(fault)?;
            tx.put(&entry, "_at", ScalarValue::Timestamp(writer.now.0)).map_err(fault)?;
            plan.entry.iter().try_for_each(|(key, kind, value)| put(tx, &entry, key, *kind, value))
        }
        Intent::Update { collection, id, .. } => {
            let entry = entry(tx, collection, *id)?;
            plan.entry.iter().try_for_each(|(key, kind, value)| put(tx, &entry, key, *kind, value))
        }
        Intent::Remove { collection, id } => {
            let entry = entry(tx, collection, *id)?;
            put(tx, &entry, "removed", FieldType::Bool, &Value::Bool(true))
        }
        Intent::Assign { lead, others } => {
            let assign = container(tx, "assign")?;
            let mut want: Vec<(UserId, &str)> = others.iter().map(|u| (*u, "other")).collect();
            want.retain(|(u, _)| Some(*u) != *lead);
            want.extend(lead.iter().map(|u| (*u, "lead")));
            let had = view.lead.iter().chain(&view.others);
            let off: Vec<UserId> = had.filter(|u| !want.iter().any(|(w, _)| w == *u)).copied().collect();
            want.extend(off.into_iter().map(|u| (u, "")));
            want.sort();
            for (user, part) in want {
                put(tx, &assign, &user.id22(), FieldType::Text, &Value::Text(part.to_owned()))?;
            }
            Ok(())
        }
        Intent::Set { .. } | Intent::Choose { .. } => Ok(()),
    }
}

fn entry(tx: &Transaction<'_>, collection: &str, id: Uuid) -> Result<ObjId, Refusal> {
    let entries = container(tx, "entries")?;
    match tx.get(&entries, format!("{collection}/{}", id22(id.as_bytes()))) {
        Ok(Some((automerge::Value::Object(ObjType::Map), id))) => Ok(id),
        _ => Err(Refusal::field(Code::UnknownEntry, collection)),
    }
}

/// Sets a register, unless it holds exactly this value and no other beside it.
fn put(
    tx: &mut Transaction<'_>,
    map: &ObjId,
    key: &str,
    kind: FieldType,
    value: &Value,
) -> Result<(), Refusal> {
    let (several, held, others) = {
        let all = tx.get_all(map, key).map_err(fault)?;
        let held = all.last().map(|(value, id)| (value.to_owned(), id.clone()));
        let others: Vec<ScalarValue> = all
            .iter()
            .filter_map(|(v, _)| super::scalar::scalar(v))
            .map(std::borrow::Cow::into_owned)
            .collect();
        (all.len() > 1, held, others)
    };
    if kind == FieldType::Longtext {
        let text = value.to_text();
        return match held {
            // One prose object: edit it, so that two people's sentences merge.
            Some((automerge::Value::Object(ObjType::Text), id)) if !several => {
                tx.update_text(&id, &text).map_err(fault)
            }
            None if text.is_empty() => Ok(()),
            _ => {
                let id = tx.put_object(map, key, ObjType::Text).map_err(fault)?;
                tx.splice_text(&id, 0, 0, &text).map_err(fault)
            }
        };
    }
    let scalar = to_scalar(value);
    let same = match &held {
        Some((automerge::Value::Scalar(s), _)) => s.as_ref() == &scalar,
        Some(_) => false,
        None => scalar == ScalarValue::Null,
    };
    if !same {
        return tx.put(map, key, scalar).map_err(fault);
    }
    // Choosing the value that shows: the library would only delete the others, and a delete is nothing a
    // record's reader or the guard should have to tell from a loss. So another value is put, then this one.
    match others.into_iter().find(|other| several && *other != scalar) {
        Some(other) => {
            tx.put(map, key, other).map_err(fault)?;
            tx.put(map, key, scalar).map_err(fault)
        }
        None => Ok(()),
    }
}

fn add_event<'a>(
    tx: &mut Transaction<'_>,
    writer: &Writer<'_>,
    view: &RecordView,
    t: &str,
    to: &str,
    id: Option<Uuid>,
    more: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<(), Refusal> {
    let id = id.ok_or_else(|| fault("intent without id"))?;
    let events = container(tx, "events")?;
    let event = tx.put_object(&events, id22(id.as_bytes()), ObjType::Map).map_err(fault)?;
    let prev: Vec<String> = view.folded.frontier.iter().map(|p| id22(p.as_bytes())).collect();
    let mut put = |key: &str, value: ScalarValue| tx.put(&event, key, value).map_err(fault);
    put("t", t.into())?;
    put("to", to.into())?;
    put("at", ScalarValue::Timestamp(writer.now.0))?;
    put("by", ScalarValue::Bytes(writer.user.bytes().to_vec()))?;
    put("role", writer.role.as_str().into())?;
    put("prev", prev.join(",").into())?;
    for (key, text) in more {
        if let Some(text) = text {
            put(key, text.into())?;
        }
    }
    if let Some(skew) = writer.skew_s {
        put("skew_s", ScalarValue::Int(skew))?;
    }
    Ok(())
}

/// Puts changes after the changes they depend on; the library's order is only usually so.
pub(super) fn sort_causally(changes: &mut Vec<Change>) {
    let ours: HashSet<ChangeHash> = changes.iter().map(Change::hash).collect();
    let mut waiting: HashMap<ChangeHash, Change> = HashMap::new();
    let mut order = Vec::with_capacity(changes.len());
    for change in changes.drain(..) {
        order.push(change.hash());
        waiting.insert(change.hash(), change);
    }
    let mut done: HashSet<ChangeHash> = HashSet::new();
    let mut sorted = Vec::with_capacity(order.len());
    while sorted.len() < order.len() {
        let before = sorted.len();
        for hash in &order {
            let ready = waiting
                .get(hash)
                .is_some_and(|c| c.deps().iter().all(|d| !ours.contains(d) || done.contains(d)));
            if ready && let Some(change) = waiting.remove(hash) {
                done.insert(*hash);
                sorted.push(change);
            }
        }
        if sorted.len() == before {
            break; // a cycle cannot be: hashes name their dependencies
        }
    }
    *changes = sorted;
}
