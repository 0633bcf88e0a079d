//! Hand-made witnesses, laid out.

use super::*;
use crate::diagnostic::{Analysis, Command, End, Index, Stored};
use crate::source::{FileId, SourceFile, Sources};
use serde_json::{Value, json};

fn stored(collection: &str, document: Value) -> Stored {
    Stored { collection: collection.into(), document }
}

fn database(request: usize, line: u32, call: (&str, &str, Value), result: &str) -> Move {
    let (collection, method, arguments) = call;
    Move {
        request,
        command: Command::Database {
            collection: collection.into(),
            method: method.into(),
            arguments: arguments.as_array().cloned().unwrap_or_default(),
        },
        // Each line of the file below has ten characters with its end.
        place: Some(Place { file: FileId(0), start: (line - 1) * 10, end: (line - 1) * 10 + 9 }),
        result: result.into(),
        stored: None,
    }
}

fn request(name: &str, inputs: &[(&str, Value)]) -> Inputs {
    let inputs = inputs.iter().map(|(source, value)| ((*source).to_owned(), value.clone())).collect();
    Inputs { name: name.into(), inputs }
}

fn account(balance: i32) -> Stored {
    let id = json!({ "$oid": "0000000000000000000000a1" });
    stored("accounts", json!({ "_id": id, "owner": "ann", "balance": balance }))
}

/// Two withdrawals that both see enough money.
fn overdraft() -> Witness {
    let id = json!({ "_id": { "$oid": "0000000000000000000000a1" } });
    let find = || ("accounts", "findOne", json!([id]));
    let take = |amount: i32| ("accounts", "updateOne", json!([id, { "$inc": { "balance": -amount } }]));
    let end = |balance| End { documents: vec![account(balance)], effects: vec![] };
    Witness {
        kind: Harm::Race,
        start: vec![account(100)],
        indexes: vec![],
        requests: vec![
            request(
                "A",
                &[("req.params.id", json!({ "$oid": "0000000000000000000000a1" })), ("req.body.amount", json!(80))],
            ),
            request(
                "B",
                &[("req.params.id", json!({ "$oid": "0000000000000000000000a1" })), ("req.body.amount", json!(60))],
            ),
        ],
        steps: vec![
            database(0, 3, find(), "found"),
            database(1, 3, find(), "found"),
            database(0, 5, take(80), "matched 1"),
            database(1, 5, take(60), "matched 1"),
        ],
        outcome: end(-40),
        serial: vec![end(20), end(40)],
    }
}

/// One job done by two workers: two collections, six commands, a mail that goes out twice.
fn job_twice() -> Witness {
    let job = |status: &str| {
        stored("jobs", json!({ "_id": 7, "kind": "welcome", "status": status, "to": "ann@example.org" }))
    };
    let log = |id: &str| stored("mails", json!({ "_id": { "$oid": id }, "job": 7, "to": "ann@example.org" }));
    let steps = |request: usize, id: &str| {
        let insert = json!([{ "_id": { "$oid": id }, "job": 7, "to": "ann@example.org" }]);
        [
            database(request, 2, ("jobs", "findOne", json!([{ "_id": 7, "status": "new" }])), "found"),
            Move {
                command: Command::Effect { text: "sendMail(job.to)".into() },
                ..database(request, 4, ("", "", json!([])), "")
            },
            database(request, 5, ("mails", "insertOne", insert), "inserted 1"),
            database(
                request,
                6,
                ("jobs", "updateOne", json!([{ "_id": 7 }, { "$set": { "status": "done" } }])),
                "matched 1",
            ),
        ]
    };
    let (a, b) = (steps(0, "0000000000000000000000b1"), steps(1, "0000000000000000000000b2"));
    let [a1, a2, a3, a4] = a;
    let [b1, b2, b3, b4] = b;
    let mail = || "sendMail(job.to)".to_owned();
    Witness {
        kind: Harm::Race,
        start: vec![job("new")],
        indexes: vec![Index {
            collection: "mails".into(),
            keys: vec!["token".into()],
            sparse: true,
            partial: Some(json!({ "token": { "$gt": "" } })),
        }],
        requests: vec![request("A", &[("job.id", json!(7))]), request("B", &[("job.id", json!(7))])],
        steps: vec![a1, b1, a2, b2, a3, b3, a4, b4],
        outcome: End {
            documents: vec![job("done"), log("0000000000000000000000b1"), log("0000000000000000000000b2")],
            effects: vec![mail(), mail()],
        },
        serial: vec![End { documents: vec![job("done"), log("0000000000000000000000b1")], effects: vec![mail()] }],
    }
}

fn laid_out(witness: &Witness, columns: usize, full: bool) -> String {
    let sources = Sources::new(vec![SourceFile::new("routes/a.js".into(), &"code code\n".repeat(9), true)]);
    let run = Run { sources: &sources, analysis: &Analysis::default(), prefix: "", below: "", exit_code: 1 };
    let weighty = [witness.steps.last().and_then(|step| step.place), witness.steps.first().and_then(|step| step.place)];
    let weighty: Vec<Place> = weighty.into_iter().flatten().collect();
    let lines = lines(&run, witness, Layout { columns, full, weighty: &weighty, rest: "`--full`" });
    assert!(full || lines.len() <= MAX_LINES, "{lines:#?}");
    assert!(lines.iter().all(|line| width(line) <= columns), "{lines:#?}");
    lines.join("\n")
}

#[test]
fn an_overdraft_fits_eight_lines() {
    insta::assert_snapshot!("overdraft@80", laid_out(&overdraft(), 80, false));
    insta::assert_snapshot!("overdraft@120", laid_out(&overdraft(), 120, false));
    insta::assert_snapshot!("overdraft@60", laid_out(&overdraft(), 60, false));
    insta::assert_snapshot!("overdraft-whole@80", laid_out(&overdraft(), 80, true));
}

#[test]
fn many_steps_leave_the_check_and_the_act_of_both_requests() {
    insta::assert_snapshot!("job@80", laid_out(&job_twice(), 80, false));
    insta::assert_snapshot!("job@120", laid_out(&job_twice(), 120, false));
    insta::assert_snapshot!("job@60", laid_out(&job_twice(), 60, false));
    insta::assert_snapshot!("job-whole@120", laid_out(&job_twice(), 120, true));
}

#[test]
fn one_sentence_says_the_outcome() {
    assert_eq!(
        sentence(&overdraft()),
        "two requests at once store [{ balance: -40, … }]; one after the other [{ balance: 20, … }] or [{ balance: 40, … }]"
    );
    let twice = Witness { kind: Harm::ActsTwice, ..overdraft() };
    assert_eq!(sentence(&twice), "two requests at once both do it, and [{ balance: -40, … }] is stored");
    let again = Witness { kind: Harm::RetryDiffers, ..overdraft() };
    assert!(sentence(&again).starts_with("the same request twice stores [{ balance: -40, … }]; once [{ balance: 20"));
}

#[test]
fn a_page_names_the_finding_above_its_whole_witness() {
    let sources = Sources::new(vec![SourceFile::new("routes/a.js".into(), &"code code\n".repeat(9), true)]);
    let run = Run { sources: &sources, analysis: &Analysis::default(), prefix: "", below: "", exit_code: 1 };
    let place = Place { file: FileId(0), start: 40, end: 49 };
    let bare = Finding::bare("check-then-update", crate::diagnostic::Level::Error, place);
    assert_eq!(page(&run, &bare, 100), None);
    let proof = Proof::Proven(overdraft().into());
    let finding = Finding { message: "two at once".into(), proof, ..bare };
    let page = page(&run, &finding, 100).expect("a page");
    let head = "error[check-then-update] routes/a.js:5:1: two at once\n  before: [{ _id: ObjectId('";
    assert!(page.starts_with(head) && page.contains("found (routes/a.js:3)"), "{page}");
    assert!(is_at(&run, &finding, FileId(0), 5) && !is_at(&run, &finding, FileId(0), 3));
}
