//! What stands between bytes from outside and Automerge.
//!
//! # The threat
//!
//! Automerge trusts its input. Given hostile or broken bytes, version 0.12.0 panics, sets aside gigabytes
//! and aborts the process, or, worst, accepts a change and saves a document that can never be loaded
//! again. A run of a billion operations takes ten bytes; a first counter near 2³² makes every later edit
//! of the document panic; a predecessor that does not exist turns the saved blob into garbage. Whoever
//! may push one change could take a record, or the server, away from everybody.
//!
//! # The order of checks
//!
//! Each step relies on the ones before it, so the order is part of the contract:
//!
//! 1. [`parse`]: one chunk, nothing known of any document. Sizes, checksum and layout are checked, and
//!    every column's runs are added up, before Automerge sees a byte. The answer holds the change
//!    re-encoded as an uncompressed chunk; only that form is stored or passed on.
//! 2. [`Causal::check`]: does the change fit this document's history? Its dependencies, its place in its
//!    actor's sequence, its first counter, everything its operations refer to, and who wrote it.
//! 3. [`touches`]: which paths does it write, for the caller's decision on permissions.
//! 4. [`trial`]: a copy of the document takes the changes, is saved, and is loaded strictly. Panics are
//!    caught and the copy is thrown away. What comes back is the reloaded document and its blob.
//!
//! A whole document (a stored blob, a snapshot a device receives) goes through [`load_strict`], which
//! bounds the chunk in the same way before Automerge sees it. Devices run steps 1 and 2 on what they
//! receive as well: where a panic cannot be caught, the bounds are all there is.
//!
//! # A change chunk, byte by byte
//!
//! `uLEB`, `sLEB`: LEB128 integers, refused unless in their shortest form.
//!
//! ```text
//! offset        field
//! 0..4          magic 85 6f 4a 83
//! 4..8          checksum: the first four bytes of the change's hash
//! 8             kind: 01 plain, 02 the body is compressed (DEFLATE); 00 document and 03 bundle are refused
//! 9..           body length as sent (uLEB)
//! body          number of dependencies (uLEB), then 32 bytes each
//!               actor: length (uLEB, must be 16), bytes
//!               seq (uLEB, from 1)
//!               start_op (uLEB, from 1): counter of the first operation; the others count on from it
//!               time in ms (sLEB)
//!               message: length (uLEB), UTF-8
//!               other actors: count (uLEB), then length (16) and bytes of each, ascending
//!               columns: count (uLEB), then for each its specification (uLEB) and length (uLEB)
//!               the columns' bytes, in the same order
//!               extra bytes to the end: nothing, or the author footer 01, 10 (hex), 16 bytes of user id
//! ```
//!
//! The hash is SHA-256 over kind `01`, the inflated body's length (uLEB) and the inflated body.
//!
//! The columns, one row per operation unless said otherwise (encodings: see the `columns` module):
//!
//! ```text
//! 01 02         object written to: actor (index: 0 own, 1.. other actors), counter; null = root
//! 11 13 15      key: actor, counter (difference) of a sequence element, or a map's key as a string
//! 34            insert?
//! 42            action: 0 map, 1 put, 2 list, 3 delete, 4 text, 5 increment, 6 table, 7 mark
//! 56 57         value: length << 4 | type; the values' bytes
//! 70 71 73      predecessors: how many; then one row each: actor, counter (difference)
//! 94 a5         marks: expand?, name
//! ```

mod bloom;
mod causal;
mod chunk;
mod columns;
mod document;
mod limits;
mod read;
mod refused;
mod touch;
mod trial;

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

pub use bloom::bloom_ok;
pub use causal::Causal;
pub use chunk::{Checked, parse};
pub use limits::{Limits, MAX_TIME_MS};
pub use refused::{Refused, RefusedCode};
pub use touch::{Action, Root, Touch, Touches, touches};
pub(crate) use trial::applied;
pub use trial::{Trial, load_strict, trial};

thread_local! {
    static CONTAINED: Cell<u32> = const { Cell::new(0) };
}

/// Whether this thread is inside a call whose panics the guard catches.
///
/// A panic hook may ask, so that hostile input cannot fill the log with backtraces.
pub fn is_contained() -> bool {
    CONTAINED.get() > 0
}

/// [`contain`], for reading what came from outside elsewhere.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    contain(work)
}

/// Runs `work` and turns a panic into `None`. Everything `work` was changing must be thrown away then.
fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    CONTAINED.set(CONTAINED.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(CONTAINED.get() - 1);
    result.ok()
}
