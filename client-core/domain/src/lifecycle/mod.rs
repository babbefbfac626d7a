//! Which status may follow which, and who may do it: tables, one per lifecycle, used by phone, office
//! and server alike. Which *fields* a step needs stands beside each field in the record schema
//! (`required = ["registered"]`).
//!
//! The status is not stored. It is a pure fold over the record's events; see [`fold`].

mod appraisal;
mod case;
mod check;
mod claim;
mod complaint;
mod corrective_action;
mod desk;
mod fold;
mod goods_return;
mod incident;
mod money;
mod part_order;
mod regulatory_report;
mod return_visit;
mod survey;
mod task;
mod visit;

use serde::Serialize;

use crate::authz::{Permission, Principal, Relation, Role};
use crate::schema::Label;

pub use check::Check;
pub use fold::{Event, Folded, Taken, basis, fold, taken};

/// A status.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// What is stored.
    pub code: &'static str,
    /// 中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
    /// Which of two simultaneous steps by people of equal standing shows: the higher one.
    pub rank: u8,
    /// What the status means for editing.
    pub phase: Phase,
}

/// What a status means for editing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not handed in: the creator's own fields are open.
    Open,
    /// Handed in: own fields are fixed, shared ones open.
    Submitted,
    /// Finished: evidence that arrives late is kept and marked.
    Closed,
    /// Filed: read-only.
    Archived,
}

/// Who may make a step.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// Office.
    Office,
    /// Office with a permission.
    May(Permission),
    /// Office, and engineers who made the record or are assigned to it.
    Field,
}

/// A step.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// Its number in the catalogue (`T2` …), for documents and tests.
    pub id: &'static str,
    /// Statuses it starts from.
    pub from: &'static [&'static str],
    /// The status it leads to.
    pub to: &'static str,
    /// Who may make it.
    pub who: Who,
    /// Whether it asks why.
    pub why: bool,
    /// Computed fields that it fills: `…_at` with its time, `…_by` with its author.
    pub sets: &'static [&'static str],
    /// What must hold besides the required fields.
    pub checks: &'static [Check],
    /// Formulas whose results stand from here on, whatever is set afterwards (`C07`): the step's event keeps their
    /// versions and settings ([`crate::derive::Basis`]).
    pub fixes: &'static [&'static str],
}

impl Transition {
    /// The step, filling these computed fields.
    const fn sets(mut self, fields: &'static [&'static str]) -> Self {
        self.sets = fields;
        self
    }
    /// The step, under these conditions.
    const fn checks(mut self, checks: &'static [Check]) -> Self {
        self.checks = checks;
        self
    }
    /// The step, after which the results of these formulas stand.
    const fn fixes(mut self, formulas: &'static [&'static str]) -> Self {
        self.fixes = formulas;
        self
    }
}

// The tables are read by people: one line a state, one line a step.

const fn state(code: &'static str, zh: &'static str, en: &'static str, rank: u8, phase: Phase) -> State {
    State { code, zh, en, rank, phase }
}

const fn step(id: &'static str, from: &'static [&'static str], to: &'static str, who: Who) -> Transition {
    Transition { id, from, to, who, why: false, sets: &[], checks: &[], fixes: &[] }
}

/// A step that asks why.
const fn why(id: &'static str, from: &'static [&'static str], to: &'static str, who: Who) -> Transition {
    Transition { id, from, to, who, why: true, sets: &[], checks: &[], fixes: &[] }
}

/// A lifecycle: states and steps.
#[derive(Debug)]
pub struct Lifecycle {
    /// Its key, as kinds name it.
    pub key: &'static str,
    /// The status of a new record.
    pub initial: &'static str,
    /// Its states.
    pub states: &'static [State],
    /// Its steps.
    pub transitions: &'static [Transition],
}

/// Every lifecycle.
static ALL: &[&Lifecycle] = &[
    &complaint::COMPLAINT,
    &visit::VISIT,
    &task::TASK,
    &return_visit::RETURN_VISIT,
    &return_visit::RETURN_VISIT_PLAN,
    &return_visit::RETURN_VISIT_REPORT,
    &desk::CALL_LOG,
    &desk::BOOKING,
    &part_order::PART_ORDER,
    &money::QUOTE,
    &money::EXPENSE_CLAIM,
    &money::SERVICE_PLAN,
    &desk::QUALITY_CHECK,
    &desk::REWORK,
    &desk::TOOL_LOAN,
    &desk::STAFF_QUALIFICATION,
    &desk::FORM_DEFINITION,
    &survey::SURVEY,
    &survey::SURVEY_CAMPAIGN,
    &corrective_action::CORRECTIVE_ACTION,
    &goods_return::GOODS_RETURN,
    &claim::CLAIM,
    &incident::INCIDENT,
    &case::CASE,
    &appraisal::KPI_SHEET,
    &appraisal::MONTHLY_SATISFACTION,
    &appraisal::PENALTY_REWARD,
    &regulatory_report::REGULATORY_REPORT,
];

/// Every lifecycle.
#[must_use]
pub fn all() -> &'static [&'static Lifecycle] {
    ALL
}

/// The lifecycle with this key.
#[must_use]
pub fn by_key(key: &str) -> Option<&'static Lifecycle> {
    all().iter().copied().find(|l| l.key == key)
}

impl Lifecycle {
    /// The state with this code.
    #[must_use]
    pub fn state(&self, code: &str) -> Option<&'static State> {
        self.states.iter().find(|s| s.code == code)
    }
    /// The step from one status to another.
    #[must_use]
    pub fn step(&self, from: &str, to: &str) -> Option<&'static Transition> {
        self.transitions.iter().find(|t| t.to == to && t.from.contains(&from))
    }
    /// Whether it has this status, or a step with this id.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.state(name).is_some() || self.transitions.iter().any(|t| t.id == name)
    }
    /// The steps that lead away from a status.
    pub fn steps_from<'a>(&self, from: &'a str) -> impl Iterator<Item = &'static Transition> + use<'a> {
        self.transitions.iter().filter(move |t| t.from.contains(&from))
    }
    /// What a status means for editing; one that a newer version added is taken as handed in.
    #[must_use]
    pub fn phase(&self, code: &str) -> Phase {
        self.state(code).map_or(Phase::Submitted, |s| s.phase)
    }
    /// The lifecycle as the API shows it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let label = |s: &State| Label { zh: s.zh.to_owned(), en: s.en.to_owned() };
        serde_json::json!({
            "initial": self.initial,
            "states": self.states.iter().map(|s| serde_json::json!({
                "code": s.code, "label": label(s), "phase": s.phase,
            })).collect::<Vec<_>>(),
            "transitions": self.transitions.iter().map(|t| serde_json::json!({
                "id": t.id, "from": t.from, "to": t.to, "who": t.who.words(), "why": t.why,
                "sets": t.sets, "checks": t.checks, "fixes": t.fixes,
            })).collect::<Vec<_>>(),
        })
    }
}

impl Who {
    /// Whether this person, standing so to the record, may make the step.
    #[must_use]
    pub fn includes(self, person: &Principal, relation: Relation) -> bool {
        match (person.role, self) {
            (Role::Admin, _) | (Role::Office, Self::Office | Self::Field) => true,
            (Role::Office, Self::May(permission)) => person.may(permission),
            (Role::Engineer, Self::Field) => relation != Relation::None,
            (Role::Engineer, _) => false,
        }
    }

    fn words(self) -> Vec<String> {
        match self {
            Self::Office => vec!["office".into()],
            Self::May(p) => vec![format!("office:{}", p.as_str())],
            Self::Field => vec!["engineer".into(), "office".into()],
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn tables_are_sound() {
        for cycle in all() {
            assert!(cycle.state(cycle.initial).is_some());
            let mut codes = BTreeSet::new();
            for state in cycle.states {
                assert!(codes.insert(state.code), "{} twice", state.code);
                assert!(!state.zh.is_empty() && !state.en.is_empty());
            }
            let mut pairs = BTreeSet::new();
            for step in cycle.transitions {
                assert!(codes.contains(step.to), "{}", step.id);
                for from in step.from {
                    assert!(codes.contains(from), "{} from {from}", step.id);
                    assert!(pairs.insert((from, step.to)), "{from} → {} twice", step.to);
                }
            }
            // No dead end before the end, and nothing unreachable.
            let mut reached = BTreeSet::from([cycle.initial]);
            loop {
                let before = reached.len();
                for step in cycle.transitions {
                    if step.from.iter().any(|f| reached.contains(f)) {
                        reached.insert(step.to);
                    }
                }
                if reached.len() == before {
                    break;
                }
            }
            assert_eq!(reached.len(), cycle.states.len(), "unreachable states in {}", cycle.key);
        }
    }
}
