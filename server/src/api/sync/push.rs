//! `POST /api/v1/sync/push`

use axum::extract::State;
use domain::document::Outcome;
use domain::ids::RecordId;
use domain::wire::{ChangeOutcome, MAX_CHANGES, MAX_DOCS, Push, PushReply, PushResult, Refusal};

use super::body::{Cbor, Encoded};
use super::{author, malformed};
use crate::api::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::sync::{Admitted, Incoming, Ledger, LedgerError};

/// Takes changes of a device: each is on the disk, kept for the office, or refused with a reason when this answers.
/// One refused change harms no other document.
///
/// # Errors
/// `too_large`, `malformed_batch`.
#[utoipa::path(post, path = "/api/v1/sync/push", tag = "sync", security(("access" = [])),
    request_body(content = Vec<u8>, content_type = "application/cbor"),
    responses((status = 200, content_type = "application/cbor"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn push(
    State(state): State<AppState>,
    session: Session,
    Cbor(push): Cbor<Push>,
) -> Result<Encoded, ServerError> {
    let changes: usize = push.items.iter().map(|i| i.changes.len()).sum();
    if push.items.len() > MAX_DOCS || changes > MAX_CHANGES {
        return Err(ServerError::TooLarge);
    }
    let items = push.items.into_iter().map(|item| {
        Ok(Incoming {
            id: RecordId::from_slice(&item.doc).ok_or_else(|| malformed("doc"))?,
            kind: item.kind,
            chunks: item.changes.into_iter().map(Into::into).collect(),
        })
    });
    let items: Vec<Incoming> = items.collect::<Result<_, ServerError>>()?;
    let author = author(&session);
    let reply = state.ledger.blocking(move |ledger| {
        let admitted = ledger.push(&author, &items)?;
        let results = items.iter().zip(admitted).map(|(item, admitted)| result(ledger, item.id, admitted));
        Ok::<_, LedgerError>(PushReply {
            epoch: ledger.epoch_id()?.to_vec().into(),
            results: results.collect(),
        })
    });
    Encoded::new(&reply.await?)
}

fn result(ledger: &Ledger, id: RecordId, admitted: Admitted) -> PushResult {
    // Who does not see the document learns neither its heads nor a receipt for them.
    let (heads, receipt) = match &admitted.heads {
        Some(heads) => {
            (heads.iter().map(|h| h.to_vec().into()).collect(), ledger.receipt(id, heads).to_vec())
        }
        None => (Vec::new(), Vec::new()),
    };
    PushResult {
        doc: id.bytes().to_vec().into(),
        outcomes: admitted.outcomes.into_iter().map(outcome).collect(),
        heads,
        receipt: receipt.into(),
    }
}

fn outcome(outcome: Outcome) -> ChangeOutcome {
    match outcome {
        Outcome::Accepted(_) => ChangeOutcome::Accepted,
        Outcome::Duplicate => ChangeOutcome::Duplicate,
        Outcome::Proposed(_) => ChangeOutcome::Proposed,
        Outcome::Refused { refusal, need } => ChangeOutcome::Refused(Refusal {
            code: refusal.code.as_str().to_owned(),
            params: serde_json::Value::Object(refusal.params).to_string(),
            need: need.into_iter().map(|h| h.to_vec().into()).collect(),
        }),
    }
}
