//! Spellings made comparable: people write one thing in full and half width, with and without spaces.

/// Full-width letters, digits, punctuation and the ideographic space as their ASCII counterparts.
#[must_use]
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{3000}' | '\u{a0}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .collect()
}

/// What two spellings share when they differ only in width, case, spaces and line breaks.
#[must_use]
pub fn folded(text: &str) -> String {
    let narrow = half_width(text);
    narrow.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).flat_map(char::to_lowercase).collect()
}

/// A header as the schema's lists spell it: folded, without marks such as `*` or a closing colon.
#[must_use]
pub fn header(text: &str) -> String {
    let folded = folded(text);
    folded.trim_matches(|c| matches!(c, '*' | ':' | '.' | ',')).to_owned()
}

/// Trimmed text on one line: what a person sees in a cell.
#[must_use]
pub fn one_line(text: &str) -> String {
    let clean: String =
        text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a cell says that there is nothing: empty, a stroke, 无.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    const NOTHING: [&str; 12] = ["", "/", "\\", "-", "--", "—", "——", "无", "暂无", "n/a", "na", "没有"];
    NOTHING.contains(&folded(text).as_str())
}

/// Whether a cell says that it will be filled in later: 待定, 待处理.
#[must_use]
pub fn is_pending(text: &str) -> bool {
    const LATER: [&str; 9] =
        ["待定", "待处理", "未定", "待确认", "待补", "待补充", "待回复", "tbd", "处理中"];
    LATER.contains(&folded(text).as_str())
}

/// How much two texts share, 0 to 1: pairs of neighbouring characters in common (Dice).
#[must_use]
pub fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let pairs = |t: &str| -> Vec<(char, char)> {
        let chars: Vec<char> = t.chars().collect();
        chars.windows(2).map(|w| (w[0], w[1])).collect()
    };
    let (left, mut right) = (pairs(a), pairs(b));
    let total = left.len() + right.len();
    if total == 0 {
        return 0.0;
    }
    let mut common = 0usize;
    for pair in &left {
        if let Some(at) = right.iter().position(|p| p == pair) {
            right.swap_remove(at);
            common += 1;
        }
    }
    // Counts of characters in a cell: far below what a float holds exactly.
    #[allow(clippy::cast_precision_loss)]
    let likeness = 2.0 * common as f64 / total as f64;
    likeness
}

/// Byte-order marks and joiners that come along when text is copied from web pages and chat.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{202a}'..='\u{202e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_space_do_not_matter() {
        assert_eq!(folded(" ＨＡＩＬＡＮ "), "hailan");
        assert_eq!(folded("粤宝机柜 "), folded("粤宝机柜"));
        assert_eq!(folded("粤宝（深圳）"), "粤宝(深圳)");
        assert_eq!(header("客户名称*："), "客户名称");
        assert_eq!(header("客户\n名称"), "客户名称");
        assert_eq!(one_line(" 王\t经理\n"), "王 经理");
    }

    #[test]
    fn nothing_and_later_are_told_apart() {
        for text in ["", " ", "/", "／", "—", "无", "N/A"] {
            assert!(is_blank(text), "{text:?}");
            assert!(!is_pending(text), "{text:?}");
        }
        for text in ["待定", " 待定 ", "待处理", "TBD"] {
            assert!(is_pending(text), "{text:?}");
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn likeness_is_a_share() {
        assert!((likeness("门板铰链未受力", "门板铰链未受力") - 1.0).abs() < 1e-9);
        assert!(likeness("门板铰链未受力", "门板铰链没有受力") > 0.5);
        assert!(likeness("门板铰链未受力", "盐雾不合格") < 0.1);
        assert!(likeness("", "") > 0.9);
        assert!(likeness("甲", "乙") < 0.1);
    }
}
