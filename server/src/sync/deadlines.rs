//! Deadlines follow documents: facts are kept with every write, and what they come to under the organisation's
//! settings and calendar is worked out beside them. A change of settings needs the facts alone.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use domain::deadline::{self, Mark, Outlook, Snapshot, Terms};
use domain::derive;
use domain::document::RecordView;
use domain::ids::RecordId;
use domain::keys::{complaint, corrective_action, customer, product_item, return_visit, task, visit};
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;
use serde_json::Value as Json;

use super::{Ledger, LedgerError, admission};
use crate::store::deadlines::{self as table, Facts, Stored};
use crate::store::{self, StoreError, Tx, documents, merged, projections};

/// The terms last asked for, and the schema that they are of.
pub(super) struct Known {
    schema: Arc<Schema>,
    terms: Arc<Terms>,
}

/// What one document says about deadlines.
pub struct Reading {
    snapshot: Snapshot,
    over: bool,
}

/// Reads a record, or a companion document, for the facts; computed fields are filled. `None` if no rule speaks of it.
pub fn read(schema: &Schema, kind: &Kind, view: &RecordView) -> Option<Reading> {
    let zone = schema.zone();
    let snapshot = match &kind.companion_of {
        None if Snapshot::concerns(&kind.key) || Snapshot::bears(&kind.key) => Snapshot::own(view, zone),
        Some(_) if Snapshot::reads_beside(&kind.key) => Snapshot::beside(view, zone),
        _ => return None,
    };
    Some(Reading { snapshot, over: deadline::is_over(kind, &view.folded.status) })
}

/// A piece of equipment that came to a customer.
#[derive(PartialEq, Eq)]
pub struct Delivery {
    customer: RecordId,
    on: Json,
}

impl Delivery {
    /// What the row of a piece of equipment says; `None` for other kinds, and without a customer or a day.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn of(tx: &Tx<'_>, kind: &Kind, n: i64) -> Result<Option<Self>, StoreError> {
        if kind.key != product_item::KIND {
            return Ok(None);
        }
        let Some(listed) = projections::get(tx, kind, n)? else { return Ok(None) };
        let mut row = listed.row.to_json(kind);
        let mut said = |key: &str| row.remove(key).filter(|value| !value.is_null());
        let customer = said(product_item::CUSTOMER).and_then(|id| serde_json::from_value(id).ok());
        Ok(customer.zip(said(product_item::WARRANTY_START)).map(|(customer, on)| Self { customer, on }))
    }
}

/// What is the same for all documents of a transaction.
pub struct Setting<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The organisation's terms.
    pub terms: &'a Terms,
    /// The server's time.
    pub now: Timestamp,
}

impl Setting<'_> {
    /// Follows a document that was written.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn follow(
        &self,
        tx: &Tx<'_>,
        kind: &Kind,
        n: i64,
        id: RecordId,
        reading: &Reading,
    ) -> Result<(), StoreError> {
        if kind.companion_of.is_none() {
            return self.follow_record(tx, kind, n, id, reading);
        }
        let Some((main, _)) = projections::main_of(tx, id)? else { return Ok(()) };
        // Without facts of its own the record is over, or its document has yet to come.
        let Some(held) = table::facts(tx, main)? else { return Ok(()) };
        if !self.keep(tx, n, Some(main), &reading.snapshot)? {
            return Ok(());
        }
        let mut whole = parsed(&held.facts)?;
        whole.join(reading.snapshot.clone());
        let over = self.schema.kind(&whole.kind).is_none_or(|kind| deadline::is_over(kind, &whole.status));
        if over && !whole.lasts(&self.terms.calendar) {
            table::forget(tx, main)
        } else {
            self.renew(tx, main)
        }
    }

    /// Follows a companion document that was written after its record was over and nothing was owed any more: what
    /// lasts may rest on it.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn revive(&self, tx: &Tx<'_>, kind: &Kind, id: RecordId) -> Result<(), StoreError> {
        let kind = kind.companion_of.as_deref().and_then(|main| self.schema.kind(main));
        let Some((kind, (n, id))) = kind.zip(projections::main_of(tx, id)?) else { return Ok(()) };
        if table::facts(tx, n)?.is_some() {
            return Ok(());
        }
        match self.recall(tx, kind, id)? {
            Some((_, reading)) => self.follow_record(tx, kind, n, id, &reading),
            None => Ok(()),
        }
    }

    /// Whether a record's own facts are kept: as long as it is not over, and after that while something is owed all
    /// the same.
    fn stays(
        &self,
        snap: &store::Snapshot<'_>,
        kind: &Kind,
        id: RecordId,
        reading: &Reading,
    ) -> Result<bool, StoreError> {
        if !reading.over || reading.snapshot.is_idle() {
            return Ok(!reading.snapshot.is_idle());
        }
        let mut whole = reading.snapshot.clone();
        if let Some((_, beside)) = self.recall_beside(snap, kind, id)? {
            whole.join(beside.snapshot);
        }
        Ok(whole.lasts(&self.terms.calendar))
    }

    fn follow_record(
        &self,
        tx: &Tx<'_>,
        kind: &Kind,
        n: i64,
        id: RecordId,
        reading: &Reading,
    ) -> Result<(), StoreError> {
        let held = table::facts(tx, n)?;
        if !self.stays(tx, kind, id, reading)? {
            if held.is_some() {
                table::forget(tx, n)?;
            }
            return self.ripple(tx, kind, id, held.as_ref(), &reading.snapshot);
        }
        let changed = self.keep(tx, n, None, &reading.snapshot)?;
        if held.is_none() {
            // Reopened, or given back after a restore: its companion may have been there before.
            if let Some((other, beside)) = self.recall_beside(tx, kind, id)? {
                self.keep(tx, other, Some(n), &beside.snapshot)?;
            }
        }
        let stale = held.as_ref().and_then(|h| h.until).is_some_and(|until| until <= self.now.0);
        if !changed && !stale {
            return Ok(());
        }
        self.renew(tx, n)?;
        self.ripple(tx, kind, id, held.as_ref(), &reading.snapshot)
    }

    /// Keeps facts; `false` if they were kept before just so.
    fn keep(&self, tx: &Tx<'_>, n: i64, main: Option<i64>, snapshot: &Snapshot) -> Result<bool, StoreError> {
        let facts = text(snapshot)?;
        if table::facts(tx, n)?.is_some_and(|held| held.facts == facts) {
            return Ok(false);
        }
        let rests_on: Vec<RecordId> = snapshot.rests_on().collect();
        let (kind, lead) = (snapshot.kind.as_str(), snapshot.lead);
        table::keep(tx, &Facts { n, main, kind, facts: &facts, lead, rests_on: &rests_on })?;
        Ok(true)
    }

    /// What a record's companion document says, with its number.
    fn recall_beside(
        &self,
        snap: &store::Snapshot<'_>,
        kind: &Kind,
        id: RecordId,
    ) -> Result<Option<(i64, Reading)>, StoreError> {
        let companion = self.schema.companion(kind).filter(|c| Snapshot::reads_beside(&c.key));
        let Some(companion) = companion else { return Ok(None) };
        self.recall(snap, companion, id.companion(&companion.key))
    }

    /// What a stored document says, with its number.
    fn recall(
        &self,
        snap: &store::Snapshot<'_>,
        kind: &Kind,
        id: RecordId,
    ) -> Result<Option<(i64, Reading)>, StoreError> {
        let Some(stored) = documents::load(snap, id)? else { return Ok(None) };
        let record = match admission::open(id, &stored.plain, &stored.tail) {
            Ok(record) => record,
            // It was reported; the other document's facts count all the same.
            Err(StoreError::Damaged(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut view = record.view(kind);
        derive::fill(self.schema, kind, &mut view);
        Ok(read(self.schema, kind, &view).map(|reading| (stored.n, reading)))
    }

    /// Works a record's deadlines out of its facts.
    fn renew(&self, tx: &Tx<'_>, n: i64) -> Result<(), StoreError> {
        let Some(snapshot) = self.joined(tx, n, true)? else { return Ok(()) };
        let outlook = Outlook::of(&snapshot, self.terms, self.now);
        // Settings may have been changed since this work began: then the table's readers must not rely on it.
        let doubtful = table::terms(tx)?.as_deref() != Some(&self.terms.fingerprint()[..]);
        table::put(tx, n, &outlook, doubtful)
    }

    /// Works out anew what rests on this record: a customer's contract and a product's warranty count for others, a
    /// return-visit for its customer, a corrective action for its complaint, a visit for its task.
    fn ripple(
        &self,
        tx: &Tx<'_>,
        kind: &Kind,
        id: RecordId,
        held: Option<&Stored>,
        snapshot: &Snapshot,
    ) -> Result<(), StoreError> {
        match kind.key.as_str() {
            customer::KIND => {
                let names = merged::sources(tx, id)?.into_iter().chain([id]);
                names.into_iter().try_for_each(|id| self.renew_of(tx, id))
            }
            return_visit::KIND => {
                let before = held.map(|h| parsed(&h.facts)).transpose()?.and_then(|s| s.customer);
                let customers = BTreeSet::from([before, snapshot.customer]);
                customers.into_iter().flatten().try_for_each(|id| self.renew_id(tx, merged::resolve(tx, id)?))
            }
            corrective_action::KIND => {
                let before = held.map(|h| parsed(&h.facts)).transpose()?.and_then(|s| s.complaint);
                let complaints = BTreeSet::from([before, snapshot.complaint]);
                complaints.into_iter().flatten().try_for_each(|id| self.renew_id(tx, id))
            }
            visit::KIND => {
                let before = held.map(|h| parsed(&h.facts)).transpose()?.and_then(|s| s.task);
                let tasks = BTreeSet::from([before, snapshot.task]);
                tasks.into_iter().flatten().try_for_each(|id| self.renew_id(tx, id))
            }
            product_item::KIND => self.renew_of(tx, id),
            _ => Ok(()),
        }
    }

    /// Follows a piece of equipment whose row said `before`: its customer's visits count from the last delivery.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn follow_delivery(
        &self,
        tx: &Tx<'_>,
        kind: &Kind,
        n: i64,
        before: Option<Delivery>,
    ) -> Result<(), StoreError> {
        let after = Delivery::of(tx, kind, n)?;
        if before == after {
            return Ok(());
        }
        let customers: BTreeSet<RecordId> = before.into_iter().chain(after).map(|d| d.customer).collect();
        customers.into_iter().try_for_each(|id| self.renew_id(tx, merged::resolve(tx, id)?))
    }

    /// Works out what counts by a customer's or a product's file.
    fn renew_of(&self, tx: &Tx<'_>, file: RecordId) -> Result<(), StoreError> {
        table::resting(tx, file)?.into_iter().try_for_each(|n| self.renew(tx, n))
    }

    fn renew_id(&self, tx: &Tx<'_>, id: RecordId) -> Result<(), StoreError> {
        match documents::position(tx, id)? {
            Some(position) => self.renew(tx, position.n),
            None => Ok(()),
        }
    }

    /// Follows a customer that came to `before` until it was written: what was asked of one is asked of the other.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn follow_merge(
        &self,
        tx: &Tx<'_>,
        kind: &Kind,
        id: RecordId,
        before: RecordId,
    ) -> Result<(), StoreError> {
        let after = merged::resolve(tx, id)?;
        if kind.key != customer::KIND || before == after {
            return Ok(());
        }
        let mut customers = BTreeSet::from([before, after]);
        for last in [before, after] {
            customers.extend(merged::sources(tx, last)?);
        }
        for customer in customers {
            self.renew_id(tx, customer)?;
            self.renew_of(tx, customer)?;
        }
        Ok(())
    }

    /// A record's facts, with those of its companion if `beside`, and what other records add.
    ///
    /// # Errors
    /// A failure of the database; `Damaged` for facts that are none.
    pub fn joined(
        &self,
        snap: &store::Snapshot<'_>,
        n: i64,
        beside: bool,
    ) -> Result<Option<Snapshot>, StoreError> {
        let Some(stored) = table::facts(snap, n)? else { return Ok(None) };
        let mut snapshot = parsed(&stored.facts)?;
        if beside {
            for facts in table::beside(snap, n)? {
                snapshot.join(parsed(&facts)?);
            }
        } else {
            snapshot.without_companion();
        }
        self.complete(snap, n, &mut snapshot)?;
        Ok(Some(snapshot))
    }

    /// Adds what other records say: the customer's contract and cycle, a customer's return-visits and deliveries, the
    /// product's warranty, whether a corrective action answers for a complaint, what was done on
    /// the visits of a task.
    ///
    /// # Errors
    /// As [`Setting::joined`].
    pub fn complete(
        &self,
        snap: &store::Snapshot<'_>,
        n: i64,
        snapshot: &mut Snapshot,
    ) -> Result<(), StoreError> {
        if snapshot.kind == customer::KIND {
            let kind = self.schema.kind(return_visit::KIND);
            let Some((kind, (id, _))) = kind.zip(documents::identity(snap, n)?) else { return Ok(()) };
            snapshot.done = table::done(snap, kind, (return_visit::CUSTOMER, return_visit::VISITED_AT), id)?;
            if let Some(kind) = self.schema.kind(product_item::KIND) {
                let fields = (product_item::CUSTOMER, product_item::WARRANTY_START);
                let day = table::last_day(snap, kind, fields, id)?;
                let at = day.and_then(|day| Timestamp::start_of_day(day, self.schema.zone()));
                snapshot.mark(Mark::HandedOver, at);
            }
            return Ok(());
        }
        if snapshot.kind == complaint::KIND
            && let Some(kind) = self.schema.kind(corrective_action::KIND)
            && let Some((id, _)) = documents::identity(snap, n)?
        {
            snapshot.has_corrective_action |=
                table::is_referred(snap, kind, corrective_action::COMPLAINT, id)?;
        }
        if snapshot.kind == task::KIND
            && let Some(kind) = self.schema.kind(visit::KIND)
            && let Some((id, _)) = documents::identity(snap, n)?
        {
            for (n, id) in table::referring(snap, kind, visit::TASK, id)? {
                let visit = match table::facts(snap, n)? {
                    Some(stored) => Some(parsed(&stored.facts)?),
                    // It is over, and its order is not.
                    None => self.recall(snap, kind, id)?.map(|(_, reading)| reading.snapshot),
                };
                visit.iter().for_each(|visit| snapshot.carried_out(visit));
            }
        }
        if let Some((kind, product)) = self.schema.kind(product_item::KIND).zip(snapshot.product) {
            let last = table::day(snap, kind, product_item::WARRANTY_END, product)?;
            snapshot.guaranteed(last.as_deref(), self.schema.zone());
        }
        snapshot.customer = snapshot.customer.map(|id| merged::resolve(snap, id)).transpose()?;
        let file = match snapshot.customer {
            Some(id) => match documents::position(snap, id)? {
                Some(position) => table::facts(snap, position.n)?,
                None => None,
            },
            None => None,
        };
        let file = file.map(|stored| parsed(&stored.facts)).transpose()?;
        snapshot.under(file.as_ref(), &self.terms.settings);
        Ok(())
    }

    /// Works out all records, or those only whose time has come.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn renew_all(&self, tx: &Tx<'_>, again: Option<Timestamp>) -> Result<usize, StoreError> {
        let records = table::records(tx, again.map(|at| at.0))?;
        records.iter().try_for_each(|n| self.renew(tx, *n))?;
        Ok(records.len())
    }
}

fn text(snapshot: &Snapshot) -> Result<String, StoreError> {
    serde_json::to_string(snapshot).map_err(|_| StoreError::Damaged("facts of deadlines"))
}

fn parsed(facts: &str) -> Result<Snapshot, StoreError> {
    serde_json::from_str(facts).map_err(|_| StoreError::Damaged("facts of deadlines"))
}

impl Ledger {
    /// What deadlines are counted by, for the schema as the organisation has it now.
    #[must_use]
    pub fn terms(&self) -> Arc<Terms> {
        self.terms_of(&self.schema())
    }

    /// [`Ledger::terms`] for a schema that the caller holds.
    #[must_use]
    pub(crate) fn terms_of(&self, schema: &Arc<Schema>) -> Arc<Terms> {
        let mut known = self.0.terms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|k| Arc::ptr_eq(&k.schema, schema)) {
            return Arc::clone(&known.terms);
        }
        let terms = Arc::new(Terms::of(schema));
        *known = Some(Known { schema: Arc::clone(schema), terms: Arc::clone(&terms) });
        terms
    }

    /// Works deadlines out anew if settings, calendar or rules are no longer those of the table. Opens no document.
    /// Blocks.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn adopt_terms(&self) -> Result<(), LedgerError> {
        let fingerprint = *self.terms().fingerprint();
        if self.store().read_blocking(table::terms)?.as_deref() != Some(&fingerprint[..]) {
            let ledger = self.clone();
            // A server that runs counts by its own.
            let hold = self.store().hold()?;
            self.store().write_blocking(move |tx| ledger.adopt_terms_in(tx))?;
            drop(hold);
        }
        Ok(())
    }

    /// [`Ledger::adopt_terms`] in the transaction that changes them.
    ///
    /// # Errors
    /// A failure of the database.
    pub(super) fn adopt_terms_in(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let schema = self.schema();
        let terms = self.terms_of(&schema);
        if table::terms(tx)?.as_deref() == Some(&terms.fingerprint()[..]) {
            return Ok(());
        }
        table::set_terms(tx, terms.fingerprint())?;
        let setting = Setting { schema: &schema, terms: &terms, now: self.now() };
        let records = setting.renew_all(tx, None)?;
        tracing::info!(records, "deadlines were worked out for new settings");
        Ok(())
    }

    /// Whether a document's facts and a record's deadlines are what they should be.
    pub(super) fn deadlines_hold(
        &self,
        snap: &store::Snapshot<'_>,
        kind: &Kind,
        n: i64,
        id: RecordId,
        view: &RecordView,
    ) -> Result<bool, StoreError> {
        let held = table::facts(snap, n)?;
        let (schema, terms) = (self.schema(), self.terms());
        let reading = read(&schema, kind, view);
        let now = self.now();
        let setting = Setting { schema: &schema, terms: &terms, now };
        let wanted = match (&kind.companion_of, &reading) {
            (_, None) => None,
            (None, Some(r)) => setting.stays(snap, kind, id, r)?.then_some(&r.snapshot),
            (Some(_), Some(r)) => match projections::main_of(snap, id)? {
                Some((main, _)) => table::facts(snap, main)?.map(|_| &r.snapshot),
                None => None,
            },
        };
        let wanted = wanted.map(text).transpose()?;
        if held.as_ref().map(|h| &h.facts) != wanted.as_ref() {
            return Ok(false);
        }
        let certain = |until: Option<i64>| until.is_none_or(|until| until > now.0);
        if kind.companion_of.is_some() || held.is_some_and(|h| !certain(h.until)) {
            return Ok(true);
        }
        let Some(snapshot) = setting.joined(snap, n, true)? else {
            return Ok(table::rows(snap, n)?.is_empty());
        };
        Ok(table::rows(snap, n)? == table::rows_of(&Outlook::of(&snapshot, &terms, now)))
    }
}
