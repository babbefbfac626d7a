//! The calendar: published holidays, an organisation's own days, and arithmetic with working time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::deadline::calendar::{CalendarError, Period};
use domain::deadline::{Calendar, CalendarSettings, Limit, Notice};
use domain::time::{Timestamp, Zone};
use jiff::civil::Date;
use proptest::prelude::*;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text, &Zone::default()).unwrap()
}

fn notice(text: &str) -> Notice {
    Notice::parse(text).unwrap()
}

fn with(change: impl FnOnce(&mut CalendarSettings)) -> Result<Calendar, CalendarError> {
    let mut settings = CalendarSettings::default();
    change(&mut settings);
    Calendar::new(&settings, Zone::default())
}

#[test]
fn every_file_is_read_and_only_published_years_are_covered() {
    let calendar = Calendar::new(&CalendarSettings::default(), Zone::default()).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/calendar");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let year: i16 = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        assert!(calendar.covers(year), "{year} lies under calendar/ but is not embedded");
        files += 1;
    }
    assert_eq!(files, 3);
    assert!(!calendar.covers(2023) && !calendar.covers(2027));
    assert_eq!(Calendar::default().covers(2026), calendar.covers(2026));
}

/// How many days off and make-up days each notice has: a slip in a file shows here.
#[test]
fn each_year_has_as_many_days_as_its_notice() {
    let calendar = Calendar::default();
    for (year, off, made_up) in [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)] {
        let days = Date::new(year, 1, 1).unwrap().series(jiff::Span::new().days(1));
        let days: Vec<Date> = days.take_while(|d| d.year() == year).collect();
        let exceptions = || days.iter().filter(|d| calendar.exception(**d).is_some());
        assert_eq!(exceptions().filter(|d| !calendar.is_working(**d)).count(), off, "{year}");
        assert_eq!(exceptions().filter(|d| calendar.is_working(**d)).count(), made_up, "{year}");
        // Only weekend days are made up, or there would be nothing to exchange.
        for day in exceptions().filter(|d| calendar.is_working(**d)) {
            assert!(day.weekday().to_monday_one_offset() >= 6, "{day}");
        }
    }
}

#[test]
fn days_that_people_remember() {
    let calendar = Calendar::default();
    for (day, working) in [
        ("2024-02-09", true),  // 除夕 2024: no public holiday
        ("2024-02-10", false), // 春节
        ("2024-02-18", true),  // Sunday, made up
        ("2024-09-14", true),  // Saturday, made up for 中秋
        ("2025-01-26", true),  // Sunday, made up
        ("2025-01-28", false), // 除夕 2025
        ("2025-10-08", false), // 国庆 and 中秋 together
        ("2025-10-11", true),  // Saturday, made up
        ("2026-01-02", false),
        ("2026-01-04", true), // Sunday, made up
        ("2026-02-23", false),
        ("2026-02-28", true), // Saturday, made up
        ("2026-03-07", false),
        ("2026-03-09", true),
        ("2027-01-01", true), // not published: a Friday
        ("2027-01-02", false),
    ] {
        assert_eq!(calendar.is_working(date(day)), working, "{day}");
    }
    assert_eq!(calendar.exception(date("2026-02-28")).unwrap().zh, "春节");
    assert_eq!(calendar.exception(date("2026-03-07")), None);
}

#[test]
fn neighbours_and_counts() {
    let calendar = Calendar::default();
    assert_eq!(calendar.next_working_day(date("2026-02-14")), Some(date("2026-02-24")));
    assert_eq!(calendar.previous_working_day(date("2026-02-24")), Some(date("2026-02-14")));
    assert_eq!(calendar.working_day_from(date("2026-02-14")), Some(date("2026-02-14")));
    assert_eq!(calendar.add_working_days(date("2025-09-26"), 3), Some(date("2025-09-30")));
    assert_eq!(calendar.add_working_days(date("2025-09-26"), 0), Some(date("2025-09-26")));
    assert_eq!(calendar.working_days_between(date("2026-02-01"), date("2026-03-01")), 16);
    assert_eq!(calendar.working_days_between(date("2026-03-01"), date("2026-02-01")), 0);
}

#[test]
fn months_end_where_they_end() {
    let calendar = Calendar::default();
    for (from, months, to) in [
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2023-03-15", 36, "2026-03-15"),
    ] {
        assert_eq!(calendar.add_months(date(from), months), Some(date(to)), "{from} + {months}");
    }
    for (day, period, n, last) in [
        ("2026-03-01", Period::Week, 0, "2026-03-01"),
        ("2026-03-02", Period::Week, 0, "2026-03-08"),
        ("2025-12-31", Period::Week, 1, "2026-01-11"),
        ("2024-01-31", Period::Month, 1, "2024-02-29"),
        ("2025-11-30", Period::Quarter, 1, "2026-03-31"),
        ("2026-06-30", Period::Half, 0, "2026-06-30"),
        ("2026-07-01", Period::Half, 0, "2026-12-31"),
        ("2024-02-29", Period::Year, 1, "2025-12-31"),
    ] {
        assert_eq!(calendar.end_of_period(date(day), period, n), Some(date(last)), "{day} {period:?} {n}");
    }
    assert_eq!(calendar.add_days(date("2026-01-01"), i64::MAX), None);
    assert_eq!(calendar.add_months(date("2026-01-01"), i64::MAX), None);
    assert_eq!(calendar.add_hours(Timestamp(i64::MAX), 1), None);
    assert_eq!(calendar.end_of_period(date("9999-12-31"), Period::Week, i64::MAX), None);
}

#[test]
fn office_hours_stop_for_lunch_the_night_and_holidays() {
    let calendar = Calendar::default();
    const HOUR: i64 = 3_600_000;
    for (from, hours, to) in [
        ("2026-03-02 11:00", 2, "2026-03-02 14:00"),
        ("2026-03-02 17:00", 1, "2026-03-03 09:00"),
        ("2026-03-06 18:00", 8, "2026-03-09 17:30"),
        ("2026-02-14 16:30", 2, "2026-02-24 09:30"),
        ("2026-03-07 12:00", 0, "2026-03-07 12:00"),
    ] {
        assert_eq!(calendar.add_working(at(from), hours * HOUR), Some(at(to)), "{from} + {hours}");
        assert_eq!(calendar.working_between(at(from), at(to)), hours * HOUR, "{from} – {to}");
    }
    assert_eq!(calendar.opening(date("2026-03-02")), Some(at("2026-03-02 08:30")));
    assert_eq!(calendar.closing(date("2026-03-02")), Some(at("2026-03-02 17:30")));
    assert_eq!(calendar.closing_after(at("2026-03-06 18:00")), Some(at("2026-03-09 17:30")));
    assert_eq!(calendar.end_of_day(date("2026-02-28")), Some(at("2026-03-01 00:00")));
}

#[test]
fn an_organisation_has_days_and_hours_of_its_own() {
    let six = with(|s| {
        s.weekdays = vec![1, 2, 3, 4, 5, 6];
        s.hours = vec!["08:00-20:00".into()];
        s.off = vec!["2026-03-10".into(), "2026-05-09".into()];
        s.work = vec!["2026-03-08".into(), "2026-10-01".into()];
    })
    .unwrap();
    for (day, working) in [
        ("2026-03-07", true),  // a Saturday of a six-day week
        ("2026-03-08", true),  // own working Sunday
        ("2026-03-10", false), // own day off
        ("2026-05-09", false), // own day off, although made up for 劳动节
        ("2026-10-01", true),  // own working day on 国庆
        ("2026-10-02", false), // public holiday
    ] {
        assert_eq!(six.is_working(date(day)), working, "{day}");
    }
    assert_eq!(six.add_working(at("2026-03-09 19:00"), 2 * 3_600_000), Some(at("2026-03-11 09:00")));
}

#[test]
fn a_notice_that_came_out_later_is_added_in_the_settings() {
    let text = r#"
year = 2027
source = "made"
[[holiday]]
name = { zh = "元旦", en = "New Year" }
from = "2026-12-31"
to = "2027-01-02"
work = ["2027-01-03"]
"#;
    let calendar = with(|s| s.years.push(notice(text))).unwrap();
    assert!(calendar.covers(2027));
    assert!(!calendar.is_working(date("2026-12-31")) && calendar.is_working(date("2027-01-03")));
    // The same year again, amended: the later text stands alone.
    let amended = text.replace("2027-01-03", "2027-01-09");
    let calendar = with(|s| s.years = vec![notice(text), notice(&amended)]).unwrap();
    assert!(!calendar.is_working(date("2027-01-03")) && calendar.is_working(date("2027-01-09")));
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let year = |text: &str| {
        let notice = Notice::parse(text)?;
        with(|s| s.years.push(notice))
    };
    assert!(matches!(year("year = "), Err(CalendarError::Form(_))));
    assert!(matches!(year("year = 2027\nsource = \"\"\nmore = 1"), Err(CalendarError::Form(_))));
    let holiday = |from: &str, to: &str, work: &str| {
        year(&format!(
            "year = 2027\nsource = \"\"\n[[holiday]]\nname = {{ zh = \"\", en = \"\" }}\n\
             from = \"{from}\"\nto = \"{to}\"\nwork = [{work}]"
        ))
    };
    assert!(holiday("2027-10-01", "2027-10-07", "").is_ok());
    for (from, to, work) in [
        ("2027-10-07", "2027-10-01", ""),
        ("2027-01-01", "2027-12-31", ""),
        ("2025-10-01", "2025-10-07", ""),
        ("2027-10-01", "2027-10-32", ""),
        ("2027-10-01", "2027-10-07", "\"2027-10-03\""),
        ("2027-10-01", "2027-10-07", "\"Sunday\""),
    ] {
        assert!(matches!(holiday(from, to, work), Err(CalendarError::Date(_))), "{from} {to} {work}");
    }
    assert_eq!(with(|s| s.weekdays.clear()).unwrap_err(), CalendarError::Weekdays);
    assert_eq!(with(|s| s.weekdays = vec![0]).unwrap_err(), CalendarError::Weekdays);
    assert_eq!(with(|s| s.weekdays = vec![8]).unwrap_err(), CalendarError::Weekdays);
    assert!(matches!(with(|s| s.off.push("2026-02-30".into())), Err(CalendarError::Date(_))));
    for hours in
        [vec![], vec!["9-17"], vec!["17:00-09:00"], vec!["09:00-12:00", "11:00-17:00"], vec!["09:00-24:01"]]
    {
        let texts: Vec<String> = hours.iter().map(|h| (*h).to_owned()).collect();
        assert!(matches!(with(|s| s.hours = texts), Err(CalendarError::Hours(_))), "{hours:?}");
    }
    assert!(with(|s| s.hours = vec!["00:00-24:00".into()]).is_ok());
    // With every day of a century off there is no next working day, and no endless search either.
    let mut none = with(|s| s.weekdays = vec![7]).unwrap();
    assert_eq!(none.next_working_day(date("2026-03-01")), Some(date("2026-03-08")));
    none = with(|s| s.hours = vec!["00:00-00:01".into()]).unwrap();
    assert_eq!(none.add_working(at("2026-03-02"), i64::MAX), None);
}

#[test]
fn limits_read_as_they_are_written() {
    for text in
        ["30 min", "24 h", "3 d", "1 wd", "4 wh", "36 mo", "1 week", "1 month", "5 day-of-next-month", "none"]
    {
        assert_eq!(Limit::parse(text).unwrap().to_string(), text);
    }
    for text in
        ["", "24", "h", "24h", "-1 h", "1.5 h", "24 h h", "100001 h", "1 none", "none none", "1 fortnight"]
    {
        assert_eq!(Limit::parse(text), None, "{text}");
    }
}

/// Instants from 2023 to 2027: covered years and uncovered ones.
fn instant() -> impl Strategy<Value = Timestamp> {
    (1_672_500_000_000_i64..1_830_000_000_000).prop_map(Timestamp)
}

fn work() -> impl Strategy<Value = i64> {
    0_i64..400 * 3_600_000
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn adding_working_time_is_additive(from in instant(), a in work(), b in work()) {
        let calendar = Calendar::default();
        let twice = calendar.add_working(calendar.add_working(from, a).unwrap(), b);
        prop_assert_eq!(twice, calendar.add_working(from, a + b));
    }

    #[test]
    fn adding_and_measuring_agree(from in instant(), a in work()) {
        let calendar = Calendar::default();
        let to = calendar.add_working(from, a).unwrap();
        prop_assert!(to >= from);
        prop_assert_eq!(calendar.working_between(from, to), a);
        if a > 0 {
            // The earliest such instant: a millisecond before, it was less.
            prop_assert_eq!(calendar.working_between(from, Timestamp(to.0 - 1)), a - 1);
        }
    }

    #[test]
    fn measuring_adds_up(mut t in [instant(), instant(), instant()]) {
        let calendar = Calendar::default();
        t.sort();
        let parts = calendar.working_between(t[0], t[1]) + calendar.working_between(t[1], t[2]);
        prop_assert_eq!(calendar.working_between(t[0], t[2]), parts);
    }

    #[test]
    fn working_days_are_counted_as_one_by_one(from in instant(), days in 0_i64..1200) {
        let calendar = Calendar::default();
        let first = calendar.date_of(from).unwrap();
        let last = calendar.add_days(first, days).unwrap();
        let mut count = 0;
        let mut day = first;
        while day < last {
            count += i64::from(calendar.is_working(day));
            day = day.tomorrow().unwrap();
        }
        prop_assert_eq!(calendar.working_days_between(first, last), count);
    }

    #[test]
    fn adding_working_days_is_additive(from in instant(), a in 0_u32..60, b in 0_u32..60) {
        let calendar = Calendar::default();
        let day = calendar.date_of(from).unwrap();
        let twice = calendar.add_working_days(calendar.add_working_days(day, a).unwrap(), b);
        prop_assert_eq!(twice, calendar.add_working_days(day, a + b));
    }
}
