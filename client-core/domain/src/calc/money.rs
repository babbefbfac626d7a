//! Money: advances, travel, fines, quotes, service cost (C70–C72, C74, C76, C77). Yuan, exact; rounded half
//! up to 2 decimals for display only.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::calendar::days_between;
use super::number::{CalcError, add, divide, multiply, not_negative, subtract, sum};

/// C70 what remains of an advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The claim equals the advance.
    Even,
    /// So much is to be returned.
    Return(Decimal),
    /// So much is to be paid out.
    PayOut(Decimal),
}

/// C70 balance = advance − approved claim; positive is returned, negative paid out.
///
/// # Errors
/// `OutOfRange("advance")`, `OutOfRange("approved")` for negative amounts; `Overflow`.
pub fn settle_advance(advance: Decimal, approved: Decimal) -> Result<Settlement, CalcError> {
    let balance = subtract(not_negative(advance, "advance")?, not_negative(approved, "approved")?)?;
    Ok(match balance.cmp(&Decimal::ZERO) {
        std::cmp::Ordering::Equal => Settlement::Even,
        std::cmp::Ordering::Greater => Settlement::Return(balance),
        std::cmp::Ordering::Less => Settlement::PayOut(-balance),
    })
}

/// What C71 leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TravelSettings {
    /// Which days of a trip count; both ends.
    pub days: TripDays,
}

/// C71 which days of a trip count (出差天数).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TripDays {
    /// Calendar days, the first and the last included.
    #[default]
    BothEnds,
    /// Nights: the last day does not count.
    Nights,
}

/// C71 days of a trip.
///
/// # Errors
/// `OutOfRange("to")` when the trip ends before it starts; `Overflow`.
pub fn trip_days(from: Date, to: Date, rule: TripDays) -> Result<u32, CalcError> {
    let nights = u32::try_from(days_between(from, to)).map_err(|_| CalcError::OutOfRange("to"))?;
    match rule {
        TripDays::BothEnds => nights.checked_add(1).ok_or(CalcError::Overflow),
        TripDays::Nights => Ok(nights),
    }
}

/// C71 subsistence allowance = days × rate of the grade and place.
///
/// # Errors
/// `OutOfRange("rate")` for a negative rate; `Overflow`.
pub fn subsistence_allowance(days: u32, rate: Decimal) -> Result<Decimal, CalcError> {
    multiply(Decimal::from(days), not_negative(rate, "rate")?)
}

/// C71 travel claim = Σ of the approved lines; a line is (amount, approved). No approved lines → 0.
///
/// # Errors
/// `OutOfRange("amount")` for a negative line; `Overflow`.
pub fn travel_claim(lines: &[(Decimal, bool)]) -> Result<Decimal, CalcError> {
    let amounts = lines.iter().map(|(amount, _)| not_negative(*amount, "amount"));
    let amounts = amounts.collect::<Result<Vec<_>, _>>()?;
    sum(amounts.into_iter().zip(lines).filter(|(_, (_, approved))| *approved).map(|(amount, _)| amount))
}

/// C72 yuan per occurrence; one company's (A25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FineSettings {
    /// Left without calling headquarters at the end of a job; 50.
    pub left_without_call: Decimal,
    /// Late at the user's site for personal reasons; 50.
    pub late: Decimal,
    /// Report without cause, solution, part names or the user's opinion; 20.
    pub incomplete_report: Decimal,
    /// Disobeyed headquarters; 100.
    pub disobeyed: Decimal,
}

impl Default for FineSettings {
    fn default() -> Self {
        Self {
            left_without_call: Decimal::from(50),
            late: Decimal::from(50),
            incomplete_report: Decimal::from(20),
            disobeyed: Decimal::ONE_HUNDRED,
        }
    }
}

/// C72 what a person did in a period, in times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FinableActs {
    /// Left without calling headquarters.
    pub left_without_call: u32,
    /// Late for personal reasons.
    pub late: u32,
    /// Reports not detailed.
    pub incomplete_reports: u32,
    /// Disobeyed headquarters.
    pub disobeyed: u32,
}

/// C72 fines of a period in yuan, Σ times × amount.
///
/// # Errors
/// `Overflow`.
pub fn fines(acts: &FinableActs, settings: &FineSettings) -> Result<Decimal, CalcError> {
    let line = |times: u32, amount| multiply(Decimal::from(times), amount);
    sum([
        line(acts.left_without_call, settings.left_without_call)?,
        line(acts.late, settings.late)?,
        line(acts.incomplete_reports, settings.incomplete_report)?,
        line(acts.disobeyed, settings.disobeyed)?,
    ])
}

/// C72 违约金 of each month of `year`, from (day, amount).
///
/// # Errors
/// `OutOfRange("amount")` for a negative amount; `Overflow`.
pub fn penalties_by_month(penalties: &[(Date, Decimal)], year: i16) -> Result<[Decimal; 12], CalcError> {
    let mut months = [Decimal::ZERO; 12];
    for (day, amount) in penalties.iter().filter(|(day, _)| day.year() == year) {
        let month = months.get_mut(usize::from(day.month().unsigned_abs()) - 1);
        let month = month.ok_or(CalcError::OutOfRange("month"))?;
        *month = add(*month, not_negative(*amount, "amount")?)?;
    }
    Ok(months)
}

/// A part of a quote or a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartLine {
    /// Yuan each.
    pub price: Decimal,
    /// How many.
    pub quantity: Decimal,
}

/// C74 paid service quote = Σ (price × quantity) + labour + staff travel.
///
/// # Errors
/// `OutOfRange` naming the negative input; `Overflow`.
pub fn service_quote(parts: &[PartLine], labour: Decimal, travel: Decimal) -> Result<Decimal, CalcError> {
    let line = |part: &PartLine| {
        multiply(not_negative(part.price, "price")?, not_negative(part.quantity, "quantity")?)
    };
    let parts = sum(parts.iter().map(line).collect::<Result<Vec<_>, _>>()?)?;
    add(add(parts, not_negative(labour, "labour")?)?, not_negative(travel, "travel")?)
}

/// C76 one trip of the yearly summary. What the source's form does not record is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TripCost {
    /// 餐费标准, yuan per meal.
    pub meal_rate: Decimal,
    /// Number of meals.
    pub meals: Option<u32>,
    /// Yuan per hotel night.
    pub hotel_rate: Option<Decimal>,
    /// Number of hotel nights.
    pub nights: Option<u32>,
    /// 其他费用: travel subsidy, telephone …
    pub other: Decimal,
}

/// C76 yearly totals in yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TravelYear {
    /// Σ meals × rate; `None` when a trip lacks its meals.
    pub meals: Option<Decimal>,
    /// Σ nights × rate; `None` when a trip lacks nights or rate.
    pub hotels: Option<Decimal>,
    /// Σ other costs.
    pub other: Decimal,
    /// Σ of all three; `None` when one of them is.
    pub total: Option<Decimal>,
}

/// C76 travel yearly summary; no trips → 0 everywhere.
///
/// # Errors
/// `OutOfRange` naming the negative input; `Overflow`.
pub fn travel_year(trips: &[TripCost]) -> Result<TravelYear, CalcError> {
    let (mut meals, mut hotels, mut other) = (Some(Decimal::ZERO), Some(Decimal::ZERO), Decimal::ZERO);
    let plus = |sum: Option<Decimal>, times: Option<u32>, rate: Option<Decimal>| match (sum, times, rate) {
        (Some(sum), Some(times), Some(rate)) => add(sum, multiply(Decimal::from(times), rate)?).map(Some),
        _ => Ok(None),
    };
    for trip in trips {
        let hotel_rate = trip.hotel_rate.map(|rate| not_negative(rate, "hotel_rate")).transpose()?;
        meals = plus(meals, trip.meals, Some(not_negative(trip.meal_rate, "meal_rate")?))?;
        hotels = plus(hotels, trip.nights, hotel_rate)?;
        other = add(other, not_negative(trip.other, "other")?)?;
    }
    let total = match (meals, hotels) {
        (Some(meals), Some(hotels)) => Some(add(add(meals, hotels)?, other)?),
        _ => None,
    };
    Ok(TravelYear { meals, hotels, other, total })
}

/// C77 the cost of a service item against its budget, in yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceCost {
    /// Parts + travel + labour + others.
    pub cost: Decimal,
    /// Budget − cost; negative = overspent.
    pub left: Decimal,
    /// Cost ÷ budget × 100, unrounded; `None` ("—") without a budget.
    pub percent_used: Option<Decimal>,
    /// Collected for paid service − cost.
    pub result: Decimal,
}

/// C77 service cost = parts + travel + labour + others, compared with the budget and with what was
/// collected.
///
/// # Errors
/// `OutOfRange("amount")` for a negative input; `Overflow`.
pub fn service_cost(
    [parts, travel, labour, others]: [Decimal; 4],
    budget: Decimal,
    collected: Decimal,
) -> Result<ServiceCost, CalcError> {
    for amount in [parts, travel, labour, others, budget, collected] {
        not_negative(amount, "amount")?;
    }
    let cost = sum([parts, travel, labour, others])?;
    let percent_used = match divide(multiply(cost, Decimal::ONE_HUNDRED)?, budget) {
        Ok(percent) => Some(percent),
        Err(CalcError::Empty) => None,
        Err(other) => return Err(other),
    };
    Ok(ServiceCost { cost, left: subtract(budget, cost)?, percent_used, result: subtract(collected, cost)? })
}
