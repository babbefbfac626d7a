//! What is owed, in the order in which it is due: the office's list of the day, and an engineer's own.
//!
//! The table says which deadlines are due when; state, level and time used are worked out at reading, for the page
//! that is shown. Records whose clocks stand still, or of which this reader may not know everything, are worked out
//! wholly, and take their places among the others.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::authz::{Principal, Role};
use domain::deadline::{self, Deadline, Filter, Snapshot as Facts, rules};
use domain::document::RecordView;
use domain::error::{Code, Refusal};
use domain::keys::customer;
use domain::schema::{Kind, Schema};
use domain::time::Timestamp;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::Records;
use super::title::Titles;
use crate::store::deadlines::{self, Place, Reader};
use crate::store::{Snapshot, StoreError, projections};
use crate::sync::{Deadlines, LedgerError};

/// Items of a page, unless asked otherwise.
const LIMIT: usize = 50;
/// Most items of a page.
const MAX_LIMIT: usize = 500;

/// What is asked of the list.
#[derive(Clone, Debug, Default)]
pub struct DeadlineRequest {
    /// Which.
    pub filter: Filter,
    /// Only what the reader made, leads, helps with or is responsible for.
    pub mine: bool,
    /// Most items.
    pub limit: Option<usize>,
    /// Where to go on: `next` of the page before.
    pub cursor: Option<String>,
}

/// A page.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DeadlinePage {
    /// Deadlines: `record`, `kind`, `number`, `title`, `status`, `lead`, `customer`, and what
    /// [`Deadline::to_json`] has.
    pub items: Vec<Map<String, Json>>,
    /// How many there are altogether.
    pub total: u64,
    /// Where the next page starts.
    pub next: Option<String>,
    /// What the people and customers that items refer to are called, by id.
    pub refs: BTreeMap<Uuid, String>,
    /// The moment that states and levels are of.
    pub now: Timestamp,
}

/// A deadline with its place in the list; not yet worked out where it came from the table.
struct Listed {
    place: Place,
    deadline: Option<Deadline>,
}

/// Records of a page, each worked out once.
#[derive(Default)]
struct Worked(BTreeMap<i64, Option<(Facts, Vec<Deadline>)>>);

impl Worked {
    fn of(
        &mut self,
        snap: &Snapshot<'_>,
        setting: &Deadlines<'_>,
        n: i64,
        office: bool,
    ) -> Result<Option<&(Facts, Vec<Deadline>)>, StoreError> {
        let worked = match self.0.entry(n) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(empty) => empty.insert(setting.joined(snap, n, office)?.map(|facts| {
                let found = setting.terms.deadlines(&facts, setting.now);
                (facts, found)
            })),
        };
        Ok(worked.as_ref())
    }
}

impl Records {
    /// A page of what is owed. Blocks.
    ///
    /// # Errors
    /// A refusal for an unknown kind or rule, or a cursor that is none.
    pub fn deadlines(
        &self,
        person: &Principal,
        request: &DeadlineRequest,
    ) -> Result<DeadlinePage, LedgerError> {
        let schema = self.ledger.schema();
        for kind in &request.filter.kinds {
            schema.kind(kind).ok_or_else(|| Refusal::new(Code::UnknownKind).with("kind", kind.clone()))?;
        }
        if request.filter.rules.iter().any(|rule| rules::by_id(rule).is_none()) {
            return Err(Refusal::new(Code::BadRequest).with("what", "rule").into());
        }
        let after = request.cursor.as_deref().map(read_cursor).transpose()?;
        let terms = self.ledger.terms_of(&schema);
        let now = self.ledger.now();
        let setting = Deadlines { schema: &schema, terms: &terms, now };
        let limit = request.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT);
        let scopes = person.scopes();
        let office = person.role != Role::Engineer;
        let mine = request.mine.then_some(person.user);
        let reader = Reader { scopes: &scopes, office, mine };
        let page = self.ledger.store().read_blocking(|snap| {
            let mut worked = Worked::default();
            let mut listed = Vec::new();
            for n in deadlines::anew(snap, &reader, now.0)? {
                let Some((facts, found)) = worked.of(snap, &setting, n, office)? else { continue };
                for deadline in found.iter().filter(|d| request.filter.takes(&facts.kind, d)) {
                    let place = Place::of(n, deadline);
                    listed.push(Listed { place, deadline: Some(deadline.clone()) });
                }
            }
            let anew = listed.len() as u64;
            listed.retain(|l| after.as_ref().is_none_or(|after| l.place > *after));
            let (rows, certain) =
                deadlines::page(snap, &reader, &request.filter, now.0, after.as_ref(), limit + 1)?;
            listed.extend(rows.into_iter().map(|place| Listed { place, deadline: None }));
            listed.sort_by(|a, b| a.place.cmp(&b.place));
            let more = listed.len() > limit;
            listed.truncate(limit);
            let next = listed.last().filter(|_| more).map(|l| write_cursor(&l.place));
            let mut items = Vec::with_capacity(listed.len());
            let mut refs = BTreeMap::new();
            let mut titles = Titles::new(&schema, snap, &scopes);
            for Listed { place, deadline } in listed {
                let Some((facts, found)) = worked.of(snap, &setting, place.n, office)? else { continue };
                let same = |d: &&Deadline| d.rule == place.rule && d.round == place.round;
                let Some(deadline) = deadline.or_else(|| found.iter().find(same).cloned()) else { continue };
                items.extend(item(snap, &schema, &mut titles, place.n, facts, &deadline)?);
                let people = facts.lead.map(|user| ("user", user.0));
                let customer = facts.customer.map(|id| (customer::KIND, id.0));
                for (target, id) in people.into_iter().chain(customer) {
                    if let Some(name) = titles.name(target, id)? {
                        refs.insert(id, name);
                    }
                }
            }
            Ok::<_, StoreError>(DeadlinePage { items, total: anew + certain, next, refs, now })
        })?;
        Ok(page)
    }

    /// All deadlines of a record that is open for reading, and how high it stands if it is not over.
    pub(super) fn deadlines_of(
        &self,
        person: &Principal,
        schema: &Arc<Schema>,
        kind: &Kind,
        n: i64,
        view: &RecordView,
        companion: Option<&RecordView>,
    ) -> Result<(Vec<Deadline>, Option<u8>), LedgerError> {
        let told = person.role != Role::Engineer || !Facts::office_only(&kind.key);
        if !told || !Facts::concerns(&kind.key) {
            return Ok((Vec::new(), None));
        }
        let terms = self.ledger.terms_of(schema);
        let now = self.ledger.now();
        let setting = Deadlines { schema, terms: &terms, now };
        let mut facts = Facts::of(view, companion, &terms.calendar);
        if person.role == Role::Engineer {
            facts.without_companion();
        }
        self.ledger.store().read_blocking(|snap| setting.complete(snap, n, &mut facts))?;
        let found = terms.deadlines(&facts, now);
        let over = deadline::is_over(kind, &view.folded.status);
        let level = (!over).then(|| deadline::level(&facts, &found, &terms, now));
        Ok((found, level))
    }
}

fn item(
    snap: &Snapshot<'_>,
    schema: &Schema,
    titles: &mut Titles<'_>,
    n: i64,
    facts: &Facts,
    deadline: &Deadline,
) -> Result<Option<Map<String, Json>>, StoreError> {
    let Some(kind) = schema.kind(&facts.kind) else { return Ok(None) };
    let Some(listed) = projections::get(snap, kind, n)? else { return Ok(None) };
    let mut out = deadline.to_json();
    out.insert("record".into(), json!(listed.row.id));
    out.insert("kind".into(), json!(kind.key));
    out.insert("number".into(), json!(listed.row.number.as_ref().or(listed.row.temp_number.as_ref())));
    out.insert("title".into(), json!(titles.of(kind, &listed)?));
    out.insert("status".into(), json!(listed.row.status));
    out.insert("lead".into(), json!(facts.lead));
    out.insert("customer".into(), json!(facts.customer));
    Ok(Some(out))
}

/// A cursor is opaque to clients: the place of the last item.
fn write_cursor(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(json!([place.due, place.n, place.rule, place.round]).to_string())
}

fn read_cursor(text: &str) -> Result<Place, Refusal> {
    let bad = || Refusal::new(Code::BadRequest).with("what", "cursor");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    let (due, n, rule, round) = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    Ok(Place { due, n, rule, round })
}
