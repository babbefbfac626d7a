//! 报价单

use super::{amount, live, money, put};
use crate::calc::number::sum;
use crate::document::RecordView;
use crate::keys::quote::{LINES, LINES_AMOUNT, LINES_QUANTITY, LINES_UNIT_PRICE, TOTAL};
use crate::schema::Kind;
use crate::value::Value;

/// The amount of each line, price × quantity in whole fen, and 总计金额 (C74).
pub(super) fn fill(kind: &Kind, view: &mut RecordView) {
    let mut amounts = Vec::new();
    for entry in view.collections.get_mut(LINES).into_iter().flatten() {
        let (price, quantity) = (amount(entry, LINES_UNIT_PRICE), amount(entry, LINES_QUANTITY));
        let line = price.zip(quantity).and_then(|(price, quantity)| price.checked_mul(quantity)).map(money);
        if let Some(line) = line {
            entry.fields.insert(LINES_AMOUNT.to_owned(), Value::Decimal(line));
        }
        if live(entry) {
            amounts.extend(line);
        }
    }
    if let (false, Ok(total)) = (amounts.is_empty(), sum(amounts)) {
        put(kind, view, TOTAL, Value::Decimal(money(total)));
    }
}
