//! Opening the records of a data directory for a command.

use std::sync::Arc;

use domain::schema::Schema;

use super::{CliError, DataDir};
use crate::config::{Config, ConfigFile};
use crate::host::{SystemClock, SystemRng};
use crate::records::Records;
use crate::store::Store;
use crate::sync::{Ledger, LedgerError, Parts};

impl DataDir {
    /// The records of the directory, beside a server that may be running on it. What a command writes
    /// reaches devices with their next contact.
    ///
    /// # Errors
    /// As [`DataDir::open_beside`], or a schema or ledger that cannot be opened.
    pub fn open_records(&self) -> Result<Records, CliError> {
        records_of(self, self.open_beside()?)
    }
}

/// The records of an open store.
///
/// # Errors
/// A schema or ledger that cannot be opened.
pub(super) fn records_of(data: &DataDir, store: Store) -> Result<Records, CliError> {
    let config = Config::new(Some(data.data.clone()), None, ConfigFile::default());
    let schema = Schema::builtin().map_err(|e| CliError::new("server_fault", e.to_string()))?;
    let ledger = Ledger::open(Parts {
        store,
        receipt_key: config.receipt_key,
        schema,
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
    })
    .map_err(|error| match error {
        LedgerError::Store(error) => error.into(),
        other => CliError::new("server_fault", other.to_string()),
    })?;
    Ok(Records::new(ledger))
}
