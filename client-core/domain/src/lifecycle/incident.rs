//! The lifecycle of a mass incident: domain catalogue 4.1.5.

use super::{Lifecycle, Phase, Who, state, step, why};

/// 集中性事件
pub(super) static INCIDENT: Lifecycle = Lifecycle {
    key: "incident",
    initial: "open",
    states: &[
        state("open", "进行中", "Going on", 0, Phase::Open),
        state("closed", "已结束", "Over", 1, Phase::Closed),
    ],
    transitions: &[
        step("I1", &["open"], "closed", Who::Office).sets(&["closed_at", "closed_by"]),
        why("I2", &["closed"], "open", Who::Office),
    ],
};
