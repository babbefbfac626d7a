//! A satisfaction sheet filled in on the phone without a network, for the visit just finished: the user's
//! answers arrive as given, the office corrects with a reason, and nothing that the questionnaire does not
//! have comes in.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use e2e::command::Phone;
use e2e::world::World;
use serde_json::{Value as Json, json};

#[test]
fn a_sheet_from_the_cellar_to_the_office() {
    let mut world = World::new().unwrap();
    let url = world.server.url();
    let office = world.office("wang").unwrap();
    let customer = office
        .ok(
            "POST",
            "/api/v1/records/customer",
            Some(&json!([{"cmd": "create", "fields": {"name": "恒丰物流"}}])),
        )
        .unwrap();
    let customer = customer["id"].as_str().unwrap().to_owned();
    let phone = Phone(world.path("phone"));
    phone.login(&url, "li");
    phone.ok(&["sync"]);

    world.server.kill().unwrap();
    let visit = phone.ok(&["new", "visit", &format!("customer={customer}")]);
    let sheet = phone.ok(&[
        "new",
        "survey",
        "template=after_service",
        "source_type=visit",
        &format!("visit={}", visit["id"].as_str().unwrap()),
        &format!("customer={customer}"),
    ]);
    let id = sheet["id"].as_str().unwrap().to_owned();
    let shown = phone.ok(&["show", &id]);
    assert_eq!((&shown["fields"]["template_version"], &shown["status"]), (&json!(1), &json!("draft")));
    let add = |fields: &[&str]| {
        let mut args = vec!["add", &id, "answers"];
        args.extend(fields);
        phone.ok(&args);
    };
    add(&["item=timeliness", "option=very_satisfied"]);
    add(&["item=attitude", "score=10"]);
    add(&["item=skill", "option=satisfied"]);
    add(&["item=repair", "unanswered=true"]);
    add(&["item=overall", "option=satisfied", "text=态度很好，就是等得久"]);
    add(&["item=charging", "option=no"]);
    for (fields, want) in [
        (["item=colour", "option=satisfied"], ("unknown_code", "answers/item")),
        (["item=suggestions", "option=satisfied"], ("unknown_code", "answers/option")),
        (["item=skill", "option=satisfied"], ("duplicate_entry", "answers/item")),
    ] {
        let mut args = vec!["add", &id, "answers"];
        args.extend(fields);
        let (code, field) = phone.refused(&args);
        assert_eq!((&code[..], &field[..]), want);
    }
    assert_eq!(phone.refused(&["new", "survey", "template=qr9999"]).0, "unknown_code");
    let (code, _) = phone.refused(&["event", &id, "given"]);
    assert_eq!(code, "required", "when and how it came back");
    phone.ok(&[
        "event",
        &id,
        "given",
        "returned_at=2026-03-05 10:00",
        "return_channel=on_site",
        "capture_mode=self_on_phone",
    ]);
    assert_eq!(phone.refused(&["add", &id, "answers", "item=suggestions", "text=晚了"]).0, "frozen");

    world.server = world.server.restart().unwrap();
    phone.ok(&["sync"]);
    let office = world.office("wang").unwrap();
    let record = |id: &str| office.ok("GET", &format!("/api/v1/records/survey/{id}"), None).unwrap();
    let there = record(&id);
    assert_eq!(there["status"], "given");
    assert!(there["number"].as_str().unwrap().starts_with("MY"), "{}", there["number"]);
    assert_eq!(there["collections"]["answers"].as_array().unwrap().len(), 6);
    // (10 + 10 + 8 + 8) ÷ 40; the box left empty is in neither line.
    assert_eq!((&there["fields"]["total"], &there["fields"]["index100"]), (&json!("36"), &json!("90")));
    assert_eq!(there["fields"]["is_valid"], true);

    let path = format!("/api/v1/records/survey/{id}/intents");
    let correction = |fields: Json| json!([{"cmd": "add", "collection": "corrections", "fields": fields}]);
    let (status, problem) =
        office.call("POST", &path, Some(&correction(json!({"item": "skill", "option": "best"})))).unwrap();
    assert!(status >= 400 && problem["code"] != "server_fault", "{status} {problem}");
    let with_reason = json!({"item": "skill", "option": "dissatisfied", "reason": "手机上点错"});
    office.ok("POST", &path, Some(&correction(with_reason))).unwrap();
    let there = record(&id);
    assert_eq!(there["fields"]["total"], "32");
    assert_eq!(there["collections"]["answers"].as_array().unwrap().len(), 6, "the answer stays");
    phone.ok(&["sync"]);
    let here = phone.ok(&["show", &id]);
    for key in ["total", "index100", "is_valid", "formula"] {
        assert_eq!(here["fields"][key], there["fields"][key], "{key}");
    }
    assert_eq!(here["collections"]["item_scores"], there["collections"]["item_scores"]);
}
