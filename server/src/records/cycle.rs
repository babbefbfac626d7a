//! How often a customer is visited, and when next (C50).

use domain::calc::return_visit::{Cycle, next_visit_due};
use domain::deadline::visits::{self, Tier};
use domain::ids::RecordId;
use domain::keys::{customer, product_item, return_visit};
use domain::time::{Timestamp, Zone};
use jiff::civil::Date;

use super::look::{Is, Look};
use crate::store::StoreError;

/// Statuses of a return-visit that took place.
pub(super) const TOOK_PLACE: [&str; 5] = ["visited", "recorded", "reported", "reviewed", "archived"];

/// What is known of a customer's visits.
pub(super) struct Standing {
    /// How often.
    pub(super) cycle: Cycle,
    /// As a key account (L24).
    pub(super) key_account: bool,
    /// The last visit or delivery (the first day of its warranty, C48); else when the file was made.
    pub(super) last: Option<Date>,
    /// There was a visit.
    pub(super) visited: bool,
}

impl Standing {
    /// When the customer is to be visited next.
    pub(super) fn due(&self) -> Option<Date> {
        next_visit_due(self.last?, &self.cycle).ok().flatten()
    }
}

/// The day of an instant in the organisation's zone.
pub(super) fn day(at: Timestamp, zone: &Zone) -> Option<Date> {
    at.date_in(zone)
}

/// How things stand with a customer; `None` if the reader does not see it.
pub(super) fn standing(look: &Look<'_>, id: RecordId, zone: &Zone) -> Result<Option<Standing>, StoreError> {
    let Some((kind, listed)) = look.listed(id)? else { return Ok(None) };
    let row = listed.row.to_json(kind);
    let text = |key: &str| row.get(key).and_then(|v| v.as_str()).unwrap_or_default();
    let (said, tier) = visits::of_file(
        text(customer::RETURN_VISIT_CYCLE),
        text(customer::TIER),
        text(customer::CUSTOMER_TYPE),
    );
    let cycle = visits::cycle(&look.schema.settings().return_visits, said, tier);
    let key_account = tier == Some(Tier::KeyAccount) || cycle == Cycle::CalendarWeek;
    let to = || Is::To(id);
    let visits = look.rows(
        return_visit::KIND,
        &[(return_visit::CUSTOMER, to()), ("status", Is::OneOf(&TOOK_PLACE))],
        &[return_visit::VISITED_AT],
    )?;
    let visited = visits.iter().filter_map(|v| day(v.instant(0)?, zone)).max();
    // A delivery counts from when its warranty does: from its acceptance, or what the organisation put in its place.
    let delivered =
        look.rows(product_item::KIND, &[(product_item::CUSTOMER, to())], &[product_item::WARRANTY_START])?;
    let delivered = delivered.iter().filter_map(|p| p.date(0)).max();
    let made = listed.row.created_at.and_then(|at| day(at, zone));
    Ok(Some(Standing {
        cycle,
        key_account,
        last: visited.max(delivered).or(made),
        visited: visited.is_some(),
    }))
}
