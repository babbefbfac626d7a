//! C60–C66, C73: the worked examples of the catalogue, and what holds for any appraisal.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::calc::bands::Bands;
use domain::calc::kpi::awards::{
    COLLECTION_SHARE_PERCENT, Merits, Misconduct, award_points, collection_award, engineer_award,
    excluded_from_excess_profit, major_demerits_due,
};
use domain::calc::kpi::monthly::{
    Discipline, Finish, HandledComplaint, LOSS_STEP, LateHours, TimelinessSettings, assignment_points,
    complaint_timeliness, data_error_points, discipline_points, error_points, inspection_points,
    loss_deduction, turnover_points,
};
use domain::calc::kpi::quarterly::{
    Achievement, AchievementItem, AchievementSettings, Grade, achievement_rate, achievement_sheet,
};
use domain::calc::kpi::{AppraisalItem, ScorerWeights, appraise};
use domain::calc::number::{CalcError, SCORE_DECIMALS, rounded};
use jiff::SignedDuration;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn handled(minutes: i64, finish: Finish) -> HandledComplaint {
    HandledComplaint { sheet_after: SignedDuration::from_mins(minutes), finish }
}

#[test]
fn c60_complaint_timeliness() {
    let month = [
        handled(3 * 60 + 20, Finish::InTime),
        handled(30, Finish::Late),
        handled(60, Finish::InTime),
        handled(5, Finish::InTime),
    ];
    let settings = TimelinessSettings::default();
    let result = complaint_timeliness(&month, &settings).unwrap();
    assert_eq!((result.sheet_deduction, result.finish_deduction, result.bonus), (d("1.5"), d("1"), d("2")));
    assert_eq!(result.net, d("-0.5"));
    let completed = TimelinessSettings { hours: LateHours::Completed, ..settings };
    assert_eq!(complaint_timeliness(&month, &completed).unwrap().net, d("0.0"));
}

#[test]
fn c60_full_marks_cap_and_second_lateness() {
    let settings = TimelinessSettings::default();
    assert_eq!(complaint_timeliness(&[], &settings).unwrap().net, d("0"), "no complaint: full marks");
    let five = [handled(10, Finish::InTime); 5];
    assert_eq!(complaint_timeliness(&five, &settings).unwrap().net, d("3"));
    let again = [handled(10, Finish::LateAfterInstruction), handled(10, Finish::Open)];
    assert_eq!(complaint_timeliness(&again, &settings).unwrap().net, d("-2"));
    let started = [handled(61, Finish::Open)];
    assert_eq!(complaint_timeliness(&started, &settings).unwrap().net, d("-0.5"));
    let before = [handled(-1, Finish::InTime)];
    assert_eq!(complaint_timeliness(&before, &settings), Err(CalcError::OutOfRange("sheet_after")));
}

#[test]
fn c61_other_items() {
    for (loss, lost) in
        [("0", "0"), ("0.01", "2"), ("500", "2"), ("500.01", "3"), ("1000", "3"), ("1200", "4")]
    {
        assert_eq!(loss_deduction(d(loss), LOSS_STEP), Ok(d(lost)), "{loss}");
    }
    assert_eq!(loss_deduction(d("-1"), LOSS_STEP), Err(CalcError::OutOfRange("loss")));
    assert_eq!(error_points(0, &[], Decimal::ONE), Ok(d("2")));
    assert_eq!(error_points(2, &[d("1200")], Decimal::ONE), Ok(d("-6")));
    assert_eq!(error_points(3, &[], d("0.5")), Ok(d("-1.5")));

    for (average, points) in
        [("93", "1"), ("78", "-1"), ("85", "0"), ("89.9", "0"), ("90", "1"), ("80.1", "0")]
    {
        assert_eq!(inspection_points(&[d(average)]), Ok(d(points)), "{average}");
    }
    assert_eq!(inspection_points(&["90", "96"].map(d)), Ok(d("1")));
    assert_eq!(inspection_points(&[]), Err(CalcError::Empty));

    assert_eq!(turnover_points(50, 4), Ok(d("-1.0")));
    assert_eq!(turnover_points(50, 1), Ok(d("0.5")));
    assert_eq!(turnover_points(0, 0), Err(CalcError::Empty));
    assert_eq!(turnover_points(3, 4), Err(CalcError::OutOfRange("leavers")));

    assert_eq!(assignment_points(0, 0), Ok(d("2")));
    assert_eq!(assignment_points(3, 1), Ok(d("-4")));
    assert_eq!(assignment_points(0, 1), Err(CalcError::OutOfRange("late_after_instruction")));
    assert_eq!(data_error_points(3), d("-3"));
    let all = [Discipline::Notice, Discipline::Warning, Discipline::MinorDemerit, Discipline::MajorDemerit];
    assert_eq!(discipline_points(&all), Ok(d("-10")));
}

fn sheet(scores: &[(&str, &str)]) -> Vec<AppraisalItem> {
    let item = |(i, (weight, leader)): (usize, &(&str, &str))| AppraisalItem {
        item: format!("i{i}"),
        weight: d(weight),
        own: Some(d(weight)),
        supervisor: Some(Decimal::ZERO),
        leader: Some(d(leader)),
    };
    scores.iter().enumerate().map(item).collect()
}

#[test]
fn c62_c64_supervisor_s_sheet() {
    let items = sheet(&[("10", "9"), ("15", "15"), ("15", "12"), ("15", "13"), ("10", "10"), ("10", "9.5")]);
    let result = appraise(&items, &ScorerWeights::default(), &Bands::appraisal()).unwrap();
    assert_eq!((result.total, result.weights), (d("68.5"), d("75")), "25 of 100 are lost in the source");
    assert_eq!(result.band, "pass");
    let all = ScorerWeights { own: d("0.2"), supervisor: d("0.3"), leader: d("0.5") };
    assert_eq!(appraise(&items, &all, &Bands::appraisal()).unwrap().total, d("49.25"));
    let bands = Bands::appraisal();
    for (score, band) in [
        ("100", "outstanding"),
        ("99.99", "excellent"),
        ("85", "excellent"),
        ("84.99", "good"),
        ("75", "good"),
        ("60", "pass"),
        ("59.99", "fail"),
    ] {
        assert_eq!(bands.of(d(score)), band, "{score}");
    }
    let wrong = Bands::new(vec![(d("60"), "a".to_owned()), (d("60"), "b".to_owned())], "c".to_owned());
    assert_eq!(wrong, Err(CalcError::OutOfRange("band")));
}

#[test]
fn c62_scores_must_fit() {
    let scorers = ScorerWeights::default();
    let refused = |items: &[AppraisalItem]| appraise(items, &scorers, &Bands::appraisal()).unwrap_err();
    assert_eq!(refused(&sheet(&[("10", "10.5")])), CalcError::OutOfRange("score"));
    assert_eq!(refused(&[]), CalcError::Empty);
    let mut unscored = sheet(&[("10", "9")]);
    unscored[0].leader = None;
    assert_eq!(refused(&unscored), CalcError::Empty);
}

#[test]
fn c63_achievement() {
    let settings = AchievementSettings::default();
    let points = |achievement: Achievement, weight: &str| {
        let item = AchievementItem { item: "x".to_owned(), weight: d(weight), achievement };
        rounded(achievement_sheet(&[item], &settings).unwrap().total, SCORE_DECIMALS)
    };
    let reached = |actual: &str, target: &str| Achievement::Quantity { actual: d(actual), target: d(target) };
    let times = |actual: &str, limit: &str| Achievement::Control { actual: d(actual), limit: d(limit) };
    assert_eq!(points(reached("81", "90"), "10"), d("9.00"));
    assert_eq!(points(reached("31000", "28345"), "10"), d("10.94"));
    assert_eq!(points(reached("92", "88"), "15"), d("15.68"));
    assert_eq!(points(times("1", "2"), "15"), d("15.00"));
    assert_eq!(points(times("3", "2"), "15"), d("10.00"));
    assert_eq!(points(reached("300", "100"), "10"), d("11"), "capped at 110 %");
    assert_eq!(points(times("1", "0"), "15"), d("0"));
    for (grade, rate) in
        [(Grade::Excellent, "1"), (Grade::Good, "0.85"), (Grade::Fair, "0.7"), (Grade::Poor, "0.5")]
    {
        assert_eq!(achievement_rate(&Achievement::Quality(grade), &settings), Ok(d(rate)));
    }
    assert_eq!(achievement_rate(&reached("5", "0"), &settings), Err(CalcError::Empty));
    assert_eq!(achievement_rate(&times("-1", "2"), &settings), Err(CalcError::OutOfRange("actual")));
    assert_eq!(achievement_sheet(&[], &settings), Err(CalcError::Empty));
}

#[test]
fn c65_awards() {
    let merits = Merits { goal_met: true, merits: 3, ..Merits::default() };
    assert_eq!(award_points(&merits), d("5"));
    assert_eq!(award_points(&Merits { goal_met: false, ..merits }), d("0"));
    assert_eq!(award_points(&Merits { merits: 2, ..merits }), d("0"));
    assert_eq!(award_points(&Merits { merits: 0, single_award: true, ..merits }), d("5"));
    assert!(excluded_from_excess_profit(&Merits { demerits: 3, ..merits }));
    assert!(excluded_from_excess_profit(&Merits { major_demerits: 2, ..merits }));
    assert!(!excluded_from_excess_profit(&Merits { demerits: 2, major_demerits: 1, ..merits }));
}

#[test]
fn c66_discipline_after_sales() {
    let complaints = [
        (Misconduct::Quarrel, true),
        (Misconduct::RepeatRepair, false),
        (Misconduct::AskedForProperty, true),
        (Misconduct::NotInTime, false),
    ];
    assert_eq!(major_demerits_due(&complaints), 2, "only verified complaints count");
}

#[test]
fn c73_collection_award() {
    assert_eq!(collection_award(d("10000"), COLLECTION_SHARE_PERCENT), Ok(d("800")));
    assert_eq!(engineer_award(&["800", "1000", "600"].map(d)), Ok(d("1600")));
    assert_eq!(engineer_award(&[]), Err(CalcError::Empty));
    assert_eq!(collection_award(d("-1"), d("8")), Err(CalcError::OutOfRange("award")));
}

proptest! {
    #[test]
    fn an_achievement_rate_is_0_to_110_percent_and_grows_with_what_was_reached(
        actual in -1000_i64..10_000, more in 0_i64..1000, target in 1_i64..5000,
    ) {
        let settings = AchievementSettings::default();
        let rate = |actual: i64| {
            let reached = Achievement::Quantity { actual: actual.into(), target: target.into() };
            achievement_rate(&reached, &settings).unwrap()
        };
        prop_assert!((Decimal::ZERO..=d("1.1")).contains(&rate(actual)));
        prop_assert!(rate(actual + more) >= rate(actual));
        let control = |actual: i64| {
            let happened = Achievement::Control { actual: actual.abs().into(), limit: target.into() };
            achievement_rate(&happened, &settings).unwrap()
        };
        prop_assert!((Decimal::ZERO..=Decimal::ONE).contains(&control(actual)));
        prop_assert!(control(actual.abs() + more) <= control(actual.abs()));
    }

    #[test]
    fn timeliness_is_its_parts_and_never_above_the_cap(
        month in prop::collection::vec((0_i64..2000, 0_u8..4), 0..20),
    ) {
        let finish = |n: u8| match n {
            0 => Finish::Open,
            1 => Finish::InTime,
            2 => Finish::Late,
            _ => Finish::LateAfterInstruction,
        };
        let month: Vec<_> = month.into_iter().map(|(m, f)| handled(m, finish(f))).collect();
        let settings = TimelinessSettings::default();
        let started = complaint_timeliness(&month, &settings).unwrap();
        prop_assert_eq!(started.bonus - started.sheet_deduction - started.finish_deduction, started.net);
        prop_assert!(started.net <= settings.timely_cap);
        let milder = TimelinessSettings { hours: LateHours::Completed, ..settings };
        prop_assert!(complaint_timeliness(&month, &milder).unwrap().net >= started.net);
    }

    #[test]
    fn a_greater_loss_never_costs_less(loss in 0_i64..1_000_000, more in 0_i64..10_000) {
        let lost = |cents: i64| loss_deduction(Decimal::new(cents, 2), LOSS_STEP).unwrap();
        prop_assert!(lost(loss + more) >= lost(loss));
    }

    #[test]
    fn an_appraisal_stays_between_0_and_its_weights(
        scores in prop::collection::vec((1_u32..30, 0_u32..=100, 0_u32..=100, 0_u32..=100), 1..10),
        scorers in (0_u32..10, 0_u32..10, 1_u32..10),
    ) {
        let part = |weight: u32, percent: u32| Some(Decimal::from(weight * percent) / Decimal::ONE_HUNDRED);
        let items: Vec<_> = scores.iter().map(|(weight, own, supervisor, leader)| AppraisalItem {
            item: String::new(),
            weight: Decimal::from(*weight),
            own: part(*weight, *own),
            supervisor: part(*weight, *supervisor),
            leader: part(*weight, *leader),
        }).collect();
        let scorers = ScorerWeights {
            own: scorers.0.into(), supervisor: scorers.1.into(), leader: scorers.2.into(),
        };
        let result = appraise(&items, &scorers, &Bands::appraisal()).unwrap();
        prop_assert!((Decimal::ZERO..=result.weights).contains(&result.total));
        prop_assert_eq!(result.items.iter().map(|(_, score)| *score).sum::<Decimal>(), result.total);
    }
}
