//! One refusal, for phone, server and API alike: a stable code and the values its text needs. The
//! screen makes the sentence, in the user's language.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Every code a person may meet. The texts are a contract: extended, never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All of them, for the test that looks for a text in each language.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// The stable text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
            /// The code with this text.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Code> {
                match text { $($text => Some(Code::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// No such kind of record.
    UnknownKind = "unknown_kind",
    /// The kind has no such field.
    UnknownField = "unknown_field",
    /// The kind has no such collection.
    UnknownCollection = "unknown_collection",
    /// No such command.
    UnknownCommand = "unknown_command",
    /// The value is not of the field's type.
    WrongType = "wrong_type",
    /// More characters than the field takes.
    TooLong = "too_long",
    /// A number outside its bounds.
    OutOfRange = "out_of_range",
    /// Not a code of the field's list.
    UnknownCode = "unknown_code",
    /// A code that is no longer in use.
    RetiredCode = "retired_code",
    /// What is meant to be a code is none: lower case letters, digits and underscores.
    InvalidCode = "invalid_code",
    /// A code would go that records may have; it can be retired.
    CodeRemoved = "code_removed",
    /// A spelling that would mean two codes of a list.
    AmbiguousSpelling = "ambiguous_spelling",
    /// A setting (`setting`) that is unknown, or breaks its `rule`.
    InvalidSetting = "invalid_setting",
    /// A day or instant before one that it cannot precede (`other`).
    OutOfOrder = "out_of_order",
    /// Another entry of the collection has the same value in the field that tells entries apart.
    DuplicateEntry = "duplicate_entry",
    /// A condition of the step (`check`) does not hold.
    Unmet = "unmet",
    /// A field that the step needs is empty.
    Required = "required",
    /// The status does not lead there.
    BadTransition = "bad_transition",
    /// The step exists, but is not this person's.
    ForbiddenTransition = "forbidden_transition",
    /// The field can never be changed again once it is set.
    Frozen = "frozen",
    /// The person may not change this field.
    ForbiddenField = "forbidden_field",
    /// The person may not change this record.
    ForbiddenDoc = "forbidden_doc",
    /// The record's state forbids it.
    ForbiddenState = "forbidden_state",
    /// There is no such record, or the person may not know of it.
    NotFound = "not_found",
    /// There is no such entry in the collection.
    UnknownEntry = "unknown_entry",
    /// No conflicting value has this number.
    NoSuchValue = "no_such_value",
    /// The request cannot be read.
    BadRequest = "bad_request",
    /// The change names an author other than who sent it.
    AuthorMismatch = "author_mismatch",
    /// The change builds on changes that the server does not have.
    MissingDeps = "missing_deps",
    /// The actor has used this sequence number already.
    ActorSeqConflict = "actor_seq_conflict",
    /// The actor skipped a sequence number.
    ActorSeqGap = "actor_seq_gap",
    /// The bytes are no sound change.
    Malformed = "malformed",
    /// More bytes, rows or records than allowed.
    TooLarge = "too_large",
    /// It builds on a change that was refused.
    DependencyRejected = "dependency_rejected",
    /// The record has been deleted.
    DocDeleted = "doc_deleted",
    /// A field or key that this version does not know.
    SchemaUnsupported = "schema_unsupported",
    /// A fault of the server; the same again later.
    ServerFault = "server_fault",
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom("unknown code"))
    }
}

/// Why something was refused: a code, and the values that its text needs (`field`, `max`, `to` …).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// Values for the text; never a person's data beyond what was just typed.
    pub params: Map<String, Json>,
}

impl Refusal {
    /// A refusal without parameters.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, params: Map::new() }
    }
    /// A refusal about one field.
    #[must_use]
    pub fn field(code: Code, field: &str) -> Self {
        Self::new(code).with("field", field)
    }
    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.params.insert(key.to_owned(), value.into());
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code.as_str())?;
        for (key, value) in &self.params {
            write!(f, " {key}={value}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
