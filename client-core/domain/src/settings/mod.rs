//! What an organisation sets: edited in the office, kept by the server, carried to devices with the
//! reference data. The schema that a program works with carries them (see [`crate::schema::Schema`]), so
//! that every rule that takes the schema knows them too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Everything that an organisation sets; each part has the defaults of the domain catalogue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// When a complaint may be closed.
    pub closure: Closure,
}

/// When a complaint may be closed: domain catalogue 4.1.2 and 4.1.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Closure {
    /// Conditions that are not asked for, by their words ([`crate::lifecycle::Check::as_str`]).
    pub off: BTreeSet<String>,
    /// How many lots in a row must be good (L10).
    pub lot_count: u32,
    /// Whether the reply to the customer waits for the lots as well (A9).
    pub require_lot_verification_before_reply: bool,
    /// After how many attempts a customer counts as not reached.
    pub unreachable_attempts: u32,
}

impl Default for Closure {
    fn default() -> Self {
        Self {
            off: BTreeSet::new(),
            lot_count: 3,
            require_lot_verification_before_reply: false,
            unreachable_attempts: 3,
        }
    }
}
