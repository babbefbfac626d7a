//! For any pattern of answers: nothing a person did is anywhere but in the record, waiting, proposed, or in
//! the box; and once everything is judged, device and server hold the same.

use proptest::prelude::*;
use serde_json::json;

use super::fake::{Rule, Server};
use super::{complaint, same};
use crate::store::{documents, pending, refused};
use crate::tests::{fields, signed_in};

#[derive(Clone, Debug)]
enum Step {
    Set(u8, u16),
    Note(u16),
    Sync,
    LoseAnswer,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3u8, any::<u16>()).prop_map(|(f, v)| Step::Set(f, v)),
        3 => any::<u16>().prop_map(Step::Note),
        3 => Just(Step::Sync),
        1 => Just(Step::LoseAnswer),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..14)
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = prop_oneof![
        5 => Just(Rule::Accept),
        2 => Just(Rule::Refuse),
        1 => Just(Rule::Propose),
        1 => Just(Rule::SeqConflict),
        1 => Just(Rule::Fault),
    ];
    prop::collection::vec(rule, 0..20)
}

const FIELDS: [&str; 3] = ["reporter_name", "reporter_contact", "content"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_lost_whatever_the_server_says(steps in steps(), rules in rules(), last_ok in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let mut client = signed_in(dir.path(), 1, "engineer");
        let mut server = Server::new();
        let id = complaint(&mut client, "开始");
        server.rules = rules;
        let mut notes = Vec::new();
        let mut sets = Vec::new();
        for step in steps {
            // A record whose making was refused takes no more work.
            let open = client.show(id).is_ok_and(|s| s["status"] == "draft");
            match step {
                Step::Set(field, value) if open => {
                    let field = FIELDS[usize::from(field)];
                    client.edit(id, field, json!(value.to_string())).unwrap().into_inner();
                    sets.push((field, json!(value.to_string())));
                }
                Step::Note(n) if open => {
                    let text = format!("{}-{n}", notes.len());
                    client.add(id, "follow_ups", fields(json!({"content": text}))).unwrap().into_inner();
                    notes.push(text);
                }
                Step::Set(..) | Step::Note(_) => {}
                Step::Sync => { server.sync(&mut client); }
                Step::LoseAnswer => {
                    server.lost.insert("push".into(), 1);
                    server.sync(&mut client);
                }
                Step::Restart => {
                    drop(client);
                    client = crate::tests::device(dir.path());
                }
            }
        }
        server.lost.clear();
        // Until quiet: rules are used up, everything is judged.
        for _ in 0..8 {
            let report = server.sync(&mut client);
            prop_assert!(report.code.is_none(), "{report:?}");
        }
        if last_ok {
            // The office decides everything that waits for it, dependencies first.
            for work in pending::all(client.store.db()).unwrap() {
                server.decide(work.hash, true);
            }
            server.sync(&mut client);
            prop_assert!(pending::all(client.store.db()).unwrap().is_empty());
        }
        let waiting = pending::all(client.store.db()).unwrap();
        prop_assert!(waiting.iter().all(|w| w.state == pending::State::Proposed), "{waiting:?}");
        let boxed = refused::all(client.store.db()).unwrap();
        let somewhere = |what: &str| {
            let text = |i: &domain::intent::Intent| serde_json::to_string(i).unwrap().contains(what);
            boxed.iter().any(|b| text(&b.intent)) || waiting.iter().any(|w| text(&w.intent))
        };
        let held = documents::get(client.store.db(), id).unwrap();
        if server.docs.contains_key(&id) {
            same(&client, &server, id);
            let kind = client.kind("complaint").unwrap();
            let record = held.unwrap().record().unwrap();
            let history = json!(record.history(&kind)).to_string();
            for note in &notes {
                prop_assert!(history.contains(&format!("\"{note}\"")) || somewhere(note), "note {note}");
            }
            for (field, value) in &sets {
                let was = record.history(&kind).iter().any(|h| h.field == *field && h.value == *value);
                prop_assert!(was || somewhere(value.as_str().unwrap()), "{field} {value}");
            }
        } else {
            for note in &notes {
                prop_assert!(somewhere(note), "note {note}");
            }
        }
    }
}
