//! 服务工作计划

use rust_decimal::Decimal;

use super::{amount, live, money, put};
use crate::calc::money::service_cost;
use crate::calc::number::sum;
use crate::document::RecordView;
use crate::keys::service_plan::{
    BUDGET_TOTAL, COST_TOTAL, INCOME_TOTAL, ITEMS, ITEMS_BUDGET, ITEMS_COST, ITEMS_LABOUR_COST,
    ITEMS_OTHER_COST, ITEMS_PAID_INCOME, ITEMS_PARTS_COST, ITEMS_TRAVEL_COST,
};
use crate::schema::Kind;
use crate::value::Value;

/// The cost of each item (C77) and the totals; an item without any cost yet has none.
pub(super) fn fill(kind: &Kind, view: &mut RecordView) {
    let (mut costs, mut budgets, mut incomes) = (Vec::new(), Vec::new(), Vec::new());
    for entry in view.collections.get_mut(ITEMS).into_iter().flatten() {
        let parts = [ITEMS_PARTS_COST, ITEMS_TRAVEL_COST, ITEMS_LABOUR_COST, ITEMS_OTHER_COST]
            .map(|key| amount(entry, key));
        let (budget, income) = (amount(entry, ITEMS_BUDGET), amount(entry, ITEMS_PAID_INCOME));
        let cost = parts.iter().any(Option::is_some).then(|| {
            let zero = Decimal::ZERO;
            let parts = parts.map(Option::unwrap_or_default);
            service_cost(parts, budget.unwrap_or(zero), income.unwrap_or(zero)).ok().map(|c| money(c.cost))
        });
        let cost = cost.flatten();
        if let Some(cost) = cost {
            entry.fields.insert(ITEMS_COST.to_owned(), Value::Decimal(cost));
        }
        if live(entry) {
            costs.extend(cost);
            budgets.extend(budget);
            incomes.extend(income);
        }
    }
    for (key, amounts) in [(COST_TOTAL, costs), (BUDGET_TOTAL, budgets), (INCOME_TOTAL, incomes)] {
        if let (false, Ok(total)) = (amounts.is_empty(), sum(amounts)) {
            put(kind, view, key, Value::Decimal(money(total)));
        }
    }
}
