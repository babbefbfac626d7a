#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use domain::authz::Role;
use domain::document::{Record, Writer};
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use serde_json::json;

use super::*;

struct Known;

impl Names for Known {
    fn name(&self, target: &str, id: Uuid) -> Option<String> {
        match (target, id.as_u128()) {
            ("user", 1) => Some("王芳".to_owned()),
            ("customer", 2) => Some("甲厂".to_owned()),
            _ => None,
        }
    }
}

fn record(schema: &Schema, kind: &str, id: RecordId, intents: &[Json]) -> RecordView {
    let mut record = Record::new(kind, id);
    let user = UserId(Uuid::from_u128(1));
    let zone = Zone::default();
    let now = Timestamp::parse("2026-01-31T15:30:00Z", &zone).unwrap();
    record.begin(user, [7; 16]);
    let mut next = 100u128;
    for intent in intents {
        let mut intent = Intent::from_json(intent).unwrap();
        intent.fill_ids(&mut || {
            next += 1;
            Uuid::from_u128(next)
        });
        let writer = Writer {
            schema,
            zone: &zone,
            user,
            role: Role::Office,
            now,
            skew_s: None,
            historical: false,
            around: Default::default(),
        };
        record.execute(&writer, &intent).unwrap();
    }
    record.view(schema.kind(kind).unwrap())
}

fn item(schema: &Schema) -> Item {
    let id = RecordId(Uuid::from_u128(9));
    let customer = Uuid::from_u128(2);
    let main = record(
        schema,
        "complaint",
        id,
        &[
            json!({"cmd":"create","fields":{
                "content":"=1+1 漏油","customer":customer,"channel":"phone","received_at":"2026-01-31T23:30:00+08:00",
                "reporter_contact":"13978061052","quantity_involved":"30.50","is_urgent":true,
                "demand_types":["refund","return"],"demand_amount":"1200"}}),
            json!({"cmd":"add","collection":"follow_ups","fields":{"content":"已联系，\n周三到"}}),
            json!({"cmd":"event","to":"cancelled","why":"重复"}),
        ],
    );
    let companion = record(
        schema,
        "handling",
        id.companion("handling"),
        &[
            json!({"cmd":"create","fields":{}}),
            json!({"cmd":"set","field":"completed_on","value":"2026-02-01"}),
        ],
    );
    let mut main = main;
    main.unknown.insert("fields.colour".to_owned(), json!("红"));
    let json = Json::Object(main.to_json());
    Item { main, companion: Some(companion), number: Some("TS2026-00001".into()), updated_at: None, json }
}

fn export(format: Format) -> Vec<u8> {
    let schema = Schema::builtin().unwrap();
    let zone = Zone::default();
    let item = item(&schema);
    let mut out = Cursor::new(Vec::new());
    let kind = schema.kind("complaint").unwrap();
    let context = Context { schema: &schema, kind, zone: &zone, names: &Known };
    let mut sink = sink(context, format, &mut out).unwrap();
    sink.put(&item).unwrap();
    sink.finish().unwrap();
    out.into_inner()
}

type Read = Xlsx<Cursor<Vec<u8>>>;

/// The workbook, and header → cell of its first row.
fn workbook() -> (Read, Vec<(String, Data)>) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(export(Format::Xlsx))).unwrap();
    let range = book.worksheet_range("客户投诉").unwrap();
    let mut rows = range.rows();
    let head: Vec<String> = rows.next().unwrap().iter().map(ToString::to_string).collect();
    let cells = head.into_iter().zip(rows.next().unwrap().iter().cloned()).collect();
    (book, cells)
}

#[test]
fn a_workbook_has_typed_cells_under_the_schemas_labels() {
    let (mut book, cells) = workbook();
    let cell = |label: &str| cells.iter().find(|(l, _)| l == label).map(|(_, c)| c.clone()).unwrap();
    assert_eq!(cell("投诉编号"), Data::String("TS2026-00001".into()));
    assert_eq!(cell("状态"), Data::String("作废".into()));
    assert_eq!(cell("客户"), Data::String("甲厂".into()));
    assert_eq!(cell("投诉渠道"), Data::String("电话".into()));
    // A telephone is text; what could be a formula is text as well.
    assert_eq!(cell("联系方式"), Data::String("13978061052".into()));
    assert_eq!(cell("投诉内容"), Data::String("=1+1 漏油".into()));
    assert_eq!(cell("涉及数量"), Data::Float(30.5));
    assert_eq!(cell("紧急"), Data::String("是".into()));
    assert_eq!(cell("投诉要求"), Data::String("退款、退货".into()));
    assert_eq!(cell("要求金额"), Data::Float(1200.0));
    assert_eq!(cell("创建人"), Data::String("王芳".into()));
    assert!(cell("其他内容").to_string().contains("colour"));
    let Data::DateTime(at) = cell("接收时间") else { panic!() };
    assert_eq!(at.to_ymd_hms_milli(), (2026, 1, 31, 23, 30, 0, 0));
    let Data::DateTime(day) = cell("处理完成日期") else { panic!() };
    assert_eq!(day.to_ymd_hms_milli().0, 2026);
    let follow_ups = book.worksheet_range("跟进记录").unwrap();
    let row: Vec<String> = follow_ups.rows().nth(1).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(row[0], "TS2026-00001");
    assert!(row.contains(&"已联系，\n周三到".to_owned()), "{row:?}");
}

#[test]
fn every_field_and_collection_of_the_kind_has_its_place() {
    let (book, cells) = workbook();
    let schema = Schema::builtin().unwrap();
    let sheets = book.sheet_names();
    for kind in [schema.kind("complaint").unwrap(), schema.kind("handling").unwrap()] {
        for field in &kind.fields {
            let found = cells.iter().any(|(label, _)| label.starts_with(&field.label.zh));
            assert!(found, "{}", field.key);
        }
        for collection in &kind.collections {
            assert!(sheets.contains(&collection.label.zh), "{}", collection.key);
        }
    }
}

#[test]
fn a_table_opens_in_a_spreadsheet_program_and_runs_nothing() {
    let bytes = export(Format::Csv);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with('\u{feff}'));
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = reader.records().next().unwrap().unwrap();
    let cell = |label: &str| row[head.iter().position(|h| h == label).unwrap()].to_owned();
    assert_eq!(cell("投诉内容"), "'=1+1 漏油");
    assert_eq!(cell("联系方式"), "13978061052");
    assert_eq!(cell("接收时间"), "2026-01-31 23:30:00");
    assert_eq!(cell("处理完成日期"), "2026-02-01");
    assert!(cell("跟进记录").starts_with("跟进内容：已联系，\n周三到；添加人：王芳"));
    assert!(cell("其他内容").contains("colour"));
    for text in ["=cmd", "+1", "-1", "@x", "\tx", "\rx", "\n=x", "＝x", "＋1", "－1", "＠x"] {
        assert!(neutral(text).starts_with('\''), "{text:?}");
    }
    assert_eq!(neutral("1-1"), "1-1");
}

#[test]
fn lines_of_json_are_the_apis() {
    let text = String::from_utf8(export(Format::Json)).unwrap();
    assert_eq!(text.lines().count(), 1);
    let json: Json = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(json["fields"]["reporter_contact"], "13978061052");
    assert_eq!(json["unknown"]["fields.colour"], "红");
}
