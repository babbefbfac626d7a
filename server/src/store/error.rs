//! What can go wrong in the store.

use rusqlite::ErrorCode;

/// A failure of the data directory or the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another server runs on the directory.
    #[error("another server is using this data directory")]
    DataInUse,
    /// The directory was written by a newer version of the program.
    #[error("the data directory has version {found}, this program knows versions up to {known}")]
    DataTooNew {
        /// Version of the directory.
        found: i64,
        /// Newest version this program can read.
        known: i64,
    },
    /// The disk or the quota is full; nothing of the transaction was kept.
    #[error("no space left on the disk")]
    DiskFull,
    /// Another job's failure took the whole transaction with it; the write may be tried again.
    #[error("the transaction was rolled back")]
    RolledBack,
    /// A row with the same unique value is there already.
    #[error("there is one already")]
    Exists,
    /// The database did not take a setting on which its durability rests.
    #[error("the database refused {0}")]
    Pragma(&'static str),
    /// A migration failed and was rolled back.
    #[error("migration {number} ({name}) failed")]
    Migration {
        /// Number of the migration.
        number: i64,
        /// Name of the migration.
        name: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A job of the writer panicked; its writes were rolled back.
    #[error("a write job panicked")]
    Panicked,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// A stored value does not have the shape it was written with.
    #[error("stored value is damaged: {0}")]
    Damaged(&'static str),
    /// A file of the data directory.
    #[error("data directory: {0}")]
    Io(#[from] std::io::Error),
    /// Anything else SQLite reports.
    #[error("database: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// Stable code, the same for HTTP and the command line.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DataInUse => "data_in_use",
            Self::DataTooNew { .. } => "data_too_new",
            Self::DiskFull => "disk_full",
            Self::Exists => "conflict",
            _ => "server_fault",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(e) if e.code == ErrorCode::DiskFull => Self::DiskFull,
            Some(e)
                if [rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY]
                    .contains(&e.extended_code) =>
            {
                Self::Exists
            }
            _ => Self::Sqlite(error),
        }
    }
}
