//! Migrations: a table of numbered SQL files, and the loop that runs it.
//!
//! A released migration is never edited; a change of the tables is a new row here.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::StoreError;

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

/// Ascending by number.
const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "accounts", sql: include_str!("migrations/0001_accounts.sql") },
    Migration { number: 2, name: "documents", sql: include_str!("migrations/0002_documents.sql") },
    Migration { number: 3, name: "reference", sql: include_str!("migrations/0003_reference.sql") },
    Migration { number: 4, name: "left_out", sql: include_str!("migrations/0004_left_out.sql") },
];

/// The newest data version this program writes and reads.
pub fn known_version() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.number)
}

/// Version of a database; 0 for an empty one.
pub(super) fn version(conn: &Connection) -> Result<i64, StoreError> {
    let has_meta: bool =
        conn.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'meta')", [], |r| r.get(0))?;
    if !has_meta {
        return Ok(0);
    }
    let found = conn
        .query_row("SELECT v FROM meta WHERE k = 'data_version'", [], |r| r.get::<_, i64>(0))
        .optional()?
        .unwrap_or(0);
    Ok(found)
}

/// Refuses a database of a later program.
pub(super) fn refuse_newer(found: i64) -> Result<(), StoreError> {
    let known = known_version();
    if found > known { Err(StoreError::DataTooNew { found, known }) } else { Ok(()) }
}

/// Brings the database to [`known_version`], each step in a transaction of its own.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let found = version(conn)?;
    refuse_newer(found)?;
    for migration in MIGRATIONS.iter().filter(|m| m.number > found) {
        run(conn, migration).map_err(|source| match StoreError::from(source) {
            StoreError::Sqlite(source) => {
                StoreError::Migration { number: migration.number, name: migration.name, source }
            }
            other => other,
        })?;
        tracing::info!(number = migration.number, name = migration.name, "migrated the database");
    }
    Ok(())
}

fn run(conn: &mut Connection, migration: &Migration) -> Result<(), rusqlite::Error> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(migration.sql)?;
    tx.execute(
        "INSERT INTO meta (k, v) VALUES ('data_version', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
        params![migration.number],
    )?;
    tx.commit()
}
