//! What the service desk writes besides complaints and visits: calls, task orders, parts on their way,
//! quotes and travel claims.

use domain::keys;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::goods::FAMILIES;
use super::stage::{Stage, Trip, id, stamp};
use super::tale::Tale;
use crate::host::{DAY, HOUR, MINUTE};

/// Calls, parts, quotes, claims and tasks; `visits` learn which task they belong to.
pub(super) fn make(stage: &Stage<'_>, visits: &mut [Tale]) -> Vec<Tale> {
    let mut tales = calls(stage);
    let tasks = tasks(stage, visits);
    tales.extend(part_orders(stage));
    tales.extend(quotes(stage));
    tales.extend(travel_claims(stage));
    tales.extend(tasks);
    tales
}

/// One trip of each status, and some of those that complaints caused.
fn tasks(stage: &Stage<'_>, visits: &mut [Tale]) -> Vec<Tale> {
    const STATUSES: &[&str] = &[
        "planned",
        "dispatched",
        "accepted",
        "en_route",
        "on_site",
        "awaiting_parts",
        "awaiting_factory",
        "done",
        "reviewed",
        "archived",
        "cancelled",
    ];
    let mut trips: Vec<&Trip> = Vec::new();
    for status in STATUSES.chunks(1) {
        trips.extend(stage.newest(status).take(1));
    }
    let after_complaint = stage.newest(&["dispatched", "on_site", "done", "reviewed"]);
    let after_complaint: Vec<&Trip> =
        after_complaint.filter(|t| !t.field(keys::visit::COMPLAINT).is_null()).take(6).collect();
    for trip in after_complaint {
        if trips.iter().all(|t| t.id != trip.id) {
            trips.push(trip);
        }
    }
    let mut tales = Vec::with_capacity(trips.len());
    for trip in trips {
        let tale = task(stage, trip);
        if let Some(visit) = visits.iter_mut().find(|v| id(v) == trip.id) {
            visit.set_at(&stage.desk(), trip.made, json!({"task": id(&tale)}));
        }
        tales.push(tale);
    }
    tales
}

/// The order behind a trip; it goes along with it.
fn task(stage: &Stage<'_>, trip: &Trip) -> Tale {
    let (desk, chief, lead) = (stage.desk(), stage.chief(), stage.lead(trip));
    let item = &stage.world.products[stage.product_of(trip)];
    let goods = &FAMILIES[item.family];
    let complaint = trip.field(keys::visit::COMPLAINT);
    let description = match trip.field(keys::visit::FAULT_PHENOMENON).as_str() {
        Some(fault) => format!("{} {}：{fault}请到现场查明原因并修复，旧件带回。", goods.name, item.model),
        None => format!("{} {}按计划上门服务，做好记录，请客户确认。", goods.name, item.model),
    };
    let origin =
        if complaint.is_null() { stage.dice.word(&["plan", "call", "contract"]) } else { "complaint" };
    let mut tale = stage.tell(
        keys::task::KIND,
        &desk,
        trip.made - 2 * MINUTE,
        json!({
            "origin": origin, "complaint": complaint, "description": description,
            "service_type": trip.field(keys::visit::SERVICE_TYPE),
            "requested_at": trip.field(keys::visit::REQUESTED_AT), "required_at": stamp(trip.made + 5 * DAY),
            "responded_at": trip.field(keys::visit::RESPONDED_AT),
            "appointment_at": trip.field(keys::visit::APPOINTMENT_AT),
            "customer": trip.field(keys::visit::CUSTOMER), "product": item.id,
            "site_address": trip.field(keys::visit::SITE_ADDRESS),
            "contact_name": trip.field(keys::visit::CONTACT_NAME),
            "contact_phone": trip.field(keys::visit::CONTACT_PHONE),
            "warranty_status": "in_warranty", "required_qualification": stage.dice.word(&["junior", "intermediate"]),
            "budget": format!("{}.00", stage.dice.between(3, 24) * 100),
        }),
    );
    tale.assign(&desk, lead.user, trip.helpers());
    for (at, status) in &trip.events {
        let ms = *at - tale.at;
        match status.as_str() {
            "dispatched" => stage.step(&mut tale, ms, &desk, status, json!({})),
            "cancelled" => stage.because(&mut tale, ms, &desk, status, "客户停产检修，改期另约。"),
            "reviewed" => {
                let fields = json!({"review_opinion": "按任务书要求完成，资料齐全。"});
                stage.step(&mut tale, ms, &chief, status, fields);
            }
            "archived" => stage.step(&mut tale, ms, &chief, status, json!({})),
            "awaiting_parts" => {
                if let Some([name, number, spec, _]) = part(stage, trip) {
                    let request =
                        json!({"part_name": name, "part_no": number, "spec_model": spec, "quantity": "1"});
                    tale.add(stage.dice, &lead, keys::task::PART_REQUESTS, request);
                }
                stage.step(&mut tale, ms, &lead, status, json!({}));
            }
            _ => stage.step(&mut tale, ms, &lead, status, json!({})),
        }
    }
    tale
}

/// A part that the product of a trip may need: name, number, specification, price.
fn part(stage: &Stage<'_>, trip: &Trip) -> Option<[&'static str; 4]> {
    let item = &stage.world.products[stage.product_of(trip)];
    FAMILIES[item.family].defects.iter().map(|d| d.part).find(|p| !p[0].is_empty())
}

fn part_orders(stage: &Stage<'_>) -> Vec<Tale> {
    const ROAD: [&str; 5] = ["planned", "in_production", "stocked", "shipped", "received"];
    const TARGETS: [&str; 9] = [
        "needed",
        "planned",
        "in_production",
        "stocked",
        "shipped",
        "received",
        "received",
        "received",
        "cancelled",
    ];
    let waiting = stage.newest(&["awaiting_parts"]).filter(|t| part(stage, t).is_some()).take(4);
    let done = stage.newest(&["reviewed", "archived"]);
    let month_ago = stage.now - 30 * DAY;
    let done = done.filter(|t| part(stage, t).is_some() && t.made < month_ago).take(5);
    let mut tales = Vec::new();
    for (trip, target) in waiting.chain(done).zip(TARGETS) {
        let Some([name, number, spec, _]) = part(stage, trip) else { continue };
        let (desk, lead) = (stage.desk(), stage.lead(trip));
        let begun = trip.when("on_site").unwrap_or(trip.made) + HOUR;
        let day = (stage.now - begun) / DAY;
        let mut tale = stage.tell(
            keys::part_order::KIND,
            &lead,
            begun,
            json!({
                "part_name": name, "part_no": number, "spec_model": spec,
                "material": stage.dice.word(&["氟橡胶", "45号钢", "组件"]),
                "quantity": stage.dice.between(1, 4).to_string(), "need_by": stage.date(day - 7),
                "customer": trip.field(keys::visit::CUSTOMER), "product": trip.field(keys::visit::PRODUCT),
                "visit": trip.id, "complaint": trip.field(keys::visit::COMPLAINT),
                "original_plan_no": format!("JH-{:05}", stage.dice.between(100, 99_999)),
            }),
        );
        if target == "cancelled" {
            stage.because(&mut tale, 5 * HOUR, &lead, target, "客户库房找到同型号备件，现场已换上。");
        }
        let end = ROAD.iter().position(|s| *s == target).map_or(0, |at| at + 1);
        for status in &ROAD[..end] {
            let fields = match *status {
                "planned" => json!({"paid_or_free": "warranty"}),
                "shipped" => {
                    let gone = (stage.now - tale.at) / DAY;
                    json!({
                        "ship_to": trip.field(keys::visit::SITE_ADDRESS),
                        "consignee": trip.field(keys::visit::CONTACT_NAME),
                        "consignee_contact": trip.field(keys::visit::CONTACT_PHONE),
                        "ship_by": stage.date(gone - 1), "arrive_by": stage.date(gone - 4),
                        "transfer_no": format!("DB-{:05}", stage.dice.between(100, 99_999)),
                        "shipped_at": stamp(tale.at), "tracking_no": format!("YD{:010}", stage.dice.between(1, 9_999_999)),
                    })
                }
                "received" => {
                    let at = tale.at + 30 * HOUR;
                    json!({"received_confirmed_at": stamp(at), "received_by": trip.field(keys::visit::CONTACT_NAME)})
                }
                _ => json!({}),
            };
            let by = if *status == "received" { &lead } else { &desk };
            stage.step(&mut tale, stage.dice.between(31, 50) * HOUR, by, status, fields);
            if *status == "in_production" {
                let note = json!({"note": "已催生产部，答复本周五前入库。"});
                tale.add(stage.dice, &desk, keys::part_order::PROGRESS, note);
            }
        }
        tales.push(tale);
    }
    tales
}

fn quotes(stage: &Stage<'_>) -> Vec<Tale> {
    const TARGETS: [&str; 6] = ["draft", "offered", "accepted", "paid", "declined", "cancelled"];
    let mut tales = Vec::new();
    for (at, target) in (0..).zip(TARGETS) {
        let desk = stage.desk();
        let item = &stage.world.products[at * 7 + 3];
        let goods = &FAMILIES[item.family];
        let holder = stage.customer(item.customer);
        let days = if at < 2 { 3 - i64::try_from(at).unwrap_or(0) } else { 40 };
        let mut tale = stage.tell(
            keys::quote::KIND,
            &desk,
            stage.hour(days, 9),
            json!({
                "customer": holder.id, "product": item.id,
                "subject": format!("{} {}保修期外大修", goods.name, item.model),
                "valid_until": stage.date(days - 30), "quoted_by": "sales_centre",
            }),
        );
        let part = goods.defects.iter().map(|d| d.part).find(|p| !p[0].is_empty());
        let [name, _, spec, price] = part.unwrap_or(["易损件包", "", "标准", "280.00"]);
        let lines = [
            ("parts", format!("{name} {spec}"), 2, price.to_owned()),
            ("labour", "拆检、装配与调试".to_owned(), stage.dice.between(4, 16), "120.00".to_owned()),
            ("travel", "往返差旅".to_owned(), 1, format!("{}.00", stage.dice.between(3, 12) * 100)),
        ];
        for (kind, name, quantity, price) in lines {
            let line =
                json!({"kind": kind, "item": name, "quantity": quantity.to_string(), "unit_price": price});
            tale.add(stage.dice, &desk, keys::quote::LINES, line);
        }
        let agreed = json!({
            "customer_accepted_at": stamp(tale.at + 2 * DAY), "customer_accepted_by": holder.contacts[0].0,
        });
        if target == "cancelled" {
            stage.because(&mut tale, 2 * HOUR, &desk, target, "经查仍在保修期内，按保修处理。");
        } else if target != "draft" {
            stage.step(&mut tale, 2 * HOUR, &desk, "offered", json!({}));
        }
        match target {
            "accepted" | "paid" => stage.step(&mut tale, 3 * DAY, &desk, "accepted", agreed),
            "declined" => {
                stage.because(&mut tale, 4 * DAY, &desk, target, "客户认为价格偏高，决定自行维修。")
            }
            _ => {}
        }
        if target == "paid" {
            let paid = json!({
                "payment_received": format!("{}.00", stage.dice.between(8, 40) * 100),
                "paid_on": stage.date(28), "invoice_no": format!("{:08}", stage.dice.between(1, 99_999_999)),
            });
            stage.step(&mut tale, 9 * DAY, &desk, "paid", paid);
        }
        tales.push(tale);
    }
    tales
}

fn travel_claims(stage: &Stage<'_>) -> Vec<Tale> {
    const ROAD: [&str; 5] = ["submitted", "checked", "approved", "paid", "archived"];
    const TARGETS: [&str; 8] =
        ["draft", "submitted", "returned", "checked", "approved", "paid", "archived", "cancelled"];
    let back = stage.now - 20 * DAY;
    let trips = stage.newest(&["reviewed", "archived"]);
    let trips = trips.filter(|t| t.when("done").is_some_and(|at| at < back));
    let mut tales = Vec::new();
    for (trip, target) in trips.zip(TARGETS) {
        let (lead, desk, chief) = (stage.lead(trip), stage.desk(), stage.chief());
        let Some(done) = trip.when("done") else { continue };
        let days = (stage.now - done) / DAY;
        let item = &stage.world.products[stage.product_of(trip)];
        let holder = stage.customer(item.customer);
        let place = holder.address.split("工业").next().unwrap_or_default();
        let mut tale = stage.tell(keys::expense_claim::KIND, &lead, done + DAY, json!({}));
        let fields = json!({
            "claimant": lead.user, "department": "售后服务部", "grade": "staff", "visit": trip.id,
            "reason": format!("{place}现场服务：{} {}", FAMILIES[item.family].name, item.model),
            "market": "domestic", "trip_from": stage.date(days + 1), "trip_to": stage.date(days),
            "allowance_rate": "80.00",
        });
        tale.set(&lead, fields);
        let fare = format!("{}.50", stage.dice.between(90, 460));
        let lodging = format!("{}.00", stage.dice.between(18, 32) * 10);
        let lines = [
            (days + 1, "公司", place, "transport", fare.clone()),
            (days + 1, place, place, "lodging", lodging),
            (days, place, "公司", "transport", fare),
        ];
        let mut ids: Vec<Uuid> = Vec::new();
        for (no, (day, from, to, category, amount)) in (1..).zip(lines) {
            let line = json!({
                "line_no": no, "date": stage.date(day), "from_place": from, "to_place": to,
                "category": category, "amount": amount,
            });
            ids.push(tale.add(stage.dice, &lead, keys::expense_claim::LINES, line));
        }
        let advance = json!({
            "requested_on": stage.date(days + 2), "amount": "500.00", "purpose": "出差借款",
            "reviewed_by": desk.user, "approved_by": chief.user, "paid_on": stage.date(days + 2),
        });
        if target == "cancelled" {
            stage.because(&mut tale, 5 * HOUR, &lead, target, "重复填写，以另一张为准。");
        } else if target != "draft" {
            // The paper lies with the claim; its picture comes when the phone has a network.
            let receipt = json!({
                "line_no": 1, "name": "高铁票.jpg", "mime": "image/jpeg", "size": stage.dice.between(90_000, 400_000),
                "sha256": (0..4).map(|_| format!("{:016x}", stage.dice.next())).collect::<String>(),
            });
            tale.add(stage.dice, &lead, keys::expense_claim::RECEIPTS, receipt);
        }
        let end = ROAD.iter().position(|s| *s == target).map_or(0, |at| at + 1);
        let end = if target == "returned" { 1 } else { end };
        for status in &ROAD[..end] {
            if *status == "checked" {
                for line in &ids {
                    tale.update(&desk, keys::expense_claim::LINES, *line, json!({"approved": true}));
                }
                if target == "paid" {
                    tale.add(stage.dice, &desk, keys::expense_claim::ADVANCES, advance.clone());
                }
            }
            let by = match *status {
                "submitted" => &lead,
                "checked" | "paid" => &desk,
                _ => &chief,
            };
            let fields = if *status == "checked" {
                json!({"check_opinion": "票据齐全，按标准报销。"})
            } else {
                json!({})
            };
            stage.step(&mut tale, stage.dice.between(20, 70) * HOUR, by, status, fields);
        }
        if target == "returned" {
            stage.because(&mut tale, 20 * HOUR, &desk, target, "缺住宿发票，请补齐后再提交。");
        }
        tales.push(tale);
    }
    tales
}

/// A call: days back, kind, way, what was said, what was answered (empty: not yet), passed on to.
type Call = (i64, &'static str, &'static str, &'static str, &'static str, &'static str);

const CALLS: [Call; 12] = [
    (0, "fault_report", "phone", "早班起动后设备报警停机，问能不能今天派人。", "", ""),
    (
        1,
        "consultation",
        "phone",
        "询问油品能否用其他牌号代替，冬季用哪个粘度。",
        "可用同等级品牌，冬季推荐低粘度牌号，已发对照表。",
        "",
    ),
    (1, "reminder", "phone", "催问上周答应的配件什么时候到。", "", "物流部"),
    (2, "suggestion", "letter", "来函建议随机资料增加易损件清单和更换周期。", "", "技术部"),
    (
        3,
        "consultation",
        "phone",
        "保修期怎么算，停用三个月能否顺延。",
        "按验收日期起算，停用不顺延；合同另有约定的按合同。",
        "",
    ),
    (
        5,
        "complaint",
        "phone",
        "对上次处理结果不满意，要求领导回电话。",
        "已请主管回电说明处理方案，客户接受，继续跟踪。",
        "售后服务部",
    ),
    (
        8,
        "consultation",
        "in_person",
        "到公司询问操作培训安排和费用。",
        "下月有一期免费培训，已登记两个名额。",
        "",
    ),
    (
        12,
        "report",
        "phone",
        "反映有人冒用本公司名义上门推销配件。",
        "已记录线索转法务，并提醒客户只认工牌和服务电话。",
        "法务部",
    ),
    (
        20,
        "return_visit",
        "phone",
        "电话了解新设备投用三个月的情况，运行正常。",
        "感谢配合，提醒首次保养时间。",
        "",
    ),
    (
        31,
        "fault_report",
        "phone",
        "显示屏偶尔黑屏，断电重启能恢复。",
        "指导检查接插件后恢复，观察一周无再现。",
        "",
    ),
    (47, "suggestion", "phone", "希望备件库增加常用密封件库存。", "已列入本季度备件计划。", "备件库"),
    (66, "consultation", "letter", "来函索取产品合格证和检测报告复印件。", "已邮寄盖章复印件。", "品质部"),
];

fn calls(stage: &Stage<'_>) -> Vec<Tale> {
    let mut tales = Vec::with_capacity(CALLS.len());
    for (at, (days, kind, medium, content, answer, to)) in CALLS.into_iter().enumerate() {
        let desk = stage.desk();
        let holder = stage.customer(at * 3 + 1);
        let (name, phone) = holder.contacts[0].clone();
        let called = if days == 0 { stage.now - 2 * HOUR } else { stage.hour(days, 9 + days % 7) };
        let direction = if kind == "return_visit" { "out" } else { "in" };
        let product = holder.products.first().map_or(Json::Null, |p| json!(stage.world.products[*p].id));
        let mut tale = stage.tell(
            keys::call_log::KIND,
            &desk,
            called + 5 * MINUTE,
            json!({
                "at": stamp(called), "direction": direction, "medium": medium, "call_kind": kind, "caller": name,
                "caller_phone": phone, "customer": holder.id, "product": product, "content": content,
            }),
        );
        if kind == "complaint"
            && let Some(case) = stage.settled(20).find(|c| stage.customer(c.customer).id == holder.id)
        {
            tale.set(&desk, json!({"complaint": case.id}));
        }
        if !to.is_empty() {
            stage.step(&mut tale, 10 * MINUTE, &desk, "forwarded", json!({"forwarded_to": to}));
        }
        if !answer.is_empty() {
            let fields = json!({"answer": answer, "answered_by": desk.user});
            stage.step(&mut tale, 40 * MINUTE, &desk, "handled", fields);
        }
        tales.push(tale);
    }
    tales
}
