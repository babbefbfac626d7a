//! Records over JSON: making, changing, finding.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Answer, Server, refused};
use domain::authz::Role;
use serde_json::{Value, json};

struct Scene {
    server: Server,
    office: String,
    office_id: String,
    wang: String,
    wang_id: String,
}

fn scene() -> Scene {
    let server = Server::start();
    let wang_id = server.add_user("wang", Role::Engineer).to_string();
    let office_id = server.add_user("li", Role::Office).to_string();
    let (office, wang) = (server.login("li").access, server.login("wang").access);
    Scene { server, office, office_id, wang, wang_id }
}

impl Scene {
    fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.server.request("POST", &format!("/api/v1/records/{path}"), Some(token), Some(&body))
    }
    fn create(&self, token: &str, kind: &str, fields: Value) -> Value {
        let answer = self.post(token, kind, json!([{ "cmd": "create", "fields": fields }]));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }
    fn act(&self, token: &str, path: &str, intents: Value) -> Answer {
        self.post(token, &format!("{path}/intents"), intents)
    }
    fn get(&self, token: &str, path: &str) -> Answer {
        self.server.get(&format!("/api/v1/records/{path}"), token)
    }
    fn list(&self, token: &str, query: &str) -> Value {
        let answer = self.get(token, query);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

fn registered() -> Value {
    json!({
        "content": "变速箱漏油", "record_kind": "complaint", "channel": "phone",
        "received_at": "2026-03-01T08:30:00+08:00", "reporter_name": "陈先生", "reporter_contact": "13800138000",
    })
}

#[test]
fn a_record_is_made_changed_and_read() {
    let s = scene();
    let made = s.create(&s.office, "complaint", registered());
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["number"], &made["status"]), (&json!("TS2026-00001"), &json!("draft")));
    assert_eq!(made["fields"]["received_at"], "2026-03-01T00:30:00Z");
    let path = format!("complaint/{id}");
    let changed = s.act(
        &s.office,
        &path,
        json!([
            { "cmd": "set", "field": "severity", "value": "serious" },
            { "cmd": "event", "to": "registered" },
            { "cmd": "add", "collection": "follow_ups", "fields": { "content": "已联系" } },
            { "cmd": "assign", "lead": s.wang_id },
        ]),
    );
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!(changed["status"], "registered");
    assert_eq!(changed["assign"]["lead"], s.wang_id.as_str());
    assert_eq!(changed["collections"]["follow_ups"][0]["by"], s.office_id.as_str());
    assert_eq!(s.get(&s.wang, &path).json()["fields"]["severity"], "serious");

    let history = s.get(&s.office, &format!("{path}/history")).json();
    let first = &history["items"][0];
    assert!(first["received_at"].is_string(), "{first}");
    let fields: Vec<&str> =
        history["items"].as_array().unwrap().iter().filter_map(|i| i["field"].as_str()).collect();
    assert!(fields.contains(&"severity") && fields.contains(&"status"));
    assert!(fields.contains(&format!("assign/{}", s.wang_id).as_str()));
    assert_eq!(s.get(&s.office, &format!("{path}/conflicts")).json(), json!([]));
}

#[test]
fn a_request_is_all_or_nothing_and_says_what_is_wrong() {
    let s = scene();
    let id =
        s.create(&s.office, "complaint", json!({ "content": "漏油" }))["id"].as_str().unwrap().to_owned();
    let path = format!("complaint/{id}");
    let answer = s.act(
        &s.office,
        &path,
        json!([{ "cmd": "set", "field": "content", "value": "x" }, { "cmd": "event", "to": "registered" }]),
    );
    refused(&answer, 422, "required");
    assert_eq!(answer.json()["params"]["intent"], 1);
    assert!(answer.json()["params"]["field"].is_string());
    assert_eq!(s.get(&s.office, &path).json()["fields"]["content"], "漏油");

    let bad = |intents: Value, status: u16, code: &str| {
        refused(&s.act(&s.office, &path, intents), status, code);
    };
    bad(json!([{ "cmd": "drop" }]), 422, "unknown_command");
    bad(json!([{ "cmd": "set", "field": "nonsense", "value": 1 }]), 422, "unknown_field");
    bad(json!([{ "cmd": "set", "field": "severity", "value": "odd" }]), 422, "unknown_code");
    bad(json!([{ "cmd": "set", "field": "received_at", "value": true }]), 422, "wrong_type");
    bad(json!([{ "cmd": "add", "collection": "nonsense" }]), 422, "unknown_collection");
    bad(json!([{ "cmd": "event", "to": "closed" }]), 422, "bad_transition");
    bad(json!([{ "cmd": "set", "field": "complaint_no", "value": "1" }]), 403, "forbidden_field");
    bad(json!([{ "cmd": "create", "fields": {} }]), 400, "bad_request");
    bad(json!({ "nothing": 1 }), 400, "bad_request");
    refused(&s.post(&s.office, "nonsense", json!([])), 404, "unknown_kind");
    refused(&s.get(&s.office, "nonsense"), 404, "unknown_kind");
    refused(&s.post(&s.office, "customer", json!([{ "cmd": "create" }])), 422, "required");
    refused(
        &s.post(&s.wang, "customer", json!([{ "cmd": "create", "fields": { "name": "x" } }])),
        403,
        "forbidden_doc",
    );
    // What one may not see is not there.
    refused(&s.get(&s.wang, &path), 404, "not_found");
    refused(&s.get(&s.wang, &format!("{path}/history")), 404, "not_found");
    refused(&s.get(&s.wang, &format!("{path}/conflicts")), 404, "not_found");
    refused(&s.act(&s.wang, &path, json!([])), 404, "not_found");
    refused(&s.get(&s.office, &format!("visit/{id}")), 404, "not_found");
    refused(&s.get(&s.office, "complaint/nonsense"), 404, "not_found");
}

#[test]
fn the_companion_is_part_of_the_record_for_the_office_only() {
    let s = scene();
    let made = s.create(&s.office, "complaint", registered());
    let path = format!("complaint/{}", made["id"].as_str().unwrap());
    assert_eq!(s.act(&s.office, &path, json!([{ "cmd": "event", "to": "registered" }])).status, 200);
    // Assessing needs a field of the companion.
    let answer = s.act(&s.office, &path, json!([{ "cmd": "event", "to": "assessing" }]));
    refused(&answer, 422, "required");
    assert_eq!(answer.json()["params"]["field"], "qa_owner");
    let steps = s.get(&s.office, &path).json();
    let step = steps["rights"]["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["to"] == "assessing")
        .unwrap()
        .clone();
    assert_eq!(step["missing"], json!(["qa_owner"]));
    // It may come with the step.
    let event = json!([{ "cmd": "event", "to": "assessing", "fields": { "qa_owner": s.office_id } }]);
    let answer = s.act(&s.office, &path, event);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["fields"]["qa_owner"], s.office_id.as_str());
    let answer = s.act(
        &s.office,
        &path,
        json!([
            { "cmd": "set", "field": "cause", "value": "油封老化" },
            { "cmd": "add", "collection": "lot_checks", "fields": { "lot_no": "L1" } },
            { "cmd": "assign", "lead": s.wang_id },
        ]),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["collections"]["lot_checks"][0]["lot_no"], "L1");
    let history = s.get(&s.office, &format!("{path}/history")).json().to_string();
    assert!(history.contains("油封老化"));
    // The engineer sees the record, and nothing of this.
    let seen = s.get(&s.wang, &path).json();
    assert_eq!(seen["status"], "assessing");
    assert!(seen["fields"]["cause"].is_null() && seen["collections"]["lot_checks"].is_null());
    assert!(!s.get(&s.wang, &format!("{path}/history")).text().contains("油封老化"));
    refused(
        &s.act(&s.wang, &path, json!([{ "cmd": "set", "field": "cause", "value": "x" }])),
        422,
        "unknown_field",
    );
    let handling = s.list(&s.office, "handling");
    assert_eq!(handling["total"], 1);
    assert_eq!(s.list(&s.wang, "handling")["total"], 0);
    let id = handling["items"][0]["id"].as_str().unwrap();
    refused(&s.get(&s.wang, &format!("handling/{id}")), 404, "not_found");
    refused(&s.post(&s.office, "handling", json!([{ "cmd": "create", "fields": {} }])), 400, "bad_request");
}

#[test]
fn creating_twice_makes_one_record() {
    let s = scene();
    let id = server::host::new_id(common::START, &server::host::SystemRng).unwrap();
    let body = json!({ "id": id, "intents": [{ "cmd": "set", "field": "content", "value": "漏油" }] });
    for _ in 0..2 {
        let answer = s.post(&s.wang, "complaint", body.clone());
        assert_eq!((answer.status, answer.json()["number"].as_str()), (201, Some("TS2026-00001")));
    }
    refused(&s.post(&s.office, "complaint", body), 409, "conflict");
    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/json\r\nIdempotency-Key: k1\r\n",
        s.wang
    );
    let send = || {
        s.server.raw("POST", "/api/v1/records/complaint", &headers, b"[{\"cmd\":\"create\"}]").json()["id"]
            .clone()
    };
    assert_eq!(send(), send());
    assert_eq!(s.list(&s.wang, "complaint")["total"], 2);
}

#[test]
fn lists_are_filtered_sorted_and_paged() {
    let s = scene();
    let customer =
        s.create(&s.office, "customer", json!({ "name": "宏达运输" }))["id"].as_str().unwrap().to_owned();
    for n in 0..25 {
        let mut fields = registered();
        fields["content"] = json!(format!("第{n}台 变速箱漏油 B{:05}", n));
        if n % 5 != 0 {
            fields["severity"] = json!(["general", "serious"][n % 2]);
        }
        fields["received_at"] = json!(format!("2026-{:02}-15T08:00:00+08:00", n % 3 + 1));
        if n < 3 {
            fields["customer"] = json!(customer);
        }
        s.create(if n % 10 == 5 { &s.wang } else { &s.office }, "complaint", fields);
    }
    let total = |query: &str| s.list(&s.office, &format!("complaint?{query}"))["total"].clone();
    assert_eq!(total(""), 25);
    assert_eq!(total("filter=severity:serious"), 10);
    assert_eq!(total("filter=severity:serious|general"), 20);
    assert_eq!(total("filter=severity:"), 5);
    assert_eq!(total("filter=status:draft,severity:serious"), 10);
    assert_eq!(total("filter=status:closed"), 0);
    assert_eq!(total("filter=month:2026-01"), 9);
    assert_eq!(total("filter=received_at:2026-02-01..2026-03-01"), 8);
    assert_eq!(total("filter=received_at:2026-02-01..&filter=severity:serious"), 7);
    assert_eq!(total(&format!("filter=customer:{customer}")), 3);
    assert_eq!(total("filter=number:TS2026-00007"), 1);
    assert_eq!(total("filter=conflicts:1"), 0);
    assert_eq!(total(&format!("filter=created_by:{}", s.wang_id)), 2);
    // 漏油, 油漏, part of a serial, the number.
    assert_eq!(total("filter=text:%E6%BC%8F%E6%B2%B9"), 25);
    assert_eq!(total("filter=text:%E6%B2%B9%E6%BC%8F"), 0);
    assert_eq!(total("filter=text:B00012"), 1);
    assert_eq!(total("filter=text:0012"), 2, "the serial of one and the number of another");
    assert_eq!(total("filter=text:TS2026-00025"), 1);
    assert_eq!(s.list(&s.wang, "complaint")["total"], 2);
    assert_eq!(s.list(&s.wang, "complaint?filter=text:%E6%BC%8F%E6%B2%B9")["total"], 2);

    // Every sort, page by page, gives every row once and in order.
    for sort in ["severity", "-severity", "received_at", "-received_at", "number", "-created_at", "customer"]
    {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = s.list(&s.office, &format!("complaint?sort={sort}&limit=7&cursor={cursor}"));
            assert_eq!(page["total"], 25);
            for item in page["items"].as_array().unwrap() {
                seen.push((
                    item[sort.trim_start_matches('-')].clone(),
                    item["id"].as_str().unwrap().to_owned(),
                ));
            }
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen.len(), 25, "{sort}");
        let ids: std::collections::BTreeSet<&String> = seen.iter().map(|(_, id)| id).collect();
        assert_eq!(ids.len(), 25, "{sort}");
        let keys: Vec<String> = seen.iter().map(|(v, _)| v.as_str().unwrap_or("").to_owned()).collect();
        let mut sorted = keys.clone();
        sorted.sort();
        if sort.starts_with('-') {
            sorted.reverse();
        }
        assert_eq!(keys, sorted, "{sort}");
    }
    let page = s.list(&s.office, "complaint?sort=number&limit=1");
    assert_eq!(page["refs"][&customer], "宏达运输");
    assert_eq!(page["refs"][&s.office_id], "li先生");
    assert!(page["items"][0]["updated_at"].is_string());

    for (query, status, code) in [
        ("filter=nonsense:1", 422, "unknown_field"),
        ("filter=content:1", 422, "unknown_field"),
        ("filter=month:2026", 422, "wrong_type"),
        ("filter=received_at:x..", 422, "wrong_type"),
        ("filter=severity", 400, "bad_request"),
        ("sort=nonsense", 422, "unknown_field"),
        ("cursor=nonsense", 400, "bad_request"),
        ("limit=x", 400, "bad_request"),
    ] {
        refused(&s.get(&s.office, &format!("complaint?{query}")), status, code);
    }
    let next = page["next"].as_str().unwrap();
    refused(&s.get(&s.office, &format!("complaint?sort=severity&cursor={next}")), 400, "bad_request");
}

#[test]
fn reference_data_is_fetched_once() {
    let s = scene();
    let answer = s.server.get("/api/v1/reference", &s.wang);
    let data = answer.json();
    let complaint =
        data["schema"]["kinds"].as_array().unwrap().iter().find(|k| k["key"] == "complaint").unwrap().clone();
    assert_eq!(
        (&complaint["number_field"], &complaint["companion"]),
        (&json!("complaint_no"), &json!("handling"))
    );
    assert_eq!(complaint["fields"][0]["key"], "complaint_no");
    assert!(complaint["collections"][0]["fields"].is_array());
    assert_eq!(data["lifecycles"]["complaint"]["initial"], "draft");
    let steps = data["lifecycles"]["complaint"]["transitions"].as_array().unwrap();
    let step = steps.iter().find(|t| t["to"] == "registered").unwrap();
    assert!(step["requires"].as_array().unwrap().contains(&json!("content")));
    assert!(
        data["lists"].as_array().unwrap().iter().any(|l| l["key"] == "severity" && l["codes"].is_array())
    );
    assert_eq!(data["people"].as_array().unwrap().len(), 2);

    let version = data["version"].as_u64().unwrap();
    let same = s.server.get(&format!("/api/v1/reference?since={version}"), &s.wang).json();
    assert_eq!(same, json!({ "version": version, "changed": false }));
    let headers =
        format!("Authorization: Bearer {}\r\nIf-None-Match: {}\r\n", s.wang, answer.header("etag").unwrap());
    assert_eq!(s.server.raw("GET", "/api/v1/reference", &headers, b"").status, 304);
    s.server.add_user("new", Role::Engineer);
    let other = s.server.get(&format!("/api/v1/reference?since={version}"), &s.wang).json();
    assert_eq!(other["changed"], true);
    assert_eq!(other["people"].as_array().unwrap().len(), 3);
}
