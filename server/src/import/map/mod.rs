//! Cells → values of fields. What a cell says for sure is taken; everything else is a note to a person,
//! with the original beside it.

use std::collections::{BTreeMap, BTreeSet};

use domain::schema::{CodeList, FieldType, Schema};
use domain::time::Zone;
use domain::value;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::dates::{self, Found};
use super::layout::{Column, Target};
use super::sheet::Row;
use super::text::{folded, half_width, is_blank, is_pending, one_line};

/// Something about a row that a person should look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Stable code.
    pub code: &'static str,
    /// The field concerned; empty if none.
    pub field: String,
    /// What the text of the code needs, the field among it.
    pub params: Map<String, Json>,
}

impl Note {
    /// A note about a field.
    #[must_use]
    pub fn of(code: &'static str, field: &str, params: Json) -> Self {
        let mut map = Map::new();
        if !field.is_empty() {
            map.insert("field".to_owned(), field.into());
        }
        if let Json::Object(more) = params {
            map.extend(more);
        }
        Self { code, field: field.to_owned(), params: map }
    }
}

/// What a row says, field by field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Values by field key, of the kind and its companion.
    pub fields: BTreeMap<String, Json>,
    /// Entries by collection and place in it.
    pub entries: BTreeMap<(String, String), Map<String, Json>>,
    /// Fields whose cell says something that could not be taken.
    pub unread: BTreeSet<String>,
    /// What a person should look at.
    pub notes: Vec<Note>,
}

/// Looks up the names that cells hold.
pub trait Names {
    /// The user whom a name means, if it means exactly one.
    fn person(&self, name: &str) -> Option<Uuid>;
    /// The customer that a spelling means.
    fn customer(&self, spelling: &str) -> Option<Uuid>;
    /// The record of another kind that a number or name means, if it means exactly one.
    fn record(&self, kind: &str, name: &str) -> Option<Uuid>;
}

/// What mapping needs to know besides the row.
pub struct Mapper<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The zone in which days are meant.
    pub zone: &'a Zone,
    /// People and customers.
    pub names: &'a dyn Names,
}

impl Mapper<'_> {
    /// What the cells of a row say.
    #[must_use]
    pub fn row(&self, columns: &[Column<'_>], row: &Row) -> Draft {
        let mut draft = Draft::default();
        for column in columns {
            let text = row.cell(column.index);
            if !is_blank(text) {
                self.cell(&mut draft, column, text);
            }
        }
        draft
    }

    fn cell(&self, draft: &mut Draft, column: &Column<'_>, text: &str) {
        let narrow = half_width(text);
        let written: Vec<&str> = narrow.split('/').map(str::trim).collect();
        if !column.parts.is_empty() && written.len() == column.parts.len() {
            for (targets, part) in column.parts.iter().zip(written) {
                if !is_blank(part) {
                    self.targets(draft, targets, part, column.factor);
                }
            }
        } else {
            self.targets(draft, &column.targets, text, column.factor);
        }
    }

    /// Gives a text to the fields of its column. Of several code lists the one that knows the spelling
    /// best takes it: Major is a defect class by its label, and a severity only by an internal code.
    fn targets(&self, draft: &mut Draft, targets: &[Target<'_>], text: &str, factor: u32) {
        let lists: Vec<(&Target<'_>, u8)> = targets
            .iter()
            .filter_map(|t| Some((t, self.schema.list(t.field.list.as_deref()?)?)))
            .filter(|(t, _)| t.field.kind == FieldType::Enum)
            .map(|(t, list)| (t, knows(list, text)))
            .collect();
        let best = lists.iter().map(|(_, strength)| *strength).max().unwrap_or(0);
        for (at, (target, strength)) in lists.iter().enumerate() {
            // None knows it: the first says so.
            if *strength == best && (best > 0 || at == 0) {
                self.value(draft, target, text, factor);
            }
        }
        for target in targets.iter().filter(|t| t.field.kind != FieldType::Enum) {
            self.value(draft, target, text, factor);
        }
    }

    fn value(&self, draft: &mut Draft, target: &Target<'_>, text: &str, factor: u32) {
        let name = target.name();
        let several = target.collection.is_some() && target.field.kind == FieldType::Text;
        let texts: Vec<String> = if several { spellings(text) } else { vec![text.to_owned()] };
        for (at, text) in texts.iter().enumerate() {
            let mut notes = Vec::new();
            let read = self.read(target, text, factor, &mut notes);
            draft.notes.extend(notes);
            let checked =
                read.and_then(|json| match value::parse(self.schema, target.field, &json, self.zone) {
                    Ok(_) => Some(json),
                    Err(refusal) => {
                        let mut note = Note::of(refusal_code(refusal.code), &name, json!({"value": text}));
                        for (key, value) in refusal.params.iter().filter(|(k, _)| *k != "field") {
                            note.params.entry(key.clone()).or_insert_with(|| value.clone());
                        }
                        draft.notes.push(note);
                        None
                    }
                });
            match (checked, target.collection) {
                (None, _) => {
                    draft.unread.insert(name.clone());
                }
                (Some(json), None) => put(draft, target, json),
                (Some(json), Some(collection)) => {
                    // One entry per row, whose fields come from several columns; one per spelling.
                    let place = if texts.len() > 1 || several && collection.fields.len() == 1 {
                        folded(text)
                    } else {
                        at.to_string()
                    };
                    let entry = draft.entries.entry((collection.key.clone(), place)).or_default();
                    entry.insert(target.field.key.clone(), json);
                }
            }
        }
    }

    fn read(&self, target: &Target<'_>, text: &str, factor: u32, notes: &mut Vec<Note>) -> Option<Json> {
        let field = target.field;
        let name = target.name();
        let mut note = |code, params| notes.push(Note::of(code, &name, params));
        let line = one_line(text);
        match field.kind {
            FieldType::Text => Some(line.into()),
            FieldType::Longtext => Some(text.trim().into()),
            FieldType::Date | FieldType::Datetime => match dates::read(text) {
                Found::Day(day) => Some(day.to_string().into()),
                Found::At(at) if field.kind == FieldType::Date => Some(at.date().to_string().into()),
                Found::At(at) => Some(at.to_string().into()),
                Found::Month(first) => {
                    let month = first.strftime("%Y-%m").to_string();
                    note("date_month_only", json!({"value": line, "month": month}));
                    None
                }
                Found::Pending => {
                    note("date_pending", json!({"value": line}));
                    None
                }
                Found::Blank => None,
                Found::Unreadable => {
                    note("date_unreadable", json!({"value": line}));
                    None
                }
            },
            FieldType::Time => Some(line.into()),
            FieldType::Enum => {
                let list = self.schema.list(field.list.as_deref().unwrap_or_default())?;
                match list.recognise(&half_width(&line)).or_else(|| list.recognise(&line)) {
                    Some(code) => Some(code.code.clone().into()),
                    None => {
                        if !is_pending(&line) {
                            note("unknown_code", json!({"value": line, "list": list.key}));
                        }
                        None
                    }
                }
            }
            FieldType::MultiEnum => {
                let list = self.schema.list(field.list.as_deref().unwrap_or_default())?;
                let mut codes = BTreeSet::new();
                let whole = list.recognise(&line);
                let parts = if whole.is_some() { vec![line.clone()] } else { spellings(&line) };
                for part in parts {
                    match list.recognise(&part) {
                        Some(code) => {
                            codes.insert(code.code.clone());
                        }
                        None if is_pending(&part) => {}
                        None => note("unknown_code", json!({"value": part, "list": list.key})),
                    }
                }
                (!codes.is_empty()).then(|| json!(codes))
            }
            FieldType::Int | FieldType::Decimal | FieldType::Percent | FieldType::Money => {
                let factor = if field.kind == FieldType::Money { factor } else { 1 };
                match number(&line) {
                    Some(found) => {
                        if found.approximate {
                            note(
                                "number_approximate",
                                json!({"value": line, "number": found.number.to_string()}),
                            );
                        }
                        let own = field.unit.as_deref().is_some_and(|u| folded(u) == found.unit);
                        if !found.unit.is_empty() && !own {
                            let number = found.number.to_string();
                            note(
                                "number_with_unit",
                                json!({"value": line, "number": number, "unit": found.unit}),
                            );
                        }
                        let scaled = found.number.checked_mul(Decimal::from(factor))?;
                        Some(scaled.normalize().to_string().into())
                    }
                    None => {
                        if !is_pending(&line) {
                            note("number_unreadable", json!({"value": line}));
                        }
                        None
                    }
                }
            }
            FieldType::Bool => match folded(&line).as_str() {
                "是" | "有" | "√" | "✓" | "y" | "yes" | "true" | "1" | "书面" | "跨厂" => {
                    Some(true.into())
                }
                "否" | "没有" | "×" | "x" | "n" | "no" | "false" | "0" | "口头" | "厂内" => {
                    Some(false.into())
                }
                _ => {
                    if !is_pending(&line) {
                        note("unknown_code", json!({"value": line}));
                    }
                    None
                }
            },
            FieldType::Ref => {
                let found = match field.target.as_deref() {
                    Some("customer") => self.names.customer(&line),
                    Some("user") => {
                        let person = self.names.person(&line);
                        if person.is_none() && !is_pending(&line) {
                            note("person_unknown", json!({"value": line}));
                        }
                        person
                    }
                    Some(kind) => {
                        let record = self.names.record(kind, &line);
                        if record.is_none() && !is_pending(&line) {
                            note("record_unknown", json!({"value": line, "kind": kind}));
                        }
                        record
                    }
                    None => None,
                };
                found.map(|id| id.to_string().into())
            }
        }
    }
}

/// Sets a field; two columns of one text field are joined, of others the first one stands.
fn put(draft: &mut Draft, target: &Target<'_>, json: Json) {
    let key = &target.field.key;
    let text = matches!(target.field.kind, FieldType::Text | FieldType::Longtext);
    match (draft.fields.get_mut(key), json) {
        (None, json) => {
            draft.fields.insert(key.clone(), json);
        }
        (Some(Json::String(held)), Json::String(more)) if text => {
            if !held.contains(&more) {
                held.push_str(" / ");
                held.push_str(&more);
            }
        }
        (Some(held), json) => {
            if *held != json {
                draft.notes.push(Note::of("column_repeated", key, json!({"value": json})));
            }
        }
    }
}

/// How well a list knows a spelling: 3 by a label, 2 by a synonym, 1 by an internal code, 0 not.
fn knows(list: &CodeList, text: &str) -> u8 {
    let text = half_width(&one_line(text));
    let same = |s: &str| s.eq_ignore_ascii_case(text.trim());
    let any = |f: &dyn Fn(&domain::schema::ListCode) -> bool| list.codes.iter().any(f);
    if any(&|c| same(&c.label.zh) || same(&c.label.en)) {
        3
    } else if any(&|c| c.synonyms.iter().any(|s| same(s))) {
        2
    } else {
        u8::from(any(&|c| same(&c.code)))
    }
}

/// A cell with several spellings: 粤宝机柜/YUEBAO, 返工、补发.
fn spellings(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in half_width(text).split(['/', '、', ',', ';', '|', '\n', '，', '；']) {
        let part = one_line(part);
        if !is_blank(&part) && !out.iter().any(|o| folded(o) == folded(&part)) {
            out.push(part);
        }
    }
    out
}

/// The note of a refused value; the same words as the API's.
fn refusal_code(code: domain::error::Code) -> &'static str {
    code.as_str()
}

/// A number as people write it.
struct Number {
    number: Decimal,
    approximate: bool,
    /// A unit other than a plain piece.
    unit: String,
}

/// `5000`, `1,200`, `1pcs`, `约30`, `30左右`, `5%`.
fn number(text: &str) -> Option<Number> {
    const ABOUT: [&str; 8] = ["约", "大约", "近", "左右", "上下", "多", "余", "~"];
    const PIECES: [&str; 17] =
        ["pcs", "pc", "件", "个", "只", "台", "套", "根", "块", "支", "片", "把", "辆", "副", "%", "元", "¥"];
    let mut rest = folded(text).replace(',', "");
    let mut approximate = false;
    for word in ABOUT {
        if let Some(shorter) = rest.strip_prefix(word).or_else(|| rest.strip_suffix(word)) {
            rest = shorter.to_owned();
            approximate = true;
        }
    }
    rest = rest.trim_start_matches('¥').to_owned();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(rest.len());
    let (digits, unit) = rest.split_at(end);
    let number: Decimal = digits.parse().ok()?;
    let mut unit = unit.trim_start_matches('.').to_owned();
    for word in ABOUT {
        if let Some(shorter) = unit.strip_suffix(word) {
            unit = shorter.to_owned();
            approximate = true;
        }
    }
    // `2x3`, `3-5件`, `1/2`: two numbers are none.
    if unit.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    if PIECES.contains(&unit.as_str()) {
        unit.clear();
    }
    Some(Number { number, approximate, unit })
}

#[cfg(test)]
mod tests;
