//! `docs/DOMAIN.md` says what the program does: its tables are made here from the program's own, and
//! compared. `UPDATE_DOCS=1` rewrites them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;

use domain::calc::catalogue::FORMULAS;
use domain::deadline::rules;
use domain::lifecycle::{self, Lifecycle, Phase, Transition};
use domain::schema::{Kind, Label, Required, Schema, When};
use domain::settings::{Pattern, numbering};
use serde_json::Value as Json;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/DOMAIN.md");

#[test]
fn the_document_says_what_the_program_does() {
    let schema = Schema::builtin().unwrap();
    let written = std::fs::read_to_string(DOCUMENT).unwrap();
    let mut made = written.clone();
    for (name, text) in [
        ("lifecycles", lifecycles(&schema)),
        ("limits", limits(&schema)),
        ("formulas", formulas()),
        ("numbers", numbers(&schema)),
    ] {
        made = replace(&made, name, &text);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(DOCUMENT, &made).unwrap();
    }
    let differs = written.lines().zip(made.lines()).find(|(was, is)| was != is);
    let same = written == made || std::env::var_os("UPDATE_DOCS").is_some();
    assert!(same, "docs/DOMAIN.md is out of date at {differs:?}: UPDATE_DOCS=1 cargo test --test domain_doc");
}

/// Puts `text` between the markers of a generated part.
fn replace(document: &str, name: &str, text: &str) -> String {
    let begin = format!("<!-- generated: {name} -->");
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no marker {begin}"));
    let (_, after) = rest.split_once("<!-- end -->").expect("an end marker");
    format!("{before}{begin}\n{text}<!-- end -->{after}")
}

fn lifecycles(schema: &Schema) -> String {
    let mut out = String::new();
    for cycle in lifecycle::all() {
        let kinds: Vec<&Kind> =
            schema.kinds().filter(|k| k.lifecycle.as_deref() == Some(cycle.key)).collect();
        assert!(!kinds.is_empty(), "no kind has the lifecycle {}", cycle.key);
        for kind in &kinds {
            writeln!(out, "\n### {} `{}`\n", kind.label.zh, kind.key).unwrap();
        }
        writeln!(out, "{}\n", states(cycle)).unwrap();
        writeln!(out, "| step | from → to | who | needs | conditions | sets |\n|---|---|---|---|---|---|")
            .unwrap();
        let json = cycle.to_json();
        let told = json["transitions"].as_array().unwrap();
        for (step, told) in cycle.transitions.iter().zip(told) {
            let from: Vec<String> = step.from.iter().map(|s| status(cycle, s)).collect();
            let checks: Vec<String> = step.checks.iter().map(|c| format!("`{}`", c.as_str())).collect();
            writeln!(
                out,
                "| {} | {} → {} | {} | {} | {} | {} |",
                step.id,
                from.join(", "),
                status(cycle, step.to),
                who(&told["who"]),
                needs(schema, &kinds, step),
                checks.join(", "),
                sets(&kinds, step),
            )
            .unwrap();
        }
    }
    out.push('\n');
    out
}

fn states(cycle: &Lifecycle) -> String {
    let word = |phase| match phase {
        Phase::Open => "open",
        Phase::Submitted => "submitted",
        Phase::Closed => "closed",
        Phase::Archived => "archived",
    };
    let mut parts = Vec::new();
    for phase in [Phase::Open, Phase::Submitted, Phase::Closed, Phase::Archived] {
        let codes: Vec<String> = cycle
            .states
            .iter()
            .filter(|s| s.phase == phase)
            .map(|s| format!("{} `{}`", s.zh, s.code))
            .collect();
        if !codes.is_empty() {
            parts.push(format!("*{}*: {}", word(phase), codes.join(", ")));
        }
    }
    format!("Begins as `{}`. {}.", cycle.initial, parts.join("; "))
}

fn status(cycle: &Lifecycle, code: &str) -> String {
    let state = cycle.state(code).expect("a status of the table");
    format!("{} `{code}`", state.zh)
}

fn who(words: &Json) -> String {
    let words: Vec<&str> = words.as_array().unwrap().iter().filter_map(Json::as_str).collect();
    match words.as_slice() {
        ["engineer", "office"] => "staff".to_owned(),
        ["office"] => "office".to_owned(),
        [one] => one.replace("office:", "office (") + ")",
        other => other.join(", "),
    }
}

/// What a step asks for, in the words of the forms, with the reason first where it asks why.
fn needs(schema: &Schema, kinds: &[&Kind], step: &Transition) -> String {
    let mut out = Vec::new();
    if step.why {
        out.push("*why*".to_owned());
    }
    for kind in kinds.iter().flat_map(|k| [Some(*k), schema.companion(k)]).flatten() {
        let fields = kind.fields.iter().map(|f| (&f.label, &f.required, f.when.as_ref()));
        let collections = kind.collections.iter().map(|c| (&c.label, &c.required, c.when.as_ref()));
        for (label, required, when) in fields.chain(collections) {
            if matches!(required, Required::Entering(_)) && required.by(step) {
                let when = when.map(|w| format!(" (if {})", condition(schema, kind, w))).unwrap_or_default();
                out.push(format!("{}{when}", label.zh));
            }
        }
    }
    out.join(", ")
}

fn condition(schema: &Schema, kind: &Kind, when: &When) -> String {
    let beside = schema.companion(kind).or_else(|| schema.kind(kind.companion_of.as_deref()?));
    let field = kind.field(&when.field).or_else(|| beside?.field(&when.field)).expect("a known field");
    let list = field.list.as_deref().and_then(|l| schema.list(l));
    let word = |code: &String| -> String {
        match code.as_str() {
            "" => "empty".to_owned(),
            "true" => "是".to_owned(),
            "false" => "否".to_owned(),
            code => list.and_then(|l| l.code(code)).map_or_else(|| code.to_owned(), |c| c.label.zh.clone()),
        }
    };
    let words = |codes: &[String]| codes.iter().map(word).collect::<Vec<_>>().join("/");
    let mut parts = Vec::new();
    if !when.is.is_empty() {
        parts.push(format!("{} = {}", field.label.zh, words(&when.is)));
    }
    if !when.not.is_empty() {
        parts.push(format!("{} ≠ {}", field.label.zh, words(&when.not)));
    }
    if when.filled {
        parts.push(format!("{} is filled", field.label.zh));
    }
    parts.join(" and ")
}

/// Every field that a step sets is a computed field of each kind that has the lifecycle.
fn sets(kinds: &[&Kind], step: &Transition) -> String {
    let mut out = Vec::new();
    for key in step.sets {
        for kind in kinds {
            let field = kind.field(key).unwrap_or_else(|| panic!("{} sets {}.{key}", step.id, kind.key));
            assert!(field.computed, "{} sets {}.{key}, which people type", step.id, kind.key);
            out.push(field.label.zh.clone());
        }
    }
    out.dedup();
    if !step.fixes.is_empty() {
        out.push(format!("results of {} stand", step.fixes.join(", ")));
    }
    out.join(", ")
}

fn limits(schema: &Schema) -> String {
    let mut out = String::from(
        "\n| | what | who owes it | of | usually | clock | setting | source |\n|---|---|---|---|---|---|---|---|\n",
    );
    for rule in rules::all() {
        let of: Vec<String> = rule
            .kinds
            .iter()
            .map(|key| schema.kind(key).map_or_else(|| (*key).to_owned(), |k| k.label.zh.clone()))
            .collect();
        let Label { zh, en } = rule.label();
        let basis = serde_json::to_value(rule.limit.basis()).unwrap();
        writeln!(
            out,
            "| {} | {zh} {en} | {} | {} | {} | {} | {} | {} |",
            rule.id,
            rule.owner.label().zh,
            of.join(", "),
            rule.limit,
            basis.as_str().unwrap(),
            if rule.cfg.is_empty() { String::new() } else { format!("`{}`", rule.cfg) },
            rule.source,
        )
        .unwrap();
    }
    out.push('\n');
    out
}

fn formulas() -> String {
    let mut out = String::from("\n| | what | in `calc::` | version |\n|---|---|---|---|\n");
    for formula in FORMULAS {
        writeln!(out, "| {} | {} | `{}` | {} |", formula.code, formula.what, formula.module, formula.version)
            .unwrap();
    }
    out.push('\n');
    out
}

fn numbers(schema: &Schema) -> String {
    let mut out = String::from("\n| kind | number | looks like |\n|---|---|---|\n");
    let mut prefixes = std::collections::BTreeSet::new();
    for kind in schema.kinds() {
        let Some(number) = &kind.number else { continue };
        assert!(prefixes.insert(&number.prefix), "{} has the prefix of another kind", kind.key);
        let pattern = Pattern::parse(numbering::DEFAULT, &number.prefix).unwrap();
        let field = kind.field(&number.field).unwrap();
        let example = pattern.number("2026-03-12".parse().unwrap(), "", 1);
        writeln!(out, "| {} `{}` | {} | {example} |", kind.label.zh, kind.key, field.label.zh).unwrap();
    }
    out.push('\n');
    out
}
