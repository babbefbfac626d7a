//! What the organisation edits, with every version it had; and when what everybody knows of has changed.

use domain::ids::UserId;
use rusqlite::params;
use serde_json::Value as Json;

use super::value::{blob, maybe_id};
use super::{Snapshot, StoreError, Tx};
use crate::host::Millis;

/// What is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// A code list; by its key.
    List,
    /// The settings; their key is empty.
    Settings,
    /// Public holidays; by the year.
    Calendar,
    /// A version of a questionnaire; by `code@version`.
    Template,
}

impl Area {
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Settings => "settings",
            Self::Calendar => "calendar",
            Self::Template => "template",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::List, Self::Settings, Self::Calendar, Self::Template].into_iter().find(|a| a.as_str() == text)
    }
}

/// One version of something.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Version {
    /// Counted from 1.
    pub version: u32,
    /// When it was written, in ms.
    pub at: Millis,
    /// By whom; none for the console.
    pub by: Option<UserId>,
    /// What it says.
    pub data: Json,
}

/// Something that was edited, as it is now.
#[derive(Clone, Debug)]
pub struct Edited {
    /// What it is.
    pub area: Area,
    /// Which one.
    pub key: String,
    /// Its newest version.
    pub newest: Version,
}

/// Everything that was ever edited, as it is now.
///
/// # Errors
/// A failure of the database.
pub fn all(snap: &Snapshot<'_>) -> Result<Vec<Edited>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT area, key, max(version) AS version, at, by, data FROM reference GROUP BY area, key",
    )?;
    let rows = stmt.query_map([], |r| Ok((r.get::<_, String>("area")?, r.get("key")?, read(r)?)))?;
    rows.map(|row| {
        let (area, key, newest) = row?;
        let area = Area::from_text(&area).ok_or(StoreError::Damaged("area of reference data"))?;
        Ok(Edited { area, key, newest })
    })
    .collect()
}

/// The newest `limit` versions, newest first.
///
/// # Errors
/// A failure of the database.
pub fn versions(snap: &Snapshot<'_>, area: Area, key: &str, limit: u32) -> Result<Vec<Version>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT version, at, by, data FROM reference WHERE area = ?1 AND key = ?2 ORDER BY version DESC LIMIT ?3",
    )?;
    let rows = stmt.query_map(params![area.as_str(), key, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a version; `Exists` if it is there.
///
/// # Errors
/// A failure of the database.
pub fn add(tx: &Tx<'_>, area: Area, key: &str, version: &Version) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO reference (area, key, version, at, by, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let data = version.data.to_string();
    stmt.execute(params![area.as_str(), key, version.version, version.at, version.by.map(blob), data])?;
    Ok(())
}

/// Differs whenever an account was added or changed or something was edited; may differ without that.
///
/// # Errors
/// A failure of the database.
pub fn stamp(snap: &Snapshot<'_>) -> Result<(i64, i64, i64), StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT (SELECT count(*) FROM users), (SELECT v FROM meta WHERE k = 'accounts_version'),
                (SELECT count(*) FROM reference)",
    )?;
    Ok(stmt.query_row([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?)
}

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Version> {
    let data: String = r.get("data")?;
    let unreadable = |e: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.into())
    };
    Ok(Version {
        version: r.get("version")?,
        at: r.get("at")?,
        by: maybe_id(r, "by")?,
        data: serde_json::from_str(&data).map_err(unreadable)?,
    })
}
