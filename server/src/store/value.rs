//! How ids and lists are kept in columns.

use domain::ids::{DeviceId, RecordId, UserId};
use rusqlite::Row;
use uuid::Uuid;

/// An id column (16 bytes).
pub(super) fn id<T: From<Uuid>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get::<_, [u8; 16]>(column).map(|bytes| Uuid::from_bytes(bytes).into())
}

/// An id column that may be NULL.
pub(super) fn maybe_id<T: From<Uuid>>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(|bytes| Uuid::from_bytes(bytes).into()))
}

/// Ids that are kept as 16 bytes.
pub(super) trait Id {
    /// The 16 bytes.
    fn to_bytes(self) -> [u8; 16];
}

impl Id for Uuid {
    fn to_bytes(self) -> [u8; 16] {
        self.into_bytes()
    }
}

macro_rules! typed {
    ($($id:ty)*) => {$(
        impl Id for $id {
            fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }
    )*};
}

typed!(UserId DeviceId RecordId);

/// An id as it is bound to a statement.
pub(super) fn blob(id: impl Id) -> [u8; 16] {
    id.to_bytes()
}

/// The entries of a comma list; empty text has none.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|s| !s.is_empty())
}
