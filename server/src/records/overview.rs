//! Figures over what belongs to a customer (the 360° view) or to a piece of equipment (用户服务档案).

use std::collections::BTreeMap;

use domain::authz::{Principal, Scope};
use domain::calc::number::{SCORE_DECIMALS, mean, rounded};
use domain::ids::RecordId;
use domain::keys::{complaint, customer, product_item, survey, visit};
use domain::schema::Kind;
use domain::survey::result;
use domain::time::{Timestamp, Zone};
use domain::value::Value;
use serde_json::{Value as Json, json};

use super::look::{Is, Look, open_statuses};
use super::{Records, cycle};
use crate::store::{StoreError, merged};

/// Visits of a product whose parts are read.
const VISITS: usize = 50;

/// The figures; `None` for kinds that have none.
pub(super) fn of(
    look: &Look<'_>,
    records: &Records,
    person: &Principal,
    kind: &Kind,
    id: RecordId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Option<Json>, StoreError> {
    Ok(match kind.key.as_str() {
        customer::KIND => Some(of_customer(look, records, person, id, now, zone)?),
        product_item::KIND => Some(of_product(look, records, person, id)?),
        _ => None,
    })
}

#[derive(Default, serde::Serialize)]
struct Year {
    open: u64,
    closed: u64,
}

fn of_customer(
    look: &Look<'_>,
    records: &Records,
    person: &Principal,
    id: RecordId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Json, StoreError> {
    let to = || Is::To(id);
    let open = look.schema.kind(complaint::KIND).and_then(open_statuses).unwrap_or_default();
    let mut years: BTreeMap<i16, Year> = BTreeMap::new();
    for row in
        look.rows(complaint::KIND, &[(complaint::CUSTOMER, to())], &["month_at", "created_at", "status"])?
    {
        let Some(day) = row.instant(0).or_else(|| row.instant(1)).and_then(|at| at.date_in(zone)) else {
            continue;
        };
        let year = years.entry(day.year()).or_default();
        if open.contains(&row.text(2)) {
            year.open += 1;
        } else {
            year.closed += 1;
        }
    }
    let years: Vec<Json> = years
        .iter()
        .rev()
        .map(|(year, n)| json!({ "year": year, "open": n.open, "closed": n.closed, "total": n.open + n.closed }))
        .collect();
    let visits = look.rows(visit::KIND, &[(visit::CUSTOMER, to())], &[])?.len();
    let products =
        look.rows(product_item::KIND, &[(product_item::CUSTOMER, to())], &[product_item::WARRANTY_END])?;
    let today = now.date_in(zone);
    let in_warranty = products.iter().filter(|p| p.date(0).is_some_and(|end| Some(end) >= today)).count();
    let merged: Vec<RecordId> = merged::sources(look.snap, id)?;
    let mut titles = look.titles();
    let mut briefs = Vec::new();
    for source in merged {
        if let Some((kind, listed)) = look.listed(source)? {
            briefs.push(titles.brief(kind, &listed)?);
        }
    }
    let mut out = json!({
        "complaints_by_year": years,
        "visits": visits,
        "products": { "total": products.len(), "in_warranty": in_warranty },
        "merged": briefs,
    });
    // Who sees only some of a customer's return-visits and surveys cannot be told what they come to.
    if look.mine.contains(&Scope::Office) {
        let standing = cycle::standing(look, id, zone)?;
        let due = standing.as_ref().and_then(cycle::Standing::due);
        let last = standing.as_ref().filter(|s| s.visited).and_then(|s| s.last);
        out["last_return_visit"] = json!(last.map(|d| d.to_string()));
        out["return_visit_due"] = json!(due.map(|d| d.to_string()));
        out["return_visit_overdue"] = json!(due.is_some_and(|due| Some(due) < today));
        out["satisfaction"] = satisfaction(look, records, person, id)?;
    }
    Ok(out)
}

/// Surveys of a customer: how many count, the mean of their unrounded indices (0–100, shown with two decimals), and
/// the last of them.
fn satisfaction(
    look: &Look<'_>,
    records: &Records,
    person: &Principal,
    id: RecordId,
) -> Result<Json, StoreError> {
    let columns = [survey::INDEX100, survey::RETURNED_AT, "created_at", survey::BAND];
    let found =
        look.rows(survey::KIND, &[(survey::CUSTOMER, Is::To(id)), (survey::IS_VALID, Is::Yes)], &columns)?;
    let Some(kind) = look.schema.kind(survey::KIND) else { return Ok(Json::Null) };
    let mut scored = Vec::with_capacity(found.len());
    for row in found.iter().filter(|row| row.real(0).is_some()) {
        // Rows have what is shown; a mean of rounded numbers would be rounded twice.
        let Ok(shown) = records.open(look.schema, person, kind, row.id) else { continue };
        let Some((_, view)) = shown.views().next() else { continue };
        scored.extend(result(look.schema, &view).and_then(|s| s.index100));
    }
    let mean = mean(&scored).ok().map(|mean| format!("{:.2}", rounded(mean, SCORE_DECIMALS)));
    let last = found.iter().max_by_key(|s| s.instant(1).or_else(|| s.instant(2))).map(|s| {
        json!({
            "id": s.id, "at": s.instant(1).or_else(|| s.instant(2)), "band": s.text(3),
            "index": s.real(0).map(|r| format!("{r:.2}")),
        })
    });
    Ok(json!({ "surveys": found.len(), "mean_index": mean, "last": last }))
}

/// The parts that were put into a piece of equipment, the newest visit first.
fn of_product(
    look: &Look<'_>,
    records: &Records,
    person: &Principal,
    id: RecordId,
) -> Result<Json, StoreError> {
    let mut parts = Vec::new();
    let visits = look.rows(
        visit::KIND,
        &[(visit::PRODUCT, Is::To(id))],
        &["number", visit::FINISHED_AT, "created_at"],
    )?;
    let Some(kind) = look.schema.kind(visit::KIND) else { return Ok(Json::Null) };
    for row in visits.iter().take(VISITS) {
        // One that cannot be read has no parts to show.
        let Ok(shown) = records.open(look.schema, person, kind, row.id) else { continue };
        for (_, view) in shown.views().take(1) {
            for part in view.collections.get(visit::PARTS).into_iter().flatten().filter(|p| !p.removed) {
                let text = |key: &str| part.fields.get(key).map(Value::to_json);
                parts.push(json!({
                    "visit": row.id, "number": row.text(0), "at": row.instant(1).or_else(|| row.instant(2)),
                    "part_name": text(visit::PARTS_PART_NAME), "part_no": text(visit::PARTS_PART_NO),
                    "quantity": text(visit::PARTS_QUANTITY), "old_serial": text(visit::PARTS_OLD_SERIAL),
                    "new_serial": text(visit::PARTS_NEW_SERIAL),
                }));
            }
        }
    }
    Ok(json!({ "visits": visits.len(), "parts_used": parts }))
}
