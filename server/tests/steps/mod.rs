//! Taking a record through its lifecycle over JSON, whatever its steps ask for.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::schema::{Field, FieldType, Schema};
use serde_json::{Value, json};

use super::common::{Answer, Server};

/// Somebody of the office at work.
pub struct Steps<'a> {
    pub server: &'a Server,
    pub token: &'a str,
    /// Who is named where a step asks for a person.
    pub person: &'a str,
}

impl Steps<'_> {
    /// One try, without filling anything in.
    pub fn once(&self, kind: &str, id: &str, to: &str) -> Answer {
        self.act(kind, id, &json!([{ "cmd": "event", "to": to, "why": "测试" }]))
    }

    /// Goes to a status, filling in whatever the step asks for.
    pub fn to(&self, kind: &str, id: &str, to: &str) {
        let schema = Schema::builtin().unwrap();
        for _ in 0..40 {
            let answer = self.once(kind, id, to);
            if answer.status == 200 {
                return;
            }
            let body = answer.json();
            let intent = match (body["code"].as_str(), body["params"]["check"].as_str()) {
                (Some("required"), _) => {
                    self.filling(&schema, kind, body["params"]["field"].as_str().unwrap())
                }
                (Some("unmet"), Some("found_valid")) => {
                    json!({ "cmd": "set", "field": "validity", "value": "valid" })
                }
                _ => panic!("{to}: {body}"),
            };
            let answer = self.act(kind, id, &json!([intent]));
            assert_eq!(answer.status, 200, "{intent}: {}", answer.text());
        }
        panic!("{to} is never reached");
    }

    fn act(&self, kind: &str, id: &str, intents: &Value) -> Answer {
        let path = format!("/api/v1/records/{kind}/{id}/intents");
        self.server.request("POST", &path, Some(self.token), Some(intents))
    }

    /// Something that a field or a collection takes.
    fn filling(&self, schema: &Schema, kind: &str, key: &str) -> Value {
        let of = schema.kind(kind).unwrap();
        let code = |f: &Field| schema.list(f.list.as_deref().unwrap()).unwrap().codes[0].code.clone();
        let value = |field: &Field| match field.kind {
            FieldType::Enum => json!(code(field)),
            FieldType::MultiEnum => json!([code(field)]),
            FieldType::Bool => json!(false),
            FieldType::Datetime => json!("2026-03-01T08:00:00+08:00"),
            FieldType::Date => json!("2026-03-01"),
            FieldType::Ref => json!(self.person),
            FieldType::Int | FieldType::Decimal | FieldType::Money | FieldType::Percent => json!("1"),
            _ => json!("测试"),
        };
        let kinds = || [Some(of), schema.companion(of)].into_iter().flatten();
        match kinds().find_map(|k| k.field(key)) {
            Some(field) => json!({ "cmd": "set", "field": key, "value": value(field) }),
            None => {
                let collection = kinds().find_map(|k| k.collection(key)).unwrap();
                let fields: serde_json::Map<String, Value> =
                    collection.fields.iter().map(|f| (f.key.clone(), value(f))).collect();
                json!({ "cmd": "add", "collection": key, "fields": fields })
            }
        }
    }
}
