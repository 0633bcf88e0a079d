//! The documentation: pages that come from the program are its own, links lead somewhere, commands run, the site builds.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;
mod tools;

use regex::Regex;
use shell::{CLEAN, Project, RACY};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tools::docs::blocks;
use tools::done;

const PAGES: [&str; 14] = [
    "getting-started",
    "cleanup",
    "how-it-decides",
    "what-it-reads",
    "limits",
    "accuracy",
    "earlier-readings",
    "found",
    "configuration",
    "rules",
    "reports",
    "integrations",
    "editors",
    "benchmarks",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn pages_that_come_from_the_program_are_its_own() {
    for (what, page) in [("configuration", "docs/configuration.md"), ("rules", "docs/rules.md")] {
        let generated = Project::new(&[]).run(&["generate", what]);
        assert_eq!(generated.code, Some(0), "{generated:?}");
        assert!(generated.stdout == read(page), "{page} is old: `cargo run -- generate {what} > {page}`");
    }
    let configuration = read("docs/configuration.md");
    for part in [
        "## `[[array]]`",
        "## `[[array.kind]]`",
        "## `[[override]]`",
        "## `[protocol.completion]`",
        "| `exclude` | list of string |",
    ] {
        assert!(configuration.contains(part), "{part}\n{configuration}");
    }
}

#[test]
fn every_page_is_in_the_table_of_contents_and_every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)#\s]+)(#[^)\s]*)?\)").unwrap();
    let summary = read("docs/SUMMARY.md");
    let mut pages: Vec<String> = PAGES.iter().map(|page| format!("docs/{page}.md")).collect();
    for page in &pages {
        assert!(summary.contains(&format!("({})", page.strip_prefix("docs/").unwrap())), "{page} is not in SUMMARY.md");
    }
    let on_disk = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(on_disk.filter(|path| path.extension().is_some_and(|end| end == "md")).count(), PAGES.len() + 1);
    pages.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/SUMMARY.md"].map(str::to_owned));
    let mut seen = 0;
    for page in &pages {
        let folder = root().join(page).parent().unwrap().to_owned();
        for found in link.captures_iter(&read(page)).filter(|found| !found[1].contains("://")) {
            assert!(folder.join(&found[1]).exists(), "{page}: {}", &found[1]);
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen} links");
}

#[test]
fn the_guide_for_contributors_names_files_that_exist() {
    let file = Regex::new(r"`(\.?[\w-]+(?:/[\w.-]+)*(?:\.\w+|/)|\.ci/\w+|\w+/[\w/]+)`").unwrap();
    let guide = read("CONTRIBUTING.md");
    let named: Vec<&str> = file.captures_iter(&guide).map(|it| it.get(1).unwrap().as_str()).collect();
    for name in named.iter().filter(|name| **name != "pushguard.vsix") {
        assert!(root().join(name).exists(), "CONTRIBUTING.md names {name}");
    }
    assert!(named.len() > 30, "{named:?}");
}

#[test]
fn the_commands_of_the_first_pages_run() {
    let order = format!("{}{RACY}", "\n".repeat(7));
    let project = Project::new(&[("models/order.js", &order), ("src/jobs/a.js", CLEAN)]);
    let mut run = 0;
    for page in ["docs/getting-started.md", "docs/reports.md"] {
        for line in blocks(page, "sh").iter().flat_map(|block| block.lines().map(str::to_owned)).collect::<Vec<_>>() {
            let args: Vec<&str> = line.strip_prefix("pushguard ").unwrap().split(' ').collect();
            let outcome = project.run(&args);
            assert!(matches!(outcome.code, Some(0 | 1)), "{line}\n{outcome:?}");
            assert!(!outcome.stdout.is_empty(), "{line}\n{outcome:?}");
            run += 1;
        }
    }
    assert!(run > 8, "{run}");
}

/// The links of a built page, and the identifiers in it.
fn scanned(page: &str) -> (Vec<String>, Vec<String>) {
    let all = |pattern: &str| Regex::new(pattern).unwrap().captures_iter(page).map(|it| it[1].to_owned()).collect();
    (all(r#"<a [^>]*href="([^"]+)""#), all(r#" id="([^"]+)""#))
}

#[test]
fn the_site_builds_and_its_links_lead_somewhere() {
    let mdbook = root().join("target/tools/python/bin/mdbook");
    if tools::with(&["bash", "python3"]).is_none() || !tools::is_there(&mdbook) {
        return;
    }
    let built = done(Command::new(root().join(".ci/site")).arg(env!("CARGO_BIN_EXE_pushguard")));
    let html = root().join("target/site/html");
    let mut open = vec![html.clone()];
    let mut pages: BTreeMap<PathBuf, (Vec<String>, Vec<String>)> = BTreeMap::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "html") {
            pages.insert(path.clone(), scanned(&fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(pages.len() >= PAGES.len() + 30, "{} pages\n{built}", pages.len());
    let mut followed = 0;
    for (page, (links, _)) in pages.iter().filter(|(page, _)| !page.ends_with("404.html")) {
        for link in links.iter().filter(|link| !link.contains(":")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let target = target.canonicalize().unwrap_or_else(|_| panic!("{}: {link}", page.display()));
            if let Some((_, ids)) = pages.get(&target).filter(|_| !anchor.is_empty()) {
                assert!(ids.iter().any(|id| id == anchor), "{}: {link}", page.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed}");
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let project = Project::new(&[]);
    let written = project.run(&["generate", "man", "man"]);
    assert_eq!(written.code, Some(0), "{written:?}");
    let help = project.run(&["--help"]).stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()).filter(|it| *it != "help") {
        let page = project.read(&format!("man/pushguard-{command}.1"));
        assert!(page.contains(".TH ") && page.contains(".SH SYNOPSIS"), "{command}\n{page}");
    }
    assert!(!project.path().join("man/pushguard-debug.1").exists());
    assert!(project.read("man/pushguard.1").contains("repair\\-query"));
}
