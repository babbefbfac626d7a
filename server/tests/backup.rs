//! Backup beside a running server, restore on another machine, verify; by the program itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use std::path::Path;
use std::process::Command;

use common::Server;
use domain::authz::Role;
use domain::wire::Mode;
use phone::{Phone, complaint};
use serde_json::Value;
use server::http::Limits;

/// Runs the program; its exit status, its output as JSON, and what it said on standard error.
fn run(arguments: &[&str]) -> (i32, Value, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_fieldledger")).args(arguments).arg("--json").output().unwrap();
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap(), json, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_is_restored_on_another_machine_and_devices_complete_it() {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let mut wang = Phone::new(&server, "wang", wang, Role::Engineer);
    for _ in 0..3 {
        wang.create("complaint", complaint());
    }
    wang.push(&server);
    wang.pull(&server);
    let place = tempfile::tempdir().unwrap();
    let (data, backup) = (server.dir.path().join("data"), place.path().join("backup"));
    let (status, made, _) = run(&["backup", text(&backup), "--data", text(&data)]);
    assert_eq!((status, &made["seq"]), (0, &Value::from(3)));
    assert_eq!(server.audited("backup"), 1);
    let (status, _, said) = run(&["backup", text(&backup), "--data", text(&data)]);
    assert!(status == 1 && said.contains("[exists]"), "{said}");
    #[cfg(unix)]
    for file in ["fieldledger.db", "receipt.key", "secret.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(backup.join(file)).unwrap().permissions().mode() & 0o777,
            0o600,
            "{file}"
        );
    }
    // Work after the backup.
    let lost = wang.create("complaint", complaint());
    wang.push(&server);
    wang.pull(&server);

    // Not over data that is there; and never beside a running server.
    let (status, _, said) = run(&["restore", text(&backup), "--data", text(&data)]);
    assert!(status == 1 && said.contains("[data_in_use]"), "{said}");
    let machine = tempfile::tempdir().unwrap();
    let target = machine.path().join("data");
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("other"), "x").unwrap();
    let (status, _, said) = run(&["restore", text(&backup), "--data", text(&target)]);
    assert!(status == 1 && said.contains("[not_empty]"), "{said}");
    let (status, restored, said) = run(&["restore", text(&backup), "--data", text(&target), "--force"]);
    assert_eq!(status, 0, "{said}");
    assert!(Path::new(restored["aside"].as_str().unwrap()).join("other").exists());
    let (status, checked, _) = run(&["verify", "--data", text(&target)]);
    assert_eq!((status, &checked["ok"], &checked["records"]), (0, &Value::from(true), &Value::from(3)));

    let back = Server::start_in(machine, Limits::default());
    common::refused(&wang.page(&back, 200), 409, "epoch_changed");
    assert_eq!(wang.hello(&back).mode, Mode::Rewind);
    assert_eq!(wang.offer(&back), 1);
    assert_eq!(
        back.get(&format!("/api/v1/records/complaint/{lost}"), &wang.token).json()["number"],
        "TS2026-00004"
    );
}

#[test]
fn a_backup_that_was_touched_is_not_restored() {
    let server = Server::start();
    let place = tempfile::tempdir().unwrap();
    let (data, backup) = (server.dir.path().join("data"), place.path().join("backup"));
    assert_eq!(run(&["backup", text(&backup), "--data", text(&data)]).0, 0);
    let key = backup.join("receipt.key");
    std::fs::write(&key, [0; 32]).unwrap();
    let target = place.path().join("data");
    let (status, _, said) = run(&["restore", text(&backup), "--data", text(&target)]);
    assert!(status == 1 && said.contains("[damaged_backup]"), "{said}");
    assert!(!target.exists());
}

#[test]
fn verify_and_rebuild_say_what_they_did() {
    let server = Server::start();
    let li = server.add_user("li", Role::Office);
    let mut office = Phone::new(&server, "li", li, Role::Office);
    office.create("complaint", complaint());
    office.push(&server);
    let copy = server.copy();
    let data = copy.path().join("data");
    let (status, _, said) = run(&["rebuild", "--data", text(&server.dir.path().join("data"))]);
    assert!(status == 1 && said.contains("[data_in_use]"), "{said}");
    let (status, rebuilt, _) = run(&["rebuild", "--data", text(&data)]);
    assert_eq!((status, &rebuilt["records"]), (0, &Value::from(1)));
    assert_eq!(run(&["verify", "--data", text(&data)]).0, 0);
    rusqlite::Connection::open(data.join("fieldledger.db"))
        .unwrap()
        .execute_batch("UPDATE doc_blob SET sha = x'00'")
        .unwrap();
    let (status, checked, said) = run(&["verify", "--data", text(&data)]);
    assert!(status == 1 && said.contains("[damaged]"), "{said}");
    assert_eq!(checked["differences"][0]["what"], "blob");
}
