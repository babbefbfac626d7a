//! Everything that passed, tried together: Automerge has to take it, save it and load it again, and what comes
//! back has to be what was judged.

use std::collections::{HashMap, HashSet};

use automerge::hydrate::{Map, Value};
use automerge::{Automerge, Change};

use super::{Admission, Hash, Incoming, Outcome, Passed, Piece, dependent};
use crate::document::{Record, read, refused};
use crate::error::Refusal;
use crate::guard::{self, Limits, RefusedCode, Root, Trial};

/// Changes of a push that may fail the trial. An honest device has none; each costs some ten trials.
const MOST_FAILING: usize = 8;

/// The parts of a record that changes write to.
const PARTS: [(&str, Root); 5] = [
    ("fields", Root::Fields),
    ("entries", Root::Entries),
    ("events", Root::Events),
    ("assign", Root::Assign),
    ("ext", Root::Ext),
];

/// Merges what passed; finds and refuses the changes because of which it cannot be merged.
pub(super) fn finish(incoming: &Incoming<'_>, mut pieces: Vec<Piece>) -> Admission {
    let mut todo: Vec<usize> = (0..pieces.len()).filter(|i| pieces[*i].passed.is_some()).collect();
    let mut kept: Vec<usize> = Vec::new();
    let mut best: Option<Trial> = None;
    let mut failing = 0;
    while !todo.is_empty() {
        let mut error = match attempt(incoming, &pieces, &kept, &todo) {
            Ok(trial) => {
                best = Some(trial);
                break;
            }
            Err(error) => error,
        };
        // The longest part from the start that passes: nothing of it passes, all of it fails.
        let (mut passes, mut fails) = (0, todo.len());
        while fails - passes > 1 {
            let half = usize::midpoint(passes, fails);
            match attempt(incoming, &pieces, &kept, &todo[..half]) {
                Ok(trial) => (best, passes) = (Some(trial), half),
                Err(e) => (error, fails) = (e, half),
            }
        }
        failing += 1;
        let rest = todo.split_off(passes);
        kept.append(&mut todo);
        // A document that is full stays full.
        let all = failing == MOST_FAILING || error.code == RefusedCode::TooLarge;
        let culprits = if all { rest.len() } else { 1 };
        for i in &rest[..culprits] {
            refuse(&mut pieces[*i], refused(error.clone()));
        }
        drop_dependents(&mut pieces);
        todo = rest[culprits..].iter().copied().filter(|i| pieces[*i].passed.is_some()).collect();
    }
    let merged = best.map(|t| {
        let record = Record { id: incoming.record.id, kind: incoming.record.kind.clone(), doc: t.doc };
        (record, t.saved)
    });
    Admission { judged: pieces.into_iter().map(|p| p.judged).collect(), merged }
}

fn refuse(piece: &mut Piece, refusal: Refusal) {
    piece.passed = None;
    piece.judged.outcome = Outcome::Refused { refusal, need: Vec::new() };
}

/// Refuses what builds on refused changes; dependencies stand before what builds on them.
fn drop_dependents(pieces: &mut [Piece]) {
    let mut gone: HashSet<Hash> = HashSet::new();
    for piece in pieces {
        let on = piece.deps.iter().find(|d| gone.contains(*d)).copied();
        if let Some(on) = on
            && !matches!(piece.judged.outcome, Outcome::Refused { .. } | Outcome::Duplicate)
        {
            refuse(piece, dependent(&on));
        }
        if matches!(piece.judged.outcome, Outcome::Refused { .. }) {
            gone.extend(piece.judged.hash);
        }
    }
}

fn attempt(
    incoming: &Incoming<'_>,
    pieces: &[Piece],
    kept: &[usize],
    more: &[usize],
) -> Result<Trial, guard::Refused> {
    let passed: Vec<&Passed> = kept.iter().chain(more).filter_map(|i| pieces[*i].passed.as_ref()).collect();
    let changes: Vec<Change> = passed.iter().map(|p| p.change.clone()).collect();
    let before = incoming.record.doc();
    let trial = guard::trial(before, changes, &Limits::default())?;
    match guard::contained(|| faithful(before, &trial.doc, &passed)) {
        Some(true) => Ok(trial),
        _ => Err(guard::Refused::malformed("does something else than it says")),
    }
}

/// Whether what stands in the record now is what was judged. An operation may name any other as the one that it
/// replaces, wherever that stands, so a write here could take away what is there: what no change wrote to is as
/// it was, and the steps are those that were looked at.
fn faithful(before: &Automerge, after: &Automerge, passed: &[&Passed]) -> bool {
    let (Value::Map(was), Value::Map(is)) = (before.hydrate(None), after.hydrate(None)) else { return false };
    let mut touched: HashSet<(Root, &str, Option<&str>)> = HashSet::new();
    for touch in passed.iter().flat_map(|p| &p.touched) {
        touched.insert((touch.root, &touch.key, touch.sub.as_deref()));
    }
    let empty = Map::default();
    let alone = |map: &Map| map.iter().filter(|(key, _)| PARTS.iter().all(|(k, _)| k != key)).count();
    let root_stays = is.iter().all(|(key, held)| {
        PARTS.iter().any(|(k, _)| k == key) || was.get(key).is_some_and(|was| *was == held.value)
    });
    root_stays
        && alone(&was) == alone(&is)
        && PARTS.iter().all(|(key, root)| {
            let (was, is) = (part(&was, key, &empty), part(&is, key, &empty));
            let written = |key: &str| touched.contains(&(*root, key, None));
            let deep = |key: &str, was: &Map, is: &Map| {
                same(was, is, |sub| touched.contains(&(*root, key, Some(sub))), |_, _, _| false)
            };
            same(was, is, written, deep) && (*root != Root::Events || as_judged(was, is, passed))
        })
}

fn part<'a>(map: &'a Map, key: &str, empty: &'a Map) -> &'a Map {
    match map.get(key) {
        Some(Value::Map(map)) => map,
        _ => empty,
    }
}

/// Whether two maps are equal but for keys that were written to.
fn same(
    was: &Map,
    is: &Map,
    written: impl Fn(&str) -> bool,
    deep: impl Fn(&str, &Map, &Map) -> bool,
) -> bool {
    let gone = was.iter().any(|(key, _)| !written(key) && is.get(key).is_none());
    !gone
        && is.iter().all(|(key, now)| {
            written(key)
                || match (was.get(key), &now.value) {
                    (Some(Value::Map(was)), Value::Map(now)) if was != now => deep(key, was, now),
                    (Some(was), now) => was == now,
                    (None, _) => false,
                }
        })
}

/// Whether the steps that came are those that were judged.
fn as_judged(was: &Map, is: &Map, passed: &[&Passed]) -> bool {
    if passed.iter().any(|p| p.events.is_none()) {
        return true;
    }
    let judged: HashMap<String, _> = passed
        .iter()
        .filter_map(|p| p.events.as_ref())
        .flatten()
        .map(|e| (crate::ids::id22(e.id.as_bytes()), e))
        .collect();
    let new: Vec<_> = is.iter().filter(|(key, _)| was.get(key).is_none()).collect();
    new.len() == judged.len()
        && new.iter().all(|(key, held)| {
            let event = read::event(key, &held.value);
            event.is_some() && event.as_ref() == judged.get(key.as_str()).copied()
        })
}
