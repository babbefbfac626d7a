//! One change after the other: what its author saw, what is true now, and what follows.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use automerge::Change;

use super::content::{By, Content, Reading};
use super::point::Point;
use super::sight::Sight;
use super::{Incoming, Judged, Outcome, Passed, Piece, Read, dependent, event};
use crate::authz::{Deed, Facts, Flag, Principal, Verdict, decide};
use crate::derive::{self, Basis};
use crate::document::permit::settles;
use crate::document::rules::{Ground, no_duplicate, not_before};
use crate::document::{Hash, RecordView, read, refused};
use crate::error::{Code, Refusal};
use crate::guard::{self, Causal, Checked, Limits, Root, Touches};
use crate::lifecycle::Event;
use crate::schema::Kind;
use crate::survey;

/// Fates of changes that others may build on.
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

/// A refusal, with the changes that are needed first.
type Failed = (Refusal, Vec<Hash>);

fn plain(refusal: Refusal) -> Failed {
    (refusal, Vec::new())
}

/// What judging one change comes to.
struct Finding {
    outcome: Outcome,
    passed: Option<Passed>,
}

impl From<Outcome> for Finding {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, passed: None }
    }
}

pub(super) struct Judge<'a> {
    incoming: &'a Incoming<'a>,
    kind: Option<&'a Kind>,
    causal: Causal,
    touches: Touches<'a>,
    base_heads: Vec<Hash>,
    base: Rc<Point>,
    now: Rc<Point>,
    content: Content,
    sight: Sight<'a>,
    tip: Tip,
    /// The record as each change that was not refused left it, from its author's side.
    points: HashMap<Hash, Rc<Point>>,
    /// The same at several changes together, by these, sorted.
    joined: HashMap<Vec<Hash>, Rc<Point>>,
    fates: HashMap<Hash, Fate>,
    /// What waits already, until a change builds on it.
    waiting: Option<Vec<Checked>>,
    /// The hashes of these.
    kept: HashSet<Hash>,
}

impl<'a> Judge<'a> {
    /// `brought`: what of the chunks can be read.
    pub(super) fn new(incoming: &'a Incoming<'a>, brought: Vec<Change>) -> Self {
        let doc = incoming.record.doc();
        let limits = Limits::default();
        let base = Rc::new(Point::of(doc, None));
        let waiting: Vec<Checked> =
            incoming.before.waiting.iter().filter_map(|c| guard::parse(c, &limits).ok()).collect();
        Self {
            kind: incoming.schema.kind(incoming.record.kind()),
            causal: Causal::of(doc),
            touches: Touches::new(doc),
            base_heads: incoming.record.heads(),
            now: base.clone(),
            base,
            content: Content::of(doc),
            sight: Sight::of(incoming.record, brought),
            tip: Tip::Base,
            points: HashMap::new(),
            joined: HashMap::new(),
            fates: HashMap::new(),
            kept: waiting.iter().map(|w| w.hash).collect(),
            waiting: Some(waiting),
            incoming,
        }
    }

    pub(super) fn chunk(&mut self, read: Read) -> Piece {
        let (checked, change) = match read {
            Ok(read) => read,
            Err(e) => {
                let outcome = Outcome::Refused { refusal: refused(e), need: Vec::new() };
                let judged = Judged { hash: None, outcome, canonical: Vec::new(), time_ms: 0 };
                return Piece { judged, deps: Vec::new(), passed: None };
            }
        };
        self.recall(&checked);
        let Finding { outcome, passed } = self.decide(&checked, change, None);
        let judged = Judged {
            hash: Some(checked.hash),
            outcome,
            canonical: checked.canonical,
            time_ms: checked.time_ms,
        };
        Piece { judged, deps: checked.deps, passed }
    }

    /// Judges what waits already once a change builds on it: it was judged when it came, but what it did has to be
    /// known.
    fn recall(&mut self, checked: &Checked) {
        let concerned = |w: &Checked| checked.deps.contains(&w.hash);
        if !self.waiting.as_ref().is_some_and(|waiting| waiting.iter().any(concerned)) {
            return;
        }
        for waits in self.waiting.take().unwrap_or_default() {
            let change = waits.change();
            self.decide(&waits, change, Some(Flag::Late));
        }
    }

    /// `kept`: the change waits for the office already.
    fn decide(
        &mut self,
        checked: &Checked,
        change: Result<Change, guard::Refused>,
        kept: Option<Flag>,
    ) -> Finding {
        let finding = match self.judge(checked, change, kept) {
            Ok(finding) => finding,
            Err((refusal, need)) => {
                self.fates.insert(checked.hash, Fate::Refused);
                Outcome::Refused { refusal, need }.into()
            }
        };
        if let Outcome::Proposed(flag) = finding.outcome {
            self.fates.insert(checked.hash, Fate::Proposed(flag));
        }
        finding
    }

    fn judge(
        &mut self,
        checked: &Checked,
        change: Result<Change, guard::Refused>,
        kept: Option<Flag>,
    ) -> Result<Finding, Failed> {
        if let Some(Fate::Proposed(flag)) = self.fates.get(&checked.hash) {
            return Ok(Outcome::Proposed(*flag).into());
        }
        // It waits, whatever would be said of it today: that is the office's to decide.
        if kept.is_none() && self.kept.contains(&checked.hash) {
            return Ok(Outcome::Proposed(Flag::Late).into());
        }
        if self.causal.knows(&checked.hash) {
            return Ok(Outcome::Duplicate.into());
        }
        let down = |hash: &Hash| self.incoming.before.turned_down.is_some_and(|d| d.contains(hash));
        if down(&checked.hash) {
            return Err(plain(Refusal::new(Code::ForbiddenState).with("decision", "refused")));
        }
        let mut waits = kept;
        for dep in &checked.deps {
            match self.fates.get(dep) {
                Some(Fate::Refused) => return Err(plain(dependent(dep))),
                Some(Fate::Proposed(flag)) => waits = waits.or(Some(*flag)),
                None if down(dep) => return Err(plain(dependent(dep))),
                None => {}
            }
        }
        let author = self.incoming.person.map(|p| *p.user.bytes());
        self.causal.check(checked, author).map_err(|e| {
            let need = e.need.clone();
            (refused(e), need)
        })?;
        let change = change.map_err(|e| plain(refused(e)))?;
        let touched = self.touches.of(&change).map_err(|e| plain(refused(e)))?;
        if touched.iter().any(|t| t.root == Root::Other) {
            return Err(plain(
                Refusal::new(Code::Malformed).with("detail", "writes outside the record's parts"),
            ));
        }
        let mut passed = Passed { change, touched, events: None };
        let Some(person) = self.incoming.person else {
            self.causal.accept(checked, &passed.change);
            return Ok(Finding { outcome: Outcome::Accepted(None), passed: Some(passed) });
        };
        let (reading, seen, flag) = self.weigh(checked, person, &passed, &mut waits).map_err(plain)?;
        self.causal.accept(checked, &passed.change);
        self.sight.keep(passed.change.clone());
        let after = if Point::concerns(&reading) {
            let mut after = Point::clone(&seen);
            after.absorb(&reading);
            Rc::new(after)
        } else {
            seen
        };
        self.points.insert(checked.hash, after);
        if let Some(flag) = waits {
            self.content.note(&reading);
            return Ok(Outcome::Proposed(flag).into());
        }
        if Point::concerns(&reading) {
            Rc::make_mut(&mut self.now).absorb(&reading);
        }
        self.tip = if self.saw_all(&checked.deps) { Tip::At(checked.hash) } else { Tip::Apart };
        passed.events = Some(reading.events.clone());
        self.content.absorb(reading);
        Ok(Finding { outcome: Outcome::Accepted(flag), passed: Some(passed) })
    }

    /// What a person's change does, the record as its author saw it, and how it is marked. `waits` is set if the
    /// change has to wait for the office.
    fn weigh(
        &mut self,
        checked: &Checked,
        person: &Principal,
        passed: &Passed,
        waits: &mut Option<Flag>,
    ) -> Result<(Reading, Rc<Point>, Option<Flag>), Refusal> {
        let kind = self.kind.ok_or_else(|| Refusal::new(Code::UnknownKind))?;
        let seen = self.seen(&checked.deps);
        let by = By { schema: self.incoming.schema, kind, person };
        let change = &passed.change;
        let mut register = |path: &[&str], kind| self.sight.register(change, path, kind);
        let reading = self.content.read(by, &passed.touched, &mut register)?;
        if self.content.events() + reading.events.len() > event::MOST {
            return Err(Refusal::new(Code::TooLarge).with("detail", "events").with("max", event::MOST));
        }
        let agreed = self.incoming.before.agreed;
        let mut flag = None;
        match self.ask(person, kind, &seen, &reading)? {
            Verdict::Propose(f) if !agreed => *waits = waits.or(Some(f)),
            Verdict::AcceptFlagged(f) if !agreed => flag = Some(f),
            _ => {}
        }
        let late =
            || survey::late(&seen.folded(kind).status, &self.now.folded(kind).status, &reading.writes());
        if kind.key == survey::KIND && !agreed && late() {
            *waits = waits.or(Some(Flag::AfterClose));
        }
        let waiting = waits.is_some();
        for event in &reading.events {
            self.check_event(person, kind, &seen, &reading, event, change, waiting)?;
        }
        if kind.key == survey::KIND {
            let after = self.after(kind, &reading, change, waiting);
            let status = &seen.folded(kind).status;
            survey::check_change(self.incoming.schema, status, &after, &reading.writes())?;
        }
        if waiting || self.saw_all(&checked.deps) {
            self.check_values(kind, &reading, change, waiting)?;
        }
        Ok((reading, seen, flag))
    }

    /// The permission table over everything the change does: the strictest verdict counts.
    fn ask(
        &self,
        person: &Principal,
        kind: &Kind,
        seen: &Point,
        reading: &Reading,
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
        // A companion is as open as its record is now; what its author knew of that, the change does not say.
        let with_main = self
            .incoming
            .around
            .main(kind)
            .map(|(main, view)| Facts { phase: view.facts(main).phase, ..is.clone() });
        let is = with_main.as_ref().unwrap_or(is);
        let mut verdict = Verdict::Accept;
        for act in &reading.acts {
            match decide(person, act, was, is) {
                Verdict::Refuse(code) => return Err(Refusal::field(code, &act.subject)),
                Verdict::Propose(flag) => verdict = Verdict::Propose(flag),
                Verdict::AcceptFlagged(flag) if verdict == Verdict::Accept => {
                    verdict = Verdict::AcceptFlagged(flag)
                }
                _ => {}
            }
        }
        Ok(verdict)
    }

    /// The record after the change: as it is now, or, for one that waits with what it builds on, as its author left it.
    fn after(&mut self, kind: &Kind, reading: &Reading, change: &Change, waiting: bool) -> RecordView {
        let left = if waiting { self.sight.left(change, kind) } else { None };
        left.unwrap_or_else(|| self.content.after(self.incoming.record, kind, reading))
    }

    /// The order of days within the document, and entries that are there once. A change that was made in ignorance of the value it
    /// contradicts is not refused for that: only what its author could see counts.
    fn check_values(
        &mut self,
        kind: &Kind,
        reading: &Reading,
        change: &Change,
        waiting: bool,
    ) -> Result<(), Refusal> {
        let fields = reading.fields();
        let ordered = kind.fields.iter().any(|f| {
            f.not_before
                .as_ref()
                .is_some_and(|other| fields.contains(&f.key.as_str()) || fields.contains(&other.as_str()))
        });
        let mut distinct = reading.distinct(kind).peekable();
        if !ordered && distinct.peek().is_none() {
            return Ok(());
        }
        let after = self.after(kind, reading, change, waiting);
        not_before(&[(kind, &after)], &fields, self.incoming.schema.zone())?;
        distinct.try_for_each(|(c, id, value)| no_duplicate(c, &after, Some(id), value))
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

    #[allow(clippy::too_many_arguments)]
    fn check_event(
        &mut self,
        person: &Principal,
        kind: &Kind,
        seen: &Point,
        reading: &Reading,
        event: &Event,
        change: &Change,
        waiting: bool,
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
        // Who settles which of two steps stands leaves no basis: it would stand above what that step left.
        let basis = |step| {
            let said = event.basis.as_deref();
            said.map_or(Ok(()), |text| Basis::check(self.incoming.schema, step, text))
        };
        if settles(person.role, folded, seen.events(), &event.to) {
            return basis(None);
        }
        let relation = seen.facts(kind).relation(person.user);
        let step = match cycle.and_then(|c| c.step(&folded.status, &event.to)) {
            None => {
                return Err(Refusal::new(Code::BadTransition)
                    .with("from", folded.status.clone())
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
        let mut after = self.after(kind, reading, change, waiting);
        after.events = seen.events().cloned().collect();
        after.folded = folded.clone();
        derive::fill(self.incoming.schema, kind, &mut after);
        let ground =
            Ground { schema: self.incoming.schema, kind, view: &after, around: self.incoming.around };
        ground.step(step)
    }

    /// The record as the author of a change with these dependencies saw it.
    fn seen(&mut self, deps: &[Hash]) -> Rc<Point> {
        if let [dep] = deps
            && let Some(point) = self.points.get(dep)
        {
            return point.clone();
        }
        let mut sorted = deps.to_vec();
        sorted.sort_unstable();
        if sorted == self.base_heads {
            return self.base.clone();
        }
        if let Some(point) = self.joined.get(&sorted) {
            return point.clone();
        }
        let (ours, base): (Vec<&Hash>, Vec<&Hash>) =
            sorted.iter().partition(|d| self.points.contains_key(*d));
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
        let point = Rc::new(point);
        self.joined.insert(sorted, point.clone());
        point
    }
}
