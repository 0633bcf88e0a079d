//! The settings in `docs/editors.md`, and sessions with clients that others wrote, where these are installed.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;
mod tools;

use serde_json::Value;
use shell::{Project, RACY};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tools::{command, done};

/// The only block of a language in the page.
fn snippet(language: &str) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/editors.md")).unwrap();
    let fence = format!("```{language}\n");
    assert_eq!(page.matches(&fence).count(), 1, "{language}");
    let (_, rest) = page.split_once(&fence).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

fn support(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/editors").join(file)
}

#[test]
fn the_settings_for_helix_start_the_server_for_each_language() {
    let settings: toml::Table = toml::from_str(&snippet("toml")).unwrap();
    let server = &settings["language-server"]["pushguard"];
    assert_eq!((server["command"].as_str(), server["args"][0].as_str()), (Some("pushguard"), Some("lsp")));
    let languages = settings["language"].as_array().unwrap();
    let names: Vec<&str> = languages.iter().map(|language| language["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["javascript", "jsx", "typescript", "tsx"]);
    for language in languages {
        let servers = language["language-servers"].as_array().unwrap();
        assert!(servers.iter().any(|name| name.as_str() == Some("pushguard")), "{language}");
    }
}

#[test]
fn the_task_for_vs_code_runs_and_its_matcher_reads_each_line() {
    let tasks: Value = serde_json::from_str(&snippet("json")).unwrap();
    let task = &tasks["tasks"][0];
    let words: Vec<&str> = task["command"].as_str().unwrap().split(' ').collect();
    assert_eq!(words[0], "pushguard");
    let project = Project::new(&[("models/a b.js", RACY), ("models/c.js", "chats.updateOne(")]);
    let outcome = project.run(&words[1..]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let pattern = &task["problemMatcher"]["pattern"];
    let matcher = regex::Regex::new(pattern["regexp"].as_str().unwrap()).unwrap();
    let part = |line: &str, name: &str| {
        let parts = matcher.captures(line).unwrap_or_else(|| panic!("not matched: {line}"));
        parts[pattern[name].as_u64().unwrap() as usize].to_owned()
    };
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let places = lines.iter().map(|line| ["file", "line", "severity", "code"].map(|name| part(line, name)).join(" "));
    let places: Vec<String> = places.collect();
    assert_eq!(places, ["models/a b.js 5 error check-then-push", "models/c.js 1 warning syntax-error"]);
    assert!(part(lines[0], "message").starts_with("`messages` is checked before"), "{}", lines[0]);
    let log: Value = serde_json::from_str(&project.read("pushguard.sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
}

/// Runs a foreign client on a racy project, with the binary named in `PUSHGUARD` and first on the `PATH`.
fn converse(mut client: Command, settings: &str) {
    let project = Project::new(&[("models/a.js", RACY), ("package.json", "{}"), ("settings.lua", settings)]);
    let binary = Path::new(env!("CARGO_BIN_EXE_pushguard"));
    // Where Neovim writes its log.
    let state = tempfile::tempdir().unwrap();
    client.current_dir(project.path()).env("XDG_STATE_HOME", state.path());
    client.env("PUSHGUARD", binary).env("PROJECT", project.path()).env("SETTINGS", project.path().join("settings.lua"));
    let output = client.output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(output.status.success(), "{said}");
}

#[test]
fn neovim_shows_findings_and_applies_an_action() {
    let Some(path) = tools::with(&["nvim"]) else { return };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = done(command("nvim", here, &path).arg("--version"));
    let version = said.lines().next().unwrap_or_default();
    let numbers: Vec<u32> = version.trim_start_matches("NVIM v").split('.').filter_map(|n| n.parse().ok()).collect();
    assert!(numbers.as_slice() >= [0, 11].as_slice(), "docs/editors.md asks for Neovim 0.11, this is `{version}`");
    let mut client = command("nvim", here, &path);
    client.args(["--clean", "--headless", "-l"]).arg(support("session.lua"));
    converse(client, &snippet("lua"));
}

#[test]
fn the_client_of_pytest_lsp_understands_every_message() {
    let Some(path) = tools::with(&["python3"]) else { return };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !command("python3", here, &path).args(["-c", "import pytest_lsp"]).output().unwrap().status.success() {
        tools::skip("the package pytest-lsp of Python");
        return;
    }
    let mut client = command("python3", here, &path);
    client.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).arg(support("test_session.py"));
    client.env("PYTHONDONTWRITEBYTECODE", "1");
    converse(client, "");
}
