//! What just happened, for open pages. A hint only: losing one is harmless.

use std::collections::BTreeSet;

use domain::authz::Scope;
use domain::ids::RecordId;

/// A record moved.
#[derive(Clone, Debug)]
pub struct Live {
    /// Its kind; the main record's for a companion document.
    pub kind: String,
    /// The record; the main record for a companion document.
    pub id: RecordId,
    /// The commit.
    pub seq: u64,
    /// Who may know.
    pub scopes: BTreeSet<Scope>,
}
