#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The command line without a server: usage, exit statuses, and JSON keys that scripts read.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

fn device(data: &Path, args: &[&str], input: &str) -> (i32, Json, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fieldledger-device"));
    command.arg("--data").arg(data).arg("--json").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let json = serde_json::from_slice(&stdout).unwrap_or(Json::Null);
    (status.code().unwrap(), json, String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn wrong_usage_is_2_and_no_sign_in_is_4() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(device(dir.path(), &["nonsense"], "").0, 2);
    let (status, json, _) = device(dir.path(), &["new", "complaint", "no equals sign"], "");
    assert_eq!((status, json["code"].as_str()), (2, Some("usage")));
    let (status, json, _) = device(dir.path(), &["new", "complaint", "content=漏油"], "");
    assert_eq!((status, json["code"].as_str()), (4, Some("sign_in_needed")));
    let (status, json, _) = device(dir.path(), &["search", "漏油"], "");
    assert_eq!((status, json["code"].as_str()), (4, Some("sign_in_needed")));
    assert_eq!(device(dir.path(), &["search"], "").0, 2);
    let (status, json, _) = device(dir.path(), &["sync"], "");
    assert_eq!(
        (status, json["ok"].as_bool(), json["code"].as_str()),
        (4, Some(false), Some("sign_in_needed"))
    );
}

#[test]
fn a_server_that_is_not_there_is_3() {
    let dir = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("http://127.0.0.1:{port}");
    let (status, json, _) = device(dir.path(), &["login", "--server", &server, "--user", "wang"], "secret\n");
    assert_eq!((status, json["code"].as_str()), (3, Some("not_reachable")));
}

#[test]
fn what_was_brought_back_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (status, json, _) = device(dir.path(), &["status"], "");
    assert_eq!((status, json["unsent"].as_u64()), (0, Some(0)));
    std::fs::write(dir.path().join("store.db"), b"not a database").unwrap();
    let (status, json, stderr) = device(dir.path(), &["status"], "");
    assert_eq!((status, json["recovered"]["set_aside"].as_str()), (0, Some("store.db.damaged-1")));
    assert!(stderr.contains("store.db.damaged-1"));
}
