//! The monthly sheet of an export sales manager: complaint timeliness (C60) and its other items (C61).
//!
//! Every function gives points added to or taken from full marks, because the weights are not visible.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calc::number::{CalcError, add, divide, multiply, not_negative, subtract, sum};

/// Which hours of a late sheet count (C60, ambiguous in the source).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateHours {
    /// Each hour that has started.
    #[default]
    Started,
    /// Each hour that is over.
    Completed,
}

/// C60 points; one company's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimelinessSettings {
    /// The handling sheet must exist within this time of the receipt; 1 h.
    #[serde(rename = "sheet_within_minutes", with = "crate::time::minutes")]
    pub sheet_within: SignedDuration,
    /// Lost per further hour; 0.5.
    pub per_hour: Decimal,
    /// Which hours count; started ones.
    pub hours: LateHours,
    /// Lost when handling ends late; 1.
    pub late: Decimal,
    /// Lost besides when it is still late after an instruction; 1.
    pub late_again: Decimal,
    /// Won per timely handling; 1.
    pub timely: Decimal,
    /// Won at most; 3.
    pub timely_cap: Decimal,
}

impl Default for TimelinessSettings {
    fn default() -> Self {
        Self {
            sheet_within: SignedDuration::from_hours(1),
            per_hour: Decimal::new(5, 1),
            hours: LateHours::Started,
            late: Decimal::ONE,
            late_again: Decimal::ONE,
            timely: Decimal::ONE,
            timely_cap: Decimal::from(3),
        }
    }
}

/// How the handling of a complaint ended against its set time (L8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Not finished, and its time has not come.
    Open,
    /// In time.
    InTime,
    /// Late.
    Late,
    /// Still late after a further instruction.
    LateAfterInstruction,
}

/// One complaint of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandledComplaint {
    /// From the receipt until the handling sheet existed.
    pub sheet_after: SignedDuration,
    /// Against the set time.
    pub finish: Finish,
}

/// C60 result in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeliness {
    /// Lost by late sheets, ≥ 0.
    pub sheet_deduction: Decimal,
    /// Lost by late handling, ≥ 0.
    pub finish_deduction: Decimal,
    /// Won by timely handling, 0–cap.
    pub bonus: Decimal,
    /// Bonus − deductions, at most the cap. A month without complaints is 0: full marks.
    pub net: Decimal,
}

/// C60 投诉处理及时率 points of a month. Timely = the sheet and the end both in time.
///
/// # Errors
/// `OutOfRange("sheet_after")` for a sheet before its complaint; `Overflow`.
pub fn complaint_timeliness(
    complaints: &[HandledComplaint],
    settings: &TimelinessSettings,
) -> Result<Timeliness, CalcError> {
    let (mut sheet, mut finish, mut bonus) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    for complaint in complaints {
        if complaint.sheet_after.is_negative() {
            return Err(CalcError::OutOfRange("sheet_after"));
        }
        let hours = late_hours(complaint.sheet_after, settings)?;
        sheet = add(sheet, multiply(Decimal::from(hours), settings.per_hour)?)?;
        let lost = match complaint.finish {
            Finish::Open | Finish::InTime => Decimal::ZERO,
            Finish::Late => settings.late,
            Finish::LateAfterInstruction => add(settings.late, settings.late_again)?,
        };
        finish = add(finish, lost)?;
        if complaint.sheet_after <= settings.sheet_within && complaint.finish == Finish::InTime {
            bonus = add(bonus, settings.timely)?.min(settings.timely_cap);
        }
    }
    let net = subtract(bonus, add(sheet, finish)?)?;
    Ok(Timeliness { sheet_deduction: sheet, finish_deduction: finish, bonus, net })
}

fn late_hours(sheet_after: SignedDuration, settings: &TimelinessSettings) -> Result<u64, CalcError> {
    const HOUR: u128 = 3_600_000_000_000;
    let late = sheet_after.checked_sub(settings.sheet_within).ok_or(CalcError::Overflow)?;
    let Ok(late) = u128::try_from(late.as_nanos()) else { return Ok(0) };
    let hours = match settings.hours {
        LateHours::Started => late.div_ceil(HOUR),
        LateHours::Completed => late / HOUR,
    };
    u64::try_from(hours).map_err(|_| CalcError::Overflow)
}

/// C61 points lost for an economic loss A after handling: 0 for no loss, else ceil(A ÷ `step`) + 1. With the
/// source's 500 yuan: up to 500 −2, up to 1000 −3, and so on.
///
/// # Errors
/// `OutOfRange("loss")` for a negative loss; `Empty` for a step of 0; `Overflow`.
pub fn loss_deduction(loss: Decimal, step: Decimal) -> Result<Decimal, CalcError> {
    not_negative(loss, "loss")?;
    if loss.is_zero() {
        return Ok(Decimal::ZERO);
    }
    add(divide(loss, step)?.ceil(), Decimal::ONE)
}

/// The loss step of C61 in yuan.
pub const LOSS_STEP: Decimal = Decimal::from_parts(500, 0, 0, false, 0);

/// C61 calculation errors (`per_error` 1) and order errors (`per_error` 0.5): each −`per_error` if accepted
/// by concession, each loss by [`loss_deduction`]; a month without any is +2.
///
/// # Errors
/// As [`loss_deduction`].
pub fn error_points(conceded: u32, losses: &[Decimal], per_error: Decimal) -> Result<Decimal, CalcError> {
    if conceded == 0 && losses.is_empty() {
        return Ok(Decimal::TWO);
    }
    let by_loss = losses.iter().map(|loss| loss_deduction(*loss, LOSS_STEP));
    let lost = sum(by_loss.collect::<Result<Vec<_>, _>>()?)?;
    subtract(Decimal::ZERO, add(lost, multiply(Decimal::from(conceded), per_error)?)?)
}

/// C61 inspections: average = total ÷ times; against the base of 85, +1 for each full 5 above, −1 for each
/// full 5 below. 93 → +1; 78 → −1.
///
/// # Errors
/// `Empty` for no inspection; `OutOfRange("score")` outside 0–100; `Overflow`.
pub fn inspection_points(scores: &[Decimal]) -> Result<Decimal, CalcError> {
    if !scores.iter().all(|s| crate::calc::number::in_percent_range(*s)) {
        return Err(CalcError::OutOfRange("score"));
    }
    let average = divide(sum(scores.iter().copied())?, Decimal::from(scores.len()))?;
    Ok(divide(subtract(average, Decimal::from(85))?, Decimal::from(5))?.trunc())
}

/// C61 staff turnover: leavers against 4 % of the staff in whole persons; each person over −0.5, each under
/// +0.5. Trial and temporary staff are in neither number. 50 staff: 4 leavers → −1, 1 → +0.5.
///
/// # Errors
/// `Empty` for no staff; `OutOfRange("leavers")` for more leavers than staff; `Overflow`.
pub fn turnover_points(staff: u32, leavers: u32) -> Result<Decimal, CalcError> {
    if staff == 0 {
        return Err(CalcError::Empty);
    }
    if leavers > staff {
        return Err(CalcError::OutOfRange("leavers"));
    }
    let allowed = u64::from(staff) * 4 / 100;
    multiply(subtract(Decimal::from(allowed), Decimal::from(leavers))?, Decimal::new(5, 1))
}

/// C61 work plan, resolutions, assignments, and obeying the rules: each late or violated −1, still so after an
/// instruction −1 more; all of them done, +2.
///
/// # Errors
/// `OutOfRange("late_after_instruction")` for more of them than were late; `Overflow`.
pub fn assignment_points(late: u32, late_after_instruction: u32) -> Result<Decimal, CalcError> {
    match (late, late_after_instruction) {
        (0, 0) => Ok(Decimal::TWO),
        (late, again) if again > late => Err(CalcError::OutOfRange("late_after_instruction")),
        (late, again) => subtract(Decimal::ZERO, add(Decimal::from(late), Decimal::from(again))?),
    }
}

/// C61 appraisal data that are wrong or missing: each −1.
#[must_use]
pub fn data_error_points(errors: u32) -> Decimal {
    -Decimal::from(errors)
}

/// A disciplinary measure of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Discipline {
    /// 通报批评.
    Notice,
    /// 行政警告.
    Warning,
    /// 记小过.
    MinorDemerit,
    /// 记大过.
    MajorDemerit,
}

/// C61 discipline: 通报批评 −1, 行政警告 −2, 记小过 −3, 记大过 −4 each.
///
/// # Errors
/// `Overflow`.
pub fn discipline_points(measures: &[Discipline]) -> Result<Decimal, CalcError> {
    sum(measures.iter().map(|measure| {
        -Decimal::from(match measure {
            Discipline::Notice => 1,
            Discipline::Warning => 2,
            Discipline::MinorDemerit => 3,
            Discipline::MajorDemerit => 4,
        })
    }))
}
