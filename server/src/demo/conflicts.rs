//! A few records that two people changed at the same time without knowing of each other, so that
//! choosing between values can be tried out.

use domain::authz::Principal;
use domain::document::Writer;
use domain::error::{Code, Refusal};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::keys;
use domain::time::Timestamp;
use serde_json::json;

use super::dice::Dice;
use crate::host::{HOUR, MINUTE};
use crate::records::Records;
use crate::sync::{Author, Incoming, LedgerError, State};

/// A complaint and its engineer.
pub(super) struct Target {
    pub(super) id: RecordId,
    pub(super) lead: Principal,
}

/// What the engineer writes, and what the office writes meanwhile: values that no complaint has yet.
const PAIRS: [(&str, &str, &str); 4] = [
    (keys::complaint::QUANTITY_INVOLVED, "315", "351"),
    (keys::complaint::REPORTER_CONTACT, "10055501234", "10055505678"),
    (keys::complaint::BATCH_NO, "B25117", "B25171"),
    (keys::complaint::QUANTITY_DEFECTIVE, "45", "54"),
];

/// Makes the conflicts; each side's change goes through admission like a device's.
pub(super) fn make(
    records: &Records,
    dice: &Dice,
    targets: &[Target],
    office: &Principal,
    now: i64,
) -> Result<usize, LedgerError> {
    let kind = records.kind(keys::complaint::KIND)?;
    let ledger = records.ledger();
    let schema = ledger.schema();
    let mut made = 0;
    for (at, target) in targets.iter().enumerate() {
        let (field, theirs, ours) = PAIRS[at % PAIRS.len()];
        let state = ledger.store().read_blocking(|snap| State::read(snap, target.id))?;
        let base = state.record(&kind.key, target.id)?;
        let sides = [(&target.lead, theirs, now - 3 * HOUR), (office, ours, now - 2 * HOUR - 20 * MINUTE)];
        for (person, value, at) in sides {
            let mut copy = base.clone();
            copy.begin(person.user, dice.id(at).into_bytes());
            let writer = Writer {
                schema: &schema,
                zone: schema.zone(),
                user: person.user,
                role: person.role,
                now: Timestamp(at),
                skew_s: None,
                historical: false,
                around: Default::default(),
            };
            let intent = Intent::Set { field: field.to_owned(), value: json!(value) };
            let Some(change) = copy.execute(&writer, &intent)? else { continue };
            let author = Author { principal: person.clone(), device: None };
            let sent = Incoming { id: target.id, kind: kind.key.clone(), chunks: vec![change.bytes] };
            let answer = ledger.push(&author, &[sent])?;
            let accepted = answer.iter().flat_map(|a| &a.outcomes).all(|o| {
                matches!(o, domain::document::Outcome::Accepted(_) | domain::document::Outcome::Duplicate)
            });
            if !accepted {
                return Err(Refusal::new(Code::ServerFault).with("record", target.id.to_string()).into());
            }
        }
        made += 1;
    }
    Ok(made)
}
