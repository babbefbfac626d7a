//! Questionnaires (domain catalogue 2B-4): versioned templates, what an answer sheet may say, and its
//! score.
//!
//! A sheet is a record of the kind `survey`; it names template and version and keeps them. Questions,
//! options, points and rules of a version never change, so an old sheet scores as it did.
//!
//! | part | job |
//! |---|---|
//! | [`Template`] | one version: sections, questions, options, branches, scoring, validity, bands |
//! | [`Templates`] | all of them: shipped in `templates/*.toml`, and the organisation's own |
//! | [`check`](fn@check) | what may be written into a sheet |
//! | [`score`](fn@score) | what its answers come to |

mod check;
mod number;
mod score;
mod set;
mod sound;
mod template;

pub use check::{EntryWrite, check, check_change, check_entry, check_offered, complete, late};
pub use score::{Invalid, ItemScore, Scored, Sheet, result, score};
pub use set::{Scale, TemplateError, Templates};
pub use template::{
    Band, Branch, Choice, Item, ItemKind, Likert, Measure, Question, Row, Scoring, Section, Template, Use,
    Validity,
};

/// The kind of answer sheets.
pub use crate::keys::survey::KIND;
