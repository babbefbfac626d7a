//! The lifecycle of a return-visit: domain catalogue 3.12 and 4.3.
//!
//! Booking and preparing are steps of a visit in person; a call may go from the plan to 已回访 at once.
//! A callback after a complaint stands in no plan, so it needs nobody's approval beforehand.

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Close};

/// 客户回访
pub(super) static RETURN_VISIT: Lifecycle = Lifecycle {
    key: "return_visit",
    initial: "planned",
    states: &[
        state("planned", "已计划", "Planned", 0, Phase::Open),
        state("approved", "已批准", "Approved", 1, Phase::Open),
        state("booked", "已预约", "Booked", 2, Phase::Open),
        state("prepared", "已准备", "Prepared", 3, Phase::Open),
        state("refused_retry", "待二次回访", "To be tried again", 4, Phase::Open),
        state("visited", "已回访", "Visited", 5, Phase::Open),
        state("recorded", "已记录", "Recorded", 6, Phase::Submitted),
        state("reported", "已上报", "Handed in", 7, Phase::Submitted),
        state("reviewed", "已审批", "Reviewed", 8, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 9, Phase::Closed),
        state("archived", "已归档", "Archived", 10, Phase::Archived),
    ],
    transitions: &[
        step("R1", &["planned"], "approved", Who::May(Approve)).sets(&["approved_at", "approved_by"]),
        step("R2", &["planned", "approved", "refused_retry"], "booked", Who::Field),
        step("R3", &["approved", "booked"], "prepared", Who::Field),
        step("R4", &["planned", "approved", "booked", "prepared", "refused_retry"], "visited", Who::Field),
        step("R5", &["planned", "approved", "booked", "prepared"], "refused_retry", Who::Field),
        step("R6", &["visited"], "recorded", Who::Field).sets(&["recorded_at"]),
        step("R7", &["recorded"], "reported", Who::Field).sets(&["submitted_at"]),
        step("R8", &["recorded", "reported"], "reviewed", Who::May(Approve))
            .sets(&["reviewed_at", "reviewed_by"]),
        // Sent back: the record does not say enough.
        why("R8b", &["recorded", "reported"], "visited", Who::May(Approve)),
        step("R9", &["reviewed"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
        why("R10", &["planned", "approved", "booked", "prepared", "refused_retry"], "cancelled", Who::Office),
    ],
};

/// 客户回访计划
pub(super) static RETURN_VISIT_PLAN: Lifecycle = Lifecycle {
    key: "return_visit_plan",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("submitted", "待批准", "Awaiting approval", 1, Phase::Submitted),
        state("approved", "已批准", "Approved", 2, Phase::Submitted),
        state("completed", "已完成", "Completed", 3, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 4, Phase::Closed),
        state("archived", "已归档", "Archived", 5, Phase::Archived),
    ],
    transitions: &[
        step("RP1", &["draft"], "submitted", Who::Office).sets(&["prepared_at", "prepared_by"]),
        step("RP2", &["submitted"], "approved", Who::May(Approve)).sets(&["approved_at", "approved_by"]),
        why("RP2b", &["submitted"], "draft", Who::May(Approve)),
        step("RP3", &["approved"], "completed", Who::Office),
        step("RP4", &["completed"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
        why("RP5", &["draft", "submitted", "approved"], "cancelled", Who::Office),
    ],
};

/// 客户回访报告
pub(super) static RETURN_VISIT_REPORT: Lifecycle = Lifecycle {
    key: "return_visit_report",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("submitted", "已上报", "Handed in", 1, Phase::Submitted),
        state("reviewed", "已审阅", "Reviewed", 2, Phase::Closed),
        state("archived", "已归档", "Archived", 3, Phase::Archived),
    ],
    transitions: &[
        step("RR1", &["draft"], "submitted", Who::Field).sets(&["submitted_at", "prepared_by"]),
        step("RR2", &["submitted"], "reviewed", Who::May(Approve)).sets(&["reviewed_at", "reviewed_by"]),
        why("RR2b", &["submitted"], "draft", Who::May(Approve)),
        step("RR3", &["reviewed"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
    ],
};
