//! [`Client`]: the only door to the device's records.
//!
//! Apps, the command line and the bindings call nothing else. What it answers is the JSON that DESIGN §7
//! describes; texts are made by whoever shows it, from codes.

mod deadlines;
mod edit;
mod read;
mod route;
mod search;
mod session;

use std::path::Path;
use std::sync::Arc;

use domain::authz::Principal;
use domain::document::{Around, Record, Writer};
use domain::ids::{DeviceId, RecordId};
use domain::schema::{Kind, Schema};
use domain::time::{Timestamp, Zone};
use rusqlite::Connection;

use crate::error::Error;
use crate::host::Host;
use crate::store::{Durable, Recovered, Store, documents, meta};

pub use crate::store::files::StoredFile;
pub use crate::store::rows::Query as ListFilter;
pub use domain::deadline::Filter as DeadlineFilter;
pub use edit::SavedRecord;
pub use session::{Person, Session};

/// A device: its store, and the person who works on it.
pub struct Client {
    pub(crate) store: Store,
    pub(crate) host: Host,
    pub(crate) zone: Zone,
    open: Option<Open>,
}

/// The record edited last, kept open so that edits in a row share one actor.
struct Open {
    main: Record,
    companion: Option<Record>,
    /// The store's version when it was read; another process may have written since.
    version: i64,
}

impl Client {
    /// Opens the device's data in a directory, making it if need be. A damaged database is set aside and
    /// unsent work brought back; see [`Client::recovered`].
    ///
    /// # Errors
    /// [`Error::DataTooNew`], [`Error::DiskFull`], [`Error::Io`].
    pub fn open(dir: &Path, schema: Arc<Schema>, host: Host) -> Result<Self, Error> {
        Self::of(Store::open(dir, schema)?, host)
    }

    /// Opens the device's data on a connection that the host made.
    ///
    /// # Errors
    /// As [`Client::open`], and [`Error::Damaged`].
    pub fn on(db: Connection, schema: Arc<Schema>, host: Host) -> Result<Self, Error> {
        Self::of(Store::on(db, schema)?, host)
    }

    fn of(mut store: Store, mut host: Host) -> Result<Self, Error> {
        if meta::id(store.db(), meta::INSTANCE)?.is_none() {
            // Random throughout: its first digits mark temporary numbers.
            let device = uuid::Builder::from_random_bytes(host.actor()?).into_uuid();
            let instance = host.uuid()?;
            let made = store.write(|tx| {
                // A rescue brought the device's id back; the instance is new in any case.
                if meta::id(&tx.db, meta::DEVICE)?.is_none() {
                    meta::set(&tx.db, meta::DEVICE, &device.as_bytes()[..])?;
                }
                meta::set(&tx.db, meta::INSTANCE, &instance.as_bytes()[..])?;
                meta::set(&tx.db, meta::HELLO, 1)?;
                tx.log_who()
            })?;
            made.into_inner();
        }
        let zone = store.schema().zone().clone();
        Ok(Self { store, host, zone, open: None })
    }

    /// Goes by the lists and settings that were fetched last.
    pub(crate) fn adopt_reference(&mut self) -> Result<(), Error> {
        self.close_record();
        self.store.adopt_reference()?;
        self.zone = self.store.schema().zone().clone();
        Ok(())
    }

    /// The record schema, with the organisation's lists and settings as far as they were fetched.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        self.store.schema()
    }

    /// What was brought back at opening, if the database was found damaged.
    #[must_use]
    pub fn recovered(&self) -> Option<&Recovered> {
        self.store.recovered()
    }

    /// This installation; its first digits mark temporary numbers.
    pub(crate) fn installation(&self) -> Result<DeviceId, Error> {
        Ok(DeviceId(meta::id(self.store.db(), meta::DEVICE)?.unwrap_or_default()))
    }

    /// Forgets the open record: the store has changed under it.
    pub(crate) fn close_record(&mut self) {
        self.open = None;
    }

    pub(crate) fn kind(&self, key: &str) -> Result<Kind, Error> {
        let kind = self.schema().kind(key).cloned();
        kind.ok_or_else(|| {
            domain::error::Refusal::new(domain::error::Code::UnknownKind).with("kind", key).into()
        })
    }

    /// How far this device's clock is from the server's, where it matters.
    fn skew(&self) -> Result<Option<i64>, Error> {
        meta::get(self.store.db(), meta::SKEW)
    }

    pub(crate) fn writer<'a>(
        schema: &'a Schema,
        zone: &'a Zone,
        person: &Principal,
        now: Timestamp,
        skew_s: Option<i64>,
        around: Around<'a>,
    ) -> Writer<'a> {
        Writer { schema, zone, user: person.user, role: person.role, now, skew_s, historical: false, around }
    }

    /// The record as the person sees it, for reading.
    pub(crate) fn load(&self, id: RecordId) -> Result<Record, Error> {
        documents::current(self.store.db(), id)?.ok_or_else(|| Error::NotFound(id.to_string()))
    }

    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut crate::store::Tx<'_>) -> Result<T, Error>,
    ) -> Result<Durable<T>, Error> {
        self.store.write(work)
    }
}
