//! The record schema: the one declaration of every kind, field and code list.
//!
//! Read from `records/*.toml`. From it come document paths, validation, permissions, tables, forms,
//! imports, exports and the API's JSON; adding a field is one entry in one file. What is not known
//! here is kept, not dropped (see [`crate::document::read`]).

mod list;
mod load;
mod overlay;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, OnceLock};

use serde::{Deserialize, Serialize};

use crate::deadline::Calendar;
use crate::lifecycle::Transition;
use crate::settings::{self, Formulas, Pattern, Settings};
use crate::survey::Templates;
use crate::time::Zone;

pub use list::{CodeList, ListCode};
pub use load::SchemaError;

/// A label in each language of the product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Simplified Chinese, the first language.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line.
    Text,
    /// Long prose, merged character by character.
    Longtext,
    /// A calendar day.
    Date,
    /// A time of day, `HH:MM`.
    Time,
    /// An instant.
    Datetime,
    /// One code of a list.
    Enum,
    /// Several codes of a list.
    MultiEnum,
    /// A whole number.
    Int,
    /// An exact decimal.
    Decimal,
    /// An exact decimal, in per cent.
    Percent,
    /// CNY with two decimals.
    Money,
    /// Yes or no.
    Bool,
    /// Another record, or a user.
    Ref,
}

/// Who may change a field, as a class (DESIGN §5); [`crate::authz`] has the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Anyone assigned adds; nobody rewrites another's.
    Evidence,
    /// The creator and whoever is assigned, until the record is closed.
    Shared,
    /// The creator or lead, until submitted.
    Own,
    /// Office.
    Core,
    /// Office, in an office-only document.
    Handling,
    /// By the lifecycle table.
    Status,
    /// The server only.
    System,
    /// Never after it is first set.
    Frozen,
}

/// Whether people are shown values that were set at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The other value is offered beside the one showing.
    Show,
    /// One value stands, the other stays in history.
    #[default]
    Silent,
}

/// When a field must have a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Required {
    /// `"always"`.
    Always(Always),
    /// Before the record enters one of these statuses, or makes one of these steps (by their ids, `T13`).
    Entering(Vec<String>),
}

/// On what a requirement depends: the value of another field of the record or of its companion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The field looked at.
    pub field: String,
    /// Needed only if it has one of these values: codes, `true`, numbers as written; of several codes, one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<String>,
    /// Needed unless it has one of these values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<String>,
    /// Needed only if it has any value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub filled: bool,
}

impl When {
    /// Whether the condition holds for this value.
    #[must_use]
    pub fn holds(&self, value: &crate::value::Value) -> bool {
        let among = |list: &[String]| match value {
            crate::value::Value::Codes(codes) => codes.iter().any(|c| list.contains(c)),
            other => list.contains(&other.to_text()),
        };
        (self.is.is_empty() || among(&self.is))
            && (self.not.is_empty() || !among(&self.not))
            && (!self.filled || !value.is_empty())
    }
}

/// The word `"always"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Always {
    /// Always.
    Always,
}

impl Default for Required {
    fn default() -> Self {
        Self::Entering(Vec::new())
    }
}

impl Required {
    /// Whether a step needs a value; its status or its own id may be named.
    #[must_use]
    pub fn by(&self, step: &Transition) -> bool {
        match self {
            Self::Always(_) => true,
            Self::Entering(list) => list.iter().any(|s| s == step.to || s == step.id),
        }
    }
}

fn is_false(b: &bool) -> bool {
    !*b
}

/// One field of a kind, or of a collection's entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The name in documents, API, imports and exports.
    pub key: String,
    /// The group that orders forms; empty inside a collection.
    #[serde(default)]
    pub group: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Its name on screens.
    pub label: Label,
    /// A hint under the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Label>,
    /// Key of the code list of an enum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Kind that a reference points to, or `user`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// When it must have a value.
    #[serde(default)]
    pub required: Required,
    /// On what that depends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// A day or instant that it may not lie before: the key of another field of the same record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Who may change it, as declared; after loading always there: a field of an entry has its
    /// collection's class unless it declares its own, any other field is the office's.
    #[serde(default, rename = "access")]
    pub declared_access: Option<Access>,
    /// May be captured on a phone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub offline: bool,
    /// Whether people are asked to choose between values set at the same time.
    #[serde(default)]
    pub conflict: Conflict,
    /// A column of the list tables, to filter and sort by.
    #[serde(default, skip_serializing_if = "is_false")]
    pub index: bool,
    /// Part of full-text search.
    #[serde(default, skip_serializing_if = "is_false")]
    pub search: bool,
    /// Personal data: never in logs, exports of it are audited.
    #[serde(default, skip_serializing_if = "is_false")]
    pub personal: bool,
    /// Worked out by the system, never typed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub computed: bool,
    /// Permission that an office user needs besides the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may: Option<crate::authz::Permission>,
    /// Unit of the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<usize>,
    /// Smallest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_value: Option<String>,
    /// Largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_value: Option<String>,
    /// Schema version that brought it.
    #[serde(default = "one")]
    pub since: u32,
    /// Place in the default list of the office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Place on the print sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<u32>,
    /// Header spellings that an import maps to this field.
    #[serde(default, rename = "import", skip_serializing)]
    pub headers: Vec<String>,
}

fn core_access() -> Access {
    Access::Core
}
fn one() -> u32 {
    1
}

impl Field {
    /// Who may change it. What the system works out is nobody's to type.
    #[must_use]
    pub fn access(&self) -> Access {
        if self.computed { Access::System } else { self.declared_access.unwrap_or(Access::Core) }
    }
    /// Most characters that the field takes: as declared, else 200, or 4,000 for prose.
    #[must_use]
    pub fn max_chars(&self) -> usize {
        self.max.unwrap_or(if self.kind == FieldType::Longtext { 4_000 } else { 200 })
    }
}

/// A group of fields on a form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its key.
    pub key: String,
    /// Its title.
    pub label: Label,
}

/// A child collection: entries keyed by UUID inside the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Its key.
    pub key: String,
    /// The group that it stands in.
    #[serde(default)]
    pub group: String,
    /// Its title.
    pub label: Label,
    /// A hint under the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Label>,
    /// Who may add and change entries.
    #[serde(default = "core_access")]
    pub access: Access,
    /// Entries are files; see [`FILE_FIELDS`].
    #[serde(default, skip_serializing_if = "is_false")]
    pub files: bool,
    /// May be captured on a phone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub offline: bool,
    /// Statuses whose entering needs at least one entry.
    #[serde(default)]
    pub required: Required,
    /// On what that depends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The field in which no two entries may have the same value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<String>,
    /// Permission that an office user needs besides the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may: Option<crate::authz::Permission>,
    /// Schema version that brought it.
    #[serde(default = "one")]
    pub since: u32,
    /// Place on the print sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<u32>,
    /// Fields of an entry.
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
}

impl Collection {
    /// The field of an entry.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.key == key)
    }
}

/// Keys that every entry of a files collection has. The bytes live outside the document, under the
/// SHA-256 of their content (64 hexadecimal digits).
pub const FILE_FIELDS: [(&str, FieldType); 6] = [
    ("sha256", FieldType::Text),
    ("size", FieldType::Int),
    ("mime", FieldType::Text),
    ("name", FieldType::Text),
    ("taken_at", FieldType::Datetime),
    ("caption", FieldType::Text),
];

/// How the server numbers the records of a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbering {
    /// The field that holds the number.
    pub field: String,
    /// The series' prefix: `TS` gives `TS2026-00001`.
    pub prefix: String,
}

/// The parts of the work of an after-sales department, in the order of its screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// 投诉
    #[default]
    Complaint,
    /// 现场服务
    Service,
    /// 回访与满意度
    Satisfaction,
    /// 质量改进
    Quality,
    /// 配件与索赔
    Parts,
    /// 费用与考核
    Money,
    /// 客户与设备
    Master,
}

/// Who sees the documents of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The creator, whoever is assigned, and the office.
    Assigned,
    /// All staff.
    Everyone,
    /// The office only.
    Office,
}

/// A kind of record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its key.
    #[serde(rename = "kind")]
    pub key: String,
    /// Schema version that brought it.
    #[serde(default = "one")]
    pub since: u32,
    /// Its name on screens.
    pub label: Label,
    /// The part of the work that it belongs to; screens list kinds by it.
    #[serde(default)]
    pub area: Area,
    /// Who sees it.
    #[serde(rename = "scope")]
    pub visibility: Visibility,
    /// Only the office makes records of it, whoever works on them later.
    #[serde(default, skip_serializing_if = "is_false")]
    pub office_makes: bool,
    /// Key of its lifecycle, if its records have a status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<String>,
    /// The kind of its office-only companion document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion: Option<String>,
    /// The kind that this one accompanies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion_of: Option<String>,
    /// How it is numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Numbering>,
    /// Fields that make the title of a list row.
    #[serde(default)]
    pub title: Vec<String>,
    /// The date field that a month filter uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// Groups, in form order.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// Fields, in form order.
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
    /// Child collections, in form order.
    #[serde(default, rename = "collection")]
    pub collections: Vec<Collection>,
    #[serde(skip)]
    by_key: HashMap<String, usize>,
}

impl Kind {
    /// The field with this key.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.by_key.get(key).map(|i| &self.fields[*i])
    }
    /// The collection with this key.
    #[must_use]
    pub fn collection(&self, key: &str) -> Option<&Collection> {
        self.collections.iter().find(|c| c.key == key)
    }
    /// The fields that are columns of the list tables.
    pub fn indexed(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| f.index)
    }
}

/// Every kind and code list.
#[derive(Clone, Debug)]
pub struct Schema {
    kinds: BTreeMap<String, Arc<Kind>>,
    lists: BTreeMap<String, CodeList>,
    settings: Settings,
    /// What formulas were left to the organisation before, where that is known: on the server.
    former: Vec<Formulas>,
    templates: Arc<Templates>,
    zone: Zone,
    calendar: Arc<Calendar>,
    /// Of the files alone.
    shipped: [u8; 16],
    fingerprint: [u8; 16],
}

/// Version of the schema's meaning; a device says it in `hello`.
pub const SCHEMA_VERSION: u32 = 1;

impl Schema {
    /// The schema compiled into the program.
    ///
    /// # Errors
    /// Never, once the tests have run: the embedded files are checked there.
    pub fn builtin() -> Result<Arc<Self>, SchemaError> {
        static BUILTIN: OnceLock<Arc<Schema>> = OnceLock::new();
        if let Some(schema) = BUILTIN.get() {
            return Ok(schema.clone());
        }
        let schema = Arc::new(Self::from_files(load::builtin_files())?);
        Ok(BUILTIN.get_or_init(|| schema).clone())
    }

    /// Kinds in a stable order, companions after the kind they accompany.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values().map(AsRef::as_ref)
    }
    /// The kind with this key.
    #[must_use]
    pub fn kind(&self, key: &str) -> Option<&Kind> {
        self.kinds.get(key).map(AsRef::as_ref)
    }
    /// The kind with this key, to keep: an organisation's edits make a new schema around the same kinds.
    #[must_use]
    pub fn shared_kind(&self, key: &str) -> Option<Arc<Kind>> {
        self.kinds.get(key).cloned()
    }
    /// The companion kind of `kind`, if it has one.
    #[must_use]
    pub fn companion(&self, kind: &Kind) -> Option<&Kind> {
        self.kind(kind.companion.as_deref()?)
    }
    /// Code lists.
    pub fn lists(&self) -> impl Iterator<Item = &CodeList> {
        self.lists.values()
    }
    /// The code list with this key.
    #[must_use]
    pub fn list(&self, key: &str) -> Option<&CodeList> {
        self.lists.get(key)
    }
    /// The fields that hold codes of a list: `kind.field`, `kind.collection/field`.
    #[must_use]
    pub fn uses_of(&self, list: &str) -> Vec<String> {
        let uses = |f: &&Field| f.list.as_deref() == Some(list);
        let of = |kind: &Kind| {
            let own = kind.fields.iter().filter(uses).map(|f| f.key.clone());
            let entries = kind
                .collections
                .iter()
                .flat_map(|c| c.fields.iter().filter(uses).map(|f| format!("{}/{}", c.key, f.key)));
            own.chain(entries).map(|field| format!("{}.{field}", kind.key)).collect::<Vec<_>>()
        };
        self.kinds().flat_map(of).collect()
    }
    /// What the organisation sets.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// What formulas leave to the organisation: as it is, as it is shipped, and as far as known as it was. Steps that
    /// a phone sends may stand on any of them.
    pub fn formulas_so_far(&self) -> impl Iterator<Item = &Formulas> {
        static SHIPPED: LazyLock<Formulas> = LazyLock::new(Formulas::default);
        [&self.settings.formulas, &*SHIPPED].into_iter().chain(&self.former)
    }
    /// The questionnaires.
    #[must_use]
    pub fn templates(&self) -> &Arc<Templates> {
        &self.templates
    }
    /// The same schema with these questionnaires: the shipped ones with the organisation's own, see
    /// [`Templates::with`].
    #[must_use]
    pub fn with_templates(self, templates: Arc<Templates>) -> Self {
        Self { templates, ..self }
    }
    /// The zone in which the organisation counts days and months.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
    /// The organisation's working days and office hours, public holidays included.
    #[must_use]
    pub fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }
    /// How records of a numbered kind are numbered.
    #[must_use]
    pub fn numbering(&self, kind: &Kind) -> Option<Pattern> {
        let prefix = &kind.number.as_ref()?.prefix;
        let own = self.settings.numbering.get(&kind.key).and_then(|p| Pattern::parse(p, prefix).ok());
        own.or_else(|| Pattern::parse(settings::numbering::DEFAULT, prefix).ok())
    }
    /// Changes with whatever rows of lists and texts for search are made by: projection tables are rebuilt
    /// when it differs, unless [`Schema::rows_as`] says that no row does.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 16] {
        &self.fingerprint
    }
}
