//! The program as a person at the console meets it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use common::{PASSWORD, Server, refused};
use serde_json::Value;

fn program(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fieldledger"));
    command.args(arguments).arg("--data").arg(dir.join("data")).env("FIELDLEDGER_LOG", "off");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(dir: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(dir, arguments).spawn().unwrap();
    // A command that refuses at once does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn failed(output: &Output, code: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(&format!("[{code}]")), "{text}");
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

struct Running(Child);

impl Running {
    fn start(dir: &Path) -> (Self, String) {
        let mut child = program(dir, &["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on http://").expect("the line that says it is ready");
        (Self(child), url.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn accounts_beside_a_running_server() {
    let server = Server::start();
    let dir = server.dir.path();
    let add =
        ["user", "add", "李四", "--role", "office", "--may", "approve,close", "--display", "李 四", "--json"];
    let added: Value = serde_json::from_str(&done(&run(dir, &add, "correct horse\n"))).unwrap();
    assert_eq!(added["name"], "李四");
    failed(&run(dir, &add, "correct horse\n"), "conflict");
    failed(&run(dir, &["user", "add", "x y", "--role", "office"], "correct horse\n"), "bad_name");
    failed(&run(dir, &["user", "add", "xy", "--role", "office"], "short\n"), "bad_password");
    assert_eq!(run(dir, &["user", "add", "xy", "--role", "boss"], "").status.code(), Some(2));

    let tokens = server.login("李四");
    let me = server.get("/api/v1/me", &tokens.access).json();
    assert_eq!(me["may"], serde_json::json!(["approve", "close"]));
    done(&run(dir, &["user", "disable", "李四"], ""));
    refused(&server.get("/api/v1/me", &tokens.access), 403, "user_disabled");
    done(&run(dir, &["user", "enable", "李四"], ""));
    assert_eq!(server.get("/api/v1/me", &tokens.access).status, 200);
    done(&run(dir, &["user", "passwd", "李四"], "battery staple\n"));
    refused(&server.get("/api/v1/me", &tokens.access), 401, "token_invalid");
    assert_eq!(server.try_login("李四", "battery staple", None).status, 200);
    failed(&run(dir, &["user", "disable", "nobody"], ""), "not_found");

    let list: Value = serde_json::from_str(&done(&run(dir, &["user", "list", "--json"], ""))).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert!(!list.to_string().contains("argon2"));
    let acts: Vec<_> = server.audit().into_iter().map(|row| row.what).collect();
    assert_eq!(acts, ["login", "user_password", "user_enabled", "user_disabled", "login", "user_added"]);
    assert!(matches!(server.chain(), server::store::audit::Chain::Whole { .. }));
}

#[test]
fn the_first_account_makes_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    failed(&run(dir.path(), &["user", "list"], ""), "no_data");
    assert!(!dir.path().join("data").exists());
    done(&run(dir.path(), &["user", "add", "admin", "--role", "admin"], &format!("{PASSWORD}\n")));
    assert!(done(&run(dir.path(), &["user", "list"], "")).starts_with("admin\tadmin\tactive"));
}

#[test]
fn a_port_or_a_directory_in_use_is_said_clearly() {
    let server = Server::start();
    let elsewhere = tempfile::tempdir().unwrap();
    let address = server.address.to_string();
    failed(&run(elsewhere.path(), &["serve", "--listen", &address], ""), "port_in_use");
    failed(&run(server.dir.path(), &["serve", "--listen", "127.0.0.1:0"], ""), "data_in_use");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_server_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (mut running, address) = Running::start(dir.path());
    assert!(std::net::TcpStream::connect(&address).is_ok());
    let pid = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(running.0.wait().unwrap().success());
    // The log was folded into the database and the directory is free again.
    assert!(!dir.path().join("data/fieldledger.db-wal").exists());
    Running::start(dir.path());
}

#[test]
fn a_config_file_that_cannot_be_used_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    std::fs::write(&file, "lisen = \"127.0.0.1:0\"\n").unwrap();
    let output = run(dir.path(), &["serve", "--config", file.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[bad_config]"));
}
