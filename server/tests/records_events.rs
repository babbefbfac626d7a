//! Open pages hear of what happens, as far as their person may know.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use common::{Server, refused};
use domain::authz::Role;
use serde_json::{Value, json};

struct Events(BufReader<TcpStream>);

impl Events {
    fn open(server: &Server, token: &str) -> Self {
        let mut stream = server.connect();
        let head =
            format!("GET /api/v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut events = Self(BufReader::new(stream));
        assert_eq!(events.next().0, "hello");
        events
    }

    /// The next event: its name and data.
    fn next(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.trim().to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).unwrap());
            }
        }
    }

    fn ends(mut self) -> bool {
        let mut rest = String::new();
        while let Ok(n) = self.0.read_line(&mut rest) {
            if n == 0 {
                return true;
            }
        }
        true
    }
}

#[test]
fn each_page_hears_of_what_its_person_sees() {
    let mut server = Server::start();
    let wang_id = server.add_user("wang", Role::Engineer);
    server.add_user("li", Role::Office);
    let (office, wang) = (server.login("li").access, server.login("wang").access);
    refused(&server.request("GET", "/api/v1/events", None, None), 401, "token_invalid");
    let mut at_office = Events::open(&server, &office);
    let mut at_wang = Events::open(&server, &wang);
    let post = |path: &str, body: Value| {
        let answer = server.request("POST", &format!("/api/v1/records/{path}"), Some(&office), Some(&body));
        assert!(answer.status < 300, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let hidden = post("complaint", json!([{ "cmd": "create", "fields": { "content": "漏油" } }]));
    let (name, data) = at_office.next();
    assert_eq!((name.as_str(), &data["kind"], &data["id"]), ("record", &json!("complaint"), &json!(hidden)));
    let first = data["seq"].as_u64().unwrap();
    // A write to the companion is news of the record, for the office alone.
    post(
        &format!("complaint/{hidden}/intents"),
        json!([{ "cmd": "set", "field": "cause", "value": "油封" }]),
    );
    let (_, data) = at_office.next();
    assert_eq!((&data["kind"], &data["id"]), (&json!("complaint"), &json!(hidden)));
    assert!(data["seq"].as_u64().unwrap() > first);

    let shown = post("complaint", json!([{ "cmd": "create" }, { "cmd": "assign", "lead": wang_id }]));
    assert_eq!(at_wang.next().1["id"], json!(shown), "the first that he hears is the first that he sees");
    assert_eq!(at_office.next().1["id"], json!(shown));
    server.begin_stop();
    assert!(at_office.ends() && at_wang.ends());
}
