//! 满意度调查: validity and score by the questionnaire's formulas (C03–C13). Shown with two decimals; statistics
//! take the unrounded result of [`crate::survey::result`].

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

use super::put;
use crate::calc::number::{SCORE_DECIMALS, rounded};
use crate::document::{Entry, RecordView};
use crate::ids::RecordId;
use crate::keys::survey as key;
use crate::schema::{Kind, Schema};
use crate::survey::{self, Scored};
use crate::value::Value;

pub(super) fn fill(schema: &Schema, kind: &Kind, view: &mut RecordView) {
    for computed in [key::ITEM_SCORES, key::SECTION_SCORES] {
        view.collections.remove(computed);
    }
    let Some(scored) = survey::result(schema, view) else { return };
    let count = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let flag = |b: Option<bool>| b.map_or(Value::Null, Value::Bool);
    let code = |c: Option<&str>| c.map_or(Value::Null, |c| Value::Code(c.to_owned()));
    put(kind, view, key::IS_VALID, Value::Bool(scored.valid));
    put(kind, view, key::INVALID_REASON, code(scored.invalid_reason.map(survey::Invalid::as_str)));
    if !scored.formula.is_empty() {
        put(kind, view, key::ASKED_COUNT, count(scored.asked));
        put(kind, view, key::ANSWERED_COUNT, count(scored.answered));
        put(kind, view, key::FORMULA, Value::Text(scored.formula.clone()));
    }
    put(kind, view, key::TOTAL, shown(scored.total));
    put(kind, view, key::INDEX100, shown(scored.index100));
    put(kind, view, key::BAND, code(scored.band.as_deref()));
    put(kind, view, key::IS_SATISFIED, flag(scored.satisfied));
    put(kind, view, key::OVERALL_SCORE, shown(scored.overall));
    parts(view, &scored);
}

fn parts(view: &mut RecordView, scored: &Scored) {
    let id = view.id;
    let items = scored.item_scores.iter().map(|item| {
        let fields = [
            (key::ITEM_SCORES_ITEM, Value::Text(item.item.clone())),
            (key::ITEM_SCORES_OPTION, item.option.clone().map_or(Value::Null, Value::Text)),
            (key::ITEM_SCORES_POINTS, shown(item.points)),
            (key::ITEM_SCORES_PERCENT, shown(item.percent)),
            (key::ITEM_SCORES_FILLED, if item.filled { Value::Bool(true) } else { Value::Null }),
        ];
        entry(id, key::ITEM_SCORES, &item.item, fields)
    });
    let items: Vec<Entry> = items.collect();
    let sections = scored.section_scores.iter().map(|(section, percent)| {
        let fields = [
            (key::SECTION_SCORES_SECTION, Value::Text(section.clone())),
            (key::SECTION_SCORES_PERCENT, shown(Some(*percent))),
        ];
        entry(id, key::SECTION_SCORES, section, fields)
    });
    let sections: Vec<Entry> = sections.collect();
    for (collection, entries) in [(key::ITEM_SCORES, items), (key::SECTION_SCORES, sections)] {
        if !entries.is_empty() {
            view.collections.insert(collection.to_owned(), entries);
        }
    }
}

/// An entry that nobody made: its id follows from what it is about, so that it is the same wherever it is shown.
fn entry<const N: usize>(
    record: RecordId,
    collection: &str,
    about: &str,
    fields: [(&str, Value); N],
) -> Entry {
    let mut hash = Sha256::new();
    for part in [&record.0.as_bytes()[..], collection.as_bytes(), about.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    let fields: BTreeMap<String, Value> =
        fields.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.to_owned(), v)).collect();
    // Version 5 says "made from a name".
    let id = uuid::Builder::from_sha1_bytes(bytes).into_uuid();
    Entry { id, by: None, at: None, removed: false, fields }
}

fn shown(number: Option<Decimal>) -> Value {
    number.map_or(Value::Null, |n| Value::Decimal(rounded(n, SCORE_DECIMALS).normalize()))
}
