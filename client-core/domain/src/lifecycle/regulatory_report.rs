//! The lifecycle of the question whether an authority has to be told: domain catalogue 3.19, L50.

use super::{Lifecycle, Phase, Who, state, step, why};

const EVALUATED: &[&str] = &["evaluated_at", "evaluated_by"];

/// 监管报告
pub(super) static REGULATORY_REPORT: Lifecycle = Lifecycle {
    key: "regulatory_report",
    initial: "evaluating",
    states: &[
        state("evaluating", "评估中", "Evaluating", 0, Phase::Open),
        state("required", "须报告", "To be reported", 1, Phase::Submitted),
        state("not_required", "无须报告", "Need not be reported", 2, Phase::Closed),
        state("reported", "已报告", "Reported", 3, Phase::Closed),
    ],
    transitions: &[
        step("JG1", &["evaluating"], "required", Who::Office).sets(EVALUATED),
        step("JG2", &["evaluating"], "not_required", Who::Office).sets(EVALUATED),
        step("JG3", &["required"], "reported", Who::Office),
        why("JG4", &["required", "not_required"], "evaluating", Who::Office),
    ],
};
