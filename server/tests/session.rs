//! Signing in, staying signed in, and being thrown out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{PASSWORD, START, Server, Tokens, refused};
use domain::authz::Role;
use server::auth::password;
use server::host::{DAY, MINUTE, SECOND};
use server::store::{accounts, sessions};
use uuid::Uuid;

#[test]
fn signing_in_and_out() {
    let server = Server::start();
    let id = server.add_user("Wang", Role::Engineer);
    let answer = server.try_login("wANG", PASSWORD, None);
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["expires_in"], 600);
    assert_eq!(body["user"]["id"], id.to_string());
    assert_eq!(body["user"]["role"], "engineer");
    let tokens = Tokens::of(&answer);

    let me = server.get("/api/v1/me", &tokens.access);
    assert_eq!((me.status, me.json()["name"].as_str()), (200, Some("Wang")));
    assert_eq!(server.request("DELETE", "/api/v1/session", Some(&tokens.access), None).status, 204);
    refused(&server.get("/api/v1/me", &tokens.access), 401, "token_invalid");
    refused(&server.refresh(&tokens.refresh, None), 401, "token_invalid");
    assert_eq!((server.audited("login"), server.audited("logout")), (1, 1));
}

#[test]
fn a_wrong_password_and_an_unknown_name_look_the_same() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let wrong = server.try_login("wang", "wrong horse", None);
    let unknown = server.try_login("zhang", "wrong horse", None);
    refused(&wrong, 401, "bad_credentials");
    refused(&unknown, 401, "bad_credentials");
    assert_eq!(wrong.json()["params"], unknown.json()["params"]);
    assert_eq!(server.audited("login_failed"), 2);
    assert!(!server.audit().iter().any(|row| row.detail.contains("zhang") || row.target.contains("zhang")));
}

#[test]
fn guessing_is_slowed_down_but_nothing_is_locked_for_good() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    for _ in 0..5 {
        refused(&server.try_login("wang", "wrong horse", None), 401, "bad_credentials");
    }
    let answer = server.try_login("wang", PASSWORD, None);
    refused(&answer, 429, "throttled");
    assert_eq!(answer.header("retry-after"), Some("1"));
    server.clock.advance(SECOND);
    assert_eq!(server.try_login("wang", PASSWORD, None).status, 200);
}

#[test]
fn a_stranger_cannot_lock_out_a_known_device() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let phone = Uuid::from_u128(7);
    server.login_from("wang", Some(phone));
    for _ in 0..5 {
        server.try_login("wang", "wrong horse", None);
    }
    refused(&server.try_login("wang", PASSWORD, None), 429, "throttled");
    assert_eq!(server.try_login("wang", PASSWORD, Some(phone)).status, 200);
    for _ in 0..5 {
        server.try_login("wang", "wrong horse", Some(phone));
    }
    refused(&server.try_login("wang", PASSWORD, Some(phone)), 429, "throttled");
}

#[test]
fn access_tokens_live_ten_minutes() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let tokens = server.login("wang");
    server.clock.advance(10 * MINUTE - SECOND);
    assert_eq!(server.get("/api/v1/me", &tokens.access).status, 200);
    server.clock.advance(SECOND);
    refused(&server.get("/api/v1/me", &tokens.access), 401, "token_expired");
    let renewed = Tokens::of(&server.refresh(&tokens.refresh, None));
    assert_eq!(server.get("/api/v1/me", &renewed.access).status, 200);
}

#[test]
fn only_our_own_access_tokens_are_taken() {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let tokens = server.login("wang");
    let mut parts = tokens.access.split('.');
    let (head, claims) = (parts.next().unwrap(), parts.next().unwrap());
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    let foreign =
        encode(&header, &serde_json::json!({ "sub": "x" }), &EncodingKey::from_secret(&[1; 32])).unwrap();
    for token in [
        "",
        "x",
        &tokens.refresh,
        &format!("{none}.{claims}."),
        &format!("{head}.{claims}."),
        &foreign,
        &"a".repeat(1 << 20),
    ] {
        let answer = server.get("/api/v1/me", token);
        assert!([401, 431].contains(&answer.status), "{} for {:.60}", answer.status, token);
    }
    refused(&server.raw("GET", "/api/v1/me", "", b""), 401, "token_invalid");
    refused(&server.raw("GET", "/api/v1/me", "Authorization: Basic eDp5\r\n", b""), 401, "token_invalid");
}

#[test]
fn revocation_counts_from_the_next_request_on() {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let (phone, tablet) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let on_phone = server.login_from("wang", Some(phone));
    let on_tablet = server.login_from("wang", Some(tablet));
    assert_eq!(server.get("/api/v1/me", &on_tablet.access).json()["devices"].as_array().unwrap().len(), 2);

    let path = format!("/api/v1/me/devices/{tablet}");
    assert_eq!(server.request("DELETE", &path, Some(&on_phone.access), None).status, 204);
    refused(&server.get("/api/v1/me", &on_tablet.access), 403, "device_revoked");
    refused(&server.refresh(&on_tablet.refresh, None), 403, "device_revoked");
    refused(&server.try_login("wang", PASSWORD, Some(tablet)), 403, "device_revoked");
    assert_eq!(server.get("/api/v1/me", &on_phone.access).status, 200);
    assert_eq!(server.audited("device_revoked"), 1);

    server.write(move |tx| sessions::revoke_of_user(tx, wang, "test", START));
    refused(&server.get("/api/v1/me", &on_phone.access), 401, "token_invalid");
}

#[test]
fn anothers_device_is_out_of_reach() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    server.add_user("li", Role::Engineer);
    let phone = Uuid::from_u128(1);
    server.login_from("wang", Some(phone));
    let li = server.login("li");
    let path = format!("/api/v1/me/devices/{phone}");
    refused(&server.request("DELETE", &path, Some(&li.access), None), 404, "not_found");
    refused(&server.try_login("li", PASSWORD, Some(phone)), 409, "conflict");
}

#[test]
fn a_disabled_user_is_told_so_and_goes_on_when_enabled() {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let tokens = server.login("wang");
    server.write(move |tx| accounts::disable(tx, wang, START));
    refused(&server.get("/api/v1/me", &tokens.access), 403, "user_disabled");
    refused(&server.refresh(&tokens.refresh, None), 403, "user_disabled");
    refused(&server.try_login("wang", PASSWORD, None), 403, "user_disabled");
    refused(&server.try_login("wang", "wrong horse", None), 401, "bad_credentials");
    server.write(move |tx| accounts::enable(tx, wang));
    assert_eq!(server.get("/api/v1/me", &tokens.access).status, 200);
}

#[test]
fn a_new_password_ends_every_session() {
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let tokens = server.login("wang");
    let hash = password::hash("battery staple", &server::host::SystemRng).unwrap();
    server.write(move |tx| accounts::set_password(tx, wang, &hash, START));
    refused(&server.get("/api/v1/me", &tokens.access), 401, "token_invalid");
    assert_eq!(server.try_login("wang", "battery staple", None).status, 200);
}

#[test]
fn refresh_tokens_rotate_and_a_lost_answer_can_be_asked_for_again() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let first = server.login("wang");
    let request = Some(Uuid::from_u128(99));
    let lost = Tokens::of(&server.refresh(&first.refresh, request));
    assert_ne!(lost.refresh, first.refresh);

    server.clock.advance(DAY - MINUTE);
    let again = Tokens::of(&server.refresh(&first.refresh, request));
    assert_eq!(again.refresh, lost.refresh);
    let next = Tokens::of(&server.refresh(&again.refresh, Some(Uuid::from_u128(100))));
    assert_eq!(server.get("/api/v1/me", &next.access).status, 200);
    assert_eq!(server.audited("refresh_reused"), 0);
}

#[test]
fn a_refresh_token_used_by_two_ends_the_session_for_both() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    for request in [None, Some(Uuid::from_u128(2))] {
        let first = server.login("wang");
        let honest = Tokens::of(&server.refresh(&first.refresh, Some(Uuid::from_u128(1))));
        refused(&server.refresh(&first.refresh, request), 401, "token_invalid");
        refused(&server.refresh(&honest.refresh, Some(Uuid::from_u128(3))), 401, "token_invalid");
        refused(&server.get("/api/v1/me", &honest.access), 401, "token_invalid");
    }
    assert_eq!(server.audited("refresh_reused"), 2);
}

#[test]
fn the_same_request_a_day_later_is_no_retry_any_more() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let first = server.login("wang");
    let request = Some(Uuid::from_u128(1));
    assert_eq!(server.refresh(&first.refresh, request).status, 200);
    server.clock.advance(DAY + SECOND);
    refused(&server.refresh(&first.refresh, request), 401, "token_invalid");
}

#[test]
fn refresh_tokens_end_when_idle_and_at_last() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let mut tokens = server.login("wang");
    for _ in 0..3 {
        server.clock.advance(29 * DAY);
        tokens = Tokens::of(&server.refresh(&tokens.refresh, None));
    }
    server.clock.advance(4 * DAY);
    refused(&server.refresh(&tokens.refresh, None), 401, "token_expired");
    let tokens = server.login("wang");
    server.clock.advance(30 * DAY + SECOND);
    refused(&server.refresh(&tokens.refresh, None), 401, "token_expired");
}

#[test]
fn what_is_over_is_deleted_in_the_housekeeping() {
    let server = Server::start();
    server.add_user("wang", Role::Engineer);
    let counts = || {
        let db = rusqlite::Connection::open(server.dir.path().join("data/fieldledger.db")).unwrap();
        let count = |table: &str| {
            db.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get::<_, u32>(0)).unwrap()
        };
        (count("sessions"), count("refresh_tokens"))
    };
    let mut tokens = server.login("wang");
    for _ in 0..2 {
        server.clock.advance(20 * DAY);
        tokens = Tokens::of(&server.refresh(&tokens.refresh, None));
    }
    assert_eq!(counts(), (1, 3));
    server.state.ledger.keep_up().unwrap();
    assert_eq!(counts(), (1, 2), "the first token is older than a token gets");
    // Who comes back in time goes on.
    server.clock.advance(29 * DAY);
    Tokens::of(&server.refresh(&tokens.refresh, None));
    server.clock.advance(22 * DAY + SECOND);
    server.login("wang");
    server.state.ledger.keep_up().unwrap();
    assert_eq!(counts(), (1, 1));
}

#[test]
fn a_weak_hash_is_replaced_at_sign_in() {
    use argon2::password_hash::PasswordHasher;
    use argon2::password_hash::phc::PasswordHash;
    let server = Server::start();
    let wang = server.add_user("wang", Role::Engineer);
    let params = argon2::Params::new(8 * 1024, 1, 1, None).unwrap();
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::default(), params);
    let hash: PasswordHash = weak.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap();
    let hash = hash.to_string();
    server.write(move |tx| accounts::replace_hash(tx, wang, &hash));
    server.login("wang");
    let stored = server.state.store.read_blocking(|db| accounts::password(db, wang)).unwrap().unwrap();
    assert_eq!(password::check(PASSWORD, Some(&stored)), password::Check::Right);
}

#[test]
fn no_secret_is_in_the_database() {
    let mut server = Server::start();
    server.add_user("wang", Role::Engineer);
    let first = server.login("wang");
    let second = Tokens::of(&server.refresh(&first.refresh, Some(Uuid::from_u128(1))));
    server.stop();
    for entry in std::fs::read_dir(server.dir.path().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [&first.refresh, &second.refresh, &first.access, &second.access, PASSWORD] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
        }
    }
}
