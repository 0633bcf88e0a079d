//! The help of small racy programs, as it was reviewed.
//!
//! `fixtures/remedies`: one line of each program ends in `// expect: rule-id`; the help of the finding there is the line of
//! `fixtures/remedies/helps.txt` that begins with the program's name. No help names a placeholder.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use pushguard::analysis::analyze;
use pushguard::config::Config;
use pushguard::source::{SourceFile, Sources};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::annotations;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/remedies")
}

/// The help of each program's one expected finding.
fn helps() -> BTreeMap<String, String> {
    let mut helps = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "js" && extension != "ts") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let expected = annotations(&(name.clone(), text.clone()), "// expect", None);
        assert_eq!(expected.len(), 1, "{name}: one finding is expected");
        let expected = expected.first().unwrap();
        let sources = Sources::new(vec![SourceFile::new(name.clone(), &text, true)]);
        let analysis = analyze(&sources, &Config::default(), &|| ());
        let line = |place: pushguard::source::Place| sources.get(place.file).unwrap().position(place.start).line;
        let found = analysis
            .findings
            .iter()
            .find(|finding| finding.rule == expected.rule && line(finding.place) == expected.at.line)
            .map(|finding| finding.help.clone());
        helps.insert(name, found.unwrap_or_else(|| format!("no {} was found", expected.rule)));
    }
    helps
}

#[test]
fn each_help_is_the_reviewed_one() {
    let found: String = helps().iter().map(|(name, help)| format!("{name}: {help}\n")).collect();
    let path = folder().join("helps.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    let changed = |line: &&str| !reviewed.lines().any(|known| known == *line);
    let wrong: Vec<&str> = found.lines().filter(changed).collect();
    assert!(wrong.is_empty() && found.len() == reviewed.len(), "not as reviewed:\n{}", wrong.join("\n"));
}

#[test]
fn no_help_names_what_the_code_does_not() {
    for (name, help) in helps() {
        let code: Vec<&str> = help.split('`').skip(1).step_by(2).collect();
        for part in code.iter().filter(|part| part.contains('{')) {
            let is_placeholder = ["…", "Model.", "doc._id", ".*"].iter().any(|mark| part.contains(mark));
            assert!(!is_placeholder, "{name}: {help}");
        }
    }
}
