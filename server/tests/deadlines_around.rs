//! Deadlines that rest on other records, or outlast their own: a product's warranty, a corrective action, a promise.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod steps;

use common::{PASSWORD, START, Server};
use domain::authz::Role;
use domain::time::{Timestamp, Zone};
use serde_json::{Value, json};
use steps::Steps;

const DAY: i64 = 24 * 3_600_000;

struct Office {
    server: Server,
    li: String,
}

impl Office {
    fn new() -> Self {
        let server = Server::start();
        let li = server.add_user("li", Role::Admin).to_string();
        server.add_user("wang", Role::Engineer);
        Self { server, li }
    }

    /// Access tokens live ten minutes, and these tests go through days.
    fn token(&self, name: &str) -> String {
        self.server.try_login(name, PASSWORD, None).json()["access"].as_str().unwrap().to_owned()
    }

    fn create(&self, kind: &str, fields: Value) -> String {
        let body = json!([{ "cmd": "create", "fields": fields }]);
        let path = format!("/api/v1/records/{kind}");
        let made = self.server.request("POST", &path, Some(&self.token("li")), Some(&body));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    fn set(&self, path: &str, field: &str, value: Value) {
        let body = json!([{ "cmd": "set", "field": field, "value": value }]);
        let path = format!("/api/v1/records/{path}/intents");
        let done = self.server.request("POST", &path, Some(&self.token("li")), Some(&body));
        assert_eq!(done.status, 200, "{}", done.text());
    }

    fn step(&self, kind: &str, id: &str, to: &str) {
        let token = self.token("li");
        Steps { server: &self.server, token: &token, person: &self.li }.to(kind, id, to);
    }

    /// Kind and state of what is listed under a rule.
    fn listed(&self, rule: &str) -> Vec<(String, String)> {
        let page = self.server.get(&format!("/api/v1/deadlines?rule={rule}"), &self.token("li")).json();
        let items = page["items"].as_array().unwrap();
        assert_eq!(page["total"], items.len());
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        items.iter().map(|i| (text(&i["kind"]), text(&i["state"]))).collect()
    }

    /// How a rule stands on the record's page.
    fn shown(&self, path: &str, rule: &str) -> Option<String> {
        let page = self.server.get(&format!("/api/v1/records/{path}"), &self.token("li")).json();
        let all = page["deadlines"].as_array().unwrap();
        all.iter().find(|d| d["rule"] == rule).map(|d| d["state"].as_str().unwrap().to_owned())
    }

    /// What is kept is what the documents say, and what a rebuild makes of them.
    fn is_sound(&self) {
        let list = || self.server.get("/api/v1/deadlines?limit=500", &self.token("li")).json();
        let before = list();
        assert_eq!(self.server.state.ledger.verify().unwrap().1, []);
        self.server.state.ledger.rebuild().unwrap();
        assert_eq!(self.server.state.ledger.verify().unwrap().1, []);
        assert_eq!(list(), before);
    }
}

fn of(kind: &str, state: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), state.to_owned())]
}

#[test]
fn a_products_warranty_counts_for_the_visit() {
    let s = Office::new();
    let product = json!({ "name": "变速箱", "accepted_on": "2025-03-02", "default_warranty_months": 12 });
    let product = s.create("product_item", product);
    let fields = json!({ "product": product, "requested_at": "2026-03-02 08:30" });
    let visit = s.create("visit", fields);
    let path = format!("visit/{visit}");
    // Its last day is today, and that counts.
    assert_eq!(s.listed("L22"), of("visit", "running"));
    s.server.clock.advance(10 * DAY);
    assert_eq!(s.listed("L22"), of("visit", "missed"));
    assert_eq!(s.shown(&path, "L22").as_deref(), Some("missed"));
    s.is_sound();
    let file = format!("product_item/{product}");
    s.set(&file, "accepted_on", json!("2025-03-01"));
    assert_eq!(s.listed("L22"), []);
    assert_eq!(s.shown(&path, "L22"), None);
    s.set(&file, "default_warranty_months", json!(13));
    assert_eq!(s.listed("L22"), of("visit", "missed"));
    // Somebody's decision about the job stands above the product's dates.
    s.set(&path, "warranty_override", json!("out_of_warranty"));
    assert_eq!(s.listed("L22"), []);
    assert_eq!(s.shown(&path, "L22"), None);
    s.set(&path, "warranty_override", json!("lifetime"));
    assert_eq!(s.listed("L22"), of("visit", "missed"));
    // An order says nothing of the warranty, or says that a contract decides.
    let task = s.create("task", json!({ "product": product, "requested_at": "2026-03-11 08:30" }));
    assert_eq!(s.shown(&format!("task/{task}"), "L22").as_deref(), Some("running"));
    s.set(&format!("task/{task}"), "warranty_status", json!("by_contract"));
    assert_eq!(s.shown(&format!("task/{task}"), "L22"), None);
    s.is_sound();
}

#[test]
fn a_corrective_action_answers_for_its_complaint() {
    let s = Office::new();
    let fields = json!({ "content": "漏油", "received_at": "2026-03-02 08:00", "is_quality_related": true });
    let complaint = s.create("complaint", fields);
    s.set(&format!("complaint/{complaint}"), "served_at", json!("2026-03-02 08:30"));
    assert_eq!(s.listed("L6"), of("complaint", "running"));
    let action = s.create("corrective_action", json!({ "ca_type": "8d", "complaint": complaint }));
    assert_eq!(s.listed("L6"), of("corrective_action", "running"));
    assert_eq!(s.shown(&format!("complaint/{complaint}"), "L6"), None);
    s.is_sound();
    // It was meant for another complaint.
    let other = s.create("complaint", json!({ "content": "异响", "received_at": "2026-03-02 08:00" }));
    s.set(&format!("corrective_action/{action}"), "complaint", json!(other));
    assert_eq!(s.listed("L6").len(), 2);
    s.set(&format!("corrective_action/{action}"), "complaint", json!(complaint));
    assert_eq!(s.listed("L6"), of("corrective_action", "running"));
    s.step("corrective_action", &action, "cancelled");
    assert_eq!(s.listed("L6"), of("complaint", "running"));
    s.is_sound();
}

/// An engineer presses 到达 on the visit, and not on the order that it carries out as well.
#[test]
fn what_is_done_on_the_visit_is_done_for_the_order() {
    let s = Office::new();
    let fields = json!({ "requested_at": "2026-03-02 08:30", "appointment_at": "2026-03-02 11:00" });
    let task = s.create("task", fields);
    s.server.clock.advance(3 * 3_600_000);
    assert_eq!(s.listed("L13"), of("task", "missed"));
    let fields =
        json!({ "task": task, "requested_at": "2026-03-02 08:30", "arrived_at": "2026-03-02 10:55" });
    let visit = s.create("visit", fields);
    assert_eq!(s.listed("L13"), []);
    assert_eq!(s.shown(&format!("task/{task}"), "L13").as_deref(), Some("met"));
    s.is_sound();
    let path = format!("visit/{visit}");
    s.set(&path, "task", Value::Null);
    assert_eq!(s.listed("L13"), of("task", "missed"));
    s.set(&path, "task", json!(task));
    assert_eq!(s.listed("L13"), []);
    s.step("visit", &visit, "cancelled");
    assert_eq!(s.listed("L13"), of("task", "missed"));
    s.is_sound();
}

#[test]
fn a_promise_outlasts_the_review() {
    let s = Office::new();
    let customer = s.create("customer", json!({ "name": "宏达运输" }));
    let call = json!({ "customer": customer, "visited_at": "2026-03-02 08:30", "needs_reply": true,
        "trigger": "planned", "method": "routine_phone" });
    let id = s.create("return_visit", call);
    for to in ["visited", "recorded", "reported", "reviewed"] {
        s.step("return_visit", &id, to);
    }
    assert_eq!(s.listed("L35"), of("return_visit", "running"), "an answer is still owed");
    assert_eq!(s.listed("L31"), [], "the report was reviewed");
    s.server.clock.advance(3 * DAY);
    assert_eq!(s.listed("L35"), of("return_visit", "missed"));
    s.is_sound();
    s.set(&format!("return_visit/{id}"), "answered_at", json!("2026-03-05 08:00"));
    assert_eq!(s.listed("L35"), []);
    s.is_sound();
    s.set(&format!("return_visit/{id}"), "answered_at", Value::Null);
    assert_eq!(s.listed("L35"), of("return_visit", "missed"));
    s.step("return_visit", &id, "archived");
    assert_eq!(s.listed("L35"), [], "nobody can note an answer any more");
    s.is_sound();
}

#[test]
fn a_report_that_turns_out_to_be_due_is_owed_after_closing() {
    let s = Office::new();
    let fields = json!({ "content": "漏油", "is_quality_related": false, "record_kind": "information" });
    let id = s.create("complaint", fields);
    for to in ["registered", "assessing", "closed"] {
        s.step("complaint", &id, to);
    }
    let path = format!("complaint/{id}");
    assert_eq!(s.listed("L50"), []);
    s.is_sound();
    s.set(&path, "regulatory_reportable", json!(true));
    assert_eq!(s.listed("L50"), of("complaint", "running"));
    s.is_sound();
    s.set(&path, "reported_at", json!("2026-03-02 08:59"));
    assert_eq!(s.listed("L50"), []);
    s.is_sound();
    assert_eq!(START, Timestamp::parse("2026-03-02 09:00", &Zone::default()).unwrap().0);
}
