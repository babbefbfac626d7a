//! The sync engine (`docs/SYNC.md`), without I/O: it says which request comes next and takes the answer.
//!
//! # Order of one run
//!
//! 1. `hello`, if this device never synced or the server's epoch changed; after a restore, what the
//!    device holds is offered back.
//! 2. `push`, a batch at a time, until nothing is left that the server has yet to judge.
//! 3. Reference data, if there is none yet or a page says that its version moved: list rows are made by it.
//! 4. `pull`, a page at a time; each page and its cursor are one transaction.
//! 5. Whole documents that a page could not be applied to.
//!
//! Reconnecting with nothing new is one request: a pull. A push that fails does not keep the pull from
//! happening. Nothing but a positive answer that names a change removes it from the device's unsent work;
//! nothing that the server says replaces what the device holds, it is only merged.
//!
//! # After a refusal
//!
//! A refused change was never merged into `base`. It goes to the box of refused work with its reason, and
//! what was built on it is built again: from `base`, intent by intent, under a new actor (`replay`).

mod backoff;
mod engine;
mod offer;
mod pull;
mod push;
mod replay;
mod report;
mod request;
#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use engine::{Input, Output, SyncEngine};
pub use report::{Ending, Pulled, Pushed, Report};
pub(crate) use request::problem;
pub use request::{Content, Request};

use domain::document::Hash;
use domain::ids::RecordId;
use domain::wire;
use minicbor::bytes::ByteVec;

/// Ids and hashes in the server's answers have fixed lengths; anything else is a fault of the server.
fn record_id(bytes: &ByteVec) -> Option<RecordId> {
    RecordId::from_slice(bytes)
}

fn hashes(list: &[ByteVec]) -> Vec<Hash> {
    let mut out: Vec<Hash> = list.iter().filter_map(|h| wire::fixed(h).ok()).collect();
    out.sort_unstable();
    out
}

fn bytes(of: impl AsRef<[u8]>) -> ByteVec {
    of.as_ref().to_vec().into()
}
