//! `/api/v1/admin/settings`: what the organisation sets.

use axum::extract::State;
use domain::deadline::{Rule, rules};
use domain::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Past, past};
use crate::api::extract::{Admin, Json};
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::store::reference::Area;
use crate::sync::{Edit, Ledger, LedgerError};

/// The settings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Shown {
    /// Number of the newest version; 0 while they are as shipped.
    version: u32,
    /// All settings as they are.
    #[schema(value_type = Object)]
    settings: Value,
    /// All settings as shipped.
    #[schema(value_type = Object)]
    defaults: Value,
    /// The time limits that `deadlines.rules` may name, in the order of the catalogue: `id`, `label` {`zh`, `en`},
    /// and the usual `limit`.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<Value>,
    /// Versions, newest first.
    history: Vec<Past>,
}

/// Settings as they shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The version that was looked at; without it whatever is there is written over.
    version: Option<u32>,
    /// All of them; what is not named is as shipped.
    #[schema(value_type = Object)]
    settings: Value,
}

/// The settings. For admins.
///
/// # Errors
/// `forbidden`.
#[utoipa::path(get, path = "/api/v1/admin/settings", tag = "admin", security(("access" = [])),
    responses((status = 200, body = Shown), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn show(State(state): State<AppState>, _admin: Admin) -> Result<Json<Shown>, ServerError> {
    Ok(Json(state.ledger.reading(read).await?))
}

/// Sets the settings. For admins. In effect at once here, and on devices with their next sync.
///
/// # Errors
/// `forbidden`; `conflict` with `what: version` if they were edited meanwhile; `invalid_setting` with the path of the
/// `setting`, the `rule` that it breaks and perhaps `detail`.
#[utoipa::path(put, path = "/api/v1/admin/settings", tag = "admin", security(("access" = [])),
    request_body = Wanted,
    responses((status = 200, body = Shown), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn put(
    State(state): State<AppState>,
    Admin(session): Admin,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Shown>, ServerError> {
    let shown = state.ledger.blocking(move |ledger| {
        let edit = Edit { area: Area::Settings, key: "", by: Some(session.user_id()), seen: wanted.version };
        ledger.edit(&edit, |schema| {
            let settings = Settings::read(&wanted.settings)?;
            settings.check(schema)?;
            Ok(json!(settings))
        })?;
        read(ledger)
    });
    Ok(Json(shown.await?))
}

fn read(ledger: &Ledger) -> Result<Shown, LedgerError> {
    let (version, history) = past(ledger.versions(Area::Settings, "")?);
    let mut settings = ledger.schema().settings().clone();
    // Public holidays have their own address.
    settings.calendar.years.clear();
    let rule = |r: &Rule| json!({ "id": r.id, "label": { "zh": r.zh, "en": r.en }, "limit": r.limit });
    let rules = rules::all().map(rule).collect();
    Ok(Shown { version, settings: json!(settings), defaults: json!(Settings::default()), rules, history })
}
