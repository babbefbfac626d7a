//! `POST /api/v1/session/refresh`
//!
//! A refresh token is exchanged once. If the answer is lost, the same request (same token, same request id) within a
//! day gets the same successor. Any other second use means that two hold the token: the session ends for both.

use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::Tokens;
use crate::api::extract::{Json, usable};
use crate::auth::token::{REFRESH_IDLE, SESSION_LIFE, refresh_hash};
use crate::error::{Problem, ServerError};
use crate::host::{DAY, Millis};
use crate::http::context;
use crate::state::AppState;
use crate::store::sessions::{Live, RefreshRow, TokenHash};
use crate::store::{StoreError, Tx, audit, sessions};

/// A lost answer can be asked for again this long.
const RETRY: Millis = DAY;

/// Which token to exchange.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct RefreshRequest {
    /// The refresh token.
    refresh: String,
    /// Made by the client for this exchange and sent again with a retry.
    request: Option<Uuid>,
}

/// Why an exchange is refused; a family that was used twice is ended in the same transaction that finds out.
enum Exchange {
    Done(Box<Live>),
    Reused,
}

/// Exchanges a refresh token.
///
/// # Errors
/// `token_invalid`, `token_expired`, `user_disabled`, `device_revoked`.
#[utoipa::path(post, path = "/api/v1/session/refresh", tag = "session", request_body = RefreshRequest,
    responses((status = 200, body = Tokens), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn refresh(
    State(state): State<AppState>,
    Json(request): Json<RefreshRequest>,
) -> Result<Json<Tokens>, ServerError> {
    let now = state.now();
    // Without an id the exchange cannot be retried: a random one never comes again.
    let id = match request.request {
        Some(id) => id,
        None => state.new_id()?,
    };
    let hash = refresh_hash(&request.refresh);
    let successor = state.keys.next_refresh(&request.refresh, id);
    let next = refresh_hash(&successor);
    let exchange = state.store.write(move |tx| exchange(tx, &hash, &next, id, now)).await?.into_inner();
    match exchange {
        Exchange::Done(live) => {
            context::note_user(live.user.id);
            Ok(Json(Tokens::new(&state, &live.session, &live.user, successor, now)?))
        }
        Exchange::Reused => Err(ServerError::TokenInvalid),
    }
}

fn exchange(
    tx: &Tx<'_>,
    hash: &TokenHash,
    next: &TokenHash,
    request: Uuid,
    now: Millis,
) -> Result<Exchange, ServerError> {
    let token = sessions::refresh(tx, hash)?.ok_or(ServerError::TokenInvalid)?;
    let live = sessions::live(tx, token.sid)?.ok_or(ServerError::TokenInvalid)?;
    usable(&live)?;
    if let Some(spent_at) = token.spent_at {
        if !is_retry(&token, request, spent_at, now) {
            end_family(tx, &live, now)?;
            return Ok(Exchange::Reused);
        }
    } else {
        if now - token.created_at > REFRESH_IDLE || now - live.session.created_at > SESSION_LIFE {
            return Err(ServerError::TokenExpired);
        }
        sessions::spend_refresh(tx, hash, request, now)?;
        sessions::add_refresh(tx, next, token.sid, now)?;
        sessions::touch(tx, &live.session, now)?;
    }
    Ok(Exchange::Done(Box::new(live)))
}

fn is_retry(token: &RefreshRow, request: Uuid, spent_at: Millis, now: Millis) -> bool {
    token.spent_by == Some(request) && now - spent_at <= RETRY
}

fn end_family(tx: &Tx<'_>, live: &Live, now: Millis) -> Result<(), StoreError> {
    sessions::revoke(tx, live.session.sid, "refresh token used twice", now)?;
    let entry = audit::Entry {
        who: None,
        what: "refresh_reused",
        target: live.session.sid.to_string(),
        detail: json!({ "user": live.user.id }),
    };
    audit::append(tx, now, &entry)
}
