//! Figures of DESIGN §8 that sync touches, one JSON line each:
//! `fieldledger-bench [--devices 20] [--complaints 100] [--list-rows 100000]`.
//!
//! Twenty devices come back at once, each with a hundred complaints of 21 changes made offline. What
//! they send is made beforehand; only the server and the wire are timed, against the real release
//! program on loopback. The floor is measured in the same run: the same changes, without a server.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a benchmark reads the clock and prints

mod floor;
mod measure;
mod workload;

use std::time::Instant;

use anyhow::Context as _;
use domain::wire::{Body as _, Page, Pull, Push, PushReply};
use e2e::server::{PASSWORD, Server, add_user};
use measure::{Http, Usage, disk_bytes, line};
use serde_json::json;
use workload::Workload;

fn argument(name: &str, default: usize) -> usize {
    let mut args = std::env::args();
    args.by_ref().find(|a| a == name);
    args.next().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn main() -> anyhow::Result<()> {
    let (devices, complaints) = (argument("--devices", 20), argument("--complaints", 100));
    let records = devices * complaints;
    line("machine", &measure::machine());
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    for n in 0..devices {
        add_user(&data, &format!("engineer{n}"), "engineer", &[])?;
    }
    add_user(&data, "desk", "office", &[])?;
    let server = Server::start(&data)?;
    let mut phones = Vec::new();
    for n in 0..devices {
        phones.push(Http::sign_in(&server.url(), &format!("engineer{n}"), PASSWORD)?);
    }
    let work: Vec<Workload> = workload::make(&phones, complaints)?;
    let changes: usize = work.iter().map(|w| w.changes).sum();
    line("workload", &json!({"devices": devices, "records": records, "changes": changes}));

    let floor_log = floor::log_only(&work)?;
    let floor_apply = floor::apply_save_hydrate_commit(&work)?;
    line("floor_log_only", &json!({"records_per_s": round(floor_log)}));
    line("floor_apply_save_hydrate_commit", &json!({"records_per_s_per_core": round(floor_apply)}));

    let idle = Usage::of(server.pid())?;
    let start = Instant::now();
    let (sent, received) = std::thread::scope(|scope| -> anyhow::Result<(u64, u64)> {
        let running: Vec<_> =
            phones.iter().zip(&work).map(|(phone, work)| scope.spawn(|| push(phone, work))).collect();
        let mut total = (0, 0);
        for one in running {
            let (sent, received) = one.join().map_err(|_| anyhow::anyhow!("a device panicked"))??;
            total = (total.0 + sent, total.1 + received);
        }
        Ok(total)
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let usage = Usage::of(server.pid())?;
    let rate = records as f64 / seconds;
    line(
        "push",
        &json!({
            "records_per_s": round(rate), "seconds": round(seconds), "of_two_cores_floor": round(rate / (2.0 * floor_apply)),
            "server_cpu_s": round(usage.cpu_s - idle.cpu_s), "wire_bytes_per_record": sent / records as u64,
            "answer_bytes_per_record": received / records as u64,
        }),
    );

    let desk = Http::sign_in(&server.url(), "desk", PASSWORD)?;
    let before = Usage::of(server.pid())?;
    let start = Instant::now();
    let (cursor, pulled, bytes, pages) = pull_all(&desk)?;
    let seconds = start.elapsed().as_secs_f64();
    let after = Usage::of(server.pid())?;
    anyhow::ensure!(pulled >= records, "pulled {pulled} of {records}");
    line(
        "pull",
        &json!({
            "records_per_s": round(pulled as f64 / seconds), "records_per_server_cpu_s": round(pulled as f64 / (after.cpu_s - before.cpu_s).max(0.001)),
            "pages": pages, "wire_bytes_per_record": bytes / pulled as u64,
        }),
    );

    let rounds = 200;
    let before = Usage::of(server.pid())?;
    let (mut sent, mut received) = (0, 0);
    let start = Instant::now();
    for _ in 0..rounds {
        let body = Pull { cursor: Some(cursor.clone().into()), max_bytes: 1 << 20, max_docs: 250 }.to_bytes();
        let answer = desk.post("/api/v1/sync/pull", &body)?;
        let page = Page::from_bytes(&answer.body)?;
        anyhow::ensure!(page.frames.is_empty() && !page.more, "something was new");
        (sent, received) = (answer.sent, answer.received);
    }
    let seconds = start.elapsed().as_secs_f64();
    let after = Usage::of(server.pid())?;
    line(
        "reconnect_nothing_new",
        &json!({
            "requests": 1, "visible_records": pulled, "body_bytes": sent + received,
            "server_cpu_ms": round((after.cpu_s - before.cpu_s) * 1000.0 / f64::from(rounds)),
            "ms": round(seconds * 1000.0 / f64::from(rounds)),
        }),
    );

    for (name, query) in [
        ("list_newest", "sort=-received_at&limit=50"),
        ("list_month_and_status", "filter=status:draft,month:2026-01&limit=50"),
        ("list_text", "filter=text:%E6%BC%8F%E6%B2%B9&limit=50"),
    ] {
        let mut times = Vec::new();
        for _ in 0..40 {
            let start = Instant::now();
            desk.get(&format!("/api/v1/records/complaint?{query}"))?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        line(name, &json!({"rows": records, "p50_ms": round(times[20]), "p95_ms": round(times[38])}));
    }

    let usage = Usage::of(server.pid())?;
    line("server_memory", &json!({"rss_mib": round(usage.rss_mib), "peak_mib": round(usage.peak_mib)}));
    line("disk", &json!({"bytes_per_record": disk_bytes(&data)? / records as u64}));
    drop(server);
    Ok(())
}

/// Sends everything a device has, in the batches a device would make; bytes sent and received.
fn push(phone: &Http, work: &Workload) -> anyhow::Result<(u64, u64)> {
    let mut total = (0, 0);
    for body in &work.pushes {
        let answer = phone.post_compressed("/api/v1/sync/push", body)?;
        let reply = PushReply::from_bytes(&answer.body)?;
        for result in &reply.results {
            for outcome in &result.outcomes {
                anyhow::ensure!(*outcome == domain::wire::ChangeOutcome::Accepted, "{outcome:?}");
            }
        }
        total = (total.0 + answer.sent, total.1 + answer.received);
    }
    Ok(total)
}

fn pull_all(http: &Http) -> anyhow::Result<(Vec<u8>, usize, u64, u32)> {
    let (mut cursor, mut records, mut bytes, mut pages) = (None, 0, 0, 0);
    loop {
        let body = Pull { cursor: cursor.map(Vec::into), max_bytes: 1 << 20, max_docs: 250 }.to_bytes();
        let answer = http.post("/api/v1/sync/pull", &body)?;
        let page = Page::from_bytes(&answer.body).context("page")?;
        records += page.frames.len();
        bytes += answer.received;
        pages += 1;
        let next: Vec<u8> = page.cursor.into();
        if !page.more {
            return Ok((next, records, bytes, pages));
        }
        cursor = Some(next);
    }
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// A body of a push.
fn push_body(items: Vec<domain::wire::PushItem>) -> Vec<u8> {
    Push { items }.to_bytes()
}
