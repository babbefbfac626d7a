//! L12–L22 and L46–L49: on-site service, contracts and parts.

use super::Mark::*;
use super::Point::{At, Step};
use super::{Owner, Rule, Timing, When, row};
use crate::deadline::limit::Unit;

const JOB: &[&str] = &["visit", "task"];
const REQUESTED: &[super::Point] = &[At(Requested)];
/// A task may be answered by letter or telephone, without anybody going: then it is done (4.4, 2a).
const RESPONDED: &[super::Point] =
    &[At(Responded), At(Departed), At(Arrived), Step(&["accepted", "en_route", "on_site", "done"])];
const ARRIVED: &[super::Point] = &[At(Arrived), At(Started), Step(&["on_site"])];
/// An appointment is watched from when it could be known.
const BOOKED: &[super::Point] = &[At(Requested), At(Created), At(Appointment)];
const ORDERED: &[super::Point] = &[At(Ordered), At(Created)];

pub(super) static RULES: &[Rule] = &[
    row(
        "L12",
        ("答复服务请求", "Reply to a service request"),
        Owner::Dispatcher,
        JOB,
        ("service_reply_within", "S4 制度"),
    )
    .when(&[When::NoContract])
    .between(REQUESTED, RESPONDED)
    .limit(24, Unit::Hours),
    row(
        "L13",
        ("按约定时间到达", "Arrive at the time agreed"),
        Owner::Engineer,
        JOB,
        ("on_time_tolerance", "S4 制度"),
    )
    .between(BOOKED, ARRIVED)
    .timing(Timing::At(Appointment))
    .limit(0, Unit::Minutes),
    row(
        "L14",
        ("迟到超过限度即为一般投诉", "So late that it becomes a complaint"),
        Owner::Engineer,
        JOB,
        ("late_complaint_minutes", "S2 管理办法"),
    )
    .between(BOOKED, ARRIVED)
    .timing(Timing::At(Appointment))
    .limit(30, Unit::Minutes),
    row("L15", ("合同响应", "Contract: respond"), Owner::Dispatcher, JOB, ("sla.respond", "S4 方案"))
        .when(&[When::Contract])
        .between(REQUESTED, RESPONDED)
        .limit(30, Unit::Minutes),
    row("L16", ("合同到场", "Contract: on site"), Owner::Engineer, JOB, ("sla.arrive", "S4 方案"))
        .when(&[When::Contract])
        .between(REQUESTED, ARRIVED)
        .limit(2, Unit::Hours),
    row(
        "L17",
        ("合同修复", "Contract: repaired"),
        Owner::Engineer,
        JOB,
        ("sla.fix", "S4 方案; A5: counted from the report"),
    )
    .when(&[When::Contract])
    .between(REQUESTED, &[At(Repaired)])
    .limit(4, Unit::Hours),
    row(
        "L18",
        ("合同保修期内实质性响应", "Contract: substantial reaction in warranty"),
        Owner::Engineer,
        JOB,
        ("sla.substantial", "S4 方案"),
    )
    .when(&[When::Contract, When::InWarranty])
    .between(REQUESTED, &[At(Started), At(Finished), Step(&["on_site", "done"])])
    .limit(2, Unit::Hours),
    row(
        "L19",
        ("合同保修期", "Contract: warranty period"),
        Owner::Company,
        &["contract"],
        ("warranty_months", "S4 方案"),
    )
    .between(&[At(Accepted)], &[])
    .timing(Timing::Term)
    .limit(36, Unit::Months),
    row(
        "L20",
        ("合同驻场服务", "Contract: resident service"),
        Owner::Company,
        &["contract"],
        ("resident_months", "S4 方案"),
    )
    .between(&[At(ResidentFrom)], &[])
    .timing(Timing::Term)
    .limit(12, Unit::Months),
    row(
        "L21",
        ("紧急抢修立即赶赴现场", "Emergency: set out at once"),
        Owner::Engineer,
        JOB,
        ("", "S3 工程 (1 h proposed)"),
    )
    .when(&[When::Emergency])
    .between(REQUESTED, &[At(Departed), At(Arrived), Step(&["en_route", "on_site"])])
    .limit(1, Unit::Hours),
    row(
        "L22",
        ("保修期内派人维修", "Dispatch for repair in warranty"),
        Owner::Dispatcher,
        JOB,
        ("repair_dispatch_days", "S3 工程"),
    )
    .when(&[When::InWarranty])
    .between(
        REQUESTED,
        &[At(Departed), At(Arrived), Step(&["dispatched", "accepted", "en_route", "on_site"])],
    )
    .limit(7, Unit::Days),
    row(
        "L46",
        ("严重故障先评审方案", "Technical plan reviewed before the work"),
        Owner::Rnd,
        // The plan stands in the order, not in the report.
        &["task"],
        ("", "S4 办法 (inferred)"),
    )
    .when(&[When::SevereJob])
    .between(BOOKED, &[At(PlanReviewed)])
    .timing(Timing::Before(Step(&["en_route", "on_site"]))),
    row(
        "L47",
        ("离开前致电总部", "Call headquarters before leaving"),
        Owner::Engineer,
        &["visit"],
        ("", "S4 制度"),
    )
    .between(&[At(Arrived), Step(&["on_site"])], &[At(HqCalled)])
    .timing(Timing::Before(At(Left)))
    .outlives(),
    row(
        "L48",
        ("每次服务后填写满意度调查", "Questionnaire after each visit"),
        Owner::Engineer,
        &["visit"],
        ("", "S4 制度 (same day proposed)"),
    )
    .between(&[At(Finished), Step(&["done"])], &[At(Surveyed)])
    .limit(0, Unit::Days)
    .outlives(),
    row(
        "L49a",
        ("备件按需求日期备齐", "Parts ready by the date needed"),
        Owner::PartsPlanner,
        &["part_order"],
        ("", "S4 制度"),
    )
    .between(ORDERED, &[At(Stocked), At(Shipped), At(Delivered)])
    .timing(Timing::At(NeededBy))
    .limit(0, Unit::Days),
    row(
        "L49b",
        ("备件按期发货", "Parts shipped by the date promised"),
        Owner::PartsPlanner,
        &["part_order"],
        ("", "S4 制度"),
    )
    .between(ORDERED, &[At(Shipped), At(Delivered)])
    .timing(Timing::At(ShipBy))
    .limit(0, Unit::Days),
    row(
        "L49c",
        ("备件按期到货", "Parts there by the date promised"),
        Owner::PartsPlanner,
        &["part_order"],
        ("", "S4 制度"),
    )
    .between(ORDERED, &[At(Delivered)])
    .timing(Timing::At(ArriveBy))
    .limit(0, Unit::Days),
];
