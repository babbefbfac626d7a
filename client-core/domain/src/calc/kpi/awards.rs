//! Awards and discipline of service staff (C65, C66, C73).

use rust_decimal::Decimal;

use crate::calc::number::{CalcError, divide, mean, multiply, not_negative};

/// C65 what a person earned in the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merits {
    /// The business goal was met: without it there is no award.
    pub goal_met: bool,
    /// A single award was given.
    pub single_award: bool,
    /// 记功, times.
    pub merits: u32,
    /// 记过, times.
    pub demerits: u32,
    /// 记大过, times.
    pub major_demerits: u32,
}

/// C65 points won: +5 for a single award or three 记功, if the business goal was met; else 0.
#[must_use]
pub fn award_points(merits: &Merits) -> Decimal {
    let earned = merits.goal_met && (merits.single_award || merits.merits >= 3);
    if earned { Decimal::from(5) } else { Decimal::ZERO }
}

/// C65 excluded from excess profit: three 记过 or two 记大过. The source's other three conditions are lost.
#[must_use]
pub fn excluded_from_excess_profit(merits: &Merits) -> bool {
    merits.demerits >= 3 || merits.major_demerits >= 2
}

/// C73 share of the salesperson's annual excess-collection award that service staff get; 8 %.
pub const COLLECTION_SHARE_PERCENT: Decimal = Decimal::from_parts(8, 0, 0, false, 0);

/// C73 collection award of service staff in yuan = the salesperson's award × `share_percent` ÷ 100,
/// unrounded.
///
/// # Errors
/// `OutOfRange("award")`, `OutOfRange("share")` for negative numbers; `Overflow`.
pub fn collection_award(salesperson_award: Decimal, share_percent: Decimal) -> Result<Decimal, CalcError> {
    not_negative(salesperson_award, "award")?;
    not_negative(share_percent, "share")?;
    divide(multiply(salesperson_award, share_percent)?, Decimal::ONE_HUNDRED)
}

/// C73 award of a technical or assistant engineer in yuan = 2 × mean of the service staff's awards in the
/// region, unrounded.
///
/// # Errors
/// `Empty` for a region without service staff; `OutOfRange("award")` for a negative one; `Overflow`.
pub fn engineer_award(service_staff_awards: &[Decimal]) -> Result<Decimal, CalcError> {
    for award in service_staff_awards {
        not_negative(*award, "award")?;
    }
    multiply(mean(service_staff_awards)?, Decimal::TWO)
}

/// C66 what a customer complains of about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misconduct {
    /// Quarrelled with a user.
    Quarrel,
    /// Asked for property, or made unreasonable requests.
    AskedForProperty,
    /// Did not serve in time, for personal reasons.
    NotInTime,
    /// The same problem had to be repaired again, for personal reasons (C45).
    RepeatRepair,
}

/// C66 记大过 due: one for each verified complaint, by call, letter or visit. `complaints` are (what, verified).
#[must_use]
pub fn major_demerits_due(complaints: &[(Misconduct, bool)]) -> usize {
    complaints.iter().filter(|(_, verified)| *verified).count()
}

/// C66 what follows fraudulent receipts, by gravity, the mildest first. A person decides which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FraudConsequence {
    /// 记过.
    Demerit,
    /// 记大过.
    MajorDemerit,
    /// 辞退.
    Dismissal,
    /// To the authorities.
    Legal,
}
