//! Computed fields of the quality side on records made by intents, and what steps make of them: C07, C18, C32,
//! C62–C64 as they stand in a monthly sheet and an appraisal, differences in returns and claims, L13, L37.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::sheet::Sheet;
use domain::error::{Code, Refusal};
use serde_json::{Value as Json, json};

fn month(fields: Json) -> Sheet {
    let mut sheet = Sheet::new(
        "monthly_satisfaction",
        json!({"customer":"01930000-0000-7000-8000-000000000009","month_of":"2026-03-01"}),
    );
    for (key, value) in fields.as_object().unwrap() {
        sheet.set(key, value.clone());
    }
    sheet
}

fn event(sheet: &mut Sheet, to: &str) -> Result<(), Refusal> {
    sheet.run(json!({"cmd":"event","to":to,"fields":{}}))
}

/// The three worked examples of C07 in the domain catalogue.
#[test]
fn a_month_has_its_composite() {
    let first = month(json!({
        "survey_points":"92","survey_total":"100","complaints":3,"complaints_valid":2,"ppm_exceedances":1,
        "deliveries_due":20,"deliveries_late":1,"audit_grade":"b",
    }));
    let scores = ["n1", "n2", "n3", "n4", "d1", "d2", "d3", "d"].map(|key| first.field(key));
    assert_eq!(scores, ["4", "5", "0", "3", "18.4", "52.8", "15", "86.2"].map(Json::from));
    assert_eq!((first.field("needs_analysis"), first.field("on_time_rate")), (json!(false), json!("95")));

    let second = month(json!({
        "survey_points":"80","survey_total":"100","complaints":8,"interruptions":1,"deliveries_late":6,
        "audit_grade":"a",
    }));
    assert_eq!((second.field("d2"), second.field("d")), (json!("33"), json!("66")));
    assert_eq!(second.field("needs_analysis"), true);

    let third = month(json!({}));
    assert_eq!((third.field("d"), third.field("needs_analysis")), (json!("100"), json!(false)));
}

#[test]
fn a_month_counts_pieces_and_callbacks() {
    let sheet = month(json!({
        "quantity_delivered":20000,"quantity_defective":5,"ppm_target":"200","callbacks_answered":8,
        "callbacks_satisfied":7,
    }));
    assert_eq!((sheet.field("ppm"), sheet.field("n2")), (json!("250"), json!("5")));
    assert_eq!(sheet.field("callback_rate"), "87.5");
    // Points without their total, or more than their total, are no survey and no month without one.
    let mut sheet = month(json!({"survey_points":"92"}));
    assert_eq!(sheet.field("d"), json!(null));
    sheet.set("survey_total", "90");
    assert_eq!(sheet.field("d"), json!(null));
}

#[test]
fn a_bad_month_asks_for_measures() {
    let mut sheet = month(json!({"complaints":8,"interruptions":1,"deliveries_late":6,"audit_grade":"c"}));
    assert_eq!(sheet.field("needs_analysis"), true);
    event(&mut sheet, "prepared").unwrap();
    let refused = event(&mut sheet, "reviewed").unwrap_err();
    assert_eq!((refused.code, &refused.params["field"]), (Code::Required, &json!("analysis")));
    sheet.set("analysis", "三起投诉均为同一批次。");
    sheet.set("measures", "该批次全检，增加出货抽检。");
    event(&mut sheet, "reviewed").unwrap();
    assert_ne!(sheet.field("reviewed_at"), json!(null));
    // A good month needs none.
    let mut good = month(json!({}));
    event(&mut good, "prepared").unwrap();
    event(&mut good, "reviewed").unwrap();
}

fn appraisal() -> Sheet {
    Sheet::new("kpi_sheet", json!({"person":common::user(7),"period":"2026年第一季度"}))
}

/// C63: 81 % of 90 % → 9.00; 31,000 of 28,345 → 10.94; three times where two were allowed → 10.00.
#[test]
fn an_appraisal_adds_up_measured_and_scored_items() {
    let mut sheet = appraisal();
    let item = |item: &str, kind: &str, weight: &str| json!({"item":item,"item_kind":kind,"weight":weight});
    let with = |mut item: Json, more: Json| {
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    sheet.add("items", with(item("配件回款达成率", "quantity", "10"), json!({"target":"90","actual":"81"})));
    let yuan = json!({"target":"28345","actual":"31000"});
    sheet.add("items", with(item("配件回款额", "quantity", "10"), yuan));
    sheet.add("items", with(item("差错次数", "control", "15"), json!({"target":"2","actual":"3"})));
    sheet.add("items", with(item("制度执行", "quality", "5"), json!({"grade":"good"})));
    let attitude = sheet.add("items", with(item("工作态度", "scored", "60"), json!({"self_score":"58"})));
    let points: Vec<Json> = sheet.view().collections["items"]
        .iter()
        .map(|e| e.fields.get("points").map_or(Json::Null, domain::value::Value::to_json))
        .collect();
    assert_eq!(points, [json!("9"), json!("10.94"), json!("10"), json!("4.25"), json!(null)]);
    assert_eq!((sheet.field("weight_total"), sheet.field("self_total")), (json!("100"), json!("58")));
    assert_eq!(sheet.field("total"), json!(null), "the leader has not scored yet");
    sheet.ok(json!({"cmd":"update","collection":"items","id":attitude,"fields":{"leader_score":"54"}}));
    assert_eq!((sheet.field("total"), sheet.field("band")), (json!("88.19"), json!("excellent")));
    sheet.set("deduction", "10");
    sheet.set("bonus", "5");
    assert_eq!((sheet.field("total"), sheet.field("band")), (json!("83.19"), json!("good")));
    // A score above its weight gives no points, so no total either.
    sheet.ok(json!({"cmd":"update","collection":"items","id":attitude,"fields":{"leader_score":"61"}}));
    assert_eq!(sheet.field("total"), json!(null));
    sheet.ok(json!({"cmd":"remove","collection":"items","id":attitude}));
    assert_eq!((sheet.field("weight_total"), sheet.field("total")), (json!("40"), json!("29.19")));
}

#[test]
fn what_came_is_compared_with_what_was_announced() {
    let mut goods = Sheet::new("goods_return", json!({"quantity":"20"}));
    assert_eq!(goods.field("difference"), json!(null));
    goods.set("quantity_received", "18.5");
    assert_eq!(goods.field("difference"), "-1.5");
    let mut claim = Sheet::new("claim", json!({"unit":"合肥维修站"}));
    claim.add("lines", json!({"part_name":"油封","quantity_listed":"4","quantity_received":"4"}));
    claim.add("lines", json!({"part_name":"轴承","quantity_listed":"2","quantity_received":"3"}));
    claim.add("lines", json!({"part_name":"齿轮","quantity_listed":"1"}));
    let lines = claim.view().collections["lines"].clone();
    let differences: Vec<_> =
        lines.iter().map(|e| e.fields.get("difference").map(domain::value::Value::to_text)).collect();
    assert_eq!(differences, [Some("0".to_owned()), Some("1".to_owned()), None]);
}

#[test]
fn monthly_reports_of_a_station_come_before_the_fifth() {
    let report = |form: &str, sent: &str| {
        let period = json!({
            "form":form,"station":"合肥维修站","period_from":"2026-01-01","period_to":"2026-01-31","submitted_at":sent,
        });
        Sheet::new("station_report", period).field("on_time")
    };
    // Shanghai: the fourth ends at 16:00 UTC.
    assert_eq!(report("bd24", "2026-02-04T15:59:00Z"), true);
    assert_eq!(report("bd24", "2026-02-04T16:00:00Z"), false);
    assert_eq!(report("bd25", "2026-02-04T12:00:00Z"), json!(null), "feedback has no day of its own");
}

#[test]
fn who_comes_late_says_why() {
    let mut visit = Sheet::new(
        "visit",
        json!({"customer":"01930000-0000-7000-8000-000000000009","service_type":"training",
            "appointment_at":"2026-03-02 09:00","no_parts_used":true,"unsigned_reason":"absent",
            "no_survey_reason":"callback"}),
    );
    event(&mut visit, "on_site").unwrap();
    for (key, value) in [
        ("arrived_at", "2026-03-02 09:01"),
        ("finished_at", "2026-03-02 11:00"),
        ("fault_cause", "无"),
        ("solution", "培训操作人员"),
        ("outcome", "no_fault"),
        ("user_opinion", "讲得清楚"),
    ] {
        visit.set(key, value);
    }
    assert_eq!(visit.field("is_late"), true);
    let refused = event(&mut visit, "done").unwrap_err();
    assert_eq!((refused.code, &refused.params["field"]), (Code::Required, &json!("late_reason")));
    visit.set("late_reason", "高速封路");
    event(&mut visit, "done").unwrap();
}

/// Times are in order even where one between them was never written down.
#[test]
fn nobody_finishes_before_arriving() {
    let mut visit = Sheet::new("visit", json!({"arrived_at":"2026-03-02 09:00"}));
    let set = |visit: &mut Sheet, key: &str, value: &str| {
        visit
            .run(json!({"cmd":"set","field":key,"value":value}))
            .map_err(|r| (r.code, r.params["other"].clone()))
    };
    let early = |other: &str| Err((Code::OutOfOrder, json!(other)));
    assert_eq!(set(&mut visit, "finished_at", "2026-03-02 08:59"), early("arrived_at"));
    set(&mut visit, "finished_at", "2026-03-02 11:00").unwrap();
    assert_eq!(set(&mut visit, "arrived_at", "2026-03-02 11:30"), early("arrived_at"));
    set(&mut visit, "started_at", "2026-03-02 09:30").unwrap();
    assert_eq!(set(&mut visit, "finished_at", "2026-03-02 09:15"), early("started_at"));
    assert_eq!(set(&mut visit, "left_at", "2026-03-02 10:59"), early("finished_at"));
}

/// T16: three good lots in a row; a bad one starts the count again.
#[test]
fn an_action_is_effective_after_three_good_lots() {
    let mut action = Sheet::new("corrective_action", json!({"ca_type":"car","ncr_no":"NCR-7"}));
    action.set("responsible_dept", "生产部");
    action.set("owner", json!(common::user(3)));
    action.set("received_at", "2026-03-02 09:00");
    action.set("due_at", "2026-03-05 23:59");
    for key in ["problem", "containment", "root_cause", "corrective", "preventive"] {
        action.set(key, "已查明并处理");
    }
    action.set("containment_at", "2026-03-02 15:00");
    action.set("cause_category", "assembly");
    event(&mut action, "answered").unwrap();
    action.set("dept_head_signed", json!(common::user(4)));
    action.set("dept_head_signed_at", "2026-03-04 10:00");
    action.set("leader_opinion", "同意");
    event(&mut action, "leader_reviewed").unwrap();
    event(&mut action, "implementing").unwrap();
    action.set("implemented_on", "2026-03-06");
    action.set("implemented_by", json!(common::user(3)));
    event(&mut action, "verifying").unwrap();
    let lot = |action: &mut Sheet, no: u32, result: &str| {
        let lot = json!({"seq":no,"lot_no":format!("L{no}"),"delivered_on":format!("2026-03-{:02}", 8 + no),"result":result});
        action.add("lot_checks", lot)
    };
    lot(&mut action, 1, "ok");
    lot(&mut action, 2, "ng");
    lot(&mut action, 3, "ok");
    lot(&mut action, 4, "ok");
    let refused = event(&mut action, "effective").unwrap_err();
    assert_eq!((refused.code, &refused.params["check"]), (Code::Unmet, &json!("lots_verified")));
    lot(&mut action, 5, "ok");
    event(&mut action, "effective").unwrap();
    assert_eq!(action.field("verified_by"), json!(common::user(1)));
    // The same lot twice would count twice.
    let twice = json!({"cmd":"add","collection":"lot_checks","fields":{"lot_no":"L5","result":"ok"}});
    assert_eq!(action.run(twice).unwrap_err().code, Code::DuplicateEntry);
}
