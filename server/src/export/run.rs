//! An export of the records there are, to a file.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use domain::authz::{Principal, Role, Scope};
use domain::derive;
use domain::error::{Code, Refusal};
use domain::ids::{RecordId, SYSTEM_USER};
use domain::schema::Kind;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Context, ExportError, Format, Item, Names, personal_fields, sink, table};
use crate::records::{ListRequest, Records};
use crate::store::{StoreError, accounts, audit, changes, merged, projections, scopes};
use crate::sync::{LedgerError, State};

/// Rows asked for at a time.
const PAGE: usize = 500;
/// Names of records that are remembered.
const NAMES: usize = 10_000;

/// What is exported.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The kind's key.
    pub kind: &'a str,
    /// File format.
    pub format: Format,
    /// Only records of this month, `YYYY-MM`, in the organisation's zone.
    pub month: Option<&'a str>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The file.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The records.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl RunError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Export(error) => error.code(),
            Self::Ledger(LedgerError::Refused(refusal)) => refusal.code.as_str(),
            Self::Ledger(LedgerError::Store(error)) => error.code(),
            Self::Ledger(_) => "server_fault",
        }
    }
}

impl From<std::io::Error> for RunError {
    fn from(error: std::io::Error) -> Self {
        Self::Export(error.into())
    }
}

impl From<Refusal> for RunError {
    fn from(refusal: Refusal) -> Self {
        Self::Ledger(refusal.into())
    }
}

/// What an export came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Records in the file.
    pub rows: usize,
    /// Records that belong into it and cannot be read.
    pub unreadable: Vec<RecordId>,
}

/// Writes the records asked for to `out`, oldest first. The file appears whole or not at all, and the audit log has a
/// line about it before it appears. Records that cannot be read are not in it, and named in the answer.
///
/// # Errors
/// [`RunError`].
pub fn export(records: &Records, request: &Request<'_>, out: &Path) -> Result<Exported, RunError> {
    let kind = records.kind(request.kind)?;
    if kind.companion_of.is_some() {
        // Its fields are columns of the record that it accompanies.
        return Err(Refusal::new(Code::UnknownKind).with("kind", request.kind).into());
    }
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let result = write(records, request, &kind, part).and_then(|exported| {
        note(records, request, &kind, &exported)?;
        std::fs::rename(part, out)?;
        Ok(exported)
    });
    if result.is_err() {
        // What was written of it is of no use; that it may be gone already is no second failure.
        let _ = std::fs::remove_file(part);
    }
    result
}

fn write(records: &Records, request: &Request<'_>, kind: &Kind, part: &Path) -> Result<Exported, RunError> {
    let ledger = records.ledger();
    let person = Principal { user: SYSTEM_USER, role: Role::Admin, may: Default::default() };
    let names = Known::of(records)?;
    let schema = ledger.schema();
    let context = Context { schema: &schema, kind, zone: schema.zone(), names: &names };
    // Opened for reading too: a workbook is put together from parts.
    let file = File::options().read(true).write(true).create(true).truncate(true).open(part)?;
    let mut sink = sink(context, request.format, std::io::BufWriter::new(file))?;
    let filters = request.month.map(|m| vec![format!("month:{m}")]).unwrap_or_default();
    let sort = if kind.month.is_some() { "month" } else { "created_at" };
    let mut list =
        ListRequest { filters, sort: Some(sort.to_owned()), limit: Some(PAGE), ..ListRequest::default() };
    let mut exported = Exported::default();
    loop {
        let page = records.list(&person, kind, &list)?;
        for row in &page.items {
            let id = row.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok()).map(RecordId);
            let Some(id) = id else { continue };
            match item(records, kind, id) {
                Ok(None) => {}
                Ok(Some(mut item)) => {
                    if request.format == Format::Json {
                        item.json = Json::Object(records.show(&person, kind, id)?);
                    }
                    sink.put(&item)?;
                    exported.rows += 1;
                }
                Err(LedgerError::Store(StoreError::Damaged(what))) => {
                    tracing::error!(record = %id, what, "a record cannot be read and is not exported");
                    exported.unreadable.push(id);
                }
                Err(error) => return Err(error.into()),
            }
        }
        match page.next {
            Some(next) => list.cursor = Some(next),
            None => break,
        }
    }
    // After a rebuild they are on no list; of what month they are nobody knows.
    let unlisted = ledger.store().read_blocking(|snap| projections::unlisted(snap, kind));
    exported.unreadable.extend(unlisted.map_err(LedgerError::from)?);
    sink.finish()?;
    File::options().write(true).open(part)?.sync_all()?;
    Ok(exported)
}

/// A record as a table shows it.
fn item(records: &Records, kind: &Kind, id: RecordId) -> Result<Option<Item>, LedgerError> {
    let ledger = records.ledger();
    let schema = ledger.schema();
    let companion = schema.companion(kind);
    let found = ledger.store().read_blocking(|snap| {
        let main = State::read(snap, id)?;
        let Some(listed) =
            main.stored.as_ref().map(|s| projections::get(snap, kind, s.n)).transpose()?.flatten()
        else {
            return Ok(None);
        };
        let other = companion.map(|c| State::read(snap, id.companion(&c.key))).transpose()?;
        let mut updated_at = listed.updated_at;
        if let Some(stored) = other.as_ref().and_then(|o| o.stored.as_ref()) {
            updated_at = updated_at.max(changes::commit(snap, stored.seq)?.map_or(0, |c| c.at));
        }
        Ok::<_, StoreError>(Some((main, other, listed.row, updated_at)))
    })?;
    let Some((main, other, row, updated_at)) = found else { return Ok(None) };
    let other = match (companion, other) {
        (Some(c), Some(state)) if state.stored.is_some() => {
            let mut view = state.record(&c.key, id.companion(&c.key))?.view(c);
            derive::fill(&schema, c, &mut view);
            Some(view)
        }
        _ => None,
    };
    let mut view = main.record(&kind.key, id)?.view(kind);
    derive::fill(&schema, kind, &mut view);
    Ok(Some(Item {
        main: view,
        companion: other,
        number: row.number.or(row.temp_number),
        updated_at: Some(Timestamp(updated_at)),
        json: Json::Null,
    }))
}

fn note(
    records: &Records,
    request: &Request<'_>,
    kind: &Kind,
    exported: &Exported,
) -> Result<(), LedgerError> {
    let schema = records.ledger().schema();
    let entry = audit::Entry {
        who: None,
        what: "export",
        target: request.kind.to_owned(),
        detail: json!({
            "format": request.format.as_str(),
            "month": request.month,
            "rows": exported.rows,
            "unreadable": exported.unreadable.len(),
            "personal": personal_fields(&schema, kind),
        }),
    };
    let at = records.now().0;
    records.ledger().store().write_blocking(move |tx| audit::append(tx, at, &entry))?;
    Ok(())
}

/// Names of people, and of records as they are asked for.
pub struct Known<'a> {
    records: &'a Records,
    people: HashMap<Uuid, String>,
    /// By id, and whether merged records were followed.
    asked: RefCell<HashMap<(Uuid, bool), Option<String>>>,
}

impl<'a> Known<'a> {
    /// The names that the records have now.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn of(records: &'a Records) -> Result<Self, LedgerError> {
        let people = records.ledger().store().read_blocking(accounts::all)?;
        let people = people.into_iter().map(|u| (u.id.0, u.display)).collect();
        Ok(Self { records, people, asked: RefCell::default() })
    }

    /// What an export would say of a record now: headers and cells of the main table, empty ones left out; nothing if
    /// there is no such record.
    ///
    /// # Errors
    /// A failure of the store; `Damaged` for a record that cannot be read.
    pub fn cells(&self, kind: &Kind, id: RecordId) -> Result<Vec<(String, String)>, LedgerError> {
        let Some(item) = item(self.records, kind, id)? else { return Ok(Vec::new()) };
        let schema = self.records.ledger().schema();
        let context = Context { schema: &schema, kind, zone: schema.zone(), names: self };
        let columns = table::columns(&context);
        let cells = columns.iter().map(|c| (c.label(kind), table::cell(&context, c, &item).text()));
        Ok(cells.filter(|(_, text)| !text.is_empty()).collect())
    }

    fn look_up(&self, target: &str, id: Uuid, follow: bool) -> Option<String> {
        let kind = self.records.ledger().schema().shared_kind(target)?;
        let found = self.records.ledger().store().read_blocking(|snap| {
            let every = [Scope::Everyone, Scope::Office];
            let id = if follow { merged::resolve(snap, RecordId(id))? } else { RecordId(id) };
            let Some(seen) = scopes::see(snap, id, &every)? else { return Ok(None) };
            projections::name(snap, &kind, seen.n)
        });
        // A name that cannot be read is shown as its id; the record itself is exported either way.
        let found: Result<_, StoreError> = found;
        let (number, title) = found.ok().flatten()?;
        if title.is_empty() { number } else { Some(title) }
    }
}

impl Names for Known<'_> {
    fn name(&self, target: &str, id: Uuid) -> Option<String> {
        if target == "user" {
            return self.people.get(&id).cloned();
        }
        self.remembered(target, id, true)
    }

    fn own_name(&self, target: &str, id: Uuid) -> Option<String> {
        self.remembered(target, id, false)
    }
}

impl Known<'_> {
    fn remembered(&self, target: &str, id: Uuid, follow: bool) -> Option<String> {
        if let Some(known) = self.asked.borrow().get(&(id, follow)) {
            return known.clone();
        }
        let name = self.look_up(target, id, follow);
        let mut asked = self.asked.borrow_mut();
        // Rows that stand together mostly name the same records; an export of everything holds no more than this.
        if asked.len() >= NAMES {
            asked.clear();
        }
        asked.insert((id, follow), name.clone());
        name
    }
}
