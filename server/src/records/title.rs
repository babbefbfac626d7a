//! What records are called on screens: the title of a list row, with the names of the records it refers to.

use std::collections::HashMap;

use domain::authz::Scope;
use domain::ids::{RecordId, UserId};
use domain::projection::{Cell, columns};
use domain::schema::{FieldType, Kind, Schema};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::store::projections::Listed;
use crate::store::{Snapshot, StoreError, accounts, projections, scopes};

/// Looks names up, each once, for one reader.
pub(super) struct Titles<'a> {
    schema: &'a Schema,
    snap: &'a Snapshot<'a>,
    mine: &'a [Scope],
    known: HashMap<Uuid, Option<String>>,
}

impl<'a> Titles<'a> {
    pub(super) fn new(schema: &'a Schema, snap: &'a Snapshot<'a>, mine: &'a [Scope]) -> Self {
        Self { schema, snap, mine, known: HashMap::new() }
    }

    /// The whole title of a row: what it refers to first, as far as the reader sees it.
    pub(super) fn of(&mut self, kind: &Kind, listed: &Listed) -> Result<String, StoreError> {
        let mut parts = Vec::new();
        for (i, column) in columns(kind).enumerate().filter(|(_, c)| c.field.kind == FieldType::Ref) {
            if !kind.title.contains(&column.field.key) {
                continue;
            }
            if let (Some(Cell::Id(id)), Some(target)) = (listed.row.cells.get(i), &column.field.target) {
                parts.extend(self.name(target, Uuid::from_bytes(*id))?);
            }
        }
        parts.push(listed.row.title.clone());
        parts.retain(|p| !p.is_empty());
        Ok(parts.join(" · "))
    }

    /// What a person or record is called.
    pub(super) fn name(&mut self, target: &str, id: Uuid) -> Result<Option<String>, StoreError> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let name = if target == "user" {
            accounts::by_id(self.snap, UserId(id))?.map(|u| u.display)
        } else {
            match self.schema.kind(target) {
                Some(kind) => self.record_name(kind, RecordId(id))?,
                None => None,
            }
        };
        self.known.insert(id, name.clone());
        Ok(name)
    }

    /// What one record is called: its title, or its number if it has none.
    fn record_name(&self, kind: &Kind, id: RecordId) -> Result<Option<String>, StoreError> {
        let found = scopes::see(self.snap, id, self.mine)?.filter(|f| f.kind == kind.key);
        let Some(found) = found else { return Ok(None) };
        let Some((number, title)) = projections::name(self.snap, kind, found.n)? else { return Ok(None) };
        Ok(Some(if title.is_empty() { number.unwrap_or_default() } else { title }))
    }

    /// The record in few words: `id`, `kind`, `number`, `temp_number`, `status`, `title`.
    pub(super) fn brief(&mut self, kind: &Kind, listed: &Listed) -> Result<Json, StoreError> {
        let row = &listed.row;
        Ok(json!({
            "id": row.id, "kind": kind.key, "number": row.number.as_ref().or(row.temp_number.as_ref()),
            "temp_number": row.temp_number, "status": row.status, "title": self.of(kind, listed)?,
        }))
    }
}
