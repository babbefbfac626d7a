//! What handlers take from a request. Each refuses with a [`ServerError`].

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::authz::{Principal, Role};
use domain::ids::{DeviceId, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use uuid::Uuid;

use crate::error::ServerError;
use crate::http::context;
use crate::state::AppState;
use crate::store::accounts::User;
use crate::store::sessions::Live;

/// A whole JSON body must have arrived after this time.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Who asks: the session behind the bearer token, checked against the database at this very request.
#[derive(Debug, Clone)]
pub struct Session {
    /// The session.
    pub sid: Uuid,
    /// The device, if the user named one at sign-in.
    pub device: Option<DeviceId>,
    /// The user.
    pub user: User,
}

impl Session {
    /// The user's id.
    pub fn user_id(&self) -> UserId {
        self.user.id
    }

    /// The user as the permission table knows them.
    pub fn principal(&self) -> Principal {
        self.user.principal()
    }

    /// Lets only admins pass.
    ///
    /// # Errors
    /// [`ServerError::Forbidden`].
    pub fn admin(&self) -> Result<(), ServerError> {
        if self.user.role == Role::Admin { Ok(()) } else { Err(ServerError::Forbidden) }
    }

    /// The session of an access token, for doors that do not get it in the `Authorization` header.
    ///
    /// # Errors
    /// `token_invalid`, `token_expired`, `user_disabled`, `device_revoked`.
    pub fn of_token(state: &AppState, token: &str) -> Result<Self, ServerError> {
        let claims = state.keys.read_access(token, state.now())?;
        Self::of_sid(state, claims.sid)
    }

    /// The session as the database has it now; for connections that outlive a request.
    ///
    /// # Errors
    /// `token_invalid` when it has ended, `user_disabled`, `device_revoked`.
    pub fn of_sid(state: &AppState, sid: Uuid) -> Result<Self, ServerError> {
        let live = state.store.sessions().find(sid)?.ok_or(ServerError::TokenInvalid)?;
        context::note_user(live.user.id);
        usable(&live)?;
        Ok(Self { sid, device: live.session.device, user: live.user })
    }
}

/// The session of an admin; it stands before the body, so that nobody else learns what the route takes.
#[derive(Debug, Clone)]
pub struct Admin(pub Session);

impl FromRequestParts<AppState> for Admin {
    type Rejection = ServerError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ServerError> {
        let session = Session::from_request_parts(parts, state).await?;
        session.admin()?;
        Ok(Self(session))
    }
}

/// Refuses a session that may not be used (any more).
///
/// # Errors
/// `user_disabled`, `device_revoked`, `token_invalid`, in this order: what an admin did matters more to the person
/// than that the session has ended.
pub fn usable(live: &Live) -> Result<(), ServerError> {
    if live.user.disabled_at.is_some() {
        Err(ServerError::UserDisabled)
    } else if live.device_revoked {
        Err(ServerError::DeviceRevoked)
    } else if live.session.revoked_at.is_some() {
        Err(ServerError::TokenInvalid)
    } else {
        Ok(())
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = ServerError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ServerError> {
        Self::of_token(state, bearer(&parts.headers)?)
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, ServerError> {
    let value = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let (scheme, token) = value.and_then(|v| v.split_once(' ')).ok_or(ServerError::TokenInvalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(ServerError::TokenInvalid) }
}

/// A JSON body, in and out.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ServerError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ServerError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        // A form on a foreign page can send any other type without asking the server first.
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(ServerError::UnsupportedMediaType);
        }
        let bytes = body(request, state).await?;
        let value = serde_json::from_slice(&bytes).map_err(|_| ServerError::BadRequest { what: "body" })?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The whole body, within the route's limit and in time.
///
/// # Errors
/// `too_large`, `timeout`, `bad_request`.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ServerError> {
    match tokio::time::timeout(BODY_TIME, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) => Err(rejected(&rejection)),
        Err(_) => Err(ServerError::Timeout),
    }
}

fn rejected(rejection: &BytesRejection) -> ServerError {
    use std::error::Error as _;
    let mut cause = rejection.source();
    while let Some(error) = cause {
        if error.is::<tower_http::timeout::TimeoutError>() {
            return ServerError::Timeout;
        }
        cause = error.source();
    }
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        ServerError::TooLarge
    } else {
        ServerError::BadRequest { what: "body" }
    }
}

/// Parameters in the path. One that cannot be read names nothing that exists.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ServerError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ServerError> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| ServerError::NotFound)
    }
}

/// Parameters in the query.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ServerError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ServerError> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|_| ServerError::BadRequest { what: "query" })
    }
}
