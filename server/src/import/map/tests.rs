#![allow(clippy::unwrap_used)]
use domain::keys;

use super::*;
use crate::import::layout::Headers;
use crate::import::sheet::Sheet;

struct People;

impl Names for People {
    fn person(&self, name: &str) -> Option<Uuid> {
        (name == "张工").then(|| Uuid::from_u128(7))
    }
    fn customer(&self, spelling: &str) -> Option<Uuid> {
        (spelling == "甲厂").then(|| Uuid::from_u128(9))
    }
    fn record(&self, kind: &str, name: &str) -> Option<Uuid> {
        (kind == "complaint" && name == "TS2026-00001").then(|| Uuid::from_u128(11))
    }
}

/// The draft of a one-row ledger: `表头=值`.
fn draft(kind: &str, cells: &[(&str, &str)]) -> Draft {
    let schema = Schema::builtin().unwrap();
    let row = |number, pick: fn(&(&'static str, String)) -> String, cells: &[(&'static str, String)]| Row {
        number,
        cells: cells.iter().enumerate().map(|(i, c)| (u32::try_from(i).unwrap(), pick(c))).collect(),
    };
    let owned: Vec<(&'static str, String)> =
        cells.iter().map(|(h, v)| (&*Box::leak((*h).to_owned().into_boxed_str()), (*v).to_owned())).collect();
    let sheet = Sheet {
        name: String::new(),
        rows: vec![row(1, |c| c.0.to_owned(), &owned), row(2, |c| c.1.clone(), &owned)],
    };
    let headers = Headers::of(&schema, schema.kind(kind).unwrap());
    let table = headers.table(&sheet).unwrap();
    let mapper = Mapper { schema: &schema, zone: &Zone::default(), names: &People };
    mapper.row(&table.columns, table.rows[0])
}

fn complaint(header: &str, value: &str) -> Draft {
    draft(keys::complaint::KIND, &[("客户反映内容", "掉漆"), (header, value), ("联系人", "李工")])
}

fn codes(draft: &Draft) -> Vec<&'static str> {
    draft.notes.iter().map(|n| n.code).collect()
}

#[test]
fn severity_goes_to_the_scheme_that_knows_it() {
    for (text, field, code) in [
        ("一般", "severity", "general"),
        ("严重", "severity", "serious"),
        ("Major", "defect_class", "major"),
        ("Minor", "defect_class", "minor"),
        ("ＭＩＮＯＲ", "defect_class", "minor"),
        ("重大", "severity", "major"),
    ] {
        let draft = complaint("严重程度", text);
        assert_eq!(draft.fields.get(field), Some(&json!(code)), "{text}");
        let other = if field == "severity" { "defect_class" } else { "severity" };
        assert_eq!(draft.fields.get(other), None, "{text}");
        assert!(draft.notes.is_empty(), "{text}");
    }
    let draft = complaint("严重程度", "甲级");
    assert_eq!(draft.notes[0].code, "unknown_code");
    assert_eq!(draft.notes[0].params["value"], "甲级");
    assert_eq!(draft.notes.len(), 1);
}

#[test]
fn spellings_of_channels_and_methods() {
    for (text, code) in [
        ("来电", "phone"),
        ("E-mail", "email"),
        ("12315转办", "hotline_12315"),
        ("样板", "sample"),
        ("现场", "in_person"),
    ] {
        assert_eq!(complaint("信息来源", text).fields["channel"], code, "{text}");
    }
    assert_eq!(complaint("处理方式", "返工、补发").fields["handling_method"], json!(["resend", "rework"]));
    assert_eq!(complaint("处理方式", "维修/更换零件").fields["handling_method"], json!(["repair"]));
    let draft = complaint("处理方式", "返工、念经");
    assert_eq!(draft.fields["handling_method"], json!(["rework"]));
    assert_eq!(codes(&draft), ["unknown_code"]);
}

#[test]
fn numbers_as_people_write_them() {
    for (text, number, notes) in [
        ("5000", "5000", vec![]),
        ("1pcs", "1", vec![]),
        ("1,200件", "1200", vec![]),
        ("约30", "30", vec!["number_approximate"]),
        ("30左右", "30", vec!["number_approximate"]),
        ("2.5吨", "2.5", vec!["number_with_unit"]),
    ] {
        let draft = complaint("数量", text);
        assert_eq!(draft.fields["quantity_involved"], number, "{text}");
        assert_eq!(codes(&draft), notes, "{text}");
    }
    // The field's own unit says nothing that a person has to settle.
    let mileage =
        draft(keys::product_item::KIND, &[("产品名称", "自卸车"), ("型号", "QD9"), ("里程", "1200 km")]);
    assert_eq!(mileage.fields["mileage"], "1200");
    assert!(mileage.notes.is_empty());
    for text in ["若干", "3-5", "2x3", "一批"] {
        let draft = complaint("数量", text);
        assert_eq!(codes(&draft), ["number_unreadable"], "{text}");
        assert!(draft.unread.contains("quantity_involved"), "{text}");
    }
    assert_eq!(codes(&complaint("数量", "-3")), ["out_of_range"]);
    assert!(complaint("数量", "/").notes.is_empty());
}

#[test]
fn dates_are_taken_or_noted() {
    assert_eq!(complaint("接收日期", "26年1月11日").fields["received_at"], "2026-01-11");
    assert_eq!(complaint("接收日期", "2026-1-6 8:30").fields["received_at"], "2026-01-06T08:30:00");
    assert_eq!(complaint("完成日期", "2026-1-6 8:30").fields["completed_on"], "2026-01-06");
    for (text, code) in
        [("26年8月", "date_month_only"), ("待定", "date_pending"), ("下周一", "date_unreadable")]
    {
        let draft = complaint("接收日期", text);
        assert_eq!(codes(&draft), [code], "{text}");
        assert!(!draft.fields.contains_key("received_at"), "{text}");
    }
    assert!(complaint("接收日期", "/").notes.is_empty());
}

#[test]
fn department_and_person_are_told_apart() {
    let draft = complaint("责任部门/责任人", "质检/张工");
    assert_eq!(draft.fields["responsible_dept"], "质检");
    assert_eq!(draft.fields["responsible_person"], json!(Uuid::from_u128(7)));
    let draft = complaint("责任部门/责任人", "质检/王五");
    assert_eq!(draft.fields["responsible_dept"], "质检");
    assert_eq!(codes(&draft), ["person_unknown"]);
    let draft = complaint("责任部门/责任人", "品质部");
    assert_eq!(draft.fields["responsible_dept"], "品质部");
    assert!(draft.notes.is_empty());
}

#[test]
fn customers_and_their_entries() {
    let draft = draft(
        keys::customer::KIND,
        &[
            ("客户名称", "粤宝机柜制造有限公司"),
            ("简称", "粤宝机柜/粤宝机柜/YUEBAO"),
            ("联系人", "张主任"),
            ("电话", "13867719407"),
            ("客户类型", "休眠"),
            ("年业务额(万元)", "90.5"),
        ],
    );
    assert_eq!(draft.fields["name"], "粤宝机柜制造有限公司");
    assert_eq!(draft.fields["phone"], "13867719407");
    assert_eq!(draft.fields["customer_type"], "dormant");
    let aliases: Vec<&Json> =
        draft.entries.iter().filter(|((c, _), _)| c == "aliases").map(|(_, e)| &e["alias"]).collect();
    assert_eq!(aliases, ["YUEBAO", "粤宝机柜"]);
    assert_eq!(draft.entries[&("contacts".to_owned(), "0".to_owned())]["name"], "张主任");
    assert_eq!(draft.entries[&("annual_volumes".to_owned(), "0".to_owned())]["amount"], "905000");
    assert!(draft.notes.is_empty(), "{:?}", draft.notes);
}

#[test]
fn too_long_is_noted_and_not_cut() {
    let long = "长".repeat(4001);
    let draft = draft(keys::complaint::KIND, &[("客户反映内容", &long), ("联系人", "李工")]);
    assert_eq!(codes(&draft), ["too_long"]);
    assert!(!draft.fields.contains_key("content"));
}

#[test]
fn two_columns_of_one_text_are_joined() {
    let draft = draft(keys::complaint::KIND, &[("产品名称", "侧板"), ("部番", "139端子"), ("客户", "甲厂")]);
    assert_eq!(draft.fields["part_no"], "侧板 / 139端子");
    assert_eq!(draft.fields["customer"], json!(Uuid::from_u128(9)));
}
