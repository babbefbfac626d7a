//! The schema of an organisation: kinds as shipped; code lists, settings and calendar as the organisation
//! has them.
//!
//! Checking is strict where somebody edits ([`Schema::edit_list`]), and nothing fails where edits are put to
//! use: a release may ship a code that an organisation had added, or spell one the same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{CodeList, Label, ListCode, Schema};
use crate::deadline::Calendar;
use crate::deadline::limit::Limit;
use crate::derive;
use crate::error::{Code, Refusal};
use crate::settings::{CodeEdit, ListEdit, Organisation, Settings, SeverityScheme};
use crate::survey::Template;
use crate::time::Zone;

/// Most characters of a code.
const CODE: usize = 40;
/// Most characters of a label or another spelling.
const TEXT: usize = 60;
/// Most codes of a list.
const CODES: usize = 1_000;
/// Most other spellings of a code.
const SYNONYMS: usize = 50;
/// The list and its code that the scheme of two levels does not offer.
const GRAVE: (&str, &str) = ("severity", "major");

impl Schema {
    /// This schema, which is the one shipped, as an organisation has it.
    #[must_use]
    pub fn for_organisation(&self, organisation: &Organisation) -> Self {
        let mut lists = self.lists.clone();
        for (key, edit) in &organisation.lists {
            // A list that a release no longer ships has no field either.
            if let Some(list) = lists.get_mut(key) {
                edited(list, edit);
            }
        }
        let mut settings = organisation.settings.clone();
        settings.calendar.years = organisation.calendar.values().cloned().collect();
        let schema = self.having(lists, settings, organisation.templates.values());
        Self { former: organisation.former.clone(), ..schema }
    }

    /// This schema with the lists and settings that a server serves as reference data. A server of another
    /// version may say what this one cannot read: that is as shipped then.
    #[must_use]
    pub fn with_reference(&self, reference: &Json) -> Self {
        let mut lists = self.lists.clone();
        for served in reference["lists"].as_array().into_iter().flatten() {
            let Ok(served) = Served::deserialize(served) else { continue };
            if let Some(list) = lists.get_mut(&served.key) {
                list.codes = served.codes.into_iter().map(|c| c.with_synonyms_of(list)).collect();
            }
        }
        let templates = reference["templates"].as_array().into_iter().flatten();
        self.having(lists, Settings::read_known(&reference["settings"]).0, templates)
    }

    fn having<'a>(
        &self,
        mut lists: BTreeMap<String, CodeList>,
        settings: Settings,
        templates: impl Iterator<Item = &'a Json>,
    ) -> Self {
        // The scheme alone says whether it is offered: nothing that was written down while it was not keeps it away.
        if let Some(list) = lists.get_mut(GRAVE.0) {
            let gone = settings.severity_scheme == SeverityScheme::TwoLevels;
            list.codes.iter_mut().filter(|c| c.code == GRAVE.1).for_each(|c| c.retired = gone);
        }
        let zone = Zone::named(&settings.zone).unwrap_or_default();
        let calendar = Calendar::new(&settings.calendar, zone.clone()).unwrap_or_default();
        let mut offered = Arc::clone(&self.templates);
        for template in templates.filter_map(|json| Template::deserialize(json).ok()) {
            if let Ok(more) = offered.with([template]) {
                offered = Arc::new(more);
            }
        }
        let mut schema = Self {
            kinds: self.kinds.clone(),
            lists,
            settings,
            former: Vec::new(),
            templates: offered,
            zone,
            calendar: Arc::new(calendar),
            shipped: self.shipped,
            fingerprint: self.shipped,
        };
        schema.fingerprint = schema.row_fingerprint();
        schema
    }

    /// Of everything that rows of lists and texts for search are made by.
    pub(super) fn row_fingerprint(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(self.shipped);
        hash.update(self.settings.zone.as_bytes());
        // Computed columns (the warranty's last day) come from these.
        hash.update(serde_json::to_vec(&self.settings.formulas).unwrap_or_default());
        hash.update(serde_json::to_vec(&self.monthly_limit()).unwrap_or_default());
        // And these: what a sheet comes to, and what a code counts as.
        for template in self.templates.questions() {
            hash.update(serde_json::to_vec(&template).unwrap_or_default());
        }
        for list in self.lists() {
            let meant = list.codes.iter().filter(|c| !c.attrs.is_empty());
            for code in meant {
                hash.update(serde_json::to_vec(&(&list.key, &code.code, &code.attrs)).unwrap_or_default());
            }
        }
        for code in self.searched().flat_map(|list| &list.codes) {
            for text in [&code.code, &code.label.zh, &code.label.en] {
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text.as_bytes());
            }
        }
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&hash.finalize()[..16]);
        fingerprint
    }

    /// The organisation's own limit of monthly reports, by which a column says whether one came in time.
    fn monthly_limit(&self) -> Option<Limit> {
        self.settings.deadlines.rules.get(derive::MONTHLY).and_then(|r| r.limit)
    }

    /// Lists whose labels are part of titles and of texts for search.
    fn searched(&self) -> impl Iterator<Item = &CodeList> {
        let fields = |k: &super::Kind| {
            let own = k.fields.iter().chain(k.collections.iter().flat_map(|c| &c.fields));
            let shown = own.filter(|f| f.search || k.title.contains(&f.key));
            shown.filter_map(|f| f.list.clone()).collect::<Vec<_>>()
        };
        let keys: std::collections::BTreeSet<String> = self.kinds().flat_map(fields).collect();
        self.lists().filter(move |l| keys.contains(&l.key))
    }

    /// Whether every row and text for search made by `before` is as this schema would make it: no code that
    /// records may have is called otherwise or means something else, and computed columns come to the same. A new code
    /// changes no row; a new questionnaire does where a sheet came before it.
    #[must_use]
    pub fn rows_as(&self, before: &Self) -> bool {
        let kept = |list: &CodeList| {
            let now = self.list(&list.key);
            list.codes.iter().all(|c| now.and_then(|l| l.code(&c.code)).is_some_and(|n| n.label == c.label))
        };
        let meant = |list: &CodeList| {
            let now = self.list(&list.key);
            list.codes.iter().all(|c| now.and_then(|l| l.code(&c.code)).is_some_and(|n| n.attrs == c.attrs))
        };
        self.shipped == before.shipped
            && self.settings.zone == before.settings.zone
            && self.settings.formulas == before.settings.formulas
            && self.monthly_limit() == before.monthly_limit()
            && self.templates.questions().eq(before.templates.questions())
            && before.searched().all(kept)
            && before.lists().all(meant)
    }

    /// What an edit of a code list comes to. `wanted` are all codes in their new order; what a code does not
    /// say stays as it is. `shipped` is the schema without the organisation's edits.
    ///
    /// # Errors
    /// `not_found` for a list that there is not; `code_removed` (a code is retired, never deleted), `invalid_code`, `duplicate_entry`,
    /// `ambiguous_spelling`, `required`, `too_long`, `too_large`, `unknown_code` (of a `parent`),
    /// `wrong_type` (of `attrs`), each with `list`, the `code` and the `field`.
    pub fn edit_list(&self, shipped: &Self, key: &str, wanted: &[CodeEdit]) -> Result<ListEdit, Refusal> {
        let (Some(list), Some(base)) = (self.list(key), shipped.list(key)) else {
            return Err(Refusal::new(Code::NotFound).with("list", key));
        };
        let refused = |code: Code, field: &str, of: &str| {
            Refusal::field(code, field).with("list", key).with("code", of)
        };
        if wanted.len() > CODES {
            return Err(refused(Code::TooLarge, "codes", "").with("max", CODES));
        }
        let mut codes: Vec<ListCode> = Vec::with_capacity(wanted.len());
        for edit in wanted {
            let mut code = match list.code(&edit.code) {
                Some(code) => code.clone(),
                None if is_code(&edit.code) => fresh(&edit.code),
                None => return Err(refused(Code::InvalidCode, "code", &edit.code).with("max", CODE)),
            };
            if codes.iter().any(|c| c.code == code.code) {
                return Err(refused(Code::DuplicateEntry, "code", &code.code));
            }
            apply(&mut code, edit);
            tidy(&mut code);
            if (key, code.code.as_str()) == GRAVE {
                code.retired = base.code(GRAVE.1).is_some_and(|c| c.retired);
            }
            codes.push(code);
        }
        if let Some(gone) = list.codes.iter().find(|c| !codes.iter().any(|n| n.code == c.code)) {
            return Err(refused(Code::CodeRemoved, "code", &gone.code));
        }
        let parents = self.parents_of(list);
        for code in &codes {
            let at = |reason, field| refused(reason, field, &code.code);
            if code.label.zh.is_empty() {
                return Err(at(Code::Required, "label"));
            }
            let too_long = |text: &String| text.chars().count() > TEXT || text.chars().any(char::is_control);
            if [&code.label.zh, &code.label.en].into_iter().any(too_long) {
                return Err(at(Code::TooLong, "label").with("max", TEXT));
            }
            if code.synonyms.iter().any(too_long) {
                return Err(at(Code::TooLong, "synonyms").with("max", TEXT));
            }
            if code.synonyms.len() > SYNONYMS {
                return Err(at(Code::TooLarge, "synonyms").with("max", SYNONYMS));
            }
            match (&code.parent, parents) {
                (Some(parent), Some(of)) if of.code(parent).is_some() => {}
                (None, None) => {}
                (parent, _) => {
                    let parent = parent.as_deref().unwrap_or_default();
                    return Err(at(Code::UnknownCode, "parent").with("value", parent));
                }
            }
            if let Some(name) = strange_attribute(base, code) {
                return Err(at(Code::WrongType, "attrs").with("value", name));
            }
        }
        if let Some((spelling, one, other)) = ambiguous(&codes) {
            return Err(refused(Code::AmbiguousSpelling, "synonyms", one)
                .with("value", spelling)
                .with("other", other));
        }
        Ok(ListEdit { codes: codes.iter().map(|code| difference(base.code(&code.code), code)).collect() })
    }

    /// The list whose codes are the parents of this one's.
    #[must_use]
    pub fn parents_of(&self, list: &CodeList) -> Option<&CodeList> {
        let mut parents = list.codes.iter().filter_map(|c| c.parent.as_deref()).peekable();
        parents.peek()?;
        let parents: Vec<&str> = parents.collect();
        self.lists().find(|l| l.key != list.key && parents.iter().all(|p| l.code(p).is_some()))
    }
}

/// A list as a server serves it. Unknown keys are passed over: the server may be newer.
#[derive(Deserialize)]
struct Served {
    key: String,
    codes: Vec<ServedCode>,
}

#[derive(Deserialize)]
struct ServedCode {
    code: String,
    label: Label,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    retired: bool,
    #[serde(default)]
    attrs: BTreeMap<String, toml::Value>,
}

impl ServedCode {
    fn with_synonyms_of(self, list: &CodeList) -> ListCode {
        let synonyms = list.code(&self.code).map(|c| c.synonyms.clone()).unwrap_or_default();
        let Self { code, label, parent, retired, attrs } = self;
        ListCode { code, label, parent, synonyms, retired, attrs }
    }
}

fn edited(list: &mut CodeList, edit: &ListEdit) {
    let mut codes = Vec::with_capacity(list.codes.len().max(edit.codes.len()));
    for edit in &edit.codes {
        let place = list.codes.iter().position(|c| c.code == edit.code);
        let mut code = place.map_or_else(|| fresh(&edit.code), |place| list.codes.remove(place));
        apply(&mut code, edit);
        codes.push(code);
    }
    codes.append(&mut list.codes);
    list.codes = codes;
}

fn fresh(code: &str) -> ListCode {
    ListCode {
        code: code.to_owned(),
        label: Label::default(),
        parent: None,
        synonyms: Vec::new(),
        retired: false,
        attrs: BTreeMap::new(),
    }
}

fn apply(code: &mut ListCode, edit: &CodeEdit) {
    let CodeEdit { code: _, label, parent, synonyms, retired, attrs } = edit.clone();
    code.label = label.unwrap_or_else(|| code.label.clone());
    code.parent = parent.or_else(|| code.parent.clone());
    code.synonyms = synonyms.unwrap_or_else(|| code.synonyms.clone());
    code.retired = retired.unwrap_or(code.retired);
    code.attrs = attrs.unwrap_or_else(|| code.attrs.clone());
}

/// No stray spaces; who writes no English has the Chinese word there.
fn tidy(code: &mut ListCode) {
    let trimmed = |text: &String| text.trim().to_owned();
    code.label = Label { zh: trimmed(&code.label.zh), en: trimmed(&code.label.en) };
    if code.label.en.is_empty() {
        code.label.en.clone_from(&code.label.zh);
    }
    code.parent = code.parent.as_ref().map(trimmed).filter(|p| !p.is_empty());
    code.synonyms = code.synonyms.iter().map(trimmed).filter(|s| !s.is_empty()).collect();
    let mut seen = std::collections::BTreeSet::new();
    code.synonyms.retain(|s| seen.insert(s.clone()));
}

/// Only what differs from the shipped code, so that a later release's wording reaches what was not edited.
fn difference(shipped: Option<&ListCode>, code: &ListCode) -> CodeEdit {
    let blank = fresh(&code.code);
    let base = shipped.unwrap_or(&blank);
    CodeEdit {
        code: code.code.clone(),
        label: (base.label != code.label).then(|| code.label.clone()),
        parent: code.parent.clone().filter(|_| base.parent != code.parent),
        synonyms: (base.synonyms != code.synonyms).then(|| code.synonyms.clone()),
        retired: (base.retired != code.retired).then_some(code.retired),
        attrs: (base.attrs != code.attrs).then(|| code.attrs.clone()),
    }
}

fn is_code(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.len() <= CODE && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(plain)
}

/// Attributes mean something to the program: only those that the list has as shipped, of the same type.
fn strange_attribute<'a>(shipped: &CodeList, code: &'a ListCode) -> Option<&'a str> {
    let known = |name: &str, value: &toml::Value| {
        let same = |c: &ListCode| c.attrs.get(name).is_some_and(|v| v.same_type(value));
        shipped.codes.iter().any(same)
    };
    code.attrs.iter().find(|(name, value)| !known(name, value)).map(|(name, _)| name.as_str())
}

/// A spelling that means two codes, and these.
fn ambiguous(codes: &[ListCode]) -> Option<(String, &str, &str)> {
    let mut meant: BTreeMap<String, &str> = BTreeMap::new();
    for code in codes {
        let spellings = [&code.code, &code.label.zh, &code.label.en].into_iter().chain(&code.synonyms);
        for spelling in spellings {
            let spelling = spelling.trim().to_ascii_lowercase();
            match meant.insert(spelling.clone(), &code.code) {
                Some(other) if other != code.code => return Some((spelling, &code.code, other)),
                _ => {}
            }
        }
    }
    None
}
