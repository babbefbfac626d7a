//! `DELETE /api/v1/session`

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::api::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::store::{audit, sessions};

/// Signs out: the session's tokens are worth nothing from now on.
///
/// # Errors
/// Without a valid token.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", security(("access" = [])),
    responses((status = 204), (status = 401, body = Problem)))]
pub async fn logout(State(state): State<AppState>, session: Session) -> Result<StatusCode, ServerError> {
    let now = state.now();
    let ended = state.store.write(move |tx| {
        sessions::revoke(tx, session.sid, "logout", now)?;
        let (who, target) = (Some(session.user_id()), session.sid.to_string());
        audit::append(tx, now, &audit::Entry { who, what: "logout", target, detail: json!({}) })?;
        Ok::<_, ServerError>(())
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}
