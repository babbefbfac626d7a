//! What customers think, and what follows from it: plans of return-visits and the visits, questionnaires
//! and appraisal sheets.

use domain::authz::Principal;
use domain::keys;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::goods::FAMILIES;
use super::stage::{Stage, id, stamp};
use super::tale::Tale;
use crate::host::{DAY, HOUR, MINUTE};

/// Plans, return-visits, questionnaires and appraisals.
pub(super) fn make(stage: &Stage<'_>) -> Vec<Tale> {
    let plans = plans(stage);
    let plan = id(&plans[1]);
    let mut tales = plans;
    tales.extend(planned_visits(stage, plan));
    tales.extend(callbacks(stage));
    tales.extend(campaigns(stage));
    tales.extend(after_service(stage));
    tales.extend(appraisals(stage));
    tales
}

/// Carries a tale along its road up to `target`; which fields a step brings is `fields`' to say.
fn along(
    stage: &Stage<'_>,
    tale: &mut Tale,
    road: &[&'static str],
    target: &str,
    mut next: impl FnMut(&'static str, i64) -> (Principal, i64, Json),
) {
    let end = road.iter().position(|s| *s == target).map_or(0, |at| at + 1);
    for status in &road[..end] {
        let (by, after, fields) = next(status, tale.at);
        stage.step(tale, after, &by, status, fields);
    }
}

fn plans(stage: &Stage<'_>) -> Vec<Tale> {
    const PLANS: [(&str, &str, i64, i64, &str, &str); 5] = [
        ("archived", "routine", 200, 110, "north", "上一周期例行回访，覆盖华北在用客户。"),
        ("approved", "routine", 60, -30, "east", "本季度例行回访：在用三年以上的客户上门，其余电话。"),
        ("completed", "seasonal", 120, 70, "northeast", "入冬前回访，重点了解低温起动和密封件情况。"),
        ("submitted", "targeted", 5, -40, "south", "针对近期投诉较多的客户，逐户听取意见。"),
        ("draft", "special", 1, -60, "central", "大客户座谈，时间与客户商定后补充。"),
    ];
    let plan = |(target, kind, from, to, region, note): (&'static str, _, i64, _, _, _)| {
        let (desk, chief) = (stage.desk(), stage.chief());
        let fields = json!({
            "region": region, "rv_kind": kind, "period_from": stage.date(from), "period_to": stage.date(to),
            "note": note,
        });
        let mut tale = stage.tell(keys::return_visit_plan::KIND, &desk, stage.hour(from + 6, 10), fields);
        let road = ["submitted", "approved", "completed", "archived"];
        along(stage, &mut tale, &road, target, |status, _| match status {
            "submitted" => (desk.clone(), 3 * HOUR, json!({})),
            "completed" => (desk.clone(), (from - to) * DAY, json!({})),
            _ => (chief.clone(), DAY, json!({})),
        });
        tale
    };
    PLANS.into_iter().map(plan).collect()
}

/// What was heard on return-visits: contents, record, suggestion, need.
const HEARD: [(&str, &str, &str); 5] = [
    (
        "设备运行平稳，近三个月无停机；操作人员换了两人，希望再培训一次。",
        "随机说明书字体偏小，建议附二维码视频。",
        "下半年计划新增两台，请提前报价。",
    ),
    ("总体满意。密封件更换周期比说明书短，已现场查看安装方式并纠正。", "建议易损件成套供应。", ""),
    ("配件到货比约定晚两天，影响一次检修；其余服务及时。", "希望在华东设备件库。", "需要一份年度保养计划。"),
    ("使用正常，售后电话接听及时，工程师讲解清楚。", "", "想了解升级改造方案。"),
    ("外壳涂层有轻微起泡，客户要求纳入下次巡检复查。", "建议改进喷涂前处理。", ""),
];

fn planned_visits(stage: &Stage<'_>, plan: Uuid) -> Vec<Tale> {
    const TARGETS: [&str; 13] = [
        "archived",
        "reviewed",
        "reviewed",
        "reported",
        "recorded",
        "recorded",
        "visited",
        "refused_retry",
        "prepared",
        "booked",
        "approved",
        "planned",
        "cancelled",
    ];
    let mut tales = Vec::with_capacity(TARGETS.len());
    for (at, target) in TARGETS.into_iter().enumerate() {
        let seq = i64::try_from(at).unwrap_or(0) + 1;
        let holder = stage.customer(at * 3);
        let (desk, chief) = (stage.desk(), stage.chief());
        let lead = stage.engineer(at * 3);
        let (name, phone) = holder.contacts[0].clone();
        let product = holder.products.first().map(|p| &stage.world.products[*p]);
        // The finished ones lie back, the others ahead.
        let back = if at < 7 { 40 - 5 * seq } else { 4 - seq };
        let planned = stage.hour(back, 10);
        let on_site = at % 2 == 0;
        let mut tale = stage.tell(
            keys::return_visit::KIND,
            &desk,
            stage.hour(52 - seq, 9),
            json!({
                "plan": plan, "plan_seq": seq, "trigger": if at % 5 == 4 { "key_account" } else { "planned" },
                "topic": "季度例行回访", "purpose": ["product_use", "service_quality", "needs"],
                "planned_at": stamp(planned), "customer": holder.id, "product": product.map(|p| p.id),
                "method": if on_site { "on_site" } else { "routine_phone" }, "address": holder.address,
                "visitor_unit": "售后服务部", "responsible_employee": lead.user,
            }),
        );
        tale.assign(&desk, lead.user, &[]);
        if target == "cancelled" {
            stage.because(&mut tale, 3 * DAY, &desk, target, "客户全厂停产检修，并入下一季度。");
            tales.push(tale);
            continue;
        }
        let (text, suggestion, need) = HEARD[at % HEARD.len()];
        let goods = product.map_or("设备", |p| FAMILIES[p.family].name);
        let steps = |status: &'static str, at: i64| match status {
            "approved" => (chief.clone(), DAY, json!({})),
            "booked" => {
                let fields = json!({"appointment_at": stamp(planned), "appointment_place": holder.address});
                (lead.clone(), (planned - 3 * DAY - at).max(HOUR), fields)
            }
            "prepared" => {
                let fields = json!({"preparation_done": true, "prep_notes": format!("带{goods}使用记录、历次投诉清单和问卷。")});
                (lead.clone(), (planned - DAY - at).max(HOUR), fields)
            }
            "visited" => {
                let fields = json!({
                    "visited_at": stamp(planned), "interviewee": name, "phone": phone, "convenient": true,
                    "contact_category": "user",
                });
                (lead.clone(), (planned + 2 * HOUR - at).max(MINUTE), fields)
            }
            "recorded" => {
                let mut fields = json!({
                    "customer_type": "old", "contents": ["product_use", "problem_feedback", "service_response"],
                    "record_text": text, "suggestions": suggestion, "needs": need,
                });
                if let (true, Json::Object(more)) = (on_site, &mut fields) {
                    more.insert("customer_confirmation".into(), "declined".into());
                    more.insert(
                        "unsigned_reason".into(),
                        "客户在纸质回访记录上签字，原件随月底资料寄回。".into(),
                    );
                }
                (lead.clone(), 3 * HOUR, fields)
            }
            "reported" => (lead.clone(), DAY, json!({})),
            "reviewed" => {
                let fields =
                    json!({"guidance": "意见转技术部和备件库，两周内答复客户；报价需求转销售跟进。"});
                (chief.clone(), 2 * DAY, fields)
            }
            _ => (chief.clone(), 4 * DAY, json!({"archive_class": "old"})),
        };
        let road: &[&'static str] = if on_site {
            &["approved", "booked", "prepared", "visited", "recorded", "reported", "reviewed", "archived"]
        } else {
            &["approved", "visited", "recorded", "reported", "reviewed", "archived"]
        };
        match target {
            "refused_retry" => {
                along(stage, &mut tale, &["approved"], "approved", steps);
                let tried = stage.now - 5 * HOUR;
                let wait = tried - tale.at;
                stage.wait(&mut tale, wait);
                let attempt = json!({"tried_at": stamp(tale.at), "result": "refused", "note": "正在开班前会，请改天再打。"});
                tale.add(stage.dice, &lead, keys::return_visit::ATTEMPTS, attempt);
                let again = json!({"refusal_reason": "客户忙，约定改日再联系。", "callback_at": stamp(stage.hour(-2, 15))});
                stage.step(&mut tale, MINUTE, &lead, target, again);
            }
            "prepared" | "booked" => {
                along(stage, &mut tale, &["approved", "booked", "prepared"], target, steps);
            }
            _ => along(stage, &mut tale, road, target, steps),
        }
        if ["recorded", "reported"].contains(&target) {
            let issue = json!({"issue": suggestion, "owner": "售后服务部", "due": stage.date(-14), "status": "in_progress"});
            if !suggestion.is_empty() {
                tale.add(stage.dice, &lead, keys::return_visit::OPEN_ISSUES, issue);
            }
        }
        tales.push(tale);
    }
    tales
}

/// Calls after a complaint was settled, most of them with a questionnaire.
fn callbacks(stage: &Stage<'_>) -> Vec<Tale> {
    const TARGETS: [&str; 6] = ["recorded", "reviewed", "refused_retry", "recorded", "archived", "planned"];
    let mut tales = Vec::new();
    for (at, (case, target)) in stage.settled(16).step_by(3).zip(TARGETS).enumerate() {
        let (desk, chief) = (stage.desk(), stage.chief());
        let holder = stage.customer(case.customer);
        let (name, phone) = holder.contacts[0].clone();
        let rating = ["satisfied", "very_satisfied", "", "acceptable", "satisfied", ""][at];
        let mut tale = stage.tell(
            keys::return_visit::KIND,
            &desk,
            case.assigned_at + 11 * DAY,
            json!({
                "trigger": "after_complaint", "complaint": case.id, "customer": holder.id, "topic": "投诉处理回访",
                "purpose": ["problem", "service_quality"], "planned_at": stamp(case.assigned_at + 12 * DAY),
                "method": "first_phone", "product": stage.world.products[case.product].id,
            }),
        );
        tale.assign(&desk, desk.user, &[]);
        if target == "refused_retry" {
            stage.wait(&mut tale, DAY);
            let attempt = json!({"tried_at": stamp(tale.at), "result": "rescheduled", "note": "客户在外地，约下周再打。"});
            tale.add(stage.dice, &desk, keys::return_visit::ATTEMPTS, attempt);
            let again =
                json!({"refusal_reason": "客户出差，不便通话。", "callback_at": stamp(stage.hour(-1, 10))});
            stage.step(&mut tale, MINUTE, &desk, target, again);
            tales.push(tale);
            continue;
        }
        let sheet = (target != "planned").then(|| {
            let answers = [("overall", rating), ("suggestions", "希望同类问题举一反三，提前检查。")];
            let called = case.assigned_at + 12 * DAY;
            let fields = json!({
                "template": "callback", "template_version": 1, "source_type": "callback", "complaint": case.id,
                "return_visit": id(&tale), "customer": holder.id, "respondent_name": name,
                "returned_at": stamp(called), "return_channel": "phone", "capture_mode": "by_phone_call",
            });
            answered(stage, &desk, called + MINUTE, fields, &answers, if at == 0 { "given" } else { "reviewed" })
        });
        let survey = sheet.as_ref().map(id);
        let road = ["visited", "recorded", "reviewed", "archived"];
        along(stage, &mut tale, &road, target, |status, at| match status {
            "visited" => {
                let fields = json!({"visited_at": stamp(at + DAY), "interviewee": name, "phone": phone, "convenient": true});
                (desk.clone(), DAY + 5 * MINUTE, fields)
            }
            "recorded" => {
                let text = "问题已解决，客户对处理结果认可，希望以后先给预计时间。";
                let fields = json!({"satisfaction_rating": rating, "record_text": text, "survey": survey});
                (desk.clone(), 20 * MINUTE, fields)
            }
            "reviewed" => (chief.clone(), DAY, json!({"guidance": "无新问题，归档。"})),
            _ => (chief.clone(), 2 * DAY, json!({"archive_class": "old"})),
        });
        tales.push(tale);
        tales.extend(sheet);
    }
    tales
}

/// A sheet with its answers; `target` is where it has got to.
fn answered(
    stage: &Stage<'_>,
    by: &Principal,
    at: i64,
    fields: Json,
    answers: &[(&str, &str)],
    target: &str,
) -> Tale {
    let mut tale = stage.tell(keys::survey::KIND, by, at, fields);
    for (item, said) in answers {
        let how = if *item == "suggestions" { "text" } else { "option" };
        if !said.is_empty() {
            tale.add(stage.dice, by, keys::survey::ANSWERS, json!({"item": item, how: said}));
        }
    }
    match target {
        "draft" => return tale,
        "voided" => {
            stage.because(&mut tale, HOUR, by, target, "填写人不是使用单位的人，作废重发。");
            return tale;
        }
        _ => stage.step(&mut tale, 5 * MINUTE, by, "given", json!({})),
    }
    if target != "given" {
        stage.step(&mut tale, DAY, &stage.desk(), "reviewed", json!({}));
    }
    if target == "archived" {
        stage.step(&mut tale, 3 * DAY, &stage.chief(), "archived", json!({}));
    }
    tale
}

/// Sheets that were filled in on the engineer's phone before leaving.
fn after_service(stage: &Stage<'_>) -> Vec<Tale> {
    const TARGETS: [&str; 8] =
        ["draft", "given", "given", "given", "reviewed", "reviewed", "archived", "voided"];
    const LEVELS: [&str; 4] = ["very_satisfied", "satisfied", "very_satisfied", "acceptable"];
    let mut tales = Vec::new();
    for (trip, target) in stage.newest(&["done", "reviewed", "archived"]).step_by(4).zip(TARGETS) {
        let Some(done) = trip.when("done") else { continue };
        let level = || stage.dice.word(&LEVELS);
        let mut answers = vec![
            ("timeliness", level()),
            ("attitude", "very_satisfied"),
            ("skill", level()),
            ("repair", level()),
            ("overall", level()),
            ("charging", "no"),
            ("suggestions", stage.dice.word(&["", "师傅手艺好，希望固定他来。", "建议备件随车多带几种。"])),
        ];
        if target == "draft" {
            answers.truncate(3);
        }
        let fields = json!({
            "template": "after_service", "template_version": 1, "source_type": "visit", "visit": trip.id,
            "customer": trip.field(keys::visit::CUSTOMER),
            "respondent_name": trip.field(keys::visit::CONTACT_NAME), "returned_at": stamp(done + 5 * MINUTE),
            "return_channel": "on_site", "capture_mode": "self_on_phone",
        });
        tales.push(answered(stage, &stage.lead(trip), done + 6 * MINUTE, fields, &answers, target));
    }
    tales
}

/// Two rounds: one told to its end, one going on.
fn campaigns(stage: &Stage<'_>) -> Vec<Tale> {
    const ITEMS: [&str; 12] = [
        "quality",
        "reliability",
        "packing",
        "delivery",
        "technical_support",
        "attitude",
        "complaints",
        "communication",
        "price",
        "competitors",
        "overall",
        "continue",
    ];
    const LEVELS: [&str; 5] = ["very_satisfied", "very_satisfied", "satisfied", "satisfied", "average"];
    let mut tales = Vec::new();
    for (name, target, from, to) in [
        ("年度客户满意度调查", "reviewed", 150, 105),
        ("半年度客户满意度调查", "running", 12, -20),
        ("服务站满意度抽样", "planned", -15, -45),
    ] {
        let (desk, chief) = (stage.desk(), stage.chief());
        let asked: Vec<usize> = (0..8).map(|i| (i * 5 + 2) % stage.world.customers.len()).collect();
        let year = &stage.date(from)[..4];
        let mut tale = stage.tell(
            keys::survey_campaign::KIND,
            &desk,
            stage.hour(from.max(-4) + 5, 9),
            json!({
                "name": format!("{year}年{name}"), "template": "annual_likert", "template_version": 1,
                "period_from": stage.date(from), "period_to": stage.date(to), "target": "85",
                "target_measure": "mean_index", "sample_rule": "chosen", "sample_note": "各区域各取在用客户，大客户必取。",
            }),
        );
        for at in &asked {
            let sent = (target != "planned").then(|| stamp(stage.hour(from, 10)));
            let row = json!({"customer": stage.customer(*at).id, "channel": "online", "sent_at": sent});
            tale.add(stage.dice, &desk, keys::survey_campaign::RECIPIENTS, row);
        }
        let campaign = id(&tale);
        let road = ["running", "evaluated", "reported", "reviewed"];
        along(stage, &mut tale, &road, target, |status, at| match status {
            "running" => (desk.clone(), (stage.hour(from, 9) - at).max(HOUR), json!({})),
            "evaluated" => (desk.clone(), (from - to) * DAY, json!({"sent_count": asked.len()})),
            "reported" => {
                let fields = json!({
                    "analysis": "服务态度和投诉处理得分高，价格和交货及时性偏低，意见集中在旺季配件供应。",
                    "conclusion": "达到目标；下一年度重点改进旺季配件供应和交货预告。",
                });
                (desk.clone(), 3 * DAY, fields)
            }
            _ => (chief.clone(), 2 * DAY, json!({})),
        });
        tales.push(tale);
        let back = if target == "running" { 5 } else { asked.len() };
        for (at, customer) in asked.iter().enumerate().take(if target == "planned" { 0 } else { back }) {
            let answers: Vec<(&str, &str)> = ITEMS.iter().map(|i| (*i, stage.dice.word(&LEVELS))).collect();
            let day = (from - 2 - i64::try_from(at).unwrap_or(0)).max(1);
            let returned = stage.hour(day, 14);
            let fields = json!({
                "template": "annual_likert", "template_version": 1, "source_type": "campaign", "campaign": campaign,
                "customer": stage.customer(*customer).id, "sent_at": stamp(stage.hour(from, 10)), "sent_channel": "online",
                "returned_at": stamp(returned), "return_channel": "online", "capture_mode": "online",
                "respondent_name": stage.customer(*customer).contacts[0].0,
            });
            let end = match (target, at) {
                ("running", 4) => "draft",
                ("running", _) => "given",
                _ => "reviewed",
            };
            let answers = if end == "draft" { &answers[..4] } else { &answers[..] };
            tales.push(answered(stage, &desk, returned + MINUTE, fields, answers, end));
        }
    }
    tales
}

/// 绩效考核表 of the engineers for the month before.
fn appraisals(stage: &Stage<'_>) -> Vec<Tale> {
    const ITEMS: [(&str, i64, &str); 5] = [
        ("投诉按时办结", 30, "按系统办结时间统计"),
        ("一次修复率", 25, "两周内同一故障不再报修"),
        ("服务报告完整", 20, "主管抽查十份"),
        ("客户满意度", 15, "回访与现场问卷"),
        ("安全与工具管理", 10, "班组检查记录"),
    ];
    const TARGETS: [&str; 6] =
        ["confirmed", "confirmed", "leader_review", "supervisor_review", "supervisor_review", "self_review"];
    let mut tales = Vec::new();
    for (engineer, target) in stage.engineers().iter().zip(TARGETS) {
        let (desk, chief) = (stage.desk(), stage.chief());
        let month = stage.date(35)[..7].to_owned();
        let mut tale = stage.tell(
            keys::kpi_sheet::KIND,
            &chief,
            stage.hour(6, 9),
            json!({
                "person": engineer.user, "post": "现场服务工程师", "dept": "售后服务部",
                "period": month.replace('-', "年") + "月", "period_from": format!("{month}-01"),
                "period_to": format!("{month}-28"),
            }),
        );
        tale.assign(&chief, engineer.user, &[]);
        let mut ids = Vec::new();
        for (item, weight, basis) in ITEMS {
            let fields =
                json!({"item": item, "item_kind": "scored", "weight": weight.to_string(), "basis": basis});
            ids.push((tale.add(stage.dice, &chief, keys::kpi_sheet::ITEMS, fields), weight));
        }
        let road = ["supervisor_review", "leader_review", "confirmed"];
        let scores = [
            ("supervisor_review", "self_score", engineer),
            ("leader_review", "supervisor_score", &desk),
            ("confirmed", "leader_score", &chief),
        ];
        let end = road.iter().position(|s| *s == target).map_or(0, |at| at + 1);
        for (status, field, by) in &scores[..end] {
            stage.wait(&mut tale, 20 * HOUR);
            for (entry, weight) in &ids {
                let score = weight - stage.dice.between(0, 4);
                tale.update(by, keys::kpi_sheet::ITEMS, *entry, json!({*field: score.to_string()}));
            }
            stage.step(&mut tale, 10 * MINUTE, by, status, json!({}));
        }
        tales.push(tale);
    }
    tales
}
