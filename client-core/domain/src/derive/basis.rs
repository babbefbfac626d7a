//! What the results of a record were worked out by: versions of formulas, and what they leave to the
//! organisation.
//!
//! Results are computed wherever a record is shown, so a changed setting would change what was signed. A step that
//! makes results final ([`Transition::fixes`]) therefore keeps their basis in its event, as text:
//!
//! ```json
//! {"formulas":{"composite":{"d2_factor":"0.6"}},"versions":{"C07":1,"C32":1}}
//! ```
//!
//! `formulas` has the parts of [`Formulas`] that the formulas named in `versions` have; what is not named in a part
//! has its default. From that step on results stand on it, until the record is opened again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calc::catalogue;
use crate::document::RecordView;
use crate::error::{Code, Refusal};
use crate::lifecycle::{self, Transition};
use crate::schema::{Kind, Schema};
use crate::settings::Formulas;

/// The part of [`Formulas`] that a formula reads, by the formula's code.
const PARTS: &[(&str, &str)] = &[
    ("C07", "composite"),
    ("C42", "arrival"),
    ("C62", "appraisal"),
    ("C63", "achievement"),
    ("C64", "appraisal"),
    ("C71", "travel"),
    ("C75", "capital"),
];

/// What results are worked out by.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Versions by code (`C07`).
    versions: BTreeMap<String, u16>,
    /// Parts that no formula of `versions` reads are as shipped.
    #[serde(default)]
    formulas: Formulas,
}

#[derive(Serialize)]
struct Text<'a> {
    formulas: serde_json::Map<String, serde_json::Value>,
    versions: &'a BTreeMap<String, u16>,
}

impl Basis {
    /// What a step that is taken now leaves; `None` for a step that makes nothing final.
    #[must_use]
    pub fn of_step(schema: &Schema, step: &Transition) -> Option<Self> {
        let version = |code: &&str| Some(((*code).to_owned(), catalogue::version(code)?));
        let versions: BTreeMap<String, u16> = step.fixes.iter().filter_map(version).collect();
        let formulas = parts(&schema.settings().formulas, &versions);
        (!versions.is_empty()).then_some(Self { versions, formulas })
    }

    /// As events keep it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let text = Text { formulas: named(&self.formulas, &self.versions), versions: &self.versions };
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// What an event keeps; `None` for what a program of another version wrote.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether the program has every formula in the version that is named.
    fn is_known(&self) -> bool {
        self.versions
            .iter()
            .all(|(code, v)| catalogue::version(code).is_some_and(|newest| (1..=newest).contains(v)))
    }

    /// Checks what somebody sent with a step: formulas that the step makes final, in versions that there are, with
    /// settings that the organisation has or had. A phone may not have heard of the newest.
    ///
    /// # Errors
    /// `malformed`.
    pub fn check(schema: &Schema, step: Option<&Transition>, text: &str) -> Result<(), Refusal> {
        let fixes = step.map_or(&[][..], |s| s.fixes);
        let sound = Self::from_text(text).is_some_and(|said| {
            said.is_known()
                && said.versions.keys().all(|code| fixes.contains(&code.as_str()))
                && schema.formulas_so_far().any(|f| parts(f, &said.versions) == said.formulas)
        });
        match sound && !fixes.is_empty() {
            true => Ok(()),
            false => Err(Refusal::new(Code::Malformed).with("detail", "basis")),
        }
    }
}

/// What a record's results are worked out by.
pub(crate) struct Rules<'a> {
    /// What formulas leave to the organisation.
    pub(crate) formulas: Cow<'a, Formulas>,
    versions: BTreeMap<String, u16>,
}

impl<'a> Rules<'a> {
    /// Those that a step fixed, else those of today. `None` if they were fixed by a version of the program that
    /// this one does not know: no result is better than another one.
    pub(crate) fn of(schema: &'a Schema, kind: &Kind, view: &RecordView) -> Option<Self> {
        let cycle = kind.lifecycle.as_deref().and_then(lifecycle::by_key);
        match cycle.and_then(|cycle| lifecycle::basis(cycle, &view.events)) {
            None => {
                Some(Self { formulas: Cow::Borrowed(&schema.settings().formulas), versions: BTreeMap::new() })
            }
            Some(text) => {
                let basis = Basis::from_text(text).filter(Basis::is_known)?;
                Some(Self { formulas: Cow::Owned(basis.formulas), versions: basis.versions })
            }
        }
    }

    /// The version of a formula, by its code in any case.
    pub(crate) fn version(&self, code: &str) -> u16 {
        let fixed = self.versions.get(&code.to_ascii_uppercase()).copied();
        fixed.or_else(|| catalogue::version(code)).unwrap_or(1)
    }
}

/// The parts that these formulas read, as JSON.
fn named(
    formulas: &Formulas,
    versions: &BTreeMap<String, u16>,
) -> serde_json::Map<String, serde_json::Value> {
    let mut all = match serde_json::to_value(formulas) {
        Ok(serde_json::Value::Object(all)) => all,
        _ => serde_json::Map::new(),
    };
    all.retain(|part, _| PARTS.iter().any(|(code, of)| of == part && versions.contains_key(*code)));
    all
}

/// The parts that these formulas read; the others as shipped.
fn parts(formulas: &Formulas, versions: &BTreeMap<String, u16>) -> Formulas {
    serde_json::from_value(named(formulas, versions).into()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_formulas_are_there() {
        let all = serde_json::to_value(Formulas::default()).unwrap();
        for (code, part) in PARTS {
            assert!(catalogue::version(code).is_some(), "{code}");
            assert!(all.get(part).is_some(), "{part}");
        }
        for step in lifecycle::all().iter().flat_map(|c| c.transitions) {
            for code in step.fixes {
                assert!(catalogue::version(code).is_some(), "{} fixes {code}", step.id);
            }
        }
    }
}
