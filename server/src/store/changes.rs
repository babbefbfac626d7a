//! The commit log, and which change came with which commit.

use std::collections::{BTreeMap, BTreeSet};

use domain::document::Hash;
use domain::ids::{DeviceId, UserId};
use rusqlite::{OptionalExtension, params};

use super::{Snapshot, StoreError, Tx};
use crate::host::Millis;

/// Random bytes of a commit.
pub type Salt = [u8; 8];

/// A commit as the log has it.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    /// Its salt.
    pub salt: Salt,
    /// When the server took it.
    pub at: Millis,
    /// Who sent it; `None` for the server.
    pub user: Option<UserId>,
    /// From which device; `None` for the API and the console.
    pub device: Option<DeviceId>,
}

/// The newest commit; 0 before the first.
///
/// # Errors
/// A failure of the database.
pub fn newest(snap: &Snapshot<'_>) -> Result<u64, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT coalesce(max(seq), 0) FROM commit_log")?;
    Ok(stmt.query_row([], |r| r.get(0))?)
}

/// The salt of a commit; zeros for commit 0, `None` for one that is not there.
///
/// # Errors
/// A failure of the database.
pub fn salt(snap: &Snapshot<'_>, seq: u64) -> Result<Option<Salt>, StoreError> {
    if seq == 0 {
        return Ok(Some([0; 8]));
    }
    let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
    let mut stmt = snap.conn().prepare_cached("SELECT salt FROM commit_log WHERE seq = ?1")?;
    Ok(stmt.query_row([seq], |r| r.get(0)).optional()?)
}

/// Writes the next commit; gives its seq. Seqs are given inside the one write transaction, so they become
/// visible in their order.
///
/// # Errors
/// A failure of the database.
pub fn next(tx: &Tx<'_>, doc: i64, commit: &Commit) -> Result<u64, StoreError> {
    let seq = newest(tx)? + 1;
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO commit_log (seq, salt, at, doc, user, device) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    stmt.execute(params![
        seq,
        commit.salt,
        commit.at,
        doc,
        commit.user.map(|u| *u.bytes()),
        commit.device.map(|d| *d.bytes())
    ])?;
    Ok(seq)
}

/// Notes that a change came with a commit.
///
/// # Errors
/// A failure of the database.
pub fn note(tx: &Tx<'_>, doc: i64, seq: u64, hash: &Hash, flag: Option<&str>) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO doc_change (doc, hash, seq, flag) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?;
    stmt.execute(params![doc, hash, seq, flag])?;
    Ok(())
}

/// Whether a document has all of these changes; its genesis counts as missing.
///
/// # Errors
/// A failure of the database.
pub fn has_all(snap: &Snapshot<'_>, doc: i64, hashes: &[Hash]) -> Result<bool, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT 1 FROM doc_change WHERE doc = ?1 AND hash = ?2")?;
    for hash in hashes {
        if !stmt.exists(params![doc, hash])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// When each change of a document was received.
///
/// # Errors
/// A failure of the database.
pub fn received(snap: &Snapshot<'_>, doc: i64) -> Result<BTreeMap<Hash, Millis>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT c.hash, l.at FROM doc_change c JOIN commit_log l ON l.seq = c.seq WHERE c.doc = ?1",
    )?;
    let rows = stmt.query_map([doc], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The marks on a document's changes.
///
/// # Errors
/// A failure of the database.
pub fn flags(snap: &Snapshot<'_>, doc: i64) -> Result<BTreeSet<String>, StoreError> {
    let mut stmt = snap
        .conn()
        .prepare_cached("SELECT DISTINCT flag FROM doc_change WHERE doc = ?1 AND flag IS NOT NULL")?;
    let rows = stmt.query_map([doc], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest commit that is older than `at`; tails before it may be dropped.
///
/// # Errors
/// A failure of the database.
pub fn before(snap: &Snapshot<'_>, at: Millis) -> Result<u64, StoreError> {
    let found = snap
        .conn()
        .query_row("SELECT max(seq) FROM commit_log WHERE at < ?1", [at], |r| r.get::<_, Option<u64>>(0))?;
    Ok(found.unwrap_or(0))
}

/// When and by whom a document was last written.
///
/// # Errors
/// A failure of the database.
pub fn commit(snap: &Snapshot<'_>, seq: u64) -> Result<Option<Commit>, StoreError> {
    let mut stmt =
        snap.conn().prepare_cached("SELECT salt, at, user, device FROM commit_log WHERE seq = ?1")?;
    let id = |bytes: Option<[u8; 16]>| bytes.map(uuid::Uuid::from_bytes);
    let found = stmt
        .query_row([seq], |r| {
            Ok(Commit {
                salt: r.get(0)?,
                at: r.get(1)?,
                user: id(r.get(2)?).map(UserId),
                device: id(r.get(3)?).map(DeviceId),
            })
        })
        .optional()?;
    Ok(found)
}
