//! Amounts in capital Chinese characters, 大写 (C75).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::number::{CalcError, MONEY_DECIMALS, multiply, rounded};

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [(u64, &str); 4] = [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")];
const GROUPS: [(u64, &str); 4] = [(1_000_000_000_000, "万"), (100_000_000, "亿"), (10_000, "万"), (1, "")];

/// What the rules for 大写 leave open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CapitalSettings {
    /// 整 also after an amount that ends in 角; off.
    pub whole_after_jiao: bool,
}

/// C75 `amount` (yuan) in capital characters: 1,005.60 → 壹仟零伍元陆角. More than 2 decimals are rounded
/// half up; a negative amount starts with 负; 0 is 零元整.
///
/// # Errors
/// `OutOfRange("amount")` from 10^16 yuan on.
pub fn amount_in_capitals(amount: Decimal, settings: CapitalSettings) -> Result<String, CalcError> {
    let rounded_amount = rounded(amount, MONEY_DECIMALS);
    let fen = multiply(rounded_amount.abs(), Decimal::ONE_HUNDRED).ok().and_then(|f| f.to_u64());
    let fen = fen.filter(|f| *f < 10_u64.pow(18)).ok_or(CalcError::OutOfRange("amount"))?;
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::new();
    if rounded_amount < Decimal::ZERO {
        text.push('负');
    }
    if yuan > 0 || (jiao == 0 && fen == 0) {
        text.push_str(&whole_number(yuan));
        text.push('元');
    }
    match (jiao, fen) {
        (0, 0) => text.push('整'),
        (jiao, 0) => {
            text.push(digit(jiao));
            text.push('角');
            if settings.whole_after_jiao {
                text.push('整');
            }
        }
        (jiao, fen) => {
            if jiao > 0 {
                text.push(digit(jiao));
                text.push('角');
            } else if yuan > 0 {
                text.push('零');
            }
            text.push(digit(fen));
            text.push('分');
        }
    }
    Ok(text)
}

/// Groups of four digits, the highest first; one 零 for any run of zeros between two digits.
fn whole_number(number: u64) -> String {
    if number == 0 {
        return DIGITS[0].to_string();
    }
    let mut text = String::new();
    let mut zero_open = false;
    for (divisor, unit) in GROUPS {
        let group = number / divisor % 10_000;
        for (divisor, place) in PLACES {
            let figure = group / divisor % 10;
            if figure == 0 {
                zero_open = !text.is_empty();
                continue;
            }
            if zero_open {
                text.push(DIGITS[0]);
                zero_open = false;
            }
            text.push(digit(figure));
            text.push_str(place);
        }
        // 亿 closes the 万 of 亿 before it as well: 壹万亿, 壹万贰仟亿.
        if group > 0 || (unit == "亿" && number / divisor > 0) {
            text.push_str(unit);
        }
    }
    text
}

fn digit(figure: u64) -> char {
    usize::try_from(figure).ok().and_then(|i| DIGITS.get(i).copied()).unwrap_or(DIGITS[0])
}
