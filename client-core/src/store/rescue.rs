//! What happens when the database cannot be read: it is set aside, never deleted, and unsent work comes
//! back from the log. Documents come back from the server at the next sync.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use domain::document::Hash;
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::journal::{Entry, Journal, Save, sync_directory};
use super::{Recovered, meta};
use crate::error::Error;

/// What in the log is waiting for somebody.
#[derive(Default)]
pub(super) struct Live {
    /// In the order in which they were saved; with the refusal of those that are in the box.
    pub(super) saves: Vec<(Save, Option<Boxed>)>,
    device: Option<Uuid>,
    temp: u64,
    session: Option<Json>,
}

pub(super) struct Boxed {
    code: String,
    params: Map<String, Json>,
    at: i64,
}

pub(super) fn live(entries: &[Entry]) -> Live {
    let mut live = Live::default();
    let mut order: Vec<Hash> = Vec::new();
    let mut saves: HashMap<Hash, (Save, Option<Boxed>)> = HashMap::new();
    for entry in entries {
        match entry {
            Entry::Save(save) => {
                // Numbers given since the newest `who` entry must not be given again.
                let temp = save.intent.get("temp").and_then(|t| t.as_str()?.rsplit('-').next()?.parse().ok());
                live.temp = live.temp.max(temp.unwrap_or_default());
                if saves.insert(save.hash, (save.clone(), None)).is_none() {
                    order.push(save.hash);
                }
            }
            Entry::Done { hash } => {
                saves.remove(hash);
            }
            Entry::Box { hash, code, params, at } => {
                if let Some(save) = saves.get_mut(hash) {
                    save.1 = Some(Boxed { code: code.clone(), params: params.clone(), at: *at });
                }
            }
            Entry::Who { device, temp, session } => {
                live.device = Some(*device);
                live.temp = live.temp.max(*temp);
                live.session = session.clone();
            }
        }
    }
    live.saves = order.iter().filter_map(|hash| saves.remove(hash)).collect();
    live
}

/// Renames the database out of the way, with what belongs to it. Returns its new name.
pub(super) fn set_aside(path: &Path) -> Result<String, Error> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = |n: u32| path.with_file_name(format!("{name}.damaged-{n}"));
    let mut n = 1;
    while beside(n).exists() {
        n += 1;
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        let part = path.with_file_name(format!("{name}{suffix}"));
        if part.exists() {
            fs::rename(&part, path.with_file_name(format!("{name}.damaged-{n}{suffix}")))?;
        }
    }
    fs::rename(path, beside(n))?;
    sync_directory(path)?;
    Ok(format!("{name}.damaged-{n}"))
}

/// Fills a fresh database from the log. The log itself is kept beside the damaged database.
pub(super) fn restore(db: &mut Connection, journal: &Journal, set_aside: &str) -> Result<Recovered, Error> {
    let contents = journal.read()?;
    if journal.path().exists() {
        fs::copy(journal.path(), journal.path().with_file_name(format!("{set_aside}.pending.log")))?;
    }
    let live = live(&contents.entries);
    let mut recovered = Recovered::default();
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(device) = live.device {
        meta::set(&tx, meta::DEVICE, &device.as_bytes()[..])?;
    }
    meta::set(&tx, meta::TEMP, i64::try_from(live.temp).unwrap_or(i64::MAX))?;
    if let Some(session) = live.session.filter(|s| s["user"].is_object()) {
        meta::set_json(&tx, meta::SESSION, &session)?;
    }
    for (save, boxed) in live.saves {
        let (doc, user, intent) = (save.doc.as_bytes(), save.user.as_bytes(), save.intent.to_string());
        if let Some(boxed) = boxed {
            tx.execute(
                "INSERT INTO refused(doc, kind, intent, hash, code, params, user, at, refused_at)
                 VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
                params![
                    doc,
                    save.kind,
                    intent,
                    save.hash,
                    boxed.code,
                    serde_json::to_string(&boxed.params)?,
                    user,
                    save.at,
                    boxed.at
                ],
            )?;
            recovered.refused += 1;
        } else {
            tx.execute(
                "INSERT INTO pending(doc, kind, intent, hash, change, user, at) VALUES (?1,?2,?3,?4,?5,?6,?7)",
                params![doc, save.kind, intent, save.hash, save.bytes, user, save.at],
            )?;
            tx.execute(
                "INSERT INTO doc(id, kind) VALUES (?1, ?2) ON CONFLICT(id) DO NOTHING",
                params![doc, save.kind],
            )?;
            recovered.unsent += 1;
        }
    }
    tx.commit()?;
    Ok(recovered)
}
