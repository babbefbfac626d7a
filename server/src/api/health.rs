//! For whoever watches over the server.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::extract::Json;
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::store::{StoreError, audit};

/// What a healthy server answers.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Health {
    status: &'static str,
    version: &'static str,
}

const OK: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// The process runs.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(OK)
}

/// The server can do its work: it is not shutting down, and the database answers.
///
/// # Errors
/// `server_fault` when the database does not answer or the server shuts down.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses((status = 200, body = Health), (status = 500, body = Problem)))]
pub async fn readyz(State(state): State<AppState>) -> Result<Json<Health>, ServerError> {
    if *state.stopping().borrow() {
        return Err(ServerError::fault("shutting down"));
    }
    state.store.read(|db| audit::head(db).map(drop)).await.map_err(|e: StoreError| ServerError::from(e))?;
    Ok(Json(OK))
}

/// Counters and durations in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, content_type = "text/plain")))]
pub async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render())
}
