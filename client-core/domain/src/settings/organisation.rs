//! What is an organisation's own: its edits of code lists, its settings, years of the calendar, templates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Formulas, Settings};
use crate::deadline::Notice;
use crate::schema::Label;

/// Everything that differs from what is shipped; empty for an organisation that changed nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organisation {
    /// Edits of code lists, by the list's key.
    pub lists: BTreeMap<String, ListEdit>,
    /// Settings.
    pub settings: Settings,
    /// What its formulas went by before ([`Schema::formulas_so_far`](crate::schema::Schema::formulas_so_far)).
    pub former: Vec<Formulas>,
    /// Public holidays of years, by the year; they replace a shipped year.
    pub calendar: BTreeMap<i16, Notice>,
    /// Versions of questionnaires by `code@version`: [`crate::survey::Template`]s.
    pub templates: BTreeMap<String, Json>,
}

/// How a code list differs from the one shipped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListEdit {
    /// Codes in the order offered. Codes that a later release ships follow after them.
    pub codes: Vec<CodeEdit>,
}

/// How one code differs; what is not there is as shipped. A code that is not shipped is the organisation's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeEdit {
    /// What is stored in records.
    pub code: String,
    /// What is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The code of the parent list's value that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Other spellings that an import maps to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synonyms: Option<Vec<String>>,
    /// No longer offered, or not yet: a value that records keep, and nobody sets anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<bool>,
    /// Attributes with a meaning of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attrs: Option<BTreeMap<String, toml::Value>>,
}
