//! Small facts: identities, sign-in, cursors, reference data.

use domain::ids::UserId;
use domain::wire;
use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use uuid::Uuid;

use super::Tx;
use super::journal::Entry;
use crate::error::Error;

pub(crate) const DEVICE: &str = "device";
pub(crate) const INSTANCE: &str = "instance";
pub(crate) const SESSION: &str = "session";
pub(crate) const EPOCH: &str = "epoch";
pub(crate) const TEMP: &str = "temp";
pub(crate) const SKEW: &str = "skew_s";
pub(crate) const REFERENCE: &str = "reference";
pub(crate) const REFERENCE_VERSION: &str = "reference_version";
pub(crate) const SCHEMA: &str = "schema";
/// Set while a `hello` is owed: never synced, or the server's epoch changed.
pub(crate) const HELLO: &str = "hello";
/// Set while an offer is owed: the record after which it goes on (empty: from the start).
pub(crate) const OFFER: &str = "offer";
pub(crate) const LAST_SYNC: &str = "last_sync";
/// Counts sign-ins that ended, so that what was asked for during one of them is not taken during the next.
const ENDED: &str = "sign_ins_ended";
/// Set while rows may have been made by lists and settings older than those that their records were written by.
pub(crate) const ROWS_OLDER: &str = "rows_older";

pub(crate) fn get<T: rusqlite::types::FromSql>(db: &Connection, key: &str) -> Result<Option<T>, Error> {
    let mut query = db.prepare_cached("SELECT v FROM meta WHERE k = ?1")?;
    Ok(query.query_row([key], |r| r.get(0)).optional()?)
}

pub(crate) fn set(db: &Connection, key: &str, value: impl rusqlite::ToSql) -> Result<(), Error> {
    let sql = "INSERT INTO meta(k, v) VALUES (?1, ?2) ON CONFLICT(k) DO UPDATE SET v = excluded.v";
    db.prepare_cached(sql)?.execute(rusqlite::params![key, value])?;
    Ok(())
}

pub(crate) fn unset(db: &Connection, key: &str) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM meta WHERE k = ?1")?.execute([key])?;
    Ok(())
}

pub(crate) fn get_json<T: DeserializeOwned>(db: &Connection, key: &str) -> Result<Option<T>, Error> {
    match get::<String>(db, key)? {
        Some(text) => Ok(Some(serde_json::from_str(&text)?)),
        None => Ok(None),
    }
}

pub(crate) fn set_json(db: &Connection, key: &str, value: &impl Serialize) -> Result<(), Error> {
    set(db, key, serde_json::to_string(value)?)
}

pub(crate) fn id(db: &Connection, key: &str) -> Result<Option<Uuid>, Error> {
    Ok(get::<Vec<u8>>(db, key)?.and_then(|b| Uuid::from_slice(&b).ok()))
}

/// The `who` entry of the log.
pub(super) fn who(db: &Connection) -> Result<Entry, Error> {
    let session: Option<Json> = get_json(db, SESSION)?;
    // No tokens in the second copy: what it is for is authorship, not access.
    let session = session.map(|s| {
        let locked = s["locked"] == Json::Bool(true);
        serde_json::json!({"server": s["server"], "user": s["user"], "device": s["device"], "locked": locked})
    });
    let temp = u64::try_from(get::<i64>(db, TEMP)?.unwrap_or_default()).unwrap_or_default();
    Ok(Entry::Who { device: id(db, DEVICE)?.unwrap_or_default(), temp, session })
}

/// One stretch of work of one account: from its sign-in to its sign-out, or to somebody else's sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignIn {
    user: UserId,
    ended_before: i64,
}

impl SignIn {
    /// The one that lasts now, if there is one.
    pub(crate) fn now(db: &Connection) -> Result<Option<Self>, Error> {
        let Some(session) = get_json::<Json>(db, SESSION)?.filter(|s| s["locked"] != Json::Bool(true)) else {
            return Ok(None);
        };
        let user = session["user"]["id"].as_str().and_then(|id| id.parse().ok());
        let ended_before = get(db, ENDED)?.unwrap_or_default();
        Ok(user.map(|user| Self { user: UserId(user), ended_before }))
    }
}

impl Tx<'_> {
    /// What was asked for during the sign-in that lasted until now is not for who signs in next.
    pub(crate) fn end_sign_in(&mut self) -> Result<(), Error> {
        let ended: i64 = get(&self.db, ENDED)?.unwrap_or_default();
        set(&self.db, ENDED, ended + 1)
    }

    /// Writes who works here into the log, after identities or sign-in changed.
    pub(crate) fn log_who(&mut self) -> Result<(), Error> {
        let who = who(&self.db)?;
        self.log(who);
        Ok(())
    }

    /// The next temporary number.
    pub(crate) fn next_temp(&mut self) -> Result<i64, Error> {
        let next = get::<i64>(&self.db, TEMP)?.unwrap_or_default() + 1;
        set(&self.db, TEMP, next)?;
        Ok(next)
    }
}

/// Cursors, newest first.
pub(crate) fn cursors(db: &Connection) -> Result<Vec<Vec<u8>>, Error> {
    let mut query = db.prepare_cached("SELECT token FROM cursor ORDER BY n DESC")?;
    let rows = query.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts a cursor on top; the oldest beyond what `hello` takes is forgotten.
pub(crate) fn push_cursor(db: &Connection, token: &[u8]) -> Result<(), Error> {
    if cursors(db)?.first().is_some_and(|newest| newest == token) {
        return Ok(());
    }
    db.prepare_cached("INSERT INTO cursor(token) VALUES (?1)")?.execute([token])?;
    let kept = i64::try_from(wire::CURSORS_KEPT).unwrap_or(i64::MAX);
    let sql = "DELETE FROM cursor WHERE n <= (SELECT max(n) FROM cursor) - ?1";
    db.prepare_cached(sql)?.execute([kept])?;
    Ok(())
}

/// Forgets cursors newer than `token`, or all.
pub(crate) fn rewind_cursors(db: &Connection, token: Option<&[u8]>) -> Result<(), Error> {
    match token {
        Some(token) => {
            let sql =
                "DELETE FROM cursor WHERE n > coalesce((SELECT max(n) FROM cursor WHERE token = ?1), 0)";
            db.execute(sql, [token])?;
            push_cursor(db, token)
        }
        None => {
            db.execute("DELETE FROM cursor", [])?;
            Ok(())
        }
    }
}
