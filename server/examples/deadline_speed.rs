//! How fast the list of deadlines is over many records of which some are open, printed:
//! `cargo run --release -p server --example deadline_speed -- 100000 5000`.
//!
//! The open ones are made as people make them, each with its facts and due times; the others, which owe nothing, are
//! stored as they would be after years of work.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use domain::authz::{Principal, Role, scopes};
use domain::deadline::{Filter, State};
use domain::document::{Around, Record, Writer};
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::projection;
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use serde_json::{Value, json};
use server::AppState;
use server::config::{Config, ConfigFile};
use server::host::{Clock, SystemClock};
use server::records::DeadlineRequest;
use server::store::changes::{self, Commit};
use server::store::documents::{self, Content};
use server::store::{StoreError, projections, scopes as places};
use server::sync::Author;
use uuid::Uuid;

const HOUR: i64 = 3_600_000;

fn main() {
    let argument = |i: usize, default: usize| std::env::args().nth(i).map_or(default, |a| a.parse().unwrap());
    let (all, open) = (argument(1, 100_000), argument(2, 5_000));
    let dir = tempfile::tempdir().unwrap();
    let config = Config::new(Some(dir.path().join("data")), None, ConfigFile::default());
    let state =
        AppState::open_with(config, Arc::new(SystemClock), Arc::new(server::host::SystemRng)).unwrap();
    let office = Principal { user: UserId(Uuid::from_u128(7)), role: Role::Office, may: Default::default() };
    let engineer =
        Principal { user: UserId(Uuid::from_u128(8)), role: Role::Engineer, may: Default::default() };
    let made = Instant::now();
    finished(&state, all.saturating_sub(open));
    println!("{} finished records in {:.1?}", all.saturating_sub(open), made.elapsed());
    let made = Instant::now();
    let now = SystemClock.now();
    for i in 0..open {
        // From a week ago until now; one in fifty is an engineer's own.
        let at = json!(Timestamp(now - (i as i64 * 7_919 % (7 * 24 * 60)) * HOUR / 60));
        let (who, kind, fields) = match i % 5 {
            _ if i % 50 == 0 => (&engineer, "complaint", json!({ "content": "漏油", "received_at": at })),
            0 | 1 => (&office, "visit", json!({ "requested_at": at, "appointment_at": at })),
            2 => (&office, "task", json!({ "requested_at": at })),
            _ => (&office, "complaint", json!({ "content": "漏油", "received_at": at })),
        };
        let author = Author { principal: who.clone(), device: None };
        let schema = state.ledger.schema();
        let mut intents = vec![json!({ "cmd": "create", "fields": fields })];
        if kind == "complaint" && i % 3 == 0 && who.role == Role::Office {
            intents.push(json!({ "cmd": "set", "field": "served_at", "value": at }));
        }
        // One complaint in five waits for the customer: its clocks stand still.
        if kind == "complaint" && i % 5 == 4 {
            let set = |field: &str, value: Value| json!({ "cmd": "set", "field": field, "value": value });
            intents.extend([
                set("record_kind", json!("complaint")),
                set("channel", json!("phone")),
                set("reporter_name", json!("陈先生")),
                set("reporter_contact", json!("13800138000")),
                json!({ "cmd": "event", "to": "registered" }),
                set("qa_owner", json!(who.user)),
                json!({ "cmd": "event", "to": "assessing" }),
                set("info_requested_at", json!(Timestamp(now))),
                json!({ "cmd": "event", "to": "info_wanted" }),
            ]);
        }
        let intents = intents.iter().map(|i| Intent::from_json(i).unwrap()).collect();
        state.records.create(&author, schema.kind(kind).unwrap(), None, intents).unwrap();
    }
    println!("{open} open records in {:.1?}", made.elapsed());
    state.ledger.keep_up().unwrap();
    let restarted = Instant::now();
    state.ledger.adopt_terms().unwrap();
    println!("settings looked at in {:.1?}", restarted.elapsed());

    let filter = Filter::default;
    let asked: [(&str, &Principal, bool, Filter); 8] = [
        ("everything", &office, false, filter()),
        ("missed", &office, false, Filter { states: vec![State::Missed], ..filter() }),
        ("running", &office, false, Filter { states: vec![State::Running], ..filter() }),
        ("paused", &office, false, Filter { states: vec![State::Paused], ..filter() }),
        ("level 3 and up", &office, false, Filter { level: 3, ..filter() }),
        (
            "L3 of complaints",
            &office,
            false,
            Filter { kinds: vec!["complaint".into()], rules: vec!["L3".into()], ..filter() },
        ),
        ("mine", &office, true, filter()),
        ("everything", &engineer, false, filter()),
    ];
    for (what, who, mine, filter) in asked {
        let request = DeadlineRequest { filter, mine, ..DeadlineRequest::default() };
        let mut times = Vec::new();
        let mut total = 0;
        for _ in 0..15 {
            let start = Instant::now();
            total = state.records.deadlines(who, &request).unwrap().total;
            times.push(start.elapsed());
        }
        times.sort();
        println!(
            "{:>8} {what:<18} {total:>6} deadlines, median {:>9.2?}, slowest {:>9.2?}",
            who.role.as_str(),
            times[times.len() / 2],
            times[times.len() - 1]
        );
    }
}

/// Complaints that are closed: rows and documents, and nothing owed.
fn finished(state: &AppState, n: usize) {
    let schema = Schema::builtin().unwrap();
    let zone = Zone::default();
    let user = UserId(Uuid::from_u128(7));
    for start in (0..n).step_by(2_000) {
        let mut batch = Vec::new();
        for i in start..(start + 2_000).min(n) {
            let id = Uuid::from_u128(i as u128 + 1);
            let mut record = Record::new("complaint", RecordId(id));
            record.begin(user, id.into_bytes());
            let now = Timestamp(1_700_000_000_000 + i as i64 * 60_000);
            let writer = Writer {
                schema: &schema,
                zone: &zone,
                user,
                role: Role::Office,
                now,
                skew_s: None,
                historical: false,
                around: Around::default(),
            };
            let fields = json!({ "content": "变速箱漏油", "received_at": now });
            let mut intent = Intent::from_json(&json!({ "cmd": "create", "fields": fields })).unwrap();
            intent.fill_ids(&mut || id);
            record.execute(&writer, &intent).unwrap();
            batch.push(record);
        }
        let schema = schema.clone();
        let stored = state.store.write_blocking(move |tx| {
            for (i, record) in batch.iter().enumerate() {
                let kind = schema.kind(record.kind()).unwrap();
                let view = record.view(kind);
                let mut row = projection::row(&schema, kind, &view);
                row.status = "closed".to_owned();
                row.number = Some(format!("TS2023-{:06}", start + i));
                let doc = documents::next_number(tx)?;
                let at = 1_700_000_000_000;
                let seq = changes::next(
                    tx,
                    doc,
                    &Commit { salt: Default::default(), at, user: None, device: None },
                )?;
                let (plain, heads) = (record.save_plain(), record.heads());
                let content = Content { plain: &plain, heads: &heads, n_changes: 2, chunks: &[] };
                documents::insert(tx, doc, record.id(), &kind.key, seq, &content)?;
                places::place(tx, doc, seq, &scopes(kind, &view.facts(kind)))?;
                projections::put(tx, kind, doc, &row, at)?;
            }
            Ok::<_, StoreError>(())
        });
        stored.unwrap();
    }
}
