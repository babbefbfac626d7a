//! Re-sends, defective pieces, deliveries (C31–C33).

use rust_decimal::Decimal;

use super::number::{CalcError, Rate, divide, multiply, total};

/// C31 shares of one reason for sending again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResendShare {
    /// Re-sends of the reason ÷ all orders.
    pub of_orders: Rate,
    /// Re-sends of the reason ÷ all re-sends.
    pub of_problem_orders: Rate,
}

/// C31 shares of each reason; `reasons` are its counts of re-sends. No orders or no re-sends → "—".
/// The week of an order is [`super::calendar::iso_week`].
///
/// # Errors
/// `OutOfRange("orders")` for more re-sends than orders; `Overflow`.
pub fn resend_shares(orders: u64, reasons: &[u64]) -> Result<Vec<ResendShare>, CalcError> {
    let problems = total(reasons.iter().copied())?;
    if problems > orders {
        return Err(CalcError::OutOfRange("orders"));
    }
    let share = |n: &u64| {
        Ok(ResendShare { of_orders: Rate::new(*n, orders)?, of_problem_orders: Rate::new(*n, problems)? })
    };
    reasons.iter().map(share).collect()
}

/// C32 PPM = defective pieces ÷ delivered pieces × 1,000,000; 0–1,000,000, unrounded.
///
/// # Errors
/// `Empty` when nothing was delivered; `OutOfRange("defective")` when negative or more than delivered;
/// `Overflow`.
pub fn parts_per_million(defective: Decimal, delivered: Decimal) -> Result<Decimal, CalcError> {
    if defective < Decimal::ZERO || defective > delivered {
        return Err(CalcError::OutOfRange("defective"));
    }
    divide(multiply(defective, Decimal::from(1_000_000))?, delivered)
}

/// C32 exceedances that C07 N2 counts: periods whose PPM is above the target (equal is met). Each period
/// is (defective, delivered); one without deliveries exceeds nothing.
///
/// # Errors
/// As [`parts_per_million`], except `Empty`.
pub fn ppm_exceedances(periods: &[(Decimal, Decimal)], target: Decimal) -> Result<u32, CalcError> {
    let mut count = 0_u32;
    for (defective, delivered) in periods {
        match parts_per_million(*defective, *delivered) {
            Ok(ppm) => count = count.saturating_add(u32::from(ppm > target)),
            Err(CalcError::Empty) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(count)
}

/// C33 按期交付率 = on-time deliveries ÷ due deliveries × 100; what is left of the whole is late, which
/// C07 N4 counts. None due → "—".
///
/// # Errors
/// `OutOfRange("part")` for more on time than due.
pub fn on_time_delivery(on_time: u64, due: u64) -> Result<Rate, CalcError> {
    Rate::new(on_time, due)
}
