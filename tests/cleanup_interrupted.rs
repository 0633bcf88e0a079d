//! `pushguard cleanup` that is killed, twice at once, on a full disk and on a server that goes away: nothing is lost, and what a backup
//! holds makes the documents what they were.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod clean;
mod mongod;

use bson::doc;
use clean::{Bench, COLLECTION, DB, chats, ended, is_clean, messages};
use std::time::{Duration, Instant};

#[test]
fn killed_at_any_moment_it_goes_on_and_all_can_be_put_back() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(4000);
    bench.fill(&originals);
    let mut killed = 0;
    let mut seed = 7_u64;
    for _ in 0..20 {
        let mut child = bench
            .command(&["--apply", "--collection", COLLECTION, "--batch-size", "5", "--jobs", "2"])
            .spawn()
            .unwrap();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis(20 + (seed >> 33) % 150));
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // What is not there any more is in a backup.
        let saved: usize = bench.backups().iter().map(|path| elements(path)).sum();
        let there: usize = bench.stored().iter().map(|document| messages(document).len()).sum();
        assert!(there + saved >= 4000 * 13, "{there} {saved}");
    }
    assert!(killed >= 15, "{killed}");
    assert!(bench.backups().len() > 5);
    let done = bench.apply(&[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    is_clean(&bench.stored(), &originals);
    // As of one that was killed before it wrote anything.
    std::fs::write(bench.folder.path().join("empty.jsonl"), b"").unwrap();
    for _ in 0..2 {
        let restored = bench.restore();
        assert_eq!(restored.code, Some(0), "{restored:?}");
        assert!(bench.stored() == originals);
    }
}

#[test]
fn two_clean_ups_at_once_remove_each_element_once() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(2000);
    bench.fill(&originals);
    let start = |name: &str| {
        bench.command(&["--apply", "--collection", COLLECTION, "--backup", name, "--batch-size", "10"]).spawn().unwrap()
    };
    let both = [start("a.jsonl"), start("b.jsonl")].map(ended);
    let removed = both.iter().map(|done| {
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
        done.stdout.split("removed ").nth(1).unwrap().split(' ').next().unwrap().parse::<usize>().unwrap()
    });
    let removed: Vec<usize> = removed.collect();
    assert_eq!(removed.iter().sum::<usize>(), 16000, "{removed:?}");
    assert!(removed.iter().all(|removed| *removed > 0), "both had their part: {removed:?}");
    is_clean(&bench.stored(), &originals);
    assert_eq!(bench.restore().code, Some(0));
    assert!(bench.stored() == originals);
}

#[test]
fn a_full_disk_stops_it_before_anything_is_removed_that_is_not_in_the_backup() {
    let Some(bench) = Bench::new() else { return };
    let originals = chats(500);
    for (blocks, removes) in [(0, false), (1, false), (100, true)] {
        bench.fill(&originals);
        let program = env!("CARGO_BIN_EXE_pushguard");
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {program} cleanup --apply --db {DB} --collection {COLLECTION} --jobs 1 \
             --batch-size 50 --backup full{blocks}.jsonl"
        );
        let mut command = std::process::Command::new("bash");
        command.args(["-c", &script]).current_dir(bench.folder.path()).env("MONGODB_URI", bench.server.uri());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let done = ended(command.spawn().unwrap());
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.stderr.contains("cannot write the backup"), "{done:?}");
        let stored = bench.stored();
        assert_eq!(stored != originals, removes, "{blocks}: {done:?}");
        let gone: usize = originals.iter().map(|one| messages(one).len()).sum::<usize>()
            - stored.iter().map(|one| messages(one).len()).sum::<usize>();
        let path = bench.folder.path().join(format!("full{blocks}.jsonl"));
        let kept = if path.is_file() { elements(&path) } else { 0 };
        assert!(kept >= gone, "{kept} {gone}");
        if removes {
            let restored = bench.run(&["--restore", path.to_str().unwrap()]);
            assert_eq!((restored.code, restored.stderr.as_str()), (Some(0), ""), "{restored:?}");
            assert!(bench.stored() == originals);
        }
    }
}

#[test]
fn a_server_that_stops_and_starts_is_waited_for() {
    let Some(mut bench) = Bench::new() else { return };
    let originals = chats(4000);
    bench.fill(&originals);
    let mut child =
        bench.command(&["--apply", "--collection", COLLECTION, "--batch-size", "5", "--jobs", "2"]).spawn().unwrap();
    let start = Instant::now();
    while bench.backups().is_empty() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(60));
    assert!(child.try_wait().unwrap().is_none(), "it is still going");
    bench.server.kill();
    std::thread::sleep(Duration::from_millis(300));
    bench.server.start_again();
    let done = ended(child);
    assert_eq!(done.code, Some(0), "{done:?}");
    is_clean(&bench.stored(), &originals);
    assert_eq!(bench.restore().code, Some(0));
    assert!(bench.stored() == originals);
}

#[test]
fn two_clean_ups_at_once_on_a_server_that_is_killed_are_undone_together() {
    let Some(mut bench) = Bench::new() else { return };
    let originals = chats(3000);
    for round in 0..3 {
        bench.fill(&originals);
        let names = [format!("a{round}.jsonl"), format!("b{round}.jsonl")];
        let both = names.each_ref().map(|name| {
            let args = ["--apply", "--collection", COLLECTION, "--backup", name, "--batch-size", "20"];
            bench.command(&args).spawn().unwrap()
        });
        while names.iter().any(|name| !bench.folder.path().join(name).is_file()) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(100 + 50 * round));
        bench.server.kill();
        bench.server.start_again();
        for done in both.map(ended) {
            assert_eq!(done.code, Some(0), "{done:?}");
        }
        is_clean(&bench.stored(), &originals);
        let restored = bench.run(&["--restore", &names[0], "--restore", &names[1]]);
        assert_eq!(restored.code, Some(0), "{restored:?}");
        assert!(bench.stored() == originals);
    }
}

#[test]
fn a_document_that_is_left_is_counted_once_when_its_range_is_begun_again() {
    let Some(mut bench) = Bench::new() else { return };
    let mut originals = chats(1500);
    for original in &mut originals[50..] {
        original.insert("valid", true);
    }
    bench.fill(&originals);
    let validator = doc! { "valid": true };
    bench.connect().done(doc! { "collMod": COLLECTION, "validator": validator, "$db": DB });
    let args = ["--apply", "--collection", COLLECTION, "--batch-size", "5", "--jobs", "1", "--limit", "1500"];
    let mut child = bench.command(&args).spawn().unwrap();
    let start = Instant::now();
    let far = || bench.backups().first().is_some_and(|path| elements(path) > 200 * 8);
    while !far() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.try_wait().unwrap().is_none(), "it is still going");
    bench.server.kill();
    bench.server.start_again();
    let done = ended(child);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("left as they are: 50 documents"), "{done:?}");
    assert!(done.stdout.contains("removed 11600 elements from 1450 of 1500 documents"), "{done:?}");
    assert!(bench.stored()[..50] == originals[..50]);
}

/// Whole lines of elements in a file that may end in the middle of one.
fn elements(path: &std::path::Path) -> usize {
    let text = std::fs::read(path).unwrap();
    let lines =
        text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    lines.filter(|line| line.get("element").is_some()).count()
}
