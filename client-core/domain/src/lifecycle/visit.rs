//! The lifecycle of an on-site visit: domain catalogue 3.12 and 4.4.
//!
//! Steps may be skipped on the way to the customer: an engineer with gloves on does not press
//! 出发 and 到达 separately, and unplanned visits start on site.

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::Close;

/// 现场服务
pub(super) static VISIT: Lifecycle = Lifecycle {
    key: "visit",
    initial: "planned",
    states: &[
        state("planned", "已计划", "Planned", 0, Phase::Open),
        state("dispatched", "已派工", "Dispatched", 1, Phase::Open),
        state("accepted", "已接单", "Accepted", 2, Phase::Open),
        state("en_route", "途中", "On the way", 3, Phase::Open),
        state("on_site", "现场处理中", "On site", 4, Phase::Open),
        state("awaiting_parts", "待件", "Waiting for parts", 5, Phase::Open),
        state("awaiting_factory", "待返厂", "Waiting for the factory", 6, Phase::Open),
        state("done", "已完工", "Done", 7, Phase::Submitted),
        state("reviewed", "已审核", "Reviewed", 8, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 9, Phase::Closed),
        state("archived", "已归档", "Archived", 10, Phase::Archived),
    ],
    transitions: &[
        step("V1", &["planned"], "dispatched", Who::Office),
        step("V2", &["planned", "dispatched"], "accepted", Who::Field),
        step(
            "V3",
            &["planned", "dispatched", "accepted", "awaiting_parts", "awaiting_factory"],
            "en_route",
            Who::Field,
        ),
        step(
            "V4",
            &["planned", "dispatched", "accepted", "en_route", "awaiting_parts", "awaiting_factory"],
            "on_site",
            Who::Field,
        ),
        step("V5", &["on_site"], "awaiting_parts", Who::Field),
        step("V6", &["on_site"], "awaiting_factory", Who::Field),
        step("V7", &["on_site"], "done", Who::Field),
        step("V8", &["done"], "reviewed", Who::Office).sets(&["reviewed_at", "reviewed_by"]).fixes(&["C42"]),
        why("V8b", &["done"], "on_site", Who::Office),
        step("V9", &["reviewed"], "archived", Who::May(Close)),
        why("V10", &["planned", "dispatched", "accepted", "en_route"], "cancelled", Who::Field),
        why("V10b", &["on_site", "awaiting_parts", "awaiting_factory"], "cancelled", Who::Office),
    ],
};
