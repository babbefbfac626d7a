//! 绩效考核表

use rust_decimal::Decimal;

use super::{Rules, amount, live, put};
use crate::calc::kpi::quarterly::{Achievement, AchievementSettings, Grade, achievement_rate};
use crate::calc::kpi::{AppraisalItem, AppraisalSettings, appraise};
use crate::calc::number::{SCORE_DECIMALS, rounded, sum};
use crate::document::{Entry, RecordView};
use crate::keys::kpi_sheet::{
    BAND, BONUS, DEDUCTION, ITEMS, ITEMS_ACTUAL, ITEMS_GRADE, ITEMS_ITEM, ITEMS_ITEM_KIND,
    ITEMS_LEADER_SCORE, ITEMS_POINTS, ITEMS_RATE, ITEMS_SELF_SCORE, ITEMS_SUPERVISOR_SCORE, ITEMS_TARGET,
    ITEMS_WEIGHT, LEADER_TOTAL, SELF_TOTAL, SUPERVISOR_TOTAL, TOTAL, WEIGHT_TOTAL,
};
use crate::schema::Kind;
use crate::value::Value;

/// Rate and points of each item, the totals of the three scorers, and the total with its band. An item that is
/// measured has points by its achievement (C63), any other by the scores given (C62). The total is there once
/// every item has points.
pub(super) fn fill(rules: &Rules<'_>, kind: &Kind, view: &mut RecordView) {
    let (settings, appraisal) = (&rules.formulas.achievement, &rules.formulas.appraisal);
    let mut points = Some(Vec::new());
    let mut columns = [const { Vec::new() }; 3];
    let mut weights = Vec::new();
    for entry in view.collections.get_mut(ITEMS).into_iter().flatten() {
        let weight = amount(entry, ITEMS_WEIGHT).unwrap_or_default();
        let rate = rate(entry, settings);
        if let Some(rate) = rate.and_then(|rate| rate.checked_mul(Decimal::ONE_HUNDRED)) {
            entry.fields.insert(ITEMS_RATE.to_owned(), shown(rate));
        }
        let measured = rate.and_then(|rate| rate.checked_mul(weight));
        let gained = if is_measured(entry) { measured } else { scored(entry, weight, appraisal) };
        if let Some(gained) = gained {
            entry.fields.insert(ITEMS_POINTS.to_owned(), shown(gained));
        }
        if live(entry) {
            weights.push(weight);
            let scores = [ITEMS_SELF_SCORE, ITEMS_SUPERVISOR_SCORE, ITEMS_LEADER_SCORE];
            for (column, key) in columns.iter_mut().zip(scores) {
                column.extend(amount(entry, key));
            }
            points = points.zip(gained).map(|(mut all, gained)| {
                all.push(gained);
                all
            });
        }
    }
    if weights.is_empty() {
        return;
    }
    for (key, column) in [SELF_TOTAL, SUPERVISOR_TOTAL, LEADER_TOTAL].into_iter().zip(columns) {
        if let (false, Ok(total)) = (column.is_empty(), sum(column)) {
            put(kind, view, key, shown(total));
        }
    }
    if let Ok(total) = sum(weights) {
        put(kind, view, WEIGHT_TOTAL, shown(total));
    }
    let extra = |key: &str| match view.value(key) {
        Value::Decimal(points) => *points,
        _ => Decimal::ZERO,
    };
    let total = points.and_then(|points| sum(points).ok()).and_then(|total| total.checked_add(extra(BONUS)));
    if let Some(total) = total.and_then(|total| total.checked_sub(extra(DEDUCTION))) {
        put(kind, view, TOTAL, shown(total));
        put(kind, view, BAND, Value::Code(appraisal.bands().of(total).to_owned()));
    }
}

fn shown(points: Decimal) -> Value {
    Value::Decimal(rounded(points, SCORE_DECIMALS).normalize())
}

fn code<'a>(entry: &'a Entry, key: &str) -> Option<&'a str> {
    match entry.fields.get(key)? {
        Value::Code(code) => Some(code),
        _ => None,
    }
}

fn is_measured(entry: &Entry) -> bool {
    matches!(code(entry, ITEMS_ITEM_KIND), Some("quantity" | "control" | "quality"))
}

/// The achievement rate of a measured item (C63).
fn rate(entry: &Entry, settings: &AchievementSettings) -> Option<Decimal> {
    let both = || amount(entry, ITEMS_ACTUAL).zip(amount(entry, ITEMS_TARGET));
    let achievement = match code(entry, ITEMS_ITEM_KIND)? {
        "quantity" => both().map(|(actual, target)| Achievement::Quantity { actual, target })?,
        "control" => both().map(|(actual, limit)| Achievement::Control { actual, limit })?,
        "quality" => Achievement::Quality(match code(entry, ITEMS_GRADE)? {
            "excellent" => Grade::Excellent,
            "good" => Grade::Good,
            "fair" => Grade::Fair,
            "poor" => Grade::Poor,
            _ => return None,
        }),
        _ => return None,
    };
    achievement_rate(&achievement, settings).ok()
}

/// The points of an item that people score (C62); a score above the weight gives none.
fn scored(entry: &Entry, weight: Decimal, settings: &AppraisalSettings) -> Option<Decimal> {
    let item = AppraisalItem {
        item: entry.fields.get(ITEMS_ITEM).map(Value::to_text).unwrap_or_default(),
        weight,
        own: amount(entry, ITEMS_SELF_SCORE),
        supervisor: amount(entry, ITEMS_SUPERVISOR_SCORE),
        leader: amount(entry, ITEMS_LEADER_SCORE),
    };
    appraise(&[item], &settings.scorers(), &settings.bands()).ok().map(|sheet| sheet.total)
}
