//! The embedded schema is sound, and mistakes in it are told by place and rule.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::schema::{FieldType, Schema, Visibility};

#[test]
fn the_embedded_schema_is_sound() {
    let schema = Schema::builtin().expect("records/*.toml");
    assert!(schema.kinds().count() >= 30);
    for kind in schema.kinds() {
        let key = &kind.key;
        assert!(!kind.label.zh.is_empty() && !kind.label.en.is_empty());
        for field in &kind.fields {
            assert!(!field.label.zh.is_empty() && !field.label.en.is_empty(), "{key}.{}", field.key);
        }
        assert!(kind.indexed().count() <= 20, "{key} has too many list columns");
    }
    assert_eq!(schema.kind("handling").unwrap().visibility, Visibility::Office);
    let complaint = schema.kind("complaint").unwrap();
    assert_eq!(complaint.field(domain::keys::complaint::CONTENT).unwrap().kind, FieldType::Longtext);
}

#[test]
fn engineers_cannot_read_what_the_office_keeps() {
    let schema = Schema::builtin().unwrap();
    let complaint = schema.kind("complaint").unwrap();
    let handling = schema.kind("handling").unwrap();
    for key in ["validity", "cause", "penalty_amount", "leader_instruction", "compensation_amount"] {
        assert!(complaint.field(key).is_none() && handling.field(key).is_some(), "{key}");
    }
    assert!(schema.kind("customer").unwrap().field("health_info").is_none());
}

#[test]
fn mistakes_are_told_by_place_and_rule() {
    let broken = |from: &str, to: &str| {
        let mut files = Schema::builtin_sources();
        let text = files.get_mut("complaint.toml").unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replacen(from, to, 1);
        Schema::from_files(files).unwrap_err().to_string()
    };
    let message = broken("list = \"channel\"", "list = \"chanel\"");
    assert!(message.contains("complaint.channel") && message.contains("code list"), "{message}");
    let message = broken("key = \"channel\"", "key = \"Channel\"");
    assert!(message.contains("lower case"), "{message}");
    let message = broken("access = \"shared\"", "acess = \"shared\"");
    assert!(message.contains("complaint.toml"), "{message}");
}

#[test]
fn people_s_spellings_are_recognised() {
    let schema = Schema::builtin().unwrap();
    let channel = schema.list("channel").unwrap();
    for (written, code) in [("来电", "phone"), ("E-mail", "email"), ("传真", "fax"), (" 电话 ", "phone")]
    {
        assert_eq!(channel.recognise(written).map(|c| c.code.as_str()), Some(code), "{written}");
    }
    assert!(channel.recognise("飞鸽").is_none());
}
