//! Sessions, their refresh tokens, and the table of live sessions in memory.
//!
//! Every request asks [`SessionTable::find`]. It compares one number in the database (`accounts_version`, raised by
//! triggers whenever a user, device or session changes in a way that matters) and answers from memory while the
//! number stands still, so that a revocation counts from the next request on, whichever process made it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::ids::{DeviceId, UserId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::accounts::{self, User};
use super::value::{blob, id, maybe_id};
use super::{Snapshot, StoreError, Tx};
use crate::host::Millis;

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Identity.
    pub sid: Uuid,
    /// Who signed in.
    pub user: UserId,
    /// From which device, if it named one.
    pub device: Option<DeviceId>,
    /// When.
    pub created_at: Millis,
    /// When it ended.
    pub revoked_at: Option<Millis>,
}

/// A session with what it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The session.
    pub session: SessionRow,
    /// Its user.
    pub user: User,
    /// Its device was revoked.
    pub device_revoked: bool,
}

/// A refresh token as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRow {
    /// The session it continues.
    pub sid: Uuid,
    /// When it was given out.
    pub created_at: Millis,
    /// When it was exchanged for its successor.
    pub spent_at: Option<Millis>,
    /// The request that did.
    pub spent_by: Option<Uuid>,
}

/// Stored form of a refresh token.
pub type TokenHash = [u8; 32];

/// Opens a session.
///
/// # Errors
/// When the database cannot be written.
pub fn add(
    tx: &Tx<'_>,
    sid: Uuid,
    user: UserId,
    device: Option<DeviceId>,
    now: Millis,
) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO sessions (sid, user, device, created_at, last_seen) VALUES (?1, ?2, ?3, ?4, ?4)",
        )?
        .execute(params![blob(sid), blob(user), device.map(blob), now])?;
    Ok(())
}

/// Notes that the session and its device were seen.
///
/// # Errors
/// When the database cannot be written.
pub fn touch(tx: &Tx<'_>, session: &SessionRow, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached("UPDATE sessions SET last_seen = ?2 WHERE sid = ?1")?
        .execute(params![blob(session.sid), now])?;
    if let Some(device) = session.device {
        tx.conn()
            .prepare_cached("UPDATE devices SET last_seen = ?2 WHERE id = ?1")?
            .execute(params![blob(device), now])?;
    }
    Ok(())
}

/// Ends a session; its access and refresh tokens are worth nothing afterwards.
///
/// # Errors
/// When the database cannot be written.
pub fn revoke(tx: &Tx<'_>, sid: Uuid, why: &str, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(
            "UPDATE sessions SET revoked_at = ?2, revoked_why = ?3 WHERE sid = ?1 AND revoked_at IS NULL",
        )?
        .execute(params![blob(sid), now, why])?;
    Ok(())
}

/// Ends every session of a user.
///
/// # Errors
/// When the database cannot be written.
pub fn revoke_of_user(tx: &Tx<'_>, user: UserId, why: &str, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(
            "UPDATE sessions SET revoked_at = ?2, revoked_why = ?3 WHERE user = ?1 AND revoked_at IS NULL",
        )?
        .execute(params![blob(user), now, why])?;
    Ok(())
}

/// Stores a refresh token of a session. A token that is there already (a retried exchange) stays as it is.
///
/// # Errors
/// When the database cannot be written.
pub fn add_refresh(tx: &Tx<'_>, hash: &TokenHash, sid: Uuid, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO refresh_tokens (hash, sid, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![hash, blob(sid), now])?;
    Ok(())
}

/// The refresh token with this hash.
///
/// # Errors
/// When the database cannot be read.
pub fn refresh(db: &Snapshot<'_>, hash: &TokenHash) -> Result<Option<RefreshRow>, StoreError> {
    let mut statement = db
        .conn()
        .prepare_cached("SELECT sid, created_at, spent_at, spent_by FROM refresh_tokens WHERE hash = ?1")?;
    let row = statement.query_row([hash], |row| {
        Ok(RefreshRow {
            sid: id(row, "sid")?,
            created_at: row.get("created_at")?,
            spent_at: row.get("spent_at")?,
            spent_by: maybe_id(row, "spent_by")?,
        })
    });
    Ok(row.optional()?)
}

/// Marks a refresh token as exchanged by `request`.
///
/// # Errors
/// When the database cannot be written.
pub fn spend_refresh(tx: &Tx<'_>, hash: &TokenHash, request: Uuid, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached("UPDATE refresh_tokens SET spent_at = ?2, spent_by = ?3 WHERE hash = ?1")?
        .execute(params![hash, now, blob(request)])?;
    Ok(())
}

/// Deletes refresh tokens that were given out before `tokens`, and sessions that were opened before `sessions`, with
/// their tokens. Gives how many rows of both went.
///
/// # Errors
/// When the database cannot be written.
pub fn prune(tx: &Tx<'_>, tokens: Millis, sessions: Millis) -> Result<usize, StoreError> {
    let gone = tx.conn().execute("DELETE FROM sessions WHERE created_at < ?1", [sessions])?;
    Ok(gone + tx.conn().execute("DELETE FROM refresh_tokens WHERE created_at < ?1", [tokens])?)
}

/// The session with its user and the state of its device, ended or not.
///
/// # Errors
/// When the database cannot be read.
pub fn live(db: &Snapshot<'_>, sid: Uuid) -> Result<Option<Live>, StoreError> {
    let mut statement = db.conn().prepare_cached(
        "SELECT s.sid, s.user, s.device, s.created_at, s.revoked_at, d.revoked_at IS NOT NULL AS device_revoked
         FROM sessions s LEFT JOIN devices d ON d.id = s.device WHERE s.sid = ?1",
    )?;
    let found = statement.query_row([blob(sid)], |row| Ok((session(row)?, row.get("device_revoked")?)));
    let Some((session, device_revoked)) = found.optional()? else { return Ok(None) };
    let user = accounts::by_id(db, session.user)?.ok_or(StoreError::Damaged("session without user"))?;
    Ok(Some(Live { session, user, device_revoked }))
}

fn session(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        sid: id(row, "sid")?,
        user: id(row, "user")?,
        device: maybe_id(row, "device")?,
        created_at: row.get("created_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}

/// Sessions in memory at most; beyond, the table starts anew.
const CACHED: usize = 50_000;

/// Live sessions, read once and kept until an account changes.
pub struct SessionTable {
    inner: Mutex<Cache>,
}

struct Cache {
    conn: Connection,
    version: i64,
    sessions: HashMap<Uuid, Live>,
}

impl SessionTable {
    pub(super) fn new(conn: Connection) -> Self {
        Self { inner: Mutex::new(Cache { conn, version: -1, sessions: HashMap::new() }) }
    }

    /// The session, as the database has it at this moment. Costs one indexed row while nothing has changed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find(&self, sid: Uuid) -> Result<Option<Live>, StoreError> {
        let mut cache = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let version = cache
            .conn
            .prepare_cached("SELECT v FROM meta WHERE k = 'accounts_version'")?
            .query_row([], |row| row.get(0))?;
        if version != cache.version || cache.sessions.len() >= CACHED {
            cache.sessions.clear();
            cache.version = version;
        }
        if let Some(live) = cache.sessions.get(&sid) {
            return Ok(Some(live.clone()));
        }
        let found = live(&Snapshot::new(&cache.conn), sid)?;
        if let Some(live) = &found {
            cache.sessions.insert(sid, live.clone());
        }
        Ok(found)
    }
}
