//! Merged records: what each comes to, and the references in list tables that follow it.
//!
//! Made from documents like the list tables, and with them: `merged` has a row for every record that says what it was
//! merged into, `merged_ref` one for every cell of a list table that holds something else than its document.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use domain::ids::RecordId;
use domain::merge;
use domain::projection::{Cell, Row, columns};
use domain::schema::{FieldType, Kind, Schema};
use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;

use super::projections::{quoted, table};
use super::{Snapshot, StoreError, Tx};

type Id = [u8; 16];

/// Makes the tables, empty.
pub(super) fn create(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn().execute_batch(
        "DROP TABLE IF EXISTS merged;
         DROP TABLE IF EXISTS merged_ref;
         CREATE TABLE merged (
            source BLOB PRIMARY KEY, target BLOB NOT NULL, final BLOB NOT NULL
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE merged_ref (
            kind TEXT NOT NULL, n INTEGER NOT NULL, col TEXT NOT NULL, written BLOB NOT NULL,
            PRIMARY KEY (kind, n, col)
         ) STRICT, WITHOUT ROWID;
         CREATE INDEX merged_written ON merged_ref (written, kind, col);
         CREATE INDEX merged_final ON merged (final);",
    )?;
    Ok(())
}

fn any(snap: &Snapshot<'_>) -> Result<bool, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT EXISTS (SELECT 1 FROM merged)")?;
    Ok(stmt.query_row([], |r| r.get(0))?)
}

fn final_of(snap: &Snapshot<'_>, id: &Id) -> Result<Option<Id>, StoreError> {
    let mut stmt =
        snap.conn().prepare_cached("SELECT final FROM merged WHERE source = ?1 AND final <> source")?;
    Ok(stmt.query_row([id], |r| r.get(0)).optional()?)
}

/// The record that a merged record comes to; itself if it was not merged.
///
/// # Errors
/// A failure of the database.
pub fn resolve(snap: &Snapshot<'_>, id: RecordId) -> Result<RecordId, StoreError> {
    Ok(final_of(snap, id.bytes())?.map_or(id, |id| RecordId(Uuid::from_bytes(id))))
}

/// The records that come to this one.
///
/// # Errors
/// A failure of the database.
pub fn sources(snap: &Snapshot<'_>, id: RecordId) -> Result<Vec<RecordId>, StoreError> {
    let mut stmt = snap
        .conn()
        .prepare_cached("SELECT source FROM merged WHERE final = ?1 AND source <> final ORDER BY source")?;
    let rows = stmt.query_map([id.bytes()], |r| Ok(RecordId(Uuid::from_bytes(r.get(0)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a column's references are followed: all but the one that says what was merged.
fn follows(field: &domain::schema::Field) -> bool {
    field.kind == FieldType::Ref && field.key != merge::FIELD && field.target.as_deref() != Some("user")
}

/// The cells of a row with references to merged records followed.
///
/// # Errors
/// A failure of the database.
pub fn followed<'a>(
    snap: &Snapshot<'_>,
    kind: &Kind,
    cells: &'a [Cell],
) -> Result<Cow<'a, [Cell]>, StoreError> {
    let mut out = Cow::Borrowed(cells);
    if !any(snap)? {
        return Ok(out);
    }
    for (i, _) in columns(kind).enumerate().filter(|(_, c)| follows(c.field)) {
        if let Some(Cell::Id(written)) = cells.get(i)
            && let Some(last) = final_of(snap, written)?
        {
            out.to_mut()[i] = Cell::Id(last);
        }
    }
    Ok(out)
}

/// A value of a filter with a reference to a merged record followed.
pub(super) fn followed_cell(snap: &Snapshot<'_>, cell: &Cell) -> Result<Cell, StoreError> {
    match cell {
        Cell::Id(id) => Ok(Cell::Id(final_of(snap, id)?.unwrap_or(*id))),
        other => Ok(other.clone()),
    }
}

/// Notes which cells of a row that was just written differ from the document.
pub(super) fn remember(
    tx: &Tx<'_>,
    kind: &Kind,
    n: i64,
    written: &[Cell],
    stored: &[Cell],
) -> Result<(), StoreError> {
    if !any(tx)? {
        return Ok(());
    }
    let conn = tx.conn();
    conn.prepare_cached("DELETE FROM merged_ref WHERE kind = ?1 AND n = ?2")?
        .execute(params![kind.key, n])?;
    let cells = written.iter().zip(stored);
    for (column, (written, _)) in columns(kind).zip(cells).filter(|(_, (w, s))| w != s) {
        if let Cell::Id(written) = written {
            conn.prepare_cached("INSERT INTO merged_ref (kind, n, col, written) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![kind.key, n, column.name, written])?;
        }
    }
    Ok(())
}

/// Takes over what a record that was just written says about its merging; references in all list tables follow.
///
/// # Errors
/// A failure of the database.
pub fn note(tx: &Tx<'_>, schema: &Schema, kind: &Kind, row: &Row) -> Result<(), StoreError> {
    if !merge::possible(kind) {
        return Ok(());
    }
    let conn = tx.conn();
    let place = columns(kind).position(|c| c.field.key == merge::FIELD);
    let target = match place.and_then(|i| row.cells.get(i)) {
        Some(Cell::Id(id)) if id != row.id.bytes() => Some(*id),
        _ => None,
    };
    let held: Option<Id> = conn
        .prepare_cached("SELECT target FROM merged WHERE source = ?1")?
        .query_row([row.id.bytes()], |r| r.get(0))
        .optional()?;
    if held == target {
        return Ok(());
    }
    let before = finals(tx)?;
    match target {
        Some(target) => conn.execute(
            "INSERT INTO merged (source, target, final) VALUES (?1, ?2, ?2)
             ON CONFLICT (source) DO UPDATE SET target = excluded.target",
            params![row.id.bytes(), target],
        )?,
        None => conn.execute("DELETE FROM merged WHERE source = ?1", [row.id.bytes()])?,
    };
    let direct: BTreeMap<Id, Id> = pairs(tx, "SELECT source, target FROM merged")?;
    let after = merge::resolve(&direct);
    for source in direct.keys() {
        let last = after.get(source).unwrap_or(source);
        conn.prepare_cached("UPDATE merged SET final = ?2 WHERE source = ?1 AND final <> ?2")?
            .execute(params![source, last])?;
    }
    let touched: BTreeSet<&Id> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&Id> = touched.into_iter().filter(|id| before.get(*id) != after.get(*id)).collect();
    // First find out what every cell was written as, then move the cells.
    for source in changed.iter().filter(|id| !before.contains_key(**id)) {
        each_reference(schema, kind, |of, column| {
            let sql = format!(
                "INSERT INTO merged_ref (kind, n, col, written) SELECT ?1, n, ?2, ?3 FROM {} r WHERE {} = ?3
                 AND NOT EXISTS (SELECT 1 FROM merged_ref m WHERE m.kind = ?1 AND m.n = r.n AND m.col = ?2)",
                table(of),
                quoted(column)
            );
            conn.prepare_cached(&sql)?.execute(params![of.key, column, source])?;
            Ok(())
        })?;
    }
    for source in changed {
        let last = after.get(source).unwrap_or(source);
        each_reference(schema, kind, |of, column| {
            let sql = format!(
                "UPDATE {} SET {} = ?1 WHERE n IN
                 (SELECT n FROM merged_ref WHERE written = ?2 AND kind = ?3 AND col = ?4)",
                table(of),
                quoted(column)
            );
            conn.prepare_cached(&sql)?.execute(params![last, source, of.key, column])?;
            Ok(())
        })?;
        if !after.contains_key(source) {
            conn.prepare_cached("DELETE FROM merged_ref WHERE written = ?1")?.execute([source])?;
        }
    }
    Ok(())
}

fn finals(snap: &Snapshot<'_>) -> Result<BTreeMap<Id, Id>, StoreError> {
    pairs(snap, "SELECT source, final FROM merged WHERE source <> final")
}

fn pairs(snap: &Snapshot<'_>, sql: &str) -> Result<BTreeMap<Id, Id>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(sql)?;
    let rows = stmt.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every column of the list tables that refers to records of `target`.
fn each_reference(
    schema: &Schema,
    target: &Kind,
    mut work: impl FnMut(&Kind, &str) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for kind in schema.kinds() {
        for column in columns(kind).filter(|c| follows(c.field)) {
            if column.field.target.as_deref() == Some(target.key.as_str()) {
                work(kind, &column.name)?;
            }
        }
    }
    Ok(())
}
