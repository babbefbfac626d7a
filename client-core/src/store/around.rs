//! What stands around a record when a change of it is judged: its companion, and records that refer to it.

use domain::authz::Role;
use domain::derive;
use domain::document::{Around, Linked, Record, RecordView};
use domain::ids::RecordId;
use domain::schema::{Kind, Schema};
use rusqlite::Connection;

use super::{documents, rows};
use crate::error::Error;

/// The companion kind of `kind`, for a role that reads it: what an engineer may not read is another document.
pub(crate) fn companion<'a>(schema: &'a Schema, role: Role, kind: &Kind) -> Option<&'a Kind> {
    schema.companion(kind).filter(|_| role != Role::Engineer)
}

/// The companion's kind and view with its computed fields, for whoever reads it; an empty view if it is not made yet.
pub(crate) fn beside<'a>(
    db: &Connection,
    schema: &'a Schema,
    role: Role,
    kind: &Kind,
    id: RecordId,
) -> Result<Option<(&'a Kind, RecordView)>, Error> {
    let Some(beside) = companion(schema, role, kind) else { return Ok(None) };
    let id = id.companion(&beside.key);
    let record = documents::current(db, id)?.unwrap_or_else(|| Record::new(&beside.key, id));
    let mut view = record.view(beside);
    derive::fill(schema, beside, &mut view);
    Ok(Some((beside, view)))
}

/// Runs `work` with what stands around a record.
pub(crate) fn with<T>(
    db: &Connection,
    schema: &Schema,
    kind: &Kind,
    id: RecordId,
    beside: Option<(&Kind, &RecordView)>,
    work: impl FnOnce(Around<'_>) -> T,
) -> T {
    // A list that cannot be read refers to nothing here; the server asks its own.
    let links = || -> Vec<Linked> { rows::linked(db, schema, kind, id).unwrap_or_default() };
    work(Around { beside, links: Some(&links) })
}
