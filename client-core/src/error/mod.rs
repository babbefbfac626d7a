//! What can go wrong on the device: a stable code and the values its text needs, as everywhere.

use domain::error::Refusal;
use domain::ids::RecordId;
use serde_json::{Map, Value as Json, json};

/// Why something was not done. [`Error::code`] and [`Error::params`] are what a screen makes its text of.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A newer version wrote the data; it was left untouched.
    #[error("the data has version {found}, this program knows {known}")]
    DataTooNew {
        /// Version of the data.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// No room left; nothing was half saved.
    #[error("the disk is full")]
    DiskFull,
    /// The database cannot be read as one. It is set aside at the next opening.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The stored document of one record cannot be read; the next sync fetches it again.
    #[error("the stored record {0} is damaged")]
    RecordDamaged(RecordId),
    /// Another program held the database for too long.
    #[error("the database is in use")]
    Busy,
    /// Nobody is signed in, or the sign-in has ended.
    #[error("sign-in needed")]
    SignInNeeded {
        /// Unsent pieces of work that wait here for the account that made them.
        unsent: u64,
    },
    /// The device holds another account's unsent work.
    #[error("locked for another account")]
    LockedForOther {
        /// That account's name.
        user: String,
        /// How many pieces.
        unsent: u64,
    },
    /// An argument of a binding is not what it should be.
    #[error("argument {name}: {detail}")]
    Argument {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The server answered with this code.
    #[error("the server says {code}")]
    Server {
        /// The code.
        code: String,
        /// Its values.
        params: Map<String, Json>,
    },
    /// Several records go by this number or name.
    #[error("several records are called {0}")]
    Ambiguous(String),
    /// No record, entry, person or file goes by this id, number or name.
    #[error("nothing here is called {0}")]
    NotFound(String),
    /// The system gave no random bytes.
    #[error("no randomness")]
    NoRandomness,
    /// Any other failure of the database.
    #[error("database: {0}")]
    Sql(rusqlite::Error),
    /// A failure of the file system.
    #[error("file: {0}")]
    Io(std::io::Error),
}

impl Error {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(r) => r.code.as_str(),
            Self::DataTooNew { .. } => "data_too_new",
            Self::DiskFull => "disk_full",
            Self::Damaged(_) => "data_damaged",
            Self::RecordDamaged(_) => "record_damaged",
            Self::Busy => "in_use",
            Self::SignInNeeded { .. } => "sign_in_needed",
            Self::LockedForOther { .. } => "locked_for_other",
            Self::Argument { .. } => "bad_request",
            Self::Server { code, .. } => code,
            Self::Ambiguous(_) => "ambiguous",
            Self::NotFound(_) => "not_found",
            Self::NoRandomness => "no_randomness",
            Self::Sql(_) => "database_failed",
            Self::Io(_) => "file_failed",
        }
    }

    /// Values for the text.
    #[must_use]
    pub fn params(&self) -> Map<String, Json> {
        let json = match self {
            Self::Refused(r) => return r.params.clone(),
            Self::Server { params, .. } => return params.clone(),
            Self::DataTooNew { found, known } => json!({"found": found, "known": known}),
            Self::Argument { name, detail } => json!({"argument": name, "detail": detail}),
            Self::Damaged(detail) => json!({"detail": detail}),
            Self::RecordDamaged(id) => json!({"id": id}),
            Self::SignInNeeded { unsent } => json!({"unsent": unsent}),
            Self::LockedForOther { user, unsent } => json!({"user": user, "unsent": unsent}),
            Self::Ambiguous(what) | Self::NotFound(what) => json!({"what": what}),
            Self::Sql(e) => json!({"detail": e.to_string()}),
            Self::Io(e) => json!({"detail": e.to_string()}),
            Self::DiskFull | Self::Busy | Self::NoRandomness => json!({}),
        };
        match json {
            Json::Object(map) => map,
            _ => Map::new(),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Sql;
        match e.sqlite_error_code() {
            Some(Sql::DiskFull) => Self::DiskFull,
            Some(Sql::DatabaseCorrupt | Sql::NotADatabase) => Self::Damaged(e.to_string()),
            Some(Sql::DatabaseBusy | Sql::DatabaseLocked) => Self::Busy,
            _ => Self::Sql(e),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        match e.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(e),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        Self::Damaged(e.to_string())
    }
}
