//! Intents on one record, carried out in memory: on its document, on its companion's, or on both.

use domain::authz::Principal;
use domain::document::{Around, Linked, Record, RecordView, Writer, permit};
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::schema::{Kind, Schema};
use domain::survey;
use domain::time::{Timestamp, Zone};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::sync::{Incoming, State};

/// One document that is being written to.
pub(super) struct Side<'a> {
    pub(super) kind: &'a Kind,
    pub(super) id: RecordId,
    pub(super) state: State,
    pub(super) record: Record,
    /// Who it was opened for last.
    opened_for: Option<domain::ids::UserId>,
    chunks: Vec<Vec<u8>>,
}

impl<'a> Side<'a> {
    pub(super) fn new(kind: &'a Kind, id: RecordId, state: State, record: Record) -> Self {
        Self { kind, id, state, record, opened_for: None, chunks: Vec::new() }
    }

    fn exists(&self) -> bool {
        self.record.view(self.kind).created().is_some()
    }

    /// What was made, as a push would bring it; `None` if nothing was.
    pub(super) fn incoming(&self) -> Option<Incoming> {
        let some = !self.chunks.is_empty();
        some.then(|| Incoming { id: self.id, kind: self.kind.key.clone(), chunks: self.chunks.clone() })
    }

    fn run(
        &mut self,
        desk: &mut Desk<'_>,
        by: &Principal,
        at: Timestamp,
        intent: &Intent,
        around: Around<'_>,
    ) -> Result<(), Refusal> {
        let view = self.record.view(self.kind);
        permit(by, self.kind, &view, around, intent)?;
        let mut intent = self.record.resolve(self.kind, &view, intent)?;
        intent.fill_ids(&mut || desk.fresh());
        survey::complete(desk.schema, &self.kind.key, &mut intent);
        if self.opened_for != Some(by.user) {
            self.record.begin(by.user, desk.fresh().into_bytes());
            self.opened_for = Some(by.user);
        }
        let writer = Writer {
            schema: desk.schema,
            zone: desk.zone,
            user: by.user,
            role: by.role,
            now: at,
            skew_s: None,
            historical: desk.historical,
            around,
        };
        if let Some(made) = self.record.execute(&writer, &intent)? {
            self.chunks.push(made.bytes);
        }
        Ok(())
    }
}

/// What every intent needs besides the record.
pub(super) struct Desk<'a> {
    pub(super) schema: &'a Schema,
    pub(super) zone: &'a Zone,
    pub(super) fresh: &'a mut dyn FnMut() -> Uuid,
    /// What is written was said before: codes may be retired since.
    pub(super) historical: bool,
    /// Records that refer to the one that is written to.
    pub(super) links: &'a dyn Fn() -> Vec<Linked>,
}

impl Desk<'_> {
    fn fresh(&mut self) -> Uuid {
        (self.fresh)()
    }
}

/// A record with its companion.
pub(super) struct Draft<'a> {
    pub(super) main: Side<'a>,
    /// Where the person reads it.
    pub(super) companion: Option<Side<'a>>,
}

impl<'a> Draft<'a> {
    /// Carries out one intent: what belongs to the companion document on that, the rest on the record's own.
    pub(super) fn run(
        &mut self,
        desk: &mut Desk<'_>,
        by: &Principal,
        at: Timestamp,
        intent: &Intent,
    ) -> Result<(), Refusal> {
        match intent {
            Intent::Create { fields, id, temp } => {
                let (own, other) = self.split(fields);
                let create = Intent::Create { fields: own, id: *id, temp: temp.clone() };
                self.on_main(desk, by, at, &create)?;
                self.set_on_companion(desk, by, at, other)
            }
            Intent::Set { field, value } if self.is_companions(field) => {
                self.set_on_companion(desk, by, at, Map::from_iter([(field.clone(), value.clone())]))
            }
            Intent::Event { to, why, fields, id } => {
                let (own, other) = self.split(fields);
                self.set_on_companion(desk, by, at, other)?;
                self.on_main(
                    desk,
                    by,
                    at,
                    &Intent::Event { to: to.clone(), why: why.clone(), fields: own, id: *id },
                )
            }
            Intent::Choose { field: subject, .. }
            | Intent::Add { collection: subject, .. }
            | Intent::Update { collection: subject, .. }
            | Intent::Remove { collection: subject, .. } => {
                let key = subject.split('/').next().unwrap_or_default();
                if self.is_companions(key) {
                    self.on_companion(desk, by, at, intent)
                } else {
                    self.on_main(desk, by, at, intent)
                }
            }
            Intent::Set { .. } | Intent::Assign { .. } => self.on_main(desk, by, at, intent),
        }
    }

    /// The companion as it stands, with what was written to it here.
    pub(super) fn companion_view(&self) -> Option<(&'a Kind, RecordView)> {
        self.companion.as_ref().map(|side| (side.kind, side.record.view(side.kind)))
    }

    fn is_companions(&self, key: &str) -> bool {
        let of = |kind: &Kind| kind.field(key).is_some() || kind.collection(key).is_some();
        !of(self.main.kind) && self.companion.as_ref().is_some_and(|c| of(c.kind))
    }

    fn split(&self, fields: &Map<String, Json>) -> (Map<String, Json>, Map<String, Json>) {
        fields.clone().into_iter().partition(|(key, _)| !self.is_companions(key))
    }

    fn set_on_companion(
        &mut self,
        desk: &mut Desk<'_>,
        by: &Principal,
        at: Timestamp,
        fields: Map<String, Json>,
    ) -> Result<(), Refusal> {
        fields
            .into_iter()
            .try_for_each(|(field, value)| self.on_companion(desk, by, at, &Intent::Set { field, value }))
    }

    fn on_main(
        &mut self,
        desk: &mut Desk<'_>,
        by: &Principal,
        at: Timestamp,
        intent: &Intent,
    ) -> Result<(), Refusal> {
        let beside = self.companion_view();
        let links = desk.links;
        let beside = beside.as_ref().map(|(kind, view)| (*kind, view));
        self.main.run(desk, by, at, intent, Around { beside, links: Some(links) })
    }

    /// The companion document is made with the first thing that is written to it.
    fn on_companion(
        &mut self,
        desk: &mut Desk<'_>,
        by: &Principal,
        at: Timestamp,
        intent: &Intent,
    ) -> Result<(), Refusal> {
        let Some(side) = &mut self.companion else { return Err(Refusal::new(Code::UnknownField)) };
        if !side.exists() {
            let create = Intent::Create { fields: Map::new(), id: None, temp: None };
            side.run(desk, by, at, &create, Around::default())?;
        }
        let main = self.main.record.view(self.main.kind);
        side.run(desk, by, at, intent, Around { beside: Some((self.main.kind, &main)), links: None })
    }
}
