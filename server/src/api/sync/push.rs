//! `POST /api/v1/sync/push`

use std::collections::BTreeSet;

use axum::extract::State;
use domain::document::Outcome;
use domain::error::Code;
use domain::ids::RecordId;
use domain::wire::{ChangeOutcome, MAX_CHANGES, MAX_DOCS, Push, PushReply, PushResult, Refusal};

use serde_json::json;

use super::body::{Cbor, Encoded};
use super::{author, malformed};
use crate::api::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::store::audit;
use crate::sync::{Admitted, Author, Incoming, Ledger, LedgerError};

/// Most records that an audit entry about a push names.
const DENIALS: usize = 20;
/// The code of a change in somebody else's name.
const AUTHOR_MISMATCH: &str = Code::AuthorMismatch.as_str();

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
        note_denials(ledger, &author, &items, &admitted);
        let results = items.iter().zip(admitted).map(|(item, admitted)| result(ledger, item.id, admitted));
        Ok::<_, LedgerError>(PushReply {
            epoch: ledger.epoch_id()?.to_vec().into(),
            results: results.collect(),
        })
    });
    Encoded::new(&reply.await?)
}

/// One audit entry for all that a push was denied by the permission table: records and codes, never what they say. A
/// request over JSON answers 403 and has its own.
fn note_denials(ledger: &Ledger, author: &Author, items: &[Incoming], admitted: &[Admitted]) {
    let denied = |outcome: &Outcome| match outcome {
        Outcome::Refused { refusal, .. } => {
            Some(refusal.code.as_str()).filter(|c| c.starts_with("forbidden") || *c == AUTHOR_MISMATCH)
        }
        _ => None,
    };
    let of_item = |(item, admitted): (&Incoming, &Admitted)| {
        let codes: BTreeSet<&str> = admitted.outcomes.iter().filter_map(denied).collect();
        (!codes.is_empty()).then(|| json!({ "record": item.id, "codes": codes }))
    };
    let all: Vec<_> = items.iter().zip(admitted).filter_map(of_item).collect();
    if all.is_empty() {
        return;
    }
    let entry = audit::Entry {
        who: Some(author.principal.user),
        what: "denied",
        target: String::new(),
        detail: json!({
            "route": "/api/v1/sync/push",
            "device": author.device,
            "count": all.len(),
            "records": &all[..all.len().min(DENIALS)],
        }),
    };
    let at = ledger.now().0;
    if let Err(error) = ledger.store().write_blocking(move |tx| audit::append(tx, at, &entry)) {
        // What was admitted is on the disk, and its sender has to hear so.
        tracing::error!(%error, "denials could not be written to the audit log");
    }
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
