//! `fieldledger serve`

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{CliError, output};
use crate::config::{Config, ConfigFile};
use crate::http::{self, Limits};
use crate::state::AppState;
use crate::sync::Ledger;
use crate::telemetry;

/// Time between two upkeeps.
const UPKEEP: std::time::Duration = std::time::Duration::from_secs(6 * 60 * 60);

/// Threads for work that blocks: as many as may work at once. Each keeps memory of its own once it was busy.
const BLOCKING_THREADS: usize = 16;

/// Options of the command; the command line wins over the config file.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Data directory [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Config file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    /// Serves until SIGTERM or SIGINT.
    pub fn run(self) -> Result<(), CliError> {
        telemetry::start_logs();
        let file = match &self.config {
            Some(path) => ConfigFile::read(path).map_err(|e| CliError::new("bad_config", e.to_string()))?,
            None => ConfigFile::default(),
        };
        let config = Config::new(self.data, self.listen, file);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .build()?;
        let state = runtime.block_on(serve(config))?;
        // Tasks that still run hold the store; the directory must be free before the process says it is done.
        runtime.shutdown_timeout(std::time::Duration::from_secs(2));
        state.close();
        Ok(())
    }
}

async fn serve(config: Config) -> Result<AppState, CliError> {
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    let address = listener.local_addr()?;
    let state = AppState::open(config)?;
    tokio::spawn(keep_up(state.ledger.clone(), state.stopping()));
    // Handlers stand before the line is printed: who reads it may send a signal at once.
    let stop = stop_signal()?;
    output::line(&format!("listening on http://{address}"))?;
    http::serve(listener, state.clone(), Limits::default(), stop).await;
    Ok(state)
}

/// Upkeep at the start and every six hours.
async fn keep_up(ledger: Ledger, mut stopping: watch::Receiver<bool>) {
    let mut beat = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            _ = beat.tick() => {}
        }
        if let Err(error) = ledger.blocking(Ledger::keep_up).await {
            tracing::error!(%error, "upkeep failed; it is tried again");
        }
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> CliError {
    match error.kind() {
        ErrorKind::AddrInUse => CliError::new(
            "port_in_use",
            format!("{address} is in use by another program; choose another --listen"),
        ),
        _ => CliError::new("cannot_listen", format!("cannot listen on {address}: {error}")),
    }
}

#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for Ctrl-C");
        }
    })
}
