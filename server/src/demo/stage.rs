//! What the stories after the visits are told with: who takes part, what happened so far, what day it is.

use domain::authz::Principal;
use domain::ids::{RecordId, UserId};
use domain::intent::Intent;
use domain::keys;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::complaints::Case;
use super::dice::Dice;
use super::names::{CHIEF, ENGINEERS, QUALITY, SERVICE_DESK};
use super::tale::Tale;
use super::world::{Customer, World, day_before};
use crate::host::{DAY, HOUR, MINUTE};

/// A visit that was told already.
pub(super) struct Trip {
    pub(super) id: Uuid,
    /// What it was made with.
    pub(super) fields: Map<String, Json>,
    /// When it was made, in ms.
    pub(super) made: i64,
    lead: UserId,
    helpers: Vec<UserId>,
    /// Its statuses, each with its time in ms.
    pub(super) events: Vec<(i64, String)>,
}

impl Trip {
    /// The trip of a visit; nothing of another kind of tale.
    pub(super) fn of(tale: &Tale) -> Option<Self> {
        let first = tale.steps.first().filter(|_| tale.kind == keys::visit::KIND)?;
        let Intent::Create { fields, .. } = &first.intent else { return None };
        let (lead, helpers) = tale.steps.iter().find_map(|s| match &s.intent {
            Intent::Assign { lead, others } => lead.map(|l| (l, others.clone())),
            _ => None,
        })?;
        let events = tale.steps.iter().filter_map(|s| match &s.intent {
            Intent::Event { to, .. } => Some((s.at.0, to.clone())),
            _ => None,
        });
        let (id, fields, made) = (tale.id.0, fields.clone(), first.at.0);
        Some(Self { id, fields, made, lead, helpers, events: events.collect() })
    }

    /// Where it has got to.
    pub(super) fn status(&self) -> &str {
        self.events.last().map_or("planned", |(_, to)| to)
    }

    /// When it reached a status.
    pub(super) fn when(&self, status: &str) -> Option<i64> {
        self.events.iter().find(|(_, to)| to == status).map(|(at, _)| *at)
    }

    /// Something that it was made with, or nothing.
    pub(super) fn field(&self, key: &str) -> Json {
        self.fields.get(key).cloned().unwrap_or(Json::Null)
    }

    fn refers(&self, key: &str) -> Option<Uuid> {
        self.fields.get(key)?.as_str()?.parse().ok()
    }

    /// The others who go.
    pub(super) fn helpers(&self) -> &[UserId] {
        &self.helpers
    }
}

/// The stage.
pub(super) struct Stage<'a> {
    pub(super) dice: &'a Dice,
    pub(super) world: &'a World,
    pub(super) cases: &'a [Case],
    pub(super) trips: Vec<Trip>,
    /// The story's last moment, in ms.
    pub(super) now: i64,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        dice: &'a Dice,
        world: &'a World,
        cases: &'a [Case],
        visits: &[Tale],
        now: i64,
    ) -> Self {
        Self { dice, world, cases, trips: visits.iter().filter_map(Trip::of).collect(), now }
    }

    /// A record that `by` makes.
    pub(super) fn tell(&self, kind: &'static str, by: &Principal, at: i64, fields: Json) -> Tale {
        Tale::create(self.dice, kind, by, at.min(self.last()), fields)
    }

    /// Lets time pass in a tale, as far as there is time.
    pub(super) fn wait(&self, tale: &mut Tale, ms: i64) {
        tale.at = (tale.at + ms).min(self.last()).max(tale.at);
    }

    /// A step some time later.
    pub(super) fn step(&self, tale: &mut Tale, after: i64, by: &Principal, to: &str, fields: Json) {
        self.wait(tale, after);
        tale.event(self.dice, by, to, None, fields);
    }

    /// A step that asks why, some time later.
    pub(super) fn because(&self, tale: &mut Tale, after: i64, by: &Principal, to: &str, why: &str) {
        self.wait(tale, after);
        tale.event(self.dice, by, to, Some(why), Json::Object(Map::new()));
    }

    /// The steps of one minute come a second after each other.
    fn last(&self) -> i64 {
        self.now - 10 * MINUTE
    }

    /// That hour of the day that lies `days` back, in Shanghai; not after the last moment.
    pub(super) fn hour(&self, days: i64, hour: i64) -> i64 {
        let midnight = (self.now - days * DAY + 8 * HOUR).div_euclid(DAY) * DAY - 8 * HOUR;
        let at = midnight + hour * HOUR + self.dice.between(0, 50) * MINUTE;
        if days <= 0 { at } else { at.min(self.last()) }
    }

    /// A date, `days` before the last moment.
    pub(super) fn date(&self, days: i64) -> String {
        day_before(self.now, days)
    }

    pub(super) fn desk(&self) -> Principal {
        self.world.people[SERVICE_DESK].clone()
    }

    pub(super) fn quality(&self) -> Principal {
        self.world.people[QUALITY].clone()
    }

    pub(super) fn chief(&self) -> Principal {
        self.world.people[CHIEF].clone()
    }

    /// The engineers.
    pub(super) fn engineers(&self) -> &'a [Principal] {
        &self.world.people[ENGINEERS..]
    }

    /// The engineer of a customer.
    pub(super) fn engineer(&self, customer: usize) -> Principal {
        self.engineers()[customer % self.engineers().len()].clone()
    }

    pub(super) fn customer(&self, at: usize) -> &'a Customer {
        &self.world.customers[at % self.world.customers.len()]
    }

    /// Who leads a trip.
    pub(super) fn lead(&self, trip: &Trip) -> Principal {
        let found = self.world.people.iter().find(|p| p.user == trip.lead);
        found.cloned().unwrap_or_else(|| self.desk())
    }

    /// Place of the product that a trip is for.
    pub(super) fn product_of(&self, trip: &Trip) -> usize {
        let id = trip.refers(keys::visit::PRODUCT);
        self.world.products.iter().position(|p| Some(p.id) == id).unwrap_or(0)
    }

    /// The newest trips in one of these statuses.
    pub(super) fn newest<'s>(&'s self, statuses: &'s [&'s str]) -> impl Iterator<Item = &'s Trip> {
        self.trips.iter().rev().filter(move |t| statuses.contains(&t.status()))
    }

    /// Complaints that are settled, answered at least `days` ago, newest first.
    pub(super) fn settled(&self, days: i64) -> impl Iterator<Item = &'a Case> + use<'a> {
        let before = self.now - days * DAY;
        self.cases.iter().rev().filter(move |c| c.settled && c.assigned_at < before)
    }
}

/// A time as records hold it.
pub(super) fn stamp(ms: i64) -> String {
    domain::time::Timestamp(ms).to_rfc3339()
}

/// The id that a tale's record has.
pub(super) fn id(tale: &Tale) -> Uuid {
    let RecordId(id) = tale.id;
    id
}
