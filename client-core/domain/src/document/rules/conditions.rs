//! The closure conditions of domain catalogue 4.1.2, and the order of dissatisfaction and leader's decision (T14,
//! T15), and expenses that need prior approval (4.8). A condition about fields that the kind does not have holds.

use super::{Ground, Linked};
use crate::derive::dissatisfied_count;
use crate::keys::{complaint, corrective_action, expense_claim, goods_return, handling};
use crate::lifecycle::{Check, Transition};
use crate::value::Value;

/// The list whose codes say which expenses need prior approval.
const EXPENSE_CATEGORY: &str = "expense_category";
/// Statuses of a corrective action before the leader has reviewed it.
const NOT_REVIEWED: [&str; 3] = ["open", "answered", "ineffective"];
/// Statuses of a corrective action whose effect is proven.
const EFFECTIVE: [&str; 2] = ["effective", "closed"];
/// Statuses of a return before somebody decided what happens to the goods.
const NOT_SETTLED: [&str; 7] =
    ["requested", "agreed", "onsite_sorting", "in_transit", "received", "inspected", "reviewed"];
/// The status in which the customer gets the reply.
const REPLIED: &str = "replied";

impl Ground<'_> {
    /// The conditions of a step that do not hold, in the table's order.
    #[must_use]
    pub fn unmet(&self, step: &Transition) -> Vec<Check> {
        let closure = &self.schema.settings().closure;
        let asked = |check: &Check| {
            !closure.off.contains(check.as_str())
                && (step.to != REPLIED || closure.require_lot_verification_before_reply)
        };
        step.checks.iter().copied().filter(asked).filter(|check| !self.meets(*check)).collect()
    }

    fn meets(&self, check: Check) -> bool {
        match check {
            Check::CustomerHeard => self.customer_heard(),
            Check::MeasuresReviewed => {
                self.linked(corrective_action::KIND).all(|l| !NOT_REVIEWED.contains(&l.status.as_str()))
            }
            Check::LotsVerified => self.lots_verified(),
            Check::ReturnsSettled => {
                self.linked(goods_return::KIND).all(|l| !NOT_SETTLED.contains(&l.status.as_str()))
            }
            Check::PenaltiesSettled => {
                self.value(handling::PENALTY_PROPOSAL).is_empty()
                    || !self.value(handling::PENALTY_EXECUTED_AT).is_empty()
                    || !self.value(handling::ACCOUNTABILITY).is_empty()
            }
            Check::RegulatorTold => {
                self.value(handling::REGULATORY_REPORTABLE) != &Value::Bool(true)
                    || !self.value(handling::REPORTED_AT).is_empty()
            }
            Check::FirstDissatisfaction => dissatisfied_count(self.kind, self.view) == 0,
            Check::SecondDissatisfaction => dissatisfied_count(self.kind, self.view) >= 1,
            Check::ExtrasApproved => self.extras_approved(),
        }
    }

    /// Lines that the office approves, of kinds that need prior approval, say who gave it.
    fn extras_approved(&self) -> bool {
        let extra = |code: &str| {
            let code = self.schema.list(EXPENSE_CATEGORY).and_then(|list| list.code(code));
            code.is_some_and(|c| c.attrs.get("prior_approval").and_then(toml::Value::as_bool) == Some(true))
        };
        self.entries(expense_claim::LINES).all(|line| {
            let field = |key: &str| line.fields.get(key).unwrap_or(&Value::Null);
            let extra = matches!(field(expense_claim::LINES_CATEGORY), Value::Code(code) if extra(code));
            let approved = field(expense_claim::LINES_APPROVED) == &Value::Bool(true);
            !(extra && approved && field(expense_claim::LINES_PRIOR_APPROVAL).is_empty())
        })
    }

    fn linked(&self, kind: &'static str) -> impl Iterator<Item = Linked> {
        let all = self.around.links.map(|links| links()).unwrap_or_default();
        all.into_iter().filter(move |l| l.kind == kind)
    }

    /// The rating or the opinion is there, or the leader's decision was answered, or enough attempts were made.
    fn customer_heard(&self) -> bool {
        if !self.knows(handling::SATISFACTION_RATING) {
            return true;
        }
        let led = self.view.events.iter().any(|e| e.to == "leader_decision");
        let attempts = self.entries(handling::CALLBACK_ATTEMPTS).count();
        let enough =
            usize::try_from(self.schema.settings().closure.unreachable_attempts).unwrap_or(usize::MAX);
        match self.value(handling::SATISFACTION_RATING) {
            Value::Null => !self.value(handling::CUSTOMER_OPINION).is_empty() || led,
            Value::Code(code) if code == "unreachable" => attempts >= enough || led,
            _ => true,
        }
    }

    /// L10: the newest lots, as many as set, were good without a bad one between; or the corrective
    /// actions that follow the complaint have proven their effect themselves.
    fn lots_verified(&self) -> bool {
        // A corrective action is about quality by its nature.
        let quality = !self.knows(complaint::IS_QUALITY_RELATED)
            || self.value(complaint::IS_QUALITY_RELATED) == &Value::Bool(true);
        if !quality || !self.knows(handling::LOT_CHECKS) {
            return true;
        }
        let mut measures = self.linked(corrective_action::KIND).peekable();
        if measures.peek().is_some() && measures.all(|l| EFFECTIVE.contains(&l.status.as_str())) {
            return true;
        }
        let mut lots: Vec<_> = self
            .entries(handling::LOT_CHECKS)
            .map(|e| {
                let field = |key: &str| e.fields.get(key).unwrap_or(&Value::Null);
                let delivered = match field(handling::LOT_CHECKS_DELIVERED_ON) {
                    Value::Date(day) => Some(*day),
                    _ => None,
                };
                let seq = match field(handling::LOT_CHECKS_SEQ) {
                    Value::Int(n) => *n,
                    _ => 0,
                };
                let good = field(handling::LOT_CHECKS_RESULT) == &Value::Code("ok".to_owned());
                ((delivered, seq, e.at, e.id), good)
            })
            .collect();
        lots.sort_by_key(|(place, _)| *place);
        let good = lots.iter().rev().take_while(|(_, good)| *good).count();
        good >= usize::try_from(self.schema.settings().closure.lot_count).unwrap_or(usize::MAX)
    }
}
