//! Small programs with labelled faults, and their safe twins.
//!
//! `fixtures/programs/racy`: every line that ends in `// expect: rule-id[, rule-id]` is an end of a finding of each named
//! rule, and no error is found on another line. `fixtures/programs/safe`: no error and no warning. A folder is one project.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use pushguard::config::Config;
use pushguard::diagnostic::Level;
use std::path::Path;
use support::folders::{entries, files};
use support::{File, annotations, hits, unknown_rules, verdict};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs");
    let mut trials = Vec::new();
    for (kind, judge) in [("racy", racy as fn(&[File]) -> Result<(), Failed>), ("safe", safe)] {
        let programs = entries(&folder.join(kind));
        assert!(!programs.is_empty(), "fixtures/programs/{kind} is empty");
        for program in programs {
            let name = program.file_name().unwrap().to_string_lossy().into_owned();
            trials.push(Trial::test(format!("{kind}::{name}"), move || judge(&files(&program))));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
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
