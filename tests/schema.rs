//! The JSON schema of `pushguard.toml`: the committed copy, and what it accepts and refuses.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod shell;
mod support;
mod tools;

use pushguard::report::{self, Format, Run, Style};
use serde_json::{Value, json};
use shell::{Project, RACY};
use std::fs;
use std::path::Path;
use support::hand_made::{proven, witness};
use tools::docs::blocks;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn schema() -> Value {
    Project::new(&[]).run(&["schema"]).json()
}

/// What the schema says against a configuration.
fn complaints(text: &str) -> Vec<String> {
    let config: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let config = serde_json::to_value(config).unwrap();
    validator.iter_errors(&config).map(|error| error.to_string()).collect()
}

#[test]
fn the_committed_copy_is_what_the_types_say() {
    let generated = Project::new(&[]).run(&["schema"]).stdout;
    assert!(
        generated == read("pushguard.schema.json"),
        "the types of the configuration or the rules have changed: `cargo run -- schema > pushguard.schema.json`"
    );
    assert!(jsonschema::meta::is_valid(&schema()));
}

/// What the schema of the JSON report says against a report.
fn report_complaints(report: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(&read("docs/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_schema_of_the_report_is_what_the_types_say_and_holds_for_reports() {
    let generated = Project::new(&[]).run(&["schema", "--report"]).stdout;
    assert!(
        generated == read("docs/report.schema.json"),
        "the types of the report have changed: `cargo run -- schema --report > docs/report.schema.json`"
    );
    assert!(jsonschema::meta::is_valid(&serde_json::from_str(&generated).unwrap()));
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/projects/chat-before");
    for path in [".", root] {
        let project =
            Project::new(&[("models/a.js", &format!("// pushguard-ignore-file check-then-push -- one\n{RACY}"))]);
        let report = project.run(&["check", path, "--format", "json", "--report-suppressed"]).json();
        assert!(!report["findings"].as_array().unwrap().is_empty());
        assert_eq!(report_complaints(&report), [""; 0]);
    }
}

#[test]
fn a_witness_in_a_report_is_as_the_schema_says() {
    let account = |balance: i32| json!([{ "_id": { "$oid": "0000000000000000000000a1" }, "balance": balance }]);
    let steps = json!([
        ["A", "findOne", [{}], "found"],
        ["B", "updateOne", [{}, { "$inc": { "balance": -80 } }], "matched 1"],
        ["A", "sendMail(…)"],
    ]);
    let witness = witness(account(100), steps, (account(20), json!([])), (account(20), json!(["sendMail(…)"])));
    let (sources, analysis) = proven(witness);
    let run = Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 1 };
    let mut text = Vec::new();
    report::write(Format::Json, &run, &Style::default(), &mut text).unwrap();
    let mut report: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(report_complaints(&report), [""; 0]);
    let finding = &mut report["findings"][0];
    assert_eq!(finding["proof"], "proven");
    let site = json!({ "path": "a.js", "line": 2, "column": 1 });
    let command =
        json!({ "collection": "c", "method": "updateOne", "arguments": [{}, { "$inc": { "balance": -80 } }] });
    let step = json!({ "request": "B", "command": command, "site": site, "result": "matched 1" });
    assert_eq!(finding["witness"]["steps"][1], step);
    assert_eq!(finding["witness"]["steps"][2]["command"], json!({ "effect": "sendMail(…)" }));
    finding["witness"]["steps"][1]["request"] = json!(1);
    assert_eq!(report_complaints(&report).len(), 1);
}

#[test]
fn every_configuration_that_is_shipped_or_written_is_accepted() {
    let readme = blocks("README.md", "toml");
    assert!(!readme.is_empty());
    let written = Project::new(&[("models/a.js", RACY)]).run(&["init", "--print"]).stdout;
    assert!(written.starts_with(&format!("#:schema {}\n", schema()["$id"].as_str().unwrap())), "{written}");
    for text in readme.iter().map(String::as_str).chain([written.as_str(), ""]) {
        assert_eq!(complaints(text), [""; 0], "{text}");
        let project = Project::new(&[("src/a.js", "\n"), ("models/a.js", "\n"), ("pushguard.toml", text)]);
        let checked = project.run(&["check"]);
        assert_eq!(checked.code, Some(0), "{checked:?}\n{text}");
    }
}

#[test]
fn what_the_program_refuses_the_schema_refuses() {
    let kind = "[[array]]\nfield = \"a\"\n[[array.kind]]\nname = \"n\"\n";
    let wrong = [
        "excldue = []\n".to_owned(),
        "paths = \"src\"\n".to_owned(),
        "paths = [\"\"]\n".to_owned(),
        "[rules]\ncheck-than-push = \"off\"\n".to_owned(),
        "[rules]\ncheck-then-push = \"warn\"\n".to_owned(),
        "[[array]]\ncollection = \"c\"\n".to_owned(),
        "[[array]]\nfield = \"\"\n".to_owned(),
        format!("{kind}when = {{ has = [\"k\"] }}\nkeys = [\"k\"]\n"),
        format!("{kind}when = {{ has = [\"k\"] }}\nkey = []\n"),
        format!("{kind}when = {{}}\nkey = [\"k\"]\n"),
        format!("{kind}when = []\nkey = [\"k\"]\n"),
        format!("{kind}when = 3\nkey = [\"k\"]\n"),
    ];
    for text in wrong {
        assert_ne!(complaints(&text), [""; 0], "{text}");
        let project = Project::new(&[("a.js", "\n"), ("pushguard.toml", &text)]);
        assert_eq!(project.run(&["check"]).code, Some(2), "{text}");
    }
}

#[test]
fn every_rule_and_level_is_known_to_the_schema() {
    let rules = Project::new(&[]).run(&["rules", "--format", "json"]).json();
    let rules = rules["rules"].as_array().unwrap();
    assert!(rules.len() > 10);
    for rule in rules {
        for level in ["off", "info", "warning", "error"] {
            assert_eq!(complaints(&format!("[rules]\n{} = \"{level}\"\n", rule["id"].as_str().unwrap())), [""; 0]);
        }
    }
}
