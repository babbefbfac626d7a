//! Lists of deadlines, the same on server and phone: what a list asks for, and the form of its items.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::rules;
use super::{Deadline, State};
use crate::time::Timestamp;

/// What a list of deadlines asks for. Empty parts ask for everything; done deadlines are never listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// States.
    pub states: Vec<State>,
    /// Kinds of record.
    pub kinds: Vec<String>,
    /// Rules, by their ids.
    pub rules: Vec<String>,
    /// At least this level.
    pub level: u8,
    /// Due at this time or earlier; what has no due time is left out then.
    pub before: Option<Timestamp>,
}

impl Filter {
    /// Whether an open deadline of a record of this kind is asked for.
    #[must_use]
    pub fn takes(&self, kind: &str, deadline: &Deadline) -> bool {
        deadline.is_open()
            && (self.states.is_empty() || self.states.contains(&deadline.state))
            && (self.kinds.is_empty() || self.kinds.iter().any(|k| k == kind))
            && (self.rules.is_empty() || self.rules.iter().any(|r| r == deadline.rule))
            && deadline.level >= self.level
            && self.before.is_none_or(|before| deadline.due.is_some_and(|due| due <= before))
    }
}

impl Deadline {
    /// The deadline as API and command line show it: `rule`, `label`, `owes` (who), `round`, `due`,
    /// `state`, `started`, `stopped`, `elapsed` and `allowed` (milliseconds, or a count), `basis`,
    /// `level`, `provisional`.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Json> {
        let rule = rules::by_id(self.rule);
        let owes = rule.map(|rule| {
            let label = rule.owner.label();
            json!({ "code": rule.owner, "zh": label.zh, "en": label.en })
        });
        let mut out = Map::new();
        out.insert("rule".into(), json!(self.rule));
        out.insert("label".into(), json!(rule.map(rules::Rule::label)));
        out.insert("owes".into(), json!(owes));
        out.insert("round".into(), json!(self.round));
        out.insert("due".into(), json!(self.due));
        out.insert("state".into(), json!(self.state));
        out.insert("started".into(), json!(self.started));
        out.insert("stopped".into(), json!(self.stopped));
        out.insert("elapsed".into(), json!(self.elapsed));
        out.insert("allowed".into(), json!(self.allowed));
        out.insert("basis".into(), json!(self.basis));
        out.insert("level".into(), json!(self.level));
        out.insert("provisional".into(), json!(self.provisional));
        out
    }
}
