//! 月度顾客满意度

use rust_decimal::Decimal;

use super::{Rules, put};
use crate::calc::composite::{Audit, MonthFacts, composite_satisfaction};
use crate::calc::number::{PERCENT_DECIMALS, Rate, SCORE_DECIMALS, rounded};
use crate::calc::quality::{parts_per_million, ppm_exceedances};
use crate::document::RecordView;
use crate::keys::monthly_satisfaction::{
    AUDIT_GRADE, AUDIT_POINTS, CALLBACK_RATE, CALLBACKS_ANSWERED, CALLBACKS_SATISFIED, COMPLAINTS,
    COMPLAINTS_VALID, D, D1, D2, D3, DELIVERIES_DUE, DELIVERIES_LATE, INTERRUPTIONS, N1, N2, N3, N4,
    NEEDS_ANALYSIS, ON_TIME_RATE, PPM, PPM_EXCEEDANCES, PPM_TARGET, QUANTITY_DEFECTIVE, QUANTITY_DELIVERED,
    SURVEY_POINTS, SURVEY_TOTAL,
};
use crate::schema::Kind;
use crate::value::Value;

/// PPM (C32), on-time delivery (C33), satisfaction with the handling (C18), and the composite (C07). Facts that
/// contradict each other give no result.
pub(super) fn fill(rules: &Rules<'_>, kind: &Kind, view: &mut RecordView) {
    let pieces = count(view, QUANTITY_DEFECTIVE).zip(count(view, QUANTITY_DELIVERED));
    let pieces = pieces.map(|(bad, all)| (Decimal::from(bad), Decimal::from(all)));
    if let Some((bad, all)) = pieces
        && let Ok(ppm) = parts_per_million(bad, all)
    {
        put(kind, view, PPM, Value::Decimal(rounded(ppm, 0)));
    }
    if let Some((late, due)) = count(view, DELIVERIES_LATE).zip(count(view, DELIVERIES_DUE)) {
        share(kind, view, ON_TIME_RATE, due.checked_sub(late), due);
    }
    if let Some((happy, all)) = count(view, CALLBACKS_SATISFIED).zip(count(view, CALLBACKS_ANSWERED)) {
        share(kind, view, CALLBACK_RATE, Some(happy), all);
    }
    let counted = |key| count(view, key).unwrap_or(0);
    let complaints = counted(COMPLAINTS);
    // Times that were written down stand; else the month's own figures are one period.
    let exceedances = count(view, PPM_EXCEEDANCES)
        .or_else(|| ppm_exceedances(&[pieces?], decimal(view, PPM_TARGET)?).ok())
        .unwrap_or(0);
    let audit = match (decimal(view, AUDIT_POINTS), view.value(AUDIT_GRADE)) {
        (Some(points), _) => Audit::Points(points),
        (None, Value::Code(grade)) => match grade.as_str() {
            "a" => Audit::GradeA,
            "b" => Audit::GradeB,
            "c" => Audit::GradeC,
            _ => Audit::NoConclusion,
        },
        _ => Audit::NoConclusion,
    };
    let facts = MonthFacts {
        survey: decimal(view, SURVEY_POINTS).zip(decimal(view, SURVEY_TOTAL)),
        complaints,
        // Not told apart: none is known to be unfounded.
        valid_complaints: count(view, COMPLAINTS_VALID).unwrap_or(complaints),
        ppm_exceedances: exceedances,
        interruptions: counted(INTERRUPTIONS),
        late_deliveries: counted(DELIVERIES_LATE),
        audit,
    };
    // Points without their total say nothing; neither is a month without a survey.
    let half = view.value(SURVEY_POINTS).is_empty() != view.value(SURVEY_TOTAL).is_empty();
    let Ok(result) = composite_satisfaction(&facts, &rules.formulas.composite) else { return };
    if half {
        return;
    }
    let [n1, n2, n3, n4] = result.n;
    let shown = [
        (N1, n1),
        (N2, n2),
        (N3, n3),
        (N4, n4),
        (D1, result.d1),
        (D2, result.d2),
        (D3, result.d3),
        (D, result.d),
    ];
    for (key, score) in shown {
        put(kind, view, key, Value::Decimal(rounded(score, SCORE_DECIMALS).normalize()));
    }
    put(kind, view, NEEDS_ANALYSIS, Value::Bool(result.analysis_required));
}

fn share(kind: &Kind, view: &mut RecordView, key: &str, part: Option<u32>, whole: u32) {
    let rate = part.and_then(|part| Rate::new(u64::from(part), u64::from(whole)).ok());
    if let Some(percent) = rate.and_then(|r| r.shown(PERCENT_DECIMALS)) {
        put(kind, view, key, Value::Decimal(percent.normalize()));
    }
}

fn count(view: &RecordView, key: &str) -> Option<u32> {
    match view.value(key) {
        Value::Int(n) => u32::try_from(*n).ok(),
        _ => None,
    }
}

fn decimal(view: &RecordView, key: &str) -> Option<Decimal> {
    match view.value(key) {
        Value::Decimal(d) => Some(*d),
        _ => None,
    }
}
