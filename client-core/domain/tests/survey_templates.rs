//! The shipped questionnaires are sound and complete, read as JSON as they are written, and a version that
//! is in use cannot be changed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use domain::schema::Schema;
use domain::survey::{ItemKind, Scoring, Template, Templates};
use serde_json::{Value as Json, json};

fn builtin() -> std::sync::Arc<Templates> {
    Templates::builtin().expect("templates/*.toml")
}

#[test]
fn every_form_of_the_catalogue_has_its_questionnaire() {
    let sources: BTreeSet<String> = builtin().all().filter_map(|t| t.source.clone()).collect();
    // F30, F35, F37–F39 and F50 are plans, reports, ledgers and a monthly figure, not questionnaires.
    for form in ["F31", "F32", "F33", "F34", "F36", "F40", "F41", "F42", "F43", "F44", "F45", "F46", "F47"]
        .into_iter()
        .chain(["F48", "F49", "F51"])
    {
        assert!(sources.contains(form), "{form}");
    }
    let of = |scoring| builtin().all().filter(|t| t.scoring == scoring).count();
    for scoring in [
        Scoring::C05,
        Scoring::C06,
        Scoring::C08,
        Scoring::C09,
        Scoring::C10,
        Scoring::C11,
        Scoring::C12,
        Scoring::C13,
        Scoring::None,
    ] {
        assert!(of(scoring) > 0, "{scoring:?}");
    }
}

#[test]
fn every_scale_of_the_catalogue_is_there() {
    let set = builtin();
    let keys: BTreeSet<&str> = set.scales().map(|s| s.key.as_str()).collect();
    for key in ["five10", "likert5", "bands100", "four", "three_a", "three_c", "yesno_negative"]
        .into_iter()
        .chain(["audit_grade", "vs_competitor", "market_word", "feedback3", "probability", "kpi_grade"])
    {
        assert!(keys.contains(key), "{key}");
    }
    for family in ["three_b_", "abc3_", "abcd4_"] {
        assert!(keys.iter().filter(|k| k.starts_with(family)).count() >= 2, "{family}");
    }
}

/// F32 and F33 ask for stability in different words.
#[test]
fn stability_is_asked_in_the_words_of_its_form() {
    let set = builtin();
    let words = |template: &str, item: &str| -> Vec<String> {
        let question = set.offered(template).unwrap().question(item).unwrap();
        question.item.options.iter().map(|o| o.text.zh.clone()).collect()
    };
    assert_eq!(
        words("rv_software_a", "product_use"),
        ["很稳定，几乎没有报修", "较稳定，没有较大事故", "一般，不够稳定"]
    );
    assert_eq!(words("rv_software_b", "stability"), ["很稳定", "较稳定", "一般，不够稳定"]);
}

#[test]
fn bands_are_codes_of_the_list() {
    let schema = Schema::builtin().unwrap();
    let list = schema.list("satisfaction_band").unwrap();
    for band in schema.templates().all().flat_map(|t| &t.bands) {
        assert!(list.code(&band.code).is_some(), "{}", band.code);
    }
}

#[test]
fn json_reads_back_as_the_same_template() {
    let set = builtin();
    let json = set.to_json();
    let back: Vec<Template> = serde_json::from_value(json).unwrap();
    assert_eq!(back, set.all().cloned().collect::<Vec<_>>());
    // Phones read the options from the item itself.
    let visit = serde_json::to_value(set.offered("after_service").unwrap()).unwrap();
    assert_eq!(visit["sections"][0]["items"][0]["options"][0]["points"], "10");
    assert_eq!(visit["applies_to"], json!(["visit"]));
}

#[test]
fn a_matrix_asks_a_question_for_each_row() {
    let set = builtin();
    let template = set.offered("summary_four").unwrap();
    let codes: Vec<String> = template.questions().map(|q| q.code).collect();
    assert_eq!(codes.len(), 6);
    assert_eq!(codes[0], "rating/quality");
    assert_eq!(template.question("rating/price").unwrap().item.kind, ItemKind::Matrix);
}

#[test]
fn a_version_never_changes_but_may_be_retired() {
    let set = builtin();
    let held = set.offered("qr2104").unwrap().clone();
    assert_eq!(held.version, 2);
    let mut changed = held.clone();
    changed.sections[0].items[0].text.zh = "信誉".into();
    let error = set.with([changed.clone()]).unwrap_err();
    assert_eq!(error.place, "qr2104@2");
    changed.version = 3;
    let newer = set.with([changed, Template { retired: true, ..held }]).unwrap();
    assert_eq!(newer.offered("qr2104").unwrap().version, 3);
    assert!(newer.get("qr2104", 2).unwrap().retired);
    assert!(newer.get("qr2104", 1).is_some(), "old sheets keep theirs");
}

/// A template with one question, changed by the caller.
fn with(change: impl FnOnce(&mut Json)) -> Result<Templates, String> {
    let mut json = json!({
        "code": "own", "version": 1, "title": {"zh": "自编", "en": "Own"}, "applies_to": ["campaign"],
        "scoring": "c08",
        "sections": [{"code": "s", "title": {"zh": "部分", "en": "Part"}, "items": [
            {"code": "q1", "text": {"zh": "题", "en": "Q"}, "kind": "scale", "scale": "likert5"},
            {"code": "q2", "text": {"zh": "题", "en": "Q"}, "kind": "scale", "scale": "likert5"},
        ]}],
    });
    change(&mut json);
    let template: Template = serde_json::from_value(json).map_err(|e| e.to_string())?;
    builtin().with([template]).map_err(|e| e.to_string())
}

#[test]
fn unsound_templates_are_refused_by_place_and_rule() {
    assert!(with(|_| {}).is_ok());
    assert!(with(|j| j["validity"] = json!("missing_max_1")).is_ok());
    let items = |json: &mut Json, n: usize, key: &str, value: Json| {
        json["sections"][0]["items"][n][key] = value;
    };
    type Change = Box<dyn FnOnce(&mut Json)>;
    let cases: Vec<(&str, Change)> = vec![
        ("own@1 q1", Box::new(move |j| items(j, 1, "code", json!("q1")))),
        ("no scale", Box::new(move |j| items(j, 0, "scale", json!("six")))),
        (
            "2 to 50 options",
            Box::new(move |j| {
                items(j, 0, "scale", Json::Null);
                items(
                    j,
                    0,
                    "options",
                    json!([{"code": "a", "text": {"zh": "好", "en": "Good"}, "points": 5}]),
                );
            }),
        ),
        (
            "no earlier question q2",
            Box::new(move |j| items(j, 0, "when", json!([{"item": "q2", "is": ["average"]}]))),
        ),
        ("no such option", Box::new(move |j| items(j, 1, "when", json!([{"item": "q1", "is": ["good"]}])))),
        ("all scored questions", Box::new(move |j| items(j, 0, "weight", json!(3)))),
        ("does not fit", Box::new(|j| j["scoring"] = json!("c05"))),
        (
            "sum to 100",
            Box::new(move |j| {
                j["scoring"] = json!("c06");
                for (n, weight) in [(0, 60), (1, 30)] {
                    items(j, n, "kind", json!("number"));
                    items(j, n, "scale", json!("bands100"));
                    items(j, n, "weight", json!(weight));
                }
            }),
        ),
        (
            "c08 only",
            Box::new(move |j| {
                (j["scoring"], j["validity"]) = (json!("c10"), json!("missing_max_1"));
                for n in 0..2 {
                    items(j, n, "kind", json!("number"));
                    items(j, n, "scale", json!("bands100"));
                }
            }),
        ),
        ("c08 only", Box::new(|j| (j["scoring"], j["validity"]) = (json!("none"), json!("missing_max_1")))),
        (
            "too large",
            Box::new(move |j| {
                j["scoring"] = json!("c06");
                for n in [0, 1] {
                    items(j, n, "kind", json!("number"));
                    items(j, n, "scale", json!("bands100"));
                    items(j, n, "weight", json!("79228162514264337593543950335"));
                }
            }),
        ),
        ("bands fall", Box::new(|j| j["bands"] = json!([{"code": "satisfied", "from": 60}]))),
        ("applies_to", Box::new(|j| j["applies_to"] = json!([]))),
        ("count from 1", Box::new(|j| j["version"] = json!(0))),
        ("unknown field", Box::new(|j| j["wieghts"] = json!(1))),
        (
            "no question is scored",
            Box::new(move |j| {
                items(j, 0, "unscored", json!(true));
                items(j, 1, "unscored", json!(true));
            }),
        ),
    ];
    for (told, change) in cases {
        let error = with(change).err().unwrap_or_else(|| panic!("{told}: was taken"));
        assert!(error.contains(told), "{told}: {error}");
    }
}
