//! Which record a row is: the same file again must find what it made, also after rows were inserted
//! and every running number below them has moved.

use domain::ids::RecordId;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::import::layout::{KeyKind, Table};
use crate::import::sheet::Row;
use crate::import::text::{folded, header, likeness};

/// The original cells of a row: header and text as shown.
pub type Cells = Vec<(String, String)>;

/// An id that follows from these words, the same in every run.
#[must_use]
pub fn derived(words: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"import");
    for word in words {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Version 5 says "made from a name"; version 8 is kept for companions of records.
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

/// What names a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    kind: String,
    form: String,
    key: String,
}

impl Identity {
    /// The identity of the row at `place` of a table.
    #[must_use]
    pub fn of(kind: &str, table: &Table<'_, '_>, row: &Row, place: usize) -> Self {
        let named = table.key.map(|(column, kind)| (kind, folded(row.cell(column))));
        let (form, key) = match named {
            // The organisation's own number holds across ledgers.
            Some((KeyKind::Number, key)) if !key.is_empty() => (String::new(), format!("no|{key}")),
            Some((KeyKind::Running, key)) if !key.is_empty() => (table.title.clone(), format!("seq|{key}")),
            _ => (table.title.clone(), format!("at|{place}")),
        };
        Self { kind: kind.to_owned(), form, key }
    }

    /// The record id of the `variant`th record under this name; two ledgers without a title can use
    /// the same running number for different things.
    #[must_use]
    pub fn record(&self, variant: u32) -> RecordId {
        RecordId(derived(&[&self.kind, &self.form, &self.key, &variant.to_string()]))
    }
}

/// What a row says, without what only numbers it: rows with equal content repeat each other.
#[must_use]
pub fn content(cells: &Cells, running: Option<&str>) -> String {
    let running = running.map(header);
    let kept = cells.iter().filter(|(h, _)| Some(header(h)) != running);
    let mut parts: Vec<String> =
        kept.map(|(h, text)| format!("{}\u{1f}{}", header(h), text.trim())).collect();
    parts.sort_unstable();
    parts.join("\u{1e}")
}

/// Whether an edited row is still the row that an earlier import read: at least half of its cells say
/// the same, and so does its longest one or three quarters of all.
#[must_use]
pub fn edited_from(new: &Cells, old: &Cells, running: Option<&str>) -> bool {
    let running = running.map(header);
    let kept = |cells: &Cells| -> Cells {
        cells.iter().filter(|(h, _)| Some(header(h)) != running).cloned().collect()
    };
    let (new, old) = (kept(new), kept(old));
    let total = new.len().max(old.len());
    let find = |cells: &Cells, name: &str| {
        cells.iter().find(|(h, _)| header(h) == header(name)).map(|(_, text)| text.trim().to_owned())
    };
    let same = new.iter().filter(|(h, text)| find(&old, h).as_deref() == Some(text.trim())).count();
    let longest = old.iter().max_by_key(|(_, text)| text.chars().count());
    let main =
        longest.is_some_and(|(h, text)| find(&new, h).is_some_and(|now| likeness(&now, text.trim()) >= 0.5));
    same * 2 >= total && (main || same * 4 >= total * 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(pairs: &[(&str, &str)]) -> Cells {
        pairs.iter().map(|(h, t)| ((*h).to_owned(), (*t).to_owned())).collect()
    }

    #[test]
    fn the_running_number_is_no_content() {
        let a = cells(&[("序号", "25"), ("客户", "甲"), ("内容", "掉漆")]);
        let b = cells(&[("序号", "26"), ("内容", "掉漆 "), ("客户", "甲")]);
        assert_eq!(content(&a, Some("序号")), content(&b, Some("序号")));
        assert_ne!(content(&a, None), content(&b, None));
    }

    #[test]
    fn an_edit_is_told_from_another_row() {
        let old = cells(&[
            ("序号", "3"),
            ("客户", "甲"),
            ("电话", "138"),
            ("内容", "门板铰链未受力"),
            ("性质", "投诉"),
        ]);
        let edited = cells(&[
            ("序号", "3"),
            ("客户", "甲"),
            ("电话", "139"),
            ("内容", "门板铰链没有受力"),
            ("性质", "投诉"),
        ]);
        let other = cells(&[
            ("序号", "3"),
            ("客户", "乙"),
            ("电话", "137"),
            ("内容", "盐雾不合格"),
            ("性质", "投诉"),
        ]);
        assert!(edited_from(&edited, &old, Some("序号")));
        assert!(!edited_from(&other, &old, Some("序号")));
    }

    #[test]
    fn ids_are_stable() {
        assert_eq!(derived(&["a", "b"]), derived(&["a", "b"]));
        assert_ne!(derived(&["ab", ""]), derived(&["a", "b"]));
        // A change here would make every ledger that was ever imported look new.
        assert_eq!(
            derived(&["complaint", "", "seq|1", "1"]).to_string(),
            "41ef158d-d9fe-57d1-aee0-510ad7087f64"
        );
    }
}
