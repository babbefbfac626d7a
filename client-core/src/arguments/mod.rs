//! Arguments that a binding is given as text, read the same way by all of them.
//!
//! # Errors
//! Every function answers [`Error::Argument`] for what cannot be read; [`intents`] also an intent's own refusal with
//! its place in the list.

use domain::ids::RecordId;
use domain::intent::Intent;
use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::{DeadlineFilter, ListFilter};

fn bad(name: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Error {
    move |detail| Error::Argument { name, detail: detail.to_string() }
}

/// A record's id.
pub fn id(text: &str) -> Result<RecordId, Error> {
    text.parse().map_err(|e: <RecordId as std::str::FromStr>::Err| bad("id")(&e))
}

/// Values by field: a JSON object.
pub fn fields(text: &str) -> Result<Map<String, Json>, Error> {
    serde_json::from_str(text).map_err(|e| bad("fields")(&e))
}

/// A JSON array of intents.
pub fn intents(text: &str) -> Result<Vec<Intent>, Error> {
    let list: Vec<Json> = serde_json::from_str(text).map_err(|e| bad("intents")(&e))?;
    let read =
        |(place, json)| Intent::from_json(json).map_err(|refusal| Error::from(refusal.with("intent", place)));
    list.iter().enumerate().map(read).collect()
}

/// What a list asks for, every key optional: `{"status":["registered"],"text":"漏油","limit":50,"offset":0}`.
pub fn list_filter(text: &str) -> Result<ListFilter, Error> {
    let json: Json = serde_json::from_str(text).map_err(|e| bad("filter")(&e))?;
    let number = |key: &str| json[key].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let status = json["status"].as_array().into_iter().flatten();
    Ok(ListFilter {
        status: status.filter_map(|s| s.as_str().map(str::to_owned)).collect(),
        text: json["text"].as_str().unwrap_or_default().to_owned(),
        limit: number("limit"),
        offset: number("offset"),
    })
}

/// Which deadlines, every key optional.
pub fn deadline_filter(text: &str) -> Result<DeadlineFilter, Error> {
    serde_json::from_str(text).map_err(|e| bad("filter")(&e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_named() {
        let named = |error: Error| (error.code().to_owned(), error.params()["argument"].clone());
        assert_eq!(named(id("x").unwrap_err()), ("bad_request".to_owned(), json!("id")));
        assert_eq!(named(fields("[]").unwrap_err()), ("bad_request".to_owned(), json!("fields")));
        assert_eq!(named(intents("{}").unwrap_err()), ("bad_request".to_owned(), json!("intents")));
        assert_eq!(named(list_filter("{").unwrap_err()), ("bad_request".to_owned(), json!("filter")));
        let second =
            intents(r#"[{"cmd":"set","field":"content","value":"a"},{"cmd":"nonsense"}]"#).unwrap_err();
        assert_eq!((second.code(), &second.params()["intent"]), ("unknown_command", &json!(1)));
        let filter = list_filter(r#"{"status":["draft"],"limit":5}"#).unwrap();
        assert_eq!((filter.status, filter.limit, filter.offset), (vec!["draft".to_owned()], 5, 0));
        assert!(deadline_filter("{}").is_ok());
    }
}
