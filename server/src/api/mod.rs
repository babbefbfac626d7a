//! Every route on one screen. A route is registered with its documentation, so `/api/openapi.json` has them all.

pub mod admin;
pub mod audit;
pub mod deadlines;
pub mod events;
pub mod extract;
pub mod health;
pub mod me;
pub mod openapi;
pub mod proposals;
pub mod records;
pub mod reference;
pub mod retention;
pub mod return_visits;
pub mod search;
pub mod session;
pub mod sync;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;

/// All routes but the web apps.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(session::login::login, session::logout::logout))
        .routes(routes!(session::refresh::refresh))
        .routes(routes!(me::me))
        .routes(routes!(me::devices))
        .routes(routes!(me::revoke_device))
        .routes(routes!(reference::reference))
        .routes(routes!(events::events))
        .routes(routes!(deadlines::list))
        .routes(routes!(search::search))
        .routes(routes!(return_visits::plan))
        .routes(routes!(return_visits::sample))
        .routes(routes!(audit::list))
        .routes(routes!(audit::disclose))
        .routes(routes!(retention::list))
        .routes(routes!(proposals::list))
        .routes(routes!(proposals::decide))
        .merge(admin::routes())
        .merge(records::routes())
        .merge(sync::routes())
}
