//! Lists and settings that the office edits count on the device from the next sync on, and after a restart.

use domain::error::Code;
use domain::schema::Schema;
use domain::settings::{CodeEdit, Organisation};
use serde_json::{Value as Json, json};

use super::fake::{Rule, Server};
use super::{complaint, set, value};
use crate::error::Error;
use crate::tests::{device, fields, sign_in, signed_in};
use crate::{Client, ListFilter};

/// What a server serves after an edit: 传真 retired, 企微 added, the first category called otherwise, and a zone.
fn edited() -> serde_json::Map<String, Json> {
    let shipped = Schema::builtin().unwrap();
    let edit = |list: &str, change: &dyn Fn(&mut Vec<CodeEdit>)| {
        let same = |code: &String| CodeEdit { code: code.clone(), ..CodeEdit::default() };
        let mut codes = shipped.list(list).unwrap().codes.iter().map(|c| same(&c.code)).collect();
        change(&mut codes);
        (list.to_owned(), shipped.edit_list(&shipped, list, &codes).unwrap())
    };
    let label = |zh: &str| Some(domain::schema::Label { zh: zh.to_owned(), en: String::new() });
    let channel = edit("channel", &|codes| {
        codes.iter_mut().find(|c| c.code == "fax").unwrap().retired = Some(true);
        codes.push(CodeEdit { code: "wecom".into(), label: label("企微"), ..CodeEdit::default() });
    });
    let mut own = Organisation { lists: [channel].into(), ..Organisation::default() };
    own.settings.zone = "+09:00".into();
    let schema = shipped.for_organisation(&own);
    let lists: Vec<_> = schema.lists().collect();
    fields(json!({ "lists": lists, "settings": schema.settings() }))
}

fn refused(client: &mut Client, channel: &str) -> Code {
    let given = fields(json!({ "content": "漏油", "channel": channel }));
    match client.create("complaint", given) {
        Err(Error::Refused(refusal)) => {
            assert_eq!(refusal.params["field"], "channel");
            refusal.code
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_device_goes_by_the_lists_of_its_last_sync() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    set(&mut client, id, "channel", "fax");
    set(&mut client, id, "received_at", "2026-01-31T23:30:00+08:00");
    assert_eq!(refused(&mut client, "wecom"), Code::UnknownCode);
    server.edited = edited();
    server.reference = 8;
    server.sync(&mut client);
    for round in 0..2 {
        assert_eq!(refused(&mut client, "fax"), Code::RetiredCode, "{round}");
        let other = complaint(&mut client, "群里反映");
        set(&mut client, other, "channel", "wecom");
        assert_eq!(value(&client, id, "channel"), "fax", "what has it keeps it");
        assert_eq!(client.list(Some("complaint"), &ListFilter::default()).unwrap().len(), 2 + round);
        // A time that names no zone is meant in the organisation's.
        set(&mut client, other, "received_at", "2026-02-01 08:30");
        assert_eq!(value(&client, other, "received_at"), "2026-01-31T23:30:00Z");
        drop(client);
        client = device(dir.path());
    }
}

#[test]
fn work_noted_before_the_edit_is_built_again_and_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    server.sync(&mut client);
    // The first of two edits is refused, so the second is built again after the code was retired.
    set(&mut client, id, "reporter_name", "张三");
    set(&mut client, id, "channel", "fax");
    server.rules = vec![Rule::Refuse];
    server.edited = edited();
    server.reference = 8;
    server.failures.insert("push".into(), (422, 1));
    server.sync(&mut client);
    assert_eq!(refused(&mut client, "fax"), Code::RetiredCode, "the device has heard of it");
    server.sync(&mut client);
    server.sync(&mut client);
    assert_eq!(client.refused().unwrap().len(), 1);
    assert_eq!(value(&client, id, "channel"), "fax");
    super::same(&client, &server, id);
}

#[test]
fn another_account_begins_with_what_came_with_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    server.edited = edited();
    server.reference = 8;
    server.sync(&mut client);
    assert_eq!(refused(&mut client, "fax"), Code::RetiredCode);
    sign_in(&mut client, 2, "office");
    assert_eq!(refused(&mut client, "wecom"), Code::UnknownCode);
}
