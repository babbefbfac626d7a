//! L23–L45: return-visits, stations, claims, and what departments owe every week, month or year.

use super::Mark::*;
use super::Point::{At, FirstDone, Step};
use super::{Cycle, Owner, Rule, Timing, When, row};
use crate::deadline::limit::Unit;

const CUSTOMER: &[&str] = &["customer"];
const VISIT: &[&str] = &["return_visit"];
const DUTY: &[&str] = &["duty"];
const STATION: &[&str] = &["station"];
const SINCE: &[super::Point] = &[At(HandedOver), At(Accepted), At(Created)];
const VISITED: &[super::Point] = &[At(Visited), Step(&["visited"])];
const PERIOD: &[super::Point] = &[At(Period)];

/// A visit that comes round again.
const fn cycle(
    id: &'static str,
    label: (&'static str, &'static str),
    owner: Owner,
    when: &'static [When],
    source: (&'static str, &'static str),
) -> Rule {
    row(id, label, owner, CUSTOMER, source).when(when).between(SINCE, &[]).timing(Timing::Every)
}

/// What a department owes regularly.
const fn duty(
    id: &'static str,
    label: (&'static str, &'static str),
    owner: Owner,
    source: &'static str,
) -> Rule {
    row(id, label, owner, DUTY, ("", source))
        .when(&[When::Duty])
        .between(&[At(Period), At(Created)], &[])
        .timing(Timing::Every)
}

pub(super) static RULES: &[Rule] = &[
    cycle(
        "L23",
        ("例行回访", "Routine return-visit"),
        Owner::ReturnVisitor,
        &[When::Routine],
        ("rv_cycle_routine", "S3 登记表"),
    )
    .limit(1, Unit::CalendarMonths),
    cycle(
        "L24",
        ("大客户回访", "Return-visit of key accounts"),
        Owner::ReturnVisitor,
        &[When::KeyAccount],
        ("rv_cycle_key", "S3 登记表"),
    )
    .limit(1, Unit::Weeks),
    cycle(
        "L25",
        ("保修期内项目回访", "Return-visit of projects in warranty"),
        Owner::MarketDept,
        &[When::Cycle(Cycle::HalfYearly), When::InWarranty],
        ("rv_cycle_warranty", "S3 工程"),
    )
    // A6: after the warranty the owner asks for visits.
    .until(WarrantyEnd)
    .limit(6, Unit::Months),
    cycle(
        "L26",
        ("与业主质量沟通", "Quality talk with the owner"),
        Owner::SafetyDept,
        &[When::Cycle(Cycle::Quarterly)],
        ("rv_cycle_quarter", "S3 工程"),
    )
    .limit(1, Unit::Quarters),
    row(
        "L27",
        ("验收后首次回访", "First regular visit after acceptance"),
        Owner::Leader,
        CUSTOMER,
        ("rv_first_after_accept", "S3 工程"),
    )
    .between(&[At(Accepted)], &[FirstDone])
    .limit(6, Unit::Months),
    duty("L28", ("制定回访计划", "Make the visit plan"), Owner::MarketDept, "S3 工程")
        .limit(1, Unit::HalfYears),
    cycle(
        "L29",
        ("季节性回访", "Seasonal return-visit"),
        Owner::MarketDept,
        &[When::Cycle(Cycle::Seasonal)],
        ("rv_seasonal", "S3 工程 (each quarter proposed)"),
    )
    .until(WarrantyEnd)
    .limit(1, Unit::Quarters),
    row(
        "L30",
        ("工程回访记录", "Project visit record"),
        Owner::ReturnVisitor,
        VISIT,
        ("", "S3 工程 (24 h proposed)"),
    )
    .when(&[When::Cycle(Cycle::HalfYearly)])
    .between(VISITED, &[At(Recorded), Step(&["recorded", "reviewed"])])
    .limit(24, Unit::Hours),
    row(
        "L31",
        ("回访报告", "Return-visit report"),
        Owner::ReturnVisitor,
        VISIT,
        ("rv_report_next_day", "S3 私募"),
    )
    .between(VISITED, &[At(Reported), At(Submitted), Step(&["reported", "reviewed"])])
    .limit(1, Unit::Days),
    row(
        "L32a",
        ("回访材料报部门负责人", "Material to the head of department"),
        Owner::ReturnVisitor,
        VISIT,
        ("rv_submit_days", "S3 私募"),
    )
    .when(&[When::Extended(false)])
    .between(VISITED, &[At(Submitted), Step(&["reviewed"])])
    .limit(3, Unit::Days),
    row(
        "L32b",
        ("回访材料报部门负责人（经同意延期）", "Material to the head of department (extended)"),
        Owner::ReturnVisitor,
        VISIT,
        ("rv_submit_ext_days", "S3 私募"),
    )
    .when(&[When::Extended(true)])
    .between(VISITED, &[At(Submitted), Step(&["reviewed"])])
    .limit(7, Unit::Days),
    row(
        "L33",
        ("当日回访当日记录", "Records of the day, the same day"),
        Owner::ReturnVisitor,
        VISIT,
        ("rv_same_day", "S3 私募"),
    )
    .between(VISITED, &[At(Recorded), Step(&["recorded", "reviewed"])])
    .limit(0, Unit::Days),
    duty("L34", ("月度回访报告", "Monthly return-visit report"), Owner::ReturnVisitor, "S3 登记表")
        .limit(1, Unit::CalendarMonths),
    row(
        "L35",
        ("答复回访中提出的问题", "Answer what was asked in the call"),
        Owner::ReturnVisitor,
        VISIT,
        ("promise_reply", "S3 客户满意度回访话术"),
    )
    .between(&[At(Asked)], &[At(Answered)])
    .limit(1, Unit::WorkingDays)
    .outlives(),
    row(
        "L36",
        ("按约定时间二次回访", "Second call at the time agreed"),
        Owner::ReturnVisitor,
        VISIT,
        ("callback_at", "S3 客户满意度回访话术 (15 min tolerance proposed)"),
    )
    .between(
        &[At(Refused), Step(&["refused_retry"]), At(CallbackAt)],
        &[At(CalledAgain), Step(&["visited", "recorded"])],
    )
    .timing(Timing::At(CallbackAt))
    .limit(15, Unit::Minutes),
    row(
        "L37",
        ("维修站月报", "Station's monthly report"),
        Owner::Station,
        &["station", "station_report"],
        ("station_report_day", "S4 公司综合服务部表格汇总"),
    )
    .between(PERIOD, &[At(Submitted)])
    .limit(5, Unit::DayOfNextMonth),
    row(
        "L38",
        ("维修站质量反馈", "Station's repair feedback"),
        Owner::Station,
        STATION,
        ("station_feedback_per_month", "S4 公司综合服务部表格汇总"),
    )
    .between(PERIOD, &[])
    .timing(Timing::Count)
    .limit(2, Unit::TimesAMonth),
    row(
        "L39",
        ("索赔件数量不符及时联系", "Claim list differs: tell the sender"),
        Owner::Company,
        &["claim"],
        ("", "S4 公司综合服务部表格汇总 (1 working day proposed)"),
    )
    .between(&[At(DifferenceFound), Step(&["difference"])], &[At(DifferenceTold), Step(&["counted"])])
    .limit(1, Unit::WorkingDays),
    duty("L40", ("投诉周汇总", "Weekly summary of complaints"), Owner::CustomerService, "S4 方案及流程")
        .limit(1, Unit::Weeks),
    duty("L41", ("台账月汇总与统计", "Monthly ledger and statistics"), Owner::CustomerService, "S2 办法")
        .limit(1, Unit::CalendarMonths),
    duty("L42a", ("月度满意度统计", "Monthly satisfaction score"), Owner::Quality, "S3 评分准则")
        .limit(1, Unit::CalendarMonths),
    row(
        "L42b",
        ("年度满意度统计（12月）", "Yearly satisfaction score, in December"),
        Owner::Quality,
        DUTY,
        ("", "S2 顾客满意度统计表"),
    )
    .when(&[When::Duty])
    .between(PERIOD, &[FirstDone])
    .limit(0, Unit::Years),
    row(
        "L43",
        ("调查覆盖业务量", "Survey coverage of business volume"),
        Owner::MarketDept,
        DUTY,
        ("survey_volume_coverage", "S3 客户满意度调查分析报告"),
    )
    .when(&[When::Duty])
    .between(PERIOD, &[])
    .timing(Timing::Count)
    .limit(80, Unit::PercentAYear),
    duty("L44", ("修订服务标准", "Revise the service standards"), Owner::Leader, "S1 客户服务管理流程")
        .limit(1, Unit::Years),
    duty("L45", ("服务人员评级", "Rate the service staff"), Owner::Company, "S4 办法").limit(1, Unit::Years),
];
