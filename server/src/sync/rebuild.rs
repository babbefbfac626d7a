//! Everything that follows from documents can be made from them again: lists, search, scopes, numbers.

use std::collections::BTreeSet;

use domain::authz::{Scope, scopes as scopes_of};
use domain::derive;
use domain::ids::RecordId;
use domain::projection;

use super::{Ledger, LedgerError, admission, commit, deadlines, unless_damaged};
use crate::auth::token::{REFRESH_IDLE, SESSION_LIFE};
use crate::host::{DAY, Millis};
use crate::store::changes::Commit;
use crate::store::{
    Snapshot, StoreError, Tx, changes, deadlines as table, documents, left_out, merged, numbers, projections,
    scopes, sessions, upkeep,
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
        let (ledger, salt) = (self.clone(), self.random()?);
        let rebuilt = self.store().write_blocking(move |tx| {
            let rebuilt = ledger.rebuild_in(tx)?;
            ledger.bring_back(tx, salt)?;
            upkeep::analyse(tx)?;
            Ok::<_, StoreError>(rebuilt)
        })?;
        self.store().renew_readers();
        Ok(rebuilt.into_inner())
    }

    /// Work for quiet times: statistics for the query planner, sending what can be read again, and dropping sign-ins
    /// whose time is over and changes that no delta needs any more. Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn keep_up(&self) -> Result<(), LedgerError> {
        let now = self.millis();
        let schema = self.schema();
        let (terms, at) = (self.terms_of(&schema), self.now());
        let (ledger, salt) = (self.clone(), self.random()?);
        let pruned = self.store().write_blocking(move |tx| {
            upkeep::analyse(tx)?;
            ledger.bring_back(tx, salt)?;
            deadlines::Setting { schema: &schema, terms: &terms, now: at }.renew_all(tx, Some(at))?;
            // A day more than they live: a clock that was set back must not end what still counts.
            sessions::prune(tx, now - REFRESH_IDLE - DAY, now - SESSION_LIFE - DAY)?;
            let seq = changes::before(tx, now - TAIL_KEPT)?;
            upkeep::prune(tx, seq)
        })?;
        self.store().renew_readers();
        tracing::debug!(changes = *pruned, "upkeep is done");
        Ok(())
    }

    /// Rebuilds if the list tables are of another schema; not under a server that goes by them.
    pub(super) fn adopt_schema(&self) -> Result<(), LedgerError> {
        let schema = self.schema();
        if self.store().read_blocking(|snap| projections::current(snap, &schema))? {
            return Ok(());
        }
        let hold = self.store().hold()?;
        let rebuilt = self.rebuild()?;
        drop(hold);
        if rebuilt.records > 0 {
            tracing::info!(records = rebuilt.records, "lists were made again for a new schema");
        }
        Ok(())
    }

    /// Lets documents that were left out of pages, and can be read now, enter their scopes anew: devices went past them.
    fn bring_back(&self, tx: &Tx<'_>, salt: changes::Salt) -> Result<(), StoreError> {
        for n in left_out::all(tx)? {
            let Some((id, _)) = documents::identity(tx, n)? else { continue };
            let whole = documents::whole(tx, n).and_then(|w| admission::open(id, &w.plain, &w.tail));
            if unless_damaged(id, whole)?.is_none() {
                continue;
            }
            let seq = changes::next(tx, n, &Commit { salt, at: self.millis(), user: None, device: None })?;
            scopes::enter_again(tx, n, seq)?;
            left_out::forget(tx, n)?;
        }
        Ok(())
    }

    pub(super) fn rebuild_in(&self, tx: &Tx<'_>) -> Result<Rebuilt, StoreError> {
        let schema = self.schema();
        let terms = self.terms_of(&schema);
        let setting = deadlines::Setting { schema: &schema, terms: &terms, now: self.now() };
        projections::create(tx, &schema)?;
        table::set_terms(tx, terms.fingerprint())?;
        let counted = numbers::counters(tx)?;
        numbers::clear(tx)?;
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
            // Its row was emptied before, so that it is a delivery anew.
            setting.follow_delivery(tx, kind, n, None)?;
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
        if rebuilt.unreadable > 0 {
            // What cannot be read may have the last number of its series, and has it on paper as well.
            numbers::raise(tx, &counted)?;
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
