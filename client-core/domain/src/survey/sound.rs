//! What a template must be before anyone answers it: the rules, and the first that it breaks.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::template::{Branch, Item, ItemKind, Question, Scoring, Template, Validity};
use crate::calc::number;
use crate::schema::Label;

/// Most questions of a template: a sheet has to fit into one record and be read in one piece.
const MAX_QUESTIONS: usize = 200;
/// Most options of a question.
const MAX_OPTIONS: usize = 50;
/// Most characters of a question, an option or a heading.
const MAX_TEXT: usize = 500;
/// Most characters of a script.
const MAX_SCRIPT: usize = 2_000;

/// The question (empty: the template itself) and the first rule that it breaks.
pub(super) fn unsound(template: &Template) -> Option<(String, String)> {
    head(template).map(|what| (String::new(), what)).or_else(|| {
        let mut check = Check { template, codes: BTreeSet::new(), asked: Vec::new() };
        check.sections().or_else(|| check.model().map(|what| (String::new(), what)))
    })
}

fn head(template: &Template) -> Option<String> {
    let told = |what: &str| Some(what.to_owned());
    if !is_code(&template.code) {
        return told("a code is lower case letters, digits and underscores");
    }
    if template.version == 0 {
        return told("versions count from 1");
    }
    if !is_text(&template.title, MAX_TEXT) {
        return told("the title is missing or too long");
    }
    if template.applies_to.is_empty() {
        return told("applies_to is empty");
    }
    let scripts = [&template.opening_script, &template.closing_script, &template.refused_script];
    if scripts.into_iter().flatten().any(|s| !is_text(s, MAX_SCRIPT)) {
        return told("a script is empty or too long");
    }
    if template.target.is_some_and(|t| !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&t)) {
        return told("a target lies in 0–100");
    }
    let falls = template.bands.windows(2).all(|pair| pair[0].from > pair[1].from);
    if !falls || template.bands.last().is_some_and(|b| !b.from.is_zero()) {
        return told("bands fall from the highest to one from 0");
    }
    let count = template.questions().take(MAX_QUESTIONS + 1).count();
    if count == 0 || count > MAX_QUESTIONS {
        return Some(format!("1 to {MAX_QUESTIONS} questions"));
    }
    if template.questions().filter(|q| q.item.overall).count() > 1 {
        return told("one question at most asks for the overall satisfaction");
    }
    None
}

struct Check<'a> {
    template: &'a Template,
    codes: BTreeSet<&'a str>,
    /// Items asked so far, for branches that look back.
    asked: Vec<&'a Item>,
}

impl<'a> Check<'a> {
    fn sections(&mut self) -> Option<(String, String)> {
        let mut headings = BTreeSet::new();
        for section in &self.template.sections {
            let at = |what: &str| Some((section.code.clone(), what.to_owned()));
            if !is_code(&section.code) || !headings.insert(section.code.as_str()) {
                return at("the section's code is unsound or there twice");
            }
            if !is_text(&section.title, MAX_TEXT) {
                return at("the heading is missing or too long");
            }
            if let Some(what) = self.branches(&section.when) {
                return at(&what);
            }
            for item in &section.items {
                if let Some(what) = self.item(item) {
                    return Some((item.code.clone(), what));
                }
                self.asked.push(item);
            }
        }
        None
    }

    fn item(&mut self, item: &'a Item) -> Option<String> {
        let told = |what: &str| Some(what.to_owned());
        if !is_code(&item.code) || !self.codes.insert(&item.code) {
            return told("the question's code is unsound or there twice");
        }
        if !is_text(&item.text, MAX_TEXT) {
            return told("the question is missing or too long");
        }
        if let Some(what) = self.branches(&item.when) {
            return Some(what);
        }
        let mut codes = BTreeSet::new();
        for option in &item.options {
            if !is_code(&option.code) || !codes.insert(option.code.as_str()) {
                return told("an option's code is unsound or there twice");
            }
            if !is_text(&option.text, MAX_TEXT) {
                return told("an option's text is missing or too long");
            }
        }
        if item.kind.has_options() && !(2..=MAX_OPTIONS).contains(&item.options.len()) {
            return Some(format!("2 to {MAX_OPTIONS} options"));
        }
        if !item.kind.has_options() && !item.options.is_empty() {
            return told("only questions with options have them");
        }
        // 有 alone may be bad; in a longer list the order says which is worst.
        if item.options.iter().skip(1).any(|o| o.is_negative) {
            return told("only the first option may be the negative one");
        }
        let mut rows = BTreeSet::new();
        if item.rows.iter().any(|r| !is_code(&r.code) || !rows.insert(&r.code) || !is_text(&r.text, MAX_TEXT))
        {
            return told("a row's code or text is unsound or there twice");
        }
        if (item.kind == ItemKind::Matrix) == item.rows.is_empty() {
            return told("a matrix, and nothing else, has rows");
        }
        let bounded = item.min.is_some() || item.max.is_some();
        if bounded && item.kind != ItemKind::Number {
            return told("only numbers have bounds");
        }
        if matches!((item.min, item.max), (Some(min), Some(max)) if min >= max) {
            return told("min lies below max");
        }
        None
    }

    fn branches(&self, branches: &[Branch]) -> Option<String> {
        for Branch { item, is } in branches {
            let Some(earlier) = self.asked.iter().find(|i| i.code == *item) else {
                return Some(format!("branch: no earlier question {item}"));
            };
            let has = |code: &String| earlier.options.iter().any(|o| o.code == *code);
            if earlier.kind == ItemKind::Matrix || is.is_empty() || !is.iter().all(has) {
                return Some(format!("branch: {item} has no such option"));
            }
        }
        None
    }

    /// Whether the questions fit the scoring model.
    fn model(&self) -> Option<String> {
        let template = self.template;
        // An empty answer is filled in with 3, which is 一般 on a scale of 1–5 and next to nothing on one of 100.
        if template.validity == Validity::MissingMaxOne && template.scoring != Scoring::C08 {
            return Some("missing_max_1 fills in 3 of 1–5: it goes with the scoring c08 only".to_owned());
        }
        if template.scoring == Scoring::None {
            return None;
        }
        let scored: Vec<Question<'_>> = template.questions().filter(|q| template.scores(q)).collect();
        if scored.is_empty() {
            return Some("no question is scored".to_owned());
        }
        let off = scored.iter().find(|q| !fits(template.scoring, q));
        if let Some(question) = off {
            return Some(format!("{}: does not fit the scoring model", question.code));
        }
        let weights: Vec<Decimal> = scored.iter().filter_map(Question::weight).collect();
        if weights.iter().any(Decimal::is_sign_negative) {
            return Some("a weight is not negative".to_owned());
        }
        let Ok(sum) = number::sum(weights.iter().copied()) else {
            return Some("the weights are too large to be added up".to_owned());
        };
        match template.scoring {
            Scoring::C06 if weights.len() != scored.len() || sum != Decimal::ONE_HUNDRED => {
                Some(format!("the weights of every scored question sum to 100, not to {sum}"))
            }
            Scoring::C08 | Scoring::C09
                if !weights.is_empty() && (weights.len() != scored.len() || sum.is_zero()) =>
            {
                Some("all scored questions have a weight, or none has".to_owned())
            }
            Scoring::C05 | Scoring::C10 | Scoring::C11 | Scoring::C12 | Scoring::C13
                if !weights.is_empty() =>
            {
                Some("the model knows no weights".to_owned())
            }
            _ => None,
        }
    }
}

/// Whether every answer to the question lies on the model's scale.
fn fits(scoring: Scoring, question: &Question<'_>) -> bool {
    let item = question.item;
    let points = |on: &dyn Fn(Decimal) -> bool, needed: bool| {
        item.options.iter().all(|o| o.points.map_or(!needed, on))
    };
    let within = |low: i64, high: i64| {
        item.min.is_some_and(|m| m >= low.into()) && item.max.is_some_and(|m| m <= high.into())
    };
    let percent = |p: Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&p);
    let number = item.kind == ItemKind::Number;
    match scoring {
        Scoring::C05 => !number && points(&|p| [10, 8, 6, 4, 2].iter().any(|n| p == Decimal::from(*n)), true),
        Scoring::C08 if number => within(1, 5),
        Scoring::C08 => points(&|p| p.is_integer() && p >= Decimal::ONE && p <= Decimal::from(5), true),
        Scoring::C06 | Scoring::C09 | Scoring::C10 if number => within(0, 100),
        Scoring::C06 | Scoring::C09 | Scoring::C10 => points(&percent, true),
        Scoring::C11 => item.options.len() == 4,
        Scoring::C12 => item.options.len() == 3,
        Scoring::C13 if number => within(0, 100),
        Scoring::C13 => points(&percent, false),
        Scoring::None => true,
    }
}

fn is_code(code: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=60).contains(&code.len()) && code.chars().all(plain)
}

fn is_text(label: &Label, max: usize) -> bool {
    [&label.zh, &label.en].into_iter().all(|t| !t.trim().is_empty() && t.chars().count() <= max)
}
