//! What an organisation sets: edited in the office, kept by the server, carried to devices with the
//! reference data. The schema that a program works with carries them (see [`crate::schema::Schema`]), so
//! that every rule that takes the schema knows them too.

mod check;
pub mod numbering;
mod organisation;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::calc::capital::CapitalSettings;
use crate::calc::composite::CompositeSettings;
use crate::calc::kpi::AppraisalSettings;
use crate::calc::kpi::monthly::TimelinessSettings;
use crate::calc::kpi::quarterly::AchievementSettings;
use crate::calc::money::{FineSettings, TravelSettings};
use crate::calc::repeats::RepeatSettings;
use crate::calc::return_visit::CycleSettings;
use crate::calc::service::ArrivalSettings;
use crate::calc::warranty::WarrantySettings;
use crate::deadline::{self, CalendarSettings};
use crate::error::{Code, Refusal};
use crate::time::Zone;

pub use numbering::Pattern;
pub use organisation::{CodeEdit, ListEdit, Organisation};

/// Everything that an organisation sets; each part has the defaults of the domain catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The zone in which days and months are counted ([`Zone::named`]).
    pub zone: String,
    /// When a complaint may be closed.
    pub closure: Closure,
    /// Time limits L1–L50: which are used, their lengths, starts and pauses; the escalation ladder.
    pub deadlines: deadline::Settings,
    /// Working week, office hours and the organisation's own days. Public holidays are put in by year.
    pub calendar: CalendarSettings,
    /// Pattern of official numbers by kind ([`numbering`]); kinds not named have [`numbering::DEFAULT`].
    pub numbering: BTreeMap<String, String>,
    /// How often customers are visited again (A7).
    pub return_visits: CycleSettings,
    /// How many levels of severity complaints have (A10).
    pub severity_scheme: SeverityScheme,
    /// The department that complaints belong to (归口部门, A2), as prints name it; empty: none named.
    pub complaint_owner_dept: String,
    /// Years that records are kept after they were filed (domain catalogue 7.4, A21); nothing is deleted
    /// by itself.
    pub retention_years: u32,
    /// Years of kinds that are kept shorter or longer.
    pub retention: BTreeMap<String, u32>,
    /// What formulas leave to the organisation.
    pub formulas: Formulas,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: Zone::SHANGHAI.to_owned(),
            closure: Closure::default(),
            deadlines: deadline::Settings::default(),
            calendar: CalendarSettings::default(),
            numbering: BTreeMap::new(),
            return_visits: CycleSettings::default(),
            severity_scheme: SeverityScheme::default(),
            complaint_owner_dept: String::new(),
            retention_years: 10,
            retention: BTreeMap::new(),
            formulas: Formulas::default(),
        }
    }
}

/// When a complaint may be closed: domain catalogue 4.1.2 and 4.1.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Closure {
    /// Conditions that are not asked for, by their words ([`crate::lifecycle::Check::as_str`]).
    pub off: BTreeSet<String>,
    /// How many lots in a row must be good (L10).
    pub lot_count: u32,
    /// Whether the reply to the customer waits for the lots as well (A9).
    pub require_lot_verification_before_reply: bool,
    /// After how many attempts a customer counts as not reached.
    pub unreachable_attempts: u32,
}

impl Default for Closure {
    fn default() -> Self {
        Self {
            off: BTreeSet::new(),
            lot_count: 3,
            require_lot_verification_before_reply: false,
            unreachable_attempts: 3,
        }
    }
}

/// Levels of severity: domain catalogue 3.4. The class of a defect is a field of its own beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeverityScheme {
    /// 一般, 严重 (scheme A); 重大 is not offered.
    TwoLevels,
    /// 一般, 严重, 重大.
    #[default]
    ThreeLevels,
}

/// What formulas C01–C77 leave to the organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Formulas {
    /// Composite satisfaction (C07, A11).
    pub composite: CompositeSettings,
    /// Recurrence and repeated repairs (C27, C44, C45).
    pub repeats: RepeatSettings,
    /// Warranty (C48).
    pub warranty: WarrantySettings,
    /// Late arrivals (L13, L14).
    pub arrival: ArrivalSettings,
    /// Fines of service engineers (A25).
    pub fines: FineSettings,
    /// Amounts in capital characters (C75).
    pub capital: CapitalSettings,
    /// Complaint timeliness in the monthly sheet (C60).
    pub timeliness: TimelinessSettings,
    /// Quarterly achievement (C63).
    pub achievement: AchievementSettings,
    /// Scores and bands of an appraisal (C62, C64).
    pub appraisal: AppraisalSettings,
    /// Days of a trip (C71).
    pub travel: TravelSettings,
}

impl Settings {
    /// Reads settings that a person wrote; what is not named has its default. Their soundness is checked by
    /// [`Settings::check`].
    ///
    /// # Errors
    /// `invalid_setting` with the `setting`'s path, and in `detail` what is wrong: an unknown key or a value of
    /// another type.
    pub fn read(json: &Json) -> Result<Self, Refusal> {
        serde_path_to_error::deserialize(json).map_err(|error| {
            let path = error.path().to_string();
            invalid(&path, "form").with("detail", error.into_inner().to_string())
        })
    }

    /// Reads settings that another version of this program wrote: parts that this one cannot read have their
    /// defaults. Answers which those are.
    #[must_use]
    pub fn read_known(json: &Json) -> (Self, Vec<String>) {
        let mut unread = Vec::new();
        let mut known = json.as_object().cloned().unwrap_or_default();
        known.retain(|key, value| {
            let alone = serde_json::Map::from_iter([(key.clone(), value.clone())]);
            let readable = serde_json::from_value::<Self>(Json::Object(alone)).is_ok();
            if !readable {
                unread.push(key.clone());
            }
            readable
        });
        (serde_json::from_value(Json::Object(known)).unwrap_or_default(), unread)
    }
}

/// A setting that breaks a rule.
pub(crate) fn invalid(setting: &str, rule: &str) -> Refusal {
    Refusal::new(Code::InvalidSetting).with("setting", setting).with("rule", rule)
}
