#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Shared by the tests: a device with a clock and randomness that can be told, and signed-in people.

mod deadlines;
mod facade;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::schema::Schema;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::Client;
use crate::error::Error;
use crate::host::{Clock, Host, Rng};

/// A clock that moves one second at each look.
pub(crate) struct Ticking(pub(crate) AtomicI64);
impl Clock for Ticking {
    fn now_ms(&self) -> i64 {
        self.0.fetch_add(1_000, Ordering::Relaxed)
    }
}

/// Repeatable, never the same twice.
pub(crate) struct Counting(pub(crate) u64);
impl Rng for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        use sha2::Digest as _;
        for part in out.chunks_mut(32) {
            self.0 += 1;
            part.copy_from_slice(&sha2::Sha256::digest(self.0.to_le_bytes())[..part.len()]);
        }
        Ok(())
    }
}

static SEED: AtomicU64 = AtomicU64::new(1);

pub(crate) fn host() -> Host {
    let seed = SEED.fetch_add(1, Ordering::Relaxed) << 32;
    Host::new(Box::new(Ticking(AtomicI64::new(1_790_000_000_000))), Box::new(Counting(seed)))
}

pub(crate) fn schema() -> Arc<Schema> {
    Schema::builtin().unwrap()
}

/// A device in a directory, nobody signed in.
pub(crate) fn device(dir: &Path) -> Client {
    Client::open(dir, schema(), host()).unwrap()
}

pub(crate) fn user(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + n)
}

/// What the server answers to a sign-in.
pub(crate) fn granted(n: u128, name: &str, role: &str) -> Vec<u8> {
    json!({
        "access": format!("access-{name}"), "refresh": format!("refresh-{name}"), "expires_in": 600,
        "user": {"id": user(n), "name": name, "display": name, "role": role, "may": ["approve", "close"]},
    })
    .to_string()
    .into_bytes()
}

pub(crate) fn signed_in(dir: &Path, n: u128, role: &str) -> Client {
    let mut client = device(dir);
    sign_in(&mut client, n, role);
    client
}

pub(crate) fn sign_in(client: &mut Client, n: u128, role: &str) {
    let name = format!("user{n}");
    client.login_request(&name, "secret", None).unwrap();
    client.login_response("http://127.0.0.1:1/", 200, &granted(n, &name, role)).unwrap();
}

pub(crate) fn fields(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => panic!("not an object"),
    }
}
