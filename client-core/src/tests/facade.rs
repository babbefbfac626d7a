//! The door: create, edit, show, list, find, sign in and out.

use serde_json::json;

use super::{device, fields, granted, sign_in, signed_in};
use crate::ListFilter;
use crate::error::Error;
use domain::intent::Intent;

#[test]
fn nothing_is_saved_before_somebody_is_signed_in() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = device(dir.path());
    let refused = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap_err();
    assert_eq!(refused.code(), "sign_in_needed");
}

#[test]
fn what_is_saved_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let saved = client.create("complaint", fields(json!({"content": "变速箱漏油"}))).unwrap().into_inner();
    let number = saved.number.clone().unwrap();
    assert!(number.starts_with("临-") && number.ends_with("-0001"), "{number}");
    client.edit(saved.id, "reporter_name", json!("宏远运输")).unwrap().into_inner();
    drop(client);

    let client = device(dir.path());
    let show = client.show(saved.id).unwrap();
    assert_eq!(show["fields"]["content"], "变速箱漏油");
    assert_eq!(show["fields"]["reporter_name"], "宏远运输");
    assert_eq!(show["number"], json!(number));
    assert_eq!(show["sync"], "waiting");
    assert_eq!(show["status"], "draft");
    assert_eq!(client.find(&number).unwrap(), saved.id);
    assert_eq!(client.find(&saved.id.to_string()).unwrap(), saved.id);
    assert!(matches!(client.find("TS2026-1"), Err(Error::NotFound(_))));

    let found = |text: &str| {
        let filter = ListFilter { text: text.into(), ..ListFilter::default() };
        client.list(Some("complaint"), &filter).unwrap()
    };
    assert_eq!(found("漏油").len(), 1);
    assert_eq!(found("油漏").len(), 0);
    assert_eq!(found("")[0]["sync"], "waiting");
    assert_eq!(client.list(None, &ListFilter::default()).unwrap().len(), 1);
    let status = ListFilter { status: vec!["closed".into()], ..ListFilter::default() };
    assert_eq!(client.list(Some("complaint"), &status).unwrap().len(), 0);
    let outbox = client.outbox().unwrap();
    assert_eq!(outbox.len(), 2);
    assert_eq!(outbox[1]["what"], "set reporter_name");
    assert_eq!(outbox[1]["record"], json!(number));
}

#[test]
fn a_refusal_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "异响"}))).unwrap().into_inner().id;
    let before = client.show(id).unwrap();
    for (field, value, code) in [
        ("nonsense", json!("x"), "unknown_field"),
        ("channel", json!("no-such-code"), "unknown_code"),
        ("complaint_no", json!("TS2026-00001"), "forbidden_field"),
    ] {
        assert_eq!(client.edit(id, field, value).unwrap_err().code(), code, "{field}");
    }
    // All or nothing: the first intent is good, the second is not.
    let batch = vec![
        Intent::Set { field: "content".into(), value: json!("改过") },
        Intent::Set { field: "nonsense".into(), value: json!(1) },
    ];
    let refused = client.intents(id, batch).unwrap_err();
    assert_eq!(refused.params()["intent"], 1);
    assert_eq!(client.show(id).unwrap(), before);
    assert_eq!(client.outbox().unwrap().len(), 1);
}

#[test]
fn a_step_says_everything_that_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({}))).unwrap().into_inner().id;
    let refused = client.event(id, "registered", None, fields(json!({}))).unwrap_err();
    assert_eq!(refused.code(), "required");
    let missing = refused.params()["missing"].as_array().unwrap().clone();
    assert!(missing.len() > 1 && missing.contains(&json!("content")), "{missing:?}");
    assert_eq!(client.show(id).unwrap()["status"], "draft");
}

#[test]
fn the_office_writes_the_companion_through_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 2, "office");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    client.edit(id, "cause", json!("密封圈老化")).unwrap().into_inner();
    let show = client.show(id).unwrap();
    assert_eq!(show["fields"]["cause"], "密封圈老化");
    assert_eq!(show["fields"]["content"], "漏油");
    assert_eq!(client.list(Some("complaint"), &ListFilter::default()).unwrap().len(), 1);
    // One record on the screen: the companion's work is the record's work.
    assert!(client.outbox().unwrap().iter().all(|w| w["id"] == json!(id)));

    let dir = tempfile::tempdir().unwrap();
    let mut engineer = signed_in(dir.path(), 3, "engineer");
    let id = engineer.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    assert_eq!(engineer.edit(id, "cause", json!("x")).unwrap_err().code(), "forbidden_field");
}

#[test]
fn files_are_kept_by_content() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    let saved = client.attach(id, "attachments", "a.jpg", "image/jpeg", b"bytes", fields(json!({}))).unwrap();
    let (_, file) = saved.into_inner();
    assert_eq!(std::fs::read(dir.path().join("files").join(&file.sha256)).unwrap(), b"bytes");
    assert_eq!(client.show(id).unwrap()["collections"]["attachments"][0]["sha256"], json!(file.sha256));
    let refused = client.attach(id, "follow_ups", "a", "text/plain", b"x", fields(json!({}))).unwrap_err();
    assert_eq!(refused.code(), "unknown_collection");
}

#[test]
fn signing_out_with_unsent_work_locks_it_for_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    assert_eq!(client.logout().unwrap(), 1);
    assert_eq!(client.show(id).unwrap_err().code(), "sign_in_needed");
    assert_eq!(client.list(None, &ListFilter::default()).unwrap_err().params()["unsent"], 1);
    assert!(matches!(client.outbox(), Err(Error::SignInNeeded { unsent: 1 })));

    let other = client.login_request("user2", "secret", None).unwrap_err();
    assert_eq!((other.code(), &other.params()["unsent"]), ("locked_for_other", &json!(1)));
    let other = client.login_response("http://127.0.0.1:1", 200, &granted(2, "user2", "office"));
    assert_eq!(other.unwrap_err().code(), "locked_for_other");

    sign_in(&mut client, 1, "engineer");
    assert_eq!(client.show(id).unwrap()["fields"]["content"], "漏油");
}

#[test]
fn signing_out_with_nothing_unsent_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    assert_eq!(client.logout().unwrap(), 0);
    sign_in(&mut client, 2, "office");
    assert_eq!(client.list(None, &ListFilter::default()).unwrap().len(), 0);
}

#[test]
fn names_become_ids_where_a_reference_is_meant() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 2, "office");
    let customer = client.create("customer", fields(json!({"name": "宏远运输"}))).unwrap().into_inner();
    let mut given = fields(json!({"customer": "宏远运输", "content": "宏远运输"}));
    client.resolve_names("complaint", None, &mut given).unwrap();
    assert_eq!(given["customer"], json!(customer.id));
    assert_eq!(given["content"], "宏远运输");
    let mut unknown = fields(json!({"customer": "没有"}));
    assert!(matches!(client.resolve_names("complaint", None, &mut unknown), Err(Error::NotFound(_))));
}

#[test]
fn edits_in_a_row_share_an_actor_and_another_process_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let mut one = signed_in(dir.path(), 1, "engineer");
    let id = one.create("complaint", fields(json!({"content": "a"}))).unwrap().into_inner().id;
    let mut two = device(dir.path());
    two.edit(id, "content", json!("b")).unwrap().into_inner();
    one.edit(id, "reporter_name", json!("c")).unwrap().into_inner();
    let show = two.show(id).unwrap();
    assert_eq!((&show["fields"]["content"], &show["fields"]["reporter_name"]), (&json!("b"), &json!("c")));
    assert_eq!(show["conflicts"], json!([]));
}

#[test]
fn records_are_found_by_number_and_text_and_merged_names_mean_what_stayed() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "office");
    let mut make = |kind: &str, json| client.create(kind, fields(json)).unwrap().into_inner();
    let stays = make("customer", json!({"name": "海岚汽车电子有限公司"})).id;
    let goes = make("customer", json!({"name": "海岚电子"})).id;
    let first = make("complaint", json!({"content": "变速箱漏油", "customer": goes}));
    let number = first.number.clone().unwrap();
    let second = make("visit", json!({"fault_phenomenon": "又漏油", "customer": stays}));
    let third = make("complaint", json!({"content": format!("同 {number}")}));
    client.edit(first.id, "cause", json!("密封圈老化")).unwrap().into_inner();

    let found = |client: &crate::Client, text: &str| -> Vec<String> {
        let rows = client.search(text, 0).unwrap();
        rows.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
    };
    let ids = |list: &[domain::ids::RecordId]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(found(&client, "漏油"), ids(&[second.id, first.id]));
    assert_eq!(found(&client, "油"), ids(&[second.id, first.id]));
    assert_eq!(found(&client, "密封圈"), ids(&[first.id]));
    assert_eq!(found(&client, &number), ids(&[first.id, third.id]));
    assert_eq!(found(&client, &number.to_lowercase())[0], first.id.to_string());
    assert_eq!(client.search(&number, 1).unwrap()[0]["matched"], "number");
    assert_eq!(found(&client, "\"").len() + found(&client, "没有").len(), 0);

    client.edit(goes, "merged_into", json!(stays)).unwrap().into_inner();
    assert_eq!(client.show(first.id).unwrap()["fields"]["customer"], json!(stays));
    let rows = client.list(Some("complaint"), &ListFilter::default()).unwrap();
    let row = rows.iter().find(|r| r["id"] == json!(first.id)).unwrap();
    assert_eq!(row["customer"], json!(stays));
    let mut named = fields(json!({"customer": "海岚电子"}));
    client.resolve_names("complaint", None, &mut named).unwrap();
    assert_eq!(named["customer"], json!(stays));
    client.edit(goes, "merged_into", json!(null)).unwrap().into_inner();
    assert_eq!(client.show(first.id).unwrap()["fields"]["customer"], json!(goes));
}

/// The device that a sign-in names.
fn device_in(client: &crate::Client, user: &str) -> String {
    let request = client.login_request(user, "secret", None).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    body["device"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn each_account_signs_in_from_a_device_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = device(dir.path());
    let (one, two) = (device_in(&client, "user1"), device_in(&client, "user2"));
    assert_ne!(one, two);
    assert_eq!(device_in(&client, " USER1 "), one);
    sign_in(&mut client, 1, "engineer");
    assert_eq!(client.device().unwrap().to_string(), one);
    assert_eq!((device_in(&client, "user1"), device_in(&client, "user2")), (one.clone(), two.clone()));
    client.logout().unwrap();
    sign_in(&mut client, 2, "office");
    assert_eq!((client.device().unwrap().to_string(), device_in(&client, "user1")), (two, one));

    // A sign-in from when there was one device for all keeps it.
    let shared = client.installation().unwrap();
    let text: String = crate::store::meta::get(client.store.db(), "session").unwrap().unwrap();
    let mut session: serde_json::Value = serde_json::from_str(&text).unwrap();
    session.as_object_mut().unwrap().remove("device");
    client.store.db().execute("UPDATE meta SET v = ?1 WHERE k = 'session'", [session.to_string()]).unwrap();
    assert_eq!(client.device().unwrap(), shared);
    assert_eq!(device_in(&client, "user2"), shared.to_string());
}

#[test]
fn a_name_in_other_letters_is_the_same_account() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    client.logout().unwrap();
    client.login_request(" User1\t", "secret", None).unwrap();
    assert_eq!(client.login_request("user12", "secret", None).unwrap_err().code(), "locked_for_other");
    client.login_response("http://127.0.0.1:1/", 200, &granted(1, "user1", "engineer")).unwrap();
    assert_eq!(client.show(id).unwrap()["fields"]["content"], "漏油");
}

#[test]
fn a_refused_file_leaves_nothing_and_one_that_waits_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let stored = || std::fs::read_dir(dir.path().join("files")).unwrap().count();
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    let wrong = fields(json!({"nonsense": "x"}));
    let refused = client.attach(id, "attachments", "a.jpg", "image/jpeg", b"bytes", wrong).unwrap_err();
    assert_eq!(refused.code(), "unknown_field");
    assert_eq!(
        (stored(), client.held().unwrap(), &client.sync_status().unwrap()["files"]),
        (0, 1, &json!(0))
    );

    client
        .attach(id, "attachments", "a.jpg", "image/jpeg", b"bytes", fields(json!({})))
        .unwrap()
        .into_inner();
    let status = client.sync_status().unwrap();
    assert_eq!((stored(), &status["unsent"], &status["files"]), (1, &json!(2), &json!(1)));
    assert_eq!((client.held().unwrap(), &status["held"]), (3, &json!(3)));
    let outbox = client.outbox().unwrap();
    let last = outbox.last().unwrap();
    assert_eq!(
        (&last["what"], &last["id"], &last["state"]),
        (&json!("file a.jpg"), &json!(id), &json!("waiting"))
    );
    assert_eq!(last["file"]["size"], 5);

    // The entry is refused by the office, and thrown away by the person: nobody waits for the file any more.
    let work = crate::store::pending::of_doc(client.store.db(), id).unwrap().pop().unwrap();
    client.write(|tx| tx.refuse(&work, "forbidden_field", &fields(json!({})), 1)).unwrap().into_inner();
    let n = client.refused().unwrap()[0]["n"].as_i64().unwrap();
    assert_eq!(client.held().unwrap(), 3);
    client.discard_refused(n).unwrap().into_inner();
    assert_eq!((client.held().unwrap(), &client.sync_status().unwrap()["files"]), (1, &json!(0)));

    // Unless the record has it by another entry, or another record does.
    for _ in 0..2 {
        client
            .attach(id, "attachments", "b", "text/plain", b"twice", fields(json!({})))
            .unwrap()
            .into_inner();
    }
    let other = client.create("complaint", fields(json!({"content": "异响"}))).unwrap().into_inner().id;
    client.attach(other, "attachments", "b", "text/plain", b"twice", fields(json!({}))).unwrap().into_inner();
    assert_eq!(client.sync_status().unwrap()["files"], 2);
    let work = crate::store::pending::of_doc(client.store.db(), id).unwrap().pop().unwrap();
    client.write(|tx| tx.refuse(&work, "forbidden_field", &fields(json!({})), 1)).unwrap().into_inner();
    let n = client.refused().unwrap()[0]["n"].as_i64().unwrap();
    client.discard_refused(n).unwrap().into_inner();
    assert_eq!(client.sync_status().unwrap()["files"], 2);
}

#[test]
fn rights_say_what_a_step_will_say() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let given = fields(json!({
        "service_type": "training", "appointment_at": "2026-03-02 09:00", "arrived_at": "2026-03-02 09:01",
    }));
    let id = client.create("visit", given).unwrap().into_inner().id;
    client.event(id, "on_site", None, fields(json!({}))).unwrap().into_inner();
    let rights = serde_json::to_value(client.rights(id).unwrap()).unwrap();
    let steps = rights["transitions"].as_array().unwrap();
    let step = steps.iter().find(|s| s["to"] == "done").unwrap();
    let refused = client.event(id, "done", None, fields(json!({}))).unwrap_err();
    assert_eq!(refused.params()["missing"], step["missing"]);
    assert!(step["missing"].as_array().unwrap().contains(&json!("late_reason")), "{step}");
}

#[test]
fn work_that_waits_for_the_office_keeps_the_device_for_its_author() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    client.store.db().execute("UPDATE pending SET state = 'proposed'", []).unwrap();
    assert_eq!(client.sync_status().unwrap()["proposed"], 1);
    assert_eq!(client.logout().unwrap(), 1);
    sign_in(&mut client, 1, "engineer");
    assert_eq!(client.show(id).unwrap()["sync"], "waiting");
}
