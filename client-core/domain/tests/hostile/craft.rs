//! Chunks built by hand, field by field, always with the checksum Automerge expects.

use std::io::Write as _;

use flate2::{Compression, write::DeflateEncoder};
use sha2::{Digest as _, Sha256};

use super::{USER, actor};

pub fn uleb(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

pub fn sleb(mut value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// `count` rows of one value, as Automerge writes them: a literal for one row, a run for more.
pub fn run(count: i64, value: &[u8]) -> Vec<u8> {
    let mut out = sleb(if count == 1 { -1 } else { count });
    out.extend(value);
    out
}

/// A string value: length and bytes.
pub fn string(text: &str) -> Vec<u8> {
    let mut out = uleb(text.len() as u64);
    out.extend(text.as_bytes());
    out
}

fn chunk(kind: u8, hashed: u8, body: &[u8], sent: &[u8]) -> Vec<u8> {
    let mut sha = Sha256::new();
    sha.update([hashed]);
    sha.update(uleb(body.len() as u64));
    sha.update(body);
    let hash = sha.finalize();
    let mut out = vec![0x85, 0x6f, 0x4a, 0x83];
    out.extend(&hash[..4]);
    out.push(kind);
    out.extend(uleb(sent.len() as u64));
    out.extend(sent);
    out
}

/// A plain change chunk around `body`.
pub fn change_chunk(body: &[u8]) -> Vec<u8> {
    chunk(1, 1, body, body)
}

pub fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A compressed change chunk around `body`.
pub fn deflated_chunk(body: &[u8]) -> Vec<u8> {
    chunk(2, 1, body, &deflate(body))
}

/// A chunk of any other kind.
pub fn other_chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    chunk(kind, kind, body, body)
}

/// The body of a chunk.
pub fn body_of(chunk: &[u8]) -> Vec<u8> {
    let len = 1 + chunk[9..].iter().position(|byte| byte & 0x80 == 0).unwrap();
    chunk[9 + len..].to_vec()
}

/// A change to be written out. Starts as one honest operation: root key `k` becomes `true`.
#[derive(Clone)]
pub struct Craft {
    pub deps: Vec<[u8; 32]>,
    pub actor: [u8; 16],
    pub seq: u64,
    pub start_op: u64,
    pub time: i64,
    pub message: Vec<u8>,
    pub others: Vec<[u8; 16]>,
    pub columns: Vec<(u32, Vec<u8>)>,
    pub extra: Vec<u8>,
}

impl Craft {
    /// The first change of a new actor of [`USER`], on top of `doc`.
    pub fn on(doc: &automerge::Automerge) -> Self {
        use automerge::ReadDoc as _;
        let mut extra = vec![0x01, 16];
        extra.extend(USER);
        Self {
            deps: super::heads(doc).iter().map(|hash| hash.0).collect(),
            actor: actor(0x77),
            seq: 1,
            start_op: doc.stats().num_ops + 1,
            time: 1_700_000_000_000,
            message: b"set".to_vec(),
            others: Vec::new(),
            columns: vec![
                (0x15, run(1, &string("k"))),
                (0x34, uleb(1)),
                (0x42, run(1, &uleb(1))),
                (0x56, run(1, &uleb(2))),
                (0x70, run(1, &uleb(0))),
            ],
            extra,
        }
    }

    /// Replaces, adds or (with no bytes) drops a column.
    pub fn column(mut self, spec: u32, data: Vec<u8>) -> Self {
        self.columns.retain(|(have, _)| *have != spec);
        if !data.is_empty() {
            self.columns.push((spec, data));
            self.columns.sort_by_key(|(spec, _)| spec & !8);
        }
        self
    }

    /// `count` times the same operation.
    pub fn repeated(self, count: i64) -> Self {
        self.column(0x15, run(count, &string("k")))
            .column(0x34, uleb(count.unsigned_abs()))
            .column(0x42, run(count, &uleb(1)))
            .column(0x56, run(count, &uleb(2)))
            .column(0x70, run(count, &uleb(0)))
    }

    /// Writes into the object with this id instead of the root; the actor is an index.
    pub fn object(self, actor: u64, counter: u64) -> Self {
        self.column(0x01, run(1, &uleb(actor))).column(0x02, run(1, &uleb(counter)))
    }

    /// Names one predecessor; the actor is an index.
    pub fn pred(self, actor: u64, counter: i64) -> Self {
        self.column(0x70, run(1, &uleb(1)))
            .column(0x71, run(1, &uleb(actor)))
            .column(0x73, run(1, &sleb(counter)))
    }

    pub fn body(&self) -> Vec<u8> {
        let mut out = uleb(self.deps.len() as u64);
        for dep in &self.deps {
            out.extend(dep);
        }
        out.push(16);
        out.extend(self.actor);
        out.extend(uleb(self.seq));
        out.extend(uleb(self.start_op));
        out.extend(sleb(self.time));
        out.extend(uleb(self.message.len() as u64));
        out.extend(&self.message);
        out.extend(uleb(self.others.len() as u64));
        for other in &self.others {
            out.push(16);
            out.extend(other);
        }
        out.extend(uleb(self.columns.len() as u64));
        for (spec, data) in &self.columns {
            out.extend(uleb(u64::from(*spec)));
            out.extend(uleb(data.len() as u64));
        }
        for (_, data) in &self.columns {
            out.extend(data);
        }
        out.extend(&self.extra);
        out
    }

    pub fn chunk(&self) -> Vec<u8> {
        change_chunk(&self.body())
    }
}

/// A document chunk to be written out: one change of one actor with `rows` equal operations.
#[derive(Clone)]
pub struct CraftDocument {
    pub actors: Vec<[u8; 16]>,
    pub changes: Vec<(u32, Vec<u8>)>,
    pub ops: Vec<(u32, Vec<u8>)>,
    pub tail: Vec<u8>,
}

impl CraftDocument {
    /// `rows` times `k = true` at the root, in one change. The head is made up.
    pub fn of_rows(rows: i64) -> Self {
        Self {
            actors: vec![actor(1)],
            changes: vec![
                (0x01, run(1, &uleb(0))),
                (0x03, run(1, &sleb(1))),
                (0x13, run(1, &sleb(rows))),
                (0x23, run(1, &sleb(0))),
                (0x40, run(1, &uleb(0))),
                (0x56, run(1, &uleb(7))),
            ],
            ops: vec![
                (0x15, run(rows, &string("k"))),
                (0x21, run(rows, &uleb(0))),
                (0x23, run(rows, &sleb(1))),
                (0x34, uleb(rows.unsigned_abs())),
                (0x42, run(rows, &uleb(1))),
                (0x56, run(rows, &uleb(2))),
                (0x80, run(rows, &uleb(0))),
            ],
            tail: uleb(0),
        }
    }

    /// Replaces or adds a change column.
    pub fn change(mut self, spec: u32, data: Vec<u8>) -> Self {
        put(&mut self.changes, spec, data);
        self
    }

    /// Replaces or adds an operation column.
    pub fn op(mut self, spec: u32, data: Vec<u8>) -> Self {
        put(&mut self.ops, spec, data);
        self
    }

    pub fn chunk(&self) -> Vec<u8> {
        let mut out = uleb(self.actors.len() as u64);
        for actor in &self.actors {
            out.push(16);
            out.extend(actor);
        }
        out.push(1);
        out.extend([9; 32]);
        for columns in [&self.changes, &self.ops] {
            out.extend(uleb(columns.len() as u64));
            for (spec, data) in columns {
                out.extend(uleb(u64::from(*spec)));
                out.extend(uleb(data.len() as u64));
            }
        }
        for columns in [&self.changes, &self.ops] {
            for (_, data) in columns {
                out.extend(data);
            }
        }
        out.extend(&self.tail);
        other_chunk(0, &out)
    }
}

fn put(columns: &mut Vec<(u32, Vec<u8>)>, spec: u32, data: Vec<u8>) {
    columns.retain(|(have, _)| have & !8 != spec & !8);
    columns.push((spec, data));
    columns.sort_by_key(|(spec, _)| spec & !8);
}
