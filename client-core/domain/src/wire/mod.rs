//! The frames of the sync protocol (`docs/SYNC.md`).
//!
//! Every body is one CBOR map with integer keys in ascending order, written deterministically: the same
//! frame is the same bytes. Ids are 16-byte strings, hashes 32-byte strings, times milliseconds.
//! Bodies are compressed as a whole (`Content-Encoding: zstd`), so documents inside travel uncompressed.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// Protocol version of these frames.
pub const PROTOCOL: u32 = 1;
/// Content type of bodies.
pub const CONTENT_TYPE: &str = "application/cbor";
/// Most bytes of a request or response as sent.
pub const MAX_WIRE_BYTES: usize = 4 << 20;
/// Most bytes of a body once inflated.
pub const MAX_BODY_BYTES: usize = 8 << 20;
/// Most documents in a push or page.
pub const MAX_DOCS: usize = 200;
/// Most changes in a push.
pub const MAX_CHANGES: usize = 5_000;
/// Deepest nesting of a body.
pub const MAX_DEPTH: usize = 8;
/// How many cursors a device keeps, newest first.
pub const CURSORS_KEPT: usize = 32;

/// A body that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the body is no frame of protocol {PROTOCOL}: {0}")]
pub struct WireError(#[from] minicbor::decode::Error);

/// A frame that is a whole body.
pub trait Body: Sized {
    /// The bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// From bytes; trailing bytes are an error.
    ///
    /// # Errors
    /// [`WireError`] if the bytes are no such frame.
    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError>;
}

impl<T> Body for T
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode(self, &mut out);
        out
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let value = decoder.decode()?;
        if decoder.position() != bytes.len() {
            return Err(WireError(minicbor::decode::Error::message("trailing bytes")));
        }
        Ok(value)
    }
}

/// `POST /api/v1/sync/hello`: who is there, and which cursors it holds.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Protocols spoken.
    #[n(0)]
    pub proto: Vec<u32>,
    /// App version.
    #[n(1)]
    pub app: String,
    /// Schema version.
    #[n(2)]
    pub schema: u32,
    /// The registered device.
    #[n(3)]
    pub device: ByteVec,
    /// This installation's store; a restored or cloned store has another.
    #[n(4)]
    pub instance: ByteVec,
    /// Cursors, newest first, at most [`CURSORS_KEPT`].
    #[n(5)]
    pub cursors: Vec<ByteVec>,
    /// The device's clock, in ms.
    #[n(6)]
    pub client_ms: i64,
}

/// How a device goes on after `hello`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Mode {
    /// Its newest cursor is good.
    #[n(0)]
    Ok,
    /// The server was restored: pull from an older cursor, and offer what you hold.
    #[n(1)]
    Rewind,
    /// No cursor is known: pull everything, and offer what you hold.
    #[n(2)]
    Full,
}

/// Answer to [`Hello`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct HelloReply {
    /// The server's incarnation.
    #[n(0)]
    pub epoch: ByteVec,
    /// The cursor to pull from; none means from the start.
    #[n(1)]
    pub resume: Option<ByteVec>,
    /// What happened.
    #[n(2)]
    pub mode: Mode,
    /// The server's clock, in ms.
    #[n(3)]
    pub server_ms: i64,
    /// Oldest schema that may push.
    #[n(4)]
    pub min_schema: u32,
    /// The server's schema.
    #[n(5)]
    pub max_schema: u32,
}

/// `POST /api/v1/sync/push`: changes that the device made.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Push {
    /// Changes, grouped by document.
    #[n(0)]
    pub items: Vec<PushItem>,
}

/// Changes of one document.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct PushItem {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// Change chunks, dependencies first.
    #[n(2)]
    pub changes: Vec<ByteVec>,
}

/// Answer to [`Push`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct PushReply {
    /// The server's incarnation.
    #[n(0)]
    pub epoch: ByteVec,
    /// A result for each item, in order.
    #[n(1)]
    pub results: Vec<PushResult>,
}

/// What came of one document.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct PushResult {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// An outcome for each change, in order.
    #[n(1)]
    pub outcomes: Vec<ChangeOutcome>,
    /// The server's heads afterwards; empty if the sender may not read the document.
    #[n(2)]
    pub heads: Vec<ByteVec>,
    /// Receipt for those heads.
    #[n(3)]
    pub receipt: ByteVec,
}

/// What came of one change.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum ChangeOutcome {
    /// On the server's disk.
    #[n(0)]
    Accepted,
    /// Was there already.
    #[n(1)]
    Duplicate,
    /// Kept until the office decides.
    #[n(2)]
    Proposed,
    /// Not accepted.
    #[n(3)]
    Refused(#[n(0)] Refusal),
}

/// Why a change was not accepted.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Refusal {
    /// The stable code.
    #[n(0)]
    pub code: String,
    /// Parameters, as JSON text.
    #[n(1)]
    pub params: String,
    /// Changes that are needed first.
    #[n(2)]
    pub need: Vec<ByteVec>,
}

/// `POST /api/v1/sync/pull`: what is new to this device.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Pull {
    /// The cursor; none means from the start.
    #[n(0)]
    pub cursor: Option<ByteVec>,
    /// Most bytes of documents and changes in the page.
    #[n(1)]
    pub max_bytes: u32,
    /// Most documents in the page.
    #[n(2)]
    pub max_docs: u32,
}

/// Answer to [`Pull`]: a page, applied with its cursor in one transaction or not at all.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Page {
    /// The cursor after the page.
    #[n(0)]
    pub cursor: ByteVec,
    /// Whether more is waiting.
    #[n(1)]
    pub more: bool,
    /// What is new.
    #[n(2)]
    pub frames: Vec<Frame>,
    /// The server's clock, in ms.
    #[n(3)]
    pub server_ms: i64,
    /// Version of the reference data (people, lists, settings); fetch it when it differs.
    #[n(4)]
    pub reference: u64,
}

/// One thing that is new.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Frame {
    /// Changes that the device lacks.
    #[n(0)]
    Delta(#[n(0)] Delta),
    /// A whole document.
    #[n(1)]
    Snapshot(#[n(0)] Snapshot),
    /// A document that the device must drop, apart from unsent work.
    #[n(2)]
    Gone(#[n(0)] Gone),
    /// The office decided about a proposed change of this device's user.
    #[n(3)]
    Decision(#[n(0)] Decision),
}

/// Changes of one document.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Delta {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// Change chunks, dependencies first.
    #[n(2)]
    pub changes: Vec<ByteVec>,
    /// Heads afterwards, sorted.
    #[n(3)]
    pub heads: Vec<ByteVec>,
    /// Receipt for those heads.
    #[n(4)]
    pub receipt: ByteVec,
}

/// A whole document.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Snapshot {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// The uncompressed document.
    #[n(2)]
    pub blob: ByteVec,
    /// Its heads, sorted.
    #[n(3)]
    pub heads: Vec<ByteVec>,
    /// Receipt for those heads.
    #[n(4)]
    pub receipt: ByteVec,
}

/// A document that is no longer this person's to see.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Gone {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// `unassigned`, `deleted` or `purged`.
    #[n(1)]
    pub why: String,
}

/// What the office decided.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Decision {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// The proposed change.
    #[n(1)]
    pub hash: ByteVec,
    /// Taken over, or not.
    #[n(2)]
    pub accepted: bool,
    /// The office's words.
    #[n(3)]
    pub note: String,
}

/// `POST /api/v1/sync/snapshot`: whole documents on demand.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct SnapshotRequest {
    /// The records, at most 100.
    #[n(0)]
    pub docs: Vec<ByteVec>,
}

/// Answer to [`SnapshotRequest`]; what the person may not see is simply absent.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct SnapshotReply {
    /// The documents.
    #[n(0)]
    pub docs: Vec<Snapshot>,
}

/// `POST /api/v1/sync/offer`: after a restore, what the device holds with a receipt.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Offer {
    /// What it holds.
    #[n(0)]
    pub items: Vec<OfferItem>,
}

/// One document that the device holds.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct OfferItem {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// The heads that the server once receipted, sorted.
    #[n(2)]
    pub heads: Vec<ByteVec>,
    /// The receipt.
    #[n(3)]
    pub receipt: ByteVec,
    /// On the second round: the changes that the server asked for, dependencies first.
    #[n(4)]
    pub changes: Vec<ByteVec>,
}

/// Answer to [`Offer`].
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct OfferReply {
    /// Documents whose receipted history the server lacks.
    #[n(0)]
    pub need: Vec<OfferNeed>,
    /// How many documents were completed from this offer.
    #[n(1)]
    pub restored: u32,
}

/// A document that the server lacks, wholly or in part.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct OfferNeed {
    /// The record.
    #[n(0)]
    pub doc: ByteVec,
    /// The heads that the server has; send what is not an ancestor of these.
    #[n(1)]
    pub have: Vec<ByteVec>,
}

/// The receipt that certifies a document's history: HMAC-SHA-256 over `"rcpt1"`, the record's id and its
/// sorted heads, first 16 bytes. Heads hash-commit the whole history, so this certifies all of it.
#[must_use]
pub fn receipt(key: &[u8], doc: &[u8; 16], heads: &[[u8; 32]]) -> [u8; 16] {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut out = [0u8; 16];
    // HMAC takes a key of any length.
    if let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(key) {
        mac.update(b"rcpt1");
        mac.update(doc);
        for head in heads {
            mac.update(head);
        }
        out.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    }
    out
}

/// An id or hash of exactly `N` bytes.
///
/// # Errors
/// The slice is of another length.
pub fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], std::array::TryFromSliceError> {
    bytes.try_into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn frames_go_there_and_back_and_are_deterministic() {
        let page = Page {
            cursor: vec![1, 2, 3].into(),
            more: true,
            frames: vec![
                Frame::Gone(Gone { doc: vec![7; 16].into(), why: "unassigned".into() }),
                Frame::Delta(Delta {
                    doc: vec![7; 16].into(),
                    kind: "complaint".into(),
                    changes: vec![vec![9; 40].into()],
                    heads: vec![vec![1; 32].into()],
                    receipt: vec![2; 16].into(),
                }),
            ],
            server_ms: 1,
            reference: 4,
        };
        let bytes = page.to_bytes();
        assert_eq!(Page::from_bytes(&bytes).unwrap(), page);
        assert_eq!(bytes, page.to_bytes());
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Page::from_bytes(&longer).is_err());
        assert!(Page::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn a_receipt_binds_document_and_heads() {
        let a = receipt(b"key", &[1; 16], &[[2; 32]]);
        assert_eq!(a, receipt(b"key", &[1; 16], &[[2; 32]]));
        assert_ne!(a, receipt(b"key", &[1; 16], &[[3; 32]]));
        assert_ne!(a, receipt(b"key", &[2; 16], &[[2; 32]]));
        assert_ne!(a, receipt(b"other", &[1; 16], &[[2; 32]]));
    }
}
