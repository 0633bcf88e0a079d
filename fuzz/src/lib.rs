//! What the fuzz targets share: from the bytes of an input to a project, and what holds for every analysis.
//!
//! Input: bytes. Output: sources; a panic where something that always holds does not. Must not know: what a target is about.

pub mod reports;

use pushguard::analysis::analyze;
use pushguard::config::Config;
use pushguard::diagnostic::{Accepted, Analysis, Finding, WritePath};
use pushguard::source::{Place, SourceFile, Sources};
use std::collections::BTreeSet;

/// A line that starts so begins the next file, whose path follows.
const NEXT_FILE: &str = "//// ";
/// Files below this folder give context and are not reported on.
const CONTEXT: &str = "context/";

/// The text of an input, whatever its bytes are.
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// The files of an input. What stands before the first line that begins a file is `a.js`.
pub fn sources(text: &str) -> Sources {
    let mut texts: Vec<(String, String)> = vec![("a.js".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        match (line.strip_prefix(NEXT_FILE).and_then(path), texts.last_mut()) {
            (Some(path), _) => texts.push((path, String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => {}
        }
    }
    // Two files never have one path.
    let mut seen = BTreeSet::new();
    texts.retain(|(path, _)| seen.insert(path.clone()));
    let file = |(path, text): (String, String)| {
        let reported = !path.starts_with(CONTEXT);
        SourceFile::new(path, &text, reported)
    };
    Sources::new(texts.into_iter().map(file).collect())
}

/// A path as the walk over a disk gives it; `None` for what cannot be one.
fn path(text: &str) -> Option<String> {
    let is_name = |part: &&str| !matches!(*part, "" | "." | "..");
    let path = text.trim().split('/').filter(is_name).collect::<Vec<_>>().join("/");
    (!path.is_empty() && !path.contains('\0')).then_some(path)
}

/// Analyses, and holds the result against what is always true.
pub fn analysed(sources: &Sources, config: &Config) -> Analysis {
    let analysis = analyze(sources, config, &|| {});
    check(sources, &analysis);
    analysis
}

fn check(sources: &Sources, analysis: &Analysis) {
    let mut fingerprints = BTreeSet::new();
    let accepted = analysis.accepted.iter().map(|Accepted { finding, .. }| finding);
    for finding in analysis.findings.iter().chain(accepted) {
        check_finding(sources, finding);
        assert!(fingerprints.insert(&finding.fingerprint), "two findings with one fingerprint: {finding:?}");
    }
    let key = |finding: &Finding| (finding.place.file, finding.place.start, finding.rule);
    assert!(analysis.findings.is_sorted_by_key(key), "findings out of order");
    for WritePath { place, callers, .. } in &analysis.paths {
        check_place(sources, *place);
        callers.iter().for_each(|caller| check_place(sources, caller.place));
    }
    for way in analysis.ways.values() {
        way.chain.iter().for_each(|caller| check_place(sources, caller.place));
    }
}

fn check_finding(sources: &Sources, finding: &Finding) {
    assert_ne!(finding.rule, "internal-error", "{}", finding.message);
    check_place(sources, finding.place);
    finding.related.iter().for_each(|related| check_place(sources, related.place));
    for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
        check_place(sources, edit.place);
    }
}

/// A range of a file, on character boundaries; a finding about the end of a file may stand one byte behind it.
fn check_place(sources: &Sources, place: Place) {
    let file = sources.get(place.file).expect("a place is in a file");
    assert!(place.start <= place.end, "a place ends before it starts: {place:?}");
    let is_boundary = |at: u32| at as usize >= file.text.len() || file.text.is_char_boundary(at as usize);
    assert!(is_boundary(place.start) && is_boundary(place.end), "a place cuts a character: {place:?}");
    assert!(place.end as usize <= file.text.len() + 1, "a place lies behind its file: {place:?}");
}

/// A small project with findings of many rules, one of them accepted by a directive, for targets whose input is no code.
pub fn sample() -> Sources {
    let accepted = concat!(
        "// pushguard-ignore-file check-then-push -- for the sample\n",
        include_str!("../../fixtures/programs/racy/01-handle-alias.js")
    );
    let file = |(path, text): (&str, &str)| SourceFile::new(path.to_owned(), text, true);
    Sources::new([SAMPLE.as_slice(), &[("accepted.js", accepted)]].concat().into_iter().map(file).collect())
}

macro_rules! sample {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../fixtures/programs/racy/", $name)))),*]
    };
}

const SAMPLE: [(&str, &str); 9] = sample![
    "04-then-chain.js",
    "09-find-to-array.js",
    "18-mongoose-includes-save.js",
    "21-lost-update-save.js",
    "31-map-lock.js",
    "39-wrong-key.js",
    "42-unguarded.js",
    "53-request-user.js",
    "54-schema-statics.js"
];
