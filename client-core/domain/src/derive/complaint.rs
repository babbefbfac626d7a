//! 客户投诉

use rust_decimal::Decimal;

use super::put;
use crate::calc::number::rounded;
use crate::document::RecordView;
use crate::keys::complaint::{DEFECT_RATE, QUANTITY_DEFECTIVE, QUANTITY_INVOLVED};
use crate::lifecycle::{by_key, taken};
use crate::schema::Kind;
use crate::value::Value;

/// Shown with one decimal; two are kept, because ledgers of small rates print them.
const DEFECT_DECIMALS: u32 = 2;
/// 不满意次数
const DISSATISFIED_COUNT: &str = "dissatisfied_count";

pub(super) fn fill(kind: &Kind, view: &mut RecordView) {
    if let (Value::Decimal(defective), Value::Decimal(involved)) =
        (view.value(QUANTITY_DEFECTIVE), view.value(QUANTITY_INVOLVED))
        && let Some(rate) = defective.checked_mul(Decimal::ONE_HUNDRED).and_then(|d| d.checked_div(*involved))
    {
        put(kind, view, DEFECT_RATE, Value::Decimal(rounded(rate, DEFECT_DECIMALS).normalize()));
    }
    let count = dissatisfied_count(kind, view);
    put(kind, view, DISSATISFIED_COUNT, Value::Int(i64::from(count)));
}

/// How often the customer was dissatisfied with the handling when called back: T14 and T15. A complaint that is
/// opened again after it was closed (T19) is another matter.
#[must_use]
pub fn dissatisfied_count(kind: &Kind, view: &RecordView) -> u32 {
    let cycle = kind.lifecycle.as_deref().and_then(by_key);
    let steps = taken(cycle, &view.events);
    let count = steps
        .iter()
        .filter(|t| t.from == "callback" && matches!(t.event.to.as_str(), "reopened" | "leader_decision"))
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
