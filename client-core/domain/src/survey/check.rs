//! What may be written into an answer sheet: the template is a known one, an answer names a question and an
//! option of it, points lie on the scale, nobody answers twice or after the sheet was handed in.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::template::{ItemKind, Question, Scoring, Template};
use crate::document::RecordView;
use crate::error::{Code, Refusal};
use crate::intent::Intent;
use crate::keys::survey as key;
use crate::keys::survey_campaign;
use crate::lifecycle::Phase;
use crate::schema::{Kind, Schema};
use crate::time::Zone;
use crate::value::{self, Value};

/// Between the codes of an answer that has several.
const SEPARATOR: char = ',';

/// Fills in the version that is offered where a new record names a questionnaire without one. Done by the
/// door before the intent is stored, so that executing it again later means the same version.
pub fn complete(schema: &Schema, kind: &str, intent: &mut Intent) {
    let Intent::Create { fields, .. } = intent else { return };
    if kind != key::KIND || fields.get(key::TEMPLATE_VERSION).is_some_and(|v| !v.is_null()) {
        return;
    }
    let offered = fields.get(key::TEMPLATE).and_then(Json::as_str).map(str::trim);
    if let Some(template) = offered.and_then(|code| schema.templates().offered(code)) {
        fields.insert(key::TEMPLATE_VERSION.to_owned(), template.version.into());
    }
}

/// Checks an intent on a sheet or a campaign beyond what the schema says; every other kind passes.
///
/// # Errors
/// `unknown_code` for a questionnaire, version, question or option that there is not; `out_of_range`, `wrong_type` and `required` about an answer;
/// `duplicate_entry` for a second answer; `frozen` for an answer after the sheet was handed in;
/// `forbidden_state` for a correction before; `forbidden_field` for an added question where the
/// questionnaire allows none. Each names the field (`answers/option`).
pub fn check(schema: &Schema, view: &RecordView, intent: &Intent) -> Result<(), Refusal> {
    let Some(kind) = schema.kind(&view.kind) else { return Ok(()) };
    match (kind.key.as_str(), intent) {
        (key::KIND, Intent::Create { fields, .. }) => {
            let (code, version) = named(fields, key::TEMPLATE, key::TEMPLATE_VERSION);
            find(schema, code.unwrap_or_default(), version.unwrap_or_default()).map(|_| ())
        }
        (key::KIND, Intent::Add { collection, fields, id }) => {
            let entries = view.collections.get(collection);
            // Executed before: adding is idempotent by the entry's id.
            if entries.is_some_and(|c| c.iter().any(|e| Some(e.id) == *id)) {
                return Ok(());
            }
            add(schema, kind, view, collection, fields)
        }
        (key::KIND, Intent::Update { collection, id, fields }) => {
            update(schema, kind, view, collection, *id, fields)
        }
        (key::KIND, Intent::Remove { collection, .. }) => open(&view.folded.status, collection),
        (survey_campaign::KIND, Intent::Create { fields, .. } | Intent::Event { fields, .. }) => {
            campaign(schema, view, fields)
        }
        (survey_campaign::KIND, Intent::Set { field, value }) => {
            campaign(schema, view, &Map::from_iter([(field.clone(), value.clone())]))
        }
        _ => Ok(()),
    }
}

/// What a change writes to one entry of a sheet.
#[derive(Clone, Debug)]
pub struct EntryWrite<'a> {
    /// The collection.
    pub collection: &'a str,
    /// The entry.
    pub id: uuid::Uuid,
    /// Whether the change adds it.
    pub added: bool,
    /// Its fields that are set, `removed` among them.
    pub fields: Vec<&'a str>,
}

/// Checks a change of a sheet that was read from its bytes, as [`check`] checks an intent. `status` is the one
/// that its author saw, empty for a sheet that the change makes; `after` is the sheet with the change.
///
/// # Errors
/// As [`check`].
pub fn check_change(
    schema: &Schema,
    status: &str,
    after: &RecordView,
    writes: &[EntryWrite<'_>],
) -> Result<(), Refusal> {
    let (code, version) = of(after);
    let template = find(schema, code, version)?;
    for write in writes {
        open(status, write.collection)?;
        let entry = after.collections.get(write.collection).and_then(|c| c.iter().find(|e| e.id == write.id));
        let Some(entry) = entry else { continue };
        match write.collection {
            key::ANSWERS | key::CORRECTIONS if entry.removed => {}
            collection @ (key::ANSWERS | key::CORRECTIONS) => {
                if !write.added && write.fields.contains(&key::ANSWERS_ITEM) {
                    return Err(moved(collection));
                }
                check_entry(schema, code, version, collection, &entry.fields)?;
            }
            key::EXTRA_ANSWERS if !template.extra_items_allowed => {
                return Err(Refusal::field(Code::ForbiddenField, write.collection));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a change adds answers to a sheet that was handed in since its author saw it: what was given stands
/// (C03–C13 count it once), and corrections have an entry of their own.
#[must_use]
pub fn late(seen: &str, now: &str, writes: &[EntryWrite<'_>]) -> bool {
    let answers = [key::ANSWERS, key::EXTRA_ANSWERS];
    let open = |status| answers.iter().all(|collection| open(status, collection).is_ok());
    open(seen) && !open(now) && writes.iter().any(|w| answers.contains(&w.collection))
}

/// Whether the questionnaire of a new sheet is still offered: for what a person does now, not for what was
/// done before it was retired.
///
/// # Errors
/// `retired_code`.
pub fn check_offered(schema: &Schema, kind: &Kind, intent: &Intent) -> Result<(), Refusal> {
    let Intent::Create { fields, .. } = intent else { return Ok(()) };
    if kind.key != key::KIND {
        return Ok(());
    }
    let (code, version) = named(fields, key::TEMPLATE, key::TEMPLATE_VERSION);
    let code = code.unwrap_or_default();
    if find(schema, code, version.unwrap_or_default())?.retired {
        return Err(Refusal::field(Code::RetiredCode, key::TEMPLATE)
            .with("value", code)
            .with("list", "templates"));
    }
    Ok(())
}

/// Checks one answer, given as the typed values of its entry: for a change read from its bytes, and for
/// corrections alike. `collection` is what refusals name.
///
/// # Errors
/// As [`check`], without what depends on the sheet's state.
pub fn check_entry(
    schema: &Schema,
    template: &str,
    version: i64,
    collection: &str,
    fields: &BTreeMap<String, Value>,
) -> Result<(), Refusal> {
    let template = find(schema, template, version)?;
    let at = |field: &str| format!("{collection}/{field}");
    let text = |field: &str| match fields.get(field) {
        Some(Value::Text(text)) => text.trim(),
        _ => "",
    };
    let item = text(key::ANSWERS_ITEM);
    if item.is_empty() {
        return Err(Refusal::field(Code::Required, &at(key::ANSWERS_ITEM)));
    }
    let question = template.question(item).ok_or_else(|| {
        Refusal::field(Code::UnknownCode, &at(key::ANSWERS_ITEM))
            .with("value", item)
            .with("list", template.code.clone())
    })?;
    let options: Vec<&str> = options(text(key::ANSWERS_OPTION));
    let score = match fields.get(key::ANSWERS_SCORE) {
        Some(Value::Decimal(score)) => Some(*score),
        _ => None,
    };
    let said = !text(key::ANSWERS_TEXT).is_empty();
    if fields.get(key::ANSWERS_UNANSWERED) == Some(&Value::Bool(true)) {
        // Words may stand beside it (why the box was left empty); an answer may not.
        return match options.is_empty() && score.is_none() {
            true => Ok(()),
            false => Err(Refusal::field(Code::WrongType, &at(key::ANSWERS_UNANSWERED))),
        };
    }
    for code in &options {
        if question.option(code).is_none() {
            return Err(Refusal::field(Code::UnknownCode, &at(key::ANSWERS_OPTION))
                .with("value", *code)
                .with("list", question.code.clone()));
        }
    }
    answered(template, &question, &options, score, said, &at)
}

/// The code that an answer's `option` names, or several.
pub(super) fn options(text: &str) -> Vec<&str> {
    text.split(SEPARATOR).map(str::trim).filter(|o| !o.is_empty()).collect()
}

/// Whether the answer is of the kind that the question asks for.
fn answered(
    template: &Template,
    question: &Question<'_>,
    options: &[&str],
    score: Option<Decimal>,
    said: bool,
    at: &dyn Fn(&str) -> String,
) -> Result<(), Refusal> {
    let needs = |field: &str| Err(Refusal::field(Code::Required, &at(field)));
    let wrong = |field: &str| Err(Refusal::field(Code::WrongType, &at(field)));
    match question.item.kind {
        ItemKind::Text => match (score, said) {
            (Some(_), _) => wrong(key::ANSWERS_SCORE),
            (None, true) => Ok(()),
            (None, false) => needs(key::ANSWERS_TEXT),
        },
        ItemKind::Number => match score {
            // C08 has the ratings 1, 2, 3, 4 and 5 and none between them.
            Some(score)
                if template.scoring == Scoring::C08 && template.scores(question) && !score.is_integer() =>
            {
                wrong(key::ANSWERS_SCORE)
            }
            Some(score) => in_range(question, score, at),
            None => needs(key::ANSWERS_SCORE),
        },
        ItemKind::Multi => match (score, options.is_empty()) {
            (Some(_), _) => wrong(key::ANSWERS_SCORE),
            (None, true) => needs(key::ANSWERS_OPTION),
            (None, false) => Ok(()),
        },
        ItemKind::Scale | ItemKind::Single | ItemKind::Matrix => match (options, score) {
            ([_], None) => Ok(()),
            ([], None) => needs(key::ANSWERS_OPTION),
            // Paper sheets have points written on them: they mean the option with these points.
            ([], Some(score)) => match by_points(question, score) {
                Some(_) => Ok(()),
                None => Err(Refusal::field(Code::OutOfRange, &at(key::ANSWERS_SCORE))),
            },
            ([code], Some(score)) if by_points(question, score) == Some(*code) => Ok(()),
            ([_], Some(_)) => Err(Refusal::field(Code::OutOfRange, &at(key::ANSWERS_SCORE))),
            _ => wrong(key::ANSWERS_OPTION),
        },
    }
}

/// The option that has exactly these points.
pub(super) fn by_points<'a>(question: &Question<'a>, points: Decimal) -> Option<&'a str> {
    question.item.options.iter().find(|o| o.points == Some(points)).map(|o| o.code.as_str())
}

fn in_range(question: &Question<'_>, score: Decimal, at: &dyn Fn(&str) -> String) -> Result<(), Refusal> {
    let item = question.item;
    if item.min.is_none_or(|min| score >= min) && item.max.is_none_or(|max| score <= max) {
        return Ok(());
    }
    let mut refusal = Refusal::field(Code::OutOfRange, &at(key::ANSWERS_SCORE));
    for (name, bound) in [("min", item.min), ("max", item.max)] {
        if let Some(bound) = bound {
            refusal = refusal.with(name, bound.to_string());
        }
    }
    Err(refusal)
}

fn add(
    schema: &Schema,
    kind: &Kind,
    view: &RecordView,
    collection: &str,
    fields: &Map<String, Json>,
) -> Result<(), Refusal> {
    open(&view.folded.status, collection)?;
    let typed = typed(schema, kind, collection, fields)?;
    match collection {
        key::ANSWERS => {
            let item = typed.get(key::ANSWERS_ITEM).map(Value::to_text).unwrap_or_default();
            let mut held = view.collections.get(collection).into_iter().flatten().filter(|e| !e.removed);
            if held.any(|e| e.fields.get(key::ANSWERS_ITEM).is_some_and(|i| i.to_text() == item)) {
                let field = format!("{collection}/{}", key::ANSWERS_ITEM);
                return Err(Refusal::field(Code::DuplicateEntry, &field).with("value", item));
            }
            entry(schema, view, collection, &typed)
        }
        key::CORRECTIONS => entry(schema, view, collection, &typed),
        key::EXTRA_ANSWERS => {
            let (code, version) = of(view);
            match find(schema, code, version)?.extra_items_allowed {
                true => Ok(()),
                false => Err(Refusal::field(Code::ForbiddenField, collection)),
            }
        }
        _ => Ok(()),
    }
}

fn update(
    schema: &Schema,
    kind: &Kind,
    view: &RecordView,
    collection: &str,
    id: uuid::Uuid,
    fields: &Map<String, Json>,
) -> Result<(), Refusal> {
    open(&view.folded.status, collection)?;
    if collection != key::ANSWERS && collection != key::CORRECTIONS {
        return Ok(());
    }
    let held = view.collections.get(collection).and_then(|c| c.iter().find(|e| e.id == id));
    let Some(held) = held else { return Ok(()) };
    let mut after = held.fields.clone();
    for (field, value) in typed(schema, kind, collection, fields)? {
        // An answer to another question is another answer.
        if field == key::ANSWERS_ITEM && held.fields.get(&field) != Some(&value) {
            return Err(moved(collection));
        }
        after.insert(field, value);
    }
    entry(schema, view, collection, &after)
}

fn moved(collection: &str) -> Refusal {
    Refusal::field(Code::Frozen, &format!("{collection}/{}", key::ANSWERS_ITEM))
}

/// Whether a sheet of this status takes writes to this collection.
fn open(status: &str, collection: &str) -> Result<(), Refusal> {
    let cycle = crate::lifecycle::by_key(key::KIND);
    let phase = cycle.map(|c| if status.is_empty() { Phase::Open } else { c.phase(status) });
    match collection {
        key::ANSWERS | key::EXTRA_ANSWERS if phase != Some(Phase::Open) => {
            Err(Refusal::field(Code::Frozen, collection).with("status", status))
        }
        key::CORRECTIONS if phase == Some(Phase::Open) => {
            Err(Refusal::field(Code::ForbiddenState, collection).with("status", status))
        }
        _ => Ok(()),
    }
}

fn entry(
    schema: &Schema,
    view: &RecordView,
    collection: &str,
    fields: &BTreeMap<String, Value>,
) -> Result<(), Refusal> {
    let (code, version) = of(view);
    check_entry(schema, code, version, collection, fields)
}

fn campaign(schema: &Schema, view: &RecordView, fields: &Map<String, Json>) -> Result<(), Refusal> {
    use survey_campaign::{TEMPLATE, TEMPLATE_VERSION};
    let (code, version) = named(fields, TEMPLATE, TEMPLATE_VERSION);
    if code.is_none() && version.is_none() {
        return Ok(());
    }
    let held = view.value(TEMPLATE).to_text();
    let code = code.unwrap_or(&held);
    match (code, version.or(Some(of(view).1).filter(|v| *v > 0))) {
        ("", _) => Ok(()),
        (code, Some(version)) => find(schema, code, version).map(|_| ()),
        (code, None) => match schema.templates().newest(code) {
            Some(_) => Ok(()),
            None => Err(unknown(TEMPLATE, code)),
        },
    }
}

/// Template and version that a sheet (or campaign) names.
pub(super) fn of(view: &RecordView) -> (&str, i64) {
    let code = match view.value(key::TEMPLATE) {
        Value::Text(code) => code.as_str(),
        _ => "",
    };
    let version = match view.value(key::TEMPLATE_VERSION) {
        Value::Int(version) => *version,
        _ => 0,
    };
    (code, version)
}

fn find<'a>(schema: &'a Schema, code: &str, version: i64) -> Result<&'a Template, Refusal> {
    let templates = schema.templates();
    if templates.newest(code).is_none() {
        return Err(unknown(key::TEMPLATE, code));
    }
    u32::try_from(version)
        .ok()
        .and_then(|v| templates.get(code, v))
        .ok_or_else(|| unknown(key::TEMPLATE_VERSION, &version.to_string()))
}

fn unknown(field: &str, value: &str) -> Refusal {
    Refusal::field(Code::UnknownCode, field).with("value", value).with("list", "templates")
}

fn named<'a>(fields: &'a Map<String, Json>, code: &str, version: &str) -> (Option<&'a str>, Option<i64>) {
    let version = fields.get(version).and_then(|v| match v {
        Json::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    });
    (fields.get(code).and_then(Json::as_str).map(str::trim), version)
}

/// The entry's values, typed. What the schema has to say of them it says when the intent is executed.
fn typed(
    schema: &Schema,
    kind: &Kind,
    collection: &str,
    fields: &Map<String, Json>,
) -> Result<BTreeMap<String, Value>, Refusal> {
    let Some(collection) = kind.collection(collection) else { return Ok(BTreeMap::new()) };
    let mut out = BTreeMap::new();
    for (name, json) in fields {
        let Some(field) = collection.field(name) else { continue };
        // No field of an answer depends on the zone.
        let value = value::parse(schema, field, json, &Zone::default()).map_err(|mut refusal| {
            refusal.params.insert("field".into(), format!("{}/{name}", collection.key).into());
            refusal
        })?;
        out.insert(name.clone(), value);
    }
    Ok(out)
}
