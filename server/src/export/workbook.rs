//! XLSX in constant memory: rows go to temporary files as they come.

use std::io::{Seek, Write};

use domain::schema::Collection;
use rust_decimal::prelude::ToPrimitive as _;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook as Book, XlsxError};

use super::table::{self, Cell, Column};
use super::{Context, ExportError, Item, Sink, labels};

/// Rows of a sheet in the format.
const MAX_ROWS: u32 = 1_048_576;
/// Characters of a cell in the format.
const MAX_TEXT: usize = 32_767;
/// Digits that a spreadsheet keeps of a number; longer ones are written as text.
const DIGITS: usize = 15;

struct Formats {
    head: Format,
    text: Format,
    quoted: Format,
    number: Format,
    money: Format,
    date: Format,
    time: Format,
}

/// Writes a workbook: the records on its first sheet, each collection on one of its own.
pub(super) struct Workbook<'a, W: Write + Seek + Send> {
    context: Context<'a>,
    out: W,
    book: Book,
    columns: Vec<Column<'a>>,
    collections: Vec<(&'a Collection, bool)>,
    rows: Vec<u32>,
    formats: Formats,
}

impl<'a, W: Write + Seek + Send> Workbook<'a, W> {
    pub(super) fn new(context: Context<'a>, out: W) -> Result<Self, ExportError> {
        let formats = Formats {
            head: Format::new()
                .set_bold()
                .set_background_color("#EEF1F6")
                .set_align(FormatAlign::VerticalCenter),
            text: Format::new().set_num_format("@"),
            quoted: Format::new().set_num_format("@").set_quote_prefix(),
            number: Format::new().set_num_format("General"),
            money: Format::new().set_num_format("#,##0.00"),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        let mut book = Book::new();
        let columns = table::columns(&context);
        let collections = table::collections(&context);
        let labels: Vec<(String, u16)> = columns
            .iter()
            .map(|c| (c.label(context.kind), c.width()))
            .chain([(labels::UNKNOWN.to_owned(), 20)])
            .collect();
        head(&mut book, &context.kind.label.zh, &labels, &formats)?;
        for (collection, _) in &collections {
            let labels =
                ["编号", labels::ID].map(str::to_owned).into_iter().chain(table::entry_labels(collection));
            let labels: Vec<(String, u16)> = labels.map(|l| (l, 18)).collect();
            head(&mut book, &collection.label.zh, &labels, &formats)?;
        }
        let rows = vec![1; collections.len() + 1];
        Ok(Self { context, out, book, columns, collections, rows, formats })
    }

    fn row(&mut self, sheet: usize, cells: &[Cell]) -> Result<(), ExportError> {
        let row = self.rows[sheet];
        if row >= MAX_ROWS {
            return Err(ExportError::TooManyRows(MAX_ROWS - 1));
        }
        self.rows[sheet] += 1;
        let page = self.book.worksheet_from_index(sheet).map_err(fault)?;
        let formats = &self.formats;
        let mut column = 0u16;
        for cell in cells {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => {
                    // What is longer than a cell goes on in the next: only the last column can be.
                    let chars: Vec<char> = text.chars().collect();
                    for (at, piece) in chars.chunks(MAX_TEXT).enumerate() {
                        let piece: String = piece.iter().collect();
                        // Typed as text it is no formula; the prefix keeps it text when it is edited.
                        let format =
                            if super::neutral(&piece) == piece { &formats.text } else { &formats.quoted };
                        column += u16::from(at > 0);
                        page.write_string_with_format(row, column, piece, format).map_err(fault)?;
                    }
                }
                Cell::Number(number, money) => {
                    let format = if *money { &formats.money } else { &formats.number };
                    match number.to_f64().filter(|_| number.mantissa().to_string().len() <= DIGITS) {
                        Some(float) => page.write_number_with_format(row, column, float, format),
                        None => page.write_string_with_format(row, column, number.to_string(), &formats.text),
                    }
                    .map_err(fault)?;
                }
                Cell::Date(day) => {
                    let at = ExcelDateTime::from_ymd(year(day.year()), small(day.month()), small(day.day()));
                    match at {
                        Ok(at) => page.write_datetime_with_format(row, column, &at, &formats.date),
                        Err(_) => page.write_string_with_format(row, column, cell.text(), &formats.text),
                    }
                    .map_err(fault)?;
                }
                Cell::DateTime(t) => {
                    let at = ExcelDateTime::from_ymd(year(t.year()), small(t.month()), small(t.day()))
                        .and_then(|d| d.and_hms(hour(t.hour()), small(t.minute()), f64::from(t.second())));
                    match at {
                        Ok(at) => page.write_datetime_with_format(row, column, &at, &formats.time),
                        Err(_) => page.write_string_with_format(row, column, cell.text(), &formats.text),
                    }
                    .map_err(fault)?;
                }
            }
            column += 1;
        }
        Ok(())
    }
}

impl<W: Write + Seek + Send> Sink for Workbook<'_, W> {
    fn put(&mut self, item: &Item) -> Result<(), ExportError> {
        let mut cells: Vec<Cell> = self.columns.iter().map(|c| table::cell(&self.context, c, item)).collect();
        let unknown = table::unknown(item);
        cells.push(if unknown.is_empty() { Cell::Empty } else { Cell::Text(unknown) });
        self.row(0, &cells)?;
        for at in 0..self.collections.len() {
            let (collection, of_companion) = self.collections[at];
            for entry in table::entries(item, collection, of_companion) {
                let mut cells = vec![
                    item.number.clone().map_or(Cell::Empty, Cell::Text),
                    Cell::Text(item.main.id.to_string()),
                ];
                cells.extend(table::entry_cells(&self.context, collection, entry));
                self.row(at + 1, &cells)?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.book.save_to_writer(&mut self.out).map_err(fault)?;
        Ok(self.out.flush()?)
    }
}

fn head(book: &mut Book, name: &str, labels: &[(String, u16)], formats: &Formats) -> Result<(), ExportError> {
    let page = book.add_worksheet_with_constant_memory().map_err(fault)?;
    // Characters that a tab cannot have, and its length.
    let name: String = name.replace(['[', ']', ':', '*', '?', '/', '\\'], "·").chars().take(31).collect();
    page.set_name(name).map_err(fault)?;
    page.set_freeze_panes(1, 0).map_err(fault)?;
    for (at, (label, width)) in labels.iter().enumerate() {
        let column = u16::try_from(at).unwrap_or(u16::MAX);
        page.set_column_width(column, f64::from(*width)).map_err(fault)?;
        page.write_string_with_format(0, column, label, &formats.head).map_err(fault)?;
    }
    Ok(())
}

fn year(year: i16) -> u16 {
    u16::try_from(year).unwrap_or(0)
}

fn small(number: i8) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

fn hour(number: i8) -> u16 {
    u16::try_from(number).unwrap_or(0)
}

fn fault(error: XlsxError) -> ExportError {
    match error {
        XlsxError::IoError(error) => ExportError::Io(error),
        other => ExportError::Workbook(other.to_string()),
    }
}
