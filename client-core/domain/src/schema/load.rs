//! Reading the schema's files and checking what they say of one another.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Access, CodeList, Collection, FILE_FIELDS, Field, FieldType, Kind, Required, Schema, When};
use crate::lifecycle;
use crate::settings::Settings;
use crate::survey::Templates;
use crate::time::Zone;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/records.rs"));
}

/// The embedded files: name and text.
pub(super) fn builtin_files() -> impl Iterator<Item = (String, String)> {
    embedded::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
}

/// What is wrong with a schema file, and where.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not TOML, or not of the schema's shape.
    #[error("{file}: {source}")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says.
        source: Box<toml::de::Error>,
    },
    /// Contradicts itself or another file.
    #[error("{place}: {what}")]
    Meaning {
        /// Kind and field.
        place: String,
        /// What is wrong.
        what: String,
    },
}

#[derive(Deserialize)]
struct Lists {
    list: Vec<CodeList>,
}

impl Schema {
    /// The embedded files as texts, to be extended (an organisation's own fields, tests).
    #[must_use]
    pub fn builtin_sources() -> BTreeMap<String, String> {
        builtin_files().collect()
    }

    /// A schema from files: `lists*.toml` have code lists, every other file one kind.
    ///
    /// # Errors
    /// [`SchemaError`] names the file or field, and the rule that it breaks.
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, SchemaError> {
        let mut kinds = BTreeMap::new();
        let mut lists = BTreeMap::new();
        let mut hash = Sha256::new();
        for (file, text) in files {
            hash.update(file.as_bytes());
            hash.update(text.as_bytes());
            let syntax = |source| SchemaError::Syntax { file: file.clone(), source: Box::new(source) };
            if file.starts_with("lists") {
                for list in toml::from_str::<Lists>(&text).map_err(syntax)?.list {
                    if let Some(twice) = lists.insert(list.key.clone(), list) {
                        return Err(meaning(&twice.key, "the list is declared twice"));
                    }
                }
            } else {
                let mut kind: Kind = toml::from_str(&text).map_err(syntax)?;
                inherit_access(&mut kind);
                kind.by_key = HashMap::with_capacity(kind.fields.len());
                for (i, field) in kind.fields.iter().enumerate() {
                    if kind.by_key.insert(field.key.clone(), i).is_some() {
                        return Err(meaning(&place(&kind, &field.key), "the field is declared twice"));
                    }
                }
                kinds.insert(kind.key.clone(), Arc::new(kind));
            }
        }
        keep_imported_cells(&mut kinds);
        let templates =
            Templates::builtin().map_err(|e| SchemaError::Meaning { place: e.place, what: e.what })?;
        // Scores are worked out from them, and list rows show scores.
        for (file, text) in Templates::builtin_sources() {
            hash.update(file.as_bytes());
            hash.update(text.as_bytes());
        }
        let mut shipped = [0u8; 16];
        shipped.copy_from_slice(&hash.finalize()[..16]);
        let mut schema = Self {
            kinds,
            lists,
            settings: Settings::default(),
            former: Vec::new(),
            zone: Zone::default(),
            calendar: Arc::default(),
            templates,
            shipped,
            fingerprint: shipped,
        };
        schema.fingerprint = schema.row_fingerprint();
        for kind in schema.kinds() {
            schema.check_kind(kind)?;
        }
        Ok(schema)
    }

    fn check_kind(&self, kind: &Kind) -> Result<(), SchemaError> {
        let groups: BTreeSet<_> = kind.groups.iter().map(|g| g.key.as_str()).collect();
        let cycle = match &kind.lifecycle {
            Some(key) => Some(lifecycle::by_key(key).ok_or_else(|| meaning(&kind.key, "no such lifecycle"))?),
            None => kind
                .companion_of
                .as_ref()
                .and_then(|main| self.kind(main))
                .and_then(|main| lifecycle::by_key(main.lifecycle.as_deref()?)),
        };
        let statuses = |place: String, required: &Required| match required {
            Required::Entering(list) => match list.iter().find(|s| cycle.is_none_or(|c| !c.has(s))) {
                Some(status) => Err(meaning(&place, &format!("no status or step {status}"))),
                None => Ok(()),
            },
            Required::Always(_) => Ok(()),
        };
        for field in &kind.fields {
            let place = place(kind, &field.key);
            if !groups.contains(field.group.as_str()) {
                return Err(meaning(&place, "its group is not declared"));
            }
            self.check_field(&place, field)?;
            self.check_when(kind, &place, field.when.as_ref())?;
            if let Some(other) = &field.not_before
                && !self.beside(kind, other).is_some_and(|f| is_time(f) && is_time(field))
            {
                return Err(meaning(&place, "not_before names another day or instant of the record"));
            }
            statuses(place, &field.required)?;
        }
        for collection in &kind.collections {
            let at = place(kind, &collection.key);
            if kind.field(&collection.key).is_some() {
                return Err(meaning(&at, "a field has the same key"));
            }
            if collection.files
                && collection.fields.iter().any(|f| FILE_FIELDS.iter().any(|(k, _)| *k == f.key))
            {
                return Err(meaning(&at, "a file's own keys are implied"));
            }
            for field in &collection.fields {
                self.check_field(&place(kind, &format!("{}/{}", collection.key, field.key)), field)?;
            }
            if collection.unique.as_ref().is_some_and(|key| collection.field(key).is_none()) {
                return Err(meaning(&at, "unique names no field of the entries"));
            }
            self.check_when(kind, &at, collection.when.as_ref())?;
            statuses(at, &collection.required)?;
        }
        for key in kind.title.iter().chain(kind.month.iter()).chain(kind.number.iter().map(|n| &n.field)) {
            if kind.field(key).is_none() {
                return Err(meaning(&place(kind, key), "title, month or number names no field"));
            }
        }
        if let Some(companion) = &kind.companion {
            let other =
                self.kind(companion).ok_or_else(|| meaning(&kind.key, "its companion is not declared"))?;
            if other.companion_of.as_ref() != Some(&kind.key) {
                return Err(meaning(companion, "companion and companion_of do not agree"));
            }
            let keys = |k: &Kind| -> BTreeSet<String> {
                k.fields
                    .iter()
                    .map(|f| f.key.clone())
                    .chain(k.collections.iter().map(|c| c.key.clone()))
                    .collect()
            };
            if let Some(key) = keys(kind).intersection(&keys(other)).next() {
                return Err(meaning(&place(kind, key), "the companion has the same key"));
            }
        }
        Ok(())
    }

    fn check_when(&self, kind: &Kind, place: &str, when: Option<&When>) -> Result<(), SchemaError> {
        let Some(when) = when else { return Ok(()) };
        match self.beside(kind, &when.field) {
            Some(_) => Ok(()),
            None => Err(meaning(place, &format!("when: no field {}", when.field))),
        }
    }

    /// A field of a kind or of the other kind of its pair.
    fn beside<'a>(&'a self, kind: &'a Kind, key: &str) -> Option<&'a Field> {
        let other = || self.companion(kind).or_else(|| self.kind(kind.companion_of.as_deref()?));
        kind.field(key).or_else(|| other()?.field(key))
    }

    fn check_field(&self, place: &str, field: &Field) -> Result<(), SchemaError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if field.key.is_empty() || field.key.starts_with('_') || !field.key.chars().all(plain) {
            return Err(meaning(place, "a key is lower case letters, digits and underscores"));
        }
        let listed = matches!(field.kind, FieldType::Enum | FieldType::MultiEnum);
        if listed && field.list.as_ref().and_then(|l| self.list(l)).is_none() {
            return Err(meaning(place, "its code list is not declared"));
        }
        // Kinds that a later version declares may be named already; they read as plain ids.
        if field.kind == FieldType::Ref && field.target.is_none() {
            return Err(meaning(place, "a reference needs `ref`"));
        }
        for bound in field.min_value.iter().chain(field.max_value.iter()) {
            if bound.parse::<rust_decimal::Decimal>().is_err() {
                return Err(meaning(place, "min_value and max_value are decimals"));
            }
        }
        Ok(())
    }
}

/// Every kind can be imported, and keeps the cells that a row said where complaints keep them: so that people can
/// read them, and the next import tells what the file changed from what people changed.
fn keep_imported_cells(kinds: &mut BTreeMap<String, Arc<Kind>>) {
    use crate::keys::complaint::{IMPORT_SOURCE, KIND};
    let Some(declared) = kinds.get(KIND).and_then(|k| k.collection(IMPORT_SOURCE)).cloned() else { return };
    for kind in kinds.values_mut().filter(|k| k.companion_of.is_none()) {
        if let (None, Some(group)) = (kind.collection(IMPORT_SOURCE), kind.groups.last()) {
            let kept = Collection { group: group.key.clone(), ..declared.clone() };
            Arc::make_mut(kind).collections.push(kept);
        }
    }
}

fn is_time(field: &Field) -> bool {
    matches!(field.kind, FieldType::Date | FieldType::Datetime)
}

fn inherit_access(kind: &mut Kind) {
    for field in &mut kind.fields {
        field.declared_access.get_or_insert(Access::Core);
    }
    for collection in &mut kind.collections {
        for field in &mut collection.fields {
            field.declared_access.get_or_insert(collection.access);
        }
    }
}

fn place(kind: &Kind, key: &str) -> String {
    format!("{}.{key}", kind.key)
}

fn meaning(place: &str, what: &str) -> SchemaError {
    SchemaError::Meaning { place: place.to_owned(), what: what.to_owned() }
}
