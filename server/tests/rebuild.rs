//! What follows from documents can be made from them again, and comes out the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use common::Server;
use domain::authz::Role;
use phone::{Phone, complaint};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;

/// Every row of every derived table, as text.
fn derived(server: &Server) -> Vec<String> {
    let db = Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
    let mut tables: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'r_*' ORDER BY name")
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    tables.extend(["doc_scope", "counter", "companion", "deadline", "deadline_facts"].map(str::to_owned));
    db.execute_batch("CREATE VIRTUAL TABLE temp.tokens USING fts5vocab(main, 'search', 'instance')").unwrap();
    tables.push("temp.tokens".to_owned());
    let mut out = Vec::new();
    for table in tables {
        let name = if table.starts_with("temp.") { table.clone() } else { format!("\"{table}\"") };
        let mut stmt = db.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = stmt.column_count();
        let mut rows = stmt.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|i| row.get(i).unwrap()).collect();
            out.push(format!("{table} {values:?}"));
        }
    }
    out.sort();
    out
}

#[test]
fn rebuilt_tables_equal_the_live_ones() {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    let mut wang = Phone::new(&server, "wang", wang, Role::Engineer);
    let customer = office.create("customer", json!({ "name": "宏达运输" }));
    for n in 0..12 {
        let id = wang.create("complaint", json!({ "content": format!("漏油 {n} B2609{n}") }));
        wang.add(id, "follow_ups", json!({ "content": "已联系" }));
        office.create_as("handling", id.companion("handling"), json!({ "cause": "油封老化" }));
    }
    wang.push(&server);
    office.push(&server);
    office.pull(&server);
    let ids: Vec<_> = wang.held.keys().copied().collect();
    for (n, id) in ids.iter().enumerate() {
        office.set(*id, "severity", json!(["general", "serious"][n % 2]));
        office.set(*id, "customer", json!(customer));
        if n % 3 == 0 {
            office.assign(*id, Some(wang.user), &[]);
        }
        // At the same time, without knowing of it: a conflict.
        office.set(*id, "record_kind", json!("complaint"));
        wang.set(*id, "record_kind", json!("information"));
    }
    office.push(&server);
    for result in wang.push(&server).values() {
        assert_eq!(phone::words(result), ["accepted"]);
    }
    let visit = office.create("visit", json!({}));
    office.assign(visit, Some(wang.user), &[]);
    office.push(&server);
    office.assign(visit, None, &[]);
    office.push(&server);

    let conflicts = server.get("/api/v1/records/complaint?filter=conflicts:1", &office.token).json();
    assert_eq!(conflicts["total"], 12);
    let live = derived(&server);
    assert!(live.len() > 300, "{}", live.len());
    assert_eq!(server.state.ledger.verify().unwrap().1, []);
    let rebuilt = server.state.ledger.rebuild().unwrap();
    assert_eq!((rebuilt.records, rebuilt.unreadable), (26, 0));
    let again = derived(&server);
    for (a, b) in live.iter().zip(&again) {
        assert_eq!(a, b);
    }
    assert_eq!(live.len(), again.len());

    // The series goes on where it was.
    wang.create("complaint", complaint());
    wang.push(&server);
    let token = office.token.clone();
    let list = server.get("/api/v1/records/complaint?sort=-number&limit=1", &token).json();
    assert_eq!(list["items"][0]["number"], "TS2026-00013");
}

#[test]
fn lists_follow_a_new_schema_at_the_next_start() {
    let server = Server::start();
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    office.create("customer", json!({ "name": "宏达运输" }));
    office.push(&server);
    let copy = server.copy();
    // As if an older program had left the tables of its own schema.
    let db = Connection::open(copy.path().join("data/fieldledger.db")).unwrap();
    db.execute_batch("UPDATE meta SET v = x'00' WHERE k = 'projections'; DROP TABLE r_customer;").unwrap();
    drop(db);
    let next = Server::start_in(copy, server::http::Limits::default());
    let list = next.get("/api/v1/records/customer", &office.token).json();
    assert_eq!(list["items"][0]["title"], "宏达运输");
}

#[test]
fn verify_finds_what_was_tampered_with() {
    let server = Server::start();
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    let ids: Vec<_> = (0..4).map(|_| office.create("complaint", complaint())).collect();
    for id in &ids {
        office.push(&server);
        let _ = id;
    }
    let verify = || {
        let (records, found) = server.state.ledger.verify().unwrap();
        assert_eq!(records, 4);
        let mut what: Vec<&str> = found.iter().map(|d| d.what).collect();
        what.sort_unstable();
        what
    };
    assert_eq!(verify(), Vec::<&str>::new());
    let db = Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db.execute_batch(
        "UPDATE doc_blob SET data = substr(data, 1, length(data) - 1) WHERE doc = 1;
         UPDATE doc SET heads = zeroblob(32) WHERE n = 2;
         UPDATE r_complaint SET title = 'x' WHERE n = 3;
         DELETE FROM doc_scope WHERE doc = 4;",
    )
    .unwrap();
    assert_eq!(verify(), ["blob", "heads", "row", "scopes"]);
    server.state.ledger.rebuild().unwrap();
    assert_eq!(verify(), ["blob", "heads"]);
}
