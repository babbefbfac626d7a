//! Documents that were left out of a device's page because they could not be read. The device's cursor went past them,
//! so they have to be sent anew when they can be read again.

use super::{Snapshot, StoreError, Tx};

/// Whether a document is noted already.
///
/// # Errors
/// A failure of the database.
pub fn noted(snap: &Snapshot<'_>, doc: i64) -> Result<bool, StoreError> {
    Ok(snap.conn().prepare_cached("SELECT 1 FROM left_out WHERE doc = ?1")?.exists([doc])?)
}

/// Notes a document that was left out.
///
/// # Errors
/// A failure of the database.
pub fn note(tx: &Tx<'_>, doc: i64) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached("INSERT INTO left_out (doc) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([doc])?;
    Ok(())
}

/// Every document that was left out and not sent since.
///
/// # Errors
/// A failure of the database.
pub fn all(snap: &Snapshot<'_>) -> Result<Vec<i64>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT doc FROM left_out ORDER BY doc")?;
    let rows = stmt.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets a document that can be sent again.
///
/// # Errors
/// A failure of the database.
pub fn forget(tx: &Tx<'_>, doc: i64) -> Result<(), StoreError> {
    tx.conn().prepare_cached("DELETE FROM left_out WHERE doc = ?1")?.execute([doc])?;
    Ok(())
}
