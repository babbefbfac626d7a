//! What screens show. Lists come from rows and load no document.

use std::collections::BTreeMap;

use domain::authz::Role;
use domain::derive;
use domain::document::{Record, Rights};
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::projection::{cell_json, columns};
use domain::schema::{Field, FieldType, Kind};
use domain::time::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::search::Merged;
use super::{Client, ListFilter};
use crate::error::Error;
use crate::store::pending::State;
use crate::store::rows::{self, Listed};
use crate::store::{Durable, around, documents, files, meta, pending, refused};

/// The state that a record is shown in: what matters most to the person first.
fn sync_state(unsent: u64, refused: u64, conflicts: usize) -> &'static str {
    match (refused, unsent, conflicts) {
        (1.., ..) => "not_accepted",
        (0, 1.., _) => "waiting",
        (0, 0, 1..) => "conflict",
        _ => "sent",
    }
}

/// A row of a list, with its companion's columns and its state.
pub(super) fn listed_json(merged: &Merged, kind: &Kind, beside: Option<&Kind>, listed: &Listed) -> Json {
    let mut json = listed.row.to_json(kind);
    if let Some(beside) = beside.filter(|_| !listed.companion.is_empty()) {
        for (column, cell) in columns(beside).zip(&listed.companion) {
            json.insert(column.field.key.clone(), cell_json(column.field, cell));
        }
        merged.follow_fields(&beside.fields, &mut json);
    }
    merged.follow_fields(&kind.fields, &mut json);
    let conflicts = u64::from(listed.row.conflicts) + listed.companion_conflicts;
    json.insert("conflicts".into(), json!(conflicts));
    let conflicts = usize::try_from(conflicts).unwrap_or(usize::MAX);
    json.insert("sync".into(), json!(sync_state(listed.unsent, listed.refused, conflicts)));
    Json::Object(json)
}

/// What an intent did, in one line: the command and what it is about.
fn what(intent: &Intent) -> String {
    match intent.subject() {
        subject if subject.is_empty() => intent.name().to_owned(),
        subject => format!("{} {subject}", intent.name()),
    }
}

impl Client {
    /// A record as DESIGN §7 `show` has it. A record of which nothing but refused work is left is shown
    /// with that alone.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::SignInNeeded`], [`Error::RecordDamaged`].
    pub fn show(&self, id: RecordId) -> Result<Json, Error> {
        let person = self.person()?;
        let boxed = refused::of_doc(self.store.db(), id)?;
        let record = match documents::current(self.store.db(), id)? {
            Some(record) => record,
            None if !boxed.is_empty() => return Ok(only_refused(id, &boxed)),
            None => return Err(Error::NotFound(id.to_string())),
        };
        let kind = self.kind(record.kind())?;
        let mut view = record.view(&kind);
        derive::fill(self.schema(), &kind, &mut view);
        if view.created().is_none() && !boxed.is_empty() {
            return Ok(only_refused(id, &boxed));
        }
        let mut json = view.to_json();
        let mut conflicts = record.conflicts(&kind);
        if let Some((beside, other)) = self.companion(person.role, &kind, id)? {
            let more = other.view(&beside).to_json();
            for part in ["fields", "collections", "unknown"] {
                if let (Some(Json::Object(all)), Some(Json::Object(more))) =
                    (json.get_mut(part), more.get(part))
                {
                    all.extend(more.clone());
                }
            }
            conflicts.extend(other.conflicts(&beside));
        }
        self.merged()?.follow_shown(self.schema(), &kind, &mut json);
        let number = kind.number.as_ref().map(|n| view.value(&n.field).to_text()).filter(|n| !n.is_empty());
        let number = number.or_else(|| view.created()?.temp.clone());
        let listed = rows::one(self.store.db(), &kind, id)?;
        let (unsent, refused) = listed.map_or((0, 0), |l| (l.unsent, l.refused));
        json.insert("number".into(), json!(number));
        json.insert("sync".into(), json!(sync_state(unsent, refused, conflicts.len())));
        json.insert("unsent".into(), json!(unsent));
        json.insert("refused".into(), json!(refused));
        json.insert("conflicts".into(), json!(conflicts));
        Ok(Json::Object(json))
    }

    fn companion(&self, role: Role, kind: &Kind, id: RecordId) -> Result<Option<(Kind, Record)>, Error> {
        let Some(beside) = around::companion(self.schema(), role, kind).cloned() else { return Ok(None) };
        let record = documents::current(self.store.db(), id.companion(&beside.key))?;
        Ok(record.map(|r| (beside, r)))
    }

    /// Rows of a kind, or of all kinds, newest first.
    ///
    /// # Errors
    /// `unknown_kind`; [`Error::SignInNeeded`].
    pub fn list(&self, kind: Option<&str>, filter: &ListFilter) -> Result<Vec<Json>, Error> {
        let person = self.person()?;
        let kinds: Vec<Kind> = match kind {
            Some(key) => vec![self.kind(key)?],
            None => self.schema().kinds().filter(|k| k.companion_of.is_none()).cloned().collect(),
        };
        let one = kinds.len() == 1;
        let merged = self.merged()?;
        let mut out: Vec<(Option<Timestamp>, Json)> = Vec::new();
        for kind in &kinds {
            let beside = around::companion(self.schema(), person.role, kind);
            // Over several kinds the page is cut after they have been put together.
            let query = match one {
                true => filter.clone(),
                false => ListFilter { limit: 0, offset: 0, ..filter.clone() },
            };
            for listed in rows::list(self.store.db(), kind, beside, &query)? {
                out.push((listed.row.created_at, listed_json(&merged, kind, beside, &listed)));
            }
        }
        if !one {
            out.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            let limit = if filter.limit == 0 { usize::MAX } else { filter.limit };
            out = out.into_iter().skip(filter.offset).take(limit).collect();
        }
        Ok(out.into_iter().map(|(_, json)| json).collect())
    }

    /// Unsent, proposed and refused work, oldest first, and the files that the server does not have.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`].
    pub fn outbox(&self) -> Result<Vec<Json>, Error> {
        self.person()?;
        let mut out = Vec::new();
        for work in pending::all(self.store.db())? {
            let state = match work.state {
                State::New => "waiting",
                State::Sent => "sent",
                State::Proposed => "proposed",
                State::Acked => continue,
            };
            let (id, kind, name) = self.named(work.doc, &work.kind)?;
            out.push(json!({
                "n": work.n, "id": id, "kind": kind, "record": name, "what": what(&work.intent),
                "intent": work.intent, "at": Timestamp(work.at), "state": state,
                "code": work.code, "params": work.params,
            }));
        }
        for mut item in self.refused()? {
            item["state"] = "not_accepted".into();
            out.push(item);
        }
        for files::Waiting { file, doc, at } in files::waiting(self.store.db())? {
            let kind = documents::get(self.store.db(), doc)?.map(|d| d.kind).unwrap_or_default();
            let (id, kind, name) = self.named(doc, &kind)?;
            out.push(json!({
                "n": null, "id": id, "kind": kind, "record": name, "what": format!("file {}", file.name),
                "intent": null, "at": Timestamp(at), "state": "waiting", "code": null, "params": {},
                "file": {"sha256": file.sha256, "size": file.size, "mime": file.mime, "name": file.name},
            }));
        }
        Ok(out)
    }

    /// 未被接受: refused work with every value, oldest first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`].
    pub fn refused(&self) -> Result<Vec<Json>, Error> {
        self.person()?;
        let mut out = Vec::new();
        for work in refused::all(self.store.db())? {
            let (id, kind, name) = self.named(work.doc, &work.kind)?;
            out.push(json!({
                "n": work.n, "id": id, "kind": kind, "record": name, "what": what(&work.intent),
                "intent": work.intent, "at": Timestamp(work.at), "refused_at": Timestamp(work.refused_at),
                "code": work.code, "params": work.params,
            }));
        }
        Ok(out)
    }

    /// Throws a piece of refused work away, because the person says so.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::SignInNeeded`].
    pub fn discard_refused(&mut self, n: i64) -> Result<Durable<()>, Error> {
        self.person()?;
        let discarded = self.write(|tx| tx.discard(n))?;
        if !discarded.get() {
            return Err(Error::NotFound(n.to_string()));
        }
        self.store.compact_journal()?;
        Ok(discarded.map(|_| ()))
    }

    /// The record that a document belongs to, its kind, and what people call it.
    fn named(&self, doc: RecordId, kind: &str) -> Result<(RecordId, String, Option<String>), Error> {
        let Some(kind) = self.schema().kind(kind) else { return Ok((doc, kind.to_owned(), None)) };
        let main = kind.companion_of.as_deref().and_then(|k| self.schema().kind(k));
        let (id, kind) = match main {
            Some(main) => (rows::main_of(self.store.db(), main, doc)?.unwrap_or(doc), main),
            None => (doc, kind),
        };
        let row = rows::one(self.store.db(), kind, id)?.map(|l| l.row);
        let name = row.and_then(|r| r.number.or(r.temp_number).or(Some(r.title)));
        Ok((id, kind.key.clone(), name))
    }

    /// Values set at the same time, to choose from.
    ///
    /// # Errors
    /// As [`Client::show`].
    pub fn conflicts(&self, id: RecordId) -> Result<Json, Error> {
        let person = self.person()?;
        let record = self.load(id)?;
        let kind = self.kind(record.kind())?;
        let mut all = record.conflicts(&kind);
        if let Some((beside, other)) = self.companion(person.role, &kind, id)? {
            all.extend(other.conflicts(&beside));
        }
        Ok(json!(all))
    }

    /// Every value that was ever set, newest first.
    ///
    /// # Errors
    /// As [`Client::show`].
    pub fn history(&self, id: RecordId) -> Result<Json, Error> {
        let person = self.person()?;
        let record = self.load(id)?;
        let kind = self.kind(record.kind())?;
        let mut all = record.history(&kind);
        if let Some((beside, other)) = self.companion(person.role, &kind, id)? {
            all.extend(other.history(&beside));
            all.sort_by_key(|item| std::cmp::Reverse(item.at));
        }
        Ok(json!(all))
    }

    /// What the person may do to a record now: what screens grey out by.
    ///
    /// # Errors
    /// As [`Client::show`].
    pub fn rights(&self, id: RecordId) -> Result<Rights, Error> {
        let person = self.person()?;
        let record = self.load(id)?;
        let kind = self.kind(record.kind())?;
        let mut view = record.view(&kind);
        let (db, schema) = (self.store.db(), self.schema());
        // What a step needs may depend on what follows from the rest.
        derive::fill(schema, &kind, &mut view);
        let beside = around::beside(db, schema, person.role, &kind, id)?;
        let beside = beside.as_ref().map(|(kind, view)| (*kind, view));
        Ok(around::with(db, schema, &kind, id, beside, |around| {
            Record::rights(schema, &person, &kind, &view, around)
        }))
    }

    /// How things stand with the server: counts, the last sync, who is signed in. `held` is what keeps the device for
    /// its account: `unsent`, `proposed`, `refused` and `files` (not uploaded) together.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn sync_status(&self) -> Result<Json, Error> {
        let db = self.store.db();
        let session = self.session()?;
        let last: Option<i64> = meta::get(db, meta::LAST_SYNC)?;
        Ok(json!({
            "unsent": pending::unsent(db)?,
            "proposed": pending::proposed(db)?,
            "refused": refused::count(db)?,
            "files": files::not_uploaded(db)?,
            "held": self.held()?,
            "last_sync": last.map(Timestamp),
            "server": session.as_ref().map(|s| s.server.clone()),
            "user": session.as_ref().map(|s| s.user.clone()),
            "signed_in": session.as_ref().is_some_and(|s| s.refresh.is_some()),
            "locked": session.as_ref().is_some_and(|s| s.locked),
        }))
    }

    /// Reference data as the server last gave it: people, lists, settings.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn reference(&self) -> Result<Option<Json>, Error> {
        meta::get_json(self.store.db(), meta::REFERENCE)
    }

    /// The record that goes by an id, an official number or a temporary number.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Ambiguous`], [`Error::SignInNeeded`].
    pub fn find(&self, name: &str) -> Result<RecordId, Error> {
        self.person()?;
        if let Ok(id) = name.parse::<RecordId>() {
            let here = documents::get(self.store.db(), id)?.is_some()
                || !refused::of_doc(self.store.db(), id)?.is_empty();
            return if here { Ok(id) } else { Err(Error::NotFound(name.to_owned())) };
        }
        let kinds: Vec<&Kind> = self.schema().kinds().filter(|k| k.companion_of.is_none()).collect();
        self.called(&kinds, name, false)
    }

    fn called(&self, kinds: &[&Kind], name: &str, titles: bool) -> Result<RecordId, Error> {
        let mut found = Vec::new();
        for kind in kinds {
            found.extend(rows::called(self.store.db(), kind, name, titles)?);
        }
        if titles {
            // A name that a merged record still has means what it was merged into.
            let merged = self.merged()?;
            found = found.into_iter().map(|id| RecordId(merged.follow(id.0))).collect();
            found.sort();
            found.dedup();
        }
        match found[..] {
            [one] => Ok(one),
            [] => Err(Error::NotFound(name.to_owned())),
            _ => Err(Error::Ambiguous(name.to_owned())),
        }
    }

    /// The person who goes by an id, a sign-in name or a display name, by the reference data.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Ambiguous`].
    pub fn find_person(&self, name: &str) -> Result<uuid::Uuid, Error> {
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let reference = self.reference()?.unwrap_or_default();
        let people = reference["people"].as_array().cloned().unwrap_or_default();
        let known = people.iter().map(|p| (p["id"].clone(), p["name"].clone(), p["display"].clone()));
        let own = self.session()?.map(|s| (json!(s.user.id), json!(s.user.name), json!(s.user.display)));
        let mut found: BTreeMap<String, uuid::Uuid> = BTreeMap::new();
        for (id, user, display) in known.chain(own) {
            if (user == name || display == name)
                && let Some(id) = id.as_str()
                && let Ok(uuid) = id.parse()
            {
                found.insert(id.to_owned(), uuid);
            }
        }
        match found.into_values().collect::<Vec<_>>()[..] {
            [one] => Ok(one),
            [] => Err(Error::NotFound(name.to_owned())),
            _ => Err(Error::Ambiguous(name.to_owned())),
        }
    }

    /// Turns names into ids where a reference is meant: a record's number or exact title, a person's name.
    ///
    /// # Errors
    /// `unknown_kind`; [`Error::NotFound`], [`Error::Ambiguous`].
    pub fn resolve_names(
        &self,
        kind: &str,
        collection: Option<&str>,
        fields: &mut Map<String, Json>,
    ) -> Result<(), Error> {
        let kind = self.kind(kind)?;
        let beside = self.schema().companion(&kind);
        let kinds = || std::iter::once(&kind).chain(beside);
        for (key, value) in fields.iter_mut() {
            let field: Option<&Field> = match collection {
                Some(collection) => kinds().find_map(|k| k.collection(collection)?.field(key)),
                None => kinds().find_map(|k| k.field(key)),
            };
            let (Some(field), Some(name)) = (field.filter(|f| f.kind == FieldType::Ref), value.as_str())
            else {
                continue;
            };
            if name.trim().is_empty() || name.parse::<uuid::Uuid>().is_ok() {
                continue;
            }
            let id = match field.target.as_deref() {
                Some("user") => self.find_person(name)?,
                Some(target) => {
                    let target = self
                        .schema()
                        .kind(target)
                        .ok_or_else(|| Refusal::field(Code::WrongType, key).with("type", "ref"))?;
                    self.called(&[target], name, true)?.0
                }
                None => continue,
            };
            *value = json!(id);
        }
        Ok(())
    }

    /// The kind of a record that is here.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn kind_of(&self, id: RecordId) -> Result<String, Error> {
        let doc = documents::get(self.store.db(), id)?.filter(|d| !d.gone);
        doc.map(|d| d.kind).ok_or_else(|| Error::NotFound(id.to_string()))
    }
}

fn only_refused(id: RecordId, boxed: &[refused::Refused]) -> Json {
    let mut fields = Map::new();
    for work in boxed {
        match &work.intent {
            Intent::Create { fields: given, .. } | Intent::Event { fields: given, .. } => {
                fields.extend(given.clone());
            }
            Intent::Set { field, value } => {
                fields.insert(field.clone(), value.clone());
            }
            _ => {}
        }
    }
    json!({
        "id": id, "kind": boxed[0].kind, "number": null, "status": "", "sync": "not_accepted",
        "fields": fields, "collections": {}, "events": [], "conflicts": [],
        "unsent": 0, "refused": boxed.len(),
    })
}
