//! Filed records are kept for as long as the organisation says, and then listed for a person's decision.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Server, refused};
use domain::authz::Role;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

#[test]
fn what_was_filed_is_listed_after_its_last_day_and_still_there() {
    let server = Server::start();
    server.add_user("root", Role::Admin);
    server.add_user("wang", Role::Office);
    let root = server.login("root").access;
    let post = |path: &str, body: Value| {
        let answer = server.request("POST", &format!("/api/v1/records/{path}"), Some(&root), Some(&body));
        assert!(answer.status < 300, "{path}: {}", answer.text());
        answer.json()
    };
    let create = |fields: Value| json!([{"cmd": "create", "fields": fields}]);
    let steps = json!([{"cmd": "event", "to": "voided", "why": "重复"}, {"cmd": "event", "to": "archived"}]);
    let mut filed = Vec::new();
    for _ in 0..3 {
        let id = post("survey", create(json!({"template": "callback"})))["id"].as_str().unwrap().to_owned();
        let shown = post(&format!("survey/{id}/intents"), steps.clone());
        // It is 2 March 2026 in Shanghai.
        assert_eq!(shown["retain_until"], "2036-03-02", "{shown}");
        filed.push(id);
    }
    let open = post("survey", create(json!({"template": "callback"})));
    assert_eq!(open["retain_until"], Value::Null);

    let after = |ms: i64| {
        server.clock.advance(ms);
        (server.login("root").access, server.login("wang").access)
    };
    let list = |token: &str, query: &str| server.get(&format!("/api/v1/admin/retention{query}"), token);
    // Ten years later: 3,653 days with three 29 Februaries (2028, 2032, 2036).
    let (root, _) = after(3_653 * DAY);
    assert_eq!(list(&root, "").json()["items"], json!([]), "the last day is a day of keeping");
    let (root, wang) = after(DAY);
    refused(&list(&wang, ""), 403, "forbidden");
    let all = list(&root, "").json();
    assert_eq!(all["items"].as_array().unwrap().len(), 3, "{all}");
    let item = &all["items"][0];
    assert_eq!((&item["kind"], &item["retain_until"]), (&json!("survey"), &json!("2036-03-02")));
    assert_eq!(item["filed_at"], "2026-03-02T01:00:00Z");
    // Page by page, each once.
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = list(&root, &format!("?kind=survey&limit=2{next}")).json();
        found.extend(page["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    found.sort();
    filed.sort();
    assert_eq!(found, filed);
    assert_eq!(server.get(&format!("/api/v1/records/survey/{}", filed[0]), &root).status, 200);
    refused(&list(&root, "?kind=diary"), 404, "unknown_kind");
    refused(&list(&root, "?cursor=!"), 400, "bad_request");
}
