//! What every handler can reach.

use std::sync::Arc;

use domain::schema::Schema;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use crate::auth::throttle::Throttle;
use crate::auth::token::Keys;
use crate::config::Config;
use crate::error::ServerError;
use crate::host::{Clock, Millis, Rng, SystemClock, SystemRng, new_id};
use crate::records::Records;
use crate::store::{Store, StoreError};
use crate::sync::{Ledger, LedgerError, Parts};
use crate::telemetry;

/// Password hashes at once: each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// Shared state; clones are cheap.
#[derive(Clone)]
pub struct AppState {
    /// Settings of the process.
    pub config: Arc<Config>,
    /// All data.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Signs and reads tokens.
    pub keys: Arc<Keys>,
    /// Counts failed sign-ins.
    pub throttle: Arc<Throttle>,
    /// Permits for password hashes.
    pub hashing: Arc<Semaphore>,
    /// Documents in, feeds out.
    pub ledger: Ledger,
    /// Records for people and programs.
    pub records: Records,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    stopping: watch::Sender<bool>,
}

impl AppState {
    /// Opens the data directory of `config` with the machine's clock and randomness.
    ///
    /// # Errors
    /// What [`Store::open`] reports, or a secret that cannot be read.
    pub fn open(config: Config) -> Result<Self, StoreError> {
        Self::open_with(config, Arc::new(SystemClock), Arc::new(SystemRng))
    }

    /// [`AppState::open`] with a clock and randomness of the caller's.
    ///
    /// # Errors
    /// As [`AppState::open`].
    pub fn open_with(config: Config, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, StoreError> {
        let schema = Schema::builtin().map_err(std::io::Error::other)?;
        Self::open_with_schema(config, clock, rng, schema)
    }

    /// [`AppState::open_with`] with a record schema other than the built-in one.
    ///
    /// # Errors
    /// As [`AppState::open`].
    pub fn open_with_schema(
        config: Config,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        schema: Arc<Schema>,
    ) -> Result<Self, StoreError> {
        let store = Store::open(&config.data)?;
        let keys = Keys::load(&config.data, rng.as_ref())?;
        let ledger = Ledger::open(Parts {
            store: store.clone(),
            receipt_key: config.receipt_key.clone(),
            schema,
            clock: Arc::clone(&clock),
            rng: Arc::clone(&rng),
        })
        .map_err(|error| match error {
            LedgerError::Store(error) => error,
            other => std::io::Error::other(other).into(),
        })?;
        Ok(Self {
            records: Records::new(ledger.clone()),
            ledger,
            config: Arc::new(config),
            store,
            clock,
            rng,
            keys: Arc::new(keys),
            throttle: Arc::default(),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            metrics: telemetry::metrics(),
            stopping: watch::Sender::new(false),
        })
    }

    /// The present moment.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// A fresh UUIDv7.
    ///
    /// # Errors
    /// Without randomness.
    pub fn new_id(&self) -> Result<Uuid, ServerError> {
        Ok(new_id(self.now(), self.rng.as_ref())?)
    }

    /// Turns true when the server begins to shut down; answers without an end (live events) stop then.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Closes the state and waits until the data directory is free, if nothing else holds it.
    pub fn close(self) {
        let Self { store, ledger, records, .. } = self;
        drop((records, ledger));
        store.close();
    }

    /// Begins the shutdown.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}
