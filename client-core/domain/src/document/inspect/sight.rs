//! The record as the author of a change had it and left it, proposed changes included.

use automerge::{Automerge, Change, ROOT, ReadDoc as _};

use super::point::Reader;
use crate::document::read;
use crate::document::scalar::from_scalar;
use crate::document::{Record, RecordView};
use crate::guard;
use crate::ids::RecordId;
use crate::schema::{FieldType, Kind};
use crate::value::Value;

/// A copy of the record that takes everything that was looked at. It is only read, at the heads of single changes,
/// and made only when something asks for it: most changes say all that is to be known of them themselves.
pub(super) struct Sight<'a> {
    id: RecordId,
    base: &'a Automerge,
    doc: Option<Automerge>,
    /// Everything that was brought, until something asks: taking it all at once costs little more than taking one.
    brought: Vec<Change>,
    /// Changes that later ones may build on, and how many of them `doc` has.
    changes: Vec<Change>,
    taken: usize,
}

impl<'a> Sight<'a> {
    pub(super) fn of(record: &'a Record, brought: Vec<Change>) -> Self {
        Self { id: record.id(), base: record.doc(), doc: None, brought, changes: Vec::new(), taken: 0 }
    }

    /// Remembers a change that was not refused.
    pub(super) fn keep(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// The record with `change`, which may turn out to be refused; `None` if Automerge cannot take it.
    fn with(&mut self, change: &Change) -> Option<&Automerge> {
        let hash = change.hash();
        let there = |doc: &Automerge| doc.get_change_meta_by_hash(&hash).is_some();
        if !self.brought.is_empty() {
            // One of them may be such that Automerge takes none; then they are taken one by one, as they pass.
            self.doc = guard::applied(self.base.clone(), std::mem::take(&mut self.brought));
        }
        if !self.doc.as_ref().is_some_and(there) {
            let late = self.changes[self.taken..].iter().chain([change]).cloned().collect();
            let doc = self.doc.take().and_then(|doc| guard::applied(doc, late));
            // A refused change may stand in the way of an honest one; it is left behind then.
            let all = || self.changes.iter().chain([change]).cloned().collect();
            self.doc = doc.or_else(|| guard::applied(self.base.clone(), all()));
            self.taken = if self.doc.is_some() { self.changes.len() } else { 0 };
        }
        self.doc.as_ref()
    }

    /// What a register holds after `change`, as its author saw it: the value, or the text. `path` is the container
    /// and the keys below it.
    pub(super) fn register(&mut self, change: &Change, path: &[&str], kind: FieldType) -> Option<Value> {
        let doc = self.with(change)?;
        let heads = [change.hash()];
        guard::contained(|| {
            let reader = Reader { doc, heads: Some(&heads) };
            let (key, parents) = path.split_last()?;
            let mut object = ROOT;
            for parent in parents {
                object = reader.object(&object, parent)?;
            }
            match reader.scalar(&object, key) {
                Some(scalar) => Some(from_scalar(kind, &scalar)),
                None => {
                    let text = reader.object(&object, key)?;
                    doc.text_at(&text, &heads).ok().map(Value::Text)
                }
            }
        })?
    }

    /// The record as the author of `change` left it.
    pub(super) fn left(&mut self, change: &Change, kind: &Kind) -> Option<RecordView> {
        let id = self.id;
        let doc = self.with(change)?;
        guard::contained(|| read::view_at(doc, id, kind, Some(&[change.hash()])))
    }
}
