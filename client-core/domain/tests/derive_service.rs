//! Computed fields of the service side, on records made by intents: the worked examples of C70, C71, C74, C75
//! and C77 as they stand in a quote, a travel claim and a service plan.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::sheet::Sheet;
use serde_json::json;

/// C74 is Σ price × quantity: a total is never made from rounded parts.
#[test]
fn a_quote_is_rounded_once() {
    let mut quote = Sheet::new("quote", json!({"subject":"更换密封件"}));
    for _ in 0..2 {
        quote.add("lines", json!({"kind":"parts","item":"油封","quantity":"2.5","unit_price":"12.35"}));
    }
    let amounts: Vec<_> =
        quote.view().collections["lines"].iter().map(|e| e.fields["amount"].to_json()).collect();
    assert_eq!(amounts, [json!("30.88"), json!("30.88")]);
    assert_eq!(quote.field("total"), "61.75");
}

#[test]
fn a_share_of_defects_is_rounded_half_up() {
    let sheet = Sheet::new("complaint", json!({"quantity_defective":"1","quantity_involved":"800"}));
    assert_eq!(sheet.field("defect_rate"), "0.13");
}

#[test]
fn a_quote_adds_up_in_whole_fen_and_forgets_removed_lines() {
    let mut quote = Sheet::new("quote", json!({"subject":"更换密封件"}));
    assert_eq!(quote.field("total"), json!(null));
    quote.add("lines", json!({"kind":"parts","item":"油封","quantity":"3","unit_price":"33.33"}));
    quote.add("lines", json!({"kind":"labour","item":"工时","quantity":"2.5","unit_price":"120"}));
    let travel = quote.add("lines", json!({"kind":"travel","item":"差旅","quantity":"1","unit_price":"200"}));
    assert_eq!(quote.field("total"), "599.99");
    let amounts: Vec<_> = quote.view().collections["lines"]
        .iter()
        .map(|e| e.fields["amount"].to_json().as_str().unwrap().to_owned())
        .collect();
    assert_eq!(amounts, ["99.99", "300.00", "200.00"]);
    quote.ok(json!({"cmd":"remove","collection":"lines","id":travel}));
    assert_eq!(quote.field("total"), "399.99");
}

#[test]
fn nobody_types_what_is_computed() {
    let quote = Sheet::new("quote", json!({}));
    let schema = quote.schema.clone();
    let kind = schema.kind("quote").unwrap();
    for intent in [
        json!({"cmd":"set","field":"total","value":"1"}),
        json!({"cmd":"add","collection":"lines","fields":
            {"kind":"parts","item":"油封","quantity":"1","unit_price":"1","amount":"99"}}),
    ] {
        let intent = domain::intent::Intent::from_json(&intent).unwrap();
        let refused =
            domain::document::permit(&common::office(1), kind, &quote.view(), Default::default(), &intent);
        assert_eq!(refused.unwrap_err().code, domain::error::Code::ForbiddenField);
    }
}

#[test]
fn a_travel_claim_settles_what_was_advanced() {
    let trip = json!({"trip_from":"2026-03-02","trip_to":"2026-03-04","allowance_rate":"100"});
    let mut claim = Sheet::new("expense_claim", trip);
    assert_eq!((claim.field("days"), claim.field("allowance_amount")), (json!(3), json!("300.00")));
    let line = |no: u32, category: &str, amount: &str| {
        json!({"line_no":no,"date":"2026-03-02","from_place":"合肥","to_place":"武汉",
            "category":category,"amount":amount})
    };
    let train = claim.add("lines", line(1, "transport", "1005.60"));
    claim.add("lines", line(2, "allowance", "300"));
    let taxi = claim.add("lines", line(3, "taxi", "86"));
    assert_eq!(claim.field("claim_total"), "1391.60");
    // Nothing is approved yet: no approved amount, and nothing to settle.
    assert_eq!((claim.field("approved_total"), claim.field("balance")), (json!(null), json!(null)));
    let advance =
        claim.add("advances", json!({"requested_on":"2026-03-01","amount":"1800","purpose":"国内出差"}));
    assert_eq!(claim.field("advance_total"), "1800.00");
    assert_eq!(claim.field("advance_capital"), "壹仟捌佰元整");
    for (line, approved) in [(&train, true), (&taxi, false)] {
        claim.ok(json!({"cmd":"update","collection":"lines","id":line,"fields":{"approved":approved}}));
    }
    assert_eq!(claim.field("approved_total"), "1005.60");
    assert_eq!(claim.field("approved_capital"), "壹仟零伍元陆角");
    // An advance that was asked for but not paid is not settled against the claim.
    assert_eq!(claim.field("balance"), "-1005.60");
    claim.ok(json!({"cmd":"update","collection":"advances","id":advance,"fields":{"paid_on":"2026-03-01"}}));
    assert_eq!(claim.field("balance"), "794.40");
}

#[test]
fn extras_are_approved_only_if_somebody_approved_them_beforehand() {
    let schema = domain::schema::Schema::builtin().unwrap();
    let step = domain::lifecycle::by_key("expense_claim").unwrap().step("checked", "approved").unwrap();
    let mut claim = Sheet::new("expense_claim", json!({"reason":"抢修"}));
    let taxi = claim.add(
        "lines",
        json!({"line_no":1,"date":"2026-03-02","from_place":"武汉","to_place":"武汉",
            "category":"taxi","amount":"86"}),
    );
    let unmet = |claim: &Sheet| {
        let (kind, view) = (schema.kind("expense_claim").unwrap(), claim.view());
        domain::document::Ground { schema: &schema, kind, view: &view, around: Default::default() }
            .unmet(step)
    };
    assert_eq!(unmet(&claim), []);
    let mut set = |field: &str, value: serde_json::Value| {
        let fields = serde_json::Map::from_iter([(field.to_owned(), value)]);
        claim.ok(json!({"cmd":"update","collection":"lines","id":taxi,"fields":fields}));
        unmet(&claim)
    };
    assert_eq!(set("approved", json!(true)), [domain::lifecycle::Check::ExtrasApproved]);
    assert_eq!(set("prior_approval", json!("王经理，3月1日电话")), []);
}

#[test]
fn a_service_plan_adds_up_its_items() {
    let mut plan = Sheet::new("service_plan", json!({"title":"2026年度"}));
    plan.add(
        "items",
        json!({"service_item":"年度走访","parts_cost":"1200","travel_cost":"800.50","budget":"3000"}),
    );
    plan.add(
        "items",
        json!({"service_item":"大修","labour_cost":"500","paid_income":"4000","budget":"1000"}),
    );
    plan.add("items", json!({"service_item":"待定","budget":"500"}));
    let costs: Vec<_> =
        plan.view().collections["items"].iter().map(|e| e.fields.get("cost").map(|c| c.to_text())).collect();
    assert_eq!(costs, [Some("2000.50".to_owned()), Some("500.00".to_owned()), None]);
    assert_eq!(plan.field("cost_total"), "2500.50");
    assert_eq!(plan.field("budget_total"), "4500.00");
    assert_eq!(plan.field("income_total"), "4000.00");
}
