//! What belongs together: related records, figures over a customer, and what the system notices.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Answer, Server, refused};
use domain::authz::Role;
use serde_json::{Value, json};

struct Scene {
    server: Server,
    office: String,
    wang: String,
    wang_id: String,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        let wang_id = server.add_user("wang", Role::Engineer).to_string();
        server.add_user("li", Role::Office);
        let (office, wang) = (server.login("li").access, server.login("wang").access);
        Self { server, office, wang, wang_id }
    }
    fn make(&self, kind: &str, fields: Value) -> String {
        self.make_with(kind, fields, &[])
    }
    fn make_with(&self, kind: &str, fields: Value, more: &[Value]) -> String {
        let mut intents = vec![json!({ "cmd": "create", "fields": fields })];
        intents.extend(more.iter().cloned());
        let path = format!("/api/v1/records/{kind}");
        let answer = self.server.request("POST", &path, Some(&self.office), Some(&json!(intents)));
        assert_eq!(answer.status, 201, "{kind}: {}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }
    fn act(&self, path: &str, intents: &Value) -> Answer {
        let path = format!("/api/v1/records/{path}/intents");
        let answer = self.server.request("POST", &path, Some(&self.office), Some(intents));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    }
    fn get(&self, token: &str, path: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/records/{path}"), token);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }
    fn suggestion(&self, path: &str, code: &str) -> Option<Value> {
        let all = self.get(&self.office, &format!("{path}/suggestions"));
        all.as_array().unwrap().iter().find(|s| s["code"] == code).cloned()
    }
}

fn group<'a>(related: &'a Value, kind: &str, field: &str) -> &'a Value {
    let groups = related["groups"].as_array().unwrap();
    groups.iter().find(|g| g["kind"] == kind && g["field"] == field).unwrap_or(&Value::Null)
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect()
}

#[test]
fn a_customer_with_all_that_belongs_to_it() {
    let s = Scene::new();
    let customer = s.make("customer", json!({ "name": "海岚汽车电子有限公司" }));
    let product = s.make(
        "product_item",
        json!({ "name": "自卸车", "serial_no": "B26092", "customer": customer, "accepted_on": "2024-03-15" }),
    );
    s.make(
        "product_item",
        json!({ "name": "旧车", "serial_no": "A1", "customer": customer, "accepted_on": "2019-01-01" }),
    );
    let complaint = |day: &str| json!({ "content": "漏油", "customer": customer, "product": product, "received_at": format!("{day}T08:00:00+08:00") });
    let first = s.make("complaint", complaint("2026-01-31"));
    s.make("complaint", complaint("2025-12-31"));
    let cancelled = s.make("complaint", complaint("2026-02-01"));
    s.act(&format!("complaint/{cancelled}"), &json!([{ "cmd": "event", "to": "cancelled", "why": "重复" }]));
    let part = json!({ "cmd": "add", "collection": "parts",
        "fields": { "part_name": "油封", "quantity": "2", "new_serial": "SF-2207" } });
    let visit = json!({ "customer": customer, "product": product, "complaint": first, "fault_phenomenon": "渗油",
        "requested_at": "2026-02-02T08:00:00+08:00" });
    let visit = s.make_with("visit", visit, &[part, json!({ "cmd": "assign", "lead": s.wang_id })]);

    let related = s.get(&s.office, &format!("customer/{customer}/related"));
    let complaints = group(&related, "complaint", "customer");
    assert_eq!((&complaints["total"], &complaints["open"]), (&json!(3), &json!(2)));
    assert_eq!(complaints["items"].as_array().unwrap().len(), 3);
    assert_eq!(group(&related, "product_item", "customer")["total"], 2);
    assert_eq!(ids(&group(&related, "visit", "customer")["items"]), [visit.as_str()]);
    let overview = &related["overview"];
    assert_eq!(
        overview["complaints_by_year"],
        json!([
            { "year": 2026, "open": 1, "closed": 1, "total": 2 },
            { "year": 2025, "open": 1, "closed": 0, "total": 1 },
        ])
    );
    assert_eq!(overview["visits"], 1);
    assert_eq!(overview["products"], json!({ "total": 2, "in_warranty": 1 }));
    assert_eq!(overview["satisfaction"], json!({ "surveys": 0, "mean_index": null, "last": null }));
    // Nobody has called yet: the month after the last delivery was accepted.
    assert_eq!(overview["return_visit_due"], "2024-04-30");

    // What a record refers to, and who refers to it.
    let related = s.get(&s.office, &format!("visit/{visit}/related"));
    let mut points: Vec<(&str, &str)> = related["points_to"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["field"].as_str().unwrap(), p["id"].as_str().unwrap()))
        .collect();
    points.sort_unstable();
    assert_eq!(points, [("complaint", &*first), ("customer", &*customer), ("product", &*product)]);
    let related = s.get(&s.office, &format!("complaint/{first}/related"));
    assert_eq!(ids(&group(&related, "visit", "complaint")["items"]), [visit.as_str()]);

    // The service file of the equipment.
    let related = s.get(&s.office, &format!("product_item/{product}/related"));
    assert_eq!(group(&related, "complaint", "product")["total"], 3);
    let part = &related["overview"]["parts_used"][0];
    assert_eq!(
        (&part["part_name"], &part["quantity"], &part["visit"]),
        (&json!("油封"), &json!("2"), &json!(visit))
    );

    // An engineer sees of it what is his.
    let related = s.get(&s.wang, &format!("customer/{customer}/related"));
    assert_eq!(group(&related, "visit", "customer")["total"], 1);
    assert_eq!(*group(&related, "complaint", "customer"), Value::Null);
    assert_eq!(related["overview"]["complaints_by_year"], json!([]));
    assert!(related["overview"].get("return_visit_due").is_none(), "{related}");
    refused(&s.server.get(&format!("/api/v1/records/complaint/{first}/related"), &s.wang), 404, "not_found");

    // A visit shows its warranty from its product, and what a person said instead.
    let shown = s.get(&s.wang, &format!("visit/{visit}"));
    assert_eq!(shown["fields"]["warranty_status"], "in_warranty");
    let warranty = s.suggestion(&format!("visit/{visit}"), "warranty").unwrap();
    assert_eq!(
        warranty["params"],
        json!({ "warranty_status": "in_warranty", "until": "2027-03-15", "on": "2026-02-02" })
    );
    s.act(
        &format!("visit/{visit}"),
        &json!([{ "cmd": "set", "field": "requested_at", "value": "2027-03-16T08:00:00+08:00" }]),
    );
    let shown = s.get(&s.wang, &format!("visit/{visit}"));
    assert_eq!(shown["fields"]["warranty_status"], "out_of_warranty");
    s.act(
        &format!("visit/{visit}"),
        &json!([{ "cmd": "set", "field": "warranty_override", "value": "by_contract" },
        { "cmd": "set", "field": "warranty_override_reason", "value": "合同另有约定" }]),
    );
    assert_eq!(s.get(&s.office, &format!("visit/{visit}"))["fields"]["warranty_status"], "by_contract");
    assert!(s.suggestion(&format!("visit/{visit}"), "warranty").is_none());
}

#[test]
fn a_product_is_under_the_terms_of_its_contract_and_its_type() {
    let s = Scene::new();
    let of_type = |fields: Value| {
        let mut all = json!({ "product_area": "complete_unit", "name": "自卸车", "model": "Z1" });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        s.make("product_type", all)
    };
    let contract = json!({ "cmd": "add", "collection": "contracts",
        "fields": { "no": "HT-7", "valid_from": "2024-01-01", "warranty_months": 18 } });
    let customer = s.make_with("customer", json!({ "name": "海岚" }), &[contract]);
    let year = of_type(json!({ "default_warranty_months": 12 }));
    let item = |fields: Value| {
        let mut all = json!({ "name": "自卸车", "customer": customer });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        s.make("product_item", all)
    };
    let field = |id: &str, key: &str| s.get(&s.office, &format!("product_item/{id}"))["fields"][key].clone();
    let sold = |more: Value| {
        let mut all = json!({ "accepted_on": "2024-03-15" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item(all)
    };
    // The type's terms, copied: what the type says later changes nothing.
    let plain = sold(json!({ "product_type": year }));
    let own = sold(json!({ "product_type": year, "default_warranty_months": 24 }));
    let set = |key: &str, value: Value| json!([{ "cmd": "set", "field": key, "value": value }]);
    s.act(&format!("product_type/{year}"), &set("default_warranty_months", json!(6)));
    assert_eq!(field(&plain, "warranty_end"), "2025-03-15");
    assert_eq!(field(&own, "warranty_end"), "2026-03-15");
    // Set later; and nothing said anywhere.
    let later = sold(json!({}));
    assert_eq!(field(&later, "warranty_end"), "2027-03-15");
    s.act(&format!("product_item/{later}"), &set("product_type", json!(year)));
    assert_eq!(field(&later, "warranty_end"), "2024-09-15");
    // The contract goes before the type, and before what the product says (L19).
    let bound = sold(json!({ "product_type": year, "contract": "HT-7" }));
    assert_eq!(
        (field(&bound, "default_warranty_months"), field(&bound, "warranty_end")),
        (json!(18), json!("2025-09-15"))
    );
    s.act(&format!("product_item/{own}"), &set("contract", json!("HT-7")));
    assert_eq!(
        (field(&own, "default_warranty_months"), field(&own, "warranty_end")),
        (json!(24), json!("2025-09-15"))
    );
    let visit = |product: &str, day: &str, km: Value| {
        let id = s.make(
            "visit",
            json!({ "product": product, "fault_phenomenon": "渗油", "mileage": km,
            "requested_at": format!("{day}T08:00:00+08:00") }),
        );
        s.get(&s.office, &format!("visit/{id}"))["fields"]["warranty_status"].clone()
    };
    assert_eq!(visit(&plain, "2025-03-15", Value::Null), "in_warranty");
    assert_eq!(visit(&plain, "2025-03-16", Value::Null), "out_of_warranty");
    assert_eq!(visit(&own, "2025-09-15", Value::Null), "in_warranty");
    assert_eq!(visit(&own, "2025-09-16", Value::Null), "out_of_warranty");

    // 三包 alone: beyond its months or its mileage there is nothing.
    let three = of_type(json!({ "three_guarantee_months": 24, "three_guarantee_mileage": 50_000 }));
    let car = item(json!({ "product_type": three, "purchased_on": "2023-06-01" }));
    assert_eq!(field(&car, "warranty_end"), "2025-06-01");
    assert_eq!(visit(&car, "2024-01-01", json!("49999")), "three_guarantees");
    assert_eq!(visit(&car, "2024-01-01", json!("60000")), "out_of_warranty");
    assert_eq!(visit(&car, "2025-06-02", json!("49999")), "out_of_warranty");
    assert_eq!(visit(&car, "2024-01-01", Value::Null), Value::Null);
}

#[test]
fn the_same_complaint_again_is_noticed() {
    let s = Scene::new();
    let customer = s.make("customer", json!({ "name": "海岚" }));
    let other = s.make("customer", json!({ "name": "粤宝" }));
    let complaint = |customer: &str, part: &str, what: &str, day: &str| {
        json!({ "content": "x", "customer": customer, "part_no": part, "defect_phenomenon": what,
            "received_at": format!("{day}T08:00:00+08:00") })
    };
    let first = s.make("complaint", complaint(&customer, "P-1", "漏油", "2025-06-01"));
    let second = s.make("complaint", complaint(&customer, "p-1 ", "漏油", "2026-01-05"));
    s.make("complaint", complaint(&customer, "P-1", "漏油", "2024-01-05")); // too long ago
    s.make("complaint", complaint(&customer, "P-2", "漏油", "2026-01-05")); // another part
    s.make("complaint", complaint(&other, "P-1", "漏油", "2026-01-05")); // another customer
    let third = s.make("complaint", complaint(&customer, "P-1", "漏油", "2026-02-01"));
    let path = format!("complaint/{third}");
    let found = s.suggestion(&path, "recurrence").unwrap();
    assert_eq!(found["params"], json!({ "count": 2, "months": 12 }));
    assert_eq!(ids(&found["records"]), [second.as_str(), &first]);
    // The same part in another piece of equipment, or in one that nobody named, is the same part; what was
    // cancelled as entered twice never happened.
    let item = |serial: &str| {
        s.make("product_item", json!({ "name": "柜", "serial_no": serial, "customer": customer }))
    };
    let (one, two) = (item("SN1"), item("SN2"));
    let with = |product: &str, part: &str, day: &str| {
        let mut fields = complaint(&customer, part, "裂", day);
        fields["product"] = json!(product);
        fields["defect_code"] = json!("sand_hole");
        fields
    };
    let twice = s.make("complaint", with(&one, "P-7", "2026-01-02"));
    s.act(&format!("complaint/{twice}"), &json!([{ "cmd": "event", "to": "cancelled", "why": "重复" }]));
    let equipped = s.make("complaint", with(&one, "P-7", "2026-01-03"));
    assert_eq!(s.suggestion(&format!("complaint/{equipped}"), "recurrence"), None);
    let mut bare = with(&one, "P-7", "2026-01-04");
    bare.as_object_mut().unwrap().remove("product");
    let bare = s.make("complaint", bare);
    let elsewhere = s.make("complaint", with(&two, "P-7", "2026-01-05"));
    let mut same = with(&one, "", "2026-01-06");
    same.as_object_mut().unwrap().remove("part_no");
    let same = s.make("complaint", same);
    let prior = |id: &str| {
        let found = s.suggestion(&format!("complaint/{id}"), "recurrence").unwrap();
        ids(&found["records"]).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(prior(&bare), [equipped.as_str()]);
    assert_eq!(prior(&elsewhere), [bare.as_str(), &equipped]);
    assert_eq!(prior(&same), [equipped.as_str()]);
    // What is suggested can be sent as it is; then there is nothing left to suggest.
    let shown = s.act(&path, &found["intents"]).json();
    assert_eq!(shown["fields"]["recurrence"], "recurring");
    assert_eq!(shown["collections"]["prior_complaints"].as_array().unwrap().len(), 2);
    assert_eq!(s.suggestion(&path, "recurrence"), None);
    assert_eq!(s.suggestion(&format!("complaint/{first}"), "recurrence"), None);
    // Customers that were merged are one.
    let merge = json!({ "into": customer });
    let answer = s.server.request(
        "POST",
        &format!("/api/v1/records/customer/{other}/merge"),
        Some(&s.office),
        Some(&merge),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(s.suggestion(&path, "recurrence").unwrap()["params"]["count"], 3);
}

#[test]
fn what_makes_a_complaint_serious_is_noticed() {
    let s = Scene::new();
    let complaint = |severity: Value, channel: &str| {
        json!({ "content": "态度差", "channel": channel, "severity": severity, "responsible_person": s.wang_id,
            "received_at": "2026-02-01T08:00:00+08:00" })
    };
    let first = s.make("complaint", complaint(json!("general"), "phone"));
    s.make("complaint", complaint(json!("general"), "phone"));
    let twice = s.make("complaint", complaint(json!("general"), "phone"));
    s.act(&format!("complaint/{twice}"), &json!([{ "cmd": "event", "to": "cancelled", "why": "重复" }]));
    assert_eq!(s.suggestion(&format!("complaint/{first}"), "severity_repeated"), None);
    let third = s.make("complaint", complaint(Value::Null, "media"));
    let path = format!("complaint/{third}");
    let found = s.suggestion(&path, "severity_repeated").unwrap();
    assert_eq!(found["params"], json!({ "count": 3, "threshold": 3, "months": 12, "person": "wang先生" }));
    assert_eq!(found["records"].as_array().unwrap().len(), 2);
    assert_eq!(s.suggestion(&path, "severity_media").unwrap()["params"], json!({ "channel": "media" }));
    let late = json!({ "complaint": third, "appointment_at": "2026-02-02T08:00:00+08:00", "arrived_at": "2026-02-02T08:31:00+08:00" });
    let visit = s.make("visit", late);
    let found = s.suggestion(&path, "severity_late").unwrap();
    assert_eq!(found["params"], json!({ "minutes": 31, "limit": 30 }));
    assert_eq!(found["intents"][0]["value"], "general");
    assert!(s.suggestion(&format!("visit/{visit}"), "late_arrival").is_some());
    s.act(&path, &s.suggestion(&path, "severity_media").unwrap()["intents"]);
    for code in ["severity_repeated", "severity_media", "severity_late"] {
        assert_eq!(s.suggestion(&path, code), None, "{code}");
    }
    let on_time = json!([{ "cmd": "set", "field": "arrived_at", "value": "2026-02-02T08:30:00+08:00" }]);
    s.act(&format!("visit/{visit}"), &on_time);
    assert_eq!(s.suggestion(&format!("visit/{visit}"), "late_arrival"), None);
}

#[test]
fn a_repair_that_did_not_hold_is_noticed() {
    let s = Scene::new();
    let product = s.make("product_item", json!({ "name": "自卸车", "serial_no": "B1" }));
    let visit = |what: &str, day: &str| json!({ "product": product, "fault_phenomenon": what, "finished_at": format!("{day}T08:00:00+08:00") });
    s.make("visit", visit("漏油", "2025-12-31"));
    let near = s.make("visit", visit("漏油", "2026-01-02"));
    s.make("visit", visit("异响", "2026-01-20"));
    let last = s.make("visit", visit("漏油", "2026-02-01"));
    let path = format!("visit/{last}");
    let found = s.suggestion(&path, "repeat_repair").unwrap();
    assert_eq!(found["params"], json!({ "count": 1, "days": 30 }));
    assert_eq!(ids(&found["records"]), [near.as_str()]);
    let shown = s.act(&path, &found["intents"]).json();
    assert_eq!(
        (&shown["fields"]["is_repeat_repair"], &shown["fields"]["previous_visit"]),
        (&json!(true), &json!(near))
    );
    assert_eq!(s.suggestion(&path, "repeat_repair"), None);
}

#[test]
fn customers_that_may_be_one_are_noticed() {
    let s = Scene::new();
    let this = s.make("customer", json!({ "name": "海岚汽车电子有限公司", "phone": "0371-60234567" }));
    let by_name = s.make("customer", json!({ "name": "海岚汽车电子公司" }));
    let by_phone = s.make("customer", json!({ "name": "另一个名字", "phone": "0371 6023 4567" }));
    let alias = json!({ "cmd": "add", "collection": "aliases", "fields": { "alias": "海岚汽车电子" } });
    let by_alias = s.make_with("customer", json!({ "name": "HAILAN" }), &[alias]);
    s.make("customer", json!({ "name": "粤宝机柜制造有限公司" }));
    let path = format!("customer/{this}");
    let all = s.get(&s.office, &format!("{path}/suggestions"));
    let told: Vec<(&str, &str)> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["code"].as_str().unwrap(), s["records"][0]["id"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [("duplicate_name", &*by_name), ("duplicate_phone", &*by_phone), ("duplicate_similar", &*by_alias),]
    );
    // An engineer is told, but has nothing to send.
    assert_eq!(s.get(&s.wang, &format!("{path}/suggestions"))[0]["intents"], json!([]));
    s.act(&path, &all[0]["intents"]);
    assert_eq!(s.get(&s.office, &format!("{path}/suggestions")), json!([]));
    assert_eq!(
        s.get(&s.office, &format!("customer/{by_name}/related"))["overview"]["merged"][0]["id"],
        json!(this)
    );
}

#[test]
fn many_complaints_about_one_batch_are_an_incident() {
    let s = Scene::new();
    let mut made = Vec::new();
    for i in 0..5 {
        let customer = s.make("customer", json!({ "name": format!("第{i}厂") }));
        assert_eq!(made.last().and_then(|c| s.suggestion(&format!("complaint/{c}"), "mass_batch")), None);
        let fields = json!({ "content": "裂", "batch_no": "L2026-01", "customer": customer,
            "received_at": format!("2026-02-0{}T08:00:00+08:00", i + 1) });
        made.push(s.make("complaint", fields));
    }
    let path = format!("complaint/{}", made[0]);
    let found = s.suggestion(&path, "mass_batch").unwrap();
    assert_eq!(found["params"], json!({ "count": 5, "days": 7, "batch_no": "L2026-01" }));
    assert_eq!((found["records"].as_array().unwrap().len(), &found["intents"]), (4, &json!([])));
    let incident =
        s.make("incident", json!({ "title": "L2026-01 开裂", "started_at": "2026-02-05T08:00:00+08:00" }));
    let set = json!([{ "cmd": "set", "field": "incident", "value": incident }]);
    s.act(&format!("complaint/{}", made[1]), &set);
    let found = s.suggestion(&path, "mass_known").unwrap();
    assert_eq!(
        (&found["records"][0]["id"], &found["params"]["name"]),
        (&json!(incident), &json!("L2026-01 开裂"))
    );
    s.act(&path, &found["intents"]);
    assert_eq!(s.suggestion(&path, "mass_known"), None);
    assert_eq!(
        group(&s.get(&s.office, &format!("incident/{incident}/related")), "complaint", "incident")["total"],
        2
    );
}

#[test]
fn every_suggestion_has_a_text_in_each_language() {
    let source = include_str!("../src/records/suggest.rs");
    let codes = [
        "recurrence",
        "severity_media",
        "severity_repeated",
        "severity_late",
        "mass_batch",
        "mass_region",
        "mass_known",
        "repeat_repair",
        "warranty",
        "late_arrival",
        "duplicate_name",
        "duplicate_phone",
        "duplicate_similar",
    ];
    for language in ["zh-CN", "en"] {
        let file = format!("{}/../web/shared/i18n/{language}.json", env!("CARGO_MANIFEST_DIR"));
        let texts: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let texts = texts["suggest"].as_object().unwrap();
        let mut missing: Vec<&str> = codes.iter().copied().filter(|c| !texts.contains_key(*c)).collect();
        missing.extend(codes.iter().copied().filter(|c| !source.contains(&format!("\"{c}\""))));
        assert!(missing.is_empty(), "{language}: {missing:?}");
        assert_eq!(texts.len(), codes.len(), "{language}");
    }
}
