//! Between typed values and Automerge scalars.

use std::borrow::Cow;

use automerge::ScalarValue;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::schema::FieldType;
use crate::time::Timestamp;
use crate::value::Value;

/// The scalar that stores a value. Long prose is stored as Text, not by this.
pub(super) fn to_scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null | Value::Unknown(_) => ScalarValue::Null,
        Value::Bool(b) => ScalarValue::Boolean(*b),
        Value::Int(i) => ScalarValue::Int(*i),
        Value::Datetime(t) => ScalarValue::Timestamp(t.0),
        Value::Ref(id) => ScalarValue::Bytes(id.as_bytes().to_vec()),
        Value::Codes(codes) => ScalarValue::Str(codes.join(",").into()),
        Value::Decimal(d) => ScalarValue::Str(d.to_string().into()),
        Value::Text(t) | Value::Code(t) => ScalarValue::Str(t.as_str().into()),
        Value::Date(d) => ScalarValue::Str(d.to_string().into()),
    }
}

/// The value that a scalar stores for a field of this type; what does not fit is kept as it is.
pub(super) fn from_scalar(kind: FieldType, scalar: &ScalarValue) -> Value {
    let text = match scalar {
        ScalarValue::Null => return Value::Null,
        ScalarValue::Str(s) => Some(s.as_str()),
        _ => None,
    };
    let typed = match (kind, scalar) {
        (FieldType::Text | FieldType::Longtext | FieldType::Time, _) => {
            text.map(|t| Value::Text(t.to_owned()))
        }
        (FieldType::Enum, _) => text.map(|t| Value::Code(t.to_owned())),
        (FieldType::MultiEnum, _) => {
            text.map(|t| Value::Codes(t.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect()))
        }
        (FieldType::Date, _) => text.and_then(|t| t.parse().ok()).map(Value::Date),
        (FieldType::Decimal | FieldType::Percent | FieldType::Money, _) => {
            text.and_then(|t| t.parse().ok()).map(Value::Decimal)
        }
        (FieldType::Datetime, ScalarValue::Timestamp(t)) => Some(Value::Datetime(Timestamp(*t))),
        (FieldType::Int, ScalarValue::Int(i)) => Some(Value::Int(*i)),
        (FieldType::Int, ScalarValue::Uint(u)) => i64::try_from(*u).ok().map(Value::Int),
        (FieldType::Bool, ScalarValue::Boolean(b)) => Some(Value::Bool(*b)),
        (FieldType::Ref, ScalarValue::Bytes(b)) => Uuid::from_slice(b).ok().map(Value::Ref),
        _ => None,
    };
    typed.unwrap_or_else(|| Value::Unknown(to_json(scalar)))
}

/// A scalar of unknown meaning, readable.
pub(super) fn to_json(scalar: &ScalarValue) -> Json {
    match scalar {
        ScalarValue::Null => Json::Null,
        ScalarValue::Str(s) => Json::String(s.to_string()),
        ScalarValue::Int(i) => Json::from(*i),
        ScalarValue::Uint(u) => Json::from(*u),
        ScalarValue::F64(f) => Json::from(*f),
        ScalarValue::Boolean(b) => Json::Bool(*b),
        ScalarValue::Timestamp(t) => Json::String(Timestamp(*t).to_rfc3339()),
        ScalarValue::Counter(c) => Json::from(i64::from(c)),
        ScalarValue::Bytes(b) => match Uuid::from_slice(b) {
            Ok(id) => Json::String(id.to_string()),
            Err(_) => Json::String(b.iter().map(|x| format!("{x:02x}")).collect()),
        },
        ScalarValue::Unknown { bytes, .. } => {
            Json::String(bytes.iter().map(|x| format!("{x:02x}")).collect())
        }
    }
}

/// The scalar of an Automerge value, if it is one.
pub(super) fn scalar<'a>(value: &'a automerge::Value<'_>) -> Option<Cow<'a, ScalarValue>> {
    match value {
        automerge::Value::Scalar(s) => Some(Cow::Borrowed(s.as_ref())),
        automerge::Value::Object(_) => None,
    }
}
