//! One document that cannot be read stops nothing but itself, and goes out when it can be read again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use common::Server;
use domain::authz::Role;
use domain::ids::RecordId;
use phone::{Phone, complaint, words};
use rusqlite::Connection;
use serde_json::{Value, json};
use server::export::{Format, Request, export};

struct Disk(Connection);

impl Disk {
    fn of(server: &Server) -> Self {
        let db = Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        Self(db)
    }

    /// Takes the last byte of a document away.
    fn damage(&self, id: RecordId) {
        let damaged = self.0.execute(
            "UPDATE doc_blob SET data = substr(data, 1, length(data) - 1)
             WHERE doc = (SELECT n FROM doc WHERE id = ?1)",
            [id.bytes()],
        );
        assert_eq!(damaged.unwrap(), 1);
    }

    fn blob(&self, id: RecordId) -> Vec<u8> {
        let of = "SELECT data FROM doc_blob WHERE doc = (SELECT n FROM doc WHERE id = ?1)";
        self.0.query_row(of, [id.bytes()], |r| r.get(0)).unwrap()
    }

    fn put(&self, id: RecordId, blob: &[u8]) {
        let of = "UPDATE doc_blob SET data = ?2 WHERE doc = (SELECT n FROM doc WHERE id = ?1)";
        self.0.execute(of, rusqlite::params![id.bytes(), blob]).unwrap();
    }
}

fn office(server: &Server) -> Phone {
    let li = server.add_user("li", Role::Admin);
    Phone::new(server, "li", li, Role::Admin)
}

#[test]
fn a_push_goes_on_without_it_and_so_does_an_offer() {
    let server = Server::start();
    let mut office = office(&server);
    let ids = [(); 2].map(|()| office.create("complaint", complaint()));
    office.push(&server);
    office.pull(&server);
    Disk::of(&server).damage(ids[0]);
    for id in ids {
        office.set(id, "channel", json!("phone"));
    }
    let results = office.push(&server);
    assert_eq!(words(&results[&ids[0]]), ["server_fault"]);
    assert_eq!(words(&results[&ids[1]]), ["accepted"]);
    assert_eq!(office.offer(&server), 0);
}

#[test]
fn a_page_goes_on_without_it_and_brings_it_once_it_can_be_read() {
    let server = Server::start();
    let mut office = office(&server);
    let ids = [(); 3].map(|()| office.create("complaint", complaint()));
    office.push(&server);
    let disk = Disk::of(&server);
    let sound = disk.blob(ids[1]);
    disk.damage(ids[1]);
    let zhou = server.add_user("zhou", Role::Office);
    let mut zhou = Phone::new(&server, "zhou", zhou, Role::Office);
    assert_eq!(zhou.pull_by(&server, 1), (0, 2, 0));
    assert_eq!(zhou.snapshots(&server, &ids).docs.len(), 2);
    // Nothing has changed yet.
    server.state.ledger.keep_up().unwrap();
    assert_eq!(zhou.pull(&server), (0, 0, 0));
    disk.put(ids[1], &sound);
    server.state.ledger.keep_up().unwrap();
    assert_eq!(zhou.pull(&server), (0, 1, 0));
    assert_eq!(zhou.value(ids[1], "content"), "变速箱漏油");
    // Once, and as an ordinary record from then on.
    server.state.ledger.rebuild().unwrap();
    assert_eq!(zhou.pull(&server), (0, 0, 0));
    zhou.set(ids[1], "channel", json!("phone"));
    assert_eq!(words(&zhou.push(&server)[&ids[1]]), ["accepted"]);
    assert_eq!(server.state.ledger.verify().unwrap().1, []);
}

#[test]
fn other_proposals_are_still_shown() {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let mut office = office(&server);
    let mut wang = Phone::new(&server, "wang", wang, Role::Engineer);
    let ids = [(); 2].map(|()| office.create("visit", json!({})));
    for id in ids {
        office.assign(id, Some(wang.user), &[]);
    }
    office.push(&server);
    wang.pull(&server);
    for id in ids {
        wang.set(id, "fault_cause", json!("油封老化"));
        office.assign(id, None, &[]);
    }
    office.push(&server);
    for result in wang.push(&server).values() {
        assert_eq!(words(result), ["proposed"]);
    }
    Disk::of(&server).damage(ids[0]);
    let list = server.get("/api/v1/proposals", &office.token).json();
    let changes = |id: RecordId| {
        let items = list["items"].as_array().unwrap();
        items.iter().find(|i| i["record"] == json!(id)).unwrap()["changes"].clone()
    };
    assert_eq!(changes(ids[0]), Value::Null);
    assert_eq!(changes(ids[1])[0]["value"], "油封老化");
}

#[test]
fn retention_and_exports_leave_it_out_and_an_import_waits_for_it() {
    let server = Server::start();
    let mut office = office(&server);
    let surveys = [(); 2].map(|()| {
        let intents = json!([
            { "cmd": "create", "fields": { "template": "callback" } },
            { "cmd": "event", "to": "voided", "why": "重复" },
            { "cmd": "event", "to": "archived" },
        ]);
        let path = "/api/v1/records/survey";
        let made = server.request("POST", path, Some(&office.token), Some(&intents));
        assert_eq!(made.status, 201, "{}", made.text());
        serde_json::from_value::<RecordId>(made.json()["id"].clone()).unwrap()
    });
    let customers = ["海岚汽车", "宏达运输"].map(|name| office.create("customer", json!({ "name": name })));
    for result in office.push(&server).values() {
        assert!(words(result).iter().all(|w| w == "accepted"), "{result:?}");
    }
    let disk = Disk::of(&server);
    disk.damage(surveys[0]);
    disk.damage(customers[0]);

    let out = server.dir.path().join("customers.json");
    let request = Request { kind: "customer", format: Format::Json, month: None };
    let exported = export(&server.state.records, &request, &out).unwrap();
    assert_eq!((exported.rows, exported.unreadable), (1, vec![customers[0]]));
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.contains("宏达运输") && !text.contains("海岚汽车"), "{text}");
    let of_surveys = Request { kind: "survey", ..request };
    let before = export(&server.state.records, &of_surveys, &out).unwrap();
    assert_eq!((before.rows, before.unreadable), (1, vec![surveys[0]]));

    // The ledger names both; neither is made a second time.
    let file = server.dir.path().join("投诉.csv");
    std::fs::write(&file, "客户,投诉内容,投诉渠道\n海岚汽车,漏油,电话\n宏达运输,异响,电话\n").unwrap();
    let done = server::import::import(&server.state.records, "complaint", &file, false).unwrap();
    assert_eq!((done.summary.created, done.new_customers), (2, 0), "{:?}", done.summary);
    let rows = server.get("/api/v1/records/complaint?sort=created_at", &office.token).json();
    let named: Vec<&Value> = rows["items"].as_array().unwrap().iter().map(|r| &r["customer"]).collect();
    assert!(named.contains(&&json!(customers[0])), "{rows}");
    // A row whose own record cannot be read waits; the others are taken.
    let made = rows["items"].as_array().unwrap().iter().find(|r| r["customer"] == json!(customers[0]));
    let made: RecordId = serde_json::from_value(made.unwrap()["id"].clone()).unwrap();
    disk.damage(made);
    let again = server::import::import(&server.state.records, "complaint", &file, false).unwrap();
    let summary = again.summary;
    assert_eq!((summary.created, summary.updated, summary.unchanged), (0, 0, 2), "{summary:?}");
    assert_eq!(summary.needs_review.iter().filter(|r| r.code == "record_unreadable").count(), 1);

    server.clock.advance(3_654 * 86_400_000);
    let token = server.login("li").access;
    let list = server.get("/api/v1/admin/retention", &token).json();
    let ids: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|i| &i["id"]).collect();
    assert_eq!(ids, [&json!(surveys[1])], "{list}");
}

#[test]
fn a_rebuild_does_not_give_its_number_away() {
    let server = Server::start();
    let mut office = office(&server);
    let ids = [(); 2].map(|()| office.create("complaint", complaint()));
    office.push(&server);
    Disk::of(&server).damage(ids[1]);
    let rebuilt = server.state.ledger.rebuild().unwrap();
    assert_eq!((rebuilt.records, rebuilt.unreadable), (1, 1));
    let request = Request { kind: "complaint", format: Format::Csv, month: None };
    let exported = export(&server.state.records, &request, &server.dir.path().join("all.csv")).unwrap();
    assert_eq!((exported.rows, exported.unreadable), (1, vec![ids[1]]));
    let next = office.create("complaint", complaint());
    office.push(&server);
    let shown = server.get(&format!("/api/v1/records/complaint/{next}"), &office.token).json();
    assert_eq!(shown["number"], "TS2026-00003");
}
