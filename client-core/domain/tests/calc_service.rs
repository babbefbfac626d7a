//! C27, C40–C51: the worked examples of the catalogue, and what holds for any visit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::calc::calendar::{add_months, is_weekday};
use domain::calc::due::{CalendarDayRule, calendar_days_due, continuous_due, working_days_due};
use domain::calc::number::{CalcError, Rate};
use domain::calc::repeats::{
    Occurrence, RepeatSettings, first_fix_rate, prior_complaints, prior_repairs, recurrence_rate,
    same_fault_repeat_rate,
};
use domain::calc::return_visit::{
    Cycle, CycleSettings, ToPlan, callbacks_owed, is_visit_overdue, next_visit_due, plan_completion,
    plan_visits, served, turn, visit_coverage,
};
use domain::calc::service::{
    ArrivalSettings, Interval, REPAIR_LIMIT, arrival_compliance, call_average, connect_rate, durations,
    lateness, promise_keeping, within_limit,
};
use domain::calc::warranty::{
    LastDay, ProductDates, ThreeGuarantee, WarrantyBasis, WarrantySettings, WarrantyStatus,
    three_guarantee_status, warranty_end, warranty_start, warranty_status,
};
use domain::time::{Timestamp, Zone};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date, datetime};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text, &Zone::default()).unwrap()
}

fn interval(from: &str, to: &str) -> Interval {
    Interval { from: at(from), to: Some(at(to)) }
}

fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn fault(day: DateTime) -> Occurrence<'static> {
    Occurrence { customer: "c1", product: "SN-1", fault: "leak", at: day }
}

#[test]
fn c27_recurrence() {
    let marked = [Some(true), Some(false), None, Some(false), Some(false)];
    assert_eq!(recurrence_rate(&marked).percent(), Some(d("25")));

    let settings = RepeatSettings::default();
    let case = fault(datetime(2024, 5, 10, 9, 0, 0, 0));
    let history = [
        fault(datetime(2023, 5, 9, 9, 0, 0, 0)),
        fault(datetime(2023, 5, 10, 0, 0, 0, 0)),
        fault(datetime(2024, 5, 10, 8, 0, 0, 0)),
        case,
        fault(datetime(2024, 6, 1, 0, 0, 0, 0)),
        Occurrence { customer: "c2", ..fault(datetime(2024, 4, 1, 0, 0, 0, 0)) },
        Occurrence { fault: "noise", ..fault(datetime(2024, 4, 1, 0, 0, 0, 0)) },
        Occurrence { product: " sn-1 ", fault: "Leak", ..fault(datetime(2024, 4, 1, 0, 0, 0, 0)) },
    ];
    assert_eq!(prior_complaints(&case, &history, &settings).unwrap(), [2, 7, 1]);
    let unknown = Occurrence { fault: " ", ..case };
    assert!(prior_complaints(&unknown, &history, &settings).unwrap().is_empty());
    let longer = RepeatSettings { recurrence_months: 13, ..settings };
    assert_eq!(prior_complaints(&case, &history, &longer).unwrap(), [2, 7, 1, 0]);
}

#[test]
fn c40_first_response_time() {
    let one = interval("2024-05-10 08:10", "2024-05-10 08:32");
    let times = durations(&[one]).unwrap();
    assert_eq!((times.mean, times.median, times.max), (minutes(22), minutes(22), minutes(22)));
    let as_of = at("2024-05-10 12:00");
    assert_eq!(within_limit(&[one], minutes(30), as_of), Rate::new(1, 1));
    let slow = interval("2024-05-10 08:00", "2024-05-10 09:00");
    let forgotten = Interval { from: at("2024-05-10 11:29"), to: None };
    let fresh = Interval { from: at("2024-05-10 11:30"), to: None };
    let all = [one, slow, forgotten, fresh];
    assert_eq!(within_limit(&all, minutes(30), as_of), Rate::new(1, 3));
    let times = durations(&all).unwrap();
    assert_eq!((times.count, times.mean, times.max), (2, minutes(41), minutes(60)));
    assert_eq!(within_limit(&[], minutes(30), as_of).unwrap().percent(), None);
}

#[test]
fn c41_average_handling_time() {
    let closed = [
        interval("2024-05-10 08:00", "2024-05-10 13:00"),
        interval("2024-05-10 08:00", "2024-05-10 15:00"),
        interval("2024-05-10 08:00", "2024-05-10 20:00"),
        Interval { from: at("2024-05-10 08:00"), to: None },
    ];
    let times = durations(&closed).unwrap();
    assert_eq!((times.mean, times.median, times.max), (hours(8), hours(7), hours(12)));
    assert_eq!(durations(&closed[3..]), Err(CalcError::Empty));
    let backwards = interval("2024-05-10 08:00", "2024-05-10 07:59");
    assert_eq!(durations(&[backwards]), Err(CalcError::OutOfRange("to")));
}

#[test]
fn c42_arrival_compliance() {
    let settings = ArrivalSettings::default();
    let appointment = at("2024-05-10 09:00");
    let of = |arrived: &str| lateness(appointment, at(arrived), &settings);
    assert_eq!((of("2024-05-10 08:50").late_by, of("2024-05-10 09:00").on_time), (minutes(0), true));
    assert!(!of("2024-05-10 09:01").on_time);
    assert!(!of("2024-05-10 09:30").complaint_candidate && of("2024-05-10 09:31").complaint_candidate);
    let visits = [
        (appointment, Some(at("2024-05-10 09:00"))),
        (appointment, Some(at("2024-05-10 09:10"))),
        (appointment, None),
        (at("2024-05-11 09:00"), None),
    ];
    assert_eq!(arrival_compliance(&visits, &settings, at("2024-05-10 18:00")), Rate::new(1, 3).unwrap());
    let tolerant = ArrivalSettings { tolerance: minutes(10), ..settings };
    assert_eq!(arrival_compliance(&visits, &tolerant, at("2024-05-10 18:00")), Rate::new(2, 3).unwrap());
}

#[test]
fn c43_repair_time_compliance() {
    let repairs =
        [interval("2024-05-10 08:00", "2024-05-10 12:00"), interval("2024-05-10 08:00", "2024-05-10 12:01")];
    assert_eq!(within_limit(&repairs, REPAIR_LIMIT, at("2024-05-11 00:00")), Rate::new(1, 2));
}

#[test]
fn c44_c45_repeat_repairs() {
    let settings = RepeatSettings::default();
    let repairs = [
        fault(datetime(2024, 3, 1, 9, 0, 0, 0)),
        fault(datetime(2024, 3, 31, 9, 0, 0, 0)),
        fault(datetime(2024, 5, 1, 9, 0, 0, 0)),
        Occurrence { fault: "noise", ..fault(datetime(2024, 3, 2, 9, 0, 0, 0)) },
        Occurrence { product: "", ..fault(datetime(2024, 3, 3, 9, 0, 0, 0)) },
    ];
    let march = (date(2024, 3, 1), date(2024, 3, 31));
    // 1 March came back on day 30; 31 March came back on day 31, which is too late to count.
    assert_eq!(first_fix_rate(&repairs, march, &settings), Rate::new(2, 3));
    assert_eq!(same_fault_repeat_rate(&repairs, march, &settings), Rate::new(1, 3));
    assert_eq!(prior_repairs(&repairs[1], &repairs, &settings).unwrap(), [0]);
    assert!(prior_repairs(&repairs[2], &repairs, &settings).unwrap().is_empty());
    let june = (date(2024, 6, 1), date(2024, 6, 30));
    assert_eq!(first_fix_rate(&repairs, june, &settings).unwrap().percent(), None);
}

#[test]
fn c46_promise_keeping() {
    assert_eq!(promise_keeping(&[true; 97 + 86]).percent(), Some(d("100")));
    assert_eq!(92 + 44 + 87, 223, "the outage notices of the source");
    assert_eq!(promise_keeping(&[true, false]).percent(), Some(d("50")));
}

#[test]
fn c47_call_centre() {
    assert_eq!(connect_rate(9822, 10_000).unwrap().shown(2), Some(d("98.22")));
    assert_eq!(call_average(&["97.20", "97.26"].map(d)), Ok(d("97.23")));
    assert_eq!(call_average(&[]), Err(CalcError::Empty));
    assert_eq!(call_average(&[d("-1")]), Err(CalcError::OutOfRange("value")));
}

#[test]
fn c48_warranty() {
    let settings = WarrantySettings::default();
    let accepted = date(2023, 3, 15);
    let end = warranty_end(accepted, settings.default_months, settings.last_day).unwrap();
    assert_eq!(end, date(2026, 3, 15));
    assert_eq!(warranty_status(date(2026, 3, 15), Some(end)), WarrantyStatus::InWarranty);
    assert_eq!(warranty_status(date(2026, 3, 16), Some(end)), WarrantyStatus::OutOfWarranty);
    assert_eq!(warranty_status(date(2026, 3, 16), None), WarrantyStatus::Unknown);
    assert_eq!(warranty_end(accepted, 36, LastDay::DayBefore), Ok(date(2026, 3, 14)));
    assert_eq!(add_months(date(2023, 1, 31), 1), Ok(date(2023, 2, 28)));
    assert_eq!(add_months(date(2024, 1, 31), 1), Ok(date(2024, 2, 29)));
    assert_eq!(add_months(date(9999, 12, 1), 1), Err(CalcError::Overflow));
    assert_eq!(add_months(date(2024, 1, 1), u32::MAX), Err(CalcError::Overflow));

    let mut dates = ProductDates { shipped_on: Some(date(2023, 1, 1)), ..ProductDates::default() };
    assert_eq!(warranty_start(&dates, &settings), Some((WarrantyBasis::Shipping, date(2023, 1, 1))));
    dates.purchased_on = Some(date(2023, 1, 9));
    assert_eq!(warranty_start(&dates, &settings).unwrap().0, WarrantyBasis::Purchase);
    dates.commissioned_on = Some(date(2023, 2, 1));
    assert_eq!(warranty_start(&dates, &settings).unwrap().0, WarrantyBasis::Commissioning);
    dates.accepted_on = Some(accepted);
    assert_eq!(warranty_start(&dates, &settings), Some((WarrantyBasis::Acceptance, accepted)));
    assert_eq!(warranty_start(&ProductDates::default(), &settings), None);
}

#[test]
fn c48_three_guarantee() {
    let limits = ThreeGuarantee { months: 24, mileage: Some(d("50000")) };
    let bought = Some(date(2023, 6, 1));
    let of = |day: Date, bought: Option<Date>, km: Option<&str>| {
        three_guarantee_status(day, bought, km.map(d), &limits, LastDay::SameDay).unwrap()
    };
    assert_eq!(of(date(2025, 6, 1), bought, Some("50000")), WarrantyStatus::InWarranty);
    assert_eq!(of(date(2025, 6, 2), bought, None), WarrantyStatus::OutOfWarranty);
    assert_eq!(of(date(2024, 1, 1), None, Some("50000.1")), WarrantyStatus::OutOfWarranty);
    assert_eq!(of(date(2024, 1, 1), bought, None), WarrantyStatus::Unknown);
    let negative = three_guarantee_status(date(2024, 1, 1), bought, Some(d("-1")), &limits, LastDay::SameDay);
    assert_eq!(negative, Err(CalcError::OutOfRange("mileage")));
}

#[test]
fn c49_deadline_arithmetic() {
    let friday = datetime(2024, 5, 10, 16, 20, 0, 0);
    let monday_24h = datetime(2024, 5, 14, 0, 0, 0, 0);
    assert_eq!(calendar_days_due(friday, 3, CalendarDayRule::default()), Ok(monday_24h));
    let monday_same_time = datetime(2024, 5, 13, 16, 20, 0, 0);
    assert_eq!(calendar_days_due(friday, 3, CalendarDayRule::SameTime), Ok(monday_same_time));
    assert_eq!(continuous_due(at("2024-05-10 16:20"), hours(72)), Ok(at("2024-05-13 16:20")));
    assert_eq!(continuous_due(Timestamp(i64::MAX), hours(1)), Err(CalcError::Overflow));
    assert_eq!(working_days_due(friday.date(), 1, is_weekday), Ok(date(2024, 5, 13)));
    assert_eq!(working_days_due(friday.date(), 0, is_weekday), Ok(date(2024, 5, 10)));
    // 1–5 May 2024 are holidays, Sunday 28 April is worked.
    let calendar = |day: Date| match day {
        day if day == date(2024, 4, 28) => true,
        day if (date(2024, 5, 1)..=date(2024, 5, 5)).contains(&day) => false,
        day => is_weekday(day),
    };
    assert_eq!(working_days_due(date(2024, 4, 26), 1, calendar), Ok(date(2024, 4, 28)));
    assert_eq!(working_days_due(date(2024, 4, 30), 1, calendar), Ok(date(2024, 5, 6)));
    let never = working_days_due(date(2024, 4, 30), 1, |_| false);
    assert_eq!(never, Err(CalcError::OutOfRange("calendar")));
}

#[test]
fn c50_next_return_visit() {
    let cycles = CycleSettings::default();
    let due = |last: Date, cycle: &Cycle| next_visit_due(last, cycle).unwrap();
    assert_eq!(due(date(2024, 1, 31), &cycles.routine), Some(date(2024, 2, 29)));
    assert_eq!(due(date(2024, 2, 1), &cycles.routine), Some(date(2024, 3, 31)));
    assert_eq!(
        due(date(2024, 5, 10), &cycles.key_account),
        Some(date(2024, 5, 19)),
        "the next Sunday but one"
    );
    assert_eq!(due(date(2024, 5, 12), &cycles.key_account), Some(date(2024, 5, 19)));
    assert_eq!(due(date(2024, 8, 31), &cycles.warranty), Some(date(2025, 2, 28)));
    assert_eq!(due(date(2024, 12, 1), &cycles.quality), Some(date(2025, 3, 31)));
    assert_eq!(due(date(2024, 12, 1), &cycles.after_warranty), None);
    assert_eq!(due(date(2024, 5, 31), &Cycle::Days(10)), Some(date(2024, 6, 10)));
    let roofs = Cycle::Seasons(vec![5, 10]);
    assert_eq!(due(date(2024, 5, 2), &roofs), Some(date(2024, 10, 31)));
    assert_eq!(due(date(2024, 10, 2), &roofs), Some(date(2025, 5, 31)));
    assert_eq!(due(date(2024, 10, 2), &Cycle::Seasons(Vec::new())), None);
    assert_eq!(next_visit_due(date(2024, 1, 1), &Cycle::Days(0)), Err(CalcError::OutOfRange("cycle")));
    assert_eq!(
        next_visit_due(date(2024, 1, 1), &Cycle::Seasons(vec![13])),
        Err(CalcError::OutOfRange("cycle"))
    );
    assert_eq!(next_visit_due(date(9999, 12, 31), &Cycle::CalendarMonth), Err(CalcError::Overflow));
    // None in February: overdue from 1 March on.
    assert_eq!(is_visit_overdue(date(2024, 1, 3), &cycles.routine, date(2024, 2, 29)), Ok(false));
    assert_eq!(is_visit_overdue(date(2024, 1, 3), &cycles.routine, date(2024, 3, 1)), Ok(true));
    assert_eq!(is_visit_overdue(date(2000, 1, 3), &Cycle::OnRequest, date(2024, 3, 1)), Ok(false));
}

#[test]
fn c50_a_plan_for_half_a_year() {
    let of = |customer, last, cycle, until| ToPlan { customer, last, cycle, until };
    let customers = [
        of("routine", date(2023, 12, 20), Cycle::CalendarMonth, None),
        of("warranty", date(2023, 9, 15), Cycle::Months(6), None),
        of("ending", date(2023, 12, 1), Cycle::Months(1), Some(date(2024, 2, 15))),
        of("forgotten", date(2023, 1, 10), Cycle::Months(3), None),
        of("asked", date(2020, 1, 1), Cycle::OnRequest, None),
    ];
    let plan = plan_visits(&customers, (date(2024, 1, 1), date(2024, 6, 30))).unwrap();
    let due = |who: &str| -> Vec<Date> { plan.iter().filter(|l| l.customer == who).map(|l| l.due).collect() };
    assert_eq!(due("routine").len(), 6);
    assert_eq!(due("warranty"), [date(2024, 3, 15)]);
    assert_eq!(due("ending"), [date(2024, 1, 1), date(2024, 2, 1)]);
    assert_eq!(due("forgotten"), [date(2024, 1, 1), date(2024, 4, 1)]);
    assert!(due("asked").is_empty());
    let overdue: Vec<&str> = plan.iter().filter(|l| l.overdue).map(|l| l.customer).collect();
    assert_eq!(overdue, ["forgotten"]);
    assert!(plan.windows(2).all(|w| w[0].due <= w[1].due));
    let backwards = plan_visits(&customers, (date(2024, 6, 30), date(2024, 1, 1)));
    assert_eq!(backwards, Err(CalcError::OutOfRange("period")));
    let endless = plan_visits(&customers, (date(2024, 1, 1), date(9999, 1, 1)));
    assert_eq!(endless, Err(CalcError::OutOfRange("period")));
    assert_eq!(callbacks_owed(&[3, 1, 2], &[1, 9]), [&3, &2]);
}

#[test]
fn c50_the_days_that_a_visit_serves() {
    let of = |cycle: Cycle, due| turn(&cycle, date(2025, 9, 2), due).unwrap();
    assert_eq!(of(Cycle::CalendarWeek, date(2026, 3, 1)), (date(2026, 2, 23), date(2026, 3, 1)));
    assert_eq!(of(Cycle::CalendarWeek, date(2026, 3, 2)), (date(2026, 3, 2), date(2026, 3, 8)));
    assert_eq!(of(Cycle::CalendarMonth, date(2028, 2, 10)), (date(2028, 2, 1), date(2028, 2, 29)));
    assert_eq!(of(Cycle::CalendarQuarter, date(2026, 6, 30)), (date(2026, 4, 1), date(2026, 6, 30)));
    assert_eq!(of(Cycle::CalendarQuarter, date(2026, 12, 1)), (date(2026, 10, 1), date(2026, 12, 31)));
    assert_eq!(of(Cycle::Seasons(vec![3]), date(2026, 3, 31)), (date(2026, 3, 1), date(2026, 3, 31)));
    assert_eq!(of(Cycle::Months(6), date(2026, 3, 2)), (date(2025, 9, 3), date(2026, 3, 2)));
}

#[test]
fn c50_each_visit_of_a_counted_cycle_serves_once() {
    let half = Cycle::Months(6);
    let dues = [date(2026, 9, 2), date(2027, 3, 2)];
    let of = |known: &[Option<Date>]| served(&half, date(2026, 3, 2), &dues, known).unwrap();
    assert_eq!(of(&[]), [None, None]);
    assert_eq!(of(&[None, Some(date(2026, 8, 20))]), [Some(1), None]);
    assert_eq!(of(&[Some(date(2027, 3, 2)), Some(date(2026, 9, 2))]), [Some(1), Some(0)]);
    // A little late is still that one; half a cycle late is the next.
    assert_eq!(of(&[Some(date(2026, 10, 8))]), [Some(0), None]);
    assert_eq!(of(&[Some(date(2027, 1, 8))]), [None, Some(0)]);
    assert_eq!(of(&[Some(date(2026, 3, 2))]), [None, None], "the visit that is counted from");
    let months = [date(2026, 4, 30), date(2026, 5, 31)];
    let monthly = served(&Cycle::CalendarMonth, date(2026, 3, 2), &months, &[Some(date(2026, 5, 4))]);
    assert_eq!(monthly, Ok(vec![None, Some(0)]));
}

#[test]
fn c51_coverage_and_completion() {
    let planned = ["a", "b", "c", "d", "a"];
    assert_eq!(visit_coverage(&planned, &["a", "c", "a", "unplanned"]), Rate::new(2, 4).unwrap());
    assert_eq!(plan_completion(&[true, true, false, true]).percent(), Some(d("75")));
    assert_eq!(plan_completion(&[]).percent(), None);
}

fn cycles() -> impl Strategy<Value = Cycle> {
    prop_oneof![
        Just(Cycle::CalendarWeek),
        Just(Cycle::CalendarMonth),
        Just(Cycle::CalendarQuarter),
        (1_u32..60).prop_map(Cycle::Months),
        (1_u32..400).prop_map(Cycle::Days),
        prop::collection::vec(1_i8..=12, 1..4).prop_map(Cycle::Seasons),
    ]
}

fn days() -> impl Strategy<Value = Date> {
    (0_i32..30_000).prop_map(|n| date(1990, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap())
}

proptest! {
    #[test]
    fn the_next_visit_is_after_the_last_and_a_later_visit_is_never_due_earlier(
        last in days(), later in 0_i32..100, cycle in cycles(),
    ) {
        let due = next_visit_due(last, &cycle).unwrap().unwrap();
        prop_assert!(due > last);
        let moved = last.checked_add(jiff::Span::new().days(later)).unwrap();
        prop_assert!(next_visit_due(moved, &cycle).unwrap().unwrap() >= due);
    }

    #[test]
    fn a_plan_keeps_to_its_period_and_visits_in_time(last in days(), from in days(), length in 0_i32..=731, cycle in cycles()) {
        let to = from.checked_add(jiff::Span::new().days(length)).unwrap();
        let customer = ToPlan { customer: (), last, cycle: cycle.clone(), until: None };
        let plan = plan_visits(&[customer], (from, to)).unwrap();
        prop_assert!(plan.iter().all(|line| (from..=to).contains(&line.due)));
        let mut last = last;
        let mut end = Date::MIN;
        for line in &plan {
            let turn = turn(&cycle, last, line.due).unwrap();
            prop_assert!(end < turn.0 && turn.0 <= line.due && line.due <= turn.1, "{turn:?}");
            end = turn.1;
            prop_assert!(line.overdue || !is_visit_overdue(last, &cycle, line.due).unwrap());
            last = line.due;
        }
        prop_assert!(next_visit_due(last, &cycle).unwrap().unwrap() > to);
    }

    #[test]
    fn a_warranty_never_gets_shorter_with_more_months(start in days(), months in 0_u32..240, more in 0_u32..24) {
        let end = warranty_end(start, months, LastDay::SameDay).unwrap();
        prop_assert!(warranty_end(start, months + more, LastDay::SameDay).unwrap() >= end);
        prop_assert!(end.day() <= start.day());
    }

    #[test]
    fn mean_and_median_lie_between_the_shortest_and_the_longest(times in prop::collection::vec(0_i64..1_000_000_000, 1..50)) {
        let from = Timestamp(1_700_000_000_000);
        let intervals: Vec<_> = times.iter().map(|t| Interval { from, to: Some(Timestamp(from.0 + t)) }).collect();
        let result = durations(&intervals).unwrap();
        let shortest = SignedDuration::from_millis(*times.iter().min().unwrap());
        prop_assert!((shortest..=result.max).contains(&result.mean));
        prop_assert!((shortest..=result.max).contains(&result.median));
    }

    #[test]
    fn a_longer_limit_never_lowers_compliance(times in prop::collection::vec(proptest::option::of(0_i64..100_000), 1..50), limit in 0_i64..100_000) {
        let intervals: Vec<_> = times.iter().map(|t| Interval { from: Timestamp(0), to: t.map(Timestamp) }).collect();
        let part = |limit: i64| within_limit(&intervals, SignedDuration::from_millis(limit), Timestamp(200_000)).unwrap().part();
        prop_assert!(part(limit) <= part(limit + 1000));
    }

    #[test]
    fn a_repair_is_first_fixed_or_followed_by_a_repeat(days_after in prop::collection::vec(0_i32..300, 1..30)) {
        let repairs: Vec<_> = days_after.iter().map(|n| {
            let day = date(2024, 1, 1).checked_add(jiff::Span::new().days(*n)).unwrap();
            fault(day.at(9, 0, 0, 0))
        }).collect();
        let all = (date(2024, 1, 1), date(2025, 1, 1));
        let settings = RepeatSettings::default();
        let fixed = first_fix_rate(&repairs, all, &settings).unwrap();
        let repeated = same_fault_repeat_rate(&repairs, all, &settings).unwrap();
        prop_assert_eq!(fixed.whole(), repeated.whole());
        // Of distinct days, each failed fix has exactly one next repair, and that one is its repeat.
        let mut distinct = days_after.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() == days_after.len() {
            prop_assert_eq!(fixed.whole() - fixed.part(), repeated.part());
        }
    }
}
