//! XLSX workbooks, read cell by cell: a sheet whose one stray cell is in the last row and column costs
//! as much as that cell.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, Xlsx};

use super::{Grid, Sheet, Trouble, bounds};

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, Trouble> {
    bounds::check(bytes)?;
    // The reader is a library's, the file anybody's: a panic in it is one more way to be no workbook.
    catch_unwind(AssertUnwindSafe(|| sheets(bytes))).unwrap_or(Err(Trouble::NotASpreadsheet("damaged")))
}

fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Trouble> {
    let mut book: Xlsx<_> =
        Xlsx::new(Cursor::new(bytes)).map_err(|_| Trouble::NotASpreadsheet("not a workbook"))?;
    let names: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet)
        .map(|s| s.name.clone())
        .collect();
    if names.is_empty() {
        return Err(Trouble::NotASpreadsheet("not a workbook"));
    }
    let mut sheets = Vec::with_capacity(names.len());
    for name in names {
        let damaged = |_| Trouble::NotASpreadsheet("damaged");
        let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
        let mut grid = Grid::default();
        while let Some(cell) = cells.next_cell().map_err(damaged)? {
            let (row, column) = cell.get_position();
            grid.put(row.saturating_add(1), column, shown(cell.get_value()))?;
        }
        sheets.push(Sheet { name, rows: grid.rows });
    }
    Ok(sheets)
}

/// A cell as text.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(i) => i.to_string(),
        DataRef::Float(f) => number(*f),
        DataRef::String(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(at) => moment(at),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::Error(e) => e.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// A number without an exponent: telephone numbers are stored as numbers.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() }
}

fn moment(at: &ExcelDateTime) -> String {
    if !at.is_datetime() {
        return number(at.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    // A stored fraction such as 08:29:59.999 is 08:30 with a rounding error.
    let second = if milli >= 500 { second + 1 } else { second };
    let (minute, second) = if second > 59 { (minute + 1, 0) } else { (minute, second) };
    let (hour, minute) = if minute > 59 { (hour + 1, 0) } else { (hour, minute) };
    let time = match (hour, minute, second) {
        (0, 0, 0) => String::new(),
        (_, _, 0) => format!("{hour:02}:{minute:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    };
    // A serial below 1 is a time of day without a day.
    if at.as_f64() < 1.0 {
        return if time.is_empty() { "00:00".to_owned() } else { time };
    }
    let day = format!("{year:04}-{month:02}-{day:02}");
    if time.is_empty() { day } else { format!("{day} {time}") }
}
