//! From answers to the score: the worked examples of C03–C13 and C19 as records.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::answers::{Phone, d, given, numbered, with_template};
use domain::derive;
use domain::error::Code;
use domain::survey::{Invalid, Scored};
use domain::time::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

#[test]
fn c03_a_sheet_counts_from_two_thirds_of_its_questions() {
    for (questions, answered, valid) in [(20, 14, true), (20, 13, false), (21, 14, true), (21, 13, false)] {
        let mut phone = Phone::of(numbered("c09", "two_thirds", questions), json!({"template": "own"}));
        for n in 1..=answered {
            phone.points(&format!("q{n}"), "80");
        }
        // A box that was left empty is no answer, whether it was said or not.
        phone.answer(&format!("q{}", answered + 1), json!({"unanswered": true})).unwrap();
        phone.give();
        let result = phone.result();
        assert_eq!(result.valid, valid, "{answered} of {questions}");
        assert_eq!((result.asked, result.answered), (questions, answered));
        let want = if valid { (None, Some(d("80"))) } else { (Some(Invalid::TooFewAnswers), None) };
        assert_eq!((result.invalid_reason, result.index100), want);
    }
}

#[test]
fn c04_c08_one_missing_item_scores_three_two_make_the_sheet_invalid() {
    let ratings = [
        "satisfied",
        "satisfied",
        "very_satisfied",
        "average",
        "satisfied",
        "satisfied",
        "average",
        "very_satisfied",
        "satisfied",
        "satisfied",
        "dissatisfied",
        "",
    ];
    let result = given("annual_likert", &ratings).result();
    assert!(result.valid);
    assert_eq!((result.total, result.index100), (Some(d("3.75")), Some(d("75"))));
    assert_eq!(result.satisfied, Some(true));
    assert_eq!(result.formula, "c08/1");
    let filled: Vec<&str> = result.item_scores.iter().filter(|i| i.filled).map(|i| &i.item[..]).collect();
    assert_eq!(filled, ["continue"]);

    let mut two_missing = ratings;
    two_missing[10] = "";
    let result = given("annual_likert", &two_missing).result();
    assert_eq!((result.valid, result.invalid_reason), (false, Some(Invalid::TooFewAnswers)));
    assert_eq!((result.total, result.index100, result.satisfied), (None, None, None));
}

#[test]
fn c05_five_levels() {
    let mut levels = ["very_satisfied"; 10];
    let result = given("qr2104", &levels).result();
    assert_eq!((result.total, result.index100), (Some(d("100")), Some(d("100"))));
    // 5 × 10 + 3 × 8 + 2 × 6 = 86 of 100.
    levels[5..8].fill("satisfied");
    levels[8..].fill("acceptable");
    let result = given("qr2104", &levels).result();
    assert_eq!((result.total, result.index100), (Some(d("86")), Some(d("86"))));
    // Left out of both lines of the fraction: (5 × 10 + 3 × 8 + 6) ÷ 90.
    levels[9] = "";
    let result = given("qr2104", &levels).result();
    assert!(result.valid);
    assert_eq!(result.total, Some(d("80")));
    assert_eq!(result.index100.map(|i| i.round_dp(2)), Some(d("88.89")));
}

#[test]
fn c06_criteria_with_their_band() {
    let result = given("criteria_gx04", &["90", "85", "80", "95", "70", "90", "88", "75"]).result();
    assert_eq!(result.index100, Some(d("83.15")));
    assert_eq!(result.band.as_deref(), Some("satisfied"));
    // Quality: (90 × 20 + 85 × 10) ÷ 30.
    let (section, percent) = &result.section_scores[0];
    assert_eq!((&section[..], percent.round_dp(2)), ("quality", d("88.33")));
    let result = given("criteria_gx04", &["90", "85", "80", "", "70", "90", "88", "75"]).result();
    assert_eq!(result.invalid_reason, Some(Invalid::MissingAnswer));
}

#[test]
fn c09_c10_weighted_and_plain_means() {
    let result = given("colour_tube", &["84", "78", "72", "80"]).result();
    assert_eq!(result.index100, Some(d("79")));
    let items = ["96", "94.5", "95.5", "95.4", "93.1", "93.2", "100", "91", "91", "93.5"];
    let result = given("project_items", &items).result();
    assert_eq!(result.index100, Some(d("94.32")));
    assert_eq!(result.section_scores.len(), 3);
}

#[test]
fn c11_c12_levels_are_kept_and_a_single_sheet_has_no_score() {
    let four = given(
        "summary_four",
        &["very_satisfied", "satisfied", "average", "average", "satisfied", "dissatisfied"],
    );
    let result = four.result();
    assert_eq!((result.valid, result.index100), (true, None));
    assert_eq!(result.item_scores[2].option.as_deref(), Some("average"));
    let three = given("consumer_three", &["very_satisfied", "fair", "unreasonable", "very_good"]).result();
    assert_eq!((three.valid, three.index100, three.item_scores.len()), (true, None, 4));
}

#[test]
fn c13_return_visit_questionnaire() {
    // 100, 67, 50; 100, 50, 67, 0, 没有 = 100, 100.
    let result = given("rv_software_a", &["a", "b", "b", "a", "b", "b", "c", "no", "a"]).result();
    assert_eq!(result.index100.map(|i| i.round_dp(2)), Some(d("70.44")));
    assert_eq!(result.satisfied, Some(true));
    assert_eq!(result.overall, Some(d("100")));
    let worst = given("rv_software_a", &["c", "d", "c", "c", "c", "d", "c", "yes", "c"]).result();
    assert_eq!((worst.index100, worst.satisfied), (Some(d("0")), Some(false)));
}

#[test]
fn c19_the_overall_score_is_asked_and_never_worked_out() {
    let mut phone = Phone::sheet("feedback_report");
    for (item, score) in
        [("quality", "90"), ("service", "85"), ("delivery", "80"), ("communication", "90"), ("overall", "85")]
    {
        phone.points(item, score);
    }
    phone.give();
    let result = phone.result();
    assert_eq!((result.index100, result.overall), (Some(d("86.25")), Some(d("85"))));
}

/// Points of 1–5 typed as a number: whole ones only, and the overall question as 0–100 like any other.
#[test]
fn c08_takes_numbers_as_ratings() {
    let text = json!({"zh": "评分", "en": "Rating"});
    let rating = |code: &str, max: u32, overall: bool| {
        json!({"code": code, "kind": "number", "min": 1, "max": max, "text": text, "overall": overall,
               "unscored": max > 5})
    };
    let items = [rating("price", 5, false), rating("overall", 5, true), rating("years", 9, false)];
    let schema = with_template(json!({
        "code": "own", "version": 1, "title": text, "applies_to": ["campaign"], "scoring": "c08",
        "sections": [{"code": "s", "title": text, "items": items}],
    }));
    let mut phone = Phone::of(schema, json!({"template": "own"}));
    let refusal = phone.answer("price", json!({"score": "3.5"})).unwrap_err();
    assert_eq!((refusal.code, &refusal.params["field"]), (Code::WrongType, &json!("answers/score")));
    assert_eq!(phone.answer("price", json!({"score": "6"})).unwrap_err().code, Code::OutOfRange);
    for (item, score) in [("price", "3.0"), ("overall", "4"), ("years", "2.5")] {
        phone.points(item, score);
    }
    phone.give();
    let result = phone.result();
    assert!(result.valid, "{:?}", result.invalid_reason);
    assert_eq!((result.index100, result.overall), (Some(d("70")), Some(d("80"))));
}

#[test]
fn the_result_stands_in_the_record() {
    let phone = given("criteria_gx04", &["90", "85", "80", "95", "70", "90", "88", "75"]);
    let mut view = phone.view();
    derive::fill(&phone.schema, phone.kind(), &mut view);
    let value = |key: &str| view.value(key).to_json();
    assert_eq!(value("index100"), "83.15");
    assert_eq!(value("band"), "satisfied");
    assert_eq!(value("is_valid"), true);
    assert_eq!(value("formula"), "c06/1");
    assert_eq!(value("given_at"), Timestamp(phone.now).to_rfc3339());
    assert_eq!((value("asked_count"), value("answered_count")), (json!(8), json!(8)));
    assert_eq!(view.collections["item_scores"].len(), 8);
    assert_eq!(view.collections["section_scores"][0].fields["percent"].to_text(), "88.33");
    let again = view.clone();
    derive::fill(&phone.schema, phone.kind(), &mut view);
    assert_eq!(again.collections, view.collections, "the same however often it is filled");
    let mut draft = Phone::sheet("callback").view();
    derive::fill(&phone.schema, phone.kind(), &mut draft);
    assert!(draft.value("is_valid").is_empty());
}

proptest! {
    /// Whatever is answered in whatever order, the index lies in 0–100 and is the mean of what was answered.
    #[test]
    fn the_index_is_the_mean_of_the_answers(levels in proptest::collection::vec(proptest::option::of(0usize..5), 10)) {
        let codes = ["very_satisfied", "satisfied", "acceptable", "dissatisfied", "very_dissatisfied"];
        let options: Vec<&str> = levels.iter().map(|l| l.map_or("", |l| codes[l])).collect();
        let result = given("qr2104", &options).result_or_unanswered();
        let given: Vec<usize> = levels.into_iter().flatten().map(|l| 10 - 2 * l).collect();
        match result {
            None => prop_assert!(given.is_empty()),
            Some(result) => {
                let sum: usize = given.iter().sum();
                prop_assert_eq!(result.total, Some(Decimal::from(sum)));
                let index = result.index100.unwrap();
                let want = Decimal::from(sum * 10) / Decimal::from(given.len());
                prop_assert!((index - want).abs() < d("0.000001"), "{index} {want}");
            }
        }
    }
}

impl Phone {
    /// The result, or `None` for a sheet on which every box was left empty.
    fn result_or_unanswered(&self) -> Option<Scored> {
        Some(self.result()).filter(|r| r.valid)
    }
}
