//! 设备台账

use jiff::civil::Date;

use super::put;
use crate::calc::warranty::{ProductDates, warranty_end, warranty_start};
use crate::document::RecordView;
use crate::keys::product_item::{
    ACCEPTED_ON, COMMISSIONED_ON, DEFAULT_WARRANTY_MONTHS, PURCHASED_ON, SHIPPED_ON, THREE_GUARANTEE_MONTHS,
    WARRANTY_END, WARRANTY_OVERRIDE_END, WARRANTY_START,
};
use crate::schema::{Kind, Schema};
use crate::value::Value;

/// A product's warranty (C48).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warranty {
    /// The day from which it counts.
    pub start: Option<Date>,
    /// Its last day; of 三包 alone, the last day on which it can hold whatever the mileage.
    pub end: Option<Date>,
    /// Nothing but 三包 is promised: beyond its mileage there is no warranty either.
    pub three_guarantees_only: bool,
}

/// What a product's own terms and dates come to: `contract` is the months that its contract gives, which go before
/// the product's own. The organisation's months count where neither says anything, nor 三包 does. A last day that a
/// person set with a reason stands above all of them.
#[must_use]
pub fn warranty_of(schema: &Schema, view: &RecordView, contract: Option<u32>) -> Warranty {
    let settings = &schema.settings().formulas.warranty;
    let day = |key: &str| -> Option<Date> {
        match view.value(key) {
            Value::Date(day) => Some(*day),
            _ => None,
        }
    };
    let months = |key: &str| match view.value(key) {
        Value::Int(months) => u32::try_from(*months).ok(),
        _ => None,
    };
    let dates = ProductDates {
        accepted_on: day(ACCEPTED_ON),
        commissioned_on: day(COMMISSIONED_ON),
        purchased_on: day(PURCHASED_ON),
        shipped_on: day(SHIPPED_ON),
    };
    let first = warranty_start(&dates, settings).map(|(_, start)| start);
    let (said, three) = (day(WARRANTY_OVERRIDE_END), months(THREE_GUARANTEE_MONTHS));
    let own = contract.or_else(|| months(DEFAULT_WARRANTY_MONTHS));
    let last = |start: Option<Date>, months: u32| warranty_end(start?, months, settings.last_day).ok();
    match (own, three) {
        (None, Some(three)) => Warranty {
            start: dates.purchased_on.or(first),
            end: said.or_else(|| last(dates.purchased_on, three)),
            three_guarantees_only: said.is_none(),
        },
        _ => Warranty {
            start: first,
            end: said.or_else(|| last(first, own.unwrap_or(settings.default_months))),
            three_guarantees_only: false,
        },
    }
}

/// 保修起止 (C48), as far as the product itself says; its contract is its customer's.
pub(super) fn fill(schema: &Schema, kind: &Kind, view: &mut RecordView) {
    let warranty = warranty_of(schema, view, None);
    for (key, day) in [(WARRANTY_START, warranty.start), (WARRANTY_END, warranty.end)] {
        if let Some(day) = day {
            put(kind, view, key, Value::Date(day));
        }
    }
}
