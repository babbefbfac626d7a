//! Official numbers: a gap-free series per kind and year.

use rusqlite::{OptionalExtension, params};

use super::{Snapshot, StoreError, Tx};

/// A number's text: `TS2026-00001`.
#[must_use]
pub fn format(prefix: &str, year: i16, n: u32) -> String {
    format!("{prefix}{year}-{n:05}")
}

/// Year and position of a number of the series `prefix`; `None` for any other text (an imported old number).
#[must_use]
pub fn parse(prefix: &str, text: &str) -> Option<(i16, u32)> {
    let (year, n) = text.strip_prefix(prefix)?.split_once('-')?;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if year.len() != 4 || n.len() < 5 || !digits(year) || !digits(n) {
        return None;
    }
    Some((year.parse().ok()?, n.parse().ok()?))
}

/// Takes the next number of a series. It is given back by a rollback, so the series has no gaps.
///
/// # Errors
/// A failure of the database.
pub fn take(tx: &Tx<'_>, kind: &str, year: i16) -> Result<u32, StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO counter (kind, year, last) VALUES (?1, ?2, 1)
         ON CONFLICT (kind, year) DO UPDATE SET last = last + 1 RETURNING last",
    )?;
    Ok(stmt.query_row(params![kind, year], |r| r.get(0))?)
}

/// Notes that a number is in use: a restored record brings its own.
///
/// # Errors
/// A failure of the database.
pub fn seen(tx: &Tx<'_>, kind: &str, year: i16, n: u32) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO counter (kind, year, last) VALUES (?1, ?2, ?3)
         ON CONFLICT (kind, year) DO UPDATE SET last = max(last, excluded.last)",
    )?;
    stmt.execute(params![kind, year, n])?;
    Ok(())
}

/// The last number given in a series; 0 before the first.
///
/// # Errors
/// A failure of the database.
pub fn last(snap: &Snapshot<'_>, kind: &str, year: i16) -> Result<u32, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT last FROM counter WHERE kind = ?1 AND year = ?2")?;
    Ok(stmt.query_row(params![kind, year], |r| r.get(0)).optional()?.unwrap_or(0))
}

/// Forgets every series; they are counted again from documents.
///
/// # Errors
/// A failure of the database.
pub fn clear(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn().execute("DELETE FROM counter", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back() {
        assert_eq!(format("TS", 2026, 7), "TS2026-00007");
        assert_eq!(parse("TS", "TS2026-00007"), Some((2026, 7)));
        assert_eq!(parse("TS", "TS2026-123456"), Some((2026, 123_456)));
        assert_eq!(parse("TS", "20260007"), None);
        assert_eq!(parse("TS", "TS2026-7"), None);
    }
}
