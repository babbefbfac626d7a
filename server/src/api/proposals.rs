//! Changes that wait for the office's decision.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::extract::{Json, Path, Query, Session};
use crate::error::{Problem, ServerError};
use crate::records::Verdict;
use crate::state::AppState;
use crate::sync::Author;

/// Most characters of a note.
const NOTE: usize = 1_000;

/// What waits.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Proposals {
    /// `id`, `kind`, `record`, `number`, `title`, `by`, `at`, `received_at`, `flag`, and `changes`: each a `field`,
    /// the proposed `value` and the `current` one; `changes` is null while the record cannot be read.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// How many wait altogether.
    total: u64,
    /// Where the next page starts.
    next: Option<String>,
}

/// Where to go on.
#[derive(Debug, Deserialize)]
pub struct After {
    cursor: Option<i64>,
}

/// The changes that wait, oldest first. For the office.
///
/// # Errors
/// `forbidden_doc` for who is not of the office.
#[utoipa::path(get, path = "/api/v1/proposals", tag = "proposals", security(("access" = [])),
    params(("cursor" = Option<i64>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Proposals), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn list(
    State(state): State<AppState>,
    session: Session,
    Query(After { cursor }): Query<After>,
) -> Result<Json<Proposals>, ServerError> {
    let (records, principal) = (state.records.clone(), session.principal());
    let (items, total) =
        state.ledger.reading(move |_| records.proposals(&principal, cursor.unwrap_or(0))).await?;
    let last = items.last().and_then(|i| i.get("id")).and_then(Value::as_i64);
    let next = last.filter(|_| total > items.len() as u64).map(|n| n.to_string());
    Ok(Json(Proposals { items, total, next }))
}

/// The office's decision.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Decision {
    /// `accept` or `refuse`.
    #[schema(value_type = String)]
    decision: Verdict,
    /// Words for the person who proposed.
    #[serde(default)]
    note: String,
}

/// Takes a proposed change over as it is, or turns it down. Its author's devices hear of it with their next pull.
///
/// # Errors
/// `not_found` if there is none or it was decided about; `forbidden_doc` for who is not of the office.
#[utoipa::path(post, path = "/api/v1/proposals/{id}", tag = "proposals", security(("access" = [])),
    params(("id" = i64, Path, description = "Proposal")), request_body = Decision,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn decide(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<i64>,
    Json(decision): Json<Decision>,
) -> Result<StatusCode, ServerError> {
    if decision.note.chars().count() > NOTE {
        return Err(ServerError::TooLarge);
    }
    let records = state.records.clone();
    let author = Author { principal: session.principal(), device: session.device };
    state.ledger.blocking(move |_| records.decide(&author, id, decision.decision, &decision.note)).await?;
    Ok(StatusCode::NO_CONTENT)
}
