//! Every witness on a real server: the script that `pushguard witness --script` writes shows the bad outcome.
//!
//! The witnesses are those of all findings in `fixtures/programs` and in the examples of the rule pages, and hand-made ones
//! that also must not show it, or cannot be played.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod mongod;
mod shell;
mod support;
mod tools;

use libtest_mimic::{Arguments, Failed, Trial};
use mongod::Server;
use pushguard::analysis::analyze;
use pushguard::config::{Config, load};
use pushguard::diagnostic::{Harm, Index, Witness};
use pushguard::report::{Run, witness::script};
use pushguard::rules;
use pushguard::source::{SourceFile, Sources};
use serde_json::{Value, json};
use shell::{Project, RACY};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use support::File;
use support::folders::{entries, files};
use support::hand_made::{proven, witness};
use support::pages::examples;

/// What a script ends with.
const APPEARS: i32 = 1;
const APPEARS_NOT: i32 = 0;
const TROUBLE: i32 = 2;

fn main() {
    let arguments = Arguments::from_args();
    let driver = tools::node_modules().join("mongodb/package.json");
    let is_listing = arguments.list;
    if !is_listing && !tools::is_there(&driver) {
        return;
    }
    let server = if is_listing { None } else { Server::start() };
    if !is_listing && server.is_none() {
        return;
    }
    let uri: Arc<str> = server.as_ref().map_or_else(String::new, Server::uri).into();
    let mut trials = hand_made(&uri);
    trials.push(commanded(&uri));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs/racy");
    for program in entries(&folder) {
        let name = program.file_name().unwrap().to_string_lossy().into_owned();
        trials.push(played(format!("racy::{name}"), &uri, files(&program), Config::default()));
    }
    for (id, page) in rules::ALL {
        let bad = examples(page).into_iter().filter(|example| example.kind == "bad").enumerate();
        trials.extend(bad.map(|(at, example)| {
            let config = load::parse(&example.config, &rules::ids()).map_err(|problem| problem.message).unwrap();
            played(format!("{id}::bad_{}", at + 1), &uri, example.files, config)
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(server);
    conclusion.exit();
}

/// Plays what the command prints.
fn commanded(uri: &Arc<str>) -> Trial {
    let uri = uri.clone();
    Trial::test("pushguard witness --script", move || {
        let racy = RACY.replace("messages: item", "messages: { mergeId: item.mergeId }");
        let printed = Project::new(&[("models/a.js", &racy)]).run(&["witness", "models/a.js:5", "--script"]);
        expect(&printed.stdout, &uri, APPEARS)
    })
}

/// Plays each witness of a project.
fn played(name: String, uri: &Arc<str>, files: Vec<File>, config: Config) -> Trial {
    let uri = uri.clone();
    Trial::test(name, move || {
        let files = files.iter().map(|(path, text)| SourceFile::new(path.clone(), text, true)).collect();
        let sources = Sources::new(files);
        let analysis = analyze(&sources, &config, &|| ());
        let run = Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 1 };
        let mut proven = analysis.findings.iter().filter(|finding| finding.proof.is_proven());
        proven.try_for_each(|finding| expect(&script(&run, finding).unwrap(), &uri, APPEARS))
    })
}

fn node(script: &str, uri: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replay.cjs");
    std::fs::write(&path, script).unwrap();
    let mut command = std::process::Command::new("node");
    command.arg(&path).env("NODE_PATH", tools::node_modules()).env_remove("MONGODB_URI");
    if !uri.is_empty() {
        command.env("MONGODB_URI", uri);
    }
    command.output().unwrap()
}

fn expect(script: &str, uri: &str, code: i32) -> Result<(), Failed> {
    let output = node(script, uri);
    // What is drawn after each step has to be so too.
    let is_foreseen = !String::from_utf8_lossy(&output.stdout).contains("does not store what was foreseen");
    match output.status.code() == Some(code) && is_foreseen {
        true => Ok(()),
        false => Err(format!("{:?}, not {code}\n{}\n{script}", output.status, tools::both(&output)).into()),
    }
}

/// The script of a finding with this witness.
fn script_of(witness: Witness) -> String {
    let (sources, analysis) = proven(witness);
    let run = Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 1 };
    script(&run, &analysis.findings[0]).unwrap()
}

fn account(balance: i32) -> Value {
    json!([{ "_id": { "$oid": "0000000000000000000000a1" }, "balance": balance, "at": { "$date": "2026-01-01T00:00:00Z" } }])
}

/// Two withdrawals, the second of which fails where the filter has the check.
fn overdraft(filter: Value, second: &str, end: i32) -> Witness {
    let id = json!({ "_id": { "$oid": "0000000000000000000000a1" } });
    let steps = json!([
        ["A", "findOne", [id], "found"],
        ["B", "findOne", [id], "found"],
        ["A", "updateOne", [filter, { "$inc": { "balance": -80 } }], "matched 1"],
        ["B", "updateOne", [filter, { "$inc": { "balance": -80 } }], second],
    ]);
    witness(account(100), steps, (account(end), json!([])), (account(20), json!([])))
}

/// Two inserts of one address, whose identities and times the server makes up.
fn signup(id: [&str; 2], time: &str) -> Witness {
    let user = |id: &str| json!({ "_id": { "$oid": id }, "email": "a@example.org", "at": { "$date": time } });
    let update = json!([{ "email": "b" }, { "$set": { "email": "a@example.org" }, "$currentDate": { "at": true } }, { "upsert": true }]);
    let steps = json!([
        ["A", "countDocuments", [{ "email": "a@example.org" }], "0"],
        ["B", "find", [{ "email": "a@example.org" }], "0"],
        ["A", "updateOne", update, "upserted"],
        ["B", "updateOne", update, "upserted"],
    ]);
    let both = json!([user(id[0]), user(id[1])]);
    witness(json!([]), steps, (both, json!([])), (json!([user(id[0])]), json!([])))
}

fn unique(witness: Witness, partial: Option<Value>) -> Witness {
    let index = Index { collection: "c".into(), keys: vec!["email".into()], sparse: false, partial };
    Witness { indexes: vec![index], ..witness }
}

/// A mail that goes out twice, while a flag ends as it would anyway.
fn mail(kind: Harm, serial: Value) -> Witness {
    let set = json!([{ "_id": 1 }, { "$set": { "sent": true } }]);
    let steps = json!([
        ["A", "findOne", [{ "_id": 1, "sent": false }], "found"],
        ["B", "findOne", [{ "_id": 1, "sent": false }], "found"],
        ["A", "sendMail(…)"],
        ["B", "sendMail(…)"],
        ["A", "updateOne", set, "matched 1"],
        ["B", "updateOne", set, "matched 1"],
    ]);
    let sent = |sent: bool| json!([{ "_id": 1, "sent": sent, "__proto__": "a" }]);
    let outcome = (sent(true), json!(["sendMail(…)", "sendMail(…)"]));
    Witness { kind, ..witness(sent(false), steps, outcome, (sent(true), serial)) }
}

fn hand_made(uri: &Arc<str>) -> Vec<Trial> {
    let by_id = json!({ "_id": { "$oid": "0000000000000000000000a1" } });
    let guarded = json!({ "_id": { "$oid": "0000000000000000000000a1" }, "balance": { "$gte": 80 } });
    let ids = ["0000000000000000000000b1", "0000000000000000000000b2"];
    let time = "2026-01-01T00:00:00Z";
    let twice = json!(["sendMail(…)", "sendMail(…)"]);
    let refused = Witness { steps: Vec::new(), ..overdraft(json!({ "$no": 1 }), "matched 1", -60) };
    let wrong = overdraft(json!({ "$no": 1 }), "matched 1", -60);
    let unknown =
        witness(json!([]), json!([["A", "findNone", [], "null"]]), (json!([]), json!([])), (json!([]), json!([])));
    let cases: Vec<(&str, Witness, i32)> = vec![
        ("an overdraft", overdraft(by_id.clone(), "matched 1", -60), APPEARS),
        ("an overdraft that the filter stops", overdraft(guarded.clone(), "matched 1", -60), APPEARS_NOT),
        ("an outcome that a serial order has", overdraft(guarded, "matched 0", 20), TROUBLE),
        ("another outcome than the one told", overdraft(by_id, "matched 1", -61), APPEARS_NOT),
        ("no steps", refused, APPEARS_NOT),
        ("a filter that the server refuses", wrong, TROUBLE),
        ("a method that the driver has not", unknown, TROUBLE),
        ("documents with identities and times of the server", signup(ids, time), APPEARS),
        ("two documents of one identity", signup([ids[0], ids[0]], time), APPEARS_NOT),
        ("an index that refuses the second", unique(signup(ids, time), None), APPEARS_NOT),
        ("an index on other documents", unique(signup(ids, time), Some(json!({ "email": { "$gt": "b" } }))), APPEARS),
        ("a mail twice", mail(Harm::Race, json!(["sendMail(…)"])), APPEARS),
        ("a mail as often as one after the other", mail(Harm::Race, twice.clone()), TROUBLE),
        ("an act twice with the same end", mail(Harm::ActsTwice, twice), APPEARS),
    ];
    let mut trials: Vec<Trial> = cases
        .into_iter()
        .map(|(name, witness, code)| {
            let uri = uri.clone();
            Trial::test(format!("hand_made::{name}"), move || expect(&script_of(witness), &uri, code))
        })
        .collect();
    trials.push(Trial::test("hand_made::no server is named", || {
        expect(&script_of(mail(Harm::Race, json!([]))), "", TROUBLE)
    }));
    trials
}
