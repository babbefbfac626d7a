//! The commands of `fieldledger`. Each is a file with its arguments and a `run`.

mod output;
mod serve;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::store::{Store, StoreError};

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
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
