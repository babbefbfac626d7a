//! What is known of the request that the current task serves: its trace id for answers and logs, and what the
//! handlers found out for the request's log line.

use std::sync::{Arc, Mutex, PoisonError};

use domain::ids::UserId;

/// Facts for the log line, filled in while the request is served.
#[derive(Debug, Default, Clone)]
pub struct Facts {
    /// Who asked, once the token was checked.
    pub user: Option<UserId>,
    /// Code of the refusal, if it was refused.
    pub code: Option<&'static str>,
}

/// The request being served.
#[derive(Debug, Clone)]
pub struct Context {
    trace: Arc<str>,
    facts: Arc<Mutex<Facts>>,
}

tokio::task_local! {
    static CURRENT: Context;
}

impl Context {
    /// A context for a request.
    pub fn new(trace: &str) -> Self {
        Self { trace: trace.into(), facts: Arc::default() }
    }

    /// What was found out so far.
    pub fn facts(&self) -> Facts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs a future as part of this request.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }
}

/// Trace id of the current request; empty outside one.
pub fn trace() -> String {
    CURRENT.try_with(|c| c.trace.to_string()).unwrap_or_default()
}

/// Notes who asks.
pub fn note_user(user: UserId) {
    note(|facts| facts.user = Some(user));
}

/// Notes the code of a refusal.
pub fn note_code(code: &'static str) {
    note(|facts| facts.code = Some(code));
}

fn note(f: impl FnOnce(&mut Facts)) {
    // Outside a request there is no log line to add to.
    let _ = CURRENT.try_with(|c| f(&mut c.facts.lock().unwrap_or_else(PoisonError::into_inner)));
}
