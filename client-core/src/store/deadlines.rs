//! What the rules of deadlines need of each record that is still open, kept beside its row: listing what is due
//! loads no document.

use domain::deadline::{self, Snapshot};
use domain::document::RecordView;
use domain::ids::RecordId;
use domain::keys::customer;
use domain::schema::{Kind, Schema};
use rusqlite::{Connection, OptionalExtension as _};

use super::rows::table;
use crate::error::Error;

/// The facts that stand beside a row: JSON; nothing for records that are over, and for kinds that no rule speaks of.
/// Computed fields are filled.
pub(super) fn facts(schema: &Schema, kind: &Kind, view: &RecordView) -> Option<String> {
    let snapshot = match &kind.companion_of {
        Some(_) if Snapshot::reads_beside(&kind.key) => Snapshot::beside(view, schema.zone()),
        None if Snapshot::concerns(&kind.key) => Snapshot::own(view, schema.zone()),
        _ => return None,
    };
    let over = deadline::is_over(kind, &view.folded.status);
    if over || (kind.companion_of.is_none() && snapshot.is_idle()) {
        return None;
    }
    serde_json::to_string(&snapshot).ok()
}

/// An open record with what the rules need of it.
pub(crate) struct Open {
    pub(crate) id: RecordId,
    pub(crate) number: Option<String>,
    pub(crate) title: String,
    pub(crate) status: String,
    pub(crate) facts: Snapshot,
}

/// The open records of a kind; with what their companions add, if `beside` is the companion kind.
pub(crate) fn open(db: &Connection, kind: &Kind, beside: Option<&Kind>) -> Result<Vec<Open>, Error> {
    let theirs = match beside {
        Some(beside) => format!("(SELECT b.facts FROM {} b WHERE b.id = r.companion)", table(beside)),
        None => "NULL".to_owned(),
    };
    let sql = format!(
        "SELECT r.id, coalesce(r.number, r.temp_number), r.title, r.status, r.facts, {theirs}
         FROM {} r WHERE r.facts IS NOT NULL",
        table(kind)
    );
    let mut query = db.prepare_cached(&sql)?;
    let mut rows = query.query([])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let mut facts = parsed(&row.get::<_, String>(4)?)?;
        if let Some(theirs) = row.get::<_, Option<String>>(5)? {
            facts.join(parsed(&theirs)?);
        }
        out.push(Open {
            id: RecordId(uuid::Uuid::from_bytes(row.get(0)?)),
            number: row.get(1)?,
            title: row.get(2)?,
            status: row.get(3)?,
            facts,
        });
    }
    Ok(out)
}

/// What a customer's file says of contracts and cycles.
pub(crate) fn of_customer(db: &Connection, schema: &Schema, id: RecordId) -> Result<Option<Snapshot>, Error> {
    let Some(kind) = schema.kind(customer::KIND) else { return Ok(None) };
    let mut query = db.prepare_cached(&format!("SELECT facts FROM {} WHERE id = ?1", table(kind)))?;
    let facts: Option<Option<String>> = query.query_row([id.bytes()], |r| r.get(0)).optional()?;
    facts.flatten().map(|facts| parsed(&facts)).transpose()
}

fn parsed(facts: &str) -> Result<Snapshot, Error> {
    serde_json::from_str(facts).map_err(|e| Error::Damaged(e.to_string()))
}
