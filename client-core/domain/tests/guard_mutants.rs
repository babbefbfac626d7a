//! Random damage against the guard: whatever is admitted must load again, and nothing may panic past it.
//!
//! `FL_SEED` replays a run, `FL_MUTANTS` sets the number of damaged chunks (100,000 by default).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod hostile;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{SystemTime, UNIX_EPOCH},
};

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};
use domain::guard::{Causal, Limits, Refused, load_strict, parse, touches, trial};
use hostile::{
    Rng, commit,
    craft::{body_of, change_chunk, deflated_chunk},
    edit_as, heads, quiet_contained_panics, record,
};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[allow(clippy::disallowed_methods)] // the one place where this test's luck comes from
fn seed() -> u64 {
    number("FL_SEED")
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 >> 8)
}

/// Any map of the document, with the root among them.
fn some_map(doc: &Automerge, rng: &mut Rng) -> ObjId {
    let mut at = ROOT;
    for _ in 0..rng.below(4) {
        let children: Vec<_> = doc
            .map_range(&at, ..)
            .filter(|item| matches!(item.value, automerge::ValueRef::Object(_)))
            .map(|item| item.id())
            .collect();
        if children.is_empty() {
            break;
        }
        let next = children[rng.below(children.len())].clone();
        if doc.object_type(&next).unwrap() != ObjType::Map {
            break;
        }
        at = next;
    }
    at
}

fn some_child(doc: &Automerge, map: &ObjId, kind: ObjType) -> Option<ObjId> {
    doc.map_range(map, ..)
        .filter(|item| matches!(item.value, automerge::ValueRef::Object(_)))
        .map(|item| item.id())
        .find(|child| doc.object_type(child).is_ok_and(|found| found == kind))
}

/// One honest transaction of one to six edits; returns the change's chunk.
fn random_edit(doc: &mut Automerge, rng: &mut Rng) -> Vec<u8> {
    let time = 1_700_000_000_000 + (rng.next() % 100_000_000) as i64;
    let map = some_map(doc, rng);
    let text = some_child(doc, &map, ObjType::Text);
    let list = some_child(doc, &map, ObjType::List);
    let edits = 1 + rng.below(6);
    let change = commit(doc, time, |tx| {
        for edit in 0..edits {
            let key = format!("k{}", rng.below(12));
            match rng.below(14) {
                0 => tx.put(&map, key, rng.next() as i64).unwrap(),
                1 => tx.put(&map, key, format!("词{}", rng.below(1000))).unwrap(),
                2 => tx.put(&map, key, rng.id().to_vec()).unwrap(),
                3 => tx.put(&map, key, rng.below(2) == 0).unwrap(),
                4 => tx.put(&map, key, automerge::ScalarValue::Timestamp(time)).unwrap(),
                5 if edit > 0 => tx.delete(&map, key).unwrap(),
                6 => {
                    let made = tx.put_object(&map, format!("m{}", rng.below(4)), ObjType::Map).unwrap();
                    tx.put(&made, "inner", 1.5).unwrap();
                }
                7 => {
                    let made = tx.put_object(&map, format!("t{}", rng.below(3)), ObjType::Text).unwrap();
                    tx.splice_text(&made, 0, 0, "冷却 text 🚜").unwrap();
                }
                8 => {
                    let made = tx.put_object(&map, format!("l{}", rng.below(3)), ObjType::List).unwrap();
                    tx.insert(&made, 0, "item").unwrap();
                }
                9 => tx.put(&map, format!("c{}", rng.below(3)), automerge::ScalarValue::counter(3)).unwrap(),
                10 | 11 => match &text {
                    Some(text) => {
                        let len = tx.length(text);
                        let at = rng.below(len + 1);
                        let cut = rng.below((len - at).min(4) + 1) as isize;
                        tx.splice_text(text, at, cut, "漏油x").unwrap();
                    }
                    None => tx.put(&map, key, ()).unwrap(),
                },
                12 => match &list {
                    Some(list) => {
                        let len = tx.length(list);
                        if len > 3 {
                            tx.delete(list, rng.below(len)).unwrap();
                        } else {
                            tx.insert(list, rng.below(len + 1), rng.below(9) as u64).unwrap();
                        }
                    }
                    None => tx.put(&map, key, 7u64).unwrap(),
                },
                _ => {
                    let counter = format!("c{}", rng.below(3));
                    match tx.get(&map, &counter) {
                        Ok(Some((value, _)))
                            if matches!(value.as_scalar(), Some(automerge::ScalarValue::Counter(_))) =>
                        {
                            tx.increment(&map, counter, 2).unwrap();
                        }
                        _ => tx.put(&map, key, -1).unwrap(),
                    }
                }
            }
        }
        // A transaction that only deleted what was not there makes no change.
        tx.put(ROOT, "last", rng.next() as i64).unwrap();
    });
    if rng.below(2) == 0 { change.raw_bytes().to_vec() } else { deflated_chunk(&body_of(change.raw_bytes())) }
}

/// One document, several people, each with sessions of their own, exchanging changes at random.
///
/// Returns the document before each change, with the change's chunk and its author.
fn life(rng: &mut Rng, changes: usize) -> Vec<(Automerge, Vec<u8>, [u8; 16])> {
    let users: Vec<_> = (0..3).map(|_| rng.id()).collect();
    let mut server = load_strict(&record().save()).unwrap();
    let mut sessions: Vec<(Automerge, [u8; 16], Vec<Vec<u8>>)> =
        users.iter().map(|user| (edit_as(&server, *user, rng.id()), *user, Vec::new())).collect();
    let mut out = Vec::new();
    while out.len() < changes {
        let chosen = rng.below(sessions.len());
        let (doc, user, outbox) = &mut sessions[chosen];
        for _ in 0..1 + rng.below(3) {
            outbox.push(random_edit(doc, rng));
        }
        if rng.below(3) > 0 {
            continue;
        }
        for chunk in outbox.drain(..) {
            let limits = Limits::default();
            let mut causal = Causal::of(&server);
            let admitted = (|| {
                let checked = parse(&chunk, &limits)?;
                causal.check(&checked, Some(*user))?;
                let change = checked.change()?;
                causal.accept(&checked, &change);
                touches(&server, &change)?;
                trial(&server, vec![change], &limits)
            })()
            .unwrap_or_else(|refused: Refused| panic!("an honest change was refused: {refused}"));
            assert_eq!(heads(&load_strict(&admitted.saved).unwrap()), heads(&admitted.doc));
            out.push((std::mem::replace(&mut server, admitted.doc), chunk, *user));
        }
        doc.merge(&mut server.clone()).unwrap();
        if rng.below(3) == 0 {
            // The app was closed and opened again.
            *doc = edit_as(&server, *user, rng.id());
        }
    }
    out
}

/// Damages a chunk's body in one to four places. The checksum is made right again by the caller.
fn damage(body: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    for _ in 0..1 + rng.below(4) {
        if body.is_empty() {
            return;
        }
        // Half of the time behind the hashes and names, where the numbers are.
        let from = if rng.below(2) == 0 { body.len() / 2 } else { 0 };
        let at = from + rng.below(body.len() - from);
        match rng.below(10) {
            0 => body[at] ^= 1 << rng.below(8),
            1 => body[at] = rng.next() as u8,
            2 => body[at] = body[at].wrapping_add(1),
            3 => body[at] = body[at].wrapping_sub(1),
            4 => body[at] = [0, 1, 2, 0x7e, 0x7f, 0x80, 0xff][rng.below(7)],
            5 => body.insert(at, rng.next() as u8),
            6 => {
                body.remove(at);
            }
            7 => {
                let end = (at + 1 + rng.below(8)).min(body.len());
                let piece: Vec<_> = body[at..end].to_vec();
                let to = rng.below(body.len());
                body.splice(to..to, piece);
            }
            8 => {
                let with = rng.below(body.len());
                body.swap(at, with);
            }
            _ => {
                let start = rng.below(other.len());
                let end = (start + 1 + rng.below(16)).min(other.len());
                let to = (at + end - start).min(body.len());
                body.splice(at..to, other[start..end].iter().copied());
            }
        }
    }
}

/// Sends one mutant through the whole guard; says how far it came.
fn attack(doc: &Automerge, causal: &Causal, chunk: &[u8], author: Option<[u8; 16]>) -> &'static str {
    let limits = Limits::default();
    let Ok(checked) = parse(chunk, &limits) else { return "parse" };
    if causal.knows(&checked.hash) {
        return "known";
    }
    if causal.check(&checked, author).is_err() {
        return "causal";
    }
    let Ok(change) = checked.change() else { return "change" };
    if touches(doc, &change).is_err() {
        return "touches";
    }
    let Ok(admitted) = trial(doc, vec![change], &limits) else { return "trial" };
    let again = load_strict(&admitted.saved).expect("what was admitted loads");
    assert_eq!(heads(&again), heads(&admitted.doc), "and is the same");
    assert_eq!(again.get_changes_meta(&[]).len(), causal.len() + 1, "and complete");
    // Nor may it have spoilt the document for the next person.
    let mut next = edit_as(&again, [3; 16], [0xee; 16]);
    commit(&mut next, 1_700_000_000_000, |tx| tx.put(ROOT, "next", 1).unwrap());
    assert_eq!(heads(&load_strict(&next.save()).expect("the next edit loads")), heads(&next));
    "admitted"
}

#[test]
fn damaged_changes() {
    quiet_contained_panics();
    let seed = seed();
    let count = number("FL_MUTANTS").unwrap_or(100_000);
    println!("FL_SEED={seed} FL_MUTANTS={count}");
    let targets: Vec<_> = life(&mut Rng(seed), 60)
        .into_iter()
        .map(|(doc, chunk, user)| {
            let body = body_of(&parse(&chunk, &Limits::default()).unwrap().canonical);
            (Causal::of(&doc), doc, body, user)
        })
        .collect();
    let worker = |thread: u64, count: u64| {
        let mut rng = Rng(seed.wrapping_add(thread + 1));
        let mut tally: BTreeMap<&'static str, u64> = BTreeMap::new();
        for round in 0..count {
            let (causal, doc, body, user) = &targets[rng.below(targets.len())];
            let other = &targets[rng.below(targets.len())].2;
            let mut mutant = body.clone();
            damage(&mut mutant, other, &mut rng);
            let chunk = if rng.below(8) == 0 { deflated_chunk(&mutant) } else { change_chunk(&mutant) };
            let author = (rng.below(2) == 0).then_some(*user);
            let reached = catch_unwind(AssertUnwindSafe(|| attack(doc, causal, &chunk, author)))
                .unwrap_or_else(|_| panic!("seed {seed}, thread {thread}, round {round}: {chunk:02x?}"));
            *tally.entry(reached).or_default() += 1;
        }
        tally
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2u64)
            .map(|thread| scope.spawn(move || worker(thread, count / 2 + count % 2 * thread)))
            .collect();
        for thread in threads {
            println!("stopped at: {:?}", thread.join().expect("no panic escapes"));
        }
    });
}

#[test]
fn damaged_documents() {
    quiet_contained_panics();
    let seed = seed();
    let count = number("FL_MUTANTS").unwrap_or(100_000) / 10;
    println!("FL_SEED={seed} documents={count}");
    let mut rng = Rng(seed);
    let blobs: Vec<_> = life(&mut rng, 30)
        .into_iter()
        .skip(5)
        .map(|(doc, ..)| (body_of(&doc.save()), body_of(&doc.save_nocompress())))
        .collect();
    let mut loaded = 0;
    for round in 0..count {
        let (saved, plain) = &blobs[rng.below(blobs.len())];
        let mut mutant = if rng.below(4) == 0 { saved.clone() } else { plain.clone() };
        damage(&mut mutant, plain, &mut rng);
        let chunk = hostile::craft::other_chunk(0, &mutant);
        let fine = catch_unwind(|| load_strict(&chunk).is_ok())
            .unwrap_or_else(|_| panic!("seed {seed}, round {round}: {chunk:02x?}"));
        loaded += u64::from(fine);
    }
    println!("loaded: {loaded}");
}

#[test]
fn honest_changes_all_pass() {
    quiet_contained_panics();
    let seed = seed();
    println!("FL_SEED={seed}");
    let lives = 42;
    let total: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2u64)
            .map(|thread| {
                scope.spawn(move || {
                    (0..lives / 2)
                        .map(|life_no| life(&mut Rng(seed ^ (thread << 32 | life_no)), 50).len() as u64)
                        .sum::<u64>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("every honest change is admitted")).sum()
    });
    assert!(total >= 2_000, "{total}");
}
