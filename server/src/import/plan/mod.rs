//! From sheets to intents: what an import would do, worked out without writing anything. A dry run
//! shows exactly this.

pub mod diff;
mod exported;
pub mod identity;
mod names;
mod source;

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::document::{Entry, RecordView, named};
use domain::ids::RecordId;
use domain::intent::Intent;
use domain::keys;
use domain::lifecycle;
use domain::schema::{Kind, Schema};
use domain::survey;
use domain::time::Zone;
use domain::value::Value;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use self::diff::{Base, Shape, entry_id};
use self::identity::{Cells, Identity, content, derived, edited_from};
use self::names::{Found, Others, People, others};
use self::source::{header_kept, original};
use super::customers::{Book, Known, Resolved};
use super::layout::{Headers, KeyKind, Table};
use super::map::{Draft, Mapper, Note};
use super::sheet::{Row, Sheet};
use super::text::{folded, is_blank, one_line};

/// How many records of one name are looked for; see [`Identity::record`].
const VARIANTS: u32 = 50;

/// A record as it is now, its companion's values among its own.
#[derive(Clone, Debug, Default)]
pub struct Current {
    /// Values by field key; empty ones are left out.
    pub fields: BTreeMap<String, Value>,
    /// Entries by collection, removed ones included.
    pub collections: BTreeMap<String, Vec<Entry>>,
    /// The status; empty for kinds without one.
    pub status: String,
    /// There is such a record, but it cannot be read: nothing else here is filled then.
    pub unreadable: bool,
}

impl Current {
    /// The record of a document and its companion.
    #[must_use]
    pub fn of(main: RecordView, companion: Option<RecordView>) -> Self {
        let mut current = Self {
            fields: main.fields,
            collections: main.collections,
            status: main.folded.status,
            unreadable: false,
        };
        if let Some(companion) = companion {
            current.fields.extend(companion.fields);
            current.collections.extend(companion.collections);
        }
        current
    }
}

/// A user, as far as names go.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub id: Uuid,
    /// Account name.
    pub name: String,
    /// 姓名
    pub display: String,
}

/// What an import reads of the records there are.
pub trait OnFile {
    /// What reading can fail with.
    type Error;
    /// The record, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    fn record(&mut self, kind: &Kind, id: RecordId) -> Result<Option<Current>, Self::Error>;
    /// Every customer with its spellings.
    ///
    /// # Errors
    /// When they cannot be read.
    fn customers(&mut self) -> Result<Vec<Known>, Self::Error>;
    /// What the records of a kind are called: number, temporary number, and the texts of their titles.
    ///
    /// # Errors
    /// When they cannot be read.
    fn names(&mut self, kind: &Kind) -> Result<Vec<(Uuid, Vec<String>)>, Self::Error>;
    /// The record of a kind that has this number; only one that this program gave.
    ///
    /// # Errors
    /// When it cannot be read.
    fn numbered(&mut self, kind: &Kind, number: &str) -> Result<Option<RecordId>, Self::Error>;
    /// What an export says of a record now: headers and cells, empty ones left out.
    ///
    /// # Errors
    /// When it cannot be read.
    fn exported(&mut self, kind: &Kind, id: RecordId) -> Result<Cells, Self::Error>;
    /// Every user.
    ///
    /// # Errors
    /// When they cannot be read.
    fn people(&mut self) -> Result<Vec<Person>, Self::Error>;
}

/// A row that needs a person, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Review {
    /// Number of the row in the spreadsheet.
    pub row: u32,
    /// Stable code.
    pub code: &'static str,
    /// What the text of the code needs.
    pub params: Map<String, Json>,
}

/// What an import comes to, as the command prints it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Data rows of the file.
    pub rows: usize,
    /// Records made.
    pub created: usize,
    /// Records changed.
    pub updated: usize,
    /// Rows that say what is there already, repeated rows included.
    pub unchanged: usize,
    /// Rows that need a person.
    pub needs_review: Vec<Review>,
}

/// What is to be done to one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// The row that asks for it; 0 for a customer that rows name.
    pub row: u32,
    /// Whether the record is made by it.
    pub fresh: bool,
    /// The kind's key.
    pub kind: String,
    /// The record.
    pub id: RecordId,
    /// In order; a field of the companion is addressed through the record.
    pub intents: Vec<Intent>,
}

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What it comes to.
    pub summary: Summary,
    /// What is to be written; customers before the records that name them.
    pub work: Vec<Work>,
    /// Customers that the import makes for names that nobody has on file.
    pub new_customers: usize,
}

/// Why nothing can be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError<E> {
    /// No sheet has a header row of this kind.
    #[error("no header row for this kind of record")]
    NoHeader,
    /// The records there are could not be read.
    #[error(transparent)]
    OnFile(E),
}

/// A file's name and what it holds.
pub struct Source<'a> {
    /// Name of the file, without its folder.
    pub file: &'a str,
    /// Its sheets.
    pub sheets: &'a [Sheet],
}

/// Works out what importing `source` as records of `kind` would do.
///
/// # Errors
/// [`PlanError`].
pub fn plan<L: OnFile>(
    schema: &Schema,
    zone: &Zone,
    kind: &Kind,
    source: &Source<'_>,
    ledger: &mut L,
) -> Result<Plan, PlanError<L::Error>> {
    let headers = Headers::of(schema, kind);
    let tables: Vec<Table<'_, '_>> = source.sheets.iter().filter_map(|s| headers.table(s)).collect();
    if tables.is_empty() {
        return Err(PlanError::NoHeader);
    }
    let mut planner = Planner {
        shape: Shape { schema, kind, zone },
        file: source.file,
        several: tables.len() > 1,
        people: People::of(ledger.people().map_err(PlanError::OnFile)?),
        others: others(schema, &tables, ledger).map_err(PlanError::OnFile)?,
        customers: Resolved::default(),
        book: Book::of(ledger.customers().map_err(PlanError::OnFile)?),
        taken: HashSet::new(),
        seen: HashMap::new(),
        named: HashMap::new(),
        plan: Plan::default(),
    };
    planner.customers(&tables);
    for table in &tables {
        planner.table(table, ledger).map_err(PlanError::OnFile)?;
    }
    planner.plan.summary.needs_review.sort_by_key(|r| r.row);
    Ok(planner.plan)
}

struct Planner<'a> {
    shape: Shape<'a>,
    file: &'a str,
    several: bool,
    people: People,
    others: Others,
    customers: Resolved,
    book: Book,
    taken: HashSet<RecordId>,
    // Content of rows so far → number of the row.
    seen: HashMap<String, u32>,
    // Customers of this file by name → row.
    named: HashMap<Uuid, u32>,
    plan: Plan,
}

/// A data row on its way to a record.
struct Line<'r> {
    row: &'r Row,
    cells: Cells,
    content: String,
    identity: Identity,
    record: Option<RecordId>,
    /// What an export says now of a record that the line names itself, by its id or number.
    exported: Option<Cells>,
}

impl Planner<'_> {
    /// Finds the customers that rows of other kinds name.
    fn customers(&mut self, tables: &[Table<'_, '_>]) {
        let mut spellings = Vec::new();
        let mut rows: HashMap<String, Vec<u32>> = HashMap::new();
        for table in tables {
            for column in &table.columns {
                let names =
                    |t: &super::layout::Target<'_>| t.field.target.as_deref() == Some(keys::customer::KIND);
                if !column.targets.iter().any(names) {
                    continue;
                }
                for row in &table.rows {
                    let text = row.cell(column.index);
                    // An export says the id of whom it cannot name: nobody is called so.
                    if !is_blank(text) && Uuid::try_parse(text.trim()).is_err() {
                        spellings.push(text.to_owned());
                        rows.entry(folded(text)).or_default().push(row.number);
                    }
                }
            }
        }
        let id = |core: &str| derived(&[keys::customer::KIND, "name", core]);
        self.customers = self.book.resolve(&spellings, id);
        for similar in self.customers.similar.clone() {
            let rows = rows.get(&folded(&similar.spelling)).cloned().unwrap_or_default();
            let candidates: Vec<Json> =
                similar.candidates.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
            let params = json!({"value": similar.spelling, "candidates": candidates, "rows": rows});
            let row = rows.first().copied().unwrap_or_default();
            self.review(row, &Note::of("customer_similar", keys::complaint::CUSTOMER, params), "");
        }
        let alias = |id: Uuid, alias: &str| Intent::Add {
            collection: keys::customer::ALIASES.to_owned(),
            id: Some(entry_id(id, keys::customer::ALIASES, &folded(alias))),
            fields: Map::from_iter([(keys::customer::ALIASES_ALIAS.to_owned(), alias.into())]),
        };
        for new in &self.customers.new {
            let fields = Map::from_iter([(keys::customer::NAME.to_owned(), new.name.clone().into())]);
            let event = derived(&[&new.id.to_string(), "created"]);
            let mut intents = vec![Intent::Create { fields, id: Some(event), temp: None }];
            intents.extend(new.aliases.iter().map(|a| alias(new.id, a)));
            self.plan.work.push(Work {
                row: 0,
                fresh: true,
                kind: keys::customer::KIND.to_owned(),
                id: RecordId(new.id),
                intents,
            });
        }
        self.plan.new_customers = self.customers.new.len();
        for (id, name) in &self.customers.aliases {
            let intents = vec![alias(*id, name)];
            self.plan.work.push(Work {
                row: 0,
                fresh: false,
                kind: keys::customer::KIND.to_owned(),
                id: RecordId(*id),
                intents,
            });
        }
    }

    fn table<L: OnFile>(&mut self, table: &Table<'_, '_>, ledger: &mut L) -> Result<(), L::Error> {
        let running = table.key.filter(|(_, k)| *k == KeyKind::Running).map(|(column, _)| column);
        let running = table.columns.iter().find(|c| Some(c.index) == running).map(|c| c.header.clone());
        let running = running.as_deref();
        for column in table.columns.iter().filter(|c| c.targets.is_empty()) {
            if Some(column.index) != table.key.map(|(k, _)| k) && !column.silent {
                let note = Note::of("column_not_mapped", "", json!({"header": column.header}));
                self.review(table.header_row, &note, table.sheet);
            }
        }
        for row in &table.remarks {
            let text: Vec<String> = row.cells.iter().map(|(_, t)| one_line(t)).collect();
            let note = Note::of("row_not_data", "", json!({"value": text.join(" ")}));
            self.review(row.number, &note, table.sheet);
        }
        let mut lines: Vec<Line<'_>> = Vec::with_capacity(table.rows.len());
        let mut names: Vec<Identity> = Vec::with_capacity(table.rows.len());
        for (place, row) in table.rows.iter().enumerate() {
            self.plan.summary.rows += 1;
            let cells: Cells = table
                .columns
                .iter()
                .map(|c| (c.header.clone(), row.cell(c.index).to_owned()))
                .filter(|(_, text)| !text.trim().is_empty())
                .collect();
            let content = content(&cells, running);
            let identity = Identity::of(&self.shape.kind.key, table, row, place);
            names.push(identity.clone());
            if let Some(first) = self.seen.get(&content).copied() {
                self.plan.summary.unchanged += 1;
                self.review(
                    row.number,
                    &Note::of("duplicate_row", "", json!({"repeats": first})),
                    table.sheet,
                );
                continue;
            }
            self.seen.insert(content.clone(), row.number);
            lines.push(Line { row, cells, content, identity, record: None, exported: None });
        }
        self.by_id(table, &mut lines, ledger)?;
        self.find_records(table, &mut lines, &names, running, ledger)?;
        for line in &lines {
            match &line.exported {
                Some(exported) => self.exported_line(table, line, exported, ledger)?,
                None => self.line(table, line, ledger)?,
            }
        }
        Ok(())
    }

    /// Gives each line its record: by equal content first, then by name if it is an edit of that row, then by the
    /// number that this program gave, then a new one. `names` are those of every row: a repeated row may now bear the name of a record.
    fn find_records<L: OnFile>(
        &mut self,
        table: &Table<'_, '_>,
        lines: &mut [Line<'_>],
        names: &[Identity],
        running: Option<&str>,
        ledger: &mut L,
    ) -> Result<(), L::Error> {
        let mut old: HashMap<RecordId, Cells> = HashMap::new();
        let mut by_content: HashMap<String, RecordId> = HashMap::new();
        for name in names {
            for variant in 1..=VARIANTS {
                let id = name.record(variant);
                let Some(current) = ledger.record(self.shape.kind, id)? else { break };
                if current.unreadable {
                    // Not among the old ones: its row rather waits for it than is taken for a new one.
                    continue;
                }
                let cells = original(id, &current);
                by_content.entry(content(&cells, running)).or_insert(id);
                old.insert(id, cells);
            }
        }
        for line in lines.iter_mut().filter(|l| l.record.is_none()) {
            if let Some(id) = by_content.get(&line.content)
                && self.taken.insert(*id)
            {
                line.record = Some(*id);
            }
        }
        for line in lines.iter_mut().filter(|l| l.record.is_none()) {
            let mut variants = (1..=VARIANTS).map(|v| line.identity.record(v));
            line.record = variants.find(|id| {
                let edited = |cells: &Cells| edited_from(&line.cells, cells, running);
                !self.taken.contains(id) && old.get(id).is_some_and(edited)
            });
            if line.record.is_none() {
                self.by_number(table, line, ledger)?;
            }
            if line.record.is_none() {
                let mut variants = (1..=VARIANTS).map(|v| line.identity.record(v));
                line.record = variants.find(|id| !self.taken.contains(id) && !old.contains_key(id));
            }
            self.taken.extend(line.record);
        }
        Ok(())
    }

    fn line<L: OnFile>(
        &mut self,
        table: &Table<'_, '_>,
        line: &Line<'_>,
        ledger: &mut L,
    ) -> Result<(), L::Error> {
        let mut draft = self.draft(table, line.row);
        let notes = std::mem::take(&mut draft.notes);
        let Some(mut id) = line.record else {
            self.plan.summary.unchanged += 1;
            self.review(line.row.number, &Note::of("too_many_of_one_name", "", json!({})), table.sheet);
            return Ok(());
        };
        let kind = self.shape.kind;
        let mut current = ledger.record(kind, id)?;
        if current.as_ref().is_some_and(|c| c.unreadable) {
            self.waits(table, line, id);
            return Ok(());
        }
        if kind.key == keys::customer::KIND
            && let Some(name) = draft.fields.get(keys::customer::NAME).and_then(Json::as_str)
        {
            // A customer that is on file under this name is that customer, whoever made the record.
            if current.is_none()
                && let super::customers::Match::Same(known) | super::customers::Match::Equal(known) =
                    self.book.find(name)
            {
                id = RecordId(known);
                current = ledger.record(kind, id)?;
                if current.as_ref().is_some_and(|c| c.unreadable) {
                    self.waits(table, line, id);
                    return Ok(());
                }
            }
            if let Some(first) = self.named.insert(id.0, line.row.number) {
                self.plan.summary.unchanged += 1;
                self.review(
                    line.row.number,
                    &Note::of("duplicate_row", "", json!({"repeats": first})),
                    table.sheet,
                );
                return Ok(());
            }
            self.book.add(&Known { id: id.0, name: name.to_owned(), aliases: Vec::new() });
        }
        let fresh = current.is_none();
        if fresh {
            self.complete(&mut draft);
        }
        let missing_always = kind.fields.iter().find(|f| {
            matches!(f.required, domain::schema::Required::Always(_)) && !draft.fields.contains_key(&f.key)
        });
        if let (true, Some(field)) = (fresh, missing_always) {
            self.plan.summary.unchanged += 1;
            for note in notes.iter().chain([&Note::of("required", &field.key, json!({}))]) {
                self.review(line.row.number, note, table.sheet);
            }
            return Ok(());
        }
        let (mut intents, more) = match &current {
            None => (self.shape.create(id.0, &draft), Vec::new()),
            Some(current) => {
                let before = original(id, current);
                let before = (!before.is_empty()).then(|| self.draft_of(table, &before));
                let base = before.as_ref().map_or(Base::Nothing, Base::Imported);
                self.shape.update(id.0, &draft, &base, current)
            }
        };
        intents.extend(source::keep(self.file, id, table, line.row, &line.cells, current.as_ref()));
        let missing = self.missing(&draft, current.as_ref());
        let waiting = current.as_ref().is_none_or(|c| c.status == "draft");
        if kind.key == keys::complaint::KIND && waiting && missing.is_empty() {
            let event = derived(&[&id.to_string(), REGISTERED]);
            intents.push(Intent::Event {
                to: REGISTERED.to_owned(),
                why: None,
                fields: Map::new(),
                id: Some(event),
            });
        }
        let row = line.row.number;
        for note in notes.iter().filter(|n| !settled(n, &draft, current.as_ref())).chain(&more) {
            self.review(row, note, table.sheet);
        }
        if waiting && !missing.is_empty() {
            self.review(
                row,
                &Note::of("required", "", json!({"to": REGISTERED, "fields": missing})),
                table.sheet,
            );
        }
        match (fresh, intents.is_empty()) {
            (true, _) => self.plan.summary.created += 1,
            (false, false) => self.plan.summary.updated += 1,
            (false, true) => self.plan.summary.unchanged += 1,
        }
        if !intents.is_empty() {
            self.plan.work.push(Work { row, fresh, kind: kind.key.clone(), id, intents });
        }
        Ok(())
    }

    /// Notes a row whose record cannot be read.
    fn waits(&mut self, table: &Table<'_, '_>, line: &Line<'_>, id: RecordId) {
        self.plan.summary.unchanged += 1;
        self.review(line.row.number, &Note::of("record_unreadable", "", json!({"id": id})), table.sheet);
    }

    /// What a new record gets without anybody naming it: the version of its questionnaire.
    fn complete(&self, draft: &mut Draft) {
        let fields = draft.fields.iter().map(|(key, json)| (key.clone(), json.clone())).collect();
        let mut create = Intent::Create { fields, id: None, temp: None };
        survey::complete(self.shape.schema, &self.shape.kind.key, &mut create);
        if let Intent::Create { fields, .. } = create {
            draft.fields = fields.into_iter().collect();
        }
    }

    fn draft(&self, table: &Table<'_, '_>, row: &Row) -> Draft {
        let names =
            Found { people: &self.people, others: &self.others, customers: &self.customers.customers };
        let mapper = Mapper { schema: self.shape.schema, zone: self.shape.zone, names: &names };
        let mut draft = mapper.row(&table.columns, row);
        let customers = table
            .columns
            .iter()
            .filter(|c| c.targets.iter().any(|t| t.field.target.as_deref() == Some(keys::customer::KIND)));
        for column in customers.filter(|c| is_blank(row.cell(c.index))) {
            let key = &column.targets[0].field.key;
            draft.notes.push(Note::of("customer_missing", key, json!({"header": column.header})));
        }
        draft
    }

    /// What the row said at the last import, read with today's eyes.
    fn draft_of(&self, table: &Table<'_, '_>, cells: &Cells) -> Draft {
        let mut row = Row { number: 0, cells: Vec::new() };
        for column in &table.columns {
            if let Some((_, text)) = cells.iter().find(|(h, _)| *h == header_kept(&column.header)) {
                row.cells.push((column.index, text.clone()));
            }
        }
        self.draft(table, &row)
    }

    /// Fields that registering needs and neither row nor record has.
    fn missing(&self, draft: &Draft, current: Option<&Current>) -> Vec<String> {
        if self.shape.kind.key != keys::complaint::KIND {
            return Vec::new();
        }
        let has = |key: &str| {
            draft.fields.contains_key(key)
                || current.is_some_and(|c| c.fields.get(key).is_some_and(|v| !v.is_empty()))
        };
        let kind = self.shape.kind;
        let cycle = kind.lifecycle.as_deref().and_then(lifecycle::by_key);
        let Some(step) = cycle.and_then(|c| c.step(c.initial, REGISTERED)) else { return Vec::new() };
        let kinds = std::iter::once(kind).chain(self.shape.schema.companion(kind));
        kinds.flat_map(|k| named(k, step)).filter(|key| !has(key)).map(str::to_owned).collect()
    }

    fn review(&mut self, row: u32, note: &Note, sheet: &str) {
        let mut params = note.params.clone();
        // With several ledgers in one file a row number alone is not enough.
        if self.several && !sheet.is_empty() {
            params.insert("sheet".to_owned(), sheet.into());
        }
        self.plan.summary.needs_review.push(Review { row, code: note.code, params });
    }
}

/// The status of a complaint that stands in a ledger.
const REGISTERED: &str = "registered";

/// Whether people have dealt with a note in the app since: the field has a value of theirs.
fn settled(note: &Note, draft: &Draft, current: Option<&Current>) -> bool {
    let held = current.and_then(|c| c.fields.get(&note.field));
    held.is_some_and(|v| !v.is_empty()) && !draft.fields.contains_key(&note.field)
}

#[cfg(test)]
mod every_kind;
#[cfg(test)]
mod tests;
