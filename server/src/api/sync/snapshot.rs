//! `POST /api/v1/sync/snapshot`

use axum::extract::State;
use domain::ids::RecordId;
use domain::wire::{SnapshotReply, SnapshotRequest};

use super::body::{Cbor, Encoded};
use super::malformed;
use crate::api::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// Most documents in one request.
const MAX_DOCS: usize = 100;

/// Whole documents on demand. What the person may not see, or what no longer fits into the answer, is absent.
///
/// # Errors
/// `too_large`, `malformed_batch`.
#[utoipa::path(post, path = "/api/v1/sync/snapshot", tag = "sync", security(("access" = [])),
    request_body(content = Vec<u8>, content_type = "application/cbor"),
    responses((status = 200, content_type = "application/cbor"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn snapshot(
    State(state): State<AppState>,
    session: Session,
    Cbor(request): Cbor<SnapshotRequest>,
) -> Result<Encoded, ServerError> {
    if request.docs.len() > MAX_DOCS {
        return Err(ServerError::TooLarge);
    }
    let ids: Option<Vec<RecordId>> = request.docs.iter().map(|id| RecordId::from_slice(id)).collect();
    let ids = ids.ok_or_else(|| malformed("docs"))?;
    let principal = session.principal();
    let reply = state.ledger.reading(move |ledger| {
        Ok(Encoded::new(&SnapshotReply { docs: ledger.snapshots(&principal, &ids)? }))
    });
    reply.await?
}
