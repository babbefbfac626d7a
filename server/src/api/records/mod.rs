//! Records over JSON.

pub mod create;
pub mod intents;
pub mod list;
pub mod merge;
pub mod related;
pub mod show;
pub mod suggest;

use domain::ids::RecordId;
use domain::intent::Intent;
use serde_json::Value as Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::extract::Session;
use crate::error::ServerError;
use crate::state::AppState;
use crate::sync::Author;

/// Most intents of one request.
const MAX_INTENTS: usize = 500;

/// The routes.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show))
        .routes(routes!(show::history))
        .routes(routes!(show::conflicts))
        .routes(routes!(intents::intents))
        .routes(routes!(merge::merge))
        .routes(routes!(related::related))
        .routes(routes!(suggest::suggestions))
}

fn author(session: &Session) -> Author {
    Author { principal: session.principal(), device: session.device }
}

fn record(id: Uuid) -> RecordId {
    RecordId(id)
}

/// Reads intents, each refused with its index.
fn read_intents(list: &[Json]) -> Result<Vec<Intent>, ServerError> {
    if list.len() > MAX_INTENTS {
        return Err(ServerError::TooLarge);
    }
    let intents = list.iter().enumerate();
    intents.map(|(i, json)| Intent::from_json(json).map_err(|r| r.with("intent", i).into())).collect()
}
