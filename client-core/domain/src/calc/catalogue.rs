//! The formulas by number and version.
//!
//! A stored result names its formula and this version, so that an old report can be reproduced. Whoever
//! changes what a formula gives for the same inputs and settings raises its version and keeps the old one.

/// A formula of the domain catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formula {
    /// `C01` … `C77`.
    pub code: &'static str,
    /// Raised when the same inputs give another result.
    pub version: u16,
    /// Module of [`crate::calc`] that has it.
    pub module: &'static str,
    /// What it computes.
    pub what: &'static str,
}

const fn first(code: &'static str, module: &'static str, what: &'static str) -> Formula {
    Formula { code, version: 1, module, what }
}

/// Every formula that the program has, by number.
pub const FORMULAS: &[Formula] = &[
    first("C01", "survey", "return rate"),
    first("C02", "survey", "validity rate"),
    first("C03", "sheet", "valid from two thirds of the questions"),
    first("C04", "sheet", "valid with at most one missing item"),
    first("C05", "scoring", "five levels of 10/8/6/4/2 points"),
    first("C06", "scoring", "criteria weighted to 100 %"),
    first("C07", "composite", "monthly composite D1 + D2 + D3"),
    first("C08", "scoring", "Likert index"),
    first("C09", "scoring", "weighted average"),
    first("C10", "scoring", "plain mean with target"),
    first("C11", "distribution", "four-level distribution"),
    first("C12", "distribution", "three-level distribution"),
    first("C13", "scoring", "return-visit questionnaire"),
    first("C14", "sampling", "sample by 80 % of volume"),
    first("C15", "distribution", "feedback split"),
    first("C16", "survey", "three measures of satisfaction"),
    first("C17", "distribution", "market and competitor result"),
    first("C18", "distribution", "complaint-handling satisfaction"),
    first("C19", "distribution", "score of dimensions"),
    first("C20", "complaint", "count and share by group"),
    first("C21", "complaint", "month and cumulative"),
    first("C22", "complaint", "reply rate"),
    first("C23", "complaint", "handled rate"),
    first("C24", "complaint", "closure rate"),
    first("C25", "complaint", "resolution rate"),
    first("C26", "complaint", "timeliness"),
    first("C27", "repeats", "recurrence"),
    first("C28", "complaint", "valid rate"),
    first("C29", "growth", "growth"),
    first("C30", "calendar", "daily average"),
    first("C31", "quality", "re-send shares"),
    first("C32", "quality", "PPM"),
    first("C33", "quality", "on-time delivery"),
    first("C34", "crosstab", "cross tables"),
    first("C40", "service", "first response time"),
    first("C41", "service", "average handling time"),
    first("C42", "service", "arrival compliance"),
    first("C43", "service", "repair-time compliance"),
    first("C44", "repeats", "first-fix rate"),
    first("C45", "repeats", "same-fault repeat rate"),
    first("C46", "service", "promise-keeping rate"),
    first("C47", "service", "call centre"),
    first("C48", "warranty", "warranty decision"),
    first("C49", "due", "deadline arithmetic"),
    first("C50", "return_visit", "next return-visit due"),
    first("C51", "return_visit", "coverage and plan completion"),
    first("C60", "kpi::monthly", "complaint timeliness points"),
    first("C61", "kpi::monthly", "other monthly points"),
    first("C62", "kpi", "supervisor's appraisal"),
    first("C63", "kpi::quarterly", "achievement sheet"),
    first("C64", "bands", "grade mapping"),
    first("C65", "kpi::awards", "award points and exclusion"),
    first("C66", "kpi::awards", "discipline after verified complaints"),
    first("C70", "money", "advance settlement"),
    first("C71", "money", "travel claim"),
    first("C72", "money", "fines and penalties"),
    first("C73", "kpi::awards", "collection awards"),
    first("C74", "money", "paid service quote"),
    first("C75", "capital", "amount in capital characters"),
    first("C76", "money", "travel yearly summary"),
    first("C77", "money", "service cost"),
];

/// The version of a formula that is stored with its results; the code in any case. `None` for a formula
/// that the program does not have.
#[must_use]
pub fn version(code: &str) -> Option<u16> {
    FORMULAS.iter().find(|f| f.code.eq_ignore_ascii_case(code)).map(|f| f.version)
}
