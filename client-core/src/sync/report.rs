//! What one run of the engine did.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// Changes that the server judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// On the server's disk.
    pub accepted: u64,
    /// Were there already.
    pub duplicate: u64,
    /// Wait for the office.
    pub proposed: u64,
    /// Not accepted; in the box, or executed again on what the server has.
    pub refused: u64,
}

/// What came from the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pulled {
    /// Records that are new or changed.
    pub records: u64,
    /// Records that are no longer this person's to see.
    pub gone: u64,
}

/// How a run ended, as an exit status needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was done.
    Done,
    /// The server refused the request itself.
    Refused,
    /// The server was not reached or could not serve; nothing is lost, try again later.
    TryLater,
    /// A sign-in is needed; local work goes on.
    SignIn,
}

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Changes that the server judged.
    pub pushed: Pushed,
    /// What came.
    pub pulled: Pulled,
    /// Changes that the server has yet to judge.
    pub unsent: u64,
    /// Files that the server does not have.
    pub files: u64,
    /// Documents of the server that could not be read; they are asked for again.
    pub faults: u64,
    /// Requests made.
    pub requests: u64,
    /// Why the run did not do everything; `None` if it did.
    pub code: Option<String>,
    /// Values for that code.
    pub params: Map<String, Json>,
}

impl Report {
    /// The answer of `sync` (DESIGN §7).
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "ok": self.code.is_none(), "pushed": self.pushed, "pulled": self.pulled, "unsent": self.unsent,
            "files": self.files, "faults": self.faults, "requests": self.requests, "code": self.code, "params": self.params,
        })
    }

    /// How it ended.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self.code.as_deref() {
            None => Ending::Done,
            Some("not_reachable" | "server_fault" | "throttled" | "rate_limited") => Ending::TryLater,
            Some(
                "sign_in_needed" | "bad_credentials" | "token_expired" | "token_invalid" | "device_revoked"
                | "user_disabled",
            ) => Ending::SignIn,
            Some(_) => Ending::Refused,
        }
    }

    /// Notes a failure; the first one stays.
    pub(super) fn fail(&mut self, code: &str, params: Map<String, Json>) {
        if self.code.is_none() {
            self.code = Some(code.to_owned());
            self.params = params;
        }
    }
}
