//! How fast one core admits records of 21 changes: `cargo run --release -p domain --example admission_speed`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::*;
use domain::document::{Incoming, Record, admit};
use domain::projection;
use serde_json::json;

fn main() {
    let schema = domain::schema::Schema::builtin().unwrap();
    let kind = schema.kind("complaint").unwrap();
    let n = 300;
    let records: Vec<Vec<Vec<u8>>> = (0..n)
        .map(|i| {
            let mut hand = Hand::new(&schema, engineer(1), Record::new("complaint", record_id(i)), 1);
            let mut out = vec![hand.ok(json!({"cmd":"create","fields":{"content":"变速箱漏油，油封老化，停机等待","reporter_name":"张主任","reporter_contact":"13900001111","channel":"phone","record_kind":"complaint","received_at":"2026-01-05T08:30:00+08:00","batch_no":"B26092"}}))];
            for k in 0..20 {
                out.push(match k % 4 {
                    0 => hand.ok(json!({"cmd":"add","collection":"follow_ups","fields":{"content":format!("第{k}次联系，等待备件")}})),
                    1 => hand.set("quantity_involved", k),
                    2 => hand.set("reporter_contact", format!("1390000{k:04}")),
                    _ => hand.set("defect_phenomenon", format!("油封老化，渗漏第{k}天")),
                });
            }
            out.into_iter().map(|m| m.bytes).collect()
        })
        .collect();
    let bytes: usize = records.iter().flatten().map(Vec::len).sum();
    let start = Instant::now();
    let mut saved = 0;
    for (i, changes) in records.iter().enumerate() {
        let record = Record::new("complaint", record_id(i as u128));
        let chunks: Vec<&[u8]> = changes.iter().map(Vec::as_slice).collect();
        let person = engineer(1);
        let incoming = Incoming {
            schema: &schema,
            record: &record,
            chunks: &chunks,
            person: Some(&person),
            before: Default::default(),
            around: Default::default(),
        };
        let admission = admit(&incoming);
        let (record, blob) = admission.merged.unwrap();
        saved += blob.len();
        let view = record.view(kind);
        std::hint::black_box(projection::row(&schema, kind, &view));
    }
    let each = start.elapsed() / u32::try_from(n).unwrap();
    println!(
        "{:?} a record, {:.0} records/s/core; {} B of changes, {} B saved",
        each,
        1.0 / each.as_secs_f64(),
        bytes / n as usize,
        saved / n as usize
    );
}
