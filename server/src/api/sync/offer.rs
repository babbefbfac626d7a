//! `POST /api/v1/sync/offer`

use axum::extract::State;
use domain::ids::RecordId;
use domain::wire::{self, MAX_CHANGES, MAX_DOCS, Offer, OfferItem, OfferNeed, OfferReply};

use super::body::{Cbor, Encoded};
use super::malformed;
use crate::api::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::sync::{Offered, Taken};

/// After a restore: what the device holds with a receipt. The server asks for what it lacks, and takes it back.
///
/// # Errors
/// `too_large`, `malformed_batch`.
#[utoipa::path(post, path = "/api/v1/sync/offer", tag = "sync", security(("access" = [])),
    request_body(content = Vec<u8>, content_type = "application/cbor"),
    responses((status = 200, content_type = "application/cbor"), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn offer(
    State(state): State<AppState>,
    // A signed-in device; which person's is of no matter, because the receipt proves what it says.
    _session: Session,
    Cbor(offer): Cbor<Offer>,
) -> Result<Encoded, ServerError> {
    let changes: usize = offer.items.iter().map(|i| i.changes.len()).sum();
    if offer.items.len() > MAX_DOCS || changes > MAX_CHANGES {
        return Err(ServerError::TooLarge);
    }
    let items: Vec<Offered> = offer.items.into_iter().map(offered).collect::<Result<_, ServerError>>()?;
    let reply = state.ledger.blocking(move |ledger| {
        let mut reply = OfferReply { need: Vec::new(), restored: 0 };
        for item in &items {
            match ledger.take_offer(item)? {
                Taken::Nothing => {}
                Taken::Restored => reply.restored += 1,
                Taken::Need(have) => reply.need.push(OfferNeed {
                    doc: item.id.bytes().to_vec().into(),
                    have: have.into_iter().map(|h| h.to_vec().into()).collect(),
                }),
            }
        }
        Ok(reply)
    });
    Encoded::new(&reply.await?)
}

fn offered(item: OfferItem) -> Result<Offered, ServerError> {
    let heads = item.heads.iter().map(|h| wire::fixed::<32>(h).map_err(|_| malformed("heads")));
    Ok(Offered {
        id: RecordId::from_slice(&item.doc).ok_or_else(|| malformed("doc"))?,
        kind: item.kind,
        heads: heads.collect::<Result<_, _>>()?,
        receipt: item.receipt.into(),
        chunks: item.changes.into_iter().map(Into::into).collect(),
    })
}
