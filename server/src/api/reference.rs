//! `GET /api/v1/reference`

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::extract::{Json, Query, Session};
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// What the client has.
#[derive(Debug, Deserialize)]
pub struct Since {
    since: Option<u64>,
}

/// Schema, code lists, lifecycles, people and settings; only `version` and `changed: false` if the client's version
/// is the present one.
///
/// # Errors
/// Without a valid token.
#[utoipa::path(get, path = "/api/v1/reference", tag = "reference", security(("access" = [])),
    params(("since" = Option<u64>, Query, description = "The version that the client has")),
    responses((status = 200, body = Object), (status = 304), (status = 401, body = Problem)))]
pub async fn reference(
    State(state): State<AppState>,
    _session: Session,
    Query(Since { since }): Query<Since>,
    headers: HeaderMap,
) -> Result<Response, ServerError> {
    let (version, data) = state
        .ledger
        .reading(move |ledger| {
            let data = ledger.reference(since)?;
            Ok((data.get("version").and_then(serde_json::Value::as_u64).unwrap_or_default(), data))
        })
        .await?;
    let tag = format!("\"{version:x}\"");
    let held = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    // A compressing proxy or layer may have made the tag weak.
    let same = held.is_some_and(|h| h.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { Json(data).into_response() };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}
