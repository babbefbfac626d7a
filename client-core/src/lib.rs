//! The phone's whole logic, without a screen, a network or a clock of its own.
//!
//! A host (command line, native app, browser worker) brings [`host::Clock`] and [`host::Rng`], opens a
//! [`Client`], and carries the requests that [`sync::SyncEngine`] asks for. Nothing here does network
//! I/O or asks for the time.
//!
//! | module | job |
//! |---|---|
//! | [`facade`] | [`Client`]: the only door: create, edit, show, list, sign in |
//! | [`store`] | documents, unsent work and list rows on SQLite; the second copy of unsent work |
//! | [`sync`] | the sans-I/O sync engine: what to send next, what an answer means |
//! | [`host`] | what the host brings: clock and randomness |
//! | [`error`] | codes that a person may meet |
//! | [`arguments`] | what bindings are given as text |

pub mod arguments;
pub mod error;
pub mod facade;
pub mod host;
pub mod store;
pub mod sync;

#[cfg(test)]
mod tests;

pub use domain;
pub use error::Error;
pub use facade::{Client, DeadlineFilter, ListFilter};
