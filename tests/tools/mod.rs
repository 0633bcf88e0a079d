//! The tools that `.ci/tools` installs, for tests of the integrations.
//!
//! Without them a test is skipped, and says so past the capture of the test program; where `PUSHGUARD_REQUIRE_TOOLS` is set it fails.

#![allow(dead_code, reason = "each test program uses its own part")]

pub mod docs;
#[cfg(unix)]
pub mod release;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn node_modules() -> PathBuf {
    root().join("target/tools/node/node_modules")
}

/// A `PATH` that begins with the tools and with the program under test; `None` when a tool is missing.
pub fn with(tools: &[&str]) -> Option<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_pushguard")).parent().unwrap().to_owned();
    let installed = [root().join("target/tools/python/bin"), node_modules().join(".bin"), program];
    let system = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(installed.into_iter().chain(std::env::split_paths(&system))).unwrap();
    let has = |tool: &str| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    let missing: Vec<&str> = tools.iter().copied().filter(|tool| !has(tool)).collect();
    if missing.is_empty() {
        return Some(path.into_string().unwrap());
    }
    skip(&missing.join(", "));
    None
}

/// Whether a tool that is no command is installed.
pub fn is_there(tool: &Path) -> bool {
    if !tool.is_file() {
        skip(&tool.strip_prefix(root()).unwrap_or(tool).to_string_lossy());
        return false;
    }
    true
}

pub fn skip(missing: &str) {
    let message = format!("SKIPPED for want of {missing}: run .ci/tools");
    assert!(std::env::var_os("PUSHGUARD_REQUIRE_TOOLS").is_none(), "{message}");
    // Not `eprintln!`, which the test program keeps to itself.
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    std::io::stderr().write_all(format!("{name}: {message}\n").as_bytes()).unwrap();
}

/// A command in a folder, whose home is empty and which asks nobody and no network.
pub fn command(program: &str, folder: &Path, path: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("PATH", path);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.org"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.org"),
        ("npm_config_offline", "true"),
        ("npm_config_audit", "false"),
        ("npm_config_fund", "false"),
        ("npm_config_update_notifier", "false"),
    ] {
        command.env(name, value);
    }
    // A hook that runs the tests sets these for its own repository.
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command that must succeed; gives its standard output.
pub fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", both(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Both streams, for a message.
pub fn both(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// A YAML document as JSON.
pub fn yaml(text: &str, path: &str) -> serde_json::Value {
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(sys.argv[1]), sys.stdout)";
    let python = root().join("target/tools/python/bin/python");
    let output = Command::new(python).args(["-c", script, text]).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}\n{text}", both(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}
