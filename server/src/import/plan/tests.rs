//! The plan, carried out on documents in memory: what a department's real ledger comes to, and what a
//! second import of it changes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;
use std::path::PathBuf;

use domain::authz::Role;
use domain::document::{Record, Writer};
use domain::ids::SYSTEM_USER;
use domain::time::Timestamp;

use super::*;
use crate::import::layout::SOURCE;
use crate::import::sheet;

/// Records in memory.
pub(super) struct Memory {
    schema: std::sync::Arc<Schema>,
    records: BTreeMap<(String, RecordId), Record>,
    changes: u128,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { schema: Schema::builtin().unwrap(), records: BTreeMap::new(), changes: 0 }
    }

    fn execute(&mut self, kind: &str, id: RecordId, intent: &Intent) {
        self.changes += 1;
        let schema = self.schema.clone();
        let actor = self.changes.to_be_bytes();
        let record = self.records.entry((kind.to_owned(), id)).or_insert_with(|| Record::new(kind, id));
        let zone = Zone::default();
        let now = Timestamp(1_790_000_000_000);
        let writer = Writer {
            schema: &schema,
            zone: &zone,
            user: SYSTEM_USER,
            role: Role::Admin,
            now,
            skew_s: None,
            historical: false,
            around: Default::default(),
        };
        record.begin(SYSTEM_USER, actor);
        let mut intent = intent.clone();
        intent.fill_ids(&mut || panic!("the import gives every id"));
        record.execute(&writer, &intent).unwrap_or_else(|r| panic!("{kind} {id} {intent:?}: {r}"));
    }

    fn write(&mut self, plan: &Plan) {
        for work in &plan.work {
            let schema = self.schema.clone();
            let kind = schema.kind(&work.kind).unwrap();
            for intent in &work.intents {
                let companion = schema.companion(kind).filter(|c| match intent {
                    Intent::Set { field, .. } => c.field(field).is_some(),
                    Intent::Add { collection, .. } | Intent::Update { collection, .. } => {
                        c.collection(collection).is_some()
                    }
                    _ => false,
                });
                match companion {
                    None => self.execute(&work.kind, work.id, intent),
                    Some(companion) => {
                        let id = work.id.companion(&companion.key);
                        if !self.records.contains_key(&(companion.key.clone(), id)) {
                            let event = derived(&[&id.to_string(), "created"]);
                            let create = Intent::Create { fields: Map::new(), id: Some(event), temp: None };
                            self.execute(&companion.key, id, &create);
                        }
                        self.execute(&companion.key, id, intent);
                    }
                }
            }
        }
    }

    fn view(&self, kind: &str, id: RecordId) -> Option<RecordView> {
        Some(self.records.get(&(kind.to_owned(), id))?.view(self.schema.kind(kind).unwrap()))
    }

    pub(super) fn all(&self, kind: &str) -> Vec<RecordView> {
        let schema = self.schema.kind(kind).unwrap();
        self.records.iter().filter(|((k, _), _)| k == kind).map(|(_, r)| r.view(schema)).collect()
    }

    fn import(&mut self, kind: &str, file: &str) -> Plan {
        let sheets = sheet::read(&fixture(file)).unwrap();
        self.import_sheets(kind, file, &sheets)
    }

    pub(super) fn import_sheets(&mut self, kind: &str, file: &str, sheets: &[Sheet]) -> Plan {
        let schema = self.schema.clone();
        let source = Source { file, sheets };
        let kind = schema.kind(kind).unwrap();
        let plan = plan(&schema, &Zone::default(), kind, &source, self).unwrap_or_else(|e| panic!("{e}"));
        self.write(&plan);
        plan
    }
}

impl OnFile for Memory {
    type Error = Infallible;

    fn record(&mut self, kind: &Kind, id: RecordId) -> Result<Option<Current>, Infallible> {
        let companion = kind.companion.as_deref().and_then(|c| self.view(c, id.companion(c)));
        Ok(self.view(&kind.key, id).map(|main| Current::of(main, companion)))
    }

    fn customers(&mut self) -> Result<Vec<Known>, Infallible> {
        let known = |view: RecordView| Known {
            id: view.id.0,
            name: view.value(keys::customer::NAME).to_text(),
            aliases: view
                .collections
                .get(keys::customer::ALIASES)
                .into_iter()
                .flatten()
                .filter_map(|e| e.fields.get(keys::customer::ALIASES_ALIAS).map(Value::to_text))
                .collect(),
        };
        Ok(self.all(keys::customer::KIND).into_iter().map(known).collect())
    }

    fn names(&mut self, kind: &Kind) -> Result<Vec<(Uuid, Vec<String>)>, Infallible> {
        let named = |view: RecordView| {
            let keys = kind.number.iter().map(|n| &n.field).chain(&kind.title);
            (view.id.0, keys.map(|key| view.value(key).to_text()).filter(|t| !t.is_empty()).collect())
        };
        Ok(self.all(&kind.key).into_iter().map(named).collect())
    }

    fn numbered(&mut self, kind: &Kind, number: &str) -> Result<Option<RecordId>, Infallible> {
        let Some(field) = kind.number.as_ref().map(|n| &n.field) else { return Ok(None) };
        let all = self.all(&kind.key);
        Ok(all.into_iter().find(|v| v.value(field).to_text() == number).map(|v| v.id))
    }

    fn exported(&mut self, _: &Kind, _: RecordId) -> Result<Cells, Infallible> {
        Ok(Vec::new())
    }

    fn people(&mut self) -> Result<Vec<Person>, Infallible> {
        let person = |n: u128, name: &str, display: &str| Person {
            id: Uuid::from_u128(n),
            name: name.to_owned(),
            display: display.to_owned(),
        };
        Ok(vec![person(1, "zhang", "张工"), person(2, "li", "李明"), person(3, "li2", "李明")])
    }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

const LEDGER: &str = "客户投诉登记台账.xlsx";
const CUSTOMERS: &str = "客户档案.csv";

fn rows_with(plan: &Plan, code: &str) -> Vec<u32> {
    plan.summary.needs_review.iter().filter(|r| r.code == code).map(|r| r.row).collect()
}

/// The record of a row of the fixture.
fn of_row(memory: &Memory, row: u32) -> RecordView {
    let is =
        |e: &Entry| e.fields.get(keys::complaint::IMPORT_SOURCE_ROW) == Some(&Value::Int(i64::from(row)));
    let views = memory.all(keys::complaint::KIND);
    views.into_iter().find(|v| v.collections[SOURCE].iter().any(is)).unwrap()
}

#[test]
fn a_departments_ledger_is_taken_as_it_is() {
    let mut memory = Memory::new();
    let customers = memory.import(keys::customer::KIND, CUSTOMERS);
    assert_eq!((customers.summary.rows, customers.summary.created), (12, 12));
    let plan = memory.import(keys::complaint::KIND, LEDGER);
    let summary = &plan.summary;
    assert_eq!((summary.rows, summary.created, summary.updated, summary.unchanged), (210, 205, 0, 5));
    // Every spelling of the ledger is a name or an alias on file.
    assert_eq!(plan.new_customers, 0);
    assert!(rows_with(&plan, "customer_similar").is_empty());
    assert_eq!(memory.all(keys::customer::KIND).len(), 12);
    assert_eq!(rows_with(&plan, "duplicate_row"), [29, 77, 142, 163, 190]);
    assert_eq!(rows_with(&plan, "date_pending").iter().filter(|r| **r == 62).count(), 1);
    assert_eq!(rows_with(&plan, "number_approximate").len(), 20);
    assert_eq!(rows_with(&plan, "customer_missing"), [101, 141, 159]);
    assert!(rows_with(&plan, "unknown_code").is_empty());
    assert!(rows_with(&plan, "column_not_mapped").is_empty());
    assert!(rows_with(&plan, "row_not_data").is_empty());
    // Row 26 has no telephone: it cannot count as registered, and says what it lacks.
    let lacks = summary.needs_review.iter().find(|r| r.row == 26 && r.code == "required").unwrap();
    assert_eq!(lacks.params["fields"], json!(["reporter_contact"]));
}

#[test]
fn a_row_becomes_a_record_with_every_cell_readable() {
    let mut memory = Memory::new();
    memory.import(keys::customer::KIND, CUSTOMERS);
    memory.import(keys::complaint::KIND, LEDGER);
    let view = of_row(&memory, 5);
    let text = |key: &str| view.value(key).to_text();
    assert_eq!(text("received_at"), "2026-01-05T16:00:00Z");
    assert_eq!(text("region"), "northwest");
    assert_eq!(text("reporter_contact"), "13978061052");
    assert_eq!(text("quantity_involved"), "2");
    assert_eq!(text("channel"), "sample");
    assert_eq!(text("defect_class"), "minor");
    assert_eq!(text("severity"), "");
    assert_eq!(text("responsible_person"), Uuid::from_u128(1).to_string());
    assert_eq!(view.folded.status, "registered");
    let customer = view.value("customer").as_ref_id().unwrap();
    assert_eq!(
        memory.view("customer", RecordId(customer)).unwrap().value("name").to_text(),
        "金陵华晖显示器件有限公司"
    );
    let handling = memory.view("handling", view.id.companion("handling")).unwrap();
    assert_eq!(handling.value("responsible_dept").to_text(), "质检");
    assert_eq!(handling.value("handling_method").to_text(), "resend");
    assert_eq!(handling.value("completed_on").to_text(), "2026-01-11");
    let cells = original(view.id, &Current::of(view.clone(), None));
    let shown: Vec<(&str, &str)> = cells.iter().map(|(h, t)| (h.as_str(), t.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("序号", "2"),
            ("接收日期", "2026-01-06"),
            ("产品区域", "西北"),
            ("客户", "金陵华晖"),
            ("联系人", "张主任"),
            ("电话", "13978061052"),
            ("产品/部番", "3305B自卸车"),
            ("批次", "B26729"),
            ("数量", "2"),
            ("信息来源", "样板"),
            ("信息性质", "投诉"),
            (
                "客户反映内容",
                "1.门与主框架有间隙，防水胶条未受力；2.耐压不合格，在1500V电压下不击穿；3.发动机异响，怠速不稳"
            ),
            ("严重程度", "Minor"),
            ("责任部门/责任人", "质检/张工"),
            ("处理方式", "补发"),
            ("完成日期", "2026-1-11"),
        ]
    );
    let customer = memory
        .all("customer")
        .into_iter()
        .find(|v| v.value("name").to_text() == "粤宝机柜制造有限公司")
        .unwrap();
    assert_eq!(customer.collections["import_source"][0].fields["original_no"].to_text(), "KH001");
    let private = memory.view("customer_private", customer.id.companion("customer_private")).unwrap();
    assert_eq!(private.collections["annual_volumes"][0].fields["amount"].to_text(), "905000.00");
}

#[test]
fn the_same_file_again_changes_nothing() {
    let mut memory = Memory::new();
    for (kind, file) in [(keys::customer::KIND, CUSTOMERS), (keys::complaint::KIND, LEDGER)] {
        let first = memory.import(kind, file);
        let changes = memory.changes;
        let again = memory.import(kind, file);
        assert_eq!((again.summary.created, again.summary.updated), (0, 0), "{file}");
        assert_eq!(again.summary.unchanged, again.summary.rows);
        assert_eq!(again.work, []);
        assert_eq!(memory.changes, changes);
        assert_eq!(again.summary.needs_review, first.summary.needs_review, "{file}");
    }
}

#[test]
fn without_a_customer_file_likenesses_wait_for_a_person() {
    let mut memory = Memory::new();
    let plan = memory.import(keys::complaint::KIND, LEDGER);
    let names: Vec<String> = memory.all("customer").iter().map(|v| v.value("name").to_text()).collect();
    assert!(names.contains(&"粤宝机柜制造有限公司".to_owned()), "{names:?}");
    assert!(!names.contains(&"粤宝机柜".to_owned()));
    let similar: Vec<&Review> =
        plan.summary.needs_review.iter().filter(|r| r.code == "customer_similar").collect();
    let cabinet = similar.iter().find(|r| r.params["value"] == "粤宝机柜").unwrap();
    assert_eq!(cabinet.params["candidates"][0]["name"], "粤宝机柜制造有限公司");
    assert!(cabinet.params["rows"].as_array().unwrap().len() > 5);

    // A person says that it is an alias; the next import fills those rows, and only the customer in.
    let id = RecordId(cabinet.params["candidates"][0]["id"].as_str().unwrap().parse().unwrap());
    let fields = Map::from_iter([("alias".to_owned(), "粤宝机柜".into())]);
    memory.execute(
        "customer",
        id,
        &Intent::Add { collection: "aliases".into(), id: Some(Uuid::from_u128(5)), fields },
    );
    let again = memory.import(keys::complaint::KIND, LEDGER);
    assert_eq!(again.summary.created, 0);
    assert!(again.summary.updated > 5);
    for work in &again.work {
        assert!(
            matches!(work.intents.as_slice(), [Intent::Set { field, .. }] if field == "customer"),
            "{work:?}"
        );
    }
    assert_eq!(memory.import(keys::complaint::KIND, LEDGER).summary.updated, 0);
}

/// The fixture with changes to its cells: sheet, row, column → text.
fn edited(change: impl Fn(&mut Sheet)) -> Vec<Sheet> {
    let mut sheets = sheet::read(&fixture(LEDGER)).unwrap();
    change(&mut sheets[0]);
    sheets
}

fn set(sheet: &mut Sheet, row: u32, column: u32, text: &str) {
    let row = sheet.rows.iter_mut().find(|r| r.number == row).unwrap();
    row.cells.retain(|(c, _)| *c != column);
    if !text.is_empty() {
        row.cells.push((column, text.to_owned()));
        row.cells.sort();
    }
}

#[test]
fn an_edited_file_changes_only_what_was_edited() {
    let mut memory = Memory::new();
    memory.import(keys::customer::KIND, CUSTOMERS);
    memory.import(keys::complaint::KIND, LEDGER);
    // In the app, someone corrected the contact of row 5 and the batch of row 6.
    let five = of_row(&memory, 5).id;
    let set_field = |field: &str, value: &str| Intent::Set { field: field.into(), value: value.into() };
    memory.execute("complaint", five, &set_field("reporter_contact", "13900000000"));
    let sheets = edited(|s| {
        set(s, 5, 5, "13911112222");
        set(s, 5, 12, "Major");
        set(s, 9, 7, "B99999");
        set(s, 26, 5, "0755-1234567");
        set(s, 4, 15, "");
    });
    let plan = memory.import_sheets(keys::complaint::KIND, LEDGER, &sheets);
    assert_eq!((plan.summary.created, plan.summary.updated), (0, 4));
    let view = of_row(&memory, 5);
    assert_eq!(view.value("reporter_contact").to_text(), "13900000000");
    assert_eq!(view.value("defect_class").to_text(), "major");
    let kept = plan.summary.needs_review.iter().find(|r| r.code == "changed_since_import").unwrap();
    assert_eq!(kept.row, 5);
    assert_eq!(kept.params["field"], "reporter_contact");
    assert_eq!(
        (&kept.params["record"], &kept.params["file"]),
        (&json!("13900000000"), &json!("13911112222"))
    );
    assert_eq!(of_row(&memory, 9).value("batch_no").to_text(), "B99999");
    // The missing telephone is there now: the complaint counts as registered.
    assert_eq!(of_row(&memory, 26).folded.status, "registered");
    let emptied = of_row(&memory, 4).id.companion("handling");
    assert!(memory.view("handling", emptied).unwrap().value("completed_on").is_empty());
    // And again: nothing, and no complaint about the value that stays.
    let again = memory.import_sheets(keys::complaint::KIND, LEDGER, &sheets);
    assert_eq!((again.summary.created, again.summary.updated), (0, 0));
}

#[test]
fn rows_inserted_above_do_not_shift_records() {
    let mut memory = Memory::new();
    memory.import(keys::customer::KIND, CUSTOMERS);
    memory.import(keys::complaint::KIND, LEDGER);
    let last = of_row(&memory, 213).value("content").to_text();
    // A row goes in as no. 3 and every running number below moves by one.
    let sheets = edited(|s| {
        for row in s.rows.iter_mut().filter(|r| r.number >= 6 && r.number < 214) {
            let number: u32 = row.cell(0).parse().unwrap();
            row.cells[0].1 = (number + 1).to_string();
            row.number += 1;
        }
        let mut new = s.rows.iter().find(|r| r.number == 5).unwrap().clone();
        new.number = 6;
        new.cells[0].1 = "3".to_owned();
        s.rows.insert(5, new);
        set(s, 6, 3, "大圆山铁矿");
        set(s, 6, 5, "13700000000");
        set(s, 6, 6, "3340自卸车");
        set(s, 6, 7, "B26001");
        set(s, 6, 8, "7");
        set(s, 6, 9, "来电");
        set(s, 6, 11, "1.液压缸渗油");
        set(s, 6, 12, "严重");
    });
    let plan = memory.import_sheets(keys::complaint::KIND, LEDGER, &sheets);
    assert_eq!(plan.summary.created, 1, "{:?}", plan.summary);
    assert_eq!(memory.all("complaint").len(), 206);
    for work in &plan.work {
        let only_cells = work.intents.iter().all(|i| match i {
            Intent::Update { collection, .. } => collection == SOURCE,
            _ => false,
        });
        let created = matches!(work.intents[0], Intent::Create { .. });
        assert!(only_cells || created, "{work:?}");
    }
    assert_eq!(of_row(&memory, 214).value("content").to_text(), last);
}

#[test]
fn what_people_wrote_is_not_asked_for_again() {
    let mut memory = Memory::new();
    memory.import(keys::complaint::KIND, LEDGER);
    let row = of_row(&memory, 62);
    let set = Intent::Set { field: "received_at".into(), value: "2026-02-07".into() };
    memory.execute("complaint", row.id, &set);
    let again = memory.import(keys::complaint::KIND, LEDGER);
    assert!(
        !again
            .summary
            .needs_review
            .iter()
            .any(|r| r.row == 62 && r.params.get("field").is_some_and(|f| f == "received_at"))
    );
    assert_eq!(of_row(&memory, 62).value("received_at").to_text(), "2026-02-06T16:00:00Z");
}

#[test]
fn a_file_of_another_shape_says_so() {
    let schema = Schema::builtin().unwrap();
    let sheets = vec![Sheet {
        name: "说明".into(),
        rows: vec![Row { number: 1, cells: vec![(0, "说明".into())] }],
    }];
    let kind = schema.kind("complaint").unwrap();
    let source = Source { file: "x", sheets: &sheets };
    let result = plan(&schema, &Zone::default(), kind, &source, &mut Memory::new());
    assert!(matches!(result, Err(PlanError::NoHeader)));
}
