//! What admins edit: code lists, settings, the calendar, questionnaires.

mod calendar;
mod lists;
mod settings;
mod templates;

use domain::ids::UserId;
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;
use crate::store::reference::Version;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(lists::index))
        .routes(routes!(lists::show, lists::put))
        .routes(routes!(settings::show, settings::put))
        .routes(routes!(calendar::index))
        .routes(routes!(calendar::show, calendar::put))
        .routes(routes!(templates::index))
        .routes(routes!(templates::put))
}

/// One version of something that was edited.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Past {
    /// Counted from 1.
    version: u32,
    /// When it was written, RFC 3339.
    #[schema(value_type = String)]
    at: Timestamp,
    /// By whom; null for the console.
    #[schema(value_type = Option<String>)]
    by: Option<UserId>,
    /// What differs from what is shipped, as it is stored.
    #[schema(value_type = Object)]
    data: Value,
}

/// Number of the newest version, 0 for what is as shipped; and the versions, newest first.
fn past(versions: Vec<Version>) -> (u32, Vec<Past>) {
    let newest = versions.first().map_or(0, |v| v.version);
    let past = versions.into_iter().map(|v| {
        let Version { version, at, by, data } = v;
        Past { version, at: Timestamp(at), by, data }
    });
    (newest, past.collect())
}
