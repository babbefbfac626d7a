//! The complaint's lifecycle: domain catalogue 4.1, transitions T1–T20.
//!
//! T16 (lot verification) and T17 (escalation) are attributes beside the status, not steps of it.

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Callback, Close};

/// 客户投诉
pub(super) static COMPLAINT: Lifecycle = Lifecycle {
    key: "complaint",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("registered", "已登记", "Registered", 1, Phase::Submitted),
        state("assessing", "核实中", "Assessing", 2, Phase::Submitted),
        state("info_wanted", "待补充资料", "Information wanted", 3, Phase::Submitted),
        state("accepted", "已受理", "Accepted", 4, Phase::Submitted),
        state("assigned", "已转办", "Assigned", 5, Phase::Submitted),
        state("analysing", "原因分析中", "Analysing", 6, Phase::Submitted),
        state("plan_review", "方案审核中", "Plan under review", 7, Phase::Submitted),
        state("executing", "实施中", "Carrying out", 8, Phase::Submitted),
        state("replied", "已回复", "Replied", 9, Phase::Submitted),
        state("callback", "回访中", "Calling back", 10, Phase::Submitted),
        state("reopened", "重新处理", "Reopened", 11, Phase::Submitted),
        state("leader_decision", "领导批示", "Leader's decision", 12, Phase::Submitted),
        state("rejected", "不成立", "Not valid", 13, Phase::Submitted),
        state("cancelled", "作废", "Cancelled", 14, Phase::Closed),
        state("closed", "已办结", "Closed", 15, Phase::Closed),
        state("archived", "已归档", "Archived", 16, Phase::Archived),
    ],
    transitions: &[
        step("T2", &["draft"], "registered", Who::Field),
        step("T3", &["registered", "info_wanted"], "assessing", Who::Office),
        step("T4", &["assessing"], "info_wanted", Who::Office),
        step("T5", &["assessing"], "rejected", Who::Office),
        step("T6", &["assessing"], "accepted", Who::Office),
        step("T6b", &["assessing", "rejected"], "closed", Who::May(Close)),
        step("T7", &["accepted"], "assigned", Who::Office),
        step("T8", &["assigned"], "analysing", Who::Field),
        // Wrong department: back to the owner with the reason.
        why("T8b", &["assigned"], "accepted", Who::Field),
        step("T9", &["analysing"], "plan_review", Who::Office),
        step("T10", &["plan_review"], "executing", Who::May(Approve)),
        why("T10b", &["plan_review"], "analysing", Who::May(Approve)),
        step("T11", &["executing", "leader_decision"], "replied", Who::Office),
        step("T12", &["replied"], "callback", Who::May(Callback)),
        step("T13", &["callback"], "closed", Who::May(Close)),
        why("T14", &["callback"], "reopened", Who::May(Callback)),
        step("T14a", &["reopened"], "analysing", Who::Office),
        step("T14b", &["reopened"], "executing", Who::Office),
        step("T15", &["callback"], "leader_decision", Who::May(Callback)),
        step("T18", &["closed"], "archived", Who::May(Close)),
        why("T19", &["closed"], "reopened", Who::Office),
        why("T20a", &["draft"], "cancelled", Who::Field),
        why(
            "T20",
            &[
                "registered",
                "assessing",
                "info_wanted",
                "rejected",
                "accepted",
                "assigned",
                "analysing",
                "plan_review",
                "executing",
                "replied",
                "callback",
                "reopened",
                "leader_decision",
            ],
            "cancelled",
            Who::May(Close),
        ),
    ],
};
