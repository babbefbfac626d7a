//! `POST /api/v1/records/{kind}/{id}/intents`

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{author, read_intents, record};
use crate::api::extract::{Json, Path, Session};
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// What to do to a record.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Intents {
    /// Intents alone.
    #[schema(value_type = Vec<Object>)]
    List(Vec<Value>),
    /// In an object.
    Whole {
        /// The intents.
        #[schema(value_type = Vec<Object>)]
        intents: Vec<Value>,
    },
}

/// Changes a record by intents, all or none of them.
///
/// # Errors
/// `unknown_kind`, `not_found`, the refusal of an intent with its index in `params.intent`.
#[utoipa::path(post, path = "/api/v1/records/{kind}/{id}/intents", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"), ("id" = Uuid, Path, description = "Record")),
    request_body = Intents,
    responses((status = 200, body = Object), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn intents(
    State(state): State<AppState>,
    session: Session,
    Path((kind, id)): Path<(String, Uuid)>,
    Json(intents): Json<Intents>,
) -> Result<Json<Map<String, Value>>, ServerError> {
    let (Intents::List(list) | Intents::Whole { intents: list }) = intents;
    let intents = read_intents(&list)?;
    let (records, author) = (state.records.clone(), author(&session));
    let changed = state.ledger.blocking(move |_| {
        let kind = records.kind(&kind)?;
        records.change(&author, &kind, record(id), &intents)?;
        records.show(&author.principal, &kind, record(id))
    });
    Ok(Json(changed.await?))
}
