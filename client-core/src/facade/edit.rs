//! Saving: permission, one change per intent, one transaction for everything.

use domain::authz::{Principal, Role};
use domain::document::{Around, Made, Record, RecordView, permit};
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::schema::Kind;
use domain::survey;
use domain::time::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::route::{Target, route};
use super::{Client, Open, StoredFile};
use crate::error::Error;
use crate::store::pending::NewPending;
use crate::store::{Durable, around, documents, rows};

/// A record that was saved.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedRecord {
    /// Its id.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its number; temporary until the server gives one. Empty for kinds without numbers.
    pub number: Option<String>,
}

impl SavedRecord {
    /// The answer of `new`, `edit`, `event`, `attach`, `sign` (DESIGN §7).
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({"id": self.id, "kind": self.kind, "number": self.number, "saved": true})
    }
}

/// A file that is saved with the entry that names it.
type Enclosed<'a> = Option<(&'a StoredFile, &'a [u8])>;

/// One change that is about to be saved.
struct Step {
    target: Target,
    intent: Intent,
    made: Made,
}

impl Client {
    /// Makes a record. `temp` numbers are given to kinds that are numbered.
    ///
    /// # Errors
    /// A refusal that names field and rule; nothing was saved.
    pub fn create(&mut self, kind: &str, fields: Map<String, Json>) -> Result<Durable<SavedRecord>, Error> {
        let id = RecordId(self.host.uuid()?);
        self.create_as(id, kind, fields)
    }

    /// Makes a record under an id that the caller chose (a UUIDv7 never used before).
    ///
    /// # Errors
    /// As [`Client::create`].
    pub fn create_as(
        &mut self,
        id: RecordId,
        kind: &str,
        fields: Map<String, Json>,
    ) -> Result<Durable<SavedRecord>, Error> {
        let kind = self.kind(kind)?;
        if kind.companion_of.is_some() {
            return Err(Refusal::new(Code::UnknownKind).with("kind", kind.key).into());
        }
        let mut main = Record::new(&kind.key, id);
        main.begin(self.person()?.user, self.host.actor()?);
        let open = Open { main, companion: None, version: self.store.version()? };
        self.execute(&kind, open, vec![Intent::Create { fields, id: None, temp: None }], None)
    }

    /// Sets one field; null clears it.
    ///
    /// # Errors
    /// As [`Client::create`]; [`Error::NotFound`].
    pub fn edit(&mut self, id: RecordId, field: &str, value: Json) -> Result<Durable<SavedRecord>, Error> {
        self.intents(id, vec![Intent::Set { field: field.to_owned(), value }])
    }

    /// Carries out intents on a record: all of them are saved, or none.
    ///
    /// # Errors
    /// As [`Client::create`]; [`Error::NotFound`]. A refusal's `intent` is the place in the list.
    pub fn intents(&mut self, id: RecordId, list: Vec<Intent>) -> Result<Durable<SavedRecord>, Error> {
        self.intents_with(id, list, None)
    }

    fn intents_with(
        &mut self,
        id: RecordId,
        list: Vec<Intent>,
        file: Enclosed<'_>,
    ) -> Result<Durable<SavedRecord>, Error> {
        let open = self.focus(id)?;
        let kind = self.kind(open.main.kind())?;
        if kind.companion_of.is_some() || list.iter().any(|i| matches!(i, Intent::Create { .. })) {
            return Err(Refusal::new(Code::BadRequest).into());
        }
        self.execute(&kind, open, list, file)
    }

    /// Chooses between values set at the same time.
    ///
    /// # Errors
    /// As [`Client::intents`].
    pub fn choose(&mut self, id: RecordId, field: &str, n: usize) -> Result<Durable<SavedRecord>, Error> {
        self.intents(id, vec![Intent::Choose { field: field.to_owned(), n }])
    }

    /// Moves a record to a status. A refusal for want of fields names all of them in `missing`.
    ///
    /// # Errors
    /// As [`Client::intents`].
    pub fn event(
        &mut self,
        id: RecordId,
        to: &str,
        why: Option<String>,
        fields: Map<String, Json>,
    ) -> Result<Durable<SavedRecord>, Error> {
        self.intents(id, vec![Intent::Event { to: to.to_owned(), why, fields, id: None }])
    }

    /// Adds an entry to a collection.
    ///
    /// # Errors
    /// As [`Client::intents`].
    pub fn add(
        &mut self,
        id: RecordId,
        collection: &str,
        fields: Map<String, Json>,
    ) -> Result<Durable<SavedRecord>, Error> {
        self.intents(id, vec![Intent::Add { collection: collection.to_owned(), id: None, fields }])
    }

    /// Stores a file and adds it to a collection of files; if that is refused, nothing is stored.
    ///
    /// # Errors
    /// As [`Client::intents`]; [`Error::DiskFull`].
    pub fn attach(
        &mut self,
        id: RecordId,
        collection: &str,
        name: &str,
        mime: &str,
        content: &[u8],
        mut fields: Map<String, Json>,
    ) -> Result<Durable<(SavedRecord, StoredFile)>, Error> {
        let kind = self.kind(self.load(id)?.kind())?;
        let companion = self.schema().companion(&kind);
        let found = kind.collection(collection).or_else(|| companion?.collection(collection));
        if !found.is_some_and(|c| c.files) {
            return Err(Refusal::field(Code::UnknownCollection, collection).into());
        }
        let file = StoredFile::of(name, mime, content);
        fields.insert("sha256".into(), json!(file.sha256));
        fields.insert("size".into(), json!(file.size));
        fields.insert("mime".into(), json!(file.mime));
        fields.insert("name".into(), json!(file.name));
        let add = Intent::Add { collection: collection.to_owned(), id: None, fields };
        let saved = self.intents_with(id, vec![add], Some((&file, content)))?;
        Ok(saved.map(|record| (record, file)))
    }

    /// The open record, if it is this one and nothing has changed since; else a fresh opening.
    fn focus(&mut self, id: RecordId) -> Result<Open, Error> {
        let version = self.store.version()?;
        if let Some(open) = self.open.take().filter(|o| o.main.id() == id && o.version == version) {
            return Ok(open);
        }
        let user = self.person()?.user;
        let mut main = self.load(id)?;
        main.begin(user, self.host.actor()?);
        Ok(Open { main, companion: None, version })
    }

    fn execute(
        &mut self,
        kind: &Kind,
        mut open: Open,
        list: Vec<Intent>,
        file: Enclosed<'_>,
    ) -> Result<Durable<SavedRecord>, Error> {
        let person = self.person()?;
        let schema = self.schema().clone();
        let companion = schema.companion(kind);
        let reads_companion = person.role != Role::Engineer;
        let now = self.host.now();
        let mut steps = Vec::new();
        for (place, intent) in list.into_iter().enumerate() {
            let placed = |refusal: Refusal| Error::Refused(refusal.with("intent", place));
            for (target, intent) in route(kind, companion, reads_companion, intent).map_err(placed)? {
                match (target, companion) {
                    (Target::Companion, Some(beside)) => {
                        self.open_companion(&mut open, beside, &person, now, &mut steps)?;
                        let Some(record) = &mut open.companion else { continue };
                        let main = (kind.clone(), open.main.view(kind));
                        let made = self
                            .make(beside, record, &person, now, intent, Some(&main))
                            .map_err(refused(place))?;
                        steps.extend(made.map(|(intent, made)| Step { target, intent, made }));
                    }
                    _ => {
                        // Steps need its fields, and days may not lie before or behind its days.
                        let beside = match &intent {
                            Intent::Event { .. } | Intent::Set { .. } => self.beside(&open, kind, &person)?,
                            _ => None,
                        };
                        let made = self
                            .make(kind, &mut open.main, &person, now, intent, beside.as_ref())
                            .map_err(refused(place))?;
                        steps.extend(made.map(|(intent, made)| Step { target, intent, made }));
                    }
                }
            }
        }
        self.commit(kind, open, &person, now, &steps, file)
    }

    /// Opens the companion document, making it on the first write.
    fn open_companion(
        &mut self,
        open: &mut Open,
        kind: &Kind,
        person: &Principal,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<(), Error> {
        if open.companion.is_none() {
            let id = open.main.id().companion(&kind.key);
            let found = documents::current(self.store.db(), id)?;
            let mut record = found.unwrap_or_else(|| Record::new(&kind.key, id));
            record.begin(person.user, self.host.actor()?);
            open.companion = Some(record);
        }
        let Some(record) = &mut open.companion else { return Ok(()) };
        if record.view(kind).created().is_none() {
            let create = Intent::Create { fields: Map::new(), id: None, temp: None };
            let made = self.make(kind, record, person, now, create, None)?;
            steps.extend(made.map(|(intent, made)| Step { target: Target::Companion, intent, made }));
        }
        Ok(())
    }

    /// The companion as it stands, with what was written to it here: a step may need its fields.
    fn beside(
        &self,
        open: &Open,
        kind: &Kind,
        person: &Principal,
    ) -> Result<Option<(Kind, RecordView)>, Error> {
        let schema = self.schema();
        let stored = around::beside(self.store.db(), schema, person.role, kind, open.main.id())?;
        Ok(stored.map(|(beside, stored)| {
            let view = open.companion.as_ref().map_or(stored, |record| record.view(beside));
            (beside.clone(), view)
        }))
    }

    /// One intent on one document, in memory. `None` if it changes nothing.
    fn make(
        &mut self,
        kind: &Kind,
        record: &mut Record,
        person: &Principal,
        now: Timestamp,
        intent: Intent,
        beside: Option<&(Kind, RecordView)>,
    ) -> Result<Option<(Intent, Made)>, Error> {
        let view = record.view(kind);
        let pair = Around { beside: beside.map(|(kind, view)| (kind, view)), links: None };
        permit(person, kind, &view, pair, &intent)?;
        let mut intent = record.resolve(kind, &view, &intent)?;
        let fresh = self.host.uuid()?;
        intent.fill_ids(&mut || fresh);
        survey::complete(self.schema(), &kind.key, &mut intent);
        if let Intent::Create { temp, .. } = &mut intent
            && kind.number.is_some()
            && temp.is_none()
        {
            // Kept only if the record is: the counter moves on even when it is not.
            *temp = Some(self.temp_number()?);
        }
        let schema = self.schema().clone();
        let zone = self.zone.clone();
        let skew = self.skew()?;
        let beside = beside.map(|(kind, view)| (kind, view));
        let id = record.id();
        let made = around::with(self.store.db(), &schema, kind, id, beside, |around| {
            let writer = Self::writer(&schema, &zone, person, now, skew, around);
            record.execute(&writer, &intent)
        })?;
        Ok(made.map(|made| (intent, made)))
    }

    fn temp_number(&mut self) -> Result<String, Error> {
        let device = self.installation()?.0.simple().to_string().to_uppercase();
        let mark = &device[..4];
        let n = self.write(|tx| tx.next_temp())?.into_inner();
        Ok(format!("临-{mark}-{n:04}"))
    }

    fn commit(
        &mut self,
        kind: &Kind,
        mut open: Open,
        person: &Principal,
        now: Timestamp,
        steps: &[Step],
        file: Enclosed<'_>,
    ) -> Result<Durable<SavedRecord>, Error> {
        // The content first: nothing may name a file that is not there.
        if let Some((file, content)) = file {
            self.store.put_file(file, content)?;
        }
        let beside = open.companion.as_ref().map(|r| (r.id(), r.kind().to_owned()));
        let saved = self.store.write(|tx| {
            for step in steps {
                let (doc, doc_kind) = match (step.target, &beside) {
                    (Target::Companion, Some((id, kind))) => (*id, kind.as_str()),
                    _ => (open.main.id(), kind.key.as_str()),
                };
                tx.ensure_doc(doc, doc_kind)?;
                tx.add_pending(&NewPending {
                    doc,
                    kind: doc_kind,
                    intent: &step.intent,
                    hash: step.made.hash,
                    change: &step.made.bytes,
                    user: person.user,
                    at: now.0,
                })?;
                if let (Intent::Add { .. }, Some((file, _))) = (&step.intent, file) {
                    tx.add_file(file, doc, now.0)?;
                }
            }
            if steps.iter().any(|s| s.target == Target::Main) {
                rows::put(tx, &open.main)?;
            }
            if let Some(record) = &open.companion
                && steps.iter().any(|s| s.target == Target::Companion)
            {
                rows::put(tx, record)?;
            }
            let row = rows::one(&tx.db, kind, open.main.id())?.map(|listed| listed.row);
            let number = row.and_then(|r| r.number.or(r.temp_number));
            Ok(SavedRecord { id: open.main.id(), kind: kind.key.clone(), number })
        })?;
        open.version = self.store.version()?;
        self.open = Some(open);
        Ok(saved)
    }
}

fn refused(place: usize) -> impl Fn(Error) -> Error {
    move |e| match e {
        Error::Refused(refusal) => Error::Refused(refusal.with("intent", place)),
        other => other,
    }
}
