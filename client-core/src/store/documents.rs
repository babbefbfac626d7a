//! Documents: what the server has accepted (`base`), and the view with unsent work on top.

use domain::document::{Hash, Record};
use domain::ids::RecordId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Tx, pending, rows};
use crate::error::Error;

/// A document as stored.
#[derive(Clone, Debug)]
pub(crate) struct Doc {
    pub(crate) id: RecordId,
    pub(crate) kind: String,
    /// What the server has accepted; `None` stands for the genesis alone.
    pub(crate) base: Option<Vec<u8>>,
    /// What the server certified last; `base` may be further on by now.
    pub(crate) heads: Vec<Hash>,
    /// Certifies exactly `heads`.
    pub(crate) receipt: Option<Vec<u8>>,
    /// No longer this person's to see.
    pub(crate) gone: bool,
}

impl Doc {
    /// The accepted part.
    pub(crate) fn record(&self) -> Result<Record, Error> {
        match &self.base {
            Some(blob) => Record::load(self.id, blob).map_err(|_| Error::RecordDamaged(self.id)),
            None => Ok(Record::new(&self.kind, self.id)),
        }
    }
}

const COLUMNS: &str = "id, kind, base, heads, receipt, gone";

fn read(row: &Row<'_>) -> rusqlite::Result<Doc> {
    let heads: Vec<u8> = row.get(3)?;
    Ok(Doc {
        id: RecordId(uuid::Uuid::from_bytes(row.get(0)?)),
        kind: row.get(1)?,
        base: row.get(2)?,
        heads: heads.chunks_exact(32).filter_map(|h| h.try_into().ok()).collect(),
        receipt: row.get(4)?,
        gone: row.get(5)?,
    })
}

/// The stored document.
pub(crate) fn get(db: &Connection, id: RecordId) -> Result<Option<Doc>, Error> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM doc WHERE id = ?1"))?;
    Ok(query.query_row([id.bytes()], read).optional()?)
}

/// Up to `limit` documents with a receipt, after `after` in order of id.
pub(crate) fn receipted(db: &Connection, after: &[u8], limit: usize) -> Result<Vec<Doc>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM doc WHERE receipt IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params![after, i64::try_from(limit).unwrap_or(i64::MAX)], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Documents that the next sync fetches whole.
pub(crate) fn wanted(db: &Connection, limit: usize) -> Result<Vec<RecordId>, Error> {
    let mut query = db.prepare_cached("SELECT id FROM doc WHERE want = 1 ORDER BY id LIMIT ?1")?;
    let rows = query.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |r| {
        Ok(RecordId(uuid::Uuid::from_bytes(r.get(0)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ids of every document that is still visible.
pub(super) fn visible(db: &Connection) -> Result<Vec<RecordId>, Error> {
    let mut query = db.prepare("SELECT id FROM doc WHERE gone = 0")?;
    let rows = query.query_map([], |r| Ok(RecordId(uuid::Uuid::from_bytes(r.get(0)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The record as the person sees it: accepted history and unsent work on top. `None` if there is no such
/// record here, or it is no longer this person's to see.
pub(crate) fn current(db: &Connection, id: RecordId) -> Result<Option<Record>, Error> {
    let Some(doc) = get(db, id)?.filter(|d| !d.gone) else { return Ok(None) };
    let mut record = doc.record()?;
    let pending = pending::of_doc(db, id)?;
    let chunks: Vec<&[u8]> = pending.iter().map(|p| p.change.as_slice()).collect();
    if !chunks.is_empty() && record.apply(&chunks).is_err() {
        // Work brought back by a rescue, whose base is not here yet: what stands on its own is shown.
        for chunk in chunks {
            let _ = record.apply(&[chunk]);
        }
    }
    Ok(Some(record))
}

impl Tx<'_> {
    /// Makes the row of a document that has none.
    pub(crate) fn ensure_doc(&mut self, id: RecordId, kind: &str) -> Result<(), Error> {
        let sql = "INSERT INTO doc(id, kind) VALUES (?1, ?2) ON CONFLICT(id) DO NOTHING";
        self.db.prepare_cached(sql)?.execute(params![id.bytes(), kind])?;
        Ok(())
    }

    /// Stores what the server has accepted. `receipt` must certify exactly the record's heads; without one, what was
    /// certified last stays, so that a server that loses it meanwhile can be given that much back.
    /// Unsent work that is in it is done; with a receipt, so is work that waited for one.
    pub(crate) fn put_base(&mut self, record: &Record, receipt: Option<&[u8]>) -> Result<(), Error> {
        let heads = record.heads();
        let sql = "INSERT INTO doc(id, kind, base, heads, receipt) VALUES (?1,?2,?3,?4,?5)
                   ON CONFLICT(id) DO UPDATE SET kind = excluded.kind, base = excluded.base,
                   heads = CASE WHEN excluded.receipt IS NULL AND doc.receipt IS NOT NULL
                   THEN doc.heads ELSE excluded.heads END,
                   receipt = coalesce(excluded.receipt, doc.receipt), gone = 0, want = 0";
        self.db.prepare_cached(sql)?.execute(params![
            record.id().bytes(),
            record.kind(),
            record.save(),
            heads.concat(),
            receipt
        ])?;
        for work in pending::of_doc(&self.db, record.id())? {
            if !record.has_all(&[work.hash]) {
                continue;
            }
            if receipt.is_some() {
                self.remove_pending(&work)?;
            } else if work.state != pending::State::Acked {
                self.set_state(work.n, pending::State::Acked)?;
            }
        }
        Ok(())
    }

    /// Notes that the next sync must fetch the document whole.
    pub(crate) fn want(&mut self, id: RecordId, kind: &str) -> Result<(), Error> {
        let sql = "INSERT INTO doc(id, kind, want) VALUES (?1, ?2, 1) ON CONFLICT(id) DO UPDATE SET want = 1";
        self.db.prepare_cached(sql)?.execute(params![id.bytes(), kind])?;
        Ok(())
    }

    /// Nothing more is wanted of it.
    pub(crate) fn unwant(&mut self, id: RecordId) -> Result<(), Error> {
        self.db.prepare_cached("UPDATE doc SET want = 0 WHERE id = ?1")?.execute([id.bytes()])?;
        Ok(())
    }

    /// Keeps bytes that could not be read, and clears the way for a fresh copy.
    pub(crate) fn set_aside_base(&mut self, doc: &Doc, now: i64) -> Result<(), Error> {
        let sql = "INSERT INTO set_aside(doc, blob, at) VALUES (?1, ?2, ?3)";
        self.db.execute(sql, params![doc.id.bytes(), doc.base, now])?;
        let sql = "UPDATE doc SET base = NULL, heads = x'', receipt = NULL, want = 1 WHERE id = ?1";
        self.db.execute(sql, [doc.id.bytes()])?;
        Ok(())
    }

    /// Drops a document that is no longer this person's to see. Work on it that the server has not taken
    /// over stays, and is offered at the next push.
    pub(crate) fn drop_doc(&mut self, id: RecordId) -> Result<(), Error> {
        let Some(doc) = get(&self.db, id)? else { return Ok(()) };
        if let Some(kind) = self.schema.kind(&doc.kind) {
            rows::remove(&self.db, kind, id)?;
        }
        let mut left = false;
        for work in pending::of_doc(&self.db, id)? {
            match work.state {
                pending::State::Acked => self.remove_pending(&work)?,
                _ => left = true,
            }
        }
        if left {
            let sql =
                "UPDATE doc SET base = NULL, heads = x'', receipt = NULL, gone = 1, want = 0 WHERE id = ?1";
            self.db.execute(sql, [id.bytes()])?;
        } else {
            self.db.execute("DELETE FROM doc WHERE id = ?1", [id.bytes()])?;
        }
        Ok(())
    }

    /// Drops the row of a document of which nothing is left.
    pub(crate) fn sweep_doc(&mut self, doc: &Doc) -> Result<(), Error> {
        if doc.base.is_none() && pending::of_doc(&self.db, doc.id)?.is_empty() {
            if let Some(kind) = self.schema.kind(&doc.kind) {
                rows::remove(&self.db, kind, doc.id)?;
            }
            self.db.execute("DELETE FROM doc WHERE id = ?1 AND want = 0", [doc.id.bytes()])?;
        }
        Ok(())
    }
}
