//! Lists: a page of rows, how many there are, and what their references are called.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::authz::Principal;
use domain::error::{Code, Refusal};
use domain::projection::{Cell, columns};
use domain::schema::{FieldType, Kind};
use domain::time::Timestamp;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::title::Titles;
use super::{Records, filter};
use crate::store::StoreError;
use crate::store::listing::{self, After, Query};
use crate::store::projections::Listed;
use crate::sync::LedgerError;

/// Rows of a page, unless asked otherwise.
const LIMIT: usize = 50;
/// Most rows of a page.
const MAX_LIMIT: usize = 500;

/// What is asked of a list.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Conditions; see [`filter`].
    pub filters: Vec<String>,
    /// Sort field, with `-` in front for descending.
    pub sort: Option<String>,
    /// Most rows.
    pub limit: Option<usize>,
    /// Where to go on: `next` of the page before.
    pub cursor: Option<String>,
}

/// A page.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ListPage {
    /// Rows, as [`domain::projection::Row::to_json`] and `updated_at`.
    pub items: Vec<Map<String, Json>>,
    /// How many rows meet the conditions altogether.
    pub total: u64,
    /// Where the next page starts.
    pub next: Option<String>,
    /// What the records and people that the rows refer to are called, by id.
    pub refs: BTreeMap<Uuid, String>,
}

impl Records {
    /// A page of a list. Blocks.
    ///
    /// # Errors
    /// A refusal for a filter, sort or cursor that makes no sense.
    pub fn list(
        &self,
        person: &Principal,
        kind: &Kind,
        request: &ListRequest,
    ) -> Result<ListPage, LedgerError> {
        let scopes = person.scopes();
        let (sort, descending) = filter::sort(kind, request.sort.as_deref())?;
        let order = request.sort.clone().unwrap_or_default();
        let after = request.cursor.as_deref().map(|c| read_cursor(c, &order)).transpose()?;
        let query = Query {
            kind,
            scopes: &scopes,
            conditions: filter::conditions(kind, &self.ledger.zone(), &request.filters)?,
            sort,
            descending,
            after,
            limit: request.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT),
        };
        let schema = self.ledger.schema();
        let page = self.ledger.store().read_blocking(|snap| {
            let page = listing::page(snap, &query)?;
            let refs = names(&mut Titles::new(&schema, snap, &scopes), kind, &page.rows)?;
            Ok::<_, StoreError>((page, refs))
        })?;
        let (page, refs) = page;
        Ok(ListPage {
            items: page.rows.iter().map(|listed| item(kind, listed)).collect(),
            total: page.total,
            next: page.next.map(|after| write_cursor(&after, &order)),
            refs,
        })
    }
}

/// What the rows' references and makers are called, as far as this person sees them.
pub(super) fn names(
    titles: &mut Titles<'_>,
    kind: &Kind,
    rows: &[Listed],
) -> Result<BTreeMap<Uuid, String>, StoreError> {
    let mut asked: BTreeSet<(&str, Uuid)> =
        rows.iter().filter_map(|r| Some(("user", r.row.created_by?.0))).collect();
    for (i, column) in columns(kind).enumerate().filter(|(_, c)| c.field.kind == FieldType::Ref) {
        let target = column.field.target.as_deref().unwrap_or_default();
        for row in rows {
            if let Some(Cell::Id(id)) = row.row.cells.get(i) {
                asked.insert((target, Uuid::from_bytes(*id)));
            }
        }
    }
    let mut names = BTreeMap::new();
    for (target, id) in asked {
        if let Some(name) = titles.name(target, id)? {
            names.insert(id, name);
        }
    }
    Ok(names)
}

/// A row as the API shows it.
pub(super) fn item(kind: &Kind, listed: &Listed) -> Map<String, Json> {
    let mut out = listed.row.to_json(kind);
    out.insert("updated_at".into(), json!(Timestamp(listed.updated_at)));
    out
}

/// A cursor is opaque to clients: the sort it belongs to, the last row's sort value and number.
fn write_cursor(after: &After, order: &str) -> String {
    let (tag, value) = match &after.value {
        Cell::Null => ("n", Json::Null),
        Cell::Text(t) => ("t", json!(t)),
        Cell::Integer(i) => ("i", json!(i)),
        // Bits, because a decimal text might not read back as the same number.
        Cell::Real(r) => ("r", json!(r.to_bits())),
        Cell::Id(id) => ("u", json!(Uuid::from_bytes(*id))),
    };
    URL_SAFE_NO_PAD.encode(json!([order, tag, value, after.n]).to_string())
}

fn read_cursor(text: &str, order: &str) -> Result<After, Refusal> {
    let bad = || Refusal::new(Code::BadRequest).with("what", "cursor");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    let (of, tag, value, n): (String, String, Json, i64) =
        serde_json::from_slice(&bytes).map_err(|_| bad())?;
    if of != order {
        return Err(bad());
    }
    let value = match tag.as_str() {
        "n" => Some(Cell::Null),
        "t" => value.as_str().map(|t| Cell::Text(t.to_owned())),
        "i" => value.as_i64().map(Cell::Integer),
        "r" => value.as_u64().map(|bits| Cell::Real(f64::from_bits(bits))),
        "u" => value.as_str().and_then(|u| u.parse::<Uuid>().ok()).map(|u| Cell::Id(u.into_bytes())),
        _ => None,
    };
    Ok(After { value: value.ok_or_else(bad)?, n })
}
