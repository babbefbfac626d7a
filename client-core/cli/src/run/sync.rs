//! Runs of the engine, one or many.

use std::time::Duration;

use client_core::sync::{Backoff, Ending, Input, Output, Report, SyncEngine};
use client_core::{Client, Error};

use super::{Failure, answer};
use crate::args::Args;
use crate::host::{SystemRng, pause};
use crate::http::Http;
use crate::text;

/// One run, or with `watch` one after another until stopped.
pub fn run(args: &Args, client: &mut Client, watch: bool, every: u64) -> Result<(), Failure> {
    let mut backoff = Backoff::new();
    loop {
        let report = once(client)?;
        answer(args, client, report.to_json(), |_| text::synced(args.lang, &report));
        let ending = report.ending();
        if !watch {
            return if ending == Ending::Done { Ok(()) } else { Err(Failure::Sync(ending)) };
        }
        match ending {
            Ending::SignIn => return Err(Failure::Sync(ending)),
            Ending::Done => {
                backoff.succeeded();
                wait(client, Duration::from_secs(every))?;
            }
            Ending::TryLater | Ending::Refused => {
                pause(Duration::from_millis(backoff.failed(&mut SystemRng)?));
            }
        }
    }
}

/// Waits, but not longer than until there is something to send.
fn wait(client: &Client, most: Duration) -> Result<(), Error> {
    let look = Duration::from_millis(500);
    let before = client.sync_status()?["unsent"].as_u64();
    let mut waited = Duration::ZERO;
    while waited < most {
        pause(look.min(most - waited));
        waited += look;
        if client.sync_status()?["unsent"].as_u64() > before {
            break;
        }
    }
    Ok(())
}

fn once(client: &mut Client) -> Result<Report, Error> {
    let server = client.session()?.map(|s| s.server).unwrap_or_default();
    let http = Http::to(&server);
    let mut engine = SyncEngine::new();
    let mut input = Input::Start;
    loop {
        match engine.handle(client, input) {
            Output::Done(report) => return Ok(report),
            Output::Request(request) => {
                input = match http.send(&request) {
                    Ok(answer) => Input::Response { status: answer.status, body: answer.body },
                    Err(_) => Input::Failed,
                };
            }
        }
    }
}
