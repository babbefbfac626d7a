//! Users. A user is disabled, never deleted: their name stays on what they recorded.

use std::collections::BTreeSet;

use domain::authz::{Permission, Principal, Role};
use domain::ids::UserId;
use rusqlite::{OptionalExtension, Row, params};

use super::value::{blob, id, list};
use super::{Snapshot, StoreError, Tx, sessions};
use crate::host::Millis;

/// A user as stored, without the password.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// Name to sign in with.
    pub name: String,
    /// Name to show.
    pub display: String,
    /// Role.
    pub role: Role,
    /// Department, may be empty.
    pub department: String,
    /// Region, may be empty.
    pub region: String,
    /// Extra permissions.
    pub may: BTreeSet<Permission>,
    /// When the account was made.
    pub created_at: Millis,
    /// Since when it is disabled.
    pub disabled_at: Option<Millis>,
}

impl User {
    /// The user as the permission table knows them.
    pub fn principal(&self) -> Principal {
        Principal { user: self.id, role: self.role, may: self.may.clone() }
    }
}

/// What a new account needs.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Identity, made by the caller.
    pub id: UserId,
    /// Name to sign in with; unique whatever the case of its letters.
    pub name: String,
    /// Name to show.
    pub display: String,
    /// Role.
    pub role: Role,
    /// Department, may be empty.
    pub department: String,
    /// Region, may be empty.
    pub region: String,
    /// Extra permissions.
    pub may: BTreeSet<Permission>,
    /// argon2id hash as a PHC string.
    pub password: String,
}

/// The form of a name under which it is unique.
pub fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

const COLUMNS: &str = "id, name, display, role, department, region, may, created_at, disabled_at";

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: id(row, "id")?,
        name: row.get("name")?,
        display: row.get("display")?,
        role: Role::from_text(row.get_ref("role")?.as_str()?).ok_or(rusqlite::Error::InvalidQuery)?,
        department: row.get("department")?,
        region: row.get("region")?,
        may: list(row.get_ref("may")?.as_str()?).filter_map(Permission::from_text).collect(),
        created_at: row.get("created_at")?,
        disabled_at: row.get("disabled_at")?,
    })
}

/// Adds an account.
///
/// # Errors
/// [`StoreError::Exists`] when the name is taken.
pub fn add(tx: &Tx<'_>, new: &NewUser, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO users (id, name, name_key, display, role, department, region, may, password, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            blob(new.id),
            new.name.trim(),
            name_key(&new.name),
            new.display,
            new.role.as_str(),
            new.department,
            new.region,
            new.may.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(","),
            new.password,
            now
        ])?;
    Ok(())
}

/// The user with this name, in any case of letters.
///
/// # Errors
/// When the database cannot be read.
pub fn by_name(db: &Snapshot<'_>, name: &str) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE name_key = ?1");
    Ok(db.conn().prepare_cached(&sql)?.query_row([name_key(name)], user).optional()?)
}

/// The user with this id.
///
/// # Errors
/// When the database cannot be read.
pub fn by_id(db: &Snapshot<'_>, who: UserId) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ?1");
    Ok(db.conn().prepare_cached(&sql)?.query_row([blob(who)], user).optional()?)
}

/// Every user, disabled ones too, by name.
///
/// # Errors
/// When the database cannot be read.
pub fn all(db: &Snapshot<'_>) -> Result<Vec<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users ORDER BY name_key");
    let mut statement = db.conn().prepare_cached(&sql)?;
    let users = statement.query_map([], user)?.collect::<Result<_, _>>()?;
    Ok(users)
}

/// The user's password hash.
///
/// # Errors
/// When the database cannot be read.
pub fn password(db: &Snapshot<'_>, who: UserId) -> Result<Option<String>, StoreError> {
    let mut statement = db.conn().prepare_cached("SELECT password FROM users WHERE id = ?1")?;
    Ok(statement.query_row([blob(who)], |r| r.get(0)).optional()?)
}

/// Replaces the password and ends every session of the user.
///
/// # Errors
/// When the database cannot be written.
pub fn set_password(tx: &Tx<'_>, who: UserId, hash: &str, now: Millis) -> Result<(), StoreError> {
    replace_hash(tx, who, hash)?;
    sessions::revoke_of_user(tx, who, "password", now)
}

/// Stores a stronger hash of the same password; sessions live on.
///
/// # Errors
/// When the database cannot be written.
pub fn replace_hash(tx: &Tx<'_>, who: UserId, hash: &str) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached("UPDATE users SET password = ?2 WHERE id = ?1")?
        .execute(params![blob(who), hash])?;
    Ok(())
}

/// Disables an account. Its sessions answer `user_disabled` from the next request on; they are not ended, so that a
/// phone keeps its unsent work and goes on when the account is enabled again.
///
/// # Errors
/// When the database cannot be written.
pub fn disable(tx: &Tx<'_>, who: UserId, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached("UPDATE users SET disabled_at = ?2 WHERE id = ?1 AND disabled_at IS NULL")?
        .execute(params![blob(who), now])?;
    Ok(())
}

/// Enables an account again.
///
/// # Errors
/// When the database cannot be written.
pub fn enable(tx: &Tx<'_>, who: UserId) -> Result<(), StoreError> {
    tx.conn().prepare_cached("UPDATE users SET disabled_at = NULL WHERE id = ?1")?.execute([blob(who)])?;
    Ok(())
}
