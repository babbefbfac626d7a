//! `POST /api/v1/sync/hello`

use axum::extract::State;
use domain::schema::SCHEMA_VERSION;
use domain::wire::{CURSORS_KEPT, Hello, HelloReply, Mode, PROTOCOL};

use super::body::{Cbor, Encoded};
use super::malformed;
use crate::api::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::sync::Resume;

/// Oldest schema whose devices may push.
const MIN_SCHEMA: u32 = 1;

/// How a device goes on: from which of its cursors, in which incarnation of the server.
///
/// # Errors
/// `upgrade_required` for a protocol that is not spoken here.
#[utoipa::path(post, path = "/api/v1/sync/hello", tag = "sync", security(("access" = [])),
    request_body(content = Vec<u8>, content_type = "application/cbor"),
    responses((status = 200, content_type = "application/cbor"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem), (status = 426, body = Problem)))]
pub(super) async fn hello(
    State(state): State<AppState>,
    session: Session,
    Cbor(hello): Cbor<Hello>,
) -> Result<Encoded, ServerError> {
    if !hello.proto.contains(&PROTOCOL) {
        return Err(ServerError::Other {
            status: axum::http::StatusCode::UPGRADE_REQUIRED,
            code: "upgrade_required",
            params: serde_json::Map::new(),
        });
    }
    if hello.cursors.len() > CURSORS_KEPT {
        return Err(malformed("cursors"));
    }
    let principal = session.principal();
    let reply = state.ledger.blocking(move |ledger| {
        let cursors: Vec<&[u8]> = hello.cursors.iter().map(|c| c.as_slice()).collect();
        let (epoch, resume) = ledger.resume(&principal, &cursors)?;
        let (mode, resume) = match resume {
            Resume::Ok(cursor) => (Mode::Ok, Some(cursor.into())),
            Resume::Rewind(cursor) => (Mode::Rewind, Some(cursor.into())),
            Resume::Full => (Mode::Full, None),
        };
        Ok(HelloReply {
            epoch: epoch.id.to_vec().into(),
            resume,
            mode,
            server_ms: ledger.now().0,
            min_schema: MIN_SCHEMA,
            max_schema: SCHEMA_VERSION,
        })
    });
    Encoded::new(&reply.await?)
}
