//! Admission: from the bytes that somebody sent to a decision about each change.
//!
//! The order is that of [`crate::guard`]: bounded parse, causal checks, what the change touches, the
//! permission table, and a trial of everything that passed. A change is judged by the record as its
//! author saw it (its dependencies) and as it is now; nothing that was refused or proposed is merged,
//! and what builds on it shares its fate.

mod content;
mod point;

use std::collections::{BTreeSet, HashMap};

use automerge::Change;

use super::rules::{Around, Ground, no_duplicate, not_before};
use super::{Hash, Record, read, refused};
use crate::authz::{Deed, Flag, Principal, Verdict, decide};
use crate::derive::{self, Basis};
use crate::error::{Code, Refusal};
use crate::guard::{self, Causal, Checked, Limits, Touches};
use crate::schema::{Kind, Schema};
use crate::survey;
use content::Content;
use point::Point;

/// What is asked of [`admit`].
pub struct Incoming<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The record as the server has it; the genesis only, if it is new.
    pub record: &'a Record,
    /// The change chunks, dependencies first.
    pub chunks: &'a [&'a [u8]],
    /// Who sent them. `None` for changes that were decided about before (a proposal that the office took
    /// over, a restored record's receipted history): structure is checked, permission is not.
    pub person: Option<&'a Principal>,
    /// Changes of this record that wait for the office already.
    pub proposed: &'a BTreeSet<Hash>,
    /// What stands around the record, for the rules of steps.
    pub around: Around<'a>,
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

/// Judges changes of one record.
#[must_use]
pub fn admit(incoming: &Incoming<'_>) -> Admission {
    let mut judge = Judge::new(incoming);
    let judged: Vec<(Judged, Option<Change>)> = incoming.chunks.iter().map(|c| judge.chunk(c)).collect();
    finish(incoming, judged)
}

/// Tries everything that passed at once; if the trial fails, one by one to find the culprit.
fn finish(incoming: &Incoming<'_>, judged: Vec<(Judged, Option<Change>)>) -> Admission {
    let limits = Limits::default();
    let changes: Vec<Change> = judged.iter().filter_map(|(_, c)| c.clone()).collect();
    let (mut judged, mut passing): (Vec<Judged>, Vec<Option<Change>>) = judged.into_iter().unzip();
    if changes.is_empty() {
        return Admission { judged, merged: None };
    }
    let trial = match guard::trial(incoming.record.doc(), changes, &limits) {
        Ok(trial) => Some(trial),
        Err(_) => {
            let mut kept: Vec<Change> = Vec::new();
            let mut last = None;
            for (i, slot) in passing.iter_mut().enumerate() {
                let Some(change) = slot.take() else { continue };
                kept.push(change);
                match guard::trial(incoming.record.doc(), kept.clone(), &limits) {
                    Ok(trial) => last = Some(trial),
                    Err(e) => {
                        kept.pop();
                        judged[i].outcome = Outcome::Refused { refusal: refused(e), need: Vec::new() };
                    }
                }
            }
            last
        }
    };
    let merged = trial.map(|t| {
        let record = Record { id: incoming.record.id, kind: incoming.record.kind.clone(), doc: t.doc };
        (record, t.saved)
    });
    Admission { judged, merged }
}

/// Fates of changes of this batch that others may build on.
#[derive(Clone)]
enum Fate {
    Refused,
    Proposed(Flag),
}

/// The newest change whose author saw everything that is here.
#[derive(Clone, Copy)]
enum Tip {
    /// The record as it is stored.
    Base,
    /// A change of this batch.
    At(Hash),
    /// None any more: a change of this batch was made without knowing what is stored.
    Apart,
}

struct Judge<'a> {
    incoming: &'a Incoming<'a>,
    kind: Option<&'a Kind>,
    limits: Limits,
    causal: Causal,
    touches: Touches<'a>,
    base_heads: Vec<Hash>,
    base: Point,
    now: Point,
    content: Content,
    tip: Tip,
    /// The record as each accepted change of the batch left it, from its author's side.
    points: HashMap<Hash, Point>,
    fates: HashMap<Hash, Fate>,
}

impl<'a> Judge<'a> {
    fn new(incoming: &'a Incoming<'a>) -> Self {
        let doc = incoming.record.doc();
        let base = Point::of(doc, None);
        Self {
            kind: incoming.schema.kind(incoming.record.kind()),
            limits: Limits::default(),
            causal: Causal::of(doc),
            touches: Touches::new(doc),
            base_heads: incoming.record.heads(),
            now: base.clone(),
            base,
            content: Content::of(doc),
            tip: Tip::Base,
            points: HashMap::new(),
            fates: HashMap::new(),
            incoming,
        }
    }

    fn chunk(&mut self, chunk: &[u8]) -> (Judged, Option<Change>) {
        let checked = match guard::parse(chunk, &self.limits) {
            Ok(checked) => checked,
            Err(e) => {
                let outcome = Outcome::Refused { refusal: refused(e), need: Vec::new() };
                return (Judged { hash: None, outcome, canonical: Vec::new(), time_ms: 0 }, None);
            }
        };
        let (outcome, change) = match self.judge(&checked) {
            Ok(judged) => judged,
            Err((refusal, need)) => {
                self.fates.insert(checked.hash, Fate::Refused);
                (Outcome::Refused { refusal, need }, None)
            }
        };
        if let Outcome::Proposed(flag) = outcome {
            self.fates.insert(checked.hash, Fate::Proposed(flag));
        }
        let judged = Judged {
            hash: Some(checked.hash),
            outcome,
            canonical: checked.canonical,
            time_ms: checked.time_ms,
        };
        (judged, change)
    }

    fn judge(&mut self, checked: &Checked) -> Result<(Outcome, Option<Change>), (Refusal, Vec<Hash>)> {
        let plain = |refusal: Refusal| (refusal, Vec::new());
        if self.causal.knows(&checked.hash) {
            return Ok((Outcome::Duplicate, None));
        }
        if self.incoming.proposed.contains(&checked.hash) {
            return Ok((Outcome::Proposed(Flag::Late), None));
        }
        for dep in &checked.deps {
            match self.fates.get(dep) {
                Some(Fate::Refused) => {
                    let by: String = dep.iter().map(|b| format!("{b:02x}")).collect();
                    return Err(plain(Refusal::new(Code::DependencyRejected).with("by", by)));
                }
                Some(Fate::Proposed(flag)) => return Ok((Outcome::Proposed(*flag), None)),
                None if self.incoming.proposed.contains(dep) => {
                    return Ok((Outcome::Proposed(Flag::Late), None));
                }
                None => {}
            }
        }
        let author = self.incoming.person.map(|p| *p.user.bytes());
        self.causal.check(checked, author).map_err(|e| {
            let need = e.need.clone();
            (refused(e), need)
        })?;
        let change = checked.change().map_err(|e| plain(refused(e)))?;
        let touched = self.touches.of(&change).map_err(|e| plain(refused(e)))?;
        let mut flag = None;
        if let Some(person) = self.incoming.person {
            let kind = self.kind.ok_or_else(|| plain(Refusal::new(Code::UnknownKind)))?;
            let seen = self.seen(&checked.deps);
            let reading = self.content.read(self.incoming.schema, kind, person, &touched).map_err(plain)?;
            match self.weigh(person, kind, &seen, &reading).map_err(plain)? {
                Verdict::Propose(flag) => return Ok((Outcome::Proposed(flag), None)),
                Verdict::AcceptFlagged(f) => flag = Some(f),
                Verdict::Accept | Verdict::Refuse(_) => {}
            }
            self.check_sheet(kind, &seen, &reading).map_err(plain)?;
            let sighted = self.saw_all(&checked.deps);
            if sighted {
                self.check_values(kind, &reading).map_err(plain)?;
            }
            let mut after = seen;
            after.absorb(&reading);
            self.points.insert(checked.hash, after);
            self.now.absorb(&reading);
            self.tip = if sighted { Tip::At(checked.hash) } else { Tip::Apart };
            self.content.absorb(reading);
        }
        self.causal.accept(checked, &change);
        Ok((Outcome::Accepted(flag), Some(change)))
    }

    /// The permission table over everything the change does: the strictest verdict counts.
    fn weigh(
        &mut self,
        person: &Principal,
        kind: &Kind,
        seen: &Point,
        reading: &content::Reading,
    ) -> Result<Verdict, Refusal> {
        let (was, is) = (seen.facts(kind), self.now.facts(kind));
        let creates = reading.acts.iter().any(|a| a.deed == Deed::Create);
        // A record has one maker. Building on its genesis does not make anyone else the maker.
        if creates && (is.creator.is_some() || !person.may_create(kind)) {
            return Err(Refusal::new(Code::ForbiddenDoc));
        }
        if !creates && was.creator.is_none() {
            return Err(Refusal::new(Code::ForbiddenDoc));
        }
        let mut verdict = Verdict::Accept;
        for act in &reading.acts {
            match decide(person, act, &was, &is) {
                Verdict::Refuse(code) => return Err(Refusal::field(code, &act.subject)),
                Verdict::Propose(flag) => verdict = Verdict::Propose(flag),
                Verdict::AcceptFlagged(flag) if verdict == Verdict::Accept => {
                    verdict = Verdict::AcceptFlagged(flag)
                }
                _ => {}
            }
        }
        for event in &reading.events {
            self.check_event(person, kind, seen, reading, event)?;
        }
        Ok(verdict)
    }

    /// The order of days within the document, and entries that are there once. A change that was made in ignorance of the value it
    /// contradicts is not refused for that: only what its author could see counts.
    fn check_values(&mut self, kind: &Kind, reading: &content::Reading) -> Result<(), Refusal> {
        let fields = reading.fields();
        let ordered = kind.fields.iter().any(|f| {
            f.not_before
                .as_ref()
                .is_some_and(|other| fields.contains(&f.key.as_str()) || fields.contains(&other.as_str()))
        });
        let distinct: Vec<_> = reading.distinct(kind).collect();
        if !ordered && distinct.is_empty() {
            return Ok(());
        }
        let after = self.content.after(self.incoming.record, kind, reading);
        not_before(&[(kind, &after)], &fields, self.incoming.schema.zone())?;
        distinct.into_iter().try_for_each(|(c, id, value)| no_duplicate(c, &after, Some(id), value))
    }

    /// What an answer sheet takes: questions and options of its questionnaire, while it is being filled in.
    fn check_sheet(&mut self, kind: &Kind, seen: &Point, reading: &content::Reading) -> Result<(), Refusal> {
        if kind.key != survey::KIND {
            return Ok(());
        }
        let after = self.content.after(self.incoming.record, kind, reading);
        let status = seen.folded(kind).status;
        survey::check_change(self.incoming.schema, &status, &after, &reading.writes())
    }

    /// Whether a change with these dependencies was made with all that is here in sight.
    fn saw_all(&self, deps: &[Hash]) -> bool {
        match self.tip {
            Tip::At(hash) => deps == [hash],
            Tip::Apart => false,
            Tip::Base => {
                let mut sorted = deps.to_vec();
                sorted.sort_unstable();
                sorted == self.base_heads
            }
        }
    }

    fn check_event(
        &mut self,
        person: &Principal,
        kind: &Kind,
        seen: &Point,
        reading: &content::Reading,
        event: &crate::lifecycle::Event,
    ) -> Result<(), Refusal> {
        let cycle = read::cycle_of(kind);
        let folded = seen.folded(kind);
        let mut prev = event.prev.clone();
        prev.sort();
        if prev != folded.frontier {
            return Err(Refusal::new(Code::Malformed).with("detail", "prev is not what the author saw"));
        }
        if event.t == "created" {
            let initial = cycle.map_or("", |c| c.initial);
            return match &event.basis {
                _ if event.to != initial => {
                    Err(Refusal::new(Code::BadTransition).with("to", event.to.clone()))
                }
                Some(text) => Basis::check(self.incoming.schema, None, text),
                None => Ok(()),
            };
        }
        let settles = folded.conflicted && seen.frontier_statuses(&folded).contains(&event.to);
        let relation = seen.facts(kind).relation(person.user);
        // Who settles which of two steps stands leaves no basis: it would stand above what that step left.
        let basis = |step| {
            let said = event.basis.as_deref();
            said.map_or(Ok(()), |text| Basis::check(self.incoming.schema, step, text))
        };
        let step = match cycle.and_then(|c| c.step(&folded.status, &event.to)) {
            _ if settles && person.role != crate::authz::Role::Engineer => return basis(None),
            None => {
                return Err(Refusal::new(Code::BadTransition)
                    .with("from", folded.status)
                    .with("to", event.to.clone()));
            }
            Some(step) if !step.who.includes(person, relation) => {
                return Err(Refusal::new(Code::ForbiddenTransition).with("to", event.to.clone()));
            }
            Some(step) if step.why && event.why.as_deref().is_none_or(|w| w.trim().is_empty()) => {
                return Err(Refusal::field(Code::Required, "why").with("to", event.to.clone()));
            }
            Some(step) => step,
        };
        basis(Some(step))?;
        // Fields as the change leaves them; steps as its author saw them, without the one that is judged: it
        // can be neither its own reason nor its own obstacle, and nor can one that nobody had told the author of.
        let mut after = self.content.after(self.incoming.record, kind, reading);
        after.events = seen.events().cloned().collect();
        after.folded = folded;
        derive::fill(self.incoming.schema, kind, &mut after);
        let ground =
            Ground { schema: self.incoming.schema, kind, view: &after, around: self.incoming.around };
        ground.step(step)
    }

    /// The record as the author of a change with these dependencies saw it.
    fn seen(&self, deps: &[Hash]) -> Point {
        let mut sorted = deps.to_vec();
        sorted.sort_unstable();
        if sorted == self.base_heads {
            return self.base.clone();
        }
        if let [dep] = deps
            && let Some(point) = self.points.get(dep)
        {
            return point.clone();
        }
        let (ours, base): (Vec<&Hash>, Vec<&Hash>) = deps.iter().partition(|d| self.points.contains_key(*d));
        let mut point = if base.is_empty() {
            Point::default()
        } else {
            let heads: Vec<Hash> = base.into_iter().copied().collect();
            Point::of(self.incoming.record.doc(), Some(&heads))
        };
        for dep in ours {
            if let Some(other) = self.points.get(dep) {
                point.union(other);
            }
        }
        point
    }
}
