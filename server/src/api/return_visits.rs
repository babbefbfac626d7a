//! Planning return-visits and surveys. For the office.

use axum::extract::State;
use domain::authz::Role;
use domain::error::{Code, Refusal};
use jiff::civil::Date;
use serde::Deserialize;

use super::extract::{Json, Query, Session};
use crate::error::{Problem, ServerError};
use crate::records::{Plan, PlanRequest, Sample};
use crate::state::AppState;
use crate::sync::Author;

/// The period to plan for. What is missing is refused by the handler, after the question who asks.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Period {
    /// First day, `YYYY-MM-DD`.
    #[serde(default)]
    from: String,
    /// Last day.
    #[serde(default)]
    to: String,
    /// Only customers of this region, a code of the list `region`.
    #[serde(default)]
    region: Option<String>,
    /// Only tell; write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The year of a survey.
#[derive(Debug, Deserialize)]
pub struct Year {
    year: Option<i16>,
}

fn office(session: &Session) -> Result<(), ServerError> {
    if session.user.role == Role::Engineer { Err(ServerError::Forbidden) } else { Ok(()) }
}

/// Plans return-visits for a period: one line for each turn of each customer's cycle, a callback for each complaint
/// that was answered, and the second attempts that were agreed on. The same again makes nothing twice.
///
/// # Errors
/// `forbidden` for who is not of the office; `wrong_type` for what is no day, `out_of_range`, `too_large`.
#[utoipa::path(post, path = "/api/v1/return-visits/plan", tag = "return-visits", security(("access" = [])),
    request_body = Period,
    responses((status = 200, body = Plan), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn plan(
    State(state): State<AppState>,
    session: Session,
    Json(period): Json<Period>,
) -> Result<Json<Plan>, ServerError> {
    office(&session)?;
    let day = |field: &str, text: &str| {
        text.parse::<Date>().map_err(|_| ServerError::from(Refusal::field(Code::WrongType, field)))
    };
    let request = PlanRequest {
        from: day("from", &period.from)?,
        to: day("to", &period.to)?,
        region: period.region.filter(|r| !r.is_empty()),
        dry_run: period.dry_run,
    };
    if request.to < request.from {
        return Err(Refusal::field(Code::OutOfRange, "to").with("min", request.from.to_string()).into());
    }
    let author = Author { principal: session.principal(), device: session.device };
    let records = state.records.clone();
    Ok(Json(state.ledger.blocking(move |_| records.plan(&author, &request)).await?))
}

/// The customers to survey in a year: the largest, until they make 80 % of the business of the three years before.
///
/// # Errors
/// `forbidden` for who is not of the office; `out_of_range`.
#[utoipa::path(get, path = "/api/v1/surveys/sample", tag = "return-visits", security(("access" = [])),
    params(("year" = i16, Query, description = "The year of the survey")),
    responses((status = 200, body = Sample), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn sample(
    State(state): State<AppState>,
    session: Session,
    Query(Year { year }): Query<Year>,
) -> Result<Json<Sample>, ServerError> {
    office(&session)?;
    let (records, principal) = (state.records.clone(), session.principal());
    Ok(Json(state.ledger.reading(move |_| records.sample(&principal, year.unwrap_or_default())).await?))
}
