//! The full-text index: one row per record, under the record's number in the database.
//!
//! Contentless: the texts are in the documents, the index keeps only where each token occurs.

use rusqlite::params;

use super::{StoreError, Tx};

/// Puts a record's text into the index. `fresh` if there is none of it yet.
///
/// # Errors
/// A failure of the database.
pub fn put(tx: &Tx<'_>, doc: i64, text: &str, fresh: bool) -> Result<(), StoreError> {
    if !fresh {
        tx.conn().prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([doc])?;
    }
    tx.conn()
        .prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?
        .execute(params![doc, text])?;
    Ok(())
}

/// Empties the index.
///
/// # Errors
/// A failure of the database.
pub fn clear(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn().execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    Ok(())
}
