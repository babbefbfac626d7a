//! Return-visits: planned by cycle and after complaints, never twice, and never made by who did the work.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod phone;
mod steps;

use common::{Answer, Server, refused};
use domain::authz::Role;
use domain::schema::Schema;
use phone::{Phone, words};
use serde_json::{Value, json};
use steps::Steps;

struct Scene {
    server: Server,
    office: String,
    office_id: String,
    wang: String,
    wang_id: String,
    zhao_id: String,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        let wang_id = server.add_user("wang", Role::Engineer).to_string();
        let zhao_id = server.add_user("zhao", Role::Engineer).to_string();
        let office = server.add_user("li", Role::Admin);
        let (token, wang) = (server.login("li").access, server.login("wang").access);
        Self { server, office: token, office_id: office.to_string(), wang, wang_id, zhao_id }
    }
    fn try_make(&self, kind: &str, intents: &Value) -> Answer {
        self.server.request("POST", &format!("/api/v1/records/{kind}"), Some(&self.office), Some(intents))
    }
    fn make(&self, kind: &str, fields: Value, more: &[Value]) -> String {
        let mut intents = vec![json!({ "cmd": "create", "fields": fields })];
        intents.extend(more.iter().cloned());
        let answer = self.try_make(kind, &json!(intents));
        assert_eq!(answer.status, 201, "{kind}: {}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }
    fn act(&self, path: &str, intents: &Value) -> Answer {
        let path = format!("/api/v1/records/{path}/intents");
        self.server.request("POST", &path, Some(&self.office), Some(intents))
    }
    fn get(&self, path: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/{path}"), &self.office);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }
    fn step(&self, kind: &str, id: &str, to: &str) {
        Steps { server: &self.server, token: &self.office, person: &self.office_id }.to(kind, id, to);
    }
    fn try_plan(&self, token: &str, body: &Value) -> Answer {
        self.server.request("POST", "/api/v1/return-visits/plan", Some(token), Some(body))
    }
    fn plan(&self, body: &Value) -> Value {
        let answer = self.try_plan(&self.office, body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
    fn visits(&self) -> u64 {
        self.get("records/return_visit")["total"].as_u64().unwrap()
    }
}

/// Lines as (reason, state, customer, day).
fn lines(plan: &Value) -> Vec<(String, String, String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let line = |l: &Value| {
        // Nine in the morning in Shanghai is one o'clock in UTC: the same day.
        (
            text(&l["reason"]),
            text(&l["state"]),
            text(&l["customer_name"]),
            text(&l["planned_at"])[..10].to_owned(),
        )
    };
    plan["lines"].as_array().unwrap().iter().map(line).collect()
}

fn line(reason: &str, state: &str, customer: &str, day: &str) -> (String, String, String, String) {
    (reason.to_owned(), state.to_owned(), customer.to_owned(), day.to_owned())
}

#[test]
fn a_period_is_planned_by_cycle_and_never_twice() {
    // Files are made on Monday, 2 March 2026.
    let s = Scene::new();
    s.make("customer", json!({ "name": "月访", "region": "east", "phone": "13800138000" }), &[]);
    s.make("customer", json!({ "name": "周访", "tier": "key_account", "region": "east" }), &[]);
    s.make("customer", json!({ "name": "不访", "return_visit_cycle": "none", "region": "east" }), &[]);
    s.make("customer", json!({ "name": "别处", "return_visit_cycle": "monthly", "region": "north" }), &[]);
    let project =
        s.make("customer", json!({ "name": "工程", "return_visit_cycle": "none", "region": "east" }), &[]);
    s.make(
        "product_item",
        json!({ "name": "柜", "serial_no": "1", "customer": project, "accepted_on": "2025-11-01" }),
        &[],
    );
    let april = json!({ "from": "2026-04-01", "to": "2026-04-30", "region": "east" });
    let mut look = april.clone();
    look["dry_run"] = json!(true);
    let proposed = s.plan(&look);
    assert_eq!(
        lines(&proposed),
        [
            // Due on 15 March, the Sunday after the next Monday, and not done.
            line("cycle", "proposed", "周访", "2026-04-01"),
            line("cycle", "proposed", "周访", "2026-04-12"),
            line("cycle", "proposed", "周访", "2026-04-19"),
            line("cycle", "proposed", "周访", "2026-04-26"),
            line("cycle", "proposed", "月访", "2026-04-30"),
        ]
    );
    assert_eq!(proposed["lines"][0]["overdue"], true);
    assert_eq!((s.visits(), &proposed["made"], &proposed["plan"]), (0, &json!(0), &Value::Null));

    let made = s.plan(&april);
    assert_eq!((&made["made"], s.visits()), (&json!(5), 5));
    assert!(made["plan_no"].as_str().unwrap().starts_with("HJ2026-"), "{made}");
    let of_plan = s.get(&format!("records/return_visit?filter=plan:{}", made["plan"].as_str().unwrap()));
    assert_eq!(of_plan["total"], 5);
    let last = s.get(&format!("records/return_visit/{}", made["lines"][4]["record"].as_str().unwrap()));
    assert_eq!(last["status"], "planned");
    assert_eq!(last["fields"]["planned_at"], "2026-04-30T01:00:00Z");
    assert_eq!(last["fields"]["phone"], "13800138000");
    assert_eq!(last["fields"]["method"], "first_phone");
    // Approving needs nothing that the plan left out.
    s.step("return_visit", last["id"].as_str().unwrap(), "approved");

    let again = s.plan(&april);
    assert_eq!((&again["made"], s.visits(), &again["plan"]), (&json!(0), 5, &Value::Null));
    assert!(lines(&again).iter().all(|l| l.1 == "existing"), "{again}");
    // A longer period plans what is missing only. The project's visit half a year after its acceptance falls into it,
    // and only it (L27).
    let longer = s.plan(&json!({ "from": "2026-04-01", "to": "2026-09-30", "region": "east" }));
    let added: Vec<_> = lines(&longer).into_iter().filter(|l| l.1 == "made" && l.2 != "周访").collect();
    assert_eq!(
        added,
        [
            line("cycle", "made", "工程", "2026-05-01"),
            line("cycle", "made", "月访", "2026-05-31"),
            line("cycle", "made", "月访", "2026-06-30"),
            line("cycle", "made", "月访", "2026-07-31"),
            line("cycle", "made", "月访", "2026-08-31"),
            line("cycle", "made", "月访", "2026-09-30"),
        ]
    );
    // A cancelled line is not planned again.
    let cancelled = longer["lines"][0]["record"].as_str().unwrap().to_owned();
    s.step("return_visit", &cancelled, "cancelled");
    let before = s.visits();
    assert_eq!(s.plan(&april)["made"], 0);
    assert_eq!(s.visits(), before);

    refused(&s.try_plan(&s.wang, &april), 403, "forbidden");
    refused(
        &s.try_plan(&s.office, &json!({ "from": "2026-04-30", "to": "2026-04-01" })),
        422,
        "out_of_range",
    );
    refused(
        &s.try_plan(&s.office, &json!({ "from": "2026-04-01", "to": "2029-04-01" })),
        422,
        "out_of_range",
    );
    refused(&s.try_plan(&s.office, &json!({ "from": "April", "to": "2026-04-01" })), 422, "wrong_type");
    refused(&s.try_plan(&s.office, &json!({})), 422, "wrong_type");
}

#[test]
fn a_yearly_plan_has_every_visit_of_a_half_year_cycle() {
    let s = Scene::new();
    s.make("customer", json!({ "name": "半年", "return_visit_cycle": "half_yearly" }), &[]);
    s.make("customer", json!({ "name": "一年", "return_visit_cycle": "yearly" }), &[]);
    let year = json!({ "from": "2026-04-01", "to": "2027-03-31" });
    let made = s.plan(&year);
    let (first, second) = (("半年", "2026-09-02"), ("半年", "2027-03-02"));
    let yearly = ("一年", "2027-03-02");
    let days = |plan: &Value, state: &str| {
        let mut found: Vec<(String, String)> =
            lines(plan).into_iter().filter(|l| l.1 == state).map(|l| (l.2, l.3)).collect();
        found.sort();
        found
    };
    let told = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        let mut told: Vec<_> = all.iter().map(|(who, day)| ((*who).to_owned(), (*day).to_owned())).collect();
        told.sort();
        told
    };
    assert_eq!(days(&made, "made"), told(&[first, second, yearly]));
    assert_eq!(s.visits(), 3);
    let again = s.plan(&year);
    assert_eq!((&again["made"], s.visits()), (&json!(0), 3));
    assert_eq!(days(&again, "existing"), told(&[first, second, yearly]));
    // The first visit took place a little early: the second, put down for a little after its new day, still serves.
    let visit = made["lines"].as_array().unwrap().iter().find(|l| l["planned_at"] == "2026-09-02T01:00:00Z");
    let path = format!("return_visit/{}", visit.unwrap()["record"].as_str().unwrap());
    let at = json!("2026-08-20T10:00:00+08:00");
    assert_eq!(
        s.act(&path, &json!([{ "cmd": "set", "field": "visited_at", "value": at }])).status,
        200,
        "{path}"
    );
    s.step("return_visit", path.split('/').nth(1).unwrap(), "visited");
    let after = s.plan(&json!({ "from": "2026-09-01", "to": "2027-03-31" }));
    assert_eq!((&after["made"], s.visits()), (&json!(0), 3), "{after}");
    assert_eq!(days(&after, "existing"), told(&[("半年", "2027-02-20"), yearly]));
    // An overdue visit that is put down for the first day of one plan is not put down again by the next.
    s.make("customer", json!({ "name": "迟了", "return_visit_cycle": "half_yearly" }), &[]);
    let late = s.plan(&json!({ "from": "2026-10-01", "to": "2026-10-31" }));
    assert_eq!(days(&late, "made"), told(&[("迟了", "2026-10-01")]));
    let later = s.plan(&json!({ "from": "2026-11-01", "to": "2026-11-30" }));
    assert_eq!(days(&later, "made"), told(&[]));
}

#[test]
fn an_answered_complaint_is_followed_by_a_call() {
    let s = Scene::new();
    let customer =
        s.make("customer", json!({ "name": "海岚", "return_visit_cycle": "none", "region": "east" }), &[]);
    let fields = json!({ "content": "漏油", "customer": customer, "received_at": "2026-03-01T08:00:00+08:00",
        "reporter_name": "陈先生", "reporter_contact": "13800138000", "is_quality_related": false });
    let complaint = s.make("complaint", fields, &[]);
    for to in ["registered", "assessing", "accepted", "assigned", "analysing", "plan_review", "executing"] {
        s.step("complaint", &complaint, to);
    }
    let march = json!({ "from": "2026-03-01", "to": "2026-03-31", "region": "east" });
    assert_eq!(lines(&s.plan(&march)), []);
    s.step("complaint", &complaint, "replied");
    let made = s.plan(&march);
    // Today is 2 March; nobody is called yesterday.
    assert_eq!(lines(&made), [line("callback", "made", "海岚", "2026-03-02")]);
    assert_eq!(made["lines"][0]["complaint_no"], "TS2026-00001");
    let id = made["lines"][0]["record"].as_str().unwrap();
    let visit = s.get(&format!("records/return_visit/{id}"));
    assert_eq!(visit["fields"]["interviewee"], "陈先生");
    assert_eq!(visit["fields"]["complaint"], complaint.as_str());
    assert_eq!(lines(&s.plan(&march)), [line("callback", "existing", "海岚", "2026-03-02")]);
    // The customer had no time, and said when.
    let fields = json!({ "convenient": false, "refusal_reason": "在开会", "callback_at": "2026-03-05T15:30:00+08:00" });
    let refusal = json!([{ "cmd": "event", "to": "refused_retry", "fields": fields }]);
    let answer = s.act(&format!("return_visit/{id}"), &refusal);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let planned = s.plan(&march);
    let retry = planned["lines"].as_array().unwrap().iter().find(|l| l["reason"] == "retry").unwrap();
    assert_eq!((&retry["planned_at"], &retry["record"]), (&json!("2026-03-05T07:30:00Z"), &json!(id)));
    assert_eq!(planned["made"], 0);
}

#[test]
fn who_did_the_work_does_not_ask_how_it_was() {
    let s = Scene::new();
    let assign = |lead: &str, others: &[&str]| json!({ "cmd": "assign", "lead": lead, "others": others });
    let complaint = s.make("complaint", json!({ "content": "漏油" }), &[assign(&s.zhao_id, &[])]);
    let job = json!({ "fault_phenomenon": "漏油", "complaint": complaint });
    let visit = s.make("visit", job, &[assign(&s.office_id, &[&s.wang_id])]);
    let make = |fields: Value, lead: &str| {
        s.try_make("return_visit", &json!([{ "cmd": "create", "fields": fields }, assign(lead, &[])]))
    };
    for (fields, lead) in [
        (json!({ "visit": visit }), &s.wang_id),
        (json!({ "visit": visit }), &s.office_id),
        (json!({ "complaint": complaint }), &s.zhao_id),
        (json!({ "complaint": complaint }), &s.wang_id), // he was there for it
    ] {
        let answer = make(fields, lead);
        refused(&answer, 422, "unmet");
        assert_eq!(answer.json()["params"]["check"], "independent_visitor");
    }
    let made = make(json!({ "visit": visit }), &s.zhao_id);
    assert_eq!(made.status, 201, "{}", made.text());
    let path = format!("return_visit/{}", made.json()["id"].as_str().unwrap());
    refused(&s.act(&path, &json!([assign(&s.zhao_id, &[&s.wang_id])])), 422, "unmet");
    refused(
        &s.act(&path, &json!([{ "cmd": "set", "field": "complaint", "value": complaint }])),
        422,
        "unmet",
    );
    assert_eq!(s.act(&path, &json!([{ "cmd": "set", "field": "topic", "value": "服务质量" }])).status, 200);
    assert_eq!(make(json!({}), &s.wang_id).status, 201);
}

#[test]
fn a_contact_that_does_not_fit_is_cut_and_the_customer_called() {
    let s = Scene::new();
    let contact = format!("陈先生 {}", "13912345678 ".repeat(9));
    assert!(contact.chars().count() > 100);
    let fields = json!({ "name": "海岚", "return_visit_cycle": "none" });
    let customer = s.make("customer", fields, &[]);
    let fields = json!({ "content": "漏油", "customer": customer, "reporter_contact": contact,
        "is_quality_related": false });
    let complaint = s.make("complaint", fields, &[]);
    let steps = [
        "registered",
        "assessing",
        "accepted",
        "assigned",
        "analysing",
        "plan_review",
        "executing",
        "replied",
    ];
    for to in steps {
        s.step("complaint", &complaint, to);
    }
    let march = json!({ "from": "2026-03-02", "to": "2026-03-31" });
    let made = s.plan(&march);
    assert_eq!(lines(&made), [line("callback", "made", "海岚", "2026-03-02")], "{made}");
    let visit = s.get(&format!("records/return_visit/{}", made["lines"][0]["record"].as_str().unwrap()));
    let phone = visit["fields"]["phone"].as_str().unwrap();
    assert!(contact.starts_with(phone) && phone.chars().count() > 90, "{phone}");
}

#[test]
fn nor_by_way_of_a_phone() {
    let s = Scene::new();
    let wang: domain::ids::UserId = serde_json::from_value(json!(s.wang_id)).unwrap();
    let zhao: domain::ids::UserId = serde_json::from_value(json!(s.zhao_id)).unwrap();
    let li: domain::ids::UserId = serde_json::from_value(json!(s.office_id)).unwrap();
    let assign = |lead: &str| json!({ "cmd": "assign", "lead": lead, "others": [] });
    let complaint = s.make("complaint", json!({ "content": "漏油" }), &[]);
    let job = json!({ "fault_phenomenon": "漏油", "complaint": complaint });
    let visit = s.make("visit", job, &[assign(&s.wang_id)]);
    let mut office = Phone::new(&s.server, "li", li, Role::Admin);
    let push = |office: &mut Phone, id| words(&office.push(&s.server)[&id]);

    // The step at fault is refused; what was done before it is kept.
    let id = office.create("return_visit", json!({ "visit": visit }));
    office.set(id, "topic", json!("服务质量"));
    office.assign(id, Some(wang), &[]);
    assert_eq!(push(&mut office, id), ["accepted", "accepted", "unmet"]);
    let shown = s.get(&format!("records/return_visit/{id}"));
    assert_eq!((&shown["fields"]["topic"], &shown["lead"]), (&json!("服务质量"), &Value::Null));
    office.held.remove(&id);
    office.pull(&s.server);
    office.assign(id, Some(zhao), &[]);
    assert_eq!(push(&mut office, id), ["accepted"]);
    office.assign(id, Some(zhao), &[wang]);
    assert_eq!(push(&mut office, id), ["unmet"]);

    // The visitor stands, and what is followed changes.
    let id = office.create("return_visit", json!({}));
    office.assign(id, Some(wang), &[]);
    assert_eq!(push(&mut office, id), ["accepted", "accepted"]);
    office.set(id, "complaint", json!(complaint));
    assert_eq!(push(&mut office, id), ["unmet"]);
}

#[test]
fn the_sample_is_four_fifths_of_the_business() {
    let s = Scene::new();
    let mut ids = Vec::new();
    for (name, volumes) in [
        ("一", vec![(2023, 100), (2024, 150), (2025, 150), (2022, 9_999)]),
        ("二", vec![(2025, 200)]),
        ("三", vec![(2024, 150)]),
        ("四", vec![(2024, 100)]),
        ("五", vec![(2023, 60)]),
        ("六", vec![(2023, 40)]),
        ("七", vec![(2024, 50)]), // merged into 二
    ] {
        let add = |(year, amount): &(i32, i32)| json!({ "cmd": "add", "collection": "annual_volumes", "fields": { "year": year, "amount": amount.to_string() } });
        let more: Vec<Value> = volumes.iter().map(add).collect();
        ids.push(s.make("customer", json!({ "name": name }), &more));
    }
    let merge = json!({ "into": ids[1] });
    let path = format!("/api/v1/records/customer/{}/merge", ids[6]);
    assert_eq!(s.server.request("POST", &path, Some(&s.office), Some(&merge)).status, 200);
    let sample = s.get("surveys/sample?year=2026");
    let told: Vec<(&str, &str, &str)> = sample["customers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            (c["name"].as_str().unwrap(), c["volume"].as_str().unwrap(), c["cumulative"].as_str().unwrap())
        })
        .collect();
    assert_eq!(told, [("一", "400.00", "40"), ("二", "250.00", "65"), ("三", "150.00", "80")]);
    assert_eq!(sample["reference_years"], json!([2023, 2024, 2025]));
    assert_eq!((&sample["total_volume"], &sample["covered"]), (&json!("1000.00"), &json!("0")));
    assert_eq!(s.get("surveys/sample?year=2020")["customers"], json!([]));
    refused(&s.server.get("/api/v1/surveys/sample?year=2026", &s.wang), 403, "forbidden");
    refused(&s.server.get("/api/v1/surveys/sample?year=3", &s.office), 422, "out_of_range");
}

/// Answers to the first `n` questions with options, the best option for each but one step down for the first `less`.
fn answers(template: &str, n: usize, less: usize) -> Vec<Value> {
    let schema = Schema::builtin().unwrap();
    let template = schema.templates().offered(template).unwrap();
    let asked: Vec<_> = template.questions().filter(|q| q.option("satisfied").is_some()).collect();
    let unanswered = |i: usize| json!({ "item": asked[i].code, "unanswered": true });
    let answer = |i: usize| match i {
        i if i >= n => unanswered(i),
        i if i < less => json!({ "item": asked[i].code, "option": "satisfied" }),
        i => json!({ "item": asked[i].code, "option": "very_satisfied" }),
    };
    let add = |fields: Value| json!({ "cmd": "add", "collection": "answers", "fields": fields });
    (0..asked.len()).map(|i| add(answer(i))).collect()
}

#[test]
fn only_valid_sheets_of_a_survey_cover_the_business() {
    let s = Scene::new();
    let settings = json!({ "deadlines": { "rules": { "L43": { "limit": "60 percent-a-year" } } } });
    let path = "/api/v1/admin/settings";
    let body = json!({ "settings": settings });
    let put = s.server.request("PUT", path, Some(&s.office), Some(&body));
    assert_eq!(put.status, 200, "{}", put.text());
    let customer = |name: &str, amount: i32| {
        let volume = json!({ "cmd": "add", "collection": "annual_volumes", "fields": { "year": 2025, "amount": amount.to_string() } });
        s.make("customer", json!({ "name": name }), &[volume])
    };
    let (one, two) = (customer("一", 500), customer("二", 400));
    let (three, four) = (customer("三", 400), customer("四", 300));
    let campaign = s.make("survey_campaign", json!({ "name": "年度调查" }), &[]);
    let sheet = |of: &str, template: &str, mut fields: Value, answers: &[Value]| {
        fields["customer"] = json!(of);
        fields["template"] = json!(template);
        fields["returned_at"] = json!("2026-03-01T10:00:00+08:00");
        let id = s.make("survey", fields, answers);
        s.step("survey", &id, "given");
        id
    };
    let all = |template: &str| answers(template, 99, 0);
    // Asked after a job; without answers; withdrawn.
    sheet(&one, "after_service", json!({ "source_type": "visit" }), &all("after_service"));
    sheet(&two, "qr2104", json!({ "campaign": campaign }), &answers("qr2104", 0, 0));
    let void = sheet(&three, "qr2104", json!({ "campaign": campaign }), &all("qr2104"));
    s.step("survey", &void, "voided");
    let sample = s.get("surveys/sample?year=2026");
    assert_eq!(sample["threshold"], "60");
    let told: Vec<(&str, &str, bool)> = sample["customers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["name"].as_str().unwrap(), c["cumulative"].as_str().unwrap(), c["surveyed"] == true))
        .collect();
    // 31.25, 56.25 and 81.25 per cent, half up.
    assert_eq!(told[0], ("一", "31.3", false));
    assert!(told[1..].iter().all(|t| !t.2), "{told:?}");
    assert_eq!(told.iter().map(|t| t.1).collect::<Vec<_>>(), ["31.3", "56.3", "81.3"]);
    assert_eq!(sample["covered"], "0");

    sheet(&one, "qr2104", json!({ "campaign": campaign }), &all("qr2104"));
    sheet(&three, "qr2104", json!({ "source_type": "campaign" }), &all("qr2104"));
    sheet(&four, "qr2104", json!({}), &all("qr2104"));
    let sample = s.get("surveys/sample?year=2026");
    assert_eq!(sample["covered"], "75");
    assert_eq!(sample["customers"][0]["surveyed"], true);
}

#[test]
fn the_mean_index_is_rounded_once_and_half_up() {
    let s = Scene::new();
    let customer = s.make("customer", json!({ "name": "海岚" }), &[]);
    // Three sheets of 97.5 and one of 100 have a mean of 98.125.
    for less in [1, 1, 1, 0] {
        let fields = json!({ "customer": customer, "template": "qr2104" });
        let id = s.make("survey", fields, &answers("qr2104", 8, less));
        s.step("survey", &id, "given");
    }
    let related = s.get(&format!("records/customer/{customer}/related"));
    let said = &related["overview"]["satisfaction"];
    assert_eq!((&said["surveys"], &said["mean_index"]), (&json!(4), &json!("98.13")), "{said}");
}
