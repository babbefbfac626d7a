//! Instants and the organisation's zone. Times are stored in UTC and reported in the zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// RFC 3339 in UTC to the second, or to the millisecond where there is a fraction.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(t) => t.to_string(),
            // Outside years -9999..9999: show the number rather than lose it.
            Err(_) => format!("{}ms", self.0),
        }
    }

    /// Reads RFC 3339; or a date with a time, or a date alone, in `zone`.
    #[must_use]
    pub fn parse(text: &str, zone: &Zone) -> Option<Self> {
        let text = text.trim();
        if let Ok(t) = text.parse::<jiff::Timestamp>() {
            return Some(Self(t.as_millisecond()));
        }
        let civil = text.replace('/', "-");
        let at = civil
            .parse::<DateTime>()
            .ok()
            .or_else(|| civil.parse::<Date>().ok().map(|d| d.to_datetime(jiff::civil::Time::midnight())))?;
        Some(Self(at.to_zoned(zone.0.clone()).ok()?.timestamp().as_millisecond()))
    }

    /// The calendar day of this instant in `zone`.
    #[must_use]
    pub fn date_in(self, zone: &Zone) -> Option<Date> {
        Some(jiff::Timestamp::from_millisecond(self.0).ok()?.to_zoned(zone.0.clone()).date())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_rfc3339())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text, &Zone::default()).ok_or_else(|| serde::de::Error::custom("not a time"))
    }
}

/// The zone in which an organisation counts days and months.
#[derive(Clone, Debug)]
pub struct Zone(pub TimeZone);

impl Default for Zone {
    /// Asia/Shanghai: UTC+8 without daylight saving since 1991.
    fn default() -> Self {
        Self(TimeZone::fixed(Offset::constant(8)))
    }
}

impl Zone {
    /// First instant of a month `"YYYY-MM"` and of the month after it; `None` if it is no month.
    #[must_use]
    pub fn month(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        let (year, month) = text.split_once('-')?;
        if year.len() != 4 || month.len() != 2 {
            return None;
        }
        let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
        let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
        let at = |d: Date| Some(Timestamp(d.to_zoned(self.0.clone()).ok()?.timestamp().as_millisecond()));
        Some((at(first)?, at(next)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn late_on_31_january_in_shanghai_is_january() {
        let zone = Zone::default();
        let t = Timestamp::parse("2026-01-31T23:30:00+08:00", &zone).unwrap();
        assert_eq!(t.to_rfc3339(), "2026-01-31T15:30:00Z");
        let (from, to) = zone.month("2026-01").unwrap();
        assert!(from <= t && t < to);
        assert_eq!(t.date_in(&zone).unwrap().to_string(), "2026-01-31");
    }

    #[test]
    fn people_write_times_in_several_ways() {
        let zone = Zone::default();
        let want = Timestamp::parse("2026-01-05T00:30:00Z", &zone);
        assert!(want.is_some());
        for text in
            ["2026-01-05 08:30", "2026-01-05T08:30:00", "2026/01/05 08:30", "2026-01-05T08:30:00+08:00"]
        {
            assert_eq!(Timestamp::parse(text, &zone), want, "{text}");
        }
        assert_eq!(Timestamp::parse("待定", &zone), None);
        assert_eq!(zone.month("2026-13"), None);
    }
}
