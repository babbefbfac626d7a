//! One record as JSON: what it is, how it came to be, where people disagree. Record and companion are shown as one.

use domain::authz::Principal;
use domain::deadline::{Basis, Deadline, State as Standing};
use domain::derive;
use domain::document::{Around, Conflict, Record, RecordView};
use domain::ids::RecordId;
use domain::keys::{complaint, product_item, visit};
use domain::projection;
use domain::retention;
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{Records, companion_for, merge, warranty};
use crate::store::{StoreError, changes, documents};
use crate::sync::{LedgerError, State};

/// A record, open for reading.
pub(super) struct Shown<'a> {
    n: i64,
    kind: &'a Kind,
    record: Record,
    companion: Option<(&'a Kind, Record, Option<i64>)>,
}

impl Records {
    pub(super) fn open<'a>(
        &self,
        schema: &'a Schema,
        person: &Principal,
        kind: &'a Kind,
        id: RecordId,
    ) -> Result<Shown<'a>, LedgerError> {
        let companion = companion_for(schema, person, kind).map(|c| (c, id.companion(&c.key)));
        let (n, main, other) = self.ledger.store().read_blocking(|snap| {
            let n = self.seen(snap, person, kind, id)?;
            let other = match companion {
                Some((kind, id)) => {
                    let n = documents::position(snap, id)?.map(|p| p.n);
                    Some((kind, State::read(snap, id)?.record(&kind.key, id)?, n))
                }
                None => None,
            };
            Ok::<_, LedgerError>((n, State::read(snap, id)?, other))
        })?;
        Ok(Shown { n, kind, record: main.record(&kind.key, id)?, companion: other })
    }

    /// A record as the API shows it. Blocks.
    ///
    /// # Errors
    /// `not_found` for what the person does not see.
    pub fn show(
        &self,
        person: &Principal,
        kind: &Kind,
        id: RecordId,
    ) -> Result<Map<String, Json>, LedgerError> {
        let schema = self.ledger.schema();
        let shown = self.open(&schema, person, kind, id)?;
        let mut view = shown.record.view(kind);
        derive::fill(&schema, kind, &mut view);
        let row = projection::row(&schema, kind, &view);
        let mut out = view.to_json();
        let number = row.number.or(row.temp_number);
        out.insert("number".into(), json!(number));
        out.insert("title".into(), json!(row.title));
        out.insert("created_at".into(), json!(row.created_at));
        out.insert("created_by".into(), json!(row.created_by));
        let until = retention::retain_until(&schema, kind, &view);
        out.insert("retain_until".into(), json!(until.map(|day| day.to_string())));
        let mut flags = self.ledger.store().read_blocking(|snap| changes::flags(snap, shown.n))?;
        let other = shown.companion.as_ref().map(|(kind, record, n)| {
            let mut view = record.view(kind);
            derive::fill(&schema, kind, &mut view);
            (*kind, view, *n)
        });
        if let Some((_, view, n)) = &other {
            let theirs = view.to_json();
            for part in ["fields", "collections", "unknown"] {
                if let (Some(Json::Object(all)), Some(Json::Object(more))) =
                    (out.get_mut(part), theirs.get(part))
                {
                    all.extend(more.clone());
                }
            }
            if let Some(n) = n {
                flags.extend(self.ledger.store().read_blocking(|snap| changes::flags(snap, *n))?);
            }
        }
        let companion = other.as_ref().map(|(kind, view, _)| (*kind, view));
        let links = || self.ledger.links(kind, id);
        let around = Around { beside: companion, links: Some(&links) };
        let rights = Record::rights(&schema, person, kind, &view, around);
        out.insert("rights".into(), json!(rights));
        let theirs = companion.map(|(_, view)| view);
        let (found, level) = self.deadlines_of(person, &schema, kind, shown.n, &view, theirs)?;
        if let (Some(level), Some(Json::Object(fields))) = (level, out.get_mut("fields"))
            && kind.field(complaint::ESCALATION_LEVEL).is_some()
        {
            // It rises with time, so no document can hold it.
            fields.insert(complaint::ESCALATION_LEVEL.into(), json!(level));
        }
        let found: Vec<_> = found.iter().map(standing).collect();
        out.insert("deadlines".into(), json!(found));
        out.insert("conflicts".into(), json!(shown.conflicts()));
        out.insert("flags".into(), json!(flags));
        if kind.key == visit::KIND
            && let Some(fields) = out.get_mut("fields").and_then(Json::as_object_mut)
        {
            let said = fields.get(visit::WARRANTY_OVERRIDE).cloned();
            let decided = || warranty::of_visit(self, &schema, person, &view, &self.ledger.zone());
            if let Some(status) = said.or_else(|| decided().map(|d| json!(d.code))) {
                fields.insert(visit::WARRANTY_STATUS.to_owned(), status);
            }
        }
        if kind.key == product_item::KIND
            && let Some(fields) = out.get_mut("fields").and_then(Json::as_object_mut)
        {
            let warranty = warranty::of_product(self, &schema, &view);
            let days =
                [(product_item::WARRANTY_START, warranty.start), (product_item::WARRANTY_END, warranty.end)];
            for (key, day) in days.into_iter().filter_map(|(key, day)| Some((key, day?))) {
                fields.insert(key.to_owned(), json!(day.to_string()));
            }
        }
        self.ledger.store().read_blocking(|snap| merge::follow(snap, &schema, kind, &mut out, person))?;
        Ok(out)
    }

    /// The values that were set at the same time. Blocks.
    ///
    /// # Errors
    /// `not_found` for what the person does not see.
    pub fn conflicts(
        &self,
        person: &Principal,
        kind: &Kind,
        id: RecordId,
    ) -> Result<Vec<Conflict>, LedgerError> {
        Ok(self.open(&self.ledger.schema(), person, kind, id)?.conflicts())
    }

    /// Every value that was ever set, newest first. Blocks.
    ///
    /// # Errors
    /// `not_found` for what the person does not see.
    pub fn history(&self, person: &Principal, kind: &Kind, id: RecordId) -> Result<Vec<Json>, LedgerError> {
        let schema = self.ledger.schema();
        let shown = self.open(&schema, person, kind, id)?;
        let received = self.ledger.store().read_blocking(|snap| {
            let mut received = changes::received(snap, shown.n)?;
            if let Some((_, _, Some(n))) = &shown.companion {
                received.extend(changes::received(snap, *n)?);
            }
            Ok::<_, StoreError>(received)
        })?;
        let mut items = shown.record.history(shown.kind);
        if let Some((kind, record, _)) = &shown.companion {
            items.extend(record.history(kind));
            // Each is newest first already; between the two only times can tell.
            items.sort_by_key(|i| std::cmp::Reverse((received.get(&i.change).copied(), i.at)));
        }
        let items = items.into_iter().filter_map(|item| {
            let at = received.get(&item.change).map(|at| Timestamp(*at));
            let Ok(Json::Object(mut json)) = serde_json::to_value(item) else { return None };
            json.insert("received_at".into(), json!(at));
            Some(Json::Object(json))
        });
        Ok(items.collect())
    }
}

/// A deadline as it stands. How much of its time is used, and when a paused one would be due, change with every
/// look; a record that nobody touched should look the same twice, so the list of deadlines says those.
fn standing(deadline: &Deadline) -> Json {
    let mut json = json!(deadline.to_json());
    if let (None, Some(map)) = (deadline.stopped, json.as_object_mut()) {
        if deadline.basis != Basis::Count {
            map.insert("elapsed".into(), Json::Null);
        }
        if deadline.state == Standing::Paused {
            map.insert("due".into(), Json::Null);
        }
    }
    json
}

impl<'a> Shown<'a> {
    /// The record, and its companion where there is one.
    pub(super) fn views(&self) -> impl Iterator<Item = (&'a Kind, RecordView)> {
        let companion = self.companion.iter().map(|(kind, record, _)| (*kind, record.view(kind)));
        std::iter::once((self.kind, self.record.view(self.kind))).chain(companion)
    }

    fn conflicts(&self) -> Vec<Conflict> {
        let mut all = self.record.conflicts(self.kind);
        if let Some((kind, record, _)) = &self.companion {
            all.extend(record.conflicts(kind));
        }
        all
    }
}
