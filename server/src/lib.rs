//! The office server: accounts, records, sync and reports over HTTP, on one SQLite database.
//!
//! ```text
//!  http     accept loop, limits, headers, request log, web apps
//!  api      routes: read the request, ask, answer
//!  auth     who you are                (what you may do: domain::authz)
//!  records  records for people and programs on this side of the wire
//!  sync     the ledger: admission, feeds, restores
//!  demo     an organisation to look at
//!  import   spreadsheets to records; export is the way back
//!  store    all SQL; one writer, many readers
//!  host     clock and randomness, given to everything else
//! ```

pub mod api;
pub mod auth;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
pub mod export;
pub mod host;
pub mod http;
pub mod import;
pub mod records;
pub mod state;
pub mod store;
pub mod sync;
pub mod telemetry;

pub use error::ServerError;
pub use http::{app, serve};
pub use state::AppState;
