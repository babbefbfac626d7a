//! Every kind is imported from the schema alone, under the headers that its export writes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::schema::{Field, FieldType};

use super::tests::Memory;
use super::*;

/// What a cell of a field says, and the value that is meant.
fn sample(schema: &Schema, field: &Field) -> Option<(String, Json)> {
    let plain = |text: &str| Some((text.to_owned(), Json::from(text)));
    match field.kind {
        FieldType::Text if field.key == "template" => plain("callback"),
        FieldType::Text | FieldType::Longtext => plain("甲乙丙"),
        FieldType::Date => Some(("2026/3/1".into(), "2026-03-01".into())),
        FieldType::Datetime => Some(("2026-03-01 08:30".into(), "2026-03-01T00:30:00Z".into())),
        FieldType::Time => plain("08:30"),
        FieldType::Bool => Some(("是".into(), true.into())),
        FieldType::Enum => {
            let code = schema.list(field.list.as_deref()?)?.codes.iter().find(|c| !c.retired)?;
            Some((code.label.zh.clone(), code.code.clone().into()))
        }
        FieldType::Int | FieldType::Decimal | FieldType::Percent | FieldType::Money => {
            let low = field.min_value.as_deref().and_then(|m| m.parse::<rust_decimal::Decimal>().ok());
            let number = low.filter(|l| *l > 1.into()).unwrap_or(1.into()).normalize().to_string();
            let value = match field.kind {
                FieldType::Int => Json::from(number.parse::<i64>().ok()?),
                FieldType::Money => format!("{number}.00").into(),
                _ => number.clone().into(),
            };
            Some((number, value))
        }
        FieldType::MultiEnum | FieldType::Ref => None,
    }
}

fn sheet(name: &str, rows: &[Vec<String>]) -> Vec<Sheet> {
    let rows = rows.iter().enumerate().map(|(n, cells)| Row {
        number: u32::try_from(n + 1).unwrap(),
        cells: cells.iter().enumerate().map(|(c, t)| (u32::try_from(c).unwrap(), t.clone())).collect(),
    });
    vec![Sheet { name: name.into(), rows: rows.collect() }]
}

#[test]
fn each_kind_takes_what_its_columns_say_and_takes_it_once() {
    let schema = Schema::builtin().unwrap();
    for kind in schema.kinds().filter(|k| k.companion_of.is_none()) {
        let labels: Vec<&str> = kind.fields.iter().map(|f| f.label.zh.as_str()).collect();
        let once = |f: &&Field| labels.iter().filter(|l| **l == f.label.zh).count() == 1;
        let importable = |f: &&Field| f.access() != domain::schema::Access::System && !f.computed;
        let columns: Vec<(&Field, String, Json)> = kind
            .fields
            .iter()
            .filter(importable)
            .filter(once)
            .filter_map(|f| sample(&schema, f).map(|(text, value)| (f, text, value)))
            .collect();
        let mut head: Vec<String> = columns.iter().map(|(f, ..)| f.label.zh.clone()).collect();
        let mut row: Vec<String> = columns.iter().map(|(_, text, _)| text.clone()).collect();
        let mut memory = Memory::new();
        let complaint =
            [vec!["投诉内容".into(), "投诉渠道".into()], vec!["变速箱漏油".into(), "电话".into()]];
        memory.import_sheets("complaint", "c.csv", &sheet("投诉", &complaint));
        let names = [("customer", "恒丰物流有限公司"), ("user", "张工"), ("complaint", "变速箱漏油")];
        for (target, name) in names {
            if let Some(field) =
                kind.fields.iter().filter(importable).find(|f| f.target.as_deref() == Some(target))
            {
                head.push(field.label.zh.clone());
                row.push(name.into());
            }
        }
        let sheets = sheet("表", &[head, row]);
        let first = memory.import_sheets(&kind.key, "file.csv", &sheets);
        let of = |s: &Summary| (s.rows, s.created, s.updated, s.unchanged);
        assert_eq!(of(&first.summary), (1, 1, 0, 0), "{}: {:?}", kind.key, first.summary.needs_review);
        let made = memory.all(&kind.key);
        let id = first.work.iter().find(|w| w.row > 0).unwrap().id;
        let made = made.iter().find(|m| m.id == id).unwrap();
        for (field, _, value) in &columns {
            assert_eq!(made.value(&field.key).to_json(), *value, "{}.{}", kind.key, field.key);
        }
        let again = memory.import_sheets(&kind.key, "file.csv", &sheets);
        assert_eq!(of(&again.summary), (1, 0, 0, 1), "{} twice", kind.key);
        assert!(again.work.is_empty(), "{}: {:?}", kind.key, again.work);
    }
}

#[test]
fn references_are_found_by_number_and_told_where_they_are_not() {
    let mut memory = Memory::new();
    let head = |labels: &[&str]| labels.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    let products = sheet("设备", &[head(&["产品名称", "序列号"]), head(&["叉车", "SN-1001"])]);
    memory.import_sheets("product_item", "p.csv", &products);
    let product = memory.all("product_item")[0].id;
    let schema = Schema::builtin().unwrap();
    let label = |key: &str| schema.kind("visit").unwrap().field(key).unwrap().label.zh.clone();
    let columns = [label("product"), label("fault_cause"), label("solution")];
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let rows = [head(&columns), head(&["sn-1001", "油封老化", "更换油封"]), head(&["SN-9", "异响", "紧固"])];
    let plan = memory.import_sheets("visit", "v.csv", &sheet("服务", &rows));
    let visits = memory.all("visit");
    let found = visits.iter().find(|v| v.value("solution").to_text() == "更换油封").unwrap();
    assert_eq!(found.value("product").as_ref_id(), Some(product.0));
    let unknown: Vec<&Review> =
        plan.summary.needs_review.iter().filter(|r| r.code == "record_unknown").collect();
    assert_eq!(unknown.len(), 1, "{:?}", plan.summary.needs_review);
    assert_eq!(unknown[0].params["value"], "SN-9");
}
