//! C70–C72, C74–C77: the worked examples of the catalogue, and what holds for any amount.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::calc::capital::{CapitalSettings, amount_in_capitals};
use domain::calc::money::{
    FinableActs, FineSettings, PartLine, Settlement, TripCost, TripDays, fines, penalties_by_month,
    service_cost, service_quote, settle_advance, subsistence_allowance, travel_claim, travel_year, trip_days,
};
use domain::calc::number::{CalcError, mean, rounded, sum, weighted_mean};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn capitals(amount: &str) -> String {
    amount_in_capitals(d(amount), CapitalSettings::default()).unwrap()
}

#[test]
fn c70_advance_settlement() {
    assert_eq!(settle_advance(d("1800"), d("1500.50")), Ok(Settlement::Return(d("299.50"))));
    assert_eq!(settle_advance(d("1800"), d("2000")), Ok(Settlement::PayOut(d("200"))));
    assert_eq!(settle_advance(d("1800"), d("1800.00")), Ok(Settlement::Even));
    assert_eq!(settle_advance(d("-1"), d("0")), Err(CalcError::OutOfRange("advance")));
}

#[test]
fn c71_travel_claim() {
    let lines = [(d("500"), true), (d("99.90"), false), (d("120.35"), true)];
    assert_eq!(travel_claim(&lines), Ok(d("620.35")));
    assert_eq!(travel_claim(&[]), Ok(d("0")));
    assert_eq!(travel_claim(&[(d("-5"), false)]), Err(CalcError::OutOfRange("amount")));
    let (from, to) = (date(2024, 2, 28), date(2024, 3, 1));
    assert_eq!(trip_days(from, to, TripDays::default()), Ok(3));
    assert_eq!(trip_days(from, to, TripDays::Nights), Ok(2));
    assert_eq!(trip_days(to, from, TripDays::Nights), Err(CalcError::OutOfRange("to")));
    assert_eq!(subsistence_allowance(3, d("80.50")), Ok(d("241.50")));
}

#[test]
fn c72_fines() {
    let settings = FineSettings::default();
    let month = FinableActs { late: 2, incomplete_reports: 1, ..FinableActs::default() };
    assert_eq!(fines(&month, &settings), Ok(d("120")));
    let all = FinableActs { left_without_call: 1, late: 1, incomplete_reports: 1, disobeyed: 1 };
    assert_eq!(fines(&all, &settings), Ok(d("220")));
    let penalties = [
        (date(2024, 1, 31), d("200")),
        (date(2024, 1, 1), d("50.5")),
        (date(2024, 12, 31), d("1")),
        (date(2023, 1, 1), d("9")),
    ];
    let months = penalties_by_month(&penalties, 2024).unwrap();
    assert_eq!((months[0], months[1], months[11]), (d("250.5"), d("0"), d("1")));
}

#[test]
fn c74_paid_service_quote() {
    let parts = [
        PartLine { price: d("12.35"), quantity: d("3") },
        PartLine { price: d("0.125"), quantity: d("2.5") },
    ];
    let total = service_quote(&parts, d("200"), d("80")).unwrap();
    assert_eq!((total, rounded(total, 2)), (d("317.3625"), d("317.36")));
    let negative = PartLine { price: d("1"), quantity: d("-1") };
    assert_eq!(service_quote(&[negative], d("0"), d("0")), Err(CalcError::OutOfRange("quantity")));
}

#[test]
fn c75_capital_characters() {
    assert_eq!(capitals("1800.00"), "壹仟捌佰元整");
    assert_eq!(capitals("28345.00"), "贰万捌仟叁佰肆拾伍元整");
    assert_eq!(capitals("1005.60"), "壹仟零伍元陆角");
    let whole = CapitalSettings { whole_after_jiao: true };
    assert_eq!(amount_in_capitals(d("1005.60"), whole).unwrap(), "壹仟零伍元陆角整");
    assert_eq!(amount_in_capitals(d("1005.65"), whole).unwrap(), "壹仟零伍元陆角伍分");
    for (amount, text) in [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("10", "壹拾元整"),
        ("1.05", "壹元零伍分"),
        ("100.005", "壹佰元零壹分"),
        ("100500", "壹拾万零伍佰元整"),
        ("10000000", "壹仟万元整"),
        ("100000000", "壹亿元整"),
        ("100010000", "壹亿零壹万元整"),
        ("1000000000000", "壹万亿元整"),
        ("1234500000000", "壹万贰仟叁佰肆拾伍亿元整"),
        ("1000000000005", "壹万亿零伍元整"),
        ("9999999999999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("-12.30", "负壹拾贰元叁角"),
        ("-0.001", "零元整"),
    ] {
        assert_eq!(capitals(amount), text, "{amount}");
    }
    let settings = CapitalSettings::default();
    for large in ["10000000000000000", "9999999999999999.995"] {
        assert_eq!(amount_in_capitals(d(large), settings), Err(CalcError::OutOfRange("amount")));
    }
    assert_eq!(amount_in_capitals(Decimal::MAX, settings), Err(CalcError::OutOfRange("amount")));
}

#[test]
fn c76_travel_yearly_summary() {
    let trip = |meal_rate: &str, other: &str| TripCost {
        meal_rate: d(meal_rate),
        other: d(other),
        ..TripCost::default()
    };
    let mut trips = [trip("100", "500"), trip("80", "300"), trip("120", "600"), trip("100", "400")];
    let year = travel_year(&trips).unwrap();
    assert_eq!((year.other, year.meals, year.hotels, year.total), (d("1800"), None, None, None));
    for trip in &mut trips {
        (trip.meals, trip.nights, trip.hotel_rate) = (Some(2), Some(1), Some(d("250")));
    }
    let year = travel_year(&trips).unwrap();
    assert_eq!((year.meals, year.hotels, year.total), (Some(d("800")), Some(d("1000")), Some(d("3600"))));
    trips[0].other = d("-1");
    assert_eq!(travel_year(&trips), Err(CalcError::OutOfRange("other")));
}

#[test]
fn c77_service_cost() {
    let cost = service_cost(["300", "120", "200", "30"].map(d), d("500"), d("700")).unwrap();
    assert_eq!((cost.cost, cost.left, cost.result), (d("650"), d("-150"), d("50")));
    assert_eq!(cost.percent_used, Some(d("130")));
    assert_eq!(service_cost([Decimal::ZERO; 4], d("0"), d("0")).unwrap().percent_used, None);
}

#[test]
fn numbers_too_large_are_told_and_halves_go_up() {
    assert_eq!(sum([Decimal::MAX, Decimal::ONE]), Err(CalcError::Overflow));
    assert_eq!(mean(&[]), Err(CalcError::Empty));
    assert_eq!(weighted_mean(&[(d("5"), d("0"))]), Err(CalcError::Empty));
    assert_eq!(weighted_mean(&[(d("5"), d("-1"))]), Err(CalcError::OutOfRange("weight")));
    assert_eq!((rounded(d("0.125"), 2), rounded(d("-0.125"), 2)), (d("0.13"), d("-0.13")));
}

/// Reads an amount back, digit by digit, in fen.
fn read_back(text: &str) -> i128 {
    let (sign, text) = text.strip_prefix('负').map_or((1, text), |rest| (-1, rest));
    let (mut yi, mut wan, mut group, mut figure, mut fen) = (0_i128, 0_i128, 0_i128, 0_i128, 0_i128);
    for c in text.chars() {
        match c {
            '元' => fen = (yi + wan + group + std::mem::take(&mut figure)) * 100,
            '角' => fen += std::mem::take(&mut figure) * 10,
            '分' => fen += std::mem::take(&mut figure),
            '亿' => {
                yi = (wan + group + std::mem::take(&mut figure)) * 100_000_000;
                (wan, group) = (0, 0);
            }
            '万' => wan = (std::mem::take(&mut group) + std::mem::take(&mut figure)) * 10_000,
            '仟' => group += std::mem::take(&mut figure) * 1000,
            '佰' => group += std::mem::take(&mut figure) * 100,
            '拾' => group += std::mem::take(&mut figure) * 10,
            '整' => {}
            digit => figure = "零壹贰叁肆伍陆柒捌玖".chars().position(|d| d == digit).unwrap() as i128,
        }
    }
    sign * fen
}

proptest! {
    #[test]
    fn capitals_read_back_as_the_amount(fen in -999_999_999_999_999_999_i64..=999_999_999_999_999_999, digits in 0_u32..18) {
        let fen = fen / 10_i64.pow(digits);
        let text = amount_in_capitals(Decimal::new(fen, 2), CapitalSettings::default()).unwrap();
        prop_assert_eq!(read_back(&text), i128::from(fen), "{}", text);
        prop_assert!(!text.contains("零零") && !text.contains("零元整") || fen == 0);
    }

    #[test]
    fn a_settlement_evens_out(advance in 0_i64..1_000_000, approved in 0_i64..1_000_000) {
        let (advance, approved) = (Decimal::new(advance, 2), Decimal::new(approved, 2));
        let moved = match settle_advance(advance, approved).unwrap() {
            Settlement::Even => Decimal::ZERO,
            Settlement::Return(amount) => { prop_assert!(amount > Decimal::ZERO); -amount }
            Settlement::PayOut(amount) => { prop_assert!(amount > Decimal::ZERO); amount }
        };
        prop_assert_eq!(advance + moved, approved);
    }

    #[test]
    fn a_claim_is_the_sum_of_its_approved_lines(lines in prop::collection::vec((0_i64..1_000_000, any::<bool>()), 0..30)) {
        let lines: Vec<_> = lines.into_iter().map(|(n, ok)| (Decimal::new(n, 2), ok)).collect();
        let all: Vec<_> = lines.iter().map(|(amount, _)| (*amount, true)).collect();
        let none: Vec<_> = lines.iter().map(|(amount, ok)| (*amount, !ok)).collect();
        let claim = |lines| travel_claim(lines).unwrap();
        prop_assert_eq!(claim(&lines) + claim(&none), claim(&all));
    }

    #[test]
    fn arithmetic_never_panics(a in any::<(i64, i64, u32)>(), b in any::<(i64, i64, u32)>()) {
        let decimal = |(hi, lo, scale): (i64, i64, u32)| {
            let number = (i128::from(hi) << 31) ^ i128::from(lo);
            Decimal::try_from_i128_with_scale(number, scale % 29).unwrap_or(Decimal::MIN)
        };
        let (a, b) = (decimal(a), decimal(b));
        let _ = (mean(&[a, b]), weighted_mean(&[(a, b), (b, a)]), service_cost([a, b, a, b], b, a));
        let _ = service_quote(&[PartLine { price: a, quantity: b }], a, b);
        let _ = amount_in_capitals(a, CapitalSettings::default());
        let _ = domain::calc::growth::growth(a, b);
    }
}
