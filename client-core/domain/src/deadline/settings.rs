//! What an organisation changes about the rules: each can be switched off, given another limit, other
//! pauses or another start. A customer's contract changes limits for its own records only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::escalation::Ladder;
use super::limit::Limit;
use super::rules::{self, Mark, Pause, Rule, Timing};

/// Settings of all rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// By rule id; rules that are not named keep their defaults.
    pub rules: BTreeMap<String, RuleSetting>,
    /// The escalation ladder.
    pub ladder: Ladder,
    /// Service levels by the names that contracts give them (服务时限方案). A name that is not here stands for
    /// the catalogue's: respond in 30 minutes, on site in 2 hours, repaired in 4.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, Sla>,
}

/// What is different for one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleSetting {
    /// Whether the rule is used.
    pub on: bool,
    /// Another limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Another start, tried before the rule's own (A5: repair counted from `arrived`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Mark>,
    /// What stops the clock, instead of the rule's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pauses: Option<Vec<Pause>>,
}

impl Default for RuleSetting {
    fn default() -> Self {
        Self { on: true, limit: None, start: None, pauses: None }
    }
}

/// Service levels of a customer's contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sla {
    /// Limits by rule id; what is not named follows the settings.
    pub limits: BTreeMap<String, Limit>,
    /// Other starts by rule id.
    pub starts: BTreeMap<String, Mark>,
}

/// What is wrong with settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No rule has this id.
    #[error("no time limit is called {0}")]
    UnknownRule(String),
    /// The rule cannot be counted so: rule id, limit.
    #[error("{0} cannot be limited by {1}")]
    Limit(String, Limit),
    /// The escalation ladder does not rise, or reaches level 5 by itself.
    #[error("the escalation ladder does not rise from 100 per cent, or reaches level 5 by itself")]
    Ladder,
}

impl Settings {
    /// Says the first thing that makes no sense; evaluation itself passes over such entries.
    ///
    /// # Errors
    /// An unknown rule, a limit of the wrong sort, or a ladder that does not rise.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !self.ladder.is_sound() {
            return Err(SettingsError::Ladder);
        }
        let limits = self.rules.iter().map(|(id, setting)| (id, setting.limit));
        check_limits(limits)?;
        self.profiles.values().try_for_each(Sla::check)
    }

    pub(super) fn used(&self, rule: &Rule) -> bool {
        rule.timing != Timing::Standing && self.rules.get(rule.id).is_none_or(|s| s.on)
    }

    /// The limit of a rule as the organisation has it, contracts aside; `None` for what is no rule.
    #[must_use]
    pub fn limit_of(&self, rule: &str) -> Option<Limit> {
        rules::by_id(rule).map(|rule| self.limit(rule, None))
    }

    pub(super) fn limit(&self, rule: &Rule, sla: Option<&Sla>) -> Limit {
        let contract = sla.and_then(|sla| sla.limits.get(rule.id)).copied();
        let own = self.rules.get(rule.id).and_then(|s| s.limit);
        [contract, own].into_iter().flatten().find(|l| rule.accepts(*l)).unwrap_or(rule.limit)
    }

    pub(super) fn start(&self, rule: &Rule, sla: Option<&Sla>) -> Option<Mark> {
        let contract = sla.and_then(|sla| sla.starts.get(rule.id)).copied();
        contract.or_else(|| self.rules.get(rule.id)?.start)
    }

    pub(super) fn pauses<'a>(&'a self, rule: &Rule) -> &'a [Pause] {
        self.rules.get(rule.id).and_then(|s| s.pauses.as_deref()).unwrap_or(rule.pauses)
    }
}

impl Sla {
    /// Says the first thing that makes no sense.
    ///
    /// # Errors
    /// An unknown rule, or a limit of the wrong sort.
    pub fn check(&self) -> Result<(), SettingsError> {
        check_limits(self.limits.iter().map(|(id, limit)| (id, Some(*limit))))?;
        check_limits(self.starts.keys().map(|id| (id, None)))
    }
}

fn check_limits<'a>(
    mut limits: impl Iterator<Item = (&'a String, Option<Limit>)>,
) -> Result<(), SettingsError> {
    limits.try_for_each(|(id, limit)| {
        let rule = rules::by_id(id).ok_or_else(|| SettingsError::UnknownRule(id.clone()))?;
        match limit {
            Some(limit) if !rule.accepts(limit) => Err(SettingsError::Limit(id.clone(), limit)),
            _ => Ok(()),
        }
    })
}
