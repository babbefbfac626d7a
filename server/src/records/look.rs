//! Looking around in lists, for what is worked out from several records. Only what the reader sees, and only
//! columns that the schema has: of a field that a kind does not have, or does not list, nothing is found.

use domain::authz::Scope;
use domain::ids::RecordId;
use domain::lifecycle::{self, Phase};
use domain::projection::Cell;
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;

use super::title::Titles;
use crate::store::listing::{self, Column, Condition, Query};
use crate::store::projections::{self, Listed};
use crate::store::{Snapshot, StoreError, documents};

/// Most rows of one look; what is worked out from more would be no help to anybody.
const MOST: usize = 20_000;

/// One reader's view of the lists.
pub(super) struct Look<'a> {
    pub(super) schema: &'a Schema,
    pub(super) snap: &'a Snapshot<'a>,
    pub(super) mine: &'a [Scope],
}

/// A row that was found: the record, and the columns that were asked for.
pub(super) struct Row {
    pub(super) id: RecordId,
    pub(super) cells: Vec<Cell>,
}

impl Row {
    pub(super) fn text(&self, i: usize) -> &str {
        match self.cells.get(i) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }
    pub(super) fn instant(&self, i: usize) -> Option<Timestamp> {
        match self.cells.get(i) {
            Some(Cell::Integer(ms)) => Some(Timestamp(*ms)),
            _ => None,
        }
    }
    pub(super) fn date(&self, i: usize) -> Option<jiff::civil::Date> {
        self.text(i).parse().ok()
    }
    pub(super) fn real(&self, i: usize) -> Option<f64> {
        match self.cells.get(i) {
            Some(Cell::Real(r)) => Some(*r),
            _ => None,
        }
    }
    pub(super) fn record(&self, i: usize) -> Option<RecordId> {
        match self.cells.get(i) {
            Some(Cell::Id(id)) => RecordId::from_slice(id),
            _ => None,
        }
    }
}

/// A condition on a column.
pub(super) enum Is<'a> {
    /// Refers to this record.
    To(RecordId),
    /// One of these texts.
    OneOf(&'a [&'a str]),
    /// Yes.
    Yes,
    /// From the first, inclusive, to the second, exclusive.
    Between(Timestamp, Timestamp),
    /// Holds nothing.
    Empty,
}

fn column(kind: &Kind, key: &str) -> Option<Column> {
    Column::fixed(key).or_else(|| Column::field(kind, key))
}

impl<'a> Look<'a> {
    pub(super) fn titles(&self) -> Titles<'a> {
        Titles::new(self.schema, self.snap, self.mine)
    }

    /// Rows of a kind that meet all conditions, newest first, with the columns `keys`.
    pub(super) fn rows(
        &self,
        kind: &str,
        conditions: &[(&str, Is<'_>)],
        keys: &[&str],
    ) -> Result<Vec<Row>, StoreError> {
        let Some(kind) = self.schema.kind(kind) else { return Ok(Vec::new()) };
        let mut all = Vec::with_capacity(conditions.len());
        for (key, is) in conditions {
            let Some(column) = column(kind, key) else { return Ok(Vec::new()) };
            all.push(match is {
                Is::To(id) => Condition::In(column, vec![Cell::Id(*id.bytes())]),
                Is::OneOf(texts) => {
                    Condition::In(column, texts.iter().map(|t| Cell::Text((*t).to_owned())).collect())
                }
                Is::Yes => Condition::In(column, vec![Cell::Integer(1)]),
                Is::Between(from, to) => {
                    Condition::Range(column, Some(Cell::Integer(from.0)), Some(Cell::Integer(to.0)))
                }
                Is::Empty => Condition::In(column, vec![Cell::Null]),
            });
        }
        let known: Vec<Option<Column>> = keys.iter().map(|key| column(kind, key)).collect();
        let asked: Vec<Column> = known.iter().flatten().cloned().collect();
        let Some(any) = Column::fixed("created_at") else { return Ok(Vec::new()) };
        let query = Query {
            kind,
            scopes: self.mine,
            conditions: all,
            sort: any,
            descending: true,
            after: None,
            limit: MOST,
        };
        let found = listing::chosen(self.snap, &query, &asked)?;
        let rows = found.into_iter().map(|chosen| {
            let mut cells = chosen.cells.into_iter();
            let mut next = |known: &Option<Column>| match known {
                Some(_) => cells.next().unwrap_or(Cell::Null),
                None => Cell::Null,
            };
            Row { id: chosen.id, cells: known.iter().map(&mut next).collect() }
        });
        Ok(rows.collect())
    }

    /// The row of a record, if the reader sees it.
    pub(super) fn listed(&self, id: RecordId) -> Result<Option<(&'a Kind, Listed)>, StoreError> {
        let Some(position) = documents::position(self.snap, id)? else { return Ok(None) };
        let Some((_, kind)) = documents::identity(self.snap, position.n)? else { return Ok(None) };
        if !crate::store::scopes::visible(self.snap, position.n, self.mine)? {
            return Ok(None);
        }
        let Some(kind) = self.schema.kind(&kind) else { return Ok(None) };
        Ok(projections::get(self.snap, kind, position.n)?.map(|listed| (kind, listed)))
    }
}

/// The statuses of a kind in which its records are not finished; `None` for kinds without statuses.
pub(super) fn open_statuses(kind: &Kind) -> Option<Vec<&'static str>> {
    let cycle = lifecycle::by_key(kind.lifecycle.as_deref()?)?;
    Some(cycle.states.iter().filter(|s| s.phase < Phase::Closed).map(|s| s.code).collect())
}
