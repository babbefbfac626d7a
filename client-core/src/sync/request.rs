//! Requests for the host to carry, and what an error answer says.

use serde_json::{Map, Value as Json};

/// What a request's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// JSON, sent as it is.
    Json,
    /// A frame of the sync protocol; the host may compress it (zstd).
    Cbor,
}

impl Content {
    /// The media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Cbor => domain::wire::CONTENT_TYPE,
        }
    }
}

/// A request that the host makes to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query, from the root.
    pub path: String,
    /// The body; empty for `GET`.
    pub body: Vec<u8>,
    /// What the body is.
    pub content: Content,
    /// Bearer token.
    pub auth: Option<String>,
}

impl Request {
    /// A request with a JSON body.
    #[must_use]
    pub fn json(method: &'static str, path: &str, body: &Json) -> Self {
        let body = body.to_string().into_bytes();
        Self { method, path: path.to_owned(), body, content: Content::Json, auth: None }
    }
}

/// Code and parameters of an error answer (problem+json); a code of our own if it has none.
pub(crate) fn problem(status: u16, body: &[u8]) -> (String, Map<String, Json>) {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let said = match status {
        // These say how things are at the server, in words that here would mean this device.
        408 => Some("not_reachable"),
        507 => Some("server_fault"),
        _ => json["code"].as_str(),
    };
    let code = said.map(str::to_owned).unwrap_or_else(|| {
        match status {
            401 => "token_expired",
            403 => "forbidden",
            404 => "not_found",
            409 => "epoch_changed",
            410 => "cursor_too_old",
            413 => "too_large",
            426 => "upgrade_required",
            429 => "throttled",
            500.. => "server_fault",
            _ => "bad_request",
        }
        .to_owned()
    });
    let params = match &json["params"] {
        Json::Object(map) => map.clone(),
        _ => Map::new(),
    };
    (code, params)
}
