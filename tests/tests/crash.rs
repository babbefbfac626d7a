//! `kill -9` during pushes: nothing acknowledged is lost, nothing is applied twice.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use domain::ids::RecordId;
use e2e::chance::Chance;
use e2e::device::Device;
use e2e::server::Server;
use e2e::world::World;
use serde_json::{Value as Json, json};

/// What one device typed: record → the values of `batch_no`, in order; every value is unique.
type Typed = BTreeMap<RecordId, Vec<String>>;

fn live(device: &mut Device, chance: &mut Chance, name: &str, stop: &AtomicBool, acked: &AtomicU32) -> Typed {
    let mut typed = Typed::new();
    let mut n = 0;
    let mut records: Vec<RecordId> = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        if records.len() < 4 || chance.below(10) == 0 {
            let id = device.complaint(&format!("{name} 第{n}件")).unwrap();
            records.push(id);
            typed.insert(id, Vec::new());
        }
        for _ in 0..=chance.below(3) {
            n += 1;
            let id = *chance.pick(&records);
            let value = format!("{name}-{n}");
            device.edit(id, "batch_no", json!(value)).unwrap();
            typed.get_mut(&id).unwrap().push(value);
        }
        let report = device.sync().unwrap();
        acked.fetch_add(u32::try_from(report.pushed.accepted).unwrap_or(0), Ordering::SeqCst);
    }
    typed
}

#[test]
fn the_server_is_killed_while_devices_push() {
    let kills: u32 = std::env::var("FL_KILLS").ok().and_then(|k| k.parse().ok()).unwrap_or(200);
    let mut chance = Chance::from_env("crash");
    let mut world = World::new().unwrap();
    let devices = vec![world.device("li").unwrap(), world.device("zhao").unwrap()];
    let data = world.server.data().to_owned();
    let address = world.server.address.clone();
    let stop = AtomicBool::new(false);
    let acked = AtomicU32::new(0);
    let seeds: Vec<u64> = devices.iter().map(|_| chance.draw()).collect();

    let mut lives: Vec<(Device, Typed)> = std::thread::scope(|scope| {
        let running: Vec<_> = devices
            .into_iter()
            .zip(seeds)
            .enumerate()
            .map(|(n, (mut device, seed))| {
                let (stop, acked) = (&stop, &acked);
                scope.spawn(move || {
                    let mut chance = Chance::new(seed);
                    let typed = live(&mut device, &mut chance, &format!("d{n}"), stop, acked);
                    (device, typed)
                })
            })
            .collect();
        let mut server: Option<Server> = None;
        for _ in 0..kills {
            match server.take() {
                None => world.server.kill().unwrap(),
                Some(mut s) => {
                    // At a moment of chance: after so many more acknowledgements, or a little later.
                    let until = acked.load(Ordering::SeqCst) + u32::try_from(chance.below(4)).unwrap();
                    // A device that has come to grief acknowledges nothing more; its end is told below.
                    while acked.load(Ordering::SeqCst) < until && !running.iter().any(|r| r.is_finished()) {
                        std::thread::yield_now();
                    }
                    for _ in 0..chance.below(20_000) {
                        std::hint::spin_loop();
                    }
                    s.kill().unwrap();
                }
            }
            server = Some(Server::start_on(&data, &address).unwrap());
        }
        stop.store(true, Ordering::SeqCst);
        let lives = running.into_iter().map(|r| r.join().unwrap()).collect();
        world.server = server.unwrap();
        lives
    });

    println!("{kills} kills, {} changes acknowledged between them", acked.load(Ordering::SeqCst));
    for (device, _) in &mut lives {
        let report = device.synced().unwrap();
        assert_eq!((report.unsent, report.pushed.refused), (0, 0), "{:?}", report.to_json());
    }
    let office = world.office("wang").unwrap();
    for (device, typed) in &lives {
        assert!(device.client.refused().unwrap().is_empty());
        for (id, values) in typed {
            let history = office.history("complaint", *id).unwrap();
            let there: Vec<&Json> =
                history.iter().filter(|h| h["field"] == "batch_no").map(|h| &h["value"]).collect();
            let want: Vec<Json> = values.iter().rev().map(|v| json!(v)).collect();
            assert_eq!(there, want.iter().collect::<Vec<_>>(), "lost, doubled or out of order in {id}");
            let shown = office.get("complaint", *id).unwrap();
            assert_eq!(shown["fields"]["batch_no"], device.field(*id, "batch_no").unwrap());
        }
    }
    // Numbers have no gaps and no doubles, however often the server died.
    let total: usize = lives.iter().map(|(_, t)| t.len()).sum();
    let mut numbers = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = office.ok("GET", &format!("/api/v1/records/complaint?limit=100{cursor}"), None).unwrap();
        numbers.extend(
            page["items"].as_array().unwrap().iter().map(|i| i["number"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    numbers.sort();
    let tails: Vec<u32> = numbers.iter().map(|n| n.rsplit('-').next().unwrap().parse().unwrap()).collect();
    assert_eq!(tails, (1..=u32::try_from(total).unwrap()).collect::<Vec<_>>());
}
