//! `GET /api/v1/admin/retention`

use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use super::extract::{Json, Query, Session};
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// Records of a page, unless asked otherwise, and at most.
const PAGE: usize = 100;
const MOST: usize = 500;

/// Which records.
#[derive(Debug, Deserialize)]
pub struct Asked {
    kind: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A page of records past their day.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Retention {
    /// `id`, `kind`, `number`, `title`, `status`, `filed_at`, `retain_until` (the last day of keeping).
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// Where the next page starts; there may be more even if this one is not full.
    next: Option<String>,
}

/// Filed records that the organisation has kept for as long as it keeps them (settings `retention_years` and, by kind,
/// `retention`). They are listed for a person's decision; nothing deletes them. For administrators.
///
/// # Errors
/// `forbidden` for others; `unknown_kind`; `bad_request`.
#[utoipa::path(get, path = "/api/v1/admin/retention", tag = "admin", security(("access" = [])),
    params(("kind" = Option<String>, Query, description = "Only this kind"),
        ("limit" = Option<usize>, Query, description = "Most records, 100 unless given, at most 500"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Retention), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list(
    State(state): State<AppState>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Json<Retention>, ServerError> {
    session.admin()?;
    let (records, person) = (state.records.clone(), session.principal());
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MOST);
    let found = state
        .ledger
        .reading(move |_| {
            records.past_retention(&person, asked.kind.as_deref(), limit, asked.cursor.as_deref())
        })
        .await?;
    Ok(Json(Retention { items: found.items, next: found.next }))
}
