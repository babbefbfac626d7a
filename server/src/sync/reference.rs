//! Reference data: what screens need besides records. Edited online, cached on devices until its version differs.

use std::collections::BTreeMap;

use domain::deadline::{Calendar, Notice};
use domain::lifecycle;
use domain::schema::Schema;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{Ledger, LedgerError};
use crate::store::{Snapshot, StoreError, accounts, reference};

/// Bits of a version: whole numbers of JSON are exact up to 2^53.
const VERSION_BITS: u32 = 52;

/// The version last worked out, and what it was worked out from.
#[derive(Clone, Copy)]
pub(super) struct Known {
    stamp: (i64, i64, i64),
    version: u64,
}

impl Ledger {
    /// The version of the reference data: differs whenever the data does. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn reference_version(&self) -> Result<u64, LedgerError> {
        Ok(self.store().read_blocking(|snap| self.version_in(snap))?)
    }

    fn version_in(&self, snap: &Snapshot<'_>) -> Result<u64, StoreError> {
        let stamp = reference::stamp(snap)?;
        let mut known = self.0.reference.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = known.filter(|k| k.stamp == stamp) {
            return Ok(known.version);
        }
        let mut hash = Sha256::new();
        let schema = self.schema();
        hash.update(schema.fingerprint());
        hash.update(json!([people(snap)?, edited(&schema)]).to_string());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        let version = u64::from_be_bytes(first) >> (u64::BITS - VERSION_BITS);
        *known = Some(Known { stamp, version });
        Ok(version)
    }

    /// The reference data; only its version if that is `since`. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn reference(&self, since: Option<u64>) -> Result<Map<String, Json>, LedgerError> {
        let (version, people) = self.store().read_blocking(|snap| {
            let version = self.version_in(snap)?;
            let people = if since == Some(version) { Vec::new() } else { people(snap)? };
            Ok::<_, StoreError>((version, people))
        })?;
        let mut out = Map::new();
        out.insert("version".into(), json!(version));
        out.insert("changed".into(), json!(since != Some(version)));
        if since == Some(version) {
            return Ok(out);
        }
        out.insert("schema".into(), json!({ "kinds": self.kinds() }));
        out.insert("lifecycles".into(), Json::Object(self.lifecycles()));
        out.insert("people".into(), json!(people));
        out.extend(edited(&self.schema()));
        Ok(out)
    }

    /// The public holidays of every known year, in order.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        notices(&self.schema())
    }

    /// Kinds as clients read them: the schema's own words, and the number's field by its key.
    fn kinds(&self) -> Vec<Json> {
        let schema = self.schema();
        let kinds = schema.kinds().map(|kind| {
            let mut json = json!(kind);
            if let Json::Object(map) = &mut json {
                let groups = map.remove("group").unwrap_or_default();
                map.insert("groups".into(), groups);
                let fields = map.remove("field").unwrap_or_default();
                map.insert("fields".into(), fields);
                let mut collections = map.remove("collection").unwrap_or_default();
                for collection in collections.as_array_mut().into_iter().flatten() {
                    if let Some(collection) = collection.as_object_mut() {
                        let fields = collection.remove("field").unwrap_or_default();
                        collection.insert("fields".into(), fields);
                        collection.entry("files").or_insert(json!(false));
                    }
                }
                map.insert("collections".into(), collections);
                let key = map.remove("kind").unwrap_or_default();
                map.insert("key".into(), key);
                map.insert("number_field".into(), json!(kind.number.as_ref().map(|n| &n.field)));
                for absent in ["lifecycle", "companion", "companion_of"] {
                    map.entry(absent).or_insert(Json::Null);
                }
            }
            json
        });
        kinds.collect()
    }

    /// Lifecycles by key; each step with the fields that some kind needs for it.
    fn lifecycles(&self) -> Map<String, Json> {
        let schema = self.schema();
        let needs = |cycle: &str, step: &lifecycle::Transition| {
            let mut keys: Vec<String> = Vec::new();
            for kind in schema.kinds().filter(|k| k.lifecycle.as_deref() == Some(cycle)) {
                keys.extend(domain::document::named(kind, step).map(str::to_owned));
                if let Some(companion) = schema.companion(kind) {
                    keys.extend(domain::document::named(companion, step).map(str::to_owned));
                }
            }
            keys
        };
        let cycles = lifecycle::all().iter().map(|cycle| {
            let mut json = cycle.to_json();
            let steps = json["transitions"].as_array_mut().into_iter().flatten();
            for (json, step) in steps.zip(cycle.transitions) {
                json["requires"] = json!(needs(cycle.key, step));
            }
            (cycle.key.to_owned(), json)
        });
        cycles.collect()
    }
}

fn people(snap: &Snapshot<'_>) -> Result<Vec<Json>, StoreError> {
    let people = accounts::all(snap)?.into_iter().map(|user| {
        json!({
            "id": user.id, "name": user.name, "display": user.display, "role": user.role,
            "department": user.department, "region": user.region, "active": user.disabled_at.is_none(),
        })
    });
    Ok(people.collect())
}

/// The public holidays of every known year, in order.
fn notices(schema: &Schema) -> Vec<Notice> {
    let shipped = Calendar::published().unwrap_or_default();
    let all = shipped.into_iter().chain(schema.settings().calendar.years.iter().cloned());
    // A year that was put in replaces the shipped one.
    all.map(|notice| (notice.year, notice)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// What the organisation edits, as it is in effect.
fn edited(schema: &Schema) -> Map<String, Json> {
    let all = json!({
        "lists": schema.lists().collect::<Vec<_>>(), "settings": schema.settings(), "calendar": notices(schema),
        "templates": schema.templates().to_json(),
    });
    if let Json::Object(all) = all { all } else { Map::new() }
}
