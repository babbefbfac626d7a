//! How often a customer is visited (A7, L23–L26, L29): one answer for the customer's page, the plan of return-visits
//! and the list of deadlines.

use serde::{Deserialize, Serialize};

use super::rules::Cycle as Said;
use crate::calc::return_visit::{Cycle, CycleSettings};

/// Customers of these tiers or types are key accounts (L24).
const KEY_ACCOUNTS: [&str; 3] = ["key_account", "special", "vip"];
/// The code of the list `return_visit_cycle` for customers that are visited only when they ask.
const NONE: &str = "none";

/// What a customer is visited as whose file names no cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 例行 (L23)
    Routine,
    /// 大客户 (L24)
    KeyAccount,
}

impl Tier {
    /// What the organisation set for the tier.
    #[must_use]
    pub fn cycle(self, settings: &CycleSettings) -> &Cycle {
        match self {
            Self::Routine => &settings.routine,
            Self::KeyAccount => &settings.key_account,
        }
    }
}

impl Said {
    /// The period that the word names; a season is a quarter, until somebody says which months.
    #[must_use]
    pub fn period(self) -> Cycle {
        match self {
            Self::Weekly => Cycle::CalendarWeek,
            Self::Monthly => Cycle::CalendarMonth,
            Self::Quarterly | Self::Seasonal => Cycle::CalendarQuarter,
            Self::HalfYearly => Cycle::Months(6),
            Self::Yearly => Cycle::Months(12),
        }
    }
}

/// What a customer's file says: the cycle that it names (a code of the list `return_visit_cycle`), else what the
/// customer is visited as. Neither for customers that are visited only when they ask.
#[must_use]
pub fn of_file(code: &str, tier: &str, customer_type: &str) -> (Option<Said>, Option<Tier>) {
    let key_account = KEY_ACCOUNTS.contains(&tier) || KEY_ACCOUNTS.contains(&customer_type);
    match Said::from_code(code) {
        Some(said) => (Some(said), None),
        None if code == NONE => (None, None),
        None if key_account => (None, Some(Tier::KeyAccount)),
        None => (None, Some(Tier::Routine)),
    }
}

/// The cycle by which a customer is visited whose file says this ([`of_file`]).
#[must_use]
pub fn cycle(settings: &CycleSettings, said: Option<Said>, tier: Option<Tier>) -> Cycle {
    match (said, tier) {
        (Some(said), _) => said.period(),
        (None, Some(tier)) => tier.cycle(settings).clone(),
        (None, None) => Cycle::OnRequest,
    }
}
