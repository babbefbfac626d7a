//! Chinese full-text without a word list.
//!
//! SQLite's FTS5 splits text at spaces. Chinese has none, so before indexing every CJK character is
//! set apart by spaces, and a query becomes a phrase of the same single characters: 漏油 finds 漏油 and
//! not 油漏, in words of any length. Letters and digits stay whole words; each run of them of four or
//! more characters is indexed at every suffix of at least three as well, so that a part of a serial
//! number or a telephone number is found by a prefix query on one of its suffixes. Suffixes are marked,
//! so that a query can tell the beginning of a word from its middle.

use std::collections::BTreeSet;

/// Version of what [`index_text`] writes; an index of another one has to be made anew.
pub const VERSION: u8 = 3;

/// Shortest suffix of a word that is indexed on its own.
const SHORTEST_SUFFIX: usize = 3;
/// Longest word whose suffixes are indexed; longer ones are no serial numbers.
const LONGEST_WORD: usize = 40;
/// In front of a suffix. FTS5 takes it for a letter, and nobody can type it.
const WITHIN: char = '\u{E000}';
/// Digits of a telephone number that is written in groups.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=20;
/// Most different parts of a query that are looked for.
pub const MOST_PARTS: usize = 16;
/// Characters of an excerpt before and after what was found.
const AROUND: usize = 14;

fn is_cjk(c: char) -> bool {
    let written =
        matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF);
    // FTS5 drops 、。《》 and their like as it drops commas: who asks for one would be answered with nothing.
    let mark = matches!(u32::from(c),
        0x3000..=0x3004 | 0x3008..=0x3020 | 0x3030 | 0x303D..=0x303F | 0x30A0 | 0x30FB);
    written && !mark
}

/// A character as it is compared: lower case, full-width forms as ASCII.
fn fold(c: char) -> char {
    let c = match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    c.to_lowercase().next().unwrap_or(c)
}

/// Words and single CJK characters, in order.
fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars().map(fold) {
        if is_cjk(c) {
            if !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
            out.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.push(c);
        } else if !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(|c| !is_cjk(c))
}

/// Digits in groups (0371-6023 4567), put together.
fn joined(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().map(fold).collect();
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if !digit(i) {
            i += 1;
            continue;
        }
        let (mut digits, mut groups) = (String::new(), 1);
        while digit(i) {
            digits.push(chars[i]);
            i += 1;
            if matches!(chars.get(i), Some('-' | ' ')) && digit(i + 1) {
                groups += 1;
                i += 1;
            }
        }
        if groups > 1 && PHONE_DIGITS.contains(&digits.len()) {
            out.push(digits);
        }
    }
    out
}

/// The text to give to FTS5 (tokenizer `unicode61`) for `text`: tokens in order, then the marked suffixes
/// of its words.
#[must_use]
pub fn index_text(text: &str) -> String {
    let tokens = tokens(text);
    let joined = joined(text);
    let mut suffixes = BTreeSet::new();
    for token in tokens.iter().filter(|t| is_word(t)).chain(&joined) {
        let chars: Vec<char> = token.chars().collect();
        if chars.len() > LONGEST_WORD {
            continue;
        }
        for start in 1..chars.len().saturating_sub(SHORTEST_SUFFIX - 1) {
            suffixes.insert(chars[start..].iter().collect::<String>());
        }
    }
    let mut out = tokens.join(" ");
    for word in joined {
        out.push(' ');
        out.push_str(&word);
    }
    for suffix in suffixes {
        out.push(' ');
        out.push(WITHIN);
        out.push_str(&suffix);
    }
    out
}

/// One thing to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Letters and digits, the beginning or a piece of a word.
    Word(String),
    /// CJK characters in a row.
    Phrase(Vec<String>),
}

/// What a person typed, read for searching: every part must occur.
///
/// Each part is looked up for itself, and what it costs grows with their number: no more than [`MOST_PARTS`] different
/// ones are looked for. Nobody types more to find something, and further ones hardly narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    parts: Vec<Part>,
}

impl Query {
    /// Reads what was typed. Parts end at spaces and where Chinese meets Latin. `None` if there is nothing
    /// to look for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts: Vec<Part> = Vec::new();
        for part in text.split_whitespace() {
            let mut phrase = Vec::new();
            for token in tokens(part) {
                if is_word(&token) {
                    flush(&mut phrase, &mut parts);
                    parts.push(Part::Word(token));
                } else {
                    phrase.push(token);
                }
            }
            flush(&mut phrase, &mut parts);
        }
        let mut different: Vec<Part> = Vec::new();
        for part in parts {
            if different.len() < MOST_PARTS && !different.contains(&part) {
                different.push(part);
            }
        }
        if different.is_empty() { None } else { Some(Self { parts: different }) }
    }

    /// The FTS5 query that finds words by any piece of them.
    #[must_use]
    pub fn within(&self) -> String {
        self.fts(true)
    }

    /// The FTS5 query that finds words by their beginning only.
    #[must_use]
    pub fn starting(&self) -> String {
        self.fts(false)
    }

    fn fts(&self, within: bool) -> String {
        let part = |part: &Part| match part {
            Part::Phrase(characters) => format!("\"{}\"", characters.join(" ")),
            Part::Word(word) if within && word.chars().count() >= SHORTEST_SUFFIX => {
                format!("(\"{word}\"* OR \"{WITHIN}{word}\"*)")
            }
            Part::Word(word) => format!("\"{word}\"*"),
        };
        self.parts.iter().map(part).collect::<Vec<_>>().join(" AND ")
    }

    /// Whether it reads like a number: a serial number, a telephone number, a piece of one.
    #[must_use]
    pub fn is_code(&self) -> bool {
        let code = |part: &Part| matches!(part, Part::Word(w) if w.chars().any(|c| c.is_ascii_digit()));
        self.parts.iter().all(code)
    }

    /// A piece of `text` around the first part that occurs in it, for showing why it was found.
    #[must_use]
    pub fn excerpt(&self, text: &str) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        let folded: Vec<char> = chars.iter().copied().map(fold).collect();
        let places = self.parts.iter().filter_map(|part| {
            let wanted: Vec<char> = match part {
                Part::Word(word) => word.chars().collect(),
                Part::Phrase(characters) => characters.iter().flat_map(|c| c.chars()).collect(),
            };
            let at = folded.windows(wanted.len()).position(|w| w == wanted)?;
            Some((at, at + wanted.len()))
        });
        let (from, to) = places.min()?;
        let (start, end) = (from.saturating_sub(AROUND), (to + AROUND).min(chars.len()));
        let mut out = String::new();
        if start > 0 {
            out.push('…');
        }
        out.extend(chars[start..end].iter().map(|c| if c.is_whitespace() { ' ' } else { *c }));
        if end < chars.len() {
            out.push('…');
        }
        Some(out)
    }
}

fn flush(phrase: &mut Vec<String>, parts: &mut Vec<Part>) {
    if !phrase.is_empty() {
        parts.push(Part::Phrase(std::mem::take(phrase)));
    }
}

/// The FTS5 query for what a person typed: every part between spaces must occur, CJK parts as phrases,
/// words by any piece of them. `None` if there is nothing to look for.
#[must_use]
pub fn query(text: &str) -> Option<String> {
    Query::parse(text).map(|q| q.within())
}

/// A spelling as spellings are compared: lower case, full-width forms as ASCII, no space at the ends.
#[must_use]
pub fn folded(text: &str) -> String {
    text.trim().chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn chinese_is_single_characters_and_phrases() {
        assert_eq!(index_text("变速箱漏油"), "变 速 箱 漏 油");
        assert_eq!(query("漏油").as_deref(), Some("\"漏 油\""));
        assert_eq!(query("漏").as_deref(), Some("\"漏\""));
        assert_eq!(query("  "), None);
        assert_eq!(query("漏油 、"), query("漏油"));
        assert_eq!(query("《漏油》。"), query("漏油"));
        assert_eq!(query("、"), None);
        assert_eq!(query("\"*"), None);
    }

    #[test]
    fn many_parts_are_looked_for_once_and_up_to_a_limit() {
        assert_eq!(query("漏油 漏油 漏油"), query("漏油"));
        let many: Vec<String> = (0..1_000).map(|n| format!("词{n}")).collect();
        // Each is the same character and another number.
        let found = query(&many.join(" ")).unwrap();
        assert_eq!(found.matches(" AND ").count(), MOST_PARTS - 1);
        assert_eq!(Some(found), query(&many[..MOST_PARTS - 1].join(" ")));
    }

    #[test]
    fn parts_of_serials_are_marked_suffixes() {
        let text = index_text("B26092 电话");
        assert!(text.starts_with("b26092 电 话 "), "{text}");
        assert!(text.contains("\u{E000}6092"), "{text}");
        let query = Query::parse("6092").unwrap();
        assert_eq!(query.starting(), "\"6092\"*");
        assert_eq!(query.within(), "(\"6092\"* OR \"\u{E000}6092\"*)");
        let mixed = Query::parse("３３４０自卸").unwrap();
        assert_eq!(mixed.within(), "(\"3340\"* OR \"\u{E000}3340\"*) AND \"自 卸\"");
        assert!(query.is_code() && !mixed.is_code());
        // No word has suffixes so short.
        assert_eq!(Query::parse("b2").unwrap().within(), "\"b2\"*");
    }

    #[test]
    fn telephone_numbers_in_groups_are_one_number_too() {
        let text = index_text("0371-6023 4567");
        assert!(text.starts_with("0371 6023 4567 037160234567 "), "{text}");
        assert!(text.contains("\u{E000}60234567"), "{text}");
        assert_eq!(joined("3 台，12-5"), Vec::<String>::new());
    }

    #[test]
    fn excerpts_show_what_was_found() {
        let query = Query::parse("漏油 B260").unwrap();
        assert_eq!(query.excerpt("变速箱漏油").as_deref(), Some("变速箱漏油"));
        let long = "今天早上客户来电说他们新买的那台车的变速箱漏油已经两天了一直没有人去看过，请尽快";
        let found = query.excerpt(long).unwrap();
        assert!(found.starts_with('…') && found.ends_with('…') && found.contains("漏油"), "{found}");
        assert_eq!(query.excerpt("机号 b26092").as_deref(), Some("机号 b26092"));
        assert_eq!(query.excerpt("没有"), None);
    }
}
