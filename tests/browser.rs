//! The HTML report in a real browser.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;
mod support;
mod tools;

use serde_json::Value;
use shell::{Project, RACY};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::folders::files;

/// What closes an element, runs, reorders text and ends a line, as a string of JavaScript and in a comment.
const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}'\u{0}";

/// Runs the checks of the browser on a report; gives what they saw. `None` for want of a tool.
fn checked(report: &Path, name: &str) -> Option<Value> {
    let path = tools::with(&["node", "chromium"])?;
    let modules = tools::node_modules();
    if !["playwright-core", "axe-core"].iter().all(|name| tools::is_there(&modules.join(name).join("package.json"))) {
        return None;
    }
    let chromium = std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|it| it.is_file()).unwrap();
    let shots = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report").join(name);
    fs::create_dir_all(&shots).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.cjs");
    let mut command = Command::new("node");
    command.arg(script).arg(report).arg(&shots).env("PATH", &path).env("NODE_PATH", modules).env("CHROMIUM", chromium);
    let seen = serde_json::from_str(&tools::done(&mut command)).unwrap();
    for shot in ["light-1280", "light-400", "dark-1280", "dark-400"] {
        assert!(shots.join(format!("{shot}.png")).is_file(), "{shot}");
    }
    Some(seen)
}

#[test]
fn the_report_of_a_project_is_read_filtered_and_followed() {
    let project = Project::new(&[(".git/HEAD", ""), ("CODEOWNERS", "* @everyone\n/models/img* @images @models\n")]);
    for (path, text) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects/chat-before")) {
        project.write(&path, text.as_bytes());
    }
    let outcome = project.run(&["check", "--output", "html=report.html"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let Some(seen) = checked(&project.path().join("report.html"), "chat") else { return };
    let owners: Vec<&str> = seen["owners"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(owners, ["@everyone", "@images", "@models"]);
    assert!(seen["findings"].as_u64().unwrap() > 10, "{seen}");
}

#[test]
fn the_report_of_hostile_code_is_as_good() {
    let racy =
        RACY.replace("'chats'", &format!("`{HOSTILE}`")).replace("if (found)", &format!("if (found /* {HOSTILE} */)"));
    let project = Project::new(&[("models/a&lt;<b>.js", &racy), ("models/b.js", RACY)]);
    let outcome = project.run(&["check", "--format", "html"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    project.write("report.html", outcome.stdout.as_bytes());
    let Some(seen) = checked(&project.path().join("report.html"), "hostile") else { return };
    assert_eq!(seen["findings"], 2, "{seen}");
    assert!(seen["copied"].as_str().unwrap().contains("mergeId"), "{seen}");
}
