//! All questionnaires in all their versions, and the scales that they share.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::sound::unsound;
use super::template::{Choice, Item, ItemKind, Template};
use crate::schema::Label;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/templates.rs"));
}

/// A scale that questions share (domain catalogue 3.11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// What items name.
    pub key: String,
    /// Its name.
    pub label: Label,
    /// Its levels, the best first; for a yes-or-no question whose yes is bad, that first.
    #[serde(default, alias = "option", skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// Answered with a number of this range instead of options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[u32; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scales {
    #[serde(rename = "scale")]
    scales: Vec<Scale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "template")]
    templates: Vec<Template>,
}

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct TemplateError {
    /// File, or `code@version`, and the question.
    pub place: String,
    /// The rule that it breaks.
    pub what: String,
}

impl TemplateError {
    pub(super) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

/// Every questionnaire: shipped ones, and those that the organisation wrote.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    scales: BTreeMap<String, Scale>,
    by_code: BTreeMap<String, BTreeMap<u32, Template>>,
}

impl Templates {
    /// The questionnaires compiled into the program.
    ///
    /// # Errors
    /// Never, once the tests have run: the embedded files are checked there.
    pub fn builtin() -> Result<Arc<Self>, TemplateError> {
        static BUILTIN: OnceLock<Arc<Templates>> = OnceLock::new();
        if let Some(templates) = BUILTIN.get() {
            return Ok(templates.clone());
        }
        let templates = Arc::new(Self::from_files(embedded::TEMPLATES.iter().copied())?);
        Ok(BUILTIN.get_or_init(|| templates).clone())
    }

    /// Name and text of the files compiled in.
    #[must_use]
    pub fn builtin_sources() -> &'static [(&'static str, &'static str)] {
        embedded::TEMPLATES
    }

    /// Questionnaires from files: `scales.toml` has the scales, every other file `[[template]]`s.
    ///
    /// # Errors
    /// [`TemplateError`] names file or question, and the rule.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, TemplateError> {
        let (mut set, mut found) = (Self::default(), Vec::new());
        for (file, text) in files {
            let syntax = |e: toml::de::Error| TemplateError::new(file, e.to_string());
            if file.starts_with("scales") {
                for scale in toml::from_str::<Scales>(text).map_err(syntax)?.scales {
                    if let Some(twice) = set.scales.insert(scale.key.clone(), scale) {
                        return Err(TemplateError::new(twice.key, "the scale is declared twice"));
                    }
                }
            } else {
                found.extend(toml::from_str::<File>(text).map_err(syntax)?.templates);
            }
        }
        for template in found {
            set.add(template)?;
        }
        Ok(set)
    }

    /// The same set with an organisation's own questionnaires and newer versions. A version that is there
    /// already may only be retired or offered again: sheets refer to it.
    ///
    /// # Errors
    /// [`TemplateError`] names the version and question, and the rule.
    pub fn with(&self, templates: impl IntoIterator<Item = Template>) -> Result<Self, TemplateError> {
        let mut set = self.clone();
        for template in templates {
            set.add(template)?;
        }
        Ok(set)
    }

    fn add(&mut self, template: Template) -> Result<(), TemplateError> {
        let template = self.complete(template)?;
        let held = self.get(&template.code, template.version);
        if held.is_some_and(|held| Template { retired: template.retired, ..held.clone() } != template) {
            return Err(TemplateError::new(
                place(&template),
                "a version never changes; what is new is another version",
            ));
        }
        self.by_code.entry(template.code.clone()).or_default().insert(template.version, template);
        Ok(())
    }

    /// The template with the options of its scales written out, so that it reads without them, and
    /// checked.
    ///
    /// # Errors
    /// [`TemplateError`] names the question and the rule.
    pub fn complete(&self, mut template: Template) -> Result<Template, TemplateError> {
        let at = place(&template);
        for item in template.sections.iter_mut().flat_map(|s| &mut s.items) {
            let Some(key) = &item.scale else { continue };
            let scale = self.scales.get(key).ok_or_else(|| {
                TemplateError::new(format!("{at} {}", item.code), format!("no scale {key}"))
            })?;
            take_scale(item, scale);
        }
        match unsound(&template) {
            None => Ok(template),
            Some((item, what)) => Err(TemplateError::new(format!("{at} {item}").trim_end(), what)),
        }
    }

    /// One version of a questionnaire.
    #[must_use]
    pub fn get(&self, code: &str, version: u32) -> Option<&Template> {
        self.by_code.get(code)?.get(&version)
    }

    /// The version offered for new sheets: the highest that is not retired.
    #[must_use]
    pub fn offered(&self, code: &str) -> Option<&Template> {
        self.by_code.get(code)?.values().rev().find(|t| !t.retired)
    }

    /// The highest version, retired or not.
    #[must_use]
    pub fn newest(&self, code: &str) -> Option<&Template> {
        self.by_code.get(code)?.values().next_back()
    }

    /// Every version of every questionnaire, by code and version.
    pub fn all(&self) -> impl Iterator<Item = &Template> {
        self.by_code.values().flat_map(BTreeMap::values)
    }

    /// Every version without whether it is offered: what sheets come to does not depend on that.
    pub(crate) fn questions(&self) -> impl Iterator<Item = Template> {
        self.all().map(|t| Template { retired: false, ..t.clone() })
    }

    /// The scales, by key.
    pub fn scales(&self) -> impl Iterator<Item = &Scale> {
        self.scales.values()
    }

    /// What phones and pages get: every version, options written out.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.all().map(|t| serde_json::to_value(t).unwrap_or_default()).collect()
    }
}

/// Options, or the range, that an item leaves to its scale.
fn take_scale(item: &mut Item, scale: &Scale) {
    if item.kind.has_options() && item.options.is_empty() {
        item.options.clone_from(&scale.options);
    }
    if let (ItemKind::Number, Some([min, max])) = (item.kind, scale.range) {
        item.min.get_or_insert(min.into());
        item.max.get_or_insert(max.into());
    }
}

fn place(template: &Template) -> String {
    format!("{}@{}", template.code, template.version)
}
