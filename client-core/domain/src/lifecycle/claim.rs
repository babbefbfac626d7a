//! The lifecycle of a list of claimed warranty parts: domain catalogue 3.16 and 4.7.
//!
//! A part is labelled and confirmed with the visit that replaced it; here it has been reported already.

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::Close;

/// 三包索赔
pub(super) static CLAIM: Lifecycle = Lifecycle {
    key: "claim",
    initial: "reported",
    states: &[
        state("reported", "已反馈", "Reported", 0, Phase::Open),
        state("packed", "已装箱", "Packed", 1, Phase::Open),
        state("shipped", "已返厂", "Shipped", 2, Phase::Submitted),
        state("difference", "数量不符", "Quantity differs", 3, Phase::Submitted),
        state("counted", "已核对", "Counted", 4, Phase::Submitted),
        state("inspected", "已检查", "Inspected", 5, Phase::Submitted),
        state("rejected", "不予兑换", "Refused", 6, Phase::Submitted),
        state("exchanged", "已兑换", "Exchanged", 7, Phase::Submitted),
        state("cancelled", "已取消", "Cancelled", 8, Phase::Closed),
        state("closed", "已结案", "Closed", 9, Phase::Closed),
    ],
    transitions: &[
        step("W1", &["reported"], "packed", Who::Office).sets(&["packed_at"]),
        why("W1b", &["packed"], "reported", Who::Office),
        step("W2", &["packed"], "shipped", Who::Office),
        step("W3", &["shipped"], "counted", Who::Office),
        step("W3b", &["shipped"], "difference", Who::Office),
        step("W4", &["difference"], "counted", Who::Office),
        step("W5", &["counted"], "inspected", Who::Office).sets(&["inspected_at", "inspected_by"]),
        step("W6", &["inspected"], "exchanged", Who::Office).sets(&["exchanged_at"]),
        why("W6b", &["inspected"], "rejected", Who::Office),
        // The station sent its feedback after all.
        why("W6c", &["rejected"], "inspected", Who::Office),
        step("W7", &["exchanged", "rejected"], "closed", Who::May(Close)).sets(&["closed_at", "closed_by"]),
        why("W8", &["reported", "packed"], "cancelled", Who::Office),
    ],
};
