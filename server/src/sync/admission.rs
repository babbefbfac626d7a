//! From bytes to a decision about each change, and from there to the disk.
//!
//! Judging is done on snapshots, in parallel, off the async threads; the write transaction then only checks that the
//! document is still where it was, and everything is judged anew if it is not.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::authz::{Role, Scope};
use domain::document::{self, Around, Before, Hash, Linked, Outcome, Record, RecordView};
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::schema::{Kind, Visibility};

use super::commit::{self, Chunk, DocWrite, Done, Setting, Written};
use super::{Author, Ledger, LedgerError, sees};
use crate::store::documents::{Position, Stored};
use crate::store::{Durable, Snapshot, StoreError, Tx, documents, links, projections, proposals, scopes};

/// How often a document is judged anew when others keep writing to it.
const ATTEMPTS: usize = 12;

/// Documents of a push that are open in memory at once; each takes some 50 KB.
const AT_ONCE: usize = 32;

/// Changes of one document, as somebody sent them.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Change chunks, dependencies first.
    pub chunks: Vec<Vec<u8>>,
}

/// What came of them.
#[derive(Debug)]
pub struct Admitted {
    /// A decision for each chunk, in order. What is accepted, proposed or a duplicate is on the disk.
    pub outcomes: Vec<Outcome>,
    /// The document's heads, if the sender sees it.
    pub heads: Option<Vec<Hash>>,
}

/// A document as judging needs it, from one snapshot.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) stored: Option<Stored>,
    pub(crate) scopes: BTreeSet<Scope>,
    /// Changes that wait for the office, oldest first.
    waiting: Vec<proposals::Proposal>,
    turned_down: BTreeSet<Hash>,
}

impl State {
    pub(crate) fn read(snap: &Snapshot<'_>, id: RecordId) -> Result<Self, StoreError> {
        let Some(stored) = documents::load(snap, id)? else { return Ok(Self::default()) };
        Ok(Self {
            scopes: scopes::of(snap, stored.n)?,
            waiting: proposals::waiting(snap, stored.n)?,
            turned_down: proposals::turned_down(snap, stored.n)?,
            stored: Some(stored),
        })
    }

    /// What waits of one author.
    fn waiting_of(&self, author: &Author) -> impl Iterator<Item = &proposals::Proposal> {
        let user = author.principal.user;
        self.waiting.iter().filter(move |p| p.user == user)
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.stored.as_ref().map(|s| Position { n: s.n, seq: s.seq })
    }

    /// The record; a new one if there is none.
    pub(crate) fn record(&self, kind: &str, id: RecordId) -> Result<Record, StoreError> {
        match &self.stored {
            None => Ok(Record::new(kind, id)),
            Some(stored) => open(id, &stored.plain, &stored.tail),
        }
    }
}

/// What was read of a record; `None`, and a line in the log, if it cannot be read. One damaged document keeps nobody
/// from the others.
///
/// # Errors
/// Any other failure of the store.
pub(crate) fn unless_damaged<T>(id: RecordId, found: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::Damaged(what)) => {
            tracing::error!(record = %id, what, "a stored document cannot be read and is left out");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Opens a stored document.
pub(crate) fn open(id: RecordId, plain: &[u8], tail: &[Vec<u8>]) -> Result<Record, StoreError> {
    let opened = Record::load(id, plain).and_then(|mut record| {
        record.apply(tail)?;
        Ok(record)
    });
    opened.map_err(|refusal| {
        tracing::error!(record = %id, %refusal, "a stored document cannot be read; run `fieldledger verify`");
        StoreError::Damaged("document")
    })
}

/// A document that was judged, and what is to be written.
pub(crate) struct Prepared {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) write: Option<DocWrite>,
    heads: Option<Vec<Hash>>,
}

impl Prepared {
    fn refused(chunks: usize, refusal: &Refusal) -> Self {
        let outcome = Outcome::Refused { refusal: refusal.clone(), need: Vec::new() };
        Self { outcomes: vec![outcome; chunks], write: None, heads: None }
    }

    /// The first refusal, if anything was not accepted as it is.
    pub(crate) fn obstacle(&self) -> Option<Refusal> {
        self.outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Refused { refusal, .. } => Some(refusal.clone()),
            Outcome::Proposed(_) => Some(Refusal::new(Code::ForbiddenState)),
            Outcome::Accepted(_) | Outcome::Duplicate => None,
        })
    }
}

impl Ledger {
    /// Judges what a device sent, and stores what passes. Blocks.
    ///
    /// # Errors
    /// A failure of the store; nothing is then promised about any of it. A refusal of one document's changes is no
    /// error: it stands in the outcomes, and harms no other document.
    pub fn push(&self, author: &Author, items: &[Incoming]) -> Result<Vec<Admitted>, LedgerError> {
        // A step of a record may need fields of its companion: what was sent of that goes in first.
        let (beside, main): (Vec<usize>, Vec<usize>) = (0..items.len())
            .partition(|i| self.schema().kind(&items[*i].kind).is_some_and(|k| k.companion_of.is_some()));
        let mut admitted: Vec<Option<Admitted>> = items.iter().map(|_| None).collect();
        for some in beside.chunks(AT_ONCE).chain(main.chunks(AT_ONCE)) {
            let part: Vec<&Incoming> = some.iter().map(|i| &items[*i]).collect();
            for (i, one) in some.iter().zip(self.push_some(author, &part)?) {
                admitted[*i] = Some(one);
            }
        }
        Ok(admitted.into_iter().flatten().collect())
    }

    fn push_some(&self, author: &Author, items: &[&Incoming]) -> Result<Vec<Admitted>, LedgerError> {
        let mut admitted: Vec<Option<Admitted>> = items.iter().map(|_| None).collect();
        let mut todo: Vec<usize> = (0..items.len()).collect();
        for _ in 0..ATTEMPTS {
            let states = self.store().read_blocking(|snap| {
                let read = |i: &usize| unless_damaged(items[*i].id, State::read(snap, items[*i].id));
                todo.iter().map(read).collect::<Result<Vec<_>, StoreError>>()
            })?;
            let mut writes = Vec::new();
            let mut waiting = Vec::new();
            for (i, state) in todo.iter().zip(states) {
                let mut prepared = match state {
                    Some(state) => self.judge(author, items[*i], &state)?,
                    None => Prepared::refused(items[*i].chunks.len(), &Refusal::new(Code::ServerFault)),
                };
                match prepared.write.take() {
                    Some(write) => {
                        writes.push(write);
                        waiting.push((*i, prepared));
                    }
                    None => {
                        admitted[*i] = Some(Admitted { outcomes: prepared.outcomes, heads: prepared.heads })
                    }
                }
            }
            if writes.is_empty() {
                break;
            }
            let written = self.write_each(writes)?.into_inner();
            todo.clear();
            for ((i, prepared), written) in waiting.into_iter().zip(written) {
                match written {
                    Written::Stale => todo.push(i),
                    Written::Failed => {}
                    Written::Done(done) => {
                        let seen = sees(&author.principal.scopes(), &done.scopes);
                        let heads = if done.seq.is_some() { Some(done.heads) } else { prepared.heads };
                        let heads = heads.filter(|_| seen);
                        admitted[i] = Some(Admitted { outcomes: prepared.outcomes, heads });
                    }
                }
            }
            if todo.is_empty() {
                break;
            }
        }
        let busy = |i: usize| {
            let prepared = Prepared::refused(items[i].chunks.len(), &Refusal::new(Code::ServerFault));
            Admitted { outcomes: prepared.outcomes, heads: None }
        };
        Ok(admitted.into_iter().enumerate().map(|(i, a)| a.unwrap_or_else(|| busy(i))).collect())
    }

    /// Judges one document's changes; a panic on the way refuses them and harms nothing else.
    fn judge(&self, author: &Author, item: &Incoming, state: &State) -> Result<Prepared, LedgerError> {
        self.judge_as(author, false, item, state)
    }

    /// Judges changes that wait for the office, which has said yes, as their sender's.
    pub(crate) fn judge_agreed(
        &self,
        sender: &Author,
        item: &Incoming,
        state: &State,
    ) -> Result<Prepared, LedgerError> {
        self.judge_as(sender, true, item, state)
    }

    fn judge_as(
        &self,
        author: &Author,
        agreed: bool,
        item: &Incoming,
        state: &State,
    ) -> Result<Prepared, LedgerError> {
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let beside = match self.beside(author, item) {
                Ok(beside) => beside,
                Err(LedgerError::Store(StoreError::Damaged(_))) => {
                    return Ok(Prepared::refused(item.chunks.len(), &Refusal::new(Code::ServerFault)));
                }
                Err(error) => return Err(error),
            };
            let links = || self.schema().kind(&item.kind).map(|k| self.links(k, item.id)).unwrap_or_default();
            let around =
                Around { beside: beside.as_ref().map(|(kind, view)| (kind, view)), links: Some(&links) };
            self.prepare_as(Some(author), agreed, item, state, around)
        }));
        judged.unwrap_or_else(|_| {
            tracing::error!(record = %item.id, "judging a change panicked");
            Ok(Prepared::refused(item.chunks.len(), &Refusal::new(Code::ServerFault)))
        })
    }

    /// The other document of the pair, where the author reads it: the companion of a record, the record of a companion.
    fn beside(&self, author: &Author, item: &Incoming) -> Result<Option<(Kind, RecordView)>, LedgerError> {
        let schema = self.schema();
        let own = schema.kind(&item.kind).filter(|_| author.principal.role != Role::Engineer);
        let Some(own) = own else { return Ok(None) };
        let main = own.companion_of.as_deref().and_then(|key| schema.kind(key));
        let Some(kind) = main.or_else(|| schema.companion(own)) else { return Ok(None) };
        let found = self.store().read_blocking(|snap| {
            let id = match main {
                Some(_) => projections::main_of(snap, item.id)?.map(|(_, id)| id),
                None => Some(item.id.companion(&kind.key)),
            };
            id.map(|id| Ok::<_, StoreError>((id, State::read(snap, id)?))).transpose()
        })?;
        // A companion that comes before its record has nothing beside it.
        let Some((id, state)) = found else { return Ok(None) };
        let view = state.record(&kind.key, id)?.view(kind);
        Ok(Some((kind.clone(), view)))
    }

    /// The records that refer to a record; none if they cannot be read, which is logged.
    pub(crate) fn links(&self, kind: &Kind, id: RecordId) -> Vec<Linked> {
        let found = self.store().read_blocking(|snap| links::to(snap, &self.schema(), kind, id));
        found.unwrap_or_else(|error| {
            tracing::error!(%error, record = %id, "records that refer to it cannot be read");
            Vec::new()
        })
    }

    /// Judges changes against a state. Without an author only structure is judged: for changes that were decided
    /// about before.
    pub(crate) fn prepare(
        &self,
        author: Option<&Author>,
        item: &Incoming,
        state: &State,
        around: Around<'_>,
    ) -> Result<Prepared, LedgerError> {
        self.prepare_as(author, false, item, state, around)
    }

    /// `agreed`: the changes wait for the office, and it has said yes.
    fn prepare_as(
        &self,
        author: Option<&Author>,
        agreed: bool,
        item: &Incoming,
        state: &State,
        around: Around<'_>,
    ) -> Result<Prepared, LedgerError> {
        let refused = |code| Ok(Prepared::refused(item.chunks.len(), &Refusal::new(code)));
        let schema = self.schema();
        let Some(kind) = schema.kind(&item.kind) else { return refused(Code::UnknownKind) };
        if let Some(code) = barred(author, kind, item.id, state) {
            return refused(code);
        }
        let record = match state.record(&item.kind, item.id) {
            Ok(record) => record,
            Err(StoreError::Damaged(_)) => return refused(Code::ServerFault),
            Err(error) => return Err(error.into()),
        };
        let chunks: Vec<&[u8]> = item.chunks.iter().map(Vec::as_slice).collect();
        // Nobody can build on what waits of somebody else: it is not shown to anybody.
        let waiting: Vec<&[u8]> = match author.filter(|_| !agreed) {
            Some(author) => state.waiting_of(author).map(|p| p.data.as_slice()).collect(),
            None => Vec::new(),
        };
        let before = Before {
            waiting: &waiting,
            // What was turned down stays so, however often it is sent.
            turned_down: author.map(|_| &state.turned_down),
            agreed,
        };
        let admit = |chunks: &[&[u8]]| {
            document::admit(&document::Incoming {
                schema: &schema,
                record: &record,
                chunks,
                person: author.map(|a| &a.principal),
                before,
                around,
            })
        };
        let admission = match author {
            None => admit(&chunks),
            Some(_) => match self.independent(&schema, kind, &record, &chunks, &admit) {
                Ok(admission) => admission,
                Err(StoreError::Damaged(_)) => return refused(Code::ServerFault),
                Err(error) => return Err(error.into()),
            },
        };
        let mut merged = Vec::new();
        let mut kept = Vec::new();
        let mut outcomes = Vec::with_capacity(admission.judged.len());
        for judged in admission.judged {
            let outcome = match (&judged.outcome, judged.hash) {
                (Outcome::Accepted(flag), Some(hash)) => {
                    merged.push(Chunk { hash, bytes: judged.canonical, flag: *flag });
                    judged.outcome
                }
                (Outcome::Proposed(flag), Some(hash)) => {
                    if !state.waiting.iter().any(|p| p.hash == hash) {
                        kept.push(proposals::New { hash, data: judged.canonical, flag: flag.as_str() });
                    }
                    judged.outcome
                }
                _ => judged.outcome,
            };
            outcomes.push(outcome);
        }
        let merged = admission.merged.filter(|_| !merged.is_empty()).map(|(record, _)| (record, merged));
        let seen = author.is_none_or(|a| sees(&a.principal.scopes(), &state.scopes));
        let heads = state.stored.as_ref().filter(|_| seen).map(|s| s.heads.clone());
        // What waits, waits for a record that there is.
        if merged.is_none() && (kept.is_empty() || state.stored.is_none()) {
            return Ok(Prepared { outcomes, write: None, heads });
        }
        let write = DocWrite {
            id: item.id,
            position: state.position(),
            // A record that a person makes has no number: it is given in the transaction, and the record is read
            // there. One that comes back after a restore may bring its own.
            reading: merged
                .as_ref()
                .filter(|_| kind.number.is_none() || state.stored.is_some() || author.is_none())
                .map(|(record, _)| commit::read(&schema, kind, record)),
            merged,
            proposals: kept,
            author: author.cloned(),
            salt: self.random()?,
        };
        Ok(Prepared { outcomes, write: Some(write), heads })
    }

    /// Writes documents in one transaction, each of them or not.
    fn write_each(&self, writes: Vec<DocWrite>) -> Result<Durable<Vec<Written>>, LedgerError> {
        self.transact(writes, false, None).map(|w| w.map(Option::unwrap_or_default))
    }

    /// Writes documents in one transaction, all of them or none; `None` if one of them had moved.
    pub(crate) fn write_all(&self, writes: Vec<DocWrite>) -> Result<Option<Vec<Done>>, LedgerError> {
        self.write_along(writes, None)
    }

    /// [`Ledger::write_all`], and something else in the same transaction; `None` as well if that gives it up.
    pub(crate) fn write_along(
        &self,
        writes: Vec<DocWrite>,
        along: Option<Along>,
    ) -> Result<Option<Vec<Done>>, LedgerError> {
        let Some(written) = self.transact(writes, true, along)?.into_inner() else { return Ok(None) };
        let done = written.into_iter().map(|w| match w {
            Written::Done(done) => Some(*done),
            Written::Stale | Written::Failed => None,
        });
        Ok(done.collect())
    }

    fn transact(
        &self,
        writes: Vec<DocWrite>,
        all: bool,
        along: Option<Along>,
    ) -> Result<Durable<Option<Vec<Written>>>, LedgerError> {
        let (ledger, now) = (self.clone(), self.millis());
        let written = self.store().write_blocking(move |tx| {
            // Asked for here, where nobody edits them at the same time.
            let schema = ledger.schema();
            let terms = ledger.terms_of(&schema);
            let setting = Setting { schema: &schema, terms: &terms, now };
            let mut out = Vec::with_capacity(writes.len());
            for write in writes {
                out.push(commit::write(tx, &setting, write)?);
                match out.last() {
                    Some(Written::Stale) if all => return Err(Halt::Stale),
                    Some(Written::Failed) if all => return Err(StoreError::Damaged("record").into()),
                    _ => {}
                }
            }
            if let Some(along) = along
                && !along(tx)?
            {
                return Err(Halt::Stale);
            }
            Ok(out)
        });
        let written: Durable<Option<Vec<Written>>> = match written {
            Ok(written) => written.map(Some),
            // The savepoint was rolled back: an empty transaction is proof enough that nothing is promised.
            Err(Halt::Stale) => self.store().write_blocking(|_| Ok::<_, StoreError>(None))?,
            Err(Halt::Store(error)) => return Err(error.into()),
        };
        for done in written.iter().flatten() {
            if let Written::Done(done) = done
                && let Some(live) = done.live()
            {
                // Nobody may be listening.
                let _ = self.0.live.send(live);
            }
        }
        Ok(written)
    }
}

/// What is written in the same transaction as documents; `false` gives all of it up.
pub(crate) type Along = Box<dyn FnOnce(&Tx<'_>) -> Result<bool, StoreError> + Send>;

/// Why a transaction was given up.
enum Halt {
    Stale,
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What no change needs to be looked at for.
fn barred(author: Option<&Author>, kind: &Kind, id: RecordId, state: &State) -> Option<Code> {
    match &state.stored {
        // Another kind's document has this id: for this kind there is none, and there cannot be one.
        Some(stored) if stored.kind != kind.key => return Some(Code::ForbiddenDoc),
        Some(_) => {}
        // Derived ids (version 8) are for companion documents: otherwise somebody could take the place of another
        // record's companion before the office makes it.
        None if (id.0.get_version_num() == 8) != kind.companion_of.is_some() => return Some(Code::Malformed),
        None => {}
    }
    let engineer = author.is_some_and(|a| a.principal.role == Role::Engineer);
    // What only the office reads, only the office writes, whoever made it once.
    (engineer && kind.visibility == Visibility::Office).then_some(Code::ForbiddenDoc)
}
