//! What happened to one record, told step by step.

use domain::authz::Principal;
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::time::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::dice::Dice;
use crate::records::{Step, Story};

/// A record in the making.
pub(super) struct Tale {
    pub(super) kind: &'static str,
    pub(super) id: RecordId,
    pub(super) steps: Vec<Step>,
    /// When the next step is taken, in ms.
    pub(super) at: i64,
}

impl Tale {
    /// A record made by `by` at `at`.
    pub(super) fn create(dice: &Dice, kind: &'static str, by: &Principal, at: i64, fields: Json) -> Self {
        let mut tale = Self { kind, id: RecordId(dice.id(at)), steps: Vec::new(), at };
        let id = Some(dice.id(at));
        tale.push(by, Intent::Create { fields: map(fields), id, temp: None });
        tale
    }

    fn push(&mut self, by: &Principal, intent: Intent) {
        self.steps.push(Step { by: by.clone(), at: Timestamp(self.at), intent });
        // Two things in one minute still have an order.
        self.at += 1_000;
    }

    pub(super) fn set(&mut self, by: &Principal, fields: Json) {
        for (field, value) in map(fields) {
            self.push(by, Intent::Set { field, value });
        }
    }

    /// Adds an entry; its id.
    pub(super) fn add(&mut self, dice: &Dice, by: &Principal, collection: &str, fields: Json) -> Uuid {
        let id = dice.id(self.at);
        self.push(by, Intent::Add { collection: collection.to_owned(), id: Some(id), fields: map(fields) });
        id
    }

    pub(super) fn update(&mut self, by: &Principal, collection: &str, id: Uuid, fields: Json) {
        self.push(by, Intent::Update { collection: collection.to_owned(), id, fields: map(fields) });
    }

    /// Sets fields at a moment in between, or at the end if that is past; what follows keeps its time.
    pub(super) fn set_at(&mut self, by: &Principal, at: i64, fields: Json) {
        let place = self.steps.iter().position(|s| s.at.0 > at).unwrap_or(self.steps.len()).max(1);
        let before = self.steps[..place].last().map_or(at, |s| s.at.0);
        let set = |(field, value)| Intent::Set { field, value };
        let steps = map(fields).into_iter().map(set);
        let steps: Vec<Step> =
            steps.map(|intent| Step { by: by.clone(), at: Timestamp(at.max(before)), intent }).collect();
        self.steps.splice(place..place, steps);
    }

    pub(super) fn event(&mut self, dice: &Dice, by: &Principal, to: &str, why: Option<&str>, fields: Json) {
        let id = Some(dice.id(self.at));
        let why = why.map(str::to_owned);
        self.push(by, Intent::Event { to: to.to_owned(), why, fields: map(fields), id });
    }

    pub(super) fn assign(&mut self, by: &Principal, lead: UserId, others: &[UserId]) {
        self.push(by, Intent::Assign { lead: Some(lead), others: others.to_vec() });
    }

    /// The tale as the records service carries it out: how it began, and what came later. Told in two
    /// parts, numbers follow the order in which records were made.
    pub(super) fn parts(self) -> [(i64, Story); 2] {
        let first = self.steps.first().map_or(0, |s| s.at.0);
        let last = self.steps.last().map_or(first, |s| s.at.0);
        let mut steps = self.steps.into_iter();
        let begin: Vec<Step> = steps.by_ref().take(1).collect();
        let story = |steps| Story { kind: self.kind.to_owned(), id: Some(self.id), steps };
        [(first, story(begin)), (last, story(steps.collect()))]
    }
}

fn map(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
