//! [`Device`]: the data of one person in one browser.

use client_core::domain::schema::Schema;
use client_core::sync::{Input, Output, Request, SyncEngine};
use client_core::{Client, arguments};
use serde_json::{Value as Json, json};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::Thrown;
use crate::{host, storage};

type Answer<T> = Result<T, Thrown>;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// Opens the data of this origin under a name. Throws `no_opfs`, `in_use`, `data_too_new`,
/// `data_damaged`, `disk_full`, `storage_failed`; nothing was changed then.
///
/// A panic anywhere is a trap: nothing can unwind here, so the instance is lost, never its data.
#[wasm_bindgen]
pub async fn open(name: String) -> Answer<Device> {
    // What a panic says is lost in a trap otherwise.
    std::panic::set_hook(Box::new(|panic| console_error(&panic.to_string())));
    let schema =
        Schema::builtin().map_err(|e| Thrown::new("bad_schema", json!({"detail": e.to_string()})))?;
    let client = Client::on(storage::open(&name).await?, schema, host::browser())?;
    Ok(Device { client, engine: None })
}

/// A request for the worker to make.
#[wasm_bindgen(getter_with_clone)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query, from the root of `server`.
    pub path: String,
    /// Address of the server, without a slash at the end.
    pub server: String,
    /// Media type of the body.
    pub content: String,
    /// Bearer token, if one is to be sent.
    pub token: Option<String>,
    /// The body; empty for none. Bodies of type `application/cbor` are worth compressing.
    pub body: Vec<u8>,
}

/// What a sync does next: a request, or its report.
#[wasm_bindgen(getter_with_clone)]
pub struct Step {
    /// What happened, as JSON, when the sync is over.
    pub report: Option<String>,
    request: Option<Request>,
    server: String,
}

#[wasm_bindgen]
impl Step {
    /// The request to make, if the sync is not over.
    pub fn request(&mut self) -> Option<HttpRequest> {
        self.request.take().map(|r| http(r, &self.server))
    }
}

/// The data of one person in one browser. Methods answer JSON and throw `{code, params}`. An edit that has
/// been answered is on the disk.
#[wasm_bindgen]
pub struct Device {
    client: Client,
    engine: Option<SyncEngine>,
}

#[wasm_bindgen]
impl Device {
    /// `{"unsent","proposed","refused","files","held","last_sync","server","user","signed_in","locked"}`; `held` is what
    /// keeps the device for its account.
    pub fn status(&self) -> Answer<String> {
        Ok(self.client.sync_status()?.to_string())
    }

    /// The request that signs in at a server and registers this device.
    pub fn sign_in_request(
        &self,
        server: &str,
        user: &str,
        password: &str,
        totp: Option<String>,
    ) -> Answer<HttpRequest> {
        let request = self.client.login_request(user, password, totp.as_deref())?;
        Ok(http(request, server.trim_end_matches('/')))
    }

    /// Takes the answer to it; answers the person.
    pub fn sign_in_response(&mut self, server: &str, status: u16, body: &[u8]) -> Answer<String> {
        Ok(json!(self.client.login_response(server, status, body)?).to_string())
    }

    /// Signs out. With unsent work everything stays, locked for this account; answers how many pieces.
    pub fn sign_out(&mut self) -> Answer<String> {
        Ok(self.client.logout()?.to_string())
    }

    /// Rows of a kind, or of all kinds, newest first. `filter` is JSON, every key optional:
    /// `{"status":["registered"],"text":"漏油","limit":50,"offset":0}`.
    pub fn list(&self, kind: Option<String>, filter: &str) -> Answer<String> {
        let rows = self.client.list(kind.as_deref(), &arguments::list_filter(filter)?)?;
        Ok(Json::Array(rows).to_string())
    }

    /// Records of all kinds by number or text, rows as `list` with `matched`; `limit` 0 for all.
    pub fn search(&self, text: &str, limit: u32) -> Answer<String> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Json::Array(self.client.search(text, limit)?).to_string())
    }

    /// What is owed and when, of the open records here, by due time. `filter` is JSON, every key optional:
    /// `{"states":["missed"],"kinds":["visit"],"rules":["L13"],"level":1,"before":"2026-03-02T09:00:00Z"}`.
    pub fn deadlines(&self, filter: &str) -> Answer<String> {
        let filter = arguments::deadline_filter(filter)?;
        Ok(Json::Array(self.client.deadlines(&filter)?).to_string())
    }

    /// All deadlines of one record, done ones too.
    pub fn deadlines_of(&self, id: &str) -> Answer<String> {
        Ok(Json::Array(self.client.deadlines_of(arguments::id(id)?)?).to_string())
    }

    /// The id of the record that goes by an id, an official number or a temporary number.
    pub fn find(&self, name: &str) -> Answer<String> {
        Ok(json!(self.client.find(name)?).to_string())
    }

    /// A record with everything that the person may read.
    pub fn show(&self, id: &str) -> Answer<String> {
        Ok(self.client.show(arguments::id(id)?)?.to_string())
    }

    /// What the person may do to a record now.
    pub fn rights(&self, id: &str) -> Answer<String> {
        Ok(json!(self.client.rights(arguments::id(id)?)?).to_string())
    }

    /// Values that were set at the same time, to choose from.
    pub fn conflicts(&self, id: &str) -> Answer<String> {
        Ok(self.client.conflicts(arguments::id(id)?)?.to_string())
    }

    /// Every value that was ever set, newest first.
    pub fn history(&self, id: &str) -> Answer<String> {
        Ok(self.client.history(arguments::id(id)?)?.to_string())
    }

    /// Makes a record. `fields` is a JSON object. Answers `{"id","kind","number","saved":true}`.
    pub fn create(&mut self, kind: &str, fields: &str) -> Answer<String> {
        Ok(self.client.create(kind, arguments::fields(fields)?)?.get().to_json().to_string())
    }

    /// Carries out a JSON array of intents: all, or none.
    pub fn edit(&mut self, id: &str, intents: &str) -> Answer<String> {
        Ok(self.client.intents(arguments::id(id)?, arguments::intents(intents)?)?.get().to_json().to_string())
    }

    /// Moves a record to a status. `fields` is a JSON object of values set with it.
    pub fn event(&mut self, id: &str, to: &str, why: Option<String>, fields: &str) -> Answer<String> {
        Ok(self
            .client
            .event(arguments::id(id)?, to, why, arguments::fields(fields)?)?
            .get()
            .to_json()
            .to_string())
    }

    /// Unsent, proposed and refused work, oldest first, then files that the server does not have (with `file`).
    pub fn outbox(&self) -> Answer<String> {
        Ok(Json::Array(self.client.outbox()?).to_string())
    }

    /// Throws a piece of refused work away (`n` of the outbox), because the person says so.
    pub fn discard_refused(&mut self, n: f64) -> Answer<String> {
        // Row numbers of SQLite stay far below 2^53.
        #[allow(clippy::cast_possible_truncation)]
        self.client.discard_refused(n as i64)?.into_inner();
        Ok("null".to_owned())
    }

    /// People, code lists and settings as the server last gave them; `null` before the first sync.
    pub fn reference(&self) -> Answer<String> {
        Ok(json!(self.client.reference()?).to_string())
    }

    /// Begins a sync; one that was under way is given up (nothing of it is lost).
    pub fn sync_start(&mut self) -> Answer<Step> {
        self.engine = Some(SyncEngine::new());
        self.step(Input::Start)
    }

    /// Goes on with the answer to the request that was asked for last.
    pub fn sync_answer(&mut self, status: u16, body: Vec<u8>) -> Answer<Step> {
        self.step(Input::Response { status, body })
    }

    /// Goes on after a request that got no answer.
    pub fn sync_failed(&mut self) -> Answer<Step> {
        self.step(Input::Failed)
    }

    fn step(&mut self, input: Input) -> Answer<Step> {
        let Some(engine) = &mut self.engine else {
            return Err(Thrown::argument("sync", "it has not been started"));
        };
        Ok(match engine.handle(&mut self.client, input) {
            Output::Request(request) => {
                let server = self.client.session()?.map(|s| s.server).unwrap_or_default();
                Step { report: None, request: Some(request), server }
            }
            Output::Done(report) => {
                self.engine = None;
                Step { report: Some(report.to_json().to_string()), request: None, server: String::new() }
            }
        })
    }
}

fn http(request: Request, server: &str) -> HttpRequest {
    HttpRequest {
        method: request.method.to_owned(),
        path: request.path,
        server: server.to_owned(),
        content: request.content.mime().to_owned(),
        token: request.auth,
        body: request.body,
    }
}
