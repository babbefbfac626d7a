//! The first word of a device: is its place in the log still good?

use domain::authz::Principal;

use super::cursor::Cursor;
use super::{Ledger, LedgerError};
use crate::store::cursors::{self, Epoch};
use crate::store::{Snapshot, StoreError};

/// How a device goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Its newest cursor is good.
    Ok(Vec<u8>),
    /// The server was restored; this older cursor of the device is good.
    Rewind(Vec<u8>),
    /// No cursor is.
    Full,
}

impl Ledger {
    /// Finds the newest of a device's cursors that still holds; opens a new epoch if the database turns out to be
    /// an older copy that was put back by hand. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn resume(
        &self,
        principal: &Principal,
        cursors: &[impl AsRef<[u8]>],
    ) -> Result<(Epoch, Resume), LedgerError> {
        let given: Vec<Option<Cursor>> =
            cursors.iter().map(|c| Cursor::from_bytes(c.as_ref(), self.key(), principal.user)).collect();
        let (epoch, holding) = self.store().read_blocking(|snap| {
            let mut holding = Vec::with_capacity(given.len());
            for cursor in &given {
                holding.push(match cursor {
                    Some(cursor) => holds(snap, cursor)?,
                    None => false,
                });
            }
            Ok::<_, StoreError>((self.epoch(snap)?, holding))
        })?;
        let regressed =
            given.iter().zip(&holding).any(|(c, holds)| !holds && c.is_some_and(|c| c.epoch == epoch.id));
        let epoch = if regressed { self.begin_epoch(epoch)? } else { epoch };
        let good = given
            .iter()
            .zip(&holding)
            .enumerate()
            .find_map(|(i, (c, holds))| Some((i, (*c).filter(|_| *holds)?)));
        let Some((i, cursor)) = good else { return Ok((epoch, Resume::Full)) };
        let bytes = Cursor { epoch: epoch.id, ..cursor }.to_bytes(self.key(), principal.user);
        // Of another epoch, even the newest may be followed by pushes that were lost: the device has to offer.
        let resume =
            if i == 0 && cursor.epoch == epoch.id { Resume::Ok(bytes) } else { Resume::Rewind(bytes) };
        Ok((epoch, resume))
    }

    /// The id of the present incarnation of the server. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn epoch_id(&self) -> Result<[u8; 16], LedgerError> {
        Ok(self.store().read_blocking(|snap| self.epoch(snap))?.id)
    }

    /// The present epoch.
    pub(crate) fn epoch(&self, snap: &Snapshot<'_>) -> Result<Epoch, StoreError> {
        cursors::epoch(snap)?.ok_or(StoreError::Damaged("no epoch"))
    }

    /// Begins a new epoch after `known`, unless another device's word did so already.
    pub(crate) fn begin_epoch(&self, known: Epoch) -> Result<Epoch, LedgerError> {
        let (id, now) = (self.random()?, self.millis());
        let epoch = self.store().write_blocking(move |tx| match cursors::epoch(tx)? {
            Some(present) if present.id != known.id => Ok::<_, StoreError>(present),
            _ => cursors::begin_epoch(tx, id, now),
        })?;
        tracing::warn!(
            fork_seq = epoch.fork_seq,
            "the database is an older copy of itself: a new epoch begins"
        );
        Ok(epoch.into_inner())
    }
}

/// Whether the log still has the place that a cursor names.
pub(super) fn holds(snap: &Snapshot<'_>, cursor: &Cursor) -> Result<bool, StoreError> {
    Ok(cursors::knows_epoch(snap, &cursor.epoch)? && cursors::holds(snap, cursor.seq, &cursor.salt)?)
}
