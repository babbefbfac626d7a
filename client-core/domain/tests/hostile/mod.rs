//! What the guard's tests share: chunks built by hand, documents to attack, and the pipeline.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod alloc;
pub mod craft;

use std::sync::Once;

use automerge::{
    ActorId, Author, Automerge, Change, ObjType, ROOT, ReadDoc as _, TextEncoding,
    transaction::{CommitOptions, Transactable as _},
};
use domain::guard::{Causal, Limits, Refused, Trial, is_contained, parse, touches, trial};

/// The user who sends everything unless a test says otherwise.
pub const USER: [u8; 16] = [0xa1; 16];

/// Keeps panics the guard catches out of the test's output; all others print as usual.
pub fn quiet_contained_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !is_contained() {
                print(info);
            }
        }));
    });
}

/// An actor id that says which one it is.
pub fn actor(n: u8) -> [u8; 16] {
    [n; 16]
}

/// Opens a document for editing as a given user under a given actor.
pub fn edit_as(doc: &Automerge, user: [u8; 16], actor: [u8; 16]) -> Automerge {
    let mut doc = doc.clone();
    doc.set_author(Some(Author::from(user.to_vec())));
    doc.set_actor(ActorId::from(actor));
    doc
}

/// A record with the five containers, one text and one entry, and one change by [`USER`]'s actor 0x20.
///
/// The last change is `fields/title = "first"` under actor 0x20, seq 1.
pub fn record() -> Automerge {
    let mut doc = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
    doc.set_actor(ActorId::from(actor(0x10)));
    let options = CommitOptions::default().with_time(0).with_message("genesis");
    doc.transact_with::<_, _, automerge::AutomergeError, _>(
        |()| options,
        |tx| {
            let mut fields = ROOT;
            for key in ["fields", "entries", "events", "assign", "ext"] {
                let made = tx.put_object(ROOT, key, ObjType::Map)?;
                if key == "fields" {
                    fields = made;
                }
            }
            tx.put_object(&fields, "story", ObjType::Text)?;
            Ok(())
        },
    )
    .unwrap();
    let mut doc = edit_as(&doc, USER, actor(0x20));
    commit(&mut doc, 1_700_000_000_000, |tx| {
        let fields = tx.get(ROOT, "fields").unwrap().unwrap().1;
        tx.put(&fields, "title", "first").unwrap();
    });
    doc
}

/// One transaction; returns the change it made.
pub fn commit(
    doc: &mut Automerge,
    time: i64,
    work: impl FnOnce(&mut automerge::transaction::Transaction<'_>),
) -> Change {
    let mut tx = doc.transaction();
    work(&mut tx);
    let (hash, _) = tx.commit_with(CommitOptions::default().with_time(time).with_message("set"));
    doc.get_change_by_hash(&hash.expect("the transaction changed something")).unwrap()
}

/// The object at a root key.
pub fn container(doc: &Automerge, key: &str) -> automerge::ObjId {
    doc.get(ROOT, key).unwrap().unwrap().1
}

/// The whole pipeline: every chunk is parsed and judged, then all are tried together.
pub fn admit(
    doc: &Automerge,
    chunks: &[Vec<u8>],
    author: Option<[u8; 16]>,
    limits: &Limits,
) -> Result<Trial, Refused> {
    let mut causal = Causal::with_limits(doc, limits);
    let mut changes = Vec::new();
    for chunk in chunks {
        let checked = parse(chunk, limits)?;
        causal.check(&checked, author)?;
        let change = checked.change()?;
        causal.accept(&checked, &change);
        changes.push(change);
    }
    if let [only] = changes.as_slice() {
        touches(doc, only)?;
    }
    trial(doc, changes, limits)
}

/// The code and detail of a refusal, or "admitted".
pub fn verdict(result: Result<Trial, Refused>) -> (&'static str, &'static str) {
    match result {
        Ok(_) => ("admitted", ""),
        Err(refused) => (refused.code.as_str(), refused.detail),
    }
}

/// Sorted heads.
pub fn heads(doc: &Automerge) -> Vec<automerge::ChangeHash> {
    let mut heads = doc.get_heads();
    heads.sort_unstable();
    heads
}

/// A small deterministic generator (splitmix64), so a seed replays a run on any machine.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.next().to_le_bytes());
        id[8..].copy_from_slice(&self.next().to_le_bytes());
        id
    }
}
