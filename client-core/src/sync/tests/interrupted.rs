//! Runs that are cut short, in which somebody signs out, or in which an answer is of no use.

use serde_json::json;

use super::fake::Server;
use super::{complaint, documents, same, set, value};
use crate::sync::{Input, Output, Request, SyncEngine};
use crate::tests::{device, fields, granted, host, schema, sign_in, signed_in};
use crate::{Client, ListFilter};

fn asks(output: Output) -> Request {
    match output {
        Output::Request(request) => request,
        Output::Done(report) => panic!("{report:?}"),
    }
}

/// Runs until the engine asks for `path`; the engine, and the answer that is on its way.
fn until(server: &mut Server, client: &mut Client, path: &str) -> (SyncEngine, Input) {
    let mut engine = SyncEngine::new();
    let mut request = asks(engine.handle(client, Input::Start));
    loop {
        let (status, body) = server.answer(&request).unwrap();
        let answer = Input::Response { status, body };
        if request.path.ends_with(path) {
            return (engine, answer);
        }
        request = asks(engine.handle(client, answer));
    }
}

fn rows(client: &Client) -> usize {
    client.list(None, &ListFilter::default()).unwrap().len()
}

#[test]
fn an_answer_that_comes_after_the_sign_out_is_not_taken() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut other = signed_in(a.path(), 2, "office");
    let mut server = Server::new();
    let id = complaint(&mut other, "漏油");
    server.sync(&mut other);
    let signed_out =
        |engine: &mut SyncEngine, client: &mut Client, answer: Input| match engine.handle(client, answer) {
            Output::Done(report) => assert_eq!(report.code.as_deref(), Some("sign_in_needed")),
            Output::Request(request) => panic!("{request:?}"),
        };

    // Somebody else signs in meanwhile.
    let mut client = signed_in(b.path(), 1, "engineer");
    let (mut engine, answer) = until(&mut server, &mut client, "pull");
    assert_eq!(client.logout().unwrap(), 0);
    sign_in(&mut client, 3, "engineer");
    signed_out(&mut engine, &mut client, answer);
    assert_eq!(rows(&client), 0, "what was asked for by one account is not kept by another");
    assert!(documents::get(client.store.db(), id).unwrap().is_none());

    // The same account signs out and in: what it had is gone, and so is the place from which it goes on.
    let (mut engine, answer) = until(&mut server, &mut client, "pull");
    client.logout().unwrap();
    sign_in(&mut client, 3, "engineer");
    signed_out(&mut engine, &mut client, answer);
    server.sync(&mut client);
    assert_eq!(rows(&client), 1);

    // In another process, between looking and writing.
    let (mut engine, answer) = until(&mut server, &mut client, "pull");
    let mut process = device(b.path());
    process.logout().unwrap();
    signed_out(&mut engine, &mut client, answer);
    assert!(client.session().unwrap().is_none());

    // A renewed sign-in does not open what was locked.
    sign_in(&mut client, 1, "engineer");
    let own = complaint(&mut client, "异响");
    server.fail_at(&[("push", 0, 401)]);
    let (mut engine, answer) = until(&mut server, &mut client, "refresh");
    assert_eq!(client.logout().unwrap(), 1);
    signed_out(&mut engine, &mut client, answer);
    assert!(client.session().unwrap().unwrap().locked);
    assert_eq!(client.show(own).unwrap_err().code(), "sign_in_needed");
    client.login_response("http://127.0.0.1:1/", 200, &granted(1, "user1", "engineer")).unwrap();
    server.sync(&mut client);
    same(&client, &server, own);
}

#[test]
fn a_write_of_a_run_whose_sign_in_is_over_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let who = crate::store::meta::SignIn::now(client.store.db()).unwrap();
    client.store.bind(who);
    client.write(|_| Ok(())).unwrap().into_inner();
    device(dir.path()).logout().unwrap();
    assert_eq!(client.write(|_| Ok(())).unwrap_err().code(), "sign_in_needed");
    client.store.bind(None);
    client.write(|_| Ok(())).unwrap().into_inner();
}

#[test]
fn a_run_may_outlast_its_tokens() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 1, "engineer"));
    let mut server = Server::new();
    for n in 0..10 {
        complaint(&mut one, &format!("第{n}件"));
    }
    server.sync(&mut one);
    server.fail_at(&[("pull", 1, 401), ("pull", 3, 401)]);
    let report = server.sync(&mut two);
    assert_eq!((report.code, rows(&two)), (None, 10));
    // One that is refused again as soon as it was renewed is no use.
    let mut server = Server::new();
    server.fail_at(&[("pull", 0, 401), ("pull", 1, 401), ("pull", 2, 401)]);
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    assert_eq!(server.sync(&mut client).code.as_deref(), Some("token_expired"));
}

#[test]
fn a_whole_record_whose_answer_was_refused_is_asked_for_again() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 1, "engineer"));
    let mut server = Server::new();
    let id = complaint(&mut one, "漏油");
    server.sync(&mut one);
    server.garbled.insert(id, true);
    server.fail_at(&[("snapshot", 0, 401)]);
    let report = server.sync(&mut two);
    assert_eq!((report.code.clone(), report.faults), (None, 1), "{report:?} {:?}", server.seen);
    same(&two, &server, id);
}

#[test]
fn a_record_that_cannot_be_read_is_asked_for_until_it_can() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    let (id, whole) = (complaint(&mut one, "漏油"), complaint(&mut one, "异响"));
    server.sync(&mut one);
    // Damaged on the way, in the page and on its own.
    server.garbled.insert(id, false);
    let report = server.sync(&mut two);
    assert_eq!((report.faults, report.pulled.records, report.code), (2, 1, None));
    assert_eq!(value(&two, whole, "content"), "异响");
    server.garbled.clear();
    let report = server.sync(&mut two);
    assert_eq!((report.faults, server.seen.clone()), (0, vec!["pull".to_owned(), "snapshot".to_owned()]));
    same(&two, &server, id);
    assert_eq!(rows(&two), 2);
    server.sync(&mut two);
    assert_eq!(server.seen, ["pull"]);
}

#[test]
fn a_receipt_is_kept_until_there_is_a_newer_one() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    let nothing = server.backup();
    let id = complaint(&mut one, "漏油");
    server.sync(&mut one);
    server.sync(&mut two);
    let certified = documents::get(one.store.db(), id).unwrap().unwrap();
    set(&mut two, id, "severity", "serious");
    server.sync(&mut two);
    // The server has more than this device when it takes its change, and the line breaks before the rest comes.
    set(&mut one, id, "reporter_name", "张三");
    server.failures.insert("pull".into(), (0, 1));
    let report = server.sync(&mut one);
    assert_eq!((report.code.as_deref(), report.unsent), (Some("not_reachable"), 0));
    let doc = documents::get(one.store.db(), id).unwrap().unwrap();
    assert!(doc.receipt.is_some() && doc.receipt == certified.receipt && doc.heads == certified.heads);
    assert!(doc.record().unwrap().heads() != doc.heads);
    // Then it loses everything: what was certified is given back with its receipt, the rest is sent again.
    server.restore(nothing);
    let report = server.sync(&mut one);
    assert_eq!((report.code.as_deref(), server.restored, report.unsent), (None, 1, 0), "{:?}", server.seen);
    assert_eq!(value(&one, id, "reporter_name"), "张三");
    same(&one, &server, id);
}

#[test]
fn rows_are_made_by_the_lists_that_their_records_were_written_by() {
    let mut sources = crate::tests::schema().as_ref().clone();
    let label = || Some(domain::schema::Label { zh: "路试".into(), en: "Road test".into() });
    let codes = sources.list("quality_check_kind").unwrap().codes.iter();
    let mut codes: Vec<_> =
        codes.map(|c| domain::settings::CodeEdit { code: c.code.clone(), ..Default::default() }).collect();
    codes.push(domain::settings::CodeEdit { code: "road".into(), label: label(), ..Default::default() });
    let edit = sources.edit_list(&sources, "quality_check_kind", &codes).unwrap();
    let own = domain::settings::Organisation {
        lists: [("quality_check_kind".to_owned(), edit)].into(),
        ..Default::default()
    };
    sources = sources.for_organisation(&own);
    let lists: Vec<_> = sources.lists().collect();

    let dirs: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut clients: Vec<Client> = dirs.iter().map(|d| signed_in(d.path(), 2, "office")).collect();
    let mut server = Server::new();
    // The fourth has synced before the office added the code.
    server.sync(&mut clients[3]);
    server.edited = fields(json!({ "lists": lists, "settings": sources.settings() }));
    server.reference = 8;
    server.sync(&mut clients[0]);
    let id =
        clients[0].create("quality_check", fields(json!({"check_kind": "road"}))).unwrap().into_inner().id;
    // The fake server judges by the schema that ships.
    server.rules = vec![super::Rule::Accept];
    server.sync(&mut clients[0]);
    let title = |client: &Client| {
        let rows = client.list(Some("quality_check"), &ListFilter::default()).unwrap();
        assert_eq!(rows[0]["id"], json!(id));
        rows[0]["title"].as_str().unwrap().to_owned()
    };
    assert!(title(&clients[0]).contains("路试"));
    server.sync(&mut clients[1]);
    assert!(title(&clients[1]).contains("路试"), "a fresh device");
    server.sync(&mut clients[3]);
    assert!(title(&clients[3]).contains("路试"));
    assert_eq!(server.seen, ["pull", "reference", "pull"]);
    // The lists could not be had when the record came.
    server.failures.insert("reference".into(), (500, 1));
    let report = server.sync(&mut clients[2]);
    assert_eq!((report.code, report.pulled.records), (None, 1), "records do not wait for lists");
    assert!(title(&clients[2]).contains("road"));
    drop(clients.remove(2));
    let mut late = Client::open(dirs[2].path(), schema(), host()).unwrap();
    server.sync(&mut late);
    assert!(title(&late).contains("路试"));
}
