//! `GET /api/v1/records/{kind}`

use axum::extract::{RawQuery, State};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::api::extract::{Json, Path, Session};
use crate::error::{Problem, ServerError};
use crate::records::ListRequest;
use crate::state::AppState;

/// A page of a list.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct ListAnswer {
    /// Rows: id, kind, number, status, title, dates, and the kind's indexed fields under their keys.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Map<String, Value>>,
    /// How many rows meet the filter altogether.
    total: u64,
    /// Where the next page starts.
    next: Option<String>,
    /// What the records and people that rows refer to are called, by id.
    #[schema(value_type = Object)]
    refs: std::collections::BTreeMap<Uuid, String>,
}

/// Records of a kind that this person sees: filtered, sorted, a page at a time.
///
/// # Errors
/// `unknown_kind`, `unknown_field`, `wrong_type`, `bad_request`.
#[utoipa::path(get, path = "/api/v1/records/{kind}", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"),
        ("filter" = Option<Vec<String>>, Query, description = "status:registered|closed,month:2026-03,text:漏油"),
        ("sort" = Option<String>, Query, description = "Field, with - in front for descending"),
        ("limit" = Option<usize>, Query, description = "Most rows, 50 unless given"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = ListAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<ListAnswer>, ServerError> {
    let request = read(query.as_deref().unwrap_or_default())?;
    let (records, principal) = (state.records.clone(), session.principal());
    let page =
        state.ledger.reading(move |_| records.list(&principal, &*records.kind(&kind)?, &request)).await?;
    Ok(Json(ListAnswer { items: page.items, total: page.total, next: page.next, refs: page.refs }))
}

/// `filter` may come several times, so the query is read pair by pair.
fn read(query: &str) -> Result<ListRequest, ServerError> {
    let bad = || ServerError::BadRequest { what: "query" };
    let mut request = ListRequest::default();
    for (key, value) in pairs(query).ok_or_else(bad)? {
        match key.as_str() {
            "filter" => request.filters.push(value),
            "sort" => request.sort = Some(value).filter(|v| !v.is_empty()),
            "cursor" => request.cursor = Some(value).filter(|v| !v.is_empty()),
            "limit" => request.limit = Some(value.parse().map_err(|_| bad())?),
            _ => {}
        }
    }
    Ok(request)
}

fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let parts = query.split('&').filter(|p| !p.is_empty());
    let pairs = parts.map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        Some((decode(key)?, decode(value)?))
    });
    pairs.collect()
}

fn decode(text: &str) -> Option<String> {
    crate::records::percent_decoded(&text.replace('+', " "))
}
