//! The first change of a document: the same bytes for the same record on every device.
//!
//! Two replicas that each made the root containers would make two of each, one invisible. So the
//! genesis has a fixed actor (SHA-256 of `"gen|"`, the kind, `"|"` and the record's id, first 16
//! bytes), time 0, no author and a fixed order of operations. It names the record, so a change made
//! for one record can never be applied to another.
//!
//! The bytes are golden vectors in `tests/genesis.rs`: were a new version of the library to encode
//! them otherwise, documents made before and after would not share a root.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, Automerge, ObjType, ROOT};
use sha2::{Digest as _, Sha256};

use super::{Hash, TEXT_ENCODING};
use crate::ids::RecordId;

/// Version of the document layout, in the document's `v`.
const LAYOUT: i64 = 1;

/// Root containers, in the order in which the genesis makes them.
pub(super) const CONTAINERS: [&str; 5] = ["fields", "entries", "events", "assign", "ext"];

pub(super) fn document(kind: &str, id: RecordId) -> Automerge {
    let mut hash = Sha256::new();
    hash.update(b"gen|");
    hash.update(kind.as_bytes());
    hash.update(b"|");
    hash.update(id.bytes());
    let digest = hash.finalize();
    let mut doc = Automerge::new_with_encoding(TEXT_ENCODING).with_actor(ActorId::from(&digest[..16]));
    let mut tx = doc.transaction();
    let mut made = tx.put(ROOT, "kind", kind).and_then(|()| tx.put(ROOT, "v", LAYOUT));
    for key in CONTAINERS {
        made = made.and_then(|()| tx.put_object(ROOT, key, ObjType::Map).map(|_| ()));
    }
    debug_assert!(made.is_ok(), "writing to the root of an empty document");
    tx.commit_with(CommitOptions::default().with_time(0));
    doc
}

/// The genesis change of a record.
#[must_use]
pub fn genesis_change(kind: &str, id: RecordId) -> Vec<u8> {
    let doc = document(kind, id);
    doc.get_changes(&[]).first().map(|c| c.raw_bytes().to_vec()).unwrap_or_default()
}

/// The hash of the genesis change of a record.
#[must_use]
pub fn genesis_hash(kind: &str, id: RecordId) -> Hash {
    document(kind, id).get_heads().first().map(|h| h.0).unwrap_or_default()
}
