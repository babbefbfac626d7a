//! `client-core` for the browser: a thin door, called from a dedicated worker (`web/core/worker.ts`).
//!
//! Calls are handed on; JSON texts go in and out. The worker carries the requests that
//! [`Device::sync_next`] asks for.
//!
//! Outside the browser this package is empty: its SQLite exists there only.
#![cfg(target_arch = "wasm32")]

mod device;
mod error;
mod host;
mod storage;

pub use device::{Device, open};
