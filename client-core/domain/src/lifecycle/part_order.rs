//! The lifecycle of a part order: domain catalogue 3.12 and 4.6.

use super::{Lifecycle, Phase, Who, state, step, why};

/// 工作联络单
pub(super) static PART_ORDER: Lifecycle = Lifecycle {
    key: "part_order",
    initial: "needed",
    states: &[
        state("needed", "需求", "Needed", 0, Phase::Open),
        state("planned", "计划", "Planned", 1, Phase::Submitted),
        state("in_production", "生产/采购中", "Being made or bought", 2, Phase::Submitted),
        state("stocked", "入库", "In stock", 3, Phase::Submitted),
        state("shipped", "已发货", "Shipped", 4, Phase::Submitted),
        state("received", "客户签收", "Received", 5, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 6, Phase::Closed),
    ],
    transitions: &[
        step("P1", &["needed"], "planned", Who::Office),
        why("P1b", &["planned"], "needed", Who::Office),
        step("P2", &["planned"], "in_production", Who::Office),
        // What lies in the store is neither made nor bought.
        step("P3", &["planned", "in_production"], "stocked", Who::Office).sets(&["stocked_at"]),
        step("P4", &["stocked"], "shipped", Who::Office),
        // Who is with the customer confirms the receipt.
        step("P5", &["shipped"], "received", Who::Field),
        why("P6", &["needed"], "cancelled", Who::Field),
        why("P6b", &["planned", "in_production", "stocked"], "cancelled", Who::Office),
    ],
};
