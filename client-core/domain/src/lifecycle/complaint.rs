//! The complaint's lifecycle: domain catalogue 4.1, transitions T1–T20.
//!
//! T16 (lot verification) and T17 (escalation) are attributes beside the status, not steps of it.

use super::Check::{
    CustomerHeard, DissatisfactionAnswered, FirstDissatisfaction, FoundInvalid, FoundValid, IsComplaint,
    IsInformation, LotsVerified, MeasuresReviewed, PenaltiesSettled, PlanApproved, RegulatorTold,
    ReturnsSettled, SecondDissatisfaction,
};
use super::{Check, Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Callback, Close};

/// What closing leaves behind.
const CLOSED: &[&str] = &["closed_at", "closed_by"];

/// What was promised has to be done, whether the matter was a complaint or not.
const NOTHING_OWED: &[Check] = &[MeasuresReviewed, ReturnsSettled, PenaltiesSettled, RegulatorTold];

/// The same of what is no complaint.
const INFORMATION: &[Check] =
    &[IsInformation, MeasuresReviewed, ReturnsSettled, PenaltiesSettled, RegulatorTold];

/// The closure conditions (4.1.2); result, summary and reply are required fields.
const FINISHED: &[Check] = &[
    CustomerHeard,
    DissatisfactionAnswered,
    MeasuresReviewed,
    LotsVerified,
    ReturnsSettled,
    PenaltiesSettled,
    RegulatorTold,
];

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
        step("T5", &["assessing"], "rejected", Who::Office).checks(&[FoundInvalid]),
        step("T6", &["assessing"], "accepted", Who::Office).checks(&[FoundValid, IsComplaint]),
        // Not valid: explained to the customer with patience, then closed; it stays in the ledger.
        step("T5b", &["rejected"], "closed", Who::May(Close)).sets(CLOSED).checks(NOTHING_OWED),
        // Information, a suggestion, an enquiry: no complaint, so nobody is asked whether they are satisfied.
        step("T6b", &["assessing"], "closed", Who::May(Close)).sets(CLOSED).checks(INFORMATION),
        step("T7", &["accepted"], "assigned", Who::Office),
        step("T8", &["assigned"], "analysing", Who::Field),
        // Wrong department: back to the owner with the reason.
        why("T8b", &["assigned"], "accepted", Who::Field),
        step("T9", &["analysing"], "plan_review", Who::Office),
        step("T10", &["plan_review"], "executing", Who::May(Approve)).checks(&[PlanApproved]),
        why("T10b", &["plan_review"], "analysing", Who::May(Approve)),
        // The lots are asked for here only where the organisation wants the reply to wait for them.
        step("T11", &["executing"], "replied", Who::Office).checks(&[LotsVerified]),
        step("T12", &["replied"], "callback", Who::May(Callback)),
        step("T13", &["callback"], "closed", Who::May(Close)).sets(CLOSED).checks(FINISHED),
        why("T14", &["callback"], "reopened", Who::May(Callback)).checks(&[FirstDissatisfaction]),
        step("T14a", &["reopened"], "analysing", Who::Office),
        step("T14b", &["reopened"], "executing", Who::Office),
        step("T15", &["callback"], "leader_decision", Who::May(Callback)).checks(&[SecondDissatisfaction]),
        // The reply follows the leader's instruction; with it the complaint is finally answered.
        step("T15b", &["leader_decision"], "replied", Who::Office).checks(&[LotsVerified]),
        step("T18", &["closed"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
        // The first closing stays in the history; closing again sets the closing data anew.
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
