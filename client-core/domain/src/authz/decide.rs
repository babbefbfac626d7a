//! The table.

use serde::Serialize;

use super::{Facts, Permission, Principal, Relation, Role};
use crate::error::Code;
use crate::lifecycle::Phase;
use crate::schema::Access;

/// One thing that a change does to a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// What is named when it is refused: a field key, a collection, a status.
    pub subject: String,
    /// The class of what is touched.
    pub access: Access,
    /// Permission that an office user needs besides the role.
    pub may: Option<Permission>,
    /// What is done.
    pub deed: Deed,
}

/// What is done to the thing touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The record is made.
    Create,
    /// A field is set; `first` if it had no value before.
    Set {
        /// Had no value before.
        first: bool,
    },
    /// An entry is added.
    Add,
    /// An entry is changed; `own` if its author added it.
    Edit {
        /// The author added the entry.
        own: bool,
    },
    /// A step of the lifecycle; whether the table has it for this person was looked up already.
    Step,
    /// People are assigned or taken off.
    Assign,
}

/// Why an accepted change is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// 迟到: its author was taken off the record meanwhile.
    Late,
    /// The record was closed meanwhile.
    AfterClose,
}

impl Flag {
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::AfterClose => "after_close",
        }
    }
}

/// The decision about one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Merged.
    Accept,
    /// Merged and marked.
    AcceptFlagged(Flag),
    /// Kept unmerged until the office decides.
    Propose(Flag),
    /// Refused with a reason.
    Refuse(Code),
}

/// Decides one act by what its author saw and what is true now.
#[must_use]
pub fn decide(person: &Principal, act: &Act, seen: &Facts, now: &Facts) -> Verdict {
    use Verdict::Refuse;
    if act.access == Access::System {
        return Refuse(Code::ForbiddenField);
    }
    if act.access == Access::Frozen && act.deed == (Deed::Set { first: false }) {
        return Refuse(Code::Frozen);
    }
    // Filed records are read-only for everyone; taking one out of the archive is not a field edit.
    if seen.at_least(Phase::Archived) && act.deed != Deed::Step {
        return Refuse(Code::ForbiddenState);
    }
    if act.access == Access::Evidence && act.deed == (Deed::Edit { own: false }) {
        return Refuse(Code::ForbiddenField);
    }
    if let Some(permission) = act.may
        && !person.may(permission)
    {
        return Refuse(Code::ForbiddenField);
    }
    let verdict = match person.role {
        Role::Office | Role::Admin => Verdict::Accept,
        Role::Engineer => engineer(person, act, seen, now),
    };
    // Filed since its author saw it: nothing goes into the file unasked, whoever sends it (8.18).
    let filed = now.at_least(Phase::Archived) && !seen.at_least(Phase::Archived);
    match (verdict, act.deed) {
        (Refuse(_), _) => verdict,
        // What accompanies a filed record is not begun any more.
        (_, Deed::Create) if filed => Refuse(Code::ForbiddenState),
        _ if filed => Verdict::Propose(Flag::AfterClose),
        _ => verdict,
    }
}

fn engineer(person: &Principal, act: &Act, seen: &Facts, now: &Facts) -> Verdict {
    use Verdict::{Accept, AcceptFlagged, Propose, Refuse};
    let (was, is) = (seen.relation(person.user), now.relation(person.user));
    if was == Relation::None {
        return Refuse(Code::ForbiddenDoc);
    }
    let closed_since = now.at_least(Phase::Closed);
    // A creator who handed the work to another lead no longer owns the visit's own fields.
    let owns = |f: &Facts| match f.lead {
        Some(lead) => lead == person.user,
        None => f.relation(person.user) == Relation::Owner,
    };
    match (act.deed, act.access) {
        (Deed::Create, _) => Accept,
        (Deed::Assign, _) | (_, Access::Core | Access::Handling | Access::System) => {
            Refuse(Code::ForbiddenField)
        }
        (Deed::Step, _) | (_, Access::Status) => match (is, closed_since) {
            (Relation::None, _) => AcceptFlagged(Flag::Late),
            (_, true) => AcceptFlagged(Flag::AfterClose),
            _ => Accept,
        },
        (_, Access::Evidence) => match (is, seen.at_least(Phase::Closed), closed_since) {
            (_, true, _) => Refuse(Code::ForbiddenState),
            (Relation::None, ..) => AcceptFlagged(Flag::Late),
            (_, _, true) => AcceptFlagged(Flag::AfterClose),
            _ => Accept,
        },
        (_, Access::Shared | Access::Frozen) => match (is, seen.at_least(Phase::Closed), closed_since) {
            (_, true, _) => Refuse(Code::ForbiddenState),
            (Relation::None, ..) => Propose(Flag::Late),
            (_, _, true) => Propose(Flag::AfterClose),
            _ => Accept,
        },
        (_, Access::Own) => {
            if !owns(seen) {
                Refuse(Code::ForbiddenField)
            } else if seen.at_least(Phase::Submitted) {
                Refuse(Code::ForbiddenState)
            } else if !owns(now) {
                Propose(Flag::Late)
            } else if now.at_least(Phase::Submitted) {
                Propose(Flag::AfterClose)
            } else {
                Accept
            }
        }
    }
}
