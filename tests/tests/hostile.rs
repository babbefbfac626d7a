//! A signed-in engineer with tools of their own: forged, foreign and broken changes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::authz::Role;
use domain::document::{Made, Record, Writer};
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use domain::wire::{
    Body as _, ChangeOutcome, Pull, Push, PushItem, PushReply, SnapshotReply, SnapshotRequest,
};
use e2e::office::Office;
use e2e::world::World;
use serde_json::{Value as Json, json};
use uuid::Uuid;

fn made(record: &mut Record, user: UserId, role: Role, salt: u8, intent: Json) -> Made {
    let schema = Schema::builtin().unwrap();
    record.begin(user, [salt; 16]);
    let mut intent = Intent::from_json(&intent).unwrap();
    let mut next = u128::from(salt) << 100;
    intent.fill_ids(&mut || {
        next += 1;
        Uuid::from_u128(next)
    });
    let zone = Zone::default();
    let writer = Writer {
        schema: &schema,
        zone: &zone,
        user,
        role,
        now: Timestamp(1_760_000_000_000),
        skew_s: None,
        historical: false,
        around: Default::default(),
    };
    record.execute(&writer, &intent).unwrap().unwrap()
}

fn push(who: &Office, items: &[(RecordId, &str, Vec<Vec<u8>>)]) -> PushReply {
    let items = items.iter().map(|(id, kind, changes)| PushItem {
        doc: id.bytes().to_vec().into(),
        kind: (*kind).to_owned(),
        changes: changes.iter().map(|c| c.clone().into()).collect(),
    });
    let (status, body) = who.frame("/api/v1/sync/push", &Push { items: items.collect() }.to_bytes()).unwrap();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    PushReply::from_bytes(&body).unwrap()
}

fn codes(reply: &PushReply) -> Vec<Vec<String>> {
    let word = |o: &ChangeOutcome| match o {
        ChangeOutcome::Accepted => "accepted".to_owned(),
        ChangeOutcome::Duplicate => "duplicate".to_owned(),
        ChangeOutcome::Proposed => "proposed".to_owned(),
        ChangeOutcome::Refused(r) => r.code.clone(),
    };
    reply.results.iter().map(|r| r.outcomes.iter().map(word).collect()).collect()
}

#[test]
fn forged_foreign_and_broken_changes_harm_nobody() {
    let mut world = World::new().unwrap();
    let office = world.office("wang").unwrap();
    let mut li = world.device("li").unwrap();
    let id = li.complaint("盐雾不合格").unwrap();
    li.event(id, "registered", None).unwrap();
    li.synced().unwrap();
    let li_id = li.client.person().unwrap().user;
    let before = office.get("complaint", id).unwrap();

    let zhao = Office::sign_in(&world.server.url(), "zhao").unwrap();
    let zhao_id = UserId(zhao.user);
    // What zhao may not see looks as if it were not there, by any route.
    let (status, answer) = zhao.call("GET", &format!("/api/v1/records/complaint/{id}"), None).unwrap();
    assert_eq!((status, answer["code"].as_str()), (404, Some("not_found")));
    for path in ["history", "conflicts"] {
        let (status, _) = zhao.call("GET", &format!("/api/v1/records/complaint/{id}/{path}"), None).unwrap();
        assert_eq!(status, 404, "{path}");
    }
    let (status, _) = zhao
        .call(
            "POST",
            &format!("/api/v1/records/complaint/{id}/intents"),
            Some(&json!([{"cmd":"set","field":"batch_no","value":"X"}])),
        )
        .unwrap();
    assert_eq!(status, 404);
    assert_eq!(zhao.ok("GET", "/api/v1/records/complaint", None).unwrap()["total"], 0);
    let ask = SnapshotRequest { docs: vec![id.bytes().to_vec().into()] };
    let (status, body) = zhao.frame("/api/v1/sync/snapshot", &ask.to_bytes()).unwrap();
    assert_eq!(status, 200);
    assert!(SnapshotReply::from_bytes(&body).unwrap().docs.is_empty());

    // Suppose zhao got hold of the document all the same (a colleague's phone).
    let blob = {
        let (_, body) = Office::sign_in(&world.server.url(), "li")
            .unwrap()
            .frame("/api/v1/sync/snapshot", &ask.to_bytes())
            .unwrap();
        let snapshot = SnapshotReply::from_bytes(&body).unwrap().docs.remove(0);
        snapshot.blob.to_vec()
    };
    let stolen = || Record::load(id, &blob).unwrap();
    let own_id = RecordId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_9999));
    let mut own = Record::new("complaint", own_id);
    let honest =
        made(&mut own, zhao_id, Role::Engineer, 1, json!({"cmd":"create","fields":{"content":"自己的"}}));
    let foreign =
        made(&mut stolen(), zhao_id, Role::Engineer, 2, json!({"cmd":"set","field":"batch_no","value":"X"}));
    let impostor =
        made(&mut stolen(), li_id, Role::Engineer, 3, json!({"cmd":"set","field":"batch_no","value":"Y"}));
    let second_maker = made(
        &mut Record::new("complaint", id),
        zhao_id,
        Role::Engineer,
        4,
        json!({"cmd":"create","fields":{"content":"我的"}}),
    );
    let mut broken = foreign.bytes.clone();
    let last = broken.len() - 1;
    broken[last] ^= 0x55;
    let office_doc = id.companion("handling");
    let handling = made(
        &mut Record::new("handling", office_doc),
        zhao_id,
        Role::Engineer,
        5,
        json!({"cmd":"create","fields":{"cause":"我说了算"}}),
    );
    let reply = push(
        &zhao,
        &[
            (id, "complaint", vec![foreign.bytes.clone()]),
            (id, "complaint", vec![impostor.bytes]),
            (id, "complaint", vec![second_maker.bytes]),
            (id, "complaint", vec![broken, vec![0; 40], Vec::new()]),
            (office_doc, "handling", vec![handling.bytes]),
            (RecordId(Uuid::from_u128(5)), "nonsense", vec![honest.bytes.clone()]),
            (id, "visit", vec![foreign.bytes]),
            (own_id, "complaint", vec![honest.bytes]),
        ],
    );
    let got = codes(&reply);
    assert_eq!(got[7], ["accepted"], "one bad item never blocks another");
    for (n, outcomes) in got[..7].iter().enumerate() {
        assert!(
            outcomes.iter().all(|o| o != "accepted" && o != "proposed" && o != "duplicate"),
            "item {n}: {outcomes:?}"
        );
        assert!(
            reply.results[n].heads.is_empty() && reply.results[n].receipt.is_empty(),
            "item {n} tells something"
        );
    }
    assert_eq!(got[0], ["forbidden_doc"]);
    assert_eq!(office.get("complaint", id).unwrap(), before);
    assert_eq!(
        office.history("complaint", own_id).unwrap().iter().filter(|h| h["field"] == "content").count(),
        1
    );

    // The maker may not type what is the office's or the server's, whatever the phone's screen allowed.
    let as_li = Office::sign_in(&world.server.url(), "li").unwrap();
    for (salt, field, value) in [
        (6, "severity", "serious"),
        (7, "complaint_no", "TS2026-77777"),
        (8, "due_at", "2026-12-01T00:00:00Z"),
    ] {
        let change = made(
            &mut stolen(),
            li_id,
            Role::Engineer,
            salt,
            json!({"cmd":"set","field":field,"value":value}),
        );
        assert_eq!(
            codes(&push(&as_li, &[(id, "complaint", vec![change.bytes])]))[0],
            ["forbidden_field"],
            "{field}"
        );
    }
    let dressed = made(
        &mut stolen(),
        li_id,
        Role::Office,
        9,
        json!({"cmd":"event","to":"cancelled","why":"我是办公室"}),
    );
    assert_eq!(codes(&push(&as_li, &[(id, "complaint", vec![dressed.bytes])]))[0], ["author_mismatch"]);
    assert_eq!(office.get("complaint", id).unwrap(), before);

    // Bodies that are no frames.
    for body in [&b""[..], b"\xff\xff\xff", b"{}", &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
        for path in ["push", "pull", "hello", "offer", "snapshot"] {
            let (status, _) = zhao.frame(&format!("/api/v1/sync/{path}"), body).unwrap();
            assert!((400..500).contains(&status), "{path}: {status}");
        }
    }
    // The server is in good health, and the honest devices go on.
    li.synced().unwrap();
    let (status, _) = zhao
        .frame("/api/v1/sync/pull", &Pull { cursor: None, max_bytes: 1 << 20, max_docs: 250 }.to_bytes())
        .unwrap();
    assert_eq!(status, 200);
}

#[test]
fn nobody_comes_in_without_a_session_or_with_a_stale_one() {
    let world = World::new().unwrap();
    let url = world.server.url();
    assert!(Office::sign_in(&url, "nobody").is_err());
    let li = Office::sign_in(&url, "li").unwrap();
    li.ok("GET", "/api/v1/me", None).unwrap();
    li.ok("DELETE", "/api/v1/session", None).unwrap();
    let (status, answer) = li.call("GET", "/api/v1/me", None).unwrap();
    assert_eq!(status, 401, "{answer}");
    let li = Office::sign_in(&url, "li").unwrap();
    let mut command = std::process::Command::new(e2e::server::program("fieldledger").unwrap());
    command.args(["user", "disable", "li", "--data"]).arg(world.server.data());
    e2e::server::run(command, "").unwrap();
    let (status, answer) = li.call("GET", "/api/v1/records/complaint", None).unwrap();
    assert!(status == 401 || status == 403, "{status} {answer}");
}
