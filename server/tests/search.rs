//! Search over all kinds: golden queries over a small department, and who finds what.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;

use common::{Server, refused};
use domain::authz::Role;
use serde_json::{Value, json};

struct Scene {
    server: Server,
    office: String,
    wang: String,
    wang_id: String,
    /// Name in this test → record id.
    ids: BTreeMap<&'static str, String>,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        let wang_id = server.add_user("wang", Role::Engineer).to_string();
        server.add_user("li", Role::Office);
        let (office, wang) = (server.login("li").access, server.login("wang").access);
        Self { server, office, wang, wang_id, ids: BTreeMap::new() }
    }

    fn make(&mut self, name: &'static str, kind: &str, fields: Value, more: &[Value]) {
        let mut intents = vec![json!({ "cmd": "create", "fields": fields })];
        intents.extend(more.iter().cloned());
        let path = format!("/api/v1/records/{kind}");
        let answer = self.server.request("POST", &path, Some(&self.office), Some(&json!(intents)));
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        self.ids.insert(name, answer.json()["id"].as_str().unwrap().to_owned());
    }

    fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    fn search(&self, token: &str, query: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/search?{query}"), token);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer.json()
    }

    /// What is found, by the names of this test.
    fn found(&self, token: &str, text: &str) -> Vec<&'static str> {
        let answer = self.search(token, &format!("q={}", encoded(text)));
        self.names(&answer)
    }

    fn names(&self, answer: &Value) -> Vec<&'static str> {
        let name = |item: &Value| {
            let id = item["id"].as_str().unwrap();
            *self.ids.iter().find(|(_, known)| *known == id).unwrap().0
        };
        answer["items"].as_array().unwrap().iter().map(name).collect()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn department() -> Scene {
    let mut s = Scene::new();
    let alias = |text: &str| json!({ "cmd": "add", "collection": "aliases", "fields": { "alias": text } });
    s.make(
        "海岚",
        "customer",
        json!({ "name": "海岚汽车电子有限公司", "phone": "0371-6023 4567", "address": "郑州市高新区科学大道8号" }),
        &[alias("hailan")],
    );
    s.make("粤宝", "customer", json!({ "name": "粤宝机柜制造有限公司", "phone": "020-88451230" }), &[]);
    s.make("中电", "customer", json!({ "name": "中原电气化工程第三有限公司" }), &[alias("中原电气化三公司")]);
    s.make(
        "自卸车",
        "product_item",
        json!({ "name": "自卸车", "model": "HN3340", "serial_no": "B26092", "customer": s.id("海岚"),
                "vin": "LZGJLGR45HX026117" }),
        &[],
    );
    s.make(
        "机柜",
        "product_item",
        json!({ "name": "户外机柜", "model": "YB-600", "serial_no": "YB600-20250817", "customer": s.id("粤宝") }),
        &[],
    );
    let complaint = |customer: &str, content: &str, phone: &str| {
        json!({
            "content": content, "record_kind": "complaint", "channel": "phone", "customer": customer,
            "received_at": "2026-03-01T08:30:00+08:00", "reporter_name": "陈先生", "reporter_contact": phone,
        })
    };
    let handled = [json!({ "cmd": "set", "field": "cause", "value": "密封圈尺寸超差" })];
    let first = complaint(s.id("海岚"), "变速箱漏油，停机两天", "13800138000");
    s.make("漏油", "complaint", first, &handled);
    let second = complaint(s.id("粤宝"), "机柜门锁坏了，钥匙拧不动", "13912345678");
    s.make("门锁", "complaint", second, &[]);
    let third = complaint(s.id("海岚"), "发动机异响，怠速抖动，油耗偏高", "13800138000");
    s.make("异响", "complaint", third, &[]);
    let fourth = complaint(s.id("中电"), "交货晚了三天，少发两箱螺栓", "010-66778899");
    s.make("晚交", "complaint", fourth, &[]);
    let temp = json!({ "content": "水泵渗漏", "reporter_contact": "+86 138 0013 8001" });
    s.make("渗漏", "complaint", temp, &[]);
    let visit = |customer: &str, product: &str, fault: &str| json!({ "customer": customer, "product": product, "fault_phenomenon": fault, "contact_phone": "13700001111" });
    let job = visit(s.id("海岚"), s.id("自卸车"), "变速箱油封处渗油");
    let part = json!({ "cmd": "add", "collection": "parts",
        "fields": { "part_name": "油封", "old_serial": "SF-0091", "new_serial": "SF-2207", "quantity": "1" } });
    s.make("换油封", "visit", job, &[part, json!({ "cmd": "assign", "lead": s.wang_id })]);
    let job = visit(s.id("粤宝"), s.id("机柜"), "柜门变形，门锁卡死");
    s.make("修门", "visit", job, &[]);
    s
}

/// Query → what is found, in order.
const GOLDEN: &[(&str, &[&str])] = &[
    // One character, two, a phrase; order of characters matters.
    ("锁", &["修门", "门锁"]),
    ("漏", &["渗漏", "漏油"]),
    ("漏油", &["漏油"]),
    ("油漏", &[]),
    ("变速箱", &["换油封", "漏油"]),
    ("变速箱漏油", &["漏油"]),
    ("渗", &["渗漏", "换油封"]),
    ("门锁", &["修门", "门锁"]),
    ("螺栓", &["晚交"]),
    ("怠速抖动", &["异响"]),
    // Parts between spaces must all occur, in any order.
    ("漏油 停机", &["漏油"]),
    ("停机 漏油", &["漏油"]),
    ("漏油 螺栓", &[]),
    // What only the office reads is found and shown as the complaint.
    ("密封圈", &["漏油"]),
    // Numbers: exact, as typed by hand, by their beginning, by a piece.
    ("TS2026-00002", &["门锁"]),
    ("ts2026-00002", &["门锁"]),
    ("ＴＳ２０２６－００００２", &["门锁"]),
    ("KH2026-00001", &["海岚"]),
    // Customers: by name, its beginning, its middle, another spelling.
    ("海岚汽车电子有限公司", &["海岚"]),
    ("粤宝", &["粤宝"]),
    ("电气化", &["中电"]),
    ("HAILAN", &["海岚"]),
    ("有限公司", &["中电", "粤宝", "海岚"]),
    // Serial numbers: whole, beginning, end, middle; part numbers inside a visit.
    ("B26092", &["自卸车"]),
    ("b260", &["自卸车"]),
    ("6092", &["自卸车"]),
    ("026117", &["自卸车"]),
    ("HX026", &["自卸车"]),
    ("20250817", &["机柜"]),
    ("SF-2207", &["换油封"]),
    ("3340自卸", &["自卸车"]),
    // Telephone numbers: whole, however grouped, by a piece.
    ("13800138000", &["异响", "漏油"]),
    ("138 0013 8000", &["异响", "漏油"]),
    ("0371-60234567", &["海岚"]),
    ("037160234567", &["海岚"]),
    ("8451230", &["粤宝"]),
    ("5678", &["门锁"]),
    // Who called; a place.
    ("陈先生 异响", &["异响"]),
    ("科学大道", &["海岚"]),
    // Nothing to look for, and what looks like a query.
    ("", &[]),
    ("　", &[]),
    ("\"", &[]),
    ("漏油*", &["漏油"]),
    ("NOT 漏油", &[]),
    ("没有的词", &[]),
];

#[test]
fn golden_queries() {
    let s = department();
    let mut wrong = Vec::new();
    for (text, expected) in GOLDEN {
        let found = s.found(&s.office, text);
        if found != *expected {
            wrong.push(format!("{text}: {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn former_temporary_numbers_are_found_first() {
    let mut s = department();
    let answer = s.server.request(
        "POST",
        "/api/v1/records/complaint",
        Some(&s.office),
        Some(&json!([{ "cmd": "create", "temp": "临-3F2A-0007", "fields": { "content": "仪表不亮" } }])),
    );
    assert_eq!(answer.status, 201, "{}", answer.text());
    s.ids.insert("仪表", answer.json()["id"].as_str().unwrap().to_owned());
    s.make("提到", "complaint", json!({ "content": "客户说单号是 临-3F2A-0007" }), &[]);
    for typed in ["临-3F2A-0007", "临-3f2a-0007"] {
        assert_eq!(s.found(&s.office, typed), ["仪表", "提到"], "{typed}");
    }
    let answer = s.search(&s.office, &format!("q={}", encoded("临-3F2A-0007")));
    assert_eq!(answer["items"][0]["matched"], "number");
    assert_eq!(answer["items"][0]["number"], "TS2026-00006");
    assert_eq!(answer["items"][0]["temp_number"], "临-3F2A-0007");
    assert_eq!(answer["items"][1]["matched"], "text");
}

#[test]
fn answers_say_why_and_what_it_is() {
    let s = department();
    let answer = s.search(&s.office, &format!("q={}", encoded("密封圈")));
    let item = &answer["items"][0];
    assert_eq!((&item["kind"], &item["matched"]), (&json!("complaint"), &json!("text")));
    assert_eq!(item["title"], "海岚汽车电子有限公司 · 变速箱漏油，停机两天");
    assert_eq!(item["snippet"], "密封圈尺寸超差");
    assert_eq!(item["status"], "draft");
    let answer = s.search(&s.office, "q=6092");
    assert_eq!(answer["items"][0]["matched"], "serial");
    // The title shows why.
    let answer = s.search(&s.office, &format!("q={}", encoded("漏油")));
    assert!(answer["items"][0].get("snippet").is_none(), "{answer}");
}

#[test]
fn pages_kinds_and_limits() {
    let s = department();
    let all = s.search(&s.office, &format!("q={}", encoded("门")));
    assert_eq!((&all["total"], &all["more"]), (&json!(2), &json!(false)));
    assert_eq!(all["kinds"], json!({ "complaint": 1, "visit": 1 }));
    assert_eq!(all["next"], Value::Null);
    let first = s.search(&s.office, &format!("q={}&limit=1", encoded("门")));
    let cursor = first["next"].as_str().unwrap();
    let second = s.search(&s.office, &format!("q={}&limit=1&cursor={cursor}", encoded("门")));
    assert_eq!([s.names(&first), s.names(&second)].concat(), s.names(&all));
    assert_eq!(second["next"], Value::Null);
    let only = s.search(&s.office, &format!("q={}&kind=complaint", encoded("门")));
    assert_eq!(s.names(&only), ["门锁"]);
    // A companion's text counts for the record that it accompanies.
    let only = s.search(&s.office, &format!("q={}&kind=complaint", encoded("密封圈")));
    assert_eq!(s.names(&only), ["漏油"]);
    refused(&s.server.get("/api/v1/search?q=x&kind=nonsense", &s.office), 404, "unknown_kind");
    refused(&s.server.get("/api/v1/search?q=x&cursor=x", &s.office), 400, "bad_request");
    refused(&s.server.get(&format!("/api/v1/search?q={}", "x".repeat(201)), &s.office), 413, "too_large");
    let list = |filter: &str| s.server.get(&format!("/api/v1/records/complaint?filter={filter}"), &s.wang);
    let many = vec!["text:xx"; 39].join(",");
    assert_eq!(list(&many).status, 200);
    for filter in [format!("text:{}", "x".repeat(201)), vec!["text:xxxxx"; 39].join(",")] {
        let answer = list(&filter);
        assert_eq!(answer.json()["params"]["field"], "text");
        refused(&answer, 413, "too_large");
    }
}

#[test]
fn an_engineer_finds_what_is_his_to_see() {
    let s = department();
    assert_eq!(s.found(&s.wang, "变速箱"), ["换油封"]);
    assert_eq!(s.found(&s.wang, "海岚"), ["海岚"]);
    assert_eq!(s.found(&s.wang, "B26092"), ["自卸车"]);
    for hidden in ["密封圈", "漏油", "TS2026-00001", "门锁", "13912345678"] {
        assert_eq!(s.found(&s.wang, hidden), [""; 0], "{hidden}");
    }
    // Assigned, he sees the complaint; what the office wrote beside it stays hidden.
    let path = format!("/api/v1/records/complaint/{}/intents", s.id("漏油"));
    let assign = json!([{ "cmd": "assign", "lead": s.wang_id }]);
    assert_eq!(s.server.request("POST", &path, Some(&s.office), Some(&assign)).status, 200);
    assert_eq!(s.found(&s.wang, "漏油"), ["漏油"]);
    assert_eq!(s.found(&s.wang, "密封圈"), [""; 0]);
}
