//! Every input that is known to hurt Automerge 0.12, and how the guard answers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod hostile;

use automerge::{Automerge, ObjType, ROOT, ReadDoc as _, ScalarValue, transaction::Transactable as _};
use domain::guard::{Action, Causal, Limits, Root, Touches, bloom_ok, load_strict, parse, touches, trial};
use hostile::{
    USER, actor, admit, commit, container,
    craft::{
        Craft, CraftDocument, change_chunk, deflate, deflated_chunk, other_chunk, run, sleb, string, uleb,
    },
    edit_as, heads, quiet_contained_panics, record, verdict,
};

#[global_allocator]
static ALLOCATOR: hostile::alloc::Counting = hostile::alloc::Counting;

/// No refusal of a change may have held more memory than this.
const MEMORY: usize = 8 << 20;
/// Nor that of a document, whose columns may inflate to 8 MiB.
const DOCUMENT_MEMORY: usize = 32 << 20;

fn send(doc: &Automerge, craft: &Craft) -> (&'static str, &'static str) {
    quiet_contained_panics();
    let chunk = craft.chunk();
    let (result, held) =
        hostile::alloc::peak(|| verdict(admit(doc, &[chunk], Some(USER), &Limits::default())));
    assert!(result.0 == "admitted" || held < MEMORY, "{result:?} held {held} bytes");
    result
}

fn refused_by_parse(chunk: &[u8]) -> (&'static str, &'static str) {
    let (result, held) = hostile::alloc::peak(|| parse(chunk, &Limits::default()));
    assert!(held < MEMORY, "held {held} bytes");
    let refused = result.expect_err("refused");
    (refused.code.as_str(), refused.detail)
}

#[test]
fn the_honest_craft_is_admitted() {
    let doc = record();
    assert_eq!(send(&doc, &Craft::on(&doc)), ("admitted", ""));
    assert_eq!(send(&doc, &Craft::on(&doc).repeated(20_000)), ("admitted", ""), "as many as are allowed");
    let chunk = deflated_chunk(&Craft::on(&doc).body());
    let checked = parse(&chunk, &Limits::default()).unwrap();
    assert_eq!(checked.canonical, Craft::on(&doc).chunk(), "only the plain form is kept");
    assert_eq!((checked.rows, checked.author, checked.has_extra), (1, Some(USER), true));
}

#[test]
fn a_long_text_is_admitted() {
    let doc = record();
    let mut typed = edit_as(&doc, USER, actor(0x61));
    let change = commit(&mut typed, 1, |tx| {
        let fields = tx.get(ROOT, "fields").unwrap().unwrap().1;
        let story = tx.get(&fields, "story").unwrap().unwrap().1;
        tx.splice_text(&story, 0, 0, &"液压油温过高，停机。".repeat(1_900)).unwrap();
    });
    assert!(change.len() > 18_000);
    let admitted = admit(&doc, &[change.raw_bytes().to_vec()], Some(USER), &Limits::default()).unwrap();
    assert_eq!(heads(&admitted.doc), heads(&typed));
    assert_eq!(touches(&doc, &change).unwrap().len(), 1);
}

#[test]
fn runs_of_millions_of_operations() {
    let doc = record();
    for count in [20_001, 1_000_000, 50_000_000, 1_000_000_000, i64::MAX] {
        let chunk = Craft::on(&doc).repeated(count).chunk();
        assert!(chunk.len() < 160);
        assert_eq!(refused_by_parse(&chunk), ("too_large", "rows in a column"), "{count}");
    }
    // The same in a single column, behind an honest action column.
    for spec in [0x01, 0x02, 0x11, 0x13, 0x15, 0x56, 0x70, 0x71, 0x73, 0xa5] {
        let mut value = uleb(0);
        value.extend([0; 4]);
        let chunk = Craft::on(&doc).column(spec, run(1 << 40, &value[..1])).chunk();
        assert_eq!(refused_by_parse(&chunk), ("too_large", "rows in a column"), "{spec:#x}");
        let chunk = Craft::on(&doc).column(spec, run(i64::MIN, &[])).chunk();
        assert_eq!(refused_by_parse(&chunk), ("too_large", "rows in a column"), "{spec:#x}");
        let mut nulls = sleb(0);
        nulls.extend(uleb(1 << 50));
        let chunk = Craft::on(&doc).column(spec, nulls).chunk();
        assert_eq!(refused_by_parse(&chunk), ("too_large", "rows in a column"), "{spec:#x}");
    }
    let chunk = Craft::on(&doc).column(0x34, uleb(1 << 50)).chunk();
    assert_eq!(refused_by_parse(&chunk), ("too_large", "rows in a column"));
    // One operation with a billion predecessors.
    let chunk = Craft::on(&doc).column(0x70, run(1, &uleb(1_000_000_000))).chunk();
    assert_eq!(refused_by_parse(&chunk), ("too_large", "rows in a column"));
}

#[test]
fn a_long_string_repeated() {
    let doc = record();
    let key = "x".repeat(100_000);
    let craft = Craft::on(&doc).repeated(1_000).column(0x15, run(1_000, &string(&key)));
    assert_eq!(refused_by_parse(&craft.chunk()), ("too_large", "strings in a column"));
}

#[test]
fn compressed_bombs() {
    // 1 GiB of zeros would not fit the wire limit; 180 MiB does.
    let bomb = deflated_chunk(&vec![0; 180 << 20]);
    assert!(bomb.len() < 256 << 10);
    assert_eq!(refused_by_parse(&bomb), ("too_large", "inflated bytes"));
    assert_eq!(refused_by_parse(&vec![0; 300 << 10]), ("too_large", "chunk bytes"));

    let doc = record();
    let craft = Craft::on(&doc).column(0x15 | 8, deflate(&run(1, &string("k")))).column(0x15, Vec::new());
    assert_eq!(refused_by_parse(&craft.chunk()), ("malformed", "compressed column inside a change"));

    let mut trailing = deflate(&Craft::on(&doc).body());
    trailing.extend([0; 10]);
    let mut chunk = deflated_chunk(&Craft::on(&doc).body());
    chunk.truncate(9);
    chunk.extend(uleb(trailing.len() as u64));
    chunk.extend(trailing);
    assert_eq!(refused_by_parse(&chunk), ("malformed", "bytes after the compressed data"));
}

#[test]
fn headers() {
    let doc = record();
    let body = Craft::on(&doc).body();
    let mut chunk = change_chunk(&body);
    chunk[4] ^= 1;
    assert_eq!(refused_by_parse(&chunk), ("malformed", "checksum"));
    let mut chunk = change_chunk(&body);
    chunk[0] = 0;
    assert_eq!(refused_by_parse(&chunk), ("malformed", "not an Automerge chunk"));
    let mut chunk = change_chunk(&body);
    chunk.push(0);
    assert_eq!(refused_by_parse(&chunk), ("malformed", "bytes after the chunk"));
    for kind in [0, 3, 4, 255] {
        assert_eq!(refused_by_parse(&other_chunk(kind, &body)), ("malformed", "not a change chunk"));
    }
    assert_eq!(refused_by_parse(&doc.save()), ("malformed", "not a change chunk"));
    let honest = change_chunk(&body);
    for len in 0..honest.len() {
        assert_eq!(refused_by_parse(&honest[..len]).0, "malformed");
    }
    // Lengths that lie inside the body.
    for (at, what) in [(0, "too_large"), (33, "malformed")] {
        let mut body = body.clone();
        body.splice(at..=at, uleb(u64::MAX >> 1));
        assert_eq!(refused_by_parse(&change_chunk(&body)).0, what, "at {at}");
    }
}

#[test]
fn fields_out_of_bounds() {
    let doc = record();
    let base = Craft::on(&doc);
    let cases: Vec<(Craft, (&str, &str))> = vec![
        (Craft { deps: (0..65).map(|n| [n; 32]).collect(), ..base.clone() }, ("too_large", "dependencies")),
        (Craft { deps: vec![[1; 32]; 2], ..base.clone() }, ("malformed", "dependency named twice")),
        (Craft { message: vec![b'x'; 257], ..base.clone() }, ("too_large", "message")),
        (Craft { message: vec![0xff], ..base.clone() }, ("malformed", "message is not text")),
        (
            Craft {
                others: (0..257u32)
                    .map(|n| {
                        let mut id = [0; 16];
                        id[..4].copy_from_slice(&n.to_be_bytes());
                        id
                    })
                    .collect(),
                ..base.clone()
            },
            ("too_large", "actors"),
        ),
        (Craft { others: vec![actor(2), actor(1)], ..base.clone() }, ("malformed", "actors out of order")),
        (Craft { others: vec![base.actor], ..base.clone() }, ("malformed", "actors out of order")),
        (Craft { extra: vec![1; 81], ..base.clone() }, ("too_large", "extra bytes")),
        (Craft { extra: vec![2, 0], ..base.clone() }, ("malformed", "extra bytes are not an author")),
        (Craft { extra: vec![1, 16, 0], ..base.clone() }, ("malformed", "author is not a user id")),
        (Craft { seq: 0, ..base.clone() }, ("malformed", "sequence number or first counter")),
        (Craft { start_op: 0, ..base.clone() }, ("malformed", "sequence number or first counter")),
        (Craft { time: -1, ..base.clone() }, ("malformed", "time out of range")),
        (Craft { time: i64::MAX, ..base.clone() }, ("malformed", "time out of range")),
        (
            Craft { start_op: u64::from(u32::MAX) - 1, ..base.clone() },
            ("malformed", "operation counter too high"),
        ),
        (base.clone().column(0x42, run(1, &uleb(8))), ("malformed", "integer out of range")),
        (base.clone().column(0x56, run(1, &uleb(1 << 40 | 6))), ("malformed", "value lengths do not add up")),
        (base.clone().column(0x61, run(1, &uleb(0))), ("malformed", "unknown column")),
        (base.clone().column(0x71, run(1, &uleb(0))), ("malformed", "predecessors do not add up")),
        (base.clone().column(0x01, run(1, &uleb(0))), ("malformed", "half an operation id")),
        (base.clone().object(0, 1 << 33), ("malformed", "operation id out of range")),
        (base.clone().column(0x34, uleb(5)), ("malformed", "column longer than there are operations")),
    ];
    for (craft, expected) in cases {
        assert_eq!(refused_by_parse(&craft.chunk()), expected);
    }
    let twice = Craft { columns: [base.columns.clone(), base.columns.clone()].concat(), ..base.clone() };
    assert_eq!(refused_by_parse(&twice.chunk()), ("malformed", "columns out of order"));
}

#[test]
fn sequence_numbers() {
    let doc = record();
    let base = Craft::on(&doc);
    // A gap panics in Automerge.
    assert_eq!(send(&doc, &Craft { seq: 5, extra: Vec::new(), ..base.clone() }).0, "actor_seq_gap");
    // The number is taken: a device that was restored from a backup and kept its actor.
    let again = Craft { actor: actor(0x20), ..base.clone() };
    assert_eq!(send(&doc, &again).0, "actor_seq_conflict");
    // An author named again panics in Automerge.
    let footer = Craft { actor: actor(0x20), seq: 2, ..base.clone() };
    assert_eq!(send(&doc, &footer), ("malformed", "author named after the first change"));
    let honest = Craft { extra: Vec::new(), ..footer };
    assert_eq!(send(&doc, &honest), ("admitted", ""));
    // Its own previous change is not among the ancestors: saves, then never loads again.
    let genesis = doc.get_changes_meta(&[])[0].hash.0;
    let detached = Craft { deps: vec![genesis], start_op: 7, ..honest.clone() };
    assert_eq!(send(&doc, &detached), ("malformed", "does not build on its actor's previous change"));
    let none = Craft { deps: Vec::new(), start_op: 1, ..honest };
    assert_eq!(send(&doc, &none), ("malformed", "does not build on its actor's previous change"));
    assert_eq!(
        send(
            &doc,
            &base
                .clone()
                .column(0x42, Vec::new())
                .column(0x15, Vec::new())
                .column(0x34, Vec::new())
                .column(0x56, Vec::new())
                .column(0x70, Vec::new())
        ),
        ("malformed", "no operations")
    );
}

#[test]
fn counters() {
    let doc = record();
    let base = Craft::on(&doc);
    // Far ahead: every later edit of the document would panic.
    for start_op in [base.start_op + 1, 1 << 31, u64::from(u32::MAX) - 50_000] {
        let far = Craft { start_op, ..base.clone() };
        assert_eq!(send(&doc, &far), ("malformed", "first counter leaves a gap"));
    }
    // Below the dependencies, and ids another change has: saves, then never loads again.
    for start_op in 1..base.start_op {
        let low = Craft { start_op, ..base.clone() };
        assert_eq!(send(&doc, &low), ("malformed", "first counter not above the dependencies"));
    }
    let slack = Limits { counter_slack: 10, ..Limits::default() };
    let ahead = Craft { start_op: base.start_op + 10, ..base };
    assert_eq!(verdict(admit(&doc, &[ahead.chunk()], Some(USER), &slack)).0, "admitted");
}

#[test]
fn references_to_nothing() {
    let doc = record();
    let base = Craft::on(&doc);
    let own = |craft: Craft| craft;
    let foreign = |craft: Craft| Craft { others: vec![actor(0x10)], ..craft };
    let cases: Vec<(Craft, (&str, &str))> = vec![
        // Objects: of an actor nobody knows, not made yet, not an object.
        (own(base.clone().object(1, 1)), ("malformed", "unknown actor in an operation")),
        (
            Craft { others: vec![actor(0x99)], ..base.clone().object(1, 1) },
            ("malformed", "refers to an unknown actor"),
        ),
        (foreign(base.clone().object(1, 99)), ("malformed", "refers to an operation it does not build on")),
        (
            own(base.clone().object(0, base.start_op + 1)),
            ("malformed", "refers to an operation of its own that does not exist"),
        ),
        (
            own(base.clone().object(0, base.start_op)),
            ("malformed", "writes to an object that does not exist"),
        ),
        (own(base.clone().object(0, 1)), ("malformed", "writes to an object that does not exist")),
        // A predecessor that does not exist: Automerge saves a document it can never load.
        (own(base.clone().pred(0, 3)), ("malformed", "document cannot be loaded")),
        (
            own(base.clone().pred(0, 99)),
            ("malformed", "refers to an operation of its own that does not exist"),
        ),
        (foreign(base.clone().pred(1, 99)), ("malformed", "refers to an operation it does not build on")),
    ];
    for (craft, expected) in cases {
        assert_eq!(send(&doc, &craft), expected);
    }
    // A predecessor under another key: overwriting `title` while claiming to write `k`.
    let title = Craft { others: vec![actor(0x20)], ..base.clone() }.pred(1, 7);
    assert_eq!(send(&doc, &title).0, "malformed");
    // Inserting into the text after an element that does not exist.
    let after = |counter| {
        Craft { others: vec![actor(0x10)], ..base.clone() }
            .object(1, 6)
            .column(0x15, Vec::new())
            .column(0x11, run(1, &uleb(1)))
            .column(0x13, run(1, &sleb(counter)))
            .column(0x34, [uleb(0), uleb(1)].concat())
            .column(0x56, run(1, &uleb(0x16)))
            .column(0x57, b"x".to_vec())
    };
    for counter in [1, 5, 6] {
        assert_eq!(send(&doc, &after(counter)).0, "malformed");
    }
    assert_eq!(send(&doc, &after(99)).1, "refers to an operation it does not build on");
    let head = after(1).column(0x11, Vec::new()).column(0x13, run(1, &sleb(0)));
    assert_eq!(send(&doc, &head), ("admitted", ""));
}

#[test]
fn references_beside_the_ancestors() {
    // Two sessions side by side. A change of a third that builds on one but writes into an object of the
    // other applies here, and nowhere that receives the changes in another order.
    let doc = record();
    let mut left = edit_as(&doc, USER, actor(0x31));
    commit(&mut left, 1, |tx| {
        let entries = tx.get(ROOT, "entries").unwrap().unwrap().1;
        tx.put_object(&entries, "follow_ups/a", ObjType::Map).unwrap();
    });
    let mut right = edit_as(&doc, USER, actor(0x32));
    commit(&mut right, 1, |tx| tx.put(ROOT, "other", 1).unwrap());
    let mut both = left.clone();
    both.merge(&mut right).unwrap();
    let craft = Craft { others: vec![actor(0x31)], start_op: 9, ..Craft::on(&right) }.object(1, 8);
    assert_eq!(send(&both, &craft), ("malformed", "refers to an actor it does not build on"));
    let honest = Craft { deps: heads(&left).iter().map(|hash| hash.0).collect(), ..craft.clone() };
    assert_eq!(send(&both, &honest), ("admitted", ""));

    commit(&mut left, 2, |tx| {
        let entries = tx.get(ROOT, "entries").unwrap().unwrap().1;
        tx.put_object(&entries, "follow_ups/b", ObjType::Map).unwrap();
    });
    both.merge(&mut left).unwrap();
    let late = honest.object(1, 9);
    assert_eq!(send(&both, &late), ("malformed", "refers to an operation it does not build on"));
}

#[test]
fn orphans() {
    let doc = record();
    let orphan = Craft { deps: vec![[5; 32], heads(&doc)[0].0], ..Craft::on(&doc) };
    let refused = admit(&doc, &[orphan.chunk()], Some(USER), &Limits::default()).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.need), ("missing_deps", vec![[5; 32]]));
    // Also when the trial alone is asked, so that no orphan is ever queued or saved.
    let change = parse(&orphan.chunk(), &Limits::default()).unwrap().change().unwrap();
    let refused = trial(&doc, vec![change], &Limits::default()).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.need), ("missing_deps", vec![[5; 32]]));
}

#[test]
fn authors() {
    let doc = record();
    let base = Craft::on(&doc);
    let judge = |craft: &Craft, author| verdict(admit(&doc, &[craft.chunk()], author, &Limits::default())).0;
    assert_eq!(judge(&base, Some([0xb2; 16])), "author_mismatch");
    assert_eq!(judge(&base, None), "admitted");
    let anonymous = Craft { extra: Vec::new(), ..base.clone() };
    assert_eq!(judge(&anonymous, Some(USER)), "author_mismatch");
    assert_eq!(judge(&anonymous, None), "admitted");
    let later = Craft { actor: actor(0x20), seq: 2, ..anonymous.clone() };
    assert_eq!(judge(&later, Some(USER)), "admitted");
    assert_eq!(judge(&later, Some([0xb2; 16])), "author_mismatch");
    // The genesis actor has no author; nobody may write on under it.
    let genesis = Craft { actor: actor(0x10), seq: 2, ..anonymous };
    assert_eq!(judge(&genesis, Some(USER)), "author_mismatch");
    let causal = Causal::of(&doc);
    assert_eq!(
        (causal.len(), causal.author_of(&actor(0x20)), causal.author_of(&actor(0x10))),
        (2, Some(USER), None)
    );
}

#[test]
fn document_limits() {
    let doc = record();
    let chunk = Craft::on(&doc).chunk();
    let judge = |limits: Limits| verdict(admit(&doc, std::slice::from_ref(&chunk), Some(USER), &limits));
    assert_eq!(
        judge(Limits { document_changes: 2, ..Limits::default() }),
        ("too_large", "changes of the document")
    );
    assert_eq!(
        judge(Limits { document_actors: 2, ..Limits::default() }),
        ("too_large", "actors of the document")
    );
    assert_eq!(judge(Limits { document_bytes: 100, ..Limits::default() }), ("too_large", "document bytes"));
    assert_eq!(judge(Limits { document_rows: 7, ..Limits::default() }), ("too_large", "rows in a column"));
    assert_eq!(judge(Limits { document_changes: 3, document_actors: 3, ..Limits::default() }).0, "admitted");
}

fn refused_by_load(bytes: &[u8]) -> (&'static str, &'static str) {
    quiet_contained_panics();
    let (result, held) = hostile::alloc::peak(|| load_strict(bytes).map(|doc| heads(&doc)));
    assert!(held < DOCUMENT_MEMORY, "held {held} bytes");
    let refused = result.expect_err("refused");
    (refused.code.as_str(), refused.detail)
}

#[test]
fn stored_documents() {
    let doc = record();
    for blob in [doc.save(), doc.save_nocompress()] {
        assert_eq!(heads(&load_strict(&blob).unwrap()), heads(&doc));
        for len in 0..blob.len() {
            assert_eq!(refused_by_load(&blob[..len]).0, "malformed", "cut at {len}");
        }
        // A change appended to the blob: Automerge loads that, and loses it silently when it is cut short.
        let tail = doc.get_changes(&[]).pop().unwrap();
        assert_eq!(refused_by_load(&[blob, tail.raw_bytes().to_vec()].concat()).1, "bytes after the chunk");
    }
    assert_eq!(refused_by_load(b"garbage").0, "malformed");
    assert_eq!(refused_by_load(&[]).0, "malformed");
    assert_eq!(refused_by_load(&Craft::on(&doc).chunk()).1, "not a document chunk");
    let mut blob = doc.save();
    *blob.last_mut().unwrap() ^= 1;
    assert_eq!(refused_by_load(&blob).1, "checksum");
    // Orphans are stripped by strict saving, and a blob that carries them is refused.
    let orphan = Craft { deps: vec![[5; 32]], ..Craft::on(&doc) };
    let mut poisoned = doc.clone();
    poisoned.apply_changes([automerge::Change::from_bytes(orphan.chunk()).unwrap()]).unwrap();
    assert_eq!(refused_by_load(&poisoned.save()).1, "bytes after the chunk");
}

#[test]
fn hostile_documents() {
    let honest = CraftDocument::of_rows(1);
    // Only the made-up head is wrong with it, so the bounds below are what refuses the others.
    assert_eq!(refused_by_load(&honest.chunk()), ("malformed", "document cannot be loaded"));
    let cases: Vec<(CraftDocument, (&str, &str))> = vec![
        (CraftDocument::of_rows(1_000_000_000), ("too_large", "rows in a column")),
        (honest.clone().op(0x80, run(1, &uleb(1 << 40))), ("too_large", "rows in a column")),
        (
            honest.clone().change(0x13, run(1, &sleb(4_000_000_000))),
            ("malformed", "changes claim more operations than there are"),
        ),
        (honest.clone().change(0x01, run(1 << 40, &uleb(0))), ("too_large", "rows in a column")),
        (honest.clone().change(0x40, run(1, &uleb(1 << 40))), ("too_large", "dependencies")),
        (
            honest.clone().change(0x40, run(1, &uleb(1))).change(0x43, run(1, &sleb(0))),
            ("malformed", "dependency is not an earlier change"),
        ),
        (honest.clone().change(0x43, run(1, &sleb(0))), ("malformed", "dependencies do not add up")),
        (honest.clone().change(0x01, run(1, &uleb(3))), ("malformed", "integer out of range")),
        (honest.clone().change(0x23, run(1, &sleb(i64::MIN))), ("malformed", "integer out of range")),
        (honest.clone().op(0x21, run(1, &uleb(3))), ("malformed", "integer out of range")),
        (honest.clone().op(0x23, run(1, &sleb(-5))), ("malformed", "integer out of range")),
        (honest.clone().op(0x42, run(2, &uleb(1))), ("malformed", "columns of different length")),
        (honest.clone().op(0x56, run(1, &uleb(1 << 30))), ("malformed", "value lengths do not add up")),
        (honest.clone().op(0x61, run(1, &uleb(1))), ("malformed", "unknown column")),
        (CraftDocument { tail: vec![0, 0], ..honest.clone() }, ("malformed", "bytes after the document")),
        (CraftDocument { actors: vec![actor(1); 2_001], ..honest.clone() }, ("too_large", "actors")),
    ];
    for (document, expected) in cases {
        assert_eq!(refused_by_load(&document.chunk()), expected);
    }
    // A compressed column: 400 MiB of zeros in about as many KiB.
    let bomb = deflate(&vec![0; 400 << 20]);
    assert_eq!(
        refused_by_load(&honest.clone().op(0x57 | 8, bomb.clone()).chunk()),
        ("too_large", "inflated bytes")
    );
    assert_eq!(
        refused_by_load(&honest.clone().change(0x57 | 8, bomb).chunk()),
        ("too_large", "inflated bytes")
    );
    // Two columns that fit one by one but not together.
    let half = deflate(&vec![0; 5 << 20]);
    let two = honest.change(0x57 | 8, half.clone()).op(0x57 | 8, half);
    assert_eq!(refused_by_load(&two.chunk()), ("too_large", "inflated bytes"));
    assert_eq!(refused_by_load(&vec![0; 9 << 20]), ("too_large", "document bytes"));
}

#[test]
fn deep_nesting() {
    let doc = record();
    let mut deep = edit_as(&doc, USER, actor(0x41));
    let change = commit(&mut deep, 1, |tx| {
        let mut at = ROOT;
        for _ in 0..5_000 {
            at = tx.put_object(&at, "d", ObjType::Map).unwrap();
        }
    });
    assert_eq!(touches(&doc, &change).unwrap_err().detail, "nested too deeply");
    let mut list = edit_as(&doc, USER, actor(0x42));
    let change = commit(&mut list, 1, |tx| {
        let mut at = tx.put_object(ROOT, "d", ObjType::List).unwrap();
        for _ in 0..20 {
            at = tx.insert_object(&at, 0, ObjType::List).unwrap();
        }
    });
    assert_eq!(touches(&doc, &change).unwrap_err().detail, "nested too deeply");
}

#[test]
fn bloom_filters_of_sync_messages() {
    // The filters of the two messages that abort or panic Automerge's own sync.
    assert!(!bloom_ok(&[1, 8, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]));
    assert!(!bloom_ok(&[1, 0, 7]));
    let doc = record();
    let hashes = heads(&doc);
    assert!(bloom_ok(&automerge::sync::BloomFilter::from_hashes(hashes.iter()).to_bytes()));
}

#[test]
fn touches_name_every_path() {
    let doc = record();
    let mut edited = edit_as(&doc, USER, actor(0x51));
    let change = commit(&mut edited, 1, |tx| {
        let fields = tx.get(ROOT, "fields").unwrap().unwrap().1;
        let story = tx.get(&fields, "story").unwrap().unwrap().1;
        tx.put(&fields, "title", "second").unwrap();
        tx.splice_text(&story, 0, 0, "some words").unwrap();
        tx.splice_text(&story, 2, 3, "").unwrap();
        let notes = tx.put_object(&fields, "notes", ObjType::Text).unwrap();
        tx.splice_text(&notes, 0, 0, "new").unwrap();
        let entries = tx.get(ROOT, "entries").unwrap().unwrap().1;
        let entry = tx.put_object(&entries, "follow_ups/a", ObjType::Map).unwrap();
        tx.put(&entry, "removed", true).unwrap();
        tx.delete(&fields, "title").unwrap();
        let inner = tx.put_object(&entry, "x", ObjType::Map).unwrap();
        tx.put(&inner, "y", 1).unwrap();
        tx.put(ROOT, "kind", "visit").unwrap();
        let list = tx.put_object(&fields, "list", ObjType::List).unwrap();
        tx.insert(&list, 0, 1).unwrap();
    });
    let found: Vec<_> = touches(&doc, &change)
        .unwrap()
        .into_iter()
        .map(|touch| (touch.root, touch.key, touch.sub, touch.action, touch.new_object))
        .collect();
    let s = |text: &str| text.to_owned();
    assert_eq!(
        found,
        vec![
            (Root::Fields, s("title"), None, Action::Put(ScalarValue::Str("second".into())), false),
            (Root::Fields, s("story"), None, Action::Splice, false),
            (Root::Fields, s("notes"), None, Action::MakeText, false),
            (Root::Fields, s("notes"), None, Action::Splice, true),
            (Root::Entries, s("follow_ups/a"), None, Action::MakeMap, false),
            (
                Root::Entries,
                s("follow_ups/a"),
                Some(s("removed")),
                Action::Put(ScalarValue::Boolean(true)),
                true
            ),
            (Root::Fields, s("title"), None, Action::Delete, false),
            (Root::Entries, s("follow_ups/a"), Some(s("x")), Action::MakeMap, true),
            (Root::Other, s("entries"), Some(s("follow_ups/a/x")), Action::Put(ScalarValue::Int(1)), true),
            (Root::Other, s("kind"), None, Action::Put(ScalarValue::Str("visit".into())), false),
            (Root::Fields, s("list"), None, Action::MakeOther, false),
            (Root::Fields, s("list"), None, Action::Other, true),
        ]
    );
    // Later, the entry is an object of the document and no longer of the change.
    let after = edited.clone();
    let change = commit(&mut edited, 2, |tx| {
        let entries = tx.get(ROOT, "entries").unwrap().unwrap().1;
        let entry = tx.get(&entries, "follow_ups/a").unwrap().unwrap().1;
        tx.put(&entry, "removed", false).unwrap();
        let assign = tx.get(ROOT, "assign").unwrap().unwrap().1;
        tx.put(&assign, "u", "lead").unwrap();
    });
    let found = touches(&after, &change).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].root, found[0].new_object), (Root::Entries, false));
    assert_eq!((found[1].root, found[1].key.as_str()), (Root::Assign, "u"));
    assert_eq!(container(&after, "assign"), container(&edited, "assign"));
    // An object the document does not hold yet.
    assert_eq!(touches(&doc, &change).unwrap_err().detail, "writes to an object that does not exist");
    // Unless the change that makes it was looked at before, in the same sequence.
    let first = after.get_changes(&heads(&doc)).pop().unwrap();
    let mut sequence = Touches::new(&doc);
    sequence.of(&first).unwrap();
    assert_eq!(sequence.of(&change).unwrap(), found);
}
