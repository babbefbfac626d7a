//! How official numbers are written: a pattern with placeholders, and the series it makes.
//!
//! A series is everything of a number but its count: `TS2026-00007` is number 7 of the series `TS2026-#`.
//! Counting is per series, so a pattern with the year begins anew each January and one with the
//! department counts for each department.

use jiff::civil::Date;

/// What a pattern is unless the organisation sets another: `TS2026-00001`.
pub const DEFAULT: &str = "{prefix}{year}-{n:05}";

/// Stands for the department of who has none.
const NO_DEPARTMENT: &str = "-";
/// Most characters of a pattern.
const LONGEST: usize = 40;
/// Most digits that a count is filled up to.
const WIDEST: usize = 9;
/// Most characters of a department in a number.
const DEPARTMENT: usize = 16;

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Longer than a number can be.
    #[error("too_long")]
    TooLong,
    /// A brace without its other, or a placeholder that there is not.
    #[error("unknown_placeholder")]
    UnknownPlaceholder,
    /// Not exactly one `{n:0W}`.
    #[error("one_count")]
    OneCount,
    /// A control character, or `#`.
    #[error("characters")]
    Characters,
    /// Two parts run into each other so that a number could be read in two ways.
    #[error("ambiguous")]
    Ambiguous,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Year,
    ShortYear,
    Month,
    Department,
    Count(usize),
}

/// A pattern, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

impl Pattern {
    /// Reads a pattern: text with `{prefix}` (the kind's own letters), `{year}`, `{yy}`, `{month}`, `{dept}`
    /// (the author's department), and once `{n:0W}`, the count filled up to W digits.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn parse(pattern: &str, prefix: &str) -> Result<Self, PatternError> {
        if pattern.chars().count() > LONGEST {
            return Err(PatternError::TooLong);
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = pattern;
        while let Some(start) = rest.find(['{', '}']) {
            let (text, from) = rest.split_at(start);
            push_text(&mut parts, text);
            let end = from.find('}').ok_or(PatternError::UnknownPlaceholder)?;
            let name = from.get(1..end).ok_or(PatternError::UnknownPlaceholder)?;
            match name {
                "prefix" => push_text(&mut parts, prefix),
                "year" => parts.push(Part::Year),
                "yy" => parts.push(Part::ShortYear),
                "month" => parts.push(Part::Month),
                "dept" => parts.push(Part::Department),
                other => parts.push(Part::Count(width(other).ok_or(PatternError::UnknownPlaceholder)?)),
            }
            rest = from.get(end + 1..).unwrap_or_default();
        }
        push_text(&mut parts, rest);
        let pattern = Self(parts);
        pattern.check()?;
        Ok(pattern)
    }

    fn check(&self) -> Result<(), PatternError> {
        if self.0.iter().filter(|p| matches!(p, Part::Count(_))).count() != 1 {
            return Err(PatternError::OneCount);
        }
        let next = self.0.iter().skip(1).map(Some).chain([None]);
        for (part, next) in self.0.iter().zip(next) {
            let followed_by = |apart: fn(char) -> bool| match next {
                None => true,
                Some(Part::Text(text)) => text.chars().next().is_some_and(apart),
                Some(_) => false,
            };
            let sound = match part {
                Part::Text(text) => {
                    if text.chars().any(|c| c.is_control() || c == '#') {
                        return Err(PatternError::Characters);
                    }
                    true
                }
                // A count grows beyond its digits; a department is any letters.
                Part::Count(_) => followed_by(|c| !c.is_ascii_digit()),
                Part::Department => followed_by(|c| !c.is_alphanumeric()),
                Part::Year | Part::ShortYear | Part::Month => true,
            };
            if !sound {
                return Err(PatternError::Ambiguous);
            }
        }
        Ok(())
    }

    /// The series that a number made on this day, for this department, belongs to.
    #[must_use]
    pub fn series(&self, day: Date, department: &str) -> String {
        self.write(day, department, |_| "#".to_owned())
    }

    /// The `n`-th number of the series.
    #[must_use]
    pub fn number(&self, day: Date, department: &str, n: u32) -> String {
        self.write(day, department, |width| format!("{n:0width$}"))
    }

    fn write(&self, day: Date, department: &str, count: impl Fn(usize) -> String) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Year => format!("{:04}", day.year()),
            Part::ShortYear => format!("{:02}", day.year().rem_euclid(100)),
            Part::Month => format!("{:02}", day.month()),
            Part::Department => letters(department),
            Part::Count(width) => count(*width),
        };
        self.0.iter().map(part).collect()
    }

    /// Series and count of a number of this pattern; `None` for any other text: a number of an earlier
    /// pattern, or an old one that an import brought.
    #[must_use]
    pub fn read(&self, number: &str) -> Option<(String, u32)> {
        let mut series = String::new();
        let mut found = None;
        let mut rest = number;
        for part in &self.0 {
            let length = match part {
                Part::Text(text) => rest.starts_with(text.as_str()).then_some(text.len())?,
                Part::Year => digits(rest, 4)?,
                Part::ShortYear | Part::Month => digits(rest, 2)?,
                Part::Department => department_length(rest)?,
                Part::Count(width) => {
                    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                    let text = rest.get(..length).filter(|_| length >= *width)?;
                    // Filled up with zeros no further than the pattern says.
                    if length > *width && text.starts_with('0') {
                        return None;
                    }
                    found = Some(text.parse().ok().filter(|n| *n > 0)?);
                    length
                }
            };
            let (text, after) = rest.split_at_checked(length)?;
            series.push_str(if matches!(part, Part::Count(_)) { "#" } else { text });
            rest = after;
        }
        rest.is_empty().then_some((series, found?))
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// Digits of `n:05`; `n` alone is not filled up.
fn width(name: &str) -> Option<usize> {
    match name.strip_prefix('n')? {
        "" => Some(1),
        rest => rest.strip_prefix(":0")?.parse().ok().filter(|w| (1..=WIDEST).contains(w)),
    }
}

fn digits(text: &str, n: usize) -> Option<usize> {
    let head = text.get(..n)?;
    head.bytes().all(|b| b.is_ascii_digit()).then_some(n)
}

fn department_length(text: &str) -> Option<usize> {
    let length = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    if length > 0 { Some(length) } else { text.starts_with(NO_DEPARTMENT).then_some(NO_DEPARTMENT.len()) }
}

/// A department as numbers have it: letters and digits only, so that a number can be read back.
fn letters(department: &str) -> String {
    let letters: String = department.chars().filter(|c| c.is_alphanumeric()).take(DEPARTMENT).collect();
    if letters.is_empty() { NO_DEPARTMENT.to_owned() } else { letters }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_default_is_prefix_year_and_count() {
        let pattern = Pattern::parse(DEFAULT, "TS").unwrap();
        let day = date(2026, 3, 1);
        assert_eq!(pattern.number(day, "", 7), "TS2026-00007");
        assert_eq!(pattern.series(day, ""), "TS2026-#");
        assert_eq!(pattern.read("TS2026-00007"), Some(("TS2026-#".into(), 7)));
        assert_eq!(pattern.read("TS2026-123456"), Some(("TS2026-#".into(), 123_456)));
        for other in
            ["20260007", "TS2026-7", "TS2026-000007", "TS2026-00000", "FW2026-00007", "TS2026-00007x"]
        {
            assert_eq!(pattern.read(other), None, "{other}");
        }
    }

    #[test]
    fn departments_count_apart_and_are_read_back() {
        let pattern = Pattern::parse("{dept}-{yy}{month}{n:03}", "TS").unwrap();
        let day = date(2026, 3, 1);
        assert_eq!(pattern.number(day, "品质部", 12), "品质部-2603012");
        assert_eq!(pattern.number(day, " QA / 1 ", 1_000), "QA1-26031000");
        assert_eq!(pattern.number(day, "", 1), "--2603001");
        assert_eq!(pattern.read("品质部-2603012"), Some((pattern.series(day, "品质部"), 12)));
        assert_eq!(pattern.read("--2603001"), Some((pattern.series(day, ""), 1)));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_rule() {
        use PatternError::*;
        for (text, rule) in [
            ("{year}-", OneCount),
            ("{n:02}{n:02}", OneCount),
            ("{n:02}{year}", Ambiguous),
            ("{n:02}7", Ambiguous),
            ("{dept}{n:03}", Ambiguous),
            ("{dept}A{n:03}", Ambiguous),
            ("{week}{n:03}", UnknownPlaceholder),
            ("{n:3}", UnknownPlaceholder),
            ("{n:010}", UnknownPlaceholder),
            ("{n:03", UnknownPlaceholder),
            ("}{n:03}", UnknownPlaceholder),
            ("#{n:03}", Characters),
            ("\u{7}{n:03}", Characters),
            ("012345678901234567890123456789012345678{n:03}", TooLong),
        ] {
            assert_eq!(Pattern::parse(text, "TS"), Err(rule), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            parts in proptest::collection::vec(
                prop_oneof!["[A-Z客-]{1,3}", Just("{prefix}".into()), Just("{year}".into()),
                    Just("{yy}".into()), Just("{month}".into()), Just("{dept}".into())], 0..4),
            tail in "[A-Z/]{0,2}", width in 1_usize..=9, department in "[A-Z部0-9 -]{0,6}",
            n in 1_u32..2_000_000, month in 1_i8..=12,
        ) {
            let text = format!("{}-{{n:0{width}}}{tail}", parts.concat());
            let day = date(2026, month, 5);
            if let Ok(pattern) = Pattern::parse(&text, "TS") {
                let number = pattern.number(day, &department, n);
                prop_assert_eq!(pattern.read(&number), Some((pattern.series(day, &department), n)), "{}", text);
            }
        }
    }
}
