//! Read-only connections. A read sees one snapshot, whatever is written meanwhile.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::{StoreError, connection};

/// What a read sees: the database at one moment.
///
/// Only the store's own modules can reach the connection, so all SQL stays in this folder.
pub struct Snapshot<'c> {
    conn: &'c Connection,
}

impl<'c> Snapshot<'c> {
    pub(in crate::store) fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    pub(in crate::store) fn conn(&self) -> &'c Connection {
        self.conn
    }
}

/// A few connections that are lent out one read at a time.
pub(super) struct Readers {
    file: PathBuf,
    keep: usize,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(file: PathBuf, keep: usize) -> Self {
        Self { file, keep, idle: Mutex::new(Vec::new()) }
    }

    /// Runs `job` on one snapshot.
    pub(super) fn run<T, E>(&self, job: impl FnOnce(&Snapshot<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let idle = self.idle().pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => connection::reader(&self.file)?,
        };
        let result = {
            let tx = conn.transaction().map_err(StoreError::from)?;
            job(&Snapshot::new(&tx))
        };
        let mut idle = self.idle();
        if idle.len() < self.keep {
            idle.push(conn);
        }
        result
    }

    /// Lets go of the connections that are idle now.
    pub(super) fn renew(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
