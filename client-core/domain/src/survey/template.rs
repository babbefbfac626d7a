//! What a questionnaire says: sections, questions, options, branches, and how it is scored. Read from
//! `templates/*.toml`, written and read as JSON by phones and pages, and edited by the office; the same
//! shape everywhere.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::number;
use crate::calc::bands::Bands;
use crate::calc::scoring::{LikertConversion, ScoringModel};
use crate::calc::sheet::ValidityRule;
use crate::calc::survey::TargetMeasure;
use crate::schema::Label;

/// What a questionnaire is for (适用).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// 服务后, filled by the user after a site visit (F47).
    Visit,
    /// 回访
    ReturnVisit,
    /// 投诉回访
    Callback,
    /// 年度调查 and any other round of sheets (4.9).
    Campaign,
    /// 内部, between departments (F48).
    Internal,
}

/// How answers become a score: `c05` … `c13`, or `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// Five levels of 10/8/6/4/2 points.
    C05,
    /// Criteria whose weights sum to 100.
    C06,
    /// Likert index.
    C08,
    /// Weighted average.
    C09,
    /// Plain mean.
    C10,
    /// Shares of four levels.
    C11,
    /// Shares of three levels.
    C12,
    /// Options, equally spaced from 100 to 0.
    C13,
    /// Kept, never scored.
    #[default]
    None,
}

/// How points of 1–5 become a number of 0–100 (C08).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likert {
    /// s ÷ 5 × 100.
    #[default]
    OfFive,
    /// (s − 1) ÷ 4 × 100.
    FromOne,
}

/// Which sheets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Validity {
    /// C03: at least two thirds of the questions answered.
    #[serde(rename = "two_thirds")]
    TwoThirds,
    /// C04: one unanswered scores 3, two make the sheet invalid. With the scoring [`Scoring::C08`] only.
    #[serde(rename = "missing_max_1")]
    MissingMaxOne,
    /// Every sheet.
    #[default]
    #[serde(rename = "none")]
    None,
}

/// What the target is compared with (C16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Mean of the sheets' indices.
    #[default]
    MeanIndex,
    /// Customers with an index of 70 or more.
    SatisfiedCustomers,
    /// Ratings of 4 and 5 among all ratings.
    FavourableRatings,
    /// Each question by itself (C10).
    EachItem,
}

impl Measure {
    /// The measure over all customers; `None` where each question has the target.
    #[must_use]
    pub fn over_customers(self) -> Option<TargetMeasure> {
        match self {
            Self::MeanIndex => Some(TargetMeasure::MeanIndex),
            Self::SatisfiedCustomers => Some(TargetMeasure::SatisfiedCustomers),
            Self::FavourableRatings => Some(TargetMeasure::FavourableRatings),
            Self::EachItem => None,
        }
    }
}

/// A named range of the index of 100.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// A code of the list `satisfaction_band`.
    pub code: String,
    /// Lowest index of the band, inclusive; 0 for the last.
    #[serde(with = "number")]
    pub from: Decimal,
}

/// What is asked, and how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// One level of a scale, the best first.
    Scale,
    /// One option.
    Single,
    /// Several options; never scored.
    Multi,
    /// In the customer's words; never scored.
    Text,
    /// Points, a percentage, a number.
    Number,
    /// Rows that share options; each row is a question of its own, `<item>/<row>`.
    Matrix,
}

impl ItemKind {
    /// Whether it is answered by options.
    #[must_use]
    pub const fn has_options(self) -> bool {
        matches!(self, Self::Scale | Self::Single | Self::Multi | Self::Matrix)
    }
    /// Whether it can be scored at all.
    #[must_use]
    pub const fn can_score(self) -> bool {
        !matches!(self, Self::Multi | Self::Text)
    }
}

/// A condition of a branch: asked only after one of these answers. The question stands earlier in the
/// template. A template branches by business line by asking for the line first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Code of the earlier question.
    pub item: String,
    /// Options, of which one must have been chosen.
    pub is: Vec<String>,
}

/// An option of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is stored; unique in the question.
    pub code: String,
    /// What is shown.
    pub text: Label,
    /// Its points on the model's scale; without them the spacing of C13 applies.
    #[serde(default, with = "number::option", skip_serializing_if = "Option::is_none")]
    pub points: Option<Decimal>,
    /// The bad answer, such as 有 to 乱收费现象.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_negative: bool,
    /// Room for the customer's words beside it (其他).
    #[serde(default, skip_serializing_if = "is_false")]
    pub has_free_text: bool,
}

/// A row of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Unique in the matrix.
    pub code: String,
    /// What is shown.
    pub text: Label,
    /// Its weight.
    #[serde(default, with = "number::option", skip_serializing_if = "Option::is_none")]
    pub weight: Option<Decimal>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Unique in the template.
    pub code: String,
    /// What is asked.
    pub text: Label,
    /// How it is answered.
    pub kind: ItemKind,
    /// The scale that its options were taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<String>,
    /// Options; the best first, unless the first is the negative one.
    #[serde(default, alias = "option", skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// Rows of a matrix.
    #[serde(default, alias = "row", skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// Smallest number.
    #[serde(default, with = "number::option", skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// Largest number.
    #[serde(default, with = "number::option", skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
    /// Unit of the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Weight: per cent for C06, any unit for C08 and C09.
    #[serde(default, with = "number::option", skip_serializing_if = "Option::is_none")]
    pub weight: Option<Decimal>,
    /// Kept out of the score although its kind could have one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unscored: bool,
    /// The question for the overall satisfaction (C13, C19).
    #[serde(default, skip_serializing_if = "is_false")]
    pub overall: bool,
    /// Not among the questions that a validity rule counts. Free text never is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// Asked only if all of these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Branch>,
}

/// A part of a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Unique in the template.
    pub code: String,
    /// Its heading.
    pub title: Label,
    /// Asked only if all of these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Branch>,
    /// Its questions, in order.
    #[serde(alias = "item")]
    pub items: Vec<Item>,
}

/// One version of a questionnaire. Once used it never changes: another version is another row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// 问卷编号
    pub code: String,
    /// From 1; the highest is the one offered.
    pub version: u32,
    /// 名称
    pub title: Label,
    /// Number of the printed form (QR2104).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_no: Option<String>,
    /// Where it comes from: the form's number in the domain catalogue (F40).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The source lost its questions or its points; this is a proposal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub proposed: bool,
    /// No longer offered for new sheets.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
    /// 适用
    pub applies_to: BTreeSet<Use>,
    /// 开场白
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_script: Option<Label>,
    /// 结束语
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_script: Option<Label>,
    /// 拒访话术
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_script: Option<Label>,
    /// 计分模型
    #[serde(default)]
    pub scoring: Scoring,
    /// Setting of C08.
    #[serde(default, skip_serializing_if = "is_default")]
    pub likert: Likert,
    /// 有效性规则
    #[serde(default)]
    pub validity: Validity,
    /// 等级, the highest first.
    #[serde(default, alias = "band", skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
    /// 目标, 0–100.
    #[serde(default, with = "number::option", skip_serializing_if = "Option::is_none")]
    pub target: Option<Decimal>,
    /// What the target is compared with.
    #[serde(default)]
    pub target_measure: Measure,
    /// 可按客户或产品加题
    #[serde(default, skip_serializing_if = "is_false")]
    pub extra_items_allowed: bool,
    /// 部分
    #[serde(alias = "section")]
    pub sections: Vec<Section>,
}

/// A question as it is answered: an item, or one row of a matrix.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What answers name: the item's code, or `<item>/<row>`.
    pub code: String,
    /// The section that it stands in.
    pub section: &'a Section,
    /// The item.
    pub item: &'a Item,
    /// The row of a matrix.
    pub row: Option<&'a Row>,
}

impl Question<'_> {
    /// Its weight.
    #[must_use]
    pub fn weight(&self) -> Option<Decimal> {
        self.row.map_or(self.item.weight, |r| r.weight)
    }
    /// The option with this code.
    #[must_use]
    pub fn option(&self, code: &str) -> Option<&Choice> {
        self.item.options.iter().find(|o| o.code == code)
    }
    /// Whether the first option is the worst.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.item.options.first().is_some_and(|o| o.is_negative)
    }
}

impl Template {
    /// Every question in order, rows of matrices one by one.
    pub fn questions(&self) -> impl Iterator<Item = Question<'_>> {
        self.sections.iter().flat_map(|section| {
            section.items.iter().flat_map(move |item| {
                let rows: Vec<Option<&Row>> = match item.kind {
                    ItemKind::Matrix => item.rows.iter().map(Some).collect(),
                    _ => vec![None],
                };
                rows.into_iter().map(move |row| {
                    let code = match row {
                        Some(row) => format!("{}/{}", item.code, row.code),
                        None => item.code.clone(),
                    };
                    Question { code, section, item, row }
                })
            })
        })
    }

    /// The question that answers name so.
    #[must_use]
    pub fn question(&self, code: &str) -> Option<Question<'_>> {
        self.questions().find(|q| q.code == code)
    }

    /// Whether answers to the question count for the score.
    #[must_use]
    pub fn scores(&self, question: &Question<'_>) -> bool {
        self.scoring != Scoring::None && question.item.kind.can_score() && !question.item.unscored
    }

    /// The model with its settings.
    #[must_use]
    pub fn model(&self) -> ScoringModel {
        match self.scoring {
            Scoring::C05 => ScoringModel::FiveLevel,
            Scoring::C06 => ScoringModel::WeightedCriteria,
            Scoring::C08 => ScoringModel::LikertIndex(match self.likert {
                Likert::OfFive => LikertConversion::OfFive,
                Likert::FromOne => LikertConversion::FromOne,
            }),
            Scoring::C09 => ScoringModel::WeightedAverage,
            Scoring::C10 => ScoringModel::PlainMean,
            Scoring::C11 => ScoringModel::FourLevel,
            Scoring::C12 => ScoringModel::ThreeLevel,
            Scoring::C13 => ScoringModel::Options,
            Scoring::None => ScoringModel::Unscored,
        }
    }

    /// The rule of validity.
    #[must_use]
    pub fn rule(&self) -> ValidityRule {
        match self.validity {
            Validity::TwoThirds => ValidityRule::TwoThirds,
            Validity::MissingMaxOne => ValidityRule::MISSING_MAX_ONE,
            Validity::None => ValidityRule::None,
        }
    }

    /// Code of the band of an index; `None` for a template without bands.
    #[must_use]
    pub fn band(&self, index: Decimal) -> Option<String> {
        let (last, higher) = self.bands.split_last()?;
        let bounds = higher.iter().map(|b| (b.from, b.code.clone())).collect();
        Some(Bands::new(bounds, last.code.clone()).ok()?.of(index).to_owned())
    }
}

fn is_false(b: &bool) -> bool {
    !*b
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
