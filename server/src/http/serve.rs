//! The accept loop. `axum::serve` has no timeouts: a client that sends its headers byte by byte would hold a
//! connection for ever.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::{Service as _, ServiceExt};
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::address::Peer;
use crate::state::AppState;

/// How long the server waits for whom.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the headers of a request, the first as well as the next on a kept connection.
    pub headers: Duration,
    /// For the next piece of a body.
    pub body: Duration,
    /// For requests in flight once the server shuts down.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(5),
            body: Duration::from_secs(15),
            drain: Duration::from_secs(10),
        }
    }
}

/// Serves until `shutdown` resolves, then lets requests in flight finish (at most [`Limits::drain`]).
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let app = super::app(state.clone()).layer(RequestBodyTimeoutLayer::new(limits.body));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, Peer(peer), app.clone(), limits, state.stopping()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    // Out of file descriptors: trying at once would only spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    state.stop();
    tracing::info!(connections = connections.len(), "shutting down");
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, drained).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests cut off by the shutdown");
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    app: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) {
    // Without it small answers wait for the peer's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let mut app = app.clone();
        async move {
            let Ok(app) = ServiceExt::<Request>::ready(&mut app).await;
            app.call(request).await as Result<_, Infallible>
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(served);
    let result = tokio::select! {
        result = &mut served => result,
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}
