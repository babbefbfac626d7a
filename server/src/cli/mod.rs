//! The commands of `fieldledger`. Each is a file with its arguments and a `run`.

mod backup;
mod demo;
mod export;
mod import;
mod open;
mod output;
mod rebuild;
mod restore;
mod serve;
mod user;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use domain::schema::Schema;

use crate::config::{Config, ConfigFile};
use crate::host::{SystemClock, SystemRng};
use crate::store::{Store, StoreError};
use crate::sync::{Ledger, LedgerError, Parts};

/// FieldLedger 现场台账: complaints, visits and return-visits of an after-sales department.
#[derive(Debug, Parser)]
#[command(name = "fieldledger", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// Add, change and list accounts; works beside a running server.
    #[command(subcommand)]
    User(user::User),
    /// Copy everything into a directory; works beside a running server.
    Backup(backup::Backup),
    /// Put a backup in place; the server has to be stopped.
    Restore(restore::Restore),
    /// Read everything and compare it with what was written; works beside a running server.
    Verify(verify::Verify),
    /// Make lists, search and counters again from documents; the server has to be stopped.
    Rebuild(rebuild::Rebuild),
    /// Take a ledger from a spreadsheet; the same file again changes nothing; works beside a running server
    Import(import::Import),
    /// Make an organisation to look at, in an empty data directory; prints who can sign in
    Demo(demo::Make),
    /// Write records to a file; works beside a running server
    Export(export::Export),
}

/// Where the data is.
#[derive(Debug, Clone, clap::Args)]
pub struct DataDir {
    /// Data directory
    #[arg(long, value_name = "DIR", default_value = Config::DATA)]
    pub data: PathBuf,
}

impl DataDir {
    /// Opens the directory beside a server that may be running on it.
    ///
    /// # Errors
    /// See [`Store::open_beside`].
    pub fn open_beside(&self) -> Result<Store, CliError> {
        Ok(Store::open_beside(&self.data)?)
    }

    /// The ledger of an open directory, with the machine's clock and randomness.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn ledger(&self, store: Store) -> Result<Ledger, CliError> {
        let parts = Parts {
            receipt_key: Config::new(Some(self.data.clone()), None, ConfigFile::default()).receipt_key,
            store,
            schema: Schema::builtin().map_err(|e| CliError::new("server_fault", e.to_string()))?,
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRng),
        };
        Ledger::open(parts).map_err(|error| match error {
            LedgerError::Store(error) => error.into(),
            other => CliError::new("server_fault", other.to_string()),
        })
    }
}

/// Why a command was not done: one line on standard error, with a stable code.
#[derive(Debug, thiserror::Error)]
#[error("{message} [{code}]")]
pub struct CliError {
    /// Stable code.
    pub code: &'static str,
    /// For the person at the console.
    pub message: String,
}

impl CliError {
    /// A failure with its code.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new("io", error.to_string())
    }
}

/// Runs the command line of the process. Exit status: 0 done, 1 refused or failed, 2 wrong usage.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Serve(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Rebuild(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Export(command) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
