//! Admission: from the bytes that somebody sent to a decision about each change.
//!
//! The order is that of [`crate::guard`]: bounded parse, causal checks, what the change touches, the
//! permission table, and a trial of everything that passed. A change is judged by the record as its
//! author saw it (its dependencies) and as it is now; nothing that was refused or proposed is merged,
//! and what builds on a refused change is refused. What builds on a proposed one waits with it, but is
//! judged like any other change first: what is forbidden does not wait for anybody's yes.
//!
//! | module | job |
//! |---|---|
//! | this one | question and answer |
//! | [`judge`] | one change after the other |
//! | [`content`], [`event`] | what a change's writes mean |
//! | [`point`], [`sight`] | the record at one point of its history |
//! | [`joint`] | everything that passed, tried together and compared with what was judged |

mod content;
mod event;
mod joint;
mod judge;
mod point;
mod sight;

use std::collections::BTreeSet;

use automerge::Change;

use super::rules::Around;
use super::{Hash, Record};
use crate::authz::{Flag, Principal};
use crate::error::Refusal;
use crate::guard::{self, Checked, Limits, Refused, Touch};
use crate::lifecycle::Event;
use crate::schema::Schema;
use judge::Judge;

/// What is asked of [`admit`].
pub struct Incoming<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The record as the server has it; the genesis only, if it is new.
    pub record: &'a Record,
    /// The change chunks, dependencies first.
    pub chunks: &'a [&'a [u8]],
    /// Who sent them. `None` for changes that were decided about before (an import, a restored record's
    /// receipted history): structure is checked, permission is not.
    pub person: Option<&'a Principal>,
    /// What was decided before about other changes of the same person to this record.
    pub before: Before<'a>,
    /// What stands around the record, for the rules of steps. Beside a companion its record stands, whose
    /// phase is the companion's.
    pub around: Around<'a>,
}

/// What was decided before.
#[derive(Clone, Copy, Default)]
pub struct Before<'a> {
    /// Chunks of the person's changes that wait for the office, dependencies first. What builds on them waits too.
    pub waiting: &'a [&'a [u8]],
    /// Changes that the office turned down. They and what builds on them are refused.
    pub turned_down: Option<&'a BTreeSet<Hash>>,
    /// The office has said yes to the changes that are brought: they are judged as their sender's, only what would
    /// wait for the office is merged.
    pub agreed: bool,
}

/// The decision about one change.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Merged, perhaps marked.
    Accepted(Option<Flag>),
    /// Merged before.
    Duplicate,
    /// Kept unmerged until the office decides.
    Proposed(Flag),
    /// Not merged. `by` names the refused change that it builds on.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Changes that are needed first.
        need: Vec<Hash>,
    },
}

/// A change, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its hash, if it could be read so far.
    pub hash: Option<Hash>,
    /// The decision.
    pub outcome: Outcome,
    /// The only form worth storing; empty if it could not be read.
    pub canonical: Vec<u8>,
    /// Its claimed time in ms.
    pub time_ms: i64,
}

/// What came of it.
pub struct Admission {
    /// A decision for each chunk, in order.
    pub judged: Vec<Judged>,
    /// The record with what was accepted, and its saved form; `None` if nothing was.
    pub merged: Option<(Record, Vec<u8>)>,
}

/// A chunk, as far as it could be read.
type Read = Result<(Checked, Result<Change, Refused>), Refused>;

/// A judged change with what the joint trial needs of it.
struct Piece {
    judged: Judged,
    deps: Vec<Hash>,
    /// The change and what it was read to do, if it is to be merged.
    passed: Option<Passed>,
}

/// A change that is to be merged.
struct Passed {
    change: Change,
    touched: Vec<Touch>,
    /// The steps that it was judged to make; `None` where nobody looked.
    events: Option<Vec<Event>>,
}

/// Judges changes of one record.
#[must_use]
pub fn admit(incoming: &Incoming<'_>) -> Admission {
    let limits = Limits::default();
    let read = |chunk: &&[u8]| {
        let checked = guard::parse(chunk, &limits)?;
        let change = checked.change();
        Ok((checked, change))
    };
    let read: Vec<Read> = incoming.chunks.iter().map(read).collect();
    let brought = read.iter().flatten().filter_map(|(_, change)| change.as_ref().ok().cloned()).collect();
    let mut judge = Judge::new(incoming, brought);
    let pieces = read.into_iter().map(|read| judge.chunk(read)).collect();
    joint::finish(incoming, pieces)
}

/// The refusal of what builds on a refused change.
fn dependent(on: &Hash) -> Refusal {
    let by: String = on.iter().map(|b| format!("{b:02x}")).collect();
    Refusal::new(crate::error::Code::DependencyRejected).with("by", by)
}
