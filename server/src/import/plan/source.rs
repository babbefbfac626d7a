//! The original cells of a row on its record: written so that people can read them, read again to see
//! what a later file changed.

use domain::document::Entry;
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::keys;
use domain::value::Value;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::Current;
use super::diff::entry_id;
use super::identity::Cells;
use crate::import::cells as text_of;
use crate::import::layout::{KeyKind, SOURCE, Table};
use crate::import::sheet::Row;
use crate::import::text::one_line;

/// Intents that keep the row's cells on the record.
pub(super) fn keep(
    file: &str,
    id: RecordId,
    table: &Table<'_, '_>,
    row: &Row,
    cells: &Cells,
    current: Option<&Current>,
) -> Vec<Intent> {
    let text = text_of::write(cells);
    let held = current.map(|c| kept(id, c)).unwrap_or_default();
    if held.concat() == text {
        return Vec::new();
    }
    let number = table.key.filter(|(_, k)| *k == KeyKind::Number).map(|(column, _)| row.cell(column));
    let mut pieces = text_of::pieces(&text);
    // What an earlier, longer text had in further entries is emptied.
    pieces.resize(pieces.len().max(held.len()), String::new());
    let intent = |(at, piece): (usize, String)| {
        let short = |text: &str, max: usize| -> Json { text.chars().take(max).collect::<String>().into() };
        let mut fields = Map::from_iter([
            (keys::complaint::IMPORT_SOURCE_SOURCE_FILE.to_owned(), short(file, 255)),
            (keys::complaint::IMPORT_SOURCE_ROW.to_owned(), row.number.into()),
            (keys::complaint::IMPORT_SOURCE_CELLS.to_owned(), piece.into()),
        ]);
        if !table.sheet.is_empty() {
            fields.insert(keys::complaint::IMPORT_SOURCE_SHEET.to_owned(), short(table.sheet, 100));
        }
        if let Some(number) = number.filter(|n| !n.is_empty()) {
            fields
                .insert(keys::complaint::IMPORT_SOURCE_ORIGINAL_NO.to_owned(), short(&one_line(number), 80));
        }
        let (collection, entry) = (SOURCE.to_owned(), source_entry(id, at));
        if at < held.len() {
            Intent::Update { collection, id: entry, fields }
        } else {
            Intent::Add { collection, id: Some(entry), fields }
        }
    };
    pieces.into_iter().enumerate().map(intent).collect()
}

fn source_entry(id: RecordId, at: usize) -> Uuid {
    entry_id(id.0, SOURCE, &at.to_string())
}

/// The pieces of the text that an import kept on a record, in order.
fn kept(id: RecordId, current: &Current) -> Vec<String> {
    let Some(entries) = current.collections.get(SOURCE) else { return Vec::new() };
    let piece = |at: usize| entries.iter().find(|e| e.id == source_entry(id, at));
    let text =
        |e: &Entry| e.fields.get(keys::complaint::IMPORT_SOURCE_CELLS).map_or(String::new(), Value::to_text);
    (0..).map_while(piece).map(text).collect()
}

pub(super) fn original(id: RecordId, current: &Current) -> Cells {
    text_of::read(&kept(id, current).concat())
}

/// A header as [`text_of::write`] keeps it.
pub(super) fn header_kept(header: &str) -> String {
    text_of::read(&text_of::write(&[(header.to_owned(), "x".to_owned())]))
        .pop()
        .map_or_else(String::new, |(header, _)| header)
}
