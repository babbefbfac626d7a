//! Who sees which document, and the feed of what moved.
//!
//! A document has one row for each scope it is or was in. The row's `seq` moves forward with every commit, so the
//! feed of a scope is an index range, and no log of it grows. A row that left (`gone`) stays where it left.

use std::collections::BTreeSet;

use domain::authz::Scope;
use domain::document::Hash;
use domain::ids::{RecordId, UserId};
use rusqlite::{OptionalExtension, params};

use super::documents::hashes;
use super::{Snapshot, StoreError, Tx};

fn name(scope: &Scope) -> Vec<u8> {
    match scope {
        Scope::Everyone => vec![1],
        Scope::Office => vec![2],
        Scope::User(user) => [&[3][..], user.bytes()].concat(),
    }
}

fn scope(name: &[u8]) -> Option<Scope> {
    match name.split_first()? {
        (1, []) => Some(Scope::Everyone),
        (2, []) => Some(Scope::Office),
        (3, user) => UserId::from_slice(user).map(Scope::User),
        _ => None,
    }
}

/// The numbers of the scopes that are in use; one that no document was ever in has none.
pub(super) fn numbers(snap: &Snapshot<'_>, scopes: &[Scope]) -> Result<Vec<i64>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT n FROM scope WHERE name = ?1")?;
    let mut out = Vec::with_capacity(scopes.len());
    for scope in scopes {
        out.extend(stmt.query_row([name(scope)], |r| r.get::<_, i64>(0)).optional()?);
    }
    Ok(out)
}

fn number(tx: &Tx<'_>, scope: &Scope) -> Result<i64, StoreError> {
    let name = name(scope);
    let mut stmt = tx.conn().prepare_cached("SELECT n FROM scope WHERE name = ?1")?;
    if let Some(n) = stmt.query_row([&name], |r| r.get(0)).optional()? {
        return Ok(n);
    }
    tx.conn().prepare_cached("INSERT INTO scope (name) VALUES (?1)")?.execute([&name])?;
    Ok(tx.conn().last_insert_rowid())
}

/// A row of one document.
struct Place {
    scope: i64,
    seq: u64,
    enter_seq: u64,
    gone: bool,
}

fn places(snap: &Snapshot<'_>, doc: i64) -> Result<Vec<Place>, StoreError> {
    let mut stmt =
        snap.conn().prepare_cached("SELECT scope, seq, enter_seq, gone FROM doc_scope WHERE doc = ?1")?;
    let rows = stmt.query_map([doc], |r| {
        Ok(Place { scope: r.get(0)?, seq: r.get(1)?, enter_seq: r.get(2)?, gone: r.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts a document into exactly these scopes, as of commit `seq`.
///
/// # Errors
/// A failure of the database.
pub fn place(tx: &Tx<'_>, doc: i64, seq: u64, scopes: &BTreeSet<Scope>) -> Result<(), StoreError> {
    let had = places(tx, doc)?;
    let mut wanted = Vec::with_capacity(scopes.len());
    for scope in scopes {
        wanted.push(number(tx, scope)?);
    }
    let mut enter = tx.conn().prepare_cached(
        "INSERT INTO doc_scope (doc, scope, seq, enter_seq, gone) VALUES (?1, ?2, ?3, ?3, 0)
         ON CONFLICT (doc, scope) DO UPDATE SET seq = excluded.seq, enter_seq = excluded.enter_seq, gone = 0",
    )?;
    let mut moved =
        tx.conn().prepare_cached("UPDATE doc_scope SET seq = ?3, gone = ?4 WHERE doc = ?1 AND scope = ?2")?;
    for scope in &wanted {
        if had.iter().any(|p| p.scope == *scope && !p.gone) {
            moved.execute(params![doc, scope, seq, false])?;
        } else {
            enter.execute(params![doc, scope, seq])?;
        }
    }
    for place in had.iter().filter(|p| !p.gone && !wanted.contains(&p.scope)) {
        moved.execute(params![doc, place.scope, seq, true])?;
    }
    Ok(())
}

/// Moves a document to commit `seq` of the feed as if it had just entered the scopes that it is in: whoever reads
/// them gets it whole.
///
/// # Errors
/// A failure of the database.
pub fn enter_again(tx: &Tx<'_>, doc: i64, seq: u64) -> Result<(), StoreError> {
    let mut stmt = tx
        .conn()
        .prepare_cached("UPDATE doc_scope SET seq = ?2, enter_seq = ?2 WHERE doc = ?1 AND NOT gone")?;
    stmt.execute(params![doc, seq])?;
    Ok(())
}

/// The scopes that a document is in.
///
/// # Errors
/// A failure of the database.
pub fn of(snap: &Snapshot<'_>, doc: i64) -> Result<BTreeSet<Scope>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT s.name FROM doc_scope d JOIN scope s ON s.n = d.scope WHERE d.doc = ?1 AND NOT d.gone",
    )?;
    let rows = stmt.query_map([doc], |r| r.get::<_, Vec<u8>>(0))?;
    let mut out = BTreeSet::new();
    for row in rows {
        out.insert(scope(&row?).ok_or(StoreError::Damaged("scope"))?);
    }
    Ok(out)
}

/// Whether someone who reads these scopes sees the document.
///
/// # Errors
/// A failure of the database.
pub fn visible(snap: &Snapshot<'_>, doc: i64, scopes: &[Scope]) -> Result<bool, StoreError> {
    Ok(of(snap, doc)?.iter().any(|s| scopes.contains(s)))
}

/// One document that moved.
#[derive(Debug)]
pub struct Moved {
    /// Its number inside this database.
    pub n: i64,
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Where in the feed it stands.
    pub seq: u64,
    /// Its heads, sorted.
    pub heads: Vec<Hash>,
    /// What it is to the reader now.
    pub what: What,
}

/// What a document is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Visible; the reader had it at `base`, and the changes since then are at hand.
    Delta,
    /// Visible; to be sent whole.
    Whole,
    /// No longer visible.
    Gone,
    /// Visible, but what is stored of it cannot be read.
    Unreadable,
}

/// A stretch of the feed.
#[derive(Debug)]
pub struct Stretch {
    /// What moved, ascending.
    pub moved: Vec<Moved>,
    /// The stretch ends here: everything up to it is in `moved`, or of no concern to the reader.
    pub end: u64,
    /// Whether there is more after it.
    pub more: bool,
}

/// What moved in the reader's scopes after `after`: at most `limit` rows of each scope, merged.
///
/// `base` is where the reader last had everything. A document that was visible then is held by the reader, whatever
/// happened on the way to `after`; one that entered later may have moved on before the reader came to it.
///
/// # Errors
/// A failure of the database.
pub fn feed(
    snap: &Snapshot<'_>,
    scopes: &[Scope],
    base: u64,
    after: u64,
    limit: usize,
) -> Result<Stretch, StoreError> {
    let mine = numbers(snap, scopes)?;
    let newest = super::changes::newest(snap)?;
    let mut rows: BTreeSet<(u64, i64)> = BTreeSet::new();
    let mut end = newest;
    let mut stmt = snap.conn().prepare_cached(
        "SELECT seq, doc FROM doc_scope WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    for scope in &mine {
        let found = stmt.query_map(params![scope, after, limit], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let found = found.collect::<Result<Vec<(u64, i64)>, _>>()?;
        if found.len() == limit
            && let Some((last, _)) = found.last()
        {
            // Beyond its last row this scope may have more, so the stretch cannot go further.
            end = end.min(*last);
        }
        rows.extend(found);
    }
    let mut moved = Vec::new();
    for (seq, doc) in rows.into_iter().take_while(|(seq, _)| *seq <= end) {
        let places = places(snap, doc)?;
        let places: Vec<&Place> = places.iter().filter(|p| mine.contains(&p.scope)).collect();
        let here = places.iter().filter(|p| !p.gone).map(|p| p.seq).max();
        let what = match here {
            Some(at) if at > seq => continue, // it stands further on
            Some(_) => {
                let had = places.iter().any(|p| p.enter_seq <= base && (!p.gone || p.seq > base));
                if had { What::Delta } else { What::Whole }
            }
            None => {
                let left = places.iter().map(|p| p.seq).max();
                let held = places.iter().any(|p| p.enter_seq <= after);
                if left != Some(seq) || !held {
                    continue;
                }
                What::Gone
            }
        };
        moved.push(describe(snap, doc, seq, what, base)?);
    }
    Ok(Stretch { moved, end, more: end < newest })
}

fn describe(snap: &Snapshot<'_>, doc: i64, seq: u64, what: What, base: u64) -> Result<Moved, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT id, kind, heads, tail_floor FROM doc WHERE n = ?1")?;
    let (id, kind, heads, floor) = stmt.query_row([doc], |r| {
        Ok((r.get::<_, [u8; 16]>(0)?, r.get(1)?, r.get::<_, Vec<u8>>(2)?, r.get::<_, u64>(3)?))
    })?;
    let what = if what == What::Delta && floor > base { What::Whole } else { what };
    let (heads, what) = match hashes(&heads) {
        Ok(heads) => (heads, what),
        // Whoever no longer sees it has no need of its heads.
        Err(StoreError::Damaged(_)) if what == What::Gone => (Vec::new(), what),
        Err(StoreError::Damaged(_)) => (Vec::new(), What::Unreadable),
        Err(error) => return Err(error),
    };
    Ok(Moved { n: doc, id: RecordId(uuid::Uuid::from_bytes(id)), kind, seq, heads, what })
}

/// Documents that were in `lost` and that someone who reads only `scopes` does not see: what has to leave the devices
/// of a person whose role changed. In the order of the feed of `lost`.
///
/// # Errors
/// A failure of the database.
pub fn out_of_sight(
    snap: &Snapshot<'_>,
    lost: Scope,
    scopes: &[Scope],
    after: u64,
    limit: usize,
) -> Result<Stretch, StoreError> {
    let newest = super::changes::newest(snap)?;
    let Some(lost) = numbers(snap, &[lost])?.pop() else {
        return Ok(Stretch { moved: Vec::new(), end: newest, more: false });
    };
    let mine = numbers(snap, scopes)?;
    let mut stmt = snap.conn().prepare_cached(
        "SELECT seq, doc FROM doc_scope WHERE scope = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let rows = stmt
        .query_map(params![lost, after, limit], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<Vec<(u64, i64)>, _>>()?;
    let more = rows.len() == limit;
    let end = rows.last().map_or(newest, |(seq, _)| if more { *seq } else { newest });
    let mut moved = Vec::new();
    for (seq, doc) in rows {
        if !places(snap, doc)?.iter().any(|p| !p.gone && mine.contains(&p.scope)) {
            moved.push(describe(snap, doc, seq, What::Gone, 0)?);
        }
    }
    Ok(Stretch { moved, end, more })
}

/// Every row, for comparing what is stored with what the documents say: document, scope, whether it is gone.
///
/// # Errors
/// A failure of the database.
pub fn current(snap: &Snapshot<'_>) -> Result<BTreeSet<(i64, Scope)>, StoreError> {
    let mut stmt = snap
        .conn()
        .prepare("SELECT d.doc, s.name FROM doc_scope d JOIN scope s ON s.n = d.scope WHERE NOT d.gone")?;
    let rows = stmt.query_map([], |r| Ok((r.get(0)?, r.get::<_, Vec<u8>>(1)?)))?;
    let mut out = BTreeSet::new();
    for row in rows {
        let (doc, name) = row?;
        out.insert((doc, scope(&name).ok_or(StoreError::Damaged("scope"))?));
    }
    Ok(out)
}

/// A document, if someone who reads `scopes` sees it.
///
/// # Errors
/// A failure of the database.
pub fn see(snap: &Snapshot<'_>, id: RecordId, scopes: &[Scope]) -> Result<Option<Moved>, StoreError> {
    let Some(position) = super::documents::position(snap, id)? else { return Ok(None) };
    if !visible(snap, position.n, scopes)? {
        return Ok(None);
    }
    describe(snap, position.n, position.seq, What::Whole, 0).map(Some)
}
