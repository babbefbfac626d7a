//! `GET /api/v1/records/{kind}/{id}/suggestions`

use axum::extract::State;
use uuid::Uuid;

use super::record;
use crate::api::extract::{Json, Path, Session};
use crate::error::{Problem, ServerError};
use crate::records::Suggestion;
use crate::state::AppState;

/// What the system notices about a record and a person should decide, with the intents that would carry it out.
///
/// # Errors
/// `unknown_kind`, `not_found` (also for what the person may not see).
#[utoipa::path(get, path = "/api/v1/records/{kind}/{id}/suggestions", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"), ("id" = Uuid, Path, description = "Record")),
    responses((status = 200, body = Vec<Suggestion>), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn suggestions(
    State(state): State<AppState>,
    session: Session,
    Path((kind, id)): Path<(String, Uuid)>,
) -> Result<Json<Vec<Suggestion>>, ServerError> {
    let (records, principal) = (state.records.clone(), session.principal());
    let found = state.ledger.reading(move |_| {
        let kind = records.kind(&kind)?;
        records.suggestions(&principal, &kind, record(id))
    });
    Ok(Json(found.await?))
}
