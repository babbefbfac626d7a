//! Opening the database file: settings that durability depends on, and migrations.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::Store;
use crate::error::Error;

/// Migrations in order; `user_version` counts those that were run. Only ever appended to.
const MIGRATIONS: &[&str] = &[include_str!("migrations/001.sql"), include_str!("migrations/002.sql")];

/// Marks the file as ours.
const APPLICATION_ID: i64 = 0x464c_4456; // "FLDV"

/// Databases up to this size are checked whole at every opening (about 5 ms per MiB).
const CHECKED_BYTES: i64 = 16 << 20;

/// Where there is a write-ahead log, FULL loses nothing at a power cut; the browser's file system has
/// none, and there a rollback journal needs EXTRA.
const JOURNAL: (&str, i64) = if cfg!(target_arch = "wasm32") { ("delete", 3) } else { ("wal", 2) };

/// Opens a database file, making it if need be.
///
/// # Errors
/// [`Error::DataTooNew`] before anything is changed; [`Error::Damaged`] if it is no sound database of ours.
pub(super) fn open_file(path: &Path) -> Result<Connection, Error> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Store::BUSY)?;
    check_version(&db)?;
    let pages: i64 = db.query_row("PRAGMA page_count", [], |r| r.get(0))?;
    let size: i64 = db.query_row("PRAGMA page_size", [], |r| r.get(0))?;
    if pages * size <= CHECKED_BYTES {
        check_integrity(&db)?;
    }
    configure(&db)?;
    migrate(&mut db).map_err(|e| match e {
        // A file that cannot be brought to this version is as unreadable as a broken one.
        Error::Sql(e) => Error::Damaged(e.to_string()),
        other => other,
    })?;
    Ok(db)
}

fn check_version(db: &Connection) -> Result<(), Error> {
    let found: i64 = db.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Error::DataTooNew { found, known });
    }
    Ok(())
}

fn check_integrity(db: &Connection) -> Result<(), Error> {
    let answer: String = db.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
    if answer == "ok" { Ok(()) } else { Err(Error::Damaged(answer)) }
}

/// Sets, and asserts, what "saved" relies on.
pub(super) fn configure(db: &Connection) -> Result<(), Error> {
    let (mode, level) = JOURNAL;
    let in_file = db.path().is_some_and(|p| !p.is_empty());
    if in_file {
        let got: String = db.query_row(&format!("PRAGMA journal_mode={mode}"), [], |r| r.get(0))?;
        if got != mode {
            return Err(unsafe_setting("journal_mode", &got));
        }
    }
    db.execute_batch(&format!(
        "PRAGMA synchronous={level}; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;
         PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8000;"
    ))?;
    let got: i64 = db.query_row("PRAGMA synchronous", [], |r| r.get(0))?;
    if got != level {
        return Err(unsafe_setting("synchronous", &got.to_string()));
    }
    Ok(())
}

fn unsafe_setting(what: &str, got: &str) -> Error {
    Error::Io(std::io::Error::other(format!("{what} is {got}; edits would not be safe here")))
}

/// Brings the database to this version, each step in a transaction of its own.
pub(super) fn migrate(db: &mut Connection) -> Result<(), Error> {
    check_version(db)?;
    let done: i64 = db.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    for (i, sql) in MIGRATIONS.iter().enumerate().skip(usize::try_from(done).unwrap_or_default()) {
        let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have run it while this one waited for the lock.
        let now: i64 = tx.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        if now as usize <= i {
            tx.execute_batch(sql)?;
            tx.execute_batch(&format!(
                "PRAGMA user_version={}; PRAGMA application_id={APPLICATION_ID};",
                i + 1
            ))?;
        }
        tx.commit()?;
    }
    Ok(())
}
