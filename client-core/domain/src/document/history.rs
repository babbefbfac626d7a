//! Every value that was ever set: field by field, who and when.

use std::collections::HashMap;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Automerge, Change, ChangeHash, ObjId, ObjType, ReadDoc as _, ScalarValue};
use serde::Serialize;
use serde_json::Value as Json;

use super::read::entry_field;
use super::scalar::{from_scalar, to_json};
use super::{Hash, Record, write};
use crate::ids::{UserId, from_id22};
use crate::schema::Kind;
use crate::time::Timestamp;

/// One value that was set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryItem {
    /// Field key, `collection/uuid/key`, `status`, or `assign/uuid`; the path in the document, joined by `/`, of a write
    /// that no program of ours makes: whoever decides about a change is shown all that it does.
    pub field: String,
    /// The value; null when cleared.
    pub value: Json,
    /// Who set it; absent for the server.
    pub by: Option<UserId>,
    /// When, as its author says.
    pub at: Timestamp,
    /// The change that did it.
    #[serde(serialize_with = "hex")]
    pub change: Hash,
}

fn hex<S: serde::Serializer>(hash: &Hash, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&hash.iter().map(|b| format!("{b:02x}")).collect::<String>())
}

/// Where an object hangs: its path from the root.
type Paths = HashMap<OpId, Vec<String>>;

impl Record {
    /// The history, newest first in causal order.
    #[must_use]
    pub fn history(&self, kind: &Kind) -> Vec<HistoryItem> {
        let mut changes = self.doc.get_changes(&[]);
        write::sort_causally(&mut changes);
        let mut paths = Paths::new();
        let mut items = Vec::new();
        for change in &changes {
            self.items_of(kind, change, &mut paths, &mut items);
        }
        items.reverse();
        items
    }

    fn items_of(&self, kind: &Kind, change: &Change, paths: &mut Paths, items: &mut Vec<HistoryItem>) {
        let by =
            self.doc.get_author_for_actor(change.actor_id()).and_then(|a| UserId::from_slice(a.as_bytes()));
        let at = Timestamp(change.timestamp());
        let first = items.len();
        let mut push = |field: String, value: Json| {
            // What a change says of a field is what it says last.
            if let Some(i) = items[first..].iter().position(|h: &HistoryItem| h.field == field) {
                items.remove(first + i);
            }
            items.push(HistoryItem { field, value, by, at, change: change.hash().0 });
        };
        let expanded = change.decode();
        let mut texts: Vec<(OpId, Vec<String>)> = Vec::new();
        for (i, op) in expanded.operations.iter().enumerate() {
            let id = OpId(change.start_op().get() + i as u64, change.actor_id().clone());
            let Some(path) = path_of(op, paths) else { continue };
            match &op.action {
                OpType::Make(made) => {
                    paths.insert(id.clone(), path.clone());
                    // The parts of a record are made by its first change, which is nobody's.
                    if path.len() == 1 && by.is_some() {
                        push(path[0].clone(), Json::Null);
                    }
                    if *made == ObjType::Text && !texts.iter().any(|(_, p)| *p == path) {
                        texts.push((id, path));
                    }
                }
                // A put into a sequence is a character of a prose object; the text as a whole follows below.
                OpType::Put(scalar) if matches!(op.key, Key::Map(_)) => {
                    if let Some((field, value)) = item(kind, &path, scalar).or_else(|| odd(&path, scalar, by))
                    {
                        push(field, value);
                    }
                }
                OpType::Delete if matches!(op.key, Key::Map(_)) => {
                    let (field, value) =
                        item(kind, &path, &ScalarValue::Null).unwrap_or_else(|| (path.join("/"), Json::Null));
                    push(field, value);
                }
                _ => {}
            }
            // Any operation inside a prose object: the whole text as this change left it.
            if let (Key::Seq(_), ObjectId::Id(object)) = (&op.key, &op.obj)
                && let Some(path) = paths.get(object)
                && !texts.iter().any(|(_, p)| p == path)
            {
                texts.push((object.clone(), path.clone()));
            }
        }
        for (object, path) in texts {
            let Some(id) = object_id(&self.doc, &object) else { continue };
            let text = self.doc.text_at(&id, &[ChangeHash(change.hash().0)]).unwrap_or_default();
            if let Some((field, value)) = item(kind, &path, &ScalarValue::Str(text.into())) {
                push(field, value);
            }
        }
    }
}

fn path_of(op: &Op, paths: &Paths) -> Option<Vec<String>> {
    let mut path = match &op.obj {
        ObjectId::Root => Vec::new(),
        ObjectId::Id(id) => paths.get(id)?.clone(),
    };
    if let Key::Map(key) = &op.key {
        path.push(key.to_string());
    }
    Some(path)
}

fn object_id(doc: &Automerge, id: &OpId) -> Option<ObjId> {
    // The id's text is made here from its own parts, so it always parses.
    doc.import_obj(&format!("{}@{}", id.counter(), id.actor().to_hex_string())).ok()
}

/// A put that is not among what people read, where it is not what its author's own program writes there.
fn odd(path: &[String], scalar: &ScalarValue, by: Option<UserId>) -> Option<(String, Json)> {
    let by = by?;
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let own = match parts.as_slice() {
        ["events", _, "by"] | ["entries", _, "_by"] => {
            matches!(scalar, ScalarValue::Bytes(b) if UserId::from_slice(b) == Some(by))
        }
        ["events", _, _] | ["entries", _, "_at"] => true,
        _ => false,
    };
    (!own).then(|| (path.join("/"), to_json(scalar)))
}

/// The history item that a put at `path` makes, if it is one that people read.
fn item(kind: &Kind, path: &[String], scalar: &ScalarValue) -> Option<(String, Json)> {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["fields", key] => {
            let value =
                kind.field(key).map_or_else(|| to_json(scalar), |f| from_scalar(f.kind, scalar).to_json());
            Some(((*key).to_owned(), value))
        }
        ["entries", entry, key] if !key.starts_with('_') => {
            let (collection, id) = entry.split_once('/')?;
            let field = format!("{collection}/{}/{key}", from_id22(id)?);
            let known = kind.collection(collection).and_then(|c| entry_field(c, key));
            let value = known.map_or_else(|| to_json(scalar), |(t, _)| from_scalar(t, scalar).to_json());
            Some((field, value))
        }
        ["events", _, "to"] => Some(("status".to_owned(), to_json(scalar))),
        ["assign", user] => Some((format!("assign/{}", from_id22(user)?), to_json(scalar))),
        ["ext", key] => Some((format!("ext.{key}"), to_json(scalar))),
        _ => None,
    }
}
