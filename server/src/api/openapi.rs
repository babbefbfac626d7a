//! The API's own description.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::error::Problem;
use crate::state::AppState;

/// Path of the document.
pub const PATH: &str = "/api/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(title = "FieldLedger", description = "Complaints, visits and return-visits of an after-sales department."),
    components(schemas(Problem)),
    modifiers(&Bearer)
)]
struct Base;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("access", SecurityScheme::Http(http));
    }
}

/// The document before the routes are added.
pub fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// Serves the finished document.
pub fn route(document: utoipa::openapi::OpenApi) -> Router<AppState> {
    let text: Arc<str> = match document.to_json() {
        Ok(text) => text.into(),
        Err(error) => {
            tracing::error!(%error, "the API's description cannot be written");
            "{}".into()
        }
    };
    let serve = move || async move { ([(header::CONTENT_TYPE, "application/json")], text.to_string()) };
    Router::new().route(PATH, get(serve))
}
