//! The lifecycles of an answer sheet and of a round of sheets: domain catalogue 2B-4 and 4.9.
//!
//! Whoever holds the phone hands the sheet in. There is no way back to 草稿: what the customer said stands,
//! and the office corrects with a reason.

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Close};

/// Validity and scoring; a sheet's questionnaire says which of them it uses.
const SCORING: &[&str] = &["C03", "C04", "C05", "C06", "C08", "C09", "C10", "C11", "C12", "C13"];

/// 满意度调查
pub(super) static SURVEY: Lifecycle = Lifecycle {
    key: "survey",
    initial: "draft",
    states: &[
        state("draft", "填写中", "Being filled in", 0, Phase::Open),
        state("given", "已填写", "Filled in", 1, Phase::Submitted),
        state("reviewed", "已审核", "Reviewed", 2, Phase::Closed),
        state("voided", "作废", "Void", 3, Phase::Closed),
        state("archived", "已归档", "Archived", 4, Phase::Archived),
    ],
    transitions: &[
        step("S1", &["draft"], "given", Who::Field).sets(&["given_at", "given_by"]).fixes(SCORING),
        step("S2", &["given"], "reviewed", Who::Office).sets(&["reviewed_at", "reviewed_by"]),
        step("S3", &["reviewed", "voided"], "archived", Who::May(Close))
            .sets(&["archived_at", "archived_by"]),
        why("S4", &["draft"], "voided", Who::Field),
        why("S4b", &["given", "reviewed"], "voided", Who::Office),
    ],
};

/// 调查批次
pub(super) static SURVEY_CAMPAIGN: Lifecycle = Lifecycle {
    key: "survey_campaign",
    initial: "planned",
    states: &[
        state("planned", "计划中", "Planned", 0, Phase::Open),
        state("running", "调查中", "Running", 1, Phase::Open),
        state("evaluated", "已统计", "Evaluated", 2, Phase::Submitted),
        state("reported", "已上报", "Reported", 3, Phase::Submitted),
        state("reviewed", "已审批", "Approved", 4, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 5, Phase::Closed),
        state("archived", "已归档", "Archived", 6, Phase::Archived),
    ],
    transitions: &[
        step("SC1", &["planned"], "running", Who::Office).sets(&["started_at"]),
        step("SC2", &["running"], "evaluated", Who::Office).sets(&["evaluated_at"]),
        why("SC2b", &["evaluated"], "running", Who::Office),
        step("SC3", &["evaluated"], "reported", Who::Office).sets(&["reported_at", "reported_by"]),
        step("SC4", &["reported"], "reviewed", Who::May(Approve)).sets(&["reviewed_at", "reviewed_by"]),
        why("SC4b", &["reported"], "evaluated", Who::May(Approve)),
        step("SC5", &["reviewed"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
        why("SC6", &["planned", "running"], "cancelled", Who::Office),
    ],
};
