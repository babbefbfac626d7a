//! HTTP that counts bytes, and what the operating system says of a process.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use domain::ids::UserId;
use serde_json::{Value as Json, json};

/// Prints one figure.
pub fn line(figure: &str, values: &Json) {
    println!("{}", json!({"figure": figure, "values": values}));
}

/// The machine, as far as figures depend on it.
pub fn machine() -> Json {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split(": ").nth(1));
    json!({"cores": std::thread::available_parallelism().map_or(0, usize::from), "cpu": model.unwrap_or("unknown")})
}

/// A signed-in device or person.
pub struct Http {
    agent: ureq::Agent,
    url: String,
    token: String,
    /// Who.
    pub user: UserId,
}

/// An answer, with the body bytes on the wire both ways.
pub struct Answer {
    pub body: Vec<u8>,
    pub sent: u64,
    pub received: u64,
}

impl Http {
    pub fn sign_in(url: &str, user: &str, password: &str) -> anyhow::Result<Self> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .accept_encoding("identity")
            .build()
            .into();
        let id = uuid::Uuid::from_u128(u128::from_str_radix(&format!("{:x}", fold(user)), 16)?);
        let body =
            json!({"user": user, "password": password, "device": {"id": id, "name": "bench"}}).to_string();
        let mut answer = agent
            .post(format!("{url}/api/v1/session"))
            .header("content-type", "application/json")
            .send(body)?;
        let text = answer.body_mut().read_to_string()?;
        let json: Json = serde_json::from_str(&text).context(text)?;
        let token = json["access"].as_str().context("no access token")?.to_owned();
        let user = json["user"]["id"].as_str().context("no user")?.parse()?;
        Ok(Self { agent, url: url.to_owned(), token, user })
    }

    pub fn post(&self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        self.post_compressed(path, &zstd::encode_all(body, 3)?)
    }

    pub fn post_compressed(&self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        let mut answer = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", domain::wire::CONTENT_TYPE)
            .header("content-encoding", "zstd")
            .header("accept-encoding", "zstd")
            .send(body)?;
        let compressed = answer.headers().get("content-encoding").is_some_and(|v| v == "zstd");
        let status = answer.status();
        let mut raw = Vec::new();
        answer.body_mut().as_reader().read_to_end(&mut raw)?;
        anyhow::ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&raw));
        let received = raw.len() as u64;
        let body_out = if compressed { zstd::decode_all(raw.as_slice())? } else { raw };
        Ok(Answer { body: body_out, sent: body.len() as u64, received })
    }

    pub fn get(&self, path: &str) -> anyhow::Result<Json> {
        let mut answer = self
            .agent
            .get(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .call()?;
        let text = answer.body_mut().read_to_string()?;
        anyhow::ensure!(answer.status().is_success(), "{path}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

fn fold(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

/// What a process has used so far.
pub struct Usage {
    pub cpu_s: f64,
    pub rss_mib: f64,
    pub peak_mib: f64,
}

impl Usage {
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let after = stat.rsplit(')').next().context("stat")?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        // utime and stime, in ticks of 10 ms.
        let ticks: f64 = fields.get(11).context("utime")?.parse::<f64>()?
            + fields.get(12).context("stime")?.parse::<f64>()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kib = |key: &str| {
            let line = status.lines().find(|l| l.starts_with(key));
            line.and_then(|l| l.split_whitespace().nth(1))
                .and_then(|v| v.parse::<f64>().ok())
                .unwrap_or_default()
        };
        Ok(Self { cpu_s: ticks / 100.0, rss_mib: kib("VmRSS:") / 1024.0, peak_mib: kib("VmHWM:") / 1024.0 })
    }
}

/// Bytes of all files under a directory.
pub fn disk_bytes(dir: &Path) -> anyhow::Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        total += if meta.is_dir() { disk_bytes(&entry.path())? } else { meta.len() };
    }
    Ok(total)
}
