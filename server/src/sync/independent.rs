//! A return-visit is never made by who did the work: customers do not complain to the person they complain about.
//! Asked of every change that a person sends, whichever way it comes.

use std::collections::BTreeSet;

use domain::document::{Admission, Judged, Outcome, Record, RecordView};
use domain::error::{Code, Refusal};
use domain::ids::{RecordId, UserId};
use domain::keys::{complaint, return_visit, visit};
use domain::schema::{Kind, Schema};
use domain::value::Value;

use super::{Ledger, State};
use crate::store::{Snapshot, StoreError, links};

/// The word of the condition, beside those of lifecycles.
const CHECK: &str = "independent_visitor";
/// Up to so many changes the one that is at fault is looked for; of more, all are refused together.
const SEARCHED: usize = 50;

impl Ledger {
    /// Judges changes with `admit`, and refuses those by which a return-visit comes to a visitor who worked on what it
    /// follows: the visit, or the complaint and its visits. Asked only where the changes say who visits, or what is
    /// followed.
    ///
    /// # Errors
    /// A failure of the store; `Damaged` if what is followed cannot be read.
    pub(super) fn independent(
        &self,
        schema: &Schema,
        kind: &Kind,
        record: &Record,
        chunks: &[&[u8]],
        admit: &dyn Fn(&[&[u8]]) -> Admission,
    ) -> Result<Admission, StoreError> {
        let admission = admit(chunks);
        if kind.key != return_visit::KIND {
            return Ok(admission);
        }
        let before = record.view(kind);
        let Some(user) = self.concerned(schema, kind, &before, &admission)? else { return Ok(admission) };
        let mut kept: Vec<&[u8]> = Vec::with_capacity(chunks.len());
        let mut refused: Vec<Option<UserId>> = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            kept.push(chunk);
            let at_fault = if chunks.len() > SEARCHED {
                Some(user)
            } else {
                self.concerned(schema, kind, &before, &admit(&kept))?
            };
            if at_fault.is_some() {
                kept.pop();
            }
            refused.push(at_fault);
        }
        let Admission { judged, merged } = admit(&kept);
        let mut others = judged.into_iter();
        let refusal = |user: UserId| Judged {
            hash: None,
            outcome: Outcome::Refused {
                refusal: Refusal::new(Code::Unmet).with("check", CHECK).with("user", user.to_string()),
                need: Vec::new(),
            },
            canonical: Vec::new(),
            time_ms: 0,
        };
        let judged =
            refused.into_iter().filter_map(|user| user.map(refusal).or_else(|| others.next())).collect();
        Ok(Admission { judged, merged })
    }

    /// Who of the visitors worked on what the return-visit follows, if the changes say anything about either.
    fn concerned(
        &self,
        schema: &Schema,
        kind: &Kind,
        before: &RecordView,
        admission: &Admission,
    ) -> Result<Option<UserId>, StoreError> {
        let Some((after, _)) = &admission.merged else { return Ok(None) };
        let after = after.view(kind);
        let followed = |view: &RecordView, key: &str| match view.value(key) {
            Value::Ref(id) => Some(RecordId(*id)),
            _ => None,
        };
        let said = |view: &RecordView| {
            let [of_visit, of_complaint] =
                [return_visit::VISIT, return_visit::COMPLAINT].map(|k| followed(view, k));
            (view.lead, view.others.clone(), of_visit, of_complaint)
        };
        let visitors: BTreeSet<UserId> = after.lead.into_iter().chain(after.others.iter().copied()).collect();
        if visitors.is_empty() || said(before) == said(&after) {
            return Ok(None);
        }
        let (.., of_visit, of_complaint) = said(&after);
        let worked = self.store().read_blocking(|snap| {
            let mut worked = BTreeSet::new();
            let mut visits: BTreeSet<RecordId> = of_visit.into_iter().collect();
            if let Some(id) = of_complaint {
                worked.extend(workers(snap, schema, complaint::KIND, id)?);
                // Whatever the asker sees: who was there is a fact.
                if let Some(kind) = schema.kind(visit::KIND) {
                    visits.extend(links::by(snap, kind, visit::COMPLAINT, id)?);
                }
            }
            for id in visits {
                worked.extend(workers(snap, schema, visit::KIND, id)?);
            }
            Ok::<_, StoreError>(worked)
        })?;
        Ok(visitors.intersection(&worked).next().copied())
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
