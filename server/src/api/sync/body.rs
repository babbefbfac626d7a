//! Bodies of the sync protocol: caps first, then inflating within bounds, then decoding.

use std::io::Read as _;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::wire::{Body, CONTENT_TYPE, MAX_BODY_BYTES};

use super::malformed;
use crate::api::extract;
use crate::error::ServerError;

/// Compression of answers.
const LEVEL: i32 = 3;
/// Largest window that a sender may ask the decompressor to set aside: 2^23 bytes, as much as a body may have.
const WINDOW_LOG: u32 = 23;

/// A body of the protocol, in and out.
pub(super) struct Cbor<T>(pub(super) T);

impl<T: Body, S: Send + Sync> FromRequest<S> for Cbor<T> {
    type Rejection = ServerError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ServerError> {
        let headers = request.headers();
        let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(str::trim);
        if text(header::CONTENT_TYPE).is_none_or(|t| !t.eq_ignore_ascii_case(CONTENT_TYPE)) {
            return Err(ServerError::UnsupportedMediaType);
        }
        let coding = match text(header::CONTENT_ENCODING).map(str::to_ascii_lowercase).as_deref() {
            None | Some("identity") => Coding::Identity,
            Some("zstd") => Coding::Zstd,
            Some("gzip") => Coding::Gzip,
            Some(_) => return Err(ServerError::UnsupportedMediaType),
        };
        let bytes = extract::body(request, state).await?;
        let plain = match coding {
            Coding::Identity => bytes,
            Coding::Zstd => inflate_zstd(&bytes)?,
            Coding::Gzip => inflate(flate2::read::GzDecoder::new(&bytes[..]))?,
        };
        T::from_bytes(&plain).map(Self).map_err(|_| malformed("body"))
    }
}

/// How a body is compressed. Browsers can make gzip; everything else sends zstd.
enum Coding {
    Identity,
    Zstd,
    Gzip,
}

fn inflate_zstd(bytes: &[u8]) -> Result<Bytes, ServerError> {
    let bad = |_| malformed("encoding");
    let mut decoder = zstd::stream::read::Decoder::new(bytes).map_err(bad)?;
    decoder.window_log_max(WINDOW_LOG).map_err(bad)?;
    inflate(decoder)
}

fn inflate(decoder: impl std::io::Read) -> Result<Bytes, ServerError> {
    let mut plain = Vec::new();
    let read = decoder.take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut plain);
    read.map_err(|_| malformed("encoding"))?;
    if plain.len() > MAX_BODY_BYTES { Err(ServerError::TooLarge) } else { Ok(plain.into()) }
}

/// An answer, encoded and compressed where it may take its time.
pub(super) struct Encoded(Vec<u8>);

impl Encoded {
    pub(super) fn new(body: &impl Body) -> Result<Self, ServerError> {
        zstd::bulk::compress(&body.to_bytes(), LEVEL).map(Self).map_err(ServerError::fault)
    }
}

impl IntoResponse for Encoded {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, CONTENT_TYPE), (header::CONTENT_ENCODING, "zstd")];
        (headers, self.0).into_response()
    }
}
