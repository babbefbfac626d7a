//! Changes that wait for the office, and what it decided.

use std::collections::BTreeSet;

use domain::document::Hash;
use domain::ids::{DeviceId, RecordId, UserId};
use rusqlite::{OptionalExtension, params};

use super::{Snapshot, StoreError, Tx};
use crate::host::Millis;

/// A change that waits, or waited.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its number; the id that people see.
    pub n: i64,
    /// The change.
    pub hash: Hash,
    /// The document's number inside this database.
    pub doc: i64,
    /// The change chunk.
    pub data: Vec<u8>,
    /// Who made it.
    pub user: UserId,
    /// Why it waits: `late`, `after_close`.
    pub flag: String,
    /// When the server received it.
    pub at: Millis,
    /// Whether it was taken over; `None` while it waits.
    pub accepted: Option<bool>,
}

/// A decision, as the feed of its author has it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The commit.
    pub seq: u64,
    /// The record.
    pub doc: RecordId,
    /// The change.
    pub hash: Hash,
    /// Taken over, or not.
    pub accepted: bool,
    /// The office's words.
    pub note: String,
}

/// A change to keep until the office decides.
#[derive(Clone, Debug)]
pub struct New {
    /// The change.
    pub hash: Hash,
    /// The change chunk.
    pub data: Vec<u8>,
    /// Why it waits.
    pub flag: &'static str,
}

/// Keeps a change. One that is kept already stays as it is.
///
/// # Errors
/// A failure of the database.
pub fn keep(
    tx: &Tx<'_>,
    doc: i64,
    new: &New,
    user: UserId,
    device: Option<DeviceId>,
    at: Millis,
) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO proposal (hash, doc, data, user, device, flag, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (hash) DO NOTHING",
    )?;
    stmt.execute(params![new.hash, doc, new.data, user.bytes(), device.map(|d| *d.bytes()), new.flag, at])?;
    Ok(())
}

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Proposal> {
    Ok(Proposal {
        n: r.get(0)?,
        hash: r.get(1)?,
        doc: r.get(2)?,
        data: r.get(3)?,
        user: UserId(uuid::Uuid::from_bytes(r.get(4)?)),
        flag: r.get(5)?,
        at: r.get(6)?,
        accepted: r.get(7)?,
    })
}

const COLUMNS: &str = "SELECT n, hash, doc, data, user, flag, at, accepted FROM proposal";

/// The changes of a document that wait.
///
/// # Errors
/// A failure of the database.
pub fn waiting(snap: &Snapshot<'_>, doc: i64) -> Result<Vec<Proposal>, StoreError> {
    let mut stmt =
        snap.conn().prepare_cached(&format!("{COLUMNS} WHERE doc = ?1 AND decided_at IS NULL ORDER BY n"))?;
    let rows = stmt.query_map([doc], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The changes of a document that were decided against.
///
/// # Errors
/// A failure of the database.
pub fn turned_down(snap: &Snapshot<'_>, doc: i64) -> Result<BTreeSet<Hash>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT hash FROM proposal WHERE doc = ?1 AND accepted = 0")?;
    let rows = stmt.query_map([doc], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every change that waits, oldest first.
///
/// # Errors
/// A failure of the database.
pub fn open(snap: &Snapshot<'_>, after: i64, limit: usize) -> Result<Vec<Proposal>, StoreError> {
    let mut stmt = snap
        .conn()
        .prepare_cached(&format!("{COLUMNS} WHERE decided_at IS NULL AND n > ?1 ORDER BY n LIMIT ?2"))?;
    let rows = stmt.query_map(params![after, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many changes wait.
///
/// # Errors
/// A failure of the database.
pub fn count_open(snap: &Snapshot<'_>) -> Result<u64, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT count(*) FROM proposal WHERE decided_at IS NULL")?;
    Ok(stmt.query_row([], |r| r.get(0))?)
}

/// One change by its number.
///
/// # Errors
/// A failure of the database.
pub fn get(snap: &Snapshot<'_>, n: i64) -> Result<Option<Proposal>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(&format!("{COLUMNS} WHERE n = ?1"))?;
    Ok(stmt.query_row([n], read).optional()?)
}

/// Writes down a decision. `false` if there was one already.
///
/// # Errors
/// A failure of the database.
pub fn decide(
    tx: &Tx<'_>,
    n: i64,
    accepted: bool,
    by: UserId,
    note: &str,
    at: Millis,
    seq: u64,
) -> Result<bool, StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "UPDATE proposal SET decided_at = ?2, decided_by = ?3, accepted = ?4, note = ?5, seq = ?6
         WHERE n = ?1 AND decided_at IS NULL",
    )?;
    Ok(stmt.execute(params![n, at, by.bytes(), accepted, note, seq])? == 1)
}

/// Decisions about a person's changes in a stretch of the log: after the first commit, up to the second.
///
/// # Errors
/// A failure of the database.
pub fn decisions(
    snap: &Snapshot<'_>,
    user: UserId,
    after: u64,
    end: u64,
) -> Result<Vec<Decision>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT p.seq, d.id, p.hash, p.accepted, p.note FROM proposal p JOIN doc d ON d.n = p.doc
         WHERE p.user = ?1 AND p.seq > ?2 AND p.seq <= ?3 ORDER BY p.seq, p.n",
    )?;
    let rows = stmt.query_map(params![user.bytes(), after, end], |r| {
        Ok(Decision {
            seq: r.get(0)?,
            doc: RecordId(uuid::Uuid::from_bytes(r.get(1)?)),
            hash: r.get(2)?,
            accepted: r.get(3)?,
            note: r.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
