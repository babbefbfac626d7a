//! Who may do what: one table, used by the phone to grey out and by the server to decide.
//!
//! The decision looks at what the author knew (the record at the change's dependencies, *seen*) and at
//! what is true now (DESIGN §5). [`decide`] is the table; [`scopes`] says who sees a document.

mod decide;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::lifecycle::Phase;
use crate::schema::{Kind, Visibility};

pub use decide::{Act, Deed, Flag, Verdict, decide};

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 现场工程师
    Engineer,
    /// 内勤: 客服, 品质, 部门
    Office,
    /// 管理员
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Engineer, Role::Office, Role::Admin];
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Engineer => "engineer",
            Self::Office => "office",
            Self::Admin => "admin",
        }
    }
    /// The role with this word.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }
}

/// What an office user may do besides the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// 审批 plans
    Approve,
    /// 结案, archive, cancel
    Close,
    /// 回访
    Callback,
    /// 处罚
    Penalise,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Permission; 4] = [Self::Approve, Self::Close, Self::Callback, Self::Penalise];
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Close => "close",
            Self::Callback => "callback",
            Self::Penalise => "penalise",
        }
    }
    /// The permission with this word.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == text)
    }
}

/// A signed-in person, as far as permissions go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Who.
    pub user: UserId,
    /// The role.
    pub role: Role,
    /// Permissions besides the role.
    #[serde(default)]
    pub may: BTreeSet<Permission>,
}

impl Principal {
    /// Whether the person has this permission; admins have all.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.role == Role::Admin || self.may.contains(&permission)
    }
    /// Whether the person may make records of this kind. Anyone who hears a complaint or drives to a
    /// customer writes it down (domain catalogue 7.5); master data is the office's.
    #[must_use]
    pub fn may_create(&self, kind: &Kind) -> bool {
        self.role != Role::Engineer || (kind.visibility == Visibility::Assigned && !kind.office_makes)
    }
    /// The scopes that this person reads.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = vec![Scope::Everyone, Scope::User(self.user)];
        if self.role != Role::Engineer {
            scopes.push(Scope::Office);
        }
        scopes
    }
}

/// What permissions need to know of a record at one point of its history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Who made it; `None` before it exists.
    pub creator: Option<UserId>,
    /// Who leads the work.
    pub lead: Option<UserId>,
    /// Who helps.
    pub others: BTreeSet<UserId>,
    /// Its status; empty for kinds without one.
    pub status: String,
    /// What that status means for editing; `None` for kinds without one.
    pub phase: Option<Phase>,
}

/// How a person stands to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Neither made it nor is assigned.
    None,
    /// Assigned beside the lead.
    Helper,
    /// Made it or leads it.
    Owner,
}

impl Facts {
    /// How `user` stands to the record. A record that does not exist yet is its maker's.
    #[must_use]
    pub fn relation(&self, user: UserId) -> Relation {
        if self.creator.is_none() || self.creator == Some(user) || self.lead == Some(user) {
            Relation::Owner
        } else if self.others.contains(&user) {
            Relation::Helper
        } else {
            Relation::None
        }
    }

    fn at_least(&self, phase: Phase) -> bool {
        self.phase.is_some_and(|p| p >= phase)
    }
}

/// A small unit of visibility: a document is in one to a few scopes, a person in two or three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All staff.
    Everyone,
    /// Office and admins.
    Office,
    /// One person.
    User(UserId),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone => write!(f, "everyone"),
            Self::Office => write!(f, "office"),
            Self::User(user) => write!(f, "u:{user}"),
        }
    }
}

/// The scopes that a document is in.
#[must_use]
pub fn scopes(kind: &Kind, facts: &Facts) -> BTreeSet<Scope> {
    match kind.visibility {
        Visibility::Everyone => BTreeSet::from([Scope::Everyone]),
        Visibility::Office => BTreeSet::from([Scope::Office]),
        Visibility::Assigned => {
            let people = facts.creator.iter().chain(&facts.lead).chain(&facts.others);
            people.map(|u| Scope::User(*u)).chain([Scope::Office]).collect()
        }
    }
}
