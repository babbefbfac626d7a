//! Everything that follows from documents can be made from them again: lists, search, scopes, numbers.

use std::collections::BTreeSet;

use domain::authz::{Scope, scopes as scopes_of};
use domain::derive;
use domain::ids::RecordId;
use domain::projection;

use super::{Ledger, LedgerError, admission, commit, deadlines};
use crate::host::{DAY, Millis};
use crate::store::{
    Snapshot, StoreError, Tx, changes, deadlines as table, documents, merged, projections, scopes, upkeep,
};

/// How long changes are kept for deltas; a device that was away longer gets whole documents.
const TAIL_KEPT: Millis = 30 * DAY;

/// What a rebuild went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rebuilt {
    /// Documents read.
    pub records: usize,
    /// Documents that could not be read or are of a kind that the schema does not have; they keep their bytes.
    pub unreadable: usize,
}

/// Something that is not as the documents say.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The record.
    pub id: RecordId,
    /// What differs: `blob`, `heads`, `unknown_kind`, `row`, `scopes`, `deadlines`.
    pub what: &'static str,
}

impl Ledger {
    /// Makes lists, search, scopes and numbers again from documents, in one transaction. Blocks.
    ///
    /// # Errors
    /// A failure of the store; everything is then as it was.
    pub fn rebuild(&self) -> Result<Rebuilt, LedgerError> {
        let ledger = self.clone();
        let rebuilt = self.store().write_blocking(move |tx| {
            let rebuilt = ledger.rebuild_in(tx)?;
            upkeep::analyse(tx)?;
            Ok::<_, StoreError>(rebuilt)
        })?;
        self.store().renew_readers();
        Ok(rebuilt.into_inner())
    }

    /// Work for quiet times: statistics for the query planner, and dropping changes that no delta needs any more.
    /// Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn keep_up(&self) -> Result<(), LedgerError> {
        let now = self.millis();
        let schema = self.schema();
        let (terms, at) = (self.terms_of(&schema), self.now());
        let pruned = self.store().write_blocking(move |tx| {
            upkeep::analyse(tx)?;
            deadlines::Setting { schema: &schema, terms: &terms, now: at }.renew_all(tx, Some(at))?;
            let seq = changes::before(tx, now - TAIL_KEPT)?;
            upkeep::prune(tx, seq)
        })?;
        self.store().renew_readers();
        tracing::debug!(changes = *pruned, "upkeep is done");
        Ok(())
    }

    /// Rebuilds if the list tables are of another schema.
    pub(super) fn adopt_schema(&self) -> Result<(), LedgerError> {
        let schema = self.schema();
        if self.store().read_blocking(|snap| projections::current(snap, &schema))? {
            return Ok(());
        }
        let rebuilt = self.rebuild()?;
        if rebuilt.records > 0 {
            tracing::info!(records = rebuilt.records, "lists were made again for a new schema");
        }
        Ok(())
    }

    pub(super) fn rebuild_in(&self, tx: &Tx<'_>) -> Result<Rebuilt, StoreError> {
        let schema = self.schema();
        let terms = self.terms_of(&schema);
        let setting = deadlines::Setting { schema: &schema, terms: &terms, now: self.now() };
        projections::create(tx, &schema)?;
        table::set_terms(tx, terms.fingerprint())?;
        crate::store::numbers::clear(tx)?;
        let mut rebuilt = Rebuilt::default();
        for (n, id, kind) in documents::all(tx)? {
            let Some(kind) = schema.kind(&kind) else {
                rebuilt.unreadable += 1;
                continue;
            };
            let opened = match documents::load(tx, id) {
                Ok(Some(stored)) => {
                    admission::open(id, &stored.plain, &stored.tail).map(|record| (stored.seq, record))
                }
                Ok(None) => continue,
                Err(error) => Err(error),
            };
            let (seq, record) = match opened {
                Ok(opened) => opened,
                Err(StoreError::Damaged(_)) => {
                    rebuilt.unreadable += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut view = record.view(kind);
            derive::fill(&schema, kind, &mut view);
            let row = projection::row(&schema, kind, &view);
            if let Some(number) = &row.number {
                commit::note_number(tx, &schema, kind, number)?;
            }
            let updated_at = changes::commit(tx, seq)?.map_or(0, |c| c.at);
            projections::put(tx, kind, n, &row, updated_at)?;
            let before = merged::resolve(tx, id)?;
            merged::note(tx, &schema, kind, &row)?;
            if let Some(companion) = &kind.companion {
                projections::accompany(tx, id.companion(companion), n)?;
            }
            if let Some(facts) = deadlines::read(&schema, kind, &view) {
                setting.follow(tx, kind, n, id, &facts)?;
                setting.follow_merge(tx, kind, id, before)?;
            }
            let wanted = scopes_of(kind, &view.facts(kind));
            if scopes::of(tx, n)? != wanted {
                scopes::place(tx, n, seq, &wanted)?;
            }
            rebuilt.records += 1;
        }
        Ok(rebuilt)
    }

    /// Reads every document strictly and compares it with its heads, its row and its scopes. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn verify(&self) -> Result<(usize, Vec<Difference>), LedgerError> {
        let found = self.store().read_blocking(|snap| {
            let current = scopes::current(snap)?;
            let mut differences = Vec::new();
            let all = documents::all(snap)?;
            for (n, id, kind) in &all {
                if let Some(what) = self.compare(snap, *n, *id, kind, &current)? {
                    differences.push(Difference { id: *id, what });
                }
            }
            Ok::<_, StoreError>((all.len(), differences))
        })?;
        Ok(found)
    }

    fn compare(
        &self,
        snap: &Snapshot<'_>,
        n: i64,
        id: RecordId,
        kind: &str,
        current: &BTreeSet<(i64, Scope)>,
    ) -> Result<Option<&'static str>, StoreError> {
        if !documents::blob_is_sound(snap, n)? {
            return Ok(Some("blob"));
        }
        let stored = match documents::load(snap, id) {
            Ok(Some(stored)) => stored,
            Ok(None) | Err(StoreError::Damaged(_)) => return Ok(Some("blob")),
            Err(error) => return Err(error),
        };
        let Ok(record) = admission::open(id, &stored.plain, &stored.tail) else { return Ok(Some("blob")) };
        if record.heads() != stored.heads || record.kind() != kind {
            return Ok(Some("heads"));
        }
        let schema = self.schema();
        let Some(kind) = schema.kind(kind) else { return Ok(Some("unknown_kind")) };
        let mut view = record.view(kind);
        derive::fill(&schema, kind, &mut view);
        let mut row = projection::row(&schema, kind, &view);
        row.search = String::new();
        row.cells = merged::followed(snap, kind, &row.cells)?.into_owned();
        if projections::get(snap, kind, n)?.is_none_or(|listed| listed.row != row) {
            return Ok(Some("row"));
        }
        let wanted = scopes_of(kind, &view.facts(kind));
        let placed: BTreeSet<Scope> =
            current.range((n, Scope::Everyone)..).take_while(|(doc, _)| *doc == n).map(|(_, s)| *s).collect();
        if placed != wanted {
            return Ok(Some("scopes"));
        }
        Ok((!self.deadlines_hold(snap, kind, n, id, &view)?).then_some("deadlines"))
    }
}
