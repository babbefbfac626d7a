//! [`Device`]: the data of one person on one phone.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use client_core::domain::schema::Schema;
use client_core::sync::{Input, Output, SyncEngine};
use client_core::{Client, arguments};
use serde_json::{Value as Json, json};

use crate::error::DeviceError;
use crate::host;
use crate::transport::{Transport, carry};

type Answer<T> = Result<T, DeviceError>;

/// The data of one person on one phone, in one directory.
///
/// Every method may be called from any thread, and blocks: call it off the main thread. What it answers
/// is JSON, as `docs` describe it for `fieldledger-device --json`. An edit that has been answered is on
/// the disk.
///
/// After the error code `trap` the device must be dropped and opened again.
#[derive(uniffi::Object)]
pub struct Device {
    client: Mutex<Client>,
    /// Held while a sync runs: two at once would send the same things twice.
    syncing: Mutex<()>,
}

#[uniffi::export]
impl Device {
    /// Opens the data in a directory of the app, making it if need be. A damaged database is set aside
    /// and unsent work brought back; see `recovered`.
    ///
    /// # Errors
    /// `data_too_new`, `disk_full`, `file_failed`.
    #[uniffi::constructor]
    pub fn open(dir: &str) -> Answer<Arc<Self>> {
        let schema = Schema::builtin()
            .map_err(|e| DeviceError::new("bad_schema", &json!({"detail": e.to_string()})))?;
        let client = Client::open(Path::new(dir), schema, host::system())?;
        Ok(Arc::new(Self { client: Mutex::new(client), syncing: Mutex::new(()) }))
    }

    /// What was brought back if the database was found damaged at opening:
    /// `{"set_aside","unsent","refused"}`, or nothing.
    ///
    /// # Errors
    /// `trap`.
    pub fn recovered(&self) -> Answer<Option<String>> {
        Ok(self.client()?.recovered().map(|r| json!(r).to_string()))
    }

    /// `{"unsent","proposed","refused","files","held","last_sync","server","user","signed_in","locked"}`; `held` is what
    /// keeps the device for its account.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn status(&self) -> Answer<String> {
        Ok(self.client()?.sync_status()?.to_string())
    }

    /// Signs in at a server and registers this device. Answers the person.
    ///
    /// # Errors
    /// `not_reachable`; the server's code, such as `bad_credentials`; `locked_for_other` while another account's
    /// unsent work is here.
    pub fn sign_in(
        &self,
        server: &str,
        user: &str,
        password: &str,
        totp: Option<String>,
        transport: Arc<dyn Transport>,
    ) -> Answer<String> {
        let server = server.trim_end_matches('/');
        let request = self.client()?.login_request(user, password, totp.as_deref())?;
        let answer = carry(transport.as_ref(), server, request)
            .map_err(|e| DeviceError::new("not_reachable", &json!({"detail": e.to_string()})))?;
        let person = self.client()?.login_response(server, answer.status, &answer.body)?;
        Ok(json!(person).to_string())
    }

    /// Signs out. With unsent work everything stays, locked for this account; answers how many pieces.
    ///
    /// # Errors
    /// `sign_in_needed` if nobody is signed in.
    pub fn sign_out(&self) -> Answer<u64> {
        Ok(self.client()?.logout()?)
    }

    /// Rows of a kind, or of all kinds, newest first.
    /// `filter`: `{"status":["registered"],"text":"漏油","limit":50,"offset":0}`, every key optional.
    ///
    /// # Errors
    /// `unknown_kind`, `sign_in_needed`.
    pub fn list(&self, kind: Option<String>, filter: &str) -> Answer<String> {
        let filter = arguments::list_filter(filter)?;
        let rows = self.client()?.list(kind.as_deref(), &filter)?;
        Ok(Json::Array(rows).to_string())
    }

    /// Records of all kinds by number or text, rows as `list` with `matched`; `limit` 0 for all.
    ///
    /// # Errors
    /// `sign_in_needed`.
    pub fn search(&self, text: &str, limit: u32) -> Answer<String> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Json::Array(self.client()?.search(text, limit)?).to_string())
    }

    /// What is owed and when, of the open records on this device, by due time; nothing of it needs coverage.
    /// `filter`: `{"states":["missed"],"kinds":["visit"],"rules":["L13"],"level":1,"before":"2026-03-02T09:00:00Z"}`,
    /// every key optional.
    ///
    /// # Errors
    /// `sign_in_needed`.
    pub fn deadlines(&self, filter: &str) -> Answer<String> {
        let filter = arguments::deadline_filter(filter)?;
        Ok(Json::Array(self.client()?.deadlines(&filter)?).to_string())
    }

    /// All deadlines of one record, done ones too.
    ///
    /// # Errors
    /// As `show`.
    pub fn deadlines_of(&self, id: &str) -> Answer<String> {
        Ok(Json::Array(self.client()?.deadlines_of(arguments::id(id)?)?).to_string())
    }

    /// The id of the record that goes by an id, an official number or a temporary number.
    ///
    /// # Errors
    /// `not_found`, `ambiguous`, `sign_in_needed`.
    pub fn find(&self, name: &str) -> Answer<String> {
        Ok(self.client()?.find(name)?.to_string())
    }

    /// A record with everything that the person may read.
    ///
    /// # Errors
    /// `not_found`, `sign_in_needed`, `record_damaged`.
    pub fn show(&self, id: &str) -> Answer<String> {
        Ok(self.client()?.show(arguments::id(id)?)?.to_string())
    }

    /// What the person may do to a record now: `{"edit","collections","transitions","assign"}`.
    ///
    /// # Errors
    /// As `show`.
    pub fn rights(&self, id: &str) -> Answer<String> {
        Ok(json!(self.client()?.rights(arguments::id(id)?)?).to_string())
    }

    /// Values that were set at the same time, to choose from.
    ///
    /// # Errors
    /// As `show`.
    pub fn conflicts(&self, id: &str) -> Answer<String> {
        Ok(self.client()?.conflicts(arguments::id(id)?)?.to_string())
    }

    /// Every value that was ever set, newest first.
    ///
    /// # Errors
    /// As `show`.
    pub fn history(&self, id: &str) -> Answer<String> {
        Ok(self.client()?.history(arguments::id(id)?)?.to_string())
    }

    /// Makes a record. `fields` is a JSON object. Answers `{"id","kind","number","saved":true}`.
    ///
    /// # Errors
    /// A refusal that names field and rule; nothing was saved.
    pub fn create(&self, kind: &str, fields: &str) -> Answer<String> {
        let fields = arguments::fields(fields)?;
        Ok(self.client()?.create(kind, fields)?.get().to_json().to_string())
    }

    /// Carries out a JSON array of intents (`[{"cmd":"set","field":…,"value":…}]`): all, or none.
    ///
    /// # Errors
    /// As `create`; `intent` in the parameters is the place in the list.
    pub fn edit(&self, id: &str, intents: &str) -> Answer<String> {
        let (id, intents) = (arguments::id(id)?, arguments::intents(intents)?);
        Ok(self.client()?.intents(id, intents)?.get().to_json().to_string())
    }

    /// Moves a record to a status. `fields` is a JSON object of values set with it.
    ///
    /// # Errors
    /// As `create`; for want of fields the parameter `missing` names all of them.
    pub fn event(&self, id: &str, to: &str, why: Option<String>, fields: &str) -> Answer<String> {
        let (id, fields) = (arguments::id(id)?, arguments::fields(fields)?);
        Ok(self.client()?.event(id, to, why, fields)?.get().to_json().to_string())
    }

    /// Stores a file and adds it to a collection of files, with these fields.
    ///
    /// # Errors
    /// As `create`; `disk_full`.
    pub fn attach(
        &self,
        id: &str,
        collection: &str,
        name: &str,
        mime: &str,
        content: Vec<u8>,
        fields: &str,
    ) -> Answer<String> {
        let (id, fields) = (arguments::id(id)?, arguments::fields(fields)?);
        let saved = self.client()?.attach(id, collection, name, mime, &content, fields)?;
        let (record, _) = saved.get();
        Ok(record.to_json().to_string())
    }

    /// Unsent, proposed and refused work, oldest first, then files that the server does not have (with `file`).
    ///
    /// # Errors
    /// `sign_in_needed`.
    pub fn outbox(&self) -> Answer<String> {
        Ok(Json::Array(self.client()?.outbox()?).to_string())
    }

    /// Throws a piece of refused work away (`n` of the outbox), because the person says so.
    ///
    /// # Errors
    /// `not_found`, `sign_in_needed`.
    pub fn discard_refused(&self, n: i64) -> Answer<()> {
        self.client()?.discard_refused(n)?.into_inner();
        Ok(())
    }

    /// Sends what is unsent and takes what is new, one request after the other. Other calls go on
    /// meanwhile; a second sync waits for the first. Answers
    /// `{"ok","pushed":{…},"pulled":{…},"unsent","files","code","params"}`; a server that cannot be reached is
    /// the code `not_reachable` there, and nothing is lost.
    ///
    /// # Errors
    /// `trap`.
    pub fn sync(&self, transport: Arc<dyn Transport>) -> Answer<String> {
        let _running = self.syncing.lock().map_err(|_| DeviceError::trap())?;
        let mut engine = SyncEngine::new();
        let mut input = Input::Start;
        loop {
            // The lock is released before the request is made: edits do not wait for the network.
            let output = engine.handle(&mut *self.client()?, input);
            let request = match output {
                Output::Request(request) => request,
                Output::Done(report) => return Ok(report.to_json().to_string()),
            };
            let server = self.client()?.session()?.map(|s| s.server).unwrap_or_default();
            input = match carry(transport.as_ref(), &server, request) {
                Ok(answer) => Input::Response { status: answer.status, body: answer.body },
                Err(_) => Input::Failed,
            };
        }
    }

    /// People, code lists and settings as the server last gave them, or nothing before the first sync.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn reference(&self) -> Answer<Option<String>> {
        Ok(self.client()?.reference()?.map(|r| r.to_string()))
    }
}

impl Device {
    fn client(&self) -> Answer<MutexGuard<'_, Client>> {
        // Whoever held it broke off in the middle of a call.
        self.client.lock().map_err(|_| DeviceError::trap())
    }
}
