//! Errors as JavaScript sees them: thrown objects `{code, params}`. Whatever else comes out of a call is
//! a trap: the instance is broken, and the worker has to be started again.

use serde_json::{Value as Json, json};
use wasm_bindgen::JsValue;

/// A thrown error.
pub struct Thrown {
    code: String,
    params: Json,
}

impl Thrown {
    pub(crate) fn new(code: &str, params: Json) -> Self {
        Self { code: code.to_owned(), params }
    }

    /// A call that makes no sense now.
    pub(crate) fn argument(name: &str, detail: impl std::fmt::Display) -> Self {
        Self::new("bad_request", json!({"argument": name, "detail": detail.to_string()}))
    }
}

impl From<client_core::Error> for Thrown {
    fn from(e: client_core::Error) -> Self {
        Self { code: e.code().to_owned(), params: Json::Object(e.params()) }
    }
}

impl From<Thrown> for JsValue {
    fn from(thrown: Thrown) -> Self {
        let text = json!({"code": thrown.code, "params": thrown.params}).to_string();
        // The text was made by a JSON writer; if JavaScript cannot read it, it is thrown as it is.
        js_sys::JSON::parse(&text).unwrap_or_else(|_| text.into())
    }
}
