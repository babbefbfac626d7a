//! What is due is the same in the cellar and in the office: two programs, one set of rules.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use client_core::DeadlineFilter;
use domain::ids::RecordId;
use e2e::device::Device;
use e2e::office::Office;
use e2e::world::World;
use serde_json::{Value as Json, json};

const KEYS: [&str; 9] = ["rule", "round", "due", "state", "started", "level", "lead", "owes", "status"];

fn told(items: &[Json], id: RecordId) -> Vec<Vec<Json>> {
    let of = items.iter().filter(|item| item["record"] == json!(id));
    of.map(|item| KEYS.iter().map(|key| item[key].clone()).collect()).collect()
}

fn here(device: &Device, id: RecordId) -> Vec<Vec<Json>> {
    told(&device.client.deadlines(&DeadlineFilter::default()).unwrap(), id)
}

fn there(office: &Office, id: RecordId) -> Vec<Vec<Json>> {
    let page = office.ok("GET", "/api/v1/deadlines?limit=500", None).unwrap();
    told(page["items"].as_array().unwrap(), id)
}

/// When a rule's limit is over.
fn due(listed: &[Vec<Json>], rule: &str) -> Option<Json> {
    listed.iter().find(|item| item[0] == rule).map(|item| item[2].clone())
}

#[test]
fn phone_and_office_agree_about_what_is_due() {
    let mut world = World::new().unwrap();
    let mut li = world.device("li").unwrap();
    // What an engineer is told, by the phone and by the server.
    let as_li = world.office("li").unwrap();
    let admin = world.office("root").unwrap();

    let id = li.complaint("变速箱漏油").unwrap();
    li.event(id, "registered", None).unwrap();
    let offline = here(&li, id);
    assert!(due(&offline, "L3").is_some(), "{offline:?}");
    li.synced().unwrap();
    assert_eq!(here(&li, id), offline, "a sync alone moves nothing");
    assert_eq!(there(&as_li, id), offline);

    // What the office notes where engineers do not read is told to neither door of theirs.
    admin
        .intents("complaint", id, &json!([{"cmd":"set","field":"served_at","value":"2026-03-02 08:00"}]))
        .unwrap();
    assert!(due(&there(&admin, id), "L6").is_some());
    li.synced().unwrap();
    assert_eq!(here(&li, id), there(&as_li, id));
    assert_eq!(due(&here(&li, id), "L6"), None);

    // Other limits hold at once in the office, and on the phone with its next sync.
    let settings = json!({ "settings": { "deadlines": { "rules": { "L3": { "limit": "90 h" } } } } });
    admin.ok("PUT", "/api/v1/admin/settings", Some(&settings)).unwrap();
    assert_ne!(due(&there(&as_li, id), "L3"), due(&offline, "L3"));
    li.synced().unwrap();
    assert_eq!(here(&li, id), there(&as_li, id));
    assert_ne!(due(&here(&li, id), "L3"), due(&offline, "L3"));

    // Given, without coverage: the phone knows at once.
    let now = li.client.deadlines_of(id).unwrap()[0]["started"].clone();
    li.edit(id, "containment_at", now).unwrap();
    assert_eq!(due(&here(&li, id), "L3"), None);
    li.synced().unwrap();
    assert_eq!(there(&as_li, id), here(&li, id));
}
