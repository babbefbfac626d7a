//! From facts to deadlines.
//!
//! Everything is judged as of `now`: what the record says happened later has not happened yet. So the
//! same function answers "how do we stand" and "how did we stand at the end of the month".

use std::cell::Cell;
use std::sync::Arc;

use super::calendar::{Calendar, HOUR};
use super::clock::Clock;
use super::escalation::{Standing, Used, level};
use super::limit::{Basis, Limit, Unit};
use super::rules::{self, Cycle, Mark, Pause, Point, Rule, Timing, When};
use super::settings::Settings;
use super::snapshot::{Snapshot, Step};
use super::visits::{self, Tier};
use super::{Deadline, State, Terms};
use crate::calc::return_visit::{self, CycleSettings};
use crate::deadline::escalation::Severity;
use crate::keys::customer;
use crate::lifecycle::{self, Phase};
use crate::time::Timestamp;

/// Every deadline of a record, those due first at the front; without a due time at the end. Customers are visited
/// by the usual cycles.
#[must_use]
pub fn deadlines(
    record: &Snapshot,
    settings: &Settings,
    calendar: &Calendar,
    now: Timestamp,
) -> Vec<Deadline> {
    Terms::new(settings.clone(), Arc::new(calendar.clone())).deadlines(record, now)
}

/// Every deadline, and the next instant at which one begins that is not there yet.
pub(super) fn evaluate(
    record: &Snapshot,
    terms: &Terms,
    now: Timestamp,
) -> (Vec<Deadline>, Option<Timestamp>) {
    let (settings, cycles, calendar) = (&terms.settings, &terms.cycles, &*terms.calendar);
    let mut steps: Vec<&Step> = record.steps.iter().filter(|s| s.at <= now).collect();
    steps.sort();
    let standing = record.standing(now);
    let begins = Cell::new(None);
    let judge = Judge { record, settings, cycles, calendar, now, steps, standing, begins };
    let mut found: Vec<Deadline> = rules::all()
        .filter(|rule| judge.applies(rule))
        .flat_map(|rule| judge.rule(rule, settings.limit(rule, record.sla.as_ref())))
        .collect();
    // A stable sort: rules that are due at the same instant stay in the table's order.
    found.sort_by_key(|d| (d.due.is_none(), d.due));
    (found, judge.begins.get())
}

struct Judge<'a> {
    record: &'a Snapshot,
    settings: &'a Settings,
    cycles: &'a CycleSettings,
    calendar: &'a Calendar,
    now: Timestamp,
    /// Steps up to now, in order.
    steps: Vec<&'a Step>,
    standing: Standing,
    /// The earliest beginning that lies ahead.
    begins: Cell<Option<Timestamp>>,
}

/// From when on something counts. Of steps that bear the same time, those after the one that began it.
#[derive(Clone, Copy)]
struct Since {
    at: Timestamp,
    /// How many steps came before.
    steps: usize,
}

/// One stretch of time to be judged.
struct Stretch {
    round: u32,
    start: Timestamp,
    /// How many steps came before it.
    steps: usize,
    /// When it is over without pauses; `None` without a limit.
    due: Option<Timestamp>,
    /// When it was done, as far as is known now.
    stop: Option<Timestamp>,
    /// Whether pauses move the due time.
    pausing: bool,
}

impl Judge<'_> {
    fn applies(&self, rule: &Rule) -> bool {
        rule.kinds.contains(&self.record.kind.as_str())
            && self.settings.used(rule)
            && !(rule.beside && self.record.unseen)
            && rule.when.iter().all(|when| self.holds(rule, *when))
    }

    fn holds(&self, rule: &Rule, when: When) -> bool {
        let record = self.record;
        match when {
            When::Complaint => record.is_complaint != Some(false),
            When::MaybeQuality => record.is_quality != Some(false),
            When::Quality => record.kind != "complaint" || record.is_quality == Some(true),
            When::NotQuality => record.is_quality == Some(false),
            When::Severe(severe) => (record.severity >= Some(Severity::Serious)) == severe,
            When::NoCorrectiveAction => !record.has_corrective_action,
            When::Reportable => record.is_reportable == Some(true),
            When::Contract => record.sla.is_some(),
            When::NoContract => record.sla.is_none(),
            When::InWarranty => record.in_warranty == Some(true),
            When::Emergency => record.is_emergency == Some(true),
            When::SevereJob => record.is_severe_job == Some(true),
            When::Extended(extended) => record.is_extended == extended,
            When::Cycle(cycle) => record.cycle == Some(cycle),
            When::Routine => {
                let half_yearly = record.cycle == Some(Cycle::HalfYearly);
                matches!(record.cycle, Some(Cycle::Monthly | Cycle::Yearly))
                    || half_yearly && record.in_warranty != Some(true)
                    || self.visited_as(Tier::Routine)
            }
            When::KeyAccount => record.cycle == Some(Cycle::Weekly) || self.visited_as(Tier::KeyAccount),
            When::Duty => record.duty.as_deref() == Some(rule.id),
        }
    }

    /// Whether the customer's file names no cycle and the organisation visits customers of this tier unasked.
    fn visited_as(&self, tier: Tier) -> bool {
        self.record.cycle.is_none()
            && self.record.tier == Some(tier)
            && *tier.cycle(self.cycles) != return_visit::Cycle::OnRequest
    }

    /// When a visit is due that is counted from an instant: by the customer's cycle, unless the rule was given a
    /// limit of its own.
    fn visit_due(&self, rule: &Rule, limit: Limit, from: Timestamp) -> Option<Timestamp> {
        if limit != rule.limit || self.record.kind != customer::KIND {
            return limit.due(self.calendar, from);
        }
        let cycle = visits::cycle(self.cycles, self.record.cycle, self.record.tier);
        let day = return_visit::next_visit_due(self.calendar.date_of(from)?, &cycle).ok()??;
        self.calendar.end_of_day(day)
    }

    fn rule(&self, rule: &Rule, limit: Limit) -> Vec<Deadline> {
        let start = self.start(rule);
        let judged = |stretch| self.judge(rule, limit, &stretch);
        let one = |start: Option<Timestamp>, due: Option<Timestamp>, stop, pausing| {
            let stretch = Stretch { round: 1, start: start?, steps: 0, due, stop, pausing };
            self.judge(rule, limit, &stretch)
        };
        let after = |start: Option<Timestamp>| start.and_then(|s| limit.due(self.calendar, s));
        match rule.timing {
            Timing::Within => one(start, after(start), self.stop(rule, None), true).into_iter().collect(),
            Timing::At(mark) => {
                let due = self.mark(mark).and_then(|at| limit.due(self.calendar, at));
                // Without an agreed time nothing is owed.
                let start = due.and(start);
                one(start, due, self.stop(rule, None), false).into_iter().collect()
            }
            Timing::AtOr(mark) => {
                let set = self.mark(mark);
                let due = set.or_else(|| after(start));
                let first = one(start, due, self.stop(rule, None), set.is_none());
                // With its first status the record was made; after that it is asked for again.
                let again = rule.again.into_iter().flat_map(|status| self.steps_into(status).skip(1));
                let again = again.zip(2..).filter_map(|(since, round)| {
                    let stop = self.stop(rule, Some(since));
                    let set = set.filter(|at| *at > since.at);
                    let due = set.or_else(|| after(Some(since.at)));
                    let (start, steps) = (since.at, since.steps);
                    judged(Stretch { round, start, steps, due, stop, pausing: set.is_none() })
                });
                first.into_iter().chain(again).collect()
            }
            Timing::Before(point) => {
                let due = self.point(point, None).filter(|at| *at <= self.now);
                one(start, due, self.stop(rule, None), false).into_iter().collect()
            }
            Timing::Each(status) => self
                .steps_into(status)
                .zip(1..)
                .filter_map(|(since, round)| {
                    let stop = self.stop(rule, Some(since));
                    let due = after(Some(since.at));
                    let (start, steps) = (since.at, since.steps);
                    judged(Stretch { round, start, steps, due, stop, pausing: true })
                })
                .collect(),
            Timing::Every => {
                let due = |from: Option<Timestamp>| self.visit_due(rule, limit, from?);
                self.every(rule, start, due).into_iter().filter_map(judged).collect()
            }
            Timing::Term => {
                let due = after(start);
                one(start, due, due.filter(|d| *d <= self.now), false).into_iter().collect()
            }
            Timing::Count => start.and_then(|s| self.count(rule, limit, s)).into_iter().collect(),
            Timing::Standing => Vec::new(),
        }
    }

    /// Each step into a status, as a beginning.
    fn steps_into(&self, status: &str) -> impl Iterator<Item = Since> {
        let steps = self.steps.iter().enumerate().filter(move |(_, step)| step.to == status);
        steps.map(|(i, step)| Since { at: step.at, steps: i + 1 })
    }

    /// A regular duty's rounds: from the start to the first time it was done, from there to the next.
    fn every(
        &self,
        rule: &Rule,
        start: Option<Timestamp>,
        due: impl Fn(Option<Timestamp>) -> Option<Timestamp>,
    ) -> Vec<Stretch> {
        let done = self.done();
        let Some(start) = start.or_else(|| done.first().copied()) else { return Vec::new() };
        let mut starts = vec![start];
        starts.extend(done.into_iter().filter(|at| *at > start));
        let last = rule.until.and_then(|mark| self.mark(mark));
        (1..)
            .zip(starts.iter().enumerate())
            .map(|(round, (i, start))| {
                let stop = starts.get(i + 1).copied();
                Stretch { round, start: *start, steps: 0, due: due(Some(*start)), stop, pausing: false }
            })
            // After the warranty what is visited for its sake is visited only when the owner asks (A6).
            .filter(|s| last.is_none_or(|last| s.due.is_none_or(|due| due <= last)))
            .collect()
    }

    fn done(&self) -> Vec<Timestamp> {
        let mut done: Vec<Timestamp> =
            self.record.done.iter().copied().filter(|at| *at <= self.now).collect();
        done.sort();
        done
    }

    fn count(&self, rule: &Rule, limit: Limit, start: Timestamp) -> Option<Deadline> {
        let goal = i64::from(limit.n);
        let due = limit.due(self.calendar, start);
        let (elapsed, stop) = match limit.unit {
            Unit::Lots => self.good_lots(goal),
            Unit::TimesAMonth => {
                let month = self.calendar.date_of(start)?.first_of_month();
                let first = self.calendar.start_of_day(month)?;
                let mut done = self.done();
                done.retain(|at| *at >= first && due.is_none_or(|due| *at <= due));
                let nth = usize::try_from(goal - 1).ok().and_then(|i| done.get(i).copied());
                (i64::try_from(done.len()).unwrap_or(goal), nth)
            }
            _ => {
                let percent = i64::from(self.record.percent.unwrap_or(0));
                // Nobody notes the day on which a share is reached.
                (percent, (percent >= goal).then_some(start.max(self.now.min(due.unwrap_or(self.now)))))
            }
        };
        let stretch = Stretch { round: 1, start, steps: 0, due, stop, pausing: false };
        let judged = self.judge(rule, limit, &stretch)?;
        Some(Deadline { elapsed, allowed: Some(goal), ..judged })
    }

    /// Good lots in a row, and when the goal was first reached. A bad lot starts the count again; an
    /// open one neither counts nor breaks.
    fn good_lots(&self, goal: i64) -> (i64, Option<Timestamp>) {
        let mut lots: Vec<_> = self.record.lots.iter().filter(|lot| lot.at <= self.now).collect();
        lots.sort();
        let mut row = 0;
        for lot in lots {
            match lot.ok {
                Some(true) => row += 1,
                Some(false) => row = 0,
                None => {}
            }
            if row >= goal {
                return (row, Some(lot.at));
            }
        }
        (row, None)
    }

    fn judge(&self, rule: &Rule, limit: Limit, stretch: &Stretch) -> Option<Deadline> {
        let start = stretch.due.map_or(stretch.start, |due| due.min(stretch.start));
        if start > self.now {
            let earlier = self.begins.get().is_none_or(|at| start < at);
            self.begins.set(if earlier { Some(start) } else { self.begins.get() });
            return None;
        }
        let mut stop = stretch.stop.map(|stop| stop.max(start));
        let ended = if stop.is_none() { self.ended(rule, stretch) } else { None };
        let until = stop.or(ended).unwrap_or(self.now);
        let clock = Clock {
            calendar: self.calendar,
            limit,
            from: if stretch.pausing { limit.runs_from(self.calendar, start)? } else { start },
            pauses: if stretch.pausing { self.pauses(rule, until) } else { Vec::new() },
        };
        let due = stretch.due.and_then(|due| clock.due(due));
        let late = due.is_some_and(|due| until > due);
        if stop.is_none() && self.record.status == "cancelled" {
            return None;
        }
        if ended.is_some() {
            // What the record's end made pointless in good time is no longer owed.
            if !late {
                return None;
            }
            stop = ended;
        }
        let paused = clock.pauses.last().is_some_and(|(begins, ends)| begins <= &until && *ends == until);
        let state = match (late, stop) {
            (true, _) => State::Missed,
            (false, Some(_)) => State::Met,
            (false, None) if paused && self.waits(rule) => State::Paused,
            (false, None) => State::Running,
        };
        let allowed = due.map(|due| clock.at(due));
        let elapsed = clock.at(until);
        let used = allowed.filter(|_| late).map(|allowed| {
            let third = i64::from(self.settings.ladder.percent[2]);
            let reached = allowed.checked_mul(third).and_then(|share| clock.reach(share / 100));
            let since = reached.map(|at| until.0.saturating_sub(at.0)).filter(|since| *since >= 0);
            Used { elapsed, allowed, since_level_3: since }
        });
        Some(Deadline {
            rule: rule.id,
            round: stretch.round,
            due,
            state,
            started: clock.from,
            stopped: stop,
            elapsed,
            allowed,
            basis: limit.basis(),
            level: level(&self.settings.ladder, &self.standing, used),
            rises: due
                .filter(|_| stop.is_none() && state != State::Paused)
                .map_or([None; 4], |due| self.rises(&clock, due)),
            provisional: limit.basis() == Basis::Working
                && due.is_some_and(|due| !self.calendar.covers_between(start, due)),
        })
    }

    /// When levels 1 to 4 are reached if nothing happens.
    fn rises(&self, clock: &Clock<'_>, due: Timestamp) -> [Option<Timestamp>; 4] {
        let ladder = &self.settings.ladder;
        // What is done at the due instant is in time.
        let late = Timestamp(due.0.saturating_add(1));
        let allowed = clock.at(due);
        if allowed <= 0 {
            return [Some(late), None, None, None];
        }
        let share = |percent: u32| {
            let amount = (i128::from(allowed) * i128::from(percent) + 99) / 100;
            Some(clock.reach(i64::try_from(amount).ok()?)?.max(late))
        };
        let [first, second, third] = ladder.percent.map(share);
        let since = allowed
            .checked_mul(i64::from(ladder.percent[2]))
            .and_then(|share| clock.reach(share / 100))
            .and_then(|at| at.0.checked_add(i64::from(ladder.days_to_level_4) * 24 * HOUR));
        let fourth = since.zip(third).map(|(since, third)| Timestamp(since).max(third));
        [first, second, third, fourth]
    }

    fn start(&self, rule: &Rule) -> Option<Timestamp> {
        let other = self.settings.start(rule, self.record.sla.as_ref()).map(Point::At);
        match other {
            Some(point) => self.point(point, None),
            None => rule.start.iter().find_map(|point| self.point(*point, None)),
        }
    }

    /// The first of the rule's stops that has happened by now.
    fn stop(&self, rule: &Rule, from: Option<Since>) -> Option<Timestamp> {
        let begun = || self.start(rule).map(|at| Since { at, steps: 0 });
        let point = |point: &Point| match point {
            Point::FirstDone => self.point(*point, from.or_else(begun)),
            _ => self.point(*point, from),
        };
        rule.stop.iter().filter_map(point).filter(|at| *at <= self.now).min()
    }

    fn point(&self, point: Point, from: Option<Since>) -> Option<Timestamp> {
        let late_enough = |at: &Timestamp| from.is_none_or(|from| *at >= from.at);
        match point {
            Point::At(mark) => self.mark(mark).filter(late_enough),
            Point::Earliest(marks) => {
                marks.iter().filter_map(|mark| self.mark(*mark)).filter(late_enough).min()
            }
            Point::Step(statuses) => self
                .steps
                .iter()
                .skip(from.map_or(0, |from| from.steps))
                .filter(|s| statuses.contains(&s.to.as_str()))
                .map(|s| s.at)
                .find(late_enough),
            Point::FirstDone => self.done().into_iter().find(late_enough),
        }
    }

    fn mark(&self, mark: Mark) -> Option<Timestamp> {
        self.record.at.get(&mark).copied()
    }

    /// When the record's end settled what was still owed.
    fn ended(&self, rule: &Rule, stretch: &Stretch) -> Option<Timestamp> {
        if rule.outlives {
            return None;
        }
        let kind = self.record.kind.as_str();
        let cycle = lifecycle::by_key(kind);
        let ends = |status: &str| match (kind, status) {
            (_, "cancelled") => false,
            // Answered by letter or telephone (4.4, 2a), nobody has to go any more.
            ("complaint", "rejected") | ("task", "done") => true,
            _ => cycle.is_some_and(|cycle| cycle.phase(status) >= Phase::Closed),
        };
        let steps = self.steps.iter().skip(stretch.steps).filter(|s| s.at >= stretch.start);
        steps.filter(|s| ends(&s.to)).map(|s| s.at).next()
    }

    /// Times during which the rule's clock stood still, up to an instant.
    fn pauses(&self, rule: &Rule, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let kinds = self.settings.pauses(rule);
        let pausing = |step: &Step| stands(kinds, &step.to);
        let ends = self.steps.iter().skip(1).map(|s| s.at).chain([until]);
        self.steps
            .iter()
            .zip(ends)
            .filter(|(step, _)| pausing(step) && step.at <= until)
            .map(|(step, end)| (step.at, end.min(until)))
            .collect()
    }

    /// Whether the record is waiting now.
    fn waits(&self, rule: &Rule) -> bool {
        self.steps.last().is_some_and(|step| stands(self.settings.pauses(rule), &step.to))
    }
}

fn stands(pauses: &[Pause], status: &str) -> bool {
    pauses.iter().any(|pause| pause.statuses().contains(&status))
}
