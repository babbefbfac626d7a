//! When the people that everybody knows of have changed.

use super::{Snapshot, StoreError};

/// Differs whenever an account was added or changed; may differ without that.
///
/// # Errors
/// A failure of the database.
pub fn stamp(snap: &Snapshot<'_>) -> Result<(i64, i64), StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT (SELECT count(*) FROM users), (SELECT v FROM meta WHERE k = 'accounts_version')",
    )?;
    Ok(stmt.query_row([], |r| Ok((r.get(0)?, r.get(1)?)))?)
}
