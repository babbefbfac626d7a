//! Values set at the same time, readable side by side with author and time.

use automerge::{Automerge, ObjId, ROOT, ReadDoc as _};
use serde::Serialize;
use serde_json::Value as Json;

use super::Record;
use super::read::{cycle_of, entry_field};
use super::scalar::{from_scalar, scalar};
use crate::ids::{UserId, id22};
use crate::schema::{FieldType, Kind};
use crate::time::Timestamp;
use crate::value::Value;

/// One of several values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConflictValue {
    /// Its number, for choosing: 0 is the one showing.
    pub n: usize,
    /// The value.
    pub value: Json,
    /// Who set it.
    pub by: Option<UserId>,
    /// When, as its author says.
    pub at: Option<Timestamp>,
}

/// Values set at the same time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// Field key, `collection/uuid/key`, or `status`.
    pub field: String,
    /// The values, the one showing first.
    pub values: Vec<ConflictValue>,
}

/// A value of a register, with who set it and when.
struct Candidate {
    value: Value,
    by: Option<UserId>,
    at: Option<Timestamp>,
}

impl Record {
    /// The conflicts that people should see.
    #[must_use]
    pub fn conflicts(&self, kind: &Kind) -> Vec<Conflict> {
        let view = self.view(kind);
        view.conflicts.iter().map(|subject| self.conflict(kind, subject, &view)).collect()
    }

    /// The values of one subject, the one showing first; fewer than two if there is no conflict.
    pub(super) fn conflict(&self, kind: &Kind, subject: &str, view: &super::RecordView) -> Conflict {
        let values = if subject == "status" {
            let mut events: Vec<_> =
                view.events.iter().filter(|e| view.folded.frontier.contains(&e.id)).collect();
            events.sort_by_key(|e| (e.to != view.folded.status, e.id));
            events.dedup_by(|a, b| a.to == b.to);
            let shown = events.into_iter().enumerate();
            shown
                .map(|(n, e)| ConflictValue { n, value: e.to.clone().into(), by: Some(e.by), at: Some(e.at) })
                .collect()
        } else {
            let values = self.distinct(kind, subject).into_iter().enumerate();
            values.map(|(n, c)| ConflictValue { n, value: c.value.to_json(), by: c.by, at: c.at }).collect()
        };
        Conflict { field: subject.to_owned(), values }
    }

    /// Whether a register holds different values, not one value twice.
    pub(super) fn differs(&self, kind: &Kind, subject: &str) -> bool {
        self.distinct(kind, subject).len() > 1
    }

    /// The values that a register holds, the one showing first; none where there is no register.
    pub(super) fn values(&self, kind: &Kind, subject: &str) -> Vec<Value> {
        self.distinct(kind, subject).into_iter().map(|c| c.value).collect()
    }

    fn distinct(&self, kind: &Kind, subject: &str) -> Vec<Candidate> {
        let Some((object, key, field_type)) = self.register(kind, subject) else { return Vec::new() };
        let mut out: Vec<Candidate> = Vec::new();
        // The library lists the winner last; people are shown it first.
        for (value, id) in self.doc.get_all(&object, key.as_str()).unwrap_or_default().into_iter().rev() {
            let value = match scalar(&value) {
                Some(s) => from_scalar(field_type, &s),
                None => Value::Text(self.doc.text(&id).unwrap_or_default()),
            };
            if out.iter().any(|c| c.value == value) {
                continue;
            }
            let (by, at) = authorship(&self.doc, &id);
            out.push(Candidate { value, by, at });
        }
        out
    }

    /// Where a subject's register is: its map, its key, its type.
    fn register(&self, kind: &Kind, subject: &str) -> Option<(ObjId, String, FieldType)> {
        let mut parts = subject.splitn(3, '/');
        let first = parts.next()?;
        match (parts.next(), parts.next()) {
            (None, _) => {
                let field = kind.field(first)?;
                Some((self.doc.get(ROOT, "fields").ok()??.1, field.key.clone(), field.kind))
            }
            (Some(id), Some(key)) => {
                let collection = kind.collection(first)?;
                let id: uuid::Uuid = id.parse().ok()?;
                let entries = self.doc.get(ROOT, "entries").ok()??.1;
                let entry = self.doc.get(&entries, format!("{first}/{}", id22(id.as_bytes()))).ok()??.1;
                Some((entry, key.to_owned(), entry_field(collection, key)?.0))
            }
            _ => None,
        }
    }

    /// Whether a status conflict can be chosen on this kind.
    pub(super) fn has_status(kind: &Kind) -> bool {
        cycle_of(kind).is_some()
    }
}

/// Who made the operation with this id, and when they say they did.
pub(super) fn authorship(doc: &Automerge, id: &ObjId) -> (Option<UserId>, Option<Timestamp>) {
    let Some(meta) = doc.hash_for_opid(id).and_then(|h| doc.get_change_meta_by_hash(&h)) else {
        return (None, None);
    };
    let by = doc.get_author_for_actor(&meta.actor).and_then(|a| UserId::from_slice(a.as_bytes()));
    (by, Some(Timestamp(meta.timestamp)))
}
