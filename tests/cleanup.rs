//! `pushguard cleanup` on a real server: what it says, what it removes, what it puts back, and that nothing is lost whatever happens.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod clean;
mod mongod;

use bson::{Bson, Document, doc, oid::ObjectId};
use clean::{Bench, COLLECTION, DB, chats, ended, merged, messages, once, saved};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The chat of the story: 1,648 messages, of which 1,573 are one that is there already.
fn story() -> Document {
    let id = ObjectId::parse_str("697ebf17b2521101e66a4444").unwrap();
    let mut messages: Vec<Bson> =
        (0..74).map(|n| Bson::Document(doc! { "role": "user", "content": format!("message {n}") })).collect();
    for n in 0..1574 {
        let at = 3 + n * 7 % 60;
        let mut message = doc! {
            "batchId": "auto_1769914068902_bdpryu", "batchIndex": 0, "batchSize": 1, "isMerged": true,
            "mergeId": id.to_hex(), "type": "mergeFace", "imageUrl": "https://img.example/_merged-face-1.png",
            "createdAt": bson::DateTime::from_millis(1_769_914_068_902 + n as i64),
        };
        if n % 3 == 0 {
            message.insert("mergeId", id);
        }
        messages.insert(at, Bson::Document(message));
    }
    doc! { "_id": ObjectId::from_bytes([1; 12]), "userId": 7, "messages": messages, "updatedAt": 1 }
}

#[test]
fn the_chat_of_the_story_is_reported_cleaned_and_put_back() {
    let Some(bench) = Bench::new() else { return };
    let original = story();
    bench.fill(std::slice::from_ref(&original));
    let dry = bench.run(&["--format", "json"]);
    assert_eq!((dry.code, dry.stderr.as_str()), (Some(1), ""), "{dry:?}");
    let array = &dry.json()["arrays"][0];
    assert_eq!(array["place"], format!("{DB}.{COLLECTION}"));
    assert_eq!((array["elements"].as_u64(), array["duplicates"].as_u64()), (Some(1648), Some(1573)));
    assert_eq!(array["worst"][0]["differing"]["createdAt"], 1573);
    assert_eq!(bench.stored(), std::slice::from_ref(&original), "a dry run changes nothing");
    assert!(bench.backups().is_empty());

    let done = bench.apply(&[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.contains("removed 1573 elements from 1 of 1 document"), "{done:?}");
    let left = bench.stored().remove(0);
    assert_eq!(messages(&left).len(), 75);
    let first = messages(&original).iter().position(|one| one.as_document().unwrap().contains_key("mergeId")).unwrap();
    assert_eq!(messages(&left)[first], messages(&original)[first], "the first stays, in its place");
    assert_eq!((left.get("userId"), left.get("updatedAt")), (original.get("userId"), original.get("updatedAt")));
    assert_eq!(saved(&bench.backups()[0]).len(), 1573);
    assert_eq!(bench.run(&[]).code, Some(0));

    for round in 0..2 {
        let restored = bench.restore();
        assert_eq!(restored.code, Some(0), "{restored:?}");
        assert_eq!(bench.stored(), std::slice::from_ref(&original), "round {round}");
    }
}

#[test]
fn elements_without_identity_stay_and_order_is_kept() {
    let Some(bench) = Bench::new() else { return };
    let url = |url: &str| Bson::Document(doc! { "imageUrl": url });
    let array = vec![
        Bson::Int32(1),
        Bson::Int32(1),
        Bson::Null,
        Bson::Null,
        Bson::Array(vec![merged("a", "x")]),
        Bson::Array(vec![merged("a", "x")]),
        merged("a", "1"),
        merged(Bson::Null, "2"),
        merged(Bson::Null, "3"),
        merged("", "4"),
        merged("", "5"),
        merged("a", "6"),
        url("u"),
        Bson::Document(doc! { "batchId": "a", "batchIndex": 0, "imageUrl": "u" }),
        url("u"),
        Bson::Document(doc! { "batchId": "a", "batchIndex": 0.0, "imageUrl": "w" }),
        Bson::Document(doc! { "content": "same" }),
        Bson::Document(doc! { "content": "same" }),
    ];
    let others = [
        doc! { "_id": 2 },
        doc! { "_id": 3, "messages": "none" },
        doc! { "_id": 4, "messages": [] },
        doc! { "_id": 5, "messages": { "0": merged("a", "1"), "1": merged("a", "1") } },
    ];
    let mut documents = vec![doc! { "_id": 1, "messages": array.clone() }];
    documents.extend(others.clone());
    bench.fill(&documents);
    let done = bench.apply(&[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let stored = bench.stored();
    assert_eq!(stored[1..], others);
    let gone = [11, 14, 15];
    let kept = array.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, one)| one.clone());
    assert_eq!(messages(&stored[0]), kept.collect::<Vec<_>>());
}

#[test]
fn a_writer_that_pushes_all_the_while_loses_nothing_and_gets_nothing_twice() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(200);
    bench.fill(&originals);
    let stop = AtomicBool::new(false);
    let mut pushed = 0;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut connection = bench.connect();
            let mut pushed = 0_i32;
            while !stop.load(Ordering::SeqCst) {
                let updates: Vec<Document> = (0..200)
                    .map(|n| {
                        let message = merged(format!("new-{pushed}-{n}"), "new");
                        doc! { "q": { "_id": n }, "u": { "$push": { "messages": message }, "$inc": { "pushes": 1 } } }
                    })
                    .collect();
                connection.done(doc! { "update": COLLECTION, "updates": updates, "$db": DB });
                pushed += 1;
            }
            pushed
        });
        std::thread::sleep(Duration::from_millis(200));
        let done = bench.apply(&["--batch-size", "7", "--jobs", "3"]);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
        assert!(done.stdout.contains("removed 1600 elements"), "{done:?}");
        std::thread::sleep(Duration::from_millis(50));
        stop.store(true, Ordering::SeqCst);
        pushed = writer.join().unwrap();
    });
    assert!(pushed > 3, "{pushed}");
    for (n, (stored, original)) in bench.stored().iter().zip(&originals).enumerate() {
        let mut expected = once(&messages(original));
        expected.extend((0..pushed).map(|push| merged(format!("new-{push}-{n}"), "new")));
        assert_eq!(messages(stored), expected);
    }
}

#[test]
fn documents_near_the_limit_of_a_server_are_cleaned_and_put_back() {
    let Some(bench) = Bench::new() else { return };
    let filler = |length: usize| "x".repeat(length);
    let element = |id: i32, length: usize| Bson::Document(doc! { "imageId": id, "text": filler(length) });
    let two = vec![element(1, 8_380_000), element(1, 8_380_100)];
    let many: Vec<Bson> = (0..160).map(|n| element(n % 80, 104_000 + n as usize)).collect();
    let tiny: Vec<Bson> = (0..100_000).map(|n| Bson::Document(doc! { "imageId": n % 75_000, "n": n })).collect();
    let originals =
        [doc! { "_id": 1, "messages": two }, doc! { "_id": 2, "messages": many }, doc! { "_id": 3, "messages": tiny }];
    for original in &originals {
        assert!(original.to_vec().unwrap().len() < 16 << 20);
    }
    bench.fill(&originals);
    assert_eq!(bench.run(&["--format", "json"]).json()["arrays"][0]["duplicates"], 25_081);
    let done = bench.apply(&[]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    let sizes: Vec<usize> = bench.stored().iter().map(|one| messages(one).len()).collect();
    assert_eq!(sizes, [1, 80, 75_000]);
    let restored = bench.restore();
    assert_eq!((restored.code, restored.stderr.as_str()), (Some(0), ""), "{restored:?}");
    assert!(bench.stored() == originals);
}

/// Near 16 MB; what goes is small, and what stays for it is not.
fn large_firsts() -> Document {
    let mut messages = Vec::new();
    for n in 0..1000 {
        messages.push(Bson::Document(doc! { "imageId": n, "text": "x".repeat(16_680) }));
        messages.push(Bson::Document(doc! { "imageId": n }));
    }
    doc! { "_id": 1, "messages": messages }
}

#[test]
fn small_elements_beside_large_ones_are_cleaned_and_put_back() {
    let Some(bench) = Bench::new() else { return };
    let original = large_firsts();
    let length = original.to_vec().unwrap().len();
    assert!((16_700_000..16 << 20).contains(&length), "{length}");
    bench.fill(std::slice::from_ref(&original));
    let done = bench.apply(&[]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    assert_eq!(messages(&bench.stored()[0]).len(), 1000);
    let restored = bench.restore();
    assert_eq!((restored.code, restored.stderr.as_str()), (Some(0), ""), "{restored:?}");
    assert!(bench.stored() == [original]);
}

#[test]
fn a_document_that_has_no_room_any_more_is_left_and_the_rest_is_put_back() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(30);
    let mut large = large_firsts();
    large.insert("_id", 99);
    bench.fill(&[&originals[..], &[large]].concat());
    assert_eq!(bench.apply(&["--backup", "all.jsonl"]).code, Some(0));
    let filler = merged("filler", &"x".repeat(16_777_000 - bench.stored()[30].to_vec().unwrap().len()));
    let updates = vec![doc! { "q": { "_id": 99 }, "u": { "$push": { "messages": filler } } }];
    bench.connect().done(doc! { "update": COLLECTION, "updates": updates, "$db": DB });
    let grown = bench.stored().remove(30);
    assert_eq!(messages(&grown).len(), 1001);
    let restored = bench.run(&["--restore", "all.jsonl", "--jobs", "1"]);
    assert_eq!(restored.code, Some(1), "{restored:?}");
    assert!(restored.stderr.contains("  left: 99: "), "{restored:?}");
    assert!(bench.stored()[..30] == originals && bench.stored()[30] == grown);
}

#[test]
fn no_password_is_printed() {
    let Some(bench) = Bench::new() else { return };
    let port = bench.server.uri();
    let port = port.rsplit_once(':').unwrap().1;
    // As one is escaped, and as it is often left.
    for password in ["s3cr%65t-w0rd", "s3cr%et-w0rd", "s3cr/et-w0rd", "s3cr?et-w0rd", "s3cr:et-w0rd", "s3cr@et-w0rd"] {
        for args in [&["--explain"][..], &[], &["--apply", "--collection", COLLECTION]] {
            let mut command = bench.command(args);
            command.args(["--uri", &format!("mongodb://me:{password}@127.0.0.1:{port}/?authSource=admin")]);
            let done = ended(command.spawn().unwrap());
            assert_eq!(done.code, Some(2), "{done:?}");
            for secret in ["s3cr", "et-w0rd"] {
                assert!(!done.stdout.contains(secret) && !done.stderr.contains(secret), "{done:?}");
            }
        }
    }
}

#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(30);
    bench.fill(&originals);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines: Vec<&str> = readme.lines().filter_map(|line| line.trim().strip_prefix("pushguard cleanup ")).collect();
    let mut changed = Vec::new();
    for line in &lines {
        let done = ended(bench.plain(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap());
        assert_eq!(done.code, Some(i32::from(*line == "--db app")), "{line}: {done:?}");
        changed.push(bench.stored().iter().zip(&originals).filter(|(now, before)| now != before).count());
    }
    assert_eq!(changed, [0, 1, 0, 30, 0], "{lines:?}");
}
