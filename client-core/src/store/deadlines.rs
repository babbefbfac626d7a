//! What the rules of deadlines need of each record that is still open, kept beside its row: listing what is due
//! loads no document.

use domain::deadline::{self, Snapshot};
use domain::derive;
use domain::document::RecordView;
use domain::ids::RecordId;
use domain::keys::{corrective_action, customer, product_item, visit};
use domain::projection::columns;
use domain::schema::{Kind, Schema};
use rusqlite::{Connection, OptionalExtension as _};

use super::documents;
use super::rows::table;
use crate::error::Error;

/// The facts that stand beside a row: JSON; nothing for kinds that no rule speaks of, and for records that are over
/// unless something is owed all the same, or a companion might say so. Computed fields are filled.
pub(super) fn facts(schema: &Schema, kind: &Kind, view: &RecordView) -> Option<String> {
    let snapshot = match &kind.companion_of {
        Some(_) if Snapshot::reads_beside(&kind.key) => Snapshot::beside(view, schema.zone()),
        None if Snapshot::concerns(&kind.key) => Snapshot::own(view, schema.zone()),
        _ => return None,
    };
    let lasts = || match &kind.companion {
        Some(companion) if Snapshot::reads_beside(companion) => !snapshot.is_filed(),
        _ => snapshot.lasts(schema.calendar()),
    };
    let over = deadline::is_over(kind, &view.folded.status) && !lasts();
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

/// The last day of a product's warranty, as its row has it.
pub(crate) fn warranty_end(db: &Connection, schema: &Schema, id: RecordId) -> Result<Option<String>, Error> {
    let Some(column) = column(schema, product_item::KIND, product_item::WARRANTY_END) else {
        return Ok(None);
    };
    let (kind, name) = column;
    let mut query = db.prepare_cached(&format!("SELECT {name} FROM {} WHERE id = ?1", table(kind)))?;
    let day: Option<Option<String>> = query.query_row([id.bytes()], |r| r.get(0)).optional()?;
    Ok(day.flatten())
}

/// Whether a corrective action that was not cancelled is for this complaint, as far as this device has them.
pub(crate) fn has_corrective_action(db: &Connection, schema: &Schema, id: RecordId) -> Result<bool, Error> {
    let column = column(schema, corrective_action::KIND, corrective_action::COMPLAINT);
    let Some((kind, name)) = column else { return Ok(false) };
    let sql =
        format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {name} = ?1 AND status <> 'cancelled')", table(kind));
    Ok(db.prepare_cached(&sql)?.query_row([id.bytes()], |r| r.get(0))?)
}

/// What the visits say that carry out this task, as far as this device has them.
pub(crate) fn visits_of(db: &Connection, schema: &Schema, task: RecordId) -> Result<Vec<Snapshot>, Error> {
    let Some((kind, name)) = column(schema, visit::KIND, visit::TASK) else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT id, facts FROM {} WHERE {name} = ?1 AND status <> 'cancelled' ORDER BY id",
        table(kind)
    );
    let mut query = db.prepare_cached(&sql)?;
    let mut rows = query.query([task.bytes()])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(facts) = row.get::<_, Option<String>>(1)? {
            out.push(parsed(&facts)?);
            continue;
        }
        // It is over, and its order is not.
        let id = RecordId(uuid::Uuid::from_bytes(row.get(0)?));
        if let Some(record) = documents::current(db, id)? {
            let mut view = record.view(kind);
            derive::fill(schema, kind, &mut view);
            out.push(Snapshot::own(&view, schema.zone()));
        }
    }
    Ok(out)
}

/// A field's column, quoted, with its kind.
fn column<'a>(schema: &'a Schema, kind: &str, field: &str) -> Option<(&'a Kind, String)> {
    let kind = schema.kind(kind)?;
    let column = columns(kind).find(|column| column.field.key == field)?;
    Some((kind, format!("\"{}\"", column.name)))
}

fn parsed(facts: &str) -> Result<Snapshot, Error> {
    serde_json::from_str(facts).map_err(|e| Error::Damaged(e.to_string()))
}
