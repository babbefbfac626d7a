//! C14, C20–C34: the worked examples of the catalogue, and what holds for any month.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::calc::calendar::{DayBasis, daily_average, days_in, is_weekday, iso_week};
use domain::calc::catalogue::{FORMULAS, version};
use domain::calc::complaint::{
    Forwarded, Progress, Timed, closure_rate, cumulative, handled_rate, month_and_cumulative, reply_rate,
    resolution_rate, shares_by_group, shares_of_counts, timeliness, valid_rate,
};
use domain::calc::crosstab::crosstab;
use domain::calc::growth::{growth, points_difference};
use domain::calc::number::{CalcError, Rate, rounded};
use domain::calc::quality::{on_time_delivery, parts_per_million, ppm_exceedances, resend_shares};
use domain::calc::sampling::{CustomerVolume, sample_by_volume, volume_coverage};
use domain::time::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn volumes(amounts: &[i64]) -> Vec<CustomerVolume<usize>> {
    let one = |(customer, amount): (usize, &i64)| CustomerVolume { customer, years: vec![(*amount).into()] };
    amounts.iter().enumerate().map(one).collect()
}

#[test]
fn c14_sample_by_volume() {
    let chosen = sample_by_volume(&volumes(&[60, 250, 150, 400, 40, 100]), Decimal::from(80)).unwrap();
    let of: Vec<_> = chosen.iter().map(|s| (s.customer, s.cumulative)).collect();
    assert_eq!(of, [(3, d("40")), (1, d("65")), (2, d("80"))]);
    // The three reference years count together.
    let years = CustomerVolume { customer: 9, years: ["200", "200", "100"].map(d).to_vec() };
    let chosen = sample_by_volume(&[volumes(&[400, 100]), vec![years]].concat(), Decimal::from(80)).unwrap();
    assert_eq!(chosen[0].customer, 9);
    assert_eq!(sample_by_volume(&volumes(&[0, 0]), Decimal::from(80)), Err(CalcError::Empty));
    assert_eq!(sample_by_volume(&volumes(&[5, -1]), Decimal::from(80)), Err(CalcError::OutOfRange("volume")));
    assert_eq!(sample_by_volume(&volumes(&[5]), d("101")), Err(CalcError::OutOfRange("threshold")));
    assert_eq!(volume_coverage(d("800"), d("1000")), Ok(d("80")));
    assert_eq!(volume_coverage(d("0"), d("0")), Err(CalcError::Empty));
}

#[test]
fn c20_count_and_share() {
    let shares = |counts: &[(&str, u64)]| -> Vec<Decimal> {
        shares_of_counts(counts).unwrap().iter().map(|s| s.rate.percent().unwrap()).collect()
    };
    let types = [("商品质量", 75), ("物流问题", 50), ("售后服务", 40), ("其他", 35)];
    assert_eq!(shares(&types), ["37.5", "25", "20", "17.5"].map(d));
    let channels = [("phone", 80), ("online", 60), ("platform", 40), ("other", 20)];
    assert_eq!(shares(&channels), ["40", "30", "20", "10"].map(d));
    assert_eq!(shares(&[("1", 60), ("2", 80), ("3", 60)]), ["40", "30", "30"].map(d));
    assert_eq!(shares(&[("station", 38), ("bus", 62)]), ["62", "38"].map(d));
    let of = shares_by_group(&["a", "b", "a"]).unwrap();
    assert_eq!((of[0].key, of[0].rate), ("a", Rate::new(2, 3).unwrap()));
    assert_eq!(shares_by_group::<u8>(&[]).unwrap(), []);
}

#[test]
fn c21_month_and_cumulative() {
    assert_eq!(cumulative(&[3, 5, 0]).unwrap(), [3, 8, 8]);
    assert_eq!(cumulative(&[2, 1, 4]).unwrap(), [2, 3, 7]);
    assert_eq!(cumulative(&[u64::MAX, 1]), Err(CalcError::Overflow));
    let days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 31), date(2024, 3, 1)];
    let lines = month_and_cumulative(&days, 2024).unwrap();
    assert_eq!(lines[..4], [(2, 2), (0, 2), (1, 3), (0, 3)], "December does not carry into January");
}

#[test]
fn c22_reply_rate() {
    let cut_off = Timestamp(1000);
    let mut forwarded = vec![Forwarded { due_at: Some(Timestamp(900)), replied_at: Some(Timestamp(800)) }; 9];
    forwarded.push(Forwarded { due_at: Some(Timestamp(1001)), replied_at: None });
    assert_eq!(reply_rate(&forwarded, cut_off), Rate::new(9, 9).unwrap());
    forwarded[0].replied_at = Some(Timestamp(1001));
    assert_eq!(reply_rate(&forwarded, cut_off), Rate::new(8, 9).unwrap());
    assert_eq!(reply_rate(&[], cut_off).percent(), None);
}

#[test]
fn c23_c24_handled_and_closed() {
    let done = Progress { handling_started: true, resolved: true, closed: true };
    assert_eq!(handled_rate(&[done; 7]).percent(), Some(d("100")));
    assert_eq!(closure_rate(&[done; 7]).percent(), Some(d("100")));
    let started = Progress { handling_started: true, ..Progress::default() };
    let all = [done, started, Progress::default(), Progress::default()];
    assert_eq!((handled_rate(&all).part(), closure_rate(&all).part()), (2, 1));
}

#[test]
fn c25_resolution_rate() {
    let resolved = Progress { handling_started: true, resolved: true, closed: false };
    let running = Progress { resolved: false, ..resolved };
    let all = [[resolved; 8].as_slice(), &[running; 2]].concat();
    assert_eq!(resolution_rate(&all).percent(), Some(d("80")));
}

#[test]
fn c26_timeliness() {
    let clock =
        |due: i64, done: Option<i64>| Timed { due_at: Timestamp(due), completed_at: done.map(Timestamp) };
    // Due before the period, at its start, on time, late, never, at its end.
    let clocks = [
        clock(99, Some(1)),
        clock(100, Some(100)),
        clock(150, Some(151)),
        clock(160, None),
        clock(200, Some(1)),
    ];
    assert_eq!(timeliness(&clocks, Timestamp(100), Timestamp(200)), Rate::new(1, 3).unwrap());
}

#[test]
fn c28_valid_rate() {
    assert_eq!(valid_rate(&[Some(true), None, Some(false), Some(true)]).shown(1), Some(d("66.7")));
}

#[test]
fn c29_growth() {
    let calls = growth(d("138634"), d("113859")).unwrap();
    assert_eq!((calls.difference, rounded(calls.percent.unwrap(), 2)), (d("24775"), d("21.76")));
    // The parts of the insurance example add up to their whole.
    let parts: Decimal = ["1439", "-1012", "-93"].map(d).iter().sum();
    assert_eq!(growth(d("83574"), d("83574") - parts).unwrap().difference, d("334"));
    assert_eq!(d("-1123") + d("2562"), d("1439"));
    assert_eq!(d("75841") + d("7098") + d("635"), d("83574"));
    assert_eq!(d("19249") + d("56592"), d("75841"));
    assert_eq!(growth(d("5"), d("0")).unwrap().percent, None);
    assert_eq!(growth(d("5"), d("-1")), Err(CalcError::OutOfRange("last")));
    assert_eq!(points_difference(d("94.5"), d("92")), Ok(d("2.5")));
}

#[test]
fn c30_daily_average() {
    let year = (date(2013, 1, 1), date(2013, 12, 31));
    let commercial = days_in(DayBasis::Commercial, year.0, year.1, is_weekday).unwrap();
    assert_eq!(commercial, 360);
    assert_eq!(rounded(daily_average(83_574, commercial).unwrap(), 0), d("232"));
    assert_eq!(rounded(daily_average(138_634, 259).unwrap(), 0), d("535"));
    let calendar = days_in(DayBasis::Calendar, year.0, year.1, is_weekday).unwrap();
    assert_eq!(calendar, 365);
    assert_eq!(rounded(daily_average(24_775, calendar).unwrap(), 0), d("68"));
    assert_eq!(days_in(DayBasis::Working, year.0, year.1, is_weekday), Ok(261));
    let (from, to) = (date(2024, 2, 1), date(2024, 2, 29));
    assert_eq!(days_in(DayBasis::Commercial, from, to, is_weekday), Ok(30));
    assert_eq!(days_in(DayBasis::Calendar, to, from, is_weekday), Err(CalcError::OutOfRange("period")));
    assert_eq!(daily_average(5, 0), Err(CalcError::Empty));
}

#[test]
fn c31_resend_shares_and_weeks() {
    let shares = resend_shares(2000, &[8, 32]).unwrap();
    assert_eq!(shares[0].of_orders.percent(), Some(d("0.40")));
    assert_eq!(shares[0].of_problem_orders.percent(), Some(d("20.0")));
    assert_eq!(resend_shares(10, &[11]), Err(CalcError::OutOfRange("orders")));
    assert_eq!(resend_shares(0, &[0]).unwrap()[0].of_problem_orders.percent(), None);
    let week = iso_week(date(2013, 4, 3)).unwrap();
    assert_eq!((week.year, week.week, week.first, week.last), (2013, 14, date(2013, 4, 1), date(2013, 4, 7)));
    assert_eq!(iso_week(date(2024, 12, 30)).unwrap().year, 2025);
}

#[test]
fn c32_ppm() {
    assert_eq!(parts_per_million(d("5"), d("20000")), Ok(d("250")));
    assert_eq!(ppm_exceedances(&[(d("5"), d("20000"))], d("200")), Ok(1));
    let periods = [(d("4"), d("20000")), (d("0"), d("0"))];
    assert_eq!(ppm_exceedances(&periods, d("200")), Ok(0), "equal is met; nothing delivered is none");
    assert_eq!(parts_per_million(d("0"), d("0")), Err(CalcError::Empty));
    assert_eq!(parts_per_million(d("6"), d("5")), Err(CalcError::OutOfRange("defective")));
}

#[test]
fn c33_on_time_delivery() {
    let rate = on_time_delivery(47, 50).unwrap();
    assert_eq!((rate.percent(), rate.whole() - rate.part()), (Some(d("94")), 3));
}

#[test]
fn c34_cross_tables() {
    let mut pairs = vec![("破损", "电话"); 20];
    pairs.extend(vec![("破损", "网络"); 30]);
    pairs.extend(vec![("延误", "电话"); 30]);
    pairs.extend(vec![("延误", "网络"); 20]);
    let table = crosstab(&pairs);
    assert_eq!(table.counts.iter().flatten().sum::<u64>(), 100);
    assert_eq!((table.row_totals(), table.column_totals()), (vec![50, 50], vec![50, 50]));
    let test = table.chi_square().unwrap();
    assert_eq!((test.statistic.normalize(), test.degrees_of_freedom), (d("4"), 1));
    assert_eq!(crosstab(&[("a", "b")]).chi_square(), Err(CalcError::Empty));
}

#[test]
fn every_formula_is_in_the_program_once() {
    let ranges = [1..=34, 40..=51, 60..=66, 70..=77];
    let expected: Vec<String> = ranges.into_iter().flatten().map(|n| format!("C{n:02}")).collect();
    let mut codes: Vec<&str> = FORMULAS.iter().map(|f| f.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, expected);
    assert_eq!((version("c05"), version("C67")), (Some(1), None));
}

proptest! {
    #[test]
    fn a_rate_is_0_to_100(part in any::<u64>(), whole in any::<u64>()) {
        match Rate::new(part, whole) {
            Ok(rate) => prop_assert!(
                rate.percent().is_none_or(|p| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&p))
            ),
            Err(error) => prop_assert!(part > whole && error == CalcError::OutOfRange("part")),
        }
    }

    #[test]
    fn shares_add_to_100(keys in prop::collection::vec(0_u8..9, 1..300)) {
        let shares = shares_by_group(&keys).unwrap();
        prop_assert_eq!(shares.iter().map(|s| s.rate.part()).sum::<u64>(), keys.len() as u64);
        let exact: Decimal = shares.iter().map(|s| s.rate.percent().unwrap()).sum();
        prop_assert!((exact - Decimal::ONE_HUNDRED).abs() < d("0.0000000000000000001"));
        let shown: Decimal = shares.iter().map(|s| s.rate.shown(1).unwrap()).sum();
        prop_assert!((shown - Decimal::ONE_HUNDRED).abs() <= d("0.05") * Decimal::from(shares.len()));
        prop_assert!(shares.windows(2).all(|w| w[0].rate.part() >= w[1].rate.part()));
    }

    #[test]
    fn cumulative_counts_never_fall(months in prop::collection::vec(0_u64..1000, 0..12)) {
        let sums = cumulative(&months).unwrap();
        prop_assert!(sums.windows(2).all(|w| w[0] <= w[1]));
        prop_assert_eq!(sums.last().copied().unwrap_or(0), months.iter().sum::<u64>());
    }

    #[test]
    fn a_sample_reaches_the_threshold_and_no_customer_could_be_left_out(
        amounts in prop::collection::vec(0_i64..10_000, 1..40),
        threshold in 1_u32..=100,
    ) {
        prop_assume!(amounts.iter().any(|a| *a > 0));
        let threshold = Decimal::from(threshold);
        let chosen = sample_by_volume(&volumes(&amounts), threshold).unwrap();
        let last = chosen.last().unwrap();
        let all: Decimal = amounts.iter().copied().map(Decimal::from).sum();
        let covered: Decimal = chosen.iter().map(|s| s.volume).sum();
        prop_assert!(covered * Decimal::ONE_HUNDRED >= all * threshold);
        prop_assert!((covered - last.volume) * Decimal::ONE_HUNDRED < all * threshold);
        prop_assert!(chosen.windows(2).all(|w| w[0].volume >= w[1].volume));
    }

    #[test]
    fn growth_is_undone_by_its_difference(this in 0_i64..1_000_000_000, last in 0_i64..1_000_000_000) {
        let change = growth(this.into(), last.into()).unwrap();
        prop_assert_eq!(change.last + change.difference, change.this);
        prop_assert!(change.percent.is_none_or(|p| p >= -Decimal::ONE_HUNDRED));
        prop_assert_eq!(change.percent.is_none(), last == 0);
    }

    #[test]
    fn days_are_counted_alike_however_a_period_is_cut(start in 0_i32..20_000, first in 0_i32..400, second in 1_i32..400) {
        let day = |n: i32| date(1990, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap();
        for basis in [DayBasis::Calendar, DayBasis::Working] {
            let count = |a: i32, b: i32| days_in(basis, day(a), day(b), is_weekday).unwrap();
            prop_assert_eq!(
                count(start, start + first + second),
                count(start, start + first) + count(start + first + 1, start + first + second)
            );
        }
    }
}
