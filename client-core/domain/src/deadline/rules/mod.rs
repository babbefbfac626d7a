//! The time limits L1–L50 of the domain catalogue (4.2), as one table.
//!
//! A row says what is limited, who owes it, from when to when, on which clock, and what stops the
//! clock for a while. Where one line of the catalogue is several limits, the rows are `L49a`, `L49b` …
//! Amounts that no source gives are the product's own and marked "(proposed)" in the row's source.

mod complaint;
mod duty;
mod service;

use serde::{Deserialize, Serialize};

use super::limit::{Limit, Unit};
use crate::schema::Label;

/// An instant that a rule speaks of. [`super::Snapshot`] holds them by this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The record was made.
    Created,
    /// 接收时间
    Received,
    /// 口头通知时间
    OralNotice,
    /// The handling sheet was begun.
    SheetMade,
    /// 送达时间: the responsible department has the handling sheet.
    Served,
    /// 应急对策时间: the customer has a temporary measure.
    Contained,
    /// 处理期限, set for this one matter.
    DueSet,
    /// 应完成时间, set for this one corrective action.
    AnswerDue,
    /// 回复客户
    Replied,
    /// 处理完成日期
    Completed,
    /// Reported to the regulator.
    RegulatorTold,
    /// 报修/接报时间
    Requested,
    /// 答复时间
    Responded,
    /// 约定时间
    Appointment,
    /// 出发
    Departed,
    /// 到达
    Arrived,
    /// 开始
    Started,
    /// 完工
    Finished,
    /// 完工, with the fault gone or the product replaced.
    Repaired,
    /// 离开
    Left,
    /// 离开前来电总部
    HqCalled,
    /// 维修技术方案 was reviewed.
    PlanReviewed,
    /// 满意度调查 was filled in.
    Surveyed,
    /// 回访时间
    Visited,
    /// 回访记录 was written.
    Recorded,
    /// 回访报告 was written.
    Reported,
    /// Material reached the head of the department.
    Submitted,
    /// The customer asked something in the call.
    Asked,
    /// The question was answered.
    Answered,
    /// The customer refused the call.
    Refused,
    /// 二次回访时间, as agreed.
    CallbackAt,
    /// The second call was made.
    CalledAgain,
    /// 验收日期
    Accepted,
    /// The last delivery to a customer: the first day of its warranty.
    HandedOver,
    /// Resident service began.
    ResidentFrom,
    /// The warranty's last instant.
    WarrantyEnd,
    /// The first instant of the month, week or year that a report or count is about.
    Period,
    /// Counted parts differ from the claim list.
    DifferenceFound,
    /// The other side was told of the difference.
    DifferenceTold,
    /// The parts order was placed.
    Ordered,
    /// 需求日期
    NeededBy,
    /// 发货日期, as promised.
    ShipBy,
    /// 到货日期, as promised.
    ArriveBy,
    /// Parts are in stock.
    Stocked,
    /// Parts were shipped.
    Shipped,
    /// The user confirmed receipt.
    Delivered,
}

/// From or until when: a mark, or the first step into one of some statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A mark.
    At(Mark),
    /// The earliest of some marks: the others are slips of the pen, or came later.
    Earliest(&'static [Mark]),
    /// The first step into any of these statuses.
    Step(&'static [&'static str]),
    /// The first time that it was done after the start.
    FirstDone,
}

/// How often a customer is visited; codes of the list `return_visit_cycle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Cycle {
    Weekly,
    Monthly,
    Quarterly,
    HalfYearly,
    Yearly,
    Seasonal,
}

impl Cycle {
    /// The cycle with this code of the list `return_visit_cycle`; `none` is none.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "weekly" => Some(Self::Weekly),
            "monthly" => Some(Self::Monthly),
            "quarterly" => Some(Self::Quarterly),
            "half_yearly" => Some(Self::HalfYearly),
            "yearly" => Some(Self::Yearly),
            "seasonal" => Some(Self::Seasonal),
            _ => None,
        }
    }
}

/// What must hold for a rule to apply. What is not known does not rule out, except where noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Not mere information, a suggestion or an enquiry.
    Complaint,
    /// Not known to be about something other than quality.
    MaybeQuality,
    /// Known to be about quality.
    Quality,
    /// Known not to be about quality.
    NotQuality,
    /// One of these severities; `None` stands for "not classed yet".
    Severe(bool),
    /// No corrective-action record carries this limit already.
    NoCorrectiveAction,
    /// Known to be reportable to a regulator.
    Reportable,
    /// The customer's contract has service levels.
    Contract,
    /// The customer's contract has none.
    NoContract,
    /// Known to be in warranty.
    InWarranty,
    /// Known to be an emergency repair.
    Emergency,
    /// The job's own severity is known to be 严重 or 重大.
    SevereJob,
    /// The department's head agreed to the longer time.
    Extended(bool),
    /// The customer's cycle is this one.
    Cycle(Cycle),
    /// The customer is visited as a matter of routine: its file names no cycle, or one that no other rule is about.
    Routine,
    /// The customer is a key account whose file names no cycle, or one of each week.
    KeyAccount,
    /// The snapshot stands for this very duty of a department.
    Duty,
}

/// How a limit and the record's own dates make a due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// The limit counts from the start.
    Within,
    /// At an agreed instant, the limit being the tolerance.
    At(Mark),
    /// At an instant set for this matter; without one, the limit counts from the start.
    AtOr(Mark),
    /// Before something else happens, whenever that is.
    Before(Point),
    /// The limit counts from every step into the status.
    Each(&'static str),
    /// The limit counts from the start and then from each time it was done, again and again.
    Every,
    /// Not a duty but a promise that lasts: it is kept when the time is over.
    Term,
    /// A number is to be reached.
    Count,
    /// A standing rule without an end that a clock could watch.
    Standing,
}

/// What stops a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// Waiting for what the customer was asked.
    Customer,
    /// Waiting for parts.
    Parts,
    /// Waiting for the factory.
    Factory,
}

impl Pause {
    /// The statuses in which it holds.
    #[must_use]
    pub const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Customer => &["info_wanted"],
            Self::Parts => &["awaiting_parts"],
            Self::Factory => &["awaiting_factory"],
        }
    }
}

/// Who owes it: codes of people's jobs (domain catalogue 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Owner {
    Receiver,
    CustomerService,
    Quality,
    ResponsibleDept,
    Leader,
    Dispatcher,
    Engineer,
    Rnd,
    ReturnVisitor,
    MarketDept,
    SafetyDept,
    Station,
    PartsPlanner,
    Company,
}

impl Owner {
    /// The job's name.
    #[must_use]
    pub fn label(self) -> Label {
        let (zh, en) = match self {
            Self::Receiver => ("受理人", "Who received it"),
            Self::CustomerService => ("客服部门", "Customer service"),
            Self::Quality => ("质量部门", "Quality department"),
            Self::ResponsibleDept => ("责任部门", "Responsible department"),
            Self::Leader => ("领导", "Leader"),
            Self::Dispatcher => ("服务调度", "Dispatcher"),
            Self::Engineer => ("服务人员", "Engineer"),
            Self::Rnd => ("研发部门", "Research and development"),
            Self::ReturnVisitor => ("回访人员", "Return-visitor"),
            Self::MarketDept => ("市场部", "Market department"),
            Self::SafetyDept => ("安全部门", "Safety department"),
            Self::Station => ("维修站", "Station"),
            Self::PartsPlanner => ("备件计划", "Parts planning"),
            Self::Company => ("公司", "Company"),
        };
        Label { zh: zh.into(), en: en.into() }
    }
}

/// A time limit.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its number in the catalogue, with a letter where a line there is several limits.
    pub id: &'static str,
    /// What it limits: 中文.
    pub zh: &'static str,
    /// What it limits: English.
    pub en: &'static str,
    /// Who owes it.
    pub owner: Owner,
    /// Kinds of record that it is about.
    pub kinds: &'static [&'static str],
    /// What must hold besides.
    pub when: &'static [When],
    /// From when: the first of these that is known.
    pub start: &'static [Point],
    /// Until when: whichever of these came first.
    pub stop: &'static [Point],
    /// How the due time comes about.
    pub timing: Timing,
    /// The usual limit.
    pub limit: Limit,
    /// What stops its clock.
    pub pauses: &'static [Pause],
    /// Whether it is owed even when the record has come to its end.
    pub outlives: bool,
    /// Whether it rests on what companion documents say: not told to those who do not read them.
    pub beside: bool,
    /// A step into this status, after the first, asks for it again.
    pub again: Option<&'static str>,
    /// Of what comes round again: no round that would be due after this is owed.
    pub until: Option<Mark>,
    /// The setting's name in the catalogue; empty where it has none.
    pub cfg: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// A row's beginning; the rest is added by the methods below.
const fn row(
    id: &'static str,
    (zh, en): (&'static str, &'static str),
    owner: Owner,
    kinds: &'static [&'static str],
    (cfg, source): (&'static str, &'static str),
) -> Rule {
    Rule {
        id,
        zh,
        en,
        owner,
        kinds,
        when: &[],
        start: &[],
        stop: &[],
        timing: Timing::Within,
        limit: Limit::NONE,
        pauses: &[],
        outlives: false,
        beside: false,
        again: None,
        until: None,
        cfg,
        source,
    }
}

impl Rule {
    const fn when(self, when: &'static [When]) -> Self {
        Self { when, ..self }
    }
    const fn between(self, start: &'static [Point], stop: &'static [Point]) -> Self {
        Self { start, stop, ..self }
    }
    const fn timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }
    const fn limit(self, n: u32, unit: Unit) -> Self {
        Self { limit: Limit { n, unit }, ..self }
    }
    const fn pauses(self, pauses: &'static [Pause]) -> Self {
        Self { pauses, ..self }
    }

    const fn outlives(self) -> Self {
        Self { outlives: true, ..self }
    }

    const fn beside(self) -> Self {
        Self { beside: true, ..self }
    }

    const fn again(self, status: &'static str) -> Self {
        Self { again: Some(status), ..self }
    }

    const fn until(self, mark: Mark) -> Self {
        Self { until: Some(mark), ..self }
    }

    /// What it limits, in each language.
    #[must_use]
    pub fn label(&self) -> Label {
        Label { zh: self.zh.into(), en: self.en.into() }
    }

    /// Whether a setting may replace the limit by this one: a count by the same kind of count, a time
    /// by a time or by none.
    #[must_use]
    pub fn accepts(&self, limit: Limit) -> bool {
        use super::limit::Basis;
        match self.timing {
            Timing::Standing | Timing::Before(_) => false,
            Timing::Count => limit.unit == self.limit.unit && limit.n > 0,
            _ => limit.basis() != Basis::Count,
        }
    }
}

/// Every rule: complaints, service, then what is owed regularly.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    complaint::RULES.iter().chain(service::RULES).chain(duty::RULES)
}

/// The rule with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}
