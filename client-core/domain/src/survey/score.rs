//! From a sheet's answers and corrections to its score, by the formulas of [`crate::calc`].

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::check::{by_points, of, options};
use super::template::{Branch, ItemKind, Question, Scoring, Template};
use crate::calc::number::{CalcError, mean, weighted_mean};
use crate::calc::scoring::{LikertConversion, Score, ScoreError, ScoringModel};
use crate::calc::sheet::{Answers, Choice, Item, Response, ValidityRule};
use crate::calc::{catalogue, scoring};
use crate::derive::Rules;
use crate::document::{Entry, RecordView};
use crate::keys::survey as key;
use crate::lifecycle::{self, taken};
use crate::schema::Schema;
use crate::value::Value;

/// Why a sheet does not count; codes of the list `survey_invalid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// No scored question is answered.
    NoAnswers,
    /// Too few by the template's rule (C03, C04).
    TooFewAnswers,
    /// A weighted question is not answered (C06).
    MissingAnswer,
    /// An answer is not on the scale; only a sheet that no check saw can have one.
    OffScale,
    /// The sheet was voided.
    Voided,
    /// The template's version is not known here.
    UnknownTemplate,
}

impl Invalid {
    /// The stable code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswers => "no_answers",
            Self::TooFewAnswers => "too_few_answers",
            Self::MissingAnswer => "missing_answer",
            Self::OffScale => "off_scale",
            Self::Voided => "voided",
            Self::UnknownTemplate => "unknown_template",
        }
    }
}

/// What one question contributed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemScore {
    /// The question.
    pub item: String,
    /// The option chosen.
    pub option: Option<String>,
    /// Points on the model's own scale, unrounded.
    pub points: Option<Decimal>,
    /// The same as 0–100, unrounded.
    pub percent: Option<Decimal>,
    /// Not answered, filled in by C04.
    pub filled: bool,
}

/// The result of one sheet. Numbers are unrounded; whoever shows them rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scored {
    /// Whether the sheet enters statistics.
    pub valid: bool,
    /// Why not.
    pub invalid_reason: Option<Invalid>,
    /// Questions asked in this sheet's branches; free text and optional ones are not counted.
    pub asked: usize,
    /// How many of them were answered.
    pub answered: usize,
    /// Scored questions in the template's order.
    pub item_scores: Vec<ItemScore>,
    /// Sections with scored questions: code and 0–100.
    pub section_scores: Vec<(String, Decimal)>,
    /// On the template's own scale: C05 the sum of points, C08 the weighted mean of 1–5, else as
    /// `index100`.
    pub total: Option<Decimal>,
    /// 0–100; `None` for C11, C12 and unscored templates.
    pub index100: Option<Decimal>,
    /// Code of the band.
    pub band: Option<String>,
    /// C08 index of 70 or more; C13 the overall question answered with one of the two best options,
    /// and not with the worst.
    pub satisfied: Option<bool>,
    /// The question for the overall satisfaction as it was answered, 0–100; never worked out from the others.
    pub overall: Option<Decimal>,
    /// Formula and its version (`c13/1`).
    pub formula: String,
}

/// A sheet as the formulas take it.
#[derive(Clone, Debug)]
pub struct Sheet {
    items: Vec<Item>,
    given: Vec<(String, Response)>,
    rule: ValidityRule,
}

impl Sheet {
    /// The same, borrowed, for [`crate::calc::scoring::score`].
    #[must_use]
    pub fn answers(&self) -> Answers<'_> {
        Answers { items: &self.items, given: &self.given, validity: self.rule }
    }

    /// The questions that count, for results over many sheets ([`crate::calc::survey`]).
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }
}

/// What the sheet says about one question.
struct Said<'a> {
    options: Vec<&'a str>,
    score: Option<Decimal>,
    text: bool,
}

impl Said<'_> {
    fn of(entry: &Entry) -> Option<Said<'_>> {
        if entry.fields.get(key::ANSWERS_UNANSWERED) == Some(&Value::Bool(true)) {
            return None;
        }
        let option = match entry.fields.get(key::ANSWERS_OPTION) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let score = match entry.fields.get(key::ANSWERS_SCORE) {
            Some(Value::Decimal(score)) => Some(*score),
            _ => None,
        };
        let text = entry.fields.get(key::ANSWERS_TEXT).is_some_and(|t| !t.is_empty());
        Some(Said { options: options(option), score, text })
    }

    fn response(&self, question: &Question<'_>) -> Response {
        let chosen = |code: &str| Response::Choice(code.to_owned());
        match question.item.kind {
            ItemKind::Text if self.text => Response::Text,
            ItemKind::Multi if !self.options.is_empty() => Response::Text,
            ItemKind::Number => self.score.map_or(Response::Unanswered, Response::Points),
            ItemKind::Scale | ItemKind::Single | ItemKind::Matrix => match (&self.options[..], self.score) {
                ([code, ..], _) => chosen(code),
                ([], Some(points)) => by_points(question, points).map_or(Response::Points(points), chosen),
                ([], None) => Response::Unanswered,
            },
            ItemKind::Text | ItemKind::Multi => Response::Unanswered,
        }
    }
}

/// What counts for each question: the first answer, or the newest correction. Entries come oldest first, so
/// that two people who answered the same question at the same time come to the same result everywhere.
fn said(view: &RecordView) -> BTreeMap<String, Option<Said<'_>>> {
    let live =
        |collection: &str| view.collections.get(collection).into_iter().flatten().filter(|e| !e.removed);
    let item = |entry: &Entry, field: &str| entry.fields.get(field).map(Value::to_text);
    let mut by_item = BTreeMap::new();
    for entry in live(key::ANSWERS) {
        let Some(item) = item(entry, key::ANSWERS_ITEM) else { continue };
        by_item.entry(item).or_insert_with(|| Said::of(entry));
    }
    for entry in live(key::CORRECTIONS) {
        let Some(item) = item(entry, key::CORRECTIONS_ITEM) else { continue };
        by_item.insert(item, Said::of(entry));
    }
    by_item
}

impl Template {
    /// The sheet's answers to the questions of its branches.
    #[must_use]
    pub fn answers(&self, view: &RecordView) -> Sheet {
        let said = said(view);
        let mut sheet = Sheet { items: Vec::new(), given: Vec::new(), rule: self.rule() };
        let mut hidden: Vec<&str> = Vec::new();
        for question in self.questions() {
            let item = question.item;
            let holds = |branch: &Branch| {
                !hidden.contains(&branch.item.as_str())
                    && said
                        .get(&branch.item)
                        .and_then(Option::as_ref)
                        .is_some_and(|s| s.options.iter().any(|o| branch.is.iter().any(|i| i == o)))
            };
            if !question.section.when.iter().chain(&item.when).all(holds) {
                hidden.push(&item.code);
                continue;
            }
            let response = said.get(&question.code).and_then(Option::as_ref);
            let response = response.map_or(Response::Unanswered, |s| s.response(&question));
            let scored = self.scores(&question);
            let counts = item.kind != ItemKind::Text && !item.optional;
            if counts || (scored && response != Response::Unanswered) {
                sheet.items.push(as_item(&question, scored));
                sheet.given.push((question.code, response));
            }
        }
        sheet
    }
}

fn as_item(question: &Question<'_>, scored: bool) -> Item {
    let options = question.item.options.iter();
    Item {
        code: question.code.clone(),
        weight: question.weight(),
        options: options.map(|o| Choice { code: o.code.clone(), points: o.points }).collect(),
        negative: question.is_negative(),
        scored,
        overall: question.item.overall,
    }
}

/// Scores one sheet by its template.
#[must_use]
pub fn score(template: &Template, view: &RecordView) -> Scored {
    let sheet = template.answers(view);
    let model = template.model();
    let version = catalogue::version(model.code()).unwrap_or(1);
    let mut out = Scored {
        asked: sheet.items.len(),
        answered: sheet.given.iter().filter(|(_, r)| *r != Response::Unanswered).count(),
        overall: overall(template, &sheet),
        formula: format!("{}/{version}", model.code()),
        ..Scored::default()
    };
    match scoring::score(model, &sheet.answers()) {
        Ok(score) => fill(&mut out, template, &sheet, score),
        Err(error) => out.invalid_reason = Some(reason(&error)),
    }
    out
}

/// The result that stands in the record: none while the sheet is being filled in. Its formula's version is that of
/// the day it was handed in.
#[must_use]
pub fn result(schema: &Schema, view: &RecordView) -> Option<Scored> {
    let void = |reason| Some(Scored { invalid_reason: Some(reason), ..Scored::default() });
    match view.folded.status.as_str() {
        "" | "draft" => return None,
        "voided" => return void(Invalid::Voided),
        // A sheet filed after it was voided stays void.
        "archived" if filed_void(view) => return void(Invalid::Voided),
        _ => {}
    }
    let (code, version) = of(view);
    let template = u32::try_from(version).ok().and_then(|v| schema.templates().get(code, v));
    let Some(template) = template else { return void(Invalid::UnknownTemplate) };
    let rules = Rules::of(schema, schema.kind(&view.kind)?, view)?;
    let model = template.model().code();
    Some(Scored { formula: format!("{model}/{}", rules.version(model)), ..score(template, view) })
}

/// Whether the sheet was void when it was filed. That somebody voided it once is not enough: the office may have
/// settled that another step, made at the same time, stands.
fn filed_void(view: &RecordView) -> bool {
    let steps = taken(lifecycle::by_key(key::KIND), &view.events);
    steps.iter().rev().find(|step| step.event.to == "archived").is_some_and(|step| step.from == "voided")
}

fn fill(out: &mut Scored, template: &Template, sheet: &Sheet, score: Score) {
    out.valid = true;
    out.satisfied = score.satisfied;
    out.index100 = score.total;
    out.band = score.total.and_then(|index| template.band(index));
    out.total = total(score.model, &score);
    out.section_scores = sections(template, &score);
    out.item_scores = score
        .items
        .into_iter()
        .map(|item| {
            let of = sheet.items.iter().find(|i| i.code == item.item);
            let option = of.zip(item.level).and_then(|(of, level)| of.options.get(level));
            ItemScore {
                option: option.map(|o| o.code.clone()),
                item: item.item,
                points: item.points,
                percent: item.percent,
                filled: item.filled,
            }
        })
        .collect();
}

/// The index on the scale that the template's own points have.
fn total(model: ScoringModel, score: &Score) -> Option<Decimal> {
    let index = score.total?;
    match model {
        ScoringModel::FiveLevel => Some(score.items.iter().filter_map(|i| i.points).sum()),
        ScoringModel::LikertIndex(LikertConversion::OfFive) => index.checked_div(Decimal::from(20)),
        ScoringModel::LikertIndex(LikertConversion::FromOne) => {
            Some(index.checked_div(Decimal::from(25))? + Decimal::ONE)
        }
        _ => Some(index),
    }
}

/// The parts of the questionnaire: by the weights of their questions where all have one, else the mean.
fn sections(template: &Template, score: &Score) -> Vec<(String, Decimal)> {
    let mut out = Vec::new();
    for section in &template.sections {
        let questions = template.questions().filter(|q| q.section.code == section.code);
        let percents: Vec<(Decimal, Option<Decimal>)> = questions
            .filter_map(|q| {
                let item = score.items.iter().find(|i| i.item == q.code)?;
                Some((item.percent?, q.weight()))
            })
            .collect();
        let weighted: Option<Vec<(Decimal, Decimal)>> =
            percents.iter().map(|(percent, weight)| Some((*percent, (*weight)?))).collect();
        let result = match weighted {
            Some(pairs) => weighted_mean(&pairs),
            None => mean(&percents.iter().map(|(percent, _)| *percent).collect::<Vec<_>>()),
        };
        out.extend(result.ok().map(|percent| (section.code.clone(), percent)));
    }
    out
}

/// The overall question's own points as 0–100: of the most that it can have.
fn overall(template: &Template, sheet: &Sheet) -> Option<Decimal> {
    let item = sheet.items.iter().find(|i| i.overall)?;
    let response = &sheet.given.iter().find(|(code, _)| *code == item.code)?.1;
    let most = |best: Option<Decimal>| match template.scoring {
        Scoring::C08 if item.scored => Some(Decimal::from(5)),
        _ => best,
    };
    let share = |points: Decimal, most: Decimal| {
        let share = points.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(most)?;
        (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&share).then_some(share)
    };
    match response {
        Response::Points(points) => {
            let max = template.question(&item.code).and_then(|q| q.item.max);
            share(*points, most(max).unwrap_or(Decimal::ONE_HUNDRED))
        }
        Response::Choice(code) => {
            let level = item.options.iter().position(|o| o.code == *code)?;
            let best = item.options.iter().filter_map(|o| o.points).max();
            match (item.options[level].points, most(best)) {
                (Some(points), Some(most)) => share(points, most),
                _ => scoring::option_points(item, level).ok(),
            }
        }
        Response::Text | Response::Unanswered => None,
    }
}

fn reason(error: &ScoreError) -> Invalid {
    match error {
        ScoreError::InvalidSheet { .. } => Invalid::TooFewAnswers,
        ScoreError::MissingAnswer { .. } => Invalid::MissingAnswer,
        ScoreError::Calc(CalcError::Empty) => Invalid::NoAnswers,
        _ => Invalid::OffScale,
    }
}
