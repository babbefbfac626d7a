//! From one device to the server, to the office and to another device.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use common::Server;
use domain::authz::Role;
use phone::{Phone, complaint, words};
use serde_json::json;

#[test]
fn what_a_phone_pushes_the_office_lists_and_reads() {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    server.add_user("li", Role::Office);
    let mut phone = Phone::new(&server, "wang", wang, Role::Engineer);
    let id = phone.create("complaint", complaint());
    phone.set(id, "content", json!("变速箱漏油，停机"));
    let result = &phone.push(&server)[&id];
    assert_eq!(words(result), ["accepted", "accepted"]);
    assert_eq!(result.heads.len(), 1);

    let office = server.login("li").access;
    let list = server.get("/api/v1/records/complaint", &office).json();
    assert_eq!(list["total"], 1, "{list}");
    assert_eq!(list["items"][0]["number"], "TS2026-00001");
    assert_eq!(list["items"][0]["temp_number"], "临-T-0001");
    assert_eq!(list["items"][0]["status"], "draft");
    let shown = server.get(&format!("/api/v1/records/complaint/{id}"), &office).json();
    assert_eq!(shown["fields"]["content"], "变速箱漏油，停机", "{shown}");
    assert_eq!(shown["number"], "TS2026-00001");

    assert_eq!(phone.pull(&server), (0, 1, 0));
    assert_eq!(phone.value(id, "complaint_no"), "TS2026-00001");
    assert_eq!(phone.pull(&server), (0, 0, 0));
}
