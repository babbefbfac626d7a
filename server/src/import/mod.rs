//! Ledgers that departments kept in spreadsheets, made into records.
//!
//! ```text
//!  file ─► sheet ─► layout ─► map ─► plan ─► commit
//!          cells    columns   values  intents  records
//! ```
//! Everything up to the plan is pure: a dry run is the plan, shown. Every cell stays readable on the
//! record (`import_source`), and from it the next import tells what the file changed from what people
//! changed in the app.

pub mod cells;
pub mod commit;
pub mod customers;
pub mod dates;
pub mod layout;
pub mod map;
pub mod plan;
pub mod sheet;
pub mod text;

pub use commit::{ImportError, Outcome, import};
