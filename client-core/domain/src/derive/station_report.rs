//! 维修站报表

use jiff::ToSpan as _;

use super::put;
use crate::deadline::limit::Unit;
use crate::deadline::rules;
use crate::document::RecordView;
use crate::keys::station_report::{FORM, ON_TIME, PERIOD_TO, SUBMITTED_AT};
use crate::schema::{Kind, Schema};
use crate::value::Value;

/// The limit of a station's monthly reports.
pub(crate) const MONTHLY: &str = "L37";

/// 按时报送: a monthly report came before the day of the next month that L37 sets. Which forms are
/// monthly is said in their code list.
pub(super) fn fill(schema: &Schema, kind: &Kind, view: &mut RecordView) {
    let (Value::Code(form), Value::Date(last), Some(sent)) =
        (view.value(FORM), view.value(PERIOD_TO), view.value(SUBMITTED_AT).as_datetime())
    else {
        return;
    };
    let list = kind.field(FORM).and_then(|f| schema.list(f.list.as_deref()?));
    let monthly = list.and_then(|l| l.code(form)).is_some_and(|c| c.attrs.contains_key("monthly"));
    let set = schema.settings().deadlines.rules.get(MONTHLY).and_then(|r| r.limit);
    let limit = set.or_else(|| rules::by_id(MONTHLY).map(|r| r.limit));
    let Some(limit) = limit.filter(|l| monthly && l.unit == Unit::DayOfNextMonth) else { return };
    let next = last.last_of_month().tomorrow();
    let due = next.and_then(|first| first.checked_add(i64::from(limit.n.saturating_sub(1)).days()));
    if let (Ok(due), Some(sent)) = (due, sent.date_in(schema.zone())) {
        put(kind, view, ON_TIME, Value::Bool(sent < due));
    }
}
