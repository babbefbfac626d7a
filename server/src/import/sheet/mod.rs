//! A spreadsheet file as rows of text cells, whatever its format.

mod bounds;
mod delimited;
mod xlsx;

use std::path::Path;

use serde_json::{Map, Value as Json, json};

/// Largest file read, in bytes: a ledger of 100,000 rows has about 10 MB.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;
/// Largest content of a packed file once unpacked, in bytes.
const MAX_UNPACKED: u64 = 512 * 1024 * 1024;
/// Most rows of one sheet.
pub const MAX_ROWS: usize = 200_000;
/// Most columns of one sheet.
pub const MAX_COLUMNS: u32 = 512;
/// Most cells of one sheet that have something in them.
const MAX_CELLS: usize = 4_000_000;

/// A row: its number as a person sees it, and its non-empty cells by column, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number in the margin of the spreadsheet, from 1.
    pub number: u32,
    /// Non-empty cells: column and text as shown. Days read as `2026-01-06`, whole numbers without `.0`.
    pub cells: Vec<(u32, String)>,
}

impl Row {
    /// The text of a cell; empty where there is none.
    #[must_use]
    pub fn cell(&self, column: u32) -> &str {
        self.cells.iter().find(|(c, _)| *c == column).map_or("", |(_, text)| text)
    }
}

/// A sheet: its name (empty for a CSV file) and its rows that have anything in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Name on its tab.
    pub name: String,
    /// Rows, from the top.
    pub rows: Vec<Row>,
}

/// Why a file could not be read. `code` and `params` are what screens and scripts show.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file cannot be opened.
    #[error("cannot read {file}: {source}")]
    Io {
        /// Its name.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Neither an XLSX workbook nor a text table.
    #[error("{file} is not a spreadsheet: {detail}")]
    NotASpreadsheet {
        /// Its name.
        file: String,
        /// What it looks like.
        detail: &'static str,
    },
    /// More than the program takes in one go.
    #[error("{file} has more than {limit} {what}")]
    TooLarge {
        /// Its name.
        file: String,
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
}

impl SheetError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "file_unreadable",
            Self::NotASpreadsheet { .. } => "not_a_spreadsheet",
            Self::TooLarge { .. } => "too_large",
        }
    }

    /// What the text of the code needs.
    #[must_use]
    pub fn params(&self) -> Map<String, Json> {
        let params = match self {
            Self::Io { file, source } => json!({"file": file, "detail": source.to_string()}),
            Self::NotASpreadsheet { file, detail } => json!({"file": file, "detail": detail}),
            Self::TooLarge { file, what, limit } => json!({"file": file, "what": what, "limit": limit}),
        };
        match params {
            Json::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// What is wrong with the bytes, before the file's name is put to it.
#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    NotASpreadsheet(&'static str),
    TooLarge(&'static str, u64),
}

/// Reads a file: XLSX by its signature, anything else as a text table.
///
/// # Errors
/// [`SheetError`]; the file itself is never changed.
pub fn read(path: &Path) -> Result<Vec<Sheet>, SheetError> {
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let io = |source| SheetError::Io { file: file.clone(), source };
    let size = std::fs::metadata(path).map_err(io)?.len();
    if size > MAX_FILE {
        return Err(SheetError::TooLarge { file, what: "bytes", limit: MAX_FILE });
    }
    let bytes = std::fs::read(path).map_err(io)?;
    // A workbook is a zip archive: text under its name is a mistake, not a table of one cell.
    let named_workbook = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("xlsx"));
    if named_workbook && !bytes.is_empty() && !bytes.starts_with(b"PK") && !bytes.starts_with(b"%PDF") {
        return Err(SheetError::NotASpreadsheet { file, detail: "no_workbook" });
    }
    parse(&bytes).map_err(|trouble| match trouble {
        Trouble::NotASpreadsheet(detail) => SheetError::NotASpreadsheet { file, detail },
        Trouble::TooLarge(what, limit) => SheetError::TooLarge { file, what, limit },
    })
}

fn parse(bytes: &[u8]) -> Result<Vec<Sheet>, Trouble> {
    match bytes {
        [] => Err(Trouble::NotASpreadsheet("empty")),
        [b'P', b'K', ..] => xlsx::read(bytes),
        // Signatures of what people rename or pick by mistake.
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(Trouble::NotASpreadsheet("old_excel")),
        [b'%', b'P', b'D', b'F', ..] => Err(Trouble::NotASpreadsheet("pdf")),
        _ => delimited::read(bytes),
    }
}

/// Collects cells into rows and keeps to the limits.
#[derive(Default)]
struct Grid {
    rows: Vec<Row>,
    cells: usize,
}

impl Grid {
    /// Adds a cell; rows come from the top, as both formats store them. Empty text is passed over.
    fn put(&mut self, row: u32, column: u32, text: String) -> Result<(), Trouble> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if column >= MAX_COLUMNS {
            return Err(Trouble::TooLarge("columns", u64::from(MAX_COLUMNS)));
        }
        self.cells += 1;
        if self.cells > MAX_CELLS {
            return Err(Trouble::TooLarge("cells", MAX_CELLS as u64));
        }
        if self.rows.last().is_none_or(|last| last.number != row) {
            if self.rows.len() >= MAX_ROWS {
                return Err(Trouble::TooLarge("rows", MAX_ROWS as u64));
            }
            self.rows.push(Row { number: row, cells: Vec::new() });
        }
        if let Some(last) = self.rows.last_mut() {
            last.cells.push((column, text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(bytes: &[u8]) -> Vec<Row> {
        parse(bytes).unwrap().remove(0).rows
    }

    #[test]
    fn encodings_of_one_table_read_alike() {
        let table = "客户编号,客户名称\r\nKH001,\"海岚,汽车\"\r\n";
        let want = text(table.as_bytes());
        assert_eq!(want[1].cell(1), "海岚,汽车");
        assert_eq!(want[1].number, 2);
        let bom = [b"\xef\xbb\xbf", table.as_bytes()].concat();
        assert_eq!(text(&bom), want);
        let (gb, _, lossy) = encoding_rs::GB18030.encode(table);
        assert!(!lossy);
        assert_eq!(text(&gb), want);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(table.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(text(&utf16), want);
        for separator in ["\t", ";"] {
            let table = format!("客户编号{separator}客户名称\nKH001{separator}海岚\n");
            assert_eq!(text(table.as_bytes())[1].cell(1), "海岚", "{separator:?}");
        }
    }

    #[test]
    fn line_numbers_are_those_of_the_file() {
        let rows = text("序号,内容\n\n1,\"两\n行\"\n2,乙\n".as_bytes());
        let numbers: Vec<u32> = rows.iter().map(|r| r.number).collect();
        // A spreadsheet shows an empty line as a row, and a cell with two lines as one row.
        assert_eq!(numbers, [1, 3, 4]);
        assert_eq!(rows[1].cell(1), "两\n行");
    }

    #[test]
    fn a_quote_that_is_never_closed_is_no_table() {
        let rows = "序号,内容\n1,\"漏油\n2,异响\n3,松动\n";
        assert!(matches!(parse(rows.as_bytes()), Err(Trouble::NotASpreadsheet("unclosed quote"))));
        assert_eq!(text("序号,内容\n1,漏\"油\n2,异响\n".as_bytes()).len(), 3);
    }

    #[test]
    fn the_apostrophe_of_an_export_is_taken_off() {
        for said in ["-5", "=1+1", "@li", "＝1", "-\n1", "+86 138", "'tis", "''", "漏油"] {
            let file = format!("序号,内容\n1,\"{}\"\n", crate::export::neutral(said));
            assert_eq!(text(file.as_bytes())[1].cell(1), said);
        }
    }

    #[test]
    fn what_is_no_spreadsheet_is_said_to_be_none() {
        let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR".to_vec();
        png.extend([0u8; 64]);
        for bytes in [
            b"".as_slice(),
            b"   \n \n",
            b"%PDF-1.7\n1 0 obj",
            b"PK\x03\x04 not really a zip",
            b"PK",
            &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
            &png,
            b"\x00\x01\x02\x03",
            &[0xff, 0xfe, 0x00],
        ] {
            assert!(matches!(parse(bytes), Err(Trouble::NotASpreadsheet(_))), "{bytes:?}");
        }
    }
}
