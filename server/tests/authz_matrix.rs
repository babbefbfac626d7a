//! Who may do what, printed for people to read; and every route with who may call it.
//!
//! `UPDATE_AUTHZ=1 cargo test -p server --test authz_matrix` writes `tests/output/authz-matrix.txt` anew. Read the
//! difference before committing it: it is a change of what people may do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use common::{Server, refused};
use domain::authz::{Act, Deed, Facts, Permission, Principal, Role, Verdict, decide, scopes};
use domain::ids::UserId;
use domain::lifecycle::{self, Phase};
use domain::schema::{Access, Kind, Schema, Visibility};
use uuid::Uuid;

const REGENERATE: &str = "UPDATE_AUTHZ=1 cargo test -p server --test authz_matrix";

const ME: UserId = UserId(Uuid::from_u128(1));
const OTHER: UserId = UserId(Uuid::from_u128(2));

/// What the author saw, and what is true now.
struct Situation {
    name: &'static str,
    seen: Facts,
    now: Facts,
}

#[derive(Clone, Copy, PartialEq)]
enum Tie {
    None,
    Creator,
    Lead,
    Helper,
}

fn facts(kind: &Kind, tie: Tie, status: Option<&str>) -> Facts {
    let cycle = kind.lifecycle.as_deref().and_then(lifecycle::by_key);
    let status = cycle.map_or("", |c| status.unwrap_or(c.initial));
    Facts {
        creator: Some(if tie == Tie::Creator { ME } else { OTHER }),
        lead: match tie {
            Tie::Lead => Some(ME),
            Tie::Creator => None,
            _ => Some(OTHER),
        },
        others: if tie == Tie::Helper { BTreeSet::from([ME]) } else { BTreeSet::new() },
        status: status.to_owned(),
        phase: cycle.map(|c| c.phase(status)),
    }
}

fn situations(kind: &Kind) -> Vec<Situation> {
    use Tie::{Creator, Helper, Lead, None as Nobody};
    let of = |tie, status| facts(kind, tie, status);
    let mut all = vec![
        Situation { name: "lead then and now", seen: of(Lead, None), now: of(Lead, None) },
        Situation { name: "helper then and now", seen: of(Helper, None), now: of(Helper, None) },
        Situation { name: "creator, nobody leads", seen: of(Creator, None), now: of(Creator, None) },
        Situation { name: "lead then, reassigned since", seen: of(Lead, None), now: of(Nobody, None) },
        Situation { name: "never assigned", seen: of(Nobody, None), now: of(Nobody, None) },
        Situation { name: "assigned only since", seen: of(Nobody, None), now: of(Lead, None) },
    ];
    let Some(cycle) = kind.lifecycle.as_deref().and_then(lifecycle::by_key) else { return all };
    // The first status of a phase stands for all of them.
    let first = |phase| cycle.states.iter().find(|s| s.phase == phase).map(|s| s.code);
    let (handed_in, closed, archived) =
        (first(Phase::Submitted), first(Phase::Closed), first(Phase::Archived));
    let mut lead = |name, seen: Option<&'static str>, now: Option<&'static str>| {
        all.push(Situation { name, seen: of(Lead, seen), now: of(Lead, now) });
    };
    let before = handed_in.or(Some(cycle.initial));
    if handed_in.is_some() {
        lead("lead, handed in since", None, handed_in);
        lead("lead, handed in then", handed_in, handed_in);
    }
    if closed.is_some() {
        lead("lead, closed since", before, closed);
        lead("lead, closed then", closed, closed);
    }
    if archived.is_some() {
        lead("lead, archived since", closed.or(before), archived);
        lead("lead, archived then", archived, archived);
    }
    all
}

/// The classes that a kind's fields and collections have, with what can be done to each.
fn deeds(kind: &Kind) -> Vec<(Access, Option<Permission>, Deed, &'static str)> {
    let mut fields: BTreeSet<(Access, Option<Permission>)> =
        kind.fields.iter().map(|f| (if f.computed { Access::System } else { f.access() }, f.may)).collect();
    if let Some(number) = &kind.number {
        assert_eq!(kind.field(&number.field).unwrap().access(), Access::System);
        fields.insert((Access::System, None));
    }
    let collections: BTreeSet<(Access, Option<Permission>)> =
        kind.collections.iter().map(|c| (c.access, c.may)).collect();
    let mut out = Vec::new();
    for (access, may) in fields {
        out.push((access, may, Deed::Set { first: true }, "set, was empty"));
        out.push((access, may, Deed::Set { first: false }, "set again"));
    }
    for (access, may) in collections {
        out.push((access, may, Deed::Add, "add an entry"));
        out.push((access, may, Deed::Edit { own: true }, "change own entry"));
        out.push((access, may, Deed::Edit { own: false }, "change another's entry"));
    }
    if kind.lifecycle.is_some() {
        out.push((Access::Status, None, Deed::Step, "step of the lifecycle"));
    }
    if kind.visibility == Visibility::Assigned {
        out.push((Access::Core, None, Deed::Assign, "assign people"));
    }
    out
}

fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept".to_owned(),
        Verdict::AcceptFlagged(flag) => format!("accept, {}", flag.as_str()),
        Verdict::Propose(flag) => format!("propose, {}", flag.as_str()),
        Verdict::Refuse(code) => format!("refuse {}", code.as_str()),
    }
}

fn access_word(access: Access) -> String {
    serde_json::to_value(access).unwrap().as_str().unwrap().to_owned()
}

fn people() -> Vec<(&'static str, Principal)> {
    let person = |role, may: &[Permission]| Principal { user: ME, role, may: may.iter().copied().collect() };
    vec![
        ("engineer", person(Role::Engineer, &[])),
        ("office", person(Role::Office, &[])),
        ("office, all permissions", person(Role::Office, &Permission::ALL)),
        ("admin", person(Role::Admin, &[])),
    ]
}

fn matrix() -> String {
    let schema = Schema::builtin().unwrap();
    let mut out = String::from(
        "Who may do what to records: role x kind x access class x situation.\n\
         A situation is what the author of a change knew, and what is true when the server judges it.\n\
         Whether a step of the lifecycle exists for a role is in the lifecycle table; here is only when it is taken.\n",
    );
    writeln!(out, "Made by `{REGENERATE}`; do not edit.").unwrap();
    for kind in schema.kinds() {
        writeln!(out, "\n== {} ({})", kind.key, kind.label.zh).unwrap();
        for (name, person) in people() {
            let sees: Vec<&str> = [
                ("everyone's", facts(kind, Tie::None, None)),
                ("own", facts(kind, Tie::Creator, None)),
                ("assigned", facts(kind, Tie::Helper, None)),
            ]
            .into_iter()
            .filter(|(_, facts)| scopes(kind, facts).iter().any(|s| person.scopes().contains(s)))
            .map(|(what, _)| what)
            .collect();
            let sees = if sees.is_empty() { "nothing".to_owned() } else { sees.join(", ") };
            let creates = if person.may_create(kind) { "creates" } else { "does not create" };
            writeln!(out, "{name}: sees {sees}; {creates}").unwrap();
        }
        let names: Vec<&str> = people().into_iter().map(|(name, _)| name).collect();
        for situation in situations(kind) {
            writeln!(
                out,
                "\n  {:<46}{:<26}{:<26}{:<26}{}",
                situation.name, names[0], names[1], names[2], names[3]
            )
            .unwrap();
            for (access, may, deed, what) in deeds(kind) {
                let act = Act { subject: String::new(), access, may, deed };
                let class = match may {
                    None => access_word(access),
                    Some(may) => format!("{} ({})", access_word(access), may.as_str()),
                };
                let verdicts: Vec<String> = people()
                    .into_iter()
                    .map(|(_, person)| {
                        // What only the office reads, engineers do not write, whatever the table says.
                        if person.role == Role::Engineer && kind.visibility == Visibility::Office {
                            "refuse forbidden_doc".to_owned()
                        } else {
                            word(decide(&person, &act, &situation.seen, &situation.now))
                        }
                    })
                    .collect();
                let line = format!(
                    "    {class:<21}{what:<23}{:<26}{:<26}{:<26}{}",
                    verdicts[0], verdicts[1], verdicts[2], verdicts[3]
                );
                writeln!(out, "{}", line.trim_end()).unwrap();
            }
        }
    }
    out
}

#[test]
fn the_matrix_is_as_it_was_agreed() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/authz-matrix.txt");
    let now = matrix();
    if std::env::var_os("UPDATE_AUTHZ").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, now).unwrap();
        return;
    }
    let agreed = std::fs::read_to_string(&file).unwrap_or_default();
    if let Some((n, (a, b))) = agreed.lines().zip(now.lines()).enumerate().find(|(_, (a, b))| a != b) {
        panic!("line {}: was {a:?}, is {b:?}; if that is meant: {REGENERATE}", n + 1);
    }
    assert_eq!(agreed.lines().count(), now.lines().count(), "if that is meant: {REGENERATE}");
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Caller {
    /// Anyone, without signing in.
    Anyone,
    /// Whoever is signed in; what they see and may do is decided inside.
    SignedIn,
    /// Office and admins.
    Office,
    /// Admins.
    Admin,
}

/// Every route that is there. A new route gets a row here, or the test fails.
const ROUTES: &[(&str, &str, Caller)] = &[
    ("GET", "/healthz", Caller::Anyone),
    ("GET", "/readyz", Caller::Anyone),
    ("GET", "/metrics", Caller::Anyone),
    ("POST", "/api/v1/session", Caller::Anyone),
    ("POST", "/api/v1/session/refresh", Caller::Anyone),
    ("DELETE", "/api/v1/session", Caller::SignedIn),
    ("GET", "/api/v1/me", Caller::SignedIn),
    ("GET", "/api/v1/me/devices", Caller::SignedIn),
    ("DELETE", "/api/v1/me/devices/{id}", Caller::SignedIn),
    ("GET", "/api/v1/reference", Caller::SignedIn),
    ("GET", "/api/v1/events", Caller::SignedIn),
    ("GET", "/api/v1/admin/lists", Caller::Admin),
    ("GET", "/api/v1/admin/lists/{key}", Caller::Admin),
    ("PUT", "/api/v1/admin/lists/{key}", Caller::Admin),
    ("GET", "/api/v1/admin/settings", Caller::Admin),
    ("PUT", "/api/v1/admin/settings", Caller::Admin),
    ("GET", "/api/v1/admin/calendar", Caller::Admin),
    ("GET", "/api/v1/admin/calendar/{year}", Caller::Admin),
    ("PUT", "/api/v1/admin/calendar/{year}", Caller::Admin),
    ("GET", "/api/v1/admin/templates", Caller::Admin),
    ("PUT", "/api/v1/admin/templates/{code}/{version}", Caller::Admin),
    ("GET", "/api/v1/search", Caller::SignedIn),
    ("POST", "/api/v1/return-visits/plan", Caller::Office),
    ("GET", "/api/v1/surveys/sample", Caller::Office),
    ("GET", "/api/v1/deadlines", Caller::SignedIn),
    ("GET", "/api/v1/records/{kind}", Caller::SignedIn),
    ("POST", "/api/v1/records/{kind}", Caller::SignedIn),
    ("GET", "/api/v1/records/{kind}/{id}", Caller::SignedIn),
    ("GET", "/api/v1/records/{kind}/{id}/history", Caller::SignedIn),
    ("GET", "/api/v1/records/{kind}/{id}/related", Caller::SignedIn),
    ("GET", "/api/v1/records/{kind}/{id}/suggestions", Caller::SignedIn),
    ("GET", "/api/v1/records/{kind}/{id}/conflicts", Caller::SignedIn),
    ("POST", "/api/v1/records/{kind}/{id}/intents", Caller::SignedIn),
    ("POST", "/api/v1/records/{kind}/{id}/merge", Caller::SignedIn),
    ("POST", "/api/v1/disclosures", Caller::SignedIn),
    ("GET", "/api/v1/admin/audit", Caller::Admin),
    ("GET", "/api/v1/admin/retention", Caller::Admin),
    ("GET", "/api/v1/proposals", Caller::Office),
    ("POST", "/api/v1/proposals/{id}", Caller::Office),
    ("POST", "/api/v1/sync/hello", Caller::SignedIn),
    ("POST", "/api/v1/sync/push", Caller::SignedIn),
    ("POST", "/api/v1/sync/pull", Caller::SignedIn),
    ("POST", "/api/v1/sync/snapshot", Caller::SignedIn),
    ("POST", "/api/v1/sync/offer", Caller::SignedIn),
];

/// Asks, and reads no further than the status: one route streams without an end.
fn status(server: &Server, method: &str, path: &str, token: Option<&str>) -> u16 {
    let path = path
        .replace("{kind}", "complaint")
        .replace("{key}", "channel")
        .replace("{year}", "2027")
        .replace("{code}/{version}", "own/1")
        .replace("proposals/{id}", "proposals/1")
        .replace("{id}", "01930000-0000-7000-8000-000000000001");
    let auth = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
    let body = if path.contains("proposals") { r#"{"decision":"accept"}"# } else { "{}" };
    let kind = if path.contains("/sync/") { "application/cbor" } else { "application/json" };
    let mut stream = server.connect();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\n{auth}\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    std::str::from_utf8(&head).unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn every_route_has_a_row_and_keeps_to_it() {
    let server = Server::start();
    let document = server.request("GET", "/api/openapi.json", None, None).json();
    let mut known: BTreeMap<(String, String), Caller> =
        ROUTES.iter().map(|(m, p, c)| (((*m).to_owned(), (*p).to_owned()), *c)).collect();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let key = (method.to_uppercase(), path.clone());
            let caller = known.remove(&key).unwrap_or_else(|| panic!("{key:?} has no row in ROUTES"));
            routes.push((key.0, key.1, caller));
        }
    }
    assert!(known.is_empty(), "rows without a route: {known:?}");

    for name in ["engineer", "office", "admin"] {
        server.add_user(name, Role::from_text(name).unwrap());
    }
    for (method, path, caller) in routes {
        let anonymous = status(&server, &method, &path, None);
        if caller == Caller::Anyone {
            // Some of them refuse what is no request, but not for want of a token.
            assert_ne!(anonymous, 403, "{method} {path}");
            continue;
        }
        assert_eq!(anonymous, 401, "{method} {path} without a token");
        assert_eq!(status(&server, &method, &path, Some("forged")), 401, "{method} {path}");
        for role in ["engineer", "office", "admin"] {
            // A fresh session each time: one route ends it.
            let token = server.login(role).access;
            let got = status(&server, &method, &path, Some(&token));
            let may = match caller {
                Caller::Anyone | Caller::SignedIn => true,
                Caller::Office => role != "engineer",
                Caller::Admin => role == "admin",
            };
            if may {
                assert!(got != 401 && got != 403, "{method} {path} by {role}: {got}");
            } else {
                assert_eq!(got, 403, "{method} {path} by {role}");
            }
        }
    }
    refused(&server.request("GET", "/api/v1/nothing", None, None), 404, "not_found");
}
