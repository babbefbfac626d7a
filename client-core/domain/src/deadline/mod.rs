//! Deadlines and service levels: what is owed until when, and how high it has risen if it is late.
//!
//! A pure function of the facts, the settings, the calendar and the time: [`deadlines`]. Phone, office
//! and server call the same one, so a list of what is due is the same everywhere.
//!
//! | module | job |
//! |---|---|
//! | [`calendar`] | working days, public holidays with 调休, office hours, arithmetic |
//! | [`limit`] | amounts with their clocks: `24 h`, `3 d`, `1 wd` |
//! | [`rules`] | L1–L50 of the domain catalogue as one table |
//! | [`settings`] | what an organisation or a contract changes |
//! | [`snapshot`] | what the rules need to know of a record |
//! | [`escalation`] | levels 0–5 |
//! | [`outlook`] | what of an answer stays true for how long, for those who store it |
//! | [`listing`] | lists of deadlines: which, in what order, in what form |
//! | [`visits`] | how often a customer is visited |
//!
//! Due times are exclusive of nothing: what is done at the due instant is in time. A day ends at 24:00,
//! which is 00:00 of the next; a working day ends when the office closes.

pub mod calendar;
mod clock;
pub mod escalation;
mod evaluate;
pub mod limit;
pub mod listing;
pub mod outlook;
pub mod rules;
pub mod settings;
pub mod snapshot;
pub mod visits;

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::calc::return_visit::CycleSettings;
use crate::lifecycle::{self, Phase};
use crate::schema::{Kind, Schema};
use crate::time::Timestamp;

pub use calendar::{Calendar, CalendarSettings, Holiday, Notice};
pub use evaluate::deadlines;
pub use limit::{Basis, Limit};
pub use listing::Filter;
pub use outlook::Outlook;
pub use rules::{Mark, Rule};
pub use settings::{Settings, Sla};
pub use snapshot::Snapshot;

/// Raised when the same facts, settings and rules come to give other deadlines.
const VERSION: u8 = 3;

/// How a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Time is left and the clock runs.
    Running,
    /// Time is left and the clock stands still.
    Paused,
    /// Done in time.
    Met,
    /// Done late, or not done although the time is over: then without `stopped`.
    Missed,
}

/// A deadline of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The rule's id; [`rules::by_id`] has its words and who owes it.
    pub rule: &'static str,
    /// 1, and counting for what comes round again. Rule and round name a deadline of a record.
    pub round: u32,
    /// When it is due; while the clock stands still, when it would be if it ran again now. `None`
    /// where there is no time limit.
    pub due: Option<Timestamp>,
    /// How it stands.
    pub state: State,
    /// When the clock began.
    pub started: Timestamp,
    /// When it was done, or when the record's end closed it as missed.
    pub stopped: Option<Timestamp>,
    /// Used: milliseconds on the rule's clock without pauses; lots, times or per cent for counts.
    pub elapsed: i64,
    /// Allowed, in the same unit; `None` where there is no limit.
    pub allowed: Option<i64>,
    /// The clock that `elapsed` and `allowed` are counted on.
    pub basis: Basis,
    /// How high it stands on the ladder, 0 to 5.
    pub level: u8,
    /// Whether it rests on a year whose public holidays are not known yet.
    pub provisional: bool,
    /// When time alone lifts it to levels 1, 2, 3 and 4 if nothing is done; empty once it is settled and
    /// while the clock stands still.
    #[serde(skip)]
    pub rises: [Option<Timestamp>; 4],
}

impl Deadline {
    /// Whether something is still to be done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.stopped.is_none() && self.state != State::Met
    }
}

/// What an organisation's deadlines are counted by: its settings and its calendar.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Limits, pauses and the ladder.
    pub settings: Settings,
    /// How often customers are visited.
    pub cycles: CycleSettings,
    /// Working days and office hours.
    pub calendar: Arc<Calendar>,
    fingerprint: OnceLock<[u8; 16]>,
}

impl Terms {
    /// The terms of the organisation whose schema this is.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let settings = schema.settings();
        let cycles = settings.return_visits.clone();
        Self { cycles, ..Self::new(settings.deadlines.clone(), Arc::clone(schema.calendar())) }
    }

    /// Terms of these settings and this calendar, with the usual cycles of return-visits.
    #[must_use]
    pub fn new(settings: Settings, calendar: Arc<Calendar>) -> Self {
        Self { settings, cycles: CycleSettings::default(), calendar, fingerprint: OnceLock::new() }
    }

    /// Differs whenever the same facts may give other deadlines: other settings, another calendar, other
    /// rules. What was stored under another one has to be worked out again.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 16] {
        self.fingerprint.get_or_init(|| self.hashed())
    }

    fn hashed(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update([VERSION]);
        for rule in rules::all() {
            hash.update(format!("{rule:?}"));
        }
        hash.update(format!("{:?}{:?}{:?}", self.settings, self.cycles, self.calendar));
        let mut out = [0; 16];
        out.copy_from_slice(&hash.finalize()[..16]);
        out
    }

    /// The record's deadlines at a moment, those due first at the front; without a due time at the end.
    #[must_use]
    pub fn deadlines(&self, record: &Snapshot, now: Timestamp) -> Vec<Deadline> {
        evaluate::evaluate(record, self, now).0
    }
}

/// Whether records of the kind have come to their end with this status. Nothing is listed as owed for
/// them; what was owed and when is still told by [`deadlines`].
#[must_use]
pub fn is_over(kind: &Kind, status: &str) -> bool {
    let cycle = kind.lifecycle.as_deref().and_then(lifecycle::by_key);
    cycle.is_some_and(|cycle| cycle.phase(status) >= Phase::Closed)
}

/// How high a record stands: as high as the highest of what it still owes, and at least where severity,
/// the customer's dissatisfaction or a person put it.
#[must_use]
pub fn level(record: &Snapshot, found: &[Deadline], terms: &Terms, now: Timestamp) -> u8 {
    let standing = escalation::level(&terms.settings.ladder, &record.standing(now), None);
    found.iter().filter(|d| d.is_open()).map(|d| d.level).fold(standing, u8::max)
}
