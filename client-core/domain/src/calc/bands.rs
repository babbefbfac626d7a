//! Bands of a score: which name a number gets. Lower bounds are inclusive.

use rust_decimal::Decimal;

use super::number::CalcError;

/// Named ranges of a score, highest first; each template and KPI sheet may have its own (A14, C64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands {
    bounds: Vec<(Decimal, String)>,
    below: String,
}

impl Bands {
    /// `bounds` are (lowest score of the band, code), highest first; a score under all of them is `below`.
    ///
    /// # Errors
    /// `OutOfRange("band")` when the bounds do not fall strictly.
    pub fn new(bounds: Vec<(Decimal, String)>, below: String) -> Result<Self, CalcError> {
        if bounds.windows(2).any(|pair| pair[0].0 <= pair[1].0) {
            return Err(CalcError::OutOfRange("band"));
        }
        Ok(Self { bounds, below })
    }

    fn known(bounds: &[(i64, &str)], below: &str) -> Self {
        let bounds = bounds.iter().map(|(from, code)| (Decimal::from(*from), (*code).to_owned())).collect();
        Self { bounds, below: below.to_owned() }
    }

    /// C06 很满意 ≥ 90, 满意 ≥ 75, 一般 ≥ 60, 不满意 ≥ 40; below 40, which the source leaves unnamed,
    /// 很不满意.
    #[must_use]
    pub fn satisfaction() -> Self {
        let named = [(90, "very_satisfied"), (75, "satisfied"), (60, "average"), (40, "dissatisfied")];
        Self::known(&named, "very_dissatisfied")
    }

    /// C62, C64: 100 非常好, ≥ 85 优秀, ≥ 75 良好, ≥ 60 及格, below 不及格.
    #[must_use]
    pub fn appraisal() -> Self {
        Self::appraisal_from([100, 85, 75, 60].map(Decimal::from))
    }

    /// The same bands from other totals on, the highest first.
    #[must_use]
    pub fn appraisal_from(from: [Decimal; 4]) -> Self {
        let named = ["outstanding", "excellent", "good", "pass"].map(str::to_owned);
        Self { bounds: from.into_iter().zip(named).collect(), below: "fail".to_owned() }
    }

    /// The code of the band of `score`.
    #[must_use]
    pub fn of(&self, score: Decimal) -> &str {
        self.bounds.iter().find(|(from, _)| score >= *from).map_or(&self.below, |(_, code)| code)
    }
}
