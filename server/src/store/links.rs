//! Records that refer to a record.

use domain::document::Linked;
use domain::ids::RecordId;
use domain::projection;
use domain::schema::{Kind, Schema};

use super::projections::{quoted, table};
use super::{Snapshot, StoreError};

/// The records with a status that refer to `id`, a record of `kind`.
///
/// # Errors
/// A failure of the database.
pub fn to(
    snap: &Snapshot<'_>,
    schema: &Schema,
    kind: &Kind,
    id: RecordId,
) -> Result<Vec<Linked>, StoreError> {
    let mut found = Vec::new();
    for other in schema.kinds().filter(|k| k.lifecycle.is_some()) {
        let columns = projection::columns(other).filter(|c| c.field.target.as_ref() == Some(&kind.key));
        for column in columns {
            let sql = format!("SELECT status FROM {} WHERE {} = ?1", table(other), quoted(&column.name));
            let mut stmt = snap.conn().prepare_cached(&sql)?;
            let rows = stmt.query_map([id.bytes()], |r| r.get::<_, String>(0))?;
            for status in rows {
                found.push(Linked { kind: other.key.clone(), status: status? });
            }
        }
    }
    Ok(found)
}
