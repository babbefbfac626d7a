//! Step 4 of admission: which paths of a record does a change write?

use std::collections::{HashMap, HashSet};

use automerge::{
    ActorId, Automerge, Change, ObjId, ObjType, Prop, ReadDoc as _, ScalarValue,
    legacy::{ElementId, Key, ObjectId, Op, OpType},
};

use super::{Refused, contain};

/// Objects deeper than this belong to no record. Reading a document follows its nesting by recursion,
/// and a stack that overflows takes the process with it.
const MAX_DEPTH: usize = 8;

/// The part of a record a change writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// `fields/<key>`
    Fields,
    /// `entries/<collection>/<id>`
    Entries,
    /// `events/<id>`
    Events,
    /// `assign/<user>`
    Assign,
    /// `ext/<key>`
    Ext,
    /// The root map itself, anything nested deeper than a record's paths, or any other place.
    Other,
}

/// What a change does at a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Sets a plain value.
    Put(ScalarValue),
    /// Makes a map.
    MakeMap,
    /// Makes a text.
    MakeText,
    /// Makes a list or a table.
    MakeOther,
    /// Edits inside a text.
    Splice,
    /// Deletes the key.
    Delete,
    /// Adds to a counter.
    Increment,
    /// Marks, list elements, and whatever else a record does not use.
    Other,
}

/// One write of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// The part of the record.
    pub root: Root,
    /// The key under the root: a field's key, `collection/id`, an event's id, a user's id.
    pub key: String,
    /// The key inside an entry or event. For [`Root::Other`], the rest of the path.
    pub sub: Option<String>,
    /// What is done there.
    pub action: Action,
    /// Whether the map or text written into was made by this very change.
    pub new_object: bool,
    /// The whole text, where this change makes it, types it from front to back, and does nothing else there: then
    /// nobody has to apply the change to know what it says.
    pub whole: Option<String>,
}

/// A text that a change makes and types.
struct Typed {
    text: String,
    /// The counter of the character typed last; `None` before the first.
    last: Option<u64>,
    /// Whether it was typed from front to back so far.
    straight: bool,
}

impl Typed {
    const EMPTY: Self = Self { text: String::new(), last: None, straight: true };

    fn take(&mut self, op: &Op, counter: u64, actor: &ActorId) {
        let follows = match (&op.key, self.last) {
            (Key::Seq(ElementId::Head), None) => true,
            (Key::Seq(ElementId::Id(id)), Some(last)) => id.counter() == last && id.actor() == actor,
            _ => false,
        };
        match &op.action {
            OpType::Put(ScalarValue::Str(s)) if op.insert && follows => self.text.push_str(s),
            _ => self.straight = false,
        }
        self.last = Some(counter);
    }
}

/// An object's place: the map keys from the root down to it.
#[derive(Clone)]
struct Place {
    path: Vec<String>,
    kind: ObjType,
    new: bool,
    /// False when a list or another oddity lies on the way.
    plain: bool,
}

/// Maps every operation of `change` to the path it writes, in the order of the operations.
///
/// Objects are looked up in `doc_before`, which must hold the change's dependencies, and among those
/// the change made earlier. Edits inside one text come out as a single [`Action::Splice`].
///
/// # Errors
/// `malformed` when an operation writes to an object that is neither, or nests too deeply.
pub fn touches(doc_before: &Automerge, change: &Change) -> Result<Vec<Touch>, Refused> {
    Touches::new(doc_before).of(change)
}

/// [`touches`] for a sequence of changes of which each may build on the ones before it, without
/// applying any: objects that an earlier change of the sequence made are remembered.
pub struct Touches<'d> {
    places: Places<'d>,
}

impl<'d> Touches<'d> {
    /// For changes that build on `doc` and on one another.
    pub fn new(doc: &'d Automerge) -> Self {
        Self { places: Places { doc, known: HashMap::new() } }
    }

    /// The touches of the next change of the sequence.
    ///
    /// # Errors
    /// As [`touches`].
    pub fn of(&mut self, change: &Change) -> Result<Vec<Touch>, Refused> {
        contain(|| self.collect(change)).unwrap_or(Err(Refused::malformed("decoding the change panicked")))
    }

    fn collect(&mut self, change: &Change) -> Result<Vec<Touch>, Refused> {
        let decoded = change.decode();
        let mut spliced = HashSet::new();
        let mut out = Vec::new();
        let mut made_here = Vec::new();
        let mut typing_in = None;
        let mut typed: HashMap<u64, Typed> = HashMap::new();
        let mut texts: Vec<Option<u64>> = Vec::new();
        for (counter, op) in (change.start_op().get()..).zip(&decoded.operations) {
            // Counters of one change's operations are its own: they name the texts that it makes.
            if let ObjectId::Id(id) = &op.obj
                && id.actor() == &decoded.actor_id
                && let Some(text) = typed.get_mut(&id.counter())
            {
                text.take(op, counter, &decoded.actor_id);
            }
            // Long texts arrive as one operation per character; only the first needs a look.
            if typing_in == Some(&op.obj) && is_typing(op) {
                continue;
            }
            let place = self.places.find(&op.obj)?;
            let touch = touch(&place, op);
            if let OpType::Make(kind) = &op.action {
                let made = place.child(op, *kind)?;
                let id = (counter, decoded.actor_id.clone());
                made_here.push(id.clone());
                if touch.action == Action::MakeText {
                    typed.insert(counter, Typed::EMPTY);
                }
                self.places.known.insert(id, made);
            }
            typing_in = (touch.action == Action::Splice).then_some(&op.obj);
            let fresh = touch.action != Action::Splice
                || spliced.insert((touch.root, touch.key.clone(), touch.sub.clone(), touch.new_object));
            if fresh {
                texts.push(match (&touch.action, &op.obj) {
                    (Action::MakeText, _) => Some(counter),
                    (Action::Splice, ObjectId::Id(id)) if touch.new_object => Some(id.counter()),
                    _ => None,
                });
                out.push(touch);
            }
        }
        say_whole(&mut out, &texts, &typed);
        for id in made_here {
            if let Some(place) = self.places.known.get_mut(&id) {
                place.new = false;
            }
        }
        Ok(out)
    }
}

/// Says the whole of texts that were made and typed here, if nothing else was done at their places.
fn say_whole(out: &mut [Touch], texts: &[Option<u64>], typed: &HashMap<u64, Typed>) {
    let mut only: HashMap<(Root, &str, Option<&str>), Option<u64>> = HashMap::new();
    for (touch, text) in out.iter().zip(texts) {
        let place = (touch.root, touch.key.as_str(), touch.sub.as_deref());
        only.entry(place).and_modify(|held| *held = held.filter(|h| Some(*h) == *text)).or_insert(*text);
    }
    let whole: Vec<Option<String>> = out
        .iter()
        .map(|touch| {
            let text =
                only.get(&(touch.root, touch.key.as_str(), touch.sub.as_deref())).copied().flatten()?;
            typed.get(&text).filter(|t| t.straight).map(|t| t.text.clone())
        })
        .collect();
    for (touch, whole) in out.iter_mut().zip(whole) {
        touch.whole = whole;
    }
}

/// The places of objects, looked up once each.
struct Places<'d> {
    doc: &'d Automerge,
    known: HashMap<(u64, ActorId), Place>,
}

impl Places<'_> {
    fn find(&mut self, object: &ObjectId) -> Result<Place, Refused> {
        let ObjectId::Id(id) = object else {
            return Ok(Place { path: Vec::new(), kind: ObjType::Map, new: false, plain: true });
        };
        let key = (id.counter(), id.actor().clone());
        if let Some(place) = self.known.get(&key) {
            return Ok(place.clone());
        }
        let unknown = |_| Refused::malformed("writes to an object that does not exist");
        // The index is only a hint; Automerge looks the actor up when it does not match.
        let object = ObjId::Id(id.counter(), id.actor().clone(), 0);
        let kind = self.doc.object_type(&object).map_err(unknown)?;
        let mut place = Place { path: Vec::new(), kind, new: false, plain: true };
        for parent in self.doc.parents(&object).map_err(unknown)? {
            match parent.prop {
                Prop::Map(key) => place.path.push(key),
                Prop::Seq(_) => place.plain = false,
            }
            if place.path.len() > MAX_DEPTH {
                return Err(Refused::malformed("nested too deeply"));
            }
        }
        place.path.reverse();
        self.known.insert(key, place.clone());
        Ok(place)
    }
}

impl Place {
    fn child(&self, op: &Op, kind: ObjType) -> Result<Self, Refused> {
        let mut made = Self { kind, new: true, ..self.clone() };
        match &op.key {
            Key::Map(key) => made.path.push(key.to_string()),
            Key::Seq(_) => {
                made.path.push(String::new());
                made.plain = false;
            }
        }
        if made.path.len() > MAX_DEPTH {
            return Err(Refused::malformed("nested too deeply"));
        }
        Ok(made)
    }
}

/// Whether the operation, if it writes into a text, inserts, replaces or deletes a character.
fn is_typing(op: &Op) -> bool {
    matches!(op.key, Key::Seq(_)) && matches!(op.action, OpType::Put(ScalarValue::Str(_)) | OpType::Delete)
}

fn touch(place: &Place, op: &Op) -> Touch {
    let mut path = place.path.clone();
    let action = match (&op.key, place.kind) {
        (Key::Map(key), ObjType::Map | ObjType::Table) => {
            path.push(key.to_string());
            match &op.action {
                OpType::Put(value) => Action::Put(value.clone()),
                OpType::Make(ObjType::Map) => Action::MakeMap,
                OpType::Make(ObjType::Text) => Action::MakeText,
                OpType::Make(_) => Action::MakeOther,
                OpType::Delete => Action::Delete,
                OpType::Increment(_) => Action::Increment,
                OpType::MarkBegin(_) | OpType::MarkEnd(_) => Action::Other,
            }
        }
        (Key::Seq(_), ObjType::Text) if is_typing(op) => Action::Splice,
        _ => Action::Other,
    };
    let mut steps = path.into_iter();
    let first = steps.next();
    let key = steps.next();
    let sub = steps.next();
    let deeper = steps.next().is_some();
    let root = match first.as_deref() {
        Some("fields") => Root::Fields,
        Some("entries") => Root::Entries,
        Some("events") => Root::Events,
        Some("assign") => Root::Assign,
        Some("ext") => Root::Ext,
        _ => Root::Other,
    };
    match (root, key) {
        (Root::Other, key) | (_, key @ None) => {
            let sub = join(key, sub);
            let key = first.unwrap_or_default();
            Touch { root: Root::Other, key, sub, action, new_object: place.new, whole: None }
        }
        (root, Some(key)) if place.plain && !deeper => {
            Touch { root, key, sub, action, new_object: place.new, whole: None }
        }
        (_, key) => {
            let sub = join(key, sub);
            let key = first.unwrap_or_default();
            Touch { root: Root::Other, key, sub, action, new_object: place.new, whole: None }
        }
    }
}

fn join(key: Option<String>, sub: Option<String>) -> Option<String> {
    match (key, sub) {
        (Some(key), Some(sub)) => Some(format!("{key}/{sub}")),
        (key, sub) => key.or(sub),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use automerge::transaction::Transactable as _;
    use automerge::{AutoCommit, ROOT};

    use super::*;

    /// What a change says of `fields/note`, and what the record holds there afterwards.
    fn said(edit: impl FnOnce(&mut AutoCommit, &ObjId)) -> (Vec<Option<String>>, Option<String>) {
        let mut doc = AutoCommit::new();
        let fields = doc.put_object(ROOT, "fields", ObjType::Map).unwrap();
        doc.commit();
        let before = doc.document().clone();
        edit(&mut doc, &fields);
        doc.commit();
        let change = doc.get_last_local_change().unwrap();
        let touched = touches(&before, &change).unwrap();
        let held = match doc.get(&fields, "note").unwrap() {
            Some((_, id)) => doc.text(&id).ok(),
            None => None,
        };
        (touched.into_iter().map(|t| t.whole).collect(), held)
    }

    #[test]
    fn a_text_typed_from_front_to_back_is_said_whole() {
        for words in ["漏油🛢️，停机\n等待备件", "a", ""] {
            let (whole, held) = said(|doc, fields| {
                let text = doc.put_object(fields, "note", ObjType::Text).unwrap();
                doc.splice_text(&text, 0, 0, words).unwrap();
            });
            assert_eq!(held.as_deref(), Some(words));
            assert!(!whole.is_empty() && whole.iter().all(|w| *w == held), "{whole:?}");
        }
    }

    #[test]
    fn a_text_that_is_more_than_typed_is_looked_at() {
        type Edit = fn(&mut AutoCommit, &ObjId);
        let edits: [Edit; 5] = [
            |doc, fields| {
                let text = doc.put_object(fields, "note", ObjType::Text).unwrap();
                doc.splice_text(&text, 0, 0, "漏油").unwrap();
                doc.splice_text(&text, 0, 0, "又").unwrap();
            },
            |doc, fields| {
                let text = doc.put_object(fields, "note", ObjType::Text).unwrap();
                doc.splice_text(&text, 0, 0, "漏油").unwrap();
                doc.splice_text(&text, 1, 1, "").unwrap();
            },
            |doc, fields| {
                let text = doc.put_object(fields, "note", ObjType::Text).unwrap();
                doc.splice_text(&text, 0, 0, "漏油").unwrap();
                let text = doc.put_object(fields, "note", ObjType::Text).unwrap();
                doc.splice_text(&text, 0, 0, "停机").unwrap();
            },
            |doc, fields| {
                let text = doc.put_object(fields, "note", ObjType::Text).unwrap();
                doc.splice_text(&text, 0, 0, "漏油").unwrap();
                doc.put(fields, "note", "停机").unwrap();
            },
            |doc, fields| {
                let text = doc.put_object(fields, "note", ObjType::Text).unwrap();
                doc.splice_text(&text, 0, 0, "漏油").unwrap();
                doc.delete(fields, "note").unwrap();
            },
        ];
        for (n, edit) in edits.into_iter().enumerate() {
            let (whole, _) = said(edit);
            assert!(!whole.is_empty() && whole.iter().all(Option::is_none), "{n}: {whole:?}");
        }
    }
}
