//! A small schema and people for tests of documents and permissions.
#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc, missing_docs)]

pub mod answers;
pub mod forge;
pub mod sheet;
pub mod values;

use std::sync::Arc;

use domain::authz::{Permission, Principal, Role};
use domain::document::{Made, Record, Writer};
use domain::error::Refusal;
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::schema::{Kind, Schema};
use domain::time::{Timestamp, Zone};
use serde_json::{Value as Json, json};
use uuid::Uuid;

pub const COMPLAINT: &str = r#"
kind = "complaint"
label = { zh = "客户投诉", en = "Complaint" }
scope = "assigned"
lifecycle = "complaint"
number = { field = "complaint_no", prefix = "TS" }
title = ["content"]
month = "received_at"
[[group]]
key = "g"
label = { zh = "组", en = "Group" }
[[field]]
key = "complaint_no"
group = "g"
type = "text"
label = { zh = "编号", en = "Number" }
access = "system"
[[field]]
key = "content"
group = "g"
type = "longtext"
label = { zh = "投诉内容", en = "Content" }
access = "shared"
conflict = "show"
search = true
required = ["registered"]
[[field]]
key = "reporter_name"
group = "g"
type = "text"
label = { zh = "投诉人", en = "Reporter" }
access = "shared"
conflict = "show"
[[field]]
key = "received_at"
group = "g"
type = "datetime"
label = { zh = "接收时间", en = "Received" }
access = "shared"
index = true
[[field]]
key = "quantity"
group = "g"
type = "decimal"
label = { zh = "数量", en = "Quantity" }
access = "shared"
conflict = "show"
min_value = "0"
[[field]]
key = "severity"
group = "g"
type = "enum"
list = "severity"
label = { zh = "严重程度", en = "Severity" }
access = "core"
conflict = "show"
index = true
[[field]]
key = "diagnosis"
group = "g"
type = "text"
label = { zh = "初判", en = "First finding" }
access = "own"
[[collection]]
key = "follow_ups"
group = "g"
label = { zh = "跟进", en = "Follow-ups" }
access = "evidence"
[[collection.field]]
key = "content"
type = "text"
label = { zh = "内容", en = "Content" }
[[collection]]
key = "photos"
group = "g"
label = { zh = "照片", en = "Photos" }
access = "evidence"
files = true
"#;

pub const LISTS: &str = r#"
[[list]]
key = "severity"
label = { zh = "严重程度", en = "Severity" }
[[list.code]]
code = "general"
label = { zh = "一般", en = "General" }
[[list.code]]
code = "serious"
label = { zh = "严重", en = "Serious" }
synonyms = ["Major"]
"#;

pub fn schema() -> Arc<Schema> {
    schema_with("")
}

pub fn schema_with(extra: &str) -> Arc<Schema> {
    let files = [("complaint.toml", format!("{COMPLAINT}{extra}")), ("lists.toml", LISTS.to_owned())];
    Arc::new(Schema::from_files(files.map(|(n, t)| (n.to_owned(), t))).unwrap())
}

pub fn kind(schema: &Schema) -> &Kind {
    schema.kind("complaint").unwrap()
}

pub fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(0x1000 + n))
}

pub fn record_id(n: u128) -> RecordId {
    RecordId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + n))
}

pub fn engineer(n: u128) -> Principal {
    Principal { user: user(n), role: Role::Engineer, may: [].into() }
}

pub fn office(n: u128) -> Principal {
    Principal { user: user(n), role: Role::Office, may: Permission::ALL.into() }
}

/// Somebody editing one replica: ids and time count up, so that runs repeat exactly.
pub struct Hand {
    pub schema: Arc<Schema>,
    pub person: Principal,
    pub record: Record,
    pub now: i64,
    pub next: u128,
}

impl Hand {
    pub fn new(schema: &Arc<Schema>, person: Principal, mut record: Record, salt: u8) -> Self {
        record.begin(person.user, [salt; 16]);
        Self { schema: schema.clone(), person, record, now: 1_000, next: u128::from(salt) << 64 }
    }

    pub fn run(&mut self, json: Json) -> Result<Option<Made>, Refusal> {
        let mut intent = Intent::from_json(&json)?;
        self.now += 1;
        let zone = Zone::default();
        let view = self.record.view(kind(&self.schema));
        intent = self.record.resolve(kind(&self.schema), &view, &intent)?;
        let next = &mut self.next;
        intent.fill_ids(&mut || {
            *next += 1;
            Uuid::from_u128(*next)
        });
        let writer = Writer {
            schema: &self.schema,
            zone: &zone,
            user: self.person.user,
            role: self.person.role,
            now: Timestamp(self.now),
            skew_s: None,
            historical: false,
            around: Default::default(),
        };
        self.record.execute(&writer, &intent)
    }

    pub fn ok(&mut self, json: Json) -> Made {
        self.run(json).unwrap().expect("a change")
    }

    pub fn set(&mut self, field: &str, value: impl Into<Json>) -> Made {
        self.ok(json!({"cmd":"set","field":field,"value":value.into()}))
    }

    pub fn field(&self, key: &str) -> Json {
        self.record.view(kind(&self.schema)).value(key).to_json()
    }
}

/// A new complaint by `person`.
pub fn made_by(schema: &Arc<Schema>, person: Principal, id: RecordId, salt: u8) -> (Hand, Made) {
    let mut hand = Hand::new(schema, person, Record::new("complaint", id), salt);
    let made = hand.ok(json!({"cmd":"create","fields":{"content":"变速箱漏油","reporter_name":"李工"}}));
    (hand, made)
}
