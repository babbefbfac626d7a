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
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{Context, ExportError, Format, Item, Names, personal_fields, sink};
use crate::records::{ListRequest, Records};
use crate::store::{StoreError, accounts, audit, projections, scopes};
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

/// Writes the records asked for to `out`, oldest first, and answers how many there were. The file
/// appears whole or not at all, and the audit log has a line about it before it appears.
///
/// # Errors
/// [`RunError`].
pub fn export(records: &Records, request: &Request<'_>, out: &Path) -> Result<usize, RunError> {
    let kind = records.kind(request.kind)?;
    if kind.companion_of.is_some() {
        // Its fields are columns of the record that it accompanies.
        return Err(Refusal::new(Code::UnknownKind).with("kind", request.kind).into());
    }
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let result = write(records, request, &kind, part).and_then(|count| {
        note(records, request, &kind, count)?;
        std::fs::rename(part, out)?;
        Ok(count)
    });
    if result.is_err() {
        // What was written of it is of no use; that it may be gone already is no second failure.
        let _ = std::fs::remove_file(part);
    }
    result
}

fn write(records: &Records, request: &Request<'_>, kind: &Kind, part: &Path) -> Result<usize, RunError> {
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
    let mut count = 0;
    loop {
        let page = records.list(&person, kind, &list)?;
        for row in &page.items {
            let Some(item) = item(records, &person, kind, request.format, row)? else { continue };
            sink.put(&item)?;
            count += 1;
        }
        match page.next {
            Some(next) => list.cursor = Some(next),
            None => break,
        }
    }
    sink.finish()?;
    File::options().write(true).open(part)?.sync_all()?;
    Ok(count)
}

fn item(
    records: &Records,
    person: &Principal,
    kind: &Kind,
    format: Format,
    row: &Map<String, Json>,
) -> Result<Option<Item>, LedgerError> {
    let text = |key: &str| row.get(key).and_then(Json::as_str);
    let Some(id) = text("id").and_then(|id| id.parse().ok()).map(RecordId) else { return Ok(None) };
    let ledger = records.ledger();
    let schema = ledger.schema();
    let companion = schema.companion(kind);
    let (main, other) = ledger.store().read_blocking(|snap| {
        let other = companion.map(|c| State::read(snap, id.companion(&c.key))).transpose()?;
        Ok::<_, StoreError>((State::read(snap, id)?, other))
    })?;
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
        number: text("number").map(str::to_owned),
        updated_at: text("updated_at").and_then(|at| Timestamp::parse(at, schema.zone())),
        json: match format {
            Format::Json => Json::Object(records.show(person, kind, id)?),
            Format::Xlsx | Format::Csv => Json::Null,
        },
    }))
}

fn note(records: &Records, request: &Request<'_>, kind: &Kind, count: usize) -> Result<(), LedgerError> {
    let schema = records.ledger().schema();
    let entry = audit::Entry {
        who: None,
        what: "export",
        target: request.kind.to_owned(),
        detail: json!({
            "format": request.format.as_str(),
            "month": request.month,
            "rows": count,
            "personal": personal_fields(&schema, kind),
        }),
    };
    let at = records.now().0;
    records.ledger().store().write_blocking(move |tx| audit::append(tx, at, &entry))?;
    Ok(())
}

/// Names of people, and of records as they are asked for.
struct Known<'a> {
    records: &'a Records,
    people: HashMap<Uuid, String>,
    asked: RefCell<HashMap<Uuid, Option<String>>>,
}

impl<'a> Known<'a> {
    fn of(records: &'a Records) -> Result<Self, LedgerError> {
        let people = records.ledger().store().read_blocking(accounts::all)?;
        let people = people.into_iter().map(|u| (u.id.0, u.display)).collect();
        Ok(Self { records, people, asked: RefCell::default() })
    }

    fn look_up(&self, target: &str, id: Uuid) -> Option<String> {
        let kind = self.records.ledger().schema().shared_kind(target)?;
        let found = self.records.ledger().store().read_blocking(|snap| {
            let every = [Scope::Everyone, Scope::Office];
            let Some(seen) = scopes::see(snap, RecordId(id), &every)? else { return Ok(None) };
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
        if let Some(known) = self.asked.borrow().get(&id) {
            return known.clone();
        }
        let name = self.look_up(target, id);
        let mut asked = self.asked.borrow_mut();
        // Rows that stand together mostly name the same records; an export of everything holds no more than this.
        if asked.len() >= NAMES {
            asked.clear();
        }
        asked.insert(id, name.clone());
        name
    }
}
