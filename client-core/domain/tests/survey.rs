//! Answer sheets from the first tap to the review: corrections, branches, and what a sheet does not take. What
//! becomes of the answers is in `survey_scores.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::answers::{Phone, d, given, own};
use common::{engineer, office, record_id};
use domain::authz::Principal;
use domain::document::{Incoming, Outcome, Record, admit};
use domain::error::Code;
use domain::keys::survey as key;
use domain::schema::Schema;
use domain::survey::{Invalid, Template, result};
use serde_json::{Value as Json, json};

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
