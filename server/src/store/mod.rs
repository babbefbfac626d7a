//! The data directory and its database. All SQL of the server is in this folder, behind functions that speak of
//! users, sessions, devices and records; nothing outside it can reach a connection.
//!
//! ```text
//!  DATA/                 0700
//!    lock                held by the server that runs on it
//!    fieldledger.db      SQLite, WAL, synchronous=FULL
//!    secret.key          0600, signs access tokens
//! ```
//! One thread writes ([`writer`]), a few connections read ([`readers`]). Functions that read take a [`Snapshot`],
//! functions that write a [`Tx`], so both can be combined into one transaction by their caller.

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod changes;
pub mod cursors;
pub mod deadlines;
pub mod devices;
pub mod documents;
pub mod left_out;
pub mod links;
pub mod listing;
pub mod merged;
pub mod numbers;
pub mod projections;
pub mod proposals;
pub mod reference;
pub mod scopes;
pub mod search;
pub mod sessions;
pub mod upkeep;

mod connection;
mod error;
mod readers;
mod schema;
mod value;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use error::StoreError;
pub use readers::Snapshot;
pub use schema::known_version;
pub use writer::{Durable, Tx};

use readers::Readers;
use sessions::SessionTable;
use writer::Writer;

const DATABASE: &str = "fieldledger.db";
const LOCK: &str = "lock";
/// Reads that run at once.
const READERS: usize = 4;

/// Handle to an open data directory; clones share it.
#[derive(Clone)]
pub struct Store {
    dir: Arc<PathBuf>,
    writer: Writer,
    readers: Arc<Readers>,
    reading: Arc<Semaphore>,
    sessions: Arc<SessionTable>,
    /// Whether this process has the directory to itself.
    alone: bool,
}

/// The right to be alone on a data directory, until it is dropped.
#[derive(Debug)]
pub struct Hold(#[allow(dead_code, reason = "the lock lives as long as the open file")] File);

impl Store {
    /// Opens a data directory for a server, making or migrating it as needed. No other server can open it until
    /// every clone of the handle is gone.
    ///
    /// # Errors
    /// [`StoreError::DataInUse`] when a server runs on it, [`StoreError::DataTooNew`] when a later program wrote it
    /// (nothing is changed then), and whatever the disk reports.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        create_private(dir)?;
        let lock = lock(dir)?;
        let file = dir.join(DATABASE);
        if file.exists() {
            schema::refuse_newer(schema::version(&connection::untouched(&file)?)?)?;
        }
        let mut conn = connection::writer(&file)?;
        schema::migrate(&mut conn)?;
        Self::start(dir, file, conn, Some(lock))
    }

    /// Opens a data directory beside a server that may be running on it; for short commands. A directory that does
    /// not exist yet or needs migration is brought up to date first, which needs the server to be stopped.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_beside(dir: &Path) -> Result<Self, StoreError> {
        let file = dir.join(DATABASE);
        let found = if file.exists() { schema::version(&connection::reader(&file)?)? } else { 0 };
        schema::refuse_newer(found)?;
        if found < known_version() {
            return Self::open(dir)?.without_lock();
        }
        let conn = connection::writer(&file)?;
        Self::start(dir, file, conn, None)
    }

    fn without_lock(self) -> Result<Self, StoreError> {
        let dir = Arc::clone(&self.dir);
        self.close();
        let file = dir.join(DATABASE);
        let conn = connection::writer(&file)?;
        Self::start(&dir, file, conn, None)
    }

    fn start(
        dir: &Path,
        file: PathBuf,
        conn: rusqlite::Connection,
        lock: Option<File>,
    ) -> Result<Self, StoreError> {
        let sessions = SessionTable::new(connection::reader(&file)?);
        let alone = lock.is_some();
        let writer = Writer::start(conn, file.clone(), lock)?;
        Ok(Self {
            dir: Arc::new(dir.to_owned()),
            writer,
            readers: Arc::new(Readers::new(file, READERS)),
            reading: Arc::new(Semaphore::new(READERS)),
            sessions: Arc::new(sessions),
            alone,
        })
    }

    /// Keeps the directory from other programs for as long as the answer lives: whoever changes what a server goes by,
    /// such as the shape of list tables, must not do so under one that runs. Nothing to hold for who has it alone.
    ///
    /// # Errors
    /// [`StoreError::DataInUse`] when a server runs on it.
    pub fn hold(&self) -> Result<Option<Hold>, StoreError> {
        if self.alone { Ok(None) } else { lock(&self.dir).map(|file| Some(Hold(file))) }
    }

    /// Whether the directory holds a database.
    pub fn exists(dir: &Path) -> bool {
        dir.join(DATABASE).exists()
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Who is signed in.
    pub fn sessions(&self) -> &SessionTable {
        &self.sessions
    }

    /// Runs `job` in a write transaction. It may share the transaction with other jobs; when it fails only its own
    /// writes are undone. The answer comes after the commit is on the disk.
    ///
    /// # Errors
    /// The job's own, or the store's, with nothing written.
    pub async fn write<T, E, F>(&self, job: F) -> Result<Durable<T>, E>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.write(job).await
    }

    /// [`Store::write`] for code outside the async runtime.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E, F>(&self, job: F) -> Result<Durable<T>, E>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.write_blocking(job)
    }

    /// Runs `job` on one snapshot of the database, on a thread where it may block.
    ///
    /// # Errors
    /// The job's own, or the store's.
    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: FnOnce(&Snapshot<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permit = Arc::clone(&self.reading).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(&self.readers);
        let reading = tokio::task::spawn_blocking(move || {
            let result = readers.run(job);
            drop(permit);
            result
        });
        reading.await.map_err(|_| StoreError::Panicked)?
    }

    /// [`Store::read`] for code outside the async runtime.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, E>(&self, job: impl FnOnce(&Snapshot<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.readers.run(job)
    }

    /// Closes this handle and waits until the writer, when this was the last one, has let go of the directory.
    pub fn close(self) {
        let Self { writer, readers, sessions, .. } = self;
        drop((readers, sessions));
        writer.close();
    }
}

fn create_private(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)?;
    Ok(())
}

// Waiting for another process has no condition to wait on.
#[allow(clippy::disallowed_methods)]
/// Two commands that start at once should not fail each other, so a held lock is tried again for a moment.
fn lock(dir: &Path) -> Result<File, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    for _ in 0..10 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(StoreError::DataInUse)
}
