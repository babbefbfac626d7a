//! Ledgers that departments kept in spreadsheets, made into records.

pub mod cells;
pub mod customers;
pub mod dates;
pub mod layout;
pub mod map;
pub mod plan;
pub mod sheet;
pub mod text;
