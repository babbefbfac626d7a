//! Adding a field is one entry in one file: it runs through device, sync, server table, API and export
//! without a line of code; and a program that does not have it yet keeps what it holds.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use domain::schema::Schema;
use e2e::device::{Device, TestClock};
use e2e::office::Office;
use e2e::server::add_user;
use serde_json::json;
use server::config::{Config, ConfigFile};
use server::export::{Format, Request, export};
use server::host::{Clock as _, SystemClock, SystemRng};

const FIELD: &str = r#"
[[field]]
key = "torque_test"
group = "product"
type = "decimal"
label = { zh = "拧紧力矩", en = "Torque" }
unit = "N·m"
min_value = "0"
access = "shared"
offline = true
conflict = "show"
index = true
search = true
"#;

fn with_field() -> Arc<Schema> {
    let mut files = Schema::builtin_sources();
    let complaint = files.get_mut("complaint.toml").unwrap();
    let group = complaint.split("[[group]]\nkey = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // Fields come before the first collection in the file's order of tables; TOML takes them anywhere.
    complaint.push_str(&FIELD.replace("group = \"product\"", &format!("group = \"{group}\"")));
    Arc::new(Schema::from_files(files).unwrap())
}

#[test]
fn one_entry_in_one_file_is_a_field_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("server");
    add_user(&data, "li", "engineer", &[]).unwrap();
    add_user(&data, "wang", "office", &["--display", "王经理"]).unwrap();
    let schema = with_field();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config::new(Some(data.clone()), Some("127.0.0.1:0".parse().unwrap()), ConfigFile::default());
    let state = server::AppState::open_with_schema(
        config,
        Arc::new(SystemClock),
        Arc::new(SystemRng),
        schema.clone(),
    )
    .unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving =
        runtime.spawn(server::serve(listener, state.clone(), server::http::Limits::default(), async move {
            drop(stopped.await);
        }));

    // Device: form, rule, store, list row.
    let clock = TestClock::at(SystemClock.now());
    let mut li = Device::open(&dir.path().join("phone"), &schema, &url, &clock, 1).unwrap();
    li.sign_in("li").unwrap();
    let id = li.complaint("螺栓松动").unwrap();
    let refusal = li.edit(id, "torque_test", json!("-3")).unwrap_err();
    assert!(refusal.to_string().contains("out_of_range"), "{refusal}");
    li.edit(id, "torque_test", json!("42.5")).unwrap();
    assert_eq!(li.client.list(Some("complaint"), &Default::default()).unwrap()[0]["torque_test"], "42.5");

    // Sync, server table, API: value, filter, sort, schema for the forms.
    li.synced().unwrap();
    let office = Office::sign_in(&url, "wang").unwrap();
    assert_eq!(office.get("complaint", id).unwrap()["fields"]["torque_test"], "42.5");
    let page = office
        .ok("GET", "/api/v1/records/complaint?filter=torque_test:40..50&sort=-torque_test", None)
        .unwrap();
    assert_eq!(
        (page["total"].as_u64(), page["items"][0]["torque_test"].as_str()),
        (Some(1), Some("42.5")),
        "{page}"
    );
    let none = office.ok("GET", "/api/v1/records/complaint?filter=torque_test:50..60", None).unwrap();
    assert_eq!(none["total"], 0);
    let reference = office.ok("GET", "/api/v1/reference", None).unwrap();
    let kinds = reference["schema"]["kinds"].as_array().unwrap();
    let complaint = kinds.iter().find(|k| k["key"] == "complaint" || k["kind"] == "complaint").unwrap();
    let field = complaint["fields"].as_array().unwrap().iter().find(|f| f["key"] == "torque_test").unwrap();
    assert_eq!((field["label"]["zh"].as_str(), field["unit"].as_str()), (Some("拧紧力矩"), Some("N·m")));

    // Conflict rule: both values, and a choice.
    office.intents("complaint", id, &json!([{"cmd":"set","field":"torque_test","value":40}])).unwrap();
    li.edit(id, "torque_test", json!("45")).unwrap();
    li.synced().unwrap();
    let conflicts = office.get("complaint", id).unwrap()["conflicts"].clone();
    assert_eq!(conflicts[0]["field"], "torque_test", "{conflicts}");
    office.intents("complaint", id, &json!([{"cmd":"choose","field":"torque_test","n":0}])).unwrap();

    // Export, under its label.
    let out = dir.path().join("complaints.csv");
    let request = Request { kind: "complaint", format: Format::from_text("csv").unwrap(), month: None };
    let records = state.records.clone();
    let path = out.clone();
    std::thread::spawn(move || export(&records, &request, &path)).join().unwrap().unwrap();
    let csv = std::fs::read_to_string(&out).unwrap();
    assert!(csv.lines().next().unwrap().contains("拧紧力矩"), "{csv}");

    // A device without the field keeps it, shows it as unknown, and its own edits do no harm to it.
    let value = office.get("complaint", id).unwrap()["fields"]["torque_test"].clone();
    let mut old =
        Device::open(&dir.path().join("old"), &Schema::builtin().unwrap(), &url, &clock, 2).unwrap();
    old.sign_in("li").unwrap();
    old.synced().unwrap();
    assert_eq!(old.client.show(id).unwrap()["unknown"]["torque_test"], value);
    old.edit(id, "batch_no", json!("B26001")).unwrap();
    old.synced().unwrap();
    let after = office.get("complaint", id).unwrap();
    assert_eq!(
        (&after["fields"]["torque_test"], after["fields"]["batch_no"].as_str()),
        (&value, Some("B26001"))
    );

    let _ = stop.send(());
    runtime.block_on(serving).unwrap();
    state.close();
}
