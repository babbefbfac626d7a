//! The original cells of a row as one text that people can read and the next import can compare.

use super::text::one_line;

/// Most characters of one entry; what is longer goes on in the next. Same as `max` in the schema.
pub const MAX_CHARS: usize = 20_000;
/// Stands between header and value; headers are written without it.
const SEPARATOR: char = '：';
/// Begins a line that goes on with the value above: the ideographic space.
const CONTINUED: char = '\u{3000}';

/// One line per cell, `表头：值`; lines inside a value are indented.
#[must_use]
pub fn write(cells: &[(String, String)]) -> String {
    let mut out = String::new();
    for (header, value) in cells {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&one_line(header).replace(SEPARATOR, ":"));
        out.push(SEPARATOR);
        let value = value.replace("\r\n", "\n").replace('\r', "\n");
        out.push_str(&value.replace('\n', &format!("\n{CONTINUED}")));
    }
    out
}

/// What [`write()`] wrote.
#[must_use]
pub fn read(text: &str) -> Vec<(String, String)> {
    let mut cells: Vec<(String, String)> = Vec::new();
    for line in text.split('\n').filter(|l| !l.is_empty()) {
        if let Some(more) = line.strip_prefix(CONTINUED) {
            if let Some((_, value)) = cells.last_mut() {
                value.push('\n');
                value.push_str(more);
            }
        } else if let Some((header, value)) = line.split_once(SEPARATOR) {
            cells.push((header.to_owned(), value.to_owned()));
        }
    }
    cells
}

/// A text in pieces of at most [`MAX_CHARS`].
#[must_use]
pub fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(MAX_CHARS).map(|c| c.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_as_a_person_would_write_it() {
        let cells = [
            ("接收日期".to_owned(), "2026-1-6".to_owned()),
            ("客户反映内容".into(), "1.掉漆\n2.生锈".into()),
        ];
        let text = write(&cells);
        assert_eq!(text, "接收日期：2026-1-6\n客户反映内容：1.掉漆\n\u{3000}2.生锈");
        assert_eq!(read(&text), cells);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            cells in proptest::collection::vec(("[a-z一-龥()/]{1,8}", "[a-z一-龥 ：\n\u{3000}]{0,20}"), 0..6),
        ) {
            let text = write(&cells);
            prop_assert_eq!(read(&text), cells);
            prop_assert_eq!(pieces(&text).concat(), text);
        }
    }
}
