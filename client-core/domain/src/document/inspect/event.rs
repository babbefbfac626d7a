//! Events as a change writes them: whole, once, and in their author's own name.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ScalarValue;

use super::content::malformed;
use crate::authz::{Principal, Role};
use crate::document::read::{happened, prev_ids};
use crate::error::{Code, Refusal};
use crate::guard::{Action, MAX_TIME_MS, Touch};
use crate::ids::{UserId, from_id22};
use crate::lifecycle::Event;
use crate::time::Timestamp;

/// Most events of a record. The longest case of years has some dozens; each is read whenever the status is asked.
pub(super) const MOST: usize = 500;
/// Most characters of an event's text: room for a frontier of a hundred events, or for a long reason.
const TEXT: usize = 4_000;

/// Parts of an event that is being made.
#[derive(Default)]
pub(super) struct Draft {
    texts: BTreeMap<String, String>,
    at: Option<i64>,
    by: Option<UserId>,
    skew_s: Option<i64>,
    written: BTreeSet<String>,
}

/// Takes one write to an event. `known` says whether the record has an event under this key already.
///
/// A second map under one key, or a second value of one part, would be read by nobody here and shown to everybody.
pub(super) fn write(touch: &Touch, drafts: &mut BTreeMap<String, Draft>, known: bool) -> Result<(), Refusal> {
    let Some(key) = &touch.sub else {
        let taken = known || drafts.contains_key(&touch.key);
        if touch.action != Action::MakeMap || taken || from_id22(&touch.key).is_none() {
            return Err(malformed("an event is made once, as a map"));
        }
        drafts.insert(touch.key.clone(), Draft::default());
        return Ok(());
    };
    let draft = drafts.get_mut(&touch.key).ok_or_else(|| malformed("events are immutable"))?;
    if !draft.written.insert(key.clone()) {
        return Err(malformed("a part of an event is written once"));
    }
    match (key.as_str(), &touch.action) {
        ("at", Action::Put(ScalarValue::Timestamp(t))) => draft.at = Some(*t),
        ("by", Action::Put(ScalarValue::Bytes(b))) => draft.by = UserId::from_slice(b),
        ("skew_s", Action::Put(ScalarValue::Int(skew))) => draft.skew_s = Some(*skew),
        ("t" | "to" | "role" | "prev" | "why" | "temp" | "basis", Action::Put(ScalarValue::Str(s))) => {
            if s.chars().count() > TEXT {
                return Err(Refusal::field(Code::TooLong, key));
            }
            draft.texts.insert(key.clone(), s.to_string());
        }
        _ => return Err(Refusal::field(Code::SchemaUnsupported, &format!("events/{key}"))),
    }
    Ok(())
}

/// The event, once everything that the change writes was taken.
pub(super) fn finish(key: &str, mut draft: Draft, person: &Principal) -> Result<Event, Refusal> {
    let id = from_id22(key).ok_or_else(|| malformed("an event's id"))?;
    if draft.by != Some(person.user) {
        return Err(Refusal::new(Code::AuthorMismatch));
    }
    let role = draft.texts.get("role").and_then(|r| Role::from_text(r));
    if role != Some(person.role) {
        return Err(Refusal::new(Code::AuthorMismatch).with("detail", "role"));
    }
    let t = draft.texts.remove("t").unwrap_or_default();
    if !["created", "status"].contains(&t.as_str()) {
        return Err(Refusal::field(Code::SchemaUnsupported, "events/t"));
    }
    let at = draft.at.and_then(calendar_time).ok_or_else(|| malformed("an event without time"))?;
    Ok(Event {
        id,
        t,
        to: draft.texts.remove("to").unwrap_or_default(),
        at: happened(at.0, draft.skew_s),
        by: person.user,
        role,
        prev: prev_ids(draft.texts.get("prev").map(String::as_str).unwrap_or_default()),
        why: draft.texts.remove("why"),
        temp: draft.texts.remove("temp"),
        basis: draft.texts.remove("basis"),
    })
}

/// The instant, if it is one that a change may claim for itself.
pub(super) fn calendar_time(ms: i64) -> Option<Timestamp> {
    (0..=MAX_TIME_MS).contains(&ms).then_some(Timestamp(ms))
}
