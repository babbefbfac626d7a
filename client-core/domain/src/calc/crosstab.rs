//! Contingency tables: cause × type, × channel, × region; months × type (C34).

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::number::{CalcError, add, divide, multiply, subtract, total};

/// C34 counts by two features.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crosstab<R, C> {
    /// Row keys in order.
    pub rows: Vec<R>,
    /// Column keys in order.
    pub columns: Vec<C>,
    /// Counts, row by row.
    pub counts: Vec<Vec<u64>>,
}

/// The optional test of independence that goes with a table (proposed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChiSquare {
    /// Σ (observed − expected)² ÷ expected, ≥ 0, unrounded.
    pub statistic: Decimal,
    /// (rows − 1) × (columns − 1).
    pub degrees_of_freedom: u64,
}

/// C34 the table of (row, column) pairs; only keys that occur have a row or column.
#[must_use]
pub fn crosstab<R: Ord + Clone, C: Ord + Clone>(pairs: &[(R, C)]) -> Crosstab<R, C> {
    let mut cells: BTreeMap<(&R, &C), u64> = BTreeMap::new();
    for (row, column) in pairs {
        *cells.entry((row, column)).or_default() += 1;
    }
    let rows: BTreeSet<&R> = pairs.iter().map(|(r, _)| r).collect();
    let columns: BTreeSet<&C> = pairs.iter().map(|(_, c)| c).collect();
    let line = |r: &R| columns.iter().map(|c| cells.get(&(r, *c)).copied().unwrap_or(0)).collect();
    Crosstab {
        counts: rows.iter().map(|r| line(r)).collect(),
        rows: rows.into_iter().cloned().collect(),
        columns: columns.into_iter().cloned().collect(),
    }
}

impl<R, C> Crosstab<R, C> {
    /// Σ of each row.
    #[must_use]
    pub fn row_totals(&self) -> Vec<u64> {
        self.counts.iter().map(|row| row.iter().fold(0_u64, |a, b| a.saturating_add(*b))).collect()
    }

    /// Σ of each column.
    #[must_use]
    pub fn column_totals(&self) -> Vec<u64> {
        let column = |i| self.counts.iter().filter_map(move |row| row.get(i));
        (0..self.columns.len()).map(|i| column(i).fold(0_u64, |a, b| a.saturating_add(*b))).collect()
    }

    /// C34 the chi-square statistic of the table.
    ///
    /// # Errors
    /// `Empty` for fewer than two rows or columns, or one that sums to 0; `Overflow`.
    pub fn chi_square(&self) -> Result<ChiSquare, CalcError> {
        let (rows, columns) = (self.row_totals(), self.column_totals());
        if rows.len() < 2 || columns.len() < 2 {
            return Err(CalcError::Empty);
        }
        let all = Decimal::from(total(rows.iter().copied())?);
        let mut statistic = Decimal::ZERO;
        for (row, row_total) in self.counts.iter().zip(&rows) {
            for (observed, column_total) in row.iter().zip(&columns) {
                // Multiplied through by the total, so that only one division rounds.
                let product = multiply(Decimal::from(*row_total), Decimal::from(*column_total))?;
                let difference = subtract(multiply(Decimal::from(*observed), all)?, product)?;
                let share = divide(difference, product)?;
                statistic = add(statistic, divide(multiply(difference, share)?, all)?)?;
            }
        }
        let cells = (rows.len() - 1).saturating_mul(columns.len() - 1);
        let degrees_of_freedom = u64::try_from(cells).map_err(|_| CalcError::Overflow)?;
        Ok(ChiSquare { statistic, degrees_of_freedom })
    }
}
