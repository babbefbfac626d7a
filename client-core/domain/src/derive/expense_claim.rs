//! 差旅费报销单

use rust_decimal::Decimal;

use super::{Rules, amount, live, money, put};
use crate::calc::capital::{CapitalSettings, amount_in_capitals};
use crate::calc::money::{
    Settlement, TravelSettings, settle_advance, subsistence_allowance, travel_claim, trip_days,
};
use crate::calc::number::sum;
use crate::document::{Entry, RecordView};
use crate::keys::expense_claim::{
    ADVANCE_CAPITAL, ADVANCE_TOTAL, ADVANCES, ADVANCES_AMOUNT, ADVANCES_PAID_ON, ALLOWANCE_AMOUNT,
    ALLOWANCE_RATE, APPROVED_CAPITAL, APPROVED_TOTAL, BALANCE, CLAIM_TOTAL, DAYS, LINES, LINES_AMOUNT,
    LINES_APPROVED, TRIP_FROM, TRIP_TO,
};
use crate::schema::Kind;
use crate::value::Value;

/// Days and allowance of the trip (C71), what is claimed and what was approved of it, amounts in capital
/// characters (C75), and what remains of the advance (C70).
///
/// The balance stands there once a line is approved; only advances that were paid out count in it. The
/// allowance is what the standard gives: it is claimed as a line of its own like everything else.
pub(super) fn fill(rules: &Rules<'_>, kind: &Kind, view: &mut RecordView) {
    let formulas = &*rules.formulas;
    let mut found = Found { travel: formulas.travel, capital: formulas.capital, values: Vec::new() };
    found.trip(view);
    let lines: Vec<(Decimal, bool)> = entries(view, LINES)
        .filter_map(|e| {
            Some((amount(e, LINES_AMOUNT)?, e.fields.get(LINES_APPROVED) == Some(&Value::Bool(true))))
        })
        .collect();
    let advances: Vec<(Decimal, bool)> = entries(view, ADVANCES)
        .filter_map(|e| Some((amount(e, ADVANCES_AMOUNT)?, e.fields.contains_key(ADVANCES_PAID_ON))))
        .collect();
    if !lines.is_empty() {
        found.amount(CLAIM_TOTAL, sum(lines.iter().map(|(a, _)| *a)).ok());
    }
    let approved = travel_claim(&lines).ok().filter(|_| lines.iter().any(|(_, approved)| *approved));
    found.amount(APPROVED_TOTAL, approved);
    found.capital(APPROVED_CAPITAL, approved);
    if !advances.is_empty() {
        let total = sum(advances.iter().map(|(a, _)| *a)).ok();
        found.amount(ADVANCE_TOTAL, total);
        found.capital(ADVANCE_CAPITAL, total);
    }
    let paid = sum(advances.iter().filter(|(_, paid)| *paid).map(|(a, _)| *a)).ok();
    if let Some(Ok(left)) = paid.zip(approved).map(|(paid, approved)| settle_advance(paid, approved)) {
        found.amount(
            BALANCE,
            Some(match left {
                Settlement::Even => Decimal::ZERO,
                Settlement::Return(amount) => amount,
                Settlement::PayOut(amount) => -amount,
            }),
        );
    }
    for (key, value) in found.values {
        put(kind, view, key, value);
    }
}

struct Found {
    travel: TravelSettings,
    capital: CapitalSettings,
    values: Vec<(&'static str, Value)>,
}

impl Found {
    fn trip(&mut self, view: &RecordView) {
        let (Value::Date(from), Value::Date(to)) = (view.value(TRIP_FROM), view.value(TRIP_TO)) else {
            return;
        };
        let Ok(days) = trip_days(*from, *to, self.travel.days) else { return };
        self.values.push((DAYS, Value::Int(days.into())));
        if let Value::Decimal(rate) = view.value(ALLOWANCE_RATE) {
            self.amount(ALLOWANCE_AMOUNT, subsistence_allowance(days, *rate).ok());
        }
    }

    fn amount(&mut self, key: &'static str, amount: Option<Decimal>) {
        self.values.extend(amount.map(|a| (key, Value::Decimal(money(a)))));
    }

    fn capital(&mut self, key: &'static str, amount: Option<Decimal>) {
        let text = amount.and_then(|a| amount_in_capitals(a, self.capital).ok());
        self.values.extend(text.map(|t| (key, Value::Text(t))));
    }
}

fn entries<'a>(view: &'a RecordView, key: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
    view.collections.get(key).into_iter().flatten().filter(|e| live(e))
}
