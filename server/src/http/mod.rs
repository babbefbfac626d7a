//! HTTP: the router with everything around it, and the loop that serves it.
//!
//! ```text
//!  serve     accept, header and body timeouts, graceful shutdown
//!    log     trace id, one log line and metrics per request, audit of denials
//!    headers security headers
//!    gzip
//!    api     /api/v1/*, /healthz, /readyz, /metrics
//!    web     /, /field/
//! ```

pub mod address;
pub mod context;
pub mod headers;
pub mod log;
pub mod serve;
pub mod web;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::compression::CompressionLayer;

use crate::api;
use crate::error::ServerError;
use crate::state::AppState;

pub use serve::{Limits, serve};

/// Largest JSON body in bytes. Routes that take more say so with a limit of their own.
pub const JSON_LIMIT: usize = 256 * 1024;

/// The whole server as one router.
pub fn app(state: AppState) -> Router {
    let (api, document) = api::routes().split_for_parts();
    let hsts = state.config.public_url.as_deref().is_some_and(|url| url.starts_with("https:"));
    api.merge(api::openapi::route(document))
        .method_not_allowed_fallback(async || ServerError::MethodNotAllowed)
        .fallback(web::serve)
        .layer(DefaultBodyLimit::max(JSON_LIMIT))
        .layer(CompressionLayer::new())
        .layer(from_fn(move |request, next| headers::add(hsts, request, next)))
        .layer(from_fn_with_state(state.clone(), log::request))
        .with_state(state)
}
