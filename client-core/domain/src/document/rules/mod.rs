//! The rules that a record must meet, judged on plain data: the same for what a person types on a phone
//! or in the office and for what a device sends.
//!
//! | module | rule |
//! |---|---|
//! | this one | which fields and collections a step needs, by status, step and condition |
//! | [`order`] | days and instants that may not lie before others |
//! | [`conditions`] | what must hold before a step besides filled fields: the closure conditions |

mod conditions;
mod order;

use super::RecordView;
use crate::error::{Code, Refusal};
use crate::lifecycle::Transition;
use crate::schema::{Kind, Required, Schema, When};
use crate::value::Value;

pub use order::{no_duplicate, not_before};

/// Another record that refers to this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its kind.
    pub kind: String,
    /// Its status.
    pub status: String,
}

/// What stands around a record when it is judged.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    /// The other document of the pair, where the person reads it: beside a record its companion, with an empty view if
    /// that is not made yet; beside a companion its record.
    pub beside: Option<(&'a Kind, &'a RecordView)>,
    /// Records that refer to this one; asked only by steps that depend on them.
    pub links: Option<&'a dyn Fn() -> Vec<Linked>>,
}

impl<'a> Around<'a> {
    /// The record that a companion of this kind accompanies, where it is in sight.
    #[must_use]
    pub fn main(&self, companion: &Kind) -> Option<(&'a Kind, &'a RecordView)> {
        self.beside.filter(|(kind, _)| companion.companion_of.as_ref() == Some(&kind.key))
    }
}

/// A record with what stands around it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The schema, with the organisation's settings.
    pub schema: &'a Schema,
    /// The kind.
    pub kind: &'a Kind,
    /// The record.
    pub view: &'a RecordView,
    /// What stands around it.
    pub around: Around<'a>,
}

impl<'a> Ground<'a> {
    /// The record, then its companion.
    pub fn parts(&self) -> impl Iterator<Item = (&'a Kind, &'a RecordView)> + use<'a> {
        std::iter::once((self.kind, self.view)).chain(self.around.beside)
    }

    /// Whether the record or its companion has such a field or collection at all.
    fn knows(&self, key: &str) -> bool {
        self.parts().any(|(kind, _)| kind.field(key).is_some() || kind.collection(key).is_some())
    }

    /// A field's value, in the record or its companion.
    pub fn value(&self, key: &str) -> &'a Value {
        let part = self.parts().find(|(kind, _)| kind.field(key).is_some());
        part.map_or(&Value::Null, |(_, view)| view.value(key))
    }

    /// The entries of a collection that are not removed.
    pub fn entries(&self, key: &str) -> impl Iterator<Item = &'a super::Entry> + use<'a> {
        let part = self.parts().find(|(kind, _)| kind.collection(key).is_some());
        let all = part.and_then(|(_, view)| view.collections.get(key));
        all.into_iter().flatten().filter(|e| !e.removed)
    }

    fn holds(&self, when: Option<&When>) -> bool {
        when.is_none_or(|when| when.holds(self.value(&when.field)))
    }

    /// Fields and collections that a step needs, as things stand. What is needed always is not among them:
    /// it cannot be empty.
    #[must_use]
    pub fn requirements(&self, step: &Transition) -> Vec<&'a str> {
        let mut keys = Vec::new();
        for (kind, _) in self.parts() {
            for field in &kind.fields {
                if entering(&field.required, step) && self.holds(field.when.as_ref()) {
                    keys.push(field.key.as_str());
                }
            }
            for collection in &kind.collections {
                if entering(&collection.required, step) && self.holds(collection.when.as_ref()) {
                    keys.push(collection.key.as_str());
                }
            }
        }
        keys
    }

    /// What of [`Ground::requirements`] the record does not have yet.
    #[must_use]
    pub fn missing(&self, step: &Transition) -> Vec<String> {
        let empty = |key: &&str| match self.parts().any(|(kind, _)| kind.collection(key).is_some()) {
            true => self.entries(key).next().is_none(),
            false => self.value(key).is_empty(),
        };
        self.requirements(step).into_iter().filter(empty).map(str::to_owned).collect()
    }

    /// Whether the step may be made as far as fields and conditions go.
    ///
    /// # Errors
    /// `required` with the first missing `field`, the status (`to`), the step's id and all that is `missing`;
    /// `unmet` with the first condition (`check`) that does not hold.
    pub fn step(&self, step: &Transition) -> Result<(), Refusal> {
        let missing = self.missing(step);
        if let Some(first) = missing.first() {
            return Err(Refusal::field(Code::Required, first)
                .with("to", step.to)
                .with("step", step.id)
                .with("missing", missing.clone()));
        }
        match self.unmet(step).first() {
            Some(check) => Err(Refusal::new(Code::Unmet)
                .with("check", check.as_str())
                .with("to", step.to)
                .with("step", step.id)),
            None => Ok(()),
        }
    }
}

fn entering(required: &Required, step: &Transition) -> bool {
    matches!(required, Required::Entering(_)) && required.by(step)
}

/// Every field and collection that a step may need, whatever its conditions: for documents and for screens that look
/// up conditions themselves.
pub fn named<'a>(kind: &'a Kind, step: &'a Transition) -> impl Iterator<Item = &'a str> {
    let fields = kind.fields.iter().filter(|f| entering(&f.required, step)).map(|f| f.key.as_str());
    let collections = kind.collections.iter().filter(|c| entering(&c.required, step)).map(|c| c.key.as_str());
    fields.chain(collections)
}
