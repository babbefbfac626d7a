//! Whom and what the names in a ledger mean: users, customers and other records.

use std::collections::HashMap;

use domain::keys;
use domain::schema::Schema;
use uuid::Uuid;

use super::{OnFile, Person};
use crate::import::layout::Table;
use crate::import::map::Names;
use crate::import::text::folded;

/// What the records are called that columns refer to, but customers and people: kind → folded name → record.
pub(super) type Others = HashMap<String, HashMap<String, Option<Uuid>>>;

pub(super) fn others<L: OnFile>(
    schema: &Schema,
    tables: &[Table<'_, '_>],
    ledger: &mut L,
) -> Result<Others, L::Error> {
    let mut others = Others::new();
    let columns = tables.iter().flat_map(|t| &t.columns);
    let targets = columns.flat_map(|c| c.targets.iter().chain(c.parts.iter().flatten()));
    for kind in targets.filter_map(|t| schema.kind(t.field.target.as_deref()?)) {
        if kind.key == keys::customer::KIND || others.contains_key(&kind.key) {
            continue;
        }
        let mut names: HashMap<String, Option<Uuid>> = HashMap::new();
        for (id, texts) in ledger.names(kind)? {
            for text in texts.iter().map(|t| folded(t)).filter(|t| !t.is_empty()) {
                // Two records of one name: the name says neither.
                names.entry(text).and_modify(|held| *held = held.filter(|h| *h == id)).or_insert(Some(id));
            }
        }
        others.insert(kind.key.clone(), names);
    }
    Ok(others)
}

/// Users by folded name.
pub(super) struct People(HashMap<String, Option<Uuid>>);

impl People {
    pub(super) fn of(people: Vec<Person>) -> Self {
        let mut map: HashMap<String, Option<Uuid>> = HashMap::new();
        for person in people {
            for name in [folded(&person.name), folded(&person.display)] {
                // Two people of one name: the name says neither.
                map.entry(name)
                    .and_modify(|id| *id = id.filter(|i| *i == person.id))
                    .or_insert(Some(person.id));
            }
        }
        Self(map)
    }
}

/// What the names in a row are looked up in.
pub(super) struct Found<'a> {
    pub(super) people: &'a People,
    pub(super) others: &'a Others,
    pub(super) customers: &'a HashMap<String, Uuid>,
}

impl Names for Found<'_> {
    fn person(&self, name: &str) -> Option<Uuid> {
        *self.people.0.get(&folded(name))?
    }
    fn customer(&self, spelling: &str) -> Option<Uuid> {
        self.customers.get(&folded(spelling)).copied()
    }
    fn record(&self, kind: &str, name: &str) -> Option<Uuid> {
        *self.others.get(kind)?.get(&folded(name))?
    }
}
