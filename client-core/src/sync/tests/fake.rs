//! A server in memory: the protocol's rules, with faults on demand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::authz::{Permission, Principal, Role};
use domain::document::{Hash, Incoming, Outcome, Record, admit};
use domain::guard::{Limits, parse};
use domain::ids::{RecordId, UserId};
use domain::time::Timestamp;
use domain::wire::*;
use serde_json::json;

use crate::Client;
use crate::sync::{Input, Output, Report, Request, SyncEngine, bytes, hashes};
use crate::tests::{granted, schema, user};

/// What the server is told to do with a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Accept,
    Refuse,
    Propose,
    SeqConflict,
    Fault,
}

#[derive(Clone)]
pub(super) struct Doc {
    pub(super) record: Record,
    /// Sequence number at which it was made, and of each change.
    made: u64,
    log: Vec<(u64, Vec<u8>)>,
}

pub(super) struct Server {
    pub(super) docs: BTreeMap<RecordId, Doc>,
    pub(super) gone: BTreeMap<RecordId, u64>,
    pub(super) proposed: HashMap<Hash, (RecordId, Vec<u8>)>,
    decisions: Vec<(u64, Decision)>,
    refused: BTreeSet<Hash>,
    pub(super) seq: u64,
    pub(super) epoch: u8,
    /// Rules for changes in the order in which they come; real admission once they are used up.
    pub(super) rules: Vec<Rule>,
    pub(super) people: BTreeMap<String, Principal>,
    pub(super) page_docs: usize,
    pub(super) reference: u64,
    /// Code lists and settings, as they are served.
    pub(super) edited: serde_json::Map<String, serde_json::Value>,
    pub(super) server_ms: i64,
    /// Path → status to answer instead, and how often.
    pub(super) failures: BTreeMap<String, (u16, u32)>,
    /// Answers on these paths are worked out and then lost, so often.
    pub(super) lost: BTreeMap<String, u32>,
    /// The answer to the nth request to a path, from 0, is this status.
    faults: Vec<(&'static str, u32, u16)>,
    asked: BTreeMap<String, u32>,
    /// Records whose snapshots cannot be read, and whether those asked for by themselves can.
    pub(super) garbled: BTreeMap<RecordId, bool>,
    pub(super) seen: Vec<String>,
    pub(super) refreshes: Vec<String>,
    pub(super) restored: u32,
    refuse_refresh: bool,
    /// Where the restored backup ended.
    floor: u64,
}

impl Server {
    pub(super) fn new() -> Self {
        let person = |n: u128, role| Principal {
            user: UserId(user(n)),
            role,
            may: Permission::ALL.into_iter().collect(),
        };
        let people = [(1, Role::Engineer), (2, Role::Office), (3, Role::Engineer)];
        Self {
            docs: BTreeMap::new(),
            gone: BTreeMap::new(),
            proposed: HashMap::new(),
            decisions: Vec::new(),
            refused: BTreeSet::new(),
            seq: 0,
            epoch: 1,
            rules: Vec::new(),
            people: people.map(|(n, role)| (format!("access-user{n}"), person(n, role))).into(),
            page_docs: 3,
            reference: 0,
            edited: serde_json::Map::new(),
            server_ms: 1_790_000_000_000,
            failures: BTreeMap::new(),
            lost: BTreeMap::new(),
            faults: Vec::new(),
            asked: BTreeMap::new(),
            garbled: BTreeMap::new(),
            seen: Vec::new(),
            refreshes: Vec::new(),
            restored: 0,
            refuse_refresh: false,
            floor: 0,
        }
    }

    /// From now on, the answer to the nth request to a path, from 0, is this status.
    pub(super) fn fail_at(&mut self, faults: &[(&'static str, u32, u16)]) {
        self.asked.clear();
        self.faults = faults.to_vec();
    }

    pub(super) fn refuse_refresh(&mut self) {
        self.refuse_refresh = true;
    }

    fn key() -> &'static [u8] {
        b"receipt key"
    }

    /// One run of a device against this server.
    pub(super) fn sync(&mut self, client: &mut Client) -> Report {
        self.seen.clear();
        let mut engine = SyncEngine::new();
        let mut input = Input::Start;
        for _ in 0..200 {
            match engine.handle(client, input) {
                Output::Done(report) => return report,
                Output::Request(request) => {
                    input = match self.answer(&request) {
                        Some((status, body)) => Input::Response { status, body },
                        None => Input::Failed,
                    };
                }
            }
        }
        panic!("the run does not end: {:?}", self.seen);
    }

    pub(super) fn answer(&mut self, request: &Request) -> Option<(u16, Vec<u8>)> {
        let path = request.path.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
        self.seen.push(path.clone());
        let asked = self.asked.entry(path.clone()).or_default();
        *asked += 1;
        if let Some((.., status)) = self.faults.iter().find(|(p, n, _)| *p == path && *n + 1 == *asked) {
            return Some((*status, br#"{"params":{}}"#.to_vec()));
        }
        if let Some((status, times)) = self.failures.get_mut(&path)
            && *times > 0
        {
            *times -= 1;
            return (*status != 0).then(|| (*status, br#"{"params":{}}"#.to_vec()));
        }
        let answer = self.serve(&path, request);
        if let Some(times) = self.lost.get_mut(&path)
            && *times > 0
        {
            *times -= 1;
            return None;
        }
        Some(answer)
    }

    fn serve(&mut self, path: &str, request: &Request) -> (u16, Vec<u8>) {
        if path == "refresh" {
            self.refreshes.push(String::from_utf8(request.body.clone()).unwrap());
            if self.refuse_refresh {
                return (401, json!({"code": "token_invalid"}).to_string().into_bytes());
            }
            return (200, granted(1, "user1", "engineer"));
        }
        let person = request.auth.as_ref().and_then(|a| self.people.get(a)).cloned();
        let Some(person) = person else {
            return (401, json!({"code": "token_expired"}).to_string().into_bytes());
        };
        match path {
            "hello" => (200, self.hello(&Hello::from_bytes(&request.body).unwrap())),
            "push" => (200, self.push(&person, &Push::from_bytes(&request.body).unwrap())),
            "pull" => self.pull(&Pull::from_bytes(&request.body).unwrap()),
            "snapshot" => {
                let asked = SnapshotRequest::from_bytes(&request.body).unwrap();
                let docs = asked.docs.iter().filter_map(|id| self.snapshot(RecordId::from_slice(id)?));
                (200, SnapshotReply { docs: docs.collect() }.to_bytes())
            }
            "offer" => (200, self.offer(&Offer::from_bytes(&request.body).unwrap())),
            "reference" => {
                let people = json!([{"id": user(2), "name": "li", "display": "李内勤"}]);
                let mut all = json!({"version": self.reference, "changed": true, "people": people});
                all.as_object_mut().unwrap().extend(self.edited.clone());
                (200, all.to_string().into_bytes())
            }
            _ => (404, Vec::new()),
        }
    }

    fn hello(&self, hello: &Hello) -> Vec<u8> {
        let known = hello.cursors.iter().find(|c| self.good(c));
        let mode = match known {
            Some(c) if Some(c) == hello.cursors.first() => Mode::Ok,
            Some(_) => Mode::Rewind,
            None => Mode::Full,
        };
        HelloReply {
            epoch: vec![self.epoch; 16].into(),
            resume: known.map(|c| self.cursor(self.at(c)).into()),
            mode,
            server_ms: self.server_ms,
            min_schema: 1,
            max_schema: 1,
        }
        .to_bytes()
    }

    fn cursor(&self, seq: u64) -> Vec<u8> {
        let mut cursor = vec![self.epoch; 16];
        cursor.extend(seq.to_be_bytes());
        cursor
    }

    fn good(&self, cursor: &[u8]) -> bool {
        // A restored server still knows the cursors that its backup had given out.
        self.at(cursor) <= if cursor[0] == self.epoch { self.seq } else { self.floor }
    }

    fn at(&self, cursor: &[u8]) -> u64 {
        u64::from_be_bytes(cursor[16..24].try_into().unwrap())
    }

    fn push(&mut self, person: &Principal, push: &Push) -> Vec<u8> {
        let results = push.items.iter().map(|item| self.item(person, item)).collect();
        PushReply { epoch: vec![self.epoch; 16].into(), results }.to_bytes()
    }

    fn item(&mut self, person: &Principal, item: &PushItem) -> PushResult {
        let id = RecordId::from_slice(&item.doc).unwrap();
        let outcomes = item.changes.iter().map(|c| self.change(person, id, &item.kind, c)).collect();
        let heads = self.docs.get(&id).map(|d| d.record.heads()).unwrap_or_default();
        let receipt = receipt(Self::key(), id.bytes(), &heads);
        PushResult {
            doc: item.doc.clone(),
            outcomes,
            heads: heads.iter().map(bytes).collect(),
            receipt: bytes(receipt),
        }
    }

    fn change(&mut self, person: &Principal, id: RecordId, kind: &str, chunk: &[u8]) -> ChangeOutcome {
        let no = |code: &str, need: Vec<Hash>| {
            ChangeOutcome::Refused(Refusal {
                code: code.into(),
                params: "{}".into(),
                need: need.iter().map(bytes).collect(),
            })
        };
        let checked = parse(chunk, &Limits::default()).unwrap();
        let record = self.docs.get(&id).map_or_else(|| Record::new(kind, id), |d| d.record.clone());
        if record.has_all(&[checked.hash]) {
            return ChangeOutcome::Duplicate;
        }
        if self.proposed.contains_key(&checked.hash)
            || checked.deps.iter().any(|d| self.proposed.contains_key(d))
        {
            self.proposed.insert(checked.hash, (id, chunk.to_vec()));
            return ChangeOutcome::Proposed;
        }
        if checked.deps.iter().any(|d| self.refused.contains(d)) {
            self.refused.insert(checked.hash);
            return no("dependency_rejected", Vec::new());
        }
        if !record.has_all(&checked.deps) {
            return no("missing_deps", record.lacks(&checked.deps));
        }
        let rule = if self.rules.is_empty() { None } else { Some(self.rules.remove(0)) };
        match rule {
            Some(Rule::Accept) => {}
            Some(Rule::Refuse) => {
                self.refused.insert(checked.hash);
                return no("forbidden_field", Vec::new());
            }
            Some(Rule::Propose) => {
                self.proposed.insert(checked.hash, (id, chunk.to_vec()));
                return ChangeOutcome::Proposed;
            }
            Some(Rule::SeqConflict) => {
                self.refused.insert(checked.hash);
                return no("actor_seq_conflict", Vec::new());
            }
            Some(Rule::Fault) => return no("server_fault", Vec::new()),
            None => {
                let schema = schema();
                let chunks = [chunk];
                let incoming = Incoming {
                    schema: &schema,
                    record: &record,
                    chunks: &chunks,
                    person: Some(person),
                    before: Default::default(),
                    around: Default::default(),
                };
                match admit(&incoming).judged.remove(0).outcome {
                    Outcome::Accepted(_) => {}
                    Outcome::Duplicate => return ChangeOutcome::Duplicate,
                    Outcome::Proposed(_) => {
                        self.proposed.insert(checked.hash, (id, chunk.to_vec()));
                        return ChangeOutcome::Proposed;
                    }
                    Outcome::Refused { refusal, need } => {
                        self.refused.insert(checked.hash);
                        return no(refusal.code.as_str(), need);
                    }
                }
            }
        }
        // Judged anew each time: an answer that was lost binds nobody.
        self.refused.remove(&checked.hash);
        self.take(id, kind, chunk);
        ChangeOutcome::Accepted
    }

    /// Merges a change, as a commit of its own.
    pub(super) fn take(&mut self, id: RecordId, kind: &str, chunk: &[u8]) {
        self.seq += 1;
        let seq = self.seq;
        let doc = self.docs.entry(id).or_insert_with(|| Doc {
            record: Record::new(kind, id),
            made: seq,
            log: Vec::new(),
        });
        doc.record.apply(&[chunk]).unwrap();
        doc.log.push((seq, chunk.to_vec()));
    }

    /// Gives a record its number, as the system.
    pub(super) fn number(&mut self, id: RecordId, number: &str) {
        let doc = self.docs.get_mut(&id).unwrap();
        let mut record = Record::load(id, &doc.record.save()).unwrap();
        let made = record.give_number("complaint_no", number, Timestamp(1)).unwrap().unwrap();
        let kind = doc.record.kind().to_owned();
        self.take(id, &kind, &made.bytes);
    }

    fn pull(&mut self, pull: &Pull) -> (u16, Vec<u8>) {
        if pull.cursor.as_ref().is_some_and(|c| !self.good(c) || c[0] != self.epoch) {
            return (409, json!({"code": "epoch_changed"}).to_string().into_bytes());
        }
        let from = pull.cursor.as_ref().map_or(0, |c| self.at(c));
        let mut news: Vec<(u64, Frame)> = Vec::new();
        for (id, doc) in self.docs.iter().filter(|(id, _)| !self.gone.contains_key(id)) {
            let last = doc.log.last().map_or(doc.made, |l| l.0);
            if last <= from {
                continue;
            }
            let heads: Vec<_> = doc.record.heads();
            let receipt = bytes(receipt(Self::key(), id.bytes(), &heads));
            let (heads, kind) = (heads.iter().map(bytes).collect(), doc.record.kind().to_owned());
            let frame = if doc.made > from {
                Frame::Snapshot(Snapshot {
                    doc: bytes(id.bytes()),
                    kind,
                    blob: self.blob(*id, doc, true),
                    heads,
                    receipt,
                })
            } else {
                let changes = doc.log.iter().filter(|l| l.0 > from).map(|l| bytes(&l.1)).collect();
                Frame::Delta(Delta { doc: bytes(id.bytes()), kind, changes, heads, receipt })
            };
            news.push((last, frame));
        }
        news.extend(
            self.gone.iter().filter(|(_, at)| **at > from).map(|(id, at)| {
                (*at, Frame::Gone(Gone { doc: bytes(id.bytes()), why: "unassigned".into() }))
            }),
        );
        news.extend(
            self.decisions
                .iter()
                .filter(|(at, _)| *at > from)
                .map(|(at, d)| (*at, Frame::Decision(d.clone()))),
        );
        news.sort_by_key(|(at, _)| *at);
        let more = news.len() > self.page_docs;
        news.truncate(self.page_docs);
        let to = if more { news.last().map_or(from, |(at, _)| *at) } else { self.seq };
        let page = Page {
            cursor: self.cursor(to).into(),
            more,
            frames: news.into_iter().map(|(_, f)| f).collect(),
            server_ms: self.server_ms,
            reference: self.reference,
        };
        (200, page.to_bytes())
    }

    fn blob(&self, id: RecordId, doc: &Doc, in_page: bool) -> minicbor::bytes::ByteVec {
        match self.garbled.get(&id) {
            Some(alone) if in_page || !alone => vec![1, 2, 3].into(),
            _ => doc.record.save_plain().into(),
        }
    }

    fn snapshot(&self, id: RecordId) -> Option<Snapshot> {
        let doc = self.docs.get(&id).filter(|_| !self.gone.contains_key(&id))?;
        let heads = doc.record.heads();
        Some(Snapshot {
            doc: bytes(id.bytes()),
            kind: doc.record.kind().to_owned(),
            blob: self.blob(id, doc, false),
            receipt: bytes(receipt(Self::key(), id.bytes(), &heads)),
            heads: heads.iter().map(bytes).collect(),
        })
    }

    fn offer(&mut self, offer: &Offer) -> Vec<u8> {
        let (mut need, mut restored) = (Vec::new(), 0);
        for item in &offer.items {
            let id = RecordId::from_slice(&item.doc).unwrap();
            let heads = hashes(&item.heads);
            assert_eq!(item.receipt[..], receipt(Self::key(), id.bytes(), &heads)[..], "a receipt of ours");
            let have = self.docs.get(&id).map(|d| d.record.clone());
            if have.as_ref().is_some_and(|r| r.has_all(&heads)) {
                continue;
            }
            if item.changes.is_empty() {
                let have = have.map(|r| r.heads()).unwrap_or_default();
                need.push(OfferNeed { doc: item.doc.clone(), have: have.iter().map(bytes).collect() });
                continue;
            }
            for chunk in &item.changes {
                self.take(id, &item.kind, chunk);
            }
            let record = &self.docs[&id].record;
            assert!(record.has_all(&heads));
            let beyond: Vec<Hash> = record.changes_since(&heads).into_iter().map(|c| c.0).collect();
            let given = item.changes.iter().map(|c| parse(c, &Limits::default()).unwrap().hash);
            assert!(
                given.into_iter().all(|h| !beyond.contains(&h)),
                "a receipt proves no more than its heads"
            );
            restored += 1;
        }
        self.restored += restored;
        OfferReply { need, restored }.to_bytes()
    }

    pub(super) fn take_away(&mut self, id: RecordId) {
        self.seq += 1;
        self.gone.insert(id, self.seq);
    }

    /// The office decides about a proposal.
    pub(super) fn decide(&mut self, hash: Hash, accepted: bool) {
        let (id, chunk) = self.proposed.remove(&hash).unwrap();
        if accepted {
            let kind = self.docs.get(&id).map_or("complaint", |d| d.record.kind()).to_owned();
            self.take(id, &kind, &chunk);
        } else {
            self.refused.insert(hash);
        }
        self.seq += 1;
        let decision =
            Decision { doc: bytes(id.bytes()), hash: bytes(hash), accepted, note: "不采纳".into() };
        self.decisions.push((self.seq, decision));
    }

    /// What a backup would hold.
    pub(super) fn backup(&self) -> (BTreeMap<RecordId, Doc>, u64) {
        (self.docs.clone(), self.seq)
    }

    /// Restores it, by copying files: a new incarnation that has forgotten what came after.
    pub(super) fn restore(&mut self, (docs, seq): (BTreeMap<RecordId, Doc>, u64)) {
        (self.docs, self.seq, self.floor) = (docs, seq, seq);
        self.epoch += 1;
        self.proposed.clear();
    }
}
