//! `client-core` for native apps: Kotlin, Swift, and Python for scripts and tests, by UniFFI.
//!
//! A thin door: calls are handed on, JSON goes in and out, and nothing is decided here. An app opens a
//! [`Device`], shows what it answers, and brings a [`Transport`] that carries HTTP requests. See
//! `README.md` beside this package.
//!
//! | module | job |
//! |---|---|
//! | [`device`] | [`Device`]: open, sign in, list, show, edit, sync |
//! | [`transport`] | what the app brings: one HTTP request, one response |
//! | [`error`] | codes that a person may meet |
//! | `host` | the system's clock and randomness |

pub mod device;
pub mod error;
mod host;
pub mod transport;

pub use device::Device;
pub use error::DeviceError;
pub use transport::{HttpRequest, HttpResponse, Transport, TransportError};

uniffi::setup_scaffolding!("fieldledger");
