//! `POST /api/v1/sync/pull`

use axum::extract::State;
use domain::wire::{Page, Pull};

use super::body::{Cbor, Encoded};
use crate::api::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;

/// What is new to a device since its cursor: one page.
///
/// # Errors
/// `epoch_changed` if the cursor is of another incarnation of the server: say hello again.
#[utoipa::path(post, path = "/api/v1/sync/pull", tag = "sync", security(("access" = [])),
    request_body(content = Vec<u8>, content_type = "application/cbor"),
    responses((status = 200, content_type = "application/cbor"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn pull(
    State(state): State<AppState>,
    session: Session,
    Cbor(pull): Cbor<Pull>,
) -> Result<Encoded, ServerError> {
    let principal = session.principal();
    let page = state.ledger.reading(move |ledger| {
        let cursor = pull.cursor.as_ref().map(|c| c.as_slice());
        let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let pulled = ledger.pull(&principal, cursor, size(pull.max_docs), size(pull.max_bytes))?;
        let page = Page {
            cursor: pulled.cursor.into(),
            more: pulled.more,
            frames: pulled.frames,
            server_ms: ledger.now().0,
            reference: ledger.reference_version()?,
        };
        Ok(Encoded::new(&page))
    });
    page.await?
}
