//! The language server behind text that takes long: it answers, what was found before stays, and it goes on.

#![expect(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test may stop at the first surprise")]

mod client;
mod shell;

use client::Client;
use shell::{CLEAN, Project, RACY};
use std::path::Path;
use std::time::{Duration, Instant};

/// Very many functions that call one with many appends: more than a second's reading and judging.
fn costly() -> String {
    let append = |at: usize| {
        format!(
            "  if (!(await chats.findOne({{ _id: id, 'a{at}.k': item.k }})))\n    await chats.updateOne({{ _id: id }}, {{ $push: {{ a{at}: item }} }});\n"
        )
    };
    let caller = |at: usize| format!("exports.f{at} = async (chats, id, item) => {{ await add(chats, id, item); }};\n");
    let appends: String = (0..100).map(append).collect();
    let callers: String = (0..200_000).map(caller).collect();
    format!("async function add(chats, id, item) {{\n{appends}}}\n{callers}")
}

#[test]
fn an_analysis_that_takes_too_long_is_given_up_and_what_stood_before_stays() {
    let project = Project::new(&[("models/a.js", RACY), ("models/b.js", CLEAN)]);
    let mut client = Client::limited(&[project.path()], 1);
    let (a, b) = (project.path().join("models/a.js"), project.path().join("models/b.js"));
    assert_eq!(client.found(&a), ["4 check-then-push"]);
    client.open(&b, &costly());
    let start = Instant::now();
    client.settle(&b);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(client.standing(&a), ["4 check-then-push"]);
    until(&mut client, &b, |client| client.said.iter().any(|said| said.contains("gave up")));
    // Nothing is offered for a text that was not analysed.
    assert_eq!(client.actions_or_none(&b, 4), None);
    // The text that can be analysed again is.
    client.change(&b, 2, RACY);
    until(&mut client, &b, |client| client.standing(&b) == ["4 check-then-push"]);
    assert_eq!(client.said.iter().filter(|said| said.contains("gave up")).count(), 1, "{:?}", client.said);
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn other_files_do_not_wait_for_a_costly_text() {
    let project = Project::new(&[("models/a.js", RACY), ("models/b.js", CLEAN)]);
    let mut client = Client::limited(&[project.path()], 3_600);
    let (a, b) = (project.path().join("models/a.js"), project.path().join("models/b.js"));
    client.open(&a, CLEAN);
    assert_eq!(client.found(&a), [""; 0]);
    client.open(&b, &costly());
    // The pause after which its analysis starts.
    std::thread::sleep(Duration::from_millis(400));
    let start = Instant::now();
    // What is known of another file is told, though the analysis is under way.
    client.settle(&a);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    // An edit of another file is analysed first.
    client.change(&a, 2, RACY);
    until(&mut client, &a, |client| client.standing(&a) == ["4 check-then-push"]);
    client.change(&a, 3, CLEAN);
    until(&mut client, &a, |client| client.standing(&a).is_empty());
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert!(!client.said.iter().any(|said| said.contains("gave up")), "{:?}", client.said);
    client.change(&b, 2, RACY);
    until(&mut client, &b, |client| client.standing(&b) == ["4 check-then-push"]);
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn an_edit_ends_the_analysis_of_a_costly_text() {
    let project = Project::new(&[("models/a.js", RACY)]);
    let mut client = Client::limited(&[project.path()], 3_600);
    let path = project.path().join("models/a.js");
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    client.open(&path, &costly());
    // The pause after which it starts.
    std::thread::sleep(Duration::from_millis(400));
    let start = Instant::now();
    client.change(&path, 2, CLEAN);
    assert_eq!(client.found(&path), [""; 0]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(!client.said.iter().any(|said| said.contains("gave up")), "{:?}", client.said);
    // Closing the session does not wait for an analysis either.
    client.change(&path, 3, &costly());
    std::thread::sleep(Duration::from_millis(400));
    let start = Instant::now();
    assert_eq!(client.stop(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// Asks again and again: how soon an analysis notices that it is over depends on the machine.
fn until(client: &mut Client, path: &Path, holds: impl Fn(&Client) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds(client) {
        assert!(Instant::now() < deadline, "{:?}", client.said);
        std::thread::sleep(Duration::from_millis(50));
        client.settle(path);
    }
}
