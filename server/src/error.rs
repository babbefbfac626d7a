//! What a request can be refused with, and the one table that makes HTTP of it.
//!
//! A body is `application/problem+json`: `{code, params, trace}`. The text a person reads is made by the screen.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::error::{Code, Refusal};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::host::NoRandomness;
use crate::http::context;
use crate::store::StoreError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Wrong name or password; the same for an unknown name.
    #[error("wrong name or password")]
    BadCredentials,
    /// No token, or one that cannot be trusted, or of a session that has ended.
    #[error("the token is not valid")]
    TokenInvalid,
    /// The token's time is over; refresh it.
    #[error("the token has expired")]
    TokenExpired,
    /// The account is disabled.
    #[error("the account is disabled")]
    UserDisabled,
    /// The device was revoked.
    #[error("the device was revoked")]
    DeviceRevoked,
    /// Too many attempts.
    #[error("too many attempts, wait {retry_after_s} s")]
    Throttled {
        /// Seconds until the next attempt is looked at.
        retry_after_s: i64,
    },
    /// Signed in, but not allowed.
    #[error("not allowed")]
    Forbidden,
    /// There is nothing, or nothing this person may know of.
    #[error("not found")]
    NotFound,
    /// The path exists, the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The request cannot be read. `what` names the part, never its content.
    #[error("bad request: {what}")]
    BadRequest {
        /// The part that cannot be read, e.g. `body` or `filter`.
        what: &'static str,
    },
    /// The body has a media type that the route does not take.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// More bytes than the route takes.
    #[error("the body is too large")]
    TooLarge,
    /// The body did not arrive in time.
    #[error("the body came too slowly")]
    Timeout,
    /// Something with this identity is there already, or changed meanwhile.
    #[error("conflict on {what}")]
    Conflict {
        /// What collides, e.g. `device`.
        what: &'static str,
    },
    /// A rule of the records says no.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// An answer that is not in this table, of a part of the API with codes of its own (sync).
    #[error("{code}")]
    Other {
        /// HTTP status.
        status: StatusCode,
        /// Stable code.
        code: &'static str,
        /// Values for the text.
        params: Map<String, Value>,
    },
    /// The store.
    #[error(transparent)]
    Store(StoreError),
    /// The server's own fault; the message is for the log only.
    #[error("fault: {0}")]
    Fault(String),
}

impl ServerError {
    /// A fault of the server, with its cause for the log.
    pub fn fault(cause: impl std::fmt::Display) -> Self {
        Self::Fault(cause.to_string())
    }

    /// Status and stable code.
    pub fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadCredentials => (StatusCode::UNAUTHORIZED, "bad_credentials"),
            Self::TokenInvalid => (StatusCode::UNAUTHORIZED, "token_invalid"),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired"),
            Self::UserDisabled => (StatusCode::FORBIDDEN, "user_disabled"),
            Self::DeviceRevoked => (StatusCode::FORBIDDEN, "device_revoked"),
            Self::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, "throttled"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::BadRequest { .. } => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout"),
            Self::Conflict { .. } => (StatusCode::CONFLICT, "conflict"),
            Self::Refused(refusal) => (refusal_status(refusal.code), refusal.code.as_str()),
            Self::Other { status, code, .. } => (*status, code),
            Self::Store(StoreError::DiskFull) => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            Self::Store(StoreError::Exists) => (StatusCode::CONFLICT, "conflict"),
            Self::Store(_) | Self::Fault(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_fault"),
        }
    }

    fn params(&self) -> Map<String, Value> {
        let one = |key: &str, value: Value| Map::from_iter([(key.to_owned(), value)]);
        match self {
            Self::Throttled { retry_after_s } => one("retry_after", (*retry_after_s).into()),
            Self::BadRequest { what } | Self::Conflict { what } => one("what", (*what).into()),
            Self::Refused(refusal) => refusal.params.clone(),
            Self::Other { params, .. } => params.clone(),
            _ => Map::new(),
        }
    }
}

fn refusal_status(code: Code) -> StatusCode {
    match code {
        Code::NotFound | Code::UnknownKind => StatusCode::NOT_FOUND,
        Code::ForbiddenField | Code::ForbiddenDoc | Code::ForbiddenState | Code::ForbiddenTransition => {
            StatusCode::FORBIDDEN
        }
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::ServerFault => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Body of every refusal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Stable code; screens make the text from it.
    pub code: &'static str,
    /// Values for the text.
    #[schema(value_type = Object)]
    pub params: Map<String, Value>,
    /// Identifies the request in the server's log.
    pub trace: String,
}

impl IntoResponse for ServerError {
    fn into_response(self) -> Response {
        let (status, code) = self.status();
        if status.is_server_error() {
            tracing::error!(trace = context::trace(), code, error = %self, "request failed");
        }
        context::note_code(code);
        let problem = Problem { code, params: self.params(), trace: context::trace() };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self {
            Self::Throttled { retry_after_s } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
            }
            _ if status == StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

impl From<StoreError> for ServerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoRandomness> for ServerError {
    fn from(error: NoRandomness) -> Self {
        Self::fault(error)
    }
}

impl From<Refusal> for ServerError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
