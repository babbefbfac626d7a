//! What becomes of work that was done without coverage, while the office went on: DESIGN §5, line by line.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use common::Server;
use domain::authz::Role;
use domain::ids::{RecordId, UserId};
use phone::{Phone, words};
use serde_json::{Value, json};

/// An engineer with a visit, an office, and a second engineer.
struct Scene {
    server: Server,
    wang: Phone,
    office: Phone,
    zhao: Phone,
    visit: RecordId,
}

fn scene() -> Scene {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let zhao = server.add_user("zhao", Role::Engineer);
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    let mut wang = Phone::new(&server, "wang", wang, Role::Engineer);
    let zhao = Phone::new(&server, "zhao", zhao, Role::Engineer);
    let visit = office.create("visit", json!({}));
    office.assign(visit, Some(wang.user), &[]);
    assert_eq!(words(&office.push(&server)[&visit]), ["accepted", "accepted"]);
    wang.pull(&server);
    office.pull(&server);
    Scene { server, wang, office, zhao, visit }
}

fn part() -> Value {
    json!({ "part_name": "油封", "quantity": "2" })
}

impl Scene {
    fn push_by_wang(&mut self) -> Vec<String> {
        words(&self.wang.push(&self.server)[&self.visit])
    }
    fn office_does(&mut self, what: impl FnOnce(&mut Phone, RecordId)) {
        self.office.pull(&self.server);
        what(&mut self.office, self.visit);
        for result in self.office.push(&self.server).values() {
            assert!(words(result).iter().all(|w| w == "accepted"), "{result:?}");
        }
    }
    fn reassign(&mut self, to: UserId) {
        self.office_does(|office, visit| {
            office.assign(visit, Some(to), &[]);
        });
    }
    fn show(&self) -> Value {
        let office = self.office.token.clone();
        self.server.get(&format!("/api/v1/records/visit/{}", self.visit), &office).json()
    }
}

#[test]
fn assigned_then_and_now() {
    let mut s = scene();
    let id = s.visit;
    s.wang.set(id, "fault_cause", json!("油封老化"));
    s.wang.add(id, "parts", part());
    s.wang.event(id, "accepted");
    assert_eq!(s.push_by_wang(), ["accepted"; 3]);
    assert_eq!(s.show()["flags"], json!([]));
    assert_eq!(s.show()["status"], "accepted");
}

#[test]
fn reassigned_meanwhile_keeps_evidence_marked_and_proposes_the_rest() {
    let mut s = scene();
    let id = s.visit;
    s.wang.add(id, "parts", part());
    s.wang.set(id, "fault_cause", json!("油封老化"));
    let zhao = s.zhao.user;
    s.reassign(zhao);
    let result = s.wang.push(&s.server);
    assert_eq!(words(&result[&id]), ["accepted", "proposed"]);
    // He no longer sees the visit, so he learns nothing of it.
    assert!(result[&id].heads.is_empty() && result[&id].receipt.is_empty());
    assert_eq!(s.wang.pull(&s.server), (0, 0, 1));

    let shown = s.show();
    assert_eq!(shown["flags"], json!(["late"]));
    assert_eq!(shown["collections"]["parts"][0]["part_name"], "油封");
    assert!(shown["fields"]["fault_cause"].is_null());

    let list = s.server.get("/api/v1/proposals", &s.office.token).json();
    assert_eq!(list["total"], 1, "{list}");
    let waiting = &list["items"][0];
    assert_eq!(waiting["flag"], "late");
    assert_eq!(waiting["changes"], json!([{ "field": "fault_cause", "value": "油封老化", "current": null }]));
    let path = format!("/api/v1/proposals/{}", waiting["id"]);
    let decision = json!({ "decision": "accept", "note": "谢谢" });
    assert_eq!(s.server.request("POST", &path, Some(&s.wang.token), Some(&decision)).status, 403);
    assert_eq!(s.server.request("POST", &path, Some(&s.office.token), Some(&decision)).status, 204);
    assert_eq!(s.server.request("POST", &path, Some(&s.office.token), Some(&decision)).status, 404);
    assert_eq!(s.show()["fields"]["fault_cause"], "油封老化");

    s.wang.pull(&s.server);
    let decision = &s.wang.decisions[0];
    assert!(decision.accepted);
    assert_eq!((decision.note.as_str(), &decision.doc[..]), ("谢谢", &id.bytes()[..]));
    assert_eq!(s.server.get("/api/v1/proposals", &s.office.token).json()["total"], 0);
}

#[test]
fn of_two_decisions_at_once_one_holds_and_the_record_is_as_it_says() {
    let mut s = scene();
    for round in 0..12 {
        let wang = s.wang.user;
        let visit = s.office.create("visit", json!({}));
        s.office.assign(visit, Some(wang), &[]);
        s.office.push(&s.server);
        s.wang.pull(&s.server);
        s.office.pull(&s.server);
        s.wang.set(visit, "fault_cause", json!("油封老化"));
        s.office.assign(visit, None, &[]);
        s.office.push(&s.server);
        assert_eq!(words(&s.wang.push(&s.server)[&visit]), ["proposed"]);
        let list = s.server.get("/api/v1/proposals", &s.office.token).json();
        let path = format!("/api/v1/proposals/{}", list["items"][0]["id"]);
        let (server, token) = (&s.server, s.office.token.as_str());
        let gate = std::sync::Barrier::new(2);
        let decide = |decision: &str| {
            let body = json!({ "decision": decision });
            gate.wait();
            server.request("POST", &path, Some(token), Some(&body)).status
        };
        let (accepted, refused) = std::thread::scope(|scope| {
            let other = scope.spawn(|| decide("refuse"));
            (decide("accept"), other.join().unwrap())
        });
        let shown = server.get(&format!("/api/v1/records/visit/{visit}"), token).json();
        let merged = shown["fields"]["fault_cause"] == "油封老化";
        assert_eq!((accepted, refused), if merged { (204, 404) } else { (404, 204) }, "round {round}");
        s.wang.pull(&s.server);
        assert_eq!(s.wang.decisions.last().unwrap().accepted, merged, "round {round}");
    }
}

#[test]
fn what_a_push_was_denied_is_in_the_audit_log() {
    let mut s = scene();
    let id = s.visit;
    s.wang.set(id, "fault_cause", json!("油封老化"));
    let denied = || {
        let rows = s.server.audit();
        rows.into_iter().filter(|r| r.what == "denied").map(|r| (r.who, r.detail)).collect::<Vec<_>>()
    };
    s.wang.push(&s.server);
    assert_eq!(denied(), []);
    // Never his.
    let zhao = &s.zhao;
    let other = s.office.create("visit", json!({}));
    s.office.push(&s.server);
    let change = s.office.set(other, "fault_cause", json!("秘密"));
    let reply =
        zhao.send(&s.server, domain::wire::Push { items: vec![Phone::item(other, "visit", vec![change])] });
    let said = words(&reply.results[0]);
    let rows = denied();
    assert_eq!(rows.len(), 1, "{said:?} {rows:?}");
    let detail: Value = serde_json::from_str(&rows[0].1).unwrap();
    assert_eq!(rows[0].0, Some(zhao.user));
    assert_eq!(detail["records"], json!([{ "record": other, "codes": [said[0]] }]));
    assert_eq!(detail["count"], 1);
    assert!(!rows[0].1.contains("秘密"));
}

#[test]
fn a_proposal_that_was_turned_down_stays_so_and_takes_what_builds_on_it_along() {
    let mut s = scene();
    let id = s.visit;
    let first = s.wang.set(id, "fault_cause", json!("油封老化"));
    let second = s.wang.set(id, "solution", json!("更换"));
    let zhao = s.zhao.user;
    s.reassign(zhao);
    assert_eq!(s.push_by_wang(), ["proposed", "proposed"]);
    let list = s.server.get("/api/v1/proposals", &s.office.token).json();
    let path = format!("/api/v1/proposals/{}", list["items"][0]["id"]);
    let decision = json!({ "decision": "refuse" });
    assert_eq!(s.server.request("POST", &path, Some(&s.office.token), Some(&decision)).status, 204);
    assert_eq!(s.server.get("/api/v1/proposals", &s.office.token).json()["total"], 0);
    s.wang.pull(&s.server);
    assert_eq!(s.wang.decisions.iter().map(|d| d.accepted).collect::<Vec<_>>(), [false, false]);
    // The answer was lost and the phone sends both again.
    let reply = s
        .wang
        .send(&s.server, domain::wire::Push { items: vec![Phone::item(id, "visit", vec![first, second])] });
    assert_eq!(words(&reply.results[0]), ["forbidden_state", "forbidden_state"]);
    assert!(s.show()["fields"]["fault_cause"].is_null());
}

#[test]
fn never_assigned_is_refused() {
    let mut s = scene();
    let id = s.visit;
    // Zhao got hold of the document some other way.
    let held = s.wang.held.remove(&id).unwrap();
    s.zhao.held.insert(id, held);
    s.zhao.add(id, "parts", part());
    s.zhao.set(id, "fault_cause", json!("x"));
    let result = s.zhao.push(&s.server);
    assert_eq!(words(&result[&id]), ["forbidden_doc", "dependency_rejected"]);
    assert!(result[&id].heads.is_empty());
}

#[test]
fn core_fields_and_assignment_are_the_offices() {
    let mut s = scene();
    let id = s.visit;
    let zhao = s.zhao.user;
    s.wang.assign(id, Some(zhao), &[]);
    assert_eq!(s.push_by_wang(), ["forbidden_field"]);
    let complaint = s.wang.create("complaint", phone::complaint());
    s.wang.set(complaint, "complaint_no", json!("TS2026-09999"));
    assert_eq!(words(&s.wang.push(&s.server)[&complaint]), ["accepted", "forbidden_field"]);
}

#[test]
fn closed_meanwhile_keeps_evidence_marked_and_the_status() {
    let mut s = scene();
    let id = s.visit;
    s.wang.add(id, "parts", part());
    s.wang.set(id, "fault_cause", json!("油封老化"));
    s.office_does(|office, visit| {
        office.act(
            visit,
            domain::intent::Intent::Event {
                to: "cancelled".to_owned(),
                why: Some("客户取消".to_owned()),
                fields: serde_json::Map::new(),
                id: None,
            },
        );
    });
    assert_eq!(s.push_by_wang(), ["accepted", "proposed"]);
    let shown = s.show();
    assert_eq!((&shown["status"], &shown["flags"]), (&json!("cancelled"), &json!(["after_close"])));
    // Who knew that it was closed adds nothing more.
    s.wang.held.clear();
    s.wang.cursors.clear();
    s.wang.pull(&s.server);
    s.wang.add(id, "parts", part());
    assert_eq!(s.push_by_wang(), ["forbidden_state"]);
}

#[test]
fn a_disabled_user_and_a_revoked_device_push_nothing() {
    let mut s = scene();
    let id = s.visit;
    s.wang.add(id, "parts", part());
    let changes = s.wang.held[&id].pending.clone();
    let push = domain::wire::Push { items: vec![Phone::item(id, "visit", changes)] };
    let who = s.wang.user;
    s.server.write(move |tx| server::store::accounts::disable(tx, who, common::START));
    common::refused(&phone::post(&s.server, &s.wang.token, "push", &push), 403, "user_disabled");
    s.server.write(move |tx| server::store::accounts::enable(tx, who));
    assert_eq!(phone::post(&s.server, &s.wang.token, "push", &push).status, 200);

    let device = s.server.get("/api/v1/me", &s.zhao.token).json()["device"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/me/devices/{device}");
    assert_eq!(s.server.request("DELETE", &path, Some(&s.zhao.token), None).status, 204);
    common::refused(&phone::post(&s.server, &s.zhao.token, "push", &push), 403, "device_revoked");
}

/// An engineer who was taken off the visit and has a change that waits.
fn taken_off() -> (Scene, Vec<u8>) {
    let mut s = scene();
    let first = s.wang.set(s.visit, "fault_cause", json!("油封老化"));
    let zhao = s.zhao.user;
    s.reassign(zhao);
    (s, first)
}

impl Scene {
    fn decide(&self, n: &Value, decision: &str) -> common::Answer {
        let path = format!("/api/v1/proposals/{n}");
        self.server.request("POST", &path, Some(&self.office.token), Some(&json!({ "decision": decision })))
    }
    fn proposals(&self) -> Vec<Value> {
        let list = self.server.get("/api/v1/proposals", &self.office.token).json();
        list["items"].as_array().unwrap().clone()
    }
}

#[test]
fn what_is_forbidden_does_not_wait_behind_a_proposal() {
    let (mut s, first) = taken_off();
    let id = s.visit;
    let wang = s.wang.user;
    s.wang.assign(id, None, &[]);
    s.wang.set(id, "solution", json!("更换"));
    assert_eq!(s.push_by_wang(), ["proposed", "forbidden_field", "dependency_rejected"]);
    assert_eq!(s.proposals().len(), 1);
    // Once the first waits, the same.
    s.wang.held.clear();
    s.wang.cursors.clear();
    s.reassign(wang);
    s.wang.pull(&s.server);
    s.wang.held.get_mut(&id).unwrap().record.apply(&[&first]).unwrap();
    let honest = s.wang.set(id, "solution", json!("更换"));
    let ours = s.wang.held[&id].record.clone();
    s.wang.set(id, "visit_no", json!("FW2026-00099"));
    assert_eq!(s.push_by_wang(), ["proposed", "forbidden_field"]);
    s.wang.held.get_mut(&id).unwrap().record = ours;
    let waiting = s.proposals();
    assert_eq!(waiting.len(), 2);
    assert_eq!(s.decide(&waiting[0]["id"], "refuse").status, 204);
    // And after it was turned down, nothing builds on it any more.
    let push = domain::wire::Push { items: vec![Phone::item(id, "visit", vec![honest])] };
    assert_eq!(words(&s.wang.send(&s.server, push).results[0]), ["forbidden_state"]);
    s.wang.set(id, "fault_cause", json!("缺油"));
    assert_eq!(s.push_by_wang(), ["dependency_rejected"]);
    assert_eq!(s.proposals().len(), 0);
}

#[test]
fn the_office_can_only_turn_down_what_nobody_may_do() {
    let (mut s, _) = taken_off();
    let id = s.visit;
    let wang = s.wang.user;
    let stored = s.wang.assign(id, None, &[]);
    s.wang.held.get_mut(&id).unwrap().pending.truncate(1);
    assert_eq!(s.push_by_wang(), ["proposed"]);
    // Kept by a server that did not look.
    let hash = domain::guard::parse(&stored, &domain::guard::Limits::default()).unwrap().hash;
    s.server.write(move |tx| {
        let n = server::store::documents::position(tx, id)?.unwrap().n;
        let new = server::store::proposals::New { hash, data: stored, flag: "late" };
        server::store::proposals::keep(tx, n, &new, wang, None, common::START)
    });
    let waiting = s.proposals();
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[1]["changes"][0]["field"], format!("assign/{wang}"));
    common::refused(&s.decide(&waiting[1]["id"], "accept"), 403, "forbidden_field");
    assert!(s.show()["fields"]["fault_cause"].is_null());
    assert_eq!(s.decide(&waiting[1]["id"], "refuse").status, 204);
    assert_eq!(s.decide(&waiting[0]["id"], "accept").status, 204);
    assert_eq!(s.show()["fields"]["fault_cause"], "油封老化");
    assert_eq!(s.show()["assign"]["lead"], json!(s.zhao.user));
}
