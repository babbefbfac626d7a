//! Records that refer to a record.

use domain::document::Linked;
use domain::ids::RecordId;
use domain::projection;
use domain::schema::{Kind, Schema};

use super::projections::{quoted, table};
use super::{Snapshot, StoreError};

/// The records of `kind` that refer to `id` by a field that is a column of their list.
///
/// # Errors
/// A failure of the database.
pub fn by(snap: &Snapshot<'_>, kind: &Kind, field: &str, id: RecordId) -> Result<Vec<RecordId>, StoreError> {
    let Some(column) = projection::columns(kind).find(|c| c.field.key == field) else {
        return Ok(Vec::new());
    };
    let sql = format!("SELECT id FROM {} WHERE {} = ?1 ORDER BY n", table(kind), quoted(&column.name));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map([id.bytes()], |r| Ok(RecordId(uuid::Uuid::from_bytes(r.get(0)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

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
