//! The escalation ladder (domain catalogue 4.1.4): how high a matter stands, from 0 to 5.
//!
//! | level | who | reached |
//! |---|---|---|
//! | 0 | 经办人 the handler | – |
//! | 1 | 部门负责人 the department's head | all of the allowed time is used |
//! | 2 | 分管领导 the leader in charge | half as much again; serious complaints start here; second dissatisfaction |
//! | 3 | 总经理 the general manager | twice the allowed time |
//! | 4 | 体系及品质总监 the quality director | three days after level 3; grave complaints are reported here directly |
//! | 5 | 董事长 the chairman | by hand only |
//!
//! No source gives hours or shares: all numbers are settings.

use serde::{Deserialize, Serialize};

use super::calendar::HOUR;

/// How serious a complaint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 一般
    General,
    /// 严重
    Serious,
    /// 重大
    Major,
}

impl Severity {
    /// The severity with this code of the list `severity`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "general" => Some(Self::General),
            "serious" => Some(Self::Serious),
            "major" => Some(Self::Major),
            _ => None,
        }
    }
}

/// The ladder's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ladder {
    /// Shares of the allowed time, in per cent, at which levels 1, 2 and 3 are reached.
    pub percent: [u32; 3],
    /// Calendar days of 24 hours after level 3 at which level 4 is reached.
    pub days_to_level_4: u32,
    /// Where serious complaints start.
    pub serious: u8,
    /// Where grave complaints start.
    pub major: u8,
    /// Where a complaint stands once the customer has been dissatisfied twice.
    pub dissatisfied_twice: u8,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { percent: [100, 150, 200], days_to_level_4: 3, serious: 2, major: 4, dissatisfied_twice: 2 }
    }
}

impl Ladder {
    /// Whether the shares rise and no level is above 4, which only people reach.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.percent.is_sorted()
            && self.percent[0] >= 100
            && self.percent[2] <= 10_000
            && self.days_to_level_4 <= 3660
            && [self.serious, self.major, self.dissatisfied_twice].iter().all(|l| *l <= 4)
    }
}

/// What raises a matter whatever the clock says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Severity, for complaints.
    pub severity: Option<Severity>,
    /// How often the customer was dissatisfied with the handling.
    pub dissatisfied: u32,
    /// The level that a person set.
    pub manual: u8,
}

/// How much of a missed deadline's time is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Used so far, in milliseconds on the deadline's clock.
    pub elapsed: i64,
    /// Allowed, on the same clock.
    pub allowed: i64,
    /// Milliseconds of real time since the share of level 3 was reached, where it was.
    pub since_level_3: Option<i64>,
}

/// The level, 0 to 5. `used` is `None` unless the deadline is missed: time raises nothing before.
#[must_use]
pub fn level(ladder: &Ladder, standing: &Standing, used: Option<Used>) -> u8 {
    let by_severity = match standing.severity {
        Some(Severity::Serious) => ladder.serious,
        Some(Severity::Major) => ladder.major,
        Some(Severity::General) | None => 0,
    };
    let by_customer = if standing.dissatisfied >= 2 { ladder.dissatisfied_twice } else { 0 };
    let by_time = used.map_or(0, |used| by_time(ladder, used));
    by_severity.max(by_customer).min(4).max(by_time).max(standing.manual.min(5))
}

fn by_time(ladder: &Ladder, used: Used) -> u8 {
    // An appointment without tolerance has no time of which to use a share: late is level 1.
    if used.allowed <= 0 {
        return 1;
    }
    let reached =
        |percent: u32| i128::from(used.elapsed) * 100 >= i128::from(used.allowed) * i128::from(percent);
    let by_share = ladder.percent.iter().filter(|p| reached(**p)).count();
    let waited = i64::from(ladder.days_to_level_4) * 24 * HOUR;
    match by_share {
        0 => 0,
        1 => 1,
        2 => 2,
        _ if used.since_level_3.is_some_and(|since| since >= waited) => 4,
        _ => 3,
    }
}
