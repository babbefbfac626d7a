//! Two phones, a cellar and an office: edits made without a network come together.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use e2e::device::{Carrier, Device};
use e2e::office::Office;
use e2e::world::World;
use serde_json::{Value as Json, json};

/// A registered complaint of `li`, to which the office has assigned `zhao` beside `li`.
fn shared_complaint(li: &mut Device, zhao: &mut Device, office: &Office) -> RecordId {
    let id = li.complaint("变速箱漏油").unwrap();
    li.event(id, "registered", None).unwrap();
    li.synced().unwrap();
    let (li_id, zhao_id) = (li.client.person().unwrap().user, zhao.client.person().unwrap().user);
    office.intents("complaint", id, &json!([{"cmd":"assign","lead":li_id,"others":[zhao_id]}])).unwrap();
    li.synced().unwrap();
    zhao.synced().unwrap();
    id
}

fn history_has(history: &[Json], field: &str, value: &Json) -> bool {
    history.iter().any(|h| h["field"] == field && &h["value"] == value)
}

fn scenario(carrier: Carrier) {
    let mut world = World::new().unwrap();
    let office = world.office("wang").unwrap();
    let mut li = world.device("li").unwrap();
    let mut zhao = world.device("zhao").unwrap();
    li.carrier = carrier;
    zhao.carrier = carrier;
    let id = shared_complaint(&mut li, &mut zhao, &office);

    // The cellar: nobody hears of the others. Different fields, the same field, entries, prose, a step.
    li.edit(id, "reporter_contact", json!("13911112222")).unwrap();
    zhao.edit(id, "batch_no", json!("B26092")).unwrap();
    li.edit(id, "quantity_involved", json!("5")).unwrap();
    zhao.edit(id, "quantity_involved", json!("7")).unwrap();
    office.intents("complaint", id, &json!([{"cmd":"set","field":"quantity_involved","value":"9"}])).unwrap();
    office.intents("complaint", id, &json!([{"cmd":"set","field":"severity","value":"serious"}])).unwrap();
    li.edit(id, "content", json!("变速箱漏油，油封老化")).unwrap();
    zhao.edit(id, "content", json!("客户反映：变速箱漏油")).unwrap();
    for (device, text) in [(&mut li, "已到现场"), (&mut zhao, "已联系客户")] {
        device.add(id, "follow_ups", text).unwrap();
    }
    let visit = li.client.create(
        "visit",
        json!({"complaint": id, "fault_cause": "油封老化", "service_type": null})
            .as_object()
            .unwrap()
            .clone(),
    );
    let visit = visit.unwrap().into_inner().id;
    li.event(visit, "on_site", None).unwrap();
    let shown = li.client.show(id).unwrap();
    assert_eq!(shown["sync"], "waiting", "{shown}");

    for turn in 0..4 {
        let device = if turn % 2 == 0 { &mut li } else { &mut zhao };
        let report = device.synced().unwrap();
        assert_eq!(report.unsent, 0);
        assert_eq!((report.pushed.refused, report.pushed.proposed), (0, 0), "{:?}", report.to_json());
    }
    let at_office = office.get("complaint", id).unwrap();
    for device in [&li, &zhao] {
        let here = device.content(id).unwrap();
        for key in ["number", "status", "fields", "events", "assign"] {
            let office_fields: Json = match key {
                // The office sees the companion's fields too.
                "fields" => here["fields"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(|k| (k.clone(), at_office["fields"][k].clone()))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                _ => at_office[key].clone(),
            };
            assert_eq!(here[key], office_fields, "{key}");
        }
        assert_eq!(device.field(id, "content").unwrap(), "客户反映：变速箱漏油，油封老化");
        assert_eq!(here["collections"]["follow_ups"].as_array().unwrap().len(), 2);
        assert_eq!(device.client.show(id).unwrap()["sync"], "conflict");
    }
    assert_eq!(li.content(id).unwrap(), zhao.content(id).unwrap());
    assert!(at_office["number"].as_str().unwrap().starts_with("TS"));
    let temp = at_office["temp_number"].as_str().unwrap();
    assert!(temp.starts_with("临-"), "{temp}");

    // Nothing that was typed is out of reach.
    let history = office.history("complaint", id).unwrap();
    for value in ["5", "7", "9"] {
        assert!(history_has(&history, "quantity_involved", &json!(value)), "{value} is gone");
    }
    for value in ["变速箱漏油", "变速箱漏油，油封老化", "客户反映：变速箱漏油"] {
        assert!(history_has(&history, "content", &json!(value)), "{value} is gone");
    }
    let created = history.iter().filter(|h| h["field"] == "quantity_involved").count();
    assert_eq!(created, 3, "a value was applied twice");

    // One tap settles the conflict for everyone.
    let conflicts = zhao.client.conflicts(id).unwrap();
    let values =
        conflicts.as_array().unwrap().iter().find(|c| c["field"] == "quantity_involved").unwrap()["values"]
            .clone();
    assert_eq!(values.as_array().unwrap().len(), 3);
    let n = values.as_array().unwrap().iter().find(|v| v["value"] == "7").unwrap()["n"].as_u64().unwrap();
    zhao.choose(id, "quantity_involved", usize::try_from(n).unwrap()).unwrap();
    let report = zhao.synced().unwrap();
    assert_eq!(
        report.pushed.accepted + report.pushed.duplicate,
        1,
        "{:?} {:?}",
        report.to_json(),
        zhao.client.refused().unwrap()
    );
    li.synced().unwrap();
    assert_eq!(li.field(id, "quantity_involved").unwrap(), "7");
    assert_eq!(office.get("complaint", id).unwrap()["fields"]["quantity_involved"], "7");
    let shown = li.client.show(id).unwrap();
    assert_eq!(shown["sync"], "sent", "{}", shown["conflicts"]);

    // The visit is the office's to see, and not the other engineer's.
    assert_eq!(office.get("visit", visit).unwrap()["status"], "on_site");
    assert!(zhao.client.show(visit).is_err());
    // What the office keeps to itself never reached a phone.
    office
        .intents("complaint", id, &json!([{"cmd":"set","field":"cause","value":"供应商油封批次问题"}]))
        .unwrap();
    li.synced().unwrap();
    assert_eq!(li.field(id, "cause").unwrap(), Json::Null);
    assert!(li.client.show(id.companion("handling")).is_err());
}

#[test]
fn edits_made_without_a_network_come_together() {
    scenario(Carrier::Plain);
}

#[test]
fn every_request_sent_twice_changes_nothing() {
    scenario(Carrier::Twice);
}

#[test]
fn reconnecting_with_nothing_new_is_one_small_request() {
    let mut world = World::new().unwrap();
    let mut li = world.device("li").unwrap();
    for n in 0..5 {
        li.complaint(&format!("第{n}件")).unwrap();
    }
    li.synced().unwrap();
    li.synced().unwrap();
    let before = li.requests;
    let report = li.synced().unwrap();
    assert_eq!(li.requests, before + 1);
    assert_eq!((report.pulled.records, report.unsent), (0, 0));
}

#[test]
fn who_is_taken_off_loses_the_record_but_not_the_work() {
    let mut world = World::new().unwrap();
    let office = world.office("wang").unwrap();
    let mut li = world.device("li").unwrap();
    let mut zhao = world.device("zhao").unwrap();
    let id = shared_complaint(&mut li, &mut zhao, &office);
    // In the cellar zhao notes a fact and a follow-up; meanwhile the office takes zhao off.
    zhao.add(id, "follow_ups", "现场已查看").unwrap();
    zhao.edit(id, "batch_no", json!("B26777")).unwrap();
    let li_id: UserId = li.client.person().unwrap().user;
    office.intents("complaint", id, &json!([{"cmd":"assign","lead":li_id,"others":[]}])).unwrap();
    let report = zhao.synced().unwrap();
    assert_eq!((report.pushed.accepted, report.pushed.proposed), (1, 1), "{:?}", report.to_json());
    assert_eq!(report.pulled.gone, 1);
    assert!(zhao.client.show(id).is_err(), "the record is gone from the device");
    let at_office = office.get("complaint", id).unwrap();
    assert!(
        at_office["collections"]["follow_ups"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["content"] == "现场已查看")
    );
    assert_eq!(at_office["fields"]["batch_no"], Json::Null, "a proposal is not merged");
    let proposals = office.ok("GET", "/api/v1/proposals", None).unwrap();
    assert_eq!(proposals["items"].as_array().unwrap().len(), 1, "{proposals}");
}

#[test]
fn refused_work_is_listed_with_its_reason_and_the_rest_goes_through() {
    let mut world = World::new().unwrap();
    let office = world.office("wang").unwrap();
    let mut li = world.device("li").unwrap();
    let id = li.complaint("门板错位").unwrap();
    li.event(id, "registered", None).unwrap();
    li.synced().unwrap();
    // The office cancels; li, unaware, cancels for another reason too, notes a fact and a follow-up.
    office.intents("complaint", id, &json!([{"cmd":"event","to":"assessing"}])).unwrap_err(); // qa_owner is missing
    office.intents("complaint", id, &json!([{"cmd":"event","to":"cancelled","why":"重复登记"}])).unwrap();
    li.edit(id, "batch_no", json!("B26001")).unwrap();
    li.add(id, "follow_ups", "客户已知").unwrap();
    let report = li.synced().unwrap();
    assert_eq!(report.unsent, 0, "{:?}", report.to_json());
    let at_office = office.get("complaint", id).unwrap();
    assert_eq!(at_office["status"], "cancelled");
    assert_eq!(at_office["fields"]["batch_no"], Json::Null, "a proposal is not merged");
    // The office does not want the batch number; what was noted after it is accepted as evidence.
    let proposals = office.ok("GET", "/api/v1/proposals", None).unwrap()["items"].clone();
    let proposed = |p: &&Json| p["changes"].as_array().unwrap().iter().any(|c| c["field"] == "batch_no");
    let n = &proposals.as_array().unwrap().iter().find(proposed).unwrap()["id"];
    let turned_down = json!({"decision": "refuse", "note": "以供应商标签为准"});
    office.ok("POST", &format!("/api/v1/proposals/{n}"), Some(&turned_down)).unwrap();
    li.synced().unwrap();
    let refused = li.client.refused().unwrap();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(
        (&refused[0]["code"], &refused[0]["intent"]["field"]),
        (&json!("proposal_refused"), &json!("batch_no"))
    );
    assert_eq!(refused[0]["params"]["note"], "以供应商标签为准");
    let at_office = office.get("complaint", id).unwrap();
    assert_eq!(at_office["collections"]["follow_ups"][0]["content"], "客户已知", "{at_office}");
    let left = office.ok("GET", "/api/v1/proposals", None).unwrap();
    assert_eq!(
        (left["items"].as_array().unwrap().len(), li.client.outbox().unwrap().len()),
        (0, 1),
        "{left}"
    );
    // Closed as seen: refused on the device already, before anything is saved.
    let refusal = li
        .client
        .intents(id, vec![Intent::Set { field: "batch_no".into(), value: json!("B2") }])
        .unwrap_err();
    assert!(refusal.to_string().contains("forbidden_state"), "{refusal}");
}
