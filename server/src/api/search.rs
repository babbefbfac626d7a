//! `GET /api/v1/search`

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use super::extract::{Json, Query, Session};
use crate::error::{Problem, ServerError};
use crate::records::SearchRequest;
use crate::state::AppState;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    kind: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// What was found.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct SearchAnswer {
    /// Records, the best first: `id`, `kind`, `number`, `temp_number`, `status`, `title`, `matched` (`number`, `serial`
    /// or `text`), and a `snippet` where the title does not show why.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// How many records were ranked; if there is `more`, the newest thousand of those that match.
    total: usize,
    /// More records match than were ranked.
    more: bool,
    /// How many of each kind were ranked.
    kinds: BTreeMap<String, usize>,
    /// Where the next page starts.
    next: Option<String>,
}

/// Records of all kinds that this person sees, by number (also a former temporary one), title, serial or telephone
/// number in part, and text in any language.
///
/// # Errors
/// `unknown_kind`, `too_large`, `bad_request`.
#[utoipa::path(get, path = "/api/v1/search", tag = "records", security(("access" = [])),
    params(("q" = String, Query, description = "What to look for; parts between spaces must all occur"),
        ("kind" = Option<String>, Query, description = "Only this kind"),
        ("limit" = Option<usize>, Query, description = "Most records, 20 unless given, at most 100"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = SearchAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 413, body = Problem)))]
pub async fn search(
    State(state): State<AppState>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Json<SearchAnswer>, ServerError> {
    let Asked { q, kind, limit, cursor } = asked;
    let request = SearchRequest {
        text: q,
        kind: kind.filter(|k| !k.is_empty()),
        limit,
        cursor: cursor.filter(|c| !c.is_empty()),
    };
    let (records, principal) = (state.records.clone(), session.principal());
    let page = state.ledger.reading(move |_| records.search(&principal, &request)).await?;
    let crate::records::SearchPage { items, total, more, kinds, next } = page;
    Ok(Json(SearchAnswer { items, total, more, kinds, next }))
}
