//! One record on the screen may be two documents: what engineers may not read is a companion. Fields and
//! collections find their document here.

use domain::error::{Code, Refusal};
use domain::intent::Intent;
use domain::schema::Kind;
use serde_json::{Map, Value as Json};

/// Which document an intent goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Main,
    Companion,
}

/// Intents on documents, in the order in which they are executed.
pub(super) type Routed = Vec<(Target, Intent)>;

/// Splits an intent on a record into intents on its documents, in the order in which they are executed:
/// a step comes after the fields that it needs.
pub(super) fn route(
    kind: &Kind,
    companion: Option<&Kind>,
    reads_companion: bool,
    intent: Intent,
) -> Result<Routed, Refusal> {
    let Some(companion) = companion else { return Ok(vec![(Target::Main, intent)]) };
    let beside = |key: &str| {
        let key = key.split('/').next().unwrap_or_default();
        let here = kind.field(key).is_some() || kind.collection(key).is_some();
        !here && (companion.field(key).is_some() || companion.collection(key).is_some())
    };
    let check = |key: &str| {
        if reads_companion { Ok(()) } else { Err(Refusal::field(Code::ForbiddenField, key)) }
    };
    let split = |fields: Map<String, Json>| -> Result<(Map<String, Json>, Routed), Refusal> {
        let (mut own, mut sets) = (Map::new(), Vec::new());
        for (field, value) in fields {
            if beside(&field) {
                check(&field)?;
                sets.push((Target::Companion, Intent::Set { field, value }));
            } else {
                own.insert(field, value);
            }
        }
        Ok((own, sets))
    };
    Ok(match intent {
        Intent::Create { fields, id, temp } => {
            let (fields, sets) = split(fields)?;
            let mut all = vec![(Target::Main, Intent::Create { fields, id, temp })];
            all.extend(sets);
            all
        }
        Intent::Event { to, why, fields, id } => {
            let (fields, mut all) = split(fields)?;
            all.push((Target::Main, Intent::Event { to, why, fields, id }));
            all
        }
        other => {
            let subject = match &other {
                Intent::Assign { .. } => String::new(),
                intent => intent.subject(),
            };
            if beside(&subject) {
                check(&subject)?;
                vec![(Target::Companion, other)]
            } else {
                vec![(Target::Main, other)]
            }
        }
    })
}
