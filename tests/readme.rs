//! What the README shows, done.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod shell;
mod tools;

use shell::{CLEAN, Project, RACY};
use std::path::Path;
use std::process::Output;
use tools::docs::blocks;
use tools::{both, command, done};

/// Runs the `pushguard …` of a line of shell, up to its comment.
fn run(line: &str, folder: &Path) -> Output {
    let path = tools::with(&[]).unwrap();
    let command_line = line.split(" #").next().unwrap().trim();
    let line = command_line.strip_prefix("cargo run --release -- ").unwrap_or_else(|| {
        command_line.strip_prefix("pushguard ").unwrap_or_else(|| panic!("{line} is not a command of this program"))
    });
    command(env!("CARGO_BIN_EXE_pushguard"), folder, &path).args(line.split(' ')).output().unwrap()
}

/// The lines of the blocks for a shell that run this program.
fn commands() -> Vec<String> {
    let lines: Vec<String> =
        blocks("README.md", "sh").iter().flat_map(|block| block.lines().map(str::to_owned)).collect();
    lines.into_iter().filter(|line| !line.starts_with("cargo test")).collect()
}

#[test]
fn the_first_race_is_found_and_the_shown_report_is_the_real_one() {
    let [race, accepted] = <[String; 2]>::try_from(blocks("README.md", "js")).unwrap();
    let program = |body: &str| format!("module.exports = async (chats, id, item) => {{\n{body}}};\n");
    let project = Project::new(&[("a.js", &program(&race))]);
    assert_eq!(project.run(&["check", "--format", "json"]).findings(), ["a.js:4 check-then-push"]);
    // The comment goes before the line of the act.
    let (check, act) = race.trim_end().rsplit_once('\n').unwrap();
    project.write("a.js", program(&format!("{check}\n{accepted}{act}\n")).as_bytes());
    assert_eq!(project.run(&["check", "--format", "json", "--fail-on", "info"]).findings(), [""; 0]);

    let tried = commands().into_iter().find(|line| line.starts_with("cargo run")).unwrap();
    let outcome = run(&tried, Path::new(env!("CARGO_MANIFEST_DIR")));
    assert_eq!(outcome.status.code(), Some(1), "{}", both(&outcome));
    let report = String::from_utf8(outcome.stdout).unwrap();
    let texts = blocks("README.md", "text");
    let shown = &texts[0];
    // The number of columns decides where words wrap, so only words are compared.
    let words = |text: &str| text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    assert!(words(&report).contains(&words(shown)), "{report}");
    let proven = texts.iter().filter(|text| text.contains(" proven\n")).nth(1).unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/projects/native-orders");
    let report = project.run(&["check", root]).stdout;
    assert!(words(&report).contains(&words(proven)), "{report}");
}

#[test]
fn the_recipe_accepts_what_is_there_and_refuses_what_is_new() {
    let Some(path) = tools::with(&["git"]) else { return };
    let project = Project::new(&[("models/a.js", RACY)]);
    let git = |args: &[&str]| done(command("git", project.path(), &path).args(args));
    git(&["init", "--quiet", "--initial-branch", "main"]);
    let ours = |line: &&String| line.starts_with("pushguard ");
    let recipe: Vec<String> = commands().iter().filter(ours).cloned().collect();
    let is_gate = |line: &String| line.starts_with("pushguard check --s");
    let first = recipe.iter().position(is_gate).unwrap();
    let (gates, rest) = recipe[first..].split_at(2);
    // What is there today is accepted.
    for step in &recipe[..first] {
        let outcome = run(step, project.path());
        assert_eq!(outcome.status.code(), Some(0), "{step}\n{}", both(&outcome));
    }
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
    git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    assert!(gates.iter().all(is_gate) && !rest.is_empty(), "{recipe:?}");
    for gate in gates {
        let passed = run(gate, project.path());
        assert_eq!(passed.status.code(), Some(0), "{gate}\n{}", both(&passed));
    }
    project.write("models/b.js", RACY.as_bytes());
    git(&["add", "--all"]);
    for gate in gates {
        let failed = run(gate, project.path());
        assert_eq!(failed.status.code(), Some(1), "{gate}\n{}", both(&failed));
        git(&["commit", "--quiet", "--allow-empty", "--message", "next"]);
    }
    project.write("models/a.js", CLEAN.as_bytes());
    project.write("models/b.js", CLEAN.as_bytes());
    let accepted = || std::fs::read_to_string(project.path().join("pushguard-baseline.json")).unwrap();
    assert!(accepted().contains("check-then-push"));
    for step in rest {
        let outcome = run(step, project.path());
        assert_eq!(outcome.status.code(), Some(0), "{step}\n{}", both(&outcome));
    }
    assert!(!accepted().contains("check-then-push"), "{}", accepted());
}

#[test]
fn every_command_of_the_table_exists() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let table = readme.split("| Command | Does |").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut shown: Vec<&str> =
        table.split("| `pushguard ").skip(1).map(|row| row.split(['`', ' ']).next().unwrap()).collect();
    let help = Project::new(&[]).run(&["--help"]).stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut known: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    known.retain(|command| *command != "help");
    shown.sort_unstable();
    known.sort_unstable();
    assert_eq!(shown, known);
}
