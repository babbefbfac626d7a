//! Pull: a page and its cursor in one transaction. What comes is merged; nothing is replaced.

use domain::document::Record;
use domain::wire::{Decision, Delta, Frame, Page, Snapshot};
use serde_json::{Map, json};

use super::replay::{Env, project, without};
use super::report::Report;
use super::{hashes, record_id};
use crate::error::Error;
use crate::store::pending::State;
use crate::store::{Store, Tx, documents, meta, pending};

/// Clocks that differ by less are the same.
const SKEW_MS: i64 = 120_000;

/// Notes how far this device's clock is from the server's.
pub(super) fn note_skew(tx: &Tx<'_>, server_ms: i64, now: i64) -> Result<(), Error> {
    let skew = now.saturating_sub(server_ms);
    if skew.abs() > SKEW_MS {
        meta::set(&tx.db, meta::SKEW, skew / 1_000)
    } else {
        meta::unset(&tx.db, meta::SKEW)
    }
}

/// Applies a page. `older`: the lists and settings here are older than those that its records were written by.
pub(super) fn page(
    store: &mut Store,
    env: &mut Env<'_>,
    page: &Page,
    older: bool,
    report: &mut Report,
) -> Result<(), Error> {
    let mut counted = report.clone();
    store
        .write(|tx| {
            for frame in &page.frames {
                match frame {
                    Frame::Delta(delta) => one_delta(tx, env, delta, &mut counted)?,
                    Frame::Snapshot(snapshot) => one_snapshot(tx, env, snapshot, &mut counted)?,
                    Frame::Gone(gone) => {
                        let Some(id) = record_id(&gone.doc) else { continue };
                        if documents::get(&tx.db, id)?.is_some_and(|d| !d.gone) {
                            tx.drop_doc(id)?;
                            counted.pulled.gone += 1;
                        }
                    }
                    Frame::Decision(decision) => one_decision(tx, env, decision)?,
                }
            }
            if older {
                meta::set(&tx.db, meta::ROWS_OLDER, 1)?;
            }
            meta::push_cursor(&tx.db, &page.cursor)?;
            note_skew(tx, page.server_ms, env.now)
        })?
        .into_inner();
    *report = counted;
    Ok(())
}

/// Applies documents that were asked for whole.
pub(super) fn snapshots(
    store: &mut Store,
    env: &mut Env<'_>,
    asked: &[domain::ids::RecordId],
    docs: &[Snapshot],
    report: &mut Report,
) -> Result<(), Error> {
    let mut counted = report.clone();
    store
        .write(|tx| {
            for snapshot in docs {
                one_snapshot(tx, env, snapshot, &mut counted)?;
            }
            // What is absent is not this person's to see, or did not fit: an answer without any settles it.
            for id in asked.iter().filter(|_| docs.is_empty()) {
                tx.unwant(*id)?;
                if let Some(doc) = documents::get(&tx.db, *id)? {
                    tx.sweep_doc(&doc)?;
                }
            }
            Ok(())
        })?
        .into_inner();
    *report = counted;
    Ok(())
}

fn one_delta(tx: &mut Tx<'_>, env: &Env<'_>, delta: &Delta, report: &mut Report) -> Result<(), Error> {
    let Some(id) = record_id(&delta.doc) else {
        report.faults += 1;
        return Ok(());
    };
    let Some(doc) = documents::get(&tx.db, id)?.filter(|d| !d.gone) else {
        // A delta to something that is not here.
        return tx.want(id, &delta.kind);
    };
    let mut base = match doc.record() {
        Ok(base) => base,
        Err(Error::RecordDamaged(_)) => return tx.set_aside_base(&doc, env.now),
        Err(e) => return Err(e),
    };
    let chunks: Vec<&[u8]> = delta.changes.iter().map(|c| &c[..]).collect();
    let heads = hashes(&delta.heads);
    if base.apply(&chunks).is_err() || !base.has_all(&heads) {
        return tx.want(id, &delta.kind);
    }
    report.pulled.records += 1;
    keep(tx, base, &heads, &delta.receipt)
}

fn one_snapshot(
    tx: &mut Tx<'_>,
    env: &Env<'_>,
    snapshot: &Snapshot,
    report: &mut Report,
) -> Result<(), Error> {
    let Some(id) = record_id(&snapshot.doc) else {
        report.faults += 1;
        return Ok(());
    };
    let Ok(theirs) = Record::load(id, &snapshot.blob) else {
        // Asked for again: the cursor is past it, so it does not come by itself.
        report.faults += 1;
        return tx.want(id, &snapshot.kind);
    };
    let heads = hashes(&snapshot.heads);
    let ours = match documents::get(&tx.db, id)?.filter(|d| d.base.is_some()) {
        Some(doc) => match doc.record() {
            Ok(record) => Some(record),
            Err(Error::RecordDamaged(_)) => {
                tx.set_aside_base(&doc, env.now)?;
                None
            }
            Err(e) => return Err(e),
        },
        None => None,
    };
    let merged = match ours {
        Some(ours) if !theirs.has_all(&ours.heads()) => {
            // This device has more, a restored server less: both are kept.
            let mut merged = ours;
            let more: Vec<Vec<u8>> = theirs.changes_since(&merged.heads()).into_iter().map(|c| c.1).collect();
            if merged.apply(&more).is_err() {
                report.faults += 1;
                return tx.want(id, &snapshot.kind);
            }
            merged
        }
        _ => theirs,
    };
    report.pulled.records += 1;
    keep(tx, merged, &heads, &snapshot.receipt)
}

fn keep(tx: &mut Tx<'_>, base: Record, heads: &[[u8; 32]], receipt: &[u8]) -> Result<(), Error> {
    let certified = base.heads() == heads;
    tx.put_base(&base, certified.then_some(receipt))?;
    project(tx, base)
}

fn one_decision(tx: &mut Tx<'_>, env: &mut Env<'_>, decision: &Decision) -> Result<(), Error> {
    let Some(id) = record_id(&decision.doc) else { return Ok(()) };
    let work = pending::of_doc(&tx.db, id)?;
    let Some(row) = work.iter().find(|w| w.hash[..] == decision.hash[..]) else { return Ok(()) };
    if !decision.accepted {
        let params = Map::from_iter([("note".to_owned(), json!(decision.note))]);
        tx.refuse(row, "proposal_refused", &params, env.now)?;
        return without(tx, env, id, &work, row);
    }
    // It comes with the record's next delta, or has come already.
    let here = match documents::get(&tx.db, id)? {
        Some(doc) if !doc.gone => {
            let certified = |r: Record| r.has_all(&[row.hash]) && r.heads() == doc.heads;
            doc.receipt.is_some() && doc.record().is_ok_and(certified)
        }
        // A record that is not this person's to see any more: nothing will come.
        _ => true,
    };
    if here {
        tx.remove_pending(row)?;
        match documents::get(&tx.db, id)? {
            Some(doc) => tx.sweep_doc(&doc),
            None => Ok(()),
        }
    } else {
        tx.set_state(row.n, State::Acked)
    }
}
