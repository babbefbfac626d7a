//! A server that went back in time is found out, and gets back what it lost.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use common::Server;
use domain::authz::Role;
use domain::wire::{Mode, OfferReply};
use phone::{Phone, complaint, post, read};
use serde_json::json;
use server::http::Limits;

struct Scene {
    /// The server as it was at the backup.
    back: Server,
    wang: Phone,
    office: Phone,
    /// Known to both servers.
    old: domain::ids::RecordId,
    /// Lost with the newer database.
    new: domain::ids::RecordId,
}

/// A backup by hand, work after it, and the backup put in place of the database.
fn scene() -> Scene {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    let mut wang = Phone::new(&server, "wang", wang, Role::Engineer);
    let old = wang.create("complaint", complaint());
    wang.push(&server);
    wang.pull(&server);
    office.pull(&server);
    let backup = server.copy();
    wang.set(old, "content", json!("备份之后改的"));
    let new = wang.create("complaint", json!({ "content": "备份之后登记的" }));
    wang.push(&server);
    wang.pull(&server);
    office.pull(&server);
    let back = Server::start_in(backup, Limits::default());
    Scene { back, wang, office, old, new }
}

fn lost(server: &Server, token: &str) -> u64 {
    2 - server.get("/api/v1/records/complaint", token).json()["total"].as_u64().unwrap()
}

#[test]
fn a_database_copied_back_by_hand_opens_a_new_epoch_and_is_completed() {
    let mut s = scene();
    let before: domain::wire::HelloReply =
        Phone::new(&s.back, "li", s.office.user, Role::Office).hello(&s.back);
    assert_eq!(lost(&s.back, &s.office.token), 1);
    common::refused(&s.wang.page(&s.back, 200), 409, "epoch_changed");
    let hello = s.wang.hello(&s.back);
    assert_eq!(hello.mode, Mode::Rewind);
    assert_ne!(hello.epoch, before.epoch);

    assert_eq!(s.wang.offer(&s.back), 2);
    assert_eq!(lost(&s.back, &s.office.token), 0);
    s.wang.cursors.insert(0, hello.resume.unwrap().to_vec());
    s.wang.pull(&s.back);
    let shown = s.back.get(&format!("/api/v1/records/complaint/{}", s.old), &s.office.token).json();
    assert_eq!(shown["fields"]["content"], "备份之后改的");
    let shown = s.back.get(&format!("/api/v1/records/complaint/{}", s.new), &s.office.token).json();
    assert_eq!(shown["number"], "TS2026-00002");

    // Offered again, and by another device: nothing is missing any more.
    assert_eq!(s.wang.offer(&s.back), 0);
    assert_eq!(s.office.offer(&s.back), 0);
    assert_eq!(s.office.hello(&s.back).mode, Mode::Rewind);
    // The series goes on after the numbers that came back.
    let id = s.wang.create("complaint", complaint());
    s.wang.push(&s.back);
    s.wang.pull(&s.back);
    assert_eq!(s.wang.value(id, "complaint_no"), "TS2026-00003");
    assert_eq!(s.wang.hello(&s.back).mode, Mode::Ok);
}

#[test]
fn new_commits_at_old_places_are_told_apart_by_their_salt() {
    let s = scene();
    // The restored server goes on: its log is soon as long as the lost one.
    let mut other = Phone::new(&s.back, "li", s.office.user, Role::Office);
    for _ in 0..5 {
        other.create("complaint", complaint());
    }
    other.push(&s.back);
    common::refused(&s.wang.page(&s.back, 200), 409, "epoch_changed");
    assert_eq!(s.wang.hello(&s.back).mode, Mode::Rewind);
    assert_eq!(s.wang.offer(&s.back), 2);
    // The others hear of the new epoch too, and go on from where they were.
    assert_eq!(other.hello(&s.back).mode, Mode::Full, "it never had a cursor");
    other.pull(&s.back);
    assert_eq!(other.held.len(), 7);
}

#[test]
fn a_device_without_a_good_cursor_starts_over() {
    let mut s = scene();
    s.wang.cursors = vec![vec![7; 57], vec![]];
    assert_eq!(s.wang.hello(&s.back).mode, Mode::Full);
    common::refused(&s.wang.page(&s.back, 200), 409, "epoch_changed");
    // Another person's cursor is none.
    s.wang.cursors = s.office.cursors.clone();
    assert_eq!(s.wang.hello(&s.back).mode, Mode::Full);
}

#[test]
fn only_what_the_server_receipted_is_taken_back() {
    let mut s = scene();
    let held = &s.wang.held[&s.new];
    let changes: Vec<Vec<u8>> = held.record.changes_since(&[]).into_iter().skip(1).map(|(_, b)| b).collect();
    let offer = |s: &Scene, item: domain::wire::OfferItem| -> OfferReply {
        read(&post(&s.back, &s.wang.token, "offer", &domain::wire::Offer { items: vec![item] }))
    };
    // A forged receipt proves nothing.
    let mut item = s.wang.offered(s.new, held, changes.clone());
    item.receipt = vec![0; 16].into();
    assert_eq!(offer(&s, item), OfferReply { need: Vec::new(), restored: 0 });
    // A good receipt, and changes that do not complete its history.
    let item = s.wang.offered(s.new, held, changes[..1].to_vec());
    assert_eq!(offer(&s, item).restored, 0);
    assert_eq!(lost(&s.back, &s.office.token), 1);
    // A good receipt, and something added to it.
    let extra = s.wang.set(s.new, "content", json!("夹带"));
    let held = &s.wang.held[&s.new];
    let mut more = changes.clone();
    more.push(extra);
    let item = s.wang.offered(s.new, held, more);
    assert_eq!(offer(&s, item).restored, 0);
    assert_eq!(lost(&s.back, &s.office.token), 1);
    // Exactly what was receipted; from the office's device too, though it is not its work.
    let held = &s.office.held[&s.new];
    let item = s.office.offered(s.new, held, changes);
    assert_eq!(offer(&s, item).restored, 1);
    assert_eq!(lost(&s.back, &s.office.token), 0);
}
