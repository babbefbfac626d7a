//! The device's program, as people and scripts use it: one process for each command.
// What fails here fails the test, with the program's own words.
#![allow(clippy::expect_used)]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::server::{PASSWORD, program};

/// `fieldledger-device` on a directory.
pub struct Phone(pub PathBuf);

impl Phone {
    /// Runs a command; gives its exit code, and what it printed as JSON, or as text where it is none.
    ///
    /// # Panics
    /// The program cannot be run.
    #[must_use]
    pub fn run(&self, args: &[&str], input: &str) -> (i32, Json) {
        let mut child = Command::new(program("fieldledger-device").expect("the program"))
            .arg("--data")
            .arg(&self.0)
            .arg("--json")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8(output.stdout).expect("text");
        let json = serde_json::from_str(text.trim())
            .unwrap_or(Json::String(text + &String::from_utf8_lossy(&output.stderr)));
        (output.status.code().expect("not killed"), json)
    }

    /// Runs a command that succeeds.
    ///
    /// # Panics
    /// It does not.
    #[allow(clippy::must_use_candidate)]
    pub fn ok(&self, args: &[&str]) -> Json {
        let (code, json) = self.run(args, "");
        assert_eq!(code, 0, "{args:?}: {json}");
        json
    }

    /// Runs a command that is refused; gives the code, and the field that it names.
    ///
    /// # Panics
    /// It is not refused.
    #[must_use]
    pub fn refused(&self, args: &[&str]) -> (String, String) {
        let (code, json) = self.run(args, "");
        assert_eq!(code, 1, "{args:?}: {json}");
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        (text(&json["code"]), text(&json["params"]["field"]))
    }

    /// Signs in.
    ///
    /// # Panics
    /// It does not.
    pub fn login(&self, url: &str, user: &str) {
        let (code, json) = self.run(&["login", "--server", url, "--user", user], &format!("{PASSWORD}\n"));
        assert_eq!(code, 0, "{json}");
    }
}
