//! The lifecycle of a task: domain catalogue 3.12 and 4.4.
//!
//! 出发 and 到达 may be pressed without 接单, as with visits. A task that is answered by telephone or
//! letter is done without anybody going (4.4, triage a).

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::Close;

const DISPATCH: &[&str] = &["dispatched_at", "dispatched_by"];

/// 任务
pub(super) static TASK: Lifecycle = Lifecycle {
    key: "task",
    initial: "planned",
    states: &[
        state("planned", "已计划", "Planned", 0, Phase::Open),
        state("dispatched", "已派工", "Dispatched", 1, Phase::Open),
        state("accepted", "已接单", "Accepted", 2, Phase::Open),
        state("en_route", "途中", "On the way", 3, Phase::Open),
        state("on_site", "现场处理中", "On site", 4, Phase::Open),
        state("awaiting_parts", "待件", "Waiting for parts", 5, Phase::Open),
        state("awaiting_factory", "待返厂", "Waiting for the factory", 6, Phase::Open),
        state("done", "已完成", "Done", 7, Phase::Submitted),
        state("reviewed", "已审核", "Reviewed", 8, Phase::Closed),
        state("cancelled", "已取消", "Cancelled", 9, Phase::Closed),
        state("archived", "已归档", "Archived", 10, Phase::Archived),
    ],
    transitions: &[
        step("K1", &["planned"], "dispatched", Who::Office).sets(DISPATCH),
        // Handed back: not reachable, not qualified, or taken off for another job.
        why("K1b", &["dispatched", "accepted"], "planned", Who::Field),
        step("K2", &["dispatched"], "accepted", Who::Field).sets(&["accepted_at"]),
        why("K2b", &["accepted"], "dispatched", Who::Office).sets(DISPATCH),
        step("K3", &["dispatched", "accepted", "awaiting_parts", "awaiting_factory"], "en_route", Who::Field),
        step(
            "K4",
            &["dispatched", "accepted", "en_route", "awaiting_parts", "awaiting_factory"],
            "on_site",
            Who::Field,
        ),
        step("K5", &["on_site"], "awaiting_parts", Who::Field),
        step("K6", &["on_site"], "awaiting_factory", Who::Field),
        step("K7", &["on_site", "awaiting_factory"], "done", Who::Field).sets(&["done_at"]),
        why("K7b", &["planned", "dispatched", "accepted"], "done", Who::Office).sets(&["done_at"]),
        step("K8", &["done"], "reviewed", Who::Office).sets(&["reviewed_at", "reviewed_by"]),
        why("K8b", &["done"], "on_site", Who::Office),
        step("K9", &["reviewed"], "archived", Who::May(Close)).sets(&["archived_at", "archived_by"]),
        why(
            "K10",
            &[
                "planned",
                "dispatched",
                "accepted",
                "en_route",
                "on_site",
                "awaiting_parts",
                "awaiting_factory",
            ],
            "cancelled",
            Who::Office,
        ),
    ],
};
