//! The ledger: documents in, feeds out.
//!
//! ```text
//!  changes ──► admission ──► commit ──► documents, scopes, rows, search, numbers   (one transaction)
//!                (judge)    (writer)         │
//!  devices ◄── pull, snapshot ◄──────────────┤
//!  office  ◄── live ◄────────────────────────┘
//! ```
//! [`Ledger`] is what the rest of the server uses: REST, imports and demo data go through the same admission as
//! devices do.

mod admission;
mod commit;
mod cursor;
mod deadlines;
mod hello;
mod independent;
mod keys;
mod live;
mod offer;
mod organisation;
mod pull;
mod rebuild;
mod reference;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::http::StatusCode;
use domain::authz::{Principal, Scope};
use domain::document::Hash;
use domain::error::{Code, Refusal};
use domain::ids::{DeviceId, RecordId};
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use serde_json::Map;
use tokio::sync::{Semaphore, broadcast};

use crate::error::ServerError;
use crate::host::{Clock, Millis, NoRandomness, Rng};
use crate::store::{Store, StoreError, cursors};

pub use admission::{Admitted, Incoming};
pub use commit::Done;
pub use hello::Resume;
pub use keys::ReceiptKey;
pub use live::{Live, Moved};
pub use offer::{Offered, Taken};
pub use organisation::Edit;
pub use pull::Pulled;
pub use rebuild::{Difference, Rebuilt};

pub(crate) use admission::{Prepared, State, unless_damaged};
pub(crate) use commit::DocWrite;
pub(crate) use deadlines::Setting as Deadlines;

/// Events kept for a slow receiver before it is told to look again.
const LIVE_KEPT: usize = 1_024;
/// Admissions that run at once: more than cores, because they wait for the disk in turn.
const ADMISSIONS: usize = 4;
/// Reads that run at once; they do not wait behind admissions.
const READINGS: usize = 8;

/// Who sends changes, and from where.
#[derive(Clone, Debug)]
pub struct Author {
    /// The person.
    pub principal: Principal,
    /// The device; `None` for the API and the console.
    pub device: Option<DeviceId>,
}

/// Why the ledger could not do something.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A rule refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// The place in the log is not (or no longer) this server's.
    #[error("the cursor is of another incarnation of the server")]
    EpochChanged,
    /// Somebody else edited it since it was looked at.
    #[error("it was edited meanwhile")]
    Outdated,
    /// Somebody else wrote the same records over and over; the same again later.
    #[error("too much was written to the record at the same time")]
    Busy,
}

impl From<LedgerError> for ServerError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(refusal) => refusal.into(),
            LedgerError::Store(error) => error.into(),
            LedgerError::Random(error) => error.into(),
            LedgerError::EpochChanged => {
                Self::Other { status: StatusCode::CONFLICT, code: "epoch_changed", params: Map::new() }
            }
            LedgerError::Outdated => Self::Conflict { what: "version" },
            LedgerError::Busy => Self::Other {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "server_fault",
                params: Map::new(),
            },
        }
    }
}

impl LedgerError {
    pub(crate) fn code(code: Code) -> Self {
        Self::Refused(Refusal::new(code))
    }
}

/// What the ledger is made of.
pub struct Parts {
    /// The data directory.
    pub store: Store,
    /// File of the key that signs receipts and cursors; made if it is missing.
    pub receipt_key: PathBuf,
    /// The schema.
    pub schema: Arc<Schema>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
}

struct Inner {
    store: Store,
    /// Without the organisation's edits.
    shipped: Arc<Schema>,
    schema: RwLock<Arc<Schema>>,
    /// Held while reference data is edited.
    editing: Mutex<()>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    key: ReceiptKey,
    live: broadcast::Sender<Live>,
    admissions: Arc<Semaphore>,
    readings: Arc<Semaphore>,
    reference: Mutex<Option<reference::Known>>,
    terms: Mutex<Option<deadlines::Known>>,
}

/// Handle to the ledger; clones share it.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

impl Ledger {
    /// Opens the ledger of a store: makes its receipt key and first epoch if there are none, and rebuilds the list
    /// tables if the schema has changed. Blocks.
    ///
    /// # Errors
    /// What the disk reports; `Damaged` for a document that cannot be read.
    pub fn open(parts: Parts) -> Result<Self, LedgerError> {
        // The caller may be a thread of the async runtime, which must not wait for the writer itself.
        std::thread::scope(|scope| scope.spawn(|| Self::open_here(parts)).join())
            .unwrap_or(Err(StoreError::Panicked.into()))
    }

    fn open_here(parts: Parts) -> Result<Self, LedgerError> {
        let Parts { store, receipt_key, schema, clock, rng } = parts;
        let key = ReceiptKey::open(&receipt_key, rng.as_ref())?;
        if store.read_blocking(cursors::epoch)?.is_none() {
            let (id, now) = (crate::host::random(rng.as_ref())?, clock.now());
            store.write_blocking(move |tx| {
                // Two commands that open a new directory at once shall agree on its epoch.
                match cursors::epoch(tx)? {
                    Some(epoch) => Ok(epoch),
                    None => cursors::begin_epoch(tx, id, now),
                }
            })?;
        }
        let (live, _) = broadcast::channel(LIVE_KEPT);
        let ledger = Self(Arc::new(Inner {
            store,
            shipped: Arc::clone(&schema),
            schema: RwLock::new(schema),
            editing: Mutex::new(()),
            clock,
            rng,
            key,
            live,
            admissions: Arc::new(Semaphore::new(ADMISSIONS)),
            readings: Arc::new(Semaphore::new(READINGS)),
            reference: Mutex::new(None),
            terms: Mutex::new(None),
        }));
        ledger.adopt_organisation()?;
        ledger.adopt_schema()?;
        ledger.adopt_terms()?;
        Ok(ledger)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The schema as the organisation has it now. Work takes it once and goes by it to its end: an edit of
    /// lists or settings puts another in its place.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.0.schema.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The organisation's zone.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.schema().zone().clone()
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.clock.now())
    }

    pub(crate) fn millis(&self) -> Millis {
        self.0.clock.now()
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        crate::host::random(self.0.rng.as_ref())
    }

    /// A fresh UUIDv7.
    ///
    /// # Errors
    /// Without randomness.
    pub fn fresh_id(&self) -> Result<uuid::Uuid, NoRandomness> {
        crate::host::new_id(self.0.clock.now(), self.0.rng.as_ref())
    }

    /// The receipt for a document with these heads (sorted).
    #[must_use]
    pub fn receipt(&self, doc: RecordId, heads: &[Hash]) -> [u8; 16] {
        self.0.key.receipt(doc, heads)
    }

    pub(crate) fn key(&self) -> &ReceiptKey {
        &self.0.key
    }

    /// What happens from now on.
    #[must_use]
    pub fn live(&self) -> broadcast::Receiver<Live> {
        self.0.live.subscribe()
    }

    /// Runs `work` that writes where it may block, a bounded number at a time.
    ///
    /// # Errors
    /// The work's own; a panic inside it becomes a failure of the store.
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Ledger) -> Result<T, LedgerError> + Send + 'static,
    {
        self.run(&self.0.admissions, work).await
    }

    /// Runs `work` that only reads where it may block, a bounded number at a time.
    ///
    /// # Errors
    /// As [`Ledger::blocking`].
    pub async fn reading<T, F>(&self, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Ledger) -> Result<T, LedgerError> + Send + 'static,
    {
        self.run(&self.0.readings, work).await
    }

    async fn run<T, F>(&self, permits: &Arc<Semaphore>, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Ledger) -> Result<T, LedgerError> + Send + 'static,
    {
        let permit = Arc::clone(permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let ledger = self.clone();
        let working = tokio::task::spawn_blocking(move || {
            let result = work(&ledger);
            drop(permit);
            result
        });
        working.await.map_err(|_| StoreError::Panicked)?
    }
}

/// Whether someone who reads `mine` sees a document that is in `scopes`.
pub(crate) fn sees(mine: &[Scope], scopes: &BTreeSet<Scope>) -> bool {
    mine.iter().any(|s| scopes.contains(s))
}
