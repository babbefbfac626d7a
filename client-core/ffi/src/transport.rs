//! HTTP, which the app does: apps have their own stack, proxies and certificates. Everything else about
//! a request (headers, compression, what to send next) is made here.

use std::collections::HashMap;
use std::io::Read as _;

use client_core::domain::wire;
use client_core::sync::{Content, Request};

/// A request to carry to the server.
#[derive(Clone, Debug, uniffi::Record)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT`, `PATCH`, `HEAD` or `DELETE`.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Header names in lower case, and their values. To be sent as they are.
    pub headers: HashMap<String, String>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

/// What the server answered, whatever the status.
#[derive(Clone, Debug, uniffi::Record)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Header names, in any case, and their values.
    pub headers: HashMap<String, String>,
    /// The body as the HTTP stack gives it, packed or unpacked.
    pub body: Vec<u8>,
}

/// The server did not answer.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum TransportError {
    /// No connection, a time-out, a connection that broke off. Nothing is lost; the next sync goes on.
    #[error("{detail}")]
    Unreachable {
        /// For a log; never shown.
        detail: String,
    },
}

// An app's callback may throw anything; what is thrown is an answer that did not come.
impl From<uniffi::UnexpectedUniFFICallbackError> for TransportError {
    fn from(e: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unreachable { detail: e.reason }
    }
}

/// What the app brings: one request out, one answer back. Called on the thread that called `sync` or
/// `sign_in`, never on the main thread unless those were. Redirects must not be followed.
#[uniffi::export(with_foreign)]
pub trait Transport: Send + Sync {
    /// Carries a request. Any HTTP status is an answer, not an error.
    ///
    /// # Errors
    /// [`TransportError::Unreachable`] if no answer came.
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;
}

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// An answer, with its body inflated.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Carries one request of the core.
pub(crate) fn carry(
    transport: &dyn Transport,
    server: &str,
    request: Request,
) -> Result<Answer, TransportError> {
    let mut headers = HashMap::from([("accept-encoding".to_owned(), "zstd".to_owned())]);
    let mut body = request.body;
    if !body.is_empty() {
        headers.insert("content-type".to_owned(), request.content.mime().to_owned());
    }
    if request.content == Content::Cbor
        && let Ok(packed) = zstd::bulk::compress(&body, 3)
    {
        headers.insert("content-encoding".to_owned(), "zstd".to_owned());
        body = packed;
    }
    if let Some(token) = request.auth {
        headers.insert("authorization".to_owned(), format!("Bearer {token}"));
    }
    let url = format!("{server}{}", request.path);
    let response = transport.send(HttpRequest { method: request.method.to_owned(), url, headers, body })?;
    // Some HTTP stacks unpack a body and leave its header, so the header says nothing. Neither JSON nor
    // a CBOR map can begin as a zstd frame does.
    let packed = response.body.starts_with(&ZSTD_MAGIC);
    let body = if packed { inflate(&response.body)? } else { response.body };
    Ok(Answer { status: response.status, body })
}

/// Inflates a body, within the protocol's bound.
fn inflate(packed: &[u8]) -> Result<Vec<u8>, TransportError> {
    let broken = |e: std::io::Error| TransportError::Unreachable { detail: e.to_string() };
    let mut body = Vec::new();
    let bound = wire::MAX_BODY_BYTES as u64 + 1;
    zstd::stream::read::Decoder::new(packed)
        .map_err(broken)?
        .take(bound)
        .read_to_end(&mut body)
        .map_err(broken)?;
    if body.len() > wire::MAX_BODY_BYTES {
        return Err(TransportError::Unreachable { detail: "the answer is too large".to_owned() });
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::Mutex;

    use super::*;

    struct Echo(Mutex<Option<HttpRequest>>);

    impl Transport for Echo {
        fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
            let body = request.body.clone();
            *self.0.lock().unwrap() = Some(request);
            Ok(HttpResponse { status: 200, headers: HashMap::new(), body })
        }
    }

    fn request(body: &[u8]) -> Request {
        let json = serde_json::json!({});
        let mut request = Request::json("POST", "/api/v1/sync/push", &json);
        request.content = Content::Cbor;
        request.body = body.to_vec();
        request.auth = Some("token".to_owned());
        request
    }

    #[test]
    fn bodies_are_packed_on_the_way_out_and_unpacked_on_the_way_in() {
        let echo = Echo(Mutex::new(None));
        let body = vec![7; 5_000];
        let answer = carry(&echo, "https://example.org", request(&body)).unwrap();
        assert_eq!(answer.body, body);
        let sent = echo.0.into_inner().unwrap().unwrap();
        assert_eq!(sent.url, "https://example.org/api/v1/sync/push");
        assert_eq!(sent.headers["authorization"], "Bearer token");
        assert_eq!(sent.headers["content-encoding"], "zstd");
        assert!(sent.body.len() < 100);
    }

    #[test]
    fn an_answer_beyond_the_bound_is_no_answer() {
        let echo = Echo(Mutex::new(None));
        let bomb = vec![0; wire::MAX_BODY_BYTES + 1];
        assert!(carry(&echo, "https://example.org", request(&bomb)).is_err());
    }
}
