//! Whether a job is under warranty: a visit says it, its product knows it (C48).

use domain::authz::Principal;
use domain::calc::warranty::{
    ThreeGuarantee, WarrantyStatus, three_guarantee_status, warranty_end, warranty_status,
};
use domain::derive;
use domain::document::RecordView;
use domain::ids::RecordId;
use domain::keys::{product_item, visit};
use domain::schema::Schema;
use domain::time::Zone;
use domain::value::Value;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Records;

/// What the product's dates say about a visit.
pub(super) struct Decision {
    /// A code of the list `warranty_status`.
    pub(super) code: &'static str,
    /// The last day of the warranty.
    pub(super) until: Option<Date>,
    /// The day that it was asked for.
    pub(super) on: Date,
}

/// The decision for a visit as of the day it was asked for, else of the day the record was made; `None` without a
/// product that the person sees, or where its dates do not say.
pub(super) fn of_visit(
    records: &Records,
    schema: &Schema,
    person: &Principal,
    seen: &RecordView,
    zone: &Zone,
) -> Option<Decision> {
    let Value::Ref(product) = seen.value(visit::PRODUCT) else { return None };
    let asked = match seen.value(visit::REQUESTED_AT) {
        Value::Datetime(at) => Some(*at),
        _ => seen.created().map(|e| e.at),
    };
    let on = asked?.date_in(zone)?;
    let kind = schema.kind(product_item::KIND)?;
    let (_, mut view) = records.open(schema, person, kind, RecordId(*product)).ok()?.views().next()?;
    derive::fill(schema, kind, &mut view);
    let day = |key: &str| match view.value(key) {
        Value::Date(day) => Some(*day),
        _ => None,
    };
    let until = day(product_item::WARRANTY_END);
    let whole = |key: &str| match view.value(key) {
        Value::Int(n) => u32::try_from(*n).ok(),
        _ => None,
    };
    let settings = &schema.settings().formulas.warranty;
    let three = whole(product_item::THREE_GUARANTEE_MONTHS).and_then(|months| {
        let mileage = match seen.value(visit::MILEAGE) {
            Value::Decimal(read) => Some(*read),
            _ => None,
        };
        let limit = whole(product_item::THREE_GUARANTEE_MILEAGE).map(Decimal::from);
        let limits = ThreeGuarantee { months, mileage: limit };
        let bought = day(product_item::PURCHASED_ON);
        let status = three_guarantee_status(on, bought, mileage, &limits, settings.last_day);
        let last = warranty_end(bought?, months, settings.last_day).ok();
        last.filter(|_| status == Ok(WarrantyStatus::InWarranty))
    });
    let (code, until) = match (warranty_status(on, until), three) {
        (WarrantyStatus::InWarranty, _) => ("in_warranty", until),
        (_, Some(last)) => ("three_guarantees", Some(last)),
        (WarrantyStatus::OutOfWarranty, None) => ("out_of_warranty", until),
        (WarrantyStatus::Unknown, None) => return None,
    };
    Some(Decision { code, until, on })
}
