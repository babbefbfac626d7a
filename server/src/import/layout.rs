//! Where in a sheet the ledger is: title, header row, columns, data rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::keys;
use domain::schema::{Access, Collection, Field, Kind, Schema};

use super::sheet::{Row, Sheet};
use super::text::{folded, half_width, header, one_line};
use crate::export::labels;

/// The collection that keeps original cells.
pub const SOURCE: &str = keys::complaint::IMPORT_SOURCE;
/// How far down a header row is looked for: titles, form numbers and notes stand above it.
const HEADER_WITHIN: usize = 40;
/// Headers of a running number, which names a row only within its ledger.
const RUNNING: [&str; 6] = ["序号", "序", "no", "no.", "行号", "项次"];
/// First words of rows that sum up.
const TOTALS: [&str; 8] = ["合计", "总计", "小计", "共计", "累计", "本页合计", "本月合计", "total"];

/// A field that a column feeds.
#[derive(Clone, Copy, Debug)]
pub struct Target<'s> {
    /// The kind, or its companion.
    pub kind: &'s Kind,
    /// The collection, where the field is an entry's.
    pub collection: Option<&'s Collection>,
    /// The field.
    pub field: &'s Field,
}

impl Target<'_> {
    /// The field's name as API and review lists show it: `key`, or `collection/key`.
    #[must_use]
    pub fn name(&self) -> String {
        self.collection.map_or_else(|| self.field.key.clone(), |c| format!("{}/{}", c.key, self.field.key))
    }
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column<'s> {
    /// Its place, from 0.
    pub index: u32,
    /// Its header as shown.
    pub header: String,
    /// The fields that it feeds; empty for a column that the schema does not know.
    pub targets: Vec<Target<'s>>,
    /// For 责任部门/责任人: the fields of each part of a value that is written with a stroke as well.
    pub parts: Vec<Vec<Target<'s>>>,
    /// What a number in it is to be multiplied by: 10,000 under 万元.
    pub factor: u32,
    /// It is a column of the program's own exports that no field takes: nothing to tell people about.
    pub silent: bool,
}

/// What names a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A number that the organisation gave: unique whatever the ledger.
    Number,
    /// A running number: unique within its ledger.
    Running,
}

/// Columns of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfExport {
    /// The record's id.
    pub id: u32,
    /// When it was last changed.
    pub updated: Option<u32>,
}

/// A ledger found in a sheet.
#[derive(Clone, Debug)]
pub struct Table<'s, 'r> {
    /// Name of its sheet.
    pub sheet: &'r str,
    /// The text above it, which tells ledgers of one shape apart.
    pub title: String,
    /// Number of its header row.
    pub header_row: u32,
    /// Columns that have a header or data.
    pub columns: Vec<Column<'s>>,
    /// The column that names rows.
    pub key: Option<(u32, KeyKind)>,
    /// The column with the numbers that this program gives, if the kind has any.
    pub number: Option<u32>,
    /// Columns by which an export of this program tells records; `None` for other ledgers.
    pub export: Option<OfExport>,
    /// Data rows.
    pub rows: Vec<&'r Row>,
    /// Rows below the header that are neither data nor a sum: notes and signatures.
    pub remarks: Vec<&'r Row>,
}

/// Every header spelling that the schema gives for a kind.
#[derive(Clone, Debug)]
pub struct Headers<'s> {
    targets: HashMap<String, Vec<Target<'s>>>,
    numbers: Vec<String>,
    /// The fields' own names; those that several have name none.
    labels: HashMap<String, Vec<Target<'s>>>,
    /// Names of the number that this program gives.
    given: Vec<String>,
    /// Headers of exports that no field takes.
    silent: HashSet<String>,
}

impl<'s> Headers<'s> {
    /// The spellings of `kind`, its companion and their collections.
    #[must_use]
    pub fn of(schema: &'s Schema, kind: &'s Kind) -> Self {
        let mut headers = Self {
            targets: HashMap::new(),
            numbers: Vec::new(),
            labels: HashMap::new(),
            given: Vec::new(),
            silent: labels::OF_RECORDS.iter().map(|l| header(l)).collect(),
        };
        let number = kind.number.as_ref().map_or(keys::product_item::SERIAL_NO, |n| n.field.as_str());
        for kind in std::iter::once(kind).chain(schema.companion(kind)) {
            for field in &kind.fields {
                if kind.number.as_ref().is_some_and(|n| n.field == field.key) {
                    headers.given.extend(field.headers.iter().map(|h| header(h)));
                    headers.given.extend([&field.label.zh, &field.label.en].map(|l| header(l)));
                }
                if field.key == number {
                    headers.numbers.extend(field.headers.iter().map(|h| header(h)));
                }
                // What the server gives or works out cannot be brought along; it stays readable.
                if field.access() != Access::System && !field.computed {
                    headers.add(Target { kind, collection: None, field });
                }
            }
        }
        for kind in std::iter::once(kind).chain(schema.companion(kind)) {
            for collection in kind.collections.iter().filter(|c| c.key != SOURCE) {
                for field in &collection.fields {
                    headers.add(Target { kind, collection: Some(collection), field });
                }
            }
        }
        headers.labels(schema, kind);
        headers
    }

    /// The fields' own names, as exports write them, where no spelling says otherwise. A name that several fields
    /// have names none of them.
    fn labels(&mut self, schema: &'s Schema, kind: &'s Kind) {
        let mut named: HashMap<String, Vec<Target<'s>>> = HashMap::new();
        for kind in std::iter::once(kind).chain(schema.companion(kind)) {
            self.silent.extend(kind.collections.iter().map(|c| header(&c.label.zh)));
            let (own, given): (Vec<_>, Vec<_>) =
                kind.fields.iter().partition(|f| f.access() != Access::System && !f.computed);
            self.silent.extend(given.iter().map(|f| header(&f.label.zh)));
            for field in own {
                let target = Target { kind, collection: None, field };
                for label in [&field.label.zh, &field.label.en] {
                    named.entry(header(label)).or_default().push(target);
                }
            }
        }
        for (label, targets) in named {
            if targets.len() == 1 {
                self.targets.entry(label.clone()).or_insert_with(|| targets.clone());
                self.labels.insert(label, targets);
            }
        }
    }

    fn add(&mut self, target: Target<'s>) {
        for spelling in &target.field.headers {
            self.targets.entry(header(spelling)).or_default().push(target);
        }
    }

    /// The fields of a header, as written or without what stands in brackets after it.
    fn find(&self, text: &str) -> Vec<Target<'s>> {
        let whole = header(text);
        let bare = || whole.split('(').next().filter(|bare| !bare.is_empty() && *bare != whole);
        let found = self.targets.get(&whole).or_else(|| self.targets.get(bare()?));
        found.cloned().unwrap_or_default()
    }

    /// A column of an export of this program: under the name of a field stands that field, in the field's own unit.
    fn exported(&self, index: u32, text: &str) -> Column<'s> {
        let whole = header(text);
        let bare = whole.split('(').next().unwrap_or_default();
        let column = Column { parts: Vec::new(), factor: 1, ..self.column(index, text) };
        match self.labels.get(&whole).or_else(|| self.labels.get(bare)) {
            Some(targets) => Column { targets: targets.clone(), ..column },
            None if self.silent.contains(&whole) || self.silent.contains(bare) => {
                Column { targets: Vec::new(), silent: true, ..column }
            }
            None => column,
        }
    }

    fn column(&self, index: u32, text: &str) -> Column<'s> {
        let targets = self.find(text);
        let shown = one_line(text);
        let narrow = half_width(&shown);
        let parts: Vec<Vec<Target<'s>>> = narrow.split('/').map(|part| self.find(part)).collect();
        let distinct = parts.len() > 1
            && parts.iter().all(|p| !p.is_empty())
            && parts.windows(2).all(|w| w[0][0].name() != w[1][0].name());
        Column {
            index,
            targets,
            parts: if distinct { parts } else { Vec::new() },
            factor: if narrow.contains("万元") { 10_000 } else { 1 },
            header: shown,
            silent: false,
        }
    }

    fn key(&self, text: &str) -> Option<KeyKind> {
        let text = header(text);
        if self.numbers.contains(&text) {
            Some(KeyKind::Number)
        } else if RUNNING.contains(&text.as_str()) {
            Some(KeyKind::Running)
        } else {
            None
        }
    }

    /// The ledger in a sheet; `None` for a sheet without a header row of this kind, such as 说明.
    #[must_use]
    pub fn table<'r>(&self, sheet: &'r Sheet) -> Option<Table<'s, 'r>> {
        let known = |row: &Row| row.cells.iter().filter(|(_, text)| !self.find(text).is_empty()).count();
        let (at, matched) = sheet
            .rows
            .iter()
            .take(HEADER_WITHIN)
            .enumerate()
            .map(|(at, row)| (at, known(row)))
            // Of equal rows the upper one: a header may be repeated on every page.
            .min_by_key(|(at, known)| (std::cmp::Reverse(*known), *at))?;
        if matched < 2 {
            return None;
        }
        let (above, rest) = sheet.rows.split_at(at);
        let (head, below) = rest.split_first()?;
        let under =
            |label: &str| head.cells.iter().find(|(_, t)| header(t) == header(label)).map(|(c, _)| *c);
        let export = under(labels::ID).map(|id| OfExport { id, updated: under(labels::UPDATED_AT) });
        if export.is_some() && under(labels::REMOVED).is_some() {
            // Entries of a collection, which an export puts on a sheet of their own.
            return None;
        }
        let title = above.iter().flat_map(|r| &r.cells).map(|(_, text)| folded(text)).find(|t| !t.is_empty());
        let mut columns: BTreeMap<u32, Column<'s>> = head
            .cells
            .iter()
            .map(|(index, text)| {
                (
                    *index,
                    if export.is_some() { self.exported(*index, text) } else { self.column(*index, text) },
                )
            })
            .collect();
        let keys = head.cells.iter().filter_map(|(index, text)| Some((*index, self.key(text)?)));
        let key = keys.min_by_key(|(index, kind)| (*kind != KeyKind::Number, *index));
        let mut table = Table {
            sheet: &sheet.name,
            title: title.unwrap_or_default(),
            header_row: head.number,
            columns: Vec::new(),
            key,
            number: head.cells.iter().find(|(_, t)| self.given.contains(&header(t))).map(|(c, _)| *c),
            export,
            rows: Vec::new(),
            remarks: Vec::new(),
        };
        for row in below {
            if is_total(row) || repeats(row, head) {
                continue;
            }
            let data = row.cells.iter().any(|(index, _)| {
                Some(*index) != key.map(|(k, _)| k)
                    && columns.get(index).is_some_and(|c| !c.targets.is_empty())
            });
            if data && row.cells.len() > 1 {
                table.rows.push(row);
                for (index, _) in &row.cells {
                    columns.entry(*index).or_insert_with(|| nameless(*index));
                }
            } else {
                table.remarks.push(row);
            }
        }
        table.columns = columns.into_values().collect();
        Some(table)
    }
}

/// A column without a header, named as the spreadsheet names it.
fn nameless<'s>(index: u32) -> Column<'s> {
    let mut name = String::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        // The remainder of 26 is a letter.
        name.insert(0, char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    Column {
        index,
        header: format!("({name})"),
        targets: Vec::new(),
        parts: Vec::new(),
        factor: 1,
        silent: false,
    }
}

fn is_total(row: &Row) -> bool {
    row.cells.first().is_some_and(|(_, text)| {
        let text = folded(text);
        TOTALS.iter().any(|t| text.starts_with(t))
    })
}

/// The header again, as printed ledgers have it on every page.
fn repeats(row: &Row, head: &Row) -> bool {
    let same = row.cells.iter().filter(|(c, text)| folded(text) == folded(head.cell(*c))).count();
    same * 2 > row.cells.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sheet(lines: &[&str]) -> Sheet {
        let rows = lines.iter().enumerate().map(|(i, line)| Row {
            number: u32::try_from(i + 1).unwrap(),
            cells: line
                .split('|')
                .enumerate()
                .filter(|(_, t)| !t.is_empty())
                .map(|(c, t)| (u32::try_from(c).unwrap(), t.to_owned()))
                .collect(),
        });
        Sheet { name: "客诉台账".into(), rows: rows.filter(|r| !r.cells.is_empty()).collect() }
    }

    fn complaint() -> (std::sync::Arc<Schema>, &'static str) {
        (Schema::builtin().unwrap(), keys::complaint::KIND)
    }

    #[test]
    fn the_ledger_is_found_below_its_title() {
        let (schema, kind) = complaint();
        let headers = Headers::of(&schema, schema.kind(kind).unwrap());
        let sheet = sheet(&[
            "投诉登记台账（2026年）",
            "编号：C05-018||编制：市场部",
            "序号|接收 日期*|客户|客户反映内容|责任部门/责任人|备注栏",
            "1|2026-1-6|甲厂|掉漆|质检/张工|",
            "",
            "序号|接收日期|客户|客户反映内容|责任部门/责任人|备注栏",
            "2|2026-1-7|乙厂|生锈||x|y",
            "合 计|||共2条",
            "制表：市场部",
        ]);
        let table = headers.table(&sheet).unwrap();
        assert_eq!(table.header_row, 3);
        assert_eq!(table.title, "投诉登记台账(2026年)");
        assert_eq!(table.key, Some((0, KeyKind::Running)));
        assert_eq!(table.rows.iter().map(|r| r.number).collect::<Vec<_>>(), [4, 7]);
        assert_eq!(table.remarks.iter().map(|r| r.number).collect::<Vec<_>>(), [9]);
        let names: Vec<String> = table.columns.iter().flat_map(|c| &c.targets).map(Target::name).collect();
        assert_eq!(names, ["received_at", "customer", "content", "responsible_dept"]);
        let parts = &table.columns[4].parts;
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[1][0].name(), "responsible_person");
        assert_eq!(table.columns[6].header, "(G)");
    }

    #[test]
    fn a_sheet_of_notes_has_no_ledger() {
        let (schema, kind) = complaint();
        let headers = Headers::of(&schema, schema.kind(kind).unwrap());
        assert!(headers.table(&sheet(&["本表由市场部每月5日前汇总上报"])).is_none());
        assert!(headers.table(&sheet(&["姓名|部门", "张三|生产部"])).is_none());
        assert!(headers.table(&sheet(&[])).is_none());
    }

    #[test]
    fn a_number_of_the_organisation_names_a_row_before_a_running_one() {
        let schema = Schema::builtin().unwrap();
        let headers = Headers::of(&schema, schema.kind(keys::customer::KIND).unwrap());
        let sheet = sheet(&["序号|客户编号|客户名称|简称|年业务额(万元)", "1|KH001|甲厂|甲|90.5"]);
        let table = headers.table(&sheet).unwrap();
        assert_eq!(table.key, Some((1, KeyKind::Number)));
        assert_eq!(table.columns[3].targets[0].name(), "aliases/alias");
        assert_eq!(table.columns[4].targets[0].name(), "annual_volumes/amount");
        assert_eq!(table.columns[4].factor, 10_000);
    }

    #[test]
    fn column_letters() {
        assert_eq!(nameless(0).header, "(A)");
        assert_eq!(nameless(26).header, "(AA)");
    }
}
