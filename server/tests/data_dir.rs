//! The data directory: who may open it, and what the store promises about it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Server, config};
use domain::authz::Role;
use server::AppState;
use server::store::audit::{Chain, Entry};
use server::store::{Store, StoreError, audit};

fn entry(n: usize) -> Entry {
    Entry { who: None, what: "test", target: n.to_string(), detail: serde_json::json!({}) }
}

fn content(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let read =
        |e: std::fs::DirEntry| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap());
    std::fs::read_dir(dir).unwrap().map(|e| read(e.unwrap())).collect()
}

#[test]
fn two_servers_cannot_share_a_directory() {
    let server = Server::start();
    let second = AppState::open(config(server.dir.path()));
    assert!(matches!(second.err(), Some(StoreError::DataInUse)));
    assert!(Store::open_beside(&server.dir.path().join("data")).is_ok());
}

#[test]
fn lists_are_not_made_anew_under_a_running_server() {
    let server = Server::start();
    let data = server.dir.path().join("data");
    let db = rusqlite::Connection::open(data.join("fieldledger.db")).unwrap();
    // As if the server were an older program, whose lists have another shape.
    db.execute_batch("UPDATE meta SET v = x'00' WHERE k = 'projections'").unwrap();
    let export = |data: &Path| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fieldledger"));
        command.args(["export", "--kind", "customer", "--format", "json", "--data"]).arg(data);
        command.arg("--out").arg(data.with_file_name("out.json")).output().unwrap()
    };
    let refused = export(&data);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("[data_in_use]"), "{said}");
    let stamp = "SELECT v FROM meta WHERE k = 'projections'";
    assert_eq!(db.query_row(stamp, [], |r| r.get::<_, Vec<u8>>(0)).unwrap(), [0]);
    // Where no server runs, they are.
    let copy = server.copy();
    let done = export(&copy.path().join("data"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_directory_of_a_later_program_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    Store::open(&data).unwrap().close();
    let db = rusqlite::Connection::open(data.join("fieldledger.db")).unwrap();
    db.execute("UPDATE meta SET v = v + 1 WHERE k = 'data_version'", []).unwrap();
    db.close().unwrap();
    let before = content(&data);
    for open in [Store::open, Store::open_beside] {
        let error = open(&data).err().unwrap();
        assert!(matches!(error, StoreError::DataTooNew { .. }), "{error}");
        assert_eq!(error.code(), "data_too_new");
    }
    let mut after = content(&data);
    // What a reader of a write-ahead log leaves behind holds no data.
    after.retain(|name, _| !name.ends_with("-shm") && !name.ends_with("-wal"));
    assert_eq!(before, after);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let data = server.dir.path().join("data");
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("secret.key")), 0o600);
}

#[test]
fn a_failing_job_rolls_back_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let before = count(&store);
    std::thread::scope(|scope| {
        for n in 0..64 {
            let store = store.clone();
            scope.spawn(move || {
                let result = store.write_blocking(move |tx| {
                    audit::append(tx, 0, &entry(n))?;
                    match n % 4 {
                        1 => Err(StoreError::Damaged("on purpose")),
                        3 => panic!("on purpose"),
                        _ => Ok(n),
                    }
                });
                match n % 4 {
                    1 => assert!(matches!(result, Err(StoreError::Damaged(_)))),
                    3 => assert!(matches!(result, Err(StoreError::Panicked))),
                    _ => assert_eq!(result.unwrap().into_inner(), n),
                }
            });
        }
    });
    assert_eq!(count(&store) - before, 32);
    assert_eq!(store.read_blocking(audit::verify_chain).unwrap(), Chain::Whole { rows: count(&store) });
}

#[test]
fn jobs_that_wait_share_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (entered, waiting) = std::sync::mpsc::channel();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let done = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let first = store.clone();
        scope.spawn(move || {
            let job = move |_: &server::store::Tx<'_>| {
                entered.send(()).unwrap();
                gate.recv().unwrap();
                Ok::<_, StoreError>(())
            };
            first.write_blocking(job).unwrap();
        });
        waiting.recv().unwrap();
        for n in 0..20 {
            let (store, done) = (store.clone(), done.clone());
            scope.spawn(move || {
                store.write_blocking(move |tx| audit::append(tx, 0, &entry(n))).unwrap();
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        assert_eq!(done.load(Ordering::SeqCst), 0, "nothing is answered before its commit");
        open.send(()).unwrap();
    });
    assert_eq!(done.load(Ordering::SeqCst), 20);
}

#[test]
fn a_reader_sees_one_moment() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let writer = store.clone();
    let (before, after) = store
        .read_blocking(|db| {
            let before = audit::head(db)?.0;
            writer.write_blocking(|tx| audit::append(tx, 0, &entry(1)))?;
            Ok::<_, StoreError>((before, audit::head(db)?.0))
        })
        .unwrap();
    assert_eq!(before, after);
    assert_eq!(count(&store), after + 1);
}

#[test]
fn every_kind_of_damage_to_the_audit_log_is_found() {
    let damages = [
        "UPDATE audit SET target = 'x' WHERE seq = 2",
        "UPDATE audit SET who = randomblob(16) WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 1",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "UPDATE audit SET seq = CASE seq WHEN 100 THEN 3 ELSE 100 END WHERE seq = 3",
        "INSERT INTO audit SELECT seq + 1, at, who, what, target, detail, h FROM audit ORDER BY seq DESC LIMIT 1",
    ];
    for damage in damages {
        let mut server = Server::start();
        server.add_user("wang", Role::Office);
        for _ in 0..5 {
            server.login("wang");
        }
        assert_eq!(server.chain(), Chain::Whole { rows: 5 });
        let db = rusqlite::Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
        assert!(db.execute(damages[0], []).is_err(), "the log is append-only");
        db.execute_batch("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete").unwrap();
        assert_eq!(db.execute(damage, []).unwrap(), 1, "{damage}");
        assert!(matches!(server.chain(), Chain::Broken { .. }), "{damage}");
        server.stop();
    }
}

fn count(store: &Store) -> i64 {
    store.read_blocking(|db| audit::head(db).map(|(seq, _)| seq)).unwrap()
}
