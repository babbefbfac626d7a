//! What just happened, for open pages. A hint only: losing one is harmless.

use std::collections::BTreeSet;

use domain::authz::Scope;
use domain::ids::RecordId;

/// What just happened.
#[derive(Clone, Debug)]
pub enum Live {
    /// A record moved.
    Record(Moved),
    /// Reference data was edited; for everybody.
    Reference,
}

/// A record that moved.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Its kind; the main record's for a companion document.
    pub kind: String,
    /// The record; the main record for a companion document.
    pub id: RecordId,
    /// The commit.
    pub seq: u64,
    /// Who may know.
    pub scopes: BTreeSet<Scope>,
}
