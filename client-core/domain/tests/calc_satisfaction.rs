//! C01–C13, C15–C19: the worked examples of the catalogue, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::calc::bands::Bands;
use domain::calc::composite::{Audit, CompositeSettings, MonthFacts, composite_satisfaction};
use domain::calc::distribution::{
    LevelCounts, complaint_handling_satisfaction, dimension_report, feedback_split, majority,
    markets_by_result,
};
use domain::calc::number::{CalcError, Rate, rounded};
use domain::calc::scoring::{LikertConversion, Score, ScoreError, ScoringModel, option_points, score};
use domain::calc::sheet::{
    Answers, Choice, Item, Response, ValidityRule, is_valid_by_missing_items, is_valid_by_two_thirds,
};
use domain::calc::survey::{
    ITEM_TARGET, TargetMeasure, favourable_ratings, five_level_percent, items_to_act_on, ranked, return_rate,
    satisfaction_measures, survey_result, validity_rate,
};
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn items(n: usize) -> Vec<Item> {
    (1..=n).map(|i| Item::new(&format!("q{i}"))).collect()
}

/// Points in the order of the items; "" = unanswered.
fn sheet(items: &[Item], points: &[&str]) -> Vec<(String, Response)> {
    items
        .iter()
        .zip(points)
        .map(|(item, p)| {
            let response = if p.is_empty() { Response::Unanswered } else { Response::Points(d(p)) };
            (item.code.clone(), response)
        })
        .collect()
}

fn scored(
    model: ScoringModel,
    items: &[Item],
    given: &[(String, Response)],
    validity: ValidityRule,
) -> Result<Score, ScoreError> {
    score(model, &Answers { items, given, validity })
}

fn chosen(items: &[Item], codes: &[&str]) -> Vec<(String, Response)> {
    items.iter().zip(codes).map(|(i, c)| (i.code.clone(), Response::Choice((*c).to_owned()))).collect()
}

#[test]
fn c01_return_rate() {
    assert_eq!(return_rate(15, 15).unwrap().percent(), Some(d("100")));
    assert_eq!(return_rate(28, 45).unwrap().shown(2), Some(d("62.22")));
    assert_eq!(return_rate(28, 45).unwrap().shown(0), Some(d("62")));
    assert_eq!(return_rate(8, 8).unwrap().shown(0), Some(d("100")));
    assert_eq!(return_rate(0, 0).unwrap().percent(), None);
    assert_eq!(return_rate(46, 45), Err(CalcError::OutOfRange("part")));
}

#[test]
fn c02_validity_rate() {
    assert_eq!(validity_rate(28, 28).unwrap().percent(), Some(d("100")));
}

#[test]
fn c03_two_thirds() {
    assert_eq!(is_valid_by_two_thirds(14, 20), Ok(true));
    assert_eq!(is_valid_by_two_thirds(13, 20), Ok(false));
    assert_eq!(is_valid_by_two_thirds(14, 21), Ok(true));
    assert_eq!(is_valid_by_two_thirds(0, 0), Err(CalcError::Empty));
    assert_eq!(is_valid_by_two_thirds(4, 3), Err(CalcError::OutOfRange("answered")));

    let (items, mut points) = (items(21), ["80"; 21]);
    points[14..].fill("");
    let of = |points: &[&str]| {
        scored(ScoringModel::WeightedAverage, &items, &sheet(&items, points), ValidityRule::TwoThirds)
    };
    assert_eq!(of(&points).unwrap().total, Some(d("80")));
    points[13] = "";
    assert_eq!(of(&points), Err(ScoreError::InvalidSheet { answered: 13, asked: 21 }));
}

#[test]
fn c04_missing_items() {
    assert_eq!(is_valid_by_missing_items(11, 12), Ok(true));
    assert_eq!(is_valid_by_missing_items(10, 12), Ok(false));

    let (items, mut points) = (items(12), ["5"; 12]);
    let of = |points: &[&str]| {
        let model = ScoringModel::LikertIndex(LikertConversion::OfFive);
        scored(model, &items, &sheet(&items, points), ValidityRule::MISSING_MAX_ONE)
    };
    points[4] = "";
    let eleven = of(&points).unwrap();
    assert_eq!((eleven.items[4].points, eleven.items[4].filled), (Some(d("3")), true));
    assert!(eleven.items.iter().zip(&items).all(|(score, item)| score.item == item.code));
    points[5] = "";
    assert_eq!(of(&points), Err(ScoreError::InvalidSheet { answered: 10, asked: 12 }));
}

/// The 15 sheets of the source, rebuilt from counts of 10, 8 and 6 points per item.
fn fifteen_sheets() -> (Vec<Item>, Vec<Score>) {
    let counts = [
        [15, 0, 0],
        [15, 0, 0],
        [11, 4, 0],
        [10, 5, 0],
        [10, 5, 0],
        [8, 7, 0],
        [5, 9, 1],
        [5, 9, 1],
        [3, 8, 4],
        [3, 8, 4],
    ];
    let items = items(10);
    let point = |item: usize, respondent: usize| match counts[item] {
        [ten, _, _] if respondent < ten => "10",
        [ten, eight, _] if respondent < ten + eight => "8",
        _ => "6",
    };
    let sheets = (0..15).map(|respondent| {
        let points: Vec<&str> = (0..10).map(|item| point(item, respondent)).collect();
        scored(ScoringModel::FiveLevel, &items, &sheet(&items, &points), ValidityRule::None).unwrap()
    });
    let sheets = sheets.collect();
    (items, sheets)
}

#[test]
fn c05_five_levels() {
    let (items, sheets) = fifteen_sheets();
    let result = survey_result(ScoringModel::FiveLevel, &items, &sheets).unwrap();
    let points: Vec<Decimal> = result.items.iter().map(|i| i.points).collect();
    assert_eq!(points, [150, 150, 142, 140, 140, 136, 128, 128, 118, 118].map(Decimal::from));
    let shown: Vec<Decimal> = result.items.iter().map(|i| rounded(i.percent, 0)).collect();
    assert_eq!(shown, [100, 100, 95, 93, 93, 91, 85, 85, 79, 79].map(Decimal::from));
    assert_eq!(rounded(result.overall, 10), d("90"));
    // A customer's own percentage, from its sheet and from its sum of points.
    assert_eq!(sheets[0].total, Some(d("100")));
    assert_eq!(five_level_percent(d("82"), 10), Ok(d("82")));
    assert_eq!(five_level_percent(d("101"), 10), Err(CalcError::OutOfRange("points")));
}

#[test]
fn c05_points_must_be_on_the_scale() {
    let items = items(2);
    for off in ["0", "3", "7", "12", "-2", "9.9"] {
        let given = sheet(&items, &["10", off]);
        let refused = scored(ScoringModel::FiveLevel, &items, &given, ValidityRule::None);
        assert_eq!(refused, Err(ScoreError::OutOfScale { item: "q2".to_owned() }), "{off}");
    }
    // Unanswered is not 0: it is left out above and below the line.
    let given = sheet(&items, &["8", ""]);
    let one = scored(ScoringModel::FiveLevel, &items, &given, ValidityRule::None).unwrap();
    assert_eq!((one.total, one.asked, one.items.len()), (Some(d("80")), 2, 1));
    // Overall, every answer weighs the same, so a sheet with a gap weighs less than a full one.
    let full = sheet(&items, &["2", "2"]);
    let full = scored(ScoringModel::FiveLevel, &items, &full, ValidityRule::None).unwrap();
    let result = survey_result(ScoringModel::FiveLevel, &items, &[one, full]).unwrap();
    assert_eq!((result.overall, result.items[1].respondents), (d("40"), 1), "(80 + 20 + 20) / 3");
}

fn criteria() -> Vec<Item> {
    let weights = ["20", "10", "15", "15", "20", "5", "5", "10"];
    items(8).into_iter().zip(weights).map(|(item, w)| item.weighing(d(w))).collect()
}

#[test]
fn c06_weighted_criteria() {
    let items = criteria();
    let given = sheet(&items, &["90", "85", "80", "95", "70", "90", "88", "75"]);
    let result = scored(ScoringModel::WeightedCriteria, &items, &given, ValidityRule::None).unwrap();
    assert_eq!(result.total, Some(d("83.15")));
    assert_eq!(result.band.as_deref(), Some("satisfied"));
    let bands = Bands::satisfaction();
    for (score, band) in [
        ("90", "very_satisfied"),
        ("89.99", "satisfied"),
        ("75", "satisfied"),
        ("60", "average"),
        ("40", "dissatisfied"),
        ("39.99", "very_dissatisfied"),
    ] {
        assert_eq!(bands.of(d(score)), band, "{score}");
    }
}

#[test]
fn c06_needs_all_answers_and_weights_of_100() {
    let mut items = criteria();
    let given = sheet(&items, &["90", "85", "", "95", "70", "90", "88", "75"]);
    let refused = scored(ScoringModel::WeightedCriteria, &items, &given, ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::MissingAnswer { item: "q3".to_owned() }));
    items[0].weight = Some(d("21"));
    let given = sheet(&items, &["90"; 8]);
    let refused = scored(ScoringModel::WeightedCriteria, &items, &given, ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::WeightsNot100 { sum: d("101") }));
    items[0].weight = None;
    let refused = scored(ScoringModel::WeightedCriteria, &items, &given, ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::MissingWeight { item: "q1".to_owned() }));
}

fn month(survey: Option<(&str, &str)>, counts: [u32; 4], audit: Audit) -> MonthFacts {
    let [complaints, ppm_exceedances, interruptions, late_deliveries] = counts;
    MonthFacts {
        survey: survey.map(|(obtained, total)| (d(obtained), d(total))),
        complaints,
        valid_complaints: complaints,
        ppm_exceedances,
        interruptions,
        late_deliveries,
        audit,
    }
}

#[test]
fn c07_composite() {
    let literal = CompositeSettings::default();
    let whole = CompositeSettings { d2_factor: Decimal::ONE, ..literal };

    let first = month(Some(("92", "100")), [2, 1, 0, 1], Audit::GradeB);
    let result = composite_satisfaction(&first, &literal).unwrap();
    assert_eq!((result.d1, result.d2, result.d3), (d("18.40"), d("52.80"), d("15")));
    assert_eq!((result.d, result.analysis_required), (d("86.20"), false));
    assert_eq!(composite_satisfaction(&first, &whole).unwrap().d, d("81.40"));

    let second = month(Some(("80", "100")), [8, 0, 1, 6], Audit::GradeA);
    let result = composite_satisfaction(&second, &literal).unwrap();
    assert_eq!(result.n, ["15", "0", "15", "15"].map(d));
    assert_eq!((result.d2, result.d, result.analysis_required), (d("33"), d("66"), true));
    assert_eq!(composite_satisfaction(&second, &whole).unwrap().d2, d("15"));

    let third = month(None, [0; 4], Audit::NoConclusion);
    assert_eq!(composite_satisfaction(&third, &literal).unwrap().d, d("100"));
}

#[test]
fn c07_settings_and_bad_input() {
    let settings = CompositeSettings::default();
    let mut facts = month(None, [0; 4], Audit::GradeC);
    facts.complaints = 5;
    assert_eq!(composite_satisfaction(&facts, &settings).unwrap().n[0], d("0"), "only valid ones count");
    let all = CompositeSettings { n1_valid_only: false, ..settings };
    assert_eq!(composite_satisfaction(&facts, &all).unwrap().n[0], d("10"));
    facts.valid_complaints = 6;
    assert_eq!(composite_satisfaction(&facts, &settings), Err(CalcError::OutOfRange("valid_complaints")));
    for survey in [("101", "100"), ("-1", "100"), ("0", "0")] {
        let facts = month(Some(survey), [0; 4], Audit::NoConclusion);
        assert_eq!(composite_satisfaction(&facts, &settings), Err(CalcError::OutOfRange("survey")));
    }
    let facts = month(None, [0; 4], Audit::Points(d("100.5")));
    assert_eq!(composite_satisfaction(&facts, &settings), Err(CalcError::OutOfRange("audit")));
}

#[test]
fn c08_likert_index() {
    let items = items(12);
    let given = sheet(&items, &["4", "4", "5", "3", "4", "4", "3", "5", "4", "4", "2", ""]);
    let model = ScoringModel::LikertIndex(LikertConversion::OfFive);
    let result = scored(model, &items, &given, ValidityRule::MISSING_MAX_ONE).unwrap();
    assert_eq!((result.total, result.satisfied), (Some(d("75")), Some(true)));
    // The filled item is no rating: 8 of the 11 given ones are favourable.
    assert_eq!(favourable_ratings(&[result]), Rate::new(8, 11).unwrap());

    let other = ScoringModel::LikertIndex(LikertConversion::FromOne);
    let result = scored(other, &items, &given, ValidityRule::MISSING_MAX_ONE).unwrap();
    assert_eq!((result.total, result.satisfied), (Some(d("68.75")), Some(false)));
}

#[test]
fn c08_three_and_a_half_of_five_is_satisfied() {
    let model = ScoringModel::from_code("C08").unwrap();
    let of =
        |items: &[Item], points: &[&str]| scored(model, items, &sheet(items, points), ValidityRule::None);
    let two = of(&items(2), &["3", "4"]).unwrap();
    assert_eq!((two.total, two.satisfied), (Some(d("70")), Some(true)));
    // Weights move the index: (3×3 + 3×4 + 1×3) ÷ 7 ÷ 5.
    let weighted: Vec<Item> =
        items(3).into_iter().zip(["3", "3", "1"]).map(|(i, w)| i.weighing(d(w))).collect();
    let three = of(&weighted, &["3", "4", "3"]).unwrap();
    assert_eq!((three.total.map(|t| rounded(t, 2)), three.satisfied), (Some(d("68.57")), Some(false)));
    for off in ["6", "0", "3.5"] {
        let refused = of(&weighted, &["3", off, "3"]);
        assert_eq!(refused, Err(ScoreError::OutOfScale { item: "q2".to_owned() }));
    }
}

#[test]
fn c09_weighted_average() {
    let items: Vec<Item> =
        items(4).into_iter().zip(["0.3", "0.3", "0.2", "0.2"]).map(|(i, w)| i.weighing(d(w))).collect();
    let of = |points: &[&str]| {
        scored(ScoringModel::WeightedAverage, &items, &sheet(&items, points), ValidityRule::TwoThirds)
            .unwrap()
    };
    assert_eq!(of(&["84", "78", "72", "80"]).total, Some(d("79")));
    // Two markets whose items average the same.
    let sheets = [of(&["80", "76", "70", "90"]), of(&["88", "80", "74", "70"])];
    let result = survey_result(ScoringModel::WeightedAverage, &items, &sheets).unwrap();
    assert_eq!(result.overall, d("79.0"));
    let order: Vec<&str> = ranked(&result.items).iter().map(|i| i.item.as_str()).collect();
    assert_eq!(order, ["q1", "q4", "q2", "q3"]);
}

#[test]
fn c10_plain_mean_with_target() {
    let items = items(10);
    let given = sheet(&items, &["96", "94.5", "95.5", "95.4", "93.1", "93.2", "100", "91", "91", "93.5"]);
    let one = scored(ScoringModel::PlainMean, &items, &given, ValidityRule::None).unwrap();
    assert_eq!(one.total, Some(d("94.32")));
    let result = survey_result(ScoringModel::PlainMean, &items, &[one]).unwrap();
    assert_eq!(result.overall, d("94.32"));
    assert!(result.items.iter().all(|i| i.percent >= ITEM_TARGET));
    let lowest: Vec<&str> =
        items_to_act_on(&result.items, ITEM_TARGET).iter().map(|i| i.item.as_str()).collect();
    assert_eq!(lowest, ["q8", "q9"]);
}

#[test]
fn c11_four_levels() {
    // (shares, satisfied, dissatisfied) of 20 answers each.
    for (counts, satisfied, dissatisfied) in [
        ([6, 10, 3, 1], 80, 5),
        ([5, 11, 3, 1], 80, 5),
        ([7, 8, 4, 1], 75, 5),
        ([4, 11, 4, 1], 75, 5),
        ([2, 10, 5, 3], 60, 15),
        ([3, 10, 5, 2], 65, 10),
    ] {
        let levels = LevelCounts::new(counts.to_vec()).unwrap();
        assert_eq!(levels.two_best().percent(), Some(Decimal::from(satisfied)));
        assert_eq!(levels.worst().percent(), Some(Decimal::from(dissatisfied)));
    }
    let product = LevelCounts::new(vec![6, 10, 3, 1]).unwrap();
    let shares: Vec<_> = product.shares().iter().map(|r| r.percent().unwrap()).collect();
    assert_eq!(shares, [30, 50, 15, 5].map(Decimal::from));
    assert_eq!(LevelCounts::new(vec![0; 4]).unwrap().two_best().percent(), None);
}

#[test]
fn c12_three_levels() {
    for (counts, not_dissatisfied) in
        [([54, 33, 13], 87), ([63, 32, 5], 95), ([48, 38, 14], 86), ([58, 34, 8], 92)]
    {
        let levels = LevelCounts::new(counts.to_vec()).unwrap();
        assert_eq!(levels.answers(), 100);
        assert_eq!(levels.two_best().percent(), Some(Decimal::from(not_dissatisfied)));
    }
}

#[test]
fn c11_c12_are_counted_from_sheets() {
    let items = vec![Item::single("product", &["very", "satisfied", "average", "bad"])];
    let sheets: Vec<Score> = ["very", "satisfied", "satisfied", "bad"]
        .iter()
        .map(|c| scored(ScoringModel::FourLevel, &items, &chosen(&items, &[c]), ValidityRule::None).unwrap())
        .collect();
    assert!(sheets.iter().all(|s| s.total.is_none()));
    let levels = LevelCounts::of_item("product", 4, &sheets);
    assert_eq!((levels.two_best(), levels.worst()), (Rate::new(3, 4).unwrap(), Rate::new(1, 4).unwrap()));
    // A question of the wrong shape for the model, and points instead of a level.
    let refused = scored(ScoringModel::ThreeLevel, &items, &chosen(&items, &["bad"]), ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::WrongOptions { item: "product".to_owned() }));
    let refused = scored(ScoringModel::FourLevel, &items, &sheet(&items, &["4"]), ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::OutOfScale { item: "product".to_owned() }));
    let empty = survey_result(ScoringModel::FourLevel, &items, &sheets);
    assert_eq!(empty, Err(ScoreError::Calc(CalcError::Empty)));
}

/// The questionnaire of the software company: six questions with options and a free text.
fn return_visit_items() -> Vec<Item> {
    let mut charging = Item::single("arbitrary_charging", &["yes", "no"]);
    charging.negative = true;
    let mut overall = Item::single("overall", &["a", "b", "c"]);
    overall.overall = true;
    vec![
        Item::single("use", &["a", "b", "c"]),
        Item::single("functions", &["a", "b", "c", "d"]),
        charging,
        overall,
        Item::text("suggestions"),
    ]
}

#[test]
fn c13_return_visit_questionnaire() {
    let items = return_visit_items();
    let points = |item: usize| -> Vec<Decimal> {
        (0..items[item].options.len()).map(|level| option_points(&items[item], level).unwrap()).collect()
    };
    assert_eq!(points(0), [100, 50, 0].map(Decimal::from));
    assert_eq!(points(1), [100, 67, 33, 0].map(Decimal::from));
    assert_eq!(points(2), [0, 100].map(Decimal::from));

    let mut given = chosen(&items, &["a", "b", "no", "b"]);
    given.push(("suggestions".to_owned(), Response::Text));
    let result = scored(ScoringModel::Options, &items, &given, ValidityRule::None).unwrap();
    assert_eq!(result.total, Some(d("79.25")), "(100 + 67 + 100 + 50) / 4");
    assert_eq!((result.satisfied, result.items.len()), (Some(true), 4));
    let bad = chosen(&items, &["c", "d", "yes", "c"]);
    let worst = scored(ScoringModel::Options, &items, &bad, ValidityRule::None).unwrap();
    assert_eq!((worst.total, worst.satisfied), (Some(d("0")), Some(false)));
    let both = [result, worst];
    assert_eq!(LevelCounts::of_item("use", 3, &both).best().percent(), Some(d("50")));

    // "Satisfied" is A or B, never the worst of what could be chosen.
    let satisfied = |codes: &[&str], negative: bool, chose: &str| {
        let item = Item { overall: true, negative, ..Item::single("overall", codes) };
        let given = chosen(std::slice::from_ref(&item), &[chose]);
        scored(ScoringModel::Options, &[item], &given, ValidityRule::None).unwrap().satisfied.unwrap()
    };
    let of =
        |codes: &[&str], negative| codes.iter().map(|c| satisfied(codes, negative, c)).collect::<Vec<_>>();
    assert_eq!(of(&["yes", "no"], false), [true, false]);
    assert_eq!(of(&["yes", "no"], true), [false, true]);
    assert_eq!(of(&["a", "b", "c"], false), [true, true, false]);
    assert_eq!(of(&["a", "b", "c", "d"], true), [false, false, true, true]);

    let own = Choice { code: "x".to_owned(), points: Some(d("80")) };
    let configured = Item { options: vec![own.clone()], ..Item::new("own") };
    assert_eq!(option_points(&configured, 0), Ok(d("80")));
    let single = Item { options: vec![Choice { points: None, ..own }], ..configured };
    assert_eq!(option_points(&single, 0), Err(ScoreError::WrongOptions { item: "own".to_owned() }));
}

#[test]
fn c15_feedback_split() {
    let split = feedback_split(80, 15, 5).unwrap();
    let shares = [split.satisfied, split.suggestions, split.dissatisfied].map(|r| r.percent().unwrap());
    assert_eq!(shares, [80, 15, 5].map(Decimal::from));
    assert_eq!(feedback_split(0, 0, 0).unwrap().satisfied.percent(), None);
}

#[test]
fn c16_three_measures() {
    let indices = ["72.0", "76.4", "80.0", "85.2"].map(d);
    let measures = satisfaction_measures(&indices, Rate::new(63, 100).unwrap()).unwrap();
    assert_eq!(measures.mean_index, d("78.4"));
    assert_eq!(measures.satisfied_customers.percent(), Some(d("100")));
    assert_eq!(measures.favourable_ratings.percent(), Some(d("63")));
    let target = d("85");
    assert_eq!(measures.meets(target, TargetMeasure::default()), Some(false));
    assert_eq!(measures.meets(target, TargetMeasure::SatisfiedCustomers), Some(true));
    assert_eq!(measures.meets(target, TargetMeasure::FavourableRatings), Some(false));
    assert_eq!(satisfaction_measures(&[], Rate::default()), Err(CalcError::Empty));
    assert_eq!(satisfaction_measures(&[d("101")], Rate::default()), Err(CalcError::OutOfRange("index")));
}

#[test]
fn c17_market_results() {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Word {
        Satisfied,
        Better,
        Equal,
        Worse,
        ToImprove,
    }
    use Word::{Better, Equal, Satisfied, ToImprove, Worse};
    let results = [
        ("m1", Satisfied),
        ("m2", Satisfied),
        ("m3", Satisfied),
        ("m4", Satisfied),
        ("m1", Better),
        ("m2", Better),
        ("m5", Better),
        ("m3", Equal),
        ("m6", Equal),
        ("m7", Equal),
        ("上海永鑫", Worse),
        ("上海永鑫", ToImprove),
        ("m8", ToImprove),
        ("m7", ToImprove),
    ];
    let lists = markets_by_result(&results);
    let lengths = [Satisfied, Better, Equal, Worse, ToImprove].map(|w| lists[&w].len());
    assert_eq!(lengths, [4, 3, 3, 1, 3]);
    assert_eq!(lists[&Worse], ["上海永鑫"]);
    assert_eq!(majority(&[Better, Equal, Better]), Some(Better));
    assert_eq!(majority(&[Better, Equal]), None);
    assert_eq!(majority::<Word>(&[]), None);
}

#[test]
fn c18_complaint_handling_satisfaction() {
    let rated = [Some(true), Some(true), None, Some(false), Some(true)];
    assert_eq!(complaint_handling_satisfaction(&rated).percent(), Some(d("75")));
    assert_eq!(complaint_handling_satisfaction(&[None]).percent(), None);
}

#[test]
fn c19_the_overall_score_is_never_derived() {
    let report = dimension_report(&["90", "85", "80", "90"].map(d), Some(d("85"))).unwrap();
    assert_eq!((report.mean, report.overall), (d("86.25"), Some(d("85"))));
    assert_eq!(dimension_report(&[d("90")], None).unwrap().overall, None);
    assert_eq!(dimension_report(&[d("90")], Some(d("101"))), Err(CalcError::OutOfRange("score")));
}

#[test]
fn answers_that_do_not_belong_are_refused() {
    let items = items(2);
    let answer = |code: &str| (code.to_owned(), Response::Points(d("8")));
    let twice = [answer("q1"), answer("q1")];
    let refused = scored(ScoringModel::FiveLevel, &items, &twice, ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::DuplicateAnswer { item: "q1".to_owned() }));
    let refused = scored(ScoringModel::FiveLevel, &items, &[answer("q9")], ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::UnknownItem { item: "q9".to_owned() }));
    let refused = scored(ScoringModel::FiveLevel, &items, &[], ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::Calc(CalcError::Empty)));
    let text = [("q1".to_owned(), Response::Text)];
    let refused = scored(ScoringModel::FiveLevel, &items, &text, ValidityRule::None);
    assert_eq!(refused, Err(ScoreError::OutOfScale { item: "q1".to_owned() }));
    let kept = scored(ScoringModel::Unscored, &items, &text, ValidityRule::None).unwrap();
    assert_eq!((kept.total, kept.items.len()), (None, 0));
    for model in ScoringModel::ALL {
        assert_eq!(ScoringModel::from_code(model.code()), Some(model));
    }
}
