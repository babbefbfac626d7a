//! Changes that no honest program makes, and what a server makes of them.

use std::sync::Arc;

use automerge::transaction::{CommitOptions, Transactable as _, Transaction};
use automerge::{ActorId, Author, Automerge, ObjId, ROOT, ReadDoc as _, ScalarValue};
use domain::authz::Principal;
use domain::document::{Admission, Before, Incoming, Made, Outcome, Record, admit};
use domain::error::Code;
use domain::ids::{UserId, id22};
use domain::schema::Schema;
use serde_json::json;

use super::{Hand, engineer, kind, made_by, record_id};

pub fn judge(
    schema: &Schema,
    server: &mut Record,
    person: &Principal,
    chunks: &[&[u8]],
    before: Before<'_>,
) -> Admission {
    let around = Default::default();
    let incoming = Incoming { schema, record: server, chunks, person: Some(person), before, around };
    let admission = admit(&incoming);
    if let Some((record, _)) = &admission.merged {
        *server = record.clone();
    }
    admission
}

pub fn outcomes(admission: &Admission) -> Vec<Outcome> {
    admission.judged.iter().map(|j| j.outcome.clone()).collect()
}

pub fn push(schema: &Schema, server: &mut Record, person: &Principal, chunks: &[&[u8]]) -> Vec<Outcome> {
    outcomes(&judge(schema, server, person, chunks, Before::default()))
}

pub fn code(outcome: &Outcome) -> Option<Code> {
    match outcome {
        Outcome::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    }
}

pub fn codes(outcomes: &[Outcome]) -> Vec<Option<Code>> {
    outcomes.iter().map(code).collect()
}

pub const ACCEPTED: Outcome = Outcome::Accepted(None);

/// A complaint by engineer 1, registered, on the server and in that engineer's hand.
pub fn registered(schema: &Arc<Schema>) -> (Hand, Record) {
    let (mut hand, made) = made_by(schema, engineer(1), record_id(1), 1);
    let step = hand.ok(json!({"cmd":"event","to":"registered"}));
    let mut server = Record::new("complaint", record_id(1));
    assert_eq!(push(schema, &mut server, &engineer(1), &[&made.bytes, &step.bytes]), [ACCEPTED, ACCEPTED]);
    (hand, server)
}

pub fn at(schema: &Arc<Schema>, server: &Record, person: Principal, salt: u8) -> Hand {
    Hand::new(schema, person, Record::load(server.id(), &server.save()).unwrap(), salt)
}

/// A change made without asking anybody, on top of `record`.
pub fn forged(record: &Record, by: UserId, salt: u8, work: impl FnOnce(&mut Transaction<'_>)) -> Made {
    let mut doc = Automerge::load(&record.save()).unwrap();
    doc.set_author(Some(Author::from(by.bytes().to_vec())));
    doc.set_actor(ActorId::from([salt; 16]));
    let mut tx = doc.transaction();
    work(&mut tx);
    let (hash, _) = tx.commit_with(CommitOptions::default().with_time(5_000));
    let hash = hash.unwrap();
    Made { hash: hash.0, bytes: doc.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec() }
}

pub fn root(tx: &Transaction<'_>, key: &str) -> ObjId {
    tx.get(ROOT, key).unwrap().unwrap().1
}

pub fn fill_event(tx: &mut Transaction<'_>, event: &ObjId, to: &str, by: UserId, role: &str, prev: &str) {
    tx.put(event, "t", "status").unwrap();
    tx.put(event, "to", to).unwrap();
    tx.put(event, "at", ScalarValue::Timestamp(4_000)).unwrap();
    tx.put(event, "by", ScalarValue::Bytes(by.bytes().to_vec())).unwrap();
    tx.put(event, "role", role).unwrap();
    tx.put(event, "prev", prev).unwrap();
}

pub fn frontier(record: &Record, schema: &Schema) -> String {
    let folded = record.view(kind(schema)).folded;
    folded.frontier.iter().map(|p| id22(p.as_bytes())).collect::<Vec<_>>().join(",")
}
