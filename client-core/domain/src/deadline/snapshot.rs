//! What the rules need to know of a record, and nothing else: a small plain struct, so that a rule
//! can be tried on made-up facts and evaluated on the phone, in the office and on the server alike.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::calendar::Calendar;
use super::escalation::{Severity, Standing};
use super::rules::{Cycle, Mark};
use super::settings::Sla;
use crate::document::RecordView;
use crate::keys::{complaint, handling, visit};
use crate::lifecycle::Event;
use crate::time::Timestamp;
use crate::value::Value;

/// Events come nearly sorted: passes beyond a few are needed only by made-up ones that name each other.
const PASSES: usize = 8;

/// A step of the record into a status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// When, as its author says.
    pub at: Timestamp,
    /// Which of two steps of the same instant came later: the one with the higher number.
    pub order: u32,
    /// The status it led to.
    pub to: String,
}

/// A lot that was checked after a corrective action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lot {
    /// When it was delivered.
    pub at: Timestamp,
    /// Its number in the row.
    pub seq: i64,
    /// Whether it was good; `None` while that is open.
    pub ok: Option<bool>,
}

/// The facts about one record (or, for the kind `duty`, about one regular duty of a department).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The record's kind; `customer`, `contract`, `station` and `duty` stand for what is no record.
    pub kind: String,
    /// The status now.
    pub status: String,
    /// Steps, in any order.
    pub steps: Vec<Step>,
    /// Instants by name.
    pub at: BTreeMap<Mark, Timestamp>,
    /// When a regular duty was done, in any order.
    pub done: Vec<Timestamp>,
    /// Lots, in any order.
    pub lots: Vec<Lot>,
    /// Reached so far, in whole per cent (rule L43).
    pub percent: Option<u32>,
    /// 严重程度
    pub severity: Option<Severity>,
    /// How often the customer was dissatisfied; steps show at least as much as this.
    pub dissatisfied: u32,
    /// 升级级别 that a person set, 0 to 5.
    pub manual_level: u8,
    /// Whether it is a complaint rather than information, a suggestion or an enquiry.
    pub is_complaint: Option<bool>,
    /// 是否质量问题
    pub is_quality: Option<bool>,
    /// Whether a corrective-action record carries L6 and L10 for this complaint.
    pub has_corrective_action: bool,
    /// 是否需向监管机构报告
    pub is_reportable: Option<bool>,
    /// In warranty, as computed or overridden.
    pub in_warranty: Option<bool>,
    /// 紧急抢修
    pub is_emergency: Option<bool>,
    /// The job's own severity is 严重 or 重大.
    pub is_severe_job: Option<bool>,
    /// The head of department agreed to the longer time (L32b).
    pub is_extended: bool,
    /// The customer's return-visit cycle.
    pub cycle: Option<Cycle>,
    /// The rule that a `duty` stands for.
    pub duty: Option<String>,
    /// Service levels of the customer's contract, where there is one.
    pub sla: Option<Sla>,
}

impl Snapshot {
    /// The facts of a record, with its companion where the reader may see it. Kinds without rules of
    /// their own give their steps and nothing else. The contract's service levels and what other
    /// records know (return-visits of a customer) are for the caller to add.
    #[must_use]
    pub fn of(record: &RecordView, companion: Option<&RecordView>, calendar: &Calendar) -> Self {
        let mut snapshot = Self {
            kind: record.kind.clone(),
            status: record.folded.status.clone(),
            steps: steps(&record.events),
            ..Self::default()
        };
        snapshot.mark(Mark::Created, record.created().map(|e| e.at));
        match record.kind.as_str() {
            complaint::KIND => snapshot.complaint(record, companion, calendar),
            visit::KIND => snapshot.visit(record),
            _ => {}
        }
        snapshot
    }

    /// Sets a mark, or leaves it.
    pub fn mark(&mut self, mark: Mark, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.at.insert(mark, at);
        }
    }

    /// What raises the record on the escalation ladder whatever the clock says.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let steps = |to: &str| self.steps.iter().filter(|s| s.to == to && s.at <= now).count();
        // The second dissatisfaction does not reopen: it goes to the leader.
        let shown = steps("reopened") + 2 * steps("leader_decision").min(1);
        Standing {
            severity: self.severity,
            dissatisfied: self.dissatisfied.max(u32::try_from(shown).unwrap_or(u32::MAX)),
            manual: self.manual_level,
        }
    }

    fn complaint(&mut self, record: &RecordView, companion: Option<&RecordView>, calendar: &Calendar) {
        for (mark, key) in [
            (Mark::Received, complaint::RECEIVED_AT),
            (Mark::Contained, complaint::CONTAINMENT_AT),
            (Mark::DueSet, complaint::DUE_AT),
        ] {
            self.mark(mark, record.value(key).as_datetime());
        }
        // The clock of an urgent matter starts at the oral notice; without urgency that is a mere call.
        if record.value(complaint::IS_URGENT) == &Value::Bool(true) {
            self.mark(Mark::OralNotice, record.value(complaint::ORAL_NOTICE_AT).as_datetime());
        }
        self.severity = code(record, complaint::SEVERITY).and_then(Severity::from_code);
        self.is_quality = boolean(record, complaint::IS_QUALITY_RELATED);
        self.is_complaint = code(record, complaint::RECORD_KIND)
            .map(|c| !matches!(c, "information" | "suggestion" | "consultation"));
        self.dissatisfied = whole(record, complaint::DISSATISFIED_COUNT).unwrap_or(0);
        let Some(sheet) = companion else { return };
        self.mark(Mark::SheetMade, sheet.created().map(|e| e.at));
        for (mark, key) in [
            (Mark::Served, handling::SERVED_AT),
            (Mark::Replied, handling::REPLIED_AT),
            (Mark::RegulatorTold, handling::REPORTED_AT),
        ] {
            self.mark(mark, sheet.value(key).as_datetime());
        }
        // A day without a time: what was finished on the last day allowed was finished in time.
        self.mark(Mark::Completed, day(sheet.value(handling::COMPLETED_ON), calendar));
        self.is_reportable = boolean(sheet, handling::REGULATORY_REPORTABLE);
        let entries = |key: &str| sheet.collections.get(key).into_iter().flatten().filter(|e| !e.removed);
        // The highest escalation stands.
        let levels = entries(handling::ESCALATIONS).filter_map(|e| {
            match e.fields.get(handling::ESCALATIONS_LEVEL)? {
                Value::Int(level) => u8::try_from(*level).ok(),
                _ => None,
            }
        });
        self.manual_level = levels.max().unwrap_or(0);
        self.has_corrective_action = entries(handling::CORRECTIVE_ACTIONS).next().is_some();
        for entry in entries(handling::LOT_CHECKS) {
            let field = |key: &str| entry.fields.get(key).unwrap_or(&Value::Null);
            let delivered = day(field(handling::LOT_CHECKS_DELIVERED_ON), calendar);
            let Some(at) = delivered.or(entry.at) else { continue };
            let ok = match field(handling::LOT_CHECKS_RESULT) {
                Value::Code(code) if code == "ok" => Some(true),
                Value::Code(code) if code == "ng" => Some(false),
                _ => None,
            };
            let seq = match field(handling::LOT_CHECKS_SEQ) {
                Value::Int(n) => *n,
                _ => 0,
            };
            self.lots.push(Lot { at, seq, ok });
        }
    }

    fn visit(&mut self, record: &RecordView) {
        for (mark, key) in [
            (Mark::Requested, visit::REQUESTED_AT),
            (Mark::Responded, visit::RESPONDED_AT),
            (Mark::Appointment, visit::APPOINTMENT_AT),
            (Mark::Departed, visit::DEPARTED_AT),
            (Mark::Arrived, visit::ARRIVED_AT),
            (Mark::Started, visit::STARTED_AT),
            (Mark::Finished, visit::FINISHED_AT),
            (Mark::Left, visit::LEFT_AT),
            (Mark::HqCalled, visit::HQ_CALLED_AT),
        ] {
            self.mark(mark, record.value(key).as_datetime());
        }
        let finished = self.at.get(&Mark::Finished).copied();
        if matches!(code(record, visit::OUTCOME), Some("fixed" | "replaced_new" | "no_fault")) {
            self.mark(Mark::Repaired, finished);
        }
        // The survey is known by its link alone; it is made with the report.
        if record.value(visit::SURVEY).as_ref_id().is_some() {
            self.mark(Mark::Surveyed, finished);
        }
        let warranty =
            code(record, visit::WARRANTY_OVERRIDE).or_else(|| code(record, visit::WARRANTY_STATUS));
        self.in_warranty =
            warranty.map(|c| matches!(c, "in_warranty" | "three_guarantees" | "replaced_free"));
        self.is_emergency = code(record, visit::SERVICE_TYPE).map(|c| c == "emergency");
        self.is_severe_job = code(record, visit::SERVICE_SEVERITY).map(|c| matches!(c, "serious" | "major"));
    }
}

/// Events that move the status, each after those that its author saw. Several steps sent together bear
/// the same time, and their ids say nothing about their order.
fn steps(events: &[Event]) -> Vec<Step> {
    let moving: Vec<&Event> =
        events.iter().filter(|e| matches!(e.t.as_str(), "created" | "status")).collect();
    let mut depth: BTreeMap<Uuid, u32> = BTreeMap::new();
    for _ in 0..PASSES {
        let mut changed = false;
        for event in &moving {
            let seen = event.prev.iter().filter_map(|id| depth.get(id)).max();
            let own = seen.map_or(0, |d| d.saturating_add(1));
            changed |= depth.insert(event.id, own) != Some(own);
        }
        if !changed {
            break;
        }
    }
    let order = |e: &Event| depth.get(&e.id).copied().unwrap_or(0);
    moving.iter().map(|e| Step { at: e.at, order: order(e), to: e.to.clone() }).collect()
}

fn code<'a>(record: &'a RecordView, key: &str) -> Option<&'a str> {
    match record.value(key) {
        Value::Code(code) => Some(code),
        _ => None,
    }
}

fn boolean(record: &RecordView, key: &str) -> Option<bool> {
    match record.value(key) {
        Value::Bool(b) => Some(*b),
        _ => None,
    }
}

fn whole<N: TryFrom<i64>>(record: &RecordView, key: &str) -> Option<N> {
    match record.value(key) {
        Value::Int(n) => N::try_from(*n).ok(),
        _ => None,
    }
}

/// The first instant of a day.
fn day(value: &Value, calendar: &Calendar) -> Option<Timestamp> {
    match value {
        Value::Date(date) => calendar.start_of_day(*date),
        _ => None,
    }
}
