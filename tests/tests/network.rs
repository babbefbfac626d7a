//! A connection that breaks at any byte, and devices that come back from the past.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

use client_core::sync::Ending;
use e2e::chance::Chance;
use e2e::device::Device;
use e2e::network::Proxy;
use e2e::server::{Server, program, run};
use e2e::world::World;
use serde_json::{Value as Json, json};

#[test]
fn the_connection_is_cut_at_any_byte() {
    let mut chance = Chance::from_env("network");
    let mut world = World::new().unwrap();
    let office = world.office("wang").unwrap();
    let proxy = Proxy::start(&world.server.address).unwrap();
    let mut li = world.device_at("li", &proxy.url()).unwrap();
    let id = li.complaint("发动机异响").unwrap();
    let mut values = Vec::new();
    let mut cuts = 0;
    for n in 0..60 {
        let value = format!("B{n}");
        li.edit(id, "batch_no", json!(value)).unwrap();
        values.push(json!(value));
        let at = i64::try_from(chance.below(2_500)).unwrap();
        if chance.below(2) == 0 {
            proxy.cut_after_sending(at)
        } else {
            proxy.cut_after_receiving(at)
        }
        let report = li.sync().unwrap();
        cuts += u32::from(report.ending() != Ending::Done);
        proxy.heal();
        if chance.below(4) == 0 {
            li = li.reopen().unwrap();
        }
    }
    println!("{cuts} of 60 syncs were cut");
    assert!(cuts > 5, "the network was too good");
    let report = li.synced().unwrap();
    assert_eq!(report.unsent, 0);
    let history = office.history("complaint", id).unwrap();
    let there: Vec<Json> =
        history.iter().filter(|h| h["field"] == "batch_no").map(|h| h["value"].clone()).rev().collect();
    assert_eq!(there, values, "each once, in order");
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), &target).map(|_| ()).unwrap()
        }
    }
}

#[test]
fn a_device_restored_from_an_old_copy_goes_on_and_loses_nothing() {
    let mut world = World::new().unwrap();
    let office = world.office("wang").unwrap();
    let mut li = world.device("li").unwrap();
    let id = li.complaint("包装破损").unwrap();
    li.synced().unwrap();
    li.edit(id, "batch_no", json!("B1")).unwrap();
    let (dir, schema, clock) = (li.dir().to_owned(), world.schema.clone(), world.clock.clone());
    drop(li);
    let copy = world.path("copy");
    copy_dir(&dir, &copy);
    // Life goes on after the copy was made.
    let mut li = Device::open(&dir, &schema, &world.server.url(), &clock, 77).unwrap();
    li.synced().unwrap();
    li.edit(id, "batch_no", json!("B2")).unwrap();
    li.edit(id, "model", json!("3305B")).unwrap();
    li.synced().unwrap();
    drop(li);
    // The phone is reinstalled from the copy: what it holds as unsent was sent long ago.
    let mut old = Device::open(&copy, &schema, &world.server.url(), &clock, 78).unwrap();
    old.edit(id, "part_no", json!("P9")).unwrap();
    let mut report = old.sync().unwrap();
    if report.code.as_deref() == Some("sign_in_needed") {
        // Its refresh token was used since; signing in again keeps everything.
        old.sign_in("li").unwrap();
        report = old.synced().unwrap();
    }
    assert!(report.ending() == Ending::Done, "{:?}", report.to_json());
    assert_eq!((report.unsent, report.pushed.refused), (0, 0), "{:?}", report.to_json());
    let at_office = office.get("complaint", id).unwrap();
    assert_eq!(at_office["fields"]["batch_no"], "B2");
    assert_eq!(at_office["fields"]["part_no"], "P9");
    assert_eq!(at_office["fields"]["model"], "3305B");
    assert_eq!(old.field(id, "batch_no").unwrap(), "B2");
    let history = office.history("complaint", id).unwrap();
    assert_eq!(history.iter().filter(|h| h["field"] == "batch_no").count(), 2, "B1 was applied twice");
    assert!(old.client.refused().unwrap().is_empty());
}

fn fieldledger(args: &[&str], paths: &[&Path], data: &Path) -> String {
    let mut command = Command::new(program("fieldledger").unwrap());
    command.args(args).args(paths).arg("--data").arg(data);
    run(command, "").unwrap()
}

fn after_restore(by_hand: bool) {
    let mut world = World::new().unwrap();
    let mut li = world.device("li").unwrap();
    let mut zhao = world.device("zhao").unwrap();
    let before = li.complaint("恢复前").unwrap();
    li.event(before, "registered", None).unwrap();
    li.synced().unwrap();
    let office = world.office("wang").unwrap();
    let zhao_id = zhao.client.person().unwrap().user;
    let li_id = li.client.person().unwrap().user;
    office.intents("complaint", before, &json!([{"cmd":"assign","lead":li_id,"others":[zhao_id]}])).unwrap();
    li.synced().unwrap();
    zhao.synced().unwrap();
    let data = world.server.data().to_owned();
    let backup = world.path("backup");
    if by_hand {
        world.server.kill().unwrap();
        copy_dir(&data, &backup);
        world.server = Server::start_on(&data, &world.server.address.clone()).unwrap();
    } else {
        fieldledger(&["backup"], &[&backup], &data);
    }

    // A day's work after the backup, acknowledged by the server: zhao's edit, then a record of li's, and
    // the office's word on it, which only li's phone has pulled.
    zhao.edit(before, "batch_no", json!("B-zhao")).unwrap();
    zhao.synced().unwrap();
    let office = world.office("wang").unwrap();
    let after = li.complaint("恢复后丢失").unwrap();
    li.synced().unwrap();
    office.intents("complaint", after, &json!([{"cmd":"set","field":"severity","value":"serious"}])).unwrap();
    li.synced().unwrap();
    li.edit(after, "batch_no", json!("B-unsent")).unwrap();
    let number = li.client.show(after).unwrap()["number"].clone();

    // The disk dies.
    world.server.kill().unwrap();
    let address = world.server.address.clone();
    std::fs::rename(&data, world.path("dead")).unwrap();
    if by_hand {
        copy_dir(&backup, &data)
    } else {
        fieldledger(&["restore"], &[&backup], &data);
    }
    world.server = Server::start_on(&data, &address).unwrap();
    let office = world.office("wang").unwrap();
    let (status, _) = office.call("GET", &format!("/api/v1/records/complaint/{after}"), None).unwrap();
    assert_eq!(status, 404, "the backup does not have it");

    for (device, user) in [(&mut li, "li"), (&mut zhao, "zhao")] {
        let mut report = device.sync().unwrap();
        if report.code.as_deref() == Some("sign_in_needed") {
            device.sign_in(user).unwrap();
            report = device.sync().unwrap();
        }
        assert!(report.ending() == Ending::Done, "{:?}", report.to_json());
        assert_eq!((report.unsent, report.pushed.refused), (0, 0), "{:?}", report.to_json());
    }
    let restored = office.get("complaint", after).unwrap();
    assert_eq!(restored["fields"]["severity"], "serious", "the office's word came back through li's phone");
    assert_eq!(restored["fields"]["batch_no"], "B-unsent");
    assert_eq!(restored["number"], number, "it keeps its number");
    assert_eq!(office.get("complaint", before).unwrap()["fields"]["batch_no"], "B-zhao");
    li.synced().unwrap();
    assert_eq!(li.field(before, "batch_no").unwrap(), "B-zhao");
    // A new record does not take a number that came back.
    let next = li.complaint("之后").unwrap();
    li.synced().unwrap();
    assert_ne!(li.client.show(next).unwrap()["number"], number);
}

#[test]
fn after_a_restore_devices_give_back_what_they_hold() {
    after_restore(false);
}

#[test]
fn after_an_older_copy_put_back_by_hand_too() {
    after_restore(true);
}
