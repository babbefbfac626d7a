//! Edits of what the organisation sets: code lists, settings, calendar, questionnaires. An edit is a new version in the
//! database, a line of the audit log, and another schema for everybody, in one step.

use std::sync::{Arc, PoisonError};

use domain::ids::UserId;
use domain::schema::Schema;
use domain::settings::{Formulas, Organisation, Settings};
use serde::Deserialize as _;
use serde_json::{Value as Json, json};

use super::{Ledger, LedgerError, Live};
use crate::store::reference::{self, Area, Edited, Version};
use crate::store::{Snapshot, StoreError, audit, projections};

/// Versions that are shown of something.
const SHOWN: u32 = 20;

/// An edit of reference data.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    /// What is edited.
    pub area: Area,
    /// Which one.
    pub key: &'a str,
    /// Who edits it.
    pub by: Option<UserId>,
    /// The version that the editor looked at; 0 for what is as shipped. `None` to write over whatever is there.
    pub seen: Option<u32>,
}

impl Ledger {
    /// The schema without the organisation's edits.
    #[must_use]
    pub fn shipped(&self) -> &Arc<Schema> {
        &self.0.shipped
    }

    /// The versions of something that was edited, newest first; empty if it is as shipped. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn versions(&self, area: Area, key: &str) -> Result<Vec<Version>, LedgerError> {
        Ok(self.store().read_blocking(|snap| reference::versions(snap, area, key, SHOWN))?)
    }

    /// Everything that was edited, as it is now. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn edited(&self) -> Result<Vec<Edited>, LedgerError> {
        Ok(self.store().read_blocking(reference::all)?)
    }

    /// Carries an edit out: `make` says, by the schema of the moment, what is stored. Answers the new version;
    /// the same one if nothing is different. Blocks; if records are called otherwise afterwards, until all lists
    /// are made again.
    ///
    /// # Errors
    /// `Outdated` if somebody else edited it since; what `make` refuses; a failure of the store. Everything is then
    /// as it was.
    pub fn edit(
        &self,
        edit: &Edit<'_>,
        make: impl FnOnce(&Schema) -> Result<Json, LedgerError>,
    ) -> Result<u32, LedgerError> {
        // One at a time: each is judged by what the one before it came to.
        let _editing = self.0.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = self.edited()?;
        let place = rows.iter().position(|e| e.area == edit.area && e.key == edit.key);
        let held = place.and_then(|i| rows.get(i)).map(|e| e.newest.clone());
        let at_version = held.as_ref().map_or(0, |v| v.version);
        if edit.seen.is_some_and(|seen| seen != at_version) {
            return Err(LedgerError::Outdated);
        }
        let before = self.schema();
        let data = make(&before)?;
        if held.as_ref().is_some_and(|v| v.data == data) {
            return Ok(at_version);
        }
        let new = Version { version: at_version + 1, at: self.millis(), by: edit.by, data };
        match place.and_then(|i| rows.get_mut(i)) {
            Some(row) => row.newest = new.clone(),
            None => rows.push(Edited { area: edit.area, key: edit.key.to_owned(), newest: new.clone() }),
        }
        let now = Arc::new(self.shipped().for_organisation(&organisation(rows, self.former()?)));
        let renamed = !now.rows_as(&before);
        let (ledger, old) = (self.clone(), Arc::clone(&before));
        let (area, key, version) = (edit.area, edit.key.to_owned(), new.version);
        let written = self.store().write_blocking(move |tx| {
            reference::add(tx, area, &key, &new)?;
            let detail = json!({ "version": new.version, "from": held.map(|v| v.data), "to": &new.data });
            let target = format!("{}/{key}", area.as_str());
            let entry = audit::Entry { who: new.by, what: "reference_edit", target, detail };
            audit::append(tx, new.at, &entry)?;
            // From here on whatever this thread writes is written by the new schema. Should the commit fail, the
            // old one is put back below.
            ledger.put_schema(&now);
            if renamed {
                ledger.rebuild_in(tx)?;
            } else {
                projections::stamp(tx, &now)?;
                ledger.adopt_terms_in(tx)?;
            }
            Ok::<_, StoreError>(())
        });
        if let Err(error) = written {
            self.put_schema(&old);
            return Err(error.into());
        }
        if renamed {
            self.store().renew_readers();
        }
        self.adopt_terms()?;
        // Nobody may be listening.
        let _ = self.0.live.send(Live::Reference);
        Ok(version)
    }

    /// Reads what the organisation edited and goes by it.
    pub(super) fn adopt_organisation(&self) -> Result<(), LedgerError> {
        let rows = self.edited()?;
        let own = organisation(rows, self.former()?);
        self.put_schema(&Arc::new(self.shipped().for_organisation(&own)));
        Ok(())
    }

    /// What formulas were left to the organisation in every version of the settings.
    fn former(&self) -> Result<Vec<Formulas>, LedgerError> {
        let all = |snap: &Snapshot<'_>| reference::versions(snap, Area::Settings, "", u32::MAX);
        let mut former: Vec<Formulas> = Vec::new();
        for version in self.store().read_blocking(all)? {
            let (settings, _) = Settings::read_known(&version.data);
            if !former.contains(&settings.formulas) {
                former.push(settings.formulas);
            }
        }
        Ok(former)
    }

    fn put_schema(&self, schema: &Arc<Schema>) {
        *self.0.schema.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(schema);
    }
}

/// The edits as the domain takes them. What this version of the program cannot read stands as shipped: the office
/// can still work, and the log says what is missing.
fn organisation(rows: Vec<Edited>, former: Vec<Formulas>) -> Organisation {
    let mut own = Organisation { former, ..Organisation::default() };
    for Edited { area, key, newest } in rows {
        let data = newest.data;
        let read = match area {
            Area::List => domain::settings::ListEdit::deserialize(&data)
                .map(|edit| drop(own.lists.insert(key.clone(), edit)))
                .map_err(|e| e.to_string()),
            Area::Settings => {
                let (settings, unread) = Settings::read_known(&data);
                own.settings = settings;
                if unread.is_empty() { Ok(()) } else { Err(unread.join(", ")) }
            }
            Area::Calendar => domain::deadline::Notice::deserialize(&data)
                .map(|notice| drop(own.calendar.insert(notice.year, notice)))
                .map_err(|e| e.to_string()),
            Area::Template => {
                own.templates.insert(key.clone(), data);
                Ok(())
            }
        };
        if let Err(error) = read {
            tracing::error!(
                area = area.as_str(),
                key,
                error,
                "reference data of another version is not used"
            );
        }
    }
    own
}
