//! Which findings `check` reports: `--only`, `--ignore`, `--min-confidence`, and levels for some paths.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{Project, RACY};

/// A push without a guard on an array that is tracked: a finding of a rule that asks nobody for a witness.
const UNGUARDED: &str = "\
module.exports = async (db, id, imageId) =>
  db.collection('chats').updateOne({ _id: id }, { $push: { messages: { type: 'image', imageId } } });
";

fn project() -> Project {
    Project::new(&[("models/a.js", RACY), ("jobs/b.js", UNGUARDED)])
}

fn found(project: &Project, args: &[&str]) -> Vec<String> {
    let outcome = project.run(&[&["check", "--format", "json"], args].concat());
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
    outcome.findings()
}

const PUSH: &str = "models/a.js:5 check-then-push";
const UNGUARDED_PUSH: &str = "jobs/b.js:2 unguarded-push";

#[test]
fn rules_are_picked_and_left_out() {
    let project = project();
    assert_eq!(found(&project, &[]), [UNGUARDED_PUSH, PUSH]);
    assert_eq!(found(&project, &["--only", "check-then-push"]), [PUSH]);
    assert_eq!(found(&project, &["--only", "check-then-push", "--only", "unguarded-push"]), [UNGUARDED_PUSH, PUSH]);
    assert_eq!(found(&project, &["--ignore", "check-then-push"]), [UNGUARDED_PUSH]);
    let nothing = project.run(&["check", "--only", "lost-update"]);
    assert_eq!(nothing.code, Some(0), "{nothing:?}");
    // Silence about what could not be read would look like an answer.
    project.write("models/c.js", b"const a = [;\n");
    assert_eq!(found(&project, &["--only", "lost-update"]), ["models/c.js:1 syntax-error"]);
    assert_eq!(found(&project, &["--only", "lost-update", "--ignore", "syntax-error"]), [""; 0]);
}

#[test]
fn a_misspelt_rule_is_refused_with_its_neighbour() {
    for flag in ["--only", "--ignore"] {
        let outcome = project().run(&["check", flag, "check-than-push"]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains("a similar value exists: 'check-then-push'"), "{outcome:?}");
    }
}

#[test]
fn only_a_rule_that_is_off_is_told() {
    let project = project();
    project.write("pushguard.toml", b"[rules]\ncheck-then-push = \"off\"\n");
    let outcome = project.run(&["check", "--only", "check-then-push"]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stderr.contains("`check-then-push` is off in the configuration"), "{outcome:?}");
}

#[test]
fn findings_without_a_witness_can_be_left_out() {
    let project = project();
    let sure = project.run(&["check", "--format", "json", "--min-confidence", "proven"]).json();
    let findings = sure["findings"].as_array().expect("findings");
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding["proof"] == "proven"), "{sure}");
    assert_eq!(found(&project, &["--min-confidence", "proven"]), [PUSH]);
    assert_eq!(found(&project, &["--min-confidence", "high"]), [UNGUARDED_PUSH, PUSH]);
    // A lock that never expires: its rule is of medium confidence, and asks nobody for a witness.
    let lock = "module.exports = async (db, key, work) => {\n  const locks = db.collection('reportLocks');\n  await locks.createIndex({ key: 1 }, { unique: true });\n  try {\n    await locks.insertOne({ key });\n  } catch (error) {\n    if (error.code === 11000) return;\n    throw error;\n  }\n  await work();\n  await locks.deleteOne({ key });\n};\n";
    project.write("models/d.js", lock.as_bytes());
    assert_eq!(found(&project, &[]), [UNGUARDED_PUSH, PUSH, "models/d.js:5 lock-without-ttl"]);
    assert_eq!(found(&project, &["--min-confidence", "high"]), [UNGUARDED_PUSH, PUSH]);
}

#[test]
fn a_level_is_overridden_for_some_paths() {
    let project = project();
    project.write("pushguard.toml", b"[[override]]\npaths = [\"jobs/\"]\nrules = { unguarded-push = \"off\" }\n");
    assert_eq!(found(&project, &[]), [PUSH]);
    let level = b"[[override]]\npaths = [\"models/*.js\"]\nrules = { check-then-push = \"info\" }\n";
    project.write("pushguard.toml", level);
    let outcome = project.run(&["check", "--format", "compact", "--only", "check-then-push"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.starts_with("models/a.js:5:9: info check-then-push: "), "{outcome:?}");
    project.write("pushguard.toml", b"[[override]]\npaths = [\"a\"]\nrules = { lost-updat = \"off\" }\n");
    let wrong = project.run(&["check"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(
        wrong.stderr.contains("pushguard.toml:3:11") && wrong.stderr.contains("did you mean `lost-update`?"),
        "{wrong:?}"
    );
}

#[test]
fn a_level_below_that_of_the_rule_is_explained() {
    let project = Project::new(&[("migrations/a.js", RACY)]);
    let report = project.run(&["check", "--format", "json"]).json();
    assert_eq!(report["findings"][0]["level"], "info", "{report}");
    assert_eq!(report["findings"][0]["levelReason"], "one person runs this once");
    let text = project.run(&["check"]).stdout;
    assert!(text.contains("note: only an info: one person runs this once"), "{text}");
    // What the configuration says needs no reason.
    project.write("pushguard.toml", b"[rules]\ncheck-then-push = \"info\"\n");
    let report = project.run(&["check", "--format", "json"]).json();
    assert_eq!(report["findings"][0].get("levelReason"), None, "{report}");
}
