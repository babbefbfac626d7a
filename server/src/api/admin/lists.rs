//! `/api/v1/admin/lists`: code lists.

use axum::extract::State;
use domain::error::{Code, Refusal};
use domain::schema::Label;
use domain::settings::CodeEdit;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Past, past};
use crate::api::extract::{Admin, Json, Path};
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::store::reference::Area;
use crate::sync::{Edit, Ledger, LedgerError};

/// All code lists.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Index {
    /// In the order of their keys.
    items: Vec<Item>,
}

/// A code list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Item {
    /// Its key.
    key: String,
    /// Its title: `zh`, `en`.
    #[schema(value_type = Object)]
    label: Label,
    /// How many codes it has.
    codes: usize,
    /// How many of them are not offered.
    retired: usize,
    /// Number of its newest version; 0 while it is as shipped.
    version: u32,
    /// What its fields are called, `kind.field` or `kind.collection/field`.
    used_by: Vec<String>,
}

/// One code list with its codes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct List {
    /// Its key.
    key: String,
    /// Its title: `zh`, `en`.
    #[schema(value_type = Object)]
    label: Label,
    /// Number of its newest version; 0 while it is as shipped.
    version: u32,
    /// Key of the list whose codes are the parents of this one's.
    parent_list: Option<String>,
    /// Names of the attributes that a code may have, each with an example of its value.
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    /// In the order offered: `code`, `label` {`zh`, `en`}, `parent`, `synonyms`, `retired`, `attrs`, and `shipped`,
    /// whether it came with the program.
    #[schema(value_type = Vec<Object>)]
    codes: Vec<Value>,
    /// Versions, newest first.
    history: Vec<Past>,
}

/// A list as it shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The version that was looked at; without it whatever is there is written over.
    version: Option<u32>,
    /// Every code of the list in the new order, and new ones: `code`, and whichever of `label`, `parent`, `synonyms`,
    /// `retired`, `attrs` shall be different.
    #[schema(value_type = Vec<Object>)]
    codes: Vec<CodeEdit>,
}

/// The code lists. For admins.
///
/// # Errors
/// `forbidden`.
#[utoipa::path(get, path = "/api/v1/admin/lists", tag = "admin", security(("access" = [])),
    responses((status = 200, body = Index), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn index(State(state): State<AppState>, _admin: Admin) -> Result<Json<Index>, ServerError> {
    let items = state.ledger.reading(|ledger| {
        let (schema, edited) = (ledger.schema(), ledger.edited()?);
        let version = |key: &str| {
            let own = edited.iter().find(|e| e.area == Area::List && e.key == key);
            own.map_or(0, |e| e.newest.version)
        };
        let items = schema.lists().map(|list| Item {
            key: list.key.clone(),
            label: list.label.clone(),
            codes: list.codes.len(),
            retired: list.codes.iter().filter(|c| c.retired).count(),
            version: version(&list.key),
            used_by: schema.uses_of(&list.key),
        });
        Ok(items.collect())
    });
    Ok(Json(Index { items: items.await? }))
}

/// A code list. For admins.
///
/// # Errors
/// `forbidden`, `not_found`.
#[utoipa::path(get, path = "/api/v1/admin/lists/{key}", tag = "admin", security(("access" = [])),
    params(("key" = String, Path, description = "Key of the list")),
    responses((status = 200, body = List), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn show(
    State(state): State<AppState>,
    _admin: Admin,
    Path(key): Path<String>,
) -> Result<Json<List>, ServerError> {
    Ok(Json(state.ledger.reading(move |ledger| read(ledger, &key)).await?))
}

/// Edits a code list: adds codes, calls them otherwise, retires or offers them, moves them. For admins. In effect at
/// once here, and on devices with their next sync.
///
/// # Errors
/// `forbidden`, `not_found`; `conflict` with `what: version` if it was edited meanwhile; `code_removed`,
/// `invalid_code`, `duplicate_entry`, `ambiguous_spelling`, `required`, `too_long`, `too_large`, `unknown_code`,
/// `wrong_type` with `list`, `code` and `field`.
#[utoipa::path(put, path = "/api/v1/admin/lists/{key}", tag = "admin", security(("access" = [])),
    params(("key" = String, Path, description = "Key of the list")), request_body = Wanted,
    responses((status = 200, body = List), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn put(
    State(state): State<AppState>,
    Admin(session): Admin,
    Path(key): Path<String>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<List>, ServerError> {
    let list = state.ledger.blocking(move |ledger| {
        let edit = Edit { area: Area::List, key: &key, by: Some(session.user_id()), seen: wanted.version };
        let shipped = ledger.shipped();
        ledger.edit(&edit, |schema| Ok(json!(schema.edit_list(shipped, &key, &wanted.codes)?)))?;
        read(ledger, &key)
    });
    Ok(Json(list.await?))
}

fn read(ledger: &Ledger, key: &str) -> Result<List, LedgerError> {
    let (schema, shipped) = (ledger.schema(), ledger.shipped());
    let unknown = || Refusal::new(Code::NotFound).with("list", key);
    let list = schema.list(key).ok_or_else(unknown)?;
    let base = shipped.list(key).ok_or_else(unknown)?;
    let codes = list.codes.iter().map(|code| {
        let mut json = json!(code);
        json["synonyms"] = json!(code.synonyms);
        json["shipped"] = json!(base.code(&code.code).is_some());
        json
    });
    let attributes =
        base.codes.iter().flat_map(|c| &c.attrs).map(|(name, value)| (name.clone(), json!(value)));
    let (version, history) = past(ledger.versions(Area::List, key)?);
    Ok(List {
        key: list.key.clone(),
        label: list.label.clone(),
        version,
        parent_list: schema.parents_of(list).map(|l| l.key.clone()),
        attributes: attributes.collect(),
        codes: codes.collect(),
        history,
    })
}
