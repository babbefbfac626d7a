//! Epochs: the server's incarnations, and whether a place in the log is still the one it was.

use rusqlite::{OptionalExtension, params};

use super::changes::{self, Salt};
use super::{Snapshot, StoreError, Tx};
use crate::host::Millis;

/// An incarnation of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Random.
    pub id: [u8; 16],
    /// The one before.
    pub parent: Option<[u8; 16]>,
    /// The last commit that it has in common with its parent.
    pub fork_seq: u64,
}

/// The present incarnation; `None` in a database that was never opened by a server.
///
/// # Errors
/// A failure of the database.
pub fn epoch(snap: &Snapshot<'_>) -> Result<Option<Epoch>, StoreError> {
    let mut stmt =
        snap.conn().prepare_cached("SELECT id, parent, fork_seq FROM epoch ORDER BY n DESC LIMIT 1")?;
    Ok(stmt
        .query_row([], |r| Ok(Epoch { id: r.get(0)?, parent: r.get(1)?, fork_seq: r.get(2)? }))
        .optional()?)
}

/// Whether there ever was such an incarnation.
///
/// # Errors
/// A failure of the database.
pub fn knows_epoch(snap: &Snapshot<'_>, id: &[u8; 16]) -> Result<bool, StoreError> {
    Ok(snap.conn().prepare_cached("SELECT 1 FROM epoch WHERE id = ?1")?.exists([id])?)
}

/// Begins an incarnation that forks from the present one at the newest commit.
///
/// # Errors
/// A failure of the database.
pub fn begin_epoch(tx: &Tx<'_>, id: [u8; 16], at: Millis) -> Result<Epoch, StoreError> {
    let parent = epoch(tx)?.map(|e| e.id);
    let fork_seq = changes::newest(tx)?;
    tx.conn().execute(
        "INSERT INTO epoch (id, parent, fork_seq, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![id, parent, fork_seq, at],
    )?;
    Ok(Epoch { id, parent, fork_seq })
}

/// Whether the log still has this commit, with this salt.
///
/// # Errors
/// A failure of the database.
pub fn holds(snap: &Snapshot<'_>, seq: u64, salt: &Salt) -> Result<bool, StoreError> {
    Ok(changes::salt(snap, seq)?.as_ref() == Some(salt))
}
