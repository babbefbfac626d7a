//! Code lists, settings and calendar are edited online and count everywhere at once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;

use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::Arc;

use common::{Answer, Server, refused};
use domain::authz::{Principal, Role};
use domain::error::Code;
use domain::intent::Intent;
use domain::schema::Schema;
use domain::settings::CodeEdit;
use phone::{Phone, words};
use serde_json::{Value, json};
use server::AppState;
use server::host::{ManualClock, SystemRng};
use server::http::Limits;
use server::records::ListRequest;
use server::store::reference::Area;
use server::sync::{Author, Edit};

struct Scene {
    server: Server,
    admin: String,
    office: String,
}

fn scene() -> Scene {
    let server = Server::start();
    server.add_user("root", Role::Admin);
    server.add_user("li", Role::Office);
    let (admin, office) = (server.login("root").access, server.login("li").access);
    Scene { server, admin, office }
}

impl Scene {
    fn get(&self, path: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/admin/{path}"), &self.admin);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn put(&self, path: &str, body: &Value) -> Answer {
        self.server.request("PUT", &format!("/api/v1/admin/{path}"), Some(&self.admin), Some(body))
    }

    /// Edits a code list as its page does: fetches it, changes it, sends it back.
    fn edit(&self, list: &str, change: impl FnOnce(&mut Vec<Value>)) -> Answer {
        let shown = self.get(&format!("lists/{list}"));
        let mut codes: Vec<Value> = shown["codes"].as_array().unwrap().clone();
        for code in &mut codes {
            code.as_object_mut().unwrap().remove("shipped");
        }
        change(&mut codes);
        self.put(&format!("lists/{list}"), &json!({ "version": shown["version"], "codes": codes }))
    }

    fn ok(&self, answer: &Answer) -> Value {
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn create(&self, fields: Value) -> Answer {
        let intents = json!([{ "cmd": "create", "fields": fields }]);
        self.server.request("POST", "/api/v1/records/complaint", Some(&self.office), Some(&intents))
    }

    fn reference(&self) -> Value {
        self.server.get("/api/v1/reference", &self.office).json()
    }

    fn served(&self, list: &str, code: &str) -> Value {
        let reference = self.reference();
        let list = reference["lists"].as_array().unwrap().iter().find(|l| l["key"] == list).unwrap().clone();
        list["codes"].as_array().unwrap().iter().find(|c| c["code"] == code).cloned().unwrap_or_default()
    }
}

fn code<'a>(codes: &'a mut [Value], key: &str) -> &'a mut Value {
    codes.iter_mut().find(|c| c["code"] == key).unwrap()
}

fn wecom() -> Value {
    json!({ "code": "wecom", "label": { "zh": "企微客户群", "en": "" }, "synonyms": ["企微"], "attrs": { "written": true } })
}

#[test]
fn a_new_code_is_used_by_pages_and_by_devices_after_their_next_sync() {
    let s = scene();
    let before = s.reference()["version"].clone();
    let id = s.server.add_user("wang", Role::Engineer);
    let mut wang = Phone::new(&s.server, "wang", id, Role::Engineer);
    refused(&s.create(json!({ "content": "漏油", "channel": "wecom" })), 422, "unknown_code");

    let list = s.ok(&s.edit("channel", |codes| codes.insert(0, wecom())));
    assert_eq!((&list["version"], &list["codes"][0]["code"]), (&json!(1), &json!("wecom")));
    assert_eq!(list["codes"][0]["label"]["en"], "企微客户群", "who writes no English has the Chinese there");
    assert_eq!((&list["codes"][0]["shipped"], &list["codes"][1]["shipped"]), (&json!(false), &json!(true)));

    let made = s.create(json!({ "content": "漏油", "channel": "wecom" }));
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["fields"]["channel"], "wecom");
    assert_ne!(s.reference()["version"], before, "devices fetch reference data when its version moved");

    let filed = wang.create("complaint", json!({ "content": "群里反映" }));
    let set = || Intent::Set { field: "channel".into(), value: json!("wecom") };
    assert_eq!(wang.try_act(filed, set()).unwrap_err().code, Code::UnknownCode);
    wang.fetch_reference(&s.server);
    wang.act(filed, set());
    assert_eq!(words(&wang.push(&s.server)[&filed]), ["accepted", "accepted"]);
    let shown = s.server.get(&format!("/api/v1/records/complaint/{filed}"), &s.office).json();
    assert_eq!(shown["fields"]["channel"], "wecom");
    let by_code = s.server.get("/api/v1/records/complaint?filter=channel:wecom", &s.office).json();
    assert_eq!(by_code["total"], 2);
}

#[test]
fn a_retired_code_is_refused_everywhere_and_stays_where_it_is() {
    let s = scene();
    let id = s.server.add_user("wang", Role::Engineer);
    let mut wang = Phone::new(&s.server, "wang", id, Role::Engineer);
    let made = s.create(json!({ "content": "漏油", "channel": "fax" })).json();
    let before = wang.create("complaint", json!({ "content": "停用前记的", "channel": "fax" }));

    s.ok(&s.edit("channel", |codes| code(codes, "fax")["retired"] = json!(true)));
    assert_eq!(s.served("channel", "fax")["retired"], true);
    let answer = s.create(json!({ "content": "漏油", "channel": "fax" }));
    refused(&answer, 422, "retired_code");
    let named = ["field", "value", "list"].map(|p| answer.json()["params"][p].clone());
    assert_eq!(named, [json!("channel"), json!("fax"), json!("channel")]);

    // What was noted before the device heard of it is no mistake of its author.
    assert_eq!(words(&wang.push(&s.server)[&before]), ["accepted"]);
    wang.fetch_reference(&s.server);
    let after = wang.create("complaint", json!({ "content": "停用后记的" }));
    let set = Intent::Set { field: "channel".into(), value: json!("fax") };
    let refusal = wang.try_act(after, set).unwrap_err();
    assert_eq!((refusal.code, &refusal.params["field"]), (Code::RetiredCode, &json!("channel")));

    // The record that has it is read, changed elsewhere, and may be told the same again.
    let path = format!("/api/v1/records/complaint/{}", made["id"].as_str().unwrap());
    let again = json!([
        { "cmd": "set", "field": "content", "value": "变速箱漏油" },
        { "cmd": "set", "field": "channel", "value": "fax" },
    ]);
    let told = s.server.request("POST", &format!("{path}/intents"), Some(&s.office), Some(&again));
    assert_eq!(s.ok(&told)["fields"]["channel"], "fax");

    // Offered again, it is taken again.
    s.ok(&s.edit("channel", |codes| code(codes, "fax")["retired"] = json!(false)));
    assert_eq!(s.create(json!({ "content": "漏油", "channel": "fax" })).status, 201);
}

#[test]
fn what_breaks_a_rule_is_refused_by_field_and_rule_and_changes_nothing() {
    let s = scene();
    let before = s.get("lists/channel");
    for (answer, reason, field) in [
        (s.edit("channel", |c| drop(c.remove(0))), "code_removed", "code"),
        (s.edit("channel", |c| c.push(json!({ "code": "We Com" }))), "invalid_code", "code"),
        (s.edit("channel", |c| c.push(json!({ "code": "wecom" }))), "required", "label"),
        (
            s.edit("channel", |c| code(c, "fax")["synonyms"] = json!(["来电"])),
            "ambiguous_spelling",
            "synonyms",
        ),
        (s.edit("channel", |c| code(c, "fax")["label"]["zh"] = json!("长".repeat(61))), "too_long", "label"),
    ] {
        refused(&answer, 422, reason);
        assert_eq!(answer.json()["params"]["field"], field, "{reason}");
        assert_eq!(answer.json()["params"]["list"], "channel");
    }
    refused(&s.edit("channel", |c| c.push(json!({ "kode": "x" }))), 400, "bad_request");
    refused(&s.server.get("/api/v1/admin/lists/no_list", &s.admin), 404, "not_found");
    let too_old = s.put("lists/channel", &json!({ "version": 7, "codes": [] }));
    refused(&too_old, 409, "conflict");
    assert_eq!(s.get("lists/channel"), before);
    assert_eq!(s.server.audited("reference_edit"), 0);
}

#[test]
fn who_edits_at_the_same_time_as_another_is_told() {
    let s = scene();
    let seen = s.get("lists/channel");
    s.ok(&s.edit("channel", |codes| codes.insert(0, wecom())));
    let late = s.put("lists/channel", &json!({ "version": seen["version"], "codes": [] }));
    refused(&late, 409, "conflict");
    assert_eq!(late.json()["params"]["what"], "version");
    // The same edit again says nothing new.
    let same = s.ok(&s.edit("channel", |_| {}));
    assert_eq!((same["version"].clone(), same["history"].as_array().unwrap().len()), (json!(1), 1));
}

#[test]
fn edits_are_versions_audited_and_outlive_a_restart() {
    let mut s = scene();
    s.ok(&s.edit("channel", |codes| codes.insert(0, wecom())));
    s.ok(&s.edit("channel", |codes| code(codes, "wecom")["label"]["zh"] = json!("企业微信群")));
    let list = s.get("lists/channel");
    let versions: Vec<_> =
        list["history"].as_array().unwrap().iter().map(|v| v["version"].as_u64().unwrap()).collect();
    assert_eq!((list["version"].as_u64(), versions), (Some(2), vec![2, 1]));
    let root = s.server.audit().into_iter().find(|row| row.what == "reference_edit").unwrap();
    assert_eq!(root.target, "list/channel");
    let detail: Value = serde_json::from_str(&root.detail).unwrap();
    assert_eq!(detail["from"]["codes"][0]["label"]["zh"], "企微客户群");
    assert_eq!(detail["to"]["codes"][0]["label"]["zh"], "企业微信群");
    assert_eq!(list["history"][0]["by"], json!(root.who.unwrap()));
    assert!(matches!(s.server.chain(), server::store::audit::Chain::Whole { .. }));
    s.create(json!({ "content": "漏油", "channel": "wecom" }));

    let version = s.reference()["version"].clone();
    let dir = s.server.copy();
    s.server.stop();
    let server = Server::start_in(dir, Limits::default());
    let (admin, office) = (server.login("root").access, server.login("li").access);
    let s = Scene { server, admin, office };
    assert_eq!(s.served("channel", "wecom")["label"]["zh"], "企业微信群");
    assert_eq!(s.reference()["version"], version, "nothing to fetch after a restart");
    assert_eq!(s.create(json!({ "content": "漏油", "channel": "wecom" })).status, 201);
    let (records, differences) = s.server.state.ledger.verify().unwrap();
    assert_eq!((records, differences), (2, Vec::new()));
}

#[test]
fn settings_are_set_served_and_refused_by_path() {
    let s = scene();
    let shown = s.get("settings");
    assert_eq!(shown["settings"], shown["defaults"]);
    let mut settings = shown["settings"].clone();
    settings["retention_years"] = json!(15);
    settings["deadlines"]["rules"]["L4"] = json!({ "on": false });
    let set = s.ok(&s.put("settings", &json!({ "version": 0, "settings": settings })));
    assert_eq!((&set["version"], &set["settings"]["retention_years"]), (&json!(1), &json!(15)));
    let reference = s.reference();
    assert_eq!(reference["settings"]["retention_years"], 15);
    assert_eq!(reference["settings"]["zone"], "Asia/Shanghai");
    let schema = s.server.state.ledger.schema();
    assert!(!schema.settings().deadlines.rules["L4"].on, "the rules of the moment know it");

    settings["colour"] = json!("red");
    let answer = s.put("settings", &json!({ "settings": settings }));
    refused(&answer, 422, "invalid_setting");
    assert_eq!(answer.json()["params"]["setting"], "colour");
    let answer = s.put("settings", &json!({ "settings": { "closure": { "lot_count": 0 } } }));
    refused(&answer, 422, "invalid_setting");
    assert_eq!(answer.json()["params"]["setting"], "closure.lot_count");
    // What is not named is as shipped again.
    let set = s.ok(&s.put("settings", &json!({ "settings": {} })));
    assert_eq!(set["settings"], set["defaults"]);
}

#[test]
fn months_begin_in_the_zone_that_is_set() {
    let s = scene();
    // 31 January 23:30 in Shanghai.
    s.create(json!({ "content": "漏油", "received_at": "2026-01-31T23:30:00+08:00" }));
    let total = |month: &str| {
        s.server.get(&format!("/api/v1/records/complaint?filter=month:{month}"), &s.office).json()["total"]
            .clone()
    };
    assert_eq!((total("2026-01"), total("2026-02")), (json!(1), json!(0)));
    s.ok(&s.put("settings", &json!({ "settings": { "zone": "+09:00" } })));
    assert_eq!((total("2026-01"), total("2026-02")), (json!(0), json!(1)));
    assert_eq!(s.server.state.ledger.verify().unwrap().1, Vec::new(), "rows are as a rebuild makes them");
}

#[test]
fn a_year_of_public_holidays_is_put_in() {
    let s = scene();
    let year = s.get("calendar/2027");
    assert_eq!(
        (&year["known"], &year["shipped"], &year["version"]),
        (&json!(false), &json!(false), &json!(0))
    );
    assert_eq!(s.get("calendar/2026")["shipped"], true);
    let spring = json!({
        "name": { "zh": "春节", "en": "Spring Festival" }, "from": "2027-02-05", "to": "2027-02-11",
        "work": ["2027-02-20"],
    });
    let put =
        s.ok(&s.put("calendar/2027", &json!({ "version": 0, "source": "国办发明电", "holidays": [spring] })));
    assert_eq!((&put["known"], &put["version"]), (&json!(true), &json!(1)));
    let schema = s.server.state.ledger.schema();
    let day = |text: &str| schema.calendar().is_working(text.parse().unwrap());
    assert!(schema.calendar().covers(2027) && day("2027-02-20") && !day("2027-02-08"));
    let served = s.reference();
    assert_eq!(served["calendar"].as_array().unwrap().last().unwrap()["year"], 2027);
    let device = Schema::builtin().unwrap().with_reference(&served);
    assert!(device.calendar().is_working("2027-02-20".parse().unwrap()));

    for (from, to, work) in [
        ("2027-02-11", "2027-02-05", "2027-02-20"),
        ("2027-02-05", "2027-02-11", "2027-02-06"),
        ("2026-05-01", "2026-05-02", "2026-05-09"),
    ] {
        let holiday = json!({ "name": { "zh": "春节", "en": "" }, "from": from, "to": to, "work": [work] });
        let answer = s.put("calendar/2027", &json!({ "holidays": [holiday] }));
        refused(&answer, 422, "invalid_setting");
        assert_eq!(answer.json()["params"]["setting"], "calendar.2027");
    }
    refused(&s.server.get("/api/v1/admin/calendar/1890", &s.admin), 404, "not_found");
    let years: Vec<_> =
        s.get("calendar")["items"].as_array().unwrap().iter().map(|y| y["year"].clone()).collect();
    assert_eq!(years, [2024, 2025, 2026, 2027]);
}

#[test]
fn a_questionnaire_of_one_s_own_is_offered_and_a_version_never_changes() {
    let s = scene();
    let all = s.get("templates");
    let mut template = all["items"][0].clone();
    assert_eq!(template["shipped"], true);
    let code = template["code"].as_str().unwrap().to_owned();
    template["title"]["zh"] = json!("本公司的问卷");
    let put = |version: u32, template: &Value| {
        s.put(&format!("templates/{code}/{version}"), &json!({ "template": template }))
    };
    let refusal = put(template["version"].as_u64().unwrap() as u32, &template);
    refused(&refusal, 422, "invalid_setting");
    assert_eq!(refusal.json()["params"]["setting"], format!("template.{code}@{}", template["version"]));
    s.ok(&put(99, &template));
    assert_eq!(s.server.state.ledger.schema().templates().offered(&code).unwrap().version, 99);
    let served = s.reference()["templates"].as_array().unwrap().clone();
    assert!(served.iter().any(|t| t["code"] == code.as_str() && t["version"] == 99));
    let device = Schema::builtin().unwrap().with_reference(&s.reference());
    assert_eq!(device.templates().offered(&code).unwrap().title.zh, "本公司的问卷");
    // Retired, the one before it is offered again.
    template["retired"] = json!(true);
    s.ok(&put(99, &template));
    assert_ne!(s.server.state.ledger.schema().templates().offered(&code).map(|t| t.version), Some(99));
}

#[test]
fn what_is_called_otherwise_is_found_by_its_new_name() {
    // With the labels of 问题分类 as part of the text for search.
    let mut files = Schema::builtin_sources();
    let text = files.get_mut("complaint.toml").unwrap();
    *text = text.replacen("list = \"category\"", "list = \"category\"\nsearch = true", 1);
    let schema = Arc::new(Schema::from_files(files).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(common::START));
    let state =
        AppState::open_with_schema(common::config(dir.path()), clock, Arc::new(SystemRng), schema).unwrap();
    let by = Principal { user: domain::ids::SYSTEM_USER, role: Role::Admin, may: Default::default() };
    let author = Author { principal: by.clone(), device: None };
    let kind = state.records.kind("complaint").unwrap();
    let create = json!({ "cmd": "create", "fields": { "content": "漏油", "category": "product_quality" } });
    state.records.create(&author, &kind, None, vec![Intent::from_json(&create).unwrap()]).unwrap();
    let found = |text: &str| {
        let filters = vec![format!("text:{text}")];
        let request = ListRequest { filters, ..ListRequest::default() };
        state.records.list(&by, &kind, &request).unwrap().total
    };
    assert_eq!((found("产品质量"), found("货品毛病")), (1, 0));
    let edit = Edit { area: Area::List, key: "category", by: None, seen: None };
    let rename = |schema: &Schema| {
        let same = |c: &domain::schema::ListCode| CodeEdit { code: c.code.clone(), ..CodeEdit::default() };
        let mut codes: Vec<CodeEdit> = schema.list("category").unwrap().codes.iter().map(same).collect();
        let at = codes.iter().position(|c| c.code == "product_quality").unwrap();
        codes[at].label = Some(domain::schema::Label { zh: "货品毛病".into(), en: String::new() });
        Ok(json!(schema.edit_list(state.ledger.shipped(), "category", &codes)?))
    };
    assert_eq!(state.ledger.edit(&edit, rename).unwrap(), 1);
    assert_eq!((found("产品质量"), found("货品毛病")), (0, 1));
    assert_eq!(state.ledger.verify().unwrap().1, Vec::new());
    state.close();
}

#[test]
fn open_pages_hear_of_an_edit() {
    let s = scene();
    let mut stream = s.server.connect();
    let auth = &s.office;
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {auth}\r\n\r\n")
        .unwrap();
    let mut lines = BufReader::new(stream).lines();
    lines.find(|l| l.as_ref().unwrap() == "event: hello").expect("connected").unwrap();
    s.ok(&s.edit("channel", |codes| codes.insert(0, wecom())));
    let heard = lines.map(Result::unwrap).find(|l| l.starts_with("event:")).unwrap();
    assert_eq!(heard, "event: reference");
}

#[test]
fn only_admins_see_and_edit() {
    let s = scene();
    s.server.add_user("wang", Role::Engineer);
    for who in [s.office.clone(), s.server.login("wang").access] {
        for (method, path) in [
            ("GET", "lists"),
            ("GET", "lists/channel"),
            ("PUT", "lists/channel"),
            ("GET", "settings"),
            ("PUT", "settings"),
            ("GET", "calendar"),
            ("PUT", "calendar/2027"),
        ] {
            let body = (method == "PUT").then(|| json!({ "nonsense": 1 }));
            let answer =
                s.server.request(method, &format!("/api/v1/admin/{path}"), Some(&who), body.as_ref());
            refused(&answer, 403, "forbidden");
        }
    }
}

/// An approved month shows what was approved, whatever is set afterwards, on the server, after a restart, and if it
/// was approved on a phone that had not heard of the settings of the moment.
#[test]
fn a_month_that_was_approved_keeps_its_composite() {
    let mut s = scene();
    let factor = |s: &Scene, factor: &str| {
        s.ok(&s.put(
            "settings",
            &json!({ "settings": { "formulas": { "composite": { "d2_factor": factor } } } }),
        ));
    };
    let root = s.server.add_user("boss", Role::Admin);
    let mut phone = Phone::new(&s.server, "boss", root, Role::Admin);
    let mut month = |approve: bool| {
        let customer = "01930000-0000-7000-8000-000000000009";
        let facts = json!({ "customer": customer, "month_of": "2026-01-01", "deliveries_late": 4 });
        let id = phone.create("monthly_satisfaction", facts);
        for to in ["prepared", "reviewed", "approved"].into_iter().take(if approve { 3 } else { 2 }) {
            phone.event(id, to);
        }
        id
    };
    let (late, open) = (month(true), month(false));
    factor(&s, "0.7");
    factor(&s, "1");
    let results = phone.push(&s.server);
    assert!(words(&results[&late]).iter().all(|w| w == "accepted"), "{:?}", words(&results[&late]));
    let shown = |s: &Scene| {
        let get = |path: &str| {
            s.server.get(&format!("/api/v1/records/monthly_satisfaction{path}"), &s.office).json()
        };
        let d = |id: &domain::ids::RecordId| get(&format!("/{id}"))["fields"]["d"].clone();
        (d(&late), d(&open))
    };
    assert_eq!(shown(&s), (json!("92.8"), json!("88")));
    factor(&s, "0.5");
    assert_eq!(shown(&s), (json!("92.8"), json!("94")));
    let dir = s.server.copy();
    s.server.stop();
    let server = Server::start_in(dir, Limits::default());
    let (admin, office) = (server.login("root").access, server.login("li").access);
    s = Scene { server, admin, office };
    assert_eq!(shown(&s), (json!("92.8"), json!("94")));
    let (_, differences) = s.server.state.ledger.verify().unwrap();
    assert_eq!(differences, Vec::new());
}
