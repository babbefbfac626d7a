//! 报价单

use rust_decimal::Decimal;

use super::{amount, live, money, put};
use crate::calc::money::{PartLine, service_quote};
use crate::document::RecordView;
use crate::keys::quote::{LINES, LINES_AMOUNT, LINES_QUANTITY, LINES_UNIT_PRICE, TOTAL};
use crate::schema::Kind;
use crate::value::Value;

/// The amount of each line, price × quantity in whole fen, and 总计金额 (C74), rounded once: it may differ from the sum of
/// the lines as they are shown by a fen.
pub(super) fn fill(kind: &Kind, view: &mut RecordView) {
    // Labour and travel are lines as well, by the hour or the kilometre.
    let mut parts = Vec::new();
    for entry in view.collections.get_mut(LINES).into_iter().flatten() {
        let (price, quantity) = (amount(entry, LINES_UNIT_PRICE), amount(entry, LINES_QUANTITY));
        let Some((price, quantity)) = price.zip(quantity) else { continue };
        if let Some(line) = price.checked_mul(quantity) {
            entry.fields.insert(LINES_AMOUNT.to_owned(), Value::Decimal(money(line)));
        }
        if live(entry) {
            parts.push(PartLine { price, quantity });
        }
    }
    if let (false, Ok(total)) = (parts.is_empty(), service_quote(&parts, Decimal::ZERO, Decimal::ZERO)) {
        put(kind, view, TOTAL, Value::Decimal(money(total)));
    }
}
