//! Typed values: what a field can hold, its JSON, and the rules it must meet.

mod parse;

use rust_decimal::Decimal;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::time::Timestamp;

pub use parse::{check, parse};

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: never set, or cleared.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal: decimal, percent, money.
    Decimal(Decimal),
    /// Text, a time of day, or long prose.
    Text(String),
    /// A calendar day.
    Date(jiff::civil::Date),
    /// An instant.
    Datetime(Timestamp),
    /// A code of a list.
    Code(String),
    /// Several codes of a list, sorted.
    Codes(Vec<String>),
    /// A record or a user.
    Ref(Uuid),
    /// What a newer version wrote and this one cannot type: kept and shown as it is.
    Unknown(Json),
}

impl Value {
    /// Whether there is nothing in it that a person could read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(t) => t.trim().is_empty(),
            Self::Codes(c) => c.is_empty(),
            _ => false,
        }
    }

    /// The API's JSON: decimals as strings (they are exact), instants as RFC 3339 in UTC.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Int(i) => Json::from(*i),
            Self::Decimal(d) => Json::String(d.to_string()),
            Self::Text(t) | Self::Code(t) => Json::String(t.clone()),
            Self::Date(d) => Json::String(d.to_string()),
            Self::Datetime(t) => Json::String(t.to_rfc3339()),
            Self::Codes(c) => Json::from(c.clone()),
            Self::Ref(id) => Json::String(id.to_string()),
            Self::Unknown(json) => json.clone(),
        }
    }

    /// The value as one line of plain text, for search, titles and CSV.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(b) => b.to_string(),
            Self::Int(i) => i.to_string(),
            Self::Codes(c) => c.join(","),
            Self::Unknown(json) => json.to_string(),
            other => match other.to_json() {
                Json::String(s) => s,
                json => json.to_string(),
            },
        }
    }

    /// The instant, where it is one.
    #[must_use]
    pub fn as_datetime(&self) -> Option<Timestamp> {
        match self {
            Self::Datetime(t) => Some(*t),
            _ => None,
        }
    }

    /// The id, where it is a reference.
    #[must_use]
    pub fn as_ref_id(&self) -> Option<Uuid> {
        match self {
            Self::Ref(id) => Some(*id),
            _ => None,
        }
    }
}
