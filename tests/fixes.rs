//! Each fix of the racy programs that are shipped, applied alone: its finding is gone, nothing new is there, and the file parses.
//!
//! Programs: `fixtures/remedies`, `fixtures/programs/racy`, and the `bad` examples are judged by `tests/rule_docs.rs`.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use pushguard::analysis::analyze;
use pushguard::config::Config;
use pushguard::diagnostic::{Applicability, Finding, Level};
use pushguard::fix;
use pushguard::source::{SourceFile, Sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The programs: a file, or all files below a folder.
fn programs() -> Vec<(String, Vec<PathBuf>)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut programs = Vec::new();
    for group in ["remedies", "programs/racy"] {
        for entry in fs::read_dir(fixtures.join(group)).unwrap() {
            let path = entry.unwrap().path();
            let mut files = Vec::new();
            collect(&path, &mut files);
            files.sort();
            programs.push((path.file_name().unwrap().to_string_lossy().into_owned(), files));
        }
    }
    programs.sort();
    programs
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| collect(&entry.unwrap().path(), into));
    } else if path.extension().is_some_and(|end| ["js", "ts", "mjs", "cjs", "tsx", "jsx"].iter().any(|own| end == *own))
    {
        into.push(path.to_owned());
    }
}

fn sources(files: &[PathBuf]) -> Sources {
    let read =
        |path: &PathBuf| SourceFile::new(path.to_string_lossy().into_owned(), &fs::read_to_string(path).unwrap(), true);
    Sources::new(files.iter().map(read).collect())
}

fn key(finding: &Finding) -> (&'static str, String) {
    (finding.rule, finding.fingerprint.clone())
}

#[test]
fn each_fix_alone_takes_its_finding_away_and_brings_none() {
    let (mut safe, mut suggested, mut wrong) = (0, 0, Vec::new());
    for (name, files) in programs() {
        let sources = sources(&files);
        let findings = analyze(&sources, &Config::default(), &|| ()).findings;
        let before: BTreeSet<_> = findings.iter().map(key).collect();
        for finding in findings.iter().filter(|finding| finding.fix.is_some()) {
            let fix = finding.fix.as_ref().unwrap();
            match fix.applicability {
                Applicability::Safe => safe += 1,
                Applicability::Suggested => suggested += 1,
            }
            let round = fix::apply(&sources, std::slice::from_ref(finding), Applicability::Suggested);
            if round.applied != 1 {
                wrong.push(format!("{name}: `{}` is not applied", fix.title));
                continue;
            }
            let after = analyze(&round.sources, &Config::default(), &|| ()).findings;
            // Of two that are told alike, the second takes the place of the first.
            let alike = |all: &[Finding]| {
                let is_alike = |other: &&Finding| other.rule == finding.rule && other.message == finding.message;
                all.iter().filter(is_alike).count()
            };
            let still = alike(&after) >= alike(&findings);
            let news = after.iter().filter(|other| other.level == Level::Error && !before.contains(&key(other)));
            let news: Vec<String> = news.map(|other| format!("{}: {}", other.rule, other.message)).collect();
            if still || !news.is_empty() {
                let file = fix.edits.first().unwrap().place.file;
                let text = &round.sources.get(file).unwrap().text;
                wrong.push(format!("{name}: `{}`: still there: {still}, new: {news:?}\n{text}", fix.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(safe >= 10 && suggested >= 10, "{safe} safe and {suggested} suggested fixes");
}
