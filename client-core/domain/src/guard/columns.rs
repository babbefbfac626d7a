//! Walking Automerge's columns with a cap on rows, so a run of a billion costs two bytes and no more.
//!
//! A column's specification is `id << 4 | deflate << 3 | type`. By type:
//!
//! | type | content | encoding |
//! |---|---|---|
//! | 0 group, 1 actor, 2 integer, 6 value metadata | unsigned integers | runs |
//! | 3 delta | differences to the row before | runs |
//! | 4 boolean | lengths of alternating runs, `false` first | unsigned integers |
//! | 5 string | length, bytes | runs |
//! | 7 raw | the values' bytes | none |
//!
//! "Runs" is a sequence of groups, each opened by a signed count: `n > 0` and one value (n times that
//! value), `n < 0` and |n| values (a literal), `0` and an unsigned count (that many nulls).

use super::{Refused, read::Reader};

/// Bit 3 of a specification: the column is compressed.
pub(super) const DEFLATED: u32 = 0b1000;

/// One group of equal rows: how many, and their value (`None`: null).
type Visit<'v> = dyn FnMut(u64, Option<i64>) -> Result<(), Refused> + 'v;

fn add_rows(total: u64, count: u64, cap: u64) -> Result<u64, Refused> {
    let total = total.saturating_add(count);
    if total > cap { Err(Refused::too_large("rows in a column")) } else { Ok(total) }
}

fn unsigned(value: u64) -> Result<i64, Refused> {
    i64::try_from(value).map_err(|_| Refused::malformed("integer too large"))
}

/// Walks the groups of a column of type 0, 1, 2, 3, 5 or 6; a string's value is its length, a delta's
/// the difference. Returns the number of rows.
fn runs(spec: u32, data: &[u8], cap: u64, visit: &mut Visit<'_>) -> Result<u64, Refused> {
    let mut reader = Reader::new(data);
    let value = |reader: &mut Reader<'_>| -> Result<i64, Refused> {
        match spec & 7 {
            3 => reader.i64(),
            5 => {
                let len = reader.u64()?;
                reader.take(len)?;
                unsigned(len)
            }
            _ => unsigned(reader.u64()?),
        }
    };
    let mut rows = 0;
    while !reader.is_empty() {
        match reader.i64()? {
            0 => {
                let count = reader.u64()?;
                rows = add_rows(rows, count, cap)?;
                visit(count, None)?;
            }
            count if count > 0 => {
                rows = add_rows(rows, count.unsigned_abs(), cap)?;
                let value = value(&mut reader)?;
                visit(count.unsigned_abs(), Some(value))?;
            }
            count => {
                rows = add_rows(rows, count.unsigned_abs(), cap)?;
                for _ in 0..count.unsigned_abs() {
                    let value = value(&mut reader)?;
                    visit(1, Some(value))?;
                }
            }
        }
    }
    Ok(rows)
}

/// The number of rows of a boolean column.
fn booleans(data: &[u8], cap: u64) -> Result<u64, Refused> {
    let mut reader = Reader::new(data);
    let mut rows = 0;
    while !reader.is_empty() {
        rows = add_rows(rows, reader.u64()?, cap)?;
    }
    Ok(rows)
}

/// What a column adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Rows, runs spelt out; 0 for raw columns.
    pub(super) rows: u64,
    /// Sum over the rows: of group sizes, of value lengths in bytes, of string lengths in bytes.
    pub(super) sum: u64,
}

/// Measures an uncompressed column without spelling out its runs.
pub(super) fn measure(spec: u32, data: &[u8], cap: u64) -> Result<Size, Refused> {
    match spec & 7 {
        4 => Ok(Size { rows: booleans(data, cap)?, sum: 0 }),
        7 => Ok(Size { rows: 0, sum: data.len() as u64 }),
        kind => {
            let mut sum = 0u64;
            let rows = runs(spec, data, cap, &mut |count, value| {
                let each = match (kind, value) {
                    (0 | 5, Some(value)) => value.unsigned_abs(),
                    // The low four bits of value metadata are the value's type.
                    (6, Some(value)) => value.unsigned_abs() >> 4,
                    _ => 0,
                };
                sum = sum.saturating_add(each.saturating_mul(count));
                Ok(())
            })?;
            Ok(Size { rows, sum })
        }
    }
}

/// Spells out a column of integers (type 0, 1, 2, 3 or 6); deltas become values.
pub(super) fn expand(spec: u32, data: &[u8], cap: u64) -> Result<Vec<Option<i64>>, Refused> {
    let mut out = Vec::new();
    let mut last = 0i64;
    runs(spec, data, cap, &mut |count, value| {
        for _ in 0..count {
            out.push(match value {
                Some(step) if spec & 7 == 3 => {
                    last = last.checked_add(step).ok_or(Refused::malformed("integer too large"))?;
                    Some(last)
                }
                other => other,
            });
        }
        Ok(())
    })?;
    Ok(out)
}

/// Checks that every non-null value of an uncompressed integer column lies in `0..limit`.
pub(super) fn all_below(spec: u32, data: &[u8], cap: u64, limit: u64) -> Result<(), Refused> {
    let mut last = 0i64;
    let inside = |value: i64| u64::try_from(value).is_ok_and(|value| value < limit);
    runs(spec, data, cap, &mut |count, value| {
        let Some(value) = value else { return Ok(()) };
        let (first, end) = if spec & 7 == 3 {
            // A run of one difference is a straight line: its ends bound it.
            let rise = i64::try_from(count).ok().and_then(|count| value.checked_mul(count));
            let end = rise.and_then(|rise| last.checked_add(rise));
            let first = last.checked_add(value);
            let (Some(first), Some(end)) = (first, end) else {
                return Err(Refused::malformed("integer too large"));
            };
            last = end;
            (first, end)
        } else {
            (value, value)
        };
        if count > 0 && !(inside(first) && inside(end)) {
            return Err(Refused::malformed("integer out of range"));
        }
        Ok(())
    })?;
    Ok(())
}

/// The columns of a chunk: specifications with their bytes, in the order they were sent.
pub(super) struct Columns<'a> {
    columns: Vec<(u32, std::borrow::Cow<'a, [u8]>)>,
}

impl<'a> Columns<'a> {
    /// Reads the list of columns: count, then specification and length of each.
    ///
    /// Only specifications in `known` pass, each at most once and in ascending order.
    pub(super) fn list(reader: &mut Reader<'a>, known: &[u32]) -> Result<Vec<(u32, u64)>, Refused> {
        let count = reader.u64()?;
        if count > known.len() as u64 {
            return Err(Refused::malformed("more columns than there are kinds"));
        }
        let mut list: Vec<(u32, u64)> = Vec::new();
        for _ in 0..count {
            let spec = u32::try_from(reader.u64()?).map_err(|_| Refused::malformed("unknown column"))?;
            let len = reader.u64()?;
            let plain = spec & !DEFLATED;
            if !known.contains(&plain) {
                return Err(Refused::malformed("unknown column"));
            }
            if list.last().is_some_and(|(before, _)| before & !DEFLATED >= plain) {
                return Err(Refused::malformed("columns out of order"));
            }
            list.push((spec, len));
        }
        Ok(list)
    }

    /// Reads the columns' bytes after their list; `inflate` turns a compressed column into plain bytes.
    pub(super) fn read(
        reader: &mut Reader<'a>,
        list: &[(u32, u64)],
        mut inflate: impl FnMut(&'a [u8]) -> Result<Vec<u8>, Refused>,
    ) -> Result<Self, Refused> {
        let mut columns = Vec::with_capacity(list.len());
        for &(spec, len) in list {
            let data = reader.take(len)?;
            let data = if spec & DEFLATED == 0 { data.into() } else { inflate(data)?.into() };
            columns.push((spec & !DEFLATED, data));
        }
        Ok(Self { columns })
    }

    /// The bytes of a column; empty when the chunk does not have it.
    pub(super) fn get(&self, spec: u32) -> &[u8] {
        self.columns.iter().find(|(have, _)| *have == spec).map_or(&[], |(_, data)| data)
    }

    /// Measures one column; all zero when the chunk does not have it.
    pub(super) fn measure(&self, spec: u32, cap: u64) -> Result<Size, Refused> {
        measure(spec, self.get(spec), cap)
    }

    /// Spells out one integer column.
    pub(super) fn expand(&self, spec: u32, cap: u64) -> Result<Vec<Option<i64>>, Refused> {
        expand(spec, self.get(spec), cap)
    }

    /// Checks that the values of one integer column lie in `0..limit`.
    pub(super) fn all_below(&self, spec: u32, cap: u64, limit: u64) -> Result<(), Refused> {
        all_below(spec, self.get(spec), cap, limit)
    }
}
