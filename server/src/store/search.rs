//! The full-text index: one row per record, under the record's number in the database; and finding records by
//! number, title and text.
//!
//! Contentless: the texts are in the documents, the index keeps only where each token occurs.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::authz::Scope;
use domain::merge;
use domain::schema::{Kind, Schema, Visibility};
use domain::search::{Query, folded};
use rusqlite::{OptionalExtension as _, params};

use super::projections::table;
use super::{Snapshot, StoreError, Tx, documents, merged, scopes};

/// Most records that are ranked; of more that match, the newest are taken.
const CANDIDATES: usize = 1_000;
/// Most matches of the index that are looked at.
const LOOKED_AT: usize = 300_000;
/// Up to this many matches are ranked by how well they match; more of them cost too much to weigh, and are
/// ranked by age alone.
const WEIGHED: usize = 4_000;
/// Most records of one kind that are found by the beginning of a number or title.
const BEGINNINGS: usize = 40;
/// Shortest beginning of a number that is looked for.
const SHORTEST_NUMBER: usize = 2;
/// How much more a record counts for being the newest of all, than for being the oldest.
const NEWNESS: f64 = 0.4;

/// Puts a record's text into the index. `fresh` if there is none of it yet.
///
/// # Errors
/// A failure of the database.
pub fn put(tx: &Tx<'_>, doc: i64, text: &str, fresh: bool) -> Result<(), StoreError> {
    if !fresh {
        tx.conn().prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([doc])?;
    }
    tx.conn()
        .prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?
        .execute(params![doc, text])?;
    Ok(())
}

/// Empties the index.
///
/// # Errors
/// A failure of the database.
pub fn clear(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn().execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    Ok(())
}

/// By what a record was found; what is said first is shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Its number, or the temporary number it once had.
    Number,
    /// Its title is what was typed.
    Title,
    /// Its number begins so.
    NumberStart,
    /// Its title begins so.
    TitleStart,
    /// A serial or telephone number begins so.
    CodeStart,
    /// Its text.
    Text,
}

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its number inside this database.
    pub n: i64,
    /// Its kind.
    pub kind: String,
    /// By what.
    pub how: How,
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// Records, the best first, each once.
    pub hits: Vec<Hit>,
    /// There is more than was ranked.
    pub more: bool,
}

/// What is asked.
#[derive(Debug)]
pub struct Find<'a> {
    /// The kinds there are.
    pub schema: &'a Schema,
    /// Only this kind.
    pub kind: Option<&'a Kind>,
    /// The reader's scopes.
    pub scopes: &'a [Scope],
    /// What was typed.
    pub text: &'a str,
}

/// Which documents a reader sees.
enum Sight<'a> {
    /// Whoever reads for the office sees every document.
    All,
    /// Those of kinds that everyone sees, which are known by their kind; and those of the reader's own scope. There are
    /// few of these, and many of the others.
    Some { schema: &'a Schema, snap: &'a Snapshot<'a>, everyone: bool, own: HashSet<i64> },
}

impl<'a> Sight<'a> {
    fn of(snap: &'a Snapshot<'a>, schema: &'a Schema, mine: &[Scope]) -> Result<Self, StoreError> {
        if mine.contains(&Scope::Office) {
            return Ok(Self::All);
        }
        let mut own = HashSet::new();
        let users: Vec<Scope> = mine.iter().filter(|s| matches!(s, Scope::User(_))).copied().collect();
        let mut stmt =
            snap.conn().prepare_cached("SELECT doc FROM doc_scope WHERE scope = ?1 AND NOT gone")?;
        for scope in scopes::numbers(snap, &users)? {
            let docs = stmt.query_map([scope], |r| r.get(0))?;
            for doc in docs {
                own.insert(doc?);
            }
        }
        Ok(Self::Some { schema, snap, everyone: mine.contains(&Scope::Everyone), own })
    }

    fn sees(&self, doc: i64) -> Result<bool, StoreError> {
        let Self::Some { schema, snap, everyone, own } = self else { return Ok(true) };
        if own.contains(&doc) || !everyone {
            return Ok(own.contains(&doc));
        }
        let mut stmt = snap.conn().prepare_cached("SELECT kind FROM doc WHERE n = ?1")?;
        let kind = stmt.query_row([doc], |r| r.get::<_, String>(0)).optional()?;
        let kind = kind.as_deref().and_then(|k| schema.kind(k));
        Ok(kind.is_some_and(|k| k.visibility == Visibility::Everyone))
    }
}

/// Records by number, title and text, as far as the reader sees them. What was found in a companion document
/// stands for the record that it accompanies, and a merged record for what it was merged into.
///
/// # Errors
/// A failure of the database.
pub fn find(snap: &Snapshot<'_>, asked: &Find<'_>) -> Result<Found, StoreError> {
    let Some(query) = Query::parse(asked.text) else { return Ok(Found { hits: Vec::new(), more: false }) };
    let sight = Sight::of(snap, asked.schema, asked.scopes)?;
    let mut found: BTreeMap<i64, (How, f64)> = BTreeMap::new();
    let mut note = |n: i64, how: How, weight: f64| {
        let held = found.entry(n).or_insert((how, weight));
        held.0 = held.0.min(how);
        held.1 = held.1.max(weight);
    };
    for (n, how) in named(snap, asked)? {
        if sight.sees(n)? {
            note(n, how, 0.0);
        }
    }
    let mut more = false;
    if query.is_code() {
        let matched = matching(snap, asked, &sight, &query.starting())?;
        more |= matched.more;
        matched.weighed.into_iter().for_each(|(n, weight)| note(n, How::CodeStart, weight));
    }
    let matched = matching(snap, asked, &sight, &query.within())?;
    more |= matched.more;
    matched.weighed.into_iter().for_each(|(n, weight)| note(n, How::Text, weight));

    let mut ranked: Vec<(i64, How, f64)> = found.into_iter().map(|(n, (how, w))| (n, how, w)).collect();
    ranked.sort_by(|a, b| a.1.cmp(&b.1).then(b.2.total_cmp(&a.2)).then(b.0.cmp(&a.0)));
    let mut hits: Vec<Hit> = Vec::with_capacity(ranked.len());
    let mut taken = HashSet::new();
    for (n, how, _) in ranked {
        let Some((n, kind)) = main(snap, asked.schema, n)? else { continue };
        if taken.insert(n) && sight.sees(n)? {
            hits.push(Hit { n, kind, how });
        }
    }
    Ok(Found { hits, more })
}

/// The record that a document is shown as, and its kind.
fn main(snap: &Snapshot<'_>, schema: &Schema, n: i64) -> Result<Option<(i64, String)>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT kind FROM doc WHERE n = ?1")?;
    let Some(kind) = stmt.query_row([n], |r| r.get::<_, String>(0)).optional()? else { return Ok(None) };
    let Some(of) = schema.kind(&kind) else { return Ok(None) };
    if merge::possible(of) {
        // A record that was merged is found as what it was merged into.
        let Some((id, _)) = documents::identity(snap, n)? else { return Ok(None) };
        let last = documents::position(snap, merged::resolve(snap, id)?)?.map_or(n, |p| p.n);
        return Ok(Some((last, kind)));
    }
    let Some(main) = &of.companion_of else { return Ok(Some((n, kind))) };
    let mut stmt = snap
        .conn()
        .prepare_cached("SELECT c.main FROM companion c JOIN doc d ON d.id = c.id WHERE d.n = ?1")?;
    let found: Option<i64> = stmt.query_row([n], |r| r.get(0)).optional()?;
    Ok(found.map(|n| (n, main.clone())))
}

/// Records by number and title.
fn named(snap: &Snapshot<'_>, asked: &Find<'_>) -> Result<Vec<(i64, How)>, StoreError> {
    let typed = asked.text.trim();
    // Numbers are written in capitals; titles as people wrote them.
    let number = folded(typed).to_uppercase();
    let after = |text: &str| format!("{text}\u{10FFFF}");
    let long = number.chars().count() >= SHORTEST_NUMBER;
    let mut values = vec![typed.to_owned(), number.clone(), after(typed)];
    if long {
        values.push(after(&number));
    }
    let kinds = asked.schema.kinds().filter(|k| k.companion_of.is_none());
    let mut out = Vec::new();
    for kind in kinds.filter(|k| asked.kind.is_none_or(|only| only.key == k.key)) {
        let table = table(kind);
        let mut parts = vec![
            format!("SELECT n, 0 FROM {table} WHERE number IN (?1, ?2) OR temp_number IN (?1, ?2)"),
            format!("SELECT n, 1 FROM {table} WHERE title = ?1"),
        ];
        let mut begins = |column: &str, how: u8, from: &str, to: &str| {
            parts.push(format!(
                "SELECT * FROM (SELECT n, {how} FROM {table} WHERE {column} >= {from} AND {column} < {to}
                 ORDER BY {column} DESC LIMIT {BEGINNINGS})"
            ));
        };
        if long {
            begins("number", 2, "?2", "?4");
            begins("temp_number", 2, "?2", "?4");
        }
        begins("title", 3, "?1", "?3");
        let mut stmt = snap.conn().prepare_cached(&parts.join(" UNION ALL "))?;
        let rows = stmt.query_map(rusqlite::params_from_iter(&values), |r| {
            let how = match r.get::<_, u8>(1)? {
                0 => How::Number,
                1 => How::Title,
                2 => How::NumberStart,
                _ => How::TitleStart,
            };
            Ok((r.get(0)?, how))
        })?;
        for row in rows {
            out.push(row?);
        }
    }
    Ok(out)
}

struct Matched {
    weighed: Vec<(i64, f64)>,
    more: bool,
}

/// Documents by their text, newest first: at most [`CANDIDATES`] of them, whatever matches.
fn matching(
    snap: &Snapshot<'_>,
    asked: &Find<'_>,
    sight: &Sight<'_>,
    query: &str,
) -> Result<Matched, StoreError> {
    let mut out = Vec::new();
    let (mut looked, mut more) = (0, false);
    {
        // A number in the database is the smaller the older the record is.
        let mut of_kind = snap.conn().prepare_cached("SELECT kind FROM doc WHERE n = ?1")?;
        let mut stmt = snap
            .conn()
            .prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC")?;
        let mut rows = stmt.query([query])?;
        while let Some(row) = rows.next()? {
            let n: i64 = row.get(0)?;
            looked += 1;
            if looked > LOOKED_AT || out.len() >= CANDIDATES {
                more = true;
                break;
            }
            if !sight.sees(n)? {
                continue;
            }
            if let Some(kind) = asked.kind {
                let found: String = of_kind.query_row([n], |r| r.get(0))?;
                if found != kind.key && Some(&found) != kind.companion.as_ref() {
                    continue;
                }
            }
            out.push(n);
        }
    }
    // Weighing goes through all that match, not only through what was taken.
    let weights = if !more && looked <= WEIGHED { weights(snap, query)? } else { HashMap::new() };
    let weight = |n: &i64| weights.get(n).copied().unwrap_or(0.0);
    Ok(Matched { weighed: out.iter().map(|n| (*n, weight(n))).collect(), more })
}

/// How well each document matches; newer ones count for more.
fn weights(snap: &Snapshot<'_>, query: &str) -> Result<HashMap<i64, f64>, StoreError> {
    let newest: i64 =
        snap.conn().prepare_cached("SELECT coalesce(max(n), 1) FROM doc")?.query_row([], |r| r.get(0))?;
    let mut stmt =
        snap.conn().prepare_cached("SELECT rowid, bm25(search) FROM search WHERE search MATCH ?1")?;
    let rows = stmt.query_map([query], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let mut out = HashMap::new();
    for row in rows {
        let (n, bm25): (i64, f64) = row?;
        #[allow(clippy::cast_precision_loss)]
        let age = n as f64 / newest.max(1) as f64;
        // The library's figure is the better the more negative it is.
        out.insert(n, -bm25 * (1.0 + NEWNESS * age));
    }
    Ok(out)
}
