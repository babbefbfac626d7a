//! Days and instants that may not lie before others, and entries that may not be there twice.

use crate::document::RecordView;
use crate::error::{Code, Refusal};
use crate::schema::{Collection, Field, Kind};
use crate::time::Zone;
use crate::value::Value;

/// A document, then the one that stands beside it where that is in sight: no key is in both.
type Parts<'a> = [(&'a Kind, &'a RecordView)];

/// Whether every day and instant among `touched` keeps its order with the others of the record, its companion's
/// included. A field of a part that is not in sight orders nothing.
///
/// # Errors
/// `out_of_order` with the `field` that lies too early and the `other` that it may not precede.
pub fn not_before(parts: &Parts<'_>, touched: &[&str], zone: &Zone) -> Result<(), Refusal> {
    for field in parts.iter().flat_map(|(kind, _)| &kind.fields) {
        let Some(other) = nearest(parts, field) else { continue };
        if !touched.contains(&field.key.as_str()) && !touched.contains(&other) {
            continue;
        }
        if precedes(value(parts, &field.key), value(parts, other), zone) {
            return Err(Refusal::field(Code::OutOfOrder, &field.key).with("other", other));
        }
    }
    Ok(())
}

fn value<'a>(parts: &Parts<'a>, key: &str) -> &'a Value {
    let part = parts.iter().find(|(kind, _)| kind.field(key).is_some());
    part.map_or(&Value::Null, |(_, view)| view.value(key))
}

/// The field that this one may not precede: the one named, or, while that is empty, the one that it in turn may
/// not precede. Who never wrote down when work started may still not finish before arriving.
fn nearest<'a>(parts: &Parts<'a>, field: &'a Field) -> Option<&'a str> {
    let mut other = field.not_before.as_deref()?;
    for _ in 0..parts.iter().map(|(kind, _)| kind.fields.len()).sum() {
        let next = parts.iter().find_map(|(kind, _)| kind.field(other)).and_then(|f| f.not_before.as_deref());
        match next {
            Some(before) if value(parts, other).is_empty() => other = before,
            _ => break,
        }
    }
    Some(other)
}

/// Whether `early` lies before `late`. A day and an instant are compared by their days; instants by the
/// minute, because that is what people enter.
fn precedes(early: &Value, late: &Value, zone: &Zone) -> bool {
    match (early, late) {
        (Value::Datetime(a), Value::Datetime(b)) => a.0.div_euclid(60_000) < b.0.div_euclid(60_000),
        (Value::Date(a), Value::Date(b)) => a < b,
        (Value::Date(a), Value::Datetime(b)) => b.date_in(zone).is_some_and(|b| *a < b),
        (Value::Datetime(a), Value::Date(b)) => a.date_in(zone).is_some_and(|a| a < *b),
        _ => false,
    }
}

/// Whether an entry with this value may stand in the collection; `own` is the entry itself, when it is changed.
///
/// # Errors
/// `duplicate_entry` with the field as `collection/field`.
pub fn no_duplicate(
    collection: &Collection,
    view: &RecordView,
    own: Option<uuid::Uuid>,
    value: &Value,
) -> Result<(), Refusal> {
    let Some(key) = &collection.unique else { return Ok(()) };
    let mut others = view.collections.get(&collection.key).into_iter().flatten();
    let taken = others.any(|e| !e.removed && Some(e.id) != own && e.fields.get(key) == Some(value));
    if taken && !value.is_empty() {
        return Err(Refusal::field(Code::DuplicateEntry, &format!("{}/{key}", collection.key)));
    }
    Ok(())
}
