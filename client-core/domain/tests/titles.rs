//! What a list calls a record: prose as written, codes and questionnaires by name, never by their codes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::record_id;
use domain::document::Record;
use domain::keys::{return_visit_plan, survey};
use domain::projection::row;
use domain::schema::Schema;
use domain::value::Value;

fn title(kind: &str, values: &[(&str, Value)]) -> String {
    let schema = Schema::builtin().unwrap();
    let kind = schema.kind(kind).unwrap();
    let mut view = Record::new(&kind.key, record_id(1)).view(kind);
    view.fields.extend(values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    row(&schema, kind, &view).title
}

#[test]
fn codes_stand_by_their_names() {
    let schema = Schema::builtin().unwrap();
    let kind = schema.kind(return_visit_plan::KIND).unwrap();
    let region =
        schema.list(kind.field(return_visit_plan::REGION).unwrap().list.as_deref().unwrap()).unwrap();
    let code = &region.codes[0];
    let found =
        title(return_visit_plan::KIND, &[(return_visit_plan::REGION, Value::Code(code.code.clone()))]);
    assert_eq!(found, code.label.zh);
    // One that is not known any more is better than nothing.
    let gone = title(return_visit_plan::KIND, &[(return_visit_plan::REGION, Value::Code("nowhere".into()))]);
    assert_eq!(gone, "nowhere");
}

#[test]
fn sheets_stand_by_their_questionnaire() {
    let schema = Schema::builtin().unwrap();
    let template = schema.templates().all().next().unwrap();
    let found = title(survey::KIND, &[(survey::TEMPLATE, Value::Text(template.code.clone()))]);
    assert_eq!(found, schema.templates().newest(&template.code).unwrap().title.zh);
    assert_ne!(found, template.code);
}
