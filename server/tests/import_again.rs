//! An export is corrected in a spreadsheet program and imported again: what was corrected arrives, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};

use common::Server;
use domain::authz::Role;
use serde_json::{Value, json};
use server::export::{Format, Request, export};
use server::import::plan::Summary;
use server::import::sheet;

struct Scene {
    server: Server,
    token: String,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        server.add_user("li", Role::Office);
        let token = server.login("li").access;
        Self { server, token }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.server.dir.path().join(name)
    }

    fn import(&self, kind: &str, file: &Path) -> Summary {
        self.server.clock.advance(60_000);
        server::import::import(&self.server.state.records, kind, file, false).unwrap().summary
    }

    fn export(&self, kind: &str, format: Format) -> PathBuf {
        let out = self.file(&format!("{kind}.{}", format.as_str()));
        export(&self.server.state.records, &Request { kind, format, month: None }, &out).unwrap();
        out
    }

    /// The export as a spreadsheet program would save it after somebody edited it: header, row → text.
    fn edited(&self, file: &Path, name: &str, edits: &[(&str, usize, &str)]) -> PathBuf {
        let sheet = sheet::read(file).unwrap().remove(0);
        let head = &sheet.rows[0];
        let width = head.cells.last().unwrap().0 + 1;
        let out = self.file(name);
        let mut writer = csv::Writer::from_path(&out).unwrap();
        for (at, row) in sheet.rows.iter().enumerate() {
            let cell = |column: u32| {
                let edit = edits.iter().find(|(h, row, _)| *row == at && head.cell(column) == *h);
                edit.map_or(row.cell(column), |(.., text)| text).to_owned()
            };
            writer.write_record((0..width).map(cell)).unwrap();
        }
        writer.flush().unwrap();
        out
    }

    fn list(&self, kind: &str) -> Vec<Value> {
        let path = format!("/api/v1/records/{kind}?sort=created_at&limit=500");
        self.server.get(&path, &self.token).json()["items"].as_array().unwrap().clone()
    }
}

fn counts(summary: &Summary) -> [usize; 4] {
    [summary.rows, summary.created, summary.updated, summary.unchanged]
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

#[test]
fn a_corrected_cell_arrives_and_nothing_is_made_twice() {
    let s = Scene::new();
    assert_eq!(s.import("customer", &fixture("客户档案.csv")).created, 12);
    assert_eq!(s.import("complaint", &fixture("客户投诉登记台账.xlsx")).created, 205);
    // In the app as well; with a moment that no cell shows in full.
    s.server.clock.advance(61_234);
    let intents = json!([{ "cmd": "create", "fields": { "content": "异响\n时有时无", "received_at": "2026-03-01T08:30:12.345Z" } }]);
    let path = "/api/v1/records/complaint";
    assert_eq!(s.server.request("POST", path, Some(&s.token), Some(&intents)).status, 201);
    for format in [Format::Xlsx, Format::Csv] {
        let file = s.export("complaint", format);
        let summary = s.import("complaint", &file);
        assert_eq!(counts(&summary), [206, 0, 0, 206], "{format:?} {:?}", summary.needs_review);
        assert_eq!(summary.needs_review, [], "{format:?}");
    }
    let file = s.export("complaint", Format::Xlsx);
    let rows = sheet::read(&file).unwrap().remove(0).rows;
    let id_column = rows[0].cells.iter().find(|(_, t)| t == "记录ID").unwrap().0;
    let content = |s: &Scene, row: usize| {
        let id = rows[row].cell(id_column);
        s.server.get(&format!("/api/v1/records/complaint/{id}"), &s.token).json()
    };
    let edits = [("批次", 3, "B77777"), ("责任部门", 4, "装配"), ("批次", 5, "")];
    let corrected = s.edited(&file, "corrected.csv", &edits);
    let before = content(&s, 3);
    assert_ne!(before["fields"]["batch_no"], "B77777");
    let summary = s.import("complaint", &corrected);
    assert_eq!(counts(&summary), [206, 0, 3, 203], "{:?}", summary.needs_review);
    assert_eq!(content(&s, 3)["fields"]["batch_no"], "B77777");
    assert_eq!(content(&s, 3)["collections"]["import_source"], before["collections"]["import_source"]);
    assert_eq!(content(&s, 4)["fields"]["responsible_dept"], "装配");
    assert_eq!(content(&s, 5)["fields"]["batch_no"], Value::Null);
    let again = s.import("complaint", &corrected);
    assert_eq!(counts(&again), [206, 0, 0, 206], "{:?}", again.needs_review);
    // From the file of then, after somebody wrote to the record: that is for a person to look at.
    let stale = s.edited(&corrected, "stale.csv", &[("批次", 3, "B88888")]);
    let summary = s.import("complaint", &stale);
    assert_eq!((summary.created, summary.updated), (0, 0));
    let differs: Vec<_> = summary.needs_review.iter().filter(|r| r.code == "differs_from_record").collect();
    assert!(
        differs.iter().any(|r| r.params["file"] == "B88888" && r.params["record"] == "B77777"),
        "{differs:?}"
    );
    assert_eq!(content(&s, 3)["fields"]["batch_no"], "B77777");
}

#[test]
fn a_line_is_known_by_its_number_if_it_is_alike() {
    let s = Scene::new();
    let file = s.file("投诉.csv");
    std::fs::write(&file, "投诉内容,投诉渠道\n变速箱漏油,电话\n发动机异响,电话\n").unwrap();
    assert_eq!(s.import("complaint", &file).created, 2);
    let numbers: Vec<String> =
        s.list("complaint").iter().map(|r| r["number"].as_str().unwrap().to_owned()).collect();
    // The first line fills in what was not known; the second is another organisation's.
    let more = s.file("补充.csv");
    let text =
        format!("投诉编号,投诉内容,批次号\n{},变速箱漏油,B1\n{},门板生锈,B2\n", numbers[0], numbers[1]);
    std::fs::write(&more, text).unwrap();
    let summary = s.import("complaint", &more);
    assert_eq!(counts(&summary), [2, 1, 1, 0], "{:?}", summary.needs_review);
    let rows = s.list("complaint");
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows.iter().map(|r| &r["batch_no"]).collect::<Vec<_>>(),
        [&json!("B1"), &Value::Null, &json!("B2")]
    );
    let again = s.import("complaint", &more);
    assert_eq!(counts(&again), [2, 0, 0, 2], "{:?}", again.needs_review);
}

#[test]
fn an_id_is_nobodys_name_and_names_no_record_of_another_kind() {
    let s = Scene::new();
    let file = s.file("客户.csv");
    std::fs::write(&file, "客户名称,地区\n海岚汽车,华东\n").unwrap();
    assert_eq!(s.import("customer", &file).created, 1);
    let id = s.list("customer")[0]["id"].as_str().unwrap().to_owned();
    let file = s.file("投诉.csv");
    std::fs::write(&file, format!("记录ID,客户,投诉内容,投诉渠道\n{id},{id},漏油,电话\n")).unwrap();
    let summary = s.import("complaint", &file);
    assert_eq!(counts(&summary), [1, 1, 0, 0], "{:?}", summary.needs_review);
    assert_eq!(s.list("customer").len(), 1);
    assert_ne!(s.list("complaint")[0]["id"], json!(id));
}

#[test]
fn every_kind_that_has_records_comes_back_as_it_is() {
    let s = Scene::new();
    s.import("customer", &fixture("客户档案.csv"));
    s.import("complaint", &fixture("客户投诉登记台账.xlsx"));
    for kind in ["customer", "complaint"] {
        let rows = s.list(kind).len();
        for format in [Format::Xlsx, Format::Csv] {
            let file = s.export(kind, format);
            let summary = s.import(kind, &file);
            assert_eq!(counts(&summary), [rows, 0, 0, rows], "{kind} {format:?} {:?}", summary.needs_review);
        }
        assert_eq!(s.list(kind).len(), rows);
    }
}
