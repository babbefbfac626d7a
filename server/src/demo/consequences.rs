//! What came of particular complaints and visits: mass incidents, corrective actions, goods that come back,
//! warranty claims of parts, and cases to learn from.

use std::collections::HashSet;

use domain::intent::Intent;
use domain::keys;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::complaints::Case;
use super::goods::FAMILIES;
use super::stage::{Stage, Trip, id, stamp};
use super::tale::Tale;
use super::world::day_before;
use crate::host::{DAY, HOUR};

/// Incidents, corrective actions, returns, claims and cases; `complaints` learn which incident they are part of.
pub(super) fn make(stage: &Stage<'_>, complaints: &mut [Tale]) -> Vec<Tale> {
    let mut tales = incidents(stage, complaints);
    tales.extend(corrective_actions(stage));
    tales.extend(goods_returns(stage));
    tales.extend(claims(stage));
    tales.extend(library(stage));
    tales
}

/// The complaints that have a corrective action.
pub(super) fn acted_on(tales: &[Tale]) -> HashSet<Uuid> {
    let actions = tales.iter().filter(|t| t.kind == keys::corrective_action::KIND);
    let made = actions.filter_map(|t| match &t.steps.first()?.intent {
        Intent::Create { fields, .. } => {
            fields.get(keys::corrective_action::COMPLAINT)?.as_str()?.parse().ok()
        }
        _ => None,
    });
    made.collect()
}

/// The complaints of one line of goods that came close together, newest first.
fn together<'a>(stage: &Stage<'a>, family: usize, from: i64, to: i64) -> Vec<&'a Case> {
    let within = |c: &&Case| (stage.now - from * DAY..stage.now - to * DAY).contains(&c.assigned_at);
    let same = |c: &&Case| stage.world.products[c.product].family == family;
    stage.cases.iter().rev().filter(within).filter(same).take(5).collect()
}

fn incidents(stage: &Stage<'_>, complaints: &mut [Tale]) -> Vec<Tale> {
    let mut tales = Vec::new();
    // One that is going on, one that is over. The lines of goods differ.
    for (family, from, to, over) in [(0, 70, 4, false), (1, 300, 200, true)] {
        let cases = together(stage, family, from, to);
        let Some(newest) = cases.first() else { continue };
        let Some(oldest) = cases.last() else { continue };
        let quality = stage.quality();
        let item = &stage.world.products[newest.product];
        let goods = &FAMILIES[family];
        let noticed = newest.assigned_at + HOUR;
        let fields = json!({
            "title": format!("{}同类问题集中反映（{}起）", goods.name, cases.len()), "cause": "batch",
            "description": format!("多个客户先后反映{}故障，初步判断与同期装配批次有关，并案调查、统一答复。", goods.name),
            "started_at": stamp(oldest.assigned_at), "batch_no": item.batch,
            "area": "同期交付的在用设备，涉及多个区域", "responsible_dept": newest.defect.blame[2],
            "common_reply": newest.defect.containment,
        });
        let mut tale = stage.tell(keys::incident::KIND, &quality, noticed, fields);
        for (at, case) in (1..).zip(&cases) {
            let Some(complaint) = complaints.iter_mut().find(|t| id(t) == case.id) else { continue };
            // The older ones are taken in when the newest shows that they belong together; what was
            // settled by then stays as it is.
            let last = complaint.steps.last().map_or(0, |s| s.at.0);
            if last > noticed + DAY || !case.settled {
                let fields = json!({"origin_type": "mass", "incident": id(&tale)});
                complaint.set_at(&quality, noticed + at * 2_000, fields);
            }
        }
        if over {
            let ended = json!({"ended_at": stamp(tale.at + 24 * DAY)});
            stage.step(&mut tale, 25 * DAY, &quality, "closed", ended);
        }
        tales.push(tale);
    }
    tales
}

/// A complaint that is still worked on, and has been for so many days: none is closed before its corrective
/// action and its returned goods are settled.
fn worked_on<'a>(stage: &Stage<'a>, days: i64) -> Option<&'a Case> {
    let before = stage.now - days * DAY;
    stage.cases.iter().rev().find(|c| !c.settled && c.assigned_at < before)
}

fn corrective_actions(stage: &Stage<'_>) -> Vec<Tale> {
    const ROAD: [&str; 6] =
        ["answered", "leader_reviewed", "implementing", "verifying", "effective", "closed"];
    const TARGETS: [(&str, &str); 10] = [
        ("open", "8d"),
        ("answered", "8d"),
        ("leader_reviewed", "8d"),
        ("implementing", "8d"),
        ("verifying", "car"),
        ("ineffective", "8d"),
        ("effective", "8d"),
        ("closed", "8d"),
        ("closed", "car"),
        ("cancelled", "record"),
    ];
    let mut tales = Vec::new();
    for (at, (target, form)) in TARGETS.into_iter().enumerate() {
        // The further it got, the older the complaint.
        let days = [3, 6, 10, 13, 18, 24, 29, 34, 42, 21][at];
        let Some(case) = worked_on(stage, days) else { continue };
        let (quality, chief) = (stage.quality(), stage.chief());
        let item = &stage.world.products[case.product];
        let goods = &FAMILIES[item.family];
        let (defect, begun) = (case.defect, case.assigned_at + 5 * HOUR);
        let mut tale = stage.tell(
            keys::corrective_action::KIND,
            &quality,
            begun,
            json!({
                "ca_type": form, "complaint": case.id, "product_type": item.kind,
                "responsible_dept": defect.blame[2], "owner": quality.user, "received_at": stamp(begun),
                "due_at": stamp(begun + 7 * DAY),
                "problem": format!("{} {}（批次{}）：{}", goods.name, item.model, item.batch, defect.says[0].replace("{n}", "5")),
            }),
        );
        let team = [
            (Some(quality.user), "", "leader", "品质部"),
            (Some(chief.user), "", "member", "售后服务部"),
            (None, "陈建业", "member", defect.blame[2]),
        ];
        for (member, name, role, dept) in team {
            let fields = json!({"member": member, "name": name, "role": role, "dept": dept});
            tale.add(stage.dice, &quality, keys::corrective_action::TEAM, fields);
        }
        if target == "cancelled" {
            stage.because(&mut tale, DAY, &chief, target, "与同一问题的另一份8D合并。");
        }
        let road_end = if target == "ineffective" {
            4
        } else {
            ROAD.iter().position(|s| *s == target).map_or(0, |p| p + 1)
        };
        for status in &ROAD[..road_end] {
            let now = tale.at;
            let (by, days, fields) = match *status {
                "answered" => (
                    &quality,
                    2,
                    json!({
                        "containment": defect.containment, "containment_at": stamp(now + HOUR), "root_cause": defect.cause[0],
                        "cause_category": defect.blame[0], "corrective": defect.plan,
                        "preventive": "检查表增加该项目，每批首件确认并留样；同类产品横向排查。",
                    }),
                ),
                "leader_reviewed" => (
                    &chief,
                    1,
                    json!({
                        "dept_head_signed": quality.user, "dept_head_signed_at": stamp(now + 2 * HOUR),
                        "leader_opinion": "原因分析到位，同意实施，注意横向展开。",
                    }),
                ),
                "implementing" => (&quality, 1, json!({})),
                "verifying" => (
                    &quality,
                    9,
                    json!({
                        "implemented_on": day_before(now + 8 * DAY, 0), "implemented_by": quality.user,
                    }),
                ),
                "effective" => {
                    for seq in 1..=3 {
                        let lot = json!({
                            "seq": seq, "lot_no": format!("L{}-{seq}", stage.dice.between(10_000, 99_999)),
                            "delivered_on": day_before(now + 3 * seq * DAY, 0),
                            "qty": (stage.dice.between(2, 40) * 50).to_string(), "result": "ok",
                        });
                        stage.wait(&mut tale, 3 * DAY + HOUR);
                        tale.add(stage.dice, &quality, keys::corrective_action::LOT_CHECKS, lot);
                    }
                    (&quality, 1, json!({}))
                }
                _ => (
                    &chief,
                    2,
                    json!({"conclusion": "连续三批无同类不良，措施有效，已纳入作业指导书，结案。"}),
                ),
            };
            stage.step(&mut tale, days * DAY, by, status, fields);
        }
        if target == "ineffective" {
            let lot = json!({"seq": 1, "lot_no": format!("L{}-1", stage.dice.between(10_000, 99_999)),
                "delivered_on": day_before(tale.at + 3 * DAY, 0), "qty": "400", "result": "ng"});
            stage.wait(&mut tale, 4 * DAY);
            tale.add(stage.dice, &quality, keys::corrective_action::LOT_CHECKS, lot);
            stage.because(&mut tale, HOUR, &quality, target, "措施实施后首批仍发现两件同类不良，重新分析。");
        }
        tales.push(tale);
    }
    tales
}

fn goods_returns(stage: &Stage<'_>) -> Vec<Tale> {
    const BACK: [&str; 6] = ["agreed", "in_transit", "received", "inspected", "reviewed", "approved"];
    // Where it has got to, what was decided, how far back it lies.
    const TARGETS: [(&str, &str, i64); 9] = [
        ("requested", "", 2),
        ("in_transit", "", 5),
        ("onsite_sorting", "", 8),
        ("inspected", "", 11),
        ("approved", "rework", 15),
        ("executing", "rework", 19),
        ("closed", "rework", 26),
        ("closed", "scrap", 37),
        ("cancelled", "", 22),
    ];
    let mut tales = Vec::new();
    for (target, disposition, days) in TARGETS {
        let Some(case) = worked_on(stage, days) else { continue };
        let (desk, quality, chief) = (stage.desk(), stage.quality(), stage.chief());
        let item = &stage.world.products[case.product];
        let quantity = stage.dice.between(4, 60);
        let mut tale = stage.tell(
            keys::goods_return::KIND,
            &desk,
            case.assigned_at + 4 * HOUR,
            json!({
                "complaint": case.id, "customer": stage.customer(case.customer).id, "product": item.id,
                "part_no": FAMILIES[item.family].name, "model": item.model, "batch_no": item.batch,
                "quantity": quantity.to_string(), "is_batch_return": quantity > 30, "onsite_sorting_allowed": "yes",
                "reason": case.defect.says[0].replace("{n}", &quantity.to_string()),
                "rma_no": format!("RMA-{:05}", stage.dice.between(1, 99_999)),
            }),
        );
        match target {
            "cancelled" => stage.because(&mut tale, DAY, &chief, target, "客户改为现场更换，不再退货。"),
            "onsite_sorting" => {
                stage.step(&mut tale, 5 * HOUR, &desk, "agreed", json!({}));
                let note = json!({"onsite_note": "客户提供场地，两人分选，良品当场放行。"});
                stage.step(&mut tale, DAY, &desk, target, note);
            }
            _ => {}
        }
        let finished = ["executing", "closed"].contains(&target);
        let end =
            if finished { BACK.len() } else { BACK.iter().position(|s| *s == target).map_or(0, |p| p + 1) };
        let bad = (quantity / 3).max(1);
        for status in &BACK[..end] {
            let now = tale.at;
            let (by, hours, fields) = match *status {
                "agreed" => (&desk, 5, json!({})),
                "in_transit" => (&desk, 20, json!({})),
                "received" => (
                    &desk,
                    70,
                    json!({
                        "received_at": stamp(now + 69 * HOUR), "quantity_received": (quantity - i64::from(disposition == "scrap")).to_string(),
                    }),
                ),
                "inspected" => {
                    let line = json!({
                        "item": "外观与功能", "standard": "按出厂检验规范", "measured": case.defect.cause[0],
                        "qty_ok": (quantity - bad).to_string(), "qty_ng": bad.to_string(), "result": "ng",
                    });
                    tale.add(stage.dice, &quality, keys::goods_return::INSPECTION_LINES, line);
                    (
                        &quality,
                        30,
                        json!({
                            "inspection_standard": "出厂检验规范 第4章", "inspector": quality.user,
                            "inspected_on": day_before(now + 30 * HOUR, 0), "qty_ok": (quantity - bad).to_string(), "qty_ng": bad.to_string(),
                        }),
                    )
                }
                "reviewed" => {
                    (&quality, 8, json!({"quality_opinion": "不良属实，责任在我方，同意退货处理。"}))
                }
                _ => (&chief, 20, json!({"disposition": disposition})),
            };
            stage.step(&mut tale, hours * HOUR, by, status, fields);
        }
        if finished {
            execute(stage, &mut tale, disposition, bad, target == "closed");
        }
        tales.push(tale);
    }
    tales
}

/// What is done with goods that came back, once the leader agreed.
fn execute(stage: &Stage<'_>, tale: &mut Tale, disposition: &str, bad: i64, close: bool) {
    let (desk, quality, chief) = (stage.desk(), stage.quality(), stage.chief());
    let copy = json!({"warehouse_copy_at": stamp(tale.at + 3 * HOUR)});
    stage.step(tale, 4 * HOUR, &desk, "executing", copy);
    if !close {
        return;
    }
    let mut done = json!({"executed_by": desk.user, "executed_at": stamp(tale.at + 40 * HOUR)});
    let (status, field) =
        if disposition == "scrap" { ("scrapped", "qty_scrapped") } else { ("rechecked", "qty_reworked") };
    if let Json::Object(more) = &mut done {
        more.insert(field.into(), bad.to_string().into());
        if status == "rechecked" {
            more.insert("recheck_result".into(), "ok".into());
        }
    }
    stage.step(tale, 45 * HOUR, &quality, status, done);
    if status == "rechecked" {
        let stored = json!({"stocked_at": stamp(tale.at + 5 * HOUR)});
        stage.step(tale, 6 * HOUR, &desk, "stocked", stored);
    }
    stage.step(tale, DAY, &chief, "closed", json!({}));
}

/// Parts that were replaced under warranty, sent in by the stations, with the report that asks for them.
fn claims(stage: &Stage<'_>) -> Vec<Tale> {
    const STATIONS: [&str; 4] = ["华北服务站", "华东服务站", "西北服务站", "东北服务站"];
    const TARGETS: [(&str, i64); 9] = [
        ("reported", 2),
        ("packed", 5),
        ("shipped", 9),
        ("difference", 14),
        ("counted", 19),
        ("inspected", 26),
        ("exchanged", 40),
        ("closed", 70),
        ("rejected", 55),
    ];
    let back = stage.now - 20 * DAY;
    let old: Vec<&Trip> =
        stage.newest(&["reviewed", "archived"]).filter(|t| t.made < back).take(30).collect();
    let mut tales = Vec::new();
    for (at, (target, days)) in TARGETS.into_iter().enumerate() {
        let (desk, quality, chief) = (stage.desk(), stage.quality(), stage.chief());
        let station = STATIONS[at % STATIONS.len()];
        let parts: Vec<_> =
            old.iter().skip(at * 2).filter_map(|t| Some((*t, replaced(stage, t)?))).take(2).collect();
        let settled = ["exchanged", "closed"].contains(&target);
        let report = settled.then(|| {
            let fields = json!({
                "form": "bd21", "station": station, "period_from": stage.date(days + 32), "period_to": stage.date(days + 2),
                "submitted_at": stamp(stage.hour(days + 1, 15)), "prepared_by": "李佳宁",
                "company_situation": "本月服务三包车辆与设备运行正常，配件更换情况见明细。",
            });
            let mut report = stage.tell(keys::station_report::KIND, &desk, stage.hour(days + 1, 16), fields);
            for (trip, [name, _, _, price]) in &parts {
                let item = &stage.world.products[stage.product_of(trip)];
                let row = json!({
                    "model": item.model, "product": item.id, "visit": trip.id, "in_three_guarantee": true,
                    "part_name": name, "quantity": "1", "treatment": "更换", "amount": price,
                });
                report.add(stage.dice, &desk, keys::station_report::ROWS, row);
            }
            report
        });
        let mut tale = stage.tell(
            keys::claim::KIND,
            &desk,
            stage.hour(days, 9),
            json!({
                "unit": station, "list_date": stage.date(days), "manufacturer": "本公司", "feedback_report": report.as_ref().map(id),
            }),
        );
        let mut lines = Vec::new();
        for (trip, [name, number, spec, price]) in &parts {
            let item = &stage.world.products[stage.product_of(trip)];
            let line = json!({
                "visit": trip.id, "product": item.id, "part_name": name, "part_no": number, "model": spec,
                "origin": "domestic", "fault_text": "三包期内更换，旧件已贴标签", "quantity_listed": "2", "amount_claimed": price,
                "repaired_on": day_before(trip.made, 0),
            });
            lines.push(tale.add(stage.dice, &desk, keys::claim::LINES, line));
        }
        let road: &[&str] = match target {
            "reported" => &[],
            "packed" => &["packed"],
            "shipped" => &["packed", "shipped"],
            "difference" => &["packed", "shipped", "difference"],
            "counted" => &["packed", "shipped", "counted"],
            "inspected" => &["packed", "shipped", "counted", "inspected"],
            "rejected" => &["packed", "shipped", "counted", "inspected", "rejected"],
            "exchanged" => &["packed", "shipped", "counted", "inspected", "exchanged"],
            _ => &["packed", "shipped", "counted", "inspected", "exchanged", "closed"],
        };
        for status in road {
            let now = tale.at;
            let fields = match *status {
                "packed" => json!({"packed_by": "孙长庚"}),
                "shipped" => json!({
                    "shipped_on": day_before(now + DAY, 0), "tracking_no": format!("YD{:010}", stage.dice.between(1, 9_999_999)),
                    "handled_by": desk.user, "audited_by": quality.user, "prepared_by": desk.user, "manager": chief.user,
                }),
                "difference" | "counted" => {
                    let received = if *status == "counted" { "2" } else { "1" };
                    for line in &lines {
                        tale.update(&desk, keys::claim::LINES, *line, json!({"quantity_received": received}));
                    }
                    json!({"received_at": stamp(now + 23 * HOUR), "counted_by": "何学勤"})
                }
                "inspected" => json!({"inspection_result": "旧件与清单相符，失效形式与故障描述一致。"}),
                "exchanged" => {
                    for (line, (_, [_, _, _, price])) in lines.iter().zip(&parts) {
                        tale.update(
                            &desk,
                            keys::claim::LINES,
                            *line,
                            json!({"amount_approved": price, "exchange_status": "exchanged"}),
                        );
                    }
                    let cents = |p: &str| p.replace('.', "").parse::<i64>().unwrap_or(0);
                    let total: i64 = parts.iter().map(|(_, p)| cents(p[3])).sum();
                    json!({"amount_approved": format!("{}.{:02}", total / 100, total % 100)})
                }
                _ => json!({}),
            };
            match *status {
                "rejected" => {
                    stage.because(&mut tale, DAY, &quality, status, "维修站未交质量信息反馈表，暂不兑换。")
                }
                "inspected" => stage.step(&mut tale, 2 * DAY, &quality, status, fields),
                "closed" => stage.step(&mut tale, 3 * DAY, &chief, status, fields),
                _ => stage.step(&mut tale, DAY, &desk, status, fields),
            }
        }
        tales.extend(report);
        tales.push(tale);
    }
    tales
}

/// The part that a trip replaced: name, number, specification, price.
fn replaced(stage: &Stage<'_>, trip: &Trip) -> Option<[&'static str; 4]> {
    let item = &stage.world.products[stage.product_of(trip)];
    FAMILIES[item.family].defects.iter().map(|d| d.part).find(|p| !p[0].is_empty())
}

/// 案例库
fn library(stage: &Stage<'_>) -> Vec<Tale> {
    const TARGETS: [(&str, usize, &str); 5] = [
        ("verified", 0, "油封类零件装配后必须逐台检查唇口方向，不能靠试车发现。"),
        ("published", 1, "户外箱体密封设计要按整圈连续压缩验证，转角处最易失效。"),
        ("published", 2, "出厂前按实际敷设条件做一次密封试验，比加严图纸更有效。"),
        ("draft", 3, "车载产品接插件要有防松措施，路试里程应覆盖坏路面。"),
        ("retired", 0, "旧型号的经验已被新结构取代，只作参考。"),
    ];
    let mut tales = Vec::new();
    for (at, (target, family, lesson)) in TARGETS.into_iter().enumerate() {
        let of = |c: &&Case| stage.world.products[c.product].family == family;
        let Some(case) = stage.settled(120).filter(of).nth(at / 4 * 2) else { continue };
        let (quality, chief) = (stage.quality(), stage.chief());
        let goods = &FAMILIES[family];
        let (defect, item) = (case.defect, &stage.world.products[case.product]);
        let mut tale = stage.tell(
            keys::case::KIND,
            &quality,
            case.assigned_at + 40 * DAY,
            json!({
                "title": format!("{}：{}", goods.name, defect.cause[0].split('，').next().unwrap_or_default()),
                "problem": defect.says[0].replace("{n}", "6"), "cause": defect.cause[0], "solution": defect.solution[0],
                "lesson": lesson, "responsible_dept": defect.blame[2], "prevention_advice": defect.plan,
                "product_type": item.kind, "product_area": goods.area, "part": defect.part[0], "phase": "use",
                "fault_code": defect.codes[3], "defect_code": defect.codes[2], "source_complaint": case.id,
            }),
        );
        let given = json!({"dept": "技术部", "project": format!("{}改进项目", goods.name), "given_on": day_before(tale.at, 0)});
        if target != "draft" {
            stage.step(&mut tale, 5 * DAY, &quality, "published", json!({}));
            tale.add(stage.dice, &quality, keys::case::GIVEN_TO, given);
        }
        match target {
            "verified" => {
                let fields = json!({"verification": "新批次设计评审已引用本案例，三个月内无同类问题。", "verified_avoided": true});
                stage.step(&mut tale, 50 * DAY, &chief, target, fields);
            }
            "retired" => stage.because(&mut tale, 30 * DAY, &chief, target, "结构已改，案例不再适用。"),
            _ => {}
        }
        tales.push(tale);
    }
    tales
}
