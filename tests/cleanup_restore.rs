//! `pushguard cleanup --restore` on a real server: what was removed goes back where it was, once, whatever happens meanwhile.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod clean;
mod mongod;

use bson::{Bson, Document, doc};
use clean::{Bench, COLLECTION, DB, chats, ended, merged, messages};
use pty_process::Size;
use pty_process::blocking::{Command, open};
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn a_document_that_changed_gets_back_what_it_lost_and_keeps_what_it_got() {
    let Some(bench) = Bench::new() else { return };
    let array = ["a", "b", "a", "c", "b", "a"].iter().enumerate();
    let array: Vec<Bson> = array.map(|(n, id)| merged(*id, &n.to_string())).collect();
    let documents: Vec<Document> = (0..5).map(|n| doc! { "_id": n, "messages": array.clone() }).collect();
    bench.fill(&documents);
    assert_eq!(bench.apply(&[]).code, Some(0));
    let mut connection = bench.connect();
    let mut update = |id: i32, update: Document| {
        let updates = vec![doc! { "q": { "_id": id }, "u": update }];
        connection.done(doc! { "update": COLLECTION, "updates": updates, "$db": DB });
    };
    let new = merged("new", "new");
    update(1, doc! { "$push": { "messages": new.clone() } });
    update(2, doc! { "$push": { "messages": { "$each": [new.clone()], "$position": 0 } } });
    update(3, doc! { "$pop": { "messages": -1 } });
    update(4, doc! { "$unset": { "messages": 1 } });
    for _ in 0..2 {
        let restored = bench.restore();
        assert_eq!(restored.code, Some(1), "{restored:?}");
        assert!(restored.stderr.contains("4: it is gone, or its field is no array"), "{restored:?}");
        let stored = bench.stored();
        let with = |before: &[Bson], rest: &[Bson], after: &[Bson]| [before, rest, after].concat();
        assert_eq!(messages(&stored[0]), array);
        assert_eq!(messages(&stored[1]), with(&[], &array, std::slice::from_ref(&new)));
        assert_eq!(messages(&stored[2]), with(std::slice::from_ref(&new), &array, &[]));
        assert_eq!(messages(&stored[3]), array[1..]);
    }
}

#[test]
fn an_array_that_was_sorted_meanwhile_gets_each_element_beside_its_equal() {
    let Some(bench) = Bench::new() else { return };
    let pairs = |ids: &[&str]| -> Vec<Bson> {
        ids.iter().flat_map(|id| [merged(*id, "first"), merged(*id, "second")]).collect()
    };
    bench.fill(&[doc! { "_id": 1, "messages": pairs(&["a", "b", "c"]) }]);
    assert_eq!(bench.apply(&[]).code, Some(0));
    let sorted = doc! { "$push": { "messages": { "$each": [], "$sort": { "mergeId": -1 } } } };
    let updates = vec![doc! { "q": {}, "u": sorted }];
    bench.connect().done(doc! { "update": COLLECTION, "updates": updates, "$db": DB });
    for _ in 0..2 {
        let restored = bench.restore();
        assert_eq!((restored.code, restored.stderr.as_str()), (Some(0), ""), "{restored:?}");
        assert_eq!(messages(&bench.stored()[0]), pairs(&["c", "b", "a"]));
    }
}

#[test]
fn what_was_put_back_before_is_not_put_in_again_beside_a_later_backup() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(3);
    bench.fill(&originals);
    assert_eq!(bench.apply(&["--limit", "1", "--backup", "one.jsonl"]).code, Some(0));
    // As of one that was killed while it wrote.
    let path = bench.folder.path().join("one.jsonl");
    let torn = [std::fs::read(&path).unwrap(), b"{\"op\":7,\"at".to_vec()].concat();
    std::fs::write(&path, torn).unwrap();
    let told = "has written its last line in part";
    let one = bench.run(&["--restore", "one.jsonl"]);
    assert!(one.code == Some(0) && one.stderr.contains(told), "{one:?}");
    assert_eq!(bench.apply(&["--backup", "all.jsonl"]).code, Some(0));
    for _ in 0..2 {
        let both = bench.restore();
        assert!(both.code == Some(0) && both.stderr.contains(told), "{both:?}");
        assert!(bench.stored() == originals);
    }
}

#[test]
fn one_backup_is_not_taken_for_two() {
    let Some(bench) = Bench::new() else { return };
    bench.fill(&chats(3));
    assert_eq!(bench.apply(&["--backup", "one.jsonl"]).code, Some(0));
    let cleaned = bench.stored();
    std::fs::copy(bench.folder.path().join("one.jsonl"), bench.folder.path().join("copy.jsonl")).unwrap();
    for second in ["one.jsonl", "./one.jsonl", "copy.jsonl"] {
        let done = bench.run(&["--restore", "one.jsonl", "--restore", second]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        assert!(done.stderr.contains("are the same backup"), "{done:?}");
    }
    assert!(bench.stored() == cleaned);
}

#[test]
fn a_damaged_line_is_no_success() {
    let Some(bench) = Bench::new() else { return };
    bench.fill(&chats(3));
    assert_eq!(bench.apply(&["--backup", "one.jsonl"]).code, Some(0));
    let path = bench.folder.path().join("one.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes[first + 1..first + 20].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let done = bench.run(&["--restore", "one.jsonl"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("damaged: 1 line of the backups"), "{done:?}");
    assert!(done.stdout.contains("put 23 elements back into 3 of 3 documents"), "{done:?}");
}

#[test]
fn the_database_is_that_of_the_backup() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(3);
    bench.fill(&originals);
    assert_eq!(bench.apply(&["--backup", "one.jsonl"]).code, Some(0));
    let cleaned = bench.stored();
    let restore = |more: &[&str]| {
        let done = ended(bench.plain(&[&["--restore", "one.jsonl"], more].concat()).spawn().unwrap());
        (done.code, done.stderr)
    };
    let (code, told) = restore(&["--db", "other"]);
    assert!(code == Some(2) && told.contains("is of the database `app`") && told.contains("first line"), "{told}");
    assert!(bench.stored() == cleaned);
    assert_eq!(restore(&[]), (Some(0), String::new()));
    assert!(bench.stored() == originals);
}

#[test]
fn values_that_extended_json_cannot_say_come_back_byte_for_byte() {
    let Some(bench) = Bench::new() else { return };
    let odd = [
        doc! { "$numberInt": "5" },
        doc! { "$oid": "697ebf17b2521101e66a4444", "more": 1 },
        doc! { "a.b": 1, "": 2, "$x": { "$date": "no" } },
        doc! { "nan": f64::NAN, "minus": -0.0, "wide": i64::MIN, "old": Bson::Undefined, "key": Bson::MinKey },
        doc! { "when": bson::DateTime::MIN, "then": bson::DateTime::MAX, "decimal": Bson::Decimal128("-0E-6176".parse().unwrap()) },
    ];
    let mut messages = Vec::new();
    for (n, odd) in odd.iter().enumerate() {
        messages.push(Bson::Document(doc! { "imageId": n as i32, "first": true }));
        messages.push(Bson::Document(doc! { "imageId": n as i32, "odd": odd }));
    }
    let original = doc! { "_id": { "a": 1.0, "x": "\u{0}" }, "messages": messages };
    bench.fill(&[doc! { "_id": 0, "messages": original.get_array("messages").unwrap().clone() }, original]);
    let before: Vec<Vec<u8>> = bench.stored().iter().map(|one| one.to_vec().unwrap()).collect();
    let done = bench.apply(&[]);
    assert!(done.stdout.contains("removed 10 elements from 2 of 2"), "{done:?}");
    let backup = std::fs::read_to_string(&bench.backups()[0]).unwrap();
    assert!(backup.lines().filter(|line| line.contains("\"bson\"")).count() >= 3, "{backup}");
    assert_eq!(bench.restore().code, Some(0));
    assert!(bench.stored().iter().map(|one| one.to_vec().unwrap()).collect::<Vec<_>>() == before);
}

#[test]
fn a_restore_that_is_killed_goes_on_and_two_at_once_put_nothing_in_twice() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(3000);
    bench.fill(&originals);
    assert_eq!(bench.apply(&["--backup", "all.jsonl"]).code, Some(0));
    let restore = || bench.command(&["--restore", "all.jsonl", "--jobs", "2"]).spawn().unwrap();
    for round in 0..8 {
        let mut child = restore();
        std::thread::sleep(Duration::from_millis(60 + 17 * round));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    for done in [restore(), restore()].map(ended) {
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    }
    assert!(bench.stored() == originals);
}

#[test]
fn a_writer_that_pushes_during_a_restore_loses_nothing() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(100);
    bench.fill(&originals);
    assert_eq!(bench.apply(&["--backup", "all.jsonl"]).code, Some(0));
    let stop = AtomicBool::new(false);
    let pushed = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut connection = bench.connect();
            let mut pushed = 0_i32;
            while !stop.load(Ordering::SeqCst) {
                let message = merged(format!("new-{pushed}"), "new");
                let updates = vec![doc! { "q": {}, "u": { "$push": { "messages": message } }, "multi": true }];
                connection.done(doc! { "update": COLLECTION, "updates": updates, "$db": DB });
                pushed += 1;
            }
            pushed
        });
        let dry = bench.run(&["--restore", "all.jsonl", "--dry-run"]);
        assert!(dry.stdout.contains("would put 800 elements back into 100 of 100 documents"), "{dry:?}");
        let done = bench.run(&["--restore", "all.jsonl"]);
        stop.store(true, Ordering::SeqCst);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
        writer.join().unwrap()
    });
    assert!(pushed > 2, "{pushed}");
    for (stored, original) in bench.stored().iter().zip(&originals) {
        let mut expected = messages(original);
        expected.extend((0..pushed).map(|push| merged(format!("new-{push}"), "new")));
        assert_eq!(messages(stored), expected);
    }
}

#[test]
fn a_terminal_sees_the_rate_and_the_time_left() {
    let Some(bench) = Bench::new() else { return };
    bench.fill(&chats(5000));
    let (mut terminal, process_side) = open().unwrap();
    terminal.resize(Size::new(24, 120)).unwrap();
    let command = Command::new(env!("CARGO_BIN_EXE_pushguard")).current_dir(bench.folder.path());
    let command = command.args(["cleanup", "--db", DB, "--collection", COLLECTION, "--apply"]);
    let mut child = command.env("MONGODB_URI", bench.server.uri()).env("TERM", "xterm").spawn(process_side).unwrap();
    let mut sent = Vec::new();
    // Reading from a terminal whose other side is closed is an error on Linux and an end elsewhere.
    let _ = terminal.read_to_end(&mut sent);
    assert!(child.wait().unwrap().success());
    let sent = String::from_utf8_lossy(&sent);
    for part in ["of 5,000 documents", "/s,", " left, ", "elements removed"] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
}
