//! The `filter` and `sort` of a list, as people and programs write them.
//!
//! `status:registered|closed,month:2026-03,text:漏油,received_at:2026-01-01..2026-02-01` — a comma is "and", a bar is
//! "or" between values, two dots a range from the first inclusive to the second exclusive. A comma, bar or colon that
//! belongs to a value is percent-encoded (and once more by the URL).

use domain::error::{Code, Refusal};
use domain::projection::{Cell, Storage, storage};
use domain::schema::{Field, FieldType, Kind};
use domain::search;
use domain::time::{Timestamp, Zone};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use uuid::Uuid;

use super::search::MAX_TEXT;
use crate::store::listing::{Column, Condition};

/// Most conditions of one list.
const MAX_CONDITIONS: usize = 40;
/// Most values of one condition.
const MAX_VALUES: usize = 200;

/// What a column holds, as far as reading a value for it goes.
#[derive(Clone, Copy)]
enum Holds<'a> {
    Text,
    Number,
    Instant,
    Id,
    Field(&'a Field),
}

/// Reads the conditions of a list.
///
/// # Errors
/// `unknown_field`, `wrong_type`, `too_large`, or `bad_request` for what is no condition.
pub(super) fn conditions(kind: &Kind, zone: &Zone, filters: &[String]) -> Result<Vec<Condition>, Refusal> {
    let mut out = Vec::new();
    let mut text = String::new();
    for term in filters.iter().flat_map(|f| f.split(',')).filter(|t| !t.trim().is_empty()) {
        let (key, value) = term.split_once(':').ok_or_else(|| bad("filter"))?;
        if key.trim() == "text" {
            text.push(' ');
            text.push_str(&decoded(value).ok_or_else(|| Refusal::field(Code::WrongType, "text"))?);
        } else {
            out.push(condition(kind, zone, key.trim(), value)?);
        }
        if out.len() > MAX_CONDITIONS {
            return Err(Refusal::new(Code::TooLarge).with("what", "filter"));
        }
    }
    // All that is looked for is one query: its cost is bounded as a whole.
    if text.trim().chars().count() > MAX_TEXT {
        return Err(Refusal::field(Code::TooLarge, "text").with("max", MAX_TEXT));
    }
    out.extend(search::query(&text).map(Condition::Text));
    Ok(out)
}

fn condition(kind: &Kind, zone: &Zone, key: &str, value: &str) -> Result<Condition, Refusal> {
    let wrong = || Refusal::field(Code::WrongType, key);
    Ok(match key {
        "month" => {
            let column = fixed("month_at")?;
            if value.is_empty() {
                return Ok(Condition::In(column, vec![Cell::Null]));
            }
            let (from, to) = zone.month(value).ok_or_else(wrong)?;
            Condition::Range(column, Some(Cell::Integer(from.0)), Some(Cell::Integer(to.0)))
        }
        "conflicts" if value == "1" => Condition::AtLeast(fixed("conflicts")?, 1),
        _ => {
            let (column, holds) = column(kind, key)?;
            let read = |text: &str| {
                let text = decoded(text).ok_or_else(wrong)?;
                if text.is_empty() { Ok(Cell::Null) } else { cell(holds, zone, &text).ok_or_else(wrong) }
            };
            if let Some((from, to)) = value.split_once("..") {
                let bound = |text: &str| read(text).map(|c| Some(c).filter(|c| *c != Cell::Null));
                return Ok(Condition::Range(column, bound(from)?, bound(to)?));
            }
            let values: Vec<&str> = value.split('|').collect();
            if values.len() > MAX_VALUES {
                return Err(Refusal::new(Code::TooLarge).with("what", "filter"));
            }
            if let Holds::Field(field) = holds
                && field.kind == FieldType::MultiEnum
                && !value.is_empty()
            {
                let codes = values.iter().map(|v| decoded(v).ok_or_else(wrong));
                return Ok(Condition::Has(column, codes.collect::<Result<_, _>>()?));
            }
            Condition::In(column, values.into_iter().map(read).collect::<Result<_, _>>()?)
        }
    })
}

/// The sort column of a list, and whether it descends. Newest first, unless asked otherwise.
///
/// # Errors
/// `unknown_field`.
pub(super) fn sort(kind: &Kind, text: Option<&str>) -> Result<(Column, bool), Refusal> {
    let text = text.filter(|t| !t.is_empty()).unwrap_or("-created_at");
    let (key, descending) = match text.strip_prefix('-') {
        Some(key) => (key, true),
        None => (text, false),
    };
    let key = if key == "month" { "month_at" } else { key };
    Ok((column(kind, key)?.0, descending))
}

fn column<'a>(kind: &'a Kind, key: &str) -> Result<(Column, Holds<'a>), Refusal> {
    if let Some(column) = Column::fixed(key) {
        let holds = match key {
            "conflicts" => Holds::Number,
            "created_at" | "updated_at" | "month_at" => Holds::Instant,
            "created_by" => Holds::Id,
            _ => Holds::Text,
        };
        return Ok((column, holds));
    }
    let unknown = || Refusal::field(Code::UnknownField, key).with("kind", kind.key.clone());
    let column = Column::field(kind, key).ok_or_else(unknown)?;
    Ok((column, Holds::Field(kind.field(key).ok_or_else(unknown)?)))
}

fn cell(holds: Holds<'_>, zone: &Zone, text: &str) -> Option<Cell> {
    let instant = || Timestamp::parse(text, zone).map(|t| Cell::Integer(t.0));
    let number = || text.parse().ok().map(Cell::Integer);
    let id = || text.parse::<Uuid>().ok().map(|id| Cell::Id(id.into_bytes()));
    match holds {
        Holds::Text => Some(Cell::Text(text.to_owned())),
        Holds::Number => number(),
        Holds::Instant => instant(),
        Holds::Id => id(),
        Holds::Field(field) => match (field.kind, storage(field.kind)) {
            (FieldType::Datetime, _) => instant(),
            (FieldType::Bool, _) => match text {
                "true" | "1" => Some(Cell::Integer(1)),
                "false" | "0" => Some(Cell::Integer(0)),
                _ => None,
            },
            (_, Storage::Integer) => number(),
            (_, Storage::Real) => text.parse::<Decimal>().ok()?.to_f64().map(Cell::Real),
            (_, Storage::Id) => id(),
            (_, Storage::Text) => Some(Cell::Text(text.to_owned())),
        },
    }
}

fn fixed(name: &str) -> Result<Column, Refusal> {
    Column::fixed(name).ok_or_else(|| bad(name))
}

fn bad(what: &str) -> Refusal {
    Refusal::new(Code::BadRequest).with("what", what)
}

/// Takes percent-encoding off a text; `None` if it is not UTF-8 afterwards.
pub fn decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let code = digit(bytes.next())? * 16 + digit(bytes.next())?;
            out.push(u8::try_from(code).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_may_hold_any_character() {
        assert_eq!(decoded("a%2Cb%7C%3a").unwrap(), "a,b|:");
        assert_eq!(decoded("漏油").unwrap(), "漏油");
        assert!(decoded("100%").is_none());
        assert!(decoded("%ff").is_none());
    }
}
