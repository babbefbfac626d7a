//! The lifecycle of a return of goods: domain catalogue 3.12 and 4.5.
//!
//! Sorting at the customer's replaces the way back, or comes before it. Goods repaired at the factory go the
//! same way with `disposition = repair_at_factory`.

use super::Check::{RecheckPassed, SortingAllowed};
use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::{Approve, Close};

const CLOSED: &[&str] = &["closed_at", "closed_by"];

/// 退货
pub(super) static GOODS_RETURN: Lifecycle = Lifecycle {
    key: "goods_return",
    initial: "requested",
    states: &[
        state("requested", "已申请", "Requested", 0, Phase::Open),
        state("agreed", "已同意", "Agreed", 1, Phase::Open),
        state("onsite_sorting", "现场分选中", "Sorting on site", 2, Phase::Open),
        state("in_transit", "退回途中", "On the way back", 3, Phase::Open),
        state("received", "已收货", "Received", 4, Phase::Submitted),
        state("inspected", "已检验", "Inspected", 5, Phase::Submitted),
        state("reviewed", "品质已审核", "Reviewed", 6, Phase::Submitted),
        state("approved", "领导已批准", "Approved", 7, Phase::Submitted),
        state("executing", "执行中", "Carrying out", 8, Phase::Submitted),
        state("rechecked", "已抽检", "Rechecked", 9, Phase::Submitted),
        state("scrapped", "已报废", "Scrapped", 10, Phase::Submitted),
        state("stocked", "已入库", "Stocked", 11, Phase::Submitted),
        state("cancelled", "已取消", "Cancelled", 12, Phase::Closed),
        state("closed", "已结案", "Closed", 13, Phase::Closed),
    ],
    transitions: &[
        step("G1", &["requested"], "agreed", Who::Office),
        step("G2", &["agreed"], "onsite_sorting", Who::Office).checks(&[SortingAllowed]),
        step("G3", &["agreed", "onsite_sorting"], "in_transit", Who::Office),
        // Sorted and reworked at the customer's; nothing came back.
        step("G3c", &["onsite_sorting"], "closed", Who::May(Close)).sets(CLOSED),
        // People bring the defects with them.
        step("G4", &["in_transit", "onsite_sorting", "agreed"], "received", Who::Office),
        step("G5", &["received"], "inspected", Who::Office),
        step("G6", &["inspected"], "reviewed", Who::Office)
            .sets(&["quality_reviewed_at", "quality_reviewed_by"]),
        why("G6b", &["inspected", "reviewed"], "received", Who::Office),
        step("G7", &["reviewed"], "approved", Who::May(Approve)).sets(&["approved_at", "approved_by"]),
        why("G7b", &["reviewed"], "inspected", Who::May(Approve)),
        step("G8", &["approved"], "executing", Who::Office),
        step("G9", &["executing"], "rechecked", Who::Office),
        why("G9b", &["rechecked"], "executing", Who::Office),
        step("G10", &["rechecked"], "stocked", Who::Office).checks(&[RecheckPassed]),
        step("G11", &["executing", "rechecked"], "scrapped", Who::Office),
        step("G12", &["executing", "rechecked", "stocked", "scrapped"], "closed", Who::May(Close))
            .sets(CLOSED)
            .checks(&[RecheckPassed]),
        why(
            "G13",
            &["requested", "agreed", "onsite_sorting", "in_transit", "received", "inspected", "reviewed"],
            "cancelled",
            Who::May(Close),
        ),
    ],
};
