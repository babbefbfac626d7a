//! Carries the engine's requests.

use std::io::Read as _;
use std::time::Duration;

use client_core::domain::wire::{MAX_BODY_BYTES, MAX_WIRE_BYTES};
use client_core::sync::{Content, Request};
use ureq::Agent;
use ureq::http::Response;
use ureq::{Body, http};

/// zstd level: the fastest that still finds the repetitions of ids.
const LEVEL: i32 = 3;

/// A connection to one server.
pub struct Http {
    agent: Agent,
    server: String,
}

/// No answer: not reachable, broken off, or not readable.
#[derive(Debug)]
pub struct Unreachable(pub String);

/// Status and body.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Http {
    pub fn to(server: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(90)))
            .max_redirects(0)
            .user_agent(concat!("fieldledger-device/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), server: server.trim_end_matches('/').to_owned() }
    }

    pub fn send(&self, request: &Request) -> Result<Answer, Unreachable> {
        let uri = format!("{}{}", self.server, request.path);
        let mut builder =
            http::Request::builder().method(request.method).uri(uri).header("accept-encoding", "zstd");
        if let Some(token) = &request.auth {
            builder = builder.header("authorization", format!("Bearer {token}"));
        }
        let lost = |e: &dyn std::fmt::Display| Unreachable(e.to_string());
        let response = if request.body.is_empty() {
            self.agent.run(builder.body(()).map_err(|e| lost(&e))?)
        } else {
            builder = builder.header("content-type", request.content.mime());
            let body = match request.content {
                Content::Json => request.body.clone(),
                Content::Cbor => {
                    builder = builder.header("content-encoding", "zstd");
                    zstd::encode_all(&request.body[..], LEVEL).map_err(|e| lost(&e))?
                }
            };
            self.agent.run(builder.body(body).map_err(|e| lost(&e))?)
        };
        let response = response.map_err(|e| lost(&e))?;
        let status = response.status().as_u16();
        Ok(Answer { status, body: read(response).map_err(|e| lost(&e))? })
    }
}

/// The body, decompressed, and no more of it than the protocol allows.
fn read(mut response: Response<Body>) -> std::io::Result<Vec<u8>> {
    let encoding = response.headers().get("content-encoding").and_then(|v| v.to_str().ok());
    let zstd = encoding.is_some_and(|e| e.eq_ignore_ascii_case("zstd"));
    let wire = response.body_mut().with_config().limit(MAX_WIRE_BYTES as u64).reader();
    let mut body = Vec::new();
    let most = MAX_BODY_BYTES as u64;
    let read = if zstd {
        zstd::stream::read::Decoder::new(wire)?.take(most + 1).read_to_end(&mut body)?
    } else {
        wire.take(most + 1).read_to_end(&mut body)?
    };
    if read as u64 > most {
        return Err(std::io::Error::other("the answer is too large"));
    }
    Ok(body)
}
