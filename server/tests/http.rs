//! The HTTP shell: limits, headers, the description of the API.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use common::{Answer, PASSWORD, Server, refused};
use domain::authz::Role;
use serde_json::json;
use server::http::Limits;

fn impatient() -> Limits {
    let short = Duration::from_millis(200);
    Limits { headers: short, body: short, ..Limits::default() }
}

#[test]
fn health_and_metrics() {
    let server = Server::start();
    assert_eq!(server.raw("GET", "/healthz", "", b"").json()["status"], "ok");
    assert_eq!(server.raw("GET", "/readyz", "", b"").status, 200);
    let metrics = server.raw("GET", "/metrics", "", b"");
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("fieldledger_requests_total"), "{}", metrics.text());
}

#[test]
fn a_client_that_sends_its_headers_slowly_is_cut_off() {
    let server = Server::start_with(impatient());
    let mut slow = server.connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: te").unwrap();
    let mut silent = server.connect();
    let mut rest = Vec::new();
    // Both reads end because the server closes; they would time out otherwise.
    slow.read_to_end(&mut rest).unwrap();
    silent.read_to_end(&mut rest).unwrap();
    assert_eq!(server.raw("GET", "/healthz", "", b"").status, 200);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::start_with(impatient());
    let mut stream = server.connect();
    let head = "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Connection: close\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    refused(&Answer::read(stream), 408, "timeout");
}

#[test]
fn bodies_have_a_limit_and_must_be_json() {
    let server = Server::start();
    let json = "Content-Type: application/json\r\n";
    let large = json!({ "user": "x".repeat(300 * 1024), "password": "y" }).to_string();
    refused(&server.raw("POST", "/api/v1/session", json, large.as_bytes()), 413, "too_large");
    refused(&server.raw("POST", "/api/v1/session", json, b"{"), 400, "bad_request");
    refused(&server.raw("POST", "/api/v1/session", "", b"{}"), 415, "unsupported_media_type");
    let form = "Content-Type: text/plain\r\n";
    refused(&server.raw("POST", "/api/v1/session", form, b"{}"), 415, "unsupported_media_type");
}

#[test]
fn what_is_not_there_is_a_problem_too() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let token = server.login("wang").access;
    refused(&server.raw("GET", "/api/v1/nothing", "", b""), 404, "not_found");
    refused(&server.raw("PUT", "/api/v1/me", "", b""), 405, "method_not_allowed");
    refused(&server.raw("POST", "/", "", b""), 405, "method_not_allowed");
    refused(&server.request("DELETE", "/api/v1/me/devices/abc", Some(&token), None), 404, "not_found");
}

#[test]
fn every_answer_carries_the_security_headers() {
    let server = Server::start();
    for path in ["/", "/field/", "/api/v1/me", "/api/openapi.json", "/healthz", "/assets/none.js"] {
        let answer = server.raw("GET", path, "", b"");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(
            answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
    assert_eq!(server.raw("GET", "/api/v1/me", "", b"").header("cache-control"), Some("no-store"));
}

#[test]
fn both_apps_answer_for_paths_of_their_own() {
    let server = Server::start();
    for path in ["/", "/complaints/0193", "/field/", "/field/visits/new"] {
        let answer = server.raw("GET", path, "", b"");
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
    }
    assert_eq!(server.raw("GET", "/field", "", b"").header("location"), Some("/field/"));
    assert_eq!(server.raw("GET", "/../Cargo.toml", "", b"").status, 404);
    assert_eq!(server.raw("GET", "/field/..%2f..%2fpackage.json", "", b"").status, 404);
}

#[test]
fn a_shutdown_lets_the_request_in_flight_finish() {
    let mut server = Server::start();
    server.add_user("wang", Role::Engineer);
    let body = json!({ "user": "wang", "password": PASSWORD }).to_string();
    let mut stream = server.connect();
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The handler asks for the body, so the request is in flight.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.begin_stop();
    while TcpStream::connect(server.address).is_ok() {}
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(Answer::read(stream).status, 200);
}

/// Every handler that has a description is registered, and no route is registered without one.
#[test]
fn every_route_is_in_the_description() {
    let server = Server::start();
    let document = server.raw("GET", "/api/openapi.json", "", b"").json();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            operations.insert((method.to_uppercase(), path.clone()));
        }
    }
    let mut described = 0;
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, text| {
        described += text.matches("#[utoipa::path(").count();
        let registers_itself = path.ends_with("api/openapi.rs");
        let routes = text.matches(".route(").count() + text.matches(".nest(").count();
        assert!(routes == 0 || registers_itself, "{}: register routes with routes!()", path.display());
    });
    assert_eq!(operations.len(), described, "{operations:?}");

    for (method, path) in operations {
        let path = path.replace("{kind}", "complaint");
        let path: String =
            path.split('/').map(|p| if p.starts_with('{') { "x" } else { p }).collect::<Vec<_>>().join("/");
        let answer = server.raw(&method, &path, "", b"");
        assert_ne!(answer.status, 405, "{method} {path}");
        let open = !path.starts_with("/api/") || path.starts_with("/api/v1/session") && method == "POST";
        assert!(open || answer.status == 401, "{method} {path} answers {} to nobody", answer.status);
    }
}

fn visit(folder: &Path, see: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, see);
        } else if path.extension().is_some_and(|e| e == "rs") {
            see(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
