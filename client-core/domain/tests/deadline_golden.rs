//! The table `deadline_golden.txt`: timelines and what the rules make of them, checked cell by cell.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::deadline::calendar::{Calendar, CalendarSettings};
use domain::deadline::escalation::Severity;
use domain::deadline::rules::{self, Mark, Pause, Timing};
use domain::deadline::snapshot::{Lot, Step};
use domain::deadline::{Basis, Deadline, Limit, Settings, Sla, Snapshot, State, deadlines};
use domain::time::{Timestamp, Zone};
use std::collections::BTreeSet;

/// Read when the test runs: a line of the table is changed without building anew.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deadline_golden.txt");

/// `"Mon 2026-03-02 09:00"`, whose weekday is checked; a day alone is its beginning.
fn time(text: &str) -> Timestamp {
    let (weekday, rest) = text.trim().split_once(' ').unwrap_or_else(|| panic!("no time: {text:?}"));
    let at = Timestamp::parse(rest, &Zone::default()).unwrap_or_else(|| panic!("no time: {text:?}"));
    assert_eq!(weekday_of(at), weekday, "{text}");
    at
}

fn weekday_of(at: Timestamp) -> &'static str {
    let date = at.date_in(&Zone::default()).unwrap();
    let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap();
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][index]
}

/// Midnight is 24:00 of the day before when it ends something.
fn show(at: Timestamp, as_end: bool) -> String {
    let civil = |at: Timestamp| {
        let local = Timestamp(at.0 + 8 * 3_600_000).to_rfc3339();
        (local[..10].to_owned(), local[11..16].to_owned())
    };
    let (date, clock) = civil(at);
    if as_end && clock == "00:00" {
        let before = Timestamp(at.0 - 60_000);
        return format!("{} {} 24:00", weekday_of(before), civil(before).0);
    }
    format!("{} {date} {clock}", weekday_of(at))
}

#[derive(Default)]
struct Timeline {
    name: String,
    snapshot: Snapshot,
    settings: Settings,
    calendar: CalendarSettings,
    looks: Vec<String>,
}

fn facts(snapshot: &mut Snapshot, line: &str) {
    for (i, fact) in line.split("; ").enumerate() {
        let (word, rest) = fact.split_once(' ').unwrap_or((fact, ""));
        match (word, rest) {
            ("duty", rule) => {
                snapshot.kind = "duty".into();
                snapshot.duty = Some(rule.into());
            }
            (kind, "") if i == 0 => snapshot.kind = kind.into(),
            ("status", status) => snapshot.status = status.into(),
            ("severity", code) => snapshot.severity = Some(Severity::from_code(code).unwrap()),
            ("level", n) => snapshot.manual_level = n.parse().unwrap(),
            ("percent", n) => snapshot.percent = Some(n.parse().unwrap()),
            ("cycle", cycle) => snapshot.cycle = Some(serde_json::from_value(cycle.into()).unwrap()),
            ("quality", "") => snapshot.is_quality = Some(true),
            ("not", "quality") => snapshot.is_quality = Some(false),
            ("not", "complaint") => snapshot.is_complaint = Some(false),
            ("corrective", "action") => snapshot.has_corrective_action = true,
            ("reportable", "") => snapshot.is_reportable = Some(true),
            ("in", "warranty") => snapshot.in_warranty = Some(true),
            ("emergency", "") => snapshot.is_emergency = Some(true),
            ("severe", "job") => snapshot.is_severe_job = Some(true),
            ("extended", "") => snapshot.is_extended = true,
            ("contract", "") => snapshot.sla = Some(Sla::default()),
            (mark, at) => {
                let mark: Mark = serde_json::from_value(mark.into()).unwrap_or_else(|_| panic!("{fact:?}"));
                snapshot.mark(mark, Some(time(at)));
            }
        }
    }
}

fn setting(timeline: &mut Timeline, text: &str) {
    let mut words = text.splitn(3, ' ');
    let (rule, what, value) = (words.next().unwrap(), words.next().unwrap(), words.next());
    if rule == "off" {
        timeline.calendar.off.push(what.into());
        return;
    }
    let entry = timeline.settings.rules.entry(rule.into()).or_default();
    match (what, value) {
        ("off", None) => entry.on = false,
        ("limit", Some(limit)) => entry.limit = Some(Limit::parse(limit).unwrap()),
        ("pauses", Some("none")) => entry.pauses = Some(Vec::new()),
        ("pauses", Some("parts")) => entry.pauses = Some(vec![Pause::Parts]),
        _ => panic!("{text:?}"),
    }
}

fn contract(sla: &mut Sla, text: &str) {
    let mut words = text.splitn(3, ' ');
    let (rule, what, value) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    match what {
        "limit" => drop(sla.limits.insert(rule.into(), Limit::parse(value).unwrap())),
        "from" => drop(sla.starts.insert(rule.into(), serde_json::from_value(value.into()).unwrap())),
        _ => panic!("{text:?}"),
    }
}

fn timelines() -> Vec<Timeline> {
    let mut all: Vec<Timeline> = Vec::new();
    let table = std::fs::read_to_string(TABLE).unwrap();
    for line in table.lines().filter(|l| !l.trim().is_empty() && !l.starts_with("# ") && *l != "#") {
        if let Some(name) = line.strip_prefix("## ") {
            all.push(Timeline { name: name.into(), ..Timeline::default() });
            continue;
        }
        let timeline = all.last_mut().unwrap();
        match line.split_once(": ") {
            _ if line.contains(" | ") => timeline.looks.push(line.into()),
            Some(("steps", steps)) => {
                for step in steps.split(", ") {
                    let (to, at) = step.split_once(' ').unwrap();
                    timeline.snapshot.steps.push(Step { at: time(at), order: 0, to: to.into() });
                }
                if timeline.snapshot.status.is_empty() {
                    timeline.snapshot.status = timeline.snapshot.steps.last().unwrap().to.clone();
                }
            }
            Some(("done", done)) => timeline.snapshot.done = done.split(", ").map(time).collect(),
            Some(("lots", lots)) => {
                for (seq, lot) in (1..).zip(lots.split(", ")) {
                    let (result, at) = lot.split_once(' ').unwrap();
                    let ok = match result {
                        "ok" => Some(true),
                        "bad" => Some(false),
                        _ => None,
                    };
                    timeline.snapshot.lots.push(Lot { at: time(at), seq, ok });
                }
            }
            Some(("set", set)) => set.split(", ").for_each(|s| setting(timeline, s)),
            Some(("sla", sla)) => {
                let held = timeline.snapshot.sla.get_or_insert_default();
                sla.split(", ").for_each(|s| contract(held, s));
            }
            _ => facts(&mut timeline.snapshot, line),
        }
    }
    all
}

fn amount(deadline: &Deadline, n: i64) -> String {
    if deadline.basis == Basis::Count {
        return n.to_string();
    }
    format!("{}:{:02}", n / 3_600_000, n / 60_000 % 60)
}

/// The cells of a look, as the program has them.
fn cells(timeline: &Timeline, now: Timestamp, rule: &str) -> Vec<String> {
    let calendar = Calendar::new(&timeline.calendar, Zone::default()).unwrap();
    let (id, round) = rule.split_once('#').map_or((rule, 1), |(id, n)| (id, n.parse().unwrap()));
    let rule_row = rules::by_id(id).unwrap_or_else(|| panic!("no rule {id}"));
    let found = deadlines(&timeline.snapshot, &timeline.settings, &calendar, now);
    let mut cells = vec![show(now, false), rule.to_owned()];
    let Some(found) = found.iter().find(|d| d.rule == id && d.round == round) else {
        cells.push("not owed".into());
        return cells;
    };
    let state = match found.state {
        State::Running => "running",
        State::Paused => "paused",
        State::Met => "met",
        State::Missed => "missed",
    };
    let ended = matches!(rule_row.timing, Timing::Term);
    cells.push(found.stopped.map_or(state.into(), |at| format!("{state} {}", show(at, ended))));
    let provisional = if found.provisional { " ?" } else { "" };
    cells.push(found.due.map_or("–".into(), |at| format!("{}{provisional}", show(at, true))));
    let allowed = found.allowed.map_or("–".into(), |n| amount(found, n));
    cells.push(format!("{} of {allowed}", amount(found, found.elapsed)));
    cells.push(found.level.to_string());
    cells
}

#[test]
fn every_look_shows_what_the_table_says() {
    let mut wrong = Vec::new();
    for timeline in timelines() {
        assert!(!timeline.looks.is_empty(), "nothing is looked at: {}", timeline.name);
        timeline.settings.check().unwrap();
        timeline.snapshot.sla.iter().for_each(|sla| sla.check().unwrap());
        for look in &timeline.looks {
            let said: Vec<&str> = look.split(" | ").map(str::trim).collect();
            let have = cells(&timeline, time(said[0]), said[1]);
            if said != have {
                wrong.push(format!("{}\n  said {look}\n  have {}", timeline.name, have.join(" | ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} looks differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_is_large_and_touches_every_rule_with_a_clock() {
    let all = timelines();
    assert!(all.len() >= 60, "{} timelines", all.len());
    let looked: BTreeSet<String> = all
        .iter()
        .flat_map(|t| t.looks.iter())
        .filter(|look| !look.contains("not owed"))
        .map(|look| look.split(" | ").nth(1).unwrap().split('#').next().unwrap().to_owned())
        .collect();
    // Rows that differ from a tested one by their words alone.
    let alike = ["L29", "L30", "L34", "L41", "L42a", "L45"];
    for rule in rules::all().filter(|r| r.timing != Timing::Standing) {
        assert!(looked.contains(rule.id) || alike.contains(&rule.id), "no timeline looks at {}", rule.id);
    }
}
