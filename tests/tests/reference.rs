//! Lists that the office edits: real devices offer, take and refuse what the server does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use client_core::Error;
use domain::error::Code;
use e2e::device::Device;
use e2e::office::Office;
use e2e::server::Server;
use e2e::world::World;
use serde_json::{Value as Json, json};

/// Edits a code list as its page does.
fn edit(root: &Office, list: &str, change: impl FnOnce(&mut Vec<Json>)) {
    let path = format!("/api/v1/admin/lists/{list}");
    let shown = root.ok("GET", &path, None).unwrap();
    let mut codes = shown["codes"].as_array().unwrap().clone();
    for code in &mut codes {
        code.as_object_mut().unwrap().remove("shipped");
    }
    change(&mut codes);
    root.ok("PUT", &path, Some(&json!({ "version": shown["version"], "codes": codes }))).unwrap();
}

fn refused(device: &mut Device, id: domain::ids::RecordId, channel: &str) -> Code {
    match device.client.edit(id, "channel", json!(channel)) {
        Err(Error::Refused(refusal)) => {
            assert_eq!(
                (&refusal.params["field"], &refusal.params["list"]),
                (&json!("channel"), &json!("channel"))
            );
            refusal.code
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn devices_follow_the_office_s_lists_and_lose_nothing_by_it() {
    let mut world = World::new().unwrap();
    let (root, wang) = (world.office("root").unwrap(), world.office("wang").unwrap());
    let (mut li, mut zhao) = (world.device("li").unwrap(), world.device("zhao").unwrap());
    let id = li.complaint("变速箱漏油").unwrap();
    li.synced().unwrap();
    assert_eq!(refused(&mut li, id, "wecom"), Code::UnknownCode);

    edit(&root, "channel", |codes| {
        codes.push(json!({ "code": "wecom", "label": { "zh": "企微", "en": "WeCom" } }));
        codes.iter_mut().find(|c| c["code"] == "fax").unwrap()["retired"] = json!(true);
    });
    // Without coverage nothing has changed for zhao: what he notes is no mistake of his.
    let by_fax = zhao.complaint("传真来的").unwrap();
    zhao.edit(by_fax, "channel", json!("fax")).unwrap();
    li.synced().unwrap();
    assert_eq!(refused(&mut li, id, "fax"), Code::RetiredCode);
    li.edit(id, "channel", json!("wecom")).unwrap();
    li.synced().unwrap();
    assert_eq!(wang.get("complaint", id).unwrap()["fields"]["channel"], "wecom");

    let report = zhao.synced().unwrap();
    assert_eq!((report.unsent, zhao.client.refused().unwrap().len()), (0, 0));
    assert_eq!(wang.get("complaint", by_fax).unwrap()["fields"]["channel"], "fax");
    assert_eq!(refused(&mut zhao, by_fax, "media_of_old"), Code::UnknownCode);
    zhao.edit(by_fax, "content", json!("传真来的，字迹不清")).unwrap();
    zhao.edit(by_fax, "channel", json!("fax")).unwrap();

    // Also after the app was killed, and with the server stopped and started.
    let mut li = li.reopen().unwrap();
    assert_eq!(refused(&mut li, id, "fax"), Code::RetiredCode);
    let (data, address) = (world.server.data().to_owned(), world.server.address.clone());
    world.server.kill().unwrap();
    world.server = Server::start_on(&data, &address).unwrap();
    let answer = wang.call(
        "POST",
        "/api/v1/records/complaint",
        Some(&json!([
            { "cmd": "create", "fields": { "content": "漏油", "channel": "fax" } }
        ])),
    );
    let (status, problem) = answer.unwrap();
    assert_eq!((status, &problem["code"]), (422, &json!("retired_code")));
}
