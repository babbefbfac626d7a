//! Nothing of the domain catalogue is dropped silently: every field of its unified records (2B) stands in
//! `catalogue/fields.tsv` with the place where it lives, and that place exists. The table in
//! `docs/DATA-MODEL.md` is made from it; `UPDATE_DOCS=1` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use domain::deadline;
use domain::lifecycle::{self, Lifecycle};
use domain::schema::{Field, FieldType, Kind, Schema, Visibility};

const BEGIN: &str = "<!-- generated: fields -->";
const END: &str = "<!-- end -->";

struct Row {
    section: String,
    record: String,
    field: String,
    name: String,
    place: String,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(root("client-core/domain/catalogue/fields.tsv")).unwrap();
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [section, record, field, name, place] = cells[..] else { panic!("five columns: {line}") };
            let [section, record, field, name, place] =
                [section, record, field, name, place].map(str::to_owned);
            Row { section, record, field, name, place }
        })
        .collect()
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// What a place leads to, as the table shows it; `None` if there is no such place.
fn place(schema: &Schema, row: &Row) -> Option<String> {
    if row.place.is_empty() {
        return field_text(schema, &row.record, &row.field);
    }
    let Some((word, rest)) = row.place.split_once(':') else {
        return match row.place.as_str() {
            "document" => Some("每份记录自带 · kept with every record".to_owned()),
            "history" => Some("修改历史 · history of every record".to_owned()),
            "sync" => Some("同步信息 · sync".to_owned()),
            "calendar" => Some("工作日历 · working calendar".to_owned()),
            path => field_text(schema, path.split_once('.')?.0, path.split_once('.')?.1),
        };
    };
    let kind = schema.kind(rest.split(['.', ':']).next()?);
    match word {
        "status" => cycle(kind?).map(|_| format!("状态 · status of `{rest}`")),
        "assign" => {
            (kind?.visibility == Visibility::Assigned).then(|| format!("分派 · people assigned to `{rest}`"))
        }
        "why" => cycle(kind?)?
            .transitions
            .iter()
            .any(|t| t.why)
            .then(|| format!("步骤的原因 · reason of a step of `{rest}`")),
        "event" => {
            let status = rest.split_once(':')?.1;
            cycle(kind?)?.state(status)?;
            Some(format!("步骤 · step into `{status}` of `{}`", kind?.key))
        }
        "refs" => {
            let field = kind?.field(rest.split_once('.')?.1)?;
            (field.kind == FieldType::Ref).then(|| format!("相关记录 · records whose `{rest}` names it"))
        }
        "entry" => {
            kind?.collection(rest.split_once('.')?.1)?;
            Some(format!("每条自带 · kept with every entry of `{rest}`"))
        }
        "deadline" => deadline::rules::by_id(rest).map(|r| format!("时限 · limit {rest} {}", r.label().zh)),
        "formula" => domain::calc::catalogue::version(rest).map(|_| format!("公式 · formula {rest}")),
        "template" => {
            let mut keys = BTreeSet::new();
            schema.templates().all().for_each(|t| all_keys(&serde_json::to_value(t).unwrap(), &mut keys));
            keys.contains(rest).then(|| format!("问卷模板 · questionnaire, `{rest}`"))
        }
        _ => None,
    }
}

fn cycle(kind: &Kind) -> Option<&'static Lifecycle> {
    lifecycle::by_key(kind.lifecycle.as_deref()?)
}

fn all_keys(json: &serde_json::Value, into: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                into.insert(key.clone());
                all_keys(value, into);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|i| all_keys(i, into)),
        _ => {}
    }
}

/// `field`, `collection` or `collection.field` of a kind or of its companion.
fn field_text(schema: &Schema, record: &str, path: &str) -> Option<String> {
    let kind = schema.kind(record)?;
    let parts = std::iter::once(kind).chain(schema.companion(kind));
    parts.into_iter().find_map(|kind| {
        let (head, entry) = path.split_once('.').map_or((path, None), |(c, f)| (c, Some(f)));
        let text = match (kind.field(head), kind.collection(head), entry) {
            (Some(field), _, None) => describe(field),
            (_, Some(_), None) => "明细 entries".to_owned(),
            (_, Some(collection), Some(key)) => describe(collection.field(key)?),
            _ => return None,
        };
        Some(format!("`{}.{}` {text}", kind.key, path.replace('.', "/")))
    })
}

fn describe(field: &Field) -> String {
    let word = |json: serde_json::Value| json.as_str().unwrap_or_default().to_owned();
    let mut text = word(serde_json::to_value(field.kind).unwrap());
    if let Some(of) = field.list.as_ref().or(field.target.as_ref()) {
        let _ = write!(text, " `{of}`");
    }
    if field.computed {
        text.push_str(", 自动 computed");
    }
    if field.offline {
        text.push_str(", ☎");
    }
    text
}

#[test]
fn every_field_of_the_catalogue_has_a_place_that_exists() {
    let schema = Schema::builtin().unwrap();
    let rows = rows();
    let mut seen = BTreeSet::new();
    let mut lost = Vec::new();
    for row in &rows {
        assert!(seen.insert((&row.record, &row.field)), "{}.{} stands there twice", row.record, row.field);
        if place(&schema, row).is_none() {
            lost.push(format!("{}.{} ({}): {:?}", row.record, row.field, row.name, row.place));
        }
    }
    assert!(lost.is_empty(), "{} fields have no place:\n{}", lost.len(), lost.join("\n"));
}

#[test]
fn the_list_of_fields_is_whole() {
    // The catalogue's tables, counted by section: a row that is lost would not be missed otherwise.
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows() {
        *count.entry(row.section).or_default() += 1;
    }
    let count: Vec<_> = count.iter().map(|(s, n)| (s.as_str(), *n)).collect();
    assert_eq!(
        count,
        [
            ("2B", 11),
            ("2B-1", 153),
            ("2B-10", 28),
            ("2B-11", 287),
            ("2B-2", 66),
            ("2B-3", 79),
            ("2B-4", 65),
            ("2B-5", 46),
            ("2B-6", 33),
            ("2B-7", 41),
            ("2B-8", 31),
            ("2B-9", 47),
        ]
    );
}

#[test]
fn the_documentation_shows_the_table() {
    let schema = Schema::builtin().unwrap();
    let mut table = String::new();
    let mut under = String::new();
    for row in rows() {
        let title = format!("{} `{}`", row.section, row.record);
        if title != under {
            let _ = write!(
                table,
                "\n#### {title}\n\n| 字段 field | 名称 name | 位置 where it lives |\n|---|---|---|\n"
            );
            under = title;
        }
        let place = place(&schema, &row).unwrap_or_default();
        let _ = writeln!(table, "| `{}` | {} | {place} |", row.field, row.name.replace('|', "/"));
    }
    let path = root("docs/DATA-MODEL.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the marker where the table begins");
    let (_, after) = rest.split_once(END).expect("the marker where the table ends");
    let wanted = format!("{before}{BEGIN}\n{table}\n{END}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(text == wanted || std::env::var_os("UPDATE_DOCS").is_some(), "UPDATE_DOCS=1 writes it anew");
}
