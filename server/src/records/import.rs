//! Records by the thousand: imports and demo data. The same rules as everywhere, with explicit authors and times, and
//! many records in one transaction.

use domain::authz::Principal;
use domain::document::Around;
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::time::Timestamp;

use super::draft::{Desk, Draft, Side};
use super::{Records, warranty};
use crate::store::StoreError;
use crate::sync::{Author, LedgerError, State};

/// Records in one transaction.
const BATCH: usize = 100;
/// From this many stories on the statistics of the tables have changed.
const MANY: usize = 1_000;
/// How often a batch is carried out anew when others keep writing to its records.
const ATTEMPTS: usize = 12;

/// One thing that somebody did to a record.
#[derive(Clone, Debug)]
pub struct Step {
    /// Who.
    pub by: Principal,
    /// When, as the record will say.
    pub at: Timestamp,
    /// What.
    pub intent: Intent,
}

/// What happened to one record, in order. For a new record the first step is `create`.
#[derive(Clone, Debug)]
pub struct Story {
    /// The kind.
    pub kind: String,
    /// The record; a fresh id if it is new and none is given.
    pub id: Option<RecordId>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A record that was written.
#[derive(Clone, Debug)]
pub struct Made {
    /// The record.
    pub id: RecordId,
    /// Its official number.
    pub number: Option<String>,
    /// Whether anything changed.
    pub changed: bool,
}

impl Records {
    /// Carries stories out; each is written as a whole or refused as a whole, and a refused one harms no other.
    /// Blocks; thousands take seconds.
    ///
    /// # Errors
    /// A failure of the store; stories before it may have been written.
    pub fn write_stories(&self, stories: &[Story]) -> Result<Vec<Result<Made, Refusal>>, LedgerError> {
        let mut out = Vec::with_capacity(stories.len());
        for batch in stories.chunks(BATCH) {
            out.extend(self.batch(batch)?);
        }
        if stories.len() >= MANY {
            // The query planner should know at once that the tables are no longer small.
            self.ledger.keep_up()?;
        }
        Ok(out)
    }

    fn batch(&self, stories: &[Story]) -> Result<Vec<Result<Made, Refusal>>, LedgerError> {
        for _ in 0..ATTEMPTS {
            let mut writes = Vec::new();
            let mut out: Vec<Result<Made, Refusal>> = Vec::with_capacity(stories.len());
            // Two cores of work at most; a batch is small.
            let (left, right) = stories.split_at(stories.len() / 2);
            let (left, right) = std::thread::scope(|scope| {
                let right = scope.spawn(|| self.prepare_stories(right));
                (self.prepare_stories(left), right.join().map_err(|_| StoreError::Panicked))
            });
            for prepared in left?.into_iter().chain(right??) {
                out.push(prepared.map(|(made, write)| {
                    writes.extend(write);
                    made
                }));
            }
            if writes.is_empty() {
                return Ok(out);
            }
            let Some(done) = self.ledger.write_all(writes)? else { continue };
            for made in out.iter_mut().flatten() {
                let own = done.iter().find(|d| d.id == made.id);
                if let Some(own) = own {
                    made.number.clone_from(&own.number);
                }
            }
            return Ok(out);
        }
        Err(LedgerError::Busy)
    }

    #[allow(clippy::type_complexity)]
    fn prepare_stories(
        &self,
        stories: &[Story],
    ) -> Result<Vec<Result<(Made, Vec<crate::sync::DocWrite>), Refusal>>, LedgerError> {
        stories
            .iter()
            .map(|story| match self.prepare_story(story) {
                Ok(prepared) => Ok(Ok(prepared)),
                Err(LedgerError::Refused(refusal)) => Ok(Err(refusal)),
                // A record that cannot be read is no reason to keep back the others.
                Err(LedgerError::Store(StoreError::Damaged(_))) => Ok(Err(Refusal::new(Code::ServerFault))),
                Err(error) => Err(error),
            })
            .collect()
    }

    fn prepare_story(&self, story: &Story) -> Result<(Made, Vec<crate::sync::DocWrite>), LedgerError> {
        let kind = self.kind(&story.kind)?;
        let id = match story.id {
            Some(id) => id,
            None => RecordId(self.ledger.fresh_id()?),
        };
        let schema = self.ledger.schema();
        let companion = schema.companion(&kind);
        let (main, other) = self.ledger.store().read_blocking(|snap| {
            let other = match companion {
                Some(c) if story.id.is_some() => State::read(snap, id.companion(&c.key))?,
                _ => State::default(),
            };
            let main = if story.id.is_some() { State::read(snap, id)? } else { State::default() };
            Ok::<_, StoreError>((main, other))
        })?;
        let record = main.record(&kind.key, id)?;
        let mut draft = Draft {
            main: Side::new(&kind, id, main, record),
            companion: match companion {
                Some(c) => {
                    let id = id.companion(&c.key);
                    let record = other.record(&c.key, id)?;
                    Some(Side::new(c, id, other, record))
                }
                None => None,
            },
        };
        let mut fault = None;
        let mut fresh = || self.fresh_or(&mut fault);
        let links = || if story.id.is_some() { self.ledger.links(&kind, id) } else { Vec::new() };
        let zone = schema.zone();
        let mut desk = Desk { schema: &schema, zone, fresh: &mut fresh, historical: true, links: &links };
        for (i, step) in story.steps.iter().enumerate() {
            draft.run(&mut desk, &step.by, step.at, &step.intent).map_err(|r| r.with("intent", i))?;
            for more in warranty::terms(self, &schema, &kind, &draft.main.record.view(&kind), &step.intent) {
                draft.run(&mut desk, &step.by, step.at, &more).map_err(|r| r.with("intent", i))?;
            }
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        let mut writes = Vec::new();
        for side in std::iter::once(&draft.main).chain(&draft.companion) {
            let Some(incoming) = side.incoming() else { continue };
            // Each step was permitted to its author when it was made; here only structure is judged.
            let mut prepared = self.ledger.prepare(None, &incoming, &side.state, Around::default())?;
            if let Some(refusal) = prepared.obstacle() {
                return Err(refusal.into());
            }
            if let Some(mut write) = prepared.write.take() {
                write.author = story.steps.first().map(|s| Author { principal: s.by.clone(), device: None });
                writes.push(write);
            }
        }
        Ok((Made { id, number: None, changed: !writes.is_empty() }, writes))
    }
}
