//! A device as the server sees one: it makes changes with the domain's own code, and speaks the sync protocol.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::authz::Role;
use domain::document::{Record, Writer};
use domain::error::Refusal;
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use domain::wire::{
    Body, ChangeOutcome, Frame, Hello, HelloReply, Offer, OfferItem, OfferReply, Page, Pull, Push, PushItem,
    PushReply, PushResult, SnapshotReply, SnapshotRequest,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::common::{Answer, START, Server};

/// A record on the device.
pub struct Held {
    pub kind: String,
    pub record: Record,
    /// Changes that the server has not acknowledged.
    pub pending: Vec<Vec<u8>>,
    pub heads: Vec<Vec<u8>>,
    pub receipt: Vec<u8>,
}

pub struct Phone {
    pub user: UserId,
    pub role: Role,
    pub token: String,
    pub held: BTreeMap<RecordId, Held>,
    pub cursors: Vec<Vec<u8>>,
    pub decisions: Vec<domain::wire::Decision>,
    pub clock: i64,
    /// As shipped until reference data is fetched.
    pub schema: Arc<Schema>,
}

pub fn fresh() -> Uuid {
    server::host::new_id(START, &server::host::SystemRng).unwrap()
}

impl Phone {
    pub fn new(server: &Server, name: &str, user: UserId, role: Role) -> Self {
        let token = server.login_from(name, Some(fresh())).access;
        Self {
            user,
            role,
            token,
            held: BTreeMap::new(),
            cursors: Vec::new(),
            decisions: Vec::new(),
            clock: START,
            schema: Schema::builtin().unwrap(),
        }
    }

    /// Takes over the lists and settings that the server serves now.
    pub fn fetch_reference(&mut self, server: &Server) {
        let reference = server.get("/api/v1/reference", &self.token).json();
        self.schema = Arc::new(Schema::builtin().unwrap().with_reference(&reference));
    }

    pub fn create(&mut self, kind: &str, fields: Value) -> RecordId {
        let id = RecordId(fresh());
        self.create_as(kind, id, fields);
        id
    }

    pub fn create_as(&mut self, kind: &str, id: RecordId, fields: Value) {
        let record = Record::new(kind, id);
        let held = Held {
            kind: kind.to_owned(),
            record,
            pending: Vec::new(),
            heads: Vec::new(),
            receipt: Vec::new(),
        };
        self.held.insert(id, held);
        let Value::Object(fields) = fields else { panic!("fields") };
        self.act(id, Intent::Create { fields, id: None, temp: Some("临-T-0001".to_owned()) });
    }

    /// Carries an intent out without asking anyone for permission.
    pub fn act(&mut self, id: RecordId, intent: Intent) -> Vec<u8> {
        self.try_act(id, intent).unwrap()
    }

    /// [`Phone::act`], or why the device itself says no.
    pub fn try_act(&mut self, id: RecordId, mut intent: Intent) -> Result<Vec<u8>, Refusal> {
        intent.fill_ids(&mut fresh);
        self.clock += 1_000;
        let held = self.held.get_mut(&id).unwrap();
        held.record.begin(self.user, fresh().into_bytes());
        let writer = Writer {
            schema: &self.schema,
            zone: &Zone::default(),
            user: self.user,
            role: self.role,
            now: Timestamp(self.clock),
            skew_s: None,
            historical: false,
            around: Default::default(),
        };
        let made = held.record.execute(&writer, &intent)?.expect("a change");
        held.pending.push(made.bytes.clone());
        Ok(made.bytes)
    }

    pub fn set(&mut self, id: RecordId, field: &str, value: Value) -> Vec<u8> {
        self.act(id, Intent::Set { field: field.to_owned(), value })
    }

    pub fn add(&mut self, id: RecordId, collection: &str, fields: Value) -> Vec<u8> {
        let Value::Object(fields) = fields else { panic!("fields") };
        self.act(id, Intent::Add { collection: collection.to_owned(), id: None, fields })
    }

    pub fn event(&mut self, id: RecordId, to: &str) -> Vec<u8> {
        self.act(id, Intent::Event { to: to.to_owned(), why: None, fields: Map::new(), id: None })
    }

    pub fn assign(&mut self, id: RecordId, lead: Option<UserId>, others: &[UserId]) -> Vec<u8> {
        self.act(id, Intent::Assign { lead, others: others.to_vec() })
    }

    pub fn value(&self, id: RecordId, field: &str) -> Value {
        let schema = Schema::builtin().unwrap();
        let held = &self.held[&id];
        held.record.view(schema.kind(&held.kind).unwrap()).value(field).to_json()
    }

    pub fn item(id: RecordId, kind: &str, changes: Vec<Vec<u8>>) -> PushItem {
        PushItem {
            doc: id.bytes().to_vec().into(),
            kind: kind.to_owned(),
            changes: changes.into_iter().map(Into::into).collect(),
        }
    }

    /// Pushes everything that is pending, keeps what came back of it, and gives the results by record.
    pub fn push(&mut self, server: &Server) -> BTreeMap<RecordId, PushResult> {
        let ids: Vec<RecordId> =
            self.held.iter().filter(|(_, h)| !h.pending.is_empty()).map(|(id, _)| *id).collect();
        let items = ids.iter().map(|id| {
            let held = &self.held[id];
            Self::item(*id, &held.kind, held.pending.clone())
        });
        let reply = self.send(server, Push { items: items.collect() });
        let mut out = BTreeMap::new();
        for (id, result) in ids.into_iter().zip(reply.results) {
            let held = self.held.get_mut(&id).unwrap();
            held.pending.clear();
            if !result.heads.is_empty() {
                held.heads = result.heads.iter().map(|h| h.to_vec()).collect();
                held.receipt = result.receipt.to_vec();
            }
            out.insert(id, result);
        }
        out
    }

    pub fn send(&self, server: &Server, push: Push) -> PushReply {
        let answer = post(server, &self.token, "push", &push);
        assert_eq!(answer.status, 200, "{}", answer.text());
        read(&answer)
    }

    pub fn hello(&self, server: &Server) -> HelloReply {
        let hello = Hello {
            proto: vec![1],
            app: "test".to_owned(),
            schema: 1,
            device: vec![1; 16].into(),
            instance: vec![2; 16].into(),
            cursors: self.cursors.iter().cloned().map(Into::into).collect(),
            client_ms: START,
        };
        let answer = post(server, &self.token, "hello", &hello);
        assert_eq!(answer.status, 200, "{}", answer.text());
        read(&answer)
    }

    pub fn page(&self, server: &Server, max_docs: u32) -> Answer {
        let cursor = self.cursors.first().cloned().map(Into::into);
        post(server, &self.token, "pull", &Pull { cursor, max_bytes: 1 << 20, max_docs })
    }

    /// Pulls to the end; gives the number of frames of each sort: deltas, snapshots, gone.
    pub fn pull(&mut self, server: &Server) -> (usize, usize, usize) {
        self.pull_by(server, 200)
    }

    pub fn pull_by(&mut self, server: &Server, max_docs: u32) -> (usize, usize, usize) {
        let mut counts = (0, 0, 0);
        loop {
            let answer = self.page(server, max_docs);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page: Page = read(&answer);
            let documents = page.frames.iter().filter(|f| !matches!(f, Frame::Decision(_))).count();
            assert!(documents <= max_docs as usize);
            for frame in page.frames {
                match frame {
                    Frame::Delta(_) => counts.0 += 1,
                    Frame::Snapshot(_) => counts.1 += 1,
                    Frame::Gone(_) => counts.2 += 1,
                    Frame::Decision(_) => {}
                }
                self.take(frame);
            }
            self.cursors.insert(0, page.cursor.to_vec());
            self.cursors.truncate(32);
            if !page.more {
                return counts;
            }
        }
    }

    pub fn take_page(&mut self, page: Page) {
        for frame in page.frames {
            self.take(frame);
        }
        self.cursors.insert(0, page.cursor.to_vec());
    }

    fn take(&mut self, frame: Frame) {
        match frame {
            Frame::Delta(delta) => {
                let id = RecordId::from_slice(&delta.doc).unwrap();
                let held = self.held.get_mut(&id).expect("a delta of a document that the device holds");
                let chunks: Vec<&[u8]> = delta.changes.iter().map(|c| c.as_slice()).collect();
                held.record.apply(&chunks).expect("a delta that connects");
                held.check(&delta.heads, &delta.receipt);
            }
            Frame::Snapshot(snapshot) => {
                let id = RecordId::from_slice(&snapshot.doc).unwrap();
                let mut record = Record::load(id, &snapshot.blob).expect("a sound document");
                let pending = self.held.get(&id).map(|h| h.pending.clone()).unwrap_or_default();
                if record.apply(&pending).is_err() {
                    record = Record::load(id, &snapshot.blob).unwrap();
                }
                let kind = snapshot.kind;
                let mut held = Held { kind, record, pending, heads: Vec::new(), receipt: Vec::new() };
                held.check(&snapshot.heads, &snapshot.receipt);
                self.held.insert(id, held);
            }
            Frame::Gone(gone) => {
                self.held.remove(&RecordId::from_slice(&gone.doc).unwrap());
            }
            Frame::Decision(decision) => self.decisions.push(decision),
        }
    }

    pub fn snapshots(&self, server: &Server, ids: &[RecordId]) -> SnapshotReply {
        let docs = ids.iter().map(|id| id.bytes().to_vec().into()).collect();
        read(&post(server, &self.token, "snapshot", &SnapshotRequest { docs }))
    }

    /// Offers everything that the device holds with a receipt, in both rounds; gives how many were restored.
    pub fn offer(&self, server: &Server) -> u32 {
        let items: Vec<OfferItem> =
            self.held.iter().map(|(id, held)| self.offered(*id, held, Vec::new())).collect();
        let first: OfferReply = read(&post(server, &self.token, "offer", &Offer { items }));
        assert_eq!(first.restored, 0);
        let items = first.need.iter().map(|need| {
            let id = RecordId::from_slice(&need.doc).unwrap();
            let have: Vec<[u8; 32]> = need.have.iter().map(|h| h.as_slice().try_into().unwrap()).collect();
            let held = &self.held[&id];
            let genesis = domain::document::genesis_hash(&held.kind, id);
            let since = held.record.changes_since(&have).into_iter().filter(|(h, _)| *h != genesis);
            self.offered(id, held, since.map(|(_, bytes)| bytes).collect())
        });
        let second: OfferReply = read(&post(server, &self.token, "offer", &Offer { items: items.collect() }));
        second.restored
    }

    pub fn offered(&self, id: RecordId, held: &Held, changes: Vec<Vec<u8>>) -> OfferItem {
        OfferItem {
            doc: id.bytes().to_vec().into(),
            kind: held.kind.clone(),
            heads: held.heads.iter().cloned().map(Into::into).collect(),
            receipt: held.receipt.clone().into(),
            changes: changes.into_iter().map(Into::into).collect(),
        }
    }
}

impl Held {
    fn check(&mut self, heads: &[minicbor::bytes::ByteVec], receipt: &[u8]) {
        self.heads = heads.iter().map(|h| h.to_vec()).collect();
        self.receipt = receipt.to_vec();
        if self.pending.is_empty() {
            let own: Vec<Vec<u8>> = self.record.heads().iter().map(|h| h.to_vec()).collect();
            assert_eq!(own, self.heads, "the device has exactly what the server says");
        }
    }
}

pub fn post(server: &Server, token: &str, route: &str, body: &impl Body) -> Answer {
    let bytes = zstd::bulk::compress(&body.to_bytes(), 3).unwrap();
    post_bytes(server, token, route, &bytes)
}

pub fn post_bytes(server: &Server, token: &str, route: &str, bytes: &[u8]) -> Answer {
    let headers = format!(
        "Content-Type: application/cbor\r\nContent-Encoding: zstd\r\nAuthorization: Bearer {token}\r\n"
    );
    server.raw("POST", &format!("/api/v1/sync/{route}"), &headers, bytes)
}

pub fn read<T: Body>(answer: &Answer) -> T {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-encoding"), Some("zstd"));
    T::from_bytes(&zstd::bulk::decompress(&answer.body, 16 << 20).unwrap()).unwrap()
}

/// Words for outcomes, for comparing.
pub fn words(result: &PushResult) -> Vec<String> {
    let word = |o: &ChangeOutcome| match o {
        ChangeOutcome::Accepted => "accepted".to_owned(),
        ChangeOutcome::Duplicate => "duplicate".to_owned(),
        ChangeOutcome::Proposed => "proposed".to_owned(),
        ChangeOutcome::Refused(r) => r.code.clone(),
    };
    result.outcomes.iter().map(word).collect()
}

/// Fields that a complaint needs to be registered.
pub fn complaint() -> Value {
    json!({ "content": "变速箱漏油" })
}
