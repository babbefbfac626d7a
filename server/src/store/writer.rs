//! The one thread that writes, with group commit.
//!
//! ```text
//!  callers ──job──► queue ──► BEGIN IMMEDIATE
//!                             SAVEPOINT job 1 … RELEASE   (a failing job rolls back alone)
//!                             SAVEPOINT job 2 … RELEASE   (jobs that arrived meanwhile join, ≤ 256, ≤ 5 ms)
//!                             COMMIT                      (synchronous=FULL: on disk when it returns)
//!  callers ◄─Durable──────────┘
//! ```
//! While a COMMIT waits for the disk the queue fills, so the next transaction carries many jobs: nobody waits for
//! company on an idle server.

use std::any::Any;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{Snapshot, StoreError, connection};

/// Jobs that wait at most; further callers wait to hand in theirs.
const QUEUE: usize = 1_024;
/// Jobs in one transaction.
const MAX_JOBS: usize = 256;
/// A transaction takes in no further job after this time.
const MAX_OPEN: Duration = Duration::from_millis(5);

/// A value that is on the disk. Only the store can make one, after COMMIT returned with `synchronous=FULL`;
/// whatever acknowledges a write to someone takes one of these.
#[derive(Debug)]
pub struct Durable<T> {
    value: T,
}

impl<T> Durable<T> {
    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same proof for a value made out of this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Durable<U> {
        Durable { value: f(self.value) }
    }
}

impl<T> Deref for Durable<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A write transaction; reads what it wrote.
pub struct Tx<'c> {
    snapshot: Snapshot<'c>,
}

impl<'c> Deref for Tx<'c> {
    type Target = Snapshot<'c>;

    fn deref(&self) -> &Self::Target {
        &self.snapshot
    }
}

/// A job as the thread sees it: run it, then settle it with the transaction's outcome.
trait Job: Send {
    /// True when the job's writes are to be kept.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Tells the caller how it went.
    fn settle(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Request<T, E, F> {
    job: Option<F>,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<Durable<T>, E>>,
}

impl<T, E, F> Job for Request<T, E, F>
where
    F: FnOnce(&Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(job) = self.job.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| job(tx))).unwrap_or_else(|panic| {
            tracing::error!(panic = panic_text(panic.as_ref()), "a write job panicked");
            Err(StoreError::Panicked.into())
        });
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn settle(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { outcome, answer, .. } = *self;
        let result = match (committed, outcome) {
            (Ok(()), Some(outcome)) => outcome.map(|value| Durable { value }),
            (Ok(()), None) => Err(StoreError::Closed.into()),
            // Its own failure tells a job more than that of the transaction it was in.
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error.into()),
        };
        // A caller that went away has lost its answer, not its write.
        let _ = answer.send(result);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

/// Handle to the thread. The thread ends when the last handle is gone.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    /// Starts the thread on an open connection. `keep` lives as long as the thread does.
    pub(super) fn start(
        conn: Connection,
        file: PathBuf,
        keep: impl Send + 'static,
    ) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            run(Some(conn), &file, jobs);
            drop(keep);
        })?;
        Ok(Self { queue, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Lets go of the thread; the last handle waits for it to end.
    pub(super) fn close(self) {
        let Self { queue, thread } = self;
        drop(queue);
        if let Some(thread) = Arc::into_inner(thread) {
            let handle = thread.into_inner().unwrap_or_else(PoisonError::into_inner);
            if handle.is_some_and(|handle| handle.join().is_err()) {
                tracing::error!("the store's writer thread panicked");
            }
        }
    }

    pub(super) async fn write<T, E, F>(&self, job: F) -> Result<Durable<T>, E>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (request, answer) = request(job);
        self.queue.send(request).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn write_blocking<T, E, F>(&self, job: F) -> Result<Durable<T>, E>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (request, answer) = request(job);
        self.queue.blocking_send(request).map_err(|_| StoreError::Closed)?;
        answer.blocking_recv().map_err(|_| StoreError::Closed)?
    }
}

type Answer<T, E> = oneshot::Receiver<Result<Durable<T>, E>>;

fn request<T, E, F>(job: F) -> (Box<dyn Job>, Answer<T, E>)
where
    F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    (Box::new(Request { job: Some(job), outcome: None, answer }), receiver)
}

fn run(mut conn: Option<Connection>, file: &std::path::Path, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first];
        let result = match open_again(&mut conn, file) {
            Ok(open) => commit_batch(open, &mut batch, &mut jobs),
            Err(error) => Err(error),
        };
        metrics::histogram!("fieldledger_commit_jobs").record(batch.len() as f64);
        if let Err(error) = &result {
            tracing::error!(%error, jobs = batch.len(), "a transaction failed and was rolled back");
            // After a failed write or sync SQLite's cache and the file may disagree; a new connection reads the truth.
            conn = None;
        }
        let mut result = Some(result);
        for job in batch {
            let settled = match &mut result {
                Some(Ok(())) => Ok(()),
                Some(Err(error)) => Err(same(error)),
                None => Err(StoreError::Closed),
            };
            job.settle(settled);
        }
    }
}

fn open_again<'a>(
    conn: &'a mut Option<Connection>,
    file: &std::path::Path,
) -> Result<&'a mut Connection, StoreError> {
    let open = match conn.take() {
        Some(open) => open,
        None => connection::writer(file)?,
    };
    Ok(conn.insert(open))
}

/// Every job of a failed transaction hears the class of the failure; the details are in the log.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::DiskFull => StoreError::DiskFull,
        StoreError::RolledBack => StoreError::RolledBack,
        StoreError::Sqlite(rusqlite::Error::SqliteFailure(e, text)) => {
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(*e, text.clone()))
        }
        other => StoreError::Io(std::io::Error::other(other.to_string())),
    }
}

// The clock here only bounds how long a transaction stays open; no stored value depends on it.
#[allow(clippy::disallowed_methods)]
fn commit_batch(
    conn: &mut Connection,
    batch: &mut Vec<Box<dyn Job>>,
    jobs: &mut mpsc::Receiver<Box<dyn Job>>,
) -> Result<(), StoreError> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let opened = Instant::now();
    let mut done = 0;
    loop {
        while let Some(job) = batch.get_mut(done) {
            run_in_savepoint(conn, job.as_mut())?;
            done += 1;
        }
        if done >= MAX_JOBS || opened.elapsed() >= MAX_OPEN {
            break;
        }
        match jobs.try_recv() {
            Ok(job) => batch.push(job),
            Err(_) => break,
        }
    }
    conn.execute_batch("COMMIT")?;
    Ok(())
}

fn run_in_savepoint(conn: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    conn.execute_batch("SAVEPOINT job")?;
    let keep = job.run(&Tx { snapshot: Snapshot::new(conn) });
    if conn.is_autocommit() {
        // A full disk or an I/O error makes SQLite roll the whole transaction back by itself.
        return Err(last_failure(conn));
    }
    let end = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    conn.execute_batch(end)?;
    Ok(())
}

/// Why the transaction went away: a write of nothing new tells a full disk from the rest.
fn last_failure(conn: &Connection) -> StoreError {
    match conn.execute("UPDATE meta SET v = v WHERE k = 'data_version'", []).map_err(StoreError::from) {
        Err(error) => error,
        Ok(_) => StoreError::RolledBack,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::error::ServerError;
    use crate::store::Store;

    fn put(store: &Store, key: String, bytes: usize) -> Result<Durable<()>, StoreError> {
        store.write_blocking(move |tx| {
            let sql = "INSERT INTO meta (k, v) VALUES (?1, zeroblob(?2))";
            tx.conn().execute(sql, params![key, bytes as i64])?;
            Ok(())
        })
    }

    fn limit_pages(store: &Store, pages: i64) {
        let limit = move |tx: &Tx<'_>| {
            tx.conn().query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok::<_, StoreError>(())
        };
        store.write_blocking(limit).unwrap();
    }

    #[test]
    fn a_full_disk_loses_nothing_and_the_store_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        put(&store, "kept".to_owned(), 10_000).unwrap();
        let pages = store.read_blocking(|db| {
            Ok::<i64, StoreError>(db.conn().query_row("PRAGMA page_count", [], |r| r.get(0))?)
        });
        limit_pages(&store, pages.unwrap() + 2);

        let error = put(&store, "too much".to_owned(), 1_000_000).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull), "{error}");
        let (status, code) = ServerError::from(error).status();
        assert_eq!((status.as_u16(), code), (507, "disk_full"));

        let keys = |store: &Store| {
            let count = "SELECT count(*) FROM meta WHERE k IN ('kept', 'too much', 'after')";
            store
                .read_blocking(|db| Ok::<i64, StoreError>(db.conn().query_row(count, [], |r| r.get(0))?))
                .unwrap()
        };
        assert_eq!(keys(&store), 1);
        limit_pages(&store, 1_000_000);
        put(&store, "after".to_owned(), 1_000_000).unwrap();
        assert_eq!(keys(&store), 2);
    }

    #[test]
    fn a_transaction_that_went_away_under_its_jobs_is_not_answered_as_done() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let lost = store.write_blocking(|tx| {
            tx.conn().execute("INSERT INTO meta (k, v) VALUES ('lost', 1)", [])?;
            // What SQLite does by itself after some I/O errors.
            tx.conn().execute_batch("ROLLBACK")?;
            Ok::<_, StoreError>(())
        });
        assert!(matches!(lost, Err(StoreError::RolledBack)), "{lost:?}");
        put(&store, "after".to_owned(), 1).unwrap();
    }
}
