//! `key=value` on the command line.

use client_core::domain::schema::Schema;
use serde_json::{Map, Value as Json};

use super::Failure;

/// Pairs in the order given; a key given twice counts once, with its last value.
pub struct Pairs(Map<String, Json>);

impl Pairs {
    /// Reads `key=value`; an empty value clears the field.
    pub fn read(list: &[String]) -> Result<Self, Failure> {
        let mut map = Map::new();
        for pair in list {
            let (key, value) = split(pair).ok_or_else(|| Failure::Usage(format!("key=value: {pair}")))?;
            let value = if value.is_empty() { Json::Null } else { Json::from(value) };
            map.insert(key.to_owned(), value);
        }
        Ok(Self(map))
    }

    pub fn into_map(self) -> Map<String, Json> {
        self.0
    }
}

fn split(pair: &str) -> Option<(&str, &str)> {
    let (key, value) = pair.split_once('=')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (!key.is_empty() && key.chars().all(plain)).then_some((key, value))
}

/// Why, if it comes first, and the fields after it. A reason may hold an equals sign: it is a field only
/// if the record has one of that name.
pub fn why(
    schema: &Schema,
    kind: &str,
    rest: &[String],
) -> Result<(Option<String>, Map<String, Json>), Failure> {
    let kind = schema.kind(kind);
    let is_field = |text: &str| {
        let Some((key, _)) = split(text) else { return false };
        let kinds = kind.into_iter().chain(kind.and_then(|k| schema.companion(k)));
        kinds.into_iter().any(|k| k.field(key).is_some())
    };
    let (why, fields) = match rest.split_first() {
        Some((first, fields)) if !is_field(first) => (Some(first.clone()), fields),
        _ => (None, rest),
    };
    Ok((why, Pairs::read(fields)?.into_map()))
}

/// The media type that a file's name suggests.
pub fn mime(name: &str) -> &'static str {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}
