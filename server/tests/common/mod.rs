//! A server over loopback with a clock that the test moves, and a plain HTTP client to talk to it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::authz::Role;
use domain::ids::UserId;
use serde_json::{Value, json};
use server::AppState;
use server::auth::password;
use server::config::{Config, ConfigFile};
use server::host::{ManualClock, Millis, SystemRng, new_id};
use server::http::Limits;
use server::store::StoreError;
use server::store::accounts::{self, NewUser};
use server::store::audit::{self, Chain};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use uuid::Uuid;

/// 2026-03-02T01:00:00Z
pub const START: Millis = 1_772_413_200_000;
pub const PASSWORD: &str = "correct horse";

pub struct Server {
    pub address: SocketAddr,
    pub clock: Arc<ManualClock>,
    pub state: AppState,
    pub dir: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(Limits::default())
    }

    pub fn start_with(limits: Limits) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), limits)
    }

    /// On a directory that may hold data already.
    pub fn start_in(dir: tempfile::TempDir, limits: Limits) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let config = config(dir.path());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let state = AppState::open_with(config, clock.clone(), Arc::new(SystemRng)).unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        runtime.spawn(server::serve(listener, state.clone(), limits, async move { drop(stopped.await) }));
        Self { address, clock, state, dir, stop: Some(stop), runtime: Some(runtime) }
    }

    pub fn add_user(&self, name: &str, role: Role) -> UserId {
        let id = UserId(new_id(START, &SystemRng).unwrap());
        let new = NewUser {
            id,
            name: name.to_owned(),
            display: format!("{name}先生"),
            role,
            department: "客服部".to_owned(),
            region: "华东".to_owned(),
            may: Default::default(),
            password: password::hash(PASSWORD, &SystemRng).unwrap(),
        };
        self.state.store.write_blocking(move |tx| accounts::add(tx, &new, START)).unwrap();
        id
    }

    pub fn request(&self, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string);
        let kind = body.as_ref().map(|_| "Content-Type: application/json\r\n").unwrap_or_default();
        let auth = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
        self.raw(method, path, &format!("{kind}{auth}"), body.unwrap_or_default().as_bytes())
    }

    pub fn raw(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses by the headers alone may close before it has read the body.
        let _ = stream.write_all(body);
        Answer::read(stream)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    pub fn get(&self, path: &str, token: &str) -> Answer {
        self.request("GET", path, Some(token), None)
    }

    pub fn try_login(&self, name: &str, password: &str, device: Option<Uuid>) -> Answer {
        let mut body = json!({ "user": name, "password": password });
        if let Some(id) = device {
            body["device"] = json!({ "id": id, "name": "手机" });
        }
        self.request("POST", "/api/v1/session", None, Some(&body))
    }

    pub fn login(&self, name: &str) -> Tokens {
        self.login_from(name, None)
    }

    pub fn login_from(&self, name: &str, device: Option<Uuid>) -> Tokens {
        let answer = self.try_login(name, PASSWORD, device);
        assert_eq!(answer.status, 200, "{}", answer.text());
        Tokens::of(&answer)
    }

    pub fn refresh(&self, token: &str, request: Option<Uuid>) -> Answer {
        let body = json!({ "refresh": token, "request": request });
        self.request("POST", "/api/v1/session/refresh", None, Some(&body))
    }

    pub fn audit(&self) -> Vec<audit::Row> {
        self.state.store.read_blocking(|db| audit::newest(db, i64::MAX, 1_000)).unwrap()
    }

    pub fn audited(&self, what: &str) -> usize {
        self.audit().iter().filter(|row| row.what == what).count()
    }

    pub fn chain(&self) -> Chain {
        self.state.store.read_blocking(audit::verify_chain).unwrap()
    }

    pub fn write(&self, job: impl FnOnce(&server::store::Tx<'_>) -> Result<(), StoreError> + Send + 'static) {
        self.state.store.write_blocking(job).unwrap();
    }

    /// A copy of the data directory as it is on the disk now, as if made by hand.
    pub fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("data")).unwrap();
        for file in std::fs::read_dir(self.dir.path().join("data")).unwrap() {
            let file = file.unwrap();
            // The shared memory of the WAL is made again; the lock is held.
            if !["lock", "fieldledger.db-shm"].contains(&file.file_name().to_str().unwrap()) {
                std::fs::copy(file.path(), copy.path().join("data").join(file.file_name())).unwrap();
            }
        }
        copy
    }

    /// Tells the server to end, as a signal would.
    pub fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Ends the server and waits until it is gone.
    pub fn stop(&mut self) {
        self.begin_stop();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn config(dir: &Path) -> Config {
    Config::new(Some(dir.join("data")), Some(([127, 0, 0, 1], 0).into()), ConfigFile::default())
}

pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    pub fn of(answer: &Answer) -> Self {
        let body = answer.json();
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        Self { access: text("access"), refresh: text("refresh") }
    }
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads to the end of the connection; what came before a reset counts.
    pub fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        let mut piece = [0; 8_192];
        while let Ok(n @ 1..) = stream.read(&mut piece) {
            bytes.extend_from_slice(&piece[..n]);
        }
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// Status and code of a refusal, which must be a complete problem.
    pub fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let body = self.json();
        assert!(body["params"].is_object());
        assert_eq!(body["trace"].as_str(), self.header("x-request-id"));
        (self.status, body["code"].as_str().unwrap().to_owned())
    }
}

pub fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
}
