//! People at work with deadlines, over JSON.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use domain::authz::Role;
use serde_json::{Value, json};

use super::common::{PASSWORD, Server};

/// A server with an admin and two engineers.
pub struct Scene {
    pub server: Server,
    pub people: BTreeMap<&'static str, String>,
}

impl Scene {
    pub fn new() -> Self {
        let server = Server::start();
        let people = [("li", Role::Admin), ("wang", Role::Engineer), ("zhao", Role::Engineer)];
        let people = people.map(|(name, role)| (name, server.add_user(name, role).to_string()));
        Self { server, people: people.into() }
    }

    /// Access tokens live ten minutes, and these tests go through days.
    pub fn token(&self, name: &str) -> String {
        let answer = self.server.try_login(name, PASSWORD, None);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["access"].as_str().unwrap().to_owned()
    }

    pub fn id_of(&self, name: &str) -> &str {
        &self.people[name]
    }

    pub fn create(&self, name: &str, kind: &str, fields: Value) -> String {
        let body = json!([{ "cmd": "create", "fields": fields }]);
        let path = format!("/api/v1/records/{kind}");
        let made = self.server.request("POST", &path, Some(&self.token(name)), Some(&body));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    pub fn act(&self, path: &str, intents: Value) {
        let path = format!("/api/v1/records/{path}/intents");
        let done = self.server.request("POST", &path, Some(&self.token("li")), Some(&intents));
        assert_eq!(done.status, 200, "{}", done.text());
    }

    pub fn list(&self, name: &str, query: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/deadlines?{query}"), &self.token(name));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub fn show(&self, name: &str, path: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/records/{path}"), &self.token(name));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The listed deadline of a rule.
    pub fn listed(&self, name: &str, rule: &str) -> Option<Value> {
        let page = self.list(name, &format!("rule={rule}"));
        page["items"].as_array().unwrap().first().cloned()
    }

    pub fn wait(&self, by: i64) {
        self.server.clock.advance(by);
    }
}
