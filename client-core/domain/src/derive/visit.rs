//! 现场服务

use super::put;
use crate::document::RecordView;
use crate::keys::visit::{
    FAULT_CAUSE, NO_PARTS_USED, PARTS, PARTS_PART_NAME, REPORT_COMPLETE, SOLUTION, USER_OPINION,
};
use crate::schema::Kind;
use crate::value::Value;

/// 报告完整 (domain catalogue 7.1): cause, solution, the names of the parts (or that none was used) and the
/// user's opinion are there.
pub(super) fn fill(kind: &Kind, view: &mut RecordView) {
    let written = [FAULT_CAUSE, SOLUTION, USER_OPINION].iter().all(|key| !view.value(key).is_empty());
    let mut parts = view.collections.get(PARTS).into_iter().flatten().filter(|e| !e.removed).peekable();
    let named = parts.peek().is_some()
        && parts.all(|p| p.fields.get(PARTS_PART_NAME).is_some_and(|name| !name.is_empty()));
    let complete = written && (named || view.value(NO_PARTS_USED) == &Value::Bool(true));
    put(kind, view, REPORT_COMPLETE, Value::Bool(complete));
}
