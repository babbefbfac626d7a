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

    /// Day, hour and minute as people in `zone` read them: `2026-03-02 09:00`.
    #[must_use]
    pub fn to_local(self, zone: &Zone) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => at.to_zoned(zone.0.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
            Err(_) => self.to_rfc3339(),
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

    /// The first instant of a calendar day in `zone`.
    #[must_use]
    pub fn start_of_day(date: Date, zone: &Zone) -> Option<Self> {
        Some(Self(date.to_zoned(zone.0.clone()).ok()?.timestamp().as_millisecond()))
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
    /// The zone that a setting names: `Asia/Shanghai`, or the distance from UTC (`+08:00`). `None` for
    /// anything else: zones whose clocks are changed twice a year need tables that this program does not
    /// carry, and a month has to begin at the same moment on every device.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        if text == Self::SHANGHAI {
            return Some(Self::default());
        }
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let digits = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(hours) || !digits(minutes) {
            return None;
        }
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let seconds = (hours * 60 + minutes) * 60;
        if minutes > 59 || seconds > 14 * 3600 {
            return None;
        }
        Some(Self(TimeZone::fixed(Offset::from_seconds(sign * seconds).ok()?)))
    }

    /// The name of the default zone.
    pub const SHANGHAI: &'static str = "Asia/Shanghai";

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

/// A length of time as a whole number of minutes, at most ten years.
pub(crate) mod minutes {
    use jiff::SignedDuration;
    use serde::{Deserialize, Deserializer, Serializer};

    const MOST: i64 = 10 * 366 * 24 * 60;

    pub(crate) fn serialize<S: Serializer>(length: &SignedDuration, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(length.as_mins())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<SignedDuration, D::Error> {
        let minutes = i64::deserialize(d)?;
        if !(0..=MOST).contains(&minutes) {
            return Err(serde::de::Error::custom("minutes from 0 to ten years"));
        }
        Ok(SignedDuration::from_mins(minutes))
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

    #[test]
    fn zones_go_by_name_or_by_distance() {
        let t = Timestamp::parse("2026-01-31T23:30:00+08:00", &Zone::default()).unwrap();
        let day = |zone: &str| Zone::named(zone).unwrap().date_in_text(t);
        assert_eq!(day("Asia/Shanghai"), "2026-01-31");
        assert_eq!(day("+08:00"), "2026-01-31");
        assert_eq!(day("+09:30"), "2026-02-01");
        assert_eq!(day("-05:00"), "2026-01-31");
        for wrong in ["", "+8", "Europe/Berlin", "+15:00", "+08:60", "+0a:00", "０8:00"] {
            assert!(Zone::named(wrong).is_none(), "{wrong}");
        }
    }

    impl Zone {
        fn date_in_text(&self, t: Timestamp) -> String {
            t.date_in(self).unwrap().to_string()
        }
    }
}
