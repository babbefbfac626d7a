//! The monthly composite satisfaction D = D1 + D2 + D3 (C07).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::number::{CalcError, add, divide, in_percent_range, multiply, subtract, sum};

/// The audit of the month, as the customer told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// Points of 0–100.
    Points(Decimal),
    /// Grade A, 85 points by default.
    GradeA,
    /// Grade B, 75 points by default.
    GradeB,
    /// Grade C, 60 points by default.
    GradeC,
    /// No audit, or no conclusion after talking to the customer: nothing is deducted.
    NoConclusion,
}

/// What C07 leaves open or a company sets (A11). All in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompositeSettings {
    /// Weights of D1, D2, D3; 20, 60, 20.
    pub weights: [Decimal; 3],
    /// N1 per customer complaint; 2.
    pub n1_points: Decimal,
    /// N1 at most; 15.
    pub n1_cap: Decimal,
    /// N1 counts valid complaints only (default) or all.
    pub n1_valid_only: bool,
    /// N2 per exceedance of the PPM target; 5.
    pub n2_points: Decimal,
    /// N2 at most; 15, proposed: the source has no cap.
    pub n2_cap: Decimal,
    /// N3 lost with the first interruption of the customer's production; 15, proposed.
    pub n3_points: Decimal,
    /// N4 per late delivery; 3.
    pub n4_points: Decimal,
    /// N4 at most; 15.
    pub n4_cap: Decimal,
    /// Factor on N1 + N2 + N3 + N4: 0.6 as printed (default), or 1 if the four items share 60 points.
    pub d2_factor: Decimal,
    /// Points of grades A, B, C; 85, 75, 60.
    pub grades: [Decimal; 3],
    /// D below this needs analysis and measures; 80.
    pub analysis_below: Decimal,
}

impl Default for CompositeSettings {
    fn default() -> Self {
        let points = |n: i64| Decimal::from(n);
        Self {
            weights: [points(20), points(60), points(20)],
            n1_points: points(2),
            n1_cap: points(15),
            n1_valid_only: true,
            n2_points: points(5),
            n2_cap: points(15),
            n3_points: points(15),
            n4_points: points(3),
            n4_cap: points(15),
            d2_factor: Decimal::new(6, 1),
            grades: [points(85), points(75), points(60)],
            analysis_below: points(80),
        }
    }
}

/// What happened in the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthFacts {
    /// (obtained, total) points of the survey; `None` if there was none.
    pub survey: Option<(Decimal, Decimal)>,
    /// All complaints received.
    pub complaints: u32,
    /// Those found valid.
    pub valid_complaints: u32,
    /// Times PPM exceeded its target (C32).
    pub ppm_exceedances: u32,
    /// Interruptions of the customer's production.
    pub interruptions: u32,
    /// Late deliveries (C33).
    pub late_deliveries: u32,
    /// The customer's audit.
    pub audit: Audit,
}

/// C07 with every part, so that an old month can be reproduced. All in points, unrounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Composite {
    /// Survey, 0–20.
    pub d1: Decimal,
    /// Deductions N1, N2, N3, N4.
    pub n: [Decimal; 4],
    /// Objective data, 0–60.
    pub d2: Decimal,
    /// Audit, 0–20.
    pub d3: Decimal,
    /// D1 + D2 + D3, 0–100.
    pub d: Decimal,
    /// D is below the limit: focused analysis and measures are due.
    pub analysis_required: bool,
}

/// C07 D = D1 + D2 + D3, 0–100 points.
///
/// D1 = obtained ÷ total × 20; D2 = 60 − (N1 + N2 + N3 + N4) × factor, at least 0; D3 = audit × 20 %.
/// No survey, no audit, no events: full marks, as the source says. Unrounded.
///
/// # Errors
/// `OutOfRange("survey")` when more points were obtained than there are, or the total is not above 0;
/// `OutOfRange("audit")` outside 0–100; `OutOfRange("valid_complaints")` for more valid complaints than
/// complaints; `Overflow`.
pub fn composite_satisfaction(
    month: &MonthFacts,
    settings: &CompositeSettings,
) -> Result<Composite, CalcError> {
    let [w1, w2, w3] = settings.weights;
    let d1 = match month.survey {
        None => w1,
        Some((obtained, total)) => {
            if total <= Decimal::ZERO || obtained < Decimal::ZERO || obtained > total {
                return Err(CalcError::OutOfRange("survey"));
            }
            divide(multiply(obtained, w1)?, total)?
        }
    };
    if month.valid_complaints > month.complaints {
        return Err(CalcError::OutOfRange("valid_complaints"));
    }
    let complaints = if settings.n1_valid_only { month.valid_complaints } else { month.complaints };
    let capped = |count: u32, points: Decimal, cap: Decimal| {
        multiply(Decimal::from(count), points).map(|n| n.min(cap))
    };
    let n = [
        capped(complaints, settings.n1_points, settings.n1_cap)?,
        capped(month.ppm_exceedances, settings.n2_points, settings.n2_cap)?,
        if month.interruptions > 0 { settings.n3_points } else { Decimal::ZERO },
        capped(month.late_deliveries, settings.n4_points, settings.n4_cap)?,
    ];
    let d2 = subtract(w2, multiply(sum(n)?, settings.d2_factor)?)?.max(Decimal::ZERO);
    let points = match month.audit {
        Audit::Points(points) => points,
        Audit::GradeA => settings.grades[0],
        Audit::GradeB => settings.grades[1],
        Audit::GradeC => settings.grades[2],
        Audit::NoConclusion => Decimal::ONE_HUNDRED,
    };
    if !in_percent_range(points) {
        return Err(CalcError::OutOfRange("audit"));
    }
    let d3 = divide(multiply(points, w3)?, Decimal::ONE_HUNDRED)?;
    let d = add(add(d1, d2)?, d3)?;
    Ok(Composite { d1, n, d2, d3, d, analysis_required: d < settings.analysis_below })
}
