//! How fast search and lists' neighbours are over many records, printed:
//! `cargo run --release -p server --example search_speed -- 100000 [DIR]`. With a directory, the records are made
//! there, once.
//!
//! Rows and texts are those of real records, made from a few hundred documents; the documents themselves are stored
//! once for every row, so that showing what was found costs what it costs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use domain::authz::{Principal, Role, scopes};
use domain::document::{Record, Writer};
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::projection;
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use serde_json::{Value, json};
use server::AppState;
use server::config::{Config, ConfigFile};
use server::host::SystemClock;
use server::records::SearchRequest;
use server::store::changes::{self, Commit};
use server::store::documents::{self, Content};
use server::store::{StoreError, projections, scopes as places};
use uuid::Uuid;

const PLACES: [&str; 12] =
    ["砚湖", "云岫", "霁川", "苍坪", "鹿鸣川", "赤槐岭", "枕溪", "榆关岭", "泊望", "青岚", "石舷", "雁回坪"];
const TRADES: [&str; 6] =
    ["铁矿有限责任公司", "水泥股份有限公司", "通信工程有限公司", "轨道交通集团", "线缆厂", "港务公司"];
const PARTS: [&str; 10] =
    ["变速箱", "发动机", "水泵", "油封", "机柜门锁", "电缆接头", "制动片", "液压缸", "控制板", "传感器"];
const FAULTS: [&str; 10] =
    ["漏油", "异响", "渗水", "开裂", "卡死", "进水短路", "磨损过快", "压力不足", "通信中断", "误报警"];
const SINCE: [&str; 5] = ["已停机两天", "影响生产", "要求尽快派人", "客户很着急", "第二次出现"];

fn pick<'a>(list: &[&'a str], i: usize, salt: usize) -> &'a str {
    // Spread without a pattern that a query could run into.
    list[(i.wrapping_mul(2_654_435_761).wrapping_add(salt * 40_503) >> 7) % list.len()]
}

fn fields(i: usize, customers: &[RecordId]) -> (&'static str, Value) {
    let content = format!(
        "{}{}{}，{}，机号B{:05}，{}",
        pick(&PLACES, i, 1),
        pick(&PARTS, i, 2),
        pick(&FAULTS, i, 3),
        pick(&SINCE, i, 4),
        i * 7 % 100_000,
        pick(&FAULTS, i, 5)
    );
    let phone = format!("1{:010}", i as u64 * 7_919 % 10_000_000_000);
    let customer = || customers[i * 31 % customers.len()];
    match i % 10 {
        _ if customers.len() < 500 => (
            "customer",
            json!({ "name": format!("{}{}{}", pick(&PLACES, i, 6), pick(&TRADES, i, 7), i), "phone": phone }),
        ),
        0 => (
            "product_item",
            json!({ "name": pick(&PARTS, i, 2), "serial_no": format!("SN{i:07}"), "customer": customer() }),
        ),
        1..4 => {
            ("visit", json!({ "fault_phenomenon": content, "contact_phone": phone, "customer": customer() }))
        }
        _ => (
            "complaint",
            json!({ "content": content, "reporter_name": "陈先生", "reporter_contact": phone, "customer": customer() }),
        ),
    }
}

fn main() {
    let n: usize = std::env::args().nth(1).map_or(100_000, |a| a.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let data = std::env::args().nth(2).map_or(dir.path().join("data"), Into::into);
    let config = Config::new(Some(data), None, ConfigFile::default());
    let state =
        AppState::open_with(config, Arc::new(SystemClock), Arc::new(server::host::SystemRng)).unwrap();
    let schema = Schema::builtin().unwrap();
    let zone = Zone::default();
    let person = Principal { user: UserId(Uuid::from_u128(7)), role: Role::Office, may: Default::default() };
    let made = Instant::now();
    let mut customers = Vec::new();
    let held = state.store.read_blocking(documents::all).unwrap().len();
    for start in (0..n).step_by(2_000).filter(|_| held == 0) {
        let mut batch = Vec::new();
        for i in start..(start + 2_000).min(n) {
            let (kind, fields) = fields(i, &customers);
            let id = RecordId(Uuid::from_u128(i as u128 + 1));
            if kind == "customer" {
                customers.push(id);
            }
            let mut record = Record::new(kind, id);
            record.begin(person.user, Uuid::from_u128(i as u128 + 1).into_bytes());
            let writer = Writer {
                schema: &schema,
                zone: &zone,
                user: person.user,
                role: person.role,
                now: Timestamp(1_700_000_000_000 + i as i64 * 60_000),
                skew_s: None,
                historical: false,
                around: Default::default(),
            };
            let mut intent = Intent::from_json(&json!({ "cmd": "create", "fields": fields })).unwrap();
            intent.fill_ids(&mut || Uuid::from_u128(i as u128 + 1));
            record.execute(&writer, &intent).unwrap();
            batch.push(record);
        }
        let schema = schema.clone();
        state
            .store
            .write_blocking(move |tx| {
                for (i, record) in batch.iter().enumerate() {
                    let kind = schema.kind(record.kind()).unwrap();
                    let view = record.view(kind);
                    let mut row = projection::row(&schema, kind, &view);
                    row.number = Some(format!("{}2026-{:05}", &kind.key[..2].to_uppercase(), start + i));
                    let doc = documents::next_number(tx)?;
                    let at = 1_700_000_000_000;
                    let commit = Commit { salt: Default::default(), at, user: None, device: None };
                    let seq = changes::next(tx, doc, &commit)?;
                    let (plain, heads) = (record.save_plain(), record.heads());
                    let content = Content { plain: &plain, heads: &heads, n_changes: 2, chunks: &[] };
                    documents::insert(tx, doc, record.id(), &kind.key, seq, &content)?;
                    places::place(tx, doc, seq, &scopes(kind, &view.facts(kind)))?;
                    projections::put(tx, kind, doc, &row, at)?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
    state.ledger.keep_up().unwrap();
    println!("{n} records made in {:.1?}", made.elapsed());

    let engineer =
        Principal { user: UserId(Uuid::from_u128(8)), role: Role::Engineer, may: Default::default() };
    let asked = [
        "漏",
        "漏油",
        "变速箱漏油",
        "变速箱 漏油",
        "油",
        "砚湖",
        "砚湖铁矿",
        "有限公司",
        "陈先生",
        "停机 渗水 油封",
        "CO2026-50004",
        "CO2026",
        "B04242",
        "4242",
        "SN0050000",
        "1000",
        "13800138000",
        "没有的词",
    ];
    for who in [&person, &engineer] {
        for text in asked {
            let request = SearchRequest { text: text.to_owned(), ..SearchRequest::default() };
            let mut times = Vec::new();
            let mut found = 0;
            for _ in 0..9 {
                let start = Instant::now();
                found = state.records.search(who, &request).unwrap().total;
                times.push(start.elapsed());
            }
            times.sort();
            println!(
                "{:>8} {text:<16} {found:>5} found, median {:>9.2?}, slowest {:>9.2?}",
                who.role.as_str(),
                times[times.len() / 2],
                times[times.len() - 1]
            );
        }
    }
}
