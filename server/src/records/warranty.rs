//! Whether a job is under warranty: a visit says it, its product knows it (C48), by its contract or its own terms.

use std::collections::BTreeSet;

use domain::authz::Principal;
use domain::calc::warranty::{
    ThreeGuarantee, WarrantyStatus, three_guarantee_status, warranty_end, warranty_status,
};
use domain::derive::{self, Warranty};
use domain::document::RecordView;
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::keys::{customer, product_item, product_type, visit};
use domain::schema::{Kind, Schema};
use domain::time::Zone;
use domain::value::Value;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

use super::Records;
use crate::store::merged;
use crate::sync::State;

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
    let (_, view) = records.open(schema, person, kind, RecordId(*product)).ok()?.views().next()?;
    let warranty = of_product(records, schema, &view);
    let three = three_guarantees(schema, &view, seen, on);
    let plain = match warranty.three_guarantees_only {
        true => WarrantyStatus::Unknown,
        false => warranty_status(on, warranty.end),
    };
    let (code, until) = match (plain, three) {
        (WarrantyStatus::InWarranty, _) => ("in_warranty", warranty.end),
        (_, Some((WarrantyStatus::InWarranty, last))) => ("three_guarantees", Some(last)),
        (WarrantyStatus::OutOfWarranty, _) => ("out_of_warranty", warranty.end),
        (WarrantyStatus::Unknown, Some((WarrantyStatus::OutOfWarranty, last))) => {
            ("out_of_warranty", Some(last))
        }
        (WarrantyStatus::Unknown, _) => return None,
    };
    Some(Decision { code, until, on })
}

/// A product's warranty by its contract, its own terms and its dates.
pub(super) fn of_product(records: &Records, schema: &Schema, product: &RecordView) -> Warranty {
    derive::warranty_of(schema, product, contract_months(records, schema, product))
}

/// 三包 of a product on a day, with the mileage that the visit read, and its last day.
fn three_guarantees(
    schema: &Schema,
    product: &RecordView,
    seen: &RecordView,
    on: Date,
) -> Option<(WarrantyStatus, Date)> {
    let whole = |key: &str| whole(product.value(key));
    let months = whole(product_item::THREE_GUARANTEE_MONTHS)?;
    let mileage = match seen.value(visit::MILEAGE) {
        Value::Decimal(read) => Some(*read),
        _ => None,
    };
    let bought = match product.value(product_item::PURCHASED_ON) {
        Value::Date(day) => Some(*day),
        _ => None,
    };
    let limits =
        ThreeGuarantee { months, mileage: whole(product_item::THREE_GUARANTEE_MILEAGE).map(Decimal::from) };
    let last_day = schema.settings().formulas.warranty.last_day;
    let status = three_guarantee_status(on, bought, mileage, &limits, last_day).ok()?;
    Some((status, warranty_end(bought?, months, last_day).ok()?))
}

/// The months that the contract gives whose number a product bears: it stands in its customer's file.
fn contract_months(records: &Records, schema: &Schema, product: &RecordView) -> Option<u32> {
    let number = product.value(product_item::CONTRACT).to_text();
    let number = number.trim();
    let Value::Ref(named) = product.value(product_item::CUSTOMER) else { return None };
    if number.is_empty() {
        return None;
    }
    let named = RecordId(*named);
    // What was merged keeps its contracts in its own file.
    let last = records.ledger.store().read_blocking(|snap| merged::resolve(snap, named)).ok()?;
    [named, last].into_iter().find_map(|id| {
        let file = read(records, schema, customer::KIND, id)?;
        let entries = file.collections.get(customer::CONTRACTS)?.iter().rev();
        entries.filter(|e| !e.removed).find_map(|entry| {
            let field = |key: &str| entry.fields.get(key).unwrap_or(&Value::Null);
            let same = field(customer::CONTRACTS_NO).to_text().trim() == number;
            whole(field(customer::CONTRACTS_WARRANTY_MONTHS)).filter(|_| same)
        })
    })
}

/// What an intent that names a product's type or contract brings with it: their terms, into what the product leaves
/// empty, so that a later change of the type does not change what was sold before (2B-6). The contract's go first.
pub(super) fn terms(
    records: &Records,
    schema: &Schema,
    kind: &Kind,
    product: &RecordView,
    intent: &Intent,
) -> Vec<Intent> {
    if kind.key != product_item::KIND {
        return Vec::new();
    }
    let names = |key: &str| match intent {
        Intent::Create { fields, .. } => fields.contains_key(key),
        Intent::Set { field, .. } => field == key,
        _ => false,
    };
    let mut terms: Vec<(&str, u32)> = Vec::new();
    if names(product_item::CONTRACT)
        && let Some(months) = contract_months(records, schema, product)
    {
        terms.push((product_item::DEFAULT_WARRANTY_MONTHS, months));
    }
    if names(product_item::PRODUCT_TYPE)
        && let Value::Ref(id) = product.value(product_item::PRODUCT_TYPE)
        && let Some(of_type) = read(records, schema, product_type::KIND, RecordId(*id))
    {
        let copied = [
            (product_item::DEFAULT_WARRANTY_MONTHS, product_type::DEFAULT_WARRANTY_MONTHS),
            (product_item::THREE_GUARANTEE_MONTHS, product_type::THREE_GUARANTEE_MONTHS),
            (product_item::THREE_GUARANTEE_MILEAGE, product_type::THREE_GUARANTEE_MILEAGE),
        ];
        terms.extend(copied.iter().filter_map(|(to, from)| Some((*to, whole(of_type.value(from))?))));
    }
    let mut taken = BTreeSet::new();
    terms.retain(|(key, _)| product.value(key).is_empty() && taken.insert(*key));
    terms.into_iter().map(|(key, n)| Intent::Set { field: key.to_owned(), value: json!(n) }).collect()
}

/// A record whoever looks: terms are the same for every reader.
fn read(records: &Records, schema: &Schema, kind: &str, id: RecordId) -> Option<RecordView> {
    let kind = schema.kind(kind)?;
    let record = records.ledger.store().read_blocking(|snap| State::read(snap, id)?.record(&kind.key, id));
    record.ok().map(|record| record.view(kind))
}

fn whole(value: &Value) -> Option<u32> {
    match value {
        Value::Int(n) => u32::try_from(*n).ok(),
        _ => None,
    }
}
