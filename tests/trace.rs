//! `pushguard debug trace`: what the engine believes, held by goldens, so that a change of meaning is seen where it is made.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{Outcome, Project};
use std::fs;
use std::path::Path;

/// Holds what is traced at the line of a fixture that contains `text` against the golden `trace-name`.
fn golden(name: &str, fixture: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("trace-{name}"), trace(fixture, text));
    });
}

fn trace(fixture: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
    let name = path.file_name().unwrap().to_str().unwrap();
    let code = fs::read_to_string(&path).unwrap();
    let line = code.lines().position(|line| line.contains(text)).unwrap() + 1;
    let project = Project::new(&[(name, &code)]);
    let outcome = project.run(&["debug", "trace", &format!("{name}:{line}")]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    outcome.stdout
}

#[test]
fn a_condition_in_the_filter_of_the_read_and_a_claim() {
    golden("read-filter", "programs/racy/33-job-claim.js", "state: 'running'");
    golden("claim", "programs/safe/33-job-claim.js", "state: 'done'");
}

#[test]
fn a_comparison_and_the_filter_that_carries_it() {
    golden("comparison", "programs/racy/23-balance-inc.ts", "$inc");
    golden("guarded", "programs/safe/23-balance-inc.ts", "$inc");
}

#[test]
fn a_helper_a_save_a_lock_and_a_session() {
    golden("helper", "programs/racy/02-helper-read.js", "$push");
    golden("save", "programs/racy/18-mongoose-includes-save.js", "save(");
    golden("lock", "programs/racy/31-map-lock.js", "$push");
    golden("session", "programs/safe/64-transaction-by-chain.ts", "findByIdAndUpdate");
}

#[test]
fn a_line_that_cannot_be_traced_is_told() {
    let project = Project::new(&[("a.js", "const a = 1;\n"), ("b.js", "module.exports = 2;\n")]);
    let said = |line: &str| project.run(&["debug", "trace", line]);
    assert_eq!(said("a.js:1").stdout, "no database call is known around this line\n");
    let refused = |outcome: Outcome, part: &str| {
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
        assert!(outcome.stderr.contains(part), "{outcome:?}");
    };
    refused(said("a.js:9"), "has only 2 lines");
    refused(said("a.js"), "expected FILE:LINE");
    refused(said(".:1"), "is more than one file");
    let help = project.run(&["--help"]).stdout;
    assert!(help.contains("completions") && !help.contains("debug"), "{help}");
}
