//! Small programs with labelled faults, and their safe twins.
//!
//! `fixtures/programs/racy`: every line that ends in `// expect: rule-id[, rule-id]` is an end of a finding of each named
//! rule, and no error is found on another line; with the line `// proven` in it, each has a witness. `fixtures/programs/safe`: no
//! error and no warning. A folder is one project.
//!
//! A program's verdict follows from an interleaving of two requests, which its first line tells. Where the engine is wrong,
//! the program stands in `WRONG_TODAY`, and the test fails as soon as it is right.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use pushguard::config::Config;
use pushguard::diagnostic::Level;
use std::path::Path;
use support::folders::{entries, files};
use support::{File, annotations, hits, unknown_rules, verdict};

/// The programs that the engine gets wrong.
const WRONG_TODAY: &[&str] = &[
    "racy::91-field-named-id.js",
    "racy::95-pipeline-amount.js",
    "racy::130-not-from-this-owner.js",
    "racy::149-element-by-key.js",
    "racy::304-key-made-at-the-start.js",
    "safe::102-state-out-of-a-list.js",
    "safe::109-computed-in-the-same-update.js",
];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs");
    let mut trials = Vec::new();
    for (kind, judge) in [("racy", racy as fn(&[File]) -> Result<(), Failed>), ("safe", safe)] {
        let programs = entries(&folder.join(kind));
        assert!(!programs.is_empty(), "fixtures/programs/{kind} is empty");
        for program in programs {
            let name = format!("{kind}::{}", program.file_name().unwrap().to_string_lossy());
            let is_wrong = WRONG_TODAY.contains(&name.as_str());
            trials.push(Trial::test(name, move || as_known(is_wrong, judge(&files(&program)))));
        }
    }
    let named = |wrong: &&&str| trials.iter().any(|trial| trial.name() == **wrong);
    assert_eq!(WRONG_TODAY.iter().filter(named).count(), WRONG_TODAY.len(), "WRONG_TODAY names a program that is gone");
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The verdict on a program, turned round where it is known to be wrong.
fn as_known(is_wrong: bool, verdict: Result<(), Failed>) -> Result<(), Failed> {
    match (is_wrong, verdict) {
        (true, Ok(())) => Err("validated: take it out of WRONG_TODAY".into()),
        (true, Err(_)) => Ok(()),
        (false, verdict) => verdict,
    }
}

fn racy(files: &[File]) -> Result<(), Failed> {
    let found = hits(files, &Config::default());
    let expected: Vec<_> = files.iter().flat_map(|file| annotations(file, "// expect", None)).collect();
    let mut problems = unknown_rules(&expected);
    if expected.is_empty() {
        problems.push("no line has an `// expect: rule-id`".to_owned());
    }
    for expected in &expected {
        let reported = |hit: &support::Hit| hit.at == expected.at || hit.related.contains(&expected.at);
        if !found.iter().any(|hit| hit.rule == expected.rule && reported(hit)) {
            problems.push(format!("missing: {expected}"));
        }
    }
    if files.iter().any(|(_, text)| text.lines().any(|line| line == "// proven")) {
        let unproven = found.iter().filter(|hit| hit.level == Level::Error && !hit.is_proven);
        problems.extend(unproven.map(|hit| format!("not proven: {hit}")));
    }
    for hit in found.iter().filter(|hit| hit.level == Level::Error) {
        if !expected.iter().any(|expected| expected.at == hit.at || hit.related.contains(&expected.at)) {
            problems.push(format!("noisy: {hit}"));
        }
    }
    verdict(problems, &found)
}

fn safe(files: &[File]) -> Result<(), Failed> {
    let found = hits(files, &Config::default());
    let noisy = found.iter().filter(|hit| hit.level >= Level::Warning);
    verdict(noisy.map(|hit| format!("noisy: {hit}")).collect(), &found)
}
