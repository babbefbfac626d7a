//! Codes that are no longer offered: nobody sets them anew, and records that have them keep them.

use super::Record;
use super::write::Plan;
use crate::error::{Code, Refusal};
use crate::intent::Intent;
use crate::schema::{Field, Kind, Schema};
use crate::value::Value;

impl Record {
    /// Refuses retired codes in what an intent sets, except where the record has them already: shown, or
    /// beside what is shown.
    pub(super) fn check_offered(
        &self,
        schema: &Schema,
        kind: &Kind,
        intent: &Intent,
        plan: &Plan<'_>,
    ) -> Result<(), Refusal> {
        for (field, value) in &plan.fields {
            self.check_field(schema, kind, field, &field.key, &field.key, value)?;
        }
        let (name, id) = match intent {
            Intent::Add { collection, .. } => (collection, None),
            Intent::Update { collection, id, .. } => (collection, Some(id)),
            _ => return Ok(()),
        };
        let Some(collection) = kind.collection(name) else { return Ok(()) };
        for (key, _, value) in &plan.entry {
            // A file's own keys are no codes.
            let Some(field) = collection.field(key) else { continue };
            let held = id.map(|id| format!("{name}/{id}/{key}")).unwrap_or_default();
            self.check_field(schema, kind, field, &held, &format!("{name}/{key}"), value)?;
        }
        Ok(())
    }

    fn check_field(
        &self,
        schema: &Schema,
        kind: &Kind,
        field: &Field,
        subject: &str,
        called: &str,
        value: &Value,
    ) -> Result<(), Refusal> {
        let Some(list) = field.list.as_deref().and_then(|key| schema.list(key)) else { return Ok(()) };
        let retired: Vec<&str> =
            codes(value).filter(|code| list.code(code).is_some_and(|c| c.retired)).collect();
        if retired.is_empty() {
            return Ok(());
        }
        let held = self.values(kind, subject);
        match retired.iter().find(|code| !held.iter().flat_map(codes).any(|held| held == **code)) {
            Some(code) => Err(Refusal::field(Code::RetiredCode, called)
                .with("value", *code)
                .with("list", list.key.clone())),
            None => Ok(()),
        }
    }
}

fn codes(value: &Value) -> impl Iterator<Item = &str> {
    let (one, several) = match value {
        Value::Code(code) => (Some(code.as_str()), &[][..]),
        Value::Codes(codes) => (None, &codes[..]),
        _ => (None, &[][..]),
    };
    one.into_iter().chain(several.iter().map(String::as_str))
}
