//! Small racy programs and their safe twins: every fault of the first is found, nothing in the second.

mod common;

use common::{annotations, findings};
use libtest_mimic::{Arguments, Failed, Trial};
use pushguard::config::Config;
use pushguard::diagnostic::Level;
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for kind in ["racy", "safe"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/programs").join(kind);
        for program in entries(&folder) {
            let name = program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            trials.push(Trial::test(format!("{kind}::{name}"), move || run(&program, kind == "racy")));
        }
    }
    assert!(trials.len() > 40, "the programs are where they were");
    libtest_mimic::run(&arguments, trials).exit();
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The files of a program, which may be a folder.
fn files(root: &Path, path: &Path, into: &mut Vec<(String, String)>) {
    if path.is_dir() {
        entries(path).iter().for_each(|entry| files(root, entry, into));
    } else if let Ok(text) = std::fs::read_to_string(path) {
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        into.push((name, text));
    }
}

fn run(program: &Path, racy: bool) -> Result<(), Failed> {
    let mut sources = Vec::new();
    let root = if program.is_dir() { program } else { program.parent().unwrap_or(program) };
    files(root, program, &mut sources);
    let seen = findings(&sources, &Config::default());
    let wanted = annotations(&sources, "// expect");
    let mut problems = Vec::new();
    if racy && wanted.is_empty() {
        return Err("a racy program marks no line".into());
    }
    for (path, line, rules) in &wanted {
        for rule in rules {
            let hit = |seen: &common::Seen| {
                seen.rule == *rule
                    && (seen.path == *path && seen.line == *line || seen.related.contains(&(path.clone(), *line)))
            };
            if !seen.iter().any(hit) {
                problems.push(format!("missing: {path}:{line} {rule}"));
            }
        }
    }
    for seen in seen.iter().filter(|seen| seen.level != Level::Info && (!racy || seen.level == Level::Error)) {
        let marked = |path: &str, line: u32| wanted.iter().any(|(p, l, _)| p == path && *l == line);
        if !marked(&seen.path, seen.line) && !seen.related.iter().any(|(path, line)| marked(path, *line)) {
            problems.push(format!("noisy: {}:{} {}", seen.path, seen.line, seen.rule));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}
