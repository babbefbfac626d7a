//! A complaint's whole way over JSON, and what damage beside it does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;
mod steps;

use common::{Server, refused};
use domain::authz::Role;
use phone::{Phone, complaint, words};
use rusqlite::Connection;
use serde_json::json;
use steps::Steps;

const TO_CALLBACK: [&str; 9] = [
    "registered",
    "assessing",
    "accepted",
    "assigned",
    "analysing",
    "plan_review",
    "executing",
    "replied",
    "callback",
];

#[test]
fn the_first_dissatisfaction_reopens_and_the_second_goes_to_the_leader() {
    let server = Server::start();
    let li = server.add_user("li", Role::Admin).to_string();
    let token = server.login("li").access;
    let customer = json!([{ "cmd": "create", "fields": { "name": "海岚" } }]);
    let customer =
        server.request("POST", "/api/v1/records/customer", Some(&token), Some(&customer)).json()["id"]
            .clone();
    let fields = json!({ "content": "漏油", "is_quality_related": false, "customer": customer });
    let create = json!([{ "cmd": "create", "fields": fields }]);
    let made = server.request("POST", "/api/v1/records/complaint", Some(&token), Some(&create)).json();
    let id = made["id"].as_str().unwrap();
    let steps = Steps { server: &server, token: &token, person: &li };
    for to in TO_CALLBACK {
        steps.to("complaint", id, to);
    }
    refused(&steps.once("complaint", id, "leader_decision"), 422, "unmet");
    for to in ["reopened", "executing", "replied", "callback"] {
        steps.to("complaint", id, to);
    }
    refused(&steps.once("complaint", id, "reopened"), 422, "unmet");
    for to in ["leader_decision", "replied", "callback", "closed"] {
        steps.to("complaint", id, to);
    }
    let shown = server.get(&format!("/api/v1/records/complaint/{id}"), &token).json();
    assert_eq!(shown["status"], "closed");
}

#[test]
fn nothing_of_the_handling_lies_before_the_receipt() {
    let server = Server::start();
    server.add_user("li", Role::Office);
    let token = server.login("li").access;
    let fields = json!({ "content": "漏油", "received_at": "2026-03-01T08:30:00+08:00" });
    let create = json!([{ "cmd": "create", "fields": fields }]);
    let path = "/api/v1/records/complaint";
    let made = server.request("POST", path, Some(&token), Some(&create)).json();
    let act = |field: &str, value: &str| {
        let set = json!([{ "cmd": "set", "field": field, "value": value }]);
        let path = format!("{path}/{}/intents", made["id"].as_str().unwrap());
        server.request("POST", &path, Some(&token), Some(&set))
    };
    let early = act("replied_at", "2026-03-01T08:29:00+08:00");
    let params = early.json()["params"].clone();
    refused(&early, 422, "out_of_order");
    assert_eq!((&params["field"], &params["other"]), (&json!("replied_at"), &json!("received_at")));
    refused(&act("completed_on", "2026-02-28"), 422, "out_of_order");
    assert_eq!(act("replied_at", "2026-03-01T08:30:00+08:00").status, 200);
    // Nor is the receipt moved behind the reply.
    refused(&act("received_at", "2026-03-01T08:31:00+08:00"), 422, "out_of_order");
    assert_eq!(act("received_at", "2026-03-01T08:00:00+08:00").status, 200);
}

#[test]
fn a_companion_that_cannot_be_read_stops_nothing_but_its_own_record() {
    let server = Server::start();
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    let ids = [(); 2].map(|()| office.create("complaint", complaint()));
    for id in ids {
        office.create_as("handling", id.companion("handling"), json!({ "cause": "油封老化" }));
    }
    office.push(&server);
    let db = Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let damaged = db
        .execute(
            "UPDATE doc_blob SET data = substr(data, 1, length(data) - 1)
             WHERE doc = (SELECT n FROM doc WHERE id = ?1)",
            [ids[0].companion("handling").bytes()],
        )
        .unwrap();
    assert_eq!(damaged, 1);
    for id in ids {
        office.set(id, "channel", json!("phone"));
    }
    let results = office.push(&server);
    assert_eq!(words(&results[&ids[0]]), ["server_fault"]);
    assert_eq!(words(&results[&ids[1]]), ["accepted"]);
}

#[test]
fn the_handling_of_an_archived_complaint_is_archived_with_it() {
    let server = Server::start();
    let li = server.add_user("li", Role::Admin);
    let token = server.login("li").access;
    let customer = json!([{ "cmd": "create", "fields": { "name": "海岚" } }]);
    let customer =
        server.request("POST", "/api/v1/records/customer", Some(&token), Some(&customer)).json()["id"]
            .clone();
    let fields = json!({ "content": "询问保养周期", "record_kind": "consultation", "is_quality_related": false,
        "customer": customer });
    let create = json!([{ "cmd": "create", "fields": fields },
        { "cmd": "set", "field": "cause", "value": "不详" }]);
    let made = server.request("POST", "/api/v1/records/complaint", Some(&token), Some(&create)).json();
    let id = made["id"].as_str().unwrap();
    let mut phone = Phone::new(&server, "li", li, Role::Admin);
    phone.pull(&server);
    let steps = Steps { server: &server, token: &token, person: &li.to_string() };
    for to in ["registered", "assessing", "closed", "archived"] {
        steps.to("complaint", id, to);
    }
    let path = format!("/api/v1/records/complaint/{id}");
    let before = server.get(&path, &token).json();
    for field in ["cause", "reply_text"] {
        let set = json!([{ "cmd": "set", "field": field, "value": "改过" }]);
        refused(
            &server.request("POST", &format!("{path}/intents"), Some(&token), Some(&set)),
            403,
            "forbidden_state",
        );
    }
    assert_eq!(before["rights"]["edit"], json!([]), "nothing of it is offered");
    // Who was offline meanwhile asks the office.
    let companion = domain::ids::RecordId(id.parse().unwrap()).companion("handling");
    phone.set(companion, "cause", json!("改过"));
    assert_eq!(words(&phone.push(&server)[&companion]), ["proposed"]);
    assert_eq!(server.get(&path, &token).json()["fields"], before["fields"]);
}
