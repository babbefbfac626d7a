//! The nouns and rules of after-sales work, and nothing else.
//!
//! `domain` is given the time, randomness and identity; it never asks for them, and it touches no
//! disk, socket or clock. Both sides of the wire use it: the phone to grey out what may not be done,
//! the server to decide. Automerge is named in [`document`] and [`guard`] only.
//!
//! | module | job |
//! |---|---|
//! | [`schema`] | the record schema: kinds, fields, code lists, read from `records/*.toml` |
//! | [`value`] | typed values, their JSON, and the rules a value must meet |
//! | [`intent`] | what a person does: the commands that every screen and the API share |
//! | [`deadline`] | what is owed until when: working days, time limits L1–L50, escalation |
//! | [`lifecycle`] | which status may follow which, who may do it; the fold from events to status |
//! | [`authz`] | who may do what: one table for both sides |
//! | [`derive`] | computed fields: what follows from the rest of the record |
//! | [`document`] | records as Automerge documents: genesis, read, write, conflicts, history |
//! | [`guard`] | what stands between bytes from outside and Automerge |
//! | [`projection`] | a record as a row of a list, and as text to search |
//! | [`calc`] | the formulas: scores, statistics, plans, warranty, appraisal, money |
//! | [`retention`] | how long filed records are kept |
//! | [`survey`] | questionnaires: templates, what a sheet may say, its score |
//! | [`wire`] | the frames of the sync protocol |

pub mod authz;
pub mod calc;
pub mod deadline;
pub mod derive;
pub mod document;
pub mod error;
pub mod guard;
pub mod ids;
pub mod intent;
pub mod lifecycle;
pub mod merge;
pub mod projection;
pub mod retention;
pub mod schema;
pub mod search;
pub mod settings;
pub mod survey;
pub mod time;
pub mod value;
pub mod wire;

/// Constants for every field and collection key, generated from `records/*.toml`.
pub mod keys {
    include!(concat!(env!("OUT_DIR"), "/keys.rs"));
}
