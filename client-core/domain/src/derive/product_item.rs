//! 设备台账

use jiff::civil::Date;

use super::put;
use crate::calc::warranty::{ProductDates, warranty_end, warranty_start};
use crate::document::RecordView;
use crate::keys::product_item::{
    ACCEPTED_ON, COMMISSIONED_ON, DEFAULT_WARRANTY_MONTHS, PURCHASED_ON, SHIPPED_ON, WARRANTY_END,
    WARRANTY_OVERRIDE_END, WARRANTY_START,
};
use crate::schema::{Kind, Schema};
use crate::value::Value;

/// 保修起止 (C48); a last day that a person set with a reason stands above what the dates say.
pub(super) fn fill(schema: &Schema, kind: &Kind, view: &mut RecordView) {
    let settings = &schema.settings().formulas.warranty;
    let day = |key: &str| -> Option<Date> {
        match view.value(key) {
            Value::Date(day) => Some(*day),
            _ => None,
        }
    };
    let dates = ProductDates {
        accepted_on: day(ACCEPTED_ON),
        commissioned_on: day(COMMISSIONED_ON),
        purchased_on: day(PURCHASED_ON),
        shipped_on: day(SHIPPED_ON),
    };
    let said = day(WARRANTY_OVERRIDE_END);
    if let Some(end) = said {
        put(kind, view, WARRANTY_END, Value::Date(end));
    }
    let Some((_, start)) = warranty_start(&dates, settings) else { return };
    let months = match view.value(DEFAULT_WARRANTY_MONTHS) {
        Value::Int(months) => u32::try_from(*months).unwrap_or(settings.default_months),
        _ => settings.default_months,
    };
    put(kind, view, WARRANTY_START, Value::Date(start));
    if said.is_none()
        && let Ok(end) = warranty_end(start, months, settings.last_day)
    {
        put(kind, view, WARRANTY_END, Value::Date(end));
    }
}
