//! The stored form: whole milliseconds, which every instant has, where RFC 3339 ends with the year 9999.

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

use crate::time::Timestamp;

/// Whether a value says nothing and may be left out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One instant.
pub(super) mod millis {
    use super::*;

    pub fn serialize<S: Serializer>(at: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
        at.0.serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(d).map(Timestamp)
    }
}

/// Several instants.
pub(super) mod millis_list {
    use super::*;

    pub fn serialize<S: Serializer>(list: &[Timestamp], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(list.iter().map(|at| at.0))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Timestamp>, D::Error> {
        Ok(Vec::<i64>::deserialize(d)?.into_iter().map(Timestamp).collect())
    }
}

/// Instants by mark.
pub(super) mod millis_by_mark {
    use std::collections::BTreeMap;

    use super::*;
    use crate::deadline::rules::Mark;

    pub fn serialize<S: Serializer>(map: &BTreeMap<Mark, Timestamp>, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(map.iter().map(|(mark, at)| (mark, at.0)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<Mark, Timestamp>, D::Error> {
        let map = BTreeMap::<Mark, i64>::deserialize(d)?;
        Ok(map.into_iter().map(|(mark, at)| (mark, Timestamp(at))).collect())
    }
}
