//! The sync engine (`docs/SYNC.md`), without I/O: it says which request comes next and takes the answer.

mod request;

pub(crate) use request::problem;
pub use request::{Content, Request};
