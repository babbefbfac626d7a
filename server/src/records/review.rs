//! Proposed changes: what waits for the office, and its decision.

use domain::authz::{Principal, Role};
use domain::document::Record;
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

use super::Records;
use crate::store::changes::Commit;
use crate::store::proposals::{self, Proposal};
use crate::store::{Snapshot, StoreError, Tx, accounts, changes, documents, projections};
use crate::sync::{Author, DocWrite, Incoming, LedgerError, State, unless_damaged};

/// Proposals on one page.
const LIMIT: usize = 100;
/// How often a decision is carried out anew when others keep writing to the record.
const ATTEMPTS: usize = 12;

/// What the office says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Taken over as it is.
    Accept,
    /// Not taken over.
    Refuse,
}

impl Records {
    /// What waits, oldest first, and how much waits altogether. Blocks.
    ///
    /// # Errors
    /// `forbidden_doc` for who is not of the office.
    pub fn proposals(&self, person: &Principal, after: i64) -> Result<(Vec<Json>, u64), LedgerError> {
        office(person)?;
        let found = self.ledger.store().read_blocking(|snap| {
            let open = proposals::open(snap, after, LIMIT)?;
            let items = open.iter().map(|p| self.proposal_json(snap, p)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, StoreError>((items, proposals::count_open(snap)?))
        })?;
        Ok(found)
    }

    fn proposal_json(&self, snap: &Snapshot<'_>, proposal: &Proposal) -> Result<Json, StoreError> {
        let (id, kind) = documents::identity(snap, proposal.doc)?.ok_or(StoreError::Damaged("proposal"))?;
        let schema = self.ledger.schema();
        let Some(kind) = schema.kind(&kind) else {
            return Ok(json!({ "id": proposal.n, "kind": kind, "record": id }));
        };
        let (number, title) = projections::name(snap, kind, proposal.doc)?.unwrap_or_default();
        let record = State::read(snap, id).and_then(|state| state.record(&kind.key, id));
        let change = hex(&proposal.hash);
        let (changes, made_at) = match unless_damaged(id, record)? {
            // What it would change cannot be told while the record cannot be read.
            None => (None, None),
            Some(record) => {
                let view = record.view(kind);
                match with(snap, record, proposal)? {
                    None => (Some(Vec::new()), None),
                    Some(record) => {
                        let items = record.history(kind);
                        let own: Vec<_> = items.iter().filter(|i| i.change == proposal.hash).collect();
                        let values = own.iter().map(|item| {
                    json!({ "field": item.field, "value": item.value, "current": view.value(&item.field).to_json() })
                });
                        (Some(values.collect::<Vec<_>>()), own.first().map(|i| i.at))
                    }
                }
            }
        };
        Ok(json!({
            "id": proposal.n, "kind": kind.key, "record": id, "number": number, "title": title,
            "by": proposal.user, "at": made_at, "received_at": Timestamp(proposal.at), "flag": proposal.flag,
            "change": change, "changes": changes,
        }))
    }

    /// Decides about a proposal. Taking one over takes over what it builds on, turning one down turns down what
    /// builds on it. Blocks.
    ///
    /// # Errors
    /// `not_found` if there is none or it was decided about; `forbidden_doc` for who is not of the office; the
    /// refusal of what its sender may not do, which can only be turned down.
    pub fn decide(&self, author: &Author, n: i64, verdict: Verdict, note: &str) -> Result<(), LedgerError> {
        office(&author.principal)?;
        for _ in 0..ATTEMPTS {
            let found = self.ledger.store().read_blocking(|snap| {
                let Some(proposal) = proposals::get(snap, n)?.filter(|p| p.accepted.is_none()) else {
                    return Ok::<_, StoreError>(None);
                };
                let (id, kind) =
                    documents::identity(snap, proposal.doc)?.ok_or(StoreError::Damaged("proposal"))?;
                let waiting = proposals::waiting(snap, proposal.doc)?;
                Ok(Some((proposal, id, kind, waiting, State::read(snap, id)?)))
            })?;
            let Some((proposal, id, kind, waiting, state)) = found else {
                return Err(LedgerError::code(Code::NotFound));
            };
            let concerned = match verdict {
                Verdict::Accept => ancestry(&waiting, &proposal),
                Verdict::Refuse => progeny(&waiting, &proposal),
            };
            let accepted = verdict == Verdict::Accept;
            let merge =
                if accepted { self.take_over(&proposal, &concerned, id, &kind, &state)? } else { None };
            if self.write_down(author, &concerned, accepted, note, merge)? {
                return Ok(());
            }
            // It moved, or somebody else decided about it meanwhile.
        }
        Err(LedgerError::Busy)
    }

    /// What merges the very bytes that were proposed; `None` if the record has them. They are judged as their
    /// sender's once more: the office decides about what waits, not about what nobody may do.
    fn take_over(
        &self,
        proposal: &Proposal,
        concerned: &[&Proposal],
        id: RecordId,
        kind: &str,
        state: &State,
    ) -> Result<Option<DocWrite>, LedgerError> {
        let chunks = concerned.iter().map(|p| p.data.clone()).collect();
        let sender = self.ledger.store().read_blocking(|snap| accounts::by_id(snap, proposal.user))?;
        let sender = sender.ok_or(StoreError::Damaged("proposal"))?;
        let sender = Author { principal: sender.principal(), device: None };
        let incoming = Incoming { id, kind: kind.to_owned(), chunks };
        let prepared = self.ledger.judge_agreed(&sender, &incoming, state)?;
        if let Some(refusal) = prepared.obstacle() {
            return Err(refusal.into());
        }
        // The log names who made the change, not who agreed to it; the decision has that.
        Ok(prepared.write.map(|write| DocWrite { author: None, ..write }))
    }

    /// Writes a decision down together with what it merges, so that neither is there without the other; `false` if the
    /// record moved, or was decided about, meanwhile.
    fn write_down(
        &self,
        author: &Author,
        concerned: &[&Proposal],
        accepted: bool,
        note: &str,
        merge: Option<DocWrite>,
    ) -> Result<bool, LedgerError> {
        let numbers: Vec<(i64, i64)> = concerned.iter().map(|p| (p.n, p.doc)).collect();
        let (salt, at, by) = (self.ledger.random()?, self.ledger.millis(), author.clone());
        let note = note.to_owned();
        let decide = move |tx: &Tx<'_>| {
            let commit = Commit { salt, at, user: Some(by.principal.user), device: by.device };
            let doc = numbers.first().map_or(0, |(_, doc)| *doc);
            let seq = changes::next(tx, doc, &commit)?;
            for (n, _) in numbers {
                if !proposals::decide(tx, n, accepted, by.principal.user, &note, at, seq)? {
                    return Ok(false);
                }
            }
            Ok::<_, StoreError>(true)
        };
        let merges = merge.into_iter().collect();
        Ok(self.ledger.write_along(merges, Some(Box::new(decide)))?.is_some())
    }
}

fn office(person: &Principal) -> Result<(), Refusal> {
    if person.role == Role::Engineer { Err(Refusal::new(Code::ForbiddenDoc)) } else { Ok(()) }
}

/// The record with a proposal and whatever waiting ones it builds on; `None` if they no longer fit.
fn with(snap: &Snapshot<'_>, mut record: Record, proposal: &Proposal) -> Result<Option<Record>, StoreError> {
    let waiting = proposals::waiting(snap, proposal.doc)?;
    let chunks: Vec<&[u8]> = ancestry(&waiting, proposal).into_iter().map(|p| p.data.as_slice()).collect();
    Ok(record.apply(&chunks).is_ok().then_some(record))
}

fn deps(proposal: &Proposal) -> Vec<domain::document::Hash> {
    let limits = domain::guard::Limits::default();
    domain::guard::parse(&proposal.data, &limits).map(|c| c.deps).unwrap_or_default()
}

/// A proposal and the waiting ones that it builds on, dependencies first.
fn ancestry<'a>(waiting: &'a [Proposal], proposal: &'a Proposal) -> Vec<&'a Proposal> {
    let mut chain = vec![proposal];
    let mut wanted = deps(proposal);
    // What came earlier cannot build on what came later.
    for earlier in waiting.iter().rev().filter(|p| p.n < proposal.n) {
        if wanted.contains(&earlier.hash) {
            wanted.extend(deps(earlier));
            chain.push(earlier);
        }
    }
    chain.reverse();
    chain
}

/// A proposal and the waiting ones that build on it.
fn progeny<'a>(waiting: &'a [Proposal], proposal: &'a Proposal) -> Vec<&'a Proposal> {
    let mut chain = vec![proposal];
    for later in waiting.iter().filter(|p| p.n > proposal.n) {
        let needs = deps(later);
        if chain.iter().any(|p| needs.contains(&p.hash)) {
            chain.push(later);
        }
    }
    chain
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|b| format!("{b:02x}")).collect()
}
