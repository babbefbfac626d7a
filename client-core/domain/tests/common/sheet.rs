//! A record of any kind under one hand, for tests of what follows from its fields.

use std::sync::Arc;

use domain::derive;
use domain::document::{Record, RecordView};
use domain::error::Refusal;
use domain::schema::Schema;
use serde_json::{Value as Json, json};

use super::Hand;

/// A record of a built-in kind, made and changed by intents of one office user.
pub struct Sheet {
    pub schema: Arc<Schema>,
    pub kind: &'static str,
    pub record: Record,
    ids: u128,
    now: i64,
}

impl Sheet {
    pub fn new(kind: &'static str, fields: Json) -> Self {
        let mut record = Record::new(kind, super::record_id(1));
        record.begin(super::user(1), [1; 16]);
        let mut sheet = Self { schema: Schema::builtin().unwrap(), kind, record, ids: 0, now: 0 };
        sheet.ok(json!({"cmd":"create","fields":fields}));
        sheet
    }

    /// Executes an intent; the id of the entry that it added.
    pub fn ok(&mut self, json: Json) -> String {
        self.run(json).unwrap();
        uuid::Uuid::from_u128(self.ids).to_string()
    }

    /// Executes an intent, or says why not.
    pub fn run(&mut self, json: Json) -> Result<(), Refusal> {
        let mut hand = Hand {
            schema: self.schema.clone(),
            person: super::office(1),
            record: self.record.clone(),
            now: self.now,
            next: self.ids,
        };
        hand.run(json)?;
        (self.record, self.ids, self.now) = (hand.record, hand.next, hand.now);
        Ok(())
    }

    pub fn add(&mut self, collection: &str, fields: Json) -> String {
        self.ok(json!({"cmd":"add","collection":collection,"fields":fields}))
    }

    pub fn set(&mut self, field: &str, value: impl Into<Json>) {
        self.ok(json!({"cmd":"set","field":field,"value":value.into()}));
    }

    /// With its computed fields.
    pub fn view(&self) -> RecordView {
        let kind = self.schema.kind(self.kind).unwrap();
        let mut view = self.record.view(kind);
        derive::fill(&self.schema, kind, &mut view);
        view
    }

    pub fn field(&self, key: &str) -> Json {
        self.view().value(key).to_json()
    }
}
