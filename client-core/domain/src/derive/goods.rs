//! 退货, 三包索赔

use super::{amount, put};
use crate::document::RecordView;
use crate::keys::claim::{LINES, LINES_DIFFERENCE, LINES_QUANTITY_LISTED, LINES_QUANTITY_RECEIVED};
use crate::keys::goods_return::{DIFFERENCE, QUANTITY, QUANTITY_RECEIVED};
use crate::schema::Kind;
use crate::value::Value;

/// 数量差异: what came less what was announced.
pub(super) fn goods_return(kind: &Kind, view: &mut RecordView) {
    if let (Value::Decimal(came), Value::Decimal(announced)) =
        (view.value(QUANTITY_RECEIVED), view.value(QUANTITY))
        && let Some(difference) = came.checked_sub(*announced)
    {
        put(kind, view, DIFFERENCE, Value::Decimal(difference.normalize()));
    }
}

/// 数量差异 of each line: what the factory counted less what the list says.
pub(super) fn claim(view: &mut RecordView) {
    for entry in view.collections.get_mut(LINES).into_iter().flatten() {
        let counted = amount(entry, LINES_QUANTITY_RECEIVED);
        if let Some((counted, listed)) = counted.zip(amount(entry, LINES_QUANTITY_LISTED))
            && let Some(difference) = counted.checked_sub(listed)
        {
            entry.fields.insert(LINES_DIFFERENCE.to_owned(), Value::Decimal(difference.normalize()));
        }
    }
}
