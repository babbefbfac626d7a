//! A year of visits on site: for complaints, and on the plan.

use domain::ids::UserId;
use domain::keys;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::complaints::{Case, working_hour};
use super::dice::Dice;
use super::goods::{Defect, FAMILIES};
use super::names::{CHIEF, ENGINEERS, SERVICE_DESK};
use super::tale::Tale;
use super::world::World;
use crate::host::{DAY, HOUR, MINUTE};

/// How many visits that no complaint caused.
const PLANNED: usize = 250;

/// What a visit is for.
struct Job<'a> {
    complaint: Option<Uuid>,
    customer: usize,
    product: usize,
    defect: Option<&'static Defect>,
    service: &'static str,
    asked_at: i64,
    lead: usize,
    status: &'a str,
}

/// Every visit.
pub(super) fn make(dice: &Dice, world: &World, cases: &[Case], now: i64) -> Vec<Tale> {
    let mut tales = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let times = if case.settled && dice.chance(12) { 2 } else { 1 };
        for _ in 0..times {
            let age = now - case.assigned_at;
            let status = if case.settled || age > 10 * DAY { ended(dice) } else { under_way(at) };
            let job = Job {
                complaint: Some(case.id),
                customer: case.customer,
                product: case.product,
                defect: Some(case.defect),
                service: dice.word(&["quality_problem", "warranty_repair", "emergency", "sort_rework"]),
                asked_at: case.assigned_at,
                lead: case.lead,
                status,
            };
            tales.push(visit(dice, world, &job, now));
        }
    }
    for at in 0..PLANNED {
        let back = i64::try_from((PLANNED - at) * 362 / PLANNED).unwrap_or(1).max(1) * DAY;
        let product = dice.index(world.products.len());
        let customer = world.products[product].customer;
        let repair = dice.chance(45);
        let defects = FAMILIES[world.products[product].family].defects;
        const ROUND: [&str; 5] =
            ["patrol", "annual_visit", "commissioning", "training", "routine_maintenance"];
        let job = Job {
            complaint: None,
            customer,
            product,
            defect: repair.then(|| dice.pick(defects)),
            service: if repair { dice.word(&["warranty_repair", "paid_repair"]) } else { dice.word(&ROUND) },
            asked_at: working_hour(dice, now - back).min(now - HOUR),
            lead: ENGINEERS + (customer % (world.people.len() - ENGINEERS)),
            status: if back > 20 * DAY { ended(dice) } else { under_way(at) },
        };
        tales.push(visit(dice, world, &job, now));
    }
    tales
}

fn ended(dice: &Dice) -> &'static str {
    dice.word(&["done", "reviewed", "reviewed", "reviewed", "archived", "archived", "reviewed", "cancelled"])
}

/// Each status occurs, whatever the dice say.
fn under_way(at: usize) -> &'static str {
    const STATUSES: [&str; 9] = [
        "planned",
        "dispatched",
        "dispatched",
        "accepted",
        "en_route",
        "on_site",
        "awaiting_parts",
        "awaiting_factory",
        "done",
    ];
    STATUSES[at % STATUSES.len()]
}

fn visit(dice: &Dice, world: &World, job: &Job<'_>, now: i64) -> Tale {
    let holder = &world.customers[job.customer];
    let item = &world.products[job.product];
    let goods = &FAMILIES[item.family];
    let desk = world.people[SERVICE_DESK].clone();
    let chief = world.people[CHIEF].clone();
    let lead = world.people[job.lead].clone();
    let (name, phone) = dice.pick(&holder.contacts).clone();
    let stamp = |ms: i64| domain::time::Timestamp(ms).to_rfc3339();
    // Nothing happens after the story's last moment; steps of one minute come a second after each other.
    let last = now - 10 * MINUTE;
    let no_later = |at: i64| at.min(last);
    let appointment = working_hour(dice, job.asked_at + dice.between(1, 4) * DAY);
    let mut fields = json!({
        "service_type": job.service, "requested_at": stamp(job.asked_at), "appointment_at": stamp(appointment),
        "responded_at": stamp(job.asked_at + dice.between(5, 20) * MINUTE),
        "customer": holder.id, "site_address": holder.address, "contact_name": &name, "contact_phone": phone,
        "product": item.id,
    });
    if let (Some(id), Json::Object(more)) = (job.complaint, &mut fields) {
        more.insert("complaint".into(), json!(id));
    }
    if let (Some(defect), Json::Object(more)) = (job.defect, &mut fields) {
        let quantity = dice.between(1, 12).to_string();
        more.insert("fault_phenomenon".into(), dice.pick(defect.says).replace("{n}", &quantity).into());
        more.insert("fault_code".into(), defect.codes[3].into());
    }
    let mut tale = Tale::create(dice, keys::visit::KIND, &desk, no_later(job.asked_at + 25 * MINUTE), fields);
    let helper = (dice.chance(25)).then(|| {
        let engineers = world.people.len() - ENGINEERS;
        world.people[ENGINEERS + (job.lead + 1 - ENGINEERS) % engineers].user
    });
    let helpers: Vec<UserId> = helper.into_iter().collect();
    tale.assign(&desk, lead.user, &helpers);
    let order = ["dispatched", "accepted", "en_route", "on_site", "done", "reviewed", "archived"];
    let (end, aside) = match job.status {
        "planned" => return tale,
        "cancelled" => {
            tale.at = no_later(tale.at + 3 * HOUR).max(tale.at);
            tale.event(dice, &desk, "dispatched", None, json!({}));
            tale.at = no_later(tale.at + 5 * HOUR).max(tale.at);
            let why = "客户停产检修，改期另约。";
            tale.event(dice, &lead, "cancelled", Some(why), json!({}));
            return tale;
        }
        "awaiting_parts" | "awaiting_factory" => (3, Some(job.status)),
        status => (order.iter().position(|s| *s == status).unwrap_or(0), None),
    };
    // The appointment may lie ahead: what has happened already happened before now.
    let arrival = appointment.min(now - 4 * HOUR) + dice.between(-20, 45) * MINUTE;
    for (at, status) in order.iter().enumerate().take(end + 1) {
        let planned = match at {
            0 => tale.at + 2 * HOUR,
            1 => tale.at + HOUR,
            2 => arrival - 2 * HOUR,
            3 => arrival,
            4 => arrival + dice.between(50, 200) * MINUTE,
            5 => tale.at + dice.between(10, 70) * HOUR,
            _ => tale.at + dice.between(5, 20) * DAY,
        };
        tale.at = no_later(planned).max(tale.at);
        match *status {
            "dispatched" => tale.event(dice, &desk, status, None, json!({})),
            "en_route" => tale.event(dice, &lead, status, None, json!({"departed_at": stamp(tale.at)})),
            "on_site" => {
                let mut fields = json!({
                    "arrived_at": stamp(tale.at), "started_at": stamp(no_later(tale.at + 10 * MINUTE).max(tale.at)),
                });
                if let (true, Json::Object(more)) = (tale.at > appointment, &mut fields) {
                    let why = dice.word(&["路上堵车", "前一单超时", "厂区办理入场手续", "高速封路绕行"]);
                    more.insert("late_reason".into(), why.into());
                    more.insert("late_is_personal_fault".into(), json!(false));
                }
                tale.event(dice, &lead, status, None, fields);
            }
            "done" => report(dice, &mut tale, job, goods.vehicle, &lead, &name),
            "reviewed" => {
                let opinion = dice.word(&[
                    "报告完整，同意归档。",
                    "原因写得清楚，按程序处理。",
                    "建议补充旧件去向，其余同意。",
                ]);
                tale.event(dice, &chief, status, None, json!({"review_opinion": opinion}));
            }
            "archived" => tale.event(dice, &chief, status, None, json!({})),
            _ => tale.event(dice, &lead, status, None, json!({})),
        }
    }
    if let Some(status) = aside {
        tale.at = no_later(tale.at + 40 * MINUTE).max(tale.at);
        let issue = if status == "awaiting_parts" {
            "配件无库存，等总部发货后再来一次。"
        } else {
            "现场无法修复，需返厂检测。"
        };
        tale.add(
            dice,
            &lead,
            keys::visit::OPEN_ISSUES,
            json!({"issue": issue, "owner": "售后服务部", "status": "open"}),
        );
        tale.event(dice, &lead, status, None, json!({"work_status": "awaiting_parts"}));
    }
    tale
}

/// The report, as an engineer fills it in before leaving.
fn report(
    dice: &Dice,
    tale: &mut Tale,
    job: &Job<'_>,
    vehicle: bool,
    lead: &domain::authz::Principal,
    user: &str,
) {
    let stamp = |ms: i64| domain::time::Timestamp(ms).to_rfc3339();
    let quantity = dice.between(1, 8).to_string();
    let (cause, solution) = match job.defect {
        Some(defect) => {
            (dice.pick(defect.cause).to_string(), dice.pick(defect.solution).replace("{n}", &quantity))
        }
        None => (
            "例行服务，未发现故障。".to_owned(),
            dice.pick(&[
                "按巡检表逐项检查，清洁滤网，紧固接线端子，运行正常。",
                "完成调试并交接，随机资料齐全，客户操作人员能独立操作。",
                "给操作人员讲解日常点检和安全注意事项，现场答疑。",
                "更换易损件，加注润滑脂，试运行两小时无异常。",
            ])
            .to_string(),
        ),
    };
    let part = job.defect.map(|d| d.part).filter(|p| !p[0].is_empty());
    match part {
        Some([name, number, spec, price]) => {
            let paid = job.service == "paid_repair";
            let fields = json!({
                "part_name": name, "part_no": number, "spec": spec, "quantity": dice.between(1, 4).to_string(),
                "origin": "domestic", "charge_type": if paid { "paid" } else { "warranty" }, "unit_price": price,
                "fault_text": "旧件已带回",
            });
            tale.add(dice, lead, keys::visit::PARTS, fields);
        }
        None => tale.set(lead, json!({"no_parts_used": true})),
    }
    if job.service == "paid_repair" {
        let amount = format!("{}.00", dice.between(2, 30) * 50);
        tale.add(
            dice,
            lead,
            keys::visit::CHARGES,
            json!({"kind": "labour", "amount": amount, "note": "按收费标准，客户已确认"}),
        );
    }
    if job.service == "training" {
        tale.set(lead, json!({"training_given": "设备操作与日常保养", "trainees": dice.between(3, 15), "training_effect": "90"}));
    }
    if vehicle {
        tale.set(lead, json!({"running_hours": dice.between(300, 9_500).to_string()}));
    }
    let opinions = [
        "处理及时，问题解决，满意。",
        "师傅很认真，讲得也清楚。",
        "修好了，希望配件能多备一点。",
        "总体满意，来得稍晚。",
        "设备运行正常，同意验收。",
        "要求下个月再来复查一次。",
        "服务态度好，建议加强操作培训。",
    ];
    let outcome = match job.defect {
        Some(_) => dice.word(&["fixed", "fixed", "fixed", "fixed", "temporary", "replaced_new"]),
        None => dice.word(&["fixed", "no_fault"]),
    };
    let fields = json!({
        "finished_at": stamp(tale.at), "fault_cause": cause, "solution": solution, "outcome": outcome,
        "user_opinion": dice.word(&opinions), "accepted_by_customer": user, "accepted_at": stamp(tale.at),
        "unsigned_reason": dice.word(&["paper", "paper", "paper", "absent"]),
        "no_survey_reason": dice.word(&["callback", "callback", "absent", "declined"]), "hq_called_at": stamp(tale.at + 5 * MINUTE), "work_status": "finished",
    });
    tale.event(dice, lead, "done", None, fields);
}
