//! Push: batches of unsent work, and what their outcomes mean.

use std::collections::{BTreeSet, HashMap};

use domain::error::Code;
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::wire::{Body as _, ChangeOutcome, MAX_CHANGES, MAX_DOCS, Push, PushItem, PushReply, PushResult};
use serde_json::{Map, Value as Json};

use super::replay::{Env, project, rebuild};
use super::{bytes, hashes};
use crate::error::Error;
use crate::store::pending::{Pending, State};
use crate::store::{Store, Tx, documents, pending};
use crate::sync::report::Pushed;

/// Bytes of changes in the first batch of a run; doubled on success, halved where the server calls it too large.
const FIRST_BYTES: usize = 64 << 10;
/// Most bytes of changes in a batch.
const MOST_BYTES: usize = 1 << 20;
/// How often one document's work is built again in a run before it waits for the next.
const MOST_REBUILDS: u32 = 3;

/// A document in flight, with the changes in the order in which they were sent.
pub(super) struct Sent {
    doc: RecordId,
    work: Vec<Pending>,
}

/// The push side of a run.
pub(super) struct Pusher {
    pub(super) bytes: usize,
    in_flight: Vec<Sent>,
    /// Documents that wait for the next run, or for the pull.
    deferred: BTreeSet<RecordId>,
    rebuilds: HashMap<RecordId, u32>,
    /// Built again after the pull: they need what the server has and this device does not.
    pub(super) after_pull: BTreeSet<RecordId>,
}

impl Default for Pusher {
    fn default() -> Self {
        Self {
            bytes: FIRST_BYTES,
            in_flight: Vec::new(),
            deferred: BTreeSet::new(),
            rebuilds: HashMap::new(),
            after_pull: BTreeSet::new(),
        }
    }
}

impl Pusher {
    /// The next batch; `None` if nothing is left to send in this run.
    pub(super) fn batch(&mut self, store: &mut Store) -> Result<Option<Vec<u8>>, Error> {
        self.in_flight.clear();
        let (mut size, mut count) = (0, 0);
        for (doc, _) in pending::waiting_docs(store.db())? {
            if self.deferred.contains(&doc) {
                continue;
            }
            let mut work = pending::of_doc(store.db(), doc)?;
            work.retain(|w| w.state.unsent());
            let mut taken = 0;
            for row in &work {
                if count + taken > 0 && (size + row.change.len() > self.bytes || count + taken >= MAX_CHANGES)
                {
                    break;
                }
                size += row.change.len();
                taken += 1;
            }
            let cut = taken < work.len();
            work.truncate(taken);
            count += taken;
            if taken > 0 {
                self.in_flight.push(Sent { doc, work });
            }
            if cut || self.in_flight.len() >= MAX_DOCS {
                break;
            }
        }
        if self.in_flight.is_empty() {
            return Ok(None);
        }
        let fresh: Vec<i64> = self.rows().filter(|w| w.state == State::New).map(|w| w.n).collect();
        if !fresh.is_empty() {
            store.write(|tx| fresh.iter().try_for_each(|n| tx.set_state(*n, State::Sent)))?.into_inner();
        }
        let items = self.in_flight.iter().map(|sent| PushItem {
            doc: bytes(sent.doc.bytes()),
            kind: sent.work[0].kind.clone(),
            changes: sent.work.iter().map(|w| bytes(&w.change)).collect(),
        });
        Ok(Some(Push { items: items.collect() }.to_bytes()))
    }

    fn rows(&self) -> impl Iterator<Item = &Pending> {
        self.in_flight.iter().flat_map(|s| &s.work)
    }

    /// A batch that the server calls too large: smaller ones, or, if it was a single change, that change
    /// can never be sent.
    pub(super) fn too_large(&mut self, store: &mut Store, env: &mut Env<'_>) -> Result<(), Error> {
        if self.rows().count() > 1 {
            let sent: usize = self.rows().map(|w| w.change.len()).sum();
            self.bytes = self.bytes.min(sent) / 2;
            return Ok(());
        }
        let Some(sent) = self.in_flight.pop() else { return Ok(()) };
        store
            .write(|tx| {
                tx.refuse(&sent.work[0], Code::TooLarge.as_str(), &Map::new(), env.now)?;
                rebuild(tx, env, sent.doc)
            })?
            .into_inner();
        Ok(())
    }

    /// Everything that was deferred may be sent again: the server has been given what it lacked.
    pub(super) fn undefer(&mut self) {
        self.deferred.clear();
    }

    /// Work that waited for the pull is built again.
    pub(super) fn rebuild_deferred(&mut self, store: &mut Store, env: &mut Env<'_>) -> Result<bool, Error> {
        let docs = std::mem::take(&mut self.after_pull);
        if docs.is_empty() {
            return Ok(false);
        }
        store.write(|tx| docs.iter().try_for_each(|doc| rebuild(tx, env, *doc)))?.into_inner();
        for doc in docs {
            self.deferred.remove(&doc);
        }
        Ok(true)
    }

    /// Takes the outcomes. Answers whether the reply was one to this batch.
    pub(super) fn reply(
        &mut self,
        store: &mut Store,
        env: &mut Env<'_>,
        reply: &PushReply,
        pushed: &mut Pushed,
    ) -> Result<bool, Error> {
        let sent = std::mem::take(&mut self.in_flight);
        let fits = sent.len() == reply.results.len()
            && sent
                .iter()
                .zip(&reply.results)
                .all(|(s, r)| r.doc[..] == s.doc.bytes()[..] && r.outcomes.len() == s.work.len());
        if !fits {
            return Ok(false);
        }
        self.bytes = (self.bytes * 2).min(MOST_BYTES);
        store
            .write(|tx| {
                for (sent, result) in sent.iter().zip(&reply.results) {
                    self.one(tx, env, sent, result, pushed)?;
                }
                Ok(())
            })?
            .into_inner();
        Ok(true)
    }

    fn one(
        &mut self,
        tx: &mut Tx<'_>,
        env: &mut Env<'_>,
        sent: &Sent,
        result: &PushResult,
        pushed: &mut Pushed,
    ) -> Result<(), Error> {
        let mut taken: Vec<&Pending> = Vec::new();
        let mut build_again = false;
        for (row, outcome) in sent.work.iter().zip(&result.outcomes) {
            match outcome {
                ChangeOutcome::Accepted => {
                    pushed.accepted += 1;
                    taken.push(row);
                }
                ChangeOutcome::Duplicate => {
                    pushed.duplicate += 1;
                    taken.push(row);
                }
                ChangeOutcome::Proposed => {
                    pushed.proposed += 1;
                    tx.set_state(row.n, State::Proposed)?;
                }
                ChangeOutcome::Refused(refusal) => {
                    let params = params(&refusal.params);
                    match fate(&refusal.code) {
                        Fate::Later => {
                            tx.note_failure(row.n, &refusal.code, &params)?;
                            self.deferred.insert(sent.doc);
                            if refusal.code == Code::MissingDeps.as_str()
                                && !self.known(tx, sent, &hashes(&refusal.need))?
                            {
                                self.after_pull.insert(sent.doc);
                            }
                        }
                        Fate::Again => {
                            pushed.refused += 1;
                            build_again = true;
                        }
                        Fate::Box if twin(tx, row, &refusal.code) => {
                            // Another office device made the companion first: use that one.
                            tx.remove_pending(row)?;
                            self.after_pull.insert(sent.doc);
                            self.deferred.insert(sent.doc);
                        }
                        Fate::Box => {
                            pushed.refused += 1;
                            tx.refuse(row, &refusal.code, &params, env.now)?;
                            build_again = true;
                        }
                    }
                }
            }
        }
        self.merge(tx, env, sent.doc, &taken, result)?;
        if build_again && !self.after_pull.contains(&sent.doc) {
            let times = self.rebuilds.entry(sent.doc).or_default();
            *times += 1;
            if *times > MOST_REBUILDS {
                self.deferred.insert(sent.doc);
            }
            rebuild(tx, env, sent.doc)?;
        }
        Ok(())
    }

    /// Whether this device holds these changes, so that an offer can give them to the server.
    fn known(&self, tx: &Tx<'_>, sent: &Sent, need: &[[u8; 32]]) -> Result<bool, Error> {
        let Some(doc) = documents::get(&tx.db, sent.doc)? else { return Ok(false) };
        let Ok(base) = doc.record() else { return Ok(false) };
        let own = pending::of_doc(&tx.db, sent.doc)?;
        Ok(!need.is_empty() && base.lacks(need).iter().all(|h| own.iter().any(|w| w.hash == *h)))
    }

    /// What the server took goes into `base`.
    fn merge(
        &self,
        tx: &mut Tx<'_>,
        env: &Env<'_>,
        id: RecordId,
        taken: &[&Pending],
        result: &PushResult,
    ) -> Result<(), Error> {
        let Some(doc) = documents::get(&tx.db, id)?.filter(|_| !taken.is_empty()) else { return Ok(()) };
        if doc.gone {
            for row in taken {
                tx.remove_pending(row)?;
            }
            return tx.sweep_doc(&doc);
        }
        let mut base = match doc.record() {
            Ok(base) => base,
            Err(Error::RecordDamaged(_)) => {
                tx.set_aside_base(&doc, env.now)?;
                return taken.iter().try_for_each(|row| tx.set_state(row.n, State::Acked));
            }
            Err(e) => return Err(e),
        };
        let chunks: Vec<&[u8]> = taken.iter().map(|w| &w.change[..]).collect();
        if base.apply(&chunks).is_err() {
            // Work that a rescue brought back, whose base is not here: the whole document is fetched.
            for row in taken {
                tx.set_state(row.n, State::Acked)?;
            }
            return tx.want(id, &doc.kind);
        }
        let certified = !result.heads.is_empty() && hashes(&result.heads) == base.heads();
        tx.put_base(&base, certified.then_some(&result.receipt[..]))?;
        project(tx, base)
    }
}

/// What a refusal means for the device.
enum Fate {
    /// Kept; sent again later.
    Later,
    /// Built again on what the server has.
    Again,
    /// Into the box, with its reason.
    Box,
}

fn fate(code: &str) -> Fate {
    match Code::from_text(code) {
        Some(Code::MissingDeps | Code::ServerFault | Code::SchemaUnsupported) => Fate::Later,
        Some(Code::ActorSeqConflict | Code::ActorSeqGap | Code::DependencyRejected) => Fate::Again,
        None if matches!(code, "rate_limited" | "throttled") => Fate::Later,
        _ => Fate::Box,
    }
}

/// Whether this is the making of a companion document that exists on the server already.
fn twin(tx: &Tx<'_>, row: &Pending, code: &str) -> bool {
    let companion = tx.schema.kind(&row.kind).is_some_and(|k| k.companion_of.is_some());
    let empty = matches!(&row.intent, Intent::Create { fields, .. } if fields.is_empty());
    companion && empty && code == Code::ForbiddenDoc.as_str()
}

fn params(text: &str) -> Map<String, Json> {
    serde_json::from_str(text).unwrap_or_default()
}
