//! The lifecycle of a case of the library: domain catalogue 8.1.
//!
//! Verified means that a later project was seen to have avoided the problem. A case that no longer applies
//! is retired, not deleted.

use super::{Lifecycle, Phase, Who, state, step, why};
use crate::authz::Permission::Approve;

/// 案例
pub(super) static CASE: Lifecycle = Lifecycle {
    key: "case",
    initial: "draft",
    states: &[
        state("draft", "草稿", "Draft", 0, Phase::Open),
        state("published", "已发布", "Published", 1, Phase::Submitted),
        state("verified", "已复核", "Confirmed", 2, Phase::Submitted),
        state("retired", "已停用", "Retired", 3, Phase::Closed),
    ],
    transitions: &[
        step("AL1", &["draft"], "published", Who::May(Approve)).sets(&["published_at", "published_by"]),
        why("AL1b", &["published"], "draft", Who::Office),
        step("AL2", &["published"], "verified", Who::Office).sets(&["verified_at", "verified_by"]),
        why("AL3", &["draft", "published", "verified"], "retired", Who::Office),
        why("AL4", &["retired"], "draft", Who::Office),
    ],
};
