//! Why something was refused.

use std::fmt;

/// The answer code of a refusal, as the sync protocol spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusedCode {
    /// The change builds on changes this document does not hold; `need` names them.
    MissingDeps,
    /// Another change already stands at this actor's sequence number.
    ActorSeqConflict,
    /// Changes of this actor between the last known one and this one are missing.
    ActorSeqGap,
    /// The bytes are not what an honest writer produces.
    Malformed,
    /// A bound of [`Limits`](super::Limits) is exceeded.
    TooLarge,
    /// The change does not carry the author it was sent by.
    AuthorMismatch,
}

impl RefusedCode {
    /// The stable code that goes over the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingDeps => "missing_deps",
            Self::ActorSeqConflict => "actor_seq_conflict",
            Self::ActorSeqGap => "actor_seq_gap",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::AuthorMismatch => "author_mismatch",
        }
    }
}

/// A refusal: nothing of what was offered has been taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The code for the sender.
    pub code: RefusedCode,
    /// Which check failed, for logs and tests; never shown to a person.
    pub detail: &'static str,
    /// Hashes of the changes that are missing; empty for every code but `missing_deps`.
    pub need: Vec<[u8; 32]>,
}

impl Refused {
    pub(super) fn new(code: RefusedCode, detail: &'static str) -> Self {
        Self { code, detail, need: Vec::new() }
    }

    pub(crate) fn malformed(detail: &'static str) -> Self {
        Self::new(RefusedCode::Malformed, detail)
    }

    pub(super) fn too_large(detail: &'static str) -> Self {
        Self::new(RefusedCode::TooLarge, detail)
    }

    pub(super) fn missing(need: Vec<[u8; 32]>) -> Self {
        Self { code: RefusedCode::MissingDeps, detail: "dependencies are not known", need }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Refused {}
