//! After a restore: devices give back what the server lost.
//!
//! A receipt proves that the server once held the history that ends in these heads, whoever holds it now. So what
//! completes exactly that history is taken without asking again who may write it; anything beyond goes through push.

use std::collections::BTreeSet;

use domain::document::{Around, Hash, Outcome};
use domain::ids::RecordId;

use super::{Incoming, Ledger, LedgerError, State, unless_damaged};
use crate::store::{Snapshot, StoreError, changes};

/// How often a document is looked at anew when others keep writing to it.
const ATTEMPTS: usize = 5;

/// One document that a device holds.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// The heads that the server once receipted, sorted.
    pub heads: Vec<Hash>,
    /// The receipt.
    pub receipt: Vec<u8>,
    /// The changes that the server asked for; none at first.
    pub chunks: Vec<Vec<u8>>,
}

/// What came of an offered document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The server has that history, cannot read the document, or the receipt proves nothing.
    Nothing,
    /// The server lacks some of it: it has these heads.
    Need(Vec<Hash>),
    /// It was completed.
    Restored,
}

impl Ledger {
    /// Looks at one offered document, and completes it if its changes came along. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn take_offer(&self, offered: &Offered) -> Result<Taken, LedgerError> {
        let sorted = offered.heads.is_sorted() && !offered.heads.is_empty();
        if !sorted || !self.key().gave(offered.id, &offered.heads, &offered.receipt) {
            return Ok(Taken::Nothing);
        }
        for _ in 0..ATTEMPTS {
            let (state, complete) = self.store().read_blocking(|snap| {
                // What cannot be read can be completed by nobody: the device keeps what it has.
                let Some(state) = unless_damaged(offered.id, State::read(snap, offered.id))? else {
                    return Ok((State::default(), true));
                };
                let complete = has(snap, &state, &offered.heads)?;
                Ok::<_, StoreError>((state, complete))
            })?;
            if complete {
                return Ok(Taken::Nothing);
            }
            let have = state.stored.as_ref().map(|s| s.heads.clone()).unwrap_or_default();
            if offered.chunks.is_empty() {
                return Ok(Taken::Need(have));
            }
            match self.complete(offered, &state)? {
                Some(true) => return Ok(Taken::Restored),
                Some(false) => return Ok(Taken::Need(have)),
                None => {} // it moved meanwhile
            }
        }
        Err(LedgerError::Busy)
    }

    /// `Some(true)` if the history is complete now, `Some(false)` if the changes do not complete it.
    fn complete(&self, offered: &Offered, state: &State) -> Result<Option<bool>, LedgerError> {
        let item = Incoming { id: offered.id, kind: offered.kind.clone(), chunks: offered.chunks.clone() };
        let prepared = self.prepare(None, &item, state, Around::default())?;
        if prepared.outcomes.iter().any(|o| matches!(o, Outcome::Refused { .. })) {
            return Ok(Some(false));
        }
        let Some(write) = prepared.write else { return Ok(Some(false)) };
        let exact = write.merged.as_ref().is_some_and(|(record, chunks)| {
            let beyond: BTreeSet<Hash> =
                record.changes_since(&offered.heads).into_iter().map(|(h, _)| h).collect();
            record.has_all(&offered.heads) && chunks.iter().all(|c| !beyond.contains(&c.hash))
        });
        if !exact {
            return Ok(Some(false));
        }
        let done = self.write_all(vec![write])?;
        if done.is_some() {
            tracing::info!(record = %offered.id, "a device gave a lost history back");
        }
        Ok(done.map(|_| true))
    }
}

fn has(snap: &Snapshot<'_>, state: &State, heads: &[Hash]) -> Result<bool, StoreError> {
    match &state.stored {
        None => Ok(false),
        Some(stored) if stored.heads == heads => Ok(true),
        Some(stored) => changes::has_all(snap, stored.n, heads),
    }
}
