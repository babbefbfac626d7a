//! `GET /api/v1/events`: what just happened, for open pages.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::extract::Session;
use crate::error::{Problem, ServerError};
use crate::state::AppState;
use crate::sync::Live;

/// How often a silent connection says that it lives, and is checked for a session that has ended.
const BEAT: Duration = Duration::from_secs(15);
/// Events that wait for a slow reader before it is told to look again.
const WAITING: usize = 256;

/// Server-sent events: `record` with `{kind, id, seq}` for records that this person sees;
/// `reference` when code lists or settings were edited and are to be fetched again; `resync` when some were
/// missed and the page has to look again. Losing one is harmless.
///
/// # Errors
/// Without a valid token.
#[utoipa::path(get, path = "/api/v1/events", tag = "records", security(("access" = [])),
    responses((status = 200, content_type = "text/event-stream"), (status = 401, body = Problem)))]
pub async fn events(
    State(state): State<AppState>,
    session: Session,
) -> Result<impl IntoResponse, ServerError> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(follow(state, session, sender));
    let alive = KeepAlive::new().interval(BEAT).text("ping");
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(alive))
}

async fn follow(state: AppState, mut session: Session, out: mpsc::Sender<Result<Event, Infallible>>) {
    let mut live = state.ledger.live();
    let mut stopping = state.stopping();
    let mut beat = tokio::time::interval(BEAT);
    // The first word tells the page that it is connected: from now on nothing is missed.
    if out.send(Ok(Event::default().event("hello").data("{}"))).await.is_err() {
        return;
    }
    loop {
        let event = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            () = out.closed() => return,
            _ = beat.tick() => None,
            moved = live.recv() => match moved {
                Ok(moved) => Some(Ok(moved)),
                Err(RecvError::Lagged(_)) => Some(Err(())),
                Err(RecvError::Closed) => return,
            },
        };
        // Asked again each time: a role that changed or a session that ended counts at once.
        session = match Session::of_sid(&state, session.sid) {
            Ok(session) => session,
            Err(_) => return,
        };
        let event = match event {
            None => continue,
            Some(Err(())) => Event::default().event("resync").data("{}"),
            Some(Ok(Live::Reference)) => Event::default().event("reference").data("{}"),
            Some(Ok(Live::Record(moved))) => {
                let mine = session.principal().scopes();
                if !mine.iter().any(|s| moved.scopes.contains(s)) {
                    continue;
                }
                let data = json!({ "kind": moved.kind, "id": moved.id, "seq": moved.seq });
                Event::default().event("record").data(data.to_string())
            }
        };
        if out.send(Ok(event)).await.is_err() {
            return;
        }
    }
}
