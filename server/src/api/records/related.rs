//! `GET /api/v1/records/{kind}/{id}/related`

use axum::extract::State;
use uuid::Uuid;

use super::record;
use crate::api::extract::{Json, Path, Session};
use crate::error::{Problem, ServerError};
use crate::records::Related;
use crate::state::AppState;

/// What belongs to a record: who refers to it, what it refers to; for customers and products figures over that.
///
/// # Errors
/// `unknown_kind`, `not_found` (also for what the person may not see).
#[utoipa::path(get, path = "/api/v1/records/{kind}/{id}/related", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"), ("id" = Uuid, Path, description = "Record")),
    responses((status = 200, body = Related), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn related(
    State(state): State<AppState>,
    session: Session,
    Path((kind, id)): Path<(String, Uuid)>,
) -> Result<Json<Related>, ServerError> {
    let (records, principal) = (state.records.clone(), session.principal());
    let related = state.ledger.reading(move |_| {
        let kind = records.kind(&kind)?;
        records.related(&principal, &kind, record(id))
    });
    Ok(Json(related.await?))
}
