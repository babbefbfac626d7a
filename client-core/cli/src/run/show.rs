//! Answers as a person reads them.

use client_core::domain::schema::{Kind, Label, Schema};
use client_core::domain::time::Timestamp;
use serde_json::Value as Json;

use crate::args::Lang;
use crate::text::{plain, word};

fn label(lang: Lang, label: &Label) -> &str {
    match lang {
        Lang::Zh => &label.zh,
        Lang::En => &label.en,
    }
}

fn rows(json: &Json) -> &[Json] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn lines(lang: Lang, all: Vec<String>) -> String {
    if all.is_empty() { word(lang, "nothing").to_owned() } else { all.join("\n") }
}

/// `list`
pub fn list(lang: Lang, schema: &Schema, json: &Json) -> String {
    let line = |row: &Json| {
        let sync = word(lang, row["sync"].as_str().unwrap_or_default());
        let called = match &row["number"] {
            Json::Null => plain(&row["id"]),
            number => plain(number),
        };
        let kind = row["kind"].as_str().and_then(|k| schema.kind(k));
        let status = crate::text::status(lang, kind, row["status"].as_str().unwrap_or_default());
        format!("{called}  {status}  {sync}  {}", plain(&row["title"]))
    };
    lines(lang, rows(json).iter().map(line).collect())
}

/// `deadlines`
pub fn deadlines(lang: Lang, schema: &Schema, json: &Json) -> String {
    let line = |row: &Json| {
        let due = serde_json::from_value(row["due"].clone()).map(|at: Timestamp| at.to_local(schema.zone()));
        let due = due.unwrap_or_else(|_| word(lang, "no_due_time").to_owned());
        let state = word(lang, row["state"].as_str().unwrap_or_default());
        let text = |label: &Json| plain(&label[if lang == Lang::Zh { "zh" } else { "en" }]);
        let (what, who) = (text(&row["label"]), text(&row["owes"]));
        let level = match row["level"].as_u64() {
            Some(level @ 1..) => format!("  {} {level}", word(lang, "level")),
            _ => String::new(),
        };
        let record = format!("{}  {}", plain(&row["number"]), plain(&row["title"]));
        format!("{due}  {state}  {}  {what}  {who}{level}  {record}", plain(&row["rule"]))
            .trim_end()
            .to_owned()
    };
    lines(lang, rows(json).iter().map(line).collect())
}

/// `outbox`, `refused`
pub fn outbox(lang: Lang, schema: &Schema, json: &Json) -> String {
    let line = |row: &Json| {
        let state = word(lang, row["state"].as_str().unwrap_or("not_accepted"));
        let why = match row["code"].as_str() {
            Some(code) => {
                let mut params = row["params"].as_object().cloned().unwrap_or_default();
                params.entry("kind").or_insert_with(|| row["kind"].clone());
                crate::text::message(lang, Some(schema), code, &params)
            }
            None => String::new(),
        };
        let called = if row["record"].is_null() { plain(&row["id"]) } else { plain(&row["record"]) };
        format!("{}  {called}  {}  {state}  {why}", plain(&row["n"]), plain(&row["what"]))
    };
    lines(lang, rows(json).iter().map(line).collect())
}

/// `conflicts`
pub fn conflicts(lang: Lang, json: &Json) -> String {
    let mut all = Vec::new();
    for conflict in rows(json) {
        all.push(plain(&conflict["field"]));
        for value in rows(&conflict["values"]) {
            all.push(format!(
                "  {}  {}  {}",
                plain(&value["n"]),
                plain(&value["value"]),
                plain(&value["at"])
            ));
        }
    }
    lines(lang, all)
}

/// `history`
pub fn history(json: &Json) -> String {
    let line = |item: &Json| {
        format!("{}  {} = {}", plain(&item["at"]), plain(&item["field"]), plain(&item["value"]))
    };
    rows(json).iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `status`
pub fn status(lang: Lang, json: &Json) -> String {
    let part = |key: &str, value: &Json| format!("{}：{}", word(lang, key), plain(value));
    let mut parts = vec![part("user", &json["user"]["display"]), part("unsent", &json["unsent"])];
    // What else keeps the device for its account, where there is any.
    for key in ["proposed", "files"] {
        if json[key].as_u64() > Some(0) {
            parts.push(part(key, &json[key]));
        }
    }
    parts.extend([part("not_accepted", &json["refused"]), part("last_sync", &json["last_sync"])]);
    parts.join("  ")
}

/// `show`
pub fn record(lang: Lang, schema: &Schema, json: &Json) -> String {
    let kind = json["kind"].as_str().and_then(|k| schema.kind(k));
    let sync = word(lang, json["sync"].as_str().unwrap_or_default());
    let status = crate::text::status(lang, kind, json["status"].as_str().unwrap_or_default());
    let mut all = vec![format!("{}  {status}  {sync}  {}", plain(&json["number"]), plain(&json["id"]))];
    let kinds: Vec<&Kind> = kind.into_iter().chain(kind.and_then(|k| schema.companion(k))).collect();
    // In the order of the form.
    for field in kinds.iter().flat_map(|k| &k.fields) {
        let value = &json["fields"][&field.key];
        if value.is_null() {
            continue;
        }
        let list = field.list.as_deref().and_then(|l| schema.list(l));
        let named = |code: &Json| {
            let found = list.and_then(|l| l.code(code.as_str()?));
            found.map_or_else(|| plain(code), |c| label(lang, &c.label).to_owned())
        };
        let shown = match value {
            Json::Array(codes) => codes.iter().map(named).collect::<Vec<_>>().join("、"),
            one => named(one),
        };
        all.push(format!("  {}：{shown}{}", label(lang, &field.label), field.unit.as_deref().unwrap_or("")));
    }
    for collection in kinds.iter().flat_map(|k| &k.collections) {
        let entries: Vec<&Json> =
            rows(&json["collections"][&collection.key]).iter().filter(|e| e["removed"] != true).collect();
        if entries.is_empty() {
            continue;
        }
        all.push(format!("  {}（{}）", label(lang, &collection.label), entries.len()));
        for entry in entries {
            let part = |(key, value): (&String, &Json)| format!("{key}={}", plain(value));
            let own = |key: &str| !["id", "by", "at", "removed"].contains(&key);
            let parts = entry.as_object().into_iter().flatten().filter(|(k, _)| own(k)).map(part);
            all.push(format!("    {}", parts.collect::<Vec<_>>().join("  ")));
        }
    }
    all.join("\n")
}
