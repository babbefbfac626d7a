//! What a person calls the things that the values of a code name: fields, statuses, conditions.

use client_core::domain::lifecycle;
use client_core::domain::schema::{Kind, Schema};
use serde_json::{Map, Value as Json};

use super::{pick, plain};
use crate::args::Lang;

/// Conditions of steps (`unmet`): key, 中文, English.
const CHECKS: &[(&str, &str, &str)] = &[
    ("found_invalid", "“投诉是否成立”须判定为不成立的结论", "it has to be found not valid"),
    ("found_valid", "“投诉是否成立”须为“成立”", "it has to be found valid"),
    (
        "is_complaint",
        "“信息性质”是信息、建议或咨询，不按投诉受理",
        "it is information, a suggestion or an enquiry, not a complaint",
    ),
    (
        "is_information",
        "“信息性质”须为信息、建议或咨询，投诉不能这样办结",
        "only information, suggestions and enquiries are closed like this",
    ),
    ("plan_approved", "最近一次审批结论须为同意", "the newest decision on the plan has to agree with it"),
    (
        "customer_heard",
        "客户对处理结果的意见已记录，或已按规定次数联系未果",
        "the customer's opinion is recorded, or the customer could not be reached",
    ),
    (
        "dissatisfaction_answered",
        "客户不满意的，须重新处理或按领导批示答复",
        "a dissatisfied customer's matter is handled again, or answered as the leader decides",
    ),
    ("measures_reviewed", "各项纠正措施已经领导审核", "the leader has reviewed every corrective action"),
    ("lots_verified", "连续批次验证合格", "consecutive lots were verified as good"),
    ("returns_settled", "退货已有处置结论", "returned goods have a disposition"),
    ("penalties_settled", "处罚已决定并执行", "proposed penalties were decided and carried out"),
    ("regulator_told", "应报监管部门的事项已上报", "what the regulator has to know was reported"),
    ("first_dissatisfaction", "首次不满意：须重新处理", "first dissatisfaction: it is handled again"),
    ("second_dissatisfaction", "再次不满意：由领导决定", "second dissatisfaction: the leader decides"),
    ("sorting_allowed", "客户不允许现场分选", "the customer does not allow sorting on site"),
    ("recheck_passed", "返工后须抽检合格", "reworked goods have to pass the recheck"),
    (
        "extras_approved",
        "的士、餐费、人工、材料费须注明事先批准人",
        "taxi, meals, labour and material say who approved them beforehand",
    ),
];

/// The values of a code, in words. A value names the kind it is about by `kind`; what is not known stays as it is.
pub(super) fn words(lang: Lang, schema: &Schema, params: &Map<String, Json>) -> Map<String, Json> {
    let kind = params.get("kind").and_then(Json::as_str).and_then(|k| schema.kind(k));
    let word = |key: &str, text: &str| match key {
        "field" | "other" | "missing" => field(lang, schema, kind, text),
        "from" | "to" => status(lang, kind, text),
        "check" => check(lang, text),
        _ => text.to_owned(),
    };
    let worded = |(key, value): (&String, &Json)| {
        let value = match value {
            Json::String(text) => Json::from(word(key, text)),
            Json::Array(list) if key == "missing" => {
                list.iter().map(|v| Json::from(word(key, &plain(v)))).collect()
            }
            other => other.clone(),
        };
        (key.clone(), value)
    };
    params.iter().map(worded).collect()
}

/// A field, a collection, or a field of one (`collection/field`), of a kind or its companion.
fn field(lang: Lang, schema: &Schema, kind: Option<&Kind>, key: &str) -> String {
    if key == "why" {
        return pick(lang, "原因", "the reason").to_owned();
    }
    let kinds = || kind.into_iter().chain(kind.and_then(|k| schema.companion(k)));
    let (first, second) = key.split_once('/').map_or((key, None), |(c, f)| (c, Some(f)));
    let collection = kinds().find_map(|k| k.collection(first));
    let label = match second {
        None => kinds().find_map(|k| k.field(first)).map(|f| &f.label).or(collection.map(|c| &c.label)),
        Some(field) => collection.and_then(|c| c.field(field)).map(|f| &f.label),
    };
    let text = |label: &client_core::domain::schema::Label| pick(lang, &label.zh, &label.en).to_owned();
    match (label, second, collection) {
        (Some(label), Some(_), Some(of)) => format!("{}/{}", text(&of.label), text(label)),
        (Some(label), ..) => text(label),
        _ => key.to_owned(),
    }
}

/// A status of a kind.
pub fn status(lang: Lang, kind: Option<&Kind>, code: &str) -> String {
    let cycle = kind.and_then(|k| lifecycle::by_key(k.lifecycle.as_deref()?));
    let state = cycle.and_then(|c| c.state(code));
    state.map_or(code, |s| pick(lang, s.zh, s.en)).to_owned()
}

fn check(lang: Lang, key: &str) -> String {
    CHECKS.iter().find(|(k, ..)| *k == key).map_or(key, |(_, zh, en)| pick(lang, zh, en)).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::message;
    use super::*;
    use client_core::domain::lifecycle::Check;
    use serde_json::json;

    fn said(lang: Lang, code: &str, params: Json) -> String {
        let schema = Schema::builtin().unwrap();
        message(lang, Some(&schema), code, params.as_object().unwrap())
    }

    #[test]
    fn every_condition_has_words() {
        for check in Check::ALL {
            let found = CHECKS.iter().find(|(k, ..)| *k == check.as_str());
            let (_, zh, en) = found.unwrap_or_else(|| panic!("{}", check.as_str()));
            assert!(!zh.is_ascii() && en.is_ascii());
        }
    }

    #[test]
    fn sentences_say_what_screens_say() {
        let missing =
            json!({"kind": "complaint", "field": "content", "missing": ["content", "cause", "follow_ups"]});
        assert_eq!(said(Lang::Zh, "required", missing), "还缺必填项：投诉内容、原因分析、跟进记录");
        let step = json!({"kind": "complaint", "from": "draft", "to": "closed"});
        assert_eq!(said(Lang::Zh, "bad_transition", step.clone()), "不能从“草稿”转到“已办结”");
        assert_eq!(said(Lang::En, "bad_transition", step), "no step from Draft to Closed");
        let unmet = json!({"kind": "complaint", "check": "lots_verified"});
        assert_eq!(said(Lang::Zh, "unmet", unmet), "条件未满足：连续批次验证合格");
        let entry = json!({"kind": "complaint", "field": "follow_ups/content"});
        assert!(!said(Lang::Zh, "required", entry).contains("content"));
        assert_eq!(said(Lang::Zh, "required", json!({"field": "why"})), "还缺必填项：原因");
        // What this version does not know is named as it came.
        let unknown = json!({"kind": "complaint", "field": "nonsense"});
        assert_eq!(said(Lang::Zh, "unknown_field", unknown), "没有这个字段：nonsense");
        assert_eq!(said(Lang::En, "required", json!({"field": "content"})), "still needed: content");
    }
}
