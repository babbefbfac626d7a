//! Decimals of templates: text in JSON, because they are exact; whole numbers may be written as numbers.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Whole(i64),
    Text(String),
}

impl Written {
    fn read<E: serde::de::Error>(self) -> Result<Decimal, E> {
        match self {
            Self::Whole(n) => Ok(Decimal::from(n)),
            Self::Text(text) => text.trim().parse().map_err(|_| E::custom("not a decimal")),
        }
    }
}

pub(super) fn serialize<S: Serializer>(value: &Decimal, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&value.normalize().to_string())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    // What is neither is told as what it should have been.
    Written::deserialize(d).map_err(|_| D::Error::custom("a decimal is a whole number or text"))?.read()
}

pub(super) mod option {
    use super::{Decimal, Deserialize, Deserializer, Serializer, Written};

    // The signature is serde's.
    #[allow(clippy::ref_option)]
    pub(in crate::survey) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, s),
            None => s.serialize_none(),
        }
    }

    pub(in crate::survey) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<Decimal>, D::Error> {
        Option::<Written>::deserialize(d)?.map(Written::read).transpose()
    }
}
