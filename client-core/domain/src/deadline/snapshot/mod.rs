//! What the rules need to know of a record, and nothing else: a small plain struct, so that a rule
//! can be tried on made-up facts and evaluated on the phone, in the office and on the server alike.
//!
//! A record and its companion give their parts separately ([`Snapshot::own`], [`Snapshot::beside`]), and
//! [`Snapshot::join`] puts them together: whoever stores the parts need not open one document when the
//! other changes. The stored form is JSON with instants in milliseconds and without what is empty.

mod read;
mod stored;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Deadline;
use super::calendar::Calendar;
use super::escalation::{Severity, Standing};
use super::evaluate::deadlines;
use super::rules::{self, Cycle, Mark};
use super::settings::{Settings, Sla};
use super::visits::Tier;
use crate::document::RecordView;
use crate::ids::{RecordId, UserId};
use crate::keys::{complaint, customer, handling, product_item};
use crate::lifecycle::Event;
use crate::time::{Timestamp, Zone};
use stored::{is_default, millis, millis_by_mark, millis_list};

/// Events come nearly sorted: passes beyond a few are needed only by made-up ones that name each other.
const PASSES: usize = 8;

/// A step of the record into a status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// When, as its author says; by the server's clock where the device knew how far its own was off.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// Which of two steps of the same instant came later: the one with the higher number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub order: u32,
    /// The status it led to.
    pub to: String,
}

/// A lot that was checked after a corrective action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lot {
    /// When it was delivered.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// Its number in the row.
    pub seq: i64,
    /// Whether it was good; `None` while that is open.
    pub ok: Option<bool>,
}

/// A customer's contract that promises service levels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// What it calls them; [`super::Settings::profiles`] has the limits.
    pub profile: String,
    /// Its first instant; open where it is not written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: Option<i64>,
    /// The instant after its last; open where it is not written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub to: Option<i64>,
}

/// The facts about one record (or, for the kind `duty`, about one regular duty of a department).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    /// The record's kind; `customer`, `contract`, `station` and `duty` stand for what is no record.
    pub kind: String,
    /// The status now.
    #[serde(skip_serializing_if = "is_default")]
    pub status: String,
    /// Steps, in any order.
    #[serde(skip_serializing_if = "is_default")]
    pub steps: Vec<Step>,
    /// Instants by name.
    #[serde(skip_serializing_if = "is_default", with = "millis_by_mark")]
    pub at: BTreeMap<Mark, Timestamp>,
    /// When a regular duty was done, in any order.
    #[serde(skip_serializing_if = "is_default", with = "millis_list")]
    pub done: Vec<Timestamp>,
    /// Lots, in any order.
    #[serde(skip_serializing_if = "is_default")]
    pub lots: Vec<Lot>,
    /// Reached so far, in whole per cent (rule L43).
    #[serde(skip_serializing_if = "is_default")]
    pub percent: Option<u32>,
    /// 严重程度
    #[serde(skip_serializing_if = "is_default")]
    pub severity: Option<Severity>,
    /// 升级级别 that a person set, 0 to 5.
    #[serde(skip_serializing_if = "is_default")]
    pub manual_level: u8,
    /// Whether it is a complaint rather than information, a suggestion or an enquiry.
    #[serde(skip_serializing_if = "is_default")]
    pub is_complaint: Option<bool>,
    /// 是否质量问题
    #[serde(skip_serializing_if = "is_default")]
    pub is_quality: Option<bool>,
    /// Whether a corrective-action record carries L6 and L10 for this complaint.
    #[serde(skip_serializing_if = "is_default")]
    pub has_corrective_action: bool,
    /// 是否需向监管机构报告
    #[serde(skip_serializing_if = "is_default")]
    pub is_reportable: Option<bool>,
    /// In warranty, as computed or overridden.
    #[serde(skip_serializing_if = "is_default")]
    pub in_warranty: Option<bool>,
    /// 紧急抢修
    #[serde(skip_serializing_if = "is_default")]
    pub is_emergency: Option<bool>,
    /// The job's own severity is 严重 or 重大.
    #[serde(skip_serializing_if = "is_default")]
    pub is_severe_job: Option<bool>,
    /// The head of department agreed to the longer time (L32b).
    #[serde(skip_serializing_if = "is_default")]
    pub is_extended: bool,
    /// The cycle of return-visits that the customer's file names.
    #[serde(skip_serializing_if = "is_default")]
    pub cycle: Option<Cycle>,
    /// What a customer is visited as whose file names no cycle.
    #[serde(skip_serializing_if = "is_default")]
    pub tier: Option<Tier>,
    /// The rule that a `duty` stands for.
    #[serde(skip_serializing_if = "is_default")]
    pub duty: Option<String>,
    /// Service levels of the customer's contract, where there is one.
    #[serde(skip_serializing_if = "is_default")]
    pub sla: Option<Sla>,
    /// Contracts of a customer, in the order of its file.
    #[serde(skip_serializing_if = "is_default")]
    pub contracts: Vec<Contract>,
    /// The customer that the record is about, whose contract may have service levels.
    #[serde(skip_serializing_if = "is_default")]
    pub customer: Option<RecordId>,
    /// The complaint that a corrective action is for.
    #[serde(skip_serializing_if = "is_default")]
    pub complaint: Option<RecordId>,
    /// The order that a visit carries out.
    #[serde(skip_serializing_if = "is_default")]
    pub task: Option<RecordId>,
    /// The product that the job is about, whose warranty counts.
    #[serde(skip_serializing_if = "is_default")]
    pub product: Option<RecordId>,
    /// Whether it is for someone who does not read companion documents, and what these say is left out.
    #[serde(skip)]
    pub unseen: bool,
    /// Who is to do it: the person responsible, or who leads the work.
    #[serde(skip_serializing_if = "is_default")]
    pub lead: Option<UserId>,
}

impl Snapshot {
    /// The facts of a record, with its companion where the reader may see it. Kinds without rules of
    /// their own give their steps and nothing else. The contract's service levels and what other
    /// records know (return-visits of a customer) are for the caller to add.
    #[must_use]
    pub fn of(record: &RecordView, companion: Option<&RecordView>, calendar: &Calendar) -> Self {
        let mut snapshot = Self::own(record, calendar.zone());
        if let Some(companion) = companion {
            snapshot.join(Self::beside(companion, calendar.zone()));
        }
        snapshot
    }

    /// What the record itself says.
    #[must_use]
    pub fn own(record: &RecordView, zone: &Zone) -> Self {
        let mut snapshot = Self {
            kind: record.kind.clone(),
            status: record.folded.status.clone(),
            steps: steps(&record.events),
            lead: record.lead,
            ..Self::default()
        };
        snapshot.mark(Mark::Created, record.created().map(|e| e.at));
        snapshot.read_own(record, zone);
        snapshot
    }

    /// What a companion document adds to its record's facts.
    #[must_use]
    pub fn beside(companion: &RecordView, zone: &Zone) -> Self {
        let mut snapshot = Self { kind: companion.kind.clone(), ..Self::default() };
        snapshot.read_beside(companion, zone);
        snapshot
    }

    /// Whether some rule speaks of records of this kind.
    #[must_use]
    pub fn concerns(kind: &str) -> bool {
        rules::all().any(|rule| rule.kinds.contains(&kind))
    }

    /// Whether deadlines of other records rest on records of this kind, though no rule speaks of it: warranties are
    /// their products'.
    #[must_use]
    pub fn bears(kind: &str) -> bool {
        kind == product_item::KIND
    }

    /// Whether deadlines of this kind are told to the office alone: a customer's cycle shows when others
    /// visited.
    #[must_use]
    pub fn office_only(kind: &str) -> bool {
        kind == customer::KIND
    }

    /// Whether companions of this kind add to the facts.
    #[must_use]
    pub fn reads_beside(kind: &str) -> bool {
        kind == handling::KIND
    }

    /// Whether nothing is owed whatever is set: what has no course of its own (a customer) owes nothing
    /// without visits, a contract or a day to count from.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.steps.iter().any(|s| !s.to.is_empty())
            && self.at.keys().all(|mark| *mark == Mark::Created)
            && self.cycle.is_none()
            && self.tier.is_none()
            && self.contracts.is_empty()
    }

    /// Whether something is owed even now that the record is over: until it is done, or until the record is filed and
    /// nobody can note it any more. Whatever the settings and the time are, so that one document gives one answer.
    #[must_use]
    pub fn lasts(&self, calendar: &Calendar) -> bool {
        let lasting = |d: &Deadline| d.is_open() && rules::by_id(d.rule).is_some_and(|rule| rule.outlives);
        !self.is_filed()
            && deadlines(self, &Settings::default(), calendar, Timestamp(i64::MAX)).iter().any(lasting)
    }

    /// Whether nothing can be owed any more: filed, or a wrong entry.
    #[must_use]
    pub fn is_filed(&self) -> bool {
        matches!(self.status.as_str(), "cancelled" | "archived")
    }

    /// Leaves out what rests on the companion: for someone who does not read it.
    pub fn without_companion(&mut self) {
        self.unseen = self.kind == complaint::KIND;
    }

    /// Adds what the companion says.
    pub fn join(&mut self, beside: Self) {
        self.at.extend(beside.at);
        self.done.extend(beside.done);
        self.lots.extend(beside.lots);
        self.manual_level = self.manual_level.max(beside.manual_level);
        self.has_corrective_action |= beside.has_corrective_action;
        self.is_reportable = beside.is_reportable.or(self.is_reportable);
        self.is_extended |= beside.is_extended;
        self.cycle = beside.cycle.or(self.cycle);
        self.contracts.extend(beside.contracts);
    }

    /// Counts by the contract that the order names, or else by the customer's that was in force when the
    /// service was asked for; and by the customer's cycle.
    pub fn under(&mut self, customer: Option<&Self>, settings: &Settings) {
        let levels = |c: &Contract| settings.profiles.get(&c.profile).cloned().unwrap_or_default();
        if self.kind != customer::KIND {
            self.cycle = self.cycle.or(customer.and_then(|c| c.cycle));
            self.sla = self.contracts.first().map(levels);
        }
        let Some(customer) = customer.filter(|_| self.sla.is_none()) else { return };
        let asked = [Mark::Requested, Mark::Appointment, Mark::Created];
        let Some(at) = asked.into_iter().find_map(|mark| self.at.get(&mark)) else { return };
        let in_force =
            |c: &&Contract| c.from.is_none_or(|from| from <= at.0) && c.to.is_none_or(|to| at.0 < to);
        let contract = customer.contracts.iter().find(in_force);
        self.sla = contract.map(levels);
    }

    /// Adds what a visit says that carries out this order: what was done there was done for it, and nobody notes it a
    /// second time.
    pub fn carried_out(&mut self, visit: &Self) {
        let marks =
            [Mark::Responded, Mark::Departed, Mark::Arrived, Mark::Started, Mark::Finished, Mark::Repaired];
        let noted = visit.at.iter().filter(|(mark, _)| marks.contains(mark)).map(|(mark, at)| (*mark, *at));
        let stepped = visit.steps.iter().filter_map(|step| match step.to.as_str() {
            "accepted" => Some((Mark::Responded, step.at)),
            "en_route" => Some((Mark::Departed, step.at)),
            "on_site" => Some((Mark::Arrived, step.at)),
            _ => None,
        });
        for (mark, at) in noted.chain(stepped) {
            let first = self.at.entry(mark).or_insert(at);
            *first = at.min(*first);
        }
    }

    /// The records whose facts count for this one, besides its companion.
    pub fn rests_on(&self) -> impl Iterator<Item = RecordId> {
        self.customer.into_iter().chain(self.product)
    }

    /// Counts by the warranty of the job's product, unless somebody decided it for the job: as of the day that the
    /// service was asked for, the last day of the warranty included (C48). `last_day`: as rows have it, `2026-03-15`.
    pub fn guaranteed(&mut self, last_day: Option<&str>, zone: &Zone) {
        let last: Option<Date> = last_day.and_then(|day| day.parse().ok());
        let asked = [Mark::Requested, Mark::Created].into_iter().find_map(|mark| self.at.get(&mark));
        let day = asked.and_then(|at| at.date_in(zone));
        self.in_warranty = self.in_warranty.or(day.zip(last).map(|(day, last)| day <= last));
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
        let mut steps: Vec<&Step> = self.steps.iter().filter(|s| s.at <= now).collect();
        steps.sort();
        // T14 and T15. A closed matter that is opened again (T19) says nothing of how the callback went.
        let said =
            |s: &[&Step]| s[0].to == "callback" && matches!(s[1].to.as_str(), "reopened" | "leader_decision");
        let dissatisfied = steps.windows(2).filter(|s| said(s)).count();
        Standing {
            severity: self.severity,
            dissatisfied: u32::try_from(dissatisfied).unwrap_or(u32::MAX),
            manual: self.manual_level,
        }
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
