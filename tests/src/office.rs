//! Somebody in the office, through the records API.

use anyhow::Context as _;
use domain::ids::RecordId;
use serde_json::{Value as Json, json};

use crate::server::PASSWORD;

/// A signed-in person.
pub struct Office {
    agent: ureq::Agent,
    url: String,
    token: String,
    /// The person's id.
    pub user: uuid::Uuid,
}

impl Office {
    /// Signs in.
    ///
    /// # Errors
    /// The server refuses or is not there.
    pub fn sign_in(url: &str, user: &str) -> anyhow::Result<Self> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build().into();
        let (status, json) = call(
            &agent,
            url,
            "",
            "POST",
            "/api/v1/session",
            Some(&json!({"user": user, "password": PASSWORD})),
        )?;
        anyhow::ensure!(status < 300, "{user}: {status} {json}");
        let token = json["access"].as_str().context("no token")?.to_owned();
        let user = json["user"]["id"].as_str().context("no user")?.parse()?;
        Ok(Self { agent, url: url.to_owned(), token, user })
    }

    /// Any request: status and JSON.
    ///
    /// # Errors
    /// The server is not there.
    pub fn call(&self, method: &str, path: &str, body: Option<&Json>) -> anyhow::Result<(u16, Json)> {
        call(&self.agent, &self.url, &self.token, method, path, body)
    }

    /// A request that must succeed.
    ///
    /// # Errors
    /// It does not.
    pub fn ok(&self, method: &str, path: &str, body: Option<&Json>) -> anyhow::Result<Json> {
        let (status, json) = self.call(method, path, body)?;
        anyhow::ensure!(status < 300, "{method} {path}: {status} {json}");
        Ok(json)
    }

    /// A frame of the sync protocol, sent by hand; status and the answer's bytes.
    ///
    /// # Errors
    /// The server is not there.
    pub fn frame(&self, path: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        let mut answer = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", domain::wire::CONTENT_TYPE)
            .header("content-encoding", "zstd")
            .header("accept-encoding", "zstd")
            .send(zstd::encode_all(body, 3)?.as_slice())?;
        let compressed = answer.headers().get("content-encoding").is_some_and(|v| v == "zstd");
        let status = answer.status().as_u16();
        let raw = answer.body_mut().read_to_vec()?;
        Ok((status, if compressed { zstd::decode_all(raw.as_slice())? } else { raw }))
    }

    /// A record.
    ///
    /// # Errors
    /// The office does not see it.
    pub fn get(&self, kind: &str, id: RecordId) -> anyhow::Result<Json> {
        self.ok("GET", &format!("/api/v1/records/{kind}/{id}"), None)
    }

    /// Carries out intents on a record.
    ///
    /// # Errors
    /// One is refused.
    pub fn intents(&self, kind: &str, id: RecordId, intents: &Json) -> anyhow::Result<Json> {
        self.ok("POST", &format!("/api/v1/records/{kind}/{id}/intents"), Some(intents))
    }

    /// A record's history.
    ///
    /// # Errors
    /// The office does not see it.
    pub fn history(&self, kind: &str, id: RecordId) -> anyhow::Result<Vec<Json>> {
        let json = self.ok("GET", &format!("/api/v1/records/{kind}/{id}/history"), None)?;
        Ok(json["items"].as_array().cloned().unwrap_or_default())
    }
}

fn call(
    agent: &ureq::Agent,
    url: &str,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&Json>,
) -> anyhow::Result<(u16, Json)> {
    let url = format!("{url}{path}");
    let auth = format!("Bearer {token}");
    let mut answer = match (method, body) {
        ("GET", _) => agent.get(url).header("authorization", auth).call()?,
        ("DELETE", _) => agent.delete(url).header("authorization", auth).call()?,
        (method, body) => {
            let post = if method == "PUT" { agent.put(url) } else { agent.post(url) };
            let post = post.header("authorization", auth).header("content-type", "application/json");
            post.send(body.unwrap_or(&json!({})).to_string())?
        }
    };
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string()?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Json::String(text))))
}
