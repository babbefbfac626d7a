//! Official numbers: gap-free in each series of a kind. What a series is, the kind's pattern says
//! ([`domain::settings::numbering`]).

use domain::ids::RecordId;
use domain::schema::Kind;
use rusqlite::{OptionalExtension, params};

use super::projections::table;
use super::{Snapshot, StoreError, Tx};

/// Notes that the `n`-th number of a series is given. It is free again after a rollback, so a series has no gaps.
///
/// # Errors
/// A failure of the database.
pub fn seen(tx: &Tx<'_>, kind: &Kind, series: &str, n: u32) -> Result<(), StoreError> {
    raised(tx, &kind.key, series, n)
}

fn raised(tx: &Tx<'_>, kind: &str, series: &str, n: u32) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO counter (kind, series, last) VALUES (?1, ?2, ?3)
         ON CONFLICT (kind, series) DO UPDATE SET last = max(last, excluded.last)",
    )?;
    stmt.execute(params![kind, series, n])?;
    Ok(())
}

/// The last number given in a series; 0 before the first.
///
/// # Errors
/// A failure of the database.
pub fn last(snap: &Snapshot<'_>, kind: &Kind, series: &str) -> Result<u32, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT last FROM counter WHERE kind = ?1 AND series = ?2")?;
    Ok(stmt.query_row(params![kind.key, series], |r| r.get(0)).optional()?.unwrap_or(0))
}

/// Whether a record of the kind has this number.
///
/// # Errors
/// A failure of the database.
pub fn taken(snap: &Snapshot<'_>, kind: &Kind, number: &str) -> Result<bool, StoreError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE number = ?1)", table(kind));
    Ok(snap.conn().prepare_cached(&sql)?.query_row([number], |r| r.get(0))?)
}

/// The record of a kind that has this number.
///
/// # Errors
/// A failure of the database.
pub fn owner(snap: &Snapshot<'_>, kind: &Kind, number: &str) -> Result<Option<RecordId>, StoreError> {
    let sql = format!("SELECT id FROM {} WHERE number = ?1 ORDER BY n LIMIT 2", table(kind));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map([number], |r| Ok(RecordId(uuid::Uuid::from_bytes(r.get(0)?))))?;
    let found = rows.collect::<Result<Vec<_>, _>>()?;
    // Two may have one number after a restore: it names neither.
    Ok(if let [one] = found[..] { Some(one) } else { None })
}

/// How far a series of a kind has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    kind: String,
    series: String,
    last: u32,
}

/// Every series as it stands.
///
/// # Errors
/// A failure of the database.
pub fn counters(snap: &Snapshot<'_>) -> Result<Vec<Counter>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT kind, series, last FROM counter")?;
    let rows = stmt.query_map([], |r| Ok(Counter { kind: r.get(0)?, series: r.get(1)?, last: r.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lets every series go on no earlier than it stood.
///
/// # Errors
/// A failure of the database.
pub fn raise(tx: &Tx<'_>, stood: &[Counter]) -> Result<(), StoreError> {
    stood.iter().try_for_each(|c| raised(tx, &c.kind, &c.series, c.last))
}

/// Forgets every series; they are counted again from documents.
///
/// # Errors
/// A failure of the database.
pub fn clear(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn().execute("DELETE FROM counter", [])?;
    Ok(())
}
