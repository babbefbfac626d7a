//! `/api/v1/admin/templates`: questionnaires.

use axum::extract::State;
use domain::error::{Code, Refusal};
use domain::survey::Template;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::extract::{Admin, Json, Path};
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::store::reference::Area;
use crate::sync::Edit;

/// The questionnaires.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Index {
    /// Every version of every questionnaire, by code and version: the questionnaire as devices get it, and `shipped`,
    /// whether it came with the program.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
}

/// A version of a questionnaire as it shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The questionnaire; `code` and `version` are those of the address.
    #[schema(value_type = Object)]
    template: Value,
}

/// The questionnaires. For admins.
///
/// # Errors
/// `forbidden`.
#[utoipa::path(get, path = "/api/v1/admin/templates", tag = "admin", security(("access" = [])),
    responses((status = 200, body = Index), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn index(State(state): State<AppState>, _admin: Admin) -> Result<Json<Index>, ServerError> {
    let (schema, shipped) = (state.ledger.schema(), state.ledger.shipped().clone());
    let items = schema.templates().all().map(|template| {
        let mut json = json!(template);
        json["shipped"] = json!(shipped.templates().get(&template.code, template.version).is_some());
        json
    });
    Ok(Json(Index { items: items.collect() }))
}

/// Adds a version of a questionnaire, or retires one or offers it again. What a version asks and how it counts never
/// changes: answers refer to it. For admins.
///
/// # Errors
/// `forbidden`; `invalid_setting` with `setting` `template.CODE@VERSION`, `rule` `template`, and in `detail` the
/// question and what is wrong with it.
#[utoipa::path(put, path = "/api/v1/admin/templates/{code}/{version}", tag = "admin", security(("access" = [])),
    params(("code" = String, Path, description = "Code of the questionnaire"),
        ("version" = u32, Path, description = "Its version")),
    request_body = Wanted,
    responses((status = 200, body = Object), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
pub async fn put(
    State(state): State<AppState>,
    Admin(session): Admin,
    Path((code, version)): Path<(String, u32)>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Value>, ServerError> {
    let stored = state.ledger.blocking(move |ledger| {
        let key = format!("{code}@{version}");
        let edit = Edit { area: Area::Template, key: &key, by: Some(session.user_id()), seen: None };
        ledger.edit(&edit, |schema| {
            let invalid = |detail: String| {
                Refusal::new(Code::InvalidSetting)
                    .with("setting", format!("template.{key}"))
                    .with("rule", "template")
                    .with("detail", detail)
            };
            let mut template = wanted.template;
            if let Some(template) = template.as_object_mut() {
                template.insert("code".into(), json!(code));
                template.insert("version".into(), json!(version));
                template.remove("shipped");
            }
            let template: Template = serde_json::from_value(template).map_err(|e| invalid(e.to_string()))?;
            let all = schema.templates().with([template]).map_err(|e| invalid(e.to_string()))?;
            Ok(json!(all.get(&code, version)))
        })?;
        Ok(json!(ledger.schema().templates().get(&code, version)))
    });
    Ok(Json(stored.await?))
}
