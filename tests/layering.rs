//! One package has no crate walls; this test stands in for them.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod graph;

use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};

/// A module and the modules it may name. Data flows one way: nothing names a later stage.
const EDGES: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("coverage", &[]),
    ("timings", &[]),
    ("value", &["limits"]),
    ("diagnostic", &["coverage", "source", "timings"]),
    ("error", &[]),
    ("limits", &[]),
    ("disk", &["limits"]),
    ("stack", &[]),
    ("panics", &[]),
    ("config", &["diagnostic", "disk", "error", "limits"]),
    ("discover", &["config", "coverage", "disk", "error", "git", "limits", "source"]),
    ("parse", &["limits", "source", "stack"]),
    ("facts", &["limits", "parse", "source", "stack", "value"]),
    ("fix", &["diagnostic", "limits", "panics", "parse", "source"]),
    ("project", &["facts", "limits", "source", "timings", "value"]),
    ("race", &["config", "facts", "limits", "project", "source", "value"]),
    ("judge", &["diagnostic", "facts", "limits", "project", "race", "source", "value"]),
    ("remedy", &["diagnostic", "judge", "limits", "project", "race", "source", "value"]),
    ("survey", &["config", "source"]),
    ("rules", &["config", "diagnostic", "judge", "limits", "project", "race", "remedy", "source", "survey", "value"]),
    ("suppress", &["config", "diagnostic", "error", "facts", "parse", "rules", "source"]),
    (
        "analysis",
        &[
            "config",
            "coverage",
            "diagnostic",
            "facts",
            "limits",
            "panics",
            "parse",
            "project",
            "rules",
            "source",
            "stack",
            "suppress",
            "survey",
            "timings",
            "value",
        ],
    ),
    // The descriptions of the rules, not their checks.
    ("report", &["coverage", "diagnostic", "rules", "source"]),
    (
        "lsp",
        &[
            "analysis",
            "baseline",
            "config",
            "diagnostic",
            "discover",
            "disk",
            "error",
            "fix",
            "limits",
            "panics",
            "parse",
            "report",
            "rules",
            "source",
        ],
    ),
    // Its reports escape what a terminal would obey, as all do.
    ("cleanup", &["config", "error", "report", "rules"]),
    ("repair", &["config", "diagnostic", "rules"]),
    ("baseline", &["diagnostic", "source"]),
    ("git", &["disk", "error", "limits"]),
    ("changed", &["diagnostic", "git", "rules", "source"]),
    (
        "cli",
        &[
            "analysis",
            "baseline",
            "changed",
            "cleanup",
            "config",
            "coverage",
            "diagnostic",
            "discover",
            "disk",
            "error",
            "fix",
            "git",
            "limits",
            "lsp",
            "repair",
            "report",
            "rules",
            "source",
            "survey",
            "timings",
        ],
    ),
    ("lib", &[]),
    ("main", &[]),
];

/// A word and the only files, or folders, whose code may contain it.
const CONFINED: &[(&str, &[&str])] = &[
    ("swc_", &["parse/", "facts/"]),
    ("similar::", &["cli/"]),
    ("miette", &["report/human/"]),
    ("clap::", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("walkdir", &["discover/"]),
    ("lsp_server", &["lsp/"]),
    ("lsp_types", &["lsp/"]),
    ("io::stdin", &["cli/texts.rs", "lsp/transport.rs"]),
    ("io::stdout", &["cli/", "lsp/transport.rs", "main.rs"]),
    ("io::stderr", &["cli/", "main.rs"]),
    ("println!", &[]),
    ("eprint", &[]),
    ("process::exit", &[]),
    ("env::current_dir", &[]),
    ("std::fs", &["cleanup/backup/", "cleanup/offline.rs", "cli/", "discover/", "disk/", "git/mod.rs"]),
    ("mongodb::", &["cleanup/server/"]),
    ("cap_std", &["disk/"]),
    ("signal_hook", &["disk/"]),
    ("process::Command", &["git/"]),
];

/// The code of every source file, without comments and without its unit tests.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open: Vec<PathBuf> = vec![root.clone()];
    let mut files = Vec::new();
    let unit_tests = Regex::new(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod \w+ \{").unwrap();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        if name.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = unit_tests.split(&text).next().unwrap_or_default();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        files.push((name, code.join("\n")));
    }
    files.sort();
    assert!(files.len() > 20, "the sources were not found");
    files
}

#[test]
fn no_module_names_a_later_stage() {
    let mut wrong = Vec::new();
    for (name, code) in files() {
        let module = name.split(['/', '.']).next().unwrap_or_default();
        let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == module) else {
            wrong.push(format!("src/{name}: add `{module}` to EDGES in tests/layering.rs"));
            continue;
        };
        for rest in code.split("crate::").skip(1) {
            let named: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let is_module = EDGES.iter().any(|(known, _)| *known == named);
            if is_module && named != module && !allowed.contains(&named.as_str()) {
                wrong.push(format!("src/{name} names crate::{named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_and_the_outside_world_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (name, code) in files() {
        for (word, homes) in CONFINED {
            let at_home = homes.iter().any(|home| name == *home || home.ends_with('/') && name.starts_with(home));
            if !at_home && code.contains(word) {
                wrong.push(format!("src/{name} contains `{word}`, which belongs to {homes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_leads_to_itself() {
    let arrows = graph::arrows(&files());
    assert!(arrows["cli/check.rs"].contains("report/mod.rs"), "the arrows were not found");
    let found = graph::circles(&arrows);
    assert!(found.is_empty(), "files lead to each other, what they share belongs into a third: {found:?}");
}
