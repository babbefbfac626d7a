//! Logs and metrics. Neither ever holds a password, token, body, name or phone number; people appear as their id.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Automerge opens a span for each document that it loads, and what it would say of one could quote a record.
const STANDARD: &str = "info,automerge=off";

/// Starts logging to standard error: one JSON object per line. `FIELDLEDGER_LOG` sets the levels (default
/// `info,automerge=off`).
pub fn start_logs() {
    let filter = EnvFilter::try_from_env("FIELDLEDGER_LOG").unwrap_or_else(|_| EnvFilter::new(STANDARD));
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter);
    // A second start (tests) keeps the first one's settings.
    let _ = logs.with_writer(std::io::stderr).try_init();
}

/// The process's metrics; the first call installs the recorder.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is installed; /metrics stays empty");
            }
            handle
        })
        .clone()
}
