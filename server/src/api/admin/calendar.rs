//! `/api/v1/admin/calendar`: public holidays by year.

use axum::extract::State;
use domain::deadline::{Calendar, CalendarSettings, Holiday, Notice};
use domain::error::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Past, past};
use crate::api::extract::{Admin, Json, Path};
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::store::reference::Area;
use crate::sync::{Edit, Ledger, LedgerError};

/// Years that a notice can be about.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2199;
/// Most holidays of a year.
const HOLIDAYS: usize = 60;

/// The years whose public holidays are known.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Index {
    /// In order.
    items: Vec<Item>,
}

/// A year whose public holidays are known.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Item {
    /// The year.
    year: i16,
    /// The document that says so.
    source: String,
    /// Number of its newest version; 0 while it is as shipped.
    version: u32,
}

/// The public holidays of a year.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Year {
    /// The year.
    year: i16,
    /// Whether they are known; if not, the working week stands alone and time limits are provisional.
    known: bool,
    /// Whether the program came with this year.
    shipped: bool,
    /// Number of the newest version; 0 while it is as shipped.
    version: u32,
    /// The document that says so.
    source: String,
    /// Each `name` {`zh`, `en`}, `from` and `to` (days off, both included), `work` (days worked instead).
    #[schema(value_type = Vec<Object>)]
    holidays: Vec<Holiday>,
    /// Versions, newest first.
    history: Vec<Past>,
}

/// The public holidays of a year as they shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The version that was looked at; without it whatever is there is written over.
    version: Option<u32>,
    /// The document that says so.
    #[serde(default)]
    source: String,
    /// All of them: `name` {`zh`, `en`}, `from`, `to`, `work`; days as `YYYY-MM-DD`.
    #[schema(value_type = Vec<Object>)]
    holidays: Vec<Holiday>,
}

/// The years whose public holidays are known. For admins.
///
/// # Errors
/// `forbidden`.
#[utoipa::path(get, path = "/api/v1/admin/calendar", tag = "admin", security(("access" = [])),
    responses((status = 200, body = Index), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn index(State(state): State<AppState>, _admin: Admin) -> Result<Json<Index>, ServerError> {
    let items = state.ledger.reading(|ledger| {
        let edited = ledger.edited()?;
        let version = |year: i16| {
            let own = edited.iter().find(|e| e.area == Area::Calendar && e.key == year.to_string());
            own.map_or(0, |e| e.newest.version)
        };
        let item = |n: Notice| Item { year: n.year, version: version(n.year), source: n.source };
        Ok(ledger.notices().into_iter().map(item).collect())
    });
    Ok(Json(Index { items: items.await? }))
}

/// The public holidays of a year, none if they are not known. For admins.
///
/// # Errors
/// `forbidden`, `not_found` for what is no year of this and the last or next centuries.
#[utoipa::path(get, path = "/api/v1/admin/calendar/{year}", tag = "admin", security(("access" = [])),
    params(("year" = i16, Path, description = "Year")),
    responses((status = 200, body = Year), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn show(
    State(state): State<AppState>,
    _admin: Admin,
    Path(year): Path<i16>,
) -> Result<Json<Year>, ServerError> {
    Ok(Json(state.ledger.reading(move |ledger| read(ledger, year)).await?))
}

/// Puts in the public holidays of a year, with the days that are worked instead (调休). For admins. Time limits count
/// by them at once here, and on devices with their next sync.
///
/// # Errors
/// `forbidden`, `not_found`; `conflict` with `what: version` if they were edited meanwhile; `invalid_setting` with
/// `setting: calendar.YEAR`, `rule` `calendar` and the date or name in `detail`.
#[utoipa::path(put, path = "/api/v1/admin/calendar/{year}", tag = "admin", security(("access" = [])),
    params(("year" = i16, Path, description = "Year")), request_body = Wanted,
    responses((status = 200, body = Year), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn put(
    State(state): State<AppState>,
    Admin(session): Admin,
    Path(year): Path<i16>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Year>, ServerError> {
    let shown = state.ledger.blocking(move |ledger| {
        if !YEARS.contains(&year) {
            return Err(Refusal::new(Code::NotFound).into());
        }
        let key = year.to_string();
        let edit =
            Edit { area: Area::Calendar, key: &key, by: Some(session.user_id()), seen: wanted.version };
        let notice = Notice { year, source: wanted.source.trim().to_owned(), holidays: wanted.holidays };
        ledger.edit(&edit, |schema| {
            let invalid = |detail: String| {
                Refusal::new(Code::InvalidSetting)
                    .with("setting", format!("calendar.{year}"))
                    .with("rule", "calendar")
                    .with("detail", detail)
            };
            if notice.holidays.len() > HOLIDAYS || notice.source.chars().count() > 200 {
                return Err(invalid("too_long".to_owned()).into());
            }
            if let Some(nameless) = notice.holidays.iter().find(|h| h.name.zh.trim().is_empty()) {
                return Err(invalid(nameless.from.clone()).into());
            }
            let alone =
                CalendarSettings { years: vec![notice.clone()], ..schema.settings().calendar.clone() };
            Calendar::new(&alone, schema.zone().clone()).map_err(|e| invalid(e.to_string()))?;
            Ok(json!(notice))
        })?;
        read(ledger, year)
    });
    Ok(Json(shown.await?))
}

fn read(ledger: &Ledger, year: i16) -> Result<Year, LedgerError> {
    if !YEARS.contains(&year) {
        return Err(Refusal::new(Code::NotFound).into());
    }
    let notice = ledger.notices().into_iter().find(|n| n.year == year);
    let (version, history) = past(ledger.versions(Area::Calendar, &year.to_string())?);
    Ok(Year {
        year,
        known: notice.is_some(),
        shipped: Calendar::published().unwrap_or_default().iter().any(|n| n.year == year),
        version,
        source: notice.as_ref().map(|n| n.source.clone()).unwrap_or_default(),
        holidays: notice.map(|n| n.holidays).unwrap_or_default(),
        history,
    })
}
