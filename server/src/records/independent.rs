//! A return-visit is never made by who did the work: customers do not complain to the person they complain about.

use std::collections::BTreeSet;

use domain::document::RecordView;
use domain::error::{Code, Refusal};
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::keys::{complaint, return_visit, visit};
use domain::schema::{Kind, Schema};
use domain::value::Value;

use super::Records;
use super::look::{Is, Look};
use crate::store::{Snapshot, StoreError};
use crate::sync::{LedgerError, State};

/// The word of the condition, beside those of lifecycles.
const CHECK: &str = "independent_visitor";

impl Records {
    /// Refuses a return-visit whose visitor worked on what it follows: the visit, or the complaint and its visits.
    /// Asked only where `intents` say who visits, or what is followed.
    pub(super) fn independent(
        &self,
        schema: &Schema,
        kind: &Kind,
        view: &RecordView,
        intents: &[Intent],
    ) -> Result<(), LedgerError> {
        let about = |intent: &Intent| match intent {
            Intent::Assign { .. } | Intent::Create { .. } => true,
            Intent::Set { field, .. } => [return_visit::VISIT, return_visit::COMPLAINT].contains(&&**field),
            _ => false,
        };
        let visitors: BTreeSet<UserId> = view.lead.into_iter().chain(view.others.iter().copied()).collect();
        if kind.key != return_visit::KIND || visitors.is_empty() || !intents.iter().any(about) {
            return Ok(());
        }
        let followed = |key: &str| match view.value(key) {
            Value::Ref(id) => Some(RecordId(*id)),
            _ => None,
        };
        let worked = self.ledger.store().read_blocking(|snap| {
            let mut worked = BTreeSet::new();
            let mut visits: BTreeSet<RecordId> = followed(return_visit::VISIT).into_iter().collect();
            if let Some(id) = followed(return_visit::COMPLAINT) {
                worked.extend(workers(snap, schema, complaint::KIND, id)?);
                // Whatever the asker sees: who was there is a fact.
                let mine = [domain::authz::Scope::Office, domain::authz::Scope::Everyone];
                let look = Look { schema, snap, mine: &mine };
                let of_it = look.rows(visit::KIND, &[(visit::COMPLAINT, Is::To(id))], &[])?;
                visits.extend(of_it.into_iter().map(|row| row.id));
            }
            for id in visits {
                worked.extend(workers(snap, schema, visit::KIND, id)?);
            }
            Ok::<_, StoreError>(worked)
        })?;
        match visitors.intersection(&worked).next() {
            Some(user) => {
                let refusal = Refusal::new(Code::Unmet).with("check", CHECK).with("user", user.to_string());
                Err(refusal.into())
            }
            None => Ok(()),
        }
    }
}

fn workers(
    snap: &Snapshot<'_>,
    schema: &Schema,
    kind: &str,
    id: RecordId,
) -> Result<BTreeSet<UserId>, StoreError> {
    let state = State::read(snap, id)?;
    let (Some(stored), Some(kind)) = (&state.stored, schema.kind(kind)) else { return Ok(BTreeSet::new()) };
    if stored.kind != kind.key {
        return Ok(BTreeSet::new());
    }
    let view = state.record(&kind.key, id)?.view(kind);
    Ok(view.lead.into_iter().chain(view.others).collect())
}
