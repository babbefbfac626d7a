//! Official numbers: gap-free in their series, by the pattern that the organisation set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use common::Server;
use domain::authz::Role;
use domain::ids::UserId;
use phone::{Phone, complaint};
use serde_json::{Value, json};
use server::auth::password;
use server::host::SystemRng;
use server::http::Limits;
use server::store::accounts::{self, NewUser};

fn pattern(server: &Server, admin: &str, pattern: &str) {
    let body = json!({ "settings": { "numbering": { "complaint": pattern } } });
    let answer = server.request("PUT", "/api/v1/admin/settings", Some(admin), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn file(server: &Server, token: &str, fields: &Value) -> common::Answer {
    let intents = json!([{ "cmd": "create", "fields": fields }]);
    server.request("POST", "/api/v1/records/complaint", Some(token), Some(&intents))
}

fn number(server: &Server, token: &str) -> String {
    file(server, token, &complaint()).json()["number"].as_str().unwrap().to_owned()
}

fn in_department(server: &Server, name: &'static str, department: &'static str) -> String {
    let id = UserId(phone::fresh());
    server.write(move |tx| {
        let new = NewUser {
            id,
            name: name.to_owned(),
            display: name.to_owned(),
            role: Role::Office,
            department: department.to_owned(),
            region: String::new(),
            may: Default::default(),
            password: password::hash(common::PASSWORD, &SystemRng).unwrap(),
        };
        accounts::add(tx, &new, common::START)
    });
    server.login(name).access
}

#[test]
fn a_new_pattern_begins_its_own_series_and_renumbers_nothing() {
    let server = Server::start();
    server.add_user("root", Role::Admin);
    let admin = server.login("root").access;
    assert_eq!(number(&server, &admin), "TS2026-00001");
    assert_eq!(number(&server, &admin), "TS2026-00002");
    pattern(&server, &admin, "KS{yy}{month}{n:03}");
    assert_eq!(number(&server, &admin), "KS2603001");
    assert_eq!(number(&server, &admin), "KS2603002");
    let list = server.get("/api/v1/records/complaint?sort=number", &admin).json();
    let numbers: Vec<_> = list["items"].as_array().unwrap().iter().map(|i| i["number"].clone()).collect();
    assert_eq!(numbers, ["KS2603001", "KS2603002", "TS2026-00001", "TS2026-00002"]);

    // Back to the first: it goes on where it was, even after everything was counted anew under the other.
    server.state.ledger.rebuild().unwrap();
    assert_eq!(number(&server, &admin), "KS2603003");
    pattern(&server, &admin, "{prefix}{year}-{n:05}");
    assert_eq!(number(&server, &admin), "TS2026-00003");
    // The next month is the next series of a pattern with the month.
    pattern(&server, &admin, "KS{yy}{month}{n:03}");
    server.clock.advance(31 * 86_400_000);
    let admin = server.login("root").access;
    assert_eq!(number(&server, &admin), "KS2604001");
}

#[test]
fn departments_count_apart() {
    let server = Server::start();
    server.add_user("root", Role::Admin);
    let admin = server.login("root").access;
    let quality = in_department(&server, "qian", "品质部");
    let nobody = in_department(&server, "wu", "");
    pattern(&server, &admin, "{dept}-{year}-{n:03}");
    assert_eq!(number(&server, &quality), "品质部-2026-001");
    assert_eq!(number(&server, &admin), "客服部-2026-001");
    assert_eq!(number(&server, &nobody), "--2026-001");
    assert_eq!(number(&server, &quality), "品质部-2026-002");
    server.state.ledger.rebuild().unwrap();
    assert_eq!(number(&server, &quality), "品质部-2026-003");
}

#[test]
fn fifty_at_once_leave_no_gap_and_none_twice_and_what_fails_gives_its_number_back() {
    let server = Server::start();
    server.add_user("root", Role::Admin);
    let token = server.login("root").access;
    std::thread::scope(|scope| {
        for i in 0..50 {
            let (server, token) = (&server, &token);
            scope.spawn(move || {
                // Every fifth is refused: its status leads nowhere.
                let refused = i % 5 == 0;
                let mut intents = json!([{ "cmd": "create", "fields": complaint() }]);
                if refused {
                    intents.as_array_mut().unwrap().push(json!({ "cmd": "event", "to": "closed" }));
                }
                let answer = server.request("POST", "/api/v1/records/complaint", Some(token), Some(&intents));
                assert_eq!(answer.status, if refused { 422 } else { 201 }, "{}", answer.text());
            });
        }
    });
    let list = server.get("/api/v1/records/complaint?sort=number&limit=100", &token).json();
    let numbers: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|i| i["number"].as_str().unwrap().to_owned()).collect();
    let whole: Vec<_> = (1..=40).map(|n| format!("TS2026-{n:05}")).collect();
    assert_eq!(numbers, whole);
}

#[test]
fn a_write_that_is_undone_gives_its_number_back() {
    let server = Server::start();
    server.add_user("root", Role::Admin);
    let token = server.login("root").access;
    assert_eq!(number(&server, &token), "TS2026-00001");
    let other = rusqlite::Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
    // The database says no after the number was taken.
    other
        .execute_batch("CREATE TRIGGER stop BEFORE INSERT ON doc_scope BEGIN SELECT RAISE(ABORT, 'no'); END")
        .unwrap();
    assert_eq!(file(&server, &token, &complaint()).status, 500);
    other.execute_batch("DROP TRIGGER stop").unwrap();
    assert_eq!(number(&server, &token), "TS2026-00002");
}

#[test]
fn a_record_that_comes_back_with_a_number_given_anew_keeps_it_and_is_marked() {
    let server = Server::start();
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    office.create("complaint", complaint());
    office.push(&server);
    office.pull(&server);
    let backup = server.copy();
    let lost = office.create("complaint", json!({ "content": "备份之后登记的" }));
    office.push(&server);
    office.pull(&server);
    let back = Server::start_in(backup, Limits::default());
    assert_eq!(number(&back, &office.token), "TS2026-00002", "nobody can know that it was given before");
    office.hello(&back);
    assert_eq!(office.offer(&back), 1);
    let shown = back.get(&format!("/api/v1/records/complaint/{lost}"), &office.token).json();
    assert_eq!((&shown["number"], &shown["flags"]), (&json!("TS2026-00002"), &json!(["number_twice"])));
    assert_eq!(back.audited("number_twice"), 1);
    // It is not given a third time, and the other one is not marked.
    assert_eq!(number(&back, &office.token), "TS2026-00003");
    let two = back.get("/api/v1/records/complaint?filter=number:TS2026-00002", &office.token).json();
    assert_eq!(two["total"], 2);
}
