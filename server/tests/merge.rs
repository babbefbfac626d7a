//! Customers that were entered twice: merged, found by either name, and taken apart again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Answer, Server, refused};
use domain::authz::Role;
use serde_json::{Value, json};

struct Scene {
    server: Server,
    office: String,
    wang: String,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        server.add_user("wang", Role::Engineer);
        server.add_user("li", Role::Office);
        let (office, wang) = (server.login("li").access, server.login("wang").access);
        Self { server, office, wang }
    }
    fn make(&self, kind: &str, fields: Value) -> String {
        let path = format!("/api/v1/records/{kind}");
        let body = json!([{ "cmd": "create", "fields": fields }]);
        let answer = self.server.request("POST", &path, Some(&self.office), Some(&body));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }
    fn customer(&self, name: &str) -> String {
        self.make("customer", json!({ "name": name }))
    }
    fn complaint(&self, customer: &str) -> String {
        self.make("complaint", json!({ "content": "漏油", "customer": customer }))
    }
    fn merge(&self, token: &str, source: &str, into: Value) -> Answer {
        let path = format!("/api/v1/records/customer/{source}/merge");
        self.server.request("POST", &path, Some(token), Some(&json!({ "into": into })))
    }
    fn merged(&self, source: &str, into: Value) {
        let answer = self.merge(&self.office, source, into);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    fn get(&self, path: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/{path}"), &self.office);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
    /// Complaints of a customer, and the customer that the rows name.
    fn of(&self, customer: &str) -> (usize, Vec<String>) {
        let page = self.get(&format!("records/complaint?filter=customer:{customer}"));
        let mut named: Vec<String> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["customer"].as_str().unwrap().to_owned())
            .collect();
        named.dedup();
        (page["total"].as_u64().unwrap().try_into().unwrap(), named)
    }
    fn sound(&self) {
        let (_, differences) = self.server.state.ledger.verify().unwrap();
        assert_eq!(differences, []);
    }
}

#[test]
fn references_follow_and_come_back() {
    let s = Scene::new();
    let (a, b) = (s.customer("海岚汽车电子有限公司"), s.customer("海岚电子"));
    let (of_a, of_b) = (s.complaint(&a), s.complaint(&b));
    s.merged(&b, json!(a));
    // Either id finds the records of both, and they name the one that stayed.
    assert_eq!(s.of(&a), (2, vec![a.clone()]));
    assert_eq!(s.of(&b), (2, vec![a.clone()]));
    assert_eq!(s.get(&format!("records/complaint/{of_b}"))["fields"]["customer"], a.as_str());
    let page = s.get(&format!("records/complaint?filter=customer:{b}"));
    assert_eq!(page["refs"][&a], "海岚汽车电子有限公司");
    // A record written later under the old id comes to the same.
    let late = s.complaint(&b);
    assert_eq!(s.of(&a).0, 3);
    s.sound();
    // The old name finds the file that stayed; both histories are there.
    let found = s.get("search?q=%E6%B5%B7%E5%B2%9A%E7%94%B5%E5%AD%90");
    assert_eq!(found["items"][0]["id"], a.as_str());
    assert_eq!(found["total"], 1);
    let history = s.get(&format!("records/customer/{b}/history"));
    assert!(history["items"].as_array().unwrap().iter().any(|i| i["field"] == "merged_into"));
    let history = s.get(&format!("records/complaint/{of_b}/history"));
    assert!(history["items"].as_array().unwrap().iter().any(|i| i["value"] == b.as_str()), "{history}");

    s.merged(&b, Value::Null);
    assert_eq!(s.of(&a), (1, vec![a.clone()]));
    assert_eq!(s.of(&b), (2, vec![b.clone()]));
    for (complaint, customer) in [(&of_a, &a), (&of_b, &b), (&late, &b)] {
        assert_eq!(s.get(&format!("records/complaint/{complaint}"))["fields"]["customer"], customer.as_str());
    }
    s.sound();
}

#[test]
fn chains_and_circles_have_one_end() {
    let s = Scene::new();
    let ids: Vec<String> = ["一厂", "二厂", "三厂", "四厂"].iter().map(|n| s.customer(n)).collect();
    let complaints: Vec<String> = ids.iter().map(|id| s.complaint(id)).collect();
    s.merged(&ids[0], json!(ids[1]));
    s.merged(&ids[1], json!(ids[2]));
    for id in &ids[..3] {
        assert_eq!(s.of(id), (3, vec![ids[2].clone()]));
    }
    s.sound();
    // The middle of the chain is taken out: what was merged into it stays with it.
    s.merged(&ids[1], Value::Null);
    assert_eq!(s.of(&ids[0]), (2, vec![ids[1].clone()]));
    assert_eq!(s.of(&ids[2]), (1, vec![ids[2].clone()]));
    s.merged(&ids[1], json!(ids[3]));
    assert_eq!(s.of(&ids[0]), (3, vec![ids[3].clone()]));
    // One request cannot close a circle; two people who do not know of each other can.
    refused(&s.merge(&s.office, &ids[3], json!(ids[0])), 400, "bad_request");
    let set = json!([{ "cmd": "set", "field": "merged_into", "value": ids[0] }]);
    let path = format!("/api/v1/records/customer/{}/intents", ids[3]);
    assert_eq!(s.server.request("POST", &path, Some(&s.office), Some(&set)).status, 200);
    let smallest = [&ids[0], &ids[1], &ids[3]].into_iter().min().unwrap().clone();
    for id in [&ids[0], &ids[1], &ids[3]] {
        assert_eq!(s.of(id), (3, vec![smallest.clone()]));
    }
    s.sound();
    // A reference that is changed while it is merged is that of its new customer, also after the merging is undone.
    let path = format!("/api/v1/records/complaint/{}/intents", complaints[0]);
    let set = json!([{ "cmd": "set", "field": "customer", "value": ids[2] }]);
    assert_eq!(s.server.request("POST", &path, Some(&s.office), Some(&set)).status, 200);
    for id in [&ids[0], &ids[1], &ids[3]] {
        s.merged(id, Value::Null);
    }
    assert_eq!(s.of(&ids[0]).0, 0);
    assert_eq!(s.of(&ids[1]).0, 1);
    assert_eq!(s.of(&ids[2]).0, 2);
    s.sound();
}

#[test]
fn a_rebuild_gives_the_same() {
    let s = Scene::new();
    let (a, b, c) = (s.customer("甲"), s.customer("乙"), s.customer("丙"));
    s.complaint(&b);
    s.merged(&b, json!(c));
    s.complaint(&b);
    s.merged(&c, json!(a));
    s.complaint(&c);
    let before = s.of(&b);
    assert_eq!(before, (3, vec![a]));
    s.server.state.ledger.rebuild().unwrap();
    assert_eq!(s.of(&b), before);
    s.sound();
}

#[test]
fn who_may_merge_what() {
    let s = Scene::new();
    let (a, b) = (s.customer("甲"), s.customer("乙"));
    let complaint = s.complaint(&a);
    refused(&s.merge(&s.wang, &b, json!(a)), 403, "forbidden_doc");
    refused(&s.merge(&s.office, &b, json!(b)), 400, "bad_request");
    refused(&s.merge(&s.office, &b, json!(complaint)), 404, "not_found");
    refused(&s.merge(&s.office, &b, json!("01930000-0000-7000-8000-000000000001")), 404, "not_found");
    let path = format!("/api/v1/records/customer/{b}/merge");
    refused(&s.server.request("POST", &path, Some(&s.office), Some(&json!({}))), 400, "bad_request");
    let path = format!("/api/v1/records/complaint/{complaint}/merge");
    let body = json!({ "into": complaint });
    refused(&s.server.request("POST", &path, Some(&s.office), Some(&body)), 422, "unknown_field");
}

#[test]
fn an_export_names_the_customer_that_stays() {
    use server::export::{Format, Request, export};
    let s = Scene::new();
    let (a, b) = (s.customer("海岚汽车"), s.customer("海蓝汽车"));
    s.complaint(&b);
    s.merged(&b, json!(a));
    let file = |kind: &str| {
        let out = s.server.dir.path().join("out.csv");
        export(&s.server.state.records, &Request { kind, format: Format::Csv, month: None }, &out).unwrap();
        std::fs::read_to_string(&out).unwrap()
    };
    let complaints = file("complaint");
    assert!(complaints.contains("海岚汽车") && !complaints.contains("海蓝汽车"), "{complaints}");
    // What was merged into what is told as it was done.
    s.merged(&a, json!(s.customer("海澜汽车")));
    let customers = file("customer");
    let line = customers.lines().find(|l| l.contains("海蓝汽车")).unwrap();
    assert!(line.contains("海岚汽车") && !line.contains("海澜汽车"), "{line}");
}

#[test]
fn an_import_knows_every_spelling() {
    let s = Scene::new();
    let (a, b) = (s.customer("海岚汽车电子有限公司"), s.customer("渭滨电缆"));
    s.merged(&b, json!(a));
    let file = s.server.dir.path().join("台账.csv");
    std::fs::write(
        &file,
        "客户名称,投诉内容,接收日期\n渭滨电缆,漏油,2026-03-01\n海岚汽车电子,异响,2026-03-02\n",
    )
    .unwrap();
    let outcome = server::import::import(&s.server.state.records, "complaint", &file, false).unwrap();
    assert_eq!((outcome.summary.created, outcome.new_customers), (2, 0), "{:?}", outcome.summary);
    assert_eq!(s.server.audited("import"), 1);
    assert_eq!(s.of(&a), (2, vec![a.clone()]));
    // Written as it is, not as it was: taking the merging back leaves them with the file that stayed.
    s.merged(&b, Value::Null);
    assert_eq!(s.of(&a).0, 2);
}
