//! The last step of admission, inside the one write transaction: store the document, and everything that follows
//! from it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::authz::{Flag, Scope, scopes as scopes_of};
use domain::deadline::Terms;
use domain::derive;
use domain::document::{Hash, Record};
use domain::ids::{RecordId, UserId};
use domain::projection::{self, Row};
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;

use super::{Author, Live, Moved, deadlines};
use crate::host::Millis;
use crate::store::changes::{self, Commit, Salt};
use crate::store::documents::{self, Content, Position};
use crate::store::{StoreError, Tx, accounts, audit, merged, numbers, projections, proposals, scopes};

/// Marks a record that came back after a restore with a number that another one was given meanwhile. Both keep it: it is on
/// paper somewhere, and only people can tell which of them is called otherwise from now on.
const NUMBER_TWICE: &str = "number_twice";

/// A change that goes in.
pub struct Chunk {
    /// Its hash.
    pub hash: Hash,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// Its mark.
    pub flag: Option<Flag>,
}

/// What a document says about itself, worked out before the transaction.
pub struct Reading {
    row: Row,
    scopes: BTreeSet<Scope>,
    plain: Vec<u8>,
    heads: Vec<Hash>,
    n_changes: usize,
    number: Option<String>,
    deadlines: Option<deadlines::Reading>,
    /// Fingerprint of the schema that it was read by.
    by_schema: [u8; 16],
}

/// One document to write.
pub struct DocWrite {
    /// The record.
    pub id: RecordId,
    /// Where the document stood when the changes were judged.
    pub position: Option<Position>,
    /// The record with the changes, and the changes; `None` if there are only proposals.
    pub merged: Option<(Record, Vec<Chunk>)>,
    /// Changes to keep unmerged.
    pub proposals: Vec<proposals::New>,
    /// The reading of the record; `None` if it is certain that it gets a number and has to be read after that.
    pub reading: Option<Reading>,
    /// Who sent the changes; `None` for the server itself.
    pub author: Option<Author>,
    /// Random, for the commit log.
    pub salt: Salt,
}

/// What is the same for all documents of a transaction.
pub struct Setting<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// What deadlines are counted by.
    pub terms: &'a Terms,
    /// The server's time.
    pub now: Millis,
}

/// What came of a write.
pub enum Written {
    /// It is in the transaction.
    Done(Box<Done>),
    /// The document has moved since it was judged.
    Stale,
    /// It cannot be read as it would be after the changes; nothing of it was written, and nothing else is harmed.
    Failed,
}

/// A document after a write.
#[derive(Clone, Debug)]
pub struct Done {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// The commit; `None` if nothing was merged.
    pub seq: Option<u64>,
    /// Its heads, sorted.
    pub heads: Vec<Hash>,
    /// Who sees it.
    pub scopes: BTreeSet<Scope>,
    /// Its official number.
    pub number: Option<String>,
    /// The record that it accompanies.
    pub main: Option<(String, RecordId)>,
}

impl Done {
    /// What open pages are told.
    #[must_use]
    pub fn live(&self) -> Option<Live> {
        let (kind, id) = self.main.clone().unwrap_or_else(|| (self.kind.clone(), self.id));
        Some(Live::Record(Moved { kind, id, seq: self.seq?, scopes: self.scopes.clone() }))
    }
}

/// Reads a record for its row, its scopes and its stored form.
pub fn read(schema: &Schema, kind: &Kind, record: &Record) -> Reading {
    let mut view = record.view(kind);
    derive::fill(schema, kind, &mut view);
    let row = projection::row(schema, kind, &view);
    Reading {
        number: row.number.clone(),
        deadlines: deadlines::read(schema, kind, &view),
        row,
        scopes: scopes_of(kind, &view.facts(kind)),
        plain: record.save_plain(),
        heads: record.heads(),
        n_changes: record.change_count(),
        by_schema: *schema.fingerprint(),
    }
}

/// Writes one document.
///
/// # Errors
/// A failure of the database; the job's writes are then undone by the store.
pub fn write(tx: &Tx<'_>, setting: &Setting<'_>, write: DocWrite) -> Result<Written, StoreError> {
    let DocWrite { id, position, merged, proposals, reading, author, salt } = write;
    if documents::position(tx, id)? != position {
        return Ok(Written::Stale);
    }
    let user = author.as_ref().map(|a| a.principal.user);
    let device = author.and_then(|a| a.device);
    let keep = |n: i64| -> Result<(), StoreError> {
        let Some(user) = user else { return Ok(()) };
        proposals.iter().try_for_each(|p| proposals::keep(tx, n, p, user, device, setting.now))
    };
    let Some((mut record, mut chunks)) = merged else {
        let Some(position) = position else { return Err(StoreError::Damaged("proposals for no document")) };
        keep(position.n)?;
        let done = Done {
            id,
            kind: String::new(),
            seq: None,
            heads: Vec::new(),
            scopes: scopes::of(tx, position.n)?,
            number: None,
            main: None,
        };
        return Ok(Written::Done(Box::new(done)));
    };
    let kind = setting.schema.kind(record.kind()).ok_or(StoreError::Damaged("kind of a judged record"))?;
    let mut twice = false;
    let reading = match reading {
        Some(reading) if kind.number.is_none() || reading.number.is_some() => {
            if let (None, Some(number)) = (position, &reading.number) {
                // A restored record brings its own.
                twice = numbers::taken(tx, kind, number)?;
                note_number(tx, setting.schema, kind, number)?;
            }
            if reading.by_schema == *setting.schema.fingerprint() {
                reading
            } else {
                // Lists or settings were edited since.
                match contained(id, || Some(read(setting.schema, kind, &record))) {
                    Some(reading) => reading,
                    None => return Ok(Written::Failed),
                }
            }
        }
        _ => match number(tx, setting, kind, user, &mut record, &mut chunks)? {
            Some(reading) => reading,
            None => return Ok(Written::Failed),
        },
    };
    let n = match position {
        Some(position) => position.n,
        None => documents::next_number(tx)?,
    };
    let seq = changes::next(tx, n, &Commit { salt, at: setting.now, user, device })?;
    let bytes: Vec<&[u8]> = chunks.iter().map(|c| c.bytes.as_slice()).collect();
    let content = Content {
        plain: &reading.plain,
        heads: &reading.heads,
        n_changes: reading.n_changes,
        chunks: &bytes,
    };
    match position {
        Some(_) => documents::append(tx, n, seq, &content)?,
        None => {
            documents::insert(tx, n, id, &kind.key, seq, &content)?;
            if let Some(companion) = &kind.companion {
                projections::accompany(tx, id.companion(companion), n)?;
            }
        }
    }
    for chunk in &chunks {
        let flag = if twice { Some(NUMBER_TWICE) } else { chunk.flag.map(Flag::as_str) };
        changes::note(tx, n, seq, &chunk.hash, flag)?;
    }
    if let (true, Some(number)) = (twice, &reading.number) {
        let detail = serde_json::json!({ "kind": kind.key, "number": number });
        let entry = audit::Entry { who: user, what: NUMBER_TWICE, target: id.to_string(), detail };
        audit::append(tx, setting.now, &entry)?;
    }
    scopes::place(tx, n, seq, &reading.scopes)?;
    let delivered = deadlines::Delivery::of(tx, kind, n)?;
    projections::put(tx, kind, n, &reading.row, setting.now)?;
    let before = merged::resolve(tx, id)?;
    merged::note(tx, setting.schema, kind, &reading.row)?;
    let (schema, terms, now) = (setting.schema, setting.terms, Timestamp(setting.now));
    let owed = deadlines::Setting { schema, terms, now };
    owed.follow_delivery(tx, kind, n, delivered)?;
    if let Some(facts) = &reading.deadlines {
        owed.follow(tx, kind, n, id, facts)?;
        owed.revive(tx, kind, id)?;
        owed.follow_merge(tx, kind, id, before)?;
    }
    keep(n)?;
    let main = match &kind.companion_of {
        Some(main) => projections::main_of(tx, id)?.map(|(_, id)| (main.clone(), id)),
        None => None,
    };
    Ok(Written::Done(Box::new(Done {
        id,
        kind: kind.key.clone(),
        seq: Some(seq),
        heads: reading.heads,
        scopes: reading.scopes,
        number: reading.number,
        main,
    })))
}

/// Gives a record the next number of its series, and reads it. `None` if it cannot be read or written to; the number
/// is then still free.
fn number(
    tx: &Tx<'_>,
    setting: &Setting<'_>,
    kind: &Kind,
    user: Option<UserId>,
    record: &mut Record,
    chunks: &mut Vec<Chunk>,
) -> Result<Option<Reading>, StoreError> {
    let (Some(numbering), Some(pattern)) = (&kind.number, setting.schema.numbering(kind)) else {
        return Ok(contained(record.id(), || Some(read(setting.schema, kind, record))));
    };
    let now = Timestamp(setting.now);
    let day = now.date_in(setting.schema.zone()).unwrap_or_default();
    let department = match user {
        Some(user) => accounts::by_id(tx, user)?.map(|u| u.department).unwrap_or_default(),
        None => String::new(),
    };
    let series = pattern.series(day, &department);
    let mut n = numbers::last(tx, kind, &series)? + 1;
    let mut text = pattern.number(day, &department, n);
    // A pattern that was used before is used again, or a record came back with a number beyond the counter's.
    while numbers::taken(tx, kind, &text)? {
        n += 1;
        text = pattern.number(day, &department, n);
    }
    let made = contained(record.id(), || {
        let made = record.give_number(&numbering.field, &text, now).ok()??;
        Some((made, read(setting.schema, kind, record)))
    });
    let Some((made, reading)) = made else { return Ok(None) };
    numbers::seen(tx, kind, &series, n)?;
    chunks.push(Chunk { hash: made.hash, bytes: made.bytes, flag: None });
    Ok(Some(reading))
}

/// Runs what reads a document that others wrote; a panic on the way is that document's, not the transaction's.
fn contained<T>(id: RecordId, work: impl FnOnce() -> Option<T>) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or(None);
    if done.is_none() {
        tracing::error!(record = %id, "a record that passed its trial cannot be read or written to");
    }
    done
}

/// Notes a number that a record brings, so that its series goes on after it.
pub fn note_number(tx: &Tx<'_>, schema: &Schema, kind: &Kind, text: &str) -> Result<(), StoreError> {
    match schema.numbering(kind).and_then(|pattern| pattern.read(text)) {
        Some((series, n)) => numbers::seen(tx, kind, &series, n),
        None => Ok(()),
    }
}
