//! An answer sheet on a phone, from the first tap to handing it in.

use std::sync::Arc;

use domain::authz::Principal;
use domain::document::{Record, RecordView, Writer, permit};
use domain::error::Refusal;
use domain::intent::Intent;
use domain::keys::survey as key;
use domain::schema::{Kind, Schema};
use domain::survey::{Scored, Template, complete, result};
use domain::time::{Timestamp, Zone};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{engineer, office, record_id};

pub fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A phone with one sheet on it.
pub struct Phone {
    pub schema: Arc<Schema>,
    pub record: Record,
    pub now: i64,
    pub next: u128,
}

impl Phone {
    pub fn sheet(template: &str) -> Self {
        Self::of(Schema::builtin().unwrap(), json!({"template": template}))
    }

    pub fn of(schema: Arc<Schema>, fields: Json) -> Self {
        let mut phone = Self { schema, record: Record::new(key::KIND, record_id(7)), now: 0, next: 1 << 64 };
        phone.ok(&engineer(1), json!({"cmd": "create", "fields": fields}));
        phone
    }

    pub fn kind(&self) -> &Kind {
        self.schema.kind(key::KIND).unwrap()
    }

    pub fn view(&self) -> RecordView {
        self.record.view(self.kind())
    }

    pub fn run(&mut self, person: &Principal, intent: Json) -> Result<(), Refusal> {
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

    pub fn ok(&mut self, person: &Principal, intent: Json) {
        self.run(person, intent).unwrap();
    }

    pub fn answer(&mut self, item: &str, what: Json) -> Result<(), Refusal> {
        let mut fields = what.as_object().unwrap().clone();
        fields.insert("item".into(), item.into());
        self.run(&engineer(1), json!({"cmd": "add", "collection": "answers", "fields": fields}))
    }

    pub fn choose(&mut self, item: &str, option: &str) {
        self.answer(item, json!({"option": option})).unwrap();
    }

    pub fn points(&mut self, item: &str, score: &str) {
        self.answer(item, json!({"score": score})).unwrap();
    }

    pub fn give(&mut self) {
        let fields = json!({
            "customer": Uuid::from_u128(5).to_string(), "returned_at": "2026-03-05 10:00",
            "return_channel": "on_site", "capture_mode": "self_on_phone",
        });
        self.ok(&engineer(1), json!({"cmd": "event", "to": "given", "fields": fields}));
    }

    pub fn correct(&mut self, item: &str, what: Json, reason: &str) -> Result<(), Refusal> {
        let mut fields = what.as_object().unwrap().clone();
        fields.insert("item".into(), item.into());
        fields.insert("reason".into(), reason.into());
        self.run(&office(2), json!({"cmd": "add", "collection": "corrections", "fields": fields}))
    }

    pub fn result(&self) -> Scored {
        result(&self.schema, &self.view()).expect("a result")
    }
}

/// A sheet with every question answered in order, given.
pub fn given(template: &str, options: &[&str]) -> Phone {
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
pub fn with_template(json: Json) -> Arc<Schema> {
    let template: Template = serde_json::from_value(json).unwrap();
    let builtin = Schema::builtin().unwrap();
    let templates = builtin.templates().with([template]).unwrap();
    Arc::new((*builtin).clone().with_templates(Arc::new(templates)))
}

pub fn numbered(scoring: &str, validity: &str, questions: usize) -> Arc<Schema> {
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

pub fn own(option: &str, max: u32) -> Arc<Schema> {
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
