//! Whether a product is under warranty (C48).

use jiff::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::calendar::add_months;
use super::number::CalcError;

/// Which date of a product starts its warranty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarrantyBasis {
    /// 验收 acceptance of the project.
    Acceptance,
    /// 启用 commissioning.
    Commissioning,
    /// 购买 purchase.
    Purchase,
    /// 出库 shipping.
    Shipping,
}

/// The last day of a warranty that started on day number n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastDay {
    /// The start day is not counted: the last day has the same day number (15 → 15).
    #[default]
    SameDay,
    /// The start day is counted: the last day is the one before (15 → 14).
    DayBefore,
}

/// What C48 leaves to the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WarrantySettings {
    /// The first of these dates that is known starts the warranty.
    pub start_order: Vec<WarrantyBasis>,
    /// How the last day is found.
    pub last_day: LastDay,
    /// Months where neither contract nor product says; 36 (L19).
    pub default_months: u32,
}

impl Default for WarrantySettings {
    fn default() -> Self {
        use WarrantyBasis::{Acceptance, Commissioning, Purchase, Shipping};
        Self {
            start_order: vec![Acceptance, Commissioning, Purchase, Shipping],
            last_day: LastDay::SameDay,
            default_months: 36,
        }
    }
}

/// The dates of a product that can start a warranty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProductDates {
    /// 验收日期.
    pub accepted_on: Option<Date>,
    /// 系统启用日期.
    pub commissioned_on: Option<Date>,
    /// 购买日期.
    pub purchased_on: Option<Date>,
    /// 出库日期.
    pub shipped_on: Option<Date>,
}

/// The answer for one service date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarrantyStatus {
    /// 保内.
    InWarranty,
    /// 保外.
    OutOfWarranty,
    /// A date or reading that decides is missing.
    Unknown,
}

/// C48 the start of the warranty and the date it comes from; `None` when no date is known.
#[must_use]
pub fn warranty_start(dates: &ProductDates, settings: &WarrantySettings) -> Option<(WarrantyBasis, Date)> {
    settings.start_order.iter().find_map(|basis| {
        let date = match basis {
            WarrantyBasis::Acceptance => dates.accepted_on,
            WarrantyBasis::Commissioning => dates.commissioned_on,
            WarrantyBasis::Purchase => dates.purchased_on,
            WarrantyBasis::Shipping => dates.shipped_on,
        };
        date.map(|date| (*basis, date))
    })
}

/// C48 warranty_end = start + months, clamped to the month's end (31 January + 1 month = 28 or 29
/// February); by default the last day is the same day number, see [`LastDay`].
///
/// # Errors
/// `Overflow` past the year 9999.
pub fn warranty_end(start: Date, months: u32, last_day: LastDay) -> Result<Date, CalcError> {
    let end = add_months(start, months)?;
    match last_day {
        LastDay::SameDay => Ok(end),
        LastDay::DayBefore => end.checked_sub(Span::new().days(1)).map_err(|_| CalcError::Overflow),
    }
}

/// C48 in warranty iff the service date ≤ warranty_end. A job before the start is in warranty too.
#[must_use]
pub fn warranty_status(service_on: Date, end: Option<Date>) -> WarrantyStatus {
    match end {
        None => WarrantyStatus::Unknown,
        Some(end) if service_on <= end => WarrantyStatus::InWarranty,
        Some(_) => WarrantyStatus::OutOfWarranty,
    }
}

/// 三包 limits of a product; the sources give no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreeGuarantee {
    /// Months from the purchase.
    pub months: u32,
    /// Mileage in km up to which it holds; `None` = no such limit.
    pub mileage: Option<Decimal>,
}

/// C48 三包: start = purchase date; in warranty iff the service date ≤ purchase + months and the mileage ≤
/// its limit. One limit that is exceeded decides even when the other cannot be checked.
///
/// # Errors
/// `OutOfRange("mileage")` for a negative reading; `Overflow` past the year 9999.
pub fn three_guarantee_status(
    service_on: Date,
    purchased_on: Option<Date>,
    mileage: Option<Decimal>,
    limits: &ThreeGuarantee,
    last_day: LastDay,
) -> Result<WarrantyStatus, CalcError> {
    if mileage.is_some_and(|m| m < Decimal::ZERO) {
        return Err(CalcError::OutOfRange("mileage"));
    }
    let end = purchased_on.map(|start| warranty_end(start, limits.months, last_day)).transpose()?;
    let by_date = warranty_status(service_on, end);
    let by_mileage = match (limits.mileage, mileage) {
        (None, _) => WarrantyStatus::InWarranty,
        (Some(_), None) => WarrantyStatus::Unknown,
        (Some(limit), Some(m)) if m <= limit => WarrantyStatus::InWarranty,
        _ => WarrantyStatus::OutOfWarranty,
    };
    Ok(match (by_date, by_mileage) {
        (WarrantyStatus::OutOfWarranty, _) | (_, WarrantyStatus::OutOfWarranty) => {
            WarrantyStatus::OutOfWarranty
        }
        (WarrantyStatus::InWarranty, WarrantyStatus::InWarranty) => WarrantyStatus::InWarranty,
        _ => WarrantyStatus::Unknown,
    })
}
