//! What the machine can do at most, measured in the same run.

use std::time::Instant;

use domain::document::Record;
use domain::schema::Schema;
use rusqlite::Connection;

use crate::workload::Workload;

fn database(dir: &tempfile::TempDir) -> anyhow::Result<Connection> {
    let db = Connection::open(dir.path().join("floor.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE change(doc BLOB, n INTEGER, data BLOB, PRIMARY KEY(doc, n)) WITHOUT ROWID;
         CREATE TABLE blob(doc BLOB PRIMARY KEY, data BLOB);",
    )?;
    Ok(db)
}

/// Records a second when the changes are only written down, fifty records a commit.
pub fn log_only(work: &[Workload]) -> anyhow::Result<f64> {
    let dir = tempfile::tempdir()?;
    let mut db = database(&dir)?;
    let start = Instant::now();
    let mut records = 0;
    for device in work {
        for part in device.records.chunks(50) {
            let tx = db.transaction()?;
            for (id, changes) in part {
                let mut insert = tx.prepare_cached("INSERT INTO change VALUES (?, ?, ?)")?;
                for (n, change) in (0i64..).zip(changes) {
                    insert.execute((id.bytes().as_slice(), n, change))?;
                }
                records += 1;
            }
            tx.commit()?;
        }
    }
    Ok(f64::from(records) / start.elapsed().as_secs_f64())
}

/// Records a second on one core when changes are applied, saved, read as plain data and committed, with
/// no check of anything.
pub fn apply_save_hydrate_commit(work: &[Workload]) -> anyhow::Result<f64> {
    let schema = Schema::builtin()?;
    let kind = schema.kind("complaint").ok_or_else(|| anyhow::anyhow!("no complaint"))?;
    let dir = tempfile::tempdir()?;
    let mut db = database(&dir)?;
    let start = Instant::now();
    let mut records = 0;
    // A fifth of the work is enough to know the rate.
    for device in &work[..work.len().div_ceil(5)] {
        for part in device.records.chunks(50) {
            let tx = db.transaction()?;
            for (id, changes) in part {
                let mut record = Record::new("complaint", *id);
                record.apply_unchecked(changes)?;
                std::hint::black_box(record.view(kind));
                tx.execute("INSERT INTO blob VALUES (?, ?)", (id.bytes().as_slice(), record.save()))?;
                records += 1;
            }
            tx.commit()?;
        }
    }
    Ok(f64::from(records) / start.elapsed().as_secs_f64())
}
