//! The audit log for administrators, and what pages report to it: printing and exporting happen in the browser,
//! where the server does not see them.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use domain::error::{Code, Refusal};
use domain::ids::{RecordId, UserId};
use domain::time::{Timestamp, Zone};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::extract::{Json, Query, Session};
use crate::error::{Problem, ServerError};
use crate::export::personal_fields;
use crate::state::AppState;
use crate::store::{StoreError, accounts, audit};

/// Entries of a page, unless asked otherwise, and at most.
const PAGE: u32 = 100;
const MOST: u32 = 1_000;
/// Most characters of a filter that a page reports.
const FILTER: usize = 1_000;

/// Which entries.
#[derive(Debug, Deserialize)]
pub struct Asked {
    what: Option<String>,
    who: Option<Uuid>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<u32>,
    cursor: Option<i64>,
}

/// A page of the audit log.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct AuditLog {
    /// Entries, the newest first: `seq`, `at`, `who`, `name` (of who), `what`, `target`, `detail`.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// Where the next page starts.
    next: Option<i64>,
}

/// The audit log, the newest entries first. For administrators.
///
/// # Errors
/// `forbidden` for others; `bad_request` for times that cannot be read.
#[utoipa::path(get, path = "/api/v1/admin/audit", tag = "admin", security(("access" = [])),
    params(("what" = Option<String>, Query, description = "Only this act, such as `export`, `print`, `login`"),
        ("who" = Option<Uuid>, Query, description = "Only by this user"),
        ("target" = Option<String>, Query, description = "Only of this: a kind for exports and prints, an id for others"),
        ("from" = Option<String>, Query, description = "From this day or instant"),
        ("to" = Option<String>, Query, description = "Before this day or instant"),
        ("limit" = Option<u32>, Query, description = "Most entries, 100 unless given, at most 1,000"),
        ("cursor" = Option<i64>, Query, description = "`next` of the page before")),
    responses((status = 200, body = AuditLog), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem)))]
pub async fn list(
    State(state): State<AppState>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Json<AuditLog>, ServerError> {
    session.admin()?;
    let zone = state.ledger.schema().zone().clone();
    let filter = audit::Filter {
        what: asked.what,
        who: asked.who.map(UserId),
        target: asked.target,
        from: instant(asked.from.as_deref(), &zone)?,
        to: instant(asked.to.as_deref(), &zone)?,
    };
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MOST);
    let before = asked.cursor.unwrap_or(i64::MAX);
    let (rows, people) = state
        .store
        .read(move |snap| {
            let rows = audit::found(snap, &filter, before, limit)?;
            let people: BTreeMap<UserId, String> =
                accounts::all(snap)?.into_iter().map(|u| (u.id, u.display)).collect();
            Ok::<_, StoreError>((rows, people))
        })
        .await?;
    let next = (rows.len() == limit as usize).then(|| rows.last().map(|r| r.seq)).flatten();
    let item = |row: &audit::Row| {
        json!({
            "seq": row.seq,
            "at": Timestamp(row.at),
            "who": row.who,
            "name": row.who.and_then(|who| people.get(&who)),
            "what": row.what,
            "target": row.target,
            "detail": serde_json::from_str::<Value>(&row.detail).unwrap_or_default(),
        })
    };
    Ok(Json(AuditLog { items: rows.iter().map(item).collect(), next }))
}

fn instant(text: Option<&str>, zone: &Zone) -> Result<Option<i64>, ServerError> {
    let Some(text) = text else { return Ok(None) };
    let at = Timestamp::parse(text, zone).ok_or(ServerError::BadRequest { what: "query" })?;
    Ok(Some(at.0))
}

/// What left the system by way of a page.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Disclosure {
    /// `print` or `export`.
    act: Act,
    /// Kind of record.
    kind: String,
    /// The record, where it was one.
    #[serde(default)]
    record: Option<Uuid>,
    /// The filter of the list, where it was a list.
    #[serde(default)]
    filter: Option<String>,
    /// How many records.
    #[serde(default)]
    rows: Option<u64>,
    /// Fields shown (`field`, `collection/field`); all of the kind if left out.
    #[serde(default)]
    fields: Option<Vec<String>>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// On paper.
    Print,
    /// Into a file.
    Export,
}

/// Notes in the audit log that somebody printed or exported records with personal data. The page reports it before
/// it prints. Without personal fields among those shown there is nothing to note.
///
/// # Errors
/// `unknown_kind`, `too_long` for a filter of more than 1,000 characters, `bad_request`.
#[utoipa::path(post, path = "/api/v1/disclosures", tag = "records", security(("access" = [])),
    request_body = Disclosure,
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn disclose(
    State(state): State<AppState>,
    session: Session,
    Json(told): Json<Disclosure>,
) -> Result<StatusCode, ServerError> {
    let schema = state.ledger.schema();
    let kind = schema.kind(&told.kind).ok_or_else(|| Refusal::new(Code::UnknownKind))?;
    if told.filter.as_ref().is_some_and(|f| f.chars().count() > FILTER) {
        return Err(Refusal::field(Code::TooLong, "filter").with("max", FILTER).into());
    }
    let mut personal = personal_fields(&schema, kind);
    if let Some(shown) = &told.fields {
        personal.retain(|field| shown.contains(field));
    }
    if personal.is_empty() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let entry = audit::Entry {
        who: Some(session.user_id()),
        what: match told.act {
            Act::Print => "print",
            Act::Export => "export",
        },
        target: told.kind,
        detail: json!({
            "record": told.record.map(RecordId),
            "filter": told.filter,
            "rows": told.rows,
            "personal": personal,
        }),
    };
    let now = state.now();
    state.store.write(move |tx| audit::append(tx, now, &entry)).await?;
    Ok(StatusCode::NO_CONTENT)
}
