//! An organisation to look at: invented companies and people, a year of complaints and visits, and what
//! goes with them.
//!
//! Everything goes through the same service as real records do, each step by the person who would
//! take it, at the time when it would be taken. The same day gives the same organisation.

mod complaints;
mod conflicts;
mod consequences;
mod dice;
mod goods;
mod names;
mod quality;
mod satisfaction;
mod service;
mod stage;
mod tale;
mod visits;
mod world;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use domain::authz::{Permission, Principal, Role};
use domain::error::Refusal;
use domain::ids::{RecordId, UserId};
use domain::schema::{Schema, SchemaError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::conflicts::Target;
use self::dice::Dice;
use self::names::{ACCOUNTS, SERVICE_DESK};
use self::stage::Stage;
use self::tale::Tale;
use self::world::World;
use crate::auth::password::{self, HashError};
use crate::host::{ManualClock, Millis, Rng};
use crate::records::{Records, Story};
use crate::store::accounts::NewUser;
use crate::store::{Store, StoreError, accounts, audit, documents};
use crate::sync::{Ledger, LedgerError, Parts};

/// The seed of the demo organisation.
pub const SEED: u64 = 2026;
/// Marks a data directory as a demo, and says whether it was finished.
const MARK: &str = "demo.json";
/// Stories carried out at one time of the clock.
const CHUNK: usize = 40;
/// How many complaints two people disagree about.
const DISAGREEMENTS: usize = 8;

/// An account of the demo, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Name to sign in with.
    pub user: String,
    /// Password: it is no secret.
    pub password: String,
    /// Role.
    pub role: String,
    /// 姓名
    pub display: String,
    /// Department.
    pub department: String,
    /// Permissions besides the role.
    pub may: Vec<String>,
}

/// What a demo directory holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demo {
    /// Whether everything was written.
    pub complete: bool,
    /// Who can sign in.
    pub accounts: Vec<Account>,
    /// How many records there are of each kind.
    pub customers: usize,
    /// 设备台账
    pub product_items: usize,
    /// 客户投诉
    pub complaints: usize,
    /// 现场服务
    pub visits: usize,
    /// Complaints that two people disagree about.
    pub conflicts: usize,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The directory has data that are no demo; they stay as they are.
    #[error("this data directory has data of its own; choose another one")]
    NotEmpty,
    /// An earlier run was interrupted.
    #[error("an earlier run was interrupted; remove the directory and run it again")]
    Incomplete,
    /// The mark cannot be read or written.
    #[error("data directory: {0}")]
    Io(#[from] std::io::Error),
    /// A rule refused what the demo does; a fault of the demo.
    #[error("the demo was refused: {0}")]
    Refused(Refusal),
    /// The store failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No password could be hashed.
    #[error(transparent)]
    Password(#[from] HashError),
    /// The built-in schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl From<StoreError> for DemoError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

impl DemoError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotEmpty => "data_not_empty",
            Self::Incomplete => "demo_incomplete",
            Self::Io(_) => "io",
            Self::Ledger(LedgerError::Store(error)) => error.code(),
            Self::Refused(_) | Self::Ledger(_) | Self::Password(_) | Self::Schema(_) => "server_fault",
        }
    }
}

/// The demo that a directory holds, if it holds a finished one.
///
/// # Errors
/// [`DemoError::Incomplete`] after an interrupted run, or a mark that cannot be read.
pub fn existing(dir: &Path) -> Result<Option<Demo>, DemoError> {
    let text = match std::fs::read_to_string(dir.join(MARK)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match serde_json::from_str::<Demo>(&text) {
        Ok(demo) if demo.complete => Ok(Some(demo)),
        _ => Err(DemoError::Incomplete),
    }
}

/// Makes the demo organisation in an empty directory. `now` is the last moment of its story.
///
/// # Errors
/// [`DemoError`]; a directory with data of its own is left as it is.
pub fn make(dir: &Path, seed: u64, now: Millis, rng: Arc<dyn Rng>) -> Result<Demo, DemoError> {
    let store = Store::open(dir)?;
    let result = fill(dir, &store, seed, now, rng);
    store.close();
    result
}

fn fill(dir: &Path, store: &Store, seed: u64, now: Millis, rng: Arc<dyn Rng>) -> Result<Demo, DemoError> {
    let empty = store.read_blocking(|snap| {
        Ok::<_, StoreError>(accounts::all(snap)?.is_empty() && documents::all(snap)?.is_empty())
    })?;
    if !empty {
        return Err(DemoError::NotEmpty);
    }
    let mut demo = Demo {
        complete: false,
        accounts: ACCOUNTS.iter().map(printed).collect(),
        customers: world::CUSTOMERS,
        product_items: world::PRODUCTS,
        complaints: complaints::COMPLAINTS,
        visits: 0,
        conflicts: 0,
    };
    mark(dir, &demo)?;
    let dice = Dice::new(seed);
    let people = add_accounts(store, &dice, now, rng.as_ref())?;
    let (world, mut tales) = World::make(&dice, people, now);
    let (mut complaints, cases) = complaints::make(&dice, &world, now);
    let targets = targets(&complaints, &cases, &world);
    let mut visits = visits::make(&dice, &world, &cases, now);
    demo.visits = visits.len();
    let more = around(&dice, &world, &cases, &mut complaints, &mut visits, now);
    tales.extend(complaints.into_iter().chain(visits).chain(more));
    let records = tell(dir, store, tales, now, rng)?;
    let office = world.people[SERVICE_DESK].clone();
    demo.conflicts = conflicts::make(&records, &dice, &targets, &office, now)?;
    let entry =
        audit::Entry { who: None, what: "demo_made", target: String::new(), detail: json!({"seed": seed}) };
    store.write_blocking(move |tx| audit::append(tx, now, &entry))?;
    demo.complete = true;
    mark(dir, &demo)?;
    Ok(demo)
}

/// What goes with the complaints and visits, some of which are told about it.
fn around(
    dice: &Dice,
    world: &World,
    cases: &[complaints::Case],
    complaints: &mut [Tale],
    visits: &mut [Tale],
    now: Millis,
) -> Vec<Tale> {
    let stage = Stage::new(dice, world, cases, visits, now);
    let mut tales = service::make(&stage, visits);
    tales.extend(satisfaction::make(&stage));
    tales.extend(consequences::make(&stage, complaints));
    let begun = consequences::acted_on(&tales);
    tales.extend(quality::make(dice, world, cases, &begun, now));
    tales
}

fn printed(account: &names::Account) -> Account {
    Account {
        user: account.name.to_owned(),
        password: password_of(account),
        role: account.role.to_owned(),
        display: account.display.to_owned(),
        department: account.department.to_owned(),
        may: account.may.iter().map(|m| (*m).to_owned()).collect(),
    }
}

fn password_of(account: &names::Account) -> String {
    format!("demo-{}", account.name)
}

fn add_accounts(store: &Store, dice: &Dice, now: Millis, rng: &dyn Rng) -> Result<Vec<Principal>, DemoError> {
    let mut people = Vec::with_capacity(ACCOUNTS.len());
    let since = now - 400 * crate::host::DAY;
    for account in &ACCOUNTS {
        let new = NewUser {
            id: UserId(dice.id(since)),
            name: account.name.to_owned(),
            display: account.display.to_owned(),
            role: Role::from_text(account.role).unwrap_or(Role::Engineer),
            department: account.department.to_owned(),
            region: account.region.to_owned(),
            may: account.may.iter().filter_map(|m| Permission::from_text(m)).collect::<BTreeSet<_>>(),
            password: password::hash(&password_of(account), rng)?,
        };
        people.push(Principal { user: new.id, role: new.role, may: new.may.clone() });
        store.write_blocking(move |tx| accounts::add(tx, &new, since))?;
    }
    Ok(people)
}

/// The newest complaints that an engineer works on.
fn targets(tales: &[Tale], cases: &[complaints::Case], world: &World) -> Vec<Target> {
    let made: HashSet<RecordId> = tales.iter().map(|t| t.id).collect();
    let open = cases.iter().rev().filter(|c| !c.settled && made.contains(&RecordId(c.id)));
    open.take(DISAGREEMENTS)
        .map(|c| Target { id: RecordId(c.id), lead: world.people[c.lead].clone() })
        .collect()
}

/// Carries the tales out in the order of their times, the clock going along.
fn tell(
    dir: &Path,
    store: &Store,
    tales: Vec<Tale>,
    now: Millis,
    rng: Arc<dyn Rng>,
) -> Result<Records, DemoError> {
    let mut parts: Vec<(i64, Story)> = tales.into_iter().flat_map(Tale::parts).collect();
    parts.retain(|(_, story)| !story.steps.is_empty());
    parts.sort_by_key(|(at, _)| *at);
    let start = parts.first().map_or(now, |(at, _)| *at);
    let clock = Arc::new(ManualClock::new(start));
    let records = Records::new(Ledger::open(Parts {
        store: store.clone(),
        receipt_key: dir.join("receipt.key"),
        schema: Schema::builtin()?,
        clock: clock.clone(),
        rng,
    })?);
    let mut chunk: Vec<Story> = Vec::with_capacity(CHUNK);
    let mut ids: HashSet<RecordId> = HashSet::new();
    let mut shown = start;
    for (at, story) in parts {
        // What goes on with a record waits for its beginning; a chunk is carried out side by side.
        let again = story.id.is_some_and(|id| ids.contains(&id));
        if again || chunk.len() >= CHUNK {
            carry_out(&records, &mut chunk, &mut ids)?;
        }
        clock.advance((at - shown).max(0));
        shown = shown.max(at);
        ids.extend(story.id);
        chunk.push(story);
    }
    carry_out(&records, &mut chunk, &mut ids)?;
    clock.advance((now - shown).max(0));
    Ok(records)
}

fn carry_out(
    records: &Records,
    chunk: &mut Vec<Story>,
    ids: &mut HashSet<RecordId>,
) -> Result<(), DemoError> {
    ids.clear();
    for result in records.write_stories(&std::mem::take(chunk))? {
        result.map_err(DemoError::Refused)?;
    }
    Ok(())
}

/// Writes the mark as a whole or not at all.
fn mark(dir: &Path, demo: &Demo) -> Result<(), DemoError> {
    let text = serde_json::to_string_pretty(demo).map_err(std::io::Error::from)?;
    let part = dir.join(format!("{MARK}.part"));
    std::fs::write(&part, text)?;
    Ok(std::fs::rename(part, dir.join(MARK))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const NOW: Millis = 1_790_000_000_000;

    fn told(seed: u64, now: Millis) -> Vec<(i64, Story)> {
        let dice = Dice::new(seed);
        let person = |a: &names::Account| Principal {
            user: UserId(dice.id(now)),
            role: Role::from_text(a.role).unwrap(),
            may: a.may.iter().filter_map(|m| Permission::from_text(m)).collect(),
        };
        let people = ACCOUNTS.iter().map(person).collect();
        let (world, mut tales) = World::make(&dice, people, now);
        let (mut complaints, cases) = complaints::make(&dice, &world, now);
        let mut visits = visits::make(&dice, &world, &cases, now);
        let more = around(&dice, &world, &cases, &mut complaints, &mut visits, now);
        tales.extend(complaints.into_iter().chain(visits).chain(more));
        tales.into_iter().flat_map(Tale::parts).collect()
    }

    #[test]
    fn the_same_day_has_the_same_story_and_another_day_another() {
        let text = |seed, now| format!("{:?}", told(seed, now));
        assert!(text(1, NOW) == text(1, NOW));
        assert!(text(1, NOW) != text(2, NOW));
        assert!(text(1, NOW) != text(1, NOW + crate::host::DAY));
    }

    #[test]
    fn nothing_happens_in_the_future() {
        // A few seconds: steps of one minute are told a second apart.
        let late: Vec<_> =
            told(SEED, NOW).into_iter().filter(|(at, _)| *at > NOW + crate::host::MINUTE).collect();
        assert!(late.is_empty(), "{late:?}");
    }

    #[test]
    fn customers_tell_it_in_many_ways() {
        let mut words = HashSet::new();
        let mut complaints = 0;
        for (_, story) in told(SEED, NOW).into_iter().filter(|(_, s)| s.kind == "complaint") {
            if let Some(domain::intent::Intent::Create { fields, .. }) =
                story.steps.first().map(|s| &s.intent)
            {
                complaints += 1;
                words.insert(fields["content"].as_str().unwrap().to_owned());
            }
        }
        assert!(complaints >= 300);
        assert!(words.len() * 10 > complaints * 8, "{} of {complaints}", words.len());
    }
}
