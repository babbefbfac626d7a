//! Answer sheets from the first tap to the score: the worked examples of C03–C13 as records, corrections,
//! branches, and what a sheet does not take.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{engineer, office, record_id};
use domain::authz::Principal;
use domain::derive;
use domain::document::{Incoming, Outcome, Record, RecordView, Writer, admit, permit};
use domain::error::{Code, Refusal};
use domain::intent::Intent;
use domain::keys::survey as key;
use domain::schema::{Kind, Schema};
use domain::survey::{Invalid, Scored, Template, complete, result};
use domain::time::{Timestamp, Zone};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A phone with one sheet on it.
struct Phone {
    schema: Arc<Schema>,
    record: Record,
    now: i64,
    next: u128,
}

impl Phone {
    fn sheet(template: &str) -> Self {
        Self::of(Schema::builtin().unwrap(), json!({"template": template}))
    }

    fn of(schema: Arc<Schema>, fields: Json) -> Self {
        let mut phone = Self { schema, record: Record::new(key::KIND, record_id(7)), now: 0, next: 1 << 64 };
        phone.ok(&engineer(1), json!({"cmd": "create", "fields": fields}));
        phone
    }

    fn kind(&self) -> &Kind {
        self.schema.kind(key::KIND).unwrap()
    }

    fn view(&self) -> RecordView {
        self.record.view(self.kind())
    }

    fn run(&mut self, person: &Principal, intent: Json) -> Result<(), Refusal> {
        self.now += 1;
        let schema = self.schema.clone();
        let (kind, view) = (schema.kind(key::KIND).unwrap(), self.view());
        let mut intent = Intent::from_json(&intent)?;
        let next = &mut self.next;
        intent.fill_ids(&mut || {
            *next += 1;
            Uuid::from_u128(*next)
        });
        complete(&schema, key::KIND, &mut intent);
        permit(person, kind, &view, Default::default(), &intent)?;
        let zone = Zone::default();
        let writer = Writer {
            schema: &schema,
            around: Default::default(),
            zone: &zone,
            user: person.user,
            role: person.role,
            now: Timestamp(self.now),
            skew_s: None,
            historical: false,
        };
        self.record.begin(person.user, self.now.to_be_bytes().repeat(2).try_into().unwrap());
        self.record.execute(&writer, &intent).map(|_| ())
    }

    fn ok(&mut self, person: &Principal, intent: Json) {
        self.run(person, intent).unwrap();
    }

    fn answer(&mut self, item: &str, what: Json) -> Result<(), Refusal> {
        let mut fields = what.as_object().unwrap().clone();
        fields.insert("item".into(), item.into());
        self.run(&engineer(1), json!({"cmd": "add", "collection": "answers", "fields": fields}))
    }

    fn choose(&mut self, item: &str, option: &str) {
        self.answer(item, json!({"option": option})).unwrap();
    }

    fn points(&mut self, item: &str, score: &str) {
        self.answer(item, json!({"score": score})).unwrap();
    }

    fn give(&mut self) {
        let fields = json!({
            "customer": Uuid::from_u128(5).to_string(), "returned_at": "2026-03-05 10:00",
            "return_channel": "on_site", "capture_mode": "self_on_phone",
        });
        self.ok(&engineer(1), json!({"cmd": "event", "to": "given", "fields": fields}));
    }

    fn correct(&mut self, item: &str, what: Json, reason: &str) -> Result<(), Refusal> {
        let mut fields = what.as_object().unwrap().clone();
        fields.insert("item".into(), item.into());
        fields.insert("reason".into(), reason.into());
        self.run(&office(2), json!({"cmd": "add", "collection": "corrections", "fields": fields}))
    }

    fn result(&self) -> Scored {
        result(&self.schema, &self.view()).expect("a result")
    }
}

/// A sheet with every question answered in order, given.
fn given(template: &str, options: &[&str]) -> Phone {
    let mut phone = Phone::sheet(template);
    let codes: Vec<String> = {
        let version = phone.schema.templates().offered(template).unwrap();
        version.questions().filter(|q| version.scores(q)).map(|q| q.code).collect()
    };
    assert_eq!(codes.len(), options.len());
    for (code, option) in codes.iter().zip(options) {
        match option.parse::<Decimal>() {
            Ok(_) => phone.points(code, option),
            Err(_) if option.is_empty() => phone.answer(code, json!({"unanswered": true})).unwrap(),
            Err(_) => phone.choose(code, option),
        }
    }
    phone.give();
    phone
}

/// A schema with an organisation's own template.
fn with_template(json: Json) -> Arc<Schema> {
    let template: Template = serde_json::from_value(json).unwrap();
    let builtin = Schema::builtin().unwrap();
    let templates = builtin.templates().with([template]).unwrap();
    Arc::new((*builtin).clone().with_templates(Arc::new(templates)))
}

fn numbered(scoring: &str, validity: &str, questions: usize) -> Arc<Schema> {
    let items: Vec<Json> = (1..=questions)
        .map(|n| {
            json!({"code": format!("q{n}"), "kind": "number", "scale": "bands100",
                   "text": {"zh": format!("第{n}题"), "en": format!("Question {n}")}})
        })
        .collect();
    with_template(json!({
        "code": "own", "version": 1, "title": {"zh": "自编", "en": "Own"}, "applies_to": ["campaign"],
        "scoring": scoring, "validity": validity,
        "sections": [{"code": "s", "title": {"zh": "题目", "en": "Questions"}, "items": items}],
    }))
}

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
fn questions_of_other_branches_are_not_asked() {
    let mut phone = Phone::sheet("call_script");
    phone.choose("convenient", "yes");
    phone.choose("business_line", "personal");
    for (item, option) in [("customer_source", "friend"), ("price", "a"), ("term", "b"), ("service", "b")] {
        phone.choose(item, option);
    }
    // Left over from a call that began as an enterprise one.
    phone.choose("business_model", "c");
    phone.give();
    let result = phone.result();
    assert_eq!(result.index100.map(|i| i.round_dp(2)), Some(d("66.67")));
    assert!(result.item_scores.iter().all(|i| i.item != "business_model"));
    assert_eq!((result.asked, result.answered), (4, 4));

    let mut refused = Phone::sheet("call_script");
    refused.choose("convenient", "no");
    refused.answer("refusal_reason", json!({"text": "正在开会"})).unwrap();
    refused.give();
    assert_eq!(refused.result().invalid_reason, Some(Invalid::NoAnswers));
}

#[test]
fn a_correction_counts_and_the_answer_stays() {
    let mut phone = given("callback", &["dissatisfied"]);
    assert_eq!(phone.result().index100, Some(d("40")));
    phone.correct("overall", json!({"option": "satisfied"}), "录入时看错一行").unwrap();
    phone.correct("overall", json!({"option": "very_satisfied"}), "与客户电话核对").unwrap();
    assert_eq!(phone.result().index100, Some(d("100")));
    phone.correct("overall", json!({"unanswered": true}), "客户说没有评价").unwrap();
    assert_eq!(phone.result().invalid_reason, Some(Invalid::NoAnswers));
    let view = phone.view();
    assert_eq!(view.collections["answers"][0].fields["option"].to_text(), "dissatisfied");
    assert_eq!(view.collections["corrections"].len(), 3);
}

#[test]
fn corrections_are_the_office_s_with_a_reason_and_after_handing_in() {
    let mut phone = Phone::sheet("callback");
    phone.choose("overall", "satisfied");
    let early = phone.correct("overall", json!({"option": "dissatisfied"}), "听错").unwrap_err();
    assert_eq!(early.code, Code::ForbiddenState);
    phone.give();
    let bare = phone.correct("overall", json!({"option": "dissatisfied"}), " ").unwrap_err();
    assert_eq!((bare.code, &bare.params["field"]), (Code::Required, &json!("corrections/reason")));
    let fields = json!({"item": "overall", "option": "satisfied", "reason": "改一下"});
    let add = json!({"cmd": "add", "collection": "corrections", "fields": fields});
    assert_eq!(phone.run(&engineer(1), add).unwrap_err().code, Code::ForbiddenField);
}

#[test]
fn what_was_given_stands() {
    let mut phone = given("callback", &["satisfied"]);
    assert_eq!(phone.answer("suggestions", json!({"text": "补充"})).unwrap_err().code, Code::Frozen);
    let id = phone.view().collections["answers"][0].id;
    let change =
        json!({"cmd": "update", "collection": "answers", "id": id, "fields": {"option": "dissatisfied"}});
    assert_eq!(phone.run(&engineer(1), change.clone()).unwrap_err().code, Code::Frozen);
    assert_eq!(phone.run(&office(2), change).unwrap_err().code, Code::ForbiddenField, "evidence of another");
    let remove = json!({"cmd": "remove", "collection": "answers", "id": id});
    assert_eq!(phone.run(&engineer(1), remove).unwrap_err().code, Code::Frozen);
    let other = json!({"cmd": "set", "field": "template", "value": "qr2104"});
    assert_eq!(phone.run(&office(2), other).unwrap_err().code, Code::Frozen);
}

#[test]
fn while_it_is_filled_in_an_answer_may_be_changed_but_not_its_question() {
    let mut phone = Phone::sheet("callback");
    phone.choose("overall", "satisfied");
    let id = phone.view().collections["answers"][0].id;
    let update = |fields: Json| json!({"cmd": "update", "collection": "answers", "id": id, "fields": fields});
    phone.ok(&engineer(1), update(json!({"option": "acceptable"})));
    let other = phone.run(&engineer(1), update(json!({"item": "suggestions"}))).unwrap_err();
    assert_eq!((other.code, &other.params["field"]), (Code::Frozen, &json!("answers/item")));
    let unknown = phone.run(&engineer(1), update(json!({"option": "splendid"}))).unwrap_err();
    assert_eq!((unknown.code, &unknown.params["field"]), (Code::UnknownCode, &json!("answers/option")));
    assert!(result(&phone.schema, &phone.view()).is_none(), "no result before it is given");
}

#[test]
fn answers_that_the_template_does_not_have_are_refused() {
    let mut phone = Phone::sheet("rv_courier");
    let cases = [
        ("speed", json!({"option": "a"}), Code::UnknownCode, "answers/item"),
        ("pickup", json!({"option": "price,bribes"}), Code::UnknownCode, "answers/option"),
        ("pickup", json!({}), Code::Required, "answers/option"),
        ("pickup", json!({"score": "5"}), Code::WrongType, "answers/score"),
        ("continue_likelihood", json!({"score": "101"}), Code::OutOfRange, "answers/score"),
        ("continue_likelihood", json!({"text": "大概"}), Code::Required, "answers/score"),
        ("client_problems", json!({}), Code::Required, "answers/text"),
        ("pickup", json!({"option": "price", "unanswered": true}), Code::WrongType, "answers/unanswered"),
    ];
    for (item, what, code, field) in cases {
        let refusal = phone.answer(item, what.clone()).unwrap_err();
        assert_eq!((refusal.code, &refusal.params["field"]), (code, &json!(field)), "{item} {what}");
    }
    phone.choose("pickup", "price, batches");
    phone.points("continue_likelihood", "80");
    phone.answer("client_problems", json!({"text": "登录慢"})).unwrap();
    let twice = phone.answer("pickup", json!({"option": "dress"})).unwrap_err();
    assert_eq!((twice.code, &twice.params["field"]), (Code::DuplicateEntry, &json!("answers/item")));
}

#[test]
fn points_written_on_paper_mean_their_option() {
    let mut phone = Phone::sheet("callback");
    assert_eq!(phone.answer("overall", json!({"score": "7"})).unwrap_err().code, Code::OutOfRange);
    let both = json!({"option": "satisfied", "score": "6"});
    assert_eq!(phone.answer("overall", both).unwrap_err().code, Code::OutOfRange);
    phone.points("overall", "8");
    phone.give();
    let result = phone.result();
    assert_eq!(result.item_scores[0].option.as_deref(), Some("satisfied"));
    assert_eq!(result.index100, Some(d("80")));
}

#[test]
fn a_sheet_names_a_questionnaire_that_there_is_and_keeps_its_version() {
    let schema = Schema::builtin().unwrap();
    let create = |fields: Json| {
        let mut phone =
            Phone { schema: schema.clone(), record: Record::new(key::KIND, record_id(8)), now: 0, next: 1 };
        phone.run(&engineer(1), json!({"cmd": "create", "fields": fields})).map(|()| phone)
    };
    for (fields, field) in [
        (json!({"template": "qr9999"}), "template"),
        (json!({"template": "qr2104", "template_version": 3}), "template_version"),
    ] {
        let refusal = create(fields).err().unwrap();
        assert_eq!((refusal.code, &refusal.params["field"]), (Code::UnknownCode, &json!(field)));
    }
    let newest = create(json!({"template": "qr2104"})).unwrap();
    assert_eq!(newest.view().value("template_version").to_text(), "2");
    let mut first = create(json!({"template": "qr2104", "template_version": 1})).unwrap();
    first.choose("timeliness", "satisfied");
    assert_eq!(
        first.answer("after_sales", json!({"option": "satisfied"})).unwrap_err().code,
        Code::UnknownCode
    );

    // Withdrawn meanwhile: no new sheets, and the one begun goes on.
    let retired = Template { retired: true, ..schema.templates().get("qr2104", 1).unwrap().clone() };
    let templates = schema.templates().with([retired]).unwrap();
    first.schema = Arc::new((*schema).clone().with_templates(Arc::new(templates)));
    first.choose("price", "satisfied");
    let again = Phone { record: Record::new(key::KIND, record_id(9)), ..first }
        .run(&engineer(1), json!({"cmd": "create", "fields": {"template": "qr2104", "template_version": 1}}));
    assert_eq!(again.unwrap_err().code, Code::RetiredCode);
}

#[test]
fn questions_are_added_only_where_the_questionnaire_allows_it() {
    let extra = json!({"cmd": "add", "collection": "extra_answers",
                       "fields": {"question": "打印机是否好用", "answer": "好用"}});
    let mut software = Phone::sheet("rv_software_a");
    software.ok(&engineer(1), extra.clone());
    let refusal = Phone::sheet("callback").run(&engineer(1), extra).unwrap_err();
    assert_eq!(refusal.code, Code::ForbiddenField);
}

#[test]
fn a_void_sheet_counts_nowhere_even_when_it_is_filed() {
    let mut phone = given("callback", &["satisfied"]);
    phone.ok(&office(2), json!({"cmd": "event", "to": "voided", "why": "重复录入"}));
    assert_eq!(phone.result().invalid_reason, Some(Invalid::Voided));
    phone.ok(&office(2), json!({"cmd": "event", "to": "archived"}));
    assert_eq!(phone.result().invalid_reason, Some(Invalid::Voided));
}

#[test]
fn a_sheet_that_was_not_voided_after_all_counts_when_it_is_filed() {
    let mut li = given("callback", &["satisfied"]);
    let mut chen = Phone { schema: li.schema.clone(), record: li.record.clone(), now: 600, next: 3 << 64 };
    li.ok(&office(2), json!({"cmd": "event", "to": "reviewed"}));
    chen.ok(&office(3), json!({"cmd": "event", "to": "voided", "why": "重复录入"}));
    let theirs = chen.record.changes_since(&[]);
    li.record.apply(&theirs.iter().map(|(_, bytes)| bytes).collect::<Vec<_>>()).unwrap();
    assert!(li.view().folded.conflicted);
    li.ok(&office(2), json!({"cmd": "event", "to": "reviewed"}));
    assert_eq!(li.result().index100, Some(d("80")));
    li.ok(&office(2), json!({"cmd": "event", "to": "archived"}));
    assert_eq!((li.result().invalid_reason, li.result().index100), (None, Some(d("80"))));
}

#[test]
fn an_answer_that_comes_after_handing_in_waits_for_the_office() {
    let mut phone = Phone::of(own("splendid", 10), json!({"template": "own"}));
    phone.choose("q1", "good");
    let mut desk =
        Phone { schema: phone.schema.clone(), record: phone.record.clone(), now: 700, next: 4 << 64 };
    desk.give();
    phone.points("q2", "7");
    let server = desk.record.clone();
    let late = phone.record.changes_since(&server.heads());
    let chunks: Vec<&[u8]> = late.iter().map(|(_, bytes)| &bytes[..]).collect();
    let judge = |agreed: bool| {
        let incoming = Incoming {
            schema: &phone.schema,
            record: &server,
            chunks: &chunks,
            person: Some(&engineer(1)),
            before: domain::document::Before { agreed, ..Default::default() },
            around: Default::default(),
        };
        admit(&incoming).judged.pop().map(|j| j.outcome)
    };
    assert_eq!(judge(false), Some(Outcome::Proposed(domain::authz::Flag::AfterClose)));
    assert_eq!(judge(true), Some(Outcome::Accepted(None)));
}

#[test]
fn two_phones_that_answer_the_same_question_come_to_one_result() {
    let mut li = Phone::sheet("callback");
    let mut zhao = Phone { schema: li.schema.clone(), record: li.record.clone(), now: 500, next: 2 << 64 };
    li.choose("overall", "satisfied");
    zhao.choose("overall", "dissatisfied");
    li.give();
    let (ours, theirs) = (li.record.changes_since(&[]), zhao.record.changes_since(&[]));
    li.record.apply(&theirs.iter().map(|(_, bytes)| bytes).collect::<Vec<_>>()).unwrap();
    zhao.record.apply(&ours.iter().map(|(_, bytes)| bytes).collect::<Vec<_>>()).unwrap();
    assert_eq!(li.view().collections["answers"].len(), 2, "nothing is lost");
    // The first one counts, by its author's clock.
    assert_eq!(li.result().index100, Some(d("80")));
    assert_eq!(zhao.result(), li.result());
    li.correct("overall", json!({"option": "dissatisfied"}), "以客户签字为准").unwrap();
    assert_eq!(li.result().index100, Some(d("40")));
}

/// What a server makes of the phone's changes; the code and field of the first refusal.
fn admitted(server: &Schema, phone: &Phone, person: &Principal) -> Option<(Code, Json)> {
    let empty = Record::new(key::KIND, phone.record.id());
    let changes = phone.record.changes_since(&empty.heads());
    let chunks: Vec<&[u8]> = changes.iter().map(|(_, bytes)| &bytes[..]).collect();
    let incoming = Incoming {
        schema: server,
        record: &empty,
        chunks: &chunks,
        person: Some(person),
        before: Default::default(),
        around: Default::default(),
    };
    admit(&incoming).judged.into_iter().find_map(|j| match j.outcome {
        Outcome::Refused { refusal, .. } => Some((refusal.code, refusal.params["field"].clone())),
        _ => None,
    })
}

fn own(option: &str, max: u32) -> Arc<Schema> {
    let text = json!({"zh": "题", "en": "Q"});
    with_template(json!({
        "code": "own", "version": 1, "title": text, "applies_to": ["visit"], "scoring": "none",
        "sections": [{"code": "s", "title": text, "items": [
            {"code": "q1", "text": text, "kind": "single", "options": [
                {"code": "good", "text": text}, {"code": option, "text": text}]},
            {"code": "q2", "text": text, "kind": "number", "min": 0, "max": max},
        ]}],
    }))
}

#[test]
fn a_server_judges_answers_whatever_the_phone_allowed() {
    let person = engineer(1);
    let mut phone = Phone::of(own("splendid", 10), json!({"template": "own"}));
    let builtin = Schema::builtin().unwrap();
    assert_eq!(admitted(&builtin, &phone, &person), Some((Code::UnknownCode, json!("template"))));
    phone.choose("q1", "splendid");
    let server = own("bad", 5);
    assert_eq!(admitted(&server, &phone, &person), Some((Code::UnknownCode, json!("answers/option"))));
    let mut phone = Phone::of(own("splendid", 10), json!({"template": "own"}));
    phone.points("q2", "7");
    assert_eq!(admitted(&server, &phone, &person), Some((Code::OutOfRange, json!("answers/score"))));
    // Within what the server has, everything up to the review comes in.
    let mut phone = Phone::of(own("splendid", 10), json!({"template": "own"}));
    phone.choose("q1", "good");
    phone.points("q2", "5");
    phone.give();
    assert_eq!(admitted(&server, &phone, &person), None);
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
