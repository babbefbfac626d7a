//! The sync protocol over HTTP: deterministic CBOR, compressed as a whole (`domain::wire`).

pub mod hello;
pub mod offer;
pub mod pull;
pub mod push;
pub mod snapshot;

mod body;

use axum::extract::DefaultBodyLimit;
use domain::wire;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::Session;
use crate::state::AppState;
use crate::sync::Author;

/// The routes, with their own limit for bodies.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(hello::hello))
        .routes(routes!(push::push))
        .routes(routes!(pull::pull))
        .routes(routes!(snapshot::snapshot))
        .routes(routes!(offer::offer))
        .layer(DefaultBodyLimit::max(wire::MAX_WIRE_BYTES))
}

/// Who sends.
fn author(session: &Session) -> Author {
    Author { principal: session.principal(), device: session.device }
}

/// A request that is CBOR, but not what the route takes.
fn malformed(what: &'static str) -> crate::ServerError {
    let params = serde_json::Map::from_iter([("what".to_owned(), what.into())]);
    crate::ServerError::Other {
        status: axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        code: "malformed_batch",
        params,
    }
}
