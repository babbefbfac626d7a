//! Whether settings make sense. Every refusal names the setting and the rule.

use std::collections::BTreeMap;

use jiff::civil::date;
use rust_decimal::Decimal;

use super::{Pattern, Settings, invalid, numbering};
use crate::calc::return_visit::Cycle;
use crate::deadline::Calendar;
use crate::error::Refusal;
use crate::lifecycle::Check;
use crate::schema::Schema;
use crate::time::Zone;

/// Most characters of a department's name.
const NAME: usize = 60;
/// A hundred: lots, attempts, years.
const HUNDRED: u32 = 100;

impl Settings {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// `invalid_setting` with the `setting`'s path and the `rule`: `unknown`, `range`, `zone`, `pattern`,
    /// `distinct`, `calendar`, `by_year`, `limit`, `sum`.
    pub fn check(&self, schema: &Schema) -> Result<(), Refusal> {
        let zone = Zone::named(&self.zone).ok_or_else(|| invalid("zone", "zone"))?;
        if let Some(word) = self.closure.off.iter().find(|w| Check::ALL.iter().all(|c| c.as_str() != *w)) {
            return Err(invalid("closure.off", "unknown").with("value", word.as_str()));
        }
        within("closure.lot_count", self.closure.lot_count, 1, HUNDRED)?;
        within("closure.unreachable_attempts", self.closure.unreachable_attempts, 1, HUNDRED)?;
        within("retention_years", self.retention_years, 1, HUNDRED)?;
        for (kind, years) in &self.retention {
            let setting = format!("retention.{kind}");
            if schema.kind(kind).is_none_or(|k| k.companion_of.is_some() || k.lifecycle.is_none()) {
                return Err(invalid(&setting, "unknown"));
            }
            within(&setting, *years, 1, HUNDRED)?;
        }
        if self.complaint_owner_dept.chars().count() > NAME
            || self.complaint_owner_dept.chars().any(char::is_control)
        {
            return Err(invalid("complaint_owner_dept", "range").with("max", NAME));
        }
        self.deadlines
            .check()
            .map_err(|error| invalid("deadlines", "limit").with("detail", error.to_string()))?;
        if !self.calendar.years.is_empty() {
            return Err(invalid("calendar.years", "by_year"));
        }
        Calendar::new(&self.calendar, zone)
            .map_err(|error| invalid("calendar", "calendar").with("detail", error.to_string()))?;
        self.check_numbering(schema)?;
        self.check_cycles()?;
        self.check_formulas()
    }

    fn check_numbering(&self, schema: &Schema) -> Result<(), Refusal> {
        let numbered = |key: &str| schema.kind(key).and_then(|k| k.number.as_ref());
        if let Some(key) = self.numbering.keys().find(|key| numbered(key).is_none()) {
            return Err(invalid(&format!("numbering.{key}"), "unknown"));
        }
        // Any day and department tell two patterns apart, or none does.
        let (day, department) = (date(2026, 12, 31), "Q");
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for kind in schema.kinds() {
            let Some(declared) = &kind.number else { continue };
            let setting = format!("numbering.{}", kind.key);
            let text = self.numbering.get(&kind.key).map_or(numbering::DEFAULT, String::as_str);
            let pattern = Pattern::parse(text, &declared.prefix)
                .map_err(|rule| invalid(&setting, "pattern").with("detail", rule.to_string()))?;
            if let Some(other) = taken.insert(pattern.series(day, department), &kind.key) {
                return Err(invalid(&setting, "distinct").with("other", other));
            }
        }
        Ok(())
    }

    fn check_cycles(&self) -> Result<(), Refusal> {
        let cycles = &self.return_visits;
        for (key, cycle) in [
            ("routine", &cycles.routine),
            ("key_account", &cycles.key_account),
            ("warranty", &cycles.warranty),
            ("quality", &cycles.quality),
            ("after_warranty", &cycles.after_warranty),
        ] {
            let sound = match cycle {
                Cycle::Months(n) => (1..=120).contains(n),
                Cycle::Days(n) => (1..=3_660).contains(n),
                Cycle::Seasons(months) => {
                    !months.is_empty() && months.len() <= 12 && months.iter().all(|m| (1..=12).contains(m))
                }
                Cycle::CalendarWeek | Cycle::CalendarMonth | Cycle::CalendarQuarter | Cycle::OnRequest => {
                    true
                }
            };
            if !sound {
                return Err(invalid(&format!("return_visits.{key}"), "range"));
            }
        }
        Ok(())
    }

    fn check_formulas(&self) -> Result<(), Refusal> {
        let formulas = &self.formulas;
        let (composite, fines) = (&formulas.composite, &formulas.fines);
        let (timeliness, achievement) = (&formulas.timeliness, &formulas.achievement);
        let appraisal = &formulas.appraisal;
        let points = [
            ("composite.n1_points", composite.n1_points),
            ("composite.n1_cap", composite.n1_cap),
            ("composite.n2_points", composite.n2_points),
            ("composite.n2_cap", composite.n2_cap),
            ("composite.n3_points", composite.n3_points),
            ("composite.n4_points", composite.n4_points),
            ("composite.n4_cap", composite.n4_cap),
            ("composite.d2_factor", composite.d2_factor),
            ("composite.analysis_below", composite.analysis_below),
            ("fines.left_without_call", fines.left_without_call),
            ("fines.late", fines.late),
            ("fines.incomplete_report", fines.incomplete_report),
            ("fines.disobeyed", fines.disobeyed),
            ("timeliness.per_hour", timeliness.per_hour),
            ("timeliness.late", timeliness.late),
            ("timeliness.late_again", timeliness.late_again),
            ("timeliness.timely", timeliness.timely),
            ("timeliness.timely_cap", timeliness.timely_cap),
            ("achievement.cap", achievement.cap),
            ("achievement.control_cap", achievement.control_cap),
            ("appraisal.own", appraisal.own),
            ("appraisal.supervisor", appraisal.supervisor),
            ("appraisal.leader", appraisal.leader),
        ];
        let many = [
            ("composite.weights", &composite.weights[..]),
            ("composite.grades", &composite.grades[..]),
            ("achievement.grades", &achievement.grades[..]),
            ("appraisal.bands", &appraisal.bands[..]),
        ];
        let points = points.iter().map(|(key, n)| (*key, std::slice::from_ref(n)));
        // No formula has points, percents or yuan beyond this.
        let most = Decimal::from(1_000_000);
        for (key, numbers) in points.chain(many) {
            if numbers.iter().any(|n| n.is_sign_negative() && !n.is_zero() || *n > most) {
                return Err(invalid(&format!("formulas.{key}"), "range").with("min", 0));
            }
        }
        self.check_composite()?;
        for (key, bands) in [
            ("formulas.composite.grades", &composite.grades[..]),
            ("formulas.achievement.grades", &achievement.grades[..]),
        ] {
            if !bands.iter().rev().is_sorted() {
                return Err(invalid(key, "range"));
            }
        }
        if !appraisal.bands.iter().rev().is_sorted_by(|lower, higher| lower < higher) {
            return Err(invalid("formulas.appraisal.bands", "range"));
        }
        // Somebody's score has to count.
        if [appraisal.own, appraisal.supervisor, appraisal.leader].iter().all(Decimal::is_zero) {
            return Err(invalid("formulas.appraisal.leader", "range").with("min", 0));
        }
        within("formulas.repeats.recurrence_months", formulas.repeats.recurrence_months, 1, 120)?;
        within("formulas.repeats.repeat_days", formulas.repeats.repeat_days, 1, 3_660)?;
        within("formulas.repeats.mass_complaints", formulas.repeats.mass_complaints, 2, 1_000)?;
        within("formulas.repeats.mass_days", formulas.repeats.mass_days, 1, 366)?;
        within("formulas.repeats.repeated_general", formulas.repeats.repeated_general, 2, 1_000)?;
        within("formulas.warranty.default_months", formulas.warranty.default_months, 0, 1_200)?;
        if formulas.warranty.start_order.is_empty() {
            return Err(invalid("formulas.warranty.start_order", "range"));
        }
        Ok(())
    }

    /// C07 gives 0–100 points: a month beyond that has no result at all.
    fn check_composite(&self) -> Result<(), Refusal> {
        let composite = &self.formulas.composite;
        let percent = |numbers: &[Decimal]| numbers.iter().all(|n| *n <= Decimal::ONE_HUNDRED);
        let hundred = |key: &str| invalid(key, "range").with("min", 0).with("max", HUNDRED);
        if !percent(&composite.grades) {
            return Err(hundred("formulas.composite.grades"));
        }
        if !percent(&[composite.analysis_below]) {
            return Err(hundred("formulas.composite.analysis_below"));
        }
        // Each is at most a hundred, so that adding up goes well.
        if !percent(&composite.weights) || composite.weights.iter().sum::<Decimal>() != Decimal::ONE_HUNDRED {
            return Err(invalid("formulas.composite.weights", "sum").with("sum", HUNDRED));
        }
        let [_, objective, _] = composite.weights;
        for (key, points) in [
            ("n1_cap", composite.n1_cap),
            ("n2_cap", composite.n2_cap),
            ("n3_points", composite.n3_points),
            ("n4_cap", composite.n4_cap),
        ] {
            if points > objective {
                let setting = format!("formulas.composite.{key}");
                return Err(invalid(&setting, "range").with("min", 0).with("max", objective.to_string()));
            }
        }
        Ok(())
    }
}

fn within(setting: &str, value: u32, min: u32, max: u32) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(invalid(setting, "range").with("min", min).with("max", max))
}
