//! What a person does, as commands: the same from phone, REST and tests (DESIGN §6).
//!
//! One intent becomes one change of one document. Intents are small, name what they touch, and can be
//! executed again on a newer state; that is how a device rebuilds its pending work after a refusal.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::error::{Code, Refusal};
use crate::ids::UserId;

/// A command on one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case")]
pub enum Intent {
    /// Makes the record with its first values.
    Create {
        /// Field values.
        #[serde(default)]
        fields: Map<String, Json>,
        /// Id of the first event; given by the door if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
        /// The device's temporary number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        temp: Option<String>,
    },
    /// Sets one field; null clears it.
    Set {
        /// Field key.
        field: String,
        /// The value.
        value: Json,
    },
    /// Chooses between values set at the same time.
    Choose {
        /// Field key, `collection/uuid/key`, or `status`.
        field: String,
        /// Number of the value in the list of conflicts.
        n: usize,
    },
    /// Adds an entry to a collection.
    Add {
        /// Collection key.
        collection: String,
        /// Id of the entry; given by the door if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
        /// Values.
        #[serde(default)]
        fields: Map<String, Json>,
    },
    /// Changes fields of an entry.
    Update {
        /// Collection key.
        collection: String,
        /// Id of the entry.
        id: Uuid,
        /// Values.
        #[serde(default)]
        fields: Map<String, Json>,
    },
    /// Marks an entry as removed; nothing is deleted.
    Remove {
        /// Collection key.
        collection: String,
        /// Id of the entry.
        id: Uuid,
    },
    /// Moves the record to a status, setting fields in the same step.
    Event {
        /// The status.
        to: String,
        /// Why, where the step asks for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// Field values set with it.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        fields: Map<String, Json>,
        /// Id of the event; given by the door if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
    },
    /// Says who works on the record.
    Assign {
        /// The lead, or nobody.
        lead: Option<UserId>,
        /// Others.
        #[serde(default)]
        others: Vec<UserId>,
    },
}

impl Intent {
    /// Reads one command.
    ///
    /// # Errors
    /// `unknown_command` or `bad_request` with what is missing.
    pub fn from_json(json: &Json) -> Result<Self, Refusal> {
        let cmd = json.get("cmd").and_then(Json::as_str).unwrap_or_default();
        if !["create", "set", "choose", "add", "update", "remove", "event", "assign"].contains(&cmd) {
            return Err(Refusal::new(Code::UnknownCommand).with("cmd", cmd));
        }
        serde_json::from_value(json.clone())
            .map_err(|e| Refusal::new(Code::BadRequest).with("cmd", cmd).with("detail", e.to_string()))
    }

    /// The command's name: the message of its change.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Set { .. } => "set",
            Self::Choose { .. } => "choose",
            Self::Add { .. } => "add",
            Self::Update { .. } => "update",
            Self::Remove { .. } => "remove",
            Self::Event { .. } => "event",
            Self::Assign { .. } => "assign",
        }
    }

    /// Gives ids to what the intent makes, so that executing it again makes the same things.
    pub fn fill_ids(&mut self, fresh: &mut dyn FnMut() -> Uuid) {
        if let Self::Create { id, .. } | Self::Add { id, .. } | Self::Event { id, .. } = self {
            id.get_or_insert_with(fresh);
        }
    }

    /// What it is about, for lists of unsent and refused work: a field key, a collection, a status.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Create { .. } | Self::Assign { .. } => String::new(),
            Self::Set { field, .. } | Self::Choose { field, .. } => field.clone(),
            Self::Add { collection, .. }
            | Self::Update { collection, .. }
            | Self::Remove { collection, .. } => collection.clone(),
            Self::Event { to, .. } => to.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn commands_read_as_documented() {
        let id = "01930000-0000-7000-8000-000000000001";
        for json in [
            json!({"cmd":"set","field":"content","value":"漏油"}),
            json!({"cmd":"choose","field":"severity","n":1}),
            json!({"cmd":"add","collection":"follow_ups","fields":{"content":"已联系"}}),
            json!({"cmd":"update","collection":"follow_ups","id":id,"fields":{"content":"已到场"}}),
            json!({"cmd":"remove","collection":"follow_ups","id":id}),
            json!({"cmd":"event","to":"registered"}),
            json!({"cmd":"assign","lead":id,"others":[id]}),
            json!({"cmd":"assign","lead":null}),
        ] {
            let intent = Intent::from_json(&json).unwrap();
            assert_eq!(Intent::from_json(&serde_json::to_value(&intent).unwrap()).unwrap(), intent);
        }
        assert_eq!(Intent::from_json(&json!({"cmd":"drop"})).unwrap_err().code, Code::UnknownCommand);
        assert_eq!(Intent::from_json(&json!({"cmd":"set"})).unwrap_err().code, Code::BadRequest);
    }

    #[test]
    fn filled_ids_stay() {
        let mut intent = Intent::from_json(&json!({"cmd":"event","to":"registered"})).unwrap();
        intent.fill_ids(&mut || Uuid::from_u128(7));
        intent.fill_ids(&mut || Uuid::from_u128(8));
        assert!(matches!(intent, Intent::Event { id: Some(id), .. } if id == Uuid::from_u128(7)));
    }
}
