//! The two programs as people and scripts use them: JSON keys and exit codes of DESIGN §6 and §7.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

use e2e::command::Phone;
use e2e::server::program;
use e2e::world::World;
use serde_json::json;

fn server_command(args: &[&str], data: &Path) -> (i32, String, String) {
    let output =
        Command::new(program("fieldledger").unwrap()).args(args).arg("--data").arg(data).output().unwrap();
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_day_on_the_command_line() {
    let mut world = World::new().unwrap();
    let url = world.server.url();
    let phone = Phone(world.path("phone"));
    let (code, json) = phone.run(&["login", "--server", &url, "--user", "li"], "wrong\n");
    assert_eq!((code, json["code"].as_str()), (4, Some("bad_credentials")), "{json}");
    phone.login(&url, "li");

    // In the cellar: the server is gone.
    world.server.kill().unwrap();
    let made = phone.ok(&[
        "new",
        "complaint",
        "content=变速箱漏油",
        "channel=phone",
        "record_kind=complaint",
        "reporter_name=张主任",
        "reporter_contact=13900001111",
        "received_at=2026-03-01 08:00",
    ]);
    assert_eq!(made["saved"], true);
    assert_eq!(made["kind"], "complaint");
    let temp = made["number"].as_str().unwrap().to_owned();
    assert!(temp.starts_with("临-"), "{temp}");
    let id = made["id"].as_str().unwrap().to_owned();
    let (code, json) = phone.run(&["new", "complaint", "channel=飞鸽"], "");
    assert_eq!(
        (code, json["code"].as_str(), json["params"]["field"].as_str()),
        (1, Some("unknown_code"), Some("channel")),
        "{json}"
    );
    let (code, json) = phone.run(&["edit", &id, "severity=serious"], "");
    assert_eq!((code, json["code"].as_str()), (1, Some("forbidden_field")), "{json}");
    let (code, json) = phone.run(&["event", &id, "closed"], "");
    assert_eq!((code, json["code"].as_str()), (1, Some("bad_transition")), "{json}");
    phone.ok(&["edit", &temp, "batch_no=B26092", "quantity_involved=12.50"]);
    phone.ok(&["event", &id, "registered"]);
    phone.ok(&["add", &id, "follow_ups", "content=已联系客户"]);
    let photo = world.path("photo.jpg");
    std::fs::write(&photo, b"\xff\xd8\xff\xe0 not much of a photo").unwrap();
    phone.ok(&["attach", &id, photo.to_str().unwrap()]);
    let visit = phone.ok(&["new", "visit", &format!("complaint={id}"), "fault_cause=油封老化"]);
    phone.ok(&["sign", visit["id"].as_str().unwrap(), photo.to_str().unwrap()]);
    let shown = phone.ok(&["show", &temp]);
    assert_eq!(shown["sync"], "waiting");
    assert_eq!(shown["status"], "registered");
    assert_eq!(shown["fields"]["quantity_involved"], "12.5");
    assert_eq!(shown["collections"]["attachments"][0]["name"], "photo.jpg");
    assert_eq!(shown["collections"]["attachments"][0]["sha256"].as_str().unwrap().len(), 64);
    assert!(shown["events"].as_array().unwrap().len() == 2 && shown["conflicts"].is_array());
    let outbox = phone.ok(&["outbox"]);
    let outbox = outbox.as_array().unwrap();
    assert!(outbox.len() >= 6, "{outbox:?}");
    for key in ["id", "kind", "record", "what", "at", "state"] {
        assert!(outbox[0].get(key).is_some(), "{key} in {}", outbox[0]);
    }
    let (code, json) = phone.run(&["sync"], "");
    assert_eq!((code, json["ok"].as_bool()), (3, Some(false)), "{json}");
    assert_eq!(phone.ok(&["outbox"]).as_array().unwrap().len(), outbox.len(), "nothing is lost");

    // Back in the light.
    let (data, address) = (world.server.data().to_owned(), world.server.address.clone());
    world.server = e2e::server::Server::start_on(&data, &address).unwrap();
    let report = phone.ok(&["sync"]);
    assert_eq!((report["ok"].as_bool(), report["unsent"].as_u64()), (Some(true), Some(0)), "{report}");
    assert_eq!(report["pushed"]["refused"], 0);
    assert!(report["pushed"]["accepted"].as_u64().unwrap() >= 6);
    let shown = phone.ok(&["show", &id]);
    assert_eq!(shown["sync"], "sent");
    let number = shown["number"].as_str().unwrap();
    assert!(number.starts_with("TS20"), "{number}");
    assert_eq!(phone.ok(&["show", &temp])["id"], shown["id"], "the temporary number still finds it");
    let list = phone.ok(&["list", "complaint"]);
    assert_eq!(list[0]["number"].as_str(), Some(number));
    assert_eq!(list[0]["status"], "registered");

    // The office changes what the phone changes too: both values, and a choice.
    let office = world.office("wang").unwrap();
    office
        .ok(
            "POST",
            &format!("/api/v1/records/complaint/{id}/intents"),
            Some(&json!([{"cmd":"set","field":"batch_no","value":"B1"}])),
        )
        .unwrap();
    phone.ok(&["edit", &id, "batch_no=B2"]);
    phone.ok(&["sync"]);
    assert_eq!(phone.ok(&["show", &id])["sync"], "conflict");
    let conflicts = phone.ok(&["conflicts", &id]);
    assert_eq!(conflicts[0]["field"], "batch_no");
    let values = conflicts[0]["values"].as_array().unwrap();
    assert_eq!(values.len(), 2);
    for key in ["value", "by", "at", "n"] {
        assert!(values[0].get(key).is_some(), "{key}");
    }
    let n = values.iter().find(|v| v["value"] == "B2").unwrap()["n"].to_string();
    phone.ok(&["choose", &id, "batch_no", &n]);
    phone.ok(&["sync"]);
    assert_eq!(
        office.ok("GET", &format!("/api/v1/records/complaint/{id}"), None).unwrap()["fields"]["batch_no"],
        "B2"
    );

    // An account that is shut: nothing is sent, nothing is lost, and it says so.
    let (code, ..) = server_command(&["user", "disable", "li"], &data);
    assert_eq!(code, 0);
    phone.ok(&["edit", &id, "model=3305B"]);
    let (code, json) = phone.run(&["sync"], "");
    assert_eq!(code, 4, "{json}");
    // The photos are only here as long as the server takes no files; that is said too.
    let outbox = phone.ok(&["outbox"]);
    let (files, edits): (Vec<_>, Vec<_>) =
        outbox.as_array().unwrap().iter().partition(|item| item["file"].is_object());
    assert_eq!((files.len(), edits.len()), (2, 1), "{outbox}");
    let status = phone.ok(&["status"]);
    let counts = ["unsent", "proposed", "refused", "files", "held"].map(|key| status[key].as_u64());
    assert_eq!(counts, [Some(1), Some(0), Some(0), Some(2), Some(3)], "{status}");
}

#[test]
fn one_device_serves_one_account_after_the_other() {
    let world = World::new().unwrap();
    let url = world.server.url();
    let phone = Phone(world.path("phone"));
    phone.login(&url, "li");
    let made =
        phone.ok(&["new", "complaint", "content=变速箱漏油", "channel=phone", "record_kind=complaint"]);
    let id = made["id"].as_str().unwrap();
    phone.ok(&["sync"]);
    // A file that is refused is not kept, and nothing waits for it.
    let photo = world.path("photo.jpg");
    std::fs::write(&photo, b"not much of a photo").unwrap();
    let (code, field) = phone.refused(&["attach", id, photo.to_str().unwrap(), "nonsense=1"]);
    assert_eq!((code.as_str(), field.as_str()), ("unknown_field", "attachments/nonsense"));
    // Nor is anything saved for a signature that is not there.
    let visit = phone.ok(&["new", "visit", &format!("complaint={id}")]);
    let visit = visit["id"].as_str().unwrap();
    let nowhere = world.path("nowhere.png");
    let (code, _) = phone.run(&["sign", visit, nowhere.to_str().unwrap(), "signer_name=张主任"], "");
    assert_eq!((code, &phone.ok(&["show", visit])["fields"]["signer_name"]), (2, &json!(null)));
    phone.ok(&["sync"]);
    assert_eq!(phone.ok(&["logout"])["unsent"], 0);

    phone.login(&url, "zhao");
    assert_eq!(phone.ok(&["list"]).as_array().unwrap().len(), 0);
    phone.ok(&["sync"]);
    assert_eq!(phone.ok(&["list", "complaint"]).as_array().unwrap().len(), 0, "li's are not zhao's");
    let other = phone.ok(&["new", "complaint", "content=异响", "channel=phone", "record_kind=complaint"]);
    // With unsent work the device waits for its account, however the name is written.
    assert_eq!(phone.ok(&["logout"])["unsent"], 1);
    let (code, json) = phone.run(&["login", "--server", &url, "--user", "li"], "x\n");
    assert_eq!(
        (code, &json["code"], &json["params"]["user"]),
        (1, &json!("locked_for_other"), &json!("zhao"))
    );
    phone.login(&url, " Zhao");
    assert_eq!(phone.ok(&["sync"])["unsent"], 0);
    assert_eq!(phone.ok(&["show", other["id"].as_str().unwrap()])["sync"], "sent");
    phone.ok(&["logout"]);
    phone.login(&url, "LI");
    phone.ok(&["sync"]);
    assert_eq!(phone.ok(&["list", "complaint"])[0]["id"], made["id"]);
}

#[test]
fn sentences_name_fields_as_screens_do() {
    let world = World::new().unwrap();
    let phone = Phone(world.path("phone"));
    phone.login(&world.server.url(), "li");
    let made = phone.ok(&["new", "complaint", "content=漏油"]);
    let output = Command::new(program("fieldledger-device").unwrap())
        .arg("--data")
        .arg(&phone.0)
        .args(["--lang", "zh", "event", made["id"].as_str().unwrap(), "closed"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("不能从“草稿”转到“已办结”"), "{said}");
}

#[test]
fn wrong_usage_is_two_and_says_how() {
    let world = World::new().unwrap();
    let phone = Phone(world.path("phone"));
    assert_eq!(phone.run(&["frobnicate"], "").0, 2);
    assert_eq!(phone.run(&["edit"], "").0, 2);
    for command in ["serve", "demo", "user", "import", "export", "backup", "restore", "verify", "rebuild"] {
        let output =
            Command::new(program("fieldledger").unwrap()).args([command, "--help"]).output().unwrap();
        assert!(output.status.success(), "{command} --help");
    }
}

#[test]
fn a_port_in_use_and_a_directory_of_a_newer_version_are_said_plainly() {
    let world = World::new().unwrap();
    let other = world.path("other");
    let output = Command::new(program("fieldledger").unwrap())
        .args(["serve", "--listen", &world.server.address, "--data"])
        .arg(&other)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("port_in_use"), "{output:?}");
    let (code, _, stderr) = server_command(&["serve", "--listen", "127.0.0.1:0"], world.server.data());
    assert_eq!(code, 1);
    assert!(stderr.contains("data_in_use"), "{stderr}");
}

#[test]
fn a_damaged_device_database_is_set_aside_and_unsent_work_comes_back() {
    let world = World::new().unwrap();
    let phone = Phone(world.path("phone"));
    phone.login(&world.server.url(), "li");
    let made = phone.ok(&["new", "complaint", "content=外观掉漆", "batch_no=B7"]);
    let id = made["id"].as_str().unwrap();
    for entry in std::fs::read_dir(&phone.0).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains(".db") {
            let length = std::fs::metadata(&path).unwrap().len().max(4096);
            std::fs::write(&path, vec![0x5a; usize::try_from(length).unwrap()]).unwrap();
        }
    }
    let shown = phone.ok(&["show", id]);
    assert_eq!(shown["fields"]["batch_no"], "B7");
    let aside = std::fs::read_dir(&phone.0)
        .unwrap()
        .any(|e| e.unwrap().file_name().to_string_lossy().contains("damaged"));
    assert!(aside, "the damaged file is kept");
    phone.login(&world.server.url(), "li");
    let report = phone.ok(&["sync"]);
    assert_eq!(report["unsent"], 0, "{report}");
    let office = world.office("wang").unwrap();
    assert_eq!(
        office.ok("GET", &format!("/api/v1/records/complaint/{id}"), None).unwrap()["fields"]["content"],
        "外观掉漆"
    );
}
