//! Planning return-visits for a period: by the customers' cycles (C50), a callback for every complaint that was
//! answered, and second attempts at the moment that the customer named (L36).

use std::collections::{BTreeMap, BTreeSet};

use domain::calc::return_visit::{Cycle, ToPlan, callbacks_owed, plan_visits, served, turn};
use domain::document::RecordView;
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::keys::{complaint, customer, product_item, return_visit, return_visit_plan};
use domain::lifecycle::Phase;
use domain::merge;
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use domain::value::Value;
use jiff::civil::{Date, time};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::cycle::{self, TOOK_PLACE, day};
use super::look::{Is, Look};
use super::{Records, Step, Story};
use crate::store::{StoreError, documents};
use crate::sync::{Author, LedgerError};

/// Statuses of a return-visit that is still to come.
const TO_COME: [&str; 5] = ["planned", "approved", "booked", "prepared", "refused_retry"];
/// Most lines of one plan; more would be nobody's plan.
const MOST: usize = 5_000;
/// Most plans that are tried before a fresh one is found for a period.
const PLANS: u32 = 100;

/// For which period, and whether only to look.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Only customers of this region.
    pub region: Option<String>,
    /// Write nothing.
    pub dry_run: bool,
}

/// A line of a plan.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct PlannedLine {
    /// `cycle`, `callback` or `retry`.
    pub reason: &'static str,
    /// `proposed`, `made` (by this request), `existing`, or `refused`: it could not be made, and `problem` says why.
    pub state: &'static str,
    /// A code of the list `rv_trigger`.
    pub trigger: &'static str,
    /// The customer, if the complaint names one.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub customer: Option<RecordId>,
    /// What the customer is called.
    pub customer_name: String,
    /// The complaint that is followed.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub complaint: Option<RecordId>,
    /// Its number.
    pub complaint_no: Option<String>,
    /// When to visit or call.
    #[schema(value_type = String)]
    pub planned_at: Timestamp,
    /// It was due before the period.
    pub overdue: bool,
    /// The return-visit, once there is one.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub record: Option<RecordId>,
    /// Why it was refused: a stable `code` and its `params`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub problem: Option<Json>,
}

impl PlannedLine {
    /// Says what came of making record `id`, and whether it is there now.
    fn tell(&mut self, id: RecordId, refusal: Option<Refusal>, there: bool) {
        (self.state, self.record, self.problem) = match refusal {
            None => ("made", Some(id), None),
            // Two requests at once: the other one was first.
            Some(_) if there => ("existing", Some(id), None),
            Some(refusal) => {
                ("refused", None, Some(json!({ "code": refusal.code.as_str(), "params": refusal.params })))
            }
        };
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Plan {
    /// The plan that new lines belong to; absent if there are none.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub plan: Option<RecordId>,
    /// Its number.
    pub plan_no: Option<String>,
    /// Lines, by time.
    pub lines: Vec<PlannedLine>,
    /// How many lines were made.
    pub made: usize,
}

/// A line before it is written: with what its record will say.
struct Draft {
    line: PlannedLine,
    id: RecordId,
    fields: Map<String, Json>,
}

impl Records {
    /// Plans return-visits for a period. Doing it twice makes nothing twice: a line's record has an id that follows
    /// from what it is for, and what is planned or done for a period already is not planned again. Blocks.
    ///
    /// # Errors
    /// `out_of_range` for a period that ends before it begins or is longer than two years; `too_large` for a plan
    /// with too many lines.
    pub fn plan(&self, author: &Author, request: &PlanRequest) -> Result<Plan, LedgerError> {
        let schema = self.ledger.schema();
        let schema: &Schema = &schema;
        let zone = self.ledger.zone();
        let mine = author.principal.scopes();
        let now = self.ledger.now();
        let (mut drafts, mut lines) = self.ledger.store().read_blocking(|snap| {
            let look = Look { schema, snap, mine: &mine };
            let work = Work { records: self, author, request, zone: &zone, now, schema };
            let mut drafts = work.by_cycle(&look)?;
            let (callbacks, known) = work.callbacks(&look)?;
            drafts.extend(callbacks);
            let mut lines = work.retries(&look)?;
            lines.extend(known);
            // What another request has made meanwhile.
            for draft in &mut drafts {
                if documents::position(snap, draft.id)?.is_some() {
                    draft.line.state = "existing";
                    draft.line.record = Some(draft.id);
                }
            }
            Ok::<_, LedgerError>((drafts, lines))
        })?;
        if drafts.len() + lines.len() > MOST {
            return Err(Refusal::new(Code::TooLarge).with("what", "plan").with("max", MOST).into());
        }
        drafts.sort_by_key(|d| (d.line.planned_at, d.line.reason, d.id));
        let (mut plan, mut plan_no, mut made) = (None, None, 0);
        if !request.dry_run && drafts.iter().any(|d| d.line.state == "proposed") {
            let (id, stories) = self.stories(author, request, schema, &drafts)?;
            let written = self.write_stories(&stories)?;
            let mut written = written.into_iter();
            if let Some(Ok(_)) = written.next() {
                plan = Some(id);
                plan_no = self.ledger.store().read_blocking(|snap| {
                    let look = Look { schema, snap, mine: &mine };
                    Ok::<_, StoreError>(look.listed(id)?.and_then(|(_, listed)| listed.row.number))
                })?;
            }
            for (draft, result) in drafts.iter_mut().filter(|d| d.line.state == "proposed").zip(written) {
                made += usize::from(result.is_ok());
                let there = self.ledger.store().read_blocking(|snap| documents::position(snap, draft.id))?;
                draft.line.tell(draft.id, result.err(), there.is_some());
            }
        }
        lines.extend(drafts.into_iter().map(|d| d.line));
        lines.sort_by_key(|l| (l.planned_at, l.reason, l.customer));
        Ok(Plan { plan, plan_no, lines, made })
    }

    /// What writes a plan and its new lines. The plan is the period's own until it is handed in; then a further one.
    fn stories(
        &self,
        author: &Author,
        request: &PlanRequest,
        schema: &Schema,
        drafts: &[Draft],
    ) -> Result<(RecordId, Vec<Story>), LedgerError> {
        let at = self.ledger.now();
        let by = author.principal.clone();
        let step = |intent: Intent| Step { by: by.clone(), at, intent };
        let region = request.region.clone().unwrap_or_default();
        let mut found = None;
        for nth in 0..PLANS {
            let id = derived(&[
                "plan",
                &request.from.to_string(),
                &request.to.to_string(),
                &region,
                &nth.to_string(),
            ]);
            let kind = self.kind(return_visit_plan::KIND)?;
            match self.open(schema, &author.principal, &kind, id) {
                Err(LedgerError::Refused(_)) => {
                    found = Some((id, true));
                    break;
                }
                Err(error) => return Err(error),
                Ok(shown) => {
                    let open = |view: &RecordView| view.facts(&kind).phase.is_none_or(|p| p == Phase::Open);
                    if shown.views().next().is_some_and(|(_, view)| open(&view)) {
                        found = Some((id, false));
                        break;
                    }
                }
            }
        }
        let Some((plan, fresh)) = found else {
            return Err(Refusal::new(Code::TooLarge).with("what", "plan").with("max", PLANS).into());
        };
        let mut fields = Map::new();
        fields.insert(return_visit_plan::PERIOD_FROM.to_owned(), json!(request.from.to_string()));
        fields.insert(return_visit_plan::PERIOD_TO.to_owned(), json!(request.to.to_string()));
        fields.insert(return_visit_plan::RV_KIND.to_owned(), json!("routine"));
        if let Some(region) = &request.region {
            fields.insert(return_visit_plan::REGION.to_owned(), json!(region));
        }
        let create = |fields: Map<String, Json>| step(Intent::Create { fields, id: None, temp: None });
        let mut stories = vec![Story {
            kind: return_visit_plan::KIND.to_owned(),
            id: Some(plan),
            steps: if fresh { vec![create(fields)] } else { Vec::new() },
        }];
        for draft in drafts.iter().filter(|d| d.line.state == "proposed") {
            let mut fields = draft.fields.clone();
            fields.insert(return_visit::PLAN.to_owned(), json!(plan));
            stories.push(Story {
                kind: return_visit::KIND.to_owned(),
                id: Some(draft.id),
                steps: vec![create(fields)],
            });
        }
        Ok((plan, stories))
    }
}

/// An id that follows from what it stands for, so that the same is never made twice.
fn derived(parts: &[&str]) -> RecordId {
    let mut hash = Sha256::new();
    hash.update(b"return-visit plan");
    for part in parts {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    RecordId(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

struct Work<'a> {
    records: &'a Records,
    author: &'a Author,
    request: &'a PlanRequest,
    zone: &'a Zone,
    now: Timestamp,
    schema: &'a Schema,
}

/// A return-visit that is planned or was made.
struct Known {
    id: RecordId,
    on: Option<Date>,
}

impl Work<'_> {
    /// Nine in the morning of a day.
    fn morning(&self, on: Date) -> Timestamp {
        let at = on.to_datetime(time(9, 0, 0, 0)).to_zoned(self.zone.0.clone());
        at.map_or(self.now, |at| Timestamp(at.timestamp().as_millisecond()))
    }

    /// A text of another record as a return-visit may have it: no longer than its field takes.
    fn copied(&self, key: &str, text: &str) -> Option<Json> {
        let field = self.schema.kind(return_visit::KIND)?.field(key)?;
        let fitting: String = text.chars().take(field.max_chars()).collect();
        Some(json!(fitting.trim_end())).filter(|_| !fitting.trim().is_empty())
    }

    fn in_region(&self, region: &str) -> bool {
        self.request.region.as_deref().is_none_or(|wanted| wanted == region)
    }

    fn view(&self, kind: &str, id: RecordId) -> Option<RecordView> {
        let kind = self.schema.kind(kind)?;
        Some(self.records.open(self.schema, &self.author.principal, kind, id).ok()?.views().next()?.1)
    }

    /// A line for each due day of each customer, unless something is planned or done for that turn.
    fn by_cycle(&self, look: &Look<'_>) -> Result<Vec<Draft>, LedgerError> {
        let columns = ["title", customer::REGION, customer::CUSTOMER_TYPE, customer::PHONE];
        let mut drafts = Vec::new();
        for row in look.rows(customer::KIND, &[(merge::FIELD, Is::Empty)], &columns)? {
            if !self.in_region(row.text(1)) {
                continue;
            }
            let Some(mut standing) = cycle::standing(look, row.id, self.zone)? else { continue };
            let mut until = None;
            let mut trigger = "planned";
            if standing.cycle == Cycle::OnRequest {
                // Projects in warranty are visited all the same, until it ends (L25, A6).
                let ends = look.rows(
                    product_item::KIND,
                    &[(product_item::CUSTOMER, Is::To(row.id))],
                    &[product_item::WARRANTY_END],
                )?;
                until = ends.iter().filter_map(|p| p.date(0)).max().filter(|end| *end >= self.request.from);
                if until.is_none() {
                    continue;
                }
                trigger = "warranty";
                standing.cycle = self.schema.settings().return_visits.warranty.clone();
            } else if standing.key_account {
                trigger = "key_account";
            }
            let Some(last) = standing.last else { continue };
            let to_plan = [ToPlan { customer: row.id, last, cycle: standing.cycle.clone(), until }];
            let period = (self.request.from, self.request.to);
            let period_refused =
                |_| Refusal::field(Code::OutOfRange, "to").with("min", self.request.from.to_string());
            let due = plan_visits(&to_plan, period).map_err(period_refused)?;
            let known = self.known(look, row.id)?;
            let (due_days, known_days): (Vec<Date>, Vec<Option<Date>>) =
                (due.iter().map(|v| v.due).collect(), known.iter().map(|k| k.on).collect());
            let served = served(&standing.cycle, last, &due_days, &known_days).map_err(period_refused)?;
            let mut previous = last;
            for (visit, served) in due.into_iter().zip(served) {
                let served = served.and_then(|i| known.get(i));
                let turn = turn(&standing.cycle, previous, visit.due).map_err(period_refused)?;
                previous = visit.due;
                let planned_at = self.morning(visit.due);
                let line = PlannedLine {
                    reason: "cycle",
                    state: if served.is_some() { "existing" } else { "proposed" },
                    trigger,
                    customer: Some(row.id),
                    customer_name: row.text(0).to_owned(),
                    complaint: None,
                    complaint_no: None,
                    planned_at,
                    overdue: visit.overdue,
                    record: served.map(|k| k.id),
                    problem: None,
                };
                let topic = match trigger {
                    "key_account" => "大客户回访",
                    "warranty" => "保修回访",
                    _ => "例行回访",
                };
                let mut fields = Map::new();
                let mut put = |key: &str, value: Json| fields.insert(key.to_owned(), value);
                put(return_visit::TRIGGER, json!(trigger));
                put(return_visit::CUSTOMER, json!(row.id));
                put(return_visit::TOPIC, json!(topic));
                put(return_visit::PURPOSE, json!(["product_use"]));
                put(
                    return_visit::METHOD,
                    json!(if standing.visited { "routine_phone" } else { "first_phone" }),
                );
                put(return_visit::PLANNED_AT, json!(planned_at));
                for (key, i) in [(return_visit::CUSTOMER_TYPE, 2), (return_visit::PHONE, 3)] {
                    if let Some(value) = self.copied(key, row.text(i)) {
                        put(key, value);
                    }
                }
                let of = ["cycle", &row.id.to_string(), &turn.0.to_string(), &turn.1.to_string()];
                drafts.push(Draft { line, id: derived(&of), fields });
            }
        }
        Ok(drafts)
    }

    /// Return-visits of a customer, other than callbacks after complaints and cancelled ones.
    fn known(&self, look: &Look<'_>, customer: RecordId) -> Result<Vec<Known>, StoreError> {
        let columns = [return_visit::TRIGGER, return_visit::VISITED_AT, return_visit::PLANNED_AT];
        let statuses: Vec<&str> = TO_COME.iter().chain(&TOOK_PLACE).copied().collect();
        let conditions = [(return_visit::CUSTOMER, Is::To(customer)), ("status", Is::OneOf(&statuses))];
        let rows = look.rows(return_visit::KIND, &conditions, &columns)?;
        let own = rows.into_iter().filter(|row| row.text(0) != "after_complaint");
        Ok(own
            .map(|row| {
                let at = row.instant(1).or_else(|| row.instant(2));
                Known { id: row.id, on: at.and_then(|at| day(at, self.zone)) }
            })
            .collect())
    }

    /// A callback for each complaint that was answered; and the callbacks that are planned already.
    fn callbacks(&self, look: &Look<'_>) -> Result<(Vec<Draft>, Vec<PlannedLine>), LedgerError> {
        let columns = ["number", complaint::CUSTOMER, complaint::REGION];
        let answered = look.rows(complaint::KIND, &[("status", Is::OneOf(&["replied"]))], &columns)?;
        let statuses: Vec<&str> = TO_COME.iter().chain(&TOOK_PLACE).copied().collect();
        let mut called: BTreeMap<RecordId, (RecordId, Option<Timestamp>)> = BTreeMap::new();
        let of_callbacks =
            [(return_visit::TRIGGER, Is::OneOf(&["after_complaint"])), ("status", Is::OneOf(&statuses))];
        let columns = [return_visit::COMPLAINT, return_visit::PLANNED_AT];
        for row in look.rows(return_visit::KIND, &of_callbacks, &columns)? {
            if let Some(complaint) = row.record(0) {
                called.insert(complaint, (row.id, row.instant(1)));
            }
        }
        let ids: Vec<RecordId> = answered.iter().map(|row| row.id).collect();
        let held: Vec<RecordId> = called.keys().copied().collect();
        let owed: BTreeSet<RecordId> = callbacks_owed(&ids, &held).into_iter().copied().collect();
        let today = day(self.now, self.zone).unwrap_or(self.request.from);
        let on = self.request.from.max(today);
        let mut titles = look.titles();
        let (mut drafts, mut known) = (Vec::new(), Vec::new());
        for row in answered {
            let customer = row.record(1);
            let of_customer = match customer {
                Some(id) => look.listed(id)?,
                None => None,
            };
            let customers_region = of_customer.as_ref().and_then(|(kind, listed)| {
                let json = listed.row.to_json(kind);
                json.get(customer::REGION).and_then(Json::as_str).map(str::to_owned)
            });
            let region = if row.text(2).is_empty() {
                customers_region.unwrap_or_default()
            } else {
                row.text(2).to_owned()
            };
            if !self.in_region(&region) || on > self.request.to {
                continue;
            }
            let customer_name = match customer {
                Some(id) => titles.name(customer::KIND, id.0)?.unwrap_or_default(),
                None => String::new(),
            };
            let mut line = PlannedLine {
                reason: "callback",
                state: "proposed",
                trigger: "after_complaint",
                customer,
                customer_name,
                complaint: Some(row.id),
                complaint_no: Some(row.text(0).to_owned()).filter(|n| !n.is_empty()),
                planned_at: self.morning(on),
                overdue: false,
                record: None,
                problem: None,
            };
            if !owed.contains(&row.id) {
                if let Some((id, at)) = called.get(&row.id) {
                    line.state = "existing";
                    line.record = Some(*id);
                    line.planned_at = at.unwrap_or(line.planned_at);
                    known.push(line);
                }
                continue;
            }
            let mut fields = Map::new();
            let mut put = |key: &str, value: Json| fields.insert(key.to_owned(), value);
            put(return_visit::TRIGGER, json!("after_complaint"));
            put(return_visit::COMPLAINT, json!(row.id));
            put(return_visit::TOPIC, json!(format!("投诉办结回访 {}", row.text(0)).trim_end()));
            put(return_visit::PURPOSE, json!(["service_quality"]));
            put(return_visit::METHOD, json!("routine_phone"));
            put(return_visit::PLANNED_AT, json!(line.planned_at));
            if let Some(customer) = customer {
                put(return_visit::CUSTOMER, json!(customer));
            }
            if let Some(view) = self.view(complaint::KIND, row.id) {
                let said = [
                    (return_visit::INTERVIEWEE, complaint::REPORTER_NAME),
                    (return_visit::PHONE, complaint::REPORTER_CONTACT),
                ];
                for (key, from) in said {
                    if let Value::Text(text) = view.value(from)
                        && let Some(value) = self.copied(key, text)
                    {
                        put(key, value);
                    }
                }
            }
            // Answered again after it was opened again, a complaint is called about again.
            let round = self
                .view(complaint::KIND, row.id)
                .map_or(0, |view| view.events.iter().filter(|e| e.to == "replied").count());
            let of = ["callback", &row.id.to_string(), &round.to_string()];
            drafts.push(Draft { line, id: derived(&of), fields });
        }
        Ok((drafts, known))
    }

    /// Return-visits that were refused, at the moment that was agreed on; what is past is due at once.
    fn retries(&self, look: &Look<'_>) -> Result<Vec<PlannedLine>, LedgerError> {
        let columns = [return_visit::CUSTOMER, return_visit::CALLBACK_AT, return_visit::COMPLAINT];
        let mut titles = look.titles();
        let mut lines = Vec::new();
        for row in look.rows(return_visit::KIND, &[("status", Is::OneOf(&["refused_retry"]))], &columns)? {
            let Some(at) = row.instant(1) else { continue };
            let Some(on) = day(at, self.zone).filter(|on| *on <= self.request.to) else { continue };
            let customer = row.record(0);
            if let (Some(wanted), Some(id)) = (&self.request.region, customer) {
                let listed = look.listed(id)?;
                let region = listed.and_then(|(kind, listed)| {
                    listed.row.to_json(kind).get(customer::REGION).and_then(Json::as_str).map(str::to_owned)
                });
                if region.as_ref() != Some(wanted) {
                    continue;
                }
            }
            lines.push(PlannedLine {
                reason: "retry",
                state: "existing",
                trigger: "second_attempt",
                customer,
                customer_name: match customer {
                    Some(id) => titles.name(customer::KIND, id.0)?.unwrap_or_default(),
                    None => String::new(),
                },
                complaint: row.record(2),
                complaint_no: None,
                planned_at: at,
                overdue: on < self.request.from,
                record: Some(row.id),
                problem: None,
            });
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_came_of_it() {
        let id = RecordId(uuid::Uuid::from_u128(7));
        let mut line = PlannedLine {
            reason: "callback",
            state: "proposed",
            trigger: "after_complaint",
            customer: None,
            customer_name: String::new(),
            complaint: None,
            complaint_no: None,
            planned_at: Timestamp(0),
            overdue: false,
            record: None,
            problem: None,
        };
        let refusal = || Some(Refusal::field(Code::TooLong, "phone").with("max", 100));
        line.tell(id, refusal(), true);
        assert_eq!((line.state, line.record, &line.problem), ("existing", Some(id), &None));
        line.tell(id, refusal(), false);
        assert_eq!((line.state, line.record), ("refused", None));
        let problem = json!({ "code": "too_long", "params": { "field": "phone", "max": 100 } });
        assert_eq!(line.problem, Some(problem));
        line.tell(id, None, true);
        assert_eq!((line.state, line.record, &line.problem), ("made", Some(id), &None));
    }
}
