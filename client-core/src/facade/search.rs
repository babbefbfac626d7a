//! Finding records on the device, and following references to records that were merged.

use std::collections::BTreeMap;

use domain::merge;
use domain::schema::{Field, FieldType, Kind, Schema};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::Client;
use super::read::listed_json;
use crate::error::Error;
use crate::store::{around, rows};

/// Most rows of one kind that are put together.
const OF_A_KIND: usize = 200;

/// What merged records come to.
pub(super) struct Merged(BTreeMap<Uuid, Uuid>);

impl Merged {
    /// What an id comes to; itself if it was not merged.
    pub(super) fn follow(&self, id: Uuid) -> Uuid {
        self.0.get(&id).copied().unwrap_or(id)
    }

    /// Follows the references among these values.
    pub(super) fn follow_fields(&self, fields: &[Field], values: &mut Map<String, Json>) {
        if self.0.is_empty() {
            return;
        }
        for field in fields.iter().filter(|f| f.kind == FieldType::Ref && f.key != merge::FIELD) {
            let Some(value) = values.get_mut(&field.key) else { continue };
            if let Some(id) = value.as_str().and_then(|t| t.parse().ok()) {
                *value = json!(self.follow(id));
            }
        }
    }

    /// Follows the references of a record as it is shown.
    pub(super) fn follow_shown(&self, schema: &Schema, kind: &Kind, shown: &mut Map<String, Json>) {
        for kind in std::iter::once(kind).chain(schema.companion(kind)) {
            if let Some(Json::Object(fields)) = shown.get_mut("fields") {
                self.follow_fields(&kind.fields, fields);
            }
            for collection in &kind.collections {
                let entries = shown.get_mut("collections").and_then(|c| c.get_mut(&collection.key));
                for entry in entries.and_then(Json::as_array_mut).into_iter().flatten() {
                    if let Json::Object(entry) = entry {
                        self.follow_fields(&collection.fields, entry);
                    }
                }
            }
        }
    }
}

impl Client {
    /// What the merged records that are here come to.
    pub(super) fn merged(&self) -> Result<Merged, Error> {
        let mut all = BTreeMap::new();
        for kind in self.schema().kinds().filter(|k| merge::possible(k)) {
            all.extend(rows::merged(self.store.db(), kind)?);
        }
        Ok(Merged(merge::resolve(&all)))
    }

    /// Records of all kinds by number (also a former temporary one) and by text, in rows like those of
    /// [`Client::list`] with `matched`: `number` or `text`. Numbers come first, then the newest. `limit` 0: all.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`].
    pub fn search(&self, typed: &str, limit: usize) -> Result<Vec<Json>, Error> {
        let person = self.person()?;
        let merged = self.merged()?;
        let mut found = Vec::new();
        for kind in self.schema().kinds().filter(|k| k.companion_of.is_none()) {
            let beside = around::companion(self.schema(), person.role, kind);
            for (by_number, listed) in rows::search(self.store.db(), kind, beside, typed, OF_A_KIND)? {
                let order = (!by_number, std::cmp::Reverse(listed.row.created_at));
                let mut json = listed_json(&merged, kind, beside, &listed);
                json["matched"] = json!(if by_number { "number" } else { "text" });
                found.push((order, json));
            }
        }
        found.sort_by_key(|(order, _)| *order);
        let limit = if limit == 0 { usize::MAX } else { limit };
        Ok(found.into_iter().map(|(_, json)| json).take(limit).collect())
    }
}
