//! `POST /api/v1/records/{kind}/{id}/merge`

use axum::extract::State;
use domain::ids::RecordId;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{author, record};
use crate::api::extract::{Json, Path, Session};
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// What to merge a record into.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Merge {
    /// The record that stays; `null` undoes the merging.
    // Without this, a request that forgot it would undo.
    #[serde(deserialize_with = "Option::deserialize")]
    into: Option<Uuid>,
}

/// Merges a customer that was entered twice into the other file, or undoes that. Both histories stay; references are
/// shown as what they come to.
///
/// # Errors
/// `unknown_kind`, `unknown_field` for a kind that cannot be merged, `not_found`, `forbidden_field`, `bad_request`.
#[utoipa::path(post, path = "/api/v1/records/{kind}/{id}/merge", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"), ("id" = Uuid, Path, description = "Record")),
    request_body = Merge,
    responses((status = 200, body = Object), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn merge(
    State(state): State<AppState>,
    session: Session,
    Path((kind, id)): Path<(String, Uuid)>,
    Json(Merge { into }): Json<Merge>,
) -> Result<Json<Map<String, Value>>, ServerError> {
    let (records, author) = (state.records.clone(), author(&session));
    let merged = state.ledger.blocking(move |_| {
        let kind = records.kind(&kind)?;
        records.merge(&author, &kind, record(id), into.map(RecordId))?;
        records.show(&author.principal, &kind, record(id))
    });
    Ok(Json(merged.await?))
}
