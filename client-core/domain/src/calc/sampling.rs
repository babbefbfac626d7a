//! Whom to survey: customers by business volume until 80 % of it is covered (C14).

use rust_decimal::Decimal;

use super::number::{CalcError, add, divide, multiply, not_negative, sum};

/// A customer's business volume in the reference years, in any one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerVolume<K> {
    /// Who.
    pub customer: K,
    /// One amount per reference year; the source uses three.
    pub years: Vec<Decimal>,
}

/// A chosen customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled<K> {
    /// Who.
    pub customer: K,
    /// Volume over the reference years.
    pub volume: Decimal,
    /// Share of all volume covered up to and including this customer, in percent, unrounded.
    pub cumulative: Decimal,
}

/// C14 customers by volume, the largest first, until the cumulative volume first reaches
/// `threshold_percent` of the total (L43: 80). Equal volumes keep the order of the input.
///
/// # Errors
/// `Empty` when there is no volume at all; `OutOfRange("volume")` for a negative amount;
/// `OutOfRange("threshold")` outside 0–100; `Overflow`.
pub fn sample_by_volume<K: Clone>(
    customers: &[CustomerVolume<K>],
    threshold_percent: Decimal,
) -> Result<Vec<Sampled<K>>, CalcError> {
    if !super::number::in_percent_range(threshold_percent) {
        return Err(CalcError::OutOfRange("threshold"));
    }
    let mut volumes = Vec::with_capacity(customers.len());
    for customer in customers {
        for amount in &customer.years {
            not_negative(*amount, "volume")?;
        }
        volumes.push((&customer.customer, sum(customer.years.iter().copied())?));
    }
    let all = sum(volumes.iter().map(|(_, v)| *v))?;
    if all.is_zero() {
        return Err(CalcError::Empty);
    }
    volumes.sort_by_key(|(_, volume)| std::cmp::Reverse(*volume));
    let (mut covered, mut chosen) = (Decimal::ZERO, Vec::new());
    for (customer, volume) in volumes {
        // Compared without dividing, so that exactly 80 % is enough.
        let reached = multiply(covered, Decimal::ONE_HUNDRED)? >= multiply(all, threshold_percent)?;
        if reached {
            break;
        }
        covered = add(covered, volume)?;
        let cumulative = divide(multiply(covered, Decimal::ONE_HUNDRED)?, all)?;
        chosen.push(Sampled { customer: customer.clone(), volume, cumulative });
    }
    Ok(chosen)
}

/// C14, L43 volume of the surveyed customers ÷ volume of all × 100, in percent, unrounded.
///
/// # Errors
/// `Empty` when there is no volume; `OutOfRange("surveyed")` when it is negative or more than all.
pub fn volume_coverage(surveyed: Decimal, all: Decimal) -> Result<Decimal, CalcError> {
    if surveyed < Decimal::ZERO || surveyed > all {
        return Err(CalcError::OutOfRange("surveyed"));
    }
    divide(multiply(surveyed, Decimal::ONE_HUNDRED)?, all)
}
