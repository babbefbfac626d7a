//! The list tables: one per kind, made from the schema, filled from documents, rebuilt when the schema changes.

use std::fmt::Write as _;

use domain::ids::{RecordId, UserId};
use domain::projection::{self, Cell, Row, Storage};
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{OptionalExtension, ToSql, params};
use sha2::{Digest as _, Sha256};

use super::{Snapshot, StoreError, Tx, merged, search};

/// Raised when rows come to hold something else for the same schema.
const VERSION: u8 = 6 + domain::search::VERSION;
/// Columns that every list table has, before those of the schema.
const FIXED: [&str; 12] = [
    "n",
    "id",
    "number",
    "temp_number",
    "status",
    "conflicts",
    "title",
    "created_at",
    "created_by",
    "updated_at",
    "month_at",
    "text",
];

/// The list table of a kind, quoted.
pub(super) fn table(kind: &Kind) -> String {
    quoted(&format!("r_{}", kind.key))
}

/// A name of the schema as an SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn fingerprint(schema: &Schema) -> [u8; 17] {
    let mut out = [VERSION; 17];
    out[1..].copy_from_slice(schema.fingerprint());
    out
}

/// Whether the list tables are those of this schema.
///
/// # Errors
/// A failure of the database.
pub fn current(snap: &Snapshot<'_>, schema: &Schema) -> Result<bool, StoreError> {
    let found: Option<Vec<u8>> =
        snap.conn().query_row("SELECT v FROM meta WHERE k = 'projections'", [], |r| r.get(0)).optional()?;
    Ok(found.as_deref() == Some(&fingerprint(schema)[..]))
}

/// Makes empty list tables for this schema, and an empty search index; what was there is dropped.
///
/// # Errors
/// A failure of the database.
pub fn create(tx: &Tx<'_>, schema: &Schema) -> Result<(), StoreError> {
    let conn = tx.conn();
    let old: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'r_*'")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    for name in old {
        conn.execute_batch(&format!("DROP TABLE {}", quoted(&name)))?;
    }
    search::clear(tx)?;
    merged::create(tx)?;
    super::deadlines::create(tx)?;
    for kind in schema.kinds() {
        conn.execute_batch(&definition(kind))?;
    }
    stamp(tx, schema)
}

/// Notes that the list tables are as this schema makes them.
///
/// # Errors
/// A failure of the database.
pub fn stamp(tx: &Tx<'_>, schema: &Schema) -> Result<(), StoreError> {
    tx.conn().execute(
        "INSERT INTO meta (k, v) VALUES ('projections', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
        [&fingerprint(schema)[..]],
    )?;
    Ok(())
}

fn definition(kind: &Kind) -> String {
    let table = table(kind);
    let mut sql = format!(
        "CREATE TABLE {table} (
            n INTEGER PRIMARY KEY REFERENCES doc (n), id BLOB NOT NULL, number TEXT, temp_number TEXT,
            status TEXT NOT NULL, conflicts INTEGER NOT NULL, title TEXT NOT NULL, created_at INTEGER,
            created_by BLOB, updated_at INTEGER NOT NULL, month_at INTEGER, text BLOB NOT NULL"
    );
    for column in projection::columns(kind) {
        let storage = match column.storage {
            Storage::Text => "TEXT",
            Storage::Integer => "INTEGER",
            Storage::Real => "REAL",
            Storage::Id => "BLOB",
        };
        let _ = write!(sql, ", {} {storage}", quoted(&column.name));
    }
    sql.push_str(") STRICT;\n");
    let fixed = ["number", "temp_number", "status", "title", "created_at", "updated_at", "month_at"];
    let columns = fixed.iter().map(|c| (*c).to_owned()).chain(projection::columns(kind).map(|c| c.name));
    for column in columns {
        let index = quoted(&format!("r_{}_{column}", kind.key));
        let _ = writeln!(sql, "CREATE INDEX {index} ON {table} ({});", quoted(&column));
    }
    // Few records have conflicts, and those are looked for.
    let index = quoted(&format!("r_{}_conflicts", kind.key));
    let _ = writeln!(sql, "CREATE INDEX {index} ON {table} (conflicts) WHERE conflicts > 0;");
    sql
}

struct Bound<'a>(&'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Text(t) => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            Cell::Integer(i) => ToSqlOutput::Owned(Value::Integer(*i)),
            Cell::Real(r) => ToSqlOutput::Owned(Value::Real(*r)),
            Cell::Id(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id)),
        })
    }
}

/// Puts a record's row and its text for search. References to merged records are followed.
///
/// # Errors
/// A failure of the database.
pub fn put(tx: &Tx<'_>, kind: &Kind, doc: i64, row: &Row, updated_at: i64) -> Result<(), StoreError> {
    let table = table(kind);
    let text = &Sha256::digest(row.search.as_bytes())[..8];
    let held: Option<Vec<u8>> = tx
        .conn()
        .prepare_cached(&format!("SELECT text FROM {table} WHERE n = ?1"))?
        .query_row([doc], |r| r.get(0))
        .optional()?;
    if held.as_deref() != Some(text) {
        search::put(tx, doc, &row.search, held.is_none())?;
    }
    let columns: Vec<String> = projection::columns(kind).map(|c| c.name).collect();
    let names: Vec<String> =
        FIXED.iter().map(|c| (*c).to_owned()).chain(columns).map(|c| quoted(&c)).collect();
    let marks: Vec<String> = (1..=names.len()).map(|i| format!("?{i}")).collect();
    let sql = format!("INSERT OR REPLACE INTO {table} ({}) VALUES ({})", names.join(", "), marks.join(", "));
    let (created_at, created_by) = (row.created_at.map(|t| t.0), row.created_by.map(|u| *u.bytes()));
    let followed = merged::followed(tx, kind, &row.cells)?;
    let cells: Vec<Bound<'_>> = followed.iter().map(Bound).collect();
    let mut values: Vec<&dyn ToSql> = vec![
        &doc,
        row.id.bytes(),
        &row.number,
        &row.temp_number,
        &row.status,
        &row.conflicts,
        &row.title,
        &created_at,
        &created_by,
        &updated_at,
        &row.month_at,
        &text,
    ];
    values.extend(cells.iter().map(|c| c as &dyn ToSql));
    tx.conn().prepare_cached(&sql)?.execute(&values[..])?;
    merged::remember(tx, kind, doc, &row.cells, &followed)
}

/// A row as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The record's number inside this database.
    pub n: i64,
    /// The row; without its text for search.
    pub row: Row,
    /// When the server last took a change of the record, in ms.
    pub updated_at: i64,
}

/// The columns to select for [`read`], in its order.
pub(super) fn selected(kind: &Kind) -> String {
    let columns = projection::columns(kind).map(|c| c.name);
    let names: Vec<String> = FIXED
        .iter()
        .filter(|c| **c != "text")
        .map(|c| (*c).to_owned())
        .chain(columns)
        .map(|c| quoted(&c))
        .collect();
    names.join(", ")
}

/// Reads what [`selected`] selects.
pub(super) fn read(kind: &Kind, r: &rusqlite::Row<'_>) -> rusqlite::Result<Listed> {
    let mut cells = Vec::new();
    for (i, column) in projection::columns(kind).enumerate() {
        cells.push(cell(column.storage, r.get_ref(FIXED.len() - 1 + i)?));
    }
    let row = Row {
        id: RecordId(uuid::Uuid::from_bytes(r.get(1)?)),
        number: r.get(2)?,
        temp_number: r.get(3)?,
        status: r.get(4)?,
        conflicts: r.get(5)?,
        title: r.get(6)?,
        created_at: r.get::<_, Option<i64>>(7)?.map(Timestamp),
        created_by: r.get::<_, Option<[u8; 16]>>(8)?.map(|b| UserId(uuid::Uuid::from_bytes(b))),
        month_at: r.get(10)?,
        cells,
        search: String::new(),
    };
    Ok(Listed { n: r.get(0)?, updated_at: r.get(9)?, row })
}

fn cell(storage: Storage, value: ValueRef<'_>) -> Cell {
    match (storage, value) {
        (Storage::Text, ValueRef::Text(t)) => Cell::Text(String::from_utf8_lossy(t).into_owned()),
        (Storage::Integer, ValueRef::Integer(i)) => Cell::Integer(i),
        (Storage::Real, ValueRef::Real(r)) => Cell::Real(r),
        (Storage::Id, ValueRef::Blob(b)) => b.try_into().map_or(Cell::Null, Cell::Id),
        _ => Cell::Null,
    }
}

/// The row of one record.
///
/// # Errors
/// A failure of the database.
pub fn get(snap: &Snapshot<'_>, kind: &Kind, doc: i64) -> Result<Option<Listed>, StoreError> {
    let sql = format!("SELECT {} FROM {} WHERE n = ?1", selected(kind), table(kind));
    Ok(snap.conn().prepare_cached(&sql)?.query_row([doc], |r| read(kind, r)).optional()?)
}

/// What a record is called: number and title of its row.
///
/// # Errors
/// A failure of the database.
pub fn name(
    snap: &Snapshot<'_>,
    kind: &Kind,
    doc: i64,
) -> Result<Option<(Option<String>, String)>, StoreError> {
    let sql = format!("SELECT coalesce(number, temp_number), title FROM {} WHERE n = ?1", table(kind));
    Ok(snap.conn().prepare_cached(&sql)?.query_row([doc], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}

/// What the records of a kind are called: number, temporary number, and each text of the title that is a column.
///
/// # Errors
/// A failure of the database.
pub fn names(snap: &Snapshot<'_>, kind: &Kind) -> Result<Vec<(uuid::Uuid, Vec<String>)>, StoreError> {
    let titles = projection::columns(kind)
        .filter(|c| c.storage == Storage::Text && kind.title.contains(&c.field.key))
        .map(|c| quoted(&c.name));
    let fixed = ["number", "temp_number"].into_iter().map(str::to_owned);
    let columns: Vec<String> = fixed.chain(titles).collect();
    let sql = format!("SELECT id, {} FROM {}", columns.join(", "), table(kind));
    let mut statement = snap.conn().prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let id: [u8; 16] = row.get(0)?;
        let texts = (1..=columns.len()).map(|i| row.get::<_, Option<String>>(i));
        let texts = texts.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        out.push((uuid::Uuid::from_bytes(id), texts));
    }
    Ok(out)
}

/// Records of a kind that have no row: documents that could not be read when rows were made.
///
/// # Errors
/// A failure of the database.
pub fn unlisted(snap: &Snapshot<'_>, kind: &Kind) -> Result<Vec<RecordId>, StoreError> {
    let table = table(kind);
    let sql = format!("SELECT id FROM doc WHERE kind = ?1 AND n NOT IN (SELECT n FROM {table}) ORDER BY n");
    let mut stmt = snap.conn().prepare(&sql)?;
    let rows = stmt.query_map([&kind.key], |r| Ok(RecordId(uuid::Uuid::from_bytes(r.get(0)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes which record a companion document belongs to.
///
/// # Errors
/// A failure of the database.
pub fn accompany(tx: &Tx<'_>, companion: RecordId, main: i64) -> Result<(), StoreError> {
    let mut stmt = tx
        .conn()
        .prepare_cached("INSERT INTO companion (id, main) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    stmt.execute(params![companion.bytes(), main])?;
    Ok(())
}

/// The record that a companion document belongs to: number inside this database, and id.
///
/// # Errors
/// A failure of the database.
pub fn main_of(snap: &Snapshot<'_>, companion: RecordId) -> Result<Option<(i64, RecordId)>, StoreError> {
    let mut stmt = snap
        .conn()
        .prepare_cached("SELECT d.n, d.id FROM companion c JOIN doc d ON d.n = c.main WHERE c.id = ?1")?;
    let found =
        stmt.query_row([companion.bytes()], |r| Ok((r.get(0)?, r.get::<_, [u8; 16]>(1)?))).optional()?;
    Ok(found.map(|(n, id)| (n, RecordId(uuid::Uuid::from_bytes(id)))))
}
