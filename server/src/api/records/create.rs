//! `POST /api/v1/records/{kind}`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::ids::RecordId;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{author, read_intents};
use crate::api::extract::{Json, Path, Session};
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// A record to make: intents, perhaps with an id of the client's.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum NewRecord {
    /// Intents alone.
    #[schema(value_type = Vec<Object>)]
    Intents(Vec<Value>),
    /// With an id.
    Whole {
        /// A UUIDv7 made by the client; the same request again then gives the same record.
        #[serde(default)]
        id: Option<Uuid>,
        /// The first is `create`, or leading `set`s that are taken as its fields.
        #[schema(value_type = Vec<Object>)]
        intents: Vec<Value>,
    },
}

/// Makes a record by intents, all or none of them.
///
/// # Errors
/// `unknown_kind`, the refusal of an intent with its index in `params.intent`, `conflict` for an id that is taken.
#[utoipa::path(post, path = "/api/v1/records/{kind}", tag = "records", security(("access" = [])),
    params(("kind" = String, Path, description = "Kind of record"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key again gives the same record")),
    request_body = NewRecord,
    responses((status = 201, body = Object), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn create(
    State(state): State<AppState>,
    session: Session,
    Path(kind): Path<String>,
    headers: HeaderMap,
    Json(new): Json<NewRecord>,
) -> Result<(StatusCode, Json<Map<String, Value>>), ServerError> {
    let (id, intents) = match new {
        NewRecord::Intents(intents) => (None, intents),
        NewRecord::Whole { id, intents } => (id, intents),
    };
    let id = id.or_else(|| {
        let key = headers.get("idempotency-key")?.as_bytes();
        Some(id_of_key(&session, &kind, key))
    });
    let intents = read_intents(&intents)?;
    let (records, author) = (state.records.clone(), author(&session));
    let made = state.ledger.blocking(move |_| {
        let kind = records.kind(&kind)?;
        let id = records.create(&author, &kind, id.map(RecordId), intents)?;
        records.show(&author.principal, &kind, id)
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// The record that a key stands for: derived, so that no table of keys has to be kept.
fn id_of_key(session: &Session, kind: &str, key: &[u8]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"idempotency|");
    hash.update(session.user_id().bytes());
    hash.update(kind.as_bytes());
    hash.update(b"|");
    hash.update(key);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
