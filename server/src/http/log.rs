//! One log line, one count and one duration per request; and an audit entry for each denial.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;

use super::context::{Context, Facts};
use crate::host::{Millis, random};
use crate::state::AppState;
use crate::store::{StoreError, audit};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Serves the request inside its [`Context`] and tells the log about it.
// The clock here only measures how long the request took.
#[allow(clippy::disallowed_methods)]
pub async fn request(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // A trace id only tells requests apart; without randomness it is all zeros and the request still served.
    let trace = random::<8>(state.rng.as_ref()).map_or(0, u64::from_be_bytes);
    let trace = format!("{trace:016x}");
    let method = request.method().clone();
    // The pattern, not the path: the log names no ids and no search words.
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "web".to_owned(), |p| p.as_str().to_owned());

    let context = Context::new(&trace);
    let mut response = context.clone().scope(next.run(request)).await;

    let facts = context.facts();
    let status = response.status();
    if status == StatusCode::FORBIDDEN {
        audit_denial(&state, &facts, method.as_str(), &route).await;
    }
    let elapsed = started.elapsed();
    let user = facts.user.map(|u| u.to_string()).unwrap_or_default();
    tracing::info!(
        trace,
        method = method.as_str(),
        route,
        status = status.as_u16(),
        code = facts.code.unwrap_or_default(),
        user,
        ms = elapsed.as_secs_f64() * 1_000.0,
        "served {method} {route}: {}",
        status.as_u16()
    );
    let labels = [("method", method.to_string()), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("fieldledger_requests_total", &labels).increment(1);
    metrics::histogram!("fieldledger_request_seconds", &labels[..2]).record(elapsed.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&trace) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// A disabled account or a revoked device says so with every request of a phone; only denials by the permission
/// table tell something new.
async fn audit_denial(state: &AppState, facts: &Facts, method: &str, route: &str) {
    let (Some(user), Some(code)) = (facts.user, facts.code) else { return };
    if !code.starts_with("forbidden") {
        return;
    }
    let now: Millis = state.now();
    let entry = audit::Entry {
        who: Some(user),
        what: "denied",
        target: String::new(),
        detail: json!({ "code": code, "method": method, "route": route }),
    };
    let written = state.store.write(move |tx| audit::append(tx, now, &entry)).await;
    if let Err(error) = written.map_err(|e: StoreError| e) {
        tracing::error!(%error, "a denial could not be written to the audit log");
    }
}
