//! Lists: any filter and any sort over the list tables, a page at a time.

use std::borrow::Cow;
use std::fmt::Write as _;

use domain::authz::Scope;
use domain::ids::RecordId;
use domain::projection::Cell;
use domain::schema::{Kind, Visibility};
use rusqlite::types::Value;

use super::projections::{Listed, quoted, read, selected, table};
use super::{Snapshot, StoreError, merged, scopes};

/// A column to filter or sort by; only names that the store gave or the schema has get into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column(String);

impl Column {
    /// One of the columns that every list has.
    #[must_use]
    pub fn fixed(name: &str) -> Option<Self> {
        let known = [
            "number",
            "temp_number",
            "status",
            "conflicts",
            "title",
            "created_at",
            "created_by",
            "updated_at",
            "month_at",
        ];
        known.contains(&name).then(|| Self(quoted(name)))
    }

    /// The column in which a record says what it was merged into.
    fn said_merged() -> Self {
        Self(quoted(&format!("f_{}", domain::merge::FIELD)))
    }

    /// The column of an indexed field.
    #[must_use]
    pub fn field(kind: &Kind, key: &str) -> Option<Self> {
        kind.field(key).filter(|f| f.index).map(|f| Self(quoted(&format!("f_{}", f.key))))
    }
}

/// One condition; conditions are ANDed.
#[derive(Clone, Debug)]
pub enum Condition {
    /// One of these values; `Null` is "empty".
    In(Column, Vec<Cell>),
    /// From the first inclusive to the second exclusive.
    Range(Column, Option<Cell>, Option<Cell>),
    /// One of these codes is among the column's codes.
    Has(Column, Vec<String>),
    /// At least this number.
    AtLeast(Column, i64),
    /// Full text, as `domain::search::query` wrote it.
    Text(String),
}

/// Where a page starts: after the row with this sort value and number.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// The sort column's value.
    pub value: Cell,
    /// The row's number.
    pub n: i64,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The kind.
    pub kind: &'a Kind,
    /// The reader's scopes.
    pub scopes: &'a [Scope],
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// Sort column.
    pub sort: Column,
    /// Descending.
    pub descending: bool,
    /// Where to start.
    pub after: Option<After>,
    /// Most rows.
    pub limit: usize,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<Listed>,
    /// How many rows meet the conditions altogether.
    pub total: u64,
    /// Where the next page starts.
    pub next: Option<After>,
}

/// A condition in SQL with its values.
struct Clause {
    sql: String,
    values: Vec<Value>,
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(t) => Value::Text(t.clone()),
        Cell::Integer(i) => Value::Integer(*i),
        Cell::Real(r) => Value::Real(*r),
        Cell::Id(id) => Value::Blob(id.to_vec()),
    }
}

/// Who sees which rows of a kind, as a condition on them. The office sees every document of a kind that has the
/// office's scope, and everyone those that have everyone's: no row needs to be looked at for that. Of other kinds a
/// person sees what is in the person's own scope, and only that is read.
fn visible(snap: &Snapshot<'_>, kind: &Kind, mine: &[Scope]) -> Result<Clause, StoreError> {
    let all = match kind.visibility {
        Visibility::Everyone => mine.contains(&Scope::Everyone),
        Visibility::Office | Visibility::Assigned => mine.contains(&Scope::Office),
    };
    if all {
        return Ok(Clause { sql: "1".to_owned(), values: Vec::new() });
    }
    let own: Vec<Scope> = mine.iter().filter(|s| matches!(s, Scope::User(_))).copied().collect();
    let numbers = scopes::numbers(snap, &own)?;
    if numbers.is_empty() {
        return Ok(Clause { sql: "0".to_owned(), values: Vec::new() });
    }
    let marks = vec!["?"; numbers.len()].join(", ");
    Ok(Clause {
        sql: format!("n IN (SELECT doc FROM doc_scope WHERE scope IN ({marks}) AND NOT gone)"),
        values: numbers.into_iter().map(Value::Integer).collect(),
    })
}

/// A condition on references, asked of what they come to: rows hold that, whichever record people name.
fn followed<'a>(snap: &Snapshot<'_>, condition: &'a Condition) -> Result<Cow<'a, Condition>, StoreError> {
    let Condition::In(column, cells) = condition else { return Ok(Cow::Borrowed(condition)) };
    if !cells.iter().any(|c| matches!(c, Cell::Id(_))) || *column == Column::said_merged() {
        return Ok(Cow::Borrowed(condition));
    }
    let cells = cells.iter().map(|c| merged::followed_cell(snap, c)).collect::<Result<_, _>>()?;
    Ok(Cow::Owned(Condition::In(column.clone(), cells)))
}

fn clause(condition: &Condition) -> Clause {
    match condition {
        Condition::In(column, cells) => {
            let values: Vec<Value> = cells.iter().filter(|c| **c != Cell::Null).map(value).collect();
            let mut parts = Vec::new();
            if !values.is_empty() {
                parts.push(format!("{} IN ({})", column.0, vec!["?"; values.len()].join(", ")));
            }
            if values.len() < cells.len() {
                parts.push(format!("{0} IS NULL OR {0} = ''", column.0));
            }
            let sql = if parts.is_empty() { "0".to_owned() } else { format!("({})", parts.join(" OR ")) };
            Clause { sql, values }
        }
        Condition::Range(column, from, to) => {
            let mut sql = format!("{} IS NOT NULL", column.0);
            let mut values = Vec::new();
            for (operator, bound) in [(">=", from), ("<", to)] {
                if let Some(bound) = bound {
                    let _ = write!(sql, " AND {} {operator} ?", column.0);
                    values.push(value(bound));
                }
            }
            Clause { sql: format!("({sql})"), values }
        }
        Condition::Has(column, codes) => {
            let one = format!("instr(',' || {} || ',', ',' || ? || ',') > 0", column.0);
            let sql = format!("({})", vec![one; codes.len()].join(" OR "));
            Clause { sql, values: codes.iter().cloned().map(Value::Text).collect() }
        }
        Condition::AtLeast(column, n) => {
            Clause { sql: format!("{} >= ?", column.0), values: vec![Value::Integer(*n)] }
        }
        Condition::Text(text) => Clause {
            sql: "n IN (SELECT rowid FROM search WHERE search MATCH ?)".to_owned(),
            values: vec![Value::Text(text.clone())],
        },
    }
}

/// All conditions in one, with their values; first of all that the reader sees the row.
fn conditions(snap: &Snapshot<'_>, query: &Query<'_>) -> Result<(String, Vec<Value>), StoreError> {
    let mut clauses = vec![visible(snap, query.kind, query.scopes)?];
    for condition in &query.conditions {
        let condition = followed(snap, condition)?;
        clauses.push(clause(&condition));
    }
    let condition: Vec<String> = clauses.iter().map(|c| c.sql.clone()).collect();
    Ok((condition.join(" AND "), clauses.into_iter().flat_map(|c| c.values).collect()))
}

fn counted(
    snap: &Snapshot<'_>,
    query: &Query<'_>,
    condition: &str,
    values: &[Value],
) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM {} WHERE {condition}", table(query.kind));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    Ok(stmt.query_row(rusqlite::params_from_iter(values), |r| r.get(0))?)
}

/// Runs a query.
///
/// # Errors
/// A failure of the database.
pub fn page(snap: &Snapshot<'_>, query: &Query<'_>) -> Result<Page, StoreError> {
    let (condition, values) = conditions(snap, query)?;
    let total = counted(snap, query, &condition, &values)?;
    let mut rows: Vec<Listed> = Vec::new();
    for part in parts(query) {
        let missing = query.limit + 1 - rows.len();
        if missing == 0 {
            break;
        }
        rows.extend(stretch(snap, query, &condition, &values, &part, missing)?);
    }
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = match rows.last() {
        Some(last) if more => Some(After { value: sort_value(snap, query, last.n)?, n: last.n }),
        _ => None,
    };
    Ok(Page { rows, total, next })
}

/// Rows with a sort value, or without: SQL compares nothing with NULL, so each is a query of its own.
enum Part {
    Filled(Option<After>),
    Empty(Option<i64>),
}

/// What is left of the list, in order. Rows without a value come first when ascending, last when descending.
fn parts(query: &Query<'_>) -> Vec<Part> {
    match (&query.after, query.descending) {
        (None, false) => vec![Part::Empty(None), Part::Filled(None)],
        (None, true) => vec![Part::Filled(None), Part::Empty(None)],
        (Some(a), false) if a.value == Cell::Null => vec![Part::Empty(Some(a.n)), Part::Filled(None)],
        (Some(a), false) => vec![Part::Filled(Some(a.clone()))],
        (Some(a), true) if a.value == Cell::Null => vec![Part::Empty(Some(a.n))],
        (Some(a), true) => vec![Part::Filled(Some(a.clone())), Part::Empty(None)],
    }
}

fn stretch(
    snap: &Snapshot<'_>,
    query: &Query<'_>,
    condition: &str,
    values: &[Value],
    part: &Part,
    limit: usize,
) -> Result<Vec<Listed>, StoreError> {
    let column = &query.sort.0;
    let (order, beyond) = if query.descending { ("DESC", "<") } else { ("ASC", ">") };
    let mut sql = format!("SELECT {} FROM {} WHERE {condition}", selected(query.kind), table(query.kind));
    let mut values = values.to_vec();
    match part {
        Part::Filled(after) => {
            let _ = write!(sql, " AND {column} IS NOT NULL");
            if let Some(after) = after {
                let _ = write!(sql, " AND {column} {beyond}= ? AND ({column} {beyond} ? OR n {beyond} ?)");
                values.extend([value(&after.value), value(&after.value), Value::Integer(after.n)]);
            }
            let _ = write!(sql, " ORDER BY {column} {order}, n {order}");
        }
        Part::Empty(after) => {
            let _ = write!(sql, " AND {column} IS NULL");
            if let Some(after) = after {
                let _ = write!(sql, " AND n {beyond} ?");
                values.push(Value::Integer(*after));
            }
            let _ = write!(sql, " ORDER BY n {order}");
        }
    }
    sql.push_str(" LIMIT ?");
    values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map(rusqlite::params_from_iter(&values), |r| read(query.kind, r))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn sort_value(snap: &Snapshot<'_>, query: &Query<'_>, n: i64) -> Result<Cell, StoreError> {
    let sql = format!("SELECT {} FROM {} WHERE n = ?1", query.sort.0, table(query.kind));
    let value: Value = snap.conn().prepare_cached(&sql)?.query_row([n], |r| r.get(0))?;
    Ok(plain(value))
}

/// How many rows meet the conditions.
///
/// # Errors
/// A failure of the database.
pub fn count(snap: &Snapshot<'_>, query: &Query<'_>) -> Result<u64, StoreError> {
    let (condition, values) = conditions(snap, query)?;
    counted(snap, query, &condition, &values)
}

/// Some columns of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// The row's number.
    pub n: i64,
    /// The record.
    pub id: RecordId,
    /// The columns that were asked for, in that order.
    pub cells: Vec<Cell>,
}

/// Some columns of every row that meets the conditions, newest first; at most `query.limit`. Sort order and start of
/// the query are of no concern.
///
/// # Errors
/// A failure of the database.
pub fn chosen(snap: &Snapshot<'_>, query: &Query<'_>, columns: &[Column]) -> Result<Vec<Chosen>, StoreError> {
    let (condition, mut values) = conditions(snap, query)?;
    values.push(Value::Integer(i64::try_from(query.limit).unwrap_or(i64::MAX)));
    let names: String = columns.iter().map(|c| format!(", {}", c.0)).collect();
    let sql =
        format!("SELECT n, id{names} FROM {} WHERE {condition} ORDER BY n DESC LIMIT ?", table(query.kind));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map(rusqlite::params_from_iter(&values), |r| {
        let mut cells = Vec::with_capacity(columns.len());
        for i in 0..columns.len() {
            cells.push(plain(r.get(i + 2)?));
        }
        Ok(Chosen { n: r.get(0)?, id: RecordId(uuid::Uuid::from_bytes(r.get(1)?)), cells })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn plain(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Integer(i) => Cell::Integer(i),
        Value::Real(r) => Cell::Real(r),
        Value::Text(t) => Cell::Text(t),
        Value::Blob(b) => b.as_slice().try_into().map_or(Cell::Null, Cell::Id),
    }
}
