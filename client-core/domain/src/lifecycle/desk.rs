//! Lifecycles of the service desk and the workshop: calls noted, bookings, inspections, rework, tools,
//! qualifications and the forms themselves (domain catalogue 2B-11, F28, F62, F64 and F69).

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Close};

/// 来电来函登记
pub(super) static CALL_LOG: Lifecycle = Lifecycle {
    key: "call_log",
    initial: "noted",
    states: &[
        state("noted", "已登记", "Noted", 0, Phase::Open),
        state("forwarded", "已转办", "Forwarded", 1, Phase::Open),
        state("handled", "已办结", "Handled", 2, Phase::Closed),
    ],
    transitions: &[
        step("N1", &["noted"], "forwarded", Who::Field).sets(&["forwarded_at"]),
        step("N2", &["noted", "forwarded"], "handled", Who::Field).sets(&["handled_at"]),
        why("N3", &["handled"], "noted", Who::Office),
    ],
};

/// 维修预约
pub(super) static BOOKING: Lifecycle = Lifecycle {
    key: "booking",
    initial: "requested",
    states: &[
        state("requested", "已登记", "Requested", 0, Phase::Open),
        state("confirmed", "已确认", "Confirmed", 1, Phase::Open),
        state("arrived", "已到店", "Arrived", 2, Phase::Submitted),
        state("no_show", "未到店", "Did not come", 3, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 4, Phase::Closed),
        state("handed_over", "已交车", "Handed over", 5, Phase::Closed),
    ],
    transitions: &[
        step("BK1", &["requested"], "confirmed", Who::Office).sets(&["confirmed_at"]),
        step("BK2", &["confirmed"], "arrived", Who::Field).sets(&["arrived_at"]),
        step("BK3", &["arrived"], "handed_over", Who::Field).sets(&["handed_over_at"]),
        step("BK4", &["confirmed"], "no_show", Who::Office),
        // Comes on another day.
        why("BK4b", &["no_show"], "requested", Who::Office),
        why("BK5", &["requested", "confirmed"], "cancelled", Who::Field),
    ],
};

/// 质检单
pub(super) static QUALITY_CHECK: Lifecycle = Lifecycle {
    key: "quality_check",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("checked", "已检验", "Checked", 1, Phase::Closed),
        state("archived", "已归档", "Archived", 2, Phase::Archived),
    ],
    transitions: &[
        step("QC1", &["draft"], "checked", Who::Field).sets(&["signed_at", "signed_by"]),
        why("QC1b", &["checked"], "draft", Who::Office),
        step("QC2", &["checked"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
    ],
};

/// 返修单
pub(super) static REWORK: Lifecycle = Lifecycle {
    key: "rework",
    initial: "open",
    states: &[
        state("open", "返修中", "Open", 0, Phase::Open),
        state("repaired", "已返修", "Repaired", 1, Phase::Submitted),
        state("tech_signed", "技术主管已签", "Signed by the technical head", 2, Phase::Submitted),
        state("closed", "服务经理已签", "Signed by the service manager", 3, Phase::Closed),
    ],
    transitions: &[
        step("X1", &["open"], "repaired", Who::Office),
        step("X2", &["repaired"], "tech_signed", Who::Office).sets(&["tech_manager_at", "tech_manager_by"]),
        step("X3", &["tech_signed"], "closed", Who::May(Approve))
            .sets(&["service_manager_at", "service_manager_by"]),
        why("X4", &["repaired", "tech_signed"], "open", Who::Office),
    ],
};

/// 专用工具借用
pub(super) static TOOL_LOAN: Lifecycle = Lifecycle {
    key: "tool_loan",
    initial: "out",
    states: &[
        state("out", "借出", "Out", 0, Phase::Open),
        state("lost", "遗失", "Lost", 1, Phase::Closed),
        state("returned", "已归还", "Returned", 2, Phase::Closed),
    ],
    transitions: &[
        step("TL1", &["out", "lost"], "returned", Who::Office).sets(&["received_by"]),
        why("TL2", &["out"], "lost", Who::Office),
    ],
};

/// 人员资质
pub(super) static STAFF_QUALIFICATION: Lifecycle = Lifecycle {
    key: "staff_qualification",
    initial: "draft",
    states: &[
        state("draft", "待评定", "To be rated", 0, Phase::Open),
        state("issued", "有效", "In force", 1, Phase::Submitted),
        state("ended", "已失效", "Ended", 2, Phase::Closed),
    ],
    transitions: &[
        step("SQ1", &["draft"], "issued", Who::May(Approve)).sets(&["approved_at", "approved_by"]),
        why("SQ1b", &["issued"], "draft", Who::May(Approve)),
        // Expired, replaced by a new rating, or withdrawn.
        why("SQ2", &["issued"], "ended", Who::Office),
    ],
};

/// 表单定义
pub(super) static FORM_DEFINITION: Lifecycle = Lifecycle {
    key: "form_definition",
    initial: "draft",
    states: &[
        state("draft", "编制中", "Draft", 0, Phase::Open),
        state("submitted", "待审核", "To be reviewed", 1, Phase::Submitted),
        state("reviewed", "待批准", "To be approved", 2, Phase::Submitted),
        state("in_force", "有效", "In force", 3, Phase::Submitted),
        state("withdrawn", "作废", "Withdrawn", 4, Phase::Closed),
    ],
    transitions: &[
        step("FD1", &["draft"], "submitted", Who::Office).sets(&["prepared_at", "prepared_by"]),
        step("FD2", &["submitted"], "reviewed", Who::Office).sets(&["reviewed_at", "reviewed_by"]),
        step("FD3", &["reviewed"], "in_force", Who::May(Approve)).sets(&["approved_at", "approved_by"]),
        why("FD3b", &["submitted", "reviewed"], "draft", Who::Office),
        step("FD4", &["in_force"], "withdrawn", Who::Office),
    ],
};
