//! Records for people and programs on this side of the wire: REST, imports, demo data. They read rows and documents,
//! and write by the same intents, the same permission table and the same admission as devices.

mod cycle;
mod deadlines;
mod draft;
mod filter;
mod import;
mod list;
mod look;
mod merge;
mod overview;
mod plan;
mod related;
mod retention;
mod review;
mod sample;
mod search;
mod show;
mod suggest;
mod title;
mod warranty;
mod write;

use std::sync::Arc;

use domain::authz::{Principal, Role};
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::schema::{Kind, Schema};

use crate::store::{Snapshot, scopes};
use crate::sync::{Ledger, LedgerError};

pub use deadlines::{DeadlinePage, DeadlineRequest};
pub use filter::decoded as percent_decoded;
pub use import::{Made, Step, Story};
pub use list::{ListPage, ListRequest};
pub use plan::{Plan, PlanRequest, PlannedLine};
pub use related::{Group, Related};
pub use retention::PastRetention;
pub use review::Verdict;
pub use sample::{Sample, SampledCustomer};
pub use search::{SearchPage, SearchRequest};
pub use suggest::Suggestion;

/// The records service.
#[derive(Clone)]
pub struct Records {
    ledger: Ledger,
}

impl Records {
    /// The service over a ledger.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The kind with this key.
    ///
    /// # Errors
    /// `unknown_kind`.
    pub fn kind(&self, key: &str) -> Result<Arc<Kind>, Refusal> {
        self.ledger.schema().shared_kind(key).ok_or_else(|| Refusal::new(Code::UnknownKind).with("kind", key))
    }

    /// The record's number inside the database, if it is of this kind and this person sees it.
    fn seen(
        &self,
        snap: &Snapshot<'_>,
        person: &Principal,
        kind: &Kind,
        id: RecordId,
    ) -> Result<i64, LedgerError> {
        match scopes::see(snap, id, &person.scopes())? {
            Some(found) if found.kind == kind.key => Ok(found.n),
            _ => Err(LedgerError::code(Code::NotFound)),
        }
    }
}

/// The companion kind of `kind`, if there is one and this person reads it.
fn companion_for<'a>(schema: &'a Schema, person: &Principal, kind: &Kind) -> Option<&'a Kind> {
    schema.companion(kind).filter(|_| person.role != Role::Engineer)
}
