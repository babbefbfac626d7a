//! Each kind's facts, out of its fields and collections.

use jiff::Span;
use jiff::civil::Date;

use super::{Contract, Lot, Snapshot};
use crate::deadline::escalation::Severity;
use crate::deadline::rules::Mark;
use crate::deadline::visits;
use crate::document::{Entry, RecordView};
use crate::ids::{RecordId, UserId};
use crate::keys::{
    claim, complaint, corrective_action, customer, handling, part_order, return_visit, station_report, task,
    visit,
};
use crate::time::{Timestamp, Zone};
use crate::value::Value;

/// Codes of the list `station_form` that say `monthly`; a test compares.
const MONTHLY_FORMS: [&str; 3] = ["bd20", "bd22", "bd24"];
/// Codes of the list `warranty_status` that say `free`; a test compares.
const FREE: [&str; 4] = ["in_warranty", "three_guarantees", "lifetime", "replaced_free"];

impl Snapshot {
    pub(super) fn read_own(&mut self, record: &RecordView, zone: &Zone) {
        match record.kind.as_str() {
            complaint::KIND => self.complaint(record),
            visit::KIND => self.visit(record),
            task::KIND => self.task(record),
            return_visit::KIND => self.return_visit(record),
            customer::KIND => self.customer(record, zone),
            corrective_action::KIND => self.corrective_action(record, zone),
            claim::KIND => self.claim(record),
            part_order::KIND => self.part_order(record, zone),
            station_report::KIND => self.station_report(record, zone),
            _ => {}
        }
    }

    pub(super) fn read_beside(&mut self, companion: &RecordView, zone: &Zone) {
        if companion.kind == handling::KIND {
            self.handling(companion, zone);
        }
    }

    fn complaint(&mut self, record: &RecordView) {
        for (mark, key) in [
            (Mark::Received, complaint::RECEIVED_AT),
            (Mark::Contained, complaint::CONTAINMENT_AT),
            (Mark::DueSet, complaint::DUE_AT),
        ] {
            self.mark(mark, record.value(key).as_datetime());
        }
        // The clock of an urgent matter starts at the oral notice; without urgency that is a mere call.
        if record.value(complaint::IS_URGENT) == &Value::Bool(true) {
            self.mark(Mark::OralNotice, record.value(complaint::ORAL_NOTICE_AT).as_datetime());
        }
        self.severity = code(record, complaint::SEVERITY).and_then(Severity::from_code);
        self.is_quality = boolean(record, complaint::IS_QUALITY_RELATED);
        self.is_complaint = code(record, complaint::RECORD_KIND)
            .map(|c| !matches!(c, "information" | "suggestion" | "consultation"));
        self.customer = record.value(complaint::CUSTOMER).as_ref_id().map(RecordId);
        self.lead = record.value(complaint::RESPONSIBLE_PERSON).as_ref_id().map(UserId).or(self.lead);
    }

    fn handling(&mut self, sheet: &RecordView, zone: &Zone) {
        self.mark(Mark::SheetMade, sheet.created().map(|e| e.at));
        for (mark, key) in [
            (Mark::Served, handling::SERVED_AT),
            (Mark::Replied, handling::REPLIED_AT),
            (Mark::RegulatorTold, handling::REPORTED_AT),
        ] {
            self.mark(mark, sheet.value(key).as_datetime());
        }
        // A day without a time: what was finished on the last day allowed was finished in time.
        self.mark(Mark::Completed, day(sheet.value(handling::COMPLETED_ON), zone));
        self.is_reportable = boolean(sheet, handling::REGULATORY_REPORTABLE);
        let entries = |key: &str| sheet.collections.get(key).into_iter().flatten().filter(|e| !e.removed);
        // The highest escalation stands.
        let levels = entries(handling::ESCALATIONS).filter_map(|e| {
            match e.fields.get(handling::ESCALATIONS_LEVEL)? {
                Value::Int(level) => u8::try_from(*level).ok(),
                _ => None,
            }
        });
        self.manual_level = levels.max().unwrap_or(0);
        self.has_corrective_action = entries(handling::CORRECTIVE_ACTIONS).next().is_some();
        self.lots = lots(
            sheet,
            zone,
            handling::LOT_CHECKS,
            [handling::LOT_CHECKS_DELIVERED_ON, handling::LOT_CHECKS_RESULT, handling::LOT_CHECKS_SEQ],
        );
    }

    fn corrective_action(&mut self, record: &RecordView, zone: &Zone) {
        // The department has it from when it was received, or else from when it was made.
        let received = instant(record.value(corrective_action::RECEIVED_AT), zone);
        self.mark(Mark::Served, received.or(record.created().map(|e| e.at)));
        self.complaint = record.value(corrective_action::COMPLAINT).as_ref_id().map(RecordId);
        self.mark(Mark::AnswerDue, instant(record.value(corrective_action::DUE_AT), zone));
        self.lead = record.value(corrective_action::OWNER).as_ref_id().map(UserId).or(self.lead);
        self.lots = lots(
            record,
            zone,
            corrective_action::LOT_CHECKS,
            [
                corrective_action::LOT_CHECKS_DELIVERED_ON,
                corrective_action::LOT_CHECKS_RESULT,
                corrective_action::LOT_CHECKS_SEQ,
            ],
        );
    }

    fn claim(&mut self, record: &RecordView) {
        let lines = record.collections.get(claim::LINES).into_iter().flatten().filter(|e| !e.removed);
        let told = |e: &Entry| e.fields.get(claim::LINES_DIFFERENCE_CONTACTED_AT)?.as_datetime();
        let differs = |e: &Entry| matches!(e.fields.get(claim::LINES_DIFFERENCE), Some(Value::Decimal(by)) if !by.is_zero());
        // Told of all differences once told of the last.
        if lines.clone().all(|e| !differs(e) || told(e).is_some()) {
            self.mark(Mark::DifferenceTold, lines.filter_map(told).max());
        }
    }

    fn part_order(&mut self, record: &RecordView, zone: &Zone) {
        for (mark, key) in [
            (Mark::NeededBy, part_order::NEED_BY),
            (Mark::ShipBy, part_order::SHIP_BY),
            (Mark::ArriveBy, part_order::ARRIVE_BY),
            (Mark::Stocked, part_order::STOCKED_AT),
            (Mark::Shipped, part_order::SHIPPED_AT),
            (Mark::Delivered, part_order::RECEIVED_CONFIRMED_AT),
        ] {
            self.mark(mark, instant(record.value(key), zone));
        }
        self.customer = record.value(part_order::CUSTOMER).as_ref_id().map(RecordId);
    }

    fn station_report(&mut self, record: &RecordView, zone: &Zone) {
        // Only the monthly ones have a day; a feedback is counted, not waited for.
        if code(record, station_report::FORM).is_some_and(|form| MONTHLY_FORMS.contains(&form)) {
            self.mark(Mark::Period, instant(record.value(station_report::PERIOD_FROM), zone));
        }
        self.mark(Mark::Submitted, instant(record.value(station_report::SUBMITTED_AT), zone));
    }

    fn visit(&mut self, record: &RecordView) {
        for (mark, key) in [
            (Mark::Requested, visit::REQUESTED_AT),
            (Mark::Responded, visit::RESPONDED_AT),
            (Mark::Appointment, visit::APPOINTMENT_AT),
            (Mark::Departed, visit::DEPARTED_AT),
            (Mark::Arrived, visit::ARRIVED_AT),
            (Mark::Started, visit::STARTED_AT),
            (Mark::Finished, visit::FINISHED_AT),
            (Mark::Left, visit::LEFT_AT),
            (Mark::HqCalled, visit::HQ_CALLED_AT),
        ] {
            self.mark(mark, record.value(key).as_datetime());
        }
        self.customer = record.value(visit::CUSTOMER).as_ref_id().map(RecordId);
        let finished = self.at.get(&Mark::Finished).copied();
        if matches!(code(record, visit::OUTCOME), Some("fixed" | "replaced_new" | "no_fault")) {
            self.mark(Mark::Repaired, finished);
        }
        // The survey is known by its link alone; it is made with the report. So is the reason why there is none.
        if record.value(visit::SURVEY).as_ref_id().is_some()
            || code(record, visit::NO_SURVEY_REASON).is_some()
        {
            self.mark(Mark::Surveyed, finished);
        }
        // What the product's dates say is added by whoever can read the product.
        self.in_warranty = code(record, visit::WARRANTY_OVERRIDE).map(covered);
        self.task = record.value(visit::TASK).as_ref_id().map(RecordId);
        self.product = record.value(visit::PRODUCT).as_ref_id().map(RecordId);
        self.is_emergency = code(record, visit::SERVICE_TYPE).map(|c| c == "emergency");
        self.is_severe_job = code(record, visit::SERVICE_SEVERITY).map(|c| matches!(c, "serious" | "major"));
    }

    fn task(&mut self, record: &RecordView) {
        for (mark, key) in [
            (Mark::Requested, task::REQUESTED_AT),
            (Mark::Responded, task::RESPONDED_AT),
            (Mark::Appointment, task::APPOINTMENT_AT),
            (Mark::PlanReviewed, task::PLAN_REVIEWED_AT),
            // A job that is done has its fault gone.
            (Mark::Repaired, task::DONE_AT),
        ] {
            self.mark(mark, record.value(key).as_datetime());
        }
        self.customer = record.value(task::CUSTOMER).as_ref_id().map(RecordId);
        self.in_warranty = code(record, task::WARRANTY_STATUS).map(covered);
        self.product = record.value(task::PRODUCT).as_ref_id().map(RecordId);
        self.is_emergency = code(record, task::SERVICE_TYPE).map(|c| c == "emergency");
        self.is_severe_job = code(record, task::SEVERITY).map(|c| matches!(c, "serious" | "major"));
        // What the order names goes before what the customer's file says.
        self.contracts.extend(line(record.value(task::SLA_PROFILE)).map(|profile| Contract {
            profile,
            from: None,
            to: None,
        }));
    }

    fn return_visit(&mut self, record: &RecordView) {
        for (mark, key) in [
            (Mark::Visited, return_visit::VISITED_AT),
            (Mark::Recorded, return_visit::RECORDED_AT),
            (Mark::Submitted, return_visit::SUBMITTED_AT),
            (Mark::CallbackAt, return_visit::CALLBACK_AT),
            (Mark::Answered, return_visit::ANSWERED_AT),
        ] {
            self.mark(mark, record.value(key).as_datetime());
        }
        if boolean(record, return_visit::NEEDS_REPLY) == Some(true) {
            self.mark(Mark::Asked, record.value(return_visit::VISITED_AT).as_datetime());
        }
        // R5 has no time of its own but the step's: the next attempt is the second call.
        let refused = record.events.iter().filter(|e| e.to == "refused_retry").map(|e| e.at).max();
        let attempts = record.collections.get(return_visit::ATTEMPTS).into_iter().flatten();
        let tried = attempts
            .filter(|e| !e.removed)
            .filter_map(|e| e.fields.get(return_visit::ATTEMPTS_TRIED_AT)?.as_datetime());
        self.mark(Mark::CalledAgain, tried.filter(|at| refused.is_some_and(|refused| *at > refused)).min());
        self.is_extended = record.value(return_visit::EXTENSION_GRANTED_BY).as_ref_id().is_some();
        self.customer = record.value(return_visit::CUSTOMER).as_ref_id().map(RecordId);
    }

    fn customer(&mut self, record: &RecordView, zone: &Zone) {
        if record.value(customer::MERGED_INTO).as_ref_id().is_some() {
            // What is owed is owed to the customer that it was merged into.
            return;
        }
        let said = |key: &str| code(record, key).unwrap_or_default();
        (self.cycle, self.tier) = visits::of_file(
            said(customer::RETURN_VISIT_CYCLE),
            said(customer::TIER),
            said(customer::CUSTOMER_TYPE),
        );
        self.lead = [customer::RESPONSIBLE_EMPLOYEE, customer::ACCOUNT_MANAGER]
            .into_iter()
            .find_map(|key| record.value(key).as_ref_id())
            .map(UserId);
        let entries = record.collections.get(customer::CONTRACTS).into_iter().flatten();
        for entry in entries.filter(|e| !e.removed) {
            let field = |key: &str| entry.fields.get(key).unwrap_or(&Value::Null);
            let from = date(field(customer::CONTRACTS_VALID_FROM));
            if let Some(profile) = line(field(customer::CONTRACTS_SLA_PROFILE)) {
                let start = |date: Option<Date>| Timestamp::start_of_day(date?, zone).map(|at| at.0);
                let to = date(field(customer::CONTRACTS_VALID_TO)).and_then(|d| d.tomorrow().ok());
                self.contracts.push(Contract { profile, from: start(from), to: start(to) });
            }
            let months = match field(customer::CONTRACTS_WARRANTY_MONTHS) {
                Value::Int(months) if *months > 0 => Span::new().try_months(*months).ok(),
                _ => None,
            };
            let end = from.zip(months).and_then(|(from, months)| from.checked_add(months).ok());
            // The last day counts (C48), so the warranty ends with it.
            let end = end.and_then(|date| Timestamp::start_of_day(date.tomorrow().ok()?, zone));
            if end > self.at.get(&Mark::WarrantyEnd).copied() {
                self.mark(Mark::WarrantyEnd, end);
                self.in_warranty = Some(true);
            }
        }
    }
}

/// Whether a warranty status means that the work is owed free of charge.
fn covered(code: &str) -> bool {
    FREE.contains(&code)
}

fn code<'a>(record: &'a RecordView, key: &str) -> Option<&'a str> {
    match record.value(key) {
        Value::Code(code) => Some(code),
        _ => None,
    }
}

/// A text that says something.
fn line(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

fn date(value: &Value) -> Option<Date> {
    match value {
        Value::Date(date) => Some(*date),
        _ => None,
    }
}

fn boolean(record: &RecordView, key: &str) -> Option<bool> {
    match record.value(key) {
        Value::Bool(b) => Some(*b),
        _ => None,
    }
}

/// An instant, or the first one of a day.
fn instant(value: &Value, zone: &Zone) -> Option<Timestamp> {
    value.as_datetime().or_else(|| day(value, zone))
}

/// Lots that were checked: fields for the day of delivery, the result and the place in the row.
fn lots(record: &RecordView, zone: &Zone, collection: &str, [delivered, result, seq]: [&str; 3]) -> Vec<Lot> {
    let entries = record.collections.get(collection).into_iter().flatten().filter(|e| !e.removed);
    let lot = |entry: &Entry| {
        let field = |key: &str| entry.fields.get(key).unwrap_or(&Value::Null);
        let ok = match field(result) {
            Value::Code(code) if code == "ok" => Some(true),
            Value::Code(code) if code == "ng" => Some(false),
            _ => None,
        };
        let seq = match field(seq) {
            Value::Int(n) => *n,
            _ => 0,
        };
        Some(Lot { at: instant(field(delivered), zone).or(entry.at)?, seq, ok })
    };
    entries.filter_map(lot).collect()
}

/// The first instant of a day.
fn day(value: &Value, zone: &Zone) -> Option<Timestamp> {
    Timestamp::start_of_day(date(value)?, zone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn monthly_forms_are_those_of_the_list() {
        let schema = Schema::builtin().unwrap();
        let monthly =
            schema.list("station_form").unwrap().codes.iter().filter(|c| c.attrs.contains_key("monthly"));
        assert_eq!(monthly.map(|c| c.code.as_str()).collect::<Vec<_>>(), MONTHLY_FORMS);
    }

    #[test]
    fn what_is_free_is_what_the_list_says() {
        let schema = Schema::builtin().unwrap();
        let codes = &schema.list("warranty_status").unwrap().codes;
        let free =
            codes.iter().filter(|c| c.attrs.get("free").is_some_and(|free| free.to_string() == "true"));
        assert_eq!(free.map(|c| c.code.as_str()).collect::<Vec<_>>(), FREE);
    }
}
