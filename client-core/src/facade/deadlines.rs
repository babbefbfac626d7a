//! What is owed and when, without coverage: the rules, settings and calendar are the server's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::authz::Role;
use domain::deadline::{Deadline, Filter, Snapshot, Terms};
use domain::derive;
use domain::document::Record;
use domain::ids::RecordId;
use domain::keys::{complaint, customer, task};
use domain::schema::Kind;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

use super::Client;
use crate::error::Error;
use crate::store::{around, deadlines, documents, rows};

/// A customer's file, read once for all its records.
struct Customer {
    title: String,
    facts: Option<Snapshot>,
}

/// Customers by id, as they are asked for.
#[derive(Default)]
struct Customers(BTreeMap<RecordId, Customer>);

impl Client {
    /// Deadlines under which something is still owed, of the open records on this device, by due time: the items
    /// that the server's list has. What only the office may know is told to the office alone; cycles of customers
    /// are watched by the server, which has every return-visit.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`]; a failure of the store.
    pub fn deadlines(&self, filter: &Filter) -> Result<Vec<Json>, Error> {
        let person = self.person()?;
        let schema = self.schema();
        let terms = Terms::of(schema);
        let now = self.server_time()?;
        let merged = self.merged()?;
        let mut customers = Customers::default();
        let mut found: Vec<(Deadline, Json)> = Vec::new();
        let watched = |k: &&Kind| {
            k.companion_of.is_none() && Snapshot::concerns(&k.key) && !Snapshot::office_only(&k.key)
        };
        for kind in schema.kinds().filter(watched) {
            let beside = around::companion(schema, person.role, kind);
            let beside = beside.filter(|b| Snapshot::reads_beside(&b.key));
            for mut open in deadlines::open(self.store.db(), kind, beside)? {
                open.facts.customer = open.facts.customer.map(|id| RecordId(merged.follow(id.0)));
                self.complete(open.id, person.role, &mut open.facts)?;
                let customer = customers.of(self, open.facts.customer)?;
                open.facts.under(customer.and_then(|c| c.facts.as_ref()), &terms.settings);
                let name = customer.map(|c| c.title.as_str()).filter(|n| !n.is_empty());
                let title: Vec<&str> = name.into_iter().chain([open.title.as_str()]).collect();
                let title = title.join(" · ");
                for deadline in terms.deadlines(&open.facts, now) {
                    if !filter.takes(&kind.key, &deadline) {
                        continue;
                    }
                    let mut item = deadline.to_json();
                    item.insert("record".into(), json!(open.id));
                    item.insert("kind".into(), json!(kind.key));
                    item.insert("number".into(), json!(open.number));
                    item.insert("title".into(), json!(title));
                    item.insert("status".into(), json!(open.status));
                    item.insert("lead".into(), json!(open.facts.lead));
                    item.insert("customer".into(), json!(open.facts.customer));
                    found.push((deadline, Json::Object(item)));
                }
            }
        }
        found.sort_by_key(|(d, _)| (d.due.is_none(), d.due));
        Ok(found.into_iter().map(|(_, item)| item).collect())
    }

    /// The filter for what is overdue or due in so many hours; for everything, without a number.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn due_within(&self, hours: Option<u32>) -> Result<Filter, Error> {
        let now = self.server_time()?;
        let before = hours.map(|hours| Timestamp(now.0 + i64::from(hours) * 3_600_000));
        Ok(Filter { before, ..Filter::default() })
    }

    /// All deadlines of one record, done ones and those of what is over included, by due time; without the
    /// record's own `record`, `kind`, `number` and so on.
    ///
    /// # Errors
    /// As [`Client::show`].
    pub fn deadlines_of(&self, id: RecordId) -> Result<Vec<Json>, Error> {
        let person = self.person()?;
        let schema = self.schema();
        let record = self.load(id)?;
        let kind = self.kind(record.kind())?;
        if !Snapshot::concerns(&kind.key) || Snapshot::office_only(&kind.key) {
            return Ok(Vec::new());
        }
        let filled = |kind: &Kind, record: &Record| {
            let mut view = record.view(kind);
            derive::fill(schema, kind, &mut view);
            view
        };
        let beside = match around::companion(schema, person.role, &kind) {
            Some(beside) => {
                let other = documents::current(self.store.db(), id.companion(&beside.key))?;
                other.map(|other| filled(beside, &other))
            }
            None => None,
        };
        let terms = Terms::of(schema);
        let mut facts = Snapshot::of(&filled(&kind, &record), beside.as_ref(), &terms.calendar);
        let merged = self.merged()?;
        facts.customer = facts.customer.map(|id| RecordId(merged.follow(id.0)));
        self.complete(id, person.role, &mut facts)?;
        let mut customers = Customers::default();
        let customer = customers.of(self, facts.customer)?;
        facts.under(customer.and_then(|c| c.facts.as_ref()), &terms.settings);
        let found = terms.deadlines(&facts, self.server_time()?);
        Ok(found.iter().map(|d| Json::Object(d.to_json())).collect())
    }

    /// Adds what other records on this device say of products and corrective actions, and leaves out what rests on
    /// documents that the person does not read.
    fn complete(&self, id: RecordId, role: Role, facts: &mut Snapshot) -> Result<(), Error> {
        let (db, schema) = (self.store.db(), self.schema());
        if role == Role::Engineer {
            facts.without_companion();
        } else if facts.kind == complaint::KIND {
            facts.has_corrective_action |= deadlines::has_corrective_action(db, schema, id)?;
        }
        if facts.kind == task::KIND {
            deadlines::visits_of(db, schema, id)?.iter().for_each(|visit| facts.carried_out(visit));
        }
        if let Some(product) = facts.product {
            facts.guaranteed(deadlines::warranty_end(db, schema, product)?.as_deref(), schema.zone());
        }
        Ok(())
    }

    /// Now, as the server's clock has it: a device whose clock is wrong should not be early or late with it.
    fn server_time(&self) -> Result<Timestamp, Error> {
        let ahead = self.skew()?.unwrap_or(0).saturating_mul(1_000);
        Ok(Timestamp(self.host.now().0.saturating_sub(ahead)))
    }
}

impl Customers {
    fn of(&mut self, client: &Client, id: Option<RecordId>) -> Result<Option<&Customer>, Error> {
        let Some(id) = id else { return Ok(None) };
        let empty = match self.0.entry(id) {
            Entry::Occupied(found) => return Ok(Some(found.into_mut())),
            Entry::Vacant(empty) => empty,
        };
        let (db, schema) = (client.store.db(), client.schema());
        let row = match schema.kind(customer::KIND) {
            Some(kind) => rows::one(db, kind, id)?,
            None => None,
        };
        let title = row.map(|l| l.row.title).unwrap_or_default();
        Ok(Some(empty.insert(Customer { title, facts: deadlines::of_customer(db, schema, id)? })))
    }
}
