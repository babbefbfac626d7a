//! Code lists: what the choices of a field are, and how people spell them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Label;

/// One code of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListCode {
    /// What is stored.
    pub code: String,
    /// What is shown.
    pub label: Label,
    /// The code of the parent list's value that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Other spellings that an import maps to it.
    #[serde(default, skip_serializing)]
    pub synonyms: Vec<String>,
    /// Shipped switched off: valid, but not offered.
    #[serde(default, rename(deserialize = "off", serialize = "retired"))]
    pub retired: bool,
    /// Attributes with a meaning of their own (`written`, `forwarded`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attrs: BTreeMap<String, toml::Value>,
}

/// A code list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// Its key.
    pub key: String,
    /// Its title.
    pub label: Label,
    /// Its codes, in the order offered.
    #[serde(rename(deserialize = "code", serialize = "codes"))]
    pub codes: Vec<ListCode>,
}

impl CodeList {
    /// The code with this key.
    #[must_use]
    pub fn code(&self, code: &str) -> Option<&ListCode> {
        self.codes.iter().find(|c| c.code == code)
    }
    /// The code that a person's spelling means: the code itself, a label, or a synonym, ignoring case
    /// and surrounding space.
    #[must_use]
    pub fn recognise(&self, text: &str) -> Option<&ListCode> {
        let text = text.trim();
        let same = |s: &str| s.eq_ignore_ascii_case(text);
        self.code(text)
            .or_else(|| self.codes.iter().find(|c| same(&c.label.zh) || same(&c.label.en) || same(&c.code)))
            .or_else(|| self.codes.iter().find(|c| c.synonyms.iter().any(|s| same(s))))
    }
}
