//! Merging records that turned out to be one, and showing references to them as what they come to.

use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::merge;
use domain::schema::{Field, FieldType, Kind, Schema};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{Records, companion_for};
use crate::store::{Snapshot, StoreError, merged};
use crate::sync::{Author, LedgerError};

impl Records {
    /// Merges a record into another of its kind, or undoes that (`None`): sets one field, by an intent like any other.
    /// Blocks.
    ///
    /// # Errors
    /// `unknown_field` for a kind whose records cannot be merged; `not_found` for a record that the person does not
    /// see; `bad_request` for a record into itself or into one that was merged into it; what the intent is refused for.
    pub fn merge(
        &self,
        author: &Author,
        kind: &Kind,
        id: RecordId,
        into: Option<RecordId>,
    ) -> Result<(), LedgerError> {
        if !merge::possible(kind) {
            let refusal = Refusal::field(Code::UnknownField, merge::FIELD).with("kind", kind.key.clone());
            return Err(refusal.into());
        }
        self.ledger.store().read_blocking(|snap| {
            self.seen(snap, &author.principal, kind, id)?;
            let Some(into) = into else { return Ok::<_, LedgerError>(()) };
            self.seen(snap, &author.principal, kind, into)?;
            if into == id || merged::resolve(snap, into)? == id {
                return Err(Refusal::new(Code::BadRequest).with("what", "into").into());
            }
            Ok(())
        })?;
        let set = Intent::Set { field: merge::FIELD.to_owned(), value: json!(into) };
        self.change(author, kind, id, &[set])
    }
}

/// Follows the references of a record as it is shown; its document keeps what was written.
pub(super) fn follow(
    snap: &Snapshot<'_>,
    schema: &Schema,
    kind: &Kind,
    shown: &mut Map<String, Json>,
    person: &domain::authz::Principal,
) -> Result<(), StoreError> {
    for kind in std::iter::once(kind).chain(companion_for(schema, person, kind)) {
        if let Some(Json::Object(fields)) = shown.get_mut("fields") {
            each(snap, schema, &kind.fields, fields)?;
        }
        for collection in &kind.collections {
            let entries = shown.get_mut("collections").and_then(|c| c.get_mut(&collection.key));
            for entry in entries.and_then(Json::as_array_mut).into_iter().flatten() {
                if let Json::Object(entry) = entry {
                    each(snap, schema, &collection.fields, entry)?;
                }
            }
        }
    }
    Ok(())
}

fn each(
    snap: &Snapshot<'_>,
    schema: &Schema,
    fields: &[Field],
    values: &mut Map<String, Json>,
) -> Result<(), StoreError> {
    let to_mergeable = |f: &&Field| {
        let target = f.target.as_deref().and_then(|t| schema.kind(t));
        f.kind == FieldType::Ref && f.key != merge::FIELD && target.is_some_and(merge::possible)
    };
    for field in fields.iter().filter(to_mergeable) {
        let Some(value) = values.get_mut(&field.key) else { continue };
        if let Some(id) = value.as_str().and_then(|t| t.parse::<Uuid>().ok()) {
            *value = json!(merged::resolve(snap, RecordId(id))?);
        }
    }
    Ok(())
}
