//! The registry of devices people sign in from.

use domain::ids::{DeviceId, UserId};
use rusqlite::{OptionalExtension, Row, params};

use super::value::{blob, id};
use super::{Snapshot, StoreError, Tx};
use crate::host::Millis;

/// A device as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Identity, chosen by the app when it was installed for this user.
    pub id: DeviceId,
    /// Who signs in from it.
    pub user: UserId,
    /// Name its user gave it.
    pub name: String,
    /// Name and version of the app, may be empty.
    pub app: String,
    /// First sign-in.
    pub created_at: Millis,
    /// Last sign-in or refresh.
    pub last_seen: Millis,
    /// Since when nothing is accepted from it.
    pub revoked_at: Option<Millis>,
}

const COLUMNS: &str = "id, user, name, app, created_at, last_seen, revoked_at";

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        id: id(row, "id")?,
        user: id(row, "user")?,
        name: row.get("name")?,
        app: row.get("app")?,
        created_at: row.get("created_at")?,
        last_seen: row.get("last_seen")?,
        revoked_at: row.get("revoked_at")?,
    })
}

/// The device with this id.
///
/// # Errors
/// When the database cannot be read.
pub fn by_id(db: &Snapshot<'_>, which: DeviceId) -> Result<Option<Device>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM devices WHERE id = ?1");
    Ok(db.conn().prepare_cached(&sql)?.query_row([blob(which)], device).optional()?)
}

/// The user's devices, the one seen last first.
///
/// # Errors
/// When the database cannot be read.
pub fn of_user(db: &Snapshot<'_>, who: UserId) -> Result<Vec<Device>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM devices WHERE user = ?1 ORDER BY last_seen DESC, id");
    let mut statement = db.conn().prepare_cached(&sql)?;
    let devices = statement.query_map([blob(who)], device)?.collect::<Result<_, _>>()?;
    Ok(devices)
}

/// Adds a device, or notes that it was seen again under a (perhaps new) name.
///
/// # Errors
/// When the database cannot be written.
pub fn seen(
    tx: &Tx<'_>,
    which: DeviceId,
    who: UserId,
    name: &str,
    app: &str,
    now: Millis,
) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached(
            "INSERT INTO devices (id, user, name, app, created_at, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, app = excluded.app, last_seen = excluded.last_seen",
        )?
        .execute(params![blob(which), blob(who), name, app, now])?;
    Ok(())
}

/// Refuses whatever the device sends from now on.
///
/// # Errors
/// When the database cannot be written.
pub fn revoke(tx: &Tx<'_>, which: DeviceId, now: Millis) -> Result<(), StoreError> {
    tx.conn()
        .prepare_cached("UPDATE devices SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")?
        .execute(params![blob(which), now])?;
    Ok(())
}
