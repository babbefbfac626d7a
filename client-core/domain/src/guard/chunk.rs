//! Step 2 of admission: one change chunk, taken apart without Automerge.

use super::{
    Limits, Refused,
    columns::{Columns, DEFLATED},
    contain,
    limits::MAX_TIME_MS,
    read::{MAGIC, Reader, chunk_hash, envelope, inflate, push_u64},
};

const OBJ_ACTOR: u32 = 0x01;
const OBJ_COUNTER: u32 = 0x02;
const KEY_ACTOR: u32 = 0x11;
const KEY_COUNTER: u32 = 0x13;
const KEY_STRING: u32 = 0x15;
const INSERT: u32 = 0x34;
const ACTION: u32 = 0x42;
const VALUE_META: u32 = 0x56;
const VALUE: u32 = 0x57;
const PRED_COUNT: u32 = 0x70;
const PRED_ACTOR: u32 = 0x71;
const PRED_COUNTER: u32 = 0x73;
const EXPAND: u32 = 0x94;
const MARK_NAME: u32 = 0xa5;

/// Every column a change can have, ascending.
const KNOWN: [u32; 14] = [
    OBJ_ACTOR,
    OBJ_COUNTER,
    KEY_ACTOR,
    KEY_COUNTER,
    KEY_STRING,
    INSERT,
    ACTION,
    VALUE_META,
    VALUE,
    PRED_COUNT,
    PRED_ACTOR,
    PRED_COUNTER,
    EXPAND,
    MARK_NAME,
];

/// Automerge knows the actions 0 to 7: four kinds of object, put, delete, increment, mark.
const ACTIONS: u64 = 8;

/// A change chunk that passed every check that needs no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The change's hash.
    pub hash: [u8; 32],
    /// Who made it: the actor of one edit session.
    pub actor: [u8; 16],
    /// Position in the actor's own sequence, from 1.
    pub seq: u64,
    /// Counter of its first operation, from 1.
    pub start_op: u64,
    /// When it says it was made, in ms since 1970.
    pub time_ms: i64,
    /// Hashes of the changes it directly builds on.
    pub deps: Vec<[u8; 32]>,
    /// Other actors whose operations it refers to.
    pub other_actors: Vec<[u8; 16]>,
    /// The highest counter it refers to, per actor: its own first, then as in `other_actors`; 0 for none.
    pub referenced: Vec<u64>,
    /// Number of operations.
    pub rows: u64,
    /// Whether bytes follow the columns; they are always an author footer.
    pub has_extra: bool,
    /// The author named in the footer: a user's id.
    pub author: Option<[u8; 16]>,
    /// The change as an uncompressed chunk with the right checksum; the only form worth storing.
    pub canonical: Vec<u8>,
}

impl Checked {
    /// The change as Automerge sees it. Ask only after [`Causal::check`](super::Causal::check) agreed.
    ///
    /// # Errors
    /// `malformed` when Automerge cannot read the chunk or reads something else than was checked.
    pub fn change(&self) -> Result<automerge::Change, Refused> {
        let change = contain(|| automerge::Change::from_bytes(self.canonical.clone()))
            .ok_or(Refused::malformed("reading the change panicked"))?
            .map_err(|_| Refused::malformed("change cannot be read"))?;
        let author = change.author();
        if change.hash().0 != self.hash
            || change.len() as u64 != self.rows
            || author.as_ref().map(automerge::Author::as_bytes)
                != self.author.as_ref().map(<[u8; 16]>::as_slice)
        {
            return Err(Refused::malformed("change reads differently"));
        }
        Ok(change)
    }
}

/// Checks one change chunk against `limits` and returns what it says about itself.
///
/// Nothing of a document is known here: whether the change fits one is for
/// [`Causal::check`](super::Causal::check). The layout is described in [the module](super).
///
/// # Errors
/// `too_large` for a bound that is passed, `malformed` for everything else.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Checked, Refused> {
    if bytes.len() > limits.chunk_bytes {
        return Err(Refused::too_large("chunk bytes"));
    }
    let sent = envelope(bytes)?;
    let body = match sent.kind {
        1 if sent.body.len() > limits.inflated_bytes => return Err(Refused::too_large("inflated bytes")),
        1 => sent.body.to_vec(),
        2 => inflate(sent.body, limits.inflated_bytes)?,
        _ => return Err(Refused::malformed("not a change chunk")),
    };
    // Deflated chunks carry the checksum of what is inside, so both kinds are hashed as kind 1.
    let hash = chunk_hash(1, &body);
    if hash[..4] != sent.checksum {
        return Err(Refused::malformed("checksum"));
    }

    let mut reader = Reader::new(&body);
    let head = Head::read(&mut reader, limits)?;
    let list = Columns::list(&mut reader, &KNOWN)?;
    if list.iter().any(|(spec, _)| spec & DEFLATED != 0) {
        return Err(Refused::malformed("compressed column inside a change"));
    }
    let columns = Columns::read(&mut reader, &list, |_| Err(Refused::malformed("compressed column")))?;
    let rows = check_sizes(&columns, limits)?;
    let referenced = references(&columns, limits.rows, head.other_actors.len())?;
    if head.start_op.saturating_add(rows) >= u64::from(u32::MAX) {
        return Err(Refused::malformed("operation counter too high"));
    }
    let extra = reader.rest();
    if extra.len() > limits.extra_bytes {
        return Err(Refused::too_large("extra bytes"));
    }
    let author = footer(extra)?;

    let mut canonical = Vec::with_capacity(body.len() + 20);
    canonical.extend(MAGIC);
    canonical.extend(&hash[..4]);
    canonical.push(1);
    push_u64(&mut canonical, body.len() as u64);
    canonical.extend(&body);
    Ok(Checked {
        hash,
        actor: head.actor,
        seq: head.seq,
        start_op: head.start_op,
        time_ms: head.time_ms,
        deps: head.deps,
        other_actors: head.other_actors,
        referenced,
        rows,
        has_extra: !extra.is_empty(),
        author,
        canonical,
    })
}

/// The fields before the columns.
struct Head {
    deps: Vec<[u8; 32]>,
    actor: [u8; 16],
    seq: u64,
    start_op: u64,
    time_ms: i64,
    other_actors: Vec<[u8; 16]>,
}

impl Head {
    fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<Self, Refused> {
        let count = reader.u64()?;
        if count > limits.deps {
            return Err(Refused::too_large("dependencies"));
        }
        let mut deps = Vec::new();
        for _ in 0..count {
            let dep = reader.array::<32>()?;
            if deps.contains(&dep) {
                return Err(Refused::malformed("dependency named twice"));
            }
            deps.push(dep);
        }
        let actor = actor(reader)?;
        let seq = reader.u64()?;
        let start_op = reader.u64()?;
        if seq == 0 || start_op == 0 || seq > u64::from(u32::MAX) {
            return Err(Refused::malformed("sequence number or first counter"));
        }
        let time_ms = reader.i64()?;
        if !(0..=MAX_TIME_MS).contains(&time_ms) {
            return Err(Refused::malformed("time out of range"));
        }
        let message = reader.u64()?;
        if message > limits.message_bytes {
            return Err(Refused::too_large("message"));
        }
        if std::str::from_utf8(reader.take(message)?).is_err() {
            return Err(Refused::malformed("message is not text"));
        }
        let count = reader.u64()?;
        if count > limits.actors {
            return Err(Refused::too_large("actors"));
        }
        let mut other_actors: Vec<[u8; 16]> = Vec::new();
        for _ in 0..count {
            let other = self::actor(reader)?;
            if other == actor || other_actors.last().is_some_and(|before| *before >= other) {
                return Err(Refused::malformed("actors out of order"));
            }
            other_actors.push(other);
        }
        Ok(Self { deps, actor, seq, start_op, time_ms, other_actors })
    }
}

fn actor(reader: &mut Reader<'_>) -> Result<[u8; 16], Refused> {
    if reader.u64()? != 16 {
        return Err(Refused::malformed("actor is not 16 bytes"));
    }
    reader.array()
}

/// Measures every column; returns the number of operations.
fn check_sizes(columns: &Columns<'_>, limits: &Limits) -> Result<u64, Refused> {
    let cap = limits.rows;
    let rows = columns.measure(ACTION, cap)?.rows;
    columns.all_below(ACTION, cap, ACTIONS)?;
    let mut strings = 0u64;
    for spec in [
        OBJ_ACTOR,
        OBJ_COUNTER,
        KEY_ACTOR,
        KEY_COUNTER,
        KEY_STRING,
        INSERT,
        EXPAND,
        MARK_NAME,
        PRED_COUNT,
        VALUE_META,
    ] {
        let size = columns.measure(spec, cap)?;
        if size.rows > rows {
            return Err(Refused::malformed("column longer than there are operations"));
        }
        if matches!(spec, KEY_STRING | MARK_NAME) {
            strings = strings.saturating_add(size.sum);
        }
    }
    // A run repeats a long string for two bytes; Automerge copies it once per operation.
    if strings > limits.inflated_bytes as u64 {
        return Err(Refused::too_large("strings in a column"));
    }
    if columns.measure(VALUE_META, cap)?.sum != columns.get(VALUE).len() as u64 {
        return Err(Refused::malformed("value lengths do not add up"));
    }
    let preds = columns.measure(PRED_COUNT, cap)?.sum;
    if preds > cap {
        return Err(Refused::too_large("rows in a column"));
    }
    for spec in [PRED_ACTOR, PRED_COUNTER] {
        if columns.measure(spec, cap)?.rows != preds {
            return Err(Refused::malformed("predecessors do not add up"));
        }
    }
    Ok(rows)
}

/// The highest counter referred to, per actor; refuses an actor that is not in the list.
fn references(columns: &Columns<'_>, cap: u64, others: usize) -> Result<Vec<u64>, Refused> {
    let mut highest = vec![0u64; others + 1];
    for (actor, counter) in [(OBJ_ACTOR, OBJ_COUNTER), (KEY_ACTOR, KEY_COUNTER), (PRED_ACTOR, PRED_COUNTER)] {
        let actors = columns.expand(actor, cap)?;
        let counters = columns.expand(counter, cap)?;
        for row in 0..actors.len().max(counters.len()) {
            let actor = actors.get(row).copied().flatten();
            let counter = counters.get(row).copied().flatten();
            match (actor, counter) {
                // No actor: the root object, the head of a sequence, or a key of a map.
                (None, None | Some(0)) => {}
                (Some(actor), Some(counter)) => {
                    let slot = usize::try_from(actor).ok().and_then(|actor| highest.get_mut(actor));
                    let slot = slot.ok_or(Refused::malformed("unknown actor in an operation"))?;
                    let counter = u32::try_from(counter).ok().filter(|counter| *counter > 0);
                    let counter = counter.ok_or(Refused::malformed("operation id out of range"))?;
                    *slot = (*slot).max(u64::from(counter));
                }
                _ => return Err(Refused::malformed("half an operation id")),
            }
        }
    }
    Ok(highest)
}

/// The author named after the columns: `01`, length, bytes; nothing else may stand there.
fn footer(extra: &[u8]) -> Result<Option<[u8; 16]>, Refused> {
    if extra.is_empty() {
        return Ok(None);
    }
    match extra {
        [0x01, 16, author @ ..] => {
            author.try_into().map(Some).map_err(|_| Refused::malformed("author is not a user id"))
        }
        _ => Err(Refused::malformed("extra bytes are not an author")),
    }
}
