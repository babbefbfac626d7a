//! Records as Automerge documents.
//!
//! # Layout
//!
//! One document per record. The genesis change makes the root keys and nothing else ever makes or
//! removes one:
//!
//! | root key | type | holds |
//! |---|---|---|
//! | `kind` | Str | the kind's key |
//! | `v` | Int | version of this layout: 1 |
//! | `fields` | Map | `<field key>` → scalar register, or Text for long prose |
//! | `entries` | Map | `<collection>/<id22>` → Map of the entry's fields, `_by`, `_at`, `removed` |
//! | `events` | Map | `<id22>` → Map `t to at by role prev why temp skew_s basis`, immutable; `at` less `skew_s` s is the server's time |
//! | `assign` | Map | `<user id22>` → Str `lead`, `other`, or empty when taken off |
//! | `ext` | Map | an organisation's own fields |
//!
//! Entries of every collection share one map under a two-part key, so that a new collection needs no
//! migration: two devices that each make it for the first time would otherwise make two maps, one of
//! them invisible with what is in it.
//!
//! Values are scalars: text, codes and calendar days `Str`; several codes `Str` joined by commas;
//! decimals `Str` in canonical form; instants `Timestamp` (ms); whole numbers `Int`; yes/no `Boolean`;
//! references `Bytes` of 16. A cleared field is `Null`; keys are never deleted.

mod conflict;
mod genesis;
mod history;
mod inspect;
mod offered;
mod permit;
mod read;
mod rules;
mod scalar;
mod write;

use automerge::{ActorId, Author, Automerge, ChangeHash, SaveOptions, TextEncoding};

use crate::error::{Code, Refusal};
use crate::guard;
use crate::ids::{RecordId, UserId};

pub use conflict::{Conflict, ConflictValue};
pub use genesis::{genesis_change, genesis_hash};
pub use history::HistoryItem;
pub use inspect::{Admission, Before, Incoming, Judged, Outcome, admit};
pub use permit::{Rights, Step, permit};
pub use read::{Entry, RecordView};
pub use rules::{Around, Ground, Linked, named, not_before};
pub use write::{Made, Writer};

pub(crate) use read::facts_of_events;

/// The hash of a change.
pub type Hash = [u8; 32];

/// Text positions count Unicode code points on every platform; set explicitly, because the library's
/// default has differed between native and browser builds.
pub(crate) const TEXT_ENCODING: TextEncoding = TextEncoding::UnicodeCodePoint;

/// A record's document, open in memory.
#[derive(Clone, Debug)]
pub struct Record {
    id: RecordId,
    kind: String,
    doc: Automerge,
}

impl Record {
    /// A new record: the genesis change only.
    #[must_use]
    pub fn new(kind: &str, id: RecordId) -> Self {
        Self { id, kind: kind.to_owned(), doc: genesis::document(kind, id) }
    }

    /// A record from what [`Record::save`] wrote.
    ///
    /// # Errors
    /// `malformed` if the bytes are no sound document, or not this record's.
    pub fn load(id: RecordId, bytes: &[u8]) -> Result<Self, Refusal> {
        let doc = guard::load_strict(bytes).map_err(|_| Refusal::new(Code::Malformed))?;
        Self::of(id, doc)
    }

    pub(crate) fn of(id: RecordId, doc: Automerge) -> Result<Self, Refusal> {
        let kind = read::kind_of(&doc).ok_or_else(|| Refusal::new(Code::Malformed))?;
        let genesis = ChangeHash(genesis::genesis_hash(&kind, id));
        if doc.get_change_meta_by_hash(&genesis).is_none() {
            return Err(Refusal::new(Code::Malformed).with("detail", "genesis"));
        }
        Ok(Self { id, kind, doc })
    }

    /// The record's id.
    #[must_use]
    pub const fn id(&self) -> RecordId {
        self.id
    }

    /// The kind's key.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The document, compressed, for the disk.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.doc.save_with_options(SaveOptions { retain_orphans: false, ..SaveOptions::default() })
    }

    /// The document, uncompressed, for a wire that compresses whole bodies: smaller there.
    #[must_use]
    pub fn save_plain(&self) -> Vec<u8> {
        self.doc.save_with_options(SaveOptions { deflate: false, retain_orphans: false })
    }

    /// The heads, sorted. They name the whole history.
    #[must_use]
    pub fn heads(&self) -> Vec<Hash> {
        let mut heads: Vec<Hash> = self.doc.get_heads().into_iter().map(|h| h.0).collect();
        heads.sort_unstable();
        heads
    }

    /// Whether the record has all of these changes.
    #[must_use]
    pub fn has_all(&self, hashes: &[Hash]) -> bool {
        hashes.iter().all(|h| self.doc.get_change_meta_by_hash(&ChangeHash(*h)).is_some())
    }

    /// Which of these changes the record lacks.
    #[must_use]
    pub fn lacks(&self, hashes: &[Hash]) -> Vec<Hash> {
        hashes
            .iter()
            .filter(|h| self.doc.get_change_meta_by_hash(&ChangeHash(**h)).is_none())
            .copied()
            .collect()
    }

    /// The number of changes, genesis included.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.doc.get_changes_meta(&[]).len()
    }

    /// Hash and bytes of every change that is not an ancestor of `have`, dependencies first. Hashes
    /// that the record does not know are ignored.
    #[must_use]
    pub fn changes_since(&self, have: &[Hash]) -> Vec<(Hash, Vec<u8>)> {
        let known: Vec<ChangeHash> = have
            .iter()
            .map(|h| ChangeHash(*h))
            .filter(|h| self.doc.get_change_meta_by_hash(h).is_some())
            .collect();
        let mut changes = self.doc.get_changes(&known);
        write::sort_causally(&mut changes);
        changes.into_iter().map(|c| (c.hash().0, c.raw_bytes().to_vec())).collect()
    }

    /// Applies changes that the server has accepted. Already known ones are passed over.
    ///
    /// # Errors
    /// `malformed` or `missing_deps`; the record is as it was.
    pub fn apply(&mut self, chunks: &[impl AsRef<[u8]>]) -> Result<(), Refusal> {
        let limits = guard::Limits::default();
        let mut causal = guard::Causal::of(&self.doc);
        let mut changes = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let checked = guard::parse(chunk.as_ref(), &limits).map_err(refused)?;
            if causal.knows(&checked.hash) {
                continue;
            }
            causal.check(&checked, None).map_err(refused)?;
            let change = checked.change().map_err(refused)?;
            causal.accept(&checked, &change);
            changes.push(change);
        }
        if !changes.is_empty() {
            self.doc = guard::trial(&self.doc, changes, &limits).map_err(refused)?.doc;
        }
        Ok(())
    }

    /// Applies changes without a single check: what [`Record::apply`] costs beside this is the price of the
    /// guard. For benchmarks of the floor; nothing else may trust bytes so.
    ///
    /// # Errors
    /// `malformed` if the library itself refuses them.
    pub fn apply_unchecked(&mut self, chunks: &[impl AsRef<[u8]>]) -> Result<(), Refusal> {
        let malformed = |_| Refusal::new(Code::Malformed);
        let changes = chunks.iter().map(|c| automerge::Change::from_bytes(c.as_ref().to_vec()));
        let changes = changes.collect::<Result<Vec<_>, _>>().map_err(malformed)?;
        self.doc.apply_changes(changes).map_err(|_| Refusal::new(Code::Malformed))
    }

    /// Opens the record for editing by `user` under a fresh random `actor`. Actor ids are never used
    /// twice: a device restored from a backup would otherwise reuse sequence numbers and be stuck.
    pub fn begin(&mut self, user: UserId, actor: [u8; 16]) {
        self.doc.set_author(None);
        self.doc.set_author(Some(Author::from(user.bytes().to_vec())));
        self.doc.set_actor(ActorId::from(&actor[..]));
    }

    pub(crate) fn doc(&self) -> &Automerge {
        &self.doc
    }
}

pub(crate) fn refused(refused: guard::Refused) -> Refusal {
    let code = Code::from_text(refused.code.as_str()).unwrap_or(Code::Malformed);
    Refusal::new(code).with("detail", refused.detail)
}
