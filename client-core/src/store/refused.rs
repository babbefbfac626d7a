//! 未被接受: work that a rule refused, kept with what was typed until the person discards it.

use domain::document::Hash;
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value as Json};

use super::Tx;
use super::journal::{Entry, Save};
use super::pending::Pending;
use crate::error::Error;

/// One piece of refused work.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its number, for discarding.
    pub n: i64,
    /// The document.
    pub doc: RecordId,
    /// Its kind.
    pub kind: String,
    /// What the person did, with every value.
    pub intent: Intent,
    /// Hash of the refused change.
    pub hash: Hash,
    /// Why.
    pub code: String,
    /// Values for that code.
    pub params: Map<String, Json>,
    /// Who did it.
    pub user: UserId,
    /// When it was done, in ms.
    pub at: i64,
    /// When it was refused, in ms.
    pub refused_at: i64,
}

impl Refused {
    pub(super) fn to_entries(&self) -> [Entry; 2] {
        let save = Save {
            doc: self.doc.0,
            kind: self.kind.clone(),
            intent: serde_json::to_value(&self.intent).unwrap_or_default(),
            hash: self.hash,
            bytes: Vec::new(),
            user: self.user.0,
            at: self.at,
        };
        let boxed = Entry::Box {
            hash: self.hash,
            code: self.code.clone(),
            params: self.params.clone(),
            at: self.refused_at,
        };
        [Entry::Save(save), boxed]
    }
}

const COLUMNS: &str = "n, doc, kind, intent, hash, code, params, user, at, refused_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Refused> {
    let intent: String = row.get(3)?;
    let params: String = row.get(6)?;
    let bad = || rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, "intent".into());
    Ok(Refused {
        n: row.get(0)?,
        doc: RecordId(uuid::Uuid::from_bytes(row.get(1)?)),
        kind: row.get(2)?,
        intent: serde_json::from_str(&intent).map_err(|_| bad())?,
        hash: row.get(4)?,
        code: row.get(5)?,
        params: serde_json::from_str(&params).unwrap_or_default(),
        user: UserId(uuid::Uuid::from_bytes(row.get(7)?)),
        at: row.get(8)?,
        refused_at: row.get(9)?,
    })
}

/// All, in order.
pub(crate) fn all(db: &Connection) -> Result<Vec<Refused>, Error> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM refused ORDER BY n"))?;
    let rows = query.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those of one document.
pub(crate) fn of_doc(db: &Connection, doc: RecordId) -> Result<Vec<Refused>, Error> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM refused WHERE doc = ?1 ORDER BY n"))?;
    let rows = query.query_map([doc.bytes()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn hashes(db: &Connection) -> Result<Vec<Hash>, Error> {
    let mut query = db.prepare_cached("SELECT hash FROM refused")?;
    let rows = query.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn any(db: &Connection) -> Result<bool, Error> {
    Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM refused)", [], |r| r.get(0))?)
}

/// How many.
pub(crate) fn count(db: &Connection) -> Result<u64, Error> {
    Ok(db.query_row("SELECT count(*) FROM refused", [], |r| r.get::<_, i64>(0))?.unsigned_abs())
}

impl Tx<'_> {
    /// Moves a piece of unsent work to the box.
    pub(crate) fn refuse(
        &mut self,
        work: &Pending,
        code: &str,
        params: &Map<String, Json>,
        now: i64,
    ) -> Result<(), Error> {
        self.db.prepare_cached("DELETE FROM pending WHERE n = ?1")?.execute([work.n])?;
        let intent = serde_json::to_string(&work.intent)?;
        let sql = "INSERT INTO refused(doc, kind, intent, hash, code, params, user, at, refused_at)
                   VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(hash) DO NOTHING";
        let values = serde_json::to_string(params)?;
        self.db.prepare_cached(sql)?.execute(params![
            work.doc.bytes(),
            work.kind,
            intent,
            work.hash,
            code,
            values,
            work.user.bytes(),
            work.at,
            now
        ])?;
        self.log(Entry::Box { hash: work.hash, code: code.to_owned(), params: params.clone(), at: now });
        Ok(())
    }

    /// Takes a piece of work out of the box, because the person says so.
    pub(crate) fn discard(&mut self, n: i64) -> Result<bool, Error> {
        let sql = format!("SELECT {COLUMNS} FROM refused WHERE n = ?1");
        let Some(work) = self.db.query_row(&sql, [n], read).optional()? else { return Ok(false) };
        self.db.execute("DELETE FROM refused WHERE n = ?1", [n])?;
        self.log(Entry::Done { hash: work.hash });
        if let Intent::Add { fields, .. } = &work.intent
            && let Some(sha256) = fields.get("sha256").and_then(Json::as_str)
        {
            self.forget_file(work.doc, sha256)?;
        }
        Ok(true)
    }
}
