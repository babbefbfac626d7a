//! Who is sent what: changes, whole documents, and word that a document has to go.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use common::Server;
use domain::authz::Role;
use phone::{Phone, complaint};
use serde_json::json;

fn office_and_engineer() -> (Server, Phone, Phone) {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let li = server.add_user("li", Role::Office);
    let office = Phone::new(&server, "li", li, Role::Office);
    let wang = Phone::new(&server, "wang", wang, Role::Engineer);
    (server, office, wang)
}

#[test]
fn changes_come_as_deltas_and_new_documents_whole() {
    let (server, mut office, mut wang) = office_and_engineer();
    let id = wang.create("complaint", complaint());
    wang.push(&server);
    assert_eq!(wang.pull(&server), (0, 1, 0));
    assert_eq!(office.pull(&server), (0, 1, 0));
    office.set(id, "channel", json!("phone"));
    office.push(&server);
    assert_eq!(office.pull(&server), (1, 0, 0));
    assert_eq!(wang.pull(&server), (1, 0, 0));
    assert_eq!(wang.value(id, "channel"), "phone");
    for n in 0..40 {
        wang.set(id, "content", json!(format!("第{n}次")));
    }
    wang.push(&server);
    assert_eq!(office.pull(&server), (1, 0, 0));
    assert_eq!(office.value(id, "content"), "第39次");
}

#[test]
fn nothing_new_is_one_small_answer() {
    let (server, _, mut wang) = office_and_engineer();
    for _ in 0..5 {
        wang.create("complaint", complaint());
    }
    wang.push(&server);
    wang.pull(&server);
    let answer = wang.page(&server, 200);
    assert!(answer.body.len() < 300, "{} bytes", answer.body.len());
    let page: domain::wire::Page = phone::read(&answer);
    assert!(page.frames.is_empty() && !page.more);
}

#[test]
fn a_document_comes_with_the_assignment_and_goes_without_it() {
    let (server, mut office, mut wang) = office_and_engineer();
    let id = office.create("complaint", complaint());
    office.push(&server);
    office.pull(&server);
    assert_eq!(wang.pull(&server), (0, 0, 0));
    assert!(wang.snapshots(&server, &[id]).docs.is_empty());

    office.assign(id, None, &[wang.user]);
    office.push(&server);
    assert_eq!(wang.pull(&server), (0, 1, 0));
    assert_eq!(wang.snapshots(&server, &[id]).docs.len(), 1);

    office.assign(id, None, &[]);
    office.push(&server);
    assert_eq!(wang.pull(&server), (0, 0, 1));
    assert!(wang.held.is_empty());
    assert!(wang.snapshots(&server, &[id]).docs.is_empty());

    // Assigned again: whole, because the device dropped it.
    office.assign(id, Some(wang.user), &[]);
    office.push(&server);
    assert_eq!(wang.pull(&server), (0, 1, 0));
}

#[test]
fn a_document_that_came_and_went_unseen_is_not_mentioned() {
    let (server, mut office, mut wang) = office_and_engineer();
    wang.pull(&server);
    let id = office.create("complaint", complaint());
    office.assign(id, Some(wang.user), &[]);
    office.push(&server);
    office.assign(id, None, &[]);
    office.push(&server);
    assert_eq!(wang.pull(&server), (0, 0, 0));
}

#[test]
fn documents_that_move_while_a_device_pages_are_not_lost() {
    let (server, mut office, mut wang) = office_and_engineer();
    let ids: Vec<_> = (0..30).map(|_| wang.create("complaint", complaint())).collect();
    wang.push(&server);
    wang.pull(&server);
    office.pull(&server);
    // A second office device has everything up to here; then more comes, and it is away.
    let mut late = Phone::new(&server, "li", office.user, Role::Office);
    late.pull(&server);
    let more: Vec<_> = (0..30).map(|_| wang.create("complaint", complaint())).collect();
    wang.push(&server);
    // It pages in small steps, and between them documents move: old ones, and ones it has not come to yet.
    let mut fresh = Phone::new(&server, "li", office.user, Role::Office);
    for step in 0..12 {
        for device in [&mut late, &mut fresh] {
            let answer = device.page(&server, 7);
            let page: domain::wire::Page = phone::read(&answer);
            device.take_page(page);
        }
        for id in [ids[step], ids[29 - step], more[step], more[29 - step]] {
            wang.set(id, "content", json!(format!("改{step}")));
        }
        wang.push(&server);
    }
    late.pull_by(&server, 7);
    fresh.pull_by(&server, 7);
    wang.pull(&server);
    assert_eq!(wang.held.len(), 60);
    for (id, held) in &wang.held {
        assert_eq!(late.held[id].record.heads(), held.record.heads());
        assert_eq!(fresh.held[id].record.heads(), held.record.heads());
    }
}

#[test]
fn a_new_role_brings_everything_and_a_lost_one_takes_it_away() {
    let (server, mut office, mut wang) = office_and_engineer();
    let own = wang.create("complaint", complaint());
    wang.push(&server);
    for _ in 0..10 {
        office.create("complaint", complaint());
    }
    office.push(&server);
    wang.pull(&server);
    assert_eq!(wang.held.len(), 1);

    set_role(&server, &wang, Role::Office);
    wang.pull_by(&server, 4);
    assert_eq!(wang.held.len(), 11);
    assert_eq!(wang.pull(&server), (0, 0, 0));

    set_role(&server, &wang, Role::Engineer);
    wang.pull_by(&server, 4);
    assert_eq!(wang.held.keys().copied().collect::<Vec<_>>(), [own]);
    assert_eq!(wang.pull(&server), (0, 0, 0));
}

fn set_role(server: &Server, phone: &Phone, role: Role) {
    let who = phone.user;
    let db = rusqlite::Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db.execute("UPDATE users SET role = ?2 WHERE id = ?1", rusqlite::params![who.bytes(), role.as_str()])
        .unwrap();
}

#[test]
fn engineers_never_get_companions() {
    let (server, mut office, mut wang) = office_and_engineer();
    let id = office.create("complaint", complaint());
    office.assign(id, Some(wang.user), &[]);
    office.create_as("handling", id.companion("handling"), json!({}));
    office.push(&server);
    wang.pull(&server);
    assert_eq!(wang.held.keys().copied().collect::<Vec<_>>(), [id]);
    assert!(wang.snapshots(&server, &[id.companion("handling")]).docs.is_empty());
    let mut other = Phone::new(&server, "li", office.user, Role::Office);
    other.pull(&server);
    assert_eq!(other.held.len(), 2);
}
