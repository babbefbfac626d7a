//! `GET /api/v1/records/{kind}/{id}` and its history and conflicts.

use axum::extract::State;
use domain::document::Conflict;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::record;
use crate::api::extract::{Json, Path, Session};
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// A record: fields, collections, events, who works on it, where people disagree, what the asker may do.
///
/// # Errors
/// `unknown_kind`, `not_found` (also for what the person may not see).
#[utoipa::path(get, path = "/api/v1/records/{kind}/{id}", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"), ("id" = Uuid, Path, description = "Record")),
    responses((status = 200, body = Object), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn show(
    State(state): State<AppState>,
    session: Session,
    Path((kind, id)): Path<(String, Uuid)>,
) -> Result<Json<Map<String, Value>>, ServerError> {
    let (records, principal) = (state.records.clone(), session.principal());
    let shown = state.ledger.reading(move |_| records.show(&principal, &*records.kind(&kind)?, record(id)));
    Ok(Json(shown.await?))
}

/// Every value that was ever set, newest first.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct History {
    /// `field`, `value`, `by`, `at`, `change`, `received_at`.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
}

/// Every value that was ever set: who, when, and when the server received it.
///
/// # Errors
/// `unknown_kind`, `not_found` (also for what the person may not see).
#[utoipa::path(get, path = "/api/v1/records/{kind}/{id}/history", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"), ("id" = Uuid, Path, description = "Record")),
    responses((status = 200, body = History), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn history(
    State(state): State<AppState>,
    session: Session,
    Path((kind, id)): Path<(String, Uuid)>,
) -> Result<Json<History>, ServerError> {
    let (records, principal) = (state.records.clone(), session.principal());
    let items =
        state.ledger.reading(move |_| records.history(&principal, &*records.kind(&kind)?, record(id)));
    Ok(Json(History { items: items.await? }))
}

/// Values that people set at the same time, the one showing first.
///
/// # Errors
/// `unknown_kind`, `not_found` (also for what the person may not see).
#[utoipa::path(get, path = "/api/v1/records/{kind}/{id}/conflicts", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"), ("id" = Uuid, Path, description = "Record")),
    responses((status = 200, body = Vec<Object>), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn conflicts(
    State(state): State<AppState>,
    session: Session,
    Path((kind, id)): Path<(String, Uuid)>,
) -> Result<Json<Vec<Conflict>>, ServerError> {
    let (records, principal) = (state.records.clone(), session.principal());
    let conflicts =
        state.ledger.reading(move |_| records.conflicts(&principal, &*records.kind(&kind)?, record(id)));
    Ok(Json(conflicts.await?))
}
