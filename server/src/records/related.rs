//! What belongs to a record: the records that refer to it, by kind and field, and those it refers to. Nothing is
//! listed here: every reference that is a column of some list counts.

use std::collections::{BTreeMap, BTreeSet};

use domain::authz::Principal;
use domain::ids::RecordId;
use domain::merge;
use domain::projection::Cell;
use domain::schema::{FieldType, Kind};
use domain::value::Value;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::list::{item, names};
use super::look::{Look, open_statuses};
use super::{Records, overview};
use crate::store::listing::{self, Column, Condition, Query};
use crate::store::merged;
use crate::sync::LedgerError;

/// Rows of a group.
const ROWS: usize = 10;

/// Records of one kind that refer to a record by one field.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Group {
    /// Their kind.
    pub kind: String,
    /// The field by which they refer to it.
    pub field: String,
    /// How many.
    pub total: u64,
    /// How many of them are not finished; those of kinds without a status do not count.
    pub open: u64,
    /// The newest ten, as rows of lists.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Map<String, Json>>,
}

/// What belongs to a record.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Related {
    /// Who refers to it.
    pub groups: Vec<Group>,
    /// What it refers to: `field`, `id`, `kind`, `number`, `temp_number`, `status`, `title`.
    #[schema(value_type = Vec<Object>)]
    pub points_to: Vec<Json>,
    /// What records and people in the rows are called, by id.
    #[schema(value_type = Object)]
    pub refs: BTreeMap<Uuid, String>,
    /// Customers and products: figures over what belongs to them.
    #[schema(value_type = Option<Object>)]
    pub overview: Option<Json>,
}

impl Records {
    /// What belongs to a record, as far as the person sees it. Of a merged record: what belongs to the one that it was
    /// merged into. Blocks.
    ///
    /// # Errors
    /// `not_found` for what the person does not see.
    pub fn related(&self, person: &Principal, kind: &Kind, id: RecordId) -> Result<Related, LedgerError> {
        let schema = self.ledger.schema();
        let shown = self.open(&schema, person, kind, id)?;
        let mine = person.scopes();
        let now = self.ledger.now();
        let zone = self.ledger.zone();
        self.ledger.store().read_blocking(|snap| {
            let look = Look { schema: &schema, snap, mine: &mine };
            let id = merged::resolve(snap, id)?;
            let mut titles = look.titles();
            let (mut groups, mut refs) = (Vec::new(), BTreeMap::new());
            for from in schema.kinds().filter(|k| k.companion_of.is_none()) {
                let to_this = from
                    .indexed()
                    .filter(|f| f.kind == FieldType::Ref && f.target.as_ref() == Some(&kind.key));
                for field in to_this {
                    let Some(column) = Column::field(from, &field.key) else { continue };
                    let query = |open: bool| {
                        let mut conditions = vec![Condition::In(column.clone(), vec![Cell::Id(*id.bytes())])];
                        if open {
                            let statuses = open_statuses(from)?;
                            let texts = statuses.into_iter().map(|s| Cell::Text(s.to_owned())).collect();
                            conditions.push(Condition::In(Column::fixed("status")?, texts));
                        }
                        Some(Query {
                            kind: from,
                            scopes: &mine,
                            conditions,
                            sort: Column::fixed("created_at")?,
                            descending: true,
                            after: None,
                            limit: ROWS,
                        })
                    };
                    let Some(all) = query(false) else { continue };
                    let page = listing::page(snap, &all)?;
                    if page.total == 0 {
                        continue;
                    }
                    let open = match query(true) {
                        Some(query) => listing::count(snap, &query)?,
                        None => 0,
                    };
                    refs.extend(names(&mut titles, from, &page.rows)?);
                    groups.push(Group {
                        kind: from.key.clone(),
                        field: field.key.clone(),
                        total: page.total,
                        open,
                        items: page.rows.iter().map(|listed| item(from, listed)).collect(),
                    });
                }
            }
            let mut points_to = Vec::new();
            let mut said = BTreeSet::new();
            for (kind, view) in shown.views() {
                for field in kind.fields.iter().filter(|f| f.kind == FieldType::Ref) {
                    let Value::Ref(target) = view.value(&field.key) else { continue };
                    let mut target = RecordId(*target);
                    if field.key != merge::FIELD {
                        target = merged::resolve(snap, target)?;
                    }
                    let Some((of, listed)) = look.listed(target)? else { continue };
                    if said.insert((field.key.clone(), target)) {
                        let mut brief = titles.brief(of, &listed)?;
                        brief["field"] = json!(field.key);
                        points_to.push(brief);
                    }
                }
            }
            let overview = overview::of(&look, self, person, kind, id, now, &zone)?;
            Ok(Related { groups, points_to, refs, overview })
        })
    }
}
