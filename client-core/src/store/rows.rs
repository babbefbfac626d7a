//! List rows: one table per kind, made from the schema, so that no list ever loads a document. They are
//! rebuilt from documents when the schema has changed.

use std::collections::BTreeMap;

use domain::derive;
use domain::document::{Linked, Record, RecordView};
use domain::ids::{RecordId, UserId};
use domain::merge;
use domain::projection::{Cell, Row, Storage, columns, row};
use domain::schema::{Kind, Schema};
use domain::search;
use domain::time::Timestamp;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

use super::{Tx, deadlines, documents, meta};
use crate::error::Error;

const FIXED: [&str; 10] = [
    "id",
    "number",
    "temp_number",
    "status",
    "conflicts",
    "title",
    "created_at",
    "created_by",
    "month_at",
    "companion",
];

pub(super) fn table(kind: &Kind) -> String {
    format!("\"rows_{}\"", kind.key)
}
fn text(kind: &Kind) -> String {
    format!("\"text_{}\"", kind.key)
}

/// Whether the list tables were made from another schema.
pub(super) fn stale(db: &Connection, schema: &Schema) -> Result<bool, Error> {
    let made: Option<Vec<u8>> = meta::get(db, meta::SCHEMA)?;
    Ok(made != Some(made_of(schema)))
}

/// Raised when rows come to hold something else for the same schema.
const VERSION: u8 = 4;

/// What the list tables are made of: the schema, how texts are split for search, and what rows hold.
fn made_of(schema: &Schema) -> Vec<u8> {
    schema.fingerprint().iter().copied().chain([search::VERSION, VERSION]).collect()
}

/// Makes the list tables anew and fills them from documents.
pub(super) fn rebuild(tx: &mut Tx<'_>) -> Result<(), Error> {
    let old: Vec<String> = {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'
                   AND (name GLOB 'rows_*' OR (name GLOB 'text_*' AND sql LIKE 'CREATE VIRTUAL%'))";
        let mut query = tx.db.prepare(sql)?;
        let names = query.query_map([], |r| r.get(0))?;
        names.collect::<Result<_, _>>()?
    };
    for name in old {
        tx.db.execute_batch(&format!("DROP TABLE \"{name}\""))?;
    }
    for kind in tx.schema.kinds() {
        create(&tx.db, kind)?;
    }
    for id in documents::visible(&tx.db)? {
        // A document that cannot be read is fetched again by the next sync; it must not keep the others
        // from being listed.
        match documents::current(&tx.db, id) {
            Ok(Some(record)) => put(tx, &record)?,
            Ok(None) => {}
            Err(Error::RecordDamaged(_)) => {
                tx.db.execute("UPDATE doc SET want = 1 WHERE id = ?1", [id.bytes()])?;
            }
            Err(e) => return Err(e),
        }
    }
    stamp(tx)
}

/// Notes that the list tables are as the schema makes them.
pub(super) fn stamp(tx: &mut Tx<'_>) -> Result<(), Error> {
    meta::set(&tx.db, meta::SCHEMA, made_of(tx.schema))
}

fn create(db: &Connection, kind: &Kind) -> Result<(), Error> {
    let (table, text) = (table(kind), text(kind));
    let mut sql = format!(
        "CREATE TABLE {table} (rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, number TEXT, temp_number TEXT,
         status TEXT NOT NULL, conflicts INTEGER NOT NULL, title TEXT NOT NULL, created_at INTEGER,
         created_by BLOB, month_at INTEGER, companion BLOB, facts TEXT"
    );
    for column in columns(kind) {
        let storage = match column.storage {
            Storage::Text => "TEXT",
            Storage::Integer => "INTEGER",
            Storage::Real => "REAL",
            Storage::Id => "BLOB",
        };
        sql.push_str(&format!(", \"{}\" {storage}", column.name));
    }
    let key = &kind.key;
    sql.push_str(&format!(
        ") STRICT;
         CREATE INDEX \"rows_{key}_number\" ON {table}(number);
         CREATE INDEX \"rows_{key}_temp\" ON {table}(temp_number);
         CREATE INDEX \"rows_{key}_created\" ON {table}(created_at, id);
         CREATE INDEX \"rows_{key}_companion\" ON {table}(companion);
         CREATE VIRTUAL TABLE {text} USING fts5(words, tokenize = 'unicode61');"
    ));
    db.execute_batch(&sql)?;
    Ok(())
}

/// The records with a status that refer to `id`, a record of `kind`, as far as this device has them.
pub(super) fn linked(
    db: &Connection,
    schema: &Schema,
    kind: &Kind,
    id: RecordId,
) -> Result<Vec<Linked>, Error> {
    let mut found = Vec::new();
    for other in schema.kinds().filter(|k| k.lifecycle.is_some()) {
        for column in columns(other).filter(|c| c.field.target.as_ref() == Some(&kind.key)) {
            let sql = format!("SELECT status FROM {} WHERE \"{}\" = ?1", table(other), column.name);
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map([id.bytes()], |r| r.get::<_, String>(0))?;
            for status in rows {
                found.push(Linked { kind: other.key.clone(), status: status? });
            }
        }
    }
    Ok(found)
}

fn sql(cell: &Cell) -> Sql {
    match cell {
        Cell::Null => Sql::Null,
        Cell::Text(t) => Sql::Text(t.clone()),
        Cell::Integer(i) => Sql::Integer(*i),
        Cell::Real(r) => Sql::Real(*r),
        Cell::Id(id) => Sql::Blob(id.to_vec()),
    }
}

/// Writes a record's row. A kind that this version does not know has no list.
pub(crate) fn put(tx: &Tx<'_>, record: &Record) -> Result<(), Error> {
    let Some(kind) = tx.schema.kind(record.kind()) else { return Ok(()) };
    let mut view = record.view(kind);
    if view.created().is_none() {
        // Nothing but a genesis: not a record yet.
        return remove(&tx.db, kind, record.id());
    }
    derive::fill(tx.schema, kind, &mut view);
    put_view(tx, kind, &view)
}

fn put_view(tx: &Tx<'_>, kind: &Kind, view: &RecordView) -> Result<(), Error> {
    let row = row(tx.schema, kind, view);
    let optional = |t: &Option<String>| t.clone().map_or(Sql::Null, Sql::Text);
    let number = |n: Option<i64>| n.map_or(Sql::Null, Sql::Integer);
    let companion = kind.companion.as_deref().map(|c| row.id.companion(c).bytes().to_vec());
    let mut values = vec![
        Sql::Blob(row.id.bytes().to_vec()),
        optional(&row.number),
        optional(&row.temp_number),
        Sql::Text(row.status.clone()),
        Sql::Integer(i64::from(row.conflicts)),
        Sql::Text(row.title.clone()),
        number(row.created_at.map(|t| t.0)),
        row.created_by.map_or(Sql::Null, |u| Sql::Blob(u.bytes().to_vec())),
        number(row.month_at),
        companion.map_or(Sql::Null, Sql::Blob),
        deadlines::facts(tx.schema, kind, view).map_or(Sql::Null, Sql::Text),
    ];
    values.extend(row.cells.iter().map(sql));
    let names: Vec<String> = FIXED
        .iter()
        .chain(&["facts"])
        .map(|f| (*f).to_owned())
        .chain(columns(kind).map(|c| format!("\"{}\"", c.name)))
        .collect();
    let updates: Vec<String> = names.iter().skip(1).map(|n| format!("{n} = excluded.{n}")).collect();
    let marks = vec!["?"; names.len()].join(",");
    let insert = format!(
        "INSERT INTO {}({}) VALUES ({marks}) ON CONFLICT(id) DO UPDATE SET {} RETURNING rid",
        table(kind),
        names.join(","),
        updates.join(",")
    );
    let rid: i64 = tx.db.prepare_cached(&insert)?.query_row(params_from_iter(values), |r| r.get(0))?;
    let text = text(kind);
    tx.db.prepare_cached(&format!("DELETE FROM {text} WHERE rowid = ?1"))?.execute([rid])?;
    let insert = format!("INSERT INTO {text}(rowid, words) VALUES (?1, ?2)");
    tx.db.prepare_cached(&insert)?.execute(rusqlite::params![rid, row.search])?;
    Ok(())
}

/// Removes a record's row.
pub(crate) fn remove(db: &Connection, kind: &Kind, id: RecordId) -> Result<(), Error> {
    let rid: Option<i64> = db
        .prepare_cached(&format!("DELETE FROM {} WHERE id = ?1 RETURNING rid", table(kind)))?
        .query_row([id.bytes()], |r| r.get(0))
        .optional()?;
    if let Some(rid) = rid {
        db.prepare_cached(&format!("DELETE FROM {} WHERE rowid = ?1", text(kind)))?.execute([rid])?;
    }
    Ok(())
}

/// Removes every row.
pub(crate) fn clear(tx: &Tx<'_>) -> Result<(), Error> {
    for kind in tx.schema.kinds() {
        tx.db.execute_batch(&format!("DELETE FROM {}; DELETE FROM {};", table(kind), text(kind)))?;
    }
    Ok(())
}

/// What a list asks for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Statuses; empty for all.
    pub status: Vec<String>,
    /// Words to find.
    pub text: String,
    /// Most rows; 0 for no bound.
    pub limit: usize,
    /// Rows to pass over.
    pub offset: usize,
}

/// A row of a list, with what is unsent about it.
pub(crate) struct Listed {
    pub(crate) row: Row,
    /// Cells of the companion document, in the order of its columns; empty if it is not here.
    pub(crate) companion: Vec<Cell>,
    /// Fields of the companion with several values to choose from; 0 where it is not asked for.
    pub(crate) companion_conflicts: u64,
    pub(crate) unsent: u64,
    pub(crate) refused: u64,
}

/// Rows of a kind, newest first.
pub(crate) fn list(
    db: &Connection,
    kind: &Kind,
    companion: Option<&Kind>,
    query: &Query,
) -> Result<Vec<Listed>, Error> {
    let mut sql = select(kind, companion);
    let mut conditions = Vec::new();
    let mut values: Vec<Sql> = Vec::new();
    if !query.status.is_empty() {
        conditions.push(format!("r.status IN ({})", vec!["?"; query.status.len()].join(",")));
        values.extend(query.status.iter().cloned().map(Sql::Text));
    }
    if !query.text.trim().is_empty() {
        // What holds nothing to look for finds nothing.
        let Some(words) = search::query(&query.text) else { return Ok(Vec::new()) };
        let text = text(kind);
        conditions.push(format!("r.rid IN (SELECT rowid FROM {text} WHERE {text} MATCH ?)"));
        values.push(Sql::Text(words));
    }
    if !conditions.is_empty() {
        sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
    }
    sql.push_str(" ORDER BY r.created_at DESC, r.id DESC LIMIT ? OFFSET ?");
    let limit = if query.limit == 0 { -1 } else { i64::try_from(query.limit).unwrap_or(-1) };
    values.push(Sql::Integer(limit));
    values.push(Sql::Integer(i64::try_from(query.offset).unwrap_or(i64::MAX)));
    read(db, kind, companion, &sql, values)
}

/// Rows of a kind that go by a number or have a text in them, or in their companion, numbers first, then the
/// newest; with the numbers that begin as what was typed marked.
pub(crate) fn search(
    db: &Connection,
    kind: &Kind,
    companion: Option<&Kind>,
    typed: &str,
    most: usize,
) -> Result<Vec<(bool, Listed)>, Error> {
    let Some(query) = search::query(typed) else { return Ok(Vec::new()) };
    let text_ = text(kind);
    // Numbers are written in capitals.
    let number = search::folded(typed).to_uppercase();
    let mut conditions = vec![
        "r.number >= ? AND r.number < ?".to_owned(),
        "r.temp_number >= ? AND r.temp_number < ?".to_owned(),
        format!("r.rid IN (SELECT rowid FROM {text_} WHERE {text_} MATCH ?)"),
    ];
    let end = format!("{number}\u{10FFFF}");
    let mut values = vec![number.clone(), end.clone(), number.clone(), end, query.clone()];
    if let Some(other) = companion {
        let text_ = text(other);
        conditions.push(format!("c.rid IN (SELECT rowid FROM {text_} WHERE {text_} MATCH ?)"));
        values.push(query);
    }
    let sql = format!(
        "{} WHERE ({}) ORDER BY (r.number = ? OR r.temp_number = ?) IS TRUE DESC, r.created_at DESC, r.id DESC LIMIT ?",
        select(kind, companion),
        conditions.join(") OR (")
    );
    values.extend([number.clone(), number.clone()]);
    let mut values: Vec<Sql> = values.into_iter().map(Sql::Text).collect();
    values.push(Sql::Integer(i64::try_from(most).unwrap_or(i64::MAX)));
    let found = read(db, kind, companion, &sql, values)?.into_iter().map(|listed| {
        let begins = |n: &Option<String>| n.as_ref().is_some_and(|n| n.starts_with(&number));
        (begins(&listed.row.number) || begins(&listed.row.temp_number), listed)
    });
    Ok(found.collect())
}

/// What each record of a kind says that it was merged into.
pub(crate) fn merged(db: &Connection, kind: &Kind) -> Result<BTreeMap<uuid::Uuid, uuid::Uuid>, Error> {
    let column = format!("\"f_{}\"", merge::FIELD);
    let sql = format!("SELECT id, {column} FROM {} WHERE {column} IS NOT NULL", table(kind));
    let mut query = db.prepare_cached(&sql)?;
    let id = |bytes: [u8; 16]| uuid::Uuid::from_bytes(bytes);
    let rows = query.query_map([], |r| Ok((id(r.get(0)?), id(r.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The row of one record.
pub(crate) fn one(db: &Connection, kind: &Kind, id: RecordId) -> Result<Option<Listed>, Error> {
    let sql = format!("{} WHERE r.id = ?", select(kind, None));
    Ok(read(db, kind, None, &sql, vec![Sql::Blob(id.bytes().to_vec())])?.pop())
}

fn select(kind: &Kind, companion: Option<&Kind>) -> String {
    let mut names: Vec<String> = FIXED.iter().map(|f| format!("r.{f}")).collect();
    names.extend(columns(kind).map(|c| format!("r.\"{}\"", c.name)));
    names.push(
        "(SELECT count(*) FROM pending p WHERE p.doc IN (r.id, r.companion) AND p.state <> 'acked')"
            .to_owned(),
    );
    names.push("(SELECT count(*) FROM refused x WHERE x.doc IN (r.id, r.companion))".to_owned());
    let mut from = format!("{} r", table(kind));
    if let Some(other) = companion {
        names.extend(["c.rid".to_owned(), "c.conflicts".to_owned()]);
        names.extend(columns(other).map(|c| format!("c.\"{}\"", c.name)));
        from.push_str(&format!(" LEFT JOIN {} c ON c.id = r.companion", table(other)));
    }
    format!("SELECT {} FROM {from}", names.join(","))
}

fn read(
    db: &Connection,
    kind: &Kind,
    companion: Option<&Kind>,
    sql: &str,
    values: Vec<Sql>,
) -> Result<Vec<Listed>, Error> {
    let width = columns(kind).count();
    let others = companion.map_or(0, |k| columns(k).count());
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map(params_from_iter(values), |r| {
        let at = FIXED.len();
        let cells = (at..at + width).map(|i| r.get_ref(i).map(cell)).collect::<Result<_, _>>()?;
        let after = at + width;
        let present = others > 0 && !matches!(r.get_ref(after + 2)?, ValueRef::Null);
        let beside = if present { after + 4..after + 4 + others } else { 0..0 };
        let their_conflicts = if present { r.get::<_, i64>(after + 3)?.unsigned_abs() } else { 0 };
        Ok(Listed {
            row: Row {
                id: RecordId(uuid::Uuid::from_bytes(r.get(0)?)),
                number: r.get(1)?,
                temp_number: r.get(2)?,
                status: r.get(3)?,
                conflicts: r.get(4)?,
                title: r.get(5)?,
                created_at: r.get::<_, Option<i64>>(6)?.map(Timestamp),
                created_by: r.get::<_, Option<[u8; 16]>>(7)?.and_then(|b| UserId::from_slice(&b)),
                month_at: r.get(8)?,
                cells,
                search: String::new(),
            },
            companion: beside.map(|i| r.get_ref(i).map(cell)).collect::<Result<_, _>>()?,
            companion_conflicts: their_conflicts,
            unsent: r.get::<_, i64>(after)?.unsigned_abs(),
            refused: r.get::<_, i64>(after + 1)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(i) => Cell::Integer(i),
        ValueRef::Real(r) => Cell::Real(r),
        ValueRef::Text(t) => Cell::Text(String::from_utf8_lossy(t).into_owned()),
        ValueRef::Blob(b) => b.try_into().map_or(Cell::Null, Cell::Id),
    }
}

/// Records of a kind that go by this number, temporary number, or (if `titles`) exact title.
pub(crate) fn called(db: &Connection, kind: &Kind, name: &str, titles: bool) -> Result<Vec<RecordId>, Error> {
    let by_title = if titles { " OR title = ?1" } else { "" };
    let sql =
        format!("SELECT id FROM {} WHERE number = ?1 OR temp_number = ?1{by_title} LIMIT 2", table(kind));
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map([name], |r| Ok(RecordId(uuid::Uuid::from_bytes(r.get(0)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The record that a companion document accompanies.
pub(crate) fn main_of(db: &Connection, kind: &Kind, companion: RecordId) -> Result<Option<RecordId>, Error> {
    let sql = format!("SELECT id FROM {} WHERE companion = ?1", table(kind));
    let mut query = db.prepare_cached(&sql)?;
    let id: Option<[u8; 16]> = query.query_row([companion.bytes()], |r| r.get(0)).optional()?;
    Ok(id.map(|b| RecordId(uuid::Uuid::from_bytes(b))))
}
