//! What left the system, and who may read about it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Server, refused};
use domain::authz::Role;
use serde_json::json;

#[test]
fn prints_and_exports_of_personal_fields_are_noted_for_administrators() {
    let server = Server::start();
    let office = server.add_user("wang", Role::Office);
    server.add_user("root", Role::Admin);
    let (wang, root) = (server.login("wang").access, server.login("root").access);
    let tell = |body: serde_json::Value| {
        server.request("POST", "/api/v1/disclosures", Some(&wang), Some(&body)).status
    };
    let id = "01930000-0000-7000-8000-000000000001";
    assert_eq!(tell(json!({"act": "print", "kind": "complaint", "record": id, "rows": 1})), 204);
    // Two columns, of which one is personal.
    let shown = json!(["complaint_no", "reporter_contact"]);
    let export = json!({"act": "export", "kind": "complaint", "filter": "status=closed", "rows": 40,
                        "fields": shown});
    assert_eq!(tell(export), 204);
    let harmless = json!({"act": "export", "kind": "complaint", "fields": ["complaint_no"]});
    assert_eq!(tell(harmless), 204);
    let long = json!({"act": "print", "kind": "complaint", "filter": "x".repeat(1_001)});
    let answer = server.request("POST", "/api/v1/disclosures", Some(&wang), Some(&long));
    refused(&answer, 422, "too_long");
    let strange = json!({"act": "print", "kind": "diary"});
    let answer = server.request("POST", "/api/v1/disclosures", Some(&wang), Some(&strange));
    refused(&answer, 404, "unknown_kind");

    refused(&server.get("/api/v1/admin/audit", &wang), 403, "forbidden");
    let log = |query: &str| server.get(&format!("/api/v1/admin/audit?{query}"), &root).json();
    let exports = log("what=export&target=complaint");
    assert_eq!(exports["items"].as_array().unwrap().len(), 1, "{exports}");
    let entry = &exports["items"][0];
    assert_eq!(entry["who"], json!(office));
    assert_eq!(entry["detail"]["filter"], "status=closed");
    assert_eq!(entry["detail"]["rows"], 40);
    assert_eq!(entry["detail"]["personal"], json!(["reporter_contact"]));
    let prints = log("what=print");
    let personal = prints["items"][0]["detail"]["personal"].as_array().unwrap();
    assert!(personal.contains(&json!("reporter_name")), "all of the kind, where the page names none");
    assert_eq!(prints["items"][0]["detail"]["record"], id);

    // Pages, the newest first, without gaps.
    let all = log("limit=1000")["items"].as_array().unwrap().clone();
    let mut seqs: Vec<i64> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = log(&format!("limit=2{cursor}"));
        seqs.extend(page["items"].as_array().unwrap().iter().map(|i| i["seq"].as_i64().unwrap()));
        match page["next"].as_i64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seqs, all.iter().map(|i| i["seq"].as_i64().unwrap()).collect::<Vec<_>>());
    assert!(log("from=2999-01-01")["items"].as_array().unwrap().is_empty());
    refused(&server.get("/api/v1/admin/audit?from=yesterday", &root), 400, "bad_request");
}
