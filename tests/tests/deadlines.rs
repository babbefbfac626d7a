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
    assert_eq!(due(&offline, "L2"), None, "whether there is a handling sheet is not for engineers");
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

/// Warranties of products and corrective actions count on the office's phone as they do on the server.
#[test]
fn what_other_records_say_counts_on_the_phone_too() {
    let mut world = World::new().unwrap();
    let wang = world.office("wang").unwrap();
    let mut phone = world.device("wang").unwrap();
    let create = |kind: &str, fields: Json| -> RecordId {
        let body = json!([{ "cmd": "create", "fields": fields }]);
        let made = wang.ok("POST", &format!("/api/v1/records/{kind}"), Some(&body)).unwrap();
        serde_json::from_value(made["id"].clone()).unwrap()
    };
    let product = json!({ "name": "变速箱", "accepted_on": "2026-01-01", "default_warranty_months": 24 });
    let product = create("product_item", product);
    let visit = create("visit", json!({ "product": product, "requested_at": "2026-03-02 08:00" }));
    let told = json!({ "content": "漏油", "received_at": "2026-03-02 08:00", "is_quality_related": true });
    let complaint = create("complaint", told);
    wang.intents(
        "complaint",
        complaint,
        &json!([{"cmd":"set","field":"served_at","value":"2026-03-02 08:30"}]),
    )
    .unwrap();
    let agree = |phone: &Device| {
        // The sheet is as old as this test, and the phone's clock stood still since: to it there is none yet.
        let but_sheet = |mut listed: Vec<Vec<Json>>| {
            listed.retain(|item| item[0] != "L2");
            listed
        };
        for id in [visit, complaint] {
            assert_eq!(but_sheet(here(phone, id)), but_sheet(there(&wang, id)));
        }
    };
    phone.synced().unwrap();
    agree(&phone);
    assert!(due(&here(&phone, visit), "L22").is_some());
    assert!(due(&here(&phone, complaint), "L6").is_some());
    let action = create(
        "corrective_action",
        json!({ "ca_type": "8d", "complaint": complaint, "received_at": "2026-03-02 09:00" }),
    );
    let set = json!([{ "cmd": "set", "field": "accepted_on", "value": "2023-01-01" }]);
    wang.intents("product_item", product, &set).unwrap();
    phone.synced().unwrap();
    agree(&phone);
    assert_eq!(due(&here(&phone, visit), "L22"), None);
    assert_eq!(due(&here(&phone, complaint), "L6"), None);
    assert_eq!(here(&phone, action), there(&wang, action));
    assert!(due(&here(&phone, action), "L6").is_some());
}
