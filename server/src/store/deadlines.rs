//! Deadlines of what is still open: the facts they rest on, and when each is due.
//!
//! `deadline_facts` holds a row for every record that is not over and that some rule speaks of, and one for its
//! companion document, if that adds to the facts. `deadline` follows from it, the settings and the calendar, and is
//! true until the facts row's `until`: whoever reads it later works those records out anew.

use domain::authz::Scope;
use domain::deadline::{Filter, Outlook, State, rules};
use domain::ids::{RecordId, UserId};
use domain::keys::{complaint, customer};
use domain::schema::Kind;
use domain::time::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::projections::{quoted, table};
use super::{Snapshot, StoreError, Tx, scopes};

/// Stands in `due` for "no due time", so that the column sorts as people read it.
const NEVER: i64 = i64::MAX;

const TABLES: &str = "
    DROP TABLE IF EXISTS deadline;
    DROP TABLE IF EXISTS deadline_rests;
    DROP TABLE IF EXISTS deadline_facts;
    -- `main`: for a companion document the record that it accompanies.
    CREATE TABLE deadline_facts (
        n        INTEGER PRIMARY KEY REFERENCES doc (n),
        main     INTEGER,
        kind     TEXT NOT NULL,
        facts    TEXT NOT NULL,
        lead     BLOB,
        until    INTEGER
    ) STRICT;
    CREATE INDEX deadline_facts_main ON deadline_facts (main) WHERE main IS NOT NULL;
    CREATE INDEX deadline_facts_until ON deadline_facts (until) WHERE until IS NOT NULL;
    -- Whose contract and which product's warranty count for a record.
    CREATE TABLE deadline_rests (
        target BLOB NOT NULL,
        n      INTEGER NOT NULL,
        PRIMARY KEY (target, n)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX deadline_rests_n ON deadline_rests (n);
    CREATE TABLE deadline (
        n     INTEGER NOT NULL,
        rule  TEXT NOT NULL,
        round INTEGER NOT NULL,
        due   INTEGER NOT NULL,
        level INTEGER NOT NULL,
        rise1 INTEGER,
        rise2 INTEGER,
        rise3 INTEGER,
        rise4 INTEGER,
        PRIMARY KEY (n, rule, round)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX deadline_due ON deadline (due, n, rule, round);
";

/// Makes the tables empty.
///
/// # Errors
/// A failure of the database.
pub fn create(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn().execute_batch(TABLES)?;
    Ok(())
}

/// The terms that `deadline` was worked out under.
///
/// # Errors
/// A failure of the database.
pub fn terms(snap: &Snapshot<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT v FROM meta WHERE k = 'deadlines'")?;
    Ok(stmt.query_row([], |r| r.get(0)).optional()?)
}

/// Notes the terms that `deadline` is worked out under from now on.
///
/// # Errors
/// A failure of the database.
pub fn set_terms(tx: &Tx<'_>, fingerprint: &[u8; 16]) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (k, v) VALUES ('deadlines', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v";
    tx.conn().execute(sql, [&fingerprint[..]])?;
    Ok(())
}

/// A document's facts as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// JSON of a [`domain::deadline::Snapshot`].
    pub facts: String,
    /// From when on the record's deadlines have to be worked out anew, in ms.
    pub until: Option<i64>,
}

/// What one document says.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The document.
    pub n: i64,
    /// For a companion document, its record.
    pub main: Option<i64>,
    /// Its kind.
    pub kind: &'a str,
    /// JSON of a [`domain::deadline::Snapshot`].
    pub facts: &'a str,
    /// Who is to do it.
    pub lead: Option<UserId>,
    /// The records whose facts count for it.
    pub rests_on: &'a [RecordId],
}

/// The facts of a document.
///
/// # Errors
/// A failure of the database.
pub fn facts(snap: &Snapshot<'_>, n: i64) -> Result<Option<Stored>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT facts, until FROM deadline_facts WHERE n = ?1")?;
    Ok(stmt.query_row([n], |r| Ok(Stored { facts: r.get(0)?, until: r.get(1)? })).optional()?)
}

/// What companion documents add to a record's facts.
///
/// # Errors
/// A failure of the database.
pub fn beside(snap: &Snapshot<'_>, main: i64) -> Result<Vec<String>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT facts FROM deadline_facts WHERE main = ?1")?;
    let rows = stmt.query_map([main], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps the facts of a document.
///
/// # Errors
/// A failure of the database.
pub fn keep(tx: &Tx<'_>, facts: &Facts<'_>) -> Result<(), StoreError> {
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO deadline_facts (n, main, kind, facts, lead) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (n) DO UPDATE SET facts = excluded.facts, lead = excluded.lead",
    )?;
    let lead = facts.lead.map(|u| *u.bytes());
    stmt.execute(params![facts.n, facts.main, facts.kind, facts.facts, lead])?;
    tx.conn().prepare_cached("DELETE FROM deadline_rests WHERE n = ?1")?.execute([facts.n])?;
    let mut stmt =
        tx.conn().prepare_cached("INSERT OR IGNORE INTO deadline_rests (target, n) VALUES (?1, ?2)")?;
    for target in facts.rests_on {
        stmt.execute(params![target.bytes(), facts.n])?;
    }
    Ok(())
}

/// Forgets a record: nothing is owed any more.
///
/// # Errors
/// A failure of the database.
pub fn forget(tx: &Tx<'_>, n: i64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM deadline WHERE n = ?1",
        "DELETE FROM deadline_rests WHERE n = ?1",
        "DELETE FROM deadline_facts WHERE main = ?1",
        "DELETE FROM deadline_facts WHERE n = ?1",
    ] {
        tx.conn().prepare_cached(sql)?.execute([n])?;
    }
    Ok(())
}

/// Replaces a record's deadlines. With `doubtful`, they have to be worked out anew at every reading.
///
/// # Errors
/// A failure of the database.
pub fn put(tx: &Tx<'_>, n: i64, outlook: &Outlook, doubtful: bool) -> Result<(), StoreError> {
    let until = if doubtful { Some(i64::MIN) } else { outlook.until.map(|at| at.0) };
    tx.conn()
        .prepare_cached("UPDATE deadline_facts SET until = ?2 WHERE n = ?1")?
        .execute(params![n, until])?;
    tx.conn().prepare_cached("DELETE FROM deadline WHERE n = ?1")?.execute([n])?;
    let mut stmt = tx.conn().prepare_cached(
        "INSERT INTO deadline (n, rule, round, due, level, rise1, rise2, rise3, rise4)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for open in &outlook.open {
        let [first, second, third, fourth] = open.rises.map(|at| at.map(|at| at.0));
        let due = open.due.map_or(NEVER, |at| at.0);
        stmt.execute(params![n, open.rule, open.round, due, open.level, first, second, third, fourth])?;
    }
    Ok(())
}

/// Every record with facts, or only those that have to be worked out anew at a moment: number and kind.
///
/// # Errors
/// A failure of the database.
pub fn records(snap: &Snapshot<'_>, again: Option<i64>) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT n FROM deadline_facts WHERE main IS NULL AND (?1 IS NULL OR until <= ?1) ORDER BY n";
    let mut stmt = snap.conn().prepare_cached(sql)?;
    let rows = stmt.query_map([again], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records that a customer's contract or a product's warranty counts for.
///
/// # Errors
/// A failure of the database.
pub fn resting(snap: &Snapshot<'_>, target: RecordId) -> Result<Vec<i64>, StoreError> {
    let mut stmt = snap.conn().prepare_cached("SELECT n FROM deadline_rests WHERE target = ?1")?;
    let rows = stmt.query_map([target.bytes()], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The day in a date field of a record as its row has it; `None` where the record, the column or the value is missing.
///
/// # Errors
/// A failure of the database.
pub fn day(
    snap: &Snapshot<'_>,
    kind: &Kind,
    field: &str,
    id: RecordId,
) -> Result<Option<String>, StoreError> {
    if !kind.field(field).is_some_and(|f| f.index) {
        return Ok(None);
    }
    let sql = format!("SELECT {} FROM {} WHERE id = ?1", quoted(&format!("f_{field}")), table(kind));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let day: Option<Option<String>> = stmt.query_row([id.bytes()], |r| r.get(0)).optional()?;
    Ok(day.flatten())
}

/// Records of the kind that were not cancelled and refer to this one: number and id.
///
/// # Errors
/// A failure of the database.
pub fn referring(
    snap: &Snapshot<'_>,
    kind: &Kind,
    field: &str,
    id: RecordId,
) -> Result<Vec<(i64, RecordId)>, StoreError> {
    if !kind.field(field).is_some_and(|f| f.index) {
        return Ok(Vec::new());
    }
    let field = quoted(&format!("f_{field}"));
    let sql =
        format!("SELECT n, id FROM {} WHERE {field} = ?1 AND status <> 'cancelled' ORDER BY n", table(kind));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map([id.bytes()], |r| Ok((r.get(0)?, RecordId(Uuid::from_bytes(r.get(1)?)))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a record of the kind that was not cancelled refers to this one.
///
/// # Errors
/// A failure of the database.
pub fn is_referred(snap: &Snapshot<'_>, kind: &Kind, field: &str, id: RecordId) -> Result<bool, StoreError> {
    if !kind.field(field).is_some_and(|f| f.index) {
        return Ok(false);
    }
    let field = quoted(&format!("f_{field}"));
    let sql =
        format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {field} = ?1 AND status <> 'cancelled')", table(kind));
    Ok(snap.conn().prepare_cached(&sql)?.query_row([id.bytes()], |r| r.get(0))?)
}

/// When a customer was visited: the values of a date field of the kind's records that refer to the customer.
///
/// # Errors
/// A failure of the database.
pub fn done(
    snap: &Snapshot<'_>,
    kind: &Kind,
    (refers, at): (&str, &str),
    customer: RecordId,
) -> Result<Vec<Timestamp>, StoreError> {
    let indexed = |key: &str| kind.field(key).is_some_and(|f| f.index);
    if !indexed(refers) || !indexed(at) {
        return Ok(Vec::new());
    }
    let (refers, at) = (quoted(&format!("f_{refers}")), quoted(&format!("f_{at}")));
    let sql = format!(
        "SELECT {at} FROM {} WHERE {refers} = ?1 AND {at} IS NOT NULL AND status <> 'cancelled' ORDER BY {at}",
        table(kind)
    );
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map([customer.bytes()], |r| r.get(0).map(Timestamp))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The last day that a date field of the kind's records has which refer to the customer.
///
/// # Errors
/// A failure of the database.
pub fn last_day(
    snap: &Snapshot<'_>,
    kind: &Kind,
    (refers, day): (&str, &str),
    customer: RecordId,
) -> Result<Option<Date>, StoreError> {
    let indexed = |key: &str| kind.field(key).is_some_and(|f| f.index);
    if !indexed(refers) || !indexed(day) {
        return Ok(None);
    }
    let (refers, day) = (quoted(&format!("f_{refers}")), quoted(&format!("f_{day}")));
    let sql = format!("SELECT max({day}) FROM {} WHERE {refers} = ?1", table(kind));
    let found: Option<String> =
        snap.conn().prepare_cached(&sql)?.query_row([customer.bytes()], |r| r.get(0))?;
    Ok(found.and_then(|day| day.parse().ok()))
}

/// A stored deadline in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Due time in ms; the largest number for none.
    pub due: i64,
    /// The record.
    pub n: i64,
    /// The rule.
    pub rule: String,
    /// The round.
    pub round: u32,
}

impl Place {
    /// The place of a deadline.
    #[must_use]
    pub fn of(n: i64, deadline: &domain::deadline::Deadline) -> Self {
        let due = deadline.due.map_or(NEVER, |at| at.0);
        Self { due, n, rule: deadline.rule.to_owned(), round: deadline.round }
    }
}

/// Who reads, and what of it.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The reader's scopes.
    pub scopes: &'a [Scope],
    /// Whether what companion documents say may be told.
    pub office: bool,
    /// Only what this person leads, helps with or is responsible for.
    pub mine: Option<UserId>,
}

/// A condition on `deadline_facts f`, with its values.
struct Clause {
    sql: String,
    values: Vec<Value>,
}

impl Clause {
    fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }
}

/// Who sees which records. Companion documents speak of what only the office reads, and so do return-visit cycles of
/// customers: whoever is not of the office gets records with the one worked out without it, and the others not at all.
fn visible(snap: &Snapshot<'_>, reader: &Reader<'_>) -> Result<Clause, StoreError> {
    let mut clause = Clause { sql: "f.main IS NULL".to_owned(), values: Vec::new() };
    let among = |scopes: &[Scope]| -> Result<(String, Vec<Value>), StoreError> {
        let numbers = scopes::numbers(snap, scopes)?;
        let marks = vec!["?"; numbers.len()].join(", ");
        let sql = format!(
            "EXISTS (SELECT 1 FROM doc_scope s WHERE s.doc = f.n AND s.scope IN ({marks}) AND NOT s.gone)"
        );
        Ok((sql, numbers.into_iter().map(Value::Integer).collect()))
    };
    if !reader.office {
        let (sql, values) = among(reader.scopes)?;
        clause.and(&sql, values);
        clause.and("f.kind <> ?", [Value::Text(customer::KIND.to_owned())]);
    }
    if let Some(user) = reader.mine {
        let (sql, values) = among(&[Scope::User(user)])?;
        let lead = Value::Blob(user.bytes().to_vec());
        clause.and(&format!("(f.lead = ? OR {sql})"), std::iter::once(lead).chain(values));
    }
    Ok(clause)
}

const BESIDE: &str = "EXISTS (SELECT 1 FROM deadline_facts h WHERE h.main = f.n)";

/// Records whose deadlines have to be worked out for this reader at this moment.
///
/// # Errors
/// A failure of the database.
pub fn anew(snap: &Snapshot<'_>, reader: &Reader<'_>, now: i64) -> Result<Vec<i64>, StoreError> {
    let mut clause = visible(snap, reader)?;
    let due = if reader.office { "f.until <= ?".to_owned() } else { format!("(f.until <= ? OR {BESIDE})") };
    clause.and(&due, [Value::Integer(now)]);
    let sql = format!("SELECT f.n FROM deadline_facts f WHERE {}", clause.sql);
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map(params_from_iter(&clause.values), |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of what the table knows for certain at a moment: the rows after a place, at most `limit`, and how many
/// there are altogether.
///
/// # Errors
/// A failure of the database.
pub fn page(
    snap: &Snapshot<'_>,
    reader: &Reader<'_>,
    filter: &Filter,
    now: i64,
    after: Option<&Place>,
    limit: usize,
) -> Result<(Vec<Place>, u64), StoreError> {
    let mut clause = visible(snap, reader)?;
    clause.and("(f.until IS NULL OR f.until > ?)", [Value::Integer(now)]);
    if !reader.office {
        clause.and(&format!("NOT {BESIDE}"), []);
        let hidden: Vec<Value> =
            rules::all().filter(|r| r.beside).map(|r| Value::Text(r.id.into())).collect();
        let marks = vec!["?"; hidden.len()].join(", ");
        let kind = Value::Text(complaint::KIND.to_owned());
        clause.and(&format!("NOT (f.kind = ? AND d.rule IN ({marks}))"), std::iter::once(kind).chain(hidden));
    }
    narrow(&mut clause, filter, now);
    let total = {
        let from = format!("deadline d JOIN deadline_facts f ON f.n = d.n WHERE {}", clause.sql);
        let mut stmt = snap.conn().prepare_cached(&format!("SELECT count(*) FROM {from}"))?;
        stmt.query_row(params_from_iter(&clause.values), |r| r.get(0))?
    };
    if let Some(after) = after {
        let place = [
            Value::Integer(after.due),
            Value::Integer(after.n),
            Value::Text(after.rule.clone()),
            Value::Integer(i64::from(after.round)),
        ];
        clause.and("(d.due, d.n, d.rule, d.round) > (?, ?, ?, ?)", place);
    }
    // CROSS keeps the planner on the index of due times, which gives the order as well.
    let sql = format!(
        "SELECT d.due, d.n, d.rule, d.round FROM deadline d CROSS JOIN deadline_facts f ON f.n = d.n
         WHERE {} ORDER BY d.due, d.n, d.rule, d.round LIMIT ?",
        clause.sql
    );
    clause.values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    let mut stmt = snap.conn().prepare_cached(&sql)?;
    let rows = stmt.query_map(params_from_iter(&clause.values), |r| {
        Ok(Place { due: r.get(0)?, n: r.get(1)?, rule: r.get(2)?, round: r.get(3)? })
    })?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}

/// The conditions of a filter, for rows that hold at `now`.
fn narrow(clause: &mut Clause, filter: &Filter, now: i64) {
    let texts = |list: &[String]| list.iter().cloned().map(Value::Text).collect::<Vec<_>>();
    let marks = |n: usize| vec!["?"; n].join(", ");
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter
            .states
            .iter()
            .map(|state| match state {
                State::Running => "d.due >= ?",
                State::Missed => "d.due < ?",
                // Never certain for longer than a moment, and met ones are not kept.
                State::Paused | State::Met => "0 > ?",
            })
            .collect();
        clause.and(&format!("({})", states.join(" OR ")), states.iter().map(|_| Value::Integer(now)));
    }
    if !filter.kinds.is_empty() {
        clause.and(&format!("f.kind IN ({})", marks(filter.kinds.len())), texts(&filter.kinds));
    }
    if !filter.rules.is_empty() {
        clause.and(&format!("d.rule IN ({})", marks(filter.rules.len())), texts(&filter.rules));
    }
    if let Some(before) = filter.before {
        // What has no due time is not due before anything.
        clause.and("d.due <= ?", [Value::Integer(before.0.min(NEVER - 1))]);
    }
    if filter.level > 0 {
        let level = "max(d.level, CASE WHEN d.rise4 <= ? THEN 4 WHEN d.rise3 <= ? THEN 3
                     WHEN d.rise2 <= ? THEN 2 WHEN d.rise1 <= ? THEN 1 ELSE 0 END) >= ?";
        let now = std::iter::repeat_n(Value::Integer(now), 4);
        clause.and(level, now.chain([Value::Integer(i64::from(filter.level))]));
    }
}

/// One stored row, for comparing it with what it should be.
pub type Row = (String, u32, i64, u8, [Option<i64>; 4]);

/// The stored deadlines of a record, by rule and round.
///
/// # Errors
/// A failure of the database.
pub fn rows(snap: &Snapshot<'_>, n: i64) -> Result<Vec<Row>, StoreError> {
    let mut stmt = snap.conn().prepare_cached(
        "SELECT rule, round, due, level, rise1, rise2, rise3, rise4 FROM deadline WHERE n = ?1",
    )?;
    let rows = stmt.query_map([n], |r| {
        Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, [r.get(4)?, r.get(5)?, r.get(6)?, r.get(7)?]))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An outlook as [`rows`] gives it.
#[must_use]
pub fn rows_of(outlook: &Outlook) -> Vec<Row> {
    let row = |e: &domain::deadline::outlook::Expected| {
        (e.rule.to_owned(), e.round, e.due.map_or(NEVER, |at| at.0), e.level, e.rises.map(|r| r.map(|r| r.0)))
    };
    let mut rows: Vec<Row> = outlook.open.iter().map(row).collect();
    rows.sort();
    rows
}
