//! Requests that are repeated, broken, forged or about what is not the sender's.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use std::io::Write as _;

use common::{Server, refused};
use domain::authz::Role;
use domain::ids::RecordId;
use domain::wire::{Body, Pull, Push};
use phone::{Phone, complaint, post, post_bytes, words};
use serde_json::json;

fn scene() -> (Server, Phone, Phone) {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let zhao = server.add_user("zhao", Role::Engineer);
    server.add_user("li", Role::Office);
    let wang = Phone::new(&server, "wang", wang, Role::Engineer);
    let zhao = Phone::new(&server, "zhao", zhao, Role::Engineer);
    (server, wang, zhao)
}

#[test]
fn every_request_may_come_twice() {
    let (server, mut wang, _) = scene();
    let id = wang.create("complaint", complaint());
    wang.set(id, "channel", json!("phone"));
    let push = Push { items: vec![Phone::item(id, "complaint", wang.held[&id].pending.clone())] };
    let first = wang.send(&server, push.clone());
    let second = wang.send(&server, push.clone());
    assert_eq!(words(&first.results[0]), ["accepted", "accepted"]);
    assert_eq!(words(&second.results[0]), ["duplicate", "duplicate"]);
    assert_eq!(first.results[0].heads, second.results[0].heads);
    assert_eq!(first.results[0].receipt, second.results[0].receipt);
    // The same document twice in one push, too.
    let other = wang.create("complaint", complaint());
    let item = Phone::item(other, "complaint", wang.held[&other].pending.clone());
    let reply = wang.send(&server, Push { items: vec![item.clone(), item] });
    assert_eq!(words(&reply.results[0]), ["accepted"]);
    assert_eq!(words(&reply.results[1]), ["duplicate"]);
    let pull = Pull { cursor: None, max_bytes: 1 << 20, max_docs: 200 };
    let pages: Vec<domain::wire::Page> =
        (0..2).map(|_| phone::read(&post(&server, &wang.token, "pull", &pull))).collect();
    assert_eq!(pages[0], pages[1]);
    assert_eq!(wang.hello(&server).epoch, wang.hello(&server).epoch);
}

#[test]
fn one_bad_document_harms_no_other() {
    let (server, mut wang, _) = scene();
    let good = wang.create("complaint", complaint());
    let bad = wang.create("complaint", complaint());
    let mut broken = wang.held[&bad].pending.clone();
    let middle = broken[0].len() / 2;
    broken[0][middle] ^= 0xff;
    let items = vec![
        Phone::item(bad, "complaint", broken),
        Phone::item(RecordId(phone::fresh()), "unheard_of", vec![vec![1, 2, 3]]),
        Phone::item(RecordId(phone::fresh()), "complaint", vec![vec![0; 200], Vec::new()]),
        Phone::item(good, "complaint", wang.held[&good].pending.clone()),
    ];
    let reply = wang.send(&server, Push { items });
    let all: Vec<Vec<String>> = reply.results.iter().map(words).collect();
    assert_eq!(
        all,
        [vec!["malformed"], vec!["unknown_kind"], vec!["malformed", "malformed"], vec!["accepted"]]
    );
}

#[test]
fn a_foreign_document_looks_like_none() {
    let (server, mut wang, mut zhao) = scene();
    let id = wang.create("complaint", complaint());
    wang.push(&server);
    // Zhao has the bytes somehow, and writes on them; and makes one of his own with the same id.
    let held = wang.held.remove(&id).unwrap();
    zhao.held.insert(id, held);
    zhao.set(id, "content", json!("x"));
    let result = &zhao.push(&server)[&id];
    assert_eq!(words(result), ["forbidden_doc"]);
    assert!(result.heads.is_empty() && result.receipt.is_empty());
    zhao.create_as("complaint", id, complaint());
    let result = &zhao.push(&server)[&id];
    assert_eq!(words(result), ["forbidden_doc"]);
    assert!(result.heads.is_empty() && result.receipt.is_empty());
    // Another kind under its id.
    zhao.create_as("visit", id, json!({}));
    assert_eq!(words(&zhao.push(&server)[&id]), ["forbidden_doc"]);
    assert!(zhao.snapshots(&server, &[id]).docs.is_empty());
    assert_eq!(zhao.pull(&server), (0, 0, 0));
}

#[test]
fn nobody_writes_in_anothers_name() {
    let (server, mut wang, zhao) = scene();
    // Wang's phone claims to be Zhao.
    wang.user = zhao.user;
    let id = wang.create("complaint", complaint());
    assert_eq!(words(&wang.push(&server)[&id]), ["author_mismatch"]);
    // Or claims a role.
    let (server, mut wang, _) = scene();
    wang.role = Role::Office;
    let id = wang.create("complaint", complaint());
    assert_eq!(words(&wang.push(&server)[&id]), ["author_mismatch"]);
}

#[test]
fn engineers_make_no_office_documents_and_take_no_companions_place() {
    let (server, mut wang, _) = scene();
    let id = wang.create("complaint", complaint());
    wang.push(&server);
    wang.create_as("handling", id.companion("handling"), json!({}));
    assert_eq!(words(&wang.push(&server)[&id.companion("handling")]), ["forbidden_doc"]);
    wang.create_as("complaint", id.companion("handling"), complaint());
    assert_eq!(words(&wang.push(&server)[&id.companion("handling")]), ["malformed"]);
    let customer = wang.create("product_item", json!({ "name": "自卸车" }));
    assert_eq!(words(&wang.push(&server)[&customer]), ["forbidden_doc"]);
}

#[test]
fn caps_come_before_anything_is_read() {
    let (server, wang, _) = scene();
    let token = wang.token.clone();
    let send = |headers: &str, body: &[u8]| {
        let headers = format!("Authorization: Bearer {token}\r\n{headers}");
        server.raw("POST", "/api/v1/sync/push", &headers, body)
    };
    let cbor = "Content-Type: application/cbor\r\n";
    let zstd = "Content-Type: application/cbor\r\nContent-Encoding: zstd\r\n";
    refused(&send("Content-Type: application/json\r\n", b"{}"), 415, "unsupported_media_type");
    refused(&send(&format!("{cbor}Content-Encoding: br\r\n"), b"x"), 415, "unsupported_media_type");
    refused(&send(cbor, b"no cbor"), 422, "malformed_batch");
    refused(&send(zstd, b"no zstd"), 422, "malformed_batch");
    // A bomb: 64 MiB of zeros in a few kilobytes.
    let bomb = zstd::bulk::compress(&vec![0u8; 64 << 20], 3).unwrap();
    assert!(bomb.len() < 100_000);
    refused(&send(zstd, &bomb), 413, "too_large");
    // The same from a browser, which can only make gzip.
    let gzip = "Content-Type: application/cbor\r\nContent-Encoding: gzip\r\n";
    let packed = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    refused(&send(gzip, b"no gzip"), 422, "malformed_batch");
    refused(&send(gzip, &packed(&vec![0u8; 64 << 20])), 413, "too_large");
    assert_eq!(send(gzip, &packed(&Push { items: Vec::new() }.to_bytes())).status, 200);
    refused(&send(cbor, &vec![0u8; (4 << 20) + 1]), 413, "too_large");
    let many = Push { items: vec![Phone::item(RecordId(phone::fresh()), "complaint", Vec::new()); 201] };
    refused(&post(&server, &token, "push", &many), 413, "too_large");
    let odd = Push {
        items: vec![domain::wire::PushItem {
            doc: vec![1; 15].into(),
            kind: "complaint".to_owned(),
            changes: Vec::new(),
        }],
    };
    refused(&post(&server, &token, "push", &odd), 422, "malformed_batch");
    // Arrays that promise more than they hold, nested ones, and every cut of a good body.
    for body in [&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..], &[0x81; 4_000][..]] {
        let bytes = zstd::bulk::compress(body, 3).unwrap();
        refused(&post_bytes(&server, &token, "push", &bytes), 422, "malformed_batch");
    }
    let good = Pull { cursor: Some(vec![1; 57].into()), max_bytes: 1, max_docs: 1 }.to_bytes();
    for end in 0..good.len() {
        let bytes = zstd::bulk::compress(&good[..end], 3).unwrap();
        refused(&post_bytes(&server, &token, "pull", &bytes), 422, "malformed_batch");
    }
    assert_eq!(server.get("/healthz", &token).status, 200);
}

#[test]
fn numbers_have_no_gaps_however_many_come_at_once() {
    let (server, mut wang, mut zhao) = scene();
    let ids: Vec<RecordId> = (0..25).map(|_| wang.create("complaint", complaint())).collect();
    let others: Vec<RecordId> = (0..25).map(|_| zhao.create("complaint", complaint())).collect();
    let mut bad = vec![wang.create("complaint", complaint())];
    bad.push(zhao.create("complaint", complaint()));
    for id in &bad {
        for phone in [&mut wang, &mut zhao] {
            if let Some(held) = phone.held.get_mut(id) {
                let last = held.pending[0].len() - 1;
                held.pending[0][last] ^= 1;
            }
        }
    }
    std::thread::scope(|scope| {
        scope.spawn(|| wang.push(&server));
        scope.spawn(|| zhao.push(&server));
    });
    wang.pull(&server);
    zhao.pull(&server);
    let mut numbers: Vec<String> = ids.iter().map(|id| wang.value(*id, "complaint_no")).map(text).collect();
    numbers.extend(others.iter().map(|id| zhao.value(*id, "complaint_no")).map(text));
    numbers.sort();
    let want: Vec<String> = (1..=50).map(|n| format!("TS2026-{n:05}")).collect();
    assert_eq!(numbers, want);
}

fn text(value: serde_json::Value) -> String {
    value.as_str().unwrap().to_owned()
}
