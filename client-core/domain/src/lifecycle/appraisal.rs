//! Lifecycles of appraisal and its consequences: 绩效考核表 (domain catalogue 3.12, 5.4), 月度满意度 (F50),
//! 奖惩 (2B-11).

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Penalise};

/// 绩效考核表: own score, supervisor, leader, confirmation. Not changeable afterwards (7.5).
pub(super) static KPI_SHEET: Lifecycle = Lifecycle {
    key: "kpi_sheet",
    initial: "self_review",
    states: &[
        state("self_review", "自评", "Own score", 0, Phase::Open),
        state("supervisor_review", "主管评", "Supervisor's score", 1, Phase::Submitted),
        state("leader_review", "领导评", "Leader's score", 2, Phase::Submitted),
        state("confirmed", "已确认", "Confirmed", 3, Phase::Archived),
    ],
    transitions: &[
        step("JX1", &["self_review"], "supervisor_review", Who::Field).sets(&["self_at"]),
        why("JX1b", &["supervisor_review"], "self_review", Who::Office),
        step("JX2", &["supervisor_review"], "leader_review", Who::Office)
            .sets(&["supervisor_at", "supervisor_by"]),
        why("JX2b", &["leader_review"], "supervisor_review", Who::May(Approve)),
        step("JX3", &["leader_review"], "confirmed", Who::May(Approve))
            .sets(&["leader_at", "leader_by", "confirmed_at", "confirmed_by"])
            .fixes(&["C62", "C63", "C64"]),
    ],
};

/// 月度顾客满意度: prepared, reviewed, approved.
pub(super) static MONTHLY_SATISFACTION: Lifecycle = Lifecycle {
    key: "monthly_satisfaction",
    initial: "draft",
    states: &[
        state("draft", "编制中", "Draft", 0, Phase::Open),
        state("prepared", "待审核", "To be reviewed", 1, Phase::Submitted),
        state("reviewed", "待批准", "To be approved", 2, Phase::Submitted),
        state("approved", "已批准", "Approved", 3, Phase::Closed),
    ],
    transitions: &[
        step("M1", &["draft"], "prepared", Who::Office).sets(&["prepared_at", "prepared_by"]),
        step("M2", &["prepared"], "reviewed", Who::Office).sets(&["reviewed_at", "reviewed_by"]),
        step("M3", &["reviewed"], "approved", Who::May(Approve))
            .sets(&["approved_at", "approved_by"])
            .fixes(&["C07", "C18", "C32", "C33"]),
        why("M4", &["prepared", "reviewed"], "draft", Who::Office),
        why("M4b", &["approved"], "draft", Who::May(Approve)),
    ],
};

/// 奖惩: proposed by the department, verified by customer service, approved, carried out (7.5).
pub(super) static PENALTY_REWARD: Lifecycle = Lifecycle {
    key: "penalty_reward",
    initial: "proposed",
    states: &[
        state("proposed", "已提出", "Proposed", 0, Phase::Open),
        state("verified", "已核实", "Verified", 1, Phase::Submitted),
        state("approved", "已批准", "Approved", 2, Phase::Submitted),
        state("withdrawn", "不予执行", "Not carried out", 3, Phase::Closed),
        state("executed", "已执行", "Carried out", 4, Phase::Closed),
    ],
    transitions: &[
        step("JC1", &["proposed"], "verified", Who::Office).sets(&["verified_at", "verified_by"]),
        step("JC2", &["verified"], "approved", Who::May(Approve)).sets(&["approved_at", "approved_by"]),
        step("JC3", &["approved"], "executed", Who::May(Penalise)).sets(&["executed_at", "executed_by"]),
        why("JC4", &["proposed", "verified", "approved"], "withdrawn", Who::May(Approve)),
    ],
};
