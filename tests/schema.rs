//! The JSON schema of `pushguard.toml`: the committed copy, and what it accepts and refuses.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod shell;
mod tools;

use serde_json::Value;
use shell::{Project, RACY};
use std::fs;
use std::path::Path;
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
