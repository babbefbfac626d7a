//! A year of complaints, in every status.

use domain::authz::Principal;
use domain::keys;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::dice::Dice;
use super::goods::{Defect, FAMILIES, GRIEVANCES, Grievance};
use super::names::{CHIEF, ENGINEERS, QUALITY, SERVICE_DESK};
use super::tale::Tale;
use super::world::{World, day_before};
use crate::host::{DAY, HOUR, MINUTE};

/// How many complaints.
pub(super) const COMPLAINTS: usize = 330;

/// What a visit needs to know of the complaint that caused it.
pub(super) struct Case {
    pub(super) id: Uuid,
    pub(super) customer: usize,
    pub(super) product: usize,
    pub(super) defect: &'static Defect,
    /// When work was given to the engineer.
    pub(super) assigned_at: i64,
    /// Place of the engineer among the people.
    pub(super) lead: usize,
    /// Whether the work is done.
    pub(super) settled: bool,
}

/// What a complaint is about.
enum Matter {
    Defect(&'static Defect, usize),
    Service(&'static Grievance),
}

/// The main road from registration to the archive.
const ROAD: [&str; 11] = [
    "registered",
    "assessing",
    "accepted",
    "assigned",
    "analysing",
    "plan_review",
    "executing",
    "replied",
    "callback",
    "closed",
    "archived",
];

/// Every complaint, oldest first, and the cases that engineers drive out for.
pub(super) fn make(dice: &Dice, world: &World, now: i64) -> (Vec<Tale>, Vec<Case>) {
    let mut tales = Vec::with_capacity(COMPLAINTS);
    let mut cases = Vec::new();
    for at in 0..COMPLAINTS {
        // Spread over the year up to this morning.
        let back = i64::try_from((COMPLAINTS - at) * 363 / COMPLAINTS).unwrap_or(1) * DAY;
        let received = working_hour(dice, now - back.max(DAY / 2)).min(now - 30 * MINUTE);
        let target = target(dice, at, (now - received) / DAY);
        let (tale, case) = complaint(dice, world, received, target, now);
        tales.push(tale);
        cases.extend(case);
    }
    (tales, cases)
}

/// A moment of that day between eight and six in Shanghai.
pub(super) fn working_hour(dice: &Dice, at: i64) -> i64 {
    let midnight = (at + 8 * HOUR).div_euclid(DAY) * DAY - 8 * HOUR;
    midnight + dice.between(8 * 60, 18 * 60) * MINUTE
}

/// Where a complaint of this age has got to. Each status occurs, whatever the dice say.
fn target(dice: &Dice, at: usize, age_days: i64) -> &'static str {
    const RECENT: [&str; 16] = [
        "draft",
        "registered",
        "assessing",
        "info_wanted",
        "accepted",
        "assigned",
        "analysing",
        "plan_review",
        "executing",
        "replied",
        "callback",
        "reopened",
        "leader_decision",
        "analysing",
        "executing",
        "registered",
    ];
    if age_days <= 75 && !at.is_multiple_of(5) {
        return RECENT[at % RECENT.len()];
    }
    match dice.between(1, 100) {
        1..=4 => "rejected",
        5..=8 => "cancelled",
        9..=11 => "rejected_closed",
        12..=36 if age_days > 90 => "archived",
        _ => "closed",
    }
}

fn complaint(
    dice: &Dice,
    world: &World,
    received: i64,
    target: &'static str,
    now: i64,
) -> (Tale, Option<Case>) {
    let product = dice.index(world.products.len());
    let matter = if dice.chance(16) {
        Matter::Service(dice.pick(GRIEVANCES))
    } else {
        let defect = dice.pick(FAMILIES[world.products[product].family].defects);
        Matter::Defect(defect, product)
    };
    let customer = world.products[product].customer;
    let lead = ENGINEERS + (customer % (world.people.len() - ENGINEERS));
    // One in five is heard by an engineer on site.
    let on_site = dice.chance(20);
    let writer = if on_site { lead } else { SERVICE_DESK };
    let fields = intake(dice, world, &matter, customer, received, on_site);
    let by = world.people[writer].clone();
    let informs = fields[keys::complaint::RECORD_KIND] == "suggestion";
    let mut tale = Tale::create(dice, keys::complaint::KIND, &by, received + 12 * MINUTE, fields);
    if let Matter::Defect(defect, _) = &matter
        && !defect.measured[0].is_empty()
        && dice.chance(60)
    {
        let [item, spec, min, max, unit, got] = defect.measured;
        let or_null = |t: &str| if t.is_empty() { Json::Null } else { Json::from(t) };
        let fields = json!({
            "item": item, "spec_text": spec, "spec_min": or_null(min), "spec_max": or_null(max), "unit": unit,
            "measured_min": got, "measured_max": got, "result": "ng",
        });
        tale.add(dice, &by, keys::complaint::MEASUREMENTS, fields);
    }
    let region = world.customers[customer].region;
    let mut walk = Walk { dice, world, tale, matter: &matter, informs, lead, region, now, assigned_at: None };
    walk.to(target, writer);
    let Walk { tale, assigned_at, .. } = walk;
    let case = match (&matter, assigned_at) {
        (Matter::Defect(defect, product), Some(assigned_at)) => Some(Case {
            id: tale.id.0,
            customer,
            product: *product,
            defect,
            assigned_at,
            lead,
            settled: ["replied", "callback", "closed", "archived", "reopened", "leader_decision"]
                .contains(&target),
        }),
        _ => None,
    };
    (tale, case)
}

fn intake(
    dice: &Dice,
    world: &World,
    matter: &Matter,
    customer: usize,
    received: i64,
    on_site: bool,
) -> Json {
    let holder = &world.customers[customer];
    let (name, phone) = dice.pick(&holder.contacts).clone();
    const CHANNELS: [&str; 10] = [
        "phone",
        "phone",
        "phone",
        "social_media",
        "social_media",
        "email",
        "letter",
        "fax",
        "web",
        "hotline_12315",
    ];
    let channel = if on_site { "site_visit" } else { dice.word(&CHANNELS) };
    let at = |ms: i64| domain::time::Timestamp(ms).to_rfc3339();
    let quantity = dice.between(2, 40);
    let (says, kind) = match matter {
        Matter::Defect(defect, _) => {
            (dice.word(defect.says), dice.word(&["complaint", "complaint", "complaint", "fault_report"]))
        }
        Matter::Service(grievance) => {
            (dice.word(grievance.says), dice.word(&["complaint", "complaint", "grievance", "suggestion"]))
        }
    };
    let content = in_their_words(dice, world, matter, &says.replace("{n}", &quantity.to_string()));
    let mut fields = json!({
        "record_kind": kind, "origin_type": "routine", "channel": channel, "received_at": at(received),
        "complained_at": at(received - dice.between(5, 600) * MINUTE), "customer": holder.id,
        "reporter_name": name, "reporter_contact": phone, "content": content,
    });
    let Json::Object(more) = &mut fields else { return fields };
    if !on_site {
        // Regions are the office's to say; it does so when it looks into what engineers wrote down.
        more.insert("region".into(), json!(holder.region));
    }
    if let Matter::Defect(_, product) = matter {
        let item = &world.products[*product];
        let goods = &FAMILIES[item.family];
        more.insert("product".into(), json!(item.id));
        more.insert("part_no".into(), json!(goods.name));
        more.insert("model".into(), json!(item.model));
        more.insert("batch_no".into(), json!(item.batch));
        more.insert("quantity_involved".into(), json!((quantity * dice.between(1, 6)).to_string()));
        more.insert("quantity_defective".into(), json!(quantity.to_string()));
        if dice.chance(35) {
            more.insert(
                "demand_types".into(),
                json!([dice.word(&["exchange", "replenish", "compensation", "return"])]),
            );
        }
        if dice.chance(10) {
            more.insert("is_urgent".into(), json!(true));
        }
    }
    fields
}

/// What is wrong, as this customer puts it.
fn in_their_words(dice: &Dice, world: &World, matter: &Matter, says: &str) -> String {
    const ENDS: [&str; 12] = [
        "",
        "请尽快派人来看。",
        "现在停在现场等处理。",
        "已经影响这周的计划。",
        "希望三天内给个答复。",
        "照片已发给业务员。",
        "不良件先放在仓库没动。",
        "领导在追问原因。",
        "上个月刚说过同样的事。",
        "请先发备件过来。",
        "值班班长在现场等电话。",
        "麻烦说明是不是整批都这样。",
    ];
    let opening = match matter {
        Matter::Defect(_, product) => {
            let item = &world.products[*product];
            let goods = &FAMILIES[item.family];
            match dice.between(1, 6) {
                1 => format!("{}这台：", item.model),
                2 => format!("批次{}到货后发现，", item.batch),
                3 if goods.vehicle => format!("运行{}小时左右，", dice.between(2, 60) * 50),
                3 | 4 => format!("{} {}，", goods.name, item.model),
                5 => "昨天夜班反映，".to_owned(),
                _ => String::new(),
            }
        }
        Matter::Service(_) => {
            (dice.word(&["", "本月第二次了，", "上周的事，", "客户来电反映：", "今天上午，"])).to_owned()
        }
    };
    format!("{opening}{says}{}", dice.pick(&ENDS))
}

/// Three good deliveries in a row, which close the matter of a defect.
fn good_lots(dice: &Dice, tale: &mut Tale, quality: &Principal) {
    for seq in 1..=3 {
        let fields = json!({
            "seq": seq, "lot_no": format!("L{}-{seq}", dice.between(10_000, 99_999)),
            "delivered_on": day_before(tale.at, 4 * (4 - seq)), "qty": (dice.between(2, 40) * 50).to_string(),
            "result": "ok",
        });
        tale.add(dice, quality, keys::handling::LOT_CHECKS, fields);
    }
}

/// A complaint on its way.
struct Walk<'a> {
    dice: &'a Dice,
    world: &'a World,
    tale: Tale,
    matter: &'a Matter,
    /// Whether it is no complaint: information, a suggestion or an enquiry.
    informs: bool,
    lead: usize,
    region: &'static str,
    now: i64,
    assigned_at: Option<i64>,
}

impl Walk<'_> {
    fn to(&mut self, target: &'static str, writer: usize) {
        let road: Vec<&str> = match target {
            "draft" => return,
            "info_wanted" => vec!["registered", "assessing", "info_wanted"],
            "rejected" => vec!["registered", "assessing", "rejected"],
            "rejected_closed" => vec!["registered", "assessing", "rejected", "closed"],
            "cancelled" => vec!["registered", "cancelled"],
            // What is no complaint is answered and closed.
            _ if self.informs && target != "registered" && target != "assessing" => {
                vec!["registered", "assessing", "closed"]
            }
            "reopened" => ROAD[..9].iter().copied().chain([target]).collect(),
            // Only who was dissatisfied twice comes before the leader.
            "leader_decision" => {
                let again = ["reopened", "executing", "replied", "callback", target];
                ROAD[..9].iter().copied().chain(again).collect()
            }
            _ => {
                let end = ROAD.iter().position(|s| *s == target).map_or(1, |i| i + 1);
                ROAD[..end].to_vec()
            }
        };
        let first = self.world.people[writer].clone();
        for (at, status) in road.iter().enumerate() {
            // Days between steps, but never past the present: half an hour is left for each to come.
            let left = i64::try_from(road.len() - at).unwrap_or(1);
            let room = ((self.now - self.tale.at) / (left + 1)).max(MINUTE);
            let usual = if at == 0 { 20 * MINUTE } else { self.dice.between(3, 60) * HOUR };
            self.tale.at += usual.min(room);
            self.step(status, &first);
        }
    }

    fn codes(&self) -> ([&'static str; 3], &'static str, &'static str, bool) {
        match self.matter {
            Matter::Defect(d, _) => (d.blame, d.codes[0], d.codes[1], true),
            Matter::Service(g) => (g.blame, g.codes[0], g.codes[1], false),
        }
    }

    fn step(&mut self, status: &str, writer: &Principal) {
        let desk = self.world.people[SERVICE_DESK].clone();
        let quality = self.world.people[QUALITY].clone();
        let chief = self.world.people[CHIEF].clone();
        let lead = self.world.people[self.lead].clone();
        let ([cause_kind, party, dept], category, subcategory, is_quality) = self.codes();
        let (containment, cause, plan, method) = match self.matter {
            Matter::Defect(d, _) => (d.containment, self.dice.word(d.cause), d.plan, d.method),
            Matter::Service(g) => (g.containment, g.cause, g.plan, g.method),
        };
        let now = domain::time::Timestamp(self.tale.at).to_rfc3339();
        let dice = self.dice;
        let tale = &mut self.tale;
        match status {
            "registered" => tale.event(dice, writer, status, None, json!({})),
            "assessing" => {
                let fields =
                    json!({"qa_owner": quality.user, "region": self.region, "received_by": desk.user});
                tale.event(dice, &desk, status, None, fields);
            }
            "info_wanted" => {
                tale.set(&quality, json!({"info_complete": false, "info_requested_at": now}));
                tale.event(dice, &quality, status, None, json!({}));
                let text = "已请客户补充批次照片和使用工况，对方答应两天内提供。";
                tale.add(
                    dice,
                    &desk,
                    keys::complaint::FOLLOW_UPS,
                    json!({"followed_at": now, "content": text}),
                );
            }
            "rejected" => {
                let reason = "经现场复核，产品符合双方确认的标准，属使用中正常磨损；已向客户耐心解释。";
                let fields = json!({"validity": "invalid", "validity_reason": reason, "validity_by": quality.user, "validity_at": now});
                tale.event(dice, &quality, status, None, fields);
                let text = "已电话向客户说明判定依据，并发送检测照片。";
                let fields = json!({"followed_at": now, "content": text});
                tale.add(dice, &desk, keys::complaint::FOLLOW_UPS, fields);
            }
            "cancelled" => tale.event(dice, &chief, status, Some("与另一条登记重复，合并处理。"), json!({})),
            "accepted" => {
                let severity = self.severity();
                let dice = self.dice;
                let tale = &mut self.tale;
                let mut fields = json!({
                    "validity": "valid", "validity_by": quality.user, "validity_at": now, "severity": severity,
                    "category": category, "subcategory": subcategory, "is_quality_related": is_quality,
                    "recurrence": if dice.chance(18) { "recurring" } else { "first" },
                    "containment_action": containment, "containment_at": now,
                });
                if let (Matter::Defect(d, _), Json::Object(more)) = (self.matter, &mut fields) {
                    more.insert("defect_code".into(), d.codes[2].into());
                    let class = match severity {
                        "general" => "minor",
                        "serious" => "major",
                        _ => "critical",
                    };
                    more.insert("defect_class".into(), class.into());
                }
                tale.event(dice, &quality, status, None, fields);
            }
            "assigned" => {
                let due = domain::time::Timestamp(tale.at + dice.between(3, 12) * DAY).to_rfc3339();
                let fields = json!({
                    "responsible_dept": dept, "responsible_person": chief.user, "fault_party": party,
                    "due_at": due, "due_told_customer_at": now, "served_at": now,
                });
                let helpers: Vec<_> = if dice.chance(20) {
                    let other =
                        ENGINEERS + (self.lead + 1 - ENGINEERS) % (self.world.people.len() - ENGINEERS);
                    vec![self.world.people[other].user]
                } else {
                    Vec::new()
                };
                tale.assign(&desk, lead.user, &helpers);
                tale.event(dice, &desk, status, None, fields);
                self.assigned_at = Some(tale.at);
            }
            "analysing" => {
                tale.event(dice, &lead, status, None, json!({}));
                let says = dice.word(&[
                    "已电话联系客户，约好到场时间。",
                    "到现场看过，拍照取证，不良件贴红标隔离。",
                    "客户同意先用备件，等分析结果。",
                ]);
                tale.add(
                    dice,
                    &lead,
                    keys::complaint::FOLLOW_UPS,
                    json!({"followed_at": now, "content": says}),
                );
            }
            "plan_review" => {
                let fields = json!({
                    "cause": cause, "cause_category": cause_kind, "handling_plan": plan, "handling_method": [method],
                });
                tale.event(dice, &quality, status, None, fields);
            }
            "executing" => {
                let approval = json!({
                    "role": "dept_head", "user": chief.user, "decision": "approved", "decided_at": now,
                    "opinion": dice.word(&["同意，按期完成。", "同意，注意同批次排查。", "同意，完成后回访客户。"]),
                });
                tale.add(dice, &chief, keys::handling::APPROVALS, approval);
                tale.event(dice, &chief, status, None, json!({}));
            }
            "replied" => {
                let text = "贵司反映的问题已查明原因并完成整改，感谢监督；如有疑问请随时联系。";
                let fields = json!({
                    "handling_result": format!("已按方案完成：{plan}"), "handler": lead.user, "handled_at": now,
                    "replied_at": now, "replied_by": desk.user, "reply_text": text,
                    "operations": plan, "minutes_spent": dice.between(2, 40) * 15,
                });
                tale.event(dice, &desk, status, None, fields);
                tale.add(
                    dice,
                    &desk,
                    keys::complaint::FOLLOW_UPS,
                    json!({"followed_at": now, "content": "已把处理结果发给客户，对方签收。"}),
                );
            }
            "callback" => {
                tale.event(dice, &desk, status, None, json!({"callback_at": now, "callback_by": desk.user}))
            }
            "reopened" => {
                tale.set(&desk, json!({"satisfaction_rating": "dissatisfied", "feedback_suggestion": "问题又出现了一次，要求派有经验的人来。"}));
                tale.event(dice, &desk, status, Some("回访不满意，客户反映问题再次出现。"), json!({}));
            }
            "leader_decision" => {
                tale.set(&desk, json!({"satisfaction_rating": "very_dissatisfied"}));
                tale.event(dice, &desk, status, None, json!({}));
                let fields = json!({"leader_instruction": "由售后主管带队上门，当面道歉并现场确认整改效果。", "instructed_by": chief.user, "instructed_at": now});
                tale.set(&chief, fields);
            }
            "closed" if self.informs => {
                let fields =
                    json!({ "handling_result": "已向客户致谢，建议转产品部门研究，并告知答复时间。" });
                tale.event(dice, &desk, status, None, fields);
            }
            "closed" if self.assigned_at.is_none() => {
                let fields = json!({
                    "handling_result": "不成立，已向客户说明判定依据。", "completed_on": day_before(tale.at, 0),
                    "result_summary": "不成立，已向客户说明并取得谅解。",
                });
                tale.event(dice, &desk, status, None, fields);
            }
            "closed" => {
                if is_quality {
                    good_lots(dice, tale, &quality);
                }
                let rating = dice.word(&["very_satisfied", "satisfied", "satisfied", "acceptable"]);
                let fields = json!({
                    "satisfaction_rating": rating, "completed_on": day_before(tale.at, 0),
                    "result_summary": format!("原因：{cause}措施：{plan}客户确认。"),
                });
                tale.event(dice, &desk, status, None, fields);
            }
            _ => {
                let year = day_before(tale.at, 0)[..4].to_owned();
                tale.event(
                    dice,
                    &chief,
                    "archived",
                    None,
                    json!({"archive_folder": format!("{year}年客诉档案-{:02}", dice.between(1, 24))}),
                );
            }
        }
    }

    fn severity(&mut self) -> &'static str {
        let throw = self.dice.between(1, 100);
        match self.matter {
            Matter::Defect(d, _) if throw <= d.severity[0] => "general",
            Matter::Defect(d, _) if throw <= d.severity[0] + d.severity[1] => "serious",
            Matter::Defect(..) => "major",
            Matter::Service(g) if throw <= g.serious => "serious",
            Matter::Service(_) => "general",
        }
    }
}
