//! What is due, without coverage.

use domain::deadline::{Calendar, Settings, Snapshot, deadlines};
use domain::ids::RecordId;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};

use super::{device, fields, signed_in};
use crate::store::meta;
use crate::{Client, DeadlineFilter};

/// The test clock's beginning, less some hours.
fn ago(hours: i64) -> Json {
    json!(Timestamp(1_790_000_000_000 - hours * 3_600_000))
}

fn made(client: &mut Client, kind: &str, values: Json) -> RecordId {
    client.create(kind, fields(values)).unwrap().into_inner().id
}

fn listed(client: &Client) -> Vec<Json> {
    client.deadlines(&DeadlineFilter::default()).unwrap()
}

/// What names a deadline and when it is due: what a phone and a server have to agree about.
fn named(item: &Json) -> (Json, Json, Json, Json) {
    (item["rule"].clone(), item["round"].clone(), item["due"].clone(), item["started"].clone())
}

#[test]
fn the_list_is_what_the_documents_say() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "office");
    let customer = made(&mut client, "customer", json!({"name": "宏达运输"}));
    let complaint = made(
        &mut client,
        "complaint",
        json!({"content": "漏油", "received_at": ago(30), "severity": "serious", "customer": customer}),
    );
    // Stands in the companion document, which the office reads.
    client.edit(complaint, "served_at", ago(20)).unwrap().into_inner();
    let visit = made(&mut client, "visit", json!({"requested_at": ago(2), "appointment_at": ago(1)}));
    let over = made(&mut client, "visit", json!({"requested_at": ago(3)}));
    client.event(over, "cancelled", Some("重复".into()), fields(json!({}))).unwrap().into_inner();

    let list = listed(&client);
    assert!(list.iter().all(|item| item["record"] != json!(over)), "nothing is owed for what is over");
    let due: Vec<&str> = list.iter().map(|i| i["due"].as_str().unwrap_or("never")).collect();
    assert!(due.is_sorted(), "{due:?}");
    for (id, kind) in [(complaint, "complaint"), (visit, "visit")] {
        let schema = client.schema().clone();
        let kind = schema.kind(kind).unwrap();
        let view = client.load(id).unwrap().view(kind);
        let beside = schema.companion(kind).map(|beside| {
            let other = crate::store::documents::current(client.store.db(), id.companion(&beside.key));
            other.unwrap().unwrap().view(beside)
        });
        let calendar = Calendar::default();
        let facts = Snapshot::of(&view, beside.as_ref(), &calendar);
        let now = Timestamp(1_790_000_000_000 + 600_000);
        let found = deadlines(&facts, &Settings::default(), &calendar, now);
        let open = found.iter().filter(|d| d.is_open()).map(|d| named(&json!(d)));
        let mine = list.iter().filter(|i| i["record"] == json!(id)).map(named);
        assert_eq!(mine.collect::<Vec<_>>(), open.collect::<Vec<_>>(), "{}", kind.key);
        let of = client.deadlines_of(id).unwrap();
        assert_eq!(
            of.iter().map(named).collect::<Vec<_>>(),
            found.iter().map(|d| named(&json!(d))).collect::<Vec<_>>()
        );
    }
    let l6 = list.iter().find(|i| i["rule"] == "L6").unwrap();
    assert_eq!(l6["started"], ago(20));
    assert_eq!((&l6["title"], &l6["customer"]), (&json!("宏达运输 · 漏油"), &json!(customer)));
    assert_eq!((&l6["label"]["zh"], &l6["owes"]["zh"]), (&json!("纠正及预防措施反馈"), &json!("责任部门")));

    let only = |filter: Json| {
        let filter: DeadlineFilter = serde_json::from_value(filter).unwrap();
        client.deadlines(&filter).unwrap()
    };
    assert!(only(json!({"kinds": ["visit"]})).iter().all(|i| i["record"] == json!(visit)));
    let late = only(json!({"states": ["missed"]}));
    assert!(late.iter().any(|i| i["rule"] == "L13") && late.iter().all(|i| i["state"] == "missed"));
    assert!(only(json!({"level": 2})).iter().all(|i| i["level"].as_u64() >= Some(2)));
    assert_eq!(only(json!({"rules": ["L6"]})).len(), 1);
    assert!(only(json!({"before": ago(25)})).iter().all(|i| i["due"].as_str() <= ago(25).as_str()));
}

/// Facts are written with the row, found again after opening, and made again with the rows.
#[test]
fn nothing_is_lost_or_kept_too_long() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = made(&mut client, "complaint", json!({"content": "漏油", "received_at": ago(1)}));
    let before: Vec<_> = listed(&client).iter().map(named).collect();
    assert!(before.iter().any(|(rule, ..)| rule == "L3"));
    drop(client);
    let mut client = device(dir.path());
    assert_eq!(listed(&client).iter().map(named).collect::<Vec<_>>(), before);
    client.write(|tx| meta::unset(&tx.db, meta::SCHEMA)).unwrap().into_inner();
    drop(client);
    let mut client = device(dir.path());
    assert_eq!(listed(&client).iter().map(named).collect::<Vec<_>>(), before);
    client.edit(id, "containment_at", ago(0)).unwrap().into_inner();
    assert!(listed(&client).iter().all(|i| i["rule"] != "L3"), "given");
}

/// A device whose clock is fast is not late for that.
#[test]
fn the_servers_clock_counts() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    made(&mut client, "complaint", json!({"content": "漏油", "received_at": ago(25)}));
    let state = |client: &Client| listed(client).iter().find(|i| i["rule"] == "L3").unwrap()["state"].clone();
    assert_eq!(state(&client), "missed");
    client.write(|tx| meta::set(&tx.db, meta::SKEW, 2 * 3_600)).unwrap().into_inner();
    assert_eq!(state(&client), "running");
}

/// What engineers have no document of, and what only the office is told, is not guessed at.
#[test]
fn an_engineer_is_told_what_the_documents_here_say() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = made(&mut client, "complaint", json!({"content": "漏油", "received_at": ago(1)}));
    let rules: Vec<Json> = listed(&client).iter().map(|i| i["rule"].clone()).collect();
    assert!(rules.contains(&json!("L3")) && !rules.contains(&json!("L6")), "{rules:?}");
    assert_eq!(client.deadlines_of(id).unwrap().len(), rules.len());
}
