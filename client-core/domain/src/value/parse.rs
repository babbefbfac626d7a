//! From JSON, or from what a person typed on a command line or in a spreadsheet, to a typed value.

use jiff::civil::{Date, Time};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::Value;
use crate::error::{Code, Refusal};
use crate::schema::{Field, FieldType, Schema};
use crate::time::{Timestamp, Zone};

/// The value that `json` means for `field`; `null` and blank text clear it.
///
/// Strings are taken for every type, so that a command line and a form can send what was typed. Codes that
/// are no longer offered are taken too: whether they may be set is asked of the record that they are set on.
///
/// # Errors
/// `wrong_type`, `too_long`, `out_of_range`, `unknown_code`, each naming the field and the rule.
pub fn parse(schema: &Schema, field: &Field, json: &Json, zone: &Zone) -> Result<Value, Refusal> {
    let wrong = || {
        Refusal::field(Code::WrongType, &field.key)
            .with("type", serde_json::to_value(field.kind).unwrap_or_default())
    };
    let text = match json {
        Json::Null => return Ok(Value::Null),
        Json::String(s) if s.trim().is_empty() => return Ok(Value::Null),
        Json::String(s) => Some(s.as_str()),
        _ => None,
    };
    let value = match field.kind {
        FieldType::Text => match (text, json) {
            (Some(t), _) => Value::Text(t.trim().to_owned()),
            // A telephone number from a spreadsheet is a number; it was meant as text.
            (None, Json::Number(n)) => Value::Text(n.to_string()),
            _ => return Err(wrong()),
        },
        FieldType::Longtext => Value::Text(text.ok_or_else(wrong)?.to_owned()),
        FieldType::Date => {
            let text = text.ok_or_else(wrong)?.trim();
            let day = text.replace('/', "-").parse::<Date>().ok();
            let day = day.or_else(|| Timestamp::parse(text, zone).and_then(|t| t.date_in(zone)));
            Value::Date(day.ok_or_else(wrong)?)
        }
        FieldType::Time => {
            let time: Time = text.ok_or_else(wrong)?.trim().parse().map_err(|_| wrong())?;
            Value::Text(time.strftime("%H:%M").to_string())
        }
        FieldType::Datetime => {
            Value::Datetime(Timestamp::parse(text.ok_or_else(wrong)?, zone).ok_or_else(wrong)?)
        }
        FieldType::Enum => Value::Code(text.ok_or_else(wrong)?.trim().to_owned()),
        FieldType::MultiEnum => {
            let mut codes: Vec<String> = match (text, json) {
                (Some(t), _) => t.split(',').map(|c| c.trim().to_owned()).collect(),
                (None, Json::Array(items)) => {
                    let code = |i: &Json| i.as_str().map(|c| c.trim().to_owned());
                    items.iter().map(code).collect::<Option<_>>().ok_or_else(wrong)?
                }
                _ => return Err(wrong()),
            };
            codes.retain(|c| !c.is_empty());
            codes.sort();
            codes.dedup();
            if codes.is_empty() { Value::Null } else { Value::Codes(codes) }
        }
        FieldType::Int => match (text, json) {
            (Some(t), _) => Value::Int(t.trim().parse().map_err(|_| wrong())?),
            (None, Json::Number(n)) => Value::Int(n.as_i64().ok_or_else(wrong)?),
            _ => return Err(wrong()),
        },
        FieldType::Decimal | FieldType::Percent | FieldType::Money => {
            let written = match (text, json) {
                (Some(t), _) => t.trim().trim_end_matches('%').to_owned(),
                (None, Json::Number(n)) => n.to_string(),
                _ => return Err(wrong()),
            };
            let number: Decimal = written.parse().map_err(|_| wrong())?;
            if field.kind == FieldType::Money {
                let mut money = number.normalize();
                if money.scale() > 2 {
                    return Err(wrong().with("decimals", 2));
                }
                money.rescale(2);
                Value::Decimal(money)
            } else {
                Value::Decimal(number.normalize())
            }
        }
        FieldType::Bool => match (text.map(|t| t.trim().to_lowercase()).as_deref(), json) {
            (Some("true" | "1" | "yes" | "y" | "是"), _) | (None, Json::Bool(true)) => Value::Bool(true),
            (Some("false" | "0" | "no" | "n" | "否"), _) | (None, Json::Bool(false)) => Value::Bool(false),
            _ => return Err(wrong()),
        },
        FieldType::Ref => Value::Ref(text.ok_or_else(wrong)?.trim().parse().map_err(|_| wrong())?),
    };
    check(schema, field, &value)?;
    Ok(value)
}

/// Whether a typed value meets the field's rules; run on what a person typed and, on the server, on
/// what a device sent.
///
/// # Errors
/// As [`parse`].
pub fn check(schema: &Schema, field: &Field, value: &Value) -> Result<(), Refusal> {
    let wrong = || {
        Refusal::field(Code::WrongType, &field.key)
            .with("type", serde_json::to_value(field.kind).unwrap_or_default())
    };
    let unknown_code = |code: &str| {
        let list = field.list.as_deref().unwrap_or_default();
        match schema.list(list).and_then(|l| l.code(code)) {
            Some(_) => Ok(()),
            None => Err(Refusal::field(Code::UnknownCode, &field.key).with("value", code).with("list", list)),
        }
    };
    match (field.kind, value) {
        (_, Value::Null) => Ok(()),
        (FieldType::Time, Value::Text(t)) => {
            let time = t.parse::<Time>().map(|time| time.strftime("%H:%M").to_string());
            if time.is_ok_and(|time| time == *t) { Ok(()) } else { Err(wrong()) }
        }
        (FieldType::Text | FieldType::Longtext, Value::Text(t)) => {
            let (length, max) = (t.chars().count(), field.max_chars());
            if length > max {
                return Err(Refusal::field(Code::TooLong, &field.key)
                    .with("max", max)
                    .with("length", length));
            }
            // One line is one line: a control character would break a ledger's row.
            if field.kind != FieldType::Longtext && t.chars().any(char::is_control) {
                return Err(wrong());
            }
            Ok(())
        }
        (FieldType::Datetime, Value::Datetime(t)) => match jiff::Timestamp::from_millisecond(t.0) {
            Ok(_) => Ok(()),
            Err(_) => Err(wrong()),
        },
        (FieldType::Date, Value::Date(_))
        | (FieldType::Bool, Value::Bool(_))
        | (FieldType::Ref, Value::Ref(_)) => Ok(()),
        (FieldType::Enum, Value::Code(code)) => unknown_code(code),
        (FieldType::MultiEnum, Value::Codes(codes)) => {
            if !codes.is_sorted_by(|a, b| a < b) {
                return Err(wrong());
            }
            codes.iter().try_for_each(|c| unknown_code(c))
        }
        (FieldType::Int, Value::Int(i)) => range(field, Decimal::from(*i)),
        (FieldType::Money, Value::Decimal(d)) if d.normalize().scale() > 2 => {
            Err(wrong().with("decimals", 2))
        }
        (FieldType::Decimal | FieldType::Percent | FieldType::Money, Value::Decimal(d)) => range(field, *d),
        _ => Err(wrong()),
    }
}

fn range(field: &Field, number: Decimal) -> Result<(), Refusal> {
    let bound = |b: &Option<String>| b.as_ref().and_then(|b| b.parse::<Decimal>().ok());
    let low = bound(&field.min_value).filter(|min| number < *min);
    let high = bound(&field.max_value).filter(|max| number > *max);
    if low.is_none() && high.is_none() {
        return Ok(());
    }
    let mut refusal = Refusal::field(Code::OutOfRange, &field.key);
    for (key, bound) in [("min", &field.min_value), ("max", &field.max_value)] {
        if let Some(bound) = bound {
            refusal = refusal.with(key, bound.clone());
        }
    }
    Err(refusal)
}
