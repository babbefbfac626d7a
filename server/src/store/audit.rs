//! The audit log: append-only, each row chained to the one before it.
//!
//! `h = sha256(h of the row before ‖ seq ‖ at ‖ who ‖ what ‖ target ‖ detail)`, integers as 8 bytes big-endian, who as
//! a length and 16 bytes (or the length 0), texts as their length and UTF-8. The first row follows 32 zero bytes.
//! The chain shows edits, deletions and reordering; `meta.audit_head` shows a cut tail. Someone who can rewrite the
//! whole database can rewrite both: that takes a copy of the head kept elsewhere ([`head`]).

use domain::ids::UserId;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::value::{blob, maybe_id};
use super::{Snapshot, StoreError, Tx};
use crate::host::Millis;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who did it; none for the server and the console.
    pub who: Option<UserId>,
    /// Stable name of the act, e.g. `login`.
    pub what: &'static str,
    /// What it was done to (an id), may be empty.
    pub target: String,
    /// More, as JSON; never passwords, tokens or texts of records.
    pub detail: serde_json::Value,
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Row {
    /// Position, from 1.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// Who.
    pub who: Option<UserId>,
    /// Name of the act.
    pub what: String,
    /// What it was done to.
    pub target: String,
    /// More, as JSON text.
    pub detail: String,
}

/// Which entries are looked for; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Name of the act.
    pub what: Option<String>,
    /// Who did it.
    pub who: Option<UserId>,
    /// What it was done to.
    pub target: Option<String>,
    /// Not before this.
    pub from: Option<Millis>,
    /// Before this.
    pub to: Option<Millis>,
}

/// Hash of a row.
pub type Link = [u8; 32];

/// Result of [`verify_chain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Every row follows from the one before it, and the last one is the head.
    Whole {
        /// Number of rows.
        rows: i64,
    },
    /// The first position that does not fit.
    Broken {
        /// Position of the row.
        seq: i64,
    },
}

/// Adds an entry to the log, in the same transaction as what it tells of.
///
/// # Errors
/// When the database cannot be written.
pub fn append(tx: &Tx<'_>, at: Millis, entry: &Entry) -> Result<(), StoreError> {
    let (last, before) = head(tx)?;
    let row = Row {
        seq: last + 1,
        at,
        who: entry.who,
        what: entry.what.to_owned(),
        target: entry.target.clone(),
        detail: entry.detail.to_string(),
    };
    let h = link(&before, &row);
    tx.conn()
        .prepare_cached(
            "INSERT INTO audit (seq, at, who, what, target, detail, h) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![row.seq, row.at, row.who.map(blob), row.what, row.target, row.detail, h])?;
    let mut stored = row.seq.to_be_bytes().to_vec();
    stored.extend_from_slice(&h);
    tx.conn()
        .prepare_cached(
            "INSERT INTO meta (k, v) VALUES ('audit_head', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
        )?
        .execute([stored])?;
    Ok(())
}

/// Position and hash of the last row; (0, zeros) while the log is empty.
///
/// # Errors
/// When the database cannot be read.
pub fn head(db: &Snapshot<'_>) -> Result<(i64, Link), StoreError> {
    let mut statement = db.conn().prepare_cached("SELECT v FROM meta WHERE k = 'audit_head'")?;
    let stored: Option<Vec<u8>> = statement.query_row([], |r| r.get(0)).optional()?;
    let Some(stored) = stored else { return Ok((0, [0; 32])) };
    let (seq, h) = stored.split_first_chunk::<8>().ok_or(StoreError::Damaged("audit head"))?;
    let h = Link::try_from(h).map_err(|_| StoreError::Damaged("audit head"))?;
    Ok((i64::from_be_bytes(*seq), h))
}

/// The newest `limit` entries before position `before`, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn newest(db: &Snapshot<'_>, before: i64, limit: u32) -> Result<Vec<Row>, StoreError> {
    let mut statement = db.conn().prepare_cached(
        "SELECT seq, at, who, what, target, detail FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![before, limit], row)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// The newest `limit` entries before position `before` that the filter lets through, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn found(db: &Snapshot<'_>, filter: &Filter, before: i64, limit: u32) -> Result<Vec<Row>, StoreError> {
    let mut statement = db.conn().prepare_cached(
        "SELECT seq, at, who, what, target, detail FROM audit
         WHERE seq < ?1 AND (?3 IS NULL OR what = ?3) AND (?4 IS NULL OR who = ?4)
             AND (?5 IS NULL OR target = ?5) AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR at < ?7)
         ORDER BY seq DESC LIMIT ?2",
    )?;
    let who = filter.who.map(blob);
    let asked = params![before, limit, filter.what, who, filter.target, filter.from, filter.to];
    let rows = statement.query_map(asked, row)?.collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Follows the chain from its first row to its head.
///
/// # Errors
/// When the database cannot be read.
pub fn verify_chain(db: &Snapshot<'_>) -> Result<Chain, StoreError> {
    let (last, last_link) = head(db)?;
    let mut statement =
        db.conn().prepare("SELECT seq, at, who, what, target, detail, h FROM audit ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut before: Link = [0; 32];
    let mut seq = 0;
    while let Some(stored) = rows.next()? {
        let found = row(stored)?;
        let expected = link(&before, &found);
        if found.seq != seq + 1 || stored.get_ref("h")?.as_blob().ok() != Some(&expected[..]) {
            return Ok(Chain::Broken { seq: seq + 1 });
        }
        seq = found.seq;
        before = expected;
    }
    if seq != last || before != last_link {
        return Ok(Chain::Broken { seq: seq + 1 });
    }
    Ok(Chain::Whole { rows: seq })
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        seq: row.get("seq")?,
        at: row.get("at")?,
        who: maybe_id(row, "who")?,
        what: row.get("what")?,
        target: row.get("target")?,
        detail: row.get("detail")?,
    })
}

fn link(before: &Link, row: &Row) -> Link {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(row.seq.to_be_bytes());
    hash.update(row.at.to_be_bytes());
    let who = row.who.map(blob);
    let texts: [&[u8]; 3] = [row.what.as_bytes(), row.target.as_bytes(), row.detail.as_bytes()];
    for part in [who.as_ref().map_or(&[][..], |w| &w[..])].into_iter().chain(texts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
