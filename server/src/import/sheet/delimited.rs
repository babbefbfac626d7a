//! Text tables: UTF-8 with or without a mark, UTF-16 with one, GB18030 (which is what a Chinese
//! spreadsheet program writes as CSV); commas, tabs or semicolons.

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::{Grid, Sheet, Trouble};
use crate::export::FORMULA;

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, Trouble> {
    let text = decode(bytes).ok_or(Trouble::NotASpreadsheet("unknown encoding"))?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t' | '\u{b}' | '\u{c}')) {
        return Err(Trouble::NotASpreadsheet("binary"));
    }
    if text.trim().is_empty() {
        return Err(Trouble::NotASpreadsheet("empty"));
    }
    let mut grid = Grid::default();
    rows(&text, char::from(separator(&text)), |row, column, cell| grid.put(row, column, plain(cell)))?;
    Ok(vec![Sheet { name: String::new(), rows: grid.rows }])
}

/// Gives each cell with the row and column that a spreadsheet program would show it in: an empty line
/// is a row, a quoted cell with line breaks is one row. (The csv crate passes over empty lines and
/// counts lines of text.)
fn rows(
    text: &str,
    separator: char,
    mut cell: impl FnMut(u32, u32, String) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let (mut row, mut column) = (1u32, 0u32);
    let mut value = String::new();
    let (mut quoted, mut at_start) = (false, true);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if quoted {
            match c {
                '"' if chars.peek() == Some(&'"') => {
                    chars.next();
                    value.push('"');
                }
                '"' => quoted = false,
                '\r' if chars.peek() == Some(&'\n') => {}
                c => value.push(c),
            }
            continue;
        }
        match c {
            '"' if at_start => quoted = true,
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\n' | '\r' => {
                cell(row, column, std::mem::take(&mut value))?;
                row = row.saturating_add(1);
                column = 0;
                at_start = true;
                continue;
            }
            c if c == separator => {
                cell(row, column, std::mem::take(&mut value))?;
                column = column.saturating_add(1);
                at_start = true;
                continue;
            }
            c => value.push(c),
        }
        at_start = false;
    }
    if quoted {
        // Everything after it would be one cell.
        return Err(Trouble::NotASpreadsheet("unclosed quote"));
    }
    cell(row, column, value)
}

/// A cell without the apostrophe that exports put before what a spreadsheet program would take for a formula.
fn plain(cell: String) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) => rest.to_owned(),
        _ => cell,
    }
}

fn decode(bytes: &[u8]) -> Option<String> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        let (text, _, wrong) = encoding.decode(bytes);
        return (!wrong).then(|| text.into_owned());
    }
    [UTF_8, GB18030].into_iter().find_map(|encoding| {
        encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
    })
}

/// The separator that the first lines use most.
fn separator(text: &str) -> u8 {
    let head: String = text.lines().take(20).collect();
    let count = |s: u8| head.bytes().filter(|b| *b == s).count();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|s| count(*s)).unwrap_or(b',')
}
