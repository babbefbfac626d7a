//! Complaints as an engineer makes them in a day without coverage: one creation, twenty edits.

use domain::document::{Record, Writer};
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::schema::Schema;
use domain::time::{Timestamp, Zone};
use domain::wire::PushItem;
use e2e::chance::Chance;
use serde_json::json;
use uuid::Uuid;

use crate::measure::Http;

/// What one device will send.
pub struct Workload {
    /// Compressed push bodies, fifty records each.
    pub pushes: Vec<Vec<u8>>,
    /// The changes of each record, for the floor.
    pub records: Vec<(RecordId, Vec<Vec<u8>>)>,
    /// How many changes.
    pub changes: usize,
}

/// Records in a push: what a device whose batches have grown to 1 MiB sends.
const RECORDS_A_PUSH: usize = 50;

/// Makes the workload of every device.
pub fn make(phones: &[Http], complaints: usize) -> anyhow::Result<Vec<Workload>> {
    let schema = Schema::builtin()?;
    let halves: Vec<_> = phones.iter().enumerate().collect();
    std::thread::scope(|scope| {
        let running: Vec<_> = halves
            .chunks(phones.len().div_ceil(2))
            .map(|part| {
                let schema = &schema;
                scope.spawn(move || -> anyhow::Result<Vec<Workload>> {
                    part.iter().map(|(n, phone)| device(schema, *n as u64, phone.user, complaints)).collect()
                })
            })
            .collect();
        let mut all = Vec::new();
        for one in running {
            all.extend(one.join().map_err(|_| anyhow::anyhow!("workload"))??);
        }
        Ok(all)
    })
}

fn device(schema: &Schema, n: u64, user: UserId, complaints: usize) -> anyhow::Result<Workload> {
    let mut chance = Chance::new(0xF1E1D + n);
    let mut records = Vec::with_capacity(complaints);
    for k in 0..complaints {
        records.push(complaint(schema, &mut chance, user, 1_767_571_200_000 + k as i64 * 600_000)?);
    }
    let changes = records.iter().map(|(_, c)| c.len()).sum();
    let mut pushes = Vec::new();
    for part in records.chunks(RECORDS_A_PUSH) {
        let item = |(id, changes): &(RecordId, Vec<Vec<u8>>)| PushItem {
            doc: id.bytes().to_vec().into(),
            kind: "complaint".into(),
            changes: changes.iter().map(|c| c.clone().into()).collect(),
        };
        pushes.push(zstd::encode_all(crate::push_body(part.iter().map(item).collect()).as_slice(), 3)?);
    }
    Ok(Workload { pushes, records, changes })
}

const FAULTS: [&str; 6] = [
    "变速箱漏油，油封老化，停机等待更换",
    "发动机异响，怠速不稳，客户要求尽快到场",
    "液压油温过高报警，现场检查散热器堵塞",
    "门与主框架有间隙，防水胶条未受力",
    "耐压不合格，在1500V电压下不击穿",
    "喷漆厚度不合格，标准为0.1-0.3mm，实测0.06-0.12mm",
];

fn complaint(
    schema: &Schema,
    chance: &mut Chance,
    user: UserId,
    at: i64,
) -> anyhow::Result<(RecordId, Vec<Vec<u8>>)> {
    let uuid = |chance: &mut Chance, at: i64| {
        let (a, b) = (chance.draw().to_be_bytes(), chance.draw().to_be_bytes());
        let mut random = [0u8; 10];
        random[..8].copy_from_slice(&a);
        random[8..].copy_from_slice(&b[..2]);
        uuid::Builder::from_unix_timestamp_millis(at as u64, &random).into_uuid()
    };
    let id = RecordId(uuid(chance, at));
    let mut record = Record::new("complaint", id);
    let mut actor = [0u8; 16];
    actor[..8].copy_from_slice(&chance.draw().to_be_bytes());
    actor[8..].copy_from_slice(&chance.draw().to_be_bytes());
    record.begin(user, actor);
    let zone = Zone::default();
    let mut out = Vec::with_capacity(21);
    let mut now = at;
    for step in 0..21u64 {
        now += 60_000;
        let json = match step {
            0 => json!({"cmd":"create","fields":{
                "content": *chance.pick(&FAULTS), "reporter_name": "张主任", "reporter_contact": format!("139{:08}", chance.below(100_000_000)),
                "channel": "phone", "record_kind": "complaint", "received_at": Timestamp(at).to_rfc3339(),
                "batch_no": format!("B26{:03}", chance.below(1000)), "model": "3305B", "customer": Uuid::from_u128(u128::from(chance.below(40)) + 1),
            }}),
            s if s % 4 == 1 => {
                json!({"cmd":"add","collection":"follow_ups","fields":{"content": format!("第{s}次联系客户，{}", chance.pick(&FAULTS))}})
            }
            s if s % 4 == 2 => json!({"cmd":"set","field":"quantity_involved","value": chance.below(5000)}),
            s if s % 4 == 3 => {
                json!({"cmd":"set","field":"reporter_contact","value": format!("138{:08}", chance.below(100_000_000))})
            }
            s => {
                json!({"cmd":"set","field":"test_conditions","value": format!("第{s}次测试，水温{}度", chance.below(90))})
            }
        };
        let mut intent = Intent::from_json(&json)?;
        intent.fill_ids(&mut || uuid(chance, now));
        let writer = Writer {
            schema,
            zone: &zone,
            user,
            role: domain::authz::Role::Engineer,
            now: Timestamp(now),
            skew_s: None,
            historical: false,
            around: Default::default(),
        };
        if let Some(made) = record.execute(&writer, &intent)? {
            out.push(made.bytes);
        }
    }
    Ok((id, out))
}
