//! Creating and changing records by intents. A request is all or nothing.

use domain::authz::Principal;
use domain::document::{Around, Linked, Record, RecordView};
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;
use serde_json::Map;
use uuid::Uuid;

use super::draft::{Desk, Draft, Side};
use super::{Records, companion_for, warranty};
use crate::store::StoreError;
use crate::sync::{Author, LedgerError, Prepared, State};

/// How often a request is carried out anew when others keep writing to the record.
const ATTEMPTS: usize = 12;

impl Records {
    /// Makes a record by intents; the first is `create`, or leading `set`s that are taken as its fields. Blocks.
    ///
    /// Repeating a request with the same id gives the record that the first one made.
    ///
    /// # Errors
    /// The refusal of the first intent that is refused, with its index as `intent`; nothing is written then.
    pub fn create(
        &self,
        author: &Author,
        kind: &Kind,
        id: Option<RecordId>,
        intents: Vec<Intent>,
    ) -> Result<RecordId, LedgerError> {
        if kind.companion_of.is_some() {
            // It is made with the first thing written to it through the record that it accompanies.
            return Err(Refusal::new(Code::BadRequest).with("kind", kind.key.clone()).into());
        }
        let given = id;
        let id = match id {
            Some(id) => id,
            None => RecordId(self.ledger.fresh_id()?),
        };
        let intents = with_create(intents);
        for _ in 0..ATTEMPTS {
            let schema = self.ledger.schema();
            let draft = self.draft(&schema, &author.principal, kind, id)?;
            if let Some(stored) = &draft.main.state.stored {
                let own = stored.kind == kind.key
                    && draft.main.record.view(kind).created().is_some_and(|e| e.by == author.principal.user);
                return if given.is_some() && own { Ok(id) } else { Err(StoreError::Exists.into()) };
            }
            if self.carry_out(&schema, author, draft, &intents)? {
                return Ok(id);
            }
        }
        Err(LedgerError::Busy)
    }

    /// Changes a record by intents. Blocks.
    ///
    /// # Errors
    /// `not_found` for what the person does not see; the refusal of the first intent that is refused, with its index
    /// as `intent`, and nothing is written then.
    pub fn change(
        &self,
        author: &Author,
        kind: &Kind,
        id: RecordId,
        intents: &[Intent],
    ) -> Result<(), LedgerError> {
        for _ in 0..ATTEMPTS {
            self.ledger.store().read_blocking(|snap| self.seen(snap, &author.principal, kind, id))?;
            let schema = self.ledger.schema();
            let draft = self.draft(&schema, &author.principal, kind, id)?;
            if self.carry_out(&schema, author, draft, intents)? {
                return Ok(());
            }
        }
        Err(LedgerError::Busy)
    }

    /// Opens a record, and its companion where the person reads it, for writing.
    fn draft<'a>(
        &self,
        schema: &'a Schema,
        person: &Principal,
        kind: &'a Kind,
        id: RecordId,
    ) -> Result<Draft<'a>, LedgerError> {
        let companion = companion_for(schema, person, kind).map(|c| (c, id.companion(&c.key)));
        let (main, other) = self.ledger.store().read_blocking(|snap| {
            let other = match companion {
                Some((kind, id)) => Some((kind, id, State::read(snap, id)?)),
                None => None,
            };
            Ok::<_, StoreError>((State::read(snap, id)?, other))
        })?;
        let open = |kind: &'a Kind, id: RecordId, state: State| {
            let record: Record = state.record(&kind.key, id)?;
            Ok::<_, StoreError>(Side::new(kind, id, state, record))
        };
        Ok(Draft {
            main: open(kind, id, main)?,
            companion: other.map(|(kind, id, state)| open(kind, id, state)).transpose()?,
        })
    }

    /// Runs intents and writes what they made; `false` if a document moved meanwhile.
    fn carry_out(
        &self,
        schema: &Schema,
        author: &Author,
        mut draft: Draft<'_>,
        intents: &[Intent],
    ) -> Result<bool, LedgerError> {
        let at = self.ledger.now();
        let mut fault = None;
        let mut fresh = || self.fresh_or(&mut fault);
        let (kind, id) = (draft.main.kind, draft.main.id);
        let links = || self.ledger.links(kind, id);
        let zone = schema.zone();
        let mut desk = Desk { schema, zone, fresh: &mut fresh, historical: false, links: &links };
        for (i, intent) in intents.iter().enumerate() {
            draft.run(&mut desk, &author.principal, at, intent).map_err(|r| r.with("intent", i))?;
            for more in warranty::terms(self, schema, kind, &draft.main.record.view(kind), intent) {
                draft.run(&mut desk, &author.principal, at, &more).map_err(|r| r.with("intent", i))?;
            }
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        self.submit(author, &draft)
    }

    fn submit(&self, author: &Author, draft: &Draft<'_>) -> Result<bool, LedgerError> {
        let mut writes = Vec::new();
        let beside = draft.companion_view();
        let links = || self.ledger.links(draft.main.kind, draft.main.id);
        for side in std::iter::once(&draft.main).chain(&draft.companion) {
            let Some(incoming) = side.incoming() else { continue };
            let mut prepared: Prepared =
                self.ledger.prepare(Some(author), &incoming, &side.state, around(side, &beside, &links))?;
            if let Some(refusal) = prepared.obstacle() {
                return Err(refusal.into());
            }
            writes.extend(prepared.write.take());
        }
        if writes.is_empty() {
            return Ok(true);
        }
        Ok(self.ledger.write_all(writes)?.is_some())
    }

    /// A fresh id; without randomness the nil one, and the fault is kept for the caller to find.
    pub(super) fn fresh_or(&self, fault: &mut Option<LedgerError>) -> Uuid {
        self.ledger.fresh_id().unwrap_or_else(|e| {
            *fault = Some(e.into());
            Uuid::nil()
        })
    }

    /// The present moment, for intents that bring none.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.ledger.now()
    }
}

/// What stands around a document: the companion stands beside the record, and nothing beside the companion.
fn around<'a>(
    side: &Side<'_>,
    beside: &'a Option<(&Kind, RecordView)>,
    links: &'a dyn Fn() -> Vec<Linked>,
) -> Around<'a> {
    if side.kind.companion_of.is_some() {
        return Around::default();
    }
    Around { beside: beside.as_ref().map(|(kind, view)| (*kind, view)), links: Some(links) }
}

/// Puts a `create` in front, out of the leading `set`s, if there is none.
fn with_create(intents: Vec<Intent>) -> Vec<Intent> {
    if matches!(intents.first(), Some(Intent::Create { .. })) {
        return intents;
    }
    let mut fields = Map::new();
    let mut rest = intents.into_iter().peekable();
    while let Some(Intent::Set { field, value }) = rest.next_if(|i| matches!(i, Intent::Set { .. })) {
        fields.insert(field, value);
    }
    std::iter::once(Intent::Create { fields, id: None, temp: None }).chain(rest).collect()
}
