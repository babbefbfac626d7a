//! A record as typed cells under the schema's labels.

use domain::document::{Entry, RecordView};
use domain::lifecycle;
use domain::merge;
use domain::schema::{Collection, FILE_FIELDS, Field, FieldType, Kind};
use domain::time::Timestamp;
use domain::value::Value;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Context, Item, labels};

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, also of numbers that are names: telephones, serials.
    Text(String),
    /// A number to count with, and whether it is money.
    Number(Decimal, bool),
    /// A day.
    Date(Date),
    /// An instant on the organisation's clock.
    DateTime(DateTime),
}

impl Cell {
    /// The cell as text, as a CSV file has it.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(t) => t.clone(),
            Self::Number(n, _) => n.to_string(),
            Self::Date(d) => d.to_string(),
            Self::DateTime(t) => t.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

/// What a column of the main table shows.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// The official or temporary number.
    Number,
    /// The status.
    Status,
    /// A field of the record or its companion.
    Field(&'a Field, bool),
    /// Who leads the work.
    Lead,
    /// Who helps.
    Others,
    /// Fields with several values set at the same time.
    Conflicts,
    /// Who made the record.
    CreatedBy,
    /// When it was made.
    CreatedAt,
    /// When the server last changed it.
    UpdatedAt,
    /// The record's id.
    Id,
}

impl Column<'_> {
    /// Its header.
    pub fn label(&self, kind: &Kind) -> String {
        match self {
            Self::Number => {
                let field = kind.number.as_ref().and_then(|n| kind.field(&n.field));
                field.map_or_else(|| "编号".to_owned(), |f| f.label.zh.clone())
            }
            Self::Status => labels::STATUS.to_owned(),
            Self::Field(field, _) => match &field.unit {
                Some(unit) => format!("{}({unit})", field.label.zh),
                None => field.label.zh.clone(),
            },
            Self::Lead => labels::LEAD.to_owned(),
            Self::Others => labels::OTHERS.to_owned(),
            Self::Conflicts => labels::CONFLICTS.to_owned(),
            Self::CreatedBy => labels::CREATED_BY.to_owned(),
            Self::CreatedAt => labels::CREATED_AT.to_owned(),
            Self::UpdatedAt => labels::UPDATED_AT.to_owned(),
            Self::Id => labels::ID.to_owned(),
        }
    }

    /// A sensible width in characters.
    pub fn width(&self) -> u16 {
        match self {
            Self::Id => 38,
            Self::Field(field, _) => match field.kind {
                FieldType::Longtext => 40,
                FieldType::Datetime => 20,
                FieldType::Date => 12,
                FieldType::Ref => 24,
                _ => 16,
            },
            Self::CreatedAt | Self::UpdatedAt => 20,
            _ => 16,
        }
    }
}

/// The columns of the main table.
pub fn columns<'a>(context: &Context<'a>) -> Vec<Column<'a>> {
    let kind = context.kind;
    let mut columns = vec![Column::Number];
    if kind.lifecycle.is_some() {
        columns.push(Column::Status);
    }
    let number = kind.number.as_ref().map(|n| n.field.as_str());
    let own = kind.fields.iter().filter(|f| Some(f.key.as_str()) != number);
    columns.extend(own.map(|f| Column::Field(f, false)));
    columns.extend(
        context.schema.companion(kind).iter().flat_map(|k| &k.fields).map(|f| Column::Field(f, true)),
    );
    if kind.lifecycle.is_some() {
        columns.extend([Column::Lead, Column::Others]);
    }
    columns.extend([Column::Conflicts, Column::CreatedBy, Column::CreatedAt, Column::UpdatedAt, Column::Id]);
    columns
}

/// The collections of the kind and its companion, with whether they are the companion's.
pub fn collections<'a>(context: &Context<'a>) -> Vec<(&'a Collection, bool)> {
    let own = context.kind.collections.iter().map(|c| (c, false));
    let companion = context.schema.companion(context.kind).into_iter().flat_map(|k| &k.collections);
    own.chain(companion.map(|c| (c, true))).collect()
}

/// The fields of a collection's entries: key, label and, where declared, the field itself.
pub fn entry_fields(collection: &Collection) -> Vec<(String, String, Option<&Field>)> {
    let implied = FILE_FIELDS.iter().filter(|_| collection.files).map(|(key, _)| {
        let label = match *key {
            "sha256" => "SHA-256",
            "size" => "大小",
            "mime" => "类型",
            "name" => "文件名",
            "taken_at" => "拍摄时间",
            _ => "说明",
        };
        ((*key).to_owned(), label.to_owned(), None)
    });
    let declared = collection.fields.iter().map(|f| (f.key.clone(), f.label.zh.clone(), Some(f)));
    declared.chain(implied).collect()
}

/// The cell of a column.
pub fn cell(context: &Context<'_>, column: &Column<'_>, item: &Item) -> Cell {
    let main = &item.main;
    match column {
        Column::Number => text(item.number.clone()),
        Column::Status => {
            let cycle = context.kind.lifecycle.as_deref().and_then(lifecycle::by_key);
            let status = &main.folded.status;
            let label = cycle.and_then(|c| c.state(status)).map(|s| s.zh.to_owned());
            text(label.or_else(|| Some(status.clone())))
        }
        Column::Field(field, false) => value(context, Some(field), main.value(&field.key)),
        Column::Field(field, true) => {
            item.companion.as_ref().map_or(Cell::Empty, |c| value(context, Some(field), c.value(&field.key)))
        }
        Column::Lead => text(main.lead.map(|u| person(context, u.0))),
        Column::Others => {
            let names: Vec<String> = main.others.iter().map(|u| person(context, u.0)).collect();
            text(Some(names.join("、")))
        }
        Column::Conflicts => {
            let companion = item.companion.iter().flat_map(|c| &c.conflicts);
            let all: Vec<String> =
                main.conflicts.iter().chain(companion).map(|c| subject(context, c)).collect();
            text(Some(all.join("、")))
        }
        Column::CreatedBy => text(main.created().map(|e| person(context, e.by.0))),
        Column::CreatedAt => instant(context, main.created().map(|e| e.at)),
        Column::UpdatedAt => instant(context, item.updated_at),
        Column::Id => Cell::Text(main.id.to_string()),
    }
}

/// The cells of an entry, in the order of [`entry_fields`], then who added it, when, and whether it
/// was removed.
pub fn entry_cells(context: &Context<'_>, collection: &Collection, entry: &Entry) -> Vec<Cell> {
    let empty = Value::Null;
    let mut cells: Vec<Cell> = entry_fields(collection)
        .iter()
        .map(|(key, _, field)| value(context, *field, entry.fields.get(key).unwrap_or(&empty)))
        .collect();
    cells.push(text(entry.by.map(|u| person(context, u.0))));
    cells.push(instant(context, entry.at));
    cells.push(text(entry.removed.then(|| "已删除".to_owned())));
    cells
}

/// Headers of [`entry_cells`].
pub fn entry_labels(collection: &Collection) -> Vec<String> {
    let fields = entry_fields(collection).into_iter().map(|(_, label, _)| label);
    fields.chain(["添加人", "添加时间", labels::REMOVED].map(str::to_owned)).collect()
}

/// The entries of a collection.
pub fn entries<'i>(item: &'i Item, collection: &Collection, of_companion: bool) -> &'i [Entry] {
    let view = if of_companion { item.companion.as_ref() } else { Some(&item.main) };
    view.and_then(|v| v.collections.get(&collection.key)).map_or(&[], Vec::as_slice)
}

/// What this version of the program does not know of the record, as JSON; empty if nothing.
pub fn unknown(item: &Item) -> String {
    let mut all = Map::new();
    let views: [Option<&RecordView>; 2] = [Some(&item.main), item.companion.as_ref()];
    for view in views.into_iter().flatten() {
        all.extend(view.unknown.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    if all.is_empty() { String::new() } else { Json::Object(all).to_string() }
}

fn value(context: &Context<'_>, field: Option<&Field>, value: &Value) -> Cell {
    let label = |code: &str| {
        let list = field.and_then(|f| f.list.as_deref()).and_then(|l| context.schema.list(l));
        list.and_then(|l| l.code(code)).map_or_else(|| code.to_owned(), |c| c.label.zh.clone())
    };
    match value {
        Value::Null => Cell::Empty,
        Value::Bool(b) => Cell::Text(if *b { "是" } else { "否" }.to_owned()),
        Value::Int(i) => Cell::Number(Decimal::from(*i), false),
        Value::Decimal(d) => Cell::Number(*d, field.is_some_and(|f| f.kind == FieldType::Money)),
        Value::Text(t) => text(Some(t.clone())),
        Value::Date(d) => Cell::Date(*d),
        Value::Datetime(t) => instant(context, Some(*t)),
        Value::Code(code) => Cell::Text(label(code)),
        Value::Codes(codes) => Cell::Text(codes.iter().map(|c| label(c)).collect::<Vec<_>>().join("、")),
        Value::Ref(id) => {
            let target = field.and_then(|f| f.target.as_deref()).unwrap_or_default();
            // The column that says what was merged says it as it was done; every other follows.
            let name = if field.is_some_and(|f| f.key == merge::FIELD) {
                context.names.own_name(target, *id)
            } else {
                context.names.name(target, *id)
            };
            Cell::Text(name.unwrap_or_else(|| id.to_string()))
        }
        Value::Unknown(json) => Cell::Text(json.to_string()),
    }
}

fn text(text: Option<String>) -> Cell {
    text.filter(|t| !t.is_empty()).map_or(Cell::Empty, Cell::Text)
}

fn instant(context: &Context<'_>, at: Option<Timestamp>) -> Cell {
    let Some(at) = at else { return Cell::Empty };
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(t) => Cell::DateTime(t.to_zoned(context.zone.0.clone()).datetime()),
        Err(_) => Cell::Text(at.to_rfc3339()),
    }
}

fn person(context: &Context<'_>, id: Uuid) -> String {
    if id.is_nil() {
        return "系统".to_owned();
    }
    context.names.name("user", id).unwrap_or_else(|| id.to_string())
}

/// The label of a conflict's subject.
fn subject(context: &Context<'_>, subject: &str) -> String {
    if subject == "status" {
        return "状态".to_owned();
    }
    let kinds = std::iter::once(context.kind).chain(context.schema.companion(context.kind));
    let mut parts = subject.splitn(3, '/');
    let (first, key) = (parts.next().unwrap_or_default(), parts.nth(1));
    for kind in kinds {
        if let Some(field) = kind.field(first) {
            return field.label.zh.clone();
        }
        if let Some(collection) = kind.collection(first) {
            let field = key.and_then(|k| collection.field(k));
            let label = &collection.label.zh;
            return field.map_or_else(|| label.clone(), |f| format!("{label}·{}", f.label.zh));
        }
    }
    subject.to_owned()
}
