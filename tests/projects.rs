//! The small applications of `fixtures/projects`, each through the real binary.
//!
//! `NAME.labels`: every line `path:line rule` is found, and no other error or warning. `NAME.expected`: the findings with
//! their messages and other ends, reviewed; `UPDATE_EXPECTED=1` rewrites it.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use serde_json::Value;
use shell::Project;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects")
}

fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = entries
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "fixtures/projects is empty");
    names
}

fn findings(name: &str) -> Vec<Value> {
    findings_with(name, &[])
}

/// Runs on a copy, so that the project is its own root; `changed` files have another text there.
fn findings_with(name: &str, changed: &[(&str, &str)]) -> Vec<Value> {
    let copy = Project::new(&[]);
    let root = folder().join(name);
    for entry in
        walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file())
    {
        let path = entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        copy.write(&path, &fs::read(entry.path()).unwrap());
    }
    for (path, text) in changed {
        copy.write(path, text.as_bytes());
    }
    let outcome = copy.run(&["check", ".", "--format", "json"]);
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
    outcome.json()["findings"].as_array().unwrap().clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn snapshot(findings: &[Value]) -> String {
    let mut lines = String::new();
    for finding in findings {
        let (path, line, column) = (text(&finding["path"]), &finding["line"], &finding["column"]);
        let (level, rule, message) = (text(&finding["level"]), text(&finding["rule"]), text(&finding["message"]));
        lines.push_str(&format!(
            "{path}:{line}:{column}: {level} {rule} in {}: {message}\n",
            text(&finding["function"])
        ));
        for related in finding["related"].as_array().unwrap() {
            let (path, line, column) = (text(&related["path"]), &related["line"], &related["column"]);
            lines.push_str(&format!("    {path}:{line}:{column}: {}\n", text(&related["message"])));
        }
        lines.push_str(&format!("    help: {}\n", text(&finding["help"])));
    }
    lines
}

#[test]
fn the_findings_of_each_project_are_its_labels() {
    let mut problems = Vec::new();
    for name in names() {
        let labels =
            fs::read_to_string(folder().join(format!("{name}.labels"))).unwrap_or_else(|_| format!("no {name}.labels"));
        let mut expected: Vec<&str> =
            labels.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let mut found: Vec<String> = findings(&name)
            .iter()
            .filter(|finding| finding["level"] != "info")
            .map(|finding| format!("{}:{} {}", text(&finding["path"]), finding["line"], text(&finding["rule"])))
            .collect();
        expected.sort_unstable();
        found.sort();
        problems.extend(
            expected
                .iter()
                .filter(|line| !found.iter().any(|f| f == *line))
                .map(|line| format!("missing: {name}/{line}")),
        );
        problems.extend(
            found.iter().filter(|line| !expected.contains(&line.as_str())).map(|line| format!("noisy: {name}/{line}")),
        );
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_report_of_each_project_is_the_reviewed_one() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut problems = Vec::new();
    for name in names() {
        let path = folder().join(format!("{name}.expected"));
        let found = snapshot(&findings(&name));
        if update {
            fs::write(&path, &found).unwrap();
        }
        match fs::read_to_string(&path) {
            Err(_) => problems.push(format!("missing: {name}.expected; review what UPDATE_EXPECTED=1 writes")),
            Ok(expected) if expected != found => problems.push(format!("{name}.expected differs; now it is\n{found}")),
            Ok(_) => {}
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Mistakes in the helper of `chat-after`: what it reads, what the mistake makes of it, and the rule that finds it.
const MISTAKES: &[(&str, &str, &str)] = &[
    // The guard of a merged image is that of its slot.
    (
        "messages: { $not: { $elemMatch: { mergeId: mergeId } } },",
        "messages: { $not: { $elemMatch: { batchId: batchId, batchIndex: batchIndex } } },",
        "wrong-identity-key",
    ),
    // The guard of a batch image is that of any image.
    (
        "messages: { $not: { $elemMatch: { batchId: batchId, batchIndex: batchIndex } } },\n      };\n    } else {",
        "'messages.imageId': { $ne: imageIdStr },\n      };\n    } else {",
        "wrong-identity-key",
    ),
    // The filter knows merged images outside of a batch only.
    (
        "let atomicFilter;\n    if (isMerged && mergeId) {",
        "let atomicFilter;\n    if (isMerged && mergeId && batchId === null) {",
        "wrong-identity-key",
    ),
    // The lock forgets merged images.
    (
        "  if (isMerged && mergeId) {\n    lockKey = `msg:${userChatId}:merge:${mergeId}`;\n  } else if (batchId",
        "  if (batchId",
        "lock-key-mismatch",
    ),
    // The lock of a merged image is that of its slot.
    ("`msg:${userChatId}:merge:${mergeId}`", "`msg:${userChatId}:merge:${batchId}:${batchIndex}`", "lock-key-mismatch"),
    // The early search finds the merged image, and the next one overwrites what it found.
    ("        if (known) {\n          return true;\n        }\n      }\n", "      }\n", "wrong-identity-key"),
    // The search before the call looks for the slot of a merged image.
    (
        "        'messages.mergeId': mergeId,\n      });",
        "        messages: { $elemMatch: { batchId: batchId, batchIndex: batchIndex } },\n      });",
        "wrong-identity-key",
    ),
];

#[test]
fn each_mistake_in_the_repaired_chat_is_found() {
    let path = "models/imagen.js";
    let repaired = fs::read_to_string(folder().join("chat-after").join(path)).unwrap();
    let mut problems = Vec::new();
    for (right, wrong, rule) in MISTAKES {
        assert_eq!(repaired.matches(right).count(), 1, "not once in chat-after/{path}: {right}");
        let found = findings_with("chat-after", &[(path, &repaired.replace(right, wrong))]);
        let is_found = |finding: &Value| finding["rule"] == *rule && finding["level"] == "error";
        if !found.iter().any(is_found) {
            problems.push(format!("missing: {rule} for\n{wrong}\ngot {}", snapshot(&found)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn no_snapshot_or_label_file_is_left_without_its_project() {
    let names = names();
    for entry in fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let stem = entry.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(&stem), "{} belongs to no project", entry.display());
    }
}
