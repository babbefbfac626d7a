//! Step 3 of admission: does a change fit the history of this document?

use std::collections::HashMap;

use automerge::Automerge;

use super::{Checked, Limits, Refused, RefusedCode};

/// What [`Causal`] knows of one actor.
struct Actor {
    /// The author its first change named, if any.
    author: Option<[u8; 16]>,
    /// Its newest change, an index into [`Causal::nodes`].
    newest: usize,
    /// How many changes it has made.
    seq: u64,
}

/// What [`Causal`] knows of one change.
struct Node {
    actor: usize,
    /// Counter of the change's last operation.
    max_op: u64,
    /// The highest counter among the change and its ancestors.
    reach: u64,
    /// Indices of its dependencies, all smaller than its own.
    parents: Box<[u32]>,
}

/// An index of one document's history: enough to judge a change without touching the document.
///
/// Clocks are not kept per change. A check walks back from the change's dependencies once, which for
/// the usual document (fewer than 50 changes) is a few dozen steps, and for the largest one allowed
/// needs one bit of memory per change instead of one clock of up to 2,000 actors.
pub struct Causal {
    /// In an order in which dependencies come first.
    nodes: Vec<Node>,
    by_hash: HashMap<[u8; 32], u32>,
    actors: Vec<Actor>,
    by_actor: HashMap<[u8; 16], usize>,
    counter_slack: u64,
}

impl Causal {
    /// Indexes the changes of `doc`.
    pub fn of(doc: &Automerge) -> Self {
        Self::with_limits(doc, &Limits::default())
    }

    /// As [`of`](Self::of), with another [`counter_slack`](Limits::counter_slack).
    pub fn with_limits(doc: &Automerge, limits: &Limits) -> Self {
        let mut causal = Self {
            nodes: Vec::new(),
            by_hash: HashMap::new(),
            actors: Vec::new(),
            by_actor: HashMap::new(),
            counter_slack: limits.counter_slack,
        };
        for meta in doc.get_changes_meta(&[]) {
            let author = meta.author.as_ref().and_then(|author| author.as_bytes().try_into().ok());
            // Actors of another length never pass `parse`; folding them keeps the index complete.
            let mut actor = [0u8; 16];
            for (to, from) in actor.iter_mut().zip(meta.actor.to_bytes()) {
                *to = *from;
            }
            let deps: Vec<[u8; 32]> = meta.deps.iter().map(|dep| dep.0).collect();
            causal.add(meta.hash.0, actor, author, meta.seq, meta.max_op, &deps);
        }
        causal
    }

    /// Whether the document already holds the change; such a change is a duplicate and needs no check.
    pub fn knows(&self, hash: &[u8; 32]) -> bool {
        self.by_hash.contains_key(hash)
    }

    /// Number of changes in the index.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the document has no changes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The author of an actor's changes, `None` for an unknown actor or one without an author.
    pub fn author_of(&self, actor: &[u8; 16]) -> Option<[u8; 16]> {
        self.by_actor.get(actor).and_then(|index| self.actors.get(*index)).and_then(|actor| actor.author)
    }

    /// Judges a change that is not yet in the document.
    ///
    /// `expected_author` is the user who sent it; `None` leaves the author out of the question, for
    /// changes the server has already decided about and for recomputed genesis changes.
    ///
    /// # Errors
    /// - `missing_deps` with the hashes that are needed first,
    /// - `actor_seq_conflict`, `actor_seq_gap` when it is not its actor's next change,
    /// - `author_mismatch` when it is not `expected_author`'s,
    /// - `malformed` when no honest writer would have made it.
    pub fn check(&self, change: &Checked, expected_author: Option<[u8; 16]>) -> Result<(), Refused> {
        let known = self.by_actor.get(&change.actor).and_then(|index| self.actors.get(*index));
        let have = known.map_or(0, |actor| actor.seq);
        if change.seq <= have {
            return Err(Refused::new(RefusedCode::ActorSeqConflict, "sequence number is taken"));
        }
        let need: Vec<_> = change.deps.iter().filter(|dep| !self.knows(dep)).copied().collect();
        if !need.is_empty() {
            return Err(Refused::missing(need));
        }
        if change.seq != have + 1 {
            return Err(Refused::new(RefusedCode::ActorSeqGap, "an earlier change of the actor is missing"));
        }
        if change.rows == 0 {
            return Err(Refused::malformed("no operations"));
        }
        if change.has_extra && change.seq != 1 {
            return Err(Refused::malformed("author named after the first change"));
        }
        if let Some(expected) = expected_author {
            let author = if change.seq == 1 { change.author } else { known.and_then(|actor| actor.author) };
            if author != Some(expected) {
                return Err(Refused::new(RefusedCode::AuthorMismatch, "not the sender's change"));
            }
        }

        let parents = self.parents(&change.deps);
        let reach = self.reach(&parents);
        if change.start_op <= reach {
            return Err(Refused::malformed("first counter not above the dependencies"));
        }
        if change.start_op - reach > 1 + self.counter_slack {
            return Err(Refused::malformed("first counter leaves a gap"));
        }
        self.check_references(change, known, &parents)
    }

    /// Everything an operation refers to must be the change's own or an ancestor's, or a replica that
    /// receives the same changes in another order cannot apply it.
    fn check_references(
        &self,
        change: &Checked,
        known: Option<&Actor>,
        parents: &[u32],
    ) -> Result<(), Refused> {
        let mut referenced = change.referenced.iter().copied();
        let own = referenced.next().unwrap_or(0);
        if own >= change.start_op.saturating_add(change.rows) {
            return Err(Refused::malformed("refers to an operation of its own that does not exist"));
        }
        // What must be found among the ancestors: (actor, highest counter referred to).
        let mut wanted: Vec<(usize, u64)> = Vec::new();
        for (actor, counter) in change.other_actors.iter().zip(referenced) {
            let index = self.by_actor.get(actor).ok_or(Refused::malformed("refers to an unknown actor"))?;
            wanted.push((*index, counter));
        }
        let own_previous = known.map(|actor| actor.newest);
        let mut own_found = own_previous.is_none();

        let end = parents.iter().max().map_or(0, |highest| *highest as usize + 1);
        let mut reached = vec![false; end];
        for parent in parents {
            if let Some(flag) = reached.get_mut(*parent as usize) {
                *flag = true;
            }
        }
        for index in (0..end).rev() {
            if own_found && wanted.is_empty() {
                break;
            }
            if !reached.get(index).copied().unwrap_or(false) {
                continue;
            }
            let Some(node) = self.nodes.get(index) else { continue };
            for parent in &node.parents {
                if let Some(flag) = reached.get_mut(*parent as usize) {
                    *flag = true;
                }
            }
            own_found |= own_previous == Some(index);
            // Walking downwards, an actor's first appearance is its newest change among the ancestors.
            if let Some(at) = wanted.iter().position(|(actor, _)| *actor == node.actor) {
                let (_, counter) = wanted.swap_remove(at);
                if counter > node.max_op {
                    return Err(Refused::malformed("refers to an operation it does not build on"));
                }
            }
        }
        if !own_found {
            return Err(Refused::malformed("does not build on its actor's previous change"));
        }
        if !wanted.is_empty() {
            return Err(Refused::malformed("refers to an actor it does not build on"));
        }
        Ok(())
    }

    /// Adds a change that [`check`](Self::check) agreed to, so that changes building on it can be judged.
    ///
    /// `change` must be `checked` as read by Automerge ([`Checked::change`]).
    pub fn accept(&mut self, checked: &Checked, change: &automerge::Change) {
        self.add(checked.hash, checked.actor, checked.author, checked.seq, change.max_op(), &checked.deps);
    }

    fn parents(&self, deps: &[[u8; 32]]) -> Box<[u32]> {
        deps.iter().filter_map(|dep| self.by_hash.get(dep).copied()).collect()
    }

    fn reach(&self, parents: &[u32]) -> u64 {
        parents
            .iter()
            .filter_map(|parent| self.nodes.get(*parent as usize))
            .map(|node| node.reach)
            .max()
            .unwrap_or(0)
    }

    fn add(
        &mut self,
        hash: [u8; 32],
        actor: [u8; 16],
        author: Option<[u8; 16]>,
        seq: u64,
        max_op: u64,
        deps: &[[u8; 32]],
    ) {
        let Ok(id) = u32::try_from(self.nodes.len()) else { return };
        let index = self.nodes.len();
        let parents = self.parents(deps);
        let reach = self.reach(&parents).max(max_op);
        let slot = *self.by_actor.entry(actor).or_insert_with(|| {
            self.actors.push(Actor { author, newest: index, seq });
            self.actors.len() - 1
        });
        if let Some(actor) = self.actors.get_mut(slot).filter(|actor| actor.seq < seq) {
            actor.seq = seq;
            actor.newest = index;
        }
        self.nodes.push(Node { actor: slot, max_op, reach, parents });
        self.by_hash.insert(hash, id);
    }
}
