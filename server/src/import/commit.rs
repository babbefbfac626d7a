//! Carries a plan out on the records there are, or only tells what it would do.

use std::path::Path;

use domain::authz::{Principal, Role};
use domain::error::{Code, Refusal};
use domain::ids::{RecordId, SYSTEM_USER};
use domain::keys;
use domain::schema::Kind;
use domain::value::Value;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::customers::Known;
use super::plan::identity::Cells;
use super::plan::{self, Current, OnFile, Person, Plan, PlanError, Review, Source, Summary};
use super::sheet::{self, SheetError};
use crate::records::{Records, Step, Story};
use crate::store::{StoreError, accounts, audit, documents, merged, numbers, projections};
use crate::sync::{LedgerError, State, unless_damaged};

/// Why a file was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read as a spreadsheet.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// No sheet has columns of this kind.
    #[error("no sheet of {file} has a header row for {kind}")]
    NoHeader {
        /// The file.
        file: String,
        /// The kind asked for.
        kind: String,
    },
    /// The records failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ImportError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sheet(error) => error.code(),
            Self::NoHeader { .. } => "no_header_row",
            Self::Ledger(LedgerError::Refused(refusal)) => refusal.code.as_str(),
            Self::Ledger(LedgerError::Store(error)) => error.code(),
            Self::Ledger(_) => "server_fault",
        }
    }

    /// What the text of the code needs.
    #[must_use]
    pub fn params(&self) -> Map<String, Json> {
        match self {
            Self::Sheet(error) => error.params(),
            Self::NoHeader { file, kind } => {
                Map::from_iter([("file".to_owned(), json!(file)), ("kind".to_owned(), json!(kind))])
            }
            Self::Ledger(LedgerError::Refused(refusal)) => refusal.params.clone(),
            Self::Ledger(_) => Map::new(),
        }
    }
}

/// What came of an import.
#[derive(Debug)]
pub struct Outcome {
    /// As the command prints it.
    pub summary: Summary,
    /// Customers made for names that nobody had on file.
    pub new_customers: usize,
}

/// Imports a file as records of `kind`, or with `dry_run` says what that would do.
///
/// What it writes is written by the system: an import is nobody's opinion. Interrupted, it goes on
/// when it is run again.
///
/// # Errors
/// [`ImportError`]; nothing is written when the file cannot be read.
pub fn import(records: &Records, kind: &str, file: &Path, dry_run: bool) -> Result<Outcome, ImportError> {
    let kind = records.kind(kind).map_err(LedgerError::from)?;
    if kind.companion_of.is_some() {
        // Its columns are columns of the record that it accompanies.
        return Err(LedgerError::from(Refusal::new(Code::UnknownKind).with("kind", kind.key.clone())).into());
    }
    let sheets = sheet::read(file)?;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let ledger = records.ledger();
    let schema = ledger.schema();
    let source = Source { file: &name, sheets: &sheets };
    let planned = plan::plan(
        &schema,
        schema.zone(),
        &kind,
        &source,
        &mut Stored { records, names: crate::export::Known::of(records)? },
    );
    let planned = planned.map_err(|error| match error {
        PlanError::NoHeader => ImportError::NoHeader { file: name.clone(), kind: kind.key.clone() },
        PlanError::OnFile(error) => error.into(),
    })?;
    if dry_run {
        return Ok(Outcome { new_customers: planned.new_customers, summary: planned.summary });
    }
    let outcome = write(records, planned)?;
    note(records, &kind, &name, &outcome)?;
    Ok(outcome)
}

/// The audit log has a line about every import that wrote or may have written.
fn note(records: &Records, kind: &Kind, file: &str, outcome: &Outcome) -> Result<(), ImportError> {
    let Summary { rows, created, updated, .. } = outcome.summary;
    let entry = audit::Entry {
        who: None,
        what: "import",
        target: kind.key.clone(),
        detail: json!({
            "file": file, "rows": rows, "created": created, "updated": updated,
            "new_customers": outcome.new_customers,
        }),
    };
    let at = records.now().0;
    let written = records.ledger().store().write_blocking(move |tx| audit::append(tx, at, &entry));
    written.map_err(LedgerError::from)?;
    Ok(())
}

fn write(records: &Records, planned: Plan) -> Result<Outcome, ImportError> {
    let at = records.now();
    let by = Principal { user: SYSTEM_USER, role: Role::Admin, may: Default::default() };
    let stories: Vec<Story> = planned
        .work
        .iter()
        .map(|work| Story {
            kind: work.kind.clone(),
            id: Some(work.id),
            steps: work
                .intents
                .iter()
                .map(|intent| Step { by: by.clone(), at, intent: intent.clone() })
                .collect(),
        })
        .collect();
    let mut summary = planned.summary;
    let written = records.write_stories(&stories)?;
    for (work, result) in planned.work.iter().zip(written) {
        let Err(refusal) = result else { continue };
        // Someone filed or changed the record meanwhile: the row waits for a person, the rest is done.
        if work.row > 0 {
            let counter = if work.fresh { &mut summary.created } else { &mut summary.updated };
            *counter = counter.saturating_sub(1);
            summary.unchanged += 1;
        }
        summary.needs_review.push(Review {
            row: work.row,
            code: refusal.code.as_str(),
            params: refusal.params,
        });
    }
    summary.needs_review.sort_by_key(|r| r.row);
    Ok(Outcome { summary, new_customers: planned.new_customers })
}

/// The records of the store.
struct Stored<'a> {
    records: &'a Records,
    names: crate::export::Known<'a>,
}

impl OnFile for Stored<'_> {
    type Error = LedgerError;

    fn record(&mut self, kind: &Kind, id: RecordId) -> Result<Option<Current>, LedgerError> {
        let ledger = self.records.ledger();
        let schema = ledger.schema();
        let companion = schema.companion(kind);
        let found = ledger.store().read_blocking(|snap| {
            let main = State::read(snap, id)?;
            // A file may name any record; one of another kind is none of these.
            if main.stored.as_ref().is_none_or(|stored| stored.kind != kind.key) {
                return Ok(None);
            }
            let other = match companion {
                Some(c) => {
                    let (state, id) = (State::read(snap, id.companion(&c.key))?, id.companion(&c.key));
                    state.stored.is_some().then(|| state.record(&c.key, id)).transpose()?.map(|r| r.view(c))
                }
                None => None,
            };
            Ok::<_, StoreError>(Some(Current::of(main.record(&kind.key, id)?.view(kind), other)))
        });
        // Rows of a record that cannot be read wait for it; the others do not.
        let unreadable = || Some(Current { unreadable: true, ..Current::default() });
        Ok(unless_damaged(id, found)?.unwrap_or_else(unreadable))
    }

    fn customers(&mut self) -> Result<Vec<Known>, LedgerError> {
        let kind = self.records.kind(keys::customer::KIND)?;
        let all = self.records.ledger().store().read_blocking(documents::all)?;
        let mut known: Vec<Known> = Vec::new();
        let mut of_merged: Vec<Known> = Vec::new();
        for (n, id, _) in all.into_iter().filter(|(_, _, key)| *key == kind.key) {
            let Some(current) = self.record(&kind, id)? else { continue };
            let aliases = current.collections.get(keys::customer::ALIASES).into_iter().flatten();
            let last = self.records.ledger().store().read_blocking(|snap| merged::resolve(snap, id))?;
            let merged = last != id;
            let name = if current.unreadable {
                // Its row still says what it is called: nobody is to be made a second time.
                let row =
                    self.records.ledger().store().read_blocking(|snap| projections::name(snap, &kind, n))?;
                row.map(|(_, title)| title).unwrap_or_default()
            } else {
                current.fields.get(keys::customer::NAME).map(Value::to_text).unwrap_or_default()
            };
            let customer = Known {
                id: last.0,
                name,
                aliases: aliases
                    .filter(|e| !e.removed)
                    .filter_map(|e| e.fields.get(keys::customer::ALIASES_ALIAS).map(Value::to_text))
                    .collect(),
            };
            if merged { of_merged.push(customer) } else { known.push(customer) }
        }
        // Every spelling of a merged customer is one of what it was merged into.
        for merged in of_merged {
            if let Some(last) = known.iter_mut().find(|k| k.id == merged.id) {
                last.aliases.push(merged.name);
                last.aliases.extend(merged.aliases);
            }
        }
        Ok(known)
    }

    fn names(&mut self, kind: &Kind) -> Result<Vec<(Uuid, Vec<String>)>, LedgerError> {
        Ok(self.records.ledger().store().read_blocking(|snap| projections::names(snap, kind))?)
    }

    fn numbered(&mut self, kind: &Kind, number: &str) -> Result<Option<RecordId>, LedgerError> {
        Ok(self.records.ledger().store().read_blocking(|snap| numbers::owner(snap, kind, number))?)
    }

    fn exported(&mut self, kind: &Kind, id: RecordId) -> Result<Cells, LedgerError> {
        match self.names.cells(kind, id) {
            // Its row waits; see `record`.
            Err(LedgerError::Store(StoreError::Damaged(_))) => Ok(Cells::new()),
            other => other,
        }
    }

    fn people(&mut self) -> Result<Vec<Person>, LedgerError> {
        let people = self.records.ledger().store().read_blocking(accounts::all)?;
        let person = |u: accounts::User| Person { id: u.id.0, name: u.name, display: u.display };
        Ok(people.into_iter().map(person).collect())
    }
}
