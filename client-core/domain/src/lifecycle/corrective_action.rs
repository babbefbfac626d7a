//! The lifecycle of a corrective action (8D, CAR, 纠正及预防措施记录): domain catalogue 3.12 and T16.
//!
//! D1–D3 and the cause come with the answer; a plan that is not good enough goes back, and so does an action
//! that had no effect.

use super::Check::LotsVerified;
use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Close};

const VERIFIED: &[&str] = &["verified_at", "verified_by"];

/// 纠正预防措施
pub(super) static CORRECTIVE_ACTION: Lifecycle = Lifecycle {
    key: "corrective_action",
    initial: "open",
    states: &[
        state("open", "待答复", "Open", 0, Phase::Open),
        state("answered", "已答复", "Answered", 1, Phase::Submitted),
        state("leader_reviewed", "领导已审核", "Reviewed by the leader", 2, Phase::Submitted),
        state("implementing", "实施中", "Carrying out", 3, Phase::Submitted),
        state("verifying", "效果确认中", "Checking the effect", 4, Phase::Submitted),
        state("ineffective", "无效", "Not effective", 5, Phase::Submitted),
        state("effective", "有效", "Effective", 6, Phase::Submitted),
        state("cancelled", "作废", "Cancelled", 7, Phase::Closed),
        state("closed", "已结案", "Closed", 8, Phase::Closed),
    ],
    transitions: &[
        step("D1", &["open"], "answered", Who::Office),
        step("D2", &["answered"], "leader_reviewed", Who::May(Approve))
            .sets(&["leader_reviewed_at", "leader_reviewed_by"]),
        why("D2b", &["answered"], "open", Who::May(Approve)),
        step("D3", &["leader_reviewed"], "implementing", Who::Office),
        step("D4", &["implementing"], "verifying", Who::Office),
        step("D5", &["verifying"], "effective", Who::Office).sets(VERIFIED).checks(&[LotsVerified]),
        // A bad lot: the department starts again, and so does the count.
        why("D5b", &["verifying"], "ineffective", Who::Office).sets(VERIFIED),
        step("D6", &["ineffective"], "open", Who::Office),
        step("D7", &["effective"], "closed", Who::May(Close)).sets(&["closed_at", "closed_by"]),
        why("D8", &["open", "answered", "leader_reviewed", "ineffective"], "cancelled", Who::May(Close)),
    ],
};
