//! 现场服务

use super::{Rules, put};
use crate::calc::service::lateness;
use crate::document::RecordView;
use crate::keys::visit::{
    APPOINTMENT_AT, ARRIVED_AT, FAULT_CAUSE, IS_LATE, NO_PARTS_USED, PARTS, PARTS_PART_NAME, REPORT_COMPLETE,
    SOLUTION, USER_OPINION,
};
use crate::schema::Kind;
use crate::value::Value;

/// 报告完整 (domain catalogue 7.1): cause, solution, the names of the parts (or that none was used) and the
/// user's opinion are there. 迟到 (L13): the arrival lies after the appointment by more than is tolerated.
pub(super) fn fill(rules: &Rules<'_>, kind: &Kind, view: &mut RecordView) {
    let times = view.value(APPOINTMENT_AT).as_datetime().zip(view.value(ARRIVED_AT).as_datetime());
    if let Some((appointment, arrived)) = times {
        let late = !lateness(appointment, arrived, &rules.formulas.arrival).on_time;
        put(kind, view, IS_LATE, Value::Bool(late));
    }
    let written = [FAULT_CAUSE, SOLUTION, USER_OPINION].iter().all(|key| !view.value(key).is_empty());
    let mut parts = view.collections.get(PARTS).into_iter().flatten().filter(|e| !e.removed).peekable();
    let named = parts.peek().is_some()
        && parts.all(|p| p.fields.get(PARTS_PART_NAME).is_some_and(|name| !name.is_empty()));
    let complete = written && (named || view.value(NO_PARTS_USED) == &Value::Bool(true));
    put(kind, view, REPORT_COMPLETE, Value::Bool(complete));
}
