//! The demo organisation, made for real.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::authz::{Principal, Role};
use domain::ids::SYSTEM_USER;
use domain::lifecycle;
use domain::schema::Schema;
use server::demo::{self, DemoError, SEED};
use server::host::{ManualClock, SystemRng};
use server::records::{ListRequest, Records};
use server::store::{Store, accounts};
use server::sync::{Ledger, Parts};

/// 2026-03-12 10:00 in Shanghai.
const NOW: i64 = 1_773_280_800_000;

/// How many records there are at least of the kinds around complaints and visits.
const AROUND: [(&str, u64); 18] = [
    ("product_type", 10),
    ("call_log", 10),
    ("task", 12),
    ("part_order", 7),
    ("quote", 6),
    ("expense_claim", 7),
    ("return_visit_plan", 4),
    ("return_visit", 15),
    ("survey", 20),
    ("survey_campaign", 3),
    ("monthly_satisfaction", 6),
    ("kpi_sheet", 5),
    ("incident", 2),
    ("corrective_action", 8),
    ("goods_return", 8),
    ("claim", 8),
    ("station_report", 2),
    ("case", 4),
];

/// Fields through which these are connected: at least a few records have them.
const LINKS: [(&str, &str); 11] = [
    ("product_item", "product_type"),
    ("complaint", "incident"),
    ("task", "complaint"),
    ("part_order", "visit"),
    ("return_visit", "plan"),
    ("return_visit", "complaint"),
    ("survey", "visit"),
    ("survey", "campaign"),
    ("corrective_action", "complaint"),
    ("goods_return", "complaint"),
    ("case", "source_complaint"),
];

fn records(dir: &std::path::Path) -> Records {
    let parts = Parts {
        store: Store::open(dir).unwrap(),
        receipt_key: dir.join("receipt.key"),
        schema: Schema::builtin().unwrap(),
        clock: Arc::new(ManualClock::new(NOW)),
        rng: Arc::new(SystemRng),
    };
    Records::new(Ledger::open(parts).unwrap())
}

fn count(records: &Records, kind: &str, filter: &str) -> u64 {
    let person = Principal { user: SYSTEM_USER, role: Role::Admin, may: BTreeSet::new() };
    let filters = if filter.is_empty() { Vec::new() } else { vec![filter.to_owned()] };
    let request = ListRequest { filters, ..ListRequest::default() };
    records.list(&person, &records.kind(kind).unwrap(), &request).unwrap().total
}

#[test]
fn a_year_of_work_in_every_status_for_everybody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    assert_eq!(demo::existing(&path).unwrap(), None);
    let made = demo::make(&path, SEED, NOW, Arc::new(SystemRng)).unwrap();
    assert!(made.complete && made.accounts.len() == 10);
    assert_eq!(demo::existing(&path).unwrap(), Some(made.clone()));

    let records = records(&path);
    assert_eq!(count(&records, "customer", ""), 40);
    assert_eq!(count(&records, "product_item", ""), 120);
    assert!(count(&records, "complaint", "") >= 300);
    assert!(count(&records, "visit", "") >= 400);
    for (kind, cycle) in [("complaint", "complaint"), ("visit", "visit")] {
        for state in lifecycle::by_key(cycle).unwrap().states {
            let n = count(&records, kind, &format!("status:{}", state.code));
            assert!(n > 0, "no {kind} is {}", state.code);
        }
    }
    for (kind, least) in AROUND {
        assert!(count(&records, kind, "") >= least, "few {kind}: {}", count(&records, kind, ""));
        let Some(cycle) = records.kind(kind).unwrap().lifecycle.clone() else { continue };
        let states = lifecycle::by_key(&cycle).unwrap().states.iter();
        let seen = states.filter(|s| count(&records, kind, &format!("status:{}", s.code)) > 0);
        assert!(seen.count() >= 2, "{kind} in one status");
        for time in ["created_at", "updated_at"] {
            assert_eq!(count(&records, kind, &format!("{time}:2026-03-12T02:00:01Z..")), 0, "{kind} {time}");
        }
    }
    for (kind, field) in LINKS {
        let linked = count(&records, kind, "") - count(&records, kind, &format!("{field}:"));
        assert!(linked >= 3, "{linked} {kind} with {field}");
    }
    for template in ["callback", "after_service", "annual_likert"] {
        for status in ["given", "reviewed"] {
            let filter = format!("template:{template},status:{status}");
            assert!(count(&records, "survey", &filter) > 0, "{filter}");
        }
    }
    assert!(count(&records, "return_visit", "status:refused_retry,callback_at:2026-03-12T02:00:00Z..") >= 2);
    assert_eq!(count(&records, "complaint", "conflicts:1"), made.conflicts as u64);
    assert!(made.conflicts >= 4);
    // Nothing was made or changed after the story's last moment.
    assert_eq!(count(&records, "complaint", "created_at:2026-03-12T02:00:01Z.."), 0);
    assert_eq!(count(&records, "visit", "updated_at:2026-03-12T02:00:01Z.."), 0);
    let people = records.ledger().store().read_blocking(accounts::all).unwrap();
    assert_eq!(people.len(), 10);
    for account in &made.accounts {
        let user = people.iter().find(|u| u.name == account.user).unwrap();
        let stored = records.ledger().store().read_blocking(|db| accounts::password(db, user.id)).unwrap();
        let check = server::auth::password::check(&account.password, stored.as_deref());
        assert!(!matches!(check, server::auth::password::Check::Wrong), "{}", account.user);
    }
    // What the lists were made with is what the documents say.
    let (documents, differences) = records.ledger().verify().unwrap();
    assert!(documents > 900 && differences.is_empty(), "{documents} {}", differences.len());
}

#[test]
fn data_of_ones_own_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let who = accounts::NewUser {
        id: domain::ids::UserId(uuid::Uuid::from_u128(1)),
        name: "own".into(),
        display: "own".into(),
        role: Role::Admin,
        department: String::new(),
        region: String::new(),
        may: BTreeSet::new(),
        password: "x".into(),
    };
    store.write_blocking(move |tx| accounts::add(tx, &who, NOW)).unwrap();
    store.close();
    let refused = demo::make(dir.path(), SEED, NOW, Arc::new(SystemRng)).unwrap_err();
    assert!(matches!(refused, DemoError::NotEmpty));
    assert_eq!(refused.code(), "data_not_empty");
    assert_eq!(demo::existing(dir.path()).unwrap(), None);
}

#[test]
fn an_interrupted_run_is_not_taken_for_a_demo() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("demo.json"), "{\"complete\":fal").unwrap();
    assert_eq!(demo::existing(dir.path()).unwrap_err().code(), "demo_incomplete");
}
