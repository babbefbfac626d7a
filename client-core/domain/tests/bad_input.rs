//! What does not fit a field is refused by the field's name and the rule, for every field of every kind and of
//! every entry: wrong types, numbers beyond their bounds, codes that there are not or no longer, too long texts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;

use common::values;
use domain::document::{Around, Made, Record, Writer};
use domain::error::{Code, Refusal};
use domain::intent::Intent;
use domain::schema::{Field, FieldType, Schema};
use domain::time::{Timestamp, Zone};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Values that the field must not take, each with the code of its refusal.
fn bad(schema: &Schema, field: &Field) -> Vec<(Json, Code)> {
    let mut bad = Vec::new();
    let bound = |b: &Option<String>| b.as_ref().map(|b| b.parse::<Decimal>().unwrap());
    match field.kind {
        FieldType::Text | FieldType::Longtext => {
            bad.push((json!("长".repeat(field.max_chars() + 1)), Code::TooLong));
            bad.push((json!({}), Code::WrongType));
        }
        FieldType::Date => bad.push((json!("2026-02-30"), Code::WrongType)),
        FieldType::Datetime => bad.push((json!("昨天"), Code::WrongType)),
        FieldType::Time => bad.push((json!("25:10"), Code::WrongType)),
        FieldType::Bool => bad.push((json!("也许"), Code::WrongType)),
        FieldType::Ref => bad.push((json!("张三"), Code::WrongType)),
        FieldType::Enum | FieldType::MultiEnum => {
            bad.push((json!("no_such_code"), Code::UnknownCode));
            let list = schema.list(field.list.as_deref().unwrap()).unwrap();
            let retired = list.codes.iter().find(|c| c.retired);
            bad.extend(retired.map(|c| (json!(c.code), Code::RetiredCode)));
        }
        FieldType::Int | FieldType::Decimal | FieldType::Percent | FieldType::Money => {
            bad.push((json!("三"), Code::WrongType));
            if let Some(min) = bound(&field.min_value) {
                bad.push((json!((min - Decimal::ONE).to_string()), Code::OutOfRange));
            }
            if let Some(max) = bound(&field.max_value) {
                bad.push((json!((max + Decimal::ONE).to_string()), Code::OutOfRange));
            }
            if field.kind == FieldType::Money {
                bad.push((json!("1.005"), Code::WrongType));
            }
        }
    }
    bad
}

struct Desk<'a> {
    schema: &'a Schema,
    record: Record,
}

impl Desk<'_> {
    fn run(&mut self, json: &Json) -> Result<Option<Made>, Refusal> {
        let mut intent = Intent::from_json(json).unwrap();
        let fresh = self.record.change_count() as u128;
        intent.fill_ids(&mut || Uuid::from_u128(0x0193_0000_0000_7000_b000_0000_0000_0000 + fresh));
        let zone = Zone::default();
        let writer = Writer {
            schema: self.schema,
            zone: &zone,
            user: common::user(1),
            role: domain::authz::Role::Office,
            now: Timestamp(1_772_000_000_000),
            skew_s: None,
            around: Around::default(),
            historical: false,
        };
        self.record.execute(&writer, &intent)
    }
}

#[test]
fn every_field_refuses_what_does_not_fit_by_name_and_rule() {
    let schema = Schema::builtin().unwrap();
    let mut tried = 0;
    for kind in schema.kinds() {
        let mut record = Record::new(&kind.key, common::record_id(1));
        record.begin(common::user(1), [1; 16]);
        let mut desk = Desk { schema: &schema, record };
        let all = values::fields(&schema, kind, &BTreeSet::new());
        desk.run(&json!({"cmd":"create","fields":all})).unwrap();
        let heads = desk.record.heads();
        // Which questionnaires there are is no matter of a field's type: tests of surveys try that.
        let plain = |f: &&Field| values::typed(f) && !f.key.starts_with("template");
        for field in kind.fields.iter().filter(plain) {
            for (value, code) in bad(&schema, field) {
                let place = format!("{}.{} = {value}", kind.key, field.key);
                let set = json!({"cmd":"set","field":field.key,"value":value});
                let refusal = desk.run(&set).expect_err(&place);
                assert_eq!(refusal.code, code, "{place}: {refusal}");
                assert_eq!(refusal.params["field"], field.key.as_str(), "{place}");
                tried += 1;
            }
        }
        for collection in &kind.collections {
            // What a sheet's answers may be, its questionnaire says: tests of surveys try that.
            let Some(good) = values::entry(&schema, kind, collection).filter(|_| kind.key != "survey") else {
                continue;
            };
            for field in collection.fields.iter().filter(|f| values::typed(f)) {
                for (value, code) in bad(&schema, field) {
                    let place = format!("{}.{}/{} = {value}", kind.key, collection.key, field.key);
                    let mut fields = good.clone();
                    fields.insert(field.key.clone(), value);
                    let add = json!({"cmd":"add","collection":collection.key,"fields":fields});
                    let refusal = desk.run(&add).expect_err(&place);
                    assert_eq!(refusal.code, code, "{place}: {refusal}");
                    assert_eq!(
                        refusal.params["field"],
                        format!("{}/{}", collection.key, field.key),
                        "{place}"
                    );
                    tried += 1;
                }
            }
        }
        assert_eq!(desk.record.heads(), heads, "{}: a refused value left something behind", kind.key);
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn no_quantity_and_no_amount_is_negative() {
    // Differences and balances may be; everything else that counts or costs says where it begins.
    let may_be_negative = ["amount_change", "difference", "balance"];
    let schema = Schema::builtin().unwrap();
    for kind in schema.kinds() {
        let entries = kind.collections.iter().flat_map(|c| &c.fields);
        for field in kind.fields.iter().chain(entries).filter(|f| values::typed(f)) {
            let counts = field.kind == FieldType::Money || field.key.contains("quantity");
            let number = matches!(field.kind, FieldType::Money | FieldType::Int | FieldType::Decimal);
            if counts && number && !may_be_negative.contains(&field.key.as_str()) {
                assert!(field.min_value.is_some(), "{}.{} may be negative", kind.key, field.key);
            }
        }
    }
}
