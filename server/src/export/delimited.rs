//! CSV: with a byte-order mark, or spreadsheet programs read Chinese as garbage.

use std::io::Write;

use super::table::{self, Column};
use super::{Context, ExportError, Item, Sink, labels};

/// Writes a CSV file.
pub(super) struct Delimited<'a, W: Write> {
    context: Context<'a>,
    columns: Vec<Column<'a>>,
    writer: csv::Writer<W>,
}

impl<'a, W: Write> Delimited<'a, W> {
    pub(super) fn new(context: Context<'a>, mut out: W) -> Result<Self, ExportError> {
        out.write_all("\u{feff}".as_bytes())?;
        let columns = table::columns(&context);
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let labels = columns.iter().map(|c| c.label(context.kind));
        let collections = table::collections(&context).into_iter().map(|(c, _)| c.label.zh.clone());
        let header: Vec<String> = labels.chain(collections).chain([labels::UNKNOWN.to_owned()]).collect();
        writer.write_record(&header).map_err(fault)?;
        Ok(Self { context, columns, writer })
    }
}

impl<W: Write> Sink for Delimited<'_, W> {
    fn put(&mut self, item: &Item) -> Result<(), ExportError> {
        let context = &self.context;
        let mut record: Vec<String> = Vec::with_capacity(self.columns.len() + 16);
        for column in &self.columns {
            record.push(match table::cell(context, column, item) {
                table::Cell::Text(text) => neutral(&text),
                other => other.text(),
            });
        }
        for (collection, of_companion) in table::collections(context) {
            let labels = table::entry_labels(collection);
            let line = |entry| {
                let cells = table::entry_cells(context, collection, entry);
                let filled = labels.iter().zip(&cells).filter(|(_, c)| **c != table::Cell::Empty);
                filled.map(|(label, cell)| format!("{label}：{}", cell.text())).collect::<Vec<_>>().join("；")
            };
            let lines: Vec<String> =
                table::entries(item, collection, of_companion).iter().map(line).collect();
            record.push(neutral(&lines.join("\n")));
        }
        record.push(neutral(&table::unknown(item)));
        self.writer.write_record(&record).map_err(fault)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        Ok(self.writer.flush()?)
    }
}

/// What a spreadsheet program may take for the beginning of a formula, or for a cell that begins with one.
pub const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Text that no spreadsheet program takes for a formula: an apostrophe goes before what could begin
/// one, which an import takes off again. A customer's words must not run on the reader's machine.
#[must_use]
pub fn neutral(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

fn fault(error: csv::Error) -> ExportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ExportError::Io(error),
        other => ExportError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}
