//! What a judgement says for the step that follows from it, the closure conditions of domain catalogue 4.1.2, the order of dissatisfaction and leader's decision (T14,
//! T15), and expenses that need prior approval (4.8). A condition about fields that the kind does not have holds.

use super::{Ground, Linked};
use crate::derive::dissatisfied_count;
use crate::keys::{complaint, corrective_action, expense_claim, goods_return, handling, regulatory_report};
use crate::lifecycle::{Check, Transition};
use crate::schema::Field;
use crate::value::Value;

/// Statuses of a corrective action before the leader has reviewed it.
const NOT_REVIEWED: [&str; 3] = ["open", "answered", "ineffective"];
/// Statuses of a corrective action whose effect is proven.
const EFFECTIVE: [&str; 2] = ["effective", "closed"];
/// Statuses of a return before somebody decided what happens to the goods.
const NOT_SETTLED: [&str; 7] =
    ["requested", "agreed", "onsite_sorting", "in_transit", "received", "inspected", "reviewed"];
/// Statuses of a report to the regulator before it is made, or found unnecessary.
const NOT_TOLD: [&str; 2] = ["evaluating", "required"];
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
            Check::FoundInvalid => {
                let judged =
                    !self.value(handling::VALIDITY).is_empty() && !self.says(handling::VALIDITY, "open");
                !self.knows(handling::VALIDITY) || (judged && !self.says(handling::VALIDITY, "valid"))
            }
            Check::FoundValid => !self.knows(handling::VALIDITY) || self.says(handling::VALIDITY, "valid"),
            Check::IsComplaint => !self.says(complaint::RECORD_KIND, "information"),
            Check::IsInformation => self.says(complaint::RECORD_KIND, "information"),
            Check::PlanApproved => self.plan_approved(),
            Check::DissatisfactionAnswered => {
                !self.says(handling::SATISFACTION_RATING, "dissatisfied") || self.led()
            }
            Check::SortingAllowed => !self.says(goods_return::ONSITE_SORTING_ALLOWED, "refusal"),
            Check::RecheckPassed => self.recheck_passed(),
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
                let told = self.value(handling::REGULATORY_REPORTABLE) != &Value::Bool(true)
                    || !self.value(handling::REPORTED_AT).is_empty();
                told && self.linked(regulatory_report::KIND).all(|l| !NOT_TOLD.contains(&l.status.as_str()))
            }
            Check::FirstDissatisfaction => dissatisfied_count(self.kind, self.view) == 0,
            Check::SecondDissatisfaction => dissatisfied_count(self.kind, self.view) >= 1,
            Check::ExtrasApproved => self.extras_approved(),
        }
    }

    /// Whether the code in a field of the record has this attribute in the field's list.
    fn says(&self, key: &str, attr: &str) -> bool {
        let field = self.parts().find_map(|(kind, _)| kind.field(key));
        field.is_some_and(|field| self.has_attr(field, self.value(key), attr))
    }

    fn has_attr(&self, field: &Field, value: &Value, attr: &str) -> bool {
        let list = field.list.as_deref().and_then(|list| self.schema.list(list));
        let code = match value {
            Value::Code(code) => list.and_then(|list| list.code(code)),
            _ => None,
        };
        code.is_some_and(|code| code.attrs.get(attr).and_then(toml::Value::as_bool) == Some(true))
    }

    /// The newest opinion; whoever reads none of them is not judged by them.
    fn plan_approved(&self) -> bool {
        let collection = self.parts().find_map(|(kind, _)| kind.collection(handling::APPROVALS));
        let decision = collection.and_then(|c| c.field(handling::APPROVALS_DECISION));
        // An entry of this very change has no time yet.
        let newest = self.entries(handling::APPROVALS).max_by_key(|e| (e.at.is_none(), e.at, e.id));
        match (decision, newest.and_then(|e| e.fields.get(handling::APPROVALS_DECISION))) {
            (Some(field), Some(value)) => !self.has_attr(field, value, "refusal"),
            _ => true,
        }
    }

    /// A recheck is asked for after rework; a bad one leaves rework again or scrapping.
    fn recheck_passed(&self) -> bool {
        self.view.folded.status == "scrapped"
            || match self.value(goods_return::RECHECK_RESULT) {
                Value::Null => !self.says(goods_return::DISPOSITION, "recheck"),
                _ => self.says(goods_return::RECHECK_RESULT, "good"),
            }
    }

    /// Whether the leader has decided on the matter.
    fn led(&self) -> bool {
        self.view.events.iter().any(|e| e.to == "leader_decision")
    }

    /// Lines that the office approves, of kinds that need prior approval, say who gave it.
    fn extras_approved(&self) -> bool {
        let lines = self.parts().find_map(|(kind, _)| kind.collection(expense_claim::LINES));
        let category = lines.and_then(|c| c.field(expense_claim::LINES_CATEGORY));
        let extra = |value: &Value| category.is_some_and(|f| self.has_attr(f, value, "prior_approval"));
        self.entries(expense_claim::LINES).all(|line| {
            let field = |key: &str| line.fields.get(key).unwrap_or(&Value::Null);
            let extra = extra(field(expense_claim::LINES_CATEGORY));
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
        let attempts = self.entries(handling::CALLBACK_ATTEMPTS).count();
        let enough =
            usize::try_from(self.schema.settings().closure.unreachable_attempts).unwrap_or(usize::MAX);
        match self.value(handling::SATISFACTION_RATING) {
            Value::Null => !self.value(handling::CUSTOMER_OPINION).is_empty() || self.led(),
            // Not reached or not asked is no opinion.
            _ if self.says(handling::SATISFACTION_RATING, "no_answer") => attempts >= enough || self.led(),
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
