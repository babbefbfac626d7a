//! A record as a row of a list, and as text to search.
//!
//! Columns come from the schema's `index` fields; nothing names a field here. Both the server's tables
//! and the phone's are made from [`columns`] and filled by [`row`], and both can be rebuilt from
//! documents at any time.

use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value as Json, json};

use crate::derive;
use crate::document::RecordView;
use crate::ids::{RecordId, UserId};
use crate::keys::survey;
use crate::schema::{Field, FieldType, Kind, Schema};
use crate::search;
use crate::time::Timestamp;
use crate::value::Value;

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Text.
    Text,
    /// A 64-bit whole number: counts, instants (ms), yes/no.
    Integer,
    /// A floating number, for sorting and ranges only; the exact decimal is in the document.
    Real,
    /// 16 bytes of an id.
    Id,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A floating number.
    Real(f64),
    /// 16 bytes.
    Id([u8; 16]),
}

/// A column made from an indexed field.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// Column name: `f_` and the field's key.
    pub name: String,
    /// How it is stored.
    pub storage: Storage,
    /// The field.
    pub field: &'a Field,
}

/// The columns of a kind's list table, besides the fixed ones of [`Row`].
pub fn columns(kind: &Kind) -> impl Iterator<Item = Column<'_>> {
    kind.indexed().map(|field| Column {
        name: format!("f_{}", field.key),
        storage: storage(field.kind),
        field,
    })
}

/// How values of a type are stored in a column.
#[must_use]
pub const fn storage(kind: FieldType) -> Storage {
    match kind {
        FieldType::Int | FieldType::Bool | FieldType::Datetime => Storage::Integer,
        FieldType::Decimal | FieldType::Percent | FieldType::Money => Storage::Real,
        FieldType::Ref => Storage::Id,
        _ => Storage::Text,
    }
}

/// A row of a kind's list table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The record.
    pub id: RecordId,
    /// The official number, once given.
    pub number: Option<String>,
    /// The temporary number that a device showed; stays findable.
    pub temp_number: Option<String>,
    /// The status; empty for kinds without one.
    pub status: String,
    /// How many conflicts people should look at.
    pub conflicts: u32,
    /// What the list shows as the record's name.
    pub title: String,
    /// When it was made, as its author says.
    pub created_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// The value of the kind's month field, in ms; dates count from midnight UTC.
    pub month_at: Option<i64>,
    /// Cells in the order of [`columns`].
    pub cells: Vec<Cell>,
    /// Text for full-text search, already split (see [`search::index_text`]).
    pub search: String,
}

/// The row of a record.
#[must_use]
pub fn row(schema: &Schema, kind: &Kind, view: &RecordView) -> Row {
    // Computed fields are columns like any other.
    let filled = kind.fields.iter().any(|f| f.computed).then(|| {
        let mut view = view.clone();
        derive::fill(schema, kind, &mut view);
        view
    });
    let view = filled.as_ref().unwrap_or(view);
    let number = kind.number.as_ref().map(|n| view.value(&n.field).to_text()).filter(|n| !n.is_empty());
    let created = view.created();
    let temp_number = created.and_then(|e| e.temp.clone());
    let title = kind.title.iter().filter_map(|key| Some((kind.field(key)?, view.value(key))));
    // References are names of other records: whoever shows the row looks them up.
    let title: Vec<String> = title
        .filter(|(field, value)| field.kind != FieldType::Ref && !value.is_empty())
        .map(|(field, value)| first_line(&named(schema, kind, field, value), 80))
        .collect();
    let words: Vec<String> =
        number.iter().chain(&temp_number).cloned().chain(texts(schema, kind, view)).collect();
    Row {
        id: view.id,
        number,
        temp_number,
        status: view.folded.status.clone(),
        conflicts: u32::try_from(view.conflicts.len()).unwrap_or(u32::MAX),
        title: title.join(" · "),
        created_at: created.map(|e| e.at),
        created_by: created.map(|e| e.by),
        month_at: kind.month.as_ref().and_then(|key| match view.value(key) {
            Value::Datetime(t) => Some(t.0),
            // A day is reported in the zone; 8 h before its UTC midnight is its start in Shanghai.
            Value::Date(d) => Timestamp::parse(&d.to_string(), schema.zone()).map(|t| t.0),
            _ => None,
        }),
        cells: columns(kind).map(|c| cell(c.field, view.value(&c.field.key))).collect(),
        search: search::index_text(&words.join(" | ")),
    }
}

/// The texts of a record that search looks through, in the order of the form.
#[must_use]
pub fn texts(schema: &Schema, kind: &Kind, view: &RecordView) -> Vec<String> {
    let mut out = Vec::new();
    for field in kind.fields.iter().filter(|f| f.search) {
        out.push(searchable(schema, field, view.value(&field.key)));
    }
    for collection in &kind.collections {
        let entries = view.collections.get(&collection.key).into_iter().flatten();
        for entry in entries.filter(|e| !e.removed) {
            for field in collection.fields.iter().filter(|f| f.search) {
                if let Some(value) = entry.fields.get(&field.key) {
                    out.push(searchable(schema, field, value));
                }
            }
        }
    }
    out
}

/// A value as it stands in a title: codes and questionnaires by their Chinese names, because a title is one text
/// for everybody.
fn named(schema: &Schema, kind: &Kind, field: &Field, value: &Value) -> String {
    if kind.key == survey::KIND && field.key == survey::TEMPLATE {
        let template = schema.templates().newest(&value.to_text());
        return template.map_or_else(|| value.to_text(), |t| t.title.zh.clone());
    }
    let list = field.list.as_deref().and_then(|list| schema.list(list));
    match (value, list) {
        (Value::Code(code), Some(list)) => {
            list.code(code).map_or_else(|| code.clone(), |c| c.label.zh.clone())
        }
        _ => value.to_text(),
    }
}

/// The column value of a field's value.
#[must_use]
pub fn cell(field: &Field, value: &Value) -> Cell {
    match (storage(field.kind), value) {
        (_, Value::Null) => Cell::Null,
        (Storage::Integer, Value::Datetime(t)) => Cell::Integer(t.0),
        (Storage::Integer, Value::Int(i)) => Cell::Integer(*i),
        (Storage::Integer, Value::Bool(b)) => Cell::Integer(i64::from(*b)),
        (Storage::Real, Value::Decimal(d)) => d.to_f64().map_or(Cell::Null, Cell::Real),
        (Storage::Id, Value::Ref(id)) => Cell::Id(*id.as_bytes()),
        (Storage::Text, value) => Cell::Text(value.to_text()),
        // A value that a newer version wrote in another type has no place in this column.
        _ => Cell::Null,
    }
}

/// A cell as the API's JSON.
#[must_use]
pub fn cell_json(field: &Field, cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Text(t) if field.kind == FieldType::MultiEnum => json!(t.split(',').collect::<Vec<_>>()),
        Cell::Text(t) => json!(t),
        Cell::Integer(i) => match field.kind {
            FieldType::Datetime => json!(Timestamp(*i)),
            FieldType::Bool => json!(*i != 0),
            _ => json!(i),
        },
        // Shortest form that reads back as the same number; columns are for lists, not for sums.
        Cell::Real(r) => json!(r.to_string()),
        Cell::Id(id) => json!(uuid::Uuid::from_bytes(*id)),
    }
}

impl Row {
    /// The row as the API's JSON (DESIGN §7, `list`), without sync state.
    #[must_use]
    pub fn to_json(&self, kind: &Kind) -> Map<String, Json> {
        let mut out = Map::new();
        out.insert("id".into(), json!(self.id));
        out.insert("kind".into(), json!(kind.key));
        out.insert("number".into(), json!(self.number.as_ref().or(self.temp_number.as_ref())));
        out.insert("temp_number".into(), json!(self.temp_number));
        out.insert("status".into(), json!(self.status));
        out.insert("conflicts".into(), json!(self.conflicts));
        out.insert("title".into(), json!(self.title));
        out.insert("created_at".into(), json!(self.created_at));
        out.insert("created_by".into(), json!(self.created_by));
        for (column, cell) in columns(kind).zip(&self.cells) {
            out.insert(column.field.key.clone(), cell_json(column.field, cell));
        }
        out
    }
}

fn searchable(schema: &Schema, field: &Field, value: &Value) -> String {
    let label = |code: &str| {
        let list = field.list.as_deref().and_then(|l| schema.list(l));
        list.and_then(|l| l.code(code))
            .map_or_else(|| code.to_owned(), |c| format!("{} {}", c.label.zh, c.label.en))
    };
    match value {
        Value::Code(code) => label(code),
        Value::Codes(codes) => codes.iter().map(|c| label(c)).collect::<Vec<_>>().join(" "),
        // An id is not what people look for.
        Value::Ref(_) => String::new(),
        other => other.to_text(),
    }
}

fn first_line(text: &str, max: usize) -> String {
    text.lines().next().unwrap_or_default().chars().take(max).collect()
}
