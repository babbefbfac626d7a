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
//!
//! Due times are exclusive of nothing: what is done at the due instant is in time. A day ends at 24:00,
//! which is 00:00 of the next; a working day ends when the office closes.

pub mod calendar;
mod clock;
pub mod escalation;
mod evaluate;
pub mod limit;
pub mod rules;
pub mod settings;
pub mod snapshot;

use serde::Serialize;

use crate::time::Timestamp;

pub use calendar::{Calendar, CalendarSettings, Holiday, Notice};
pub use evaluate::deadlines;
pub use limit::{Basis, Limit};
pub use rules::{Mark, Rule};
pub use settings::{Settings, Sla};
pub use snapshot::Snapshot;

/// How a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
}

impl Deadline {
    /// Whether something is still to be done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.stopped.is_none() && self.state != State::Met
    }
}
