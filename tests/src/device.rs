//! A device: a real `client-core` store in a directory, and a host that carries its requests over HTTP.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context as _, bail};
use client_core::host::{Clock, Host, Rng};
use client_core::sync::{Ending, Input, Output, Report, Request, SyncEngine};
use client_core::{Client, Error};
use domain::ids::RecordId;
use domain::schema::Schema;
use serde_json::{Map, Value as Json, json};

use crate::chance::Chance;
use crate::server::PASSWORD;

/// A clock that tests move.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// From a time in ms; every look moves it by a millisecond.
    #[must_use]
    pub fn at(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

struct Luck(Chance);

impl Rng for Luck {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for part in out.chunks_mut(8) {
            let bytes = self.0.draw().to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
        Ok(())
    }
}

/// How a request is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Once.
    Plain,
    /// Every request is sent twice; the second answer counts.
    Twice,
}

/// A device.
pub struct Device {
    /// The door.
    pub client: Client,
    dir: PathBuf,
    schema: Arc<Schema>,
    agent: ureq::Agent,
    server: String,
    clock: TestClock,
    luck: Chance,
    /// How requests are carried.
    pub carrier: Carrier,
    /// Requests made so far.
    pub requests: u32,
}

impl Device {
    /// Opens a device on a directory.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn open(
        dir: &Path,
        schema: &Arc<Schema>,
        server: &str,
        clock: &TestClock,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut luck = Chance::new(seed);
        let host = Host::new(Box::new(clock.clone()), Box::new(Luck(Chance::new(luck.draw()))));
        let client = Client::open(dir, schema.clone(), host)?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(std::time::Duration::from_secs(30)))
            .max_idle_connections(0)
            .build()
            .into();
        Ok(Self {
            client,
            dir: dir.to_owned(),
            schema: schema.clone(),
            agent,
            server: server.to_owned(),
            clock: clock.clone(),
            luck,
            carrier: Carrier::Plain,
            requests: 0,
        })
    }

    /// Closes the store and opens it again: the app was killed.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn reopen(self) -> anyhow::Result<Self> {
        let Self { client, dir, schema, server, clock, mut luck, carrier, .. } = self;
        drop(client);
        let mut device = Self::open(&dir, &schema, &server, &clock, luck.draw())?;
        device.carrier = carrier;
        Ok(device)
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Talks to another address from now on.
    pub fn move_to(&mut self, server: &str) {
        server.clone_into(&mut self.server);
    }

    /// Signs in with the password that all test accounts have.
    ///
    /// # Errors
    /// The server refuses or is not there.
    pub fn sign_in(&mut self, user: &str) -> anyhow::Result<()> {
        let request = self.client.login_request(user, PASSWORD, None)?;
        let (status, body) = self.carry(&request).map_err(|e| anyhow::anyhow!(e))?;
        self.client.login_response(&self.server.clone(), status, &body)?;
        Ok(())
    }

    /// Syncs until there is nothing more to say.
    ///
    /// # Errors
    /// A failure of the device's own store; the network's failures are in the report.
    pub fn sync(&mut self) -> anyhow::Result<Report> {
        let mut engine = SyncEngine::new();
        let mut input = Input::Start;
        for _ in 0..10_000 {
            match engine.handle(&mut self.client, input) {
                Output::Request(request) => {
                    input = match self.carry(&request) {
                        Ok((status, body)) => Input::Response { status, body },
                        Err(_) => Input::Failed,
                    };
                }
                Output::Done(report) => return Ok(report),
            }
        }
        bail!("the sync engine does not come to an end")
    }

    /// Syncs and insists that the server answered.
    ///
    /// # Errors
    /// It did not.
    pub fn synced(&mut self) -> anyhow::Result<Report> {
        let report = self.sync()?;
        anyhow::ensure!(report.ending() == Ending::Done, "sync: {:?}", report.to_json());
        Ok(report)
    }

    /// Makes a complaint.
    ///
    /// # Errors
    /// It is refused.
    pub fn complaint(&mut self, content: &str) -> anyhow::Result<RecordId> {
        let fields = json!({
            "content": content, "reporter_name": "张主任", "reporter_contact": "13900001111",
            "channel": "phone", "record_kind": "complaint", "received_at": "2026-03-01T08:00:00+08:00",
        });
        let fields: Map<String, Json> = fields.as_object().cloned().unwrap_or_default();
        Ok(self.client.create("complaint", fields)?.into_inner().id)
    }

    /// Saves an edit of one field.
    ///
    /// # Errors
    /// It is refused.
    pub fn edit(&mut self, id: RecordId, field: &str, value: Json) -> anyhow::Result<()> {
        self.client.edit(id, field, value)?.into_inner();
        Ok(())
    }

    /// Saves a step.
    ///
    /// # Errors
    /// It is refused.
    pub fn event(&mut self, id: RecordId, to: &str, why: Option<&str>) -> anyhow::Result<()> {
        self.client.event(id, to, why.map(str::to_owned), Map::new())?.into_inner();
        Ok(())
    }

    /// Saves an entry with one text, `content`.
    ///
    /// # Errors
    /// It is refused.
    pub fn add(&mut self, id: RecordId, collection: &str, content: &str) -> anyhow::Result<()> {
        let fields = Map::from_iter([("content".to_owned(), Json::from(content))]);
        self.client.add(id, collection, fields)?.into_inner();
        Ok(())
    }

    /// Chooses between values set at the same time.
    ///
    /// # Errors
    /// There is no such value.
    pub fn choose(&mut self, id: RecordId, field: &str, n: usize) -> anyhow::Result<()> {
        self.client.choose(id, field, n)?.into_inner();
        Ok(())
    }

    /// What the device shows of a field.
    ///
    /// # Errors
    /// There is no such record.
    pub fn field(&self, id: RecordId, key: &str) -> anyhow::Result<Json> {
        Ok(self.client.show(id)?["fields"][key].clone())
    }

    /// The record without what differs from device to device by its nature.
    ///
    /// # Errors
    /// There is no such record.
    pub fn content(&self, id: RecordId) -> anyhow::Result<Json> {
        let shown = self.client.show(id)?;
        let mut out = Map::new();
        for key in
            ["id", "kind", "number", "status", "fields", "collections", "events", "assign", "conflicts"]
        {
            out.insert(key.to_owned(), shown[key].clone());
        }
        Ok(Json::Object(out))
    }

    fn carry(&mut self, request: &Request) -> Result<(u16, Vec<u8>), String> {
        if self.carrier == Carrier::Twice {
            let _ = self.once(request);
        }
        self.once(request)
    }

    fn once(&mut self, request: &Request) -> Result<(u16, Vec<u8>), String> {
        self.requests += 1;
        self.http(request).map_err(|e| e.to_string())
    }

    fn http(&self, request: &Request) -> anyhow::Result<(u16, Vec<u8>)> {
        let url = format!("{}{}", self.server, request.path);
        let auth = request.auth.as_ref().map(|t| format!("Bearer {t}"));
        let mut answer = if request.method == "GET" {
            let mut get = self.agent.get(url);
            if let Some(auth) = auth {
                get = get.header("authorization", auth);
            }
            get.call()?
        } else {
            let mut post = self.agent.post(url).header("content-type", request.content.mime());
            if let Some(auth) = auth {
                post = post.header("authorization", auth);
            }
            if request.content == client_core::sync::Content::Cbor {
                let body = zstd::encode_all(request.body.as_slice(), 3)?;
                post.header("content-encoding", "zstd")
                    .header("accept-encoding", "zstd")
                    .send(body.as_slice())?
            } else {
                post.send(request.body.as_slice())?
            }
        };
        let compressed = answer.headers().get("content-encoding").is_some_and(|v| v == "zstd");
        let status = answer.status().as_u16();
        let raw = answer.body_mut().with_config().limit(64 << 20).read_to_vec()?;
        let body = if compressed { zstd::decode_all(raw.as_slice()).context("zstd")? } else { raw };
        Ok((status, body))
    }
}
