//! Everything the device keeps, on one SQLite database and one log beside it.
//!
//! ```text
//! DIR/store.db            documents, unsent work, what was not accepted, list rows, cursors, sign-in
//! DIR/pending.log         second copy of unsent work (see `journal`)
//! DIR/files/<sha256>      attached files
//! DIR/store.db.damaged-n  a database that could not be read, as it was found
//! ```
//!
//! *Saved* means committed with `synchronous=FULL` and fsynced in the log. [`Durable`] is the proof: only
//! [`Store::write`] makes one, after `COMMIT`.
//!
//! Several processes may open one directory; SQLite's write lock orders them, and the log is only
//! touched while it is held.

pub(crate) mod around;
pub(crate) mod deadlines;
pub(crate) mod documents;
pub(crate) mod files;
pub(crate) mod journal;
pub(crate) mod meta;
pub(crate) mod pending;
pub(crate) mod refused;
mod rescue;
pub(crate) mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::schema::Schema;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde::Serialize;

use crate::error::Error;
use journal::{Entry, Journal};
use meta::SignIn;

pub use refused::Refused;

/// Proof that `T` is on the disk: only the store makes one, after `COMMIT`.
#[derive(Debug)]
#[must_use]
pub struct Durable<T> {
    value: T,
}

impl<T> Durable<T> {
    /// What is on the disk.
    pub fn into_inner(self) -> T {
        self.value
    }
    /// What is on the disk, by reference.
    pub fn get(&self) -> &T {
        &self.value
    }
    /// More about what is on the disk.
    pub(crate) fn map<U>(self, more: impl FnOnce(T) -> U) -> Durable<U> {
        Durable { value: more(self.value) }
    }
}

/// What was brought back when a damaged database was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Name of the file that holds the damaged database now.
    pub set_aside: String,
    /// Unsent pieces of work brought back.
    pub unsent: u64,
    /// Pieces of work that had not been accepted, brought back.
    pub refused: u64,
}

/// The store.
pub struct Store {
    db: Connection,
    /// As it came with the program.
    shipped: Arc<Schema>,
    /// With the organisation's lists and settings, as far as they were fetched.
    schema: Arc<Schema>,
    dir: Option<PathBuf>,
    journal: Option<Journal>,
    recovered: Option<Recovered>,
    /// Nothing is written any more once this sign-in is over.
    bound: Option<SignIn>,
}

/// Pieces of work that are lost with this device: unsent, waiting for the office's decision (which only comes
/// here), not accepted, and files that the server does not have.
pub(crate) fn held(db: &Connection) -> Result<u64, Error> {
    Ok(pending::unsent(db)? + pending::proposed(db)? + refused::count(db)? + files::not_uploaded(db)?)
}

/// A write transaction: SQL, and what goes into the log with it.
pub(crate) struct Tx<'a> {
    pub(crate) db: Transaction<'a>,
    pub(crate) schema: &'a Schema,
    log: Vec<Entry>,
}

impl Tx<'_> {
    pub(crate) fn log(&mut self, entry: Entry) {
        self.log.push(entry);
    }
}

impl Store {
    /// Opens the store in a directory, making it if need be. A database that cannot be read is set
    /// aside, and unsent work is brought back from the log.
    ///
    /// # Errors
    /// [`Error::DataTooNew`] (nothing was touched), [`Error::DiskFull`], [`Error::Io`].
    pub fn open(dir: &Path, schema: Arc<Schema>) -> Result<Self, Error> {
        fs::create_dir_all(dir.join("files"))?;
        let path = dir.join("store.db");
        let journal = Journal::at(dir.join("pending.log"));
        let mut recovered = None;
        let db = match schema::open_file(&path) {
            Err(Error::Damaged(_)) => {
                let set_aside = rescue::set_aside(&path)?;
                let mut db = schema::open_file(&path)?;
                let mut found = rescue::restore(&mut db, &journal, &set_aside)?;
                found.set_aside = set_aside;
                recovered = Some(found);
                db
            }
            other => other?,
        };
        let (dir, journal) = (Some(dir.to_owned()), Some(journal));
        let bound = None;
        let mut store = Self { db, shipped: Arc::clone(&schema), schema, dir, journal, recovered, bound };
        store.adopt_reference()?;
        store.reconcile_journal()?;
        Ok(store)
    }

    /// A store on a connection that the host opened (a browser's own file system, a test's memory). There
    /// is no log beside it; such a host has one file only.
    ///
    /// # Errors
    /// As [`Store::open`], and [`Error::Damaged`].
    pub fn on(mut db: Connection, schema: Arc<Schema>) -> Result<Self, Error> {
        schema::configure(&db)?;
        schema::migrate(&mut db)?;
        let (dir, journal, recovered, bound) = (None, None, None, None);
        let mut store = Self { db, shipped: Arc::clone(&schema), schema, dir, journal, recovered, bound };
        store.adopt_reference()?;
        Ok(store)
    }

    /// Goes by the lists and settings that were fetched last; rows of lists that would be others by them are
    /// made again.
    ///
    /// # Errors
    /// A failure of the store; everything is then as it was.
    pub(crate) fn adopt_reference(&mut self) -> Result<(), Error> {
        let reference: Option<serde_json::Value> = meta::get_json(&self.db, meta::REFERENCE)?;
        let now = match reference {
            Some(reference) => Arc::new(self.shipped.with_reference(&reference)),
            None => Arc::clone(&self.shipped),
        };
        let before = std::mem::replace(&mut self.schema, now);
        let followed = self.bring_rows_up(&before);
        if followed.is_err() {
            self.schema = before;
        }
        followed
    }

    fn bring_rows_up(&mut self, before: &Schema) -> Result<(), Error> {
        if !rows::stale(&self.db, &self.schema)? {
            return Ok(());
        }
        let older = meta::get::<i64>(&self.db, meta::ROWS_OLDER)?.is_some();
        let same = !older && !rows::stale(&self.db, before)? && self.schema.rows_as(before);
        self.write(if same { rows::stamp } else { rows::rebuild })?.into_inner();
        Ok(())
    }

    /// The record schema.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// What was brought back at opening, if the database was found damaged.
    #[must_use]
    pub fn recovered(&self) -> Option<&Recovered> {
        self.recovered.as_ref()
    }

    /// The directory, where there is one.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    pub(crate) fn db(&self) -> &Connection {
        &self.db
    }

    /// Changes when another process has written.
    pub(crate) fn version(&self) -> Result<i64, Error> {
        Ok(self.db.query_row("PRAGMA data_version", [], |r| r.get(0))?)
    }

    /// From now on writes only while this sign-in lasts; `None` for whoever is signed in. Another process, or
    /// another call between a request and its answer, may have signed out.
    pub(crate) fn bind(&mut self, to: Option<SignIn>) {
        self.bound = to;
    }

    /// Runs `work` in one transaction: all of it is on the disk afterwards, or none.
    ///
    /// # Errors
    /// What `work` says, or what keeps the disk from taking it; [`Error::SignInNeeded`] if the sign-in that it is
    /// bound to is over. Nothing has changed then.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<Durable<T>, Error> {
        let db = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if self.bound.is_some() && SignIn::now(&db)? != self.bound {
            return Err(Error::SignInNeeded { unsent: held(&db)? });
        }
        let mut tx = Tx { db, schema: &self.schema, log: Vec::new() };
        let value = work(&mut tx)?;
        let Tx { db, log, .. } = tx;
        // The log first: an entry without its row is dropped later, a row without its entry would have
        // only one copy while the screen says "saved".
        let undo = match &self.journal {
            Some(journal) if !log.is_empty() => {
                let sync = log.iter().any(|e| !matches!(e, Entry::Done { .. }));
                Some(journal.append(&log, sync)?)
            }
            _ => None,
        };
        if let Err(e) = db.commit() {
            if let Some(undo) = undo {
                undo.undo();
            }
            return Err(e.into());
        }
        Ok(Durable { value })
    }

    /// Writes the log anew if nothing in it waits, or if it has grown large.
    pub(crate) fn compact_journal(&mut self) -> Result<(), Error> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let waits = pending::any(&self.db)? || refused::any(&self.db)?;
        if waits && !journal.is_large() {
            return Ok(());
        }
        self.rewrite_journal()
    }

    /// At opening: the log must hold exactly what the database says is waiting.
    fn reconcile_journal(&mut self) -> Result<(), Error> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let contents = journal.read()?;
        let live = rescue::live(&contents.entries);
        let mut logged: Vec<_> = live.saves.iter().map(|(s, _)| s.hash).collect();
        let mut held = pending::hashes(&self.db)?;
        held.extend(refused::hashes(&self.db)?);
        logged.sort_unstable();
        held.sort_unstable();
        if contents.sound && logged == held { Ok(()) } else { self.rewrite_journal() }
    }

    fn rewrite_journal(&mut self) -> Result<(), Error> {
        let Some(journal) = &self.journal else { return Ok(()) };
        // The lock keeps other processes from appending to the file that is being replaced.
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut entries = vec![meta::who(&tx)?];
        for row in pending::all(&tx)? {
            entries.push(row.to_entry()?);
        }
        for row in refused::all(&tx)? {
            entries.extend(row.to_entries());
        }
        journal.rewrite(&entries)?;
        drop(tx);
        Ok(())
    }

    /// How long a write waits for another process.
    pub(crate) const BUSY: Duration = Duration::from_secs(10);
}
