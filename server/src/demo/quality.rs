//! What a quality department keeps beside complaints: corrective actions, returns, claims of
//! stations, cases, an incident, monthly satisfaction.

use std::collections::HashSet;

use domain::authz::Principal;
use domain::keys;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::complaints::{Case, working_hour};
use super::dice::Dice;
use super::goods::{Defect, FAMILIES};
use super::names::{CHIEF, QUALITY, SERVICE_DESK};
use super::tale::Tale;
use super::world::{World, day_before};
use crate::host::{DAY, HOUR, MINUTE};

const RETURNS: usize = 24;
const CASES: usize = 14;
const CLAIMS: usize = 8;
/// Customers that are told apart month by month, and for how many months.
const MONTHLY: (usize, i64) = (6, 6);

/// Who does what.
struct Desk<'a> {
    dice: &'a Dice,
    world: &'a World,
    desk: Principal,
    quality: Principal,
    chief: Principal,
    now: i64,
}

/// All of it, told after everything else so that other stories do not depend on it. Complaints in `begun` have
/// a corrective action.
pub(super) fn make(dice: &Dice, world: &World, cases: &[Case], begun: &HashSet<Uuid>, now: i64) -> Vec<Tale> {
    let [desk, quality, chief] = [SERVICE_DESK, QUALITY, CHIEF].map(|at| world.people[at].clone());
    let desk = Desk { dice, world, desk, quality, chief, now };
    let open = cases.iter().filter(|c| !c.settled && !begun.contains(&c.id));
    let mut tales: Vec<Tale> = open.map(|case| desk.action(case)).collect();
    tales.extend((0..RETURNS).map(|at| desk.goods_return(at)));
    tales.extend((0..CLAIMS).map(|at| desk.claim(at)));
    tales.extend((0..CASES).map(|at| desk.case(at)));
    tales.push(desk.incident());
    for customer in 0..MONTHLY.0 {
        tales.extend((1..=MONTHLY.1).map(|back| desk.month(customer, back)));
    }
    tales
}

fn stamp(ms: i64) -> String {
    domain::time::Timestamp(ms).to_rfc3339()
}

impl Desk<'_> {
    /// The next step so much later, but not after the story's last moment.
    fn later(&self, tale: &mut Tale, by: i64) {
        tale.at = (tale.at + by).min(self.now - 10 * MINUTE).max(tale.at);
    }

    fn step(&self, tale: &mut Tale, by: &Principal, to: &str, fields: Json) {
        tale.event(self.dice, by, to, None, fields);
    }

    /// A day within the year, and a product with one of its defects.
    fn occasion(&self, oldest: i64, newest: i64) -> (i64, usize, &'static Defect) {
        let at = working_hour(self.dice, self.now - self.dice.between(newest, oldest) * DAY);
        let product = self.dice.index(self.world.products.len());
        (at, product, self.dice.pick(FAMILIES[self.world.products[product].family].defects))
    }

    /// An 8D or a record for a complaint that is being worked on, as far as it has got.
    fn action(&self, case: &Case) -> Tale {
        let dice = self.dice;
        let defect = case.defect;
        let received = (case.assigned_at + HOUR).min(self.now - 20 * MINUTE);
        let fields = json!({
            "ca_type": dice.word(&["8d", "record", "car"]), "complaint": case.id, "received_at": stamp(received),
            "due_at": stamp(received + 3 * DAY), "responsible_dept": defect.blame[2], "owner": self.quality.user,
            "problem": dice.word(defect.says).replace("{n}", "若干"),
        });
        let mut tale = Tale::create(dice, keys::corrective_action::KIND, &self.desk, received, fields);
        let far = dice.between(0, 4);
        if far == 0 {
            return tale;
        }
        let member = json!({"member": self.quality.user, "role": "leader", "dept": "质量部"});
        tale.add(dice, &self.quality, keys::corrective_action::TEAM, member);
        self.later(&mut tale, 20 * HOUR);
        let answer = json!({
            "containment": defect.containment, "containment_at": stamp(tale.at), "root_cause": dice.word(defect.cause),
            "cause_category": defect.blame[0], "corrective": defect.plan,
            "preventive": "修订作业指导书，首件确认，纳入班前点检。",
        });
        self.step(&mut tale, &self.quality, "answered", answer);
        if far == 1 {
            return tale;
        }
        self.later(&mut tale, 26 * HOUR);
        let review = json!({
            "dept_head_signed": self.chief.user, "dept_head_signed_at": stamp(tale.at),
            "leader_opinion": dice.word(&["同意，按期实施。", "同意，三批验证后再结案。"]),
        });
        self.step(&mut tale, &self.chief, "leader_reviewed", review);
        self.later(&mut tale, 5 * HOUR);
        self.step(&mut tale, &self.quality, "implementing", json!({}));
        if far == 2 {
            return tale;
        }
        self.later(&mut tale, 3 * DAY);
        let done = json!({"implemented_on": day_before(tale.at, 0), "implemented_by": self.quality.user});
        self.step(&mut tale, &self.quality, "verifying", done);
        let lots = if far == 4 { 3 } else { dice.between(1, 2) };
        for seq in 1..=lots {
            self.later(&mut tale, 2 * DAY);
            let lot = json!({
                "seq": seq, "lot_no": format!("L{}-{seq}", dice.between(10_000, 99_999)),
                "delivered_on": day_before(tale.at, 0), "qty": (dice.between(2, 40) * 50).to_string(), "result": "ok",
            });
            tale.add(dice, &self.quality, keys::corrective_action::LOT_CHECKS, lot);
        }
        if far == 4 {
            self.step(&mut tale, &self.quality, "effective", json!({}));
        }
        tale
    }

    fn goods_return(&self, at: usize) -> Tale {
        let dice = self.dice;
        let (asked, product, defect) = self.occasion(300, 25);
        let item = &self.world.products[product];
        let quantity = dice.between(2, 60);
        let batch = dice.chance(30);
        let mut fields = json!({
            "customer": self.world.customers[item.customer].id, "product": item.id, "model": item.model,
            "batch_no": item.batch, "quantity": quantity.to_string(), "is_batch_return": batch,
            "reason": dice.word(defect.says).replace("{n}", &quantity.to_string()),
        });
        if let (true, Json::Object(more)) = (batch, &mut fields) {
            more.insert("onsite_sorting_allowed".into(), json!("no"));
        }
        let mut tale = Tale::create(dice, keys::goods_return::KIND, &self.desk, asked, fields);
        let road = ["agreed", "in_transit", "received", "inspected", "reviewed", "approved", "executing"];
        let end = if at.is_multiple_of(3) { at % road.len() } else { road.len() };
        let bad = dice.between(1, quantity);
        for status in road.into_iter().take(end) {
            self.later(&mut tale, dice.between(10, 40) * HOUR);
            let now = stamp(tale.at);
            let (by, fields) = match status {
                "received" => {
                    (&self.desk, json!({"received_at": now, "quantity_received": quantity.to_string()}))
                }
                "inspected" => {
                    let line = json!({"item": "外观与功能", "qty_ok": (quantity - bad).to_string(),
                        "qty_ng": bad.to_string(), "result": "ng", "defect_code": defect.codes[2]});
                    tale.add(dice, &self.quality, keys::goods_return::INSPECTION_LINES, line);
                    let fields = json!({
                        "inspection_standard": "出厂检验标准", "inspector": self.quality.user,
                        "inspected_on": day_before(tale.at, 0), "qty_ok": (quantity - bad).to_string(),
                        "qty_ng": bad.to_string(),
                    });
                    (&self.quality, fields)
                }
                "reviewed" => (&self.quality, json!({"quality_opinion": "确认属制造原因，同意退货。"})),
                "approved" => {
                    (&self.chief, json!({"disposition": dice.word(&["rework", "rework", "scrap"])}))
                }
                "executing" => (&self.desk, json!({"warehouse_copy_at": now})),
                _ => (&self.desk, json!({})),
            };
            self.step(&mut tale, by, status, fields);
        }
        if end == road.len() {
            self.later(&mut tale, 50 * HOUR);
            let done = json!({
                "executed_by": self.quality.user, "executed_at": stamp(tale.at), "qty_reworked": bad.to_string(),
                "recheck_result": "ok",
            });
            self.step(&mut tale, &self.quality, "rechecked", done);
            self.later(&mut tale, 4 * HOUR);
            let stocked = json!({"stocked_at": stamp(tale.at)});
            self.step(&mut tale, &self.desk, "stocked", stocked);
            self.later(&mut tale, 20 * HOUR);
            self.step(&mut tale, &self.chief, "closed", json!({}));
        }
        tale
    }

    fn claim(&self, at: usize) -> Tale {
        let dice = self.dice;
        let (made, product, defect) = self.occasion(240, 40);
        let item = &self.world.products[product];
        let station = dice.word(&["合肥维修站", "沈阳维修站", "西宁维修站"]);
        let fields = json!({"unit": station, "list_date": day_before(made, 0), "manufacturer": "本公司"});
        let mut tale = Tale::create(dice, keys::claim::KIND, &self.desk, made, fields);
        let part = if defect.part[0].is_empty() { "密封件" } else { defect.part[0] };
        for no in 1..=dice.between(1, 4) {
            let line = json!({
                "product": item.id, "part_name": part, "part_no": defect.part[1], "model": item.model,
                "quantity_listed": no.to_string(), "fault_text": defect.cause[0], "origin": "domestic",
            });
            tale.add(dice, &self.desk, keys::claim::LINES, line);
        }
        let road = ["packed", "shipped", "counted", "inspected", "rejected"];
        for status in road.into_iter().take(at % (road.len() + 1)) {
            self.later(&mut tale, dice.between(20, 60) * HOUR);
            let day = day_before(tale.at, 0);
            let (why, fields) = match status {
                "packed" => (None, json!({"packed_by": "仓库"})),
                "shipped" => {
                    let by = self.desk.user;
                    let fields = json!({
                        "shipped_on": day, "handled_by": by, "audited_by": by, "prepared_by": by,
                        "manager": self.chief.user,
                    });
                    (None, fields)
                }
                "counted" => (None, json!({"received_at": stamp(tale.at), "counted_by": "旧件库"})),
                "inspected" => (None, json!({"inspection_result": "拆检与标签一致，属制造原因。"})),
                _ => (Some("该站当月未报送维修信息反馈。"), json!({})),
            };
            tale.event(dice, &self.desk, status, why, fields);
        }
        tale
    }

    fn case(&self, at: usize) -> Tale {
        let dice = self.dice;
        let (made, product, _) = self.occasion(330, 20);
        let item = &self.world.products[product];
        let family = &FAMILIES[item.family];
        let defect = &family.defects[at % family.defects.len()];
        let fields = json!({
            "title": format!("{}：{}", family.name, defect.plan.split(['，', '。', '；']).next().unwrap_or_default()),
            "problem": dice.word(defect.says).replace("{n}", "若干"), "cause": dice.word(defect.cause),
            "solution": dice.word(defect.solution).replace("{n}", "若干"), "product_area": family.area,
            "lesson": "同类产品首批交付前按此项复查，发现一例即追溯整批。", "responsible_dept": defect.blame[2],
            "prevention_advice": defect.plan, "phase": "use", "fault_code": defect.codes[3],
            "defect_code": defect.codes[2],
        });
        let mut tale = Tale::create(dice, keys::case::KIND, &self.quality, made, fields);
        if at % 5 < 4 {
            self.later(&mut tale, 30 * HOUR);
            self.step(&mut tale, &self.chief, "published", json!({}));
        }
        if at % 5 < 2 {
            self.later(&mut tale, 12 * DAY);
            let seen = json!({"verification": "新项目首批抽查未再出现。", "verified_avoided": true});
            self.step(&mut tale, &self.quality, "verified", seen);
        }
        tale
    }

    fn incident(&self) -> Tale {
        let began = self.now - 33 * DAY;
        let fields = json!({
            "title": "监控平台远程数据中断", "cause": "network", "started_at": stamp(began - 2 * HOUR),
            "description": "机房割接导致远程监控平台数据中断，设备本机运行不受影响。",
            "area": "接入远程监控的全部客户", "responsible_dept": "技术部",
            "common_reply": "平台割接造成数据暂时看不到，设备运行不受影响，预计当晚恢复，恢复后数据会自动补传。",
        });
        let mut tale = Tale::create(self.dice, keys::incident::KIND, &self.desk, began, fields);
        self.later(&mut tale, 9 * HOUR);
        let ended = stamp(tale.at - 20 * MINUTE);
        self.step(&mut tale, &self.desk, "closed", json!({"ended_at": ended}));
        tale
    }

    fn month(&self, customer: usize, back: i64) -> Tale {
        let dice = self.dice;
        let made = self.now - back * 30 * DAY;
        let complaints = dice.between(0, 4);
        let due = dice.between(4, 12);
        let fields = json!({
            "customer": self.world.customers[customer].id, "month_of": day_before(made, 20), "complaints": complaints,
            "complaints_valid": dice.between(0, complaints), "deliveries_due": due,
            "deliveries_late": dice.between(0, 2), "quantity_delivered": dice.between(20, 90) * 100,
            "quantity_defective": dice.between(0, 3), "ppm_target": "500", "survey_points": dice.between(78, 98).to_string(),
            "survey_total": "100", "audit_grade": dice.word(&["a", "a", "b"]), "callbacks_answered": 4,
            "callbacks_satisfied": dice.between(3, 4), "analysis": "扣分主要来自逾期交付。",
            "measures": "安排备货，提前三天确认发货。",
        });
        let mut tale = Tale::create(dice, keys::monthly_satisfaction::KIND, &self.desk, made, fields);
        self.later(&mut tale, 2 * HOUR);
        self.step(&mut tale, &self.desk, "prepared", json!({}));
        self.later(&mut tale, 20 * HOUR);
        self.step(&mut tale, &self.quality, "reviewed", json!({}));
        if back > 1 {
            self.later(&mut tale, 20 * HOUR);
            self.step(&mut tale, &self.chief, "approved", json!({}));
        }
        tale
    }
}
