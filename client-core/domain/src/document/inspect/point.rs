//! A record at one point of its history, as far as permissions go: events and assignment.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use automerge::{Automerge, ChangeHash, ObjId, ROOT, ReadDoc, ScalarValue, Value};

use super::content::Reading;
use crate::authz::{Facts, Role};
use crate::document::read::{cycle_of, happened, prev_ids};
use crate::document::{Hash, facts_of_events};
use crate::ids::{UserId, from_id22};
use crate::lifecycle::{Event, Folded, fold};
use crate::schema::Kind;
use crate::time::Timestamp;

#[derive(Clone, Default)]
pub(super) struct Point {
    events: BTreeMap<uuid::Uuid, Event>,
    assign: BTreeMap<UserId, String>,
    /// What these come to, worked out once: most changes of a record touch neither.
    come_to: OnceCell<(Folded, Facts)>,
}

impl Point {
    /// Reads a document at `heads`, or as it is.
    pub(super) fn of(doc: &Automerge, heads: Option<&[Hash]>) -> Self {
        let heads: Option<Vec<ChangeHash>> = heads.map(|h| h.iter().map(|h| ChangeHash(*h)).collect());
        let reader = Reader { doc, heads: heads.as_deref() };
        let mut point = Self::default();
        for (key, object) in reader.maps("events") {
            let (Some(id), Some(object)) = (from_id22(&key), object) else { continue };
            if let Some(event) = reader.event(id, &object) {
                point.events.insert(id, event);
            }
        }
        if let Some(assign) = reader.object(&ROOT, "assign") {
            for key in reader.keys(&assign) {
                let part = reader.scalar(&assign, &key).and_then(|s| s.as_str().map(str::to_owned));
                if let (Some(user), Some(part)) = (from_id22(&key), part) {
                    point.assign.insert(UserId(user), part);
                }
            }
        }
        point
    }

    /// Whether a change alters anything that is kept here.
    pub(super) fn concerns(reading: &Reading) -> bool {
        !reading.events.is_empty() || !reading.assigned.is_empty()
    }

    pub(super) fn absorb(&mut self, reading: &Reading) {
        self.come_to = OnceCell::new();
        for event in &reading.events {
            self.events.insert(event.id, event.clone());
        }
        for (user, part) in &reading.assigned {
            self.assign.insert(*user, part.clone());
        }
    }

    pub(super) fn union(&mut self, other: &Self) {
        self.come_to = OnceCell::new();
        for (id, event) in &other.events {
            self.events.insert(*id, event.clone());
        }
        for (user, part) in &other.assign {
            self.assign.insert(*user, part.clone());
        }
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.values()
    }

    pub(super) fn folded(&self, kind: &Kind) -> &Folded {
        &self.come_to(kind).0
    }

    pub(super) fn facts(&self, kind: &Kind) -> &Facts {
        &self.come_to(kind).1
    }

    fn come_to(&self, kind: &Kind) -> &(Folded, Facts) {
        self.come_to.get_or_init(|| {
            let events: Vec<Event> = self.events.values().cloned().collect();
            let folded = fold(cycle_of(kind), &events);
            let mut facts = facts_of_events(kind, &events, &folded);
            let mut leads = self.assign.iter().filter(|(_, p)| p.as_str() == "lead").map(|(u, _)| *u);
            facts.lead = leads.next();
            facts.others = leads.collect();
            facts.others.extend(self.assign.iter().filter(|(_, p)| p.as_str() == "other").map(|(u, _)| *u));
            (folded, facts)
        })
    }
}

/// Reading a document now or at some heads through one set of calls.
pub(super) struct Reader<'a> {
    pub(super) doc: &'a Automerge,
    pub(super) heads: Option<&'a [ChangeHash]>,
}

impl Reader<'_> {
    fn get(&self, object: &ObjId, key: &str) -> Option<(Value<'_>, ObjId)> {
        match self.heads {
            None => self.doc.get(object, key).ok()?,
            Some(heads) => self.doc.get_at(object, key, heads).ok()?,
        }
    }

    pub(super) fn keys(&self, object: &ObjId) -> Vec<String> {
        match self.heads {
            None => self.doc.keys(object).collect(),
            Some(heads) => self.doc.keys_at(object, heads).collect(),
        }
    }

    pub(super) fn object(&self, parent: &ObjId, key: &str) -> Option<ObjId> {
        match self.get(parent, key)? {
            (Value::Object(_), id) => Some(id),
            _ => None,
        }
    }

    pub(super) fn scalar(&self, object: &ObjId, key: &str) -> Option<ScalarValue> {
        match self.get(object, key)? {
            (Value::Scalar(s), _) => Some(s.into_owned()),
            _ => None,
        }
    }

    /// The keys under a root container, each with its object if it is one.
    pub(super) fn maps(&self, root: &str) -> Vec<(String, Option<ObjId>)> {
        let Some(container) = self.object(&ROOT, root) else { return Vec::new() };
        let keys = self.keys(&container);
        keys.into_iter()
            .map(|k| {
                let object = self.object(&container, &k);
                (k, object)
            })
            .collect()
    }

    fn event(&self, id: uuid::Uuid, object: &ObjId) -> Option<Event> {
        let text = |key: &str| self.scalar(object, key).and_then(|s| s.as_str().map(str::to_owned));
        let skew = match self.scalar(object, "skew_s") {
            Some(ScalarValue::Int(skew)) => Some(skew),
            _ => None,
        };
        Some(Event {
            id,
            t: text("t")?,
            to: text("to").unwrap_or_default(),
            at: match self.scalar(object, "at") {
                Some(ScalarValue::Timestamp(t)) => happened(t, skew),
                _ => Timestamp(0),
            },
            by: match self.scalar(object, "by") {
                Some(ScalarValue::Bytes(b)) => UserId::from_slice(&b)?,
                _ => return None,
            },
            role: text("role").and_then(|r| Role::from_text(&r)),
            prev: prev_ids(&text("prev").unwrap_or_default()),
            why: text("why"),
            temp: text("temp"),
            basis: text("basis"),
        })
    }
}
