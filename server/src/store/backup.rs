//! Copies of a database that is in use, and a look at its soundness.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{DATABASE, Snapshot, StoreError, connection};

/// Pages copied before a writer gets its turn.
const PAGES: std::ffi::c_int = 1_024;

/// Name of the database's file in a data directory.
#[must_use]
pub fn database_name() -> &'static str {
    DATABASE
}

/// Whether a file of a data directory belongs to its running server only, so that no copy needs it.
#[must_use]
pub fn is_passing(name: &str) -> bool {
    name == super::LOCK || name == format!("{DATABASE}-wal") || name == format!("{DATABASE}-shm")
}

/// Copies the database of a data directory, as of one moment, while a server may be writing to it.
///
/// # Errors
/// What the disk or the database reports.
pub fn copy(dir: &Path, to: &Path) -> Result<(), StoreError> {
    let from = connection::reader(&dir.join(DATABASE))?;
    let mut copy = Connection::open_with_flags(
        to,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // One read transaction: the backup would otherwise begin anew whenever another process writes.
    from.execute_batch("BEGIN; SELECT count(*) FROM meta;")?;
    {
        let backup = rusqlite::backup::Backup::new(&from, &mut copy)?;
        backup.run_to_completion(PAGES, Duration::ZERO, None)?;
    }
    // One file holds everything, and its copy is one file.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.close().map_err(|(_, error)| error)?;
    std::fs::File::open(to)?.sync_all()?;
    Ok(())
}

/// What SQLite finds wrong with the file; nothing if it is sound.
///
/// # Errors
/// A failure of the database.
pub fn faults(snap: &Snapshot<'_>) -> Result<Vec<String>, StoreError> {
    let mut out: Vec<String> = snap
        .conn()
        .prepare("PRAGMA integrity_check(20)")?
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    out.retain(|line| line != "ok");
    let dangling = snap
        .conn()
        .prepare("PRAGMA foreign_key_check")?
        .query_map([], |r| r.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    out.extend(dangling.into_iter().take(20).map(|table| format!("{table}: a row refers to none")));
    Ok(out)
}

/// Whether a server runs on the directory.
///
/// # Errors
/// What the disk reports.
pub fn in_use(dir: &Path) -> Result<bool, StoreError> {
    if !dir.join(super::LOCK).exists() {
        return Ok(false);
    }
    match super::lock(dir) {
        Ok(_) => Ok(false),
        Err(StoreError::DataInUse) => Ok(true),
        Err(error) => Err(error),
    }
}
