//! `fieldledger import` and `export` as scripts run them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fieldledger"));
    command.args(arguments).arg("--data").arg(data).output().unwrap()
}

fn import(data: &Path, file: &Path, kind: &str, more: &[&str]) -> Value {
    let file = file.to_str().unwrap();
    let arguments: Vec<&str> =
        ["import", file, "--kind", kind, "--json"].iter().chain(more).copied().collect();
    let output = run(data, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn counts(summary: &Value) -> [u64; 4] {
    ["rows", "created", "updated", "unchanged"].map(|key| summary[key].as_u64().unwrap())
}

#[test]
fn the_ledger_is_previewed_taken_and_taken_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let customers = import(&data, &fixture("客户档案.csv"), "customer", &[]);
    assert_eq!(counts(&customers), [12, 12, 0, 0]);
    let ledger = fixture("客户投诉登记台账.xlsx");
    let preview = import(&data, &ledger, "complaint", &["--dry-run"]);
    assert_eq!(counts(&preview), [210, 205, 0, 5]);
    let first = import(&data, &ledger, "complaint", &[]);
    // The preview wrote nothing, and said what came.
    assert_eq!(first, preview);
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 5, "{keys:?}");
    let reviews = first["needs_review"].as_array().unwrap();
    assert!(reviews.contains(&json!({"row": 29, "code": "duplicate_row", "params": {"repeats": 28}})));
    let again = import(&data, &ledger, "complaint", &[]);
    assert_eq!(counts(&again), [210, 0, 0, 210]);
    assert_eq!(again["needs_review"], first["needs_review"]);

    // Numbered, registered, and found by what the cells said.
    let out = dir.path().join("out.json");
    let exported =
        run(&data, &["export", "--kind", "complaint", "--format", "json", "--out", out.to_str().unwrap()]);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let text = std::fs::read_to_string(&out).unwrap();
    let records: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(records.len(), 205);
    let row = |n: u64| records.iter().find(|r| r["collections"]["import_source"][0]["row"] == n).unwrap();
    let five = row(5);
    assert_eq!(five["status"], "registered");
    assert!(five["number"].as_str().unwrap().starts_with("TS"));
    assert_eq!(five["fields"]["reporter_contact"], "13978061052");
    assert_eq!(five["fields"]["handling_method"], json!(["resend"]));
    assert_eq!(five["fields"]["completed_on"], "2026-01-11");
    let cells = five["collections"]["import_source"][0]["cells"].as_str().unwrap();
    assert!(cells.contains("责任部门/责任人：质检/张工"), "{cells}");
    // Row 26 has no telephone: it is kept, and waits.
    assert_eq!(row(26)["status"], "draft");
}

#[test]
fn an_export_opens_in_a_spreadsheet_program() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    import(&data, &fixture("客户投诉登记台账.xlsx"), "complaint", &[]);
    let out = dir.path().join("二月.xlsx");
    let arguments = ["export", "--kind", "complaint", "--format", "xlsx", "--month", "2026-02", "--out"];
    let output = run(&data, &[&arguments[..], &[out.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sheets = server::import::sheet::read(&out).unwrap();
    assert_eq!(sheets[0].name, "客户投诉");
    let received = sheets[0].rows[0].cells.iter().find(|(_, t)| t == "接收时间").unwrap().0;
    assert!(sheets[0].rows.len() > 50);
    for row in &sheets[0].rows[1..] {
        assert!(row.cell(received).starts_with("2026-02"), "{}", row.cell(received));
    }
    assert!(!out.with_extension("xlsx.part").exists());
}

#[test]
fn what_is_no_ledger_is_refused_with_a_code_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let whole = std::fs::read(fixture("客户投诉登记台账.xlsx")).unwrap();
    let cases: [(&str, &[u8], &str); 6] = [
        ("empty.xlsx", b"", "not_a_spreadsheet"),
        ("renamed.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "not_a_spreadsheet"),
        ("cut.xlsx", &whole[..whole.len() / 2], "not_a_spreadsheet"),
        ("zip.xlsx", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "not_a_spreadsheet"),
        ("binary.csv", b"\x00\x01\x02\x03", "not_a_spreadsheet"),
        ("other.csv", "姓名,部门\n张三,生产部\n".as_bytes(), "no_header_row"),
    ];
    for (name, bytes, code) in cases {
        let file = dir.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let output = run(&data, &["import", file.to_str().unwrap(), "--kind", "complaint"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(&format!("[{code}]")), "{name}: {said}");
    }
    let missing = run(&data, &["import", "/nowhere/x.csv", "--kind", "complaint"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("[file_unreadable]"));
    let out = dir.path().join("all.json");
    let output =
        run(&data, &["export", "--kind", "complaint", "--format", "json", "--out", out.to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(std::fs::read_to_string(out).unwrap(), "");
    // Wrong usage is told from a refusal.
    assert_eq!(run(&data, &["import", "x.csv", "--kind", "nonsense"]).status.code(), Some(2));
}

/// The rows of a CSV export under the headers that mean something in another ledger.
fn rows(file: &Path, leave_out: &[&str]) -> Vec<Vec<(String, String)>> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| {
        let cells = head.iter().cloned().zip(record.iter().map(str::to_owned));
        cells.filter(|(h, text)| !text.is_empty() && !leave_out.contains(&h.as_str())).collect()
    };
    reader.records().map(|r| row(r.unwrap())).collect()
}

#[test]
fn what_one_ledger_exports_another_takes() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (dir.path().join("here"), dir.path().join("there"));
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let visits = file(
        "服务.csv",
        "客户,服务类型,故障现象,故障原因,解决办法,到达时间,完工时间,行驶里程(km),未更换零件\n\
         恒丰物流有限公司,维修,漏油,油封老化,更换油封,2026-03-01 08:30,2026-03-01 11:00,12.5,是\n\
         长江机械有限公司,,异响,螺栓松动,紧固,2026-03-02 09:00,2026-03-02 09:40,,\n",
    );
    let sheets = file("问卷.csv", "问卷编号,市场,意见和建议\ncallback,华东,\"希望更快\"\nqr2104,华北,无\n");
    for (kind, source) in [("visit", &visits), ("survey", &sheets)] {
        let first = import(&here, source, kind, &[]);
        assert_eq!(counts(&first), [2, 2, 0, 0], "{kind}: {first}");
        let export = |data: &Path, name: &str| {
            let out = dir.path().join(name);
            let done =
                run(data, &["export", "--kind", kind, "--format", "csv", "--out", out.to_str().unwrap()]);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            out
        };
        let exported = export(&here, &format!("{kind}-here.csv"));
        let taken = import(&there, &exported, kind, &[]);
        assert_eq!(counts(&taken), [2, 2, 0, 0], "{kind}: {taken}");
        let again = export(&there, &format!("{kind}-there.csv"));
        // What only this ledger can say: who wrote when, and what the file looked like.
        let own = ["创建时间", "更新时间", "记录ID", "导入原始单元格", "创建人"];
        assert_eq!(rows(&exported, &own), rows(&again, &own), "{kind}");
        assert!(rows(&exported, &own).iter().all(|r| r.len() >= 4), "{kind}");
    }
}
