//! The state machine: which request is next, and where an answer goes.

use std::collections::BTreeSet;

use domain::ids::RecordId;
use domain::schema::SCHEMA_VERSION;
use domain::wire::{
    Body, Hello, HelloReply, MAX_DOCS, Mode, OfferReply, PROTOCOL, Page, Pull, PushReply, SnapshotReply,
    SnapshotRequest,
};
use serde_json::{Map, Value as Json};

use super::bytes;
use super::offer::Offering;
use super::pull;
use super::push::Pusher;
use super::replay::Env;
use super::report::Report;
use super::request::{Content, Request, problem};
use crate::error::Error;
use crate::facade::Client;
use crate::store::meta::SignIn;
use crate::store::{documents, files, meta, pending};

/// Bytes of a page.
const PAGE_BYTES: u32 = 1 << 20;
/// Documents that one request asks for whole.
const SNAPSHOTS: usize = 100;
/// The access token is renewed this long before its end.
const RENEW_MS: i64 = 10_000;
/// A server that asks for `hello` more often than this in one run is at fault.
const MOST_HELLOS: u32 = 2;
/// Reference data is asked for so often in one run; after that, records come without it.
const MOST_REFERENCES: u32 = 3;

/// What the host tells the engine.
#[derive(Clone, Debug)]
pub enum Input {
    /// Begin a run.
    Start,
    /// The server answered the request.
    Response {
        /// HTTP status.
        status: u16,
        /// The body, decompressed.
        body: Vec<u8>,
    },
    /// The request did not get an answer.
    Failed,
}

/// What the engine tells the host.
#[derive(Clone, Debug)]
pub enum Output {
    /// Make this request, and come back with its answer.
    Request(Request),
    /// The run is over.
    Done(Report),
}

/// What was asked last.
#[derive(Clone, Debug, PartialEq)]
enum Asked {
    Nothing,
    Refresh,
    Hello,
    Offer,
    Push,
    Pull,
    Snapshots(Vec<RecordId>),
    Reference,
}

/// One run of synchronisation. Make a new one for each run.
pub struct SyncEngine {
    asked: Asked,
    report: Report,
    pusher: Pusher,
    offering: Offering,
    /// The sign-in that the run began under; answers are not taken once it is over.
    who: Option<SignIn>,
    /// The access token was renewed, and nothing has been answered with the new one yet.
    renewed: bool,
    hellos: u32,
    /// Nothing more is pushed: the server cannot take it now, or is too new.
    pushed: bool,
    pulled: bool,
    /// The pull has been followed by a second push and pull.
    twice: bool,
    /// Documents asked for whole in this run, and answered.
    wanted: BTreeSet<RecordId>,
    /// Version of the reference data, as the last page said.
    reference: Option<u64>,
    /// How often it was asked for.
    references: u32,
}

impl Default for SyncEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl SyncEngine {
    /// A run that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self {
            asked: Asked::Nothing,
            report: Report::default(),
            pusher: Pusher::default(),
            offering: Offering::default(),
            who: None,
            renewed: false,
            hellos: 0,
            pushed: false,
            pulled: false,
            twice: false,
            wanted: BTreeSet::new(),
            reference: None,
            references: 0,
        }
    }

    /// Takes what happened and says what comes next. Everything that must last is on the disk when this
    /// returns; the engine may be dropped at any point and a new one goes on where it was.
    pub fn handle(&mut self, client: &mut Client, input: Input) -> Output {
        client.store.bind(self.who);
        let result = match input {
            Input::Start => self.start(client),
            Input::Failed => {
                self.report.fail("not_reachable", Map::new());
                self.done(client)
            }
            Input::Response { status, body } => self.response(client, status, &body),
        };
        client.store.bind(None);
        match result {
            Ok(Output::Request(request)) => {
                self.report.requests += 1;
                Output::Request(request)
            }
            Ok(done) => done,
            Err(e) => {
                self.report.fail(e.code(), e.params());
                // The counts are a courtesy then.
                let _ = self.count(client);
                Output::Done(self.report.clone())
            }
        }
    }

    fn start(&mut self, client: &mut Client) -> Result<Output, Error> {
        client.person()?;
        self.who = SignIn::now(client.store.db())?;
        client.store.bind(self.who);
        let session = client.session()?;
        let Some(session) = session.filter(|s| s.refresh.is_some()) else {
            return Err(Error::SignInNeeded { unsent: client.held()? });
        };
        if session.access.is_none() || client.host.now().0 >= session.access_until - RENEW_MS {
            return self.renew(client);
        }
        self.next(client)
    }

    fn renew(&mut self, client: &mut Client) -> Result<Output, Error> {
        // What was asked for got no answer: `meta::OFFER` stands before it, and it begins there again.
        self.offering = Offering::default();
        self.asked = Asked::Refresh;
        Ok(Output::Request(client.refresh_request()?))
    }

    fn response(&mut self, client: &mut Client, status: u16, body: &[u8]) -> Result<Output, Error> {
        let asked = std::mem::replace(&mut self.asked, Asked::Nothing);
        if SignIn::now(client.store.db())? != self.who {
            return Err(Error::SignInNeeded { unsent: client.held()? });
        }
        if asked == Asked::Refresh {
            return self.renewed(client, status, body);
        }
        if status == 200 {
            // A run may outlast one token, or several.
            self.renewed = false;
            return match self.answer(client, asked, body) {
                Ok(()) => self.next(client),
                Err(e) => Err(e),
            };
        }
        let (code, params) = problem(status, body);
        match (status, &asked) {
            (401, _) if !self.renewed && code != "device_revoked" && code != "user_disabled" => {
                if let Asked::Snapshots(ids) = &asked {
                    self.wanted.retain(|id| !ids.contains(id));
                }
                self.renew(client)
            }
            (401 | 403, _) => self.stop(client, &code, params),
            (_, Asked::Reference) => {
                // Names and lists of yesterday are no reason to fail.
                self.references = MOST_REFERENCES;
                self.next(client)
            }
            (409 | 410, Asked::Push | Asked::Pull) if self.hellos < MOST_HELLOS => {
                client.write(|tx| meta::set(&tx.db, meta::HELLO, 1))?.into_inner();
                self.next(client)
            }
            (413, Asked::Push) => {
                let (store, mut env) = parts(client)?;
                self.pusher.too_large(store, &mut env)?;
                self.next(client)
            }
            (_, Asked::Push) => {
                // What cannot be pushed does not keep news from coming.
                (self.pushed, self.twice) = (true, true);
                self.report.fail(&code, params);
                self.next(client)
            }
            _ => self.stop(client, &code, params),
        }
    }

    fn stop(&mut self, client: &mut Client, code: &str, params: Map<String, Json>) -> Result<Output, Error> {
        self.report.fail(code, params);
        self.done(client)
    }

    fn renewed(&mut self, client: &mut Client, status: u16, body: &[u8]) -> Result<Output, Error> {
        match status {
            200 => {
                client.refreshed(body)?;
                self.renewed = true;
                self.next(client)
            }
            400..=403 => {
                let (code, params) = problem(status, body);
                client.sign_in_ended()?;
                // A revoked device must be told so; everything else is "sign in again".
                let code = match code.as_str() {
                    "device_revoked" | "user_disabled" => code,
                    _ => "sign_in_needed".to_owned(),
                };
                self.stop(client, &code, params)
            }
            _ => {
                let (code, params) = problem(status, body);
                self.stop(client, &code, params)
            }
        }
    }

    /// Takes a good answer.
    fn answer(&mut self, client: &mut Client, asked: Asked, body: &[u8]) -> Result<(), Error> {
        client.close_record();
        match asked {
            Asked::Hello => self.hello(client, &read(body)?),
            Asked::Offer => {
                self.offering.reply(&read::<OfferReply>(body)?);
                Ok(())
            }
            Asked::Push => {
                let reply: PushReply = read(body)?;
                let known: Option<Vec<u8>> = meta::get(client.store.db(), meta::EPOCH)?;
                let (store, mut env) = parts(client)?;
                if !self.pusher.reply(store, &mut env, &reply, &mut self.report.pushed)? {
                    return Err(fault("outcomes do not fit the push"));
                }
                if known.as_deref() != Some(&reply.epoch[..]) && self.hellos < MOST_HELLOS {
                    store.write(|tx| meta::set(&tx.db, meta::HELLO, 1))?.into_inner();
                }
                Ok(())
            }
            Asked::Pull => {
                let page: Page = read(body)?;
                self.reference = Some(page.reference);
                if self.wants_reference(client)? {
                    // Asked for once more when the lists and templates that its rows are made by are here.
                    return Ok(());
                }
                let older = self.outdated(client)?;
                let (store, mut env) = parts(client)?;
                pull::page(store, &mut env, &page, older, &mut self.report)?;
                self.pulled = !page.more;
                Ok(())
            }
            Asked::Snapshots(ids) => {
                let reply: SnapshotReply = read(body)?;
                if !reply.docs.is_empty() {
                    let came = |id: &RecordId| reply.docs.iter().any(|d| d.doc[..] == id.bytes()[..]);
                    self.wanted.retain(|id| !ids.contains(id) || came(id));
                }
                let (store, mut env) = parts(client)?;
                pull::snapshots(store, &mut env, &ids, &reply.docs, &mut self.report)
            }
            Asked::Reference => {
                let json: Json = serde_json::from_slice(body).map_err(|e| fault(&e.to_string()))?;
                let told = self.reference.take();
                let version = json["version"].as_u64().or(told).unwrap_or_default();
                client
                    .write(|tx| {
                        if json["changed"] != Json::Bool(false) {
                            meta::set_json(&tx.db, meta::REFERENCE, &json)?;
                        }
                        meta::set(&tx.db, meta::REFERENCE_VERSION, version.to_string())
                    })?
                    .into_inner();
                client.adopt_reference()?;
                client.write(|tx| meta::unset(&tx.db, meta::ROWS_OLDER))?.into_inner();
                Ok(())
            }
            Asked::Nothing | Asked::Refresh => Ok(()),
        }
    }

    fn hello(&mut self, client: &mut Client, reply: &HelloReply) -> Result<(), Error> {
        // What a restored server may have lost is sent again, and its news asked for again.
        (self.pushed, self.pulled) = (false, false);
        if reply.min_schema > SCHEMA_VERSION {
            (self.pushed, self.twice) = (true, true);
            let params = Map::from_iter([("schema".to_owned(), Json::from(reply.min_schema))]);
            self.report.fail("upgrade_required", params);
        }
        let now = client.host.now().0;
        client
            .write(|tx| {
                match (reply.mode, &reply.resume) {
                    (Mode::Ok, Some(cursor)) => meta::push_cursor(&tx.db, cursor)?,
                    (Mode::Ok, None) => {}
                    (Mode::Rewind, Some(cursor)) => meta::rewind_cursors(&tx.db, Some(cursor))?,
                    (Mode::Rewind | Mode::Full, _) => meta::rewind_cursors(&tx.db, None)?,
                }
                if reply.mode != Mode::Ok {
                    meta::set(&tx.db, meta::OFFER, Vec::new())?;
                    tx.send_again()?;
                }
                meta::set(&tx.db, meta::EPOCH, &reply.epoch[..])?;
                meta::unset(&tx.db, meta::HELLO)?;
                pull::note_skew(tx, reply.server_ms, now)
            })?
            .into_inner();
        self.offering = Offering::default();
        self.pusher.undefer();
        Ok(())
    }

    /// What is to be done next, by what is on the disk.
    fn next(&mut self, client: &mut Client) -> Result<Output, Error> {
        loop {
            let db = client.store.db();
            if meta::get::<i64>(db, meta::HELLO)?.is_some() {
                if self.hellos >= MOST_HELLOS {
                    return Err(fault("hello does not help"));
                }
                self.hellos += 1;
                self.asked = Asked::Hello;
                let hello = hello(client)?;
                return self.request(client, "hello", hello);
            }
            if meta::get::<Vec<u8>>(db, meta::OFFER)?.is_some() {
                if let Some(body) = self.offering.batch(&mut client.store)? {
                    self.asked = Asked::Offer;
                    return self.request(client, "offer", body);
                }
                continue;
            }
            if !self.pushed {
                if let Some(body) = self.pusher.batch(&mut client.store)? {
                    self.asked = Asked::Push;
                    return self.request(client, "push", body);
                }
                self.pushed = true;
            }
            if self.wants_reference(client)? {
                self.references += 1;
                self.asked = Asked::Reference;
                let path = format!("/api/v1/reference?since={}", since(client)?);
                let auth = client.session()?.and_then(|s| s.access);
                let (method, content) = ("GET", Content::Json);
                return Ok(Output::Request(Request { method, path, body: Vec::new(), content, auth }));
            }
            if !self.pulled {
                self.asked = Asked::Pull;
                let cursor = meta::cursors(client.store.db())?.into_iter().next();
                let max_docs = u32::try_from(MAX_DOCS).unwrap_or(u32::MAX);
                let pull = Pull { cursor: cursor.map(Into::into), max_bytes: PAGE_BYTES, max_docs };
                return self.request(client, "pull", pull.to_bytes());
            }
            let wanted: Vec<RecordId> = documents::wanted(client.store.db(), usize::MAX)?
                .into_iter()
                .filter(|id| !self.wanted.contains(id))
                .take(SNAPSHOTS)
                .collect();
            if !wanted.is_empty() {
                self.wanted.extend(&wanted);
                let docs = wanted.iter().map(|id| bytes(id.bytes())).collect();
                self.asked = Asked::Snapshots(wanted);
                return self.request(client, "snapshot", SnapshotRequest { docs }.to_bytes());
            }
            if !self.twice {
                self.twice = true;
                if self.again(client)? {
                    self.pushed = false;
                    self.pulled = false;
                    continue;
                }
            }
            return self.done(client);
        }
    }

    /// Whether there is something to push that was not there, or could not be pushed, before the pull.
    fn again(&mut self, client: &mut Client) -> Result<bool, Error> {
        let (store, mut env) = parts(client)?;
        let rebuilt = self.pusher.rebuild_deferred(store, &mut env)?;
        Ok(rebuilt || self.pusher.batch(store)?.is_some())
    }

    /// Whether the reference data here is not what the server has, or there is none yet.
    fn outdated(&self, client: &Client) -> Result<bool, Error> {
        let held: Option<String> = meta::get(client.store.db(), meta::REFERENCE_VERSION)?;
        Ok(match self.reference {
            Some(version) => held != Some(version.to_string()),
            None => held.is_none(),
        })
    }

    fn wants_reference(&self, client: &Client) -> Result<bool, Error> {
        Ok(self.references < MOST_REFERENCES && self.outdated(client)?)
    }

    fn request(&self, client: &Client, route: &str, body: Vec<u8>) -> Result<Output, Error> {
        let auth = client.session()?.and_then(|s| s.access);
        let path = format!("/api/v1/sync/{route}");
        Ok(Output::Request(Request { method: "POST", path, body, content: Content::Cbor, auth }))
    }

    fn count(&mut self, client: &Client) -> Result<(), Error> {
        self.report.unsent = pending::unsent(client.store.db())?;
        self.report.files = files::not_uploaded(client.store.db())?;
        Ok(())
    }

    fn done(&mut self, client: &mut Client) -> Result<Output, Error> {
        self.count(client)?;
        if self.report.code.is_none() {
            let now = client.host.now().0;
            client.write(|tx| meta::set(&tx.db, meta::LAST_SYNC, now))?.into_inner();
        }
        client.store.compact_journal()?;
        Ok(Output::Done(self.report.clone()))
    }
}

fn parts(client: &mut Client) -> Result<(&mut crate::store::Store, Env<'_>), Error> {
    let person = client.person()?;
    let skew_s = meta::get(client.store.db(), meta::SKEW)?;
    let now = client.host.now().0;
    let Client { store, host, zone, .. } = client;
    Ok((store, Env { host, zone, person, skew_s, now }))
}

fn hello(client: &Client) -> Result<Vec<u8>, Error> {
    let db = client.store.db();
    let id = |key| Ok::<_, Error>(bytes(meta::id(db, key)?.unwrap_or_default().as_bytes()));
    let hello = Hello {
        proto: vec![PROTOCOL],
        app: env!("CARGO_PKG_VERSION").to_owned(),
        schema: SCHEMA_VERSION,
        device: bytes(client.device()?.0.as_bytes()),
        instance: id(meta::INSTANCE)?,
        cursors: meta::cursors(db)?.into_iter().map(Into::into).collect(),
        client_ms: client.host.now().0,
    };
    Ok(hello.to_bytes())
}

/// The version of the reference data that is here; 0 for none.
fn since(client: &Client) -> Result<String, Error> {
    let held: Option<String> = meta::get(client.store.db(), meta::REFERENCE_VERSION)?;
    Ok(held.unwrap_or_else(|| "0".to_owned()))
}

fn read<T: Body>(body: &[u8]) -> Result<T, Error> {
    T::from_bytes(body).map_err(|e| fault(&e.to_string()))
}

fn fault(detail: &str) -> Error {
    let params = Map::from_iter([("detail".to_owned(), Json::from(detail))]);
    Error::Server { code: "server_fault".into(), params }
}
