//! The bounds of a document chunk, checked without Automerge.
//!
//! ```text
//! offset        field
//! 0..4          magic 85 6f 4a 83
//! 4..8          checksum: first bytes of SHA-256(kind, length, body), body as sent
//! 8             kind 00
//! 9..           body length (uLEB)
//! body          actors: count, then length (16) and bytes of each
//!               heads: count, then 32 bytes each
//!               list of change columns: count, then (specification, length) of each
//!               list of operation columns: likewise
//!               the change columns' bytes, each compressed on its own if its specification says so
//!               the operation columns' bytes, likewise
//!               for each head, the position of its change (uLEB); older writers leave this out
//! ```
//!
//! One row of the change columns is one change, one row of the operation columns one operation.
//! Deletions have no row: they stand in the "successor" columns of the rows they delete.

use super::{
    Limits, Refused,
    columns::Columns,
    limits::MAX_TIME_MS,
    read::{Reader, chunk_hash, envelope, inflate},
};

const CHANGE_ACTOR: u32 = 0x01;
const CHANGE_SEQ: u32 = 0x03;
const CHANGE_MAX_OP: u32 = 0x13;
const CHANGE_TIME: u32 = 0x23;
const CHANGE_MESSAGE: u32 = 0x35;
const CHANGE_DEPS_COUNT: u32 = 0x40;
const CHANGE_DEPS: u32 = 0x43;
const CHANGE_EXTRA_META: u32 = 0x56;
const CHANGE_EXTRA: u32 = 0x57;
const CHANGE_COLUMNS: [u32; 9] = [
    CHANGE_ACTOR,
    CHANGE_SEQ,
    CHANGE_MAX_OP,
    CHANGE_TIME,
    CHANGE_MESSAGE,
    CHANGE_DEPS_COUNT,
    CHANGE_DEPS,
    CHANGE_EXTRA_META,
    CHANGE_EXTRA,
];

const OBJ_ACTOR: u32 = 0x01;
const OBJ_COUNTER: u32 = 0x02;
const KEY_ACTOR: u32 = 0x11;
const KEY_COUNTER: u32 = 0x13;
const KEY_STRING: u32 = 0x15;
const ID_ACTOR: u32 = 0x21;
const ID_COUNTER: u32 = 0x23;
const INSERT: u32 = 0x34;
const ACTION: u32 = 0x42;
const VALUE_META: u32 = 0x56;
const VALUE: u32 = 0x57;
const SUCC_COUNT: u32 = 0x80;
const SUCC_ACTOR: u32 = 0x81;
const SUCC_COUNTER: u32 = 0x83;
const EXPAND: u32 = 0x94;
const MARK_NAME: u32 = 0xa5;
const OP_COLUMNS: [u32; 16] = [
    OBJ_ACTOR,
    OBJ_COUNTER,
    KEY_ACTOR,
    KEY_COUNTER,
    KEY_STRING,
    ID_ACTOR,
    ID_COUNTER,
    INSERT,
    ACTION,
    VALUE_META,
    VALUE,
    SUCC_COUNT,
    SUCC_ACTOR,
    SUCC_COUNTER,
    EXPAND,
    MARK_NAME,
];

/// How many times the inflated bytes of a document its strings may come to with their runs spelt out.
const STRINGS_FACTOR: u64 = 4;

/// Checks that `bytes` are exactly one document chunk inside `limits`.
///
/// # Errors
/// `too_large` for a bound that is passed, `malformed` for everything else.
pub(super) fn precheck(bytes: &[u8], limits: &Limits) -> Result<(), Refused> {
    if bytes.len() > limits.document_inflated_bytes {
        return Err(Refused::too_large("document bytes"));
    }
    let sent = envelope(bytes)?;
    if sent.kind != 0 {
        return Err(Refused::malformed("not a document chunk"));
    }
    if chunk_hash(0, sent.body)[..4] != sent.checksum {
        return Err(Refused::malformed("checksum"));
    }
    let mut reader = Reader::new(sent.body);
    let actors = reader.u64()?;
    if actors > limits.document_actors {
        return Err(Refused::too_large("actors"));
    }
    for _ in 0..actors {
        if reader.u64()? != 16 {
            return Err(Refused::malformed("actor is not 16 bytes"));
        }
        reader.take(16)?;
    }
    let heads = reader.u64()?;
    if heads > limits.document_changes {
        return Err(Refused::too_large("heads"));
    }
    reader.take(heads * 32)?;

    let change_list = Columns::list(&mut reader, &CHANGE_COLUMNS)?;
    let op_list = Columns::list(&mut reader, &OP_COLUMNS)?;
    let mut left = limits.document_inflated_bytes;
    let mut spend = |raw: &[u8]| {
        let plain = inflate(raw, left)?;
        left -= plain.len();
        Ok(plain)
    };
    let changes = Columns::read(&mut reader, &change_list, &mut spend)?;
    let ops = Columns::read(&mut reader, &op_list, &mut spend)?;
    if !reader.is_empty() {
        for _ in 0..heads {
            reader.u64()?;
        }
    }
    if !reader.is_empty() {
        return Err(Refused::malformed("bytes after the document"));
    }

    let total = check_ops(&ops, actors, limits)?;
    check_changes(&changes, actors, total, limits)
}

fn same_rows(rows: u64, expected: u64) -> Result<(), Refused> {
    if rows == expected || rows == 0 {
        Ok(())
    } else {
        Err(Refused::malformed("columns of different length"))
    }
}

/// Measures the operation columns; returns an upper bound for the number of operations.
fn check_ops(ops: &Columns<'_>, actors: u64, limits: &Limits) -> Result<u64, Refused> {
    let cap = limits.document_rows;
    let rows = ops.measure(ID_ACTOR, cap)?.rows;
    let mut strings = 0u64;
    for spec in [
        OBJ_ACTOR,
        OBJ_COUNTER,
        KEY_ACTOR,
        KEY_COUNTER,
        KEY_STRING,
        ID_COUNTER,
        INSERT,
        ACTION,
        VALUE_META,
        SUCC_COUNT,
        EXPAND,
        MARK_NAME,
    ] {
        let size = ops.measure(spec, cap)?;
        same_rows(size.rows, rows)?;
        if matches!(spec, KEY_STRING | MARK_NAME) {
            strings = strings.saturating_add(size.sum);
        }
    }
    if strings > (limits.document_inflated_bytes as u64).saturating_mul(STRINGS_FACTOR) {
        return Err(Refused::too_large("strings in a column"));
    }
    if ops.measure(VALUE_META, cap)?.sum != ops.get(VALUE).len() as u64 {
        return Err(Refused::malformed("value lengths do not add up"));
    }
    let successors = ops.measure(SUCC_COUNT, cap)?.sum;
    if successors > cap {
        return Err(Refused::too_large("rows in a column"));
    }
    for spec in [SUCC_ACTOR, SUCC_COUNTER] {
        if ops.measure(spec, cap)?.rows != successors {
            return Err(Refused::malformed("successors do not add up"));
        }
    }
    for spec in [OBJ_ACTOR, KEY_ACTOR, ID_ACTOR, SUCC_ACTOR] {
        ops.all_below(spec, cap, actors)?;
    }
    for spec in [OBJ_COUNTER, KEY_COUNTER, ID_COUNTER, SUCC_COUNTER] {
        ops.all_below(spec, cap, u64::from(u32::MAX))?;
    }
    Ok(rows.saturating_add(successors))
}

/// Checks the change columns: their lengths, the graph they describe, and that the changes do not
/// claim more operations than the document holds.
fn check_changes(changes: &Columns<'_>, actors: u64, total: u64, limits: &Limits) -> Result<(), Refused> {
    let cap = limits.document_changes;
    let made_by = changes.expand(CHANGE_ACTOR, cap)?;
    let rows = made_by.len() as u64;
    let mut strings = 0u64;
    for spec in [CHANGE_SEQ, CHANGE_MAX_OP, CHANGE_TIME, CHANGE_MESSAGE, CHANGE_DEPS_COUNT, CHANGE_EXTRA_META]
    {
        let size = changes.measure(spec, cap)?;
        same_rows(size.rows, rows)?;
        if spec == CHANGE_MESSAGE {
            strings = size.sum;
        }
    }
    if strings > (limits.document_inflated_bytes as u64).saturating_mul(STRINGS_FACTOR) {
        return Err(Refused::too_large("strings in a column"));
    }
    if changes.measure(CHANGE_EXTRA_META, cap)?.sum != changes.get(CHANGE_EXTRA).len() as u64 {
        return Err(Refused::malformed("value lengths do not add up"));
    }
    changes.all_below(CHANGE_ACTOR, cap, actors)?;
    changes.all_below(CHANGE_SEQ, cap, u64::from(u32::MAX))?;
    changes.all_below(CHANGE_MAX_OP, cap, u64::from(u32::MAX))?;
    changes.all_below(CHANGE_TIME, cap, MAX_TIME_MS.unsigned_abs() + 1)?;

    let max_ops = changes.expand(CHANGE_MAX_OP, cap)?;
    let counts = changes.expand(CHANGE_DEPS_COUNT, cap)?;
    let dep_cap = cap.saturating_mul(8);
    if changes.measure(CHANGE_DEPS_COUNT, cap)?.sum > dep_cap {
        return Err(Refused::too_large("dependencies"));
    }
    let deps = changes.expand(CHANGE_DEPS, dep_cap)?;
    let max_op = |row: usize| max_ops.get(row).copied().flatten().and_then(|op| u64::try_from(op).ok());
    let mut deps = deps.into_iter();
    let mut claimed = 0u64;
    for row in 0..made_by.len() {
        let count = counts.get(row).copied().flatten().unwrap_or(0);
        let mut before = 0;
        for _ in 0..count {
            let dep =
                deps.next().flatten().and_then(|dep| usize::try_from(dep).ok()).filter(|dep| *dep < row);
            let dep = dep.ok_or(Refused::malformed("dependency is not an earlier change"))?;
            before = before.max(max_op(dep).unwrap_or(0));
        }
        let own = max_op(row).ok_or(Refused::malformed("change without a last counter"))?;
        let own = own.checked_sub(before).ok_or(Refused::malformed("last counter below its dependencies"))?;
        claimed = claimed.saturating_add(own.saturating_sub(limits.counter_slack));
    }
    if deps.next().is_some() {
        return Err(Refused::malformed("dependencies do not add up"));
    }
    // Automerge sets aside room for every operation a change claims before it has seen one.
    if claimed > total {
        return Err(Refused::malformed("changes claim more operations than there are"));
    }
    Ok(())
}
