//! Opening connections, and the settings on which durability rests.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// Waits for a lock held by another process (`user add` beside a running server) at most this long.
const BUSY_MS: u64 = 10_000;

/// A connection that may write.
pub(super) fn writer(file: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // NORMAL would lose acknowledged edits at a power cut; the product's promise rests on FULL.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    common(&conn)?;
    expect(&conn, "journal_mode=WAL", "SELECT journal_mode = 'wal' FROM pragma_journal_mode")?;
    expect(&conn, "synchronous=FULL", "SELECT synchronous = 2 FROM pragma_synchronous")?;
    Ok(conn)
}

/// A connection that only reads.
pub(super) fn reader(file: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    common(&conn)?;
    // Several are open at once, and the system's own cache of the file stands behind each.
    conn.pragma_update(None, "cache_size", -4_096)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// A look at a database that must not be touched in any way, not even by the files a reader of a WAL leaves.
pub(super) fn untouched(file: &Path) -> Result<Connection, StoreError> {
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    let pending = std::fs::metadata(&wal).map(|m| m.len() > 0).unwrap_or(false);
    if pending {
        return reader(file);
    }
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let conn = Connection::open_with_flags(
        format!("file:{path}?immutable=1"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    Ok(conn)
}

fn common(conn: &Connection) -> Result<(), StoreError> {
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -16_384)?;
    conn.set_prepared_statement_cache_capacity(128);
    expect(conn, "foreign_keys=ON", "SELECT foreign_keys = 1 FROM pragma_foreign_keys")
}

fn expect(conn: &Connection, what: &'static str, question: &str) -> Result<(), StoreError> {
    let holds: bool = conn.query_row(question, [], |r| r.get(0))?;
    if holds { Ok(()) } else { Err(StoreError::Pragma(what)) }
}
