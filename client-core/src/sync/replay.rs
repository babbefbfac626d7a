//! Building unsent work again: from what the server has, intent by intent, under a new actor.

use std::collections::BTreeSet;

use domain::authz::Principal;
use domain::document::{Around, Hash, Record, Writer, genesis_hash, permit};
use domain::error::{Code, Refusal};
use domain::guard::{Limits, parse};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::schema::Kind;
use domain::time::{Timestamp, Zone};

use crate::error::Error;
use crate::facade::Client;
use crate::host::Host;
use crate::store::pending::{Pending, State};
use crate::store::{Tx, around, documents, pending, rows};

/// What executing an intent again needs.
pub(super) struct Env<'a> {
    pub(super) host: &'a mut Host,
    pub(super) zone: &'a Zone,
    pub(super) person: Principal,
    pub(super) skew_s: Option<i64>,
    pub(super) now: i64,
}

/// Builds a document's unsent work again. What can no longer be done goes to the box with the reason.
pub(super) fn rebuild(tx: &mut Tx<'_>, env: &mut Env<'_>, id: RecordId) -> Result<(), Error> {
    let Some(doc) = documents::get(&tx.db, id)? else { return Ok(()) };
    let work = pending::of_doc(&tx.db, id)?;
    let kind = tx.schema.kind(&doc.kind).filter(|_| !doc.gone).cloned();
    let Some(kind) = kind else {
        // There is nothing to build on any more.
        for row in work.iter().filter(|w| w.state.unsent()) {
            refuse(tx, env, row, &Refusal::new(Code::ForbiddenDoc))?;
        }
        return tx.sweep_doc(&doc);
    };
    let mut record = match doc.record() {
        Ok(record) => record,
        // Fetched again by this run; then the work is built again on that.
        Err(Error::RecordDamaged(_)) => return tx.set_aside_base(&doc, env.now),
        Err(e) => return Err(e),
    };
    for row in work.iter().filter(|w| !w.state.unsent()) {
        // What the server has, certified or not, stands as it was made.
        let _ = record.apply(&[&row.change]);
    }
    record.begin(env.person.user, env.host.actor()?);
    for row in work.iter().filter(|w| w.state.unsent()) {
        match again(tx, env, &kind, &mut record, row) {
            Ok(Some(made)) => tx.replace_pending(row, made.hash, &made.bytes)?,
            // What it wanted is so already.
            Ok(None) => tx.remove_pending(row)?,
            Err(Error::Refused(refusal)) => refuse(tx, env, row, &refusal)?,
            Err(e) => return Err(e),
        }
    }
    rows::put(tx, &record)?;
    tx.sweep_doc(&doc)
}

/// After the office turned `dead` down: what was written on top of it is written again without it, on what its author
/// had seen of the record. It does not share the fate of the edit before it; what has become of the record since is the
/// server's to judge, which takes evidence late. Decisions about the changes that it was find nothing then.
pub(super) fn without(
    tx: &mut Tx<'_>,
    env: &mut Env<'_>,
    id: RecordId,
    work: &[Pending],
    dead: &Pending,
) -> Result<(), Error> {
    let doc = documents::get(&tx.db, id)?;
    let kind = doc.as_ref().filter(|d| !d.gone).and_then(|d| tx.schema.kind(&d.kind)).cloned();
    // On a record that has left there is nothing to build on: what built on `dead` waits for its own decision.
    let (Some(doc), Some(kind)) = (doc.clone(), kind) else {
        return doc.map_or(Ok(()), |doc| tx.sweep_doc(&doc));
    };
    let mut full = match doc.record() {
        Ok(record) => record,
        Err(Error::RecordDamaged(_)) => return tx.set_aside_base(&doc, env.now),
        Err(e) => return Err(e),
    };
    let mut gone = BTreeSet::from([dead.hash]);
    let mut seen = deps(dead);
    let mut again_on = Vec::new();
    for row in work.iter().filter(|w| w.n != dead.n) {
        let deps = deps(row);
        if row.n > dead.n && row.state != State::Acked && deps.iter().any(|d| gone.contains(d)) {
            gone.insert(row.hash);
            again_on.push((row, deps));
        } else {
            let _ = full.apply(&[&row.change]);
        }
    }
    let mut record = Record::new(&doc.kind, id);
    for (row, deps) in again_on {
        seen.extend(deps.iter().filter(|d| !gone.contains(*d)));
        bring(&mut record, &full, &seen)?;
        record.begin(env.person.user, env.host.actor()?);
        match again(tx, env, &kind, &mut record, row) {
            Ok(Some(made)) => {
                let _ = full.apply(&[&made.bytes]);
                tx.replace_pending(row, made.hash, &made.bytes)?;
            }
            Ok(None) => tx.remove_pending(row)?,
            Err(Error::Refused(refusal)) => refuse(tx, env, row, &refusal)?,
            Err(e) => return Err(e),
        }
    }
    rows::put(tx, &full)?;
    tx.sweep_doc(&doc)
}

/// The changes that a piece of work was written on top of.
fn deps(work: &Pending) -> Vec<Hash> {
    parse(&work.change, &Limits::default()).map(|c| c.deps).unwrap_or_default()
}

/// Brings `record` to what `full` was at these heads, whatever else is in it.
fn bring(record: &mut Record, full: &Record, heads: &[Hash]) -> Result<(), Error> {
    let beyond: BTreeSet<Hash> = full.changes_since(heads).into_iter().map(|c| c.0).collect();
    let made = genesis_hash(full.kind(), full.id());
    let seen = full.changes_since(&[made]).into_iter().filter(|(hash, _)| !beyond.contains(hash));
    let seen: Vec<Vec<u8>> = seen.map(|(_, change)| change).collect();
    Ok(record.apply(&seen)?)
}

fn again(
    tx: &Tx<'_>,
    env: &Env<'_>,
    kind: &Kind,
    record: &mut Record,
    row: &Pending,
) -> Result<Option<domain::document::Made>, Error> {
    let view = record.view(kind);
    if view.created().is_none() && !matches!(row.intent, Intent::Create { .. }) {
        return Err(Refusal::new(Code::ForbiddenDoc).into());
    }
    permit(&env.person, kind, &view, Around::default(), &row.intent)?;
    let role = env.person.role;
    let beside = match &row.intent {
        Intent::Event { .. } => around::beside(&tx.db, tx.schema, role, kind, record.id())?,
        _ => None,
    };
    let beside = beside.as_ref().map(|(kind, view)| (*kind, view));
    let id = record.id();
    around::with(&tx.db, tx.schema, kind, id, beside, |around| {
        // It was done when it was done.
        let writer = Client::writer(tx.schema, env.zone, &env.person, Timestamp(row.at), env.skew_s, around);
        Ok(record.execute(&Writer { historical: true, ..writer }, &row.intent)?)
    })
}

fn refuse(tx: &mut Tx<'_>, env: &Env<'_>, row: &Pending, refusal: &Refusal) -> Result<(), Error> {
    tx.refuse(row, refusal.code.as_str(), &refusal.params, env.now)
}

/// Writes the list row of a document whose accepted part is `base`.
pub(super) fn project(tx: &Tx<'_>, mut base: Record) -> Result<(), Error> {
    let work = pending::of_doc(&tx.db, base.id())?;
    let open: Vec<&[u8]> = work
        .iter()
        .filter(|w| w.state != State::Acked || !base.has_all(&[w.hash]))
        .map(|w| &w.change[..])
        .collect();
    if !open.is_empty() && base.apply(&open).is_err() {
        for chunk in open {
            let _ = base.apply(&[chunk]);
        }
    }
    rows::put(tx, &base)
}
