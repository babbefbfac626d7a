//! Whether a person may carry out an intent: asked by the device before it saves and by the API before
//! it writes. The server asks again of the change's bytes ([`super::admit`]); both use the same table.

use super::read::cycle_of;
use super::rules::{Around, Ground};
use super::{Record, RecordView};
use crate::authz::{Act, Deed, Principal, Role, Verdict, decide};
use crate::error::{Code, Refusal};
use crate::intent::Intent;
use crate::lifecycle::{Check, Event, Folded};
use crate::schema::{Access, Collection, Kind, Required, Schema};

/// Checks an intent against the permission table, as things stand in `view`.
///
/// # Errors
/// The refusal that the server would give.
pub fn permit(
    person: &Principal,
    kind: &Kind,
    view: &RecordView,
    around: Around<'_>,
    intent: &Intent,
) -> Result<(), Refusal> {
    let mut facts = view.facts(kind);
    // A companion has no status of its own: it is as open as its record.
    if let Some((main, view)) = around.main(kind) {
        facts.phase = view.facts(main).phase;
    }
    for act in acts(person, kind, view, intent)? {
        if let Verdict::Refuse(code) = decide(person, &act, &facts, &facts) {
            return Err(Refusal::field(code, &act.subject));
        }
    }
    if let Intent::Event { to, .. } = intent {
        let step = cycle_of(kind).and_then(|c| c.step(&facts.status, to));
        let allowed = step.is_none_or(|s| s.who.includes(person, facts.relation(person.user)));
        if !allowed && !settles(person.role, &view.folded, view.events.iter(), to) {
            return Err(Refusal::new(Code::ForbiddenTransition).with("to", to.clone()));
        }
        // Two steps at once, of which an engineer would pick one: no step of the table, and not theirs to pick.
        if step.is_none() && view.folded.conflicted && person.role == Role::Engineer {
            return Err(Refusal::new(Code::ForbiddenTransition).with("to", to.clone()));
        }
    }
    if let Intent::Choose { field, .. } = intent
        && field == "status"
        && person.role == Role::Engineer
    {
        return Err(Refusal::new(Code::ForbiddenTransition));
    }
    Ok(())
}

/// Whether a step says which of several steps that were taken at the same time stands. That is no step of the table,
/// and the office's to say: what its fields and conditions ask was asked when it was taken.
pub(super) fn settles<'a>(
    role: Role,
    folded: &Folded,
    mut events: impl Iterator<Item = &'a Event>,
    to: &str,
) -> bool {
    role != Role::Engineer
        && folded.conflicted
        && events.any(|e| e.to == to && folded.frontier.contains(&e.id))
}

fn acts(person: &Principal, kind: &Kind, view: &RecordView, intent: &Intent) -> Result<Vec<Act>, Refusal> {
    let field = |key: &str| set_act(kind, view, key);
    let entry = |collection: &str, deed: Deed| {
        let collection = kind.collection(collection).ok_or_else(|| {
            Refusal::field(Code::UnknownCollection, collection).with("kind", kind.key.clone())
        })?;
        let subject = collection.key.clone();
        Ok::<_, Refusal>(Act { subject, access: collection.access, may: collection.may, deed })
    };
    let step = |to: &str, deed| Act { subject: to.to_owned(), access: Access::Status, may: None, deed };
    let own = |collection: &str, id: &uuid::Uuid| {
        let entries = view.collections.get(collection);
        entries.and_then(|c| c.iter().find(|e| e.id == *id)).is_some_and(|e| e.by == Some(person.user))
    };
    Ok(match intent {
        Intent::Create { fields, .. } => {
            if !person.may_create(kind) {
                return Err(Refusal::new(Code::ForbiddenDoc).with("kind", kind.key.clone()));
            }
            let mut acts = vec![step("", Deed::Create)];
            for key in fields.keys() {
                acts.push(field(key)?);
            }
            acts
        }
        Intent::Set { field: key, .. } => vec![field(key)?],
        Intent::Choose { field: subject, .. } => match subject.split_once('/') {
            None if subject == "status" => vec![step(subject, Deed::Step)],
            None => vec![field(subject)?],
            Some((collection, rest)) => {
                let (id, key) = rest.split_once('/').unwrap_or((rest, ""));
                let id = id.parse().unwrap_or_default();
                let mut acts = vec![entry(collection, Deed::Edit { own: own(collection, &id) })?];
                acts.extend(entry_field_act(kind, collection, key));
                acts
            }
        },
        Intent::Add { collection, fields, .. } => {
            let mut acts = vec![entry(collection, Deed::Add)?];
            acts.extend(fields.keys().filter_map(|key| entry_field_act(kind, collection, key)));
            acts
        }
        Intent::Update { collection, id, fields } => {
            let mut acts = vec![entry(collection, Deed::Edit { own: own(collection, id) })?];
            acts.extend(fields.keys().filter_map(|key| entry_field_act(kind, collection, key)));
            acts
        }
        Intent::Remove { collection, id } => {
            let mut acts = vec![entry(collection, Deed::Edit { own: own(collection, id) })?];
            acts.extend(kind.collection(collection).into_iter().flat_map(|c| removal_acts(kind, c)));
            acts
        }
        Intent::Event { to, fields, .. } => {
            let mut acts = vec![step(to, Deed::Step)];
            for key in fields.keys() {
                acts.push(field(key)?);
            }
            acts
        }
        Intent::Assign { .. } => {
            vec![Act { subject: "assign".to_owned(), access: Access::Core, may: None, deed: Deed::Assign }]
        }
    })
}

fn set_act(kind: &Kind, view: &RecordView, key: &str) -> Result<Act, Refusal> {
    let field = kind
        .field(key)
        .ok_or_else(|| Refusal::field(Code::UnknownField, key).with("kind", kind.key.clone()))?;
    let first = view.value(key).is_empty();
    Ok(Act { subject: key.to_owned(), access: field.access(), may: field.may, deed: Deed::Set { first } })
}

/// The act of writing a field of an entry, where the field has a stricter class than its collection.
pub(super) fn entry_field_act(kind: &Kind, collection: &str, key: &str) -> Option<Act> {
    let collection = kind.collection(collection)?;
    let field = collection.field(key)?;
    (field.access() != collection.access || field.may.is_some()).then(|| Act {
        subject: format!("{}/{key}", collection.key),
        access: field.access(),
        may: field.may,
        deed: Deed::Set { first: true },
    })
}

/// The acts of taking an entry away, besides that of changing it: the entry is what its required fields say it is, so
/// who may not write these may not take it away.
pub(super) fn removal_acts<'a>(kind: &'a Kind, collection: &'a Collection) -> impl Iterator<Item = Act> + 'a {
    let needed = collection.fields.iter().filter(|f| matches!(f.required, Required::Always(_)));
    needed.filter_map(|f| entry_field_act(kind, &collection.key, &f.key))
}

/// What a person may do to a record now: the answer that screens grey out by.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Rights {
    /// Fields that may be set.
    pub edit: Vec<String>,
    /// Collections: `add`, `update` (own entries), `remove` (own entries).
    pub collections: std::collections::BTreeMap<String, Vec<&'static str>>,
    /// Steps that the person may make.
    pub transitions: Vec<Step>,
    /// Whether people may be assigned.
    pub assign: bool,
}

/// A step that a person may make.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Step {
    /// The status it leads to.
    pub to: String,
    /// Whether it asks why.
    pub why: bool,
    /// What it needs.
    pub requires: Vec<String>,
    /// What of that is empty.
    pub missing: Vec<String>,
    /// Conditions that do not hold, by their words.
    pub unmet: Vec<&'static str>,
}

impl Record {
    /// What `person` may do to the record now, with what stands around it.
    #[must_use]
    pub fn rights(
        schema: &Schema,
        person: &Principal,
        kind: &Kind,
        view: &RecordView,
        around: Around<'_>,
    ) -> Rights {
        let mut rights = Rights::default();
        let main = Around { beside: Some((kind, view)), links: None };
        let may = |kind: &Kind, view: &RecordView, intent: &Intent| {
            let around = if main.main(kind).is_some() { main } else { around };
            permit(person, kind, view, around, intent).is_ok()
        };
        let ground = Ground { schema, kind, view, around };
        for (kind, view) in ground.parts() {
            for field in &kind.fields {
                let set = Intent::Set { field: field.key.clone(), value: serde_json::Value::Null };
                if may(kind, view, &set) {
                    rights.edit.push(field.key.clone());
                }
            }
            for collection in &kind.collections {
                let needed = collection.fields.iter().filter(|f| matches!(f.required, Required::Always(_)));
                let needed = needed.map(|f| (f.key.clone(), serde_json::Value::Null)).collect();
                let add = |fields| Intent::Add { collection: collection.key.clone(), id: None, fields };
                // What an entry always has decides who makes one, and who takes one away.
                if may(kind, view, &add(needed)) {
                    rights.collections.insert(collection.key.clone(), vec!["add", "update", "remove"]);
                } else if may(kind, view, &add(serde_json::Map::new())) {
                    rights.collections.insert(collection.key.clone(), vec!["update"]);
                }
            }
        }
        let relation = view.facts(kind).relation(person.user);
        if let Some(cycle) = cycle_of(kind) {
            for step in cycle.steps_from(&view.folded.status).filter(|s| s.who.includes(person, relation)) {
                rights.transitions.push(Step {
                    to: step.to.to_owned(),
                    why: step.why,
                    requires: ground.requirements(step).into_iter().map(str::to_owned).collect(),
                    missing: ground.missing(step),
                    unmet: ground.unmet(step).into_iter().map(Check::as_str).collect(),
                });
            }
        }
        rights.assign = may(kind, view, &Intent::Assign { lead: None, others: Vec::new() })
            && kind.visibility == crate::schema::Visibility::Assigned;
        rights
    }
}
