//! After the server was restored from a backup: what it lost comes back from the devices, proven by the
//! receipts it gave once.

use std::collections::{BTreeSet, VecDeque};

use domain::document::{Hash, genesis_hash};
use domain::ids::RecordId;
use domain::wire::{Body as _, MAX_CHANGES, MAX_DOCS, Offer, OfferItem, OfferReply};

use super::{bytes, hashes, record_id};
use crate::error::Error;
use crate::store::{Store, documents, meta};

/// Most bytes of changes in one request.
const MOST_BYTES: usize = 1 << 20;

/// The offer side of a run.
#[derive(Default)]
pub(super) struct Offering {
    /// What the server asked for: the record, and the heads that it has.
    needs: VecDeque<(RecordId, Vec<[u8; 32]>)>,
    /// The last record of the batch under way.
    last: Option<RecordId>,
    /// The request under way carries changes: what it asks for again is not sent again.
    carrying: bool,
}

impl Offering {
    /// The next request; `None` when everything has been offered.
    pub(super) fn batch(&mut self, store: &mut Store) -> Result<Option<Vec<u8>>, Error> {
        loop {
            if !self.needs.is_empty() {
                let items = self.asked_for(store)?;
                if !items.is_empty() {
                    self.carrying = true;
                    return Ok(Some(Offer { items }.to_bytes()));
                }
                continue;
            }
            if let Some(last) = self.last.take() {
                store.write(|tx| meta::set(&tx.db, meta::OFFER, &last.bytes()[..]))?.into_inner();
            }
            let Some(after) = meta::get::<Vec<u8>>(store.db(), meta::OFFER)? else { return Ok(None) };
            let docs = documents::receipted(store.db(), &after, MAX_DOCS)?;
            let Some(last) = docs.last() else {
                store.write(|tx| meta::unset(&tx.db, meta::OFFER))?.into_inner();
                return Ok(None);
            };
            self.last = Some(last.id);
            self.carrying = false;
            let items = docs.iter().map(|doc| item(doc, Vec::new())).collect();
            return Ok(Some(Offer { items }.to_bytes()));
        }
    }

    fn asked_for(&mut self, store: &Store) -> Result<Vec<OfferItem>, Error> {
        let (mut items, mut size, mut count) = (Vec::new(), 0, 0);
        while let Some((id, have)) = self.needs.pop_front() {
            let Some(doc) = documents::get(store.db(), id)?.filter(|d| d.receipt.is_some()) else { continue };
            let Ok(record) = doc.record() else { continue };
            // The server makes the genesis itself.
            let mut known = have.clone();
            known.push(genesis_hash(&doc.kind, id));
            // What came after the receipt is not proven by it; push brings that.
            let beyond: BTreeSet<Hash> = record.changes_since(&doc.heads).into_iter().map(|c| c.0).collect();
            let mut changes = record.changes_since(&known);
            changes.retain(|(hash, _)| !beyond.contains(hash));
            size += changes.iter().map(|(_, c)| c.len()).sum::<usize>();
            count += changes.len();
            if !items.is_empty() && (size > MOST_BYTES || count > MAX_CHANGES) {
                self.needs.push_front((id, have));
                break;
            }
            items.push(item(&doc, changes.into_iter().map(|(_, c)| c.into()).collect()));
            if items.len() >= MAX_DOCS {
                break;
            }
        }
        Ok(items)
    }

    /// Takes the answer.
    pub(super) fn reply(&mut self, reply: &OfferReply) {
        if self.carrying {
            return;
        }
        for need in &reply.need {
            if let Some(id) = record_id(&need.doc) {
                self.needs.push_back((id, hashes(&need.have)));
            }
        }
    }
}

fn item(doc: &documents::Doc, changes: Vec<minicbor::bytes::ByteVec>) -> OfferItem {
    OfferItem {
        doc: bytes(doc.id.bytes()),
        kind: doc.kind.clone(),
        heads: doc.heads.iter().map(bytes).collect(),
        receipt: bytes(doc.receipt.as_deref().unwrap_or_default()),
        changes,
    }
}
