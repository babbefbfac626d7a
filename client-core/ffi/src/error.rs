//! Errors as the other languages see them.

use client_core::Error;
use serde_json::json;

/// Something was not done. There is one kind only: what an app shows depends on the code.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum DeviceError {
    /// Why, as a stable code with the values that its text needs.
    #[error("{code} {params}")]
    Failed {
        /// The code, such as `required` or `sign_in_needed`. Apps make their text of it.
        code: String,
        /// A JSON object: field, limit, place in the list of intents and the like.
        params: String,
    },
}

impl DeviceError {
    pub(crate) fn new(code: &str, params: &serde_json::Value) -> Self {
        Self::Failed { code: code.to_owned(), params: params.to_string() }
    }

    /// A call broke off in the middle. What was saved is on the disk; opening the device again reads it.
    pub(crate) fn trap() -> Self {
        Self::new("trap", &json!({}))
    }
}

impl From<Error> for DeviceError {
    fn from(e: Error) -> Self {
        Self::Failed { code: e.code().to_owned(), params: serde_json::Value::Object(e.params()).to_string() }
    }
}
