//! Valid values for any field of any kind, made from the schema, and whole records made of them.

use std::collections::BTreeSet;

use domain::schema::{CodeList, Collection, Field, FieldType, Kind, Required, Schema, When};
use domain::survey::ItemKind;
use serde_json::{Map, Value as Json, json};

use super::user;

/// The first day of everything; later days follow it in the order that the schema asks for.
const BASE: jiff::civil::Date = jiff::civil::date(2026, 3, 2);

/// A valid value of a record's field, as intents take it. Fields in an order of days (`not_before`) get
/// days in that order.
pub fn value(schema: &Schema, kind: &Kind, field: &Field) -> Json {
    if let Some(special) = special(schema, kind, field) {
        return special;
    }
    plain(schema, field, order(schema, kind, field, 0))
}

/// A value that makes a condition hold, as its field takes it; with `holds` false one that does not.
/// `None` where no value of the field can.
pub fn for_condition(schema: &Schema, field: &Field, when: &When, holds: bool) -> Option<Json> {
    let mut candidates: Vec<Json> = when.is.iter().chain(&when.not).map(|text| json!(text)).collect();
    match field.kind {
        FieldType::Bool => candidates.extend([json!(true), json!(false)]),
        FieldType::Enum | FieldType::MultiEnum => {
            candidates.extend(codes(schema, field).map(|code| json!(code)));
        }
        _ => candidates.push(plain(schema, field, 0)),
    }
    // Emptiness last: the field may be needed itself.
    candidates.push(Json::Null);
    candidates.into_iter().find(|json| {
        let typed = domain::value::parse(schema, field, json, &domain::time::Zone::default());
        typed.is_ok_and(|value| when.holds(&value) == holds)
    })
}

/// A valid entry of a collection; `None` where no entry can be added to a new record.
pub fn entry(schema: &Schema, kind: &Kind, collection: &Collection) -> Option<Map<String, Json>> {
    let mut fields = Map::new();
    if collection.files {
        for (key, value) in [
            ("sha256", json!("ab".repeat(32))),
            ("size", json!(1024)),
            ("mime", json!("image/jpeg")),
            ("name", json!("照片.jpg")),
            ("taken_at", json!("2026-03-02T09:00:00+08:00")),
            ("caption", json!("说明")),
        ] {
            fields.insert(key.to_owned(), value);
        }
    }
    if kind.key == "survey" {
        match collection.key.as_str() {
            // The item must be one of the questionnaire's.
            "answers" => return Some(free_answer(schema)),
            "corrections" | "extra_answers" => return None,
            _ => {}
        }
    }
    for field in collection.fields.iter().filter(|f| !f.computed) {
        fields.insert(field.key.clone(), plain(schema, field, 0));
    }
    Some(fields)
}

/// Values of every field that a person may fill; those of `except` are left out.
pub fn fields(schema: &Schema, kind: &Kind, except: &BTreeSet<&str>) -> Map<String, Json> {
    let typed = kind.fields.iter().filter(|f| typed(f) && !except.contains(f.key.as_str()));
    typed.map(|f| (f.key.clone(), value(schema, kind, f))).collect()
}

/// Whether a person fills the field, rather than the system.
pub fn typed(field: &Field) -> bool {
    !field.computed && field.access() != domain::schema::Access::System
}

/// Whether a record cannot be made without it.
pub fn always(required: &Required) -> bool {
    matches!(required, Required::Always(_))
}

fn plain(schema: &Schema, field: &Field, day: i32) -> Json {
    match field.kind {
        FieldType::Text | FieldType::Longtext => {
            json!("漏油".chars().take(field.max_chars()).collect::<String>())
        }
        FieldType::Date => json!(date(day).to_string()),
        FieldType::Time => json!("08:30"),
        FieldType::Datetime => json!(format!("{}T09:00:00+08:00", date(day))),
        FieldType::Enum => json!(codes(schema, field).next()),
        FieldType::MultiEnum => json!(codes(schema, field).take(2).collect::<Vec<_>>()),
        FieldType::Int | FieldType::Decimal | FieldType::Percent | FieldType::Money => {
            let bound = field.min_value.clone().or_else(|| field.max_value.clone());
            json!(bound.unwrap_or_else(|| "1".to_owned()))
        }
        FieldType::Bool => json!(true),
        FieldType::Ref => json!(user(7).to_string()),
    }
}

fn codes<'a>(schema: &'a Schema, field: &Field) -> impl Iterator<Item = &'a str> + use<'a> {
    let list: Option<&CodeList> = field.list.as_deref().and_then(|list| schema.list(list));
    list.into_iter().flat_map(|list| &list.codes).filter(|c| !c.retired).map(|c| c.code.as_str())
}

/// How many days and instants the field may not lie before, one after the other.
fn order(schema: &Schema, kind: &Kind, field: &Field, depth: i32) -> i32 {
    assert!(depth < 50, "{}.{} lies before itself", kind.key, field.key);
    let main = kind.companion_of.as_deref().and_then(|main| schema.kind(main));
    let found = field
        .not_before
        .as_deref()
        .and_then(|key| [Some(kind), main].into_iter().flatten().find_map(|of| Some((of, of.field(key)?))));
    found.map_or(depth, |(of, before)| order(schema, of, before, depth + 1))
}

fn date(day: i32) -> jiff::civil::Date {
    BASE.checked_add(jiff::Span::new().days(day)).unwrap()
}

/// What the rules beyond the schema ask of single fields.
fn special(schema: &Schema, kind: &Kind, field: &Field) -> Option<Json> {
    let template = schema.templates().all().find(|t| t.questions().any(|q| is_free(&q)))?;
    match (kind.key.as_str(), field.key.as_str()) {
        ("survey" | "survey_campaign", "template") => Some(json!(template.code)),
        ("survey" | "survey_campaign", "template_version") => Some(json!(template.version)),
        _ => None,
    }
}

fn is_free(question: &domain::survey::Question<'_>) -> bool {
    question.item.kind == ItemKind::Text && question.row.is_none()
}

fn free_answer(schema: &Schema) -> Map<String, Json> {
    let template = schema.templates().all().find(|t| t.questions().any(|q| is_free(&q))).unwrap();
    let question = template.questions().find(is_free).unwrap();
    Map::from_iter([("item".to_owned(), json!(question.code)), ("text".to_owned(), json!("很好"))])
}
