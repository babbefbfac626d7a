//! Chinese full-text without a word list.
//!
//! SQLite's FTS5 splits text at spaces. Chinese has none, so before indexing every CJK character is
//! set apart by spaces, and a query becomes a phrase of the same single characters: 漏油 finds 漏油 and
//! not 油漏, in words of any length. Letters and digits stay whole words; each run of them of four or
//! more characters is indexed at every suffix of at least three as well, so that a part of a serial
//! number or a telephone number is found by a prefix query on one of its suffixes.

use std::collections::BTreeSet;

/// Shortest suffix of a word that is indexed on its own.
const SHORTEST_SUFFIX: usize = 3;
/// Longest word whose suffixes are indexed; longer ones are no serial numbers.
const LONGEST_WORD: usize = 40;

fn is_cjk(c: char) -> bool {
    matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
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

/// The text to give to FTS5 (tokenizer `unicode61`) for `text`: tokens in order, then the suffixes of
/// its words, set off so that no phrase runs into them.
#[must_use]
pub fn index_text(text: &str) -> String {
    let tokens = tokens(text);
    let mut suffixes = BTreeSet::new();
    for token in tokens.iter().filter(|t| is_word(t)) {
        let chars: Vec<char> = token.chars().collect();
        if chars.len() > LONGEST_WORD {
            continue;
        }
        for start in 1..chars.len().saturating_sub(SHORTEST_SUFFIX - 1) {
            suffixes.insert(chars[start..].iter().collect::<String>());
        }
    }
    let mut out = tokens.join(" ");
    for suffix in suffixes {
        out.push_str(" \u{3007} "); // 〇 between suffixes: a character that no suffix contains
        out.push_str(&suffix);
    }
    out
}

/// The FTS5 query for what a person typed: every part between spaces must occur, CJK parts as phrases,
/// words as prefixes. `None` if there is nothing to look for.
#[must_use]
pub fn query(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in text.split_whitespace() {
        let tokens = tokens(part);
        // Runs of CJK characters are phrases; each word is a prefix of its own.
        let mut phrase: Vec<&str> = Vec::new();
        for token in &tokens {
            if is_word(token) {
                flush(&mut phrase, &mut parts);
                parts.push(format!("\"{token}\"*"));
            } else {
                phrase.push(token);
            }
        }
        flush(&mut phrase, &mut parts);
    }
    if parts.is_empty() { None } else { Some(parts.join(" ")) }
}

fn flush(phrase: &mut Vec<&str>, parts: &mut Vec<String>) {
    if !phrase.is_empty() {
        parts.push(format!("\"{}\"", phrase.join(" ")));
        phrase.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_single_characters_and_phrases() {
        assert_eq!(index_text("变速箱漏油"), "变 速 箱 漏 油");
        assert_eq!(query("漏油").as_deref(), Some("\"漏 油\""));
        assert_eq!(query("  "), None);
        assert_eq!(query("\"*"), None);
    }

    #[test]
    fn parts_of_serials_are_suffixes() {
        let text = index_text("B26092 电话");
        assert!(text.starts_with("b26092 电 话 "), "{text}");
        assert!(text.contains("6092"), "{text}");
        assert_eq!(query("6092").as_deref(), Some("\"6092\"*"));
        assert_eq!(query("３３４０自卸").as_deref(), Some("\"3340\"* \"自 卸\""));
    }
}
