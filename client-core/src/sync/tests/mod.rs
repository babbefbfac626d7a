#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The engine against a server in memory.

mod fake;
mod interrupted;
mod property;
mod reference;

use domain::document::Record;
use domain::ids::RecordId;
use serde_json::{Value as Json, json};

use super::Backoff;
use crate::store::{documents, pending};
use crate::tests::{Counting, device, fields, sign_in, signed_in};
use crate::{Client, ListFilter};
use fake::{Rule, Server};

fn complaint(client: &mut Client, content: &str) -> RecordId {
    client.create("complaint", fields(json!({"content": content}))).unwrap().into_inner().id
}

fn set(client: &mut Client, id: RecordId, field: &str, value: &str) {
    client.edit(id, field, json!(value)).unwrap().into_inner();
}

fn value(client: &Client, id: RecordId, field: &str) -> Json {
    client.show(id).unwrap()["fields"][field].clone()
}

/// The device holds exactly what the server holds, and knows it.
fn same(client: &Client, server: &Server, id: RecordId) {
    let doc = documents::get(client.store.db(), id).unwrap().unwrap();
    assert_eq!(doc.record().unwrap().heads(), server.docs[&id].record.heads());
    assert!(doc.receipt.is_some());
    assert_eq!(doc.heads, server.docs[&id].record.heads());
}

#[test]
fn what_one_device_saves_another_sees() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    let id = complaint(&mut one, "漏油");
    set(&mut one, id, "reporter_name", "张三");
    let report = server.sync(&mut one);
    assert!(report.code.is_none(), "{report:?}");
    assert_eq!((report.pushed.accepted, report.unsent), (2, 0));
    assert_eq!(server.seen, ["hello", "push", "reference", "pull"]);
    server.number(id, "TS2026-00001");
    server.sync(&mut one);
    let report = server.sync(&mut two);
    assert_eq!(report.pulled.records, 1);
    assert_eq!(value(&two, id, "reporter_name"), "张三");
    for client in [&one, &two] {
        same(client, &server, id);
        let show = client.show(id).unwrap();
        assert_eq!((&show["number"], &show["sync"]), (&json!("TS2026-00001"), &json!("sent")));
        assert_eq!(client.find("TS2026-00001").unwrap(), id);
        // The temporary number stays findable.
        assert_eq!(client.find(show["temp_number"].as_str().unwrap()).unwrap(), id);
    }
    set(&mut two, id, "severity", "serious");
    server.sync(&mut two);
    server.sync(&mut one);
    assert_eq!(value(&one, id, "severity"), "serious");
}

#[test]
fn reconnecting_with_nothing_new_is_one_small_request() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    complaint(&mut client, "漏油");
    server.reference = 7;
    server.sync(&mut client);
    assert_eq!(client.find_person("李内勤").unwrap(), crate::tests::user(2));
    let report = server.sync(&mut client);
    assert_eq!(server.seen, ["pull"]);
    assert_eq!(report.requests, 1);
}

#[test]
fn many_records_come_page_by_page_and_go_on_after_a_break() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    for n in 0..10 {
        complaint(&mut one, &format!("第{n}件"));
    }
    server.sync(&mut one);
    server.lost.insert("pull".into(), 0);
    server.failures.insert("pull".into(), (0, 1));
    let report = server.sync(&mut two);
    assert_eq!(report.code.as_deref(), Some("not_reachable"));
    server.sync(&mut two);
    assert_eq!(server.seen, ["pull", "pull", "pull", "pull"]);
    assert_eq!(two.list(Some("complaint"), &ListFilter::default()).unwrap().len(), 10);
}

#[test]
fn a_lost_answer_is_asked_again_and_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    server.lost.insert("push".into(), 1);
    let report = server.sync(&mut client);
    assert_eq!((report.code.as_deref(), report.unsent), (Some("not_reachable"), 1));
    assert_eq!(client.outbox().unwrap()[0]["state"], "sent");
    drop(client);
    let mut client = device(dir.path());
    let report = server.sync(&mut client);
    assert_eq!((report.pushed.accepted, report.pushed.duplicate, report.unsent), (0, 1, 0));
    same(&client, &server, id);
    assert_eq!(client.outbox().unwrap().len(), 0);
}

#[test]
fn a_refused_change_goes_to_the_box_and_the_rest_is_built_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    set(&mut client, id, "reporter_name", "不行");
    set(&mut client, id, "reporter_contact", "13800000000");
    server.rules = vec![Rule::Accept, Rule::Refuse];
    let report = server.sync(&mut client);
    assert!(report.code.is_none());
    assert_eq!((report.pushed.refused, report.unsent), (2, 0), "one refused, one that built on it");
    same(&client, &server, id);
    let show = client.show(id).unwrap();
    assert_eq!(show["fields"]["reporter_contact"], "13800000000");
    assert_eq!(show["fields"]["reporter_name"], Json::Null);
    assert_eq!(show["sync"], "not_accepted");
    let boxed = client.refused().unwrap();
    assert_eq!(boxed.len(), 1);
    assert_eq!(
        (&boxed[0]["code"], &boxed[0]["intent"]["value"]),
        (&json!("forbidden_field"), &json!("不行"))
    );
    client.discard_refused(boxed[0]["n"].as_i64().unwrap()).unwrap().into_inner();
    assert_eq!(client.show(id).unwrap()["sync"], "sent");
}

#[test]
fn a_refused_record_stays_readable_in_the_box() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    set(&mut client, id, "reporter_name", "张三");
    server.rules = vec![Rule::Refuse];
    let report = server.sync(&mut client);
    assert_eq!(report.unsent, 0);
    assert_eq!(client.refused().unwrap().len(), 2);
    let show = client.show(id).unwrap();
    assert_eq!((&show["sync"], &show["fields"]["reporter_name"]), (&json!("not_accepted"), &json!("张三")));
    assert_eq!(client.list(None, &ListFilter::default()).unwrap().len(), 0);
    // The box survives a damaged database as well.
    drop(client);
    std::fs::write(dir.path().join("store.db"), b"broken").unwrap();
    let client = device(dir.path());
    assert_eq!(client.recovered().unwrap().refused, 2);
    assert_eq!(client.refused().unwrap()[0]["intent"]["fields"]["content"], "漏油");
}

#[test]
fn real_refusals_come_with_the_servers_reason() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut office, mut engineer) = (signed_in(a.path(), 2, "office"), signed_in(b.path(), 1, "engineer"));
    let mut server = Server::new();
    let id = complaint(&mut engineer, "漏油");
    server.sync(&mut engineer);
    server.sync(&mut office);
    // The office closes the record while the engineer, offline, corrects a shared field and adds a note.
    let cancel = office.event(id, "cancelled", Some("重复".into()), fields(json!({})));
    cancel.unwrap().into_inner();
    server.sync(&mut office);
    engineer.add(id, "follow_ups", fields(json!({"content": "已联系"}))).unwrap().into_inner();
    set(&mut engineer, id, "reporter_name", "改名");
    let report = server.sync(&mut engineer);
    assert_eq!((report.pushed.accepted, report.pushed.proposed), (1, 1), "{:?}", engineer.outbox());
    // Kept and visible until the office decides.
    assert_eq!(value(&engineer, id, "reporter_name"), "改名");
    assert_eq!(engineer.outbox().unwrap()[0]["state"], "proposed");
    assert_eq!(engineer.show(id).unwrap()["status"], "cancelled");
    let hash = pending::of_doc(engineer.store.db(), id).unwrap()[0].hash;
    server.decide(hash, true);
    server.sync(&mut engineer);
    assert_eq!(engineer.outbox().unwrap().len(), 0);
    same(&engineer, &server, id);
    assert_eq!(value(&engineer, id, "reporter_name"), "改名");
}

#[test]
fn a_proposal_not_taken_over_goes_to_the_box() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    server.sync(&mut client);
    set(&mut client, id, "reporter_name", "改名");
    server.rules = vec![Rule::Propose];
    server.sync(&mut client);
    let hash = pending::of_doc(client.store.db(), id).unwrap()[0].hash;
    server.decide(hash, false);
    server.sync(&mut client);
    let boxed = client.refused().unwrap();
    assert_eq!(
        (&boxed[0]["code"], &boxed[0]["params"]["note"]),
        (&json!("proposal_refused"), &json!("不采纳"))
    );
    same(&client, &server, id);
    assert_eq!(value(&client, id, "reporter_name"), Json::Null);
}

#[test]
fn what_was_noted_after_a_doubtful_edit_does_not_share_its_fate() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    server.sync(&mut client);
    set(&mut client, id, "batch_no", "B7");
    for text in ["已联系", "约好上门"] {
        client.add(id, "follow_ups", fields(json!({"content": text}))).unwrap().into_inner();
    }
    server.rules = vec![Rule::Propose];
    let report = server.sync(&mut client);
    assert_eq!(
        (report.pushed.proposed, client.held().unwrap()),
        (3, 3),
        "one, and what was written on top of it"
    );
    // The office does not want the batch number; the server turns down what builds on it with it.
    for work in pending::of_doc(client.store.db(), id).unwrap() {
        server.decide(work.hash, false);
    }
    let report = server.sync(&mut client);
    assert_eq!((report.pushed.accepted, report.unsent), (2, 0), "{report:?}");
    let boxed = client.refused().unwrap();
    assert_eq!((boxed.len(), &boxed[0]["intent"]["field"]), (1, &json!("batch_no")));
    let show = client.show(id).unwrap();
    assert_eq!(show["collections"]["follow_ups"].as_array().unwrap().len(), 2);
    assert_eq!(show["fields"]["batch_no"], Json::Null);
    same(&client, &server, id);
}

#[test]
fn faults_keep_work_and_do_not_keep_news_from_coming() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    complaint(&mut two, "异响");
    server.sync(&mut two);
    let id = complaint(&mut one, "漏油");
    for status in [500, 503, 429, 400] {
        server.failures.insert("push".into(), (status, 1));
        let report = server.sync(&mut one);
        assert!(report.code.is_some(), "{status}");
        assert_eq!(report.unsent, 1);
        assert_eq!(one.list(None, &ListFilter::default()).unwrap().len(), 2);
    }
    server.rules = vec![Rule::Fault];
    let report = server.sync(&mut one);
    assert_eq!((report.code, report.unsent), (None, 1));
    assert_eq!(one.outbox().unwrap()[0]["code"], "server_fault");
    server.sync(&mut one);
    same(&one, &server, id);
}

#[test]
fn a_taken_away_record_goes_but_unsent_work_on_it_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let (kept, lost) = (complaint(&mut client, "a"), complaint(&mut client, "b"));
    server.sync(&mut client);
    server.take_away(lost);
    set(&mut client, lost, "reporter_name", "没送出");
    server.rules = vec![Rule::Fault, Rule::Refuse];
    let report = server.sync(&mut client);
    assert_eq!(report.pulled.gone, 1);
    assert_eq!(client.show(lost).unwrap_err().code(), "not_found");
    assert_eq!(client.outbox().unwrap().len(), 1, "not judged yet: still to be sent");
    server.sync(&mut client);
    assert_eq!(client.refused().unwrap()[0]["intent"]["value"], "没送出");
    let list = client.list(None, &ListFilter::default()).unwrap();
    assert_eq!((list.len(), &list[0]["id"]), (1, &json!(kept)));
    assert!(documents::get(client.store.db(), lost).unwrap().is_none());
}

#[test]
fn a_restored_server_gets_back_what_it_lost() {
    restored(&[]);
    // The sign-in runs out in the middle of it: when records are named, and when they are sent.
    restored(&[("offer", 0, 401)]);
    restored(&[("offer", 1, 401)]);
    restored(&[("offer", 0, 401), ("offer", 2, 401)]);
}

fn restored(faults: &[(&'static str, u32, u16)]) {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let old = complaint(&mut client, "老的");
    server.sync(&mut client);
    let backup = server.backup();
    set(&mut client, old, "reporter_name", "后来改的");
    let new = complaint(&mut client, "后来的");
    server.sync(&mut client);
    let truth: Vec<_> = [old, new].map(|id| server.docs[&id].record.heads()).into();
    server.restore(backup);
    // And work goes on meanwhile, on what the server no longer has.
    set(&mut client, new, "reporter_name", "再改");
    server.fail_at(faults);
    let report = server.sync(&mut client);
    assert!(report.code.is_none(), "{report:?} {:?}", server.seen);
    assert_eq!(server.restored, 2);
    assert_eq!(server.docs[&old].record.heads(), truth[0]);
    assert!(server.docs[&new].record.has_all(&truth[1]));
    for id in [old, new] {
        same(&client, &server, id);
    }
    assert_eq!((report.unsent, value(&client, new, "reporter_name")), (0, json!("再改")));
    server.sync(&mut client);
    assert_eq!(server.seen, ["pull"]);
}

#[test]
fn an_ended_sign_in_is_renewed_once_and_a_lost_answer_asked_for_identically() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    let people = std::mem::take(&mut server.people);
    server.lost.insert("refresh".into(), 1);
    let report = server.sync(&mut client);
    assert_eq!(report.code.as_deref(), Some("not_reachable"));
    server.people = people;
    server.failures.insert("hello".into(), (401, 1));
    let report = server.sync(&mut client);
    assert!(report.code.is_none(), "{report:?}");
    assert_eq!(server.refreshes.len(), 2);
    assert_eq!(server.refreshes[0], server.refreshes[1]);
    same(&client, &server, id);

    server.refuse_refresh();
    server.people.clear();
    set(&mut client, id, "reporter_name", "张三");
    let report = server.sync(&mut client);
    assert_eq!((report.code.as_deref(), report.unsent), (Some("sign_in_needed"), 1));
    assert_eq!(report.ending(), super::Ending::SignIn);
    assert_eq!(value(&client, id, "reporter_name"), "张三");
    // Local work goes on; signing in again is enough.
    set(&mut client, id, "reporter_name", "李四");
    assert_eq!(server.sync(&mut client).code.as_deref(), Some("sign_in_needed"));
    assert!(server.seen.is_empty());
    server.people = Server::new().people;
    sign_in(&mut client, 1, "engineer");
    assert_eq!(server.sync(&mut client).unsent, 0);
}

#[test]
fn work_rescued_from_a_damaged_database_reaches_the_server_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    server.sync(&mut client);
    set(&mut client, id, "reporter_name", "张三");
    drop(client);
    std::fs::write(dir.path().join("store.db"), b"broken").unwrap();
    let mut client = device(dir.path());
    assert_eq!(client.recovered().unwrap().unsent, 1);
    assert_eq!(server.sync(&mut client).code.as_deref(), Some("sign_in_needed"));
    sign_in(&mut client, 1, "engineer");
    let report = server.sync(&mut client);
    assert_eq!((report.pushed.accepted, report.unsent), (1, 0));
    same(&client, &server, id);
    assert_eq!(value(&client, id, "reporter_name"), "张三");
    assert_eq!(value(&client, id, "content"), "漏油");
}

#[test]
fn a_damaged_document_is_kept_aside_and_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    server.sync(&mut client);
    client.store.db().execute("UPDATE doc SET base = x'0102'", []).unwrap();
    client.close_record();
    assert_eq!(client.show(id).unwrap_err().code(), "record_damaged");
    server.number(id, "TS2026-00001");
    server.sync(&mut client);
    same(&client, &server, id);
    let kept: i64 = client.store.db().query_row("SELECT count(*) FROM set_aside", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[test]
fn two_offices_that_begin_the_same_companion_end_up_with_one() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 2, "office"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    let id = complaint(&mut one, "漏油");
    server.sync(&mut one);
    server.sync(&mut two);
    set(&mut one, id, "cause", "密封圈老化");
    set(&mut two, id, "handling_plan", "更换密封圈");
    server.sync(&mut one);
    let report = server.sync(&mut two);
    assert_eq!((report.code.clone(), report.unsent), (None, 0), "{report:?} {:?}", two.outbox());
    server.sync(&mut one);
    for client in [&one, &two] {
        assert_eq!(value(client, id, "cause"), "密封圈老化");
        assert_eq!(value(client, id, "handling_plan"), "更换密封圈");
        assert_eq!(client.refused().unwrap().len(), 0);
    }
}

#[test]
fn a_clock_that_is_far_off_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    server.server_ms -= 3_600_000;
    server.sync(&mut client);
    let skew: i64 =
        client.store.db().query_row("SELECT v FROM meta WHERE k = 'skew_s'", [], |r| r.get(0)).unwrap();
    assert!((3_590..3_700).contains(&skew), "{skew}");
}

#[test]
fn values_set_at_the_same_time_are_chosen_between() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 1, "engineer"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    let id = complaint(&mut one, "漏油");
    server.sync(&mut one);
    server.sync(&mut two);
    set(&mut one, id, "reporter_name", "张三");
    set(&mut two, id, "reporter_name", "李四");
    server.sync(&mut one);
    server.sync(&mut two);
    server.sync(&mut one);
    let conflicts = one.conflicts(id).unwrap();
    assert_eq!(conflicts, two.conflicts(id).unwrap());
    assert_eq!(conflicts[0]["field"], "reporter_name");
    assert_eq!(one.show(id).unwrap()["sync"], "conflict");
    let other = conflicts[0]["values"][1]["value"].clone();
    one.choose(id, "reporter_name", 1).unwrap().into_inner();
    server.sync(&mut one);
    server.sync(&mut two);
    for client in [&one, &two] {
        assert_eq!(value(client, id, "reporter_name"), other);
        assert_eq!(client.show(id).unwrap()["sync"], "sent");
    }
}

#[test]
fn a_list_says_of_both_documents_what_the_record_says() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (signed_in(a.path(), 2, "office"), signed_in(b.path(), 2, "office"));
    let mut server = Server::new();
    let id = complaint(&mut one, "漏油");
    set(&mut one, id, "cause", "密封圈老化");
    server.sync(&mut one);
    server.sync(&mut two);
    set(&mut one, id, "validity", "valid");
    set(&mut two, id, "validity", "invalid");
    server.sync(&mut one);
    server.sync(&mut two);
    server.sync(&mut one);
    for client in [&one, &two] {
        let rows = client.list(Some("complaint"), &ListFilter::default()).unwrap();
        assert_eq!((&rows[0]["sync"], &rows[0]["conflicts"]), (&json!("conflict"), &json!(1)));
        assert_eq!(client.show(id).unwrap()["sync"], rows[0]["sync"]);
        assert_eq!(client.search("漏油", 0).unwrap()[0]["sync"], "conflict");
    }
}

#[test]
fn batches_stay_small_and_everything_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let mut server = Server::new();
    let id = complaint(&mut client, "漏油");
    for n in 0..40 {
        let text = format!("{n}{}", "很长".repeat(1_500));
        client.add(id, "follow_ups", fields(json!({"content": text}))).unwrap().into_inner();
    }
    server.failures.insert("push".into(), (413, 2));
    let report = server.sync(&mut client);
    assert_eq!((report.code, report.pushed.accepted, report.unsent), (None, 41, 0));
    assert!(server.seen.iter().filter(|p| *p == "push").count() > 4);
    same(&client, &server, id);
}

#[test]
fn waiting_grows_and_is_bounded() {
    let (mut backoff, mut rng) = (Backoff::new(), Counting(1));
    let waits: Vec<u64> = (0..15).map(|_| backoff.failed(&mut rng).unwrap()).collect();
    assert!((500..=1_000).contains(&waits[0]));
    assert!(waits.iter().all(|w| *w <= 300_000) && waits[14] >= 150_000);
    backoff.succeeded();
    assert!(backoff.failed(&mut rng).unwrap() <= 1_000);
}

#[test]
fn a_document_from_elsewhere_is_not_taken() {
    // A record under another's id: its genesis does not fit.
    let blob = Record::new("complaint", RecordId(crate::tests::user(8))).save();
    assert!(Record::load(RecordId(crate::tests::user(9)), &blob).is_err());
}
