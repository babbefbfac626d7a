//! Dates as people type them into ledgers.
//!
//! What is read here is certain or it is not read: a month is never made into its first day, a day
//! without a year never into this year. The original stays on the record either way.

use jiff::civil::{Date, DateTime, Time, date};

use super::text::{half_width, is_blank, is_pending};

/// What a cell of a date column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A day.
    Day(Date),
    /// A day with a time of day, on the clock of whoever wrote it.
    At(DateTime),
    /// A month only: the 1st of it stands for the month.
    Month(Date),
    /// 待定: to be decided.
    Pending,
    /// Nothing, or a stroke.
    Blank,
    /// Something else.
    Unreadable,
}

/// Serial numbers that a spreadsheet may mean as days: 1954-10-03 to 2119-01-10. Outside, a bare number
/// is more likely a quantity typed into the wrong column.
const SERIALS: std::ops::RangeInclusive<i64> = 20_000..=80_000;

/// Reads one cell.
#[must_use]
pub fn read(text: &str) -> Found {
    if is_blank(text) {
        return Found::Blank;
    }
    if is_pending(text) {
        return Found::Pending;
    }
    let text = half_width(text);
    let text = text.trim().trim_end_matches('份');
    if let Some(found) = bare_number(text) {
        return found;
    }
    parts(text).unwrap_or(Found::Unreadable)
}

/// The day of an Excel serial number: days since 1899-12-30, as the 1900 calendar counts from March 1900.
#[must_use]
pub fn from_serial(days: i64) -> Option<Date> {
    date(1899, 12, 30).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The serial number of a day, the inverse of [`from_serial`].
#[must_use]
pub fn to_serial(day: Date) -> i64 {
    day.since(date(1899, 12, 30)).map_or(0, |span| i64::from(span.get_days()))
}

/// `46027`, `46027.5`, `20260106`, `202601`.
fn bare_number(text: &str) -> Option<Found> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match (whole.len(), fraction.len()) {
        (8, 0) => Some(
            calendar_day(number / 10_000, number / 100 % 100, number % 100)
                .map_or(Found::Unreadable, Found::Day),
        ),
        (6, 0) => Some(calendar_day(number / 100, number % 100, 1).map_or(Found::Unreadable, Found::Month)),
        (5, 0) if SERIALS.contains(&number) => from_serial(number).map(Found::Day),
        // 2026.1 is a month and 26.8 may be one; a serial with a fraction has five digits before it.
        (5, _) if SERIALS.contains(&number) => {
            let share: f64 = format!("0.{fraction}").parse().ok()?;
            // At most 86,400: it fits.
            #[allow(clippy::cast_possible_truncation)]
            let seconds = (share * 86_400.0).round() as i64;
            let midnight = from_serial(number)?.at(0, 0, 0, 0);
            midnight.checked_add(jiff::Span::new().try_seconds(seconds).ok()?).ok().map(Found::At)
        }
        _ => None,
    }
}

/// Numbers between separators: `2026-1-6`, `2026/01/06 8:30`, `26年1月11日`, `2026年1月`.
fn parts(text: &str) -> Option<Found> {
    let (day, time) = split_time(text)?;
    let day = day.trim().trim_end_matches(['日', '号']).replace(['年', '月', '/', '.'], "-");
    let mut numbers = Vec::with_capacity(3);
    for part in day.trim_end_matches('-').split('-') {
        let part = part.trim();
        if part.is_empty() || part.len() > 4 || !part.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        numbers.push(part);
    }
    let year = |text: &str| -> Option<i64> {
        let number: i64 = text.parse().ok()?;
        match text.len() {
            4 => Some(number),
            // Two digits: 70 to 99 are the last century's, as spreadsheets and banks read them.
            2 => Some(if number >= 70 { 1900 + number } else { 2000 + number }),
            _ => None,
        }
    };
    let small = |text: &str| if text.len() <= 2 { text.parse::<i64>().ok() } else { None };
    match (numbers.as_slice(), time) {
        ([y, m, d], None) => calendar_day(year(y)?, small(m)?, small(d)?).map(Found::Day),
        ([y, m, d], Some(time)) => {
            calendar_day(year(y)?, small(m)?, small(d)?).map(|day| Found::At(day.to_datetime(time)))
        }
        // `26年8月` names its parts; `8-15` and `26-8` could be a day of a month as well.
        ([y, m], None) if y.len() == 4 || text.contains('年') => {
            calendar_day(year(y)?, small(m)?, 1).map(Found::Month)
        }
        _ => None,
    }
}

/// Splits `2026-1-6 下午 2:30` into its day and its time of day.
fn split_time(text: &str) -> Option<(String, Option<Time>)> {
    let text = text.replace('T', " ");
    let Some((day, rest)) = text.split_once(' ').or_else(|| {
        let at = text.find(['日', '号'])? + '日'.len_utf8();
        Some((&text[..at], &text[at..]))
    }) else {
        return Some((text, None));
    };
    let rest = rest.trim();
    if rest.is_empty() {
        return Some((day.to_owned(), None));
    }
    // `2026 - 1 - 6`: a space inside the day, not before a time.
    if rest.starts_with(['-', '/', '.']) || day.ends_with(['-', '/', '.', '年', '月']) {
        let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        return if joined.contains(' ') { None } else { split_time(&joined) };
    }
    let (afternoon, rest) = ["下午", "晚上", "PM", "pm"]
        .iter()
        .find_map(|w| strip_word(rest, w))
        .map_or((false, rest.to_owned()), |r| (true, r));
    let rest = ["上午", "早上", "AM", "am"].iter().find_map(|w| strip_word(&rest, w)).unwrap_or(rest);
    let clock = rest.trim().replace(['时', '点', '分'], ":").replace('秒', "");
    let mut numbers = clock.trim_end_matches(':').split(':').map(|n| n.trim().parse::<i8>());
    let hour = numbers.next()?.ok()?;
    let minute = numbers.next().unwrap_or(Ok(0)).ok()?;
    let second = numbers.next().unwrap_or(Ok(0)).ok()?;
    if numbers.next().is_some() {
        return None;
    }
    let hour = if afternoon && hour < 12 { hour + 12 } else { hour };
    Some((day.to_owned(), Some(Time::new(hour, minute, second, 0).ok()?)))
}

fn strip_word(text: &str, word: &str) -> Option<String> {
    text.strip_prefix(word).or_else(|| text.strip_suffix(word)).map(|r| r.trim().to_owned())
}

/// A day of the years in which such ledgers were kept.
fn calendar_day(year: i64, month: i64, day: i64) -> Option<Date> {
    if !(1950..=2099).contains(&year) {
        return None;
    }
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_as_people_write_them() {
        let want = Found::Day(date(2026, 1, 6));
        for text in [
            "2026-1-6",
            "2026-01-06",
            "2026/01/06",
            "2026/1/6",
            "2026.01.06",
            "2026.1.6",
            "26年1月6日",
            "2026年1月6日",
            "2026年01月06号",
            "２０２６－１－６",
            " 2026-1-6 ",
            "2026 - 1 - 6",
            "26-1-6",
            "26/1/6",
            "20260106",
            "46028",
            "2026年1月6",
        ] {
            assert_eq!(read(text), want, "{text:?}");
        }
        assert_eq!(read("98.12.31"), Found::Day(date(1998, 12, 31)));
        assert_eq!(read("2024-2-29"), Found::Day(date(2024, 2, 29)));
    }

    #[test]
    fn times_of_day_are_kept() {
        let want = Found::At(date(2026, 1, 6).at(14, 30, 0, 0));
        for text in [
            "2026-1-6 14:30",
            "2026/01/06 14:30:00",
            "2026-01-06T14:30:00",
            "2026年1月6日14时30分",
            "2026年1月6日 下午2:30",
            "2026.1.6 2:30 PM",
            "46028.6041666667",
        ] {
            assert_eq!(read(text), want, "{text:?}");
        }
        assert_eq!(read("2026-1-6 上午9点"), Found::At(date(2026, 1, 6).at(9, 0, 0, 0)));
    }

    #[test]
    fn a_month_is_not_made_into_a_day() {
        for text in ["2026年8月", "26年8月", "2026-08", "2026/8", "2026.8", "202608", "2026年8月份"] {
            assert_eq!(read(text), Found::Month(date(2026, 8, 1)), "{text:?}");
        }
    }

    #[test]
    fn nothing_later_and_nonsense() {
        for text in ["", "  ", "/", "—", "无"] {
            assert_eq!(read(text), Found::Blank, "{text:?}");
        }
        for text in ["待定", " 待定"] {
            assert_eq!(read(text), Found::Pending, "{text:?}");
        }
        for text in [
            "2026-13-1",
            "2026-2-30",
            "1月6日",
            "1-6",
            "26-8",
            "下周",
            "06/01/2026",
            "2026-1-6-7",
            "12",
            "3.5",
            "99999999",
            "1899-12-31",
            "2026-1-6 25:00",
            "2026-1-6 8:61",
            "2026--6",
            "年月日",
            "5000",
            "B26092",
            "日",
            "2026-1-6 8:30 9:30",
            "- 2026",
            "2026 1 6",
        ] {
            assert_eq!(read(text), Found::Unreadable, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_style_of_every_day_reads_back(offset in 0i64..50_000) {
            let day = date(1954, 10, 3).checked_add(jiff::Span::new().days(offset)).unwrap();
            let (y, m, d) = (day.year(), day.month(), day.day());
            for text in [
                day.to_string(), format!("{y}-{m}-{d}"), format!("{y}/{m:02}/{d:02}"), format!("{y}.{m:02}.{d:02}"),
                format!("{y}年{m}月{d}日"), format!("{y}{m:02}{d:02}"),
            ] {
                prop_assert_eq!(read(&text), Found::Day(day), "{}", text);
            }
            prop_assert_eq!(from_serial(to_serial(day)), Some(day));
            prop_assert_eq!(read(&to_serial(day).to_string()), Found::Day(day));
            prop_assert_eq!(read(&format!("{y}年{m}月")), Found::Month(date(y, m, 1)));
            if (1970..2070).contains(&y) {
                let short = format!("{:02}年{m}月{d}日", y % 100);
                prop_assert_eq!(read(&short), Found::Day(day), "{}", short);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,24}") {
            let _ = read(&text);
        }
    }
}
