//! What the system notices about a record and a person should decide: the same fault again, one customer twice, many
//! complaints about one thing. Each comes with the intents that would carry it out.

use std::collections::{BTreeMap, BTreeSet};

use domain::authz::{Principal, Role};
use domain::calc::repeats::{Occurrence, prior_complaints, prior_repairs};
use domain::calc::service::lateness;
use domain::document::RecordView;
use domain::ids::RecordId;
use domain::keys::{complaint, customer, incident, visit};
use domain::merge;
use domain::schema::{Kind, Schema};
use domain::search::folded;
use domain::time::{Timestamp, Zone};
use domain::value::Value;
use jiff::civil::DateTime;
use serde_json::{Map, Value as Json, json};

use super::look::{Is, Look, Row};
use super::{Records, warranty};
use crate::import::customers::core;
use crate::store::search::{Find, find};
use crate::store::{Snapshot, StoreError, merged};
use crate::sync::LedgerError;

/// Most records that a suggestion names.
const NAMED: usize = 20;
/// Most records that are read to compare what lists do not have.
const READ: usize = 200;
/// A telephone number has at least so many digits.
const PHONE_DIGITS: usize = 7;

/// Something that a person should decide.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Suggestion {
    /// Stable code; screens make the sentence.
    pub code: &'static str,
    /// Values that the sentence needs.
    #[schema(value_type = Object)]
    pub params: Map<String, Json>,
    /// The records it is about: `id`, `kind`, `number`, `temp_number`, `status`, `title`.
    #[schema(value_type = Vec<Object>)]
    pub records: Vec<Json>,
    /// What to send to this record to carry it out; empty if there is nothing to send, or it is not for the reader.
    #[schema(value_type = Vec<Object>)]
    pub intents: Vec<Json>,
}

/// A suggestion before its records have been looked up.
struct Found {
    code: &'static str,
    params: Json,
    records: Vec<RecordId>,
    intents: Vec<Json>,
}

fn set(field: &str, value: impl serde::Serialize) -> Json {
    json!({ "cmd": "set", "field": field, "value": value })
}

/// What the rules look at.
struct Case<'a> {
    look: Look<'a>,
    records: &'a Records,
    person: &'a Principal,
    kind: &'a Kind,
    view: RecordView,
    zone: Zone,
}

impl Records {
    /// What the system notices about a record. Blocks.
    ///
    /// # Errors
    /// `not_found` for what the person does not see.
    pub fn suggestions(
        &self,
        person: &Principal,
        kind: &Kind,
        id: RecordId,
    ) -> Result<Vec<Suggestion>, LedgerError> {
        let schema = self.ledger.schema();
        let schema: &Schema = &schema;
        let Some(kind) = schema.kind(&kind.key) else { return Ok(Vec::new()) };
        let shown = self.open(schema, person, kind, id)?;
        let Some((_, view)) = shown.views().next() else { return Ok(Vec::new()) };
        let mine = person.scopes();
        let zone = self.ledger.zone();
        self.ledger.store().read_blocking(|snap: &Snapshot<'_>| {
            let case =
                Case { look: Look { schema, snap, mine: &mine }, records: self, person, kind, view, zone };
            let found = match kind.key.as_str() {
                complaint::KIND => [case.recurrence()?, case.severity()?, case.mass()?].concat_all(),
                visit::KIND => [case.repeat_repair()?, case.warranty(), case.late_arrival()].concat_all(),
                customer::KIND => case.duplicates()?,
                _ => Vec::new(),
            };
            let mut titles = case.look.titles();
            let mut out = Vec::with_capacity(found.len());
            for one in found {
                let mut records = Vec::new();
                for id in one.records.into_iter().take(NAMED) {
                    if let Some((kind, listed)) = case.look.listed(id)? {
                        records.push(titles.brief(kind, &listed)?);
                    }
                }
                // What is suggested changes fields of the office.
                let intents = if person.role == Role::Engineer { Vec::new() } else { one.intents };
                let Json::Object(params) = one.params else { continue };
                out.push(Suggestion { code: one.code, params, records, intents });
            }
            Ok(out)
        })
    }
}

trait ConcatAll {
    fn concat_all(self) -> Vec<Found>;
}

impl<const N: usize> ConcatAll for [Vec<Found>; N] {
    fn concat_all(self) -> Vec<Found> {
        self.into_iter().flatten().collect()
    }
}

fn text(view: &RecordView, key: &str) -> String {
    view.value(key).to_text()
}

fn reference(view: &RecordView, key: &str) -> Option<RecordId> {
    match view.value(key) {
        Value::Ref(id) => Some(RecordId(*id)),
        _ => None,
    }
}

fn instant(view: &RecordView, key: &str) -> Option<Timestamp> {
    match view.value(key) {
        Value::Datetime(at) => Some(*at),
        _ => None,
    }
}

/// A threshold as lists are counted.
fn count(threshold: u32) -> usize {
    usize::try_from(threshold).unwrap_or(usize::MAX)
}

/// A complaint or repair as the formulas compare it.
struct Compared {
    id: RecordId,
    customer: String,
    product: String,
    fault: String,
    at: DateTime,
}

impl Compared {
    fn occurrence(&self) -> Occurrence<'_> {
        Occurrence { customer: &self.customer, product: &self.product, fault: &self.fault, at: self.at }
    }
}

impl Case<'_> {
    fn id(&self) -> RecordId {
        self.view.id
    }

    fn local(&self, at: Timestamp) -> Option<DateTime> {
        let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
        Some(at.to_zoned(self.zone.0.clone()).datetime())
    }

    /// When a record came in: as it says, else when it was made.
    fn came(&self, view: &RecordView, key: &str) -> Option<Timestamp> {
        instant(view, key).or_else(|| view.created().map(|e| e.at))
    }

    fn read(&self, id: RecordId) -> Option<RecordView> {
        Some(self.records.open(self.look.schema, self.person, self.kind, id).ok()?.views().next()?.1)
    }

    fn last(&self, id: RecordId) -> Result<RecordId, StoreError> {
        merged::resolve(self.look.snap, id)
    }

    /// Complaints that were not withdrawn: one that was cancelled as entered twice never happened.
    fn standing(&self, conditions: &[(&str, Is<'_>)], keys: &[&str]) -> Result<Vec<Row>, StoreError> {
        let keys: Vec<&str> = keys.iter().copied().chain(["status"]).collect();
        let mut rows = self.look.rows(complaint::KIND, conditions, &keys)?;
        rows.retain(|row| row.text(keys.len() - 1) != "cancelled");
        Ok(rows)
    }

    /// C27: the same customer, product or part, and fault within the months that the organisation set.
    fn recurrence(&self) -> Result<Vec<Found>, StoreError> {
        let settings = &self.look.schema.settings().formulas.repeats;
        let Some(customer) = reference(&self.view, complaint::CUSTOMER) else { return Ok(Vec::new()) };
        let customer = self.last(customer)?;
        let compared = |view: &RecordView, what: &str, fault: &str| -> Result<Option<Compared>, StoreError> {
            let Some(customer) = reference(view, complaint::CUSTOMER) else { return Ok(None) };
            let product = match reference(view, what) {
                Some(product) => product.to_string(),
                None => text(view, what),
            };
            let at = self.came(view, complaint::RECEIVED_AT).and_then(|at| self.local(at));
            let customer = self.last(customer)?.to_string();
            Ok(at.map(|at| Compared { id: view.id, customer, product, fault: text(view, fault), at }))
        };
        let mut earlier = Vec::new();
        for row in self.standing(&[(complaint::CUSTOMER, Is::To(customer))], &[])? {
            if row.id != self.id() && earlier.len() < READ {
                earlier.extend(self.read(row.id));
            }
        }
        let mut prior = BTreeSet::new();
        // The same piece of equipment, or the same part in whatever equipment. The code where there is one; people
        // also write the same words.
        let ways = [complaint::PRODUCT, complaint::PART_NO]
            .map(|what| [complaint::DEFECT_CODE, complaint::DEFECT_PHENOMENON].map(|fault| (what, fault)));
        for (what, fault) in ways.into_iter().flatten() {
            let Some(this) = compared(&self.view, what, fault)? else { continue };
            let mut history = Vec::new();
            for view in &earlier {
                history.extend(compared(view, what, fault)?);
            }
            let occurrences: Vec<Occurrence<'_>> = history.iter().map(Compared::occurrence).collect();
            if let Ok(found) = prior_complaints(&this.occurrence(), &occurrences, settings) {
                prior.extend(found.into_iter().map(|i| (std::cmp::Reverse(history[i].at), history[i].id)));
            }
        }
        let ids: Vec<RecordId> = prior.into_iter().map(|(_, id)| id).collect();
        let noted: BTreeSet<RecordId> = self
            .view
            .collections
            .get(complaint::PRIOR_COMPLAINTS)
            .into_iter()
            .flatten()
            .filter(|e| !e.removed)
            .filter_map(|e| match e.fields.get(complaint::PRIOR_COMPLAINTS_COMPLAINT) {
                Some(Value::Ref(id)) => Some(RecordId(*id)),
                _ => None,
            })
            .collect();
        let mut intents = Vec::new();
        if text(&self.view, complaint::RECURRENCE) != "recurring" {
            intents.push(set(complaint::RECURRENCE, "recurring"));
        }
        for id in ids.iter().filter(|id| !noted.contains(id)) {
            let fields = json!({ complaint::PRIOR_COMPLAINTS_COMPLAINT: id });
            intents
                .push(json!({ "cmd": "add", "collection": complaint::PRIOR_COMPLAINTS, "fields": fields }));
        }
        if ids.is_empty() || intents.is_empty() {
            return Ok(Vec::new());
        }
        let params = json!({ "count": ids.len(), "months": settings.recurrence_months });
        Ok(vec![Found { code: "recurrence", params, records: ids, intents }])
    }

    /// What makes a complaint serious (3.4): repetition against one person, the media; and lateness, which makes it a
    /// general one.
    fn severity(&self) -> Result<Vec<Found>, StoreError> {
        let severity = text(&self.view, complaint::SEVERITY);
        if ["serious", "major"].contains(&severity.as_str()) {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        let serious = || vec![set(complaint::SEVERITY, "serious")];
        let channel = text(&self.view, complaint::CHANNEL);
        let list =
            self.kind.field(complaint::CHANNEL).and_then(|f| self.look.schema.list(f.list.as_deref()?));
        let code = list.and_then(|l| l.code(&channel));
        if code.is_some_and(|c| c.attrs.get("media").and_then(toml::Value::as_bool) == Some(true)) {
            let params = json!({ "channel": channel });
            out.push(Found { code: "severity_media", params, records: Vec::new(), intents: serious() });
        }
        if let Some(person) = reference(&self.view, complaint::RESPONSIBLE_PERSON) {
            let repeats = &self.look.schema.settings().formulas.repeats;
            let (months, threshold) = (repeats.recurrence_months, repeats.repeated_general);
            let since = self.came(&self.view, complaint::RECEIVED_AT).and_then(|at| {
                let earliest = self.local(at)?.checked_sub(jiff::Span::new().months(months)).ok()?;
                let zoned = earliest.to_zoned(self.zone.0.clone()).ok()?;
                Some((Timestamp(zoned.timestamp().as_millisecond()), Timestamp(at.0.saturating_add(1))))
            });
            if let Some((from, to)) = since {
                let conditions = [
                    (complaint::RESPONSIBLE_PERSON, Is::To(person)),
                    (complaint::SEVERITY, Is::OneOf(&["general"])),
                    (complaint::RECEIVED_AT, Is::Between(from, to)),
                ];
                let rows = self.standing(&conditions, &[])?;
                let others: Vec<RecordId> = rows.iter().map(|r| r.id).filter(|id| *id != self.id()).collect();
                if others.len() + 1 >= count(threshold) {
                    let name = self.look.titles().name("user", person.0)?;
                    let params = json!({
                        "count": others.len() + 1, "threshold": threshold, "months": months, "person": name,
                    });
                    let code = "severity_repeated";
                    out.push(Found { code, params, records: others, intents: serious() });
                }
            }
        }
        if severity.is_empty() {
            let settings = &self.look.schema.settings().formulas.arrival;
            let columns = [visit::APPOINTMENT_AT, visit::ARRIVED_AT];
            for row in self.look.rows(visit::KIND, &[(visit::COMPLAINT, Is::To(self.id()))], &columns)? {
                let (Some(appointment), Some(arrived)) = (row.instant(0), row.instant(1)) else { continue };
                let late = lateness(appointment, arrived, settings);
                if late.complaint_candidate {
                    out.push(Found {
                        code: "severity_late",
                        params: json!({
                            "minutes": late.late_by.as_mins(), "limit": settings.complaint_after.as_mins(),
                        }),
                        records: vec![row.id],
                        intents: vec![set(complaint::SEVERITY, "general")],
                    });
                    break;
                }
            }
        }
        Ok(out)
    }

    /// Many complaints within days of each other about one batch, or of one category in one region.
    fn mass(&self) -> Result<Vec<Found>, StoreError> {
        if reference(&self.view, complaint::INCIDENT).is_some() {
            return Ok(Vec::new());
        }
        let Some(at) = self.came(&self.view, complaint::RECEIVED_AT) else { return Ok(Vec::new()) };
        let repeats = &self.look.schema.settings().formulas.repeats;
        let (mass, days) = (count(repeats.mass_complaints), i64::from(repeats.mass_days) * 86_400_000);
        let around =
            || Is::Between(Timestamp(at.0.saturating_sub(days)), Timestamp(at.0.saturating_add(days)));
        let value = |key: &str| text(&self.view, key);
        let (batch, category, region) =
            (value(complaint::BATCH_NO), value(complaint::CATEGORY), value(complaint::REGION));
        let (batch_is, category_is, region_is) = ([batch.as_str()], [category.as_str()], [region.as_str()]);
        let columns = [complaint::CUSTOMER, complaint::INCIDENT];
        let mut rows: Vec<Row> = Vec::new();
        let mut params = json!({ "days": repeats.mass_days });
        let mut code = "mass_batch";
        if !batch.is_empty() {
            let conditions =
                [(complaint::BATCH_NO, Is::OneOf(&batch_is)), (complaint::RECEIVED_AT, around())];
            rows = self.standing(&conditions, &columns)?;
            params["batch_no"] = json!(batch);
        }
        if rows.len() < mass && !category.is_empty() && !region.is_empty() {
            let conditions = [
                (complaint::CATEGORY, Is::OneOf(&category_is)),
                (complaint::REGION, Is::OneOf(&region_is)),
                (complaint::RECEIVED_AT, around()),
            ];
            rows = self.standing(&conditions, &columns)?;
            params = json!({ "days": repeats.mass_days, "category": category, "region": region });
            code = "mass_region";
        }
        // One customer who calls again and again is no mass.
        let customers: BTreeSet<Option<RecordId>> = rows.iter().map(|r| r.record(0)).collect();
        if rows.len() < mass || customers.len() < mass {
            return Ok(Vec::new());
        }
        params["count"] = json!(rows.len());
        let mut known: BTreeMap<RecordId, usize> = BTreeMap::new();
        for incident in rows.iter().filter_map(|r| r.record(1)) {
            *known.entry(incident).or_insert(0) += 1;
        }
        let mut records: Vec<RecordId> = rows.iter().map(|r| r.id).filter(|id| *id != self.id()).collect();
        let mut intents = Vec::new();
        if let Some((incident, _)) = known.into_iter().max_by_key(|(_, n)| *n) {
            // Some of them were put together already.
            if let Some((kind, _)) = self.look.listed(incident)?.filter(|(k, _)| k.key == incident::KIND) {
                params["name"] = json!(self.look.titles().name(&kind.key, incident.0)?);
                code = "mass_known";
                intents.push(set(complaint::INCIDENT, incident));
                records.insert(0, incident);
            }
        }
        Ok(vec![Found { code, params, records, intents }])
    }

    /// C45: the same product and fault within the days that the organisation set.
    fn repeat_repair(&self) -> Result<Vec<Found>, StoreError> {
        let settings = &self.look.schema.settings().formulas.repeats;
        let Some(product) = reference(&self.view, visit::PRODUCT) else { return Ok(Vec::new()) };
        let compared = |view: &RecordView, fault: &str| {
            let at = [visit::FINISHED_AT, visit::ARRIVED_AT, visit::REQUESTED_AT]
                .iter()
                .find_map(|key| instant(view, key))
                .or_else(|| view.created().map(|e| e.at));
            let product = reference(view, visit::PRODUCT).map(|p| p.to_string()).unwrap_or_default();
            let at = at.and_then(|at| self.local(at))?;
            Some(Compared { id: view.id, customer: String::new(), product, fault: text(view, fault), at })
        };
        let mut earlier = Vec::new();
        for row in self.look.rows(visit::KIND, &[(visit::PRODUCT, Is::To(product))], &["status"])? {
            if row.id != self.id() && row.text(0) != "cancelled" && earlier.len() < READ {
                earlier.extend(self.read(row.id));
            }
        }
        let mut prior = BTreeSet::new();
        for fault in [visit::FAULT_CODE, visit::FAULT_PHENOMENON] {
            let Some(this) = compared(&self.view, fault) else { continue };
            let history: Vec<Compared> = earlier.iter().filter_map(|v| compared(v, fault)).collect();
            let occurrences: Vec<Occurrence<'_>> = history.iter().map(Compared::occurrence).collect();
            if let Ok(found) = prior_repairs(&this.occurrence(), &occurrences, settings) {
                prior.extend(found.into_iter().map(|i| (std::cmp::Reverse(history[i].at), history[i].id)));
            }
        }
        let ids: Vec<RecordId> = prior.into_iter().map(|(_, id)| id).collect();
        let Some(newest) = ids.first() else { return Ok(Vec::new()) };
        let mut intents = Vec::new();
        if self.view.value(visit::IS_REPEAT_REPAIR) != &Value::Bool(true) {
            intents.push(set(visit::IS_REPEAT_REPAIR, true));
        }
        if reference(&self.view, visit::PREVIOUS_VISIT).is_none() {
            intents.push(set(visit::PREVIOUS_VISIT, newest));
        }
        if intents.is_empty() {
            return Ok(Vec::new());
        }
        let params = json!({ "count": ids.len(), "days": settings.repeat_days });
        Ok(vec![Found { code: "repeat_repair", params, records: ids, intents }])
    }

    /// C48: what the product's dates say, unless a person said otherwise.
    fn warranty(&self) -> Vec<Found> {
        if !self.view.value(visit::WARRANTY_OVERRIDE).is_empty() {
            return Vec::new();
        }
        let decided = warranty::of_visit(self.records, self.look.schema, self.person, &self.view, &self.zone);
        let Some(decision) = decided else { return Vec::new() };
        let params = json!({
            visit::WARRANTY_STATUS: decision.code, "until": decision.until.map(|d| d.to_string()), "on": decision.on.to_string(),
        });
        let product = reference(&self.view, visit::PRODUCT);
        vec![Found { code: "warranty", params, records: product.into_iter().collect(), intents: Vec::new() }]
    }

    /// L14: who comes so late has given cause for a complaint.
    fn late_arrival(&self) -> Vec<Found> {
        let settings = &self.look.schema.settings().formulas.arrival;
        let times = instant(&self.view, visit::APPOINTMENT_AT).zip(instant(&self.view, visit::ARRIVED_AT));
        let Some((appointment, arrived)) = times else { return Vec::new() };
        let late = lateness(appointment, arrived, settings);
        if !late.complaint_candidate {
            return Vec::new();
        }
        let params =
            json!({ "minutes": late.late_by.as_mins(), "limit": settings.complaint_after.as_mins() });
        vec![Found { code: "late_arrival", params, records: Vec::new(), intents: Vec::new() }]
    }

    /// Customers that may be this one: the same name but for its legal form, the same telephone number, or this name
    /// among their spellings.
    fn duplicates(&self) -> Result<Vec<Found>, StoreError> {
        if !self.view.value(merge::FIELD).is_empty() {
            return Ok(Vec::new());
        }
        let digits = |text: &str| -> String { folded(text).chars().filter(char::is_ascii_digit).collect() };
        let name = text(&self.view, customer::NAME);
        let aliases = self.view.collections.get(customer::ALIASES).into_iter().flatten();
        let spellings: BTreeSet<String> = aliases
            .filter(|e| !e.removed)
            .filter_map(|e| e.fields.get(customer::ALIASES_ALIAS).map(Value::to_text))
            .chain([name.clone()])
            .map(|spelling| core(&spelling))
            .filter(|core| core.chars().count() >= 2)
            .collect();
        let phone = digits(&text(&self.view, customer::PHONE));
        let mut found: BTreeMap<RecordId, &'static str> = BTreeMap::new();
        for row in self.look.rows(
            customer::KIND,
            &[(merge::FIELD, Is::Empty)],
            &[customer::NAME, customer::PHONE],
        )? {
            if row.id == self.id() {
                continue;
            }
            if spellings.contains(&core(row.text(0))) {
                found.insert(row.id, "duplicate_name");
            } else if phone.len() >= PHONE_DIGITS && digits(row.text(1)) == phone {
                found.insert(row.id, "duplicate_phone");
            }
        }
        for spelling in &spellings {
            let asked = Find {
                schema: self.look.schema,
                kind: Some(self.kind),
                scopes: self.look.mine,
                text: spelling,
            };
            for hit in find(self.look.snap, &asked)?.hits.into_iter().take(NAMED) {
                let Some((id, _)) = crate::store::documents::identity(self.look.snap, hit.n)? else {
                    continue;
                };
                if id != self.id() {
                    found.entry(id).or_insert("duplicate_similar");
                }
            }
        }
        let mut found: Vec<(RecordId, &'static str)> = found.into_iter().collect();
        // The surest first; their words happen to be in that order.
        found.sort_by_key(|(id, code)| (*code, *id));
        let suggestions = found.into_iter().take(NAMED).map(|(id, code)| Found {
            code,
            params: json!({ "name": name }),
            records: vec![id],
            intents: vec![set(merge::FIELD, id)],
        });
        Ok(suggestions.collect())
    }
}
