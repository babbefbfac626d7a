//! Lifecycles of money: quotes (domain catalogue 4.4, step 3), travel claims and advances (4.8), and the
//! service plan with its budget.

use super::Check::ExtrasApproved;
use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Close};

/// 报价单
pub(super) static QUOTE: Lifecycle = Lifecycle {
    key: "quote",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("offered", "已报价", "Offered", 1, Phase::Submitted),
        state("accepted", "客户已同意", "Accepted", 2, Phase::Submitted),
        state("declined", "客户未同意", "Declined", 3, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 4, Phase::Closed),
        state("paid", "已收款", "Paid", 5, Phase::Closed),
    ],
    transitions: &[
        step("Q1", &["draft"], "offered", Who::Office).sets(&["offered_at", "offered_by"]).fixes(&["C74"]),
        // Another price after talking to the customer.
        why("Q1b", &["offered", "declined"], "draft", Who::Office),
        step("Q2", &["offered"], "accepted", Who::Office),
        why("Q3", &["offered"], "declined", Who::Office),
        step("Q4", &["accepted"], "paid", Who::Office),
        why("Q5", &["draft", "offered", "accepted"], "cancelled", Who::Office),
    ],
};

/// 差旅费报销单
pub(super) static EXPENSE_CLAIM: Lifecycle = Lifecycle {
    key: "expense_claim",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("returned", "退回修改", "Sent back", 1, Phase::Open),
        state("submitted", "已提交", "Handed in", 2, Phase::Submitted),
        state("checked", "已审核", "Checked", 3, Phase::Submitted),
        state("approved", "已批准", "Approved", 4, Phase::Submitted),
        state("cancelled", "已取消", "Cancelled", 5, Phase::Closed),
        state("paid", "已付款", "Paid", 6, Phase::Closed),
        state("archived", "已归档", "Archived", 7, Phase::Archived),
    ],
    transitions: &[
        step("E1", &["draft", "returned"], "submitted", Who::Field).sets(&["submitted_at"]),
        step("E2", &["submitted"], "checked", Who::Office).sets(&["checked_at", "checked_by"]),
        step("E3", &["checked"], "approved", Who::May(Approve))
            .sets(&["approved_at", "approved_by"])
            .checks(&[ExtrasApproved])
            .fixes(&["C70", "C71", "C75"]),
        step("E4", &["approved"], "paid", Who::Office).sets(&["paid_at", "paid_by"]),
        why("E5", &["submitted", "checked"], "returned", Who::Office),
        step("E6", &["paid"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
        why("E7", &["draft", "returned"], "cancelled", Who::Field),
    ],
};

/// 服务工作计划
pub(super) static SERVICE_PLAN: Lifecycle = Lifecycle {
    key: "service_plan",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("submitted", "待批准", "Awaiting approval", 1, Phase::Submitted),
        state("approved", "已批准", "Approved", 2, Phase::Submitted),
        state("completed", "已完成", "Completed", 3, Phase::Closed),
        state("archived", "已归档", "Archived", 4, Phase::Archived),
    ],
    transitions: &[
        step("SP1", &["draft"], "submitted", Who::Office).sets(&["prepared_at", "prepared_by"]),
        step("SP2", &["submitted"], "approved", Who::May(Approve)).sets(&["approved_at", "approved_by"]),
        why("SP2b", &["submitted", "approved"], "draft", Who::May(Approve)),
        step("SP3", &["approved"], "completed", Who::Office).fixes(&["C77"]),
        step("SP4", &["completed"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
    ],
};
