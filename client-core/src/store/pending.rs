//! Unsent work: the intent, and the change it became.

use domain::document::Hash;
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value as Json};

use super::Tx;
use super::journal::{Entry, Save};
use crate::error::Error;

/// Where a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not sent.
    New,
    /// Sent; the answer is not here.
    Sent,
    /// Waits for the office's decision.
    Proposed,
    /// On the server's disk; kept until a receipt covers it.
    Acked,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Sent => "sent",
            Self::Proposed => "proposed",
            Self::Acked => "acked",
        }
    }

    fn from_text(text: &str) -> Self {
        match text {
            "sent" => Self::Sent,
            "proposed" => Self::Proposed,
            "acked" => Self::Acked,
            _ => Self::New,
        }
    }

    /// Whether the server has yet to judge it.
    pub(crate) const fn unsent(self) -> bool {
        matches!(self, Self::New | Self::Sent)
    }
}

/// One piece of work.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its place in the order of work.
    pub n: i64,
    /// The document.
    pub doc: RecordId,
    /// Its kind.
    pub kind: String,
    /// What the person did.
    pub intent: Intent,
    /// The change's hash.
    pub hash: Hash,
    /// The change.
    pub change: Vec<u8>,
    /// Where it stands.
    pub state: State,
    /// Who did it.
    pub user: UserId,
    /// When, in ms.
    pub at: i64,
    /// Why the last try did not succeed.
    pub code: Option<String>,
    /// Values for that code.
    pub params: Map<String, Json>,
}

impl Pending {
    pub(super) fn to_entry(&self) -> Result<Entry, Error> {
        Ok(Entry::Save(Save {
            doc: self.doc.0,
            kind: self.kind.clone(),
            intent: serde_json::to_value(&self.intent)?,
            hash: self.hash,
            bytes: self.change.clone(),
            user: self.user.0,
            at: self.at,
        }))
    }
}

const COLUMNS: &str = "n, doc, kind, intent, hash, change, state, user, at, code, params";

fn read(row: &Row<'_>) -> rusqlite::Result<Pending> {
    let intent: String = row.get(3)?;
    let bad = |i: usize, what: &'static str| {
        rusqlite::Error::FromSqlConversionFailure(i, rusqlite::types::Type::Text, what.into())
    };
    let params: Option<String> = row.get(10)?;
    Ok(Pending {
        n: row.get(0)?,
        doc: RecordId(uuid::Uuid::from_bytes(row.get(1)?)),
        kind: row.get(2)?,
        intent: serde_json::from_str(&intent).map_err(|_| bad(3, "intent"))?,
        hash: row.get(4)?,
        change: row.get(5)?,
        state: State::from_text(&row.get::<_, String>(6)?),
        user: UserId(uuid::Uuid::from_bytes(row.get(7)?)),
        at: row.get(8)?,
        code: row.get(9)?,
        params: params.and_then(|p| serde_json::from_str(&p).ok()).unwrap_or_default(),
    })
}

fn select(db: &Connection, tail: &str, args: impl rusqlite::Params) -> Result<Vec<Pending>, Error> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM pending {tail}"))?;
    let rows = query.query_map(args, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All, in order.
pub(crate) fn all(db: &Connection) -> Result<Vec<Pending>, Error> {
    select(db, "ORDER BY n", [])
}

/// Those of one document, in order.
pub(crate) fn of_doc(db: &Connection, doc: RecordId) -> Result<Vec<Pending>, Error> {
    select(db, "WHERE doc = ?1 ORDER BY n", [doc.bytes()])
}

/// Documents with work that the server has yet to judge, in the order of their oldest.
pub(crate) fn waiting_docs(db: &Connection) -> Result<Vec<(RecordId, String)>, Error> {
    let sql = "SELECT doc, kind FROM pending WHERE state IN ('new', 'sent') GROUP BY doc ORDER BY min(n)";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([], |r| Ok((RecordId(uuid::Uuid::from_bytes(r.get(0)?)), r.get(1)?)))?;
    let mut docs: Vec<(RecordId, String)> = rows.collect::<Result<_, _>>()?;
    // A step of a record may need fields of its companion, whose id is derived: those go first.
    docs.sort_by_key(|(id, _)| id.0.get_version_num() != 8);
    Ok(docs)
}

/// Hashes of all.
pub(super) fn hashes(db: &Connection) -> Result<Vec<Hash>, Error> {
    let mut query = db.prepare_cached("SELECT hash FROM pending")?;
    let rows = query.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether there is any.
pub(super) fn any(db: &Connection) -> Result<bool, Error> {
    Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM pending)", [], |r| r.get(0))?)
}

/// How many pieces of work the server has yet to judge. Proposed ones are on its disk.
pub(crate) fn unsent(db: &Connection) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM pending WHERE state IN ('new', 'sent')";
    Ok(db.query_row(sql, [], |r| r.get::<_, i64>(0))?.unsigned_abs())
}

/// How many pieces of work wait for the office's decision.
pub(crate) fn proposed(db: &Connection) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM pending WHERE state = 'proposed'";
    Ok(db.query_row(sql, [], |r| r.get::<_, i64>(0))?.unsigned_abs())
}

/// A piece of work to save.
pub(crate) struct NewPending<'a> {
    pub(crate) doc: RecordId,
    pub(crate) kind: &'a str,
    pub(crate) intent: &'a Intent,
    pub(crate) hash: Hash,
    pub(crate) change: &'a [u8],
    pub(crate) user: UserId,
    pub(crate) at: i64,
}

impl Tx<'_> {
    /// Saves a piece of work.
    pub(crate) fn add_pending(&mut self, new: &NewPending<'_>) -> Result<(), Error> {
        let intent = serde_json::to_value(new.intent)?;
        self.db
            .prepare_cached(
                "INSERT INTO pending(doc, kind, intent, hash, change, user, at) VALUES (?1,?2,?3,?4,?5,?6,?7)",
            )?
            .execute(params![
                new.doc.bytes(),
                new.kind,
                intent.to_string(),
                new.hash,
                new.change,
                new.user.bytes(),
                new.at
            ])?;
        self.log(Entry::Save(Save {
            doc: new.doc.0,
            kind: new.kind.to_owned(),
            intent,
            hash: new.hash,
            bytes: new.change.to_vec(),
            user: new.user.0,
            at: new.at,
        }));
        Ok(())
    }

    /// Replaces the change of a piece of work that was executed again; it keeps its place.
    pub(crate) fn replace_pending(&mut self, old: &Pending, hash: Hash, change: &[u8]) -> Result<(), Error> {
        self.db
            .prepare_cached(
                "UPDATE pending SET hash = ?2, change = ?3, state = 'new', code = NULL, params = NULL WHERE n = ?1",
            )?
            .execute(params![old.n, hash, change])?;
        self.log(Entry::Done { hash: old.hash });
        self.log(Entry::Save(Save {
            doc: old.doc.0,
            kind: old.kind.clone(),
            intent: serde_json::to_value(&old.intent)?,
            hash,
            bytes: change.to_vec(),
            user: old.user.0,
            at: old.at,
        }));
        Ok(())
    }

    /// Removes a piece of work: the server has it, or it is in the box of refused work.
    pub(crate) fn remove_pending(&mut self, old: &Pending) -> Result<(), Error> {
        self.db.prepare_cached("DELETE FROM pending WHERE n = ?1")?.execute([old.n])?;
        self.log(Entry::Done { hash: old.hash });
        Ok(())
    }

    /// Notes where a piece of work stands.
    pub(crate) fn set_state(&mut self, n: i64, state: State) -> Result<(), Error> {
        let sql = "UPDATE pending SET state = ?2, code = NULL, params = NULL WHERE n = ?1";
        self.db.prepare_cached(sql)?.execute(params![n, state.as_str()])?;
        Ok(())
    }

    /// Notes why the last try did not succeed; the work stays.
    pub(crate) fn note_failure(
        &mut self,
        n: i64,
        code: &str,
        params: &Map<String, Json>,
    ) -> Result<(), Error> {
        let sql = "UPDATE pending SET state = 'new', code = ?2, params = ?3 WHERE n = ?1";
        let params_text = serde_json::to_string(params)?;
        self.db.prepare_cached(sql)?.execute(params![n, code, params_text])?;
        Ok(())
    }

    /// After the server lost history: everything it may have lost is sent again.
    pub(crate) fn send_again(&mut self) -> Result<(), Error> {
        self.db.execute("UPDATE pending SET state = 'new' WHERE state IN ('proposed', 'acked')", [])?;
        Ok(())
    }
}
