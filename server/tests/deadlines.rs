//! What is owed and when, through HTTP: the same answer from tables, from documents, after a restart and a rebuild.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod scene;

use std::collections::{BTreeMap, BTreeSet};

use common::{START, Server};
use domain::deadline::rules;
use domain::time::{Timestamp, Zone};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use scene::Scene;
use serde_json::{Value, json};
use server::http::Limits;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A local time as the API writes it.
fn time(local: &str) -> Value {
    json!(Timestamp::parse(local, &Zone::default()).unwrap())
}

fn complaint(received: &str) -> Value {
    json!({
        "content": "变速箱漏油", "record_kind": "complaint", "channel": "phone", "received_at": received,
        "reporter_name": "陈先生", "reporter_contact": "13800138000", "severity": "general",
        "is_quality_related": true, "recurrence": "first",
    })
}

#[test]
fn friday_evening_is_late_on_monday() {
    let s = Scene::new();
    // Visited when it asks, so that nothing is owed to it but what it complains about.
    let customer = s.create("li", "customer", json!({ "name": "宏达运输", "return_visit_cycle": "none" }));
    let mut fields = complaint("2026-02-27 20:00");
    fields["customer"] = json!(customer);
    fields["responsible_person"] = json!(s.id_of("li"));
    let id = s.create("li", "complaint", fields);
    let path = format!("complaint/{id}");

    let page = s.list("li", "");
    let items = page["items"].as_array().unwrap();
    let order: Vec<&str> = items.iter().map(|i| i["due"].as_str().unwrap_or("never")).collect();
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(page["total"], items.len());
    assert_eq!(page["next"], Value::Null);
    assert_eq!(page["refs"][customer.as_str()], "宏达运输");
    assert_eq!(page["refs"][s.id_of("li")], "li先生");
    assert_eq!(page["now"], json!(Timestamp(START)));
    let l3 = s.listed("li", "L3").unwrap();
    // 61 of 24 hours: the weekend counts.
    assert_eq!(
        l3,
        json!({
            "record": id, "kind": "complaint", "number": "TS2026-00001", "title": l3["title"],
            "status": "draft", "rule": "L3",
            "label": { "zh": "临时对策并答复客户", "en": "Temporary measure, confirmed to the customer" },
            "owes": { "code": "quality", "zh": "质量部门", "en": "Quality department" }, "round": 1,
            "due": time("2026-02-28 20:00"), "state": "missed", "started": time("2026-02-27 20:00"),
            "stopped": null, "elapsed": 61 * HOUR, "allowed": 24 * HOUR, "basis": "continuous",
            "level": 3, "provisional": false, "lead": s.id_of("li"), "customer": customer,
        })
    );
    assert!(l3["title"].as_str().unwrap().contains("变速箱漏油"));

    s.act(
        &path,
        json!([
            { "cmd": "event", "to": "registered" },
            { "cmd": "set", "field": "containment_at", "value": "2026-02-28 19:00" },
        ]),
    );
    assert_eq!(s.listed("li", "L1"), None, "registered, if late: nothing is owed any more");
    assert_eq!(s.listed("li", "L3"), None, "given in time");
    let shown = s.show("li", &path);
    let of = |rule: &str| {
        let all = shown["deadlines"].as_array().unwrap();
        all.iter().find(|d| d["rule"] == rule).unwrap_or_else(|| panic!("no {rule}")).clone()
    };
    assert_eq!((&of("L1")["state"], &of("L1")["stopped"]), (&json!("missed"), &time("2026-03-02 09:00")));
    assert_eq!((&of("L3")["state"], &of("L3")["stopped"]), (&json!("met"), &time("2026-02-28 19:00")));
    // L2 is an hour, and there is no handling sheet since Friday.
    assert_eq!(shown["fields"]["escalation_level"], 3);

    s.act(&path, json!([{ "cmd": "event", "to": "cancelled", "why": "重复登记" }]));
    assert_eq!(s.list("li", "")["total"], 0, "nothing is owed for what is over");
    let gone = s.show("li", &path);
    assert!(gone["deadlines"].as_array().unwrap().iter().any(|d| d["rule"] == "L3"));
}

#[test]
fn calendar_days_run_through_the_holidays() {
    let s = Scene::new();
    let id = s.create("li", "complaint", complaint("2026-02-13 09:00"));
    let other = s.create("li", "complaint", complaint("2026-09-29 09:00"));
    // 春节 is 15 to 23 February, 国庆 1 to 7 October: three calendar days, non-working ones included.
    s.act(
        &format!("complaint/{id}"),
        json!([{ "cmd": "set", "field": "served_at", "value": "2026-02-14 10:00" }]),
    );
    s.act(
        &format!("complaint/{other}"),
        json!([{ "cmd": "set", "field": "served_at", "value": "2026-09-30 16:00" }]),
    );
    assert_eq!(s.listed("li", "L6").unwrap()["due"], time("2026-02-18 00:00"));
    assert_eq!(s.list("li", "rule=L6")["total"], 1, "the other has not been served yet");
    // What the record says will come turns up when it has come, though nobody writes anything.
    s.wait(Timestamp::parse("2026-10-01 12:00", &Zone::default()).unwrap().0 - START);
    let page = s.list("li", "rule=L6&state=running");
    assert_eq!((&page["total"], &page["items"][0]["record"]), (&json!(1), &json!(other)));
    assert_eq!(page["items"][0]["due"], time("2026-10-04 00:00"));
    assert_eq!(s.list("li", "rule=L6&state=missed")["items"][0]["record"], json!(id));
    assert_eq!(s.list("li", "rule=L6&within=59")["total"], 1);
    assert_eq!(s.list("li", "rule=L6&within=60")["total"], 2);
    assert_eq!(s.list("li", "rule=L6&before=2026-10-03")["total"], 1);
}

#[test]
fn a_clock_that_waits_for_the_customer_stands_still() {
    let s = Scene::new();
    let id = s.create("li", "complaint", complaint("2026-03-02 08:00"));
    let path = format!("complaint/{id}");
    s.act(&path, json!([{ "cmd": "event", "to": "registered" }]));
    s.act(
        &path,
        json!([
            { "cmd": "set", "field": "qa_owner", "value": s.id_of("li") },
            { "cmd": "event", "to": "assessing" },
        ]),
    );
    assert_eq!(s.listed("li", "L3").unwrap()["due"], time("2026-03-03 08:00"));
    s.wait(HOUR);
    s.act(
        &path,
        json!([
            { "cmd": "set", "field": "info_requested_at", "value": "2026-03-02 10:00" },
            { "cmd": "event", "to": "info_wanted", "why": "请补充照片和批次" },
        ]),
    );
    s.wait(2 * DAY);
    let l3 = s.listed("li", "L3").unwrap();
    assert_eq!(
        (&l3["state"], &l3["due"], &l3["elapsed"]),
        (&json!("paused"), &time("2026-03-05 08:00"), &json!(2 * HOUR))
    );
    let paused = s.list("li", "state=paused");
    assert!(paused["items"].as_array().unwrap().iter().all(|i| i["state"] == "paused"));
    assert!(paused["total"].as_u64().unwrap() >= 1);
    assert_eq!(s.list("li", "state=running&rule=L3")["total"], 0);
    s.act(&path, json!([{ "cmd": "event", "to": "assessing" }]));
    s.wait(HOUR);
    let l3 = s.listed("li", "L3").unwrap();
    assert_eq!(
        (&l3["state"], &l3["due"], &l3["elapsed"]),
        (&json!("running"), &time("2026-03-05 08:00"), &json!(3 * HOUR))
    );
}

#[test]
fn what_is_late_rises() {
    let s = Scene::new();
    let id = s.create("li", "complaint", complaint("2026-03-02 09:00"));
    for (after, state, level) in [
        (24 * HOUR, "running", 0),
        (1, "missed", 1),
        (12 * HOUR - 1, "missed", 2),
        (12 * HOUR, "missed", 3),
        (3 * DAY - 1, "missed", 3),
        (1, "missed", 4),
    ] {
        s.wait(after);
        let l3 = s.listed("li", "L3").unwrap();
        assert_eq!((&l3["state"], &l3["level"]), (&json!(state), &json!(level)));
        for asked in 1..=5 {
            let total = &s.list("li", &format!("rule=L3&level={asked}"))["total"];
            assert_eq!(*total, u8::from(level >= asked), "level {level}, asked for {asked}");
        }
    }
    assert_eq!(s.show("li", &format!("complaint/{id}"))["fields"]["escalation_level"], 4);
    let page = s.list("li", "state=missed|running&kind=complaint|visit");
    assert_eq!(page["total"], s.list("li", "")["total"]);
    assert_eq!(s.list("li", "kind=visit")["total"], 0);
}

#[test]
fn each_sees_what_they_may_read() {
    let s = Scene::new();
    let told = |received: &str| json!({ "content": "变速箱漏油", "received_at": received });
    let mine = s.create("wang", "complaint", told("2026-03-02 08:30"));
    let other = s.create("zhao", "complaint", told("2026-03-02 08:40"));
    let visit = s.create(
        "li",
        "visit",
        json!({ "requested_at": "2026-03-02 08:00", "appointment_at": "2026-03-02 10:00" }),
    );
    s.act(&format!("visit/{visit}"), json!([{ "cmd": "assign", "lead": s.id_of("wang") }]));
    s.act(
        &format!("complaint/{mine}"),
        json!([{ "cmd": "set", "field": "served_at", "value": "2026-03-02 08:45" }]),
    );
    let records = |name: &str, query: &str| -> BTreeSet<String> {
        let page = s.list(name, query);
        let items = page["items"].as_array().unwrap();
        assert_eq!(page["total"], items.len());
        items.iter().map(|i| i["record"].as_str().unwrap().to_owned()).collect()
    };
    let all = BTreeSet::from([mine.clone(), other.clone(), visit.clone()]);
    assert_eq!(records("li", ""), all);
    assert_eq!(records("wang", ""), BTreeSet::from([mine.clone(), visit.clone()]));
    assert_eq!(records("zhao", ""), BTreeSet::from([other.clone()]));
    // The office made the visit, and no complaint.
    assert_eq!(records("li", "mine=1"), BTreeSet::from([visit.clone()]));
    s.act(
        &format!("complaint/{other}"),
        json!([{ "cmd": "set", "field": "responsible_person", "value": s.id_of("li") }]),
    );
    assert_eq!(records("li", "mine=1"), BTreeSet::from([visit, other]));
    // When the sheet was served stands where engineers do not read; what follows from it is not told to them.
    assert_eq!(s.listed("li", "L6").unwrap()["record"], json!(mine));
    assert_eq!(s.listed("wang", "L6"), None);
    // Nor that there is a sheet: without it "missed" would be a guess.
    assert_eq!(s.listed("wang", "L2"), None);
    assert_eq!(s.listed("zhao", "L2"), None, "nor that there is none");
    assert!(s.list("li", "rule=L2")["items"].as_array().unwrap().iter().all(|i| i["record"] != json!(mine)));
    let shown = s.show("wang", &format!("complaint/{mine}"));
    let told = shown["deadlines"].as_array().unwrap();
    assert!(told.iter().all(|d| d["rule"] != "L6" && d["rule"] != "L2"));

    for (query, status) in [
        ("kind=nothing", 404),
        ("rule=L99", 400),
        ("state=soon", 400),
        ("cursor=xx", 400),
        ("before=soon", 400),
    ] {
        let answer = s.server.get(&format!("/api/v1/deadlines?{query}"), &s.token("li"));
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
}

#[test]
fn a_customers_cycle_and_contract_count() {
    let s = Scene::new();
    let customer = s.create("li", "customer", json!({ "name": "宏达运输", "return_visit_cycle": "none" }));
    let visit = json!({ "customer": customer, "requested_at": "2026-03-02 08:50" });
    s.create("li", "visit", visit);
    assert_eq!(s.list("li", "rule=L23")["total"], 0, "only when it asks");
    assert_eq!(s.listed("li", "L12").unwrap()["due"], time("2026-03-03 08:50"));
    let path = format!("customer/{customer}");
    s.act(&path, json!([
        { "cmd": "set", "field": "return_visit_cycle", "value": "monthly" },
        { "cmd": "add", "collection": "contracts",
          "fields": { "no": "HT-1", "sla_profile": "7×24", "valid_from": "2026-01-01", "valid_to": "2026-03-02" } },
    ]));
    assert_eq!(s.listed("li", "L23").unwrap()["due"], time("2026-05-01 00:00"));
    assert_eq!(s.listed("li", "L12"), None, "the contract says more");
    assert_eq!(s.listed("li", "L15").unwrap()["due"], time("2026-03-02 09:20"));
    assert_eq!(s.listed("wang", "L23"), None);
    // Visited in April: the next is due in May.
    s.create("li", "return_visit", json!({ "customer": customer, "visited_at": "2026-03-02 08:55" }));
    s.wait(40 * DAY);
    let round = s.listed("li", "L23").unwrap();
    assert_eq!((&round["round"], &round["state"]), (&json!(1), &json!("running")));
    s.create("li", "return_visit", json!({ "customer": customer, "visited_at": "2026-04-10 10:00" }));
    let round = s.listed("li", "L23").unwrap();
    assert_eq!((&round["round"], &round["due"]), (&json!(2), &time("2026-06-01 00:00")));
    // Entered twice: what was visited under the other name was visited, and nothing is owed to that name.
    let twin = s.create("li", "customer", json!({ "name": "宏达货运", "return_visit_cycle": "monthly" }));
    s.create("li", "return_visit", json!({ "customer": twin, "visited_at": "2026-04-11 09:00" }));
    assert_eq!(s.list("li", "rule=L23")["total"], 2);
    s.act(&format!("customer/{twin}"), json!([{ "cmd": "set", "field": "merged_into", "value": customer }]));
    let page = s.list("li", "rule=L23");
    assert_eq!((&page["total"], &page["items"][0]["round"]), (&json!(1), &json!(3)));
    assert_eq!(s.server.state.ledger.verify().unwrap().1, []);
    // A contract of the customer that stays counts for what was noted under the other name.
    s.create("li", "visit", json!({ "customer": twin, "requested_at": "2026-04-11 08:00" }));
    let twins = |rule: &str| s.list("li", &format!("rule={rule}"))["total"].clone();
    assert_eq!((twins("L12"), twins("L15")), (json!(1), json!(1)));
    s.act(&path, json!([{ "cmd": "add", "collection": "contracts", "fields": { "sla_profile": "7×24", "valid_from": "2026-04-01" } }]));
    assert_eq!((twins("L12"), twins("L15")), (json!(0), json!(2)));
    s.act(&format!("customer/{twin}"), json!([{ "cmd": "set", "field": "merged_into", "value": null }]));
    assert_eq!((twins("L12"), twins("L15")), (json!(1), json!(1)));
    assert_eq!(s.list("li", "rule=L23")["total"], 2);
    assert_eq!(s.server.state.ledger.verify().unwrap().1, []);
}

#[test]
fn a_customer_without_a_cycle_is_visited_by_its_tier() {
    let s = Scene::new();
    let routine = s.create("li", "customer", json!({ "name": "例行" }));
    let vip = s.create("li", "customer", json!({ "name": "贵宾", "tier": "vip" }));
    s.create("li", "customer", json!({ "name": "不访", "tier": "vip", "return_visit_cycle": "none" }));
    let yearly = s.create("li", "customer", json!({ "name": "一年", "return_visit_cycle": "yearly" }));
    let due = |rule: &str, customer: &str| -> Option<Value> {
        let page = s.list("li", &format!("rule={rule}"));
        let found = page["items"].as_array().unwrap().iter().find(|i| i["record"] == customer).cloned();
        found.map(|i| i["due"].clone())
    };
    let on_page = |customer: &str| {
        let answer =
            s.server.get(&format!("/api/v1/records/customer/{customer}/related"), &s.token("li")).json();
        answer["overview"]["return_visit_due"].clone()
    };
    // Files were made on Monday, 2 March 2026; a day ends at 24:00.
    assert_eq!(
        (due("L23", &routine), on_page(&routine)),
        (Some(time("2026-05-01 00:00")), json!("2026-04-30"))
    );
    assert_eq!((due("L24", &vip), on_page(&vip)), (Some(time("2026-03-16 00:00")), json!("2026-03-15")));
    assert_eq!(
        (due("L23", &yearly), on_page(&yearly)),
        (Some(time("2027-03-03 00:00")), json!("2027-03-02"))
    );
    assert_eq!(s.list("li", "rule=L24")["total"], 1);
    assert_eq!(s.list("li", "rule=L23")["total"], 2);
    let set = |cycles: Value| {
        let body = json!({ "settings": { "return_visits": cycles } });
        let put = s.server.request("PUT", "/api/v1/admin/settings", Some(&s.token("li")), Some(&body));
        assert_eq!(put.status, 200, "{}", put.text());
    };
    // What was delivered last counts, wherever it is asked for.
    let item = json!({ "name": "柜", "customer": routine, "accepted_on": "2026-01-20" });
    let item = s.create("li", "product_item", item);
    assert_eq!(
        (due("L23", &routine), on_page(&routine)),
        (Some(time("2026-03-01 00:00")), json!("2026-02-28"))
    );
    let moved = json!([{ "cmd": "set", "field": "customer", "value": vip }]);
    s.act(&format!("product_item/{item}"), moved);
    assert_eq!(due("L23", &routine), Some(time("2026-05-01 00:00")));
    assert_eq!((due("L24", &vip), on_page(&vip)), (Some(time("2026-02-02 00:00")), json!("2026-02-01")));
    let back = json!([{ "cmd": "set", "field": "customer", "value": null }]);
    s.act(&format!("product_item/{item}"), back);
    set(json!({ "routine": "calendar_quarter", "key_account": { "months": 2 } }));
    assert_eq!(
        (due("L23", &routine), on_page(&routine)),
        (Some(time("2026-07-01 00:00")), json!("2026-06-30"))
    );
    assert_eq!((due("L24", &vip), on_page(&vip)), (Some(time("2026-05-03 00:00")), json!("2026-05-02")));
    assert_eq!(due("L23", &yearly), Some(time("2027-03-03 00:00")), "its file says so");
    set(json!({ "routine": "on_request" }));
    assert_eq!((due("L23", &routine), on_page(&routine)), (None, Value::Null));
    assert_eq!(s.server.state.ledger.verify().unwrap().1, []);
}

/// What the list says, and what the documents say, of everything that a person sees.
fn agree(s: &Scene, name: &str) -> usize {
    let token = s.token(name);
    let get = |path: &str| {
        let answer = s.server.get(path, &token);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    };
    let told = |record: &Value, d: &Value| {
        // What moves with every look is the list's to say.
        let due = (d["state"] != "paused").then_some("due");
        let elapsed = (d["basis"] == "count").then_some("elapsed");
        ["rule", "round", "state", "started", "level"]
            .iter()
            .copied()
            .chain(due)
            .chain(elapsed)
            .fold(record.to_string(), |text, key| format!("{text} {key}={}", d[key]))
    };
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(&format!("/api/v1/deadlines?limit=7&cursor={cursor}"));
        let items = page["items"].as_array().unwrap();
        listed.extend(items.iter().map(|i| (i["due"].as_str().map(str::to_owned), told(&i["record"], i))));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => {
                assert_eq!(page["total"], listed.len());
                break;
            }
        }
    }
    assert!(listed.is_sorted_by_key(|(due, _)| (due.is_none(), due.clone())), "{listed:#?}");
    let mut known = BTreeSet::new();
    for kind in ["complaint", "visit", "task", "return_visit", "customer"] {
        for row in get(&format!("/api/v1/records/{kind}?limit=500"))["items"].as_array().unwrap() {
            let shown = get(&format!("/api/v1/records/{kind}/{}", row["id"].as_str().unwrap()));
            let over = ["closed", "archived", "cancelled"]
                .contains(&shown["status"].as_str().unwrap_or_default())
                || kind != "visit" && shown["status"] == "reviewed";
            let lasting = |d: &Value| rules::by_id(d["rule"].as_str().unwrap()).unwrap().outlives;
            let filed = ["archived", "cancelled"].contains(&shown["status"].as_str().unwrap());
            let owed = |d: &Value| !over || lasting(d) && !filed;
            let open = |d: &&Value| d["stopped"].is_null() && d["state"] != "met" && owed(d);
            known.extend(
                shown["deadlines"].as_array().unwrap().iter().filter(open).map(|d| told(&row["id"], d)),
            );
        }
    }
    let found: BTreeSet<String> = listed.iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(found.len(), listed.len(), "nothing is listed twice");
    assert_eq!(found, known);
    listed.len()
}

/// One thing that somebody does; numbers choose.
type Deed = (u8, u8, i64, u8);

fn deed(
    s: &Scene,
    made: &mut Vec<(String, String)>,
    tokens: &[String; 2],
    (what, which, minutes, value): Deed,
) {
    let at = json!(Timestamp(START + minutes * 60_000));
    let post =
        |token: &str, path: &str, body: Value| s.server.request("POST", path, Some(token), Some(&body));
    if made.len() < 3 || what % 4 == 0 {
        let kinds: [(&str, Value); 5] = [
            (
                "complaint",
                json!({ "content": "漏油", "received_at": at, "is_urgent": true, "oral_notice_at": at }),
            ),
            ("visit", json!({ "requested_at": at })),
            ("task", json!({ "requested_at": at })),
            ("customer", json!({ "name": format!("客户{}", made.len()), "return_visit_cycle": "weekly" })),
            ("return_visit", json!({ "visited_at": at })),
        ];
        let (kind, mut fields) = kinds[usize::from(which) % kinds.len()].clone();
        if let Some((_, customer)) = made.iter().find(|(kind, _)| kind == "customer")
            && kind != "customer"
        {
            fields["customer"] = json!(customer);
        }
        // Engineers make complaints and visits themselves.
        let token = &tokens[usize::from(value) % if ["complaint", "visit"].contains(&kind) { 2 } else { 1 }];
        let answer =
            post(token, &format!("/api/v1/records/{kind}"), json!([{ "cmd": "create", "fields": fields }]));
        if answer.status == 201 {
            made.push((kind.to_owned(), answer.json()["id"].as_str().unwrap().to_owned()));
        }
        return;
    }
    let (kind, id) = made[usize::from(which) % made.len()].clone();
    let set = |field: &str, value: Value| json!([{ "cmd": "set", "field": field, "value": value }]);
    let event = |to: &str| json!([{ "cmd": "event", "to": to, "why": "试" }]);
    let choices = match kind.as_str() {
        "complaint" => vec![
            event("registered"),
            event("assessing"),
            json!([{ "cmd": "set", "field": "info_requested_at", "value": at }, { "cmd": "event", "to": "info_wanted" }]),
            event("cancelled"),
            set("severity", json!(["general", "serious", "major"][usize::from(value) % 3])),
            set("containment_at", at.clone()),
            set("due_at", at.clone()),
            set("served_at", at.clone()),
            set("replied_at", at.clone()),
            set("is_quality_related", json!(value % 2 == 0)),
        ],
        "visit" | "task" => vec![
            event("dispatched"),
            event("accepted"),
            event("on_site"),
            event("awaiting_parts"),
            event("cancelled"),
            set("appointment_at", at.clone()),
            set("responded_at", at.clone()),
            set("arrived_at", at.clone()),
            set("warranty_status", json!("in_warranty")),
            set("service_type", json!("emergency")),
            set("severity", json!("major")),
        ],
        "return_visit" => vec![
            event("visited"),
            event("recorded"),
            set("visited_at", at.clone()),
            set("callback_at", at.clone()),
            set("needs_reply", json!(true)),
            set("answered_at", at.clone()),
        ],
        _ => vec![
            set(
                "merged_into",
                made.iter().find(|(k, i)| *k == kind && *i < id).map_or(Value::Null, |(_, i)| json!(i)),
            ),
            set("return_visit_cycle", json!(["weekly", "monthly", "none"][usize::from(value) % 3])),
            json!([{ "cmd": "add", "collection": "contracts", "fields": { "sla_profile": "金牌", "valid_from": "2026-01-01" } }]),
        ],
    };
    // Steps that are not open at the moment are refused, as they should be.
    let body = choices[usize::from(value) % choices.len()].clone();
    post(&tokens[0], &format!("/api/v1/records/{kind}/{id}/intents"), body);
}

/// Whatever people do and however time passes, the list is what the documents say, for each reader; and what is kept
/// is what a rebuild makes of the documents.
#[test]
fn the_list_is_what_the_documents_say() {
    let deeds = prop::collection::vec((any::<u8>(), any::<u8>(), -20_000_i64..20_000, any::<u8>()), 30..60);
    let waits = prop::collection::vec(prop_oneof![Just(0), 1..6 * HOUR, DAY..20 * DAY], 2..4);
    let mut runner = TestRunner::new(Config { cases: 5, ..Config::default() });
    let seen = std::cell::Cell::new(0);
    runner
        .run(&(deeds, waits), |(deeds, waits)| {
            let s = Scene::new();
            let mut made = Vec::new();
            let share = deeds.len() / waits.len() + 1;
            for (deeds, wait) in deeds.chunks(share).zip(waits) {
                let tokens = [s.token("li"), s.token("wang")];
                deeds.iter().for_each(|d| deed(&s, &mut made, &tokens, *d));
                s.wait(wait);
                prop_assert_eq!(s.server.state.ledger.verify().unwrap().1, vec![]);
                seen.set(seen.get() + agree(&s, "li") + agree(&s, "wang"));
            }
            s.server.state.ledger.rebuild().unwrap();
            agree(&s, "li");
            Ok(())
        })
        .unwrap();
    assert!(seen.get() > 100, "only {} deadlines were compared", seen.get());
}

/// What the office sets counts at once, for what is open already too, and nothing else has to be touched for it.
#[test]
fn other_settings_and_other_holidays_move_what_is_due() {
    let s = Scene::new();
    let id = s.create("li", "complaint", complaint("2026-02-27 20:00"));
    s.act(
        &format!("complaint/{id}"),
        json!([{ "cmd": "set", "field": "served_at", "value": "2026-03-02 08:00" }]),
    );
    let put = |what: &str, body: Value| {
        let path = format!("/api/v1/admin/{what}");
        let answer = s.server.request("PUT", &path, Some(&s.token("li")), Some(&body));
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let due =
        |rule: &str| s.listed("li", rule).map(|d| (d["due"].clone(), d["state"].clone(), d["basis"].clone()));
    let of = |due: &str, state: &str, basis: &str| Some((time(due), json!(state), json!(basis)));
    assert_eq!(due("L6"), of("2026-03-06 00:00", "running", "calendar"));
    assert_eq!(due("L3"), of("2026-02-28 20:00", "missed", "continuous"));
    let rules = json!({ "L6": { "limit": "3 wd" }, "L3": { "limit": "80 h" }, "L1": { "on": false } });
    let ladder = json!({ "percent": [100, 200, 300] });
    put("settings", json!({ "settings": { "deadlines": { "rules": rules, "ladder": ladder } } }));
    assert_eq!(due("L6"), of("2026-03-05 17:30", "running", "working"));
    assert_eq!(due("L3"), of("2026-03-03 04:00", "running", "continuous"));
    assert_eq!(due("L1"), None);
    assert!(
        s.show("li", &format!("complaint/{id}"))["deadlines"]
            .as_array()
            .unwrap()
            .iter()
            .all(|d| d["rule"] != "L1")
    );
    assert_eq!(s.server.state.ledger.verify().unwrap().1, []);
    // A day off more.
    put(
        "calendar/2026",
        json!({
            "source": "试", "holidays": [{ "name": { "zh": "厂庆", "en": "Jubilee" }, "from": "2026-03-03", "to": "2026-03-03", "work": [] }],
        }),
    );
    assert_eq!(due("L6"), of("2026-03-06 17:30", "running", "working"));
    put("settings", json!({ "settings": {} }));
    assert_eq!(due("L6"), of("2026-03-06 00:00", "running", "calendar"));
    assert_eq!(due("L1").unwrap().1, "missed");
    assert_eq!(s.server.state.ledger.verify().unwrap().1, []);
    let before = s.list("li", "limit=500");
    s.server.state.ledger.rebuild().unwrap();
    assert_eq!(s.list("li", "limit=500"), before);
}

#[test]
fn a_restart_changes_nothing() {
    let s = Scene::new();
    for hour in 0..6 {
        s.create("li", "complaint", complaint(&format!("2026-03-02 0{hour}:15")));
    }
    let before = s.list("li", "limit=500");
    assert!(before["total"].as_u64().unwrap() > 20);
    let copy = s.server.copy();
    drop(s);
    let s = Scene { server: Server::start_in(copy, Limits::default()), people: BTreeMap::new() };
    assert_eq!(s.list("li", "limit=500"), before);
    s.server.state.ledger.rebuild().unwrap();
    assert_eq!(s.list("li", "limit=500"), before);
}
