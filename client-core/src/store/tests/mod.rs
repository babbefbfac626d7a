#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What the disk may do to us: damage, newer data, no room.

use std::fs;

use rusqlite::Connection;
use serde_json::json;

use crate::tests::{device, fields, host, schema, sign_in, signed_in};
use crate::{Client, ListFilter};

#[test]
fn a_newer_versions_data_is_left_untouched() {
    let dir = tempfile::tempdir().unwrap();
    drop(signed_in(dir.path(), 1, "engineer"));
    let path = dir.path().join("store.db");
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 9999").unwrap();
    let before = fs::read(&path).unwrap();
    let log = fs::read(dir.path().join("pending.log")).unwrap();
    let refused = Client::open(dir.path(), schema(), host()).err().unwrap();
    assert_eq!((refused.code(), &refused.params()["found"]), ("data_too_new", &json!(9999)));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read(dir.path().join("pending.log")).unwrap(), log);
}

#[test]
fn unsent_work_survives_a_damaged_database() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let saved = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner();
    client.edit(saved.id, "reporter_name", json!("宏远")).unwrap().into_inner();
    drop(client);

    type Break = fn(&std::path::Path);
    let breaks: [Break; 3] = [
        |path| fs::write(path, b"this is not a database, whatever its name says").unwrap(),
        |path| {
            let mut bytes = fs::read(path).unwrap();
            for byte in bytes.iter_mut().skip(4096) {
                *byte ^= 0x5a;
            }
            fs::write(path, bytes).unwrap();
        },
        // A schema that the migrations cannot build on.
        |path| {
            fs::remove_file(path).unwrap();
            let db = Connection::open(path).unwrap();
            db.execute_batch("CREATE TABLE doc(x); PRAGMA user_version = 0").unwrap();
        },
    ];
    for (n, hurt) in breaks.into_iter().enumerate() {
        hurt(&dir.path().join("store.db"));
        let mut client = device(dir.path());
        let recovered = client.recovered().unwrap().clone();
        assert_eq!((recovered.unsent, recovered.refused), (2, 0));
        assert_eq!(recovered.set_aside, format!("store.db.damaged-{}", n + 1));
        assert!(dir.path().join(&recovered.set_aside).exists());
        let show = client.show(saved.id).unwrap();
        assert_eq!(
            (&show["fields"]["content"], &show["fields"]["reporter_name"]),
            (&json!("漏油"), &json!("宏远"))
        );
        assert_eq!(show["number"], json!(saved.number));
        // Numbers go on where they were.
        let next = client.create("complaint", fields(json!({}))).unwrap().into_inner();
        assert!(next.number.unwrap().ends_with(&format!("-000{}", n + 2)));
        let n = client.outbox().unwrap().len();
        drop(client);
        let client = device(dir.path());
        assert!(client.recovered().is_none());
        assert_eq!(client.outbox().unwrap().len(), n);
        // The next round counts from the same two edits.
        let log = fs::read(dir.path().join("pending.log")).unwrap();
        drop(client);
        fs::write(dir.path().join("pending.log"), &log).unwrap();
        let db = Connection::open(dir.path().join("store.db")).unwrap();
        db.execute("DELETE FROM pending WHERE n > 2", []).unwrap();
        db.execute("DELETE FROM doc WHERE id NOT IN (SELECT doc FROM pending)", []).unwrap();
        drop(db);
        drop(device(dir.path()));
    }
}

#[test]
fn what_was_locked_is_locked_after_a_rescue() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    let own = client.device().unwrap();
    assert_eq!(client.logout().unwrap(), 1);
    drop(client);
    fs::write(dir.path().join("store.db"), b"broken").unwrap();
    let mut client = device(dir.path());
    assert_eq!(client.recovered().unwrap().unsent, 1);
    assert_eq!(client.show(id).unwrap_err().code(), "sign_in_needed");
    assert_eq!(client.login_request("user2", "secret", None).unwrap_err().code(), "locked_for_other");
    sign_in(&mut client, 1, "engineer");
    assert_eq!((client.show(id).unwrap()["sync"].clone(), client.device().unwrap()), (json!("waiting"), own));
}

#[test]
fn a_lost_or_torn_log_is_written_anew_from_the_database() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner();
    drop(client);
    let log = dir.path().join("pending.log");
    let whole = fs::read(&log).unwrap();
    for hurt in [Vec::new(), whole[..whole.len() - 3].to_vec(), vec![0xff; 100]] {
        fs::write(&log, hurt).unwrap();
        drop(device(dir.path()));
        fs::write(dir.path().join("store.db"), b"now the database as well").unwrap();
        let client = device(dir.path());
        assert_eq!(client.recovered().unwrap().unsent, 1);
        assert_eq!(client.list(None, &ListFilter::default()).unwrap().len(), 1);
    }
}

#[test]
fn a_full_disk_saves_all_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    let pages: i64 = client.store.db().query_row("PRAGMA page_count", [], |r| r.get(0)).unwrap();
    client
        .store
        .db()
        .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |r| r.get::<_, i64>(0))
        .unwrap();
    let log = fs::read(dir.path().join("pending.log")).unwrap();
    let before = client.show(id).unwrap();
    let mut saved = 0;
    let full = loop {
        match client.add(id, "follow_ups", fields(json!({"content": "长".repeat(1000)}))) {
            Ok(done) => {
                done.into_inner();
                saved += 1;
            }
            Err(e) => break e,
        }
        assert!(saved < 1000);
    };
    assert_eq!(full.code(), "disk_full");
    let show = client.show(id).unwrap();
    assert_eq!(show["collections"]["follow_ups"].as_array().map_or(0, Vec::len), saved);
    assert_eq!(client.outbox().unwrap().len(), saved + 1);
    if saved == 0 {
        assert_eq!(show, before);
        assert_eq!(fs::read(dir.path().join("pending.log")).unwrap(), log);
    }
    // With room again, work goes on.
    client.store.db().query_row("PRAGMA max_page_count = 1000000", [], |r| r.get::<_, i64>(0)).unwrap();
    client.edit(id, "content", json!("好了")).unwrap().into_inner();
}

#[test]
fn another_schema_rebuilds_the_lists() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = signed_in(dir.path(), 1, "engineer");
    let id = client.create("complaint", fields(json!({"content": "漏油"}))).unwrap().into_inner().id;
    drop(client);
    let mut sources = domain::schema::Schema::builtin_sources();
    let complaint = sources.get_mut("complaint.toml").unwrap();
    let group = complaint.split("[[group]]").nth(1).unwrap().split("key = \"").nth(1).unwrap();
    let group = group.split('"').next().unwrap().to_owned();
    complaint.push_str(&format!(
        "\n[[field]]\nkey = \"test_only\"\ngroup = \"{group}\"\ntype = \"text\"\nindex = true\nsearch = true\n\
         access = \"shared\"\nlabel = {{ zh = \"试\", en = \"Test\" }}\n"
    ));
    let extended = std::sync::Arc::new(domain::schema::Schema::from_files(sources).unwrap());
    let mut client = Client::open(dir.path(), extended, host()).unwrap();
    client.edit(id, "test_only", json!("新列")).unwrap().into_inner();
    let filter = ListFilter { text: "新列".into(), ..ListFilter::default() };
    assert_eq!(client.list(Some("complaint"), &filter).unwrap()[0]["test_only"], "新列");
    drop(client);
    // And an older program keeps what it does not know.
    let mut client = device(dir.path());
    sign_in(&mut client, 1, "engineer");
    assert_eq!(client.show(id).unwrap()["unknown"]["test_only"], "新列");
}

#[test]
fn a_database_of_the_first_version_keeps_its_files() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(include_str!("../migrations/001.sql")).unwrap();
    db.execute_batch("PRAGMA user_version = 1").unwrap();
    let sql =
        "INSERT INTO file(sha256, size, mime, name, doc, at) VALUES ('ab', 5, 'image/jpeg', 'a.jpg', ?1, 7)";
    db.execute(sql, [&[3u8; 16][..]]).unwrap();
    let store = super::Store::on(db, schema()).unwrap();
    let waiting = super::files::waiting(store.db()).unwrap();
    assert_eq!((waiting.len(), waiting[0].file.name.as_str(), waiting[0].at), (1, "a.jpg", 7));
    assert_eq!(waiting[0].doc.bytes()[..], [3; 16]);
}
