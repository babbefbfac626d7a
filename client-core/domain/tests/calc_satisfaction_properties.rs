//! C03–C13: what holds for any questionnaire, whatever is answered.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::calc::composite::{Audit, CompositeSettings, MonthFacts, composite_satisfaction};
use domain::calc::distribution::LevelCounts;
use domain::calc::number::CalcError;
use domain::calc::scoring::{LikertConversion, Score, ScoreError, ScoringModel, score};
use domain::calc::sheet::{Answers, Choice, Item, Response, ValidityRule};
use domain::calc::survey::{ItemResult, SurveyResult, survey_result};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn items(n: usize) -> Vec<Item> {
    (0..n).map(|i| Item::new(&format!("q{i}"))).collect()
}

fn scored(
    model: ScoringModel,
    items: &[Item],
    given: &[(String, Response)],
    validity: ValidityRule,
) -> Result<Score, ScoreError> {
    score(model, &Answers { items, given, validity })
}

fn models() -> impl Strategy<Value = ScoringModel> {
    let from_one = ScoringModel::LikertIndex(LikertConversion::FromOne);
    proptest::sample::select([ScoringModel::ALL.to_vec(), vec![from_one]].concat())
}

fn rules() -> impl Strategy<Value = ValidityRule> {
    proptest::sample::select(vec![ValidityRule::None, ValidityRule::TwoThirds, ValidityRule::MISSING_MAX_ONE])
}

fn responses() -> impl Strategy<Value = Response> {
    prop_oneof![
        1 => Just(Response::Unanswered),
        1 => Just(Response::Text),
        6 => (-2_i64..=110).prop_map(|n| Response::Points(Decimal::from(n))),
        1 => any::<i64>().prop_map(|n| Response::Points(Decimal::new(n, 5))),
        4 => (0_usize..5).prop_map(|n| Response::Choice(format!("o{n}"))),
    ]
}

prop_compose! {
    fn any_items()(
        shapes in prop::collection::vec((0_usize..5, proptest::option::of(0_u32..200), any::<[bool; 3]>()), 1..8)
    ) -> Vec<Item> {
        shapes.into_iter().enumerate().map(|(i, (options, weight, [negative, scored, overall]))| {
            let options = (0..options).map(|o| Choice { code: format!("o{o}"), points: None }).collect();
            Item { code: format!("q{i}"), weight: weight.map(Decimal::from), options, negative, scored, overall }
        }).collect()
    }
}

/// A point that is on the scale of the model, by a number of 0–4.
fn on_scale(model: ScoringModel, level: usize) -> Decimal {
    match model {
        ScoringModel::FiveLevel => Decimal::from(2 + 2 * level),
        ScoringModel::LikertIndex(_) => Decimal::from(1 + level),
        _ => Decimal::from(25 * level),
    }
}

const BY_POINTS: [ScoringModel; 6] = [
    ScoringModel::FiveLevel,
    ScoringModel::WeightedCriteria,
    ScoringModel::LikertIndex(LikertConversion::OfFive),
    ScoringModel::LikertIndex(LikertConversion::FromOne),
    ScoringModel::WeightedAverage,
    ScoringModel::PlainMean,
];

fn total(model: ScoringModel, items: &[Item], levels: &[usize]) -> Decimal {
    let given: Vec<_> = items
        .iter()
        .zip(levels)
        .map(|(i, l)| (i.code.clone(), Response::Points(on_scale(model, *l))))
        .collect();
    scored(model, items, &given, ValidityRule::None).unwrap().total.unwrap()
}

fn in_range(model: ScoringModel, items: &[Item], score: Score) -> bool {
    let range = Decimal::ZERO..=Decimal::ONE_HUNDRED;
    let fits = |p: Option<Decimal>| p.is_none_or(|p| range.contains(&p));
    let without_sum =
        matches!(model, ScoringModel::FourLevel | ScoringModel::ThreeLevel | ScoringModel::Unscored);
    fits(score.total)
        && score.items.iter().all(|i| fits(i.percent))
        && match survey_result(model, items, &[score]) {
            Ok(SurveyResult { overall, items, .. }) => {
                range.contains(&overall) && items.iter().all(|i: &ItemResult| range.contains(&i.percent))
            }
            // Levels have shares and no sum.
            Err(error) => without_sum && error == ScoreError::Calc(CalcError::Empty),
        }
}

proptest! {
    #[test]
    fn a_score_stays_in_its_range_whatever_is_answered(
        model in models(),
        items in any_items(),
        responses in prop::collection::vec(responses(), 0..10),
        validity in rules(),
    ) {
        let given: Vec<_> =
            responses.into_iter().enumerate().map(|(i, r)| (format!("q{i}"), r)).collect();
        if let Ok(score) = scored(model, &items, &given, validity) {
            prop_assert!(in_range(model, &items, score));
        }
    }

    #[test]
    fn answers_on_the_scale_have_a_score_in_its_range(
        model in models(),
        levels in prop::collection::vec(proptest::option::weighted(0.9, 0_usize..5), 4),
    ) {
        let options = if model == ScoringModel::ThreeLevel { 3 } else { 4 };
        let items: Vec<Item> = items(4).into_iter().map(|i| {
            let options = (0..options).map(|o| Choice { code: format!("o{o}"), points: None }).collect();
            Item { options, ..i.weighing(d("25")) }
        }).collect();
        let by_choice =
            matches!(model, ScoringModel::FourLevel | ScoringModel::ThreeLevel | ScoringModel::Options);
        let given: Vec<_> = items.iter().zip(&levels).map(|(item, level)| {
            let response = match level {
                None => Response::Unanswered,
                Some(level) if by_choice => Response::Choice(format!("o{}", level % options)),
                Some(level) => Response::Points(on_scale(model, *level)),
            };
            (item.code.clone(), response)
        }).collect();
        let none = levels.iter().all(Option::is_none) && model != ScoringModel::Unscored;
        let missing = levels.iter().any(Option::is_none) && model == ScoringModel::WeightedCriteria;
        match scored(model, &items, &given, ValidityRule::None) {
            Ok(score) => prop_assert!(!none && in_range(model, &items, score)),
            Err(error) => prop_assert!(none || missing, "{error}"),
        }
    }

    #[test]
    fn a_better_answer_never_lowers_the_score(
        model in proptest::sample::select(BY_POINTS.to_vec()),
        levels in prop::collection::vec(0_usize..5, 4),
        better in 0_usize..4,
    ) {
        let items: Vec<Item> = items(4).into_iter().map(|i| i.weighing(d("25"))).collect();
        let before = total(model, &items, &levels);
        let mut after = levels.clone();
        after[better] = (after[better] + 1).min(4);
        prop_assert!(total(model, &items, &after) >= before);
    }

    #[test]
    fn the_order_of_answers_is_of_no_account(levels in prop::collection::vec(0_usize..5, 4)) {
        let items = items(4);
        let mut given: Vec<_> = items.iter().zip(&levels)
            .map(|(i, l)| (i.code.clone(), Response::Points(on_scale(ScoringModel::FiveLevel, *l)))).collect();
        let one = scored(ScoringModel::FiveLevel, &items, &given, ValidityRule::None);
        given.reverse();
        prop_assert_eq!(one, scored(ScoringModel::FiveLevel, &items, &given, ValidityRule::None));
    }

    #[test]
    fn level_shares_add_to_100(counts in prop::collection::vec(0_u64..1_000_000, 1..6)) {
        let levels = LevelCounts::new(counts).unwrap();
        prop_assume!(levels.answers() > 0);
        let exact: Decimal = levels.shares().iter().map(|r| r.percent().unwrap()).sum();
        prop_assert!((exact - Decimal::ONE_HUNDRED).abs() < d("0.0000000000000000001"));
        let shown: Decimal = levels.shares().iter().map(|r| r.shown(1).unwrap()).sum();
        let half_a_unit_each = d("0.05") * Decimal::from(levels.shares().len());
        prop_assert!((shown - Decimal::ONE_HUNDRED).abs() <= half_a_unit_each);
    }

    #[test]
    fn the_composite_stays_in_its_range_and_events_never_raise_it(
        obtained in 0_u32..=100,
        counts in any::<[u8; 4]>(),
        audit in 0_u32..=100,
        more in 0_usize..4,
        whole in any::<bool>(),
    ) {
        let mut settings = CompositeSettings::default();
        if whole {
            settings.d2_factor = Decimal::ONE;
        }
        let of = |counts: [u8; 4]| {
            let [complaints, ppm_exceedances, interruptions, late_deliveries] = counts.map(u32::from);
            let facts = MonthFacts {
                survey: Some((Decimal::from(obtained), Decimal::ONE_HUNDRED)),
                complaints,
                valid_complaints: complaints,
                ppm_exceedances,
                interruptions,
                late_deliveries,
                audit: Audit::Points(Decimal::from(audit)),
            };
            composite_satisfaction(&facts, &settings).unwrap()
        };
        let before = of(counts);
        prop_assert!((Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&before.d));
        prop_assert_eq!(before.d1 + before.d2 + before.d3, before.d);
        let mut worse = counts;
        worse[more] = worse[more].saturating_add(1);
        prop_assert!(of(worse).d <= before.d);
    }
}
