//! `GET /api/v1/deadlines`

use std::collections::BTreeMap;

use axum::extract::State;
use domain::deadline::{Filter, State as Standing};
use domain::time::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::extract::{Json, Query, Session};
use crate::error::{Problem, ServerError};
use crate::records::DeadlineRequest;
use crate::state::AppState;

const HOUR: i64 = 3_600_000;

/// What the query may say. Several states, kinds or rules are separated by `|`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    kind: String,
    rule: String,
    within: Option<u32>,
    before: Option<String>,
    mine: String,
    level: Option<u8>,
    limit: Option<usize>,
    cursor: String,
}

/// A page of what is owed.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct DeadlineAnswer {
    /// By due time: `record`, `kind`, `number`, `title`, `status`, `rule`, `label` {zh, en}, `owes` {code, zh, en},
    /// `round`, `due`, `state` (running, paused, missed), `started`, `stopped`, `elapsed`, `allowed` (ms, or a
    /// count), `basis` (continuous, calendar, working, count, none), `level` 0–5, `provisional`, `lead`, `customer`.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Map<String, Value>>,
    /// How many there are altogether.
    total: u64,
    /// Where the next page starts.
    next: Option<String>,
    /// What the people and customers that items refer to are called, by id.
    #[schema(value_type = Object)]
    refs: BTreeMap<Uuid, String>,
    /// The moment that states and levels are of.
    #[schema(value_type = String)]
    now: Timestamp,
}

/// Deadlines under which something is still owed, of the records that this person sees, by due time. State and level
/// are those of this moment. Records that have come to their end are not listed.
///
/// # Errors
/// `unknown_kind`, `bad_request`.
#[utoipa::path(get, path = "/api/v1/deadlines", tag = "records", security(("access" = [])),
    params(("state" = Option<String>, Query, description = "running|paused|missed, several separated by |"),
        ("kind" = Option<String>, Query, description = "Kinds of record, separated by |"),
        ("rule" = Option<String>, Query, description = "L1 to L50, separated by |"),
        ("within" = Option<u32>, Query, description = "Due in so many hours or overdue"),
        ("before" = Option<String>, Query, description = "Due at this time or earlier"),
        ("mine" = Option<String>, Query, description = "1: what I made, lead, help with or am responsible for"),
        ("level" = Option<u8>, Query, description = "At least this level of escalation"),
        ("limit" = Option<usize>, Query, description = "Most items, 50 unless given"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = DeadlineAnswer), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Json<DeadlineAnswer>, ServerError> {
    let request = request(&state, asked)?;
    let (records, principal) = (state.records.clone(), session.principal());
    let page = state.ledger.reading(move |_| records.deadlines(&principal, &request)).await?;
    Ok(Json(DeadlineAnswer {
        items: page.items,
        total: page.total,
        next: page.next,
        refs: page.refs,
        now: page.now,
    }))
}

fn request(state: &AppState, asked: Asked) -> Result<DeadlineRequest, ServerError> {
    let bad = |what| ServerError::BadRequest { what };
    let before = match (asked.before.as_deref().filter(|b| !b.is_empty()), asked.within) {
        (Some(text), _) => Some(Timestamp::parse(text, &state.ledger.zone()).ok_or_else(|| bad("before"))?),
        (None, Some(hours)) => Some(Timestamp(state.now() + i64::from(hours) * HOUR)),
        (None, None) => None,
    };
    let filter = Filter {
        states: words::<Standing>(&asked.state).ok_or_else(|| bad("state"))?,
        kinds: words(&asked.kind).ok_or_else(|| bad("kind"))?,
        rules: words(&asked.rule).ok_or_else(|| bad("rule"))?,
        level: asked.level.unwrap_or(0),
        before,
    };
    Ok(DeadlineRequest {
        filter,
        mine: matches!(asked.mine.as_str(), "1" | "true"),
        limit: asked.limit,
        cursor: Some(asked.cursor).filter(|c| !c.is_empty()),
    })
}

/// Words separated by bars.
fn words<T: DeserializeOwned>(text: &str) -> Option<Vec<T>> {
    let words = text.split('|').map(str::trim).filter(|w| !w.is_empty());
    words.map(|word| serde_json::from_value(json!(word)).ok()).collect()
}
