//! Computed fields: what nobody types because it follows from the rest of the record.
//!
//! They are not stored in documents. [`fill`] puts them into a view wherever a record is shown, listed, exported or
//! judged; phone and server do so alike, and a row can be made again from its document at any time. What depends
//! on other records (a visit's warranty, which is its product's) is added by whoever can read those. What a step made
//! final is worked out as it was then, whatever was set since ([`Basis`]).
//!
//! | module | fills |
//! |---|---|
//! | this one | what steps set (`closed_at`, `reviewed_by`: the lifecycle tables say which) |
//! | [`basis`] | nothing: by which settings and versions of formulas the others fill |
//! | [`complaint`] | defect rate, times dissatisfied |
//! | [`visit`] | whether the report is complete, whether the engineer was late |
//! | [`product_item`] | the warranty's first and last day (C48) |
//! | [`quote`] | amounts and total (C74) |
//! | [`expense_claim`] | days, allowance, totals, capital characters, balance (C70, C71, C75) |
//! | [`service_plan`] | costs and totals (C77) |
//! | [`goods`] | differences between what was announced and what came |
//! | [`monthly_satisfaction`] | PPM, deductions, D1, D2, D3 and D (C07, C18, C32, C33) |
//! | [`kpi_sheet`] | rates, points, totals and band (C62–C64) |
//! | [`station_report`] | whether it came in time (L37) |
//! | [`survey`] | validity, scores and band of an answer sheet (C03–C13) |

mod basis;
mod complaint;
mod expense_claim;
mod goods;
mod kpi_sheet;
mod monthly_satisfaction;
mod product_item;
mod quote;
mod service_plan;
mod station_report;
mod survey;
mod visit;

use rust_decimal::Decimal;

use crate::calc::number::{MONEY_DECIMALS, rounded};
use crate::document::{Entry, RecordView};
use crate::keys;
use crate::lifecycle::{self, taken};
use crate::schema::{FieldType, Kind, Schema};
use crate::value::Value;

pub use basis::Basis;
pub(crate) use basis::Rules;
pub use complaint::dissatisfied_count;
pub use product_item::{Warranty, warranty_of};
pub(crate) use station_report::MONTHLY;

/// Fills the computed fields of a record; what was there under their keys is replaced.
pub fn fill(schema: &Schema, kind: &Kind, view: &mut RecordView) {
    for field in kind.fields.iter().filter(|f| f.computed) {
        view.fields.remove(&field.key);
    }
    for collection in &kind.collections {
        for field in collection.fields.iter().filter(|f| f.computed) {
            for entry in view.collections.get_mut(&collection.key).into_iter().flatten() {
                entry.fields.remove(&field.key);
            }
        }
    }
    from_steps(kind, view);
    let Some(rules) = Rules::of(schema, kind, view) else { return };
    match kind.key.as_str() {
        keys::complaint::KIND => complaint::fill(kind, view),
        keys::visit::KIND => visit::fill(&rules, kind, view),
        keys::product_item::KIND => product_item::fill(schema, kind, view),
        keys::quote::KIND => quote::fill(kind, view),
        keys::expense_claim::KIND => expense_claim::fill(&rules, kind, view),
        keys::service_plan::KIND => service_plan::fill(kind, view),
        keys::survey::KIND => survey::fill(schema, kind, view),
        keys::goods_return::KIND => goods::goods_return(kind, view),
        keys::claim::KIND => goods::claim(view),
        keys::monthly_satisfaction::KIND => monthly_satisfaction::fill(&rules, kind, view),
        keys::kpi_sheet::KIND => kpi_sheet::fill(&rules, kind, view),
        keys::station_report::KIND => station_report::fill(schema, kind, view),
        _ => {}
    }
}

/// Puts a computed value, if the kind declares the field as computed and there is one.
fn put(kind: &Kind, view: &mut RecordView, key: &str, value: Value) {
    if !value.is_empty() && kind.field(key).is_some_and(|f| f.computed) {
        view.fields.insert(key.to_owned(), value);
    }
}

/// Whether an entry counts.
fn live(entry: &Entry) -> bool {
    !entry.removed
}

/// The number in a field of an entry.
fn amount(entry: &Entry, key: &str) -> Option<Decimal> {
    match entry.fields.get(key) {
        Some(Value::Decimal(amount)) => Some(*amount),
        _ => None,
    }
}

/// Whole fen, as money fields have it.
fn money(amount: Decimal) -> Decimal {
    let mut money = rounded(amount, MONEY_DECIMALS);
    money.rescale(MONEY_DECIMALS);
    money
}

/// The time and the author of the last step that sets a field.
fn from_steps(kind: &Kind, view: &mut RecordView) {
    let Some(cycle) = kind.lifecycle.as_deref().and_then(lifecycle::by_key) else { return };
    let mut found = Vec::new();
    for taken in taken(Some(cycle), &view.events) {
        let Some(step) = cycle.step(&taken.from, &taken.event.to) else { continue };
        for key in step.sets {
            match kind.field(key).map(|f| f.kind) {
                Some(FieldType::Datetime) => found.push((*key, Value::Datetime(taken.event.at))),
                Some(FieldType::Ref) => found.push((*key, Value::Ref(taken.event.by.0))),
                _ => {}
            }
        }
    }
    for (key, value) in found {
        put(kind, view, key, value);
    }
}
