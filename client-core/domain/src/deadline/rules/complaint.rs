//! L1–L11 and L50: complaints and what follows from them.

use super::Mark::*;
use super::Point::{At, Earliest, Step};
use super::{Owner, Pause, Rule, Timing, When, row};
use crate::deadline::limit::Unit;

const COMPLAINT: &[&str] = &["complaint"];
/// A time of receipt that lies after the record was made is mistyped: it must not put the clocks off.
const FROM_RECEIPT: &[super::Point] = &[Earliest(&[OralNotice, Received, Created])];
/// Statuses from which on the customer has an answer.
const REPLIED: &[super::Point] = &[At(Replied), Step(&["replied", "callback"])];
const CUSTOMER: &[Pause] = &[Pause::Customer];

pub(super) static RULES: &[Rule] = &[
    row(
        "L1",
        ("登记投诉", "Register the complaint"),
        Owner::Receiver,
        COMPLAINT,
        ("register_within", "S1 客户投诉处理程序"),
    )
    .between(FROM_RECEIPT, &[Step(&["registered", "assessing"])])
    .limit(1, Unit::Hours),
    row(
        "L2",
        ("形成处理单", "Begin the handling sheet"),
        Owner::CustomerService,
        COMPLAINT,
        ("sheet_within", "S1 24-10"),
    )
    .between(FROM_RECEIPT, &[At(SheetMade), Step(&["assessing"])])
    .beside()
    .limit(1, Unit::Hours),
    row(
        "L3",
        ("临时对策并答复客户", "Temporary measure, confirmed to the customer"),
        Owner::Quality,
        COMPLAINT,
        ("contain_within", "S1 新东江"),
    )
    .when(&[When::Complaint])
    .between(FROM_RECEIPT, &[At(Contained), Step(&["accepted", "assigned"])])
    .limit(24, Unit::Hours)
    .pauses(CUSTOMER),
    row(
        "L4",
        ("开始验证分析", "Begin verification and analysis"),
        Owner::Quality,
        COMPLAINT,
        ("analysis_start_within", "S2 控制程序"),
    )
    .when(&[When::Complaint, When::MaybeQuality])
    // Quality has the report once it stands in the ledger; the arrival of samples has no time of its own.
    .between(&[Step(&["registered"])], &[Step(&["assessing", "accepted", "assigned"])])
    .limit(2, Unit::Hours)
    .pauses(CUSTOMER),
    row(
        "L5",
        ("非质量投诉结果反馈", "Result report of a non-quality complaint"),
        Owner::ResponsibleDept,
        COMPLAINT,
        ("nonquality_report_within", "S1 投诉及退货"),
    )
    .when(&[When::Complaint, When::NotQuality])
    .between(&[At(Served), Step(&["assigned"])], &[Step(&["plan_review", "executing", "replied"])])
    .beside()
    .limit(24, Unit::Hours)
    .pauses(CUSTOMER),
    row(
        "L6",
        ("纠正及预防措施反馈", "Return the corrective-action record"),
        Owner::ResponsibleDept,
        &["complaint", "corrective_action"],
        ("ca_reply_days", "S2 督办"),
    )
    .when(&[When::Complaint, When::NoCorrectiveAction])
    .between(
        &[At(Served), Step(&["assigned", "open"])],
        &[Step(&["plan_review", "executing", "replied", "answered", "leader_reviewed"])],
    )
    .timing(Timing::AtOr(AnswerDue))
    .again("open")
    .beside()
    .limit(3, Unit::Days)
    .pauses(CUSTOMER),
    row(
        "L7",
        ("告知客户的处理期限", "Deadline told to the customer"),
        Owner::ResponsibleDept,
        COMPLAINT,
        ("due_by_nature.general", "S2 处理方案 (proposed)"),
    )
    .when(&[When::Severe(false)])
    .between(FROM_RECEIPT, REPLIED)
    .timing(Timing::AtOr(DueSet))
    .limit(3, Unit::Days)
    .pauses(CUSTOMER),
    row(
        "L7s",
        ("告知客户的处理期限（严重、重大）", "Deadline told to the customer (serious, grave)"),
        Owner::ResponsibleDept,
        COMPLAINT,
        ("due_by_nature.serious", "S2 处理方案 (proposed)"),
    )
    .when(&[When::Severe(true)])
    .between(FROM_RECEIPT, REPLIED)
    .timing(Timing::AtOr(DueSet))
    .limit(24, Unit::Hours)
    .pauses(CUSTOMER),
    row(
        "L8",
        ("按期完成处理", "Completion by the time set"),
        Owner::ResponsibleDept,
        COMPLAINT,
        ("due_at", "S1 24-10"),
    )
    .between(FROM_RECEIPT, &[At(Completed), Step(&["closed", "archived"])])
    .timing(Timing::At(DueSet))
    .beside()
    .limit(0, Unit::Minutes),
    row(
        "L9",
        ("客户不满意后重新处理", "Handle again after dissatisfaction"),
        Owner::ResponsibleDept,
        COMPLAINT,
        ("rework_within", "S2 督办 (24 h proposed)"),
    )
    .between(&[], &[Step(&["analysing", "plan_review", "executing", "replied"])])
    .timing(Timing::Each("reopened"))
    .limit(24, Unit::Hours),
    row(
        "L10",
        ("连续批次效果确认", "Effect confirmed over lots in a row"),
        Owner::Quality,
        &["complaint", "corrective_action"],
        ("lot_count", "S2 控制程序"),
    )
    .when(&[When::Complaint, When::Quality, When::NoCorrectiveAction])
    .between(&[Step(&["executing", "implementing", "verifying"])], &[])
    .timing(Timing::Count)
    .limit(3, Unit::Lots)
    .beside()
    .outlives(),
    row(
        "L11",
        ("24小时受理投诉", "Complaints are taken round the clock"),
        Owner::CustomerService,
        COMPLAINT,
        ("", "S2 处理方案; A20: the intake's hours, not a time limit"),
    )
    .timing(Timing::Standing),
    row(
        "L50",
        ("向监管机构报告", "Report to the regulator"),
        Owner::Quality,
        COMPLAINT,
        ("regulator_days", "S1, S2 ISO"),
    )
    .when(&[When::Reportable])
    .between(&[Earliest(&[Received, Created])], &[At(RegulatorTold)])
    .beside()
    .outlives(),
];
