//! The text of a baseline, held against the findings of a fixed project.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pushguard::baseline::{Baseline, Comparison};
use pushguard::config::Config;
use pushguard::diagnostic::Analysis;
use pushguard::source::Sources;
use pushguard_fuzz::{analysed, sample, text};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static SAMPLE: LazyLock<(Sources, Analysis)> = LazyLock::new(|| {
    let sources = sample();
    let analysis = analysed(&sources, &Config::default());
    (sources, analysis)
});

fuzz_target!(|data: &[u8]| {
    let (sources, before) = &*SAMPLE;
    let Ok(baseline) = Baseline::parse(&with_fingerprints(text(data), before)) else { return };
    let mut after = before.clone();
    let Comparison { unmatched, moved } = baseline.apply(&mut after, sources);
    let count = |analysis: &Analysis| analysis.findings.len() + analysis.accepted.len();
    assert_eq!(count(before), count(&after), "a finding is lost");
    assert!(unmatched.len() + moved.len() <= baseline.findings.len(), "an entry is told twice");

    // What `pushguard baseline` writes accepts the same again, and is read as it was written.
    let is_kept = |entry: &&_| !unmatched.contains(entry) && !moved.iter().any(|(old, _)| old == *entry);
    let mut entries: Vec<_> = baseline.findings.iter().filter(is_kept).cloned().collect();
    entries.extend(moved.iter().map(|(_, now)| now.clone()));
    let written = Baseline::new(entries);
    let unique: BTreeSet<&str> = written.findings.iter().map(|entry| entry.fingerprint.as_str()).collect();
    assert_eq!(unique.len(), written.findings.len(), "a fingerprint is kept twice");
    let text = written.text().expect("entries are text");
    assert_eq!(Baseline::parse(&text).as_ref(), Ok(&written), "{text}");
    let mut again = before.clone();
    assert_eq!(written.apply(&mut again, sources), Comparison::default(), "{text}");
    assert_eq!(again.findings, after.findings, "{text}");
});

/// `@0` to `@9` stand for the fingerprints of the first findings, which no mutation would hit upon.
fn with_fingerprints(text: String, analysis: &Analysis) -> String {
    analysis
        .findings
        .iter()
        .take(10)
        .enumerate()
        .fold(text, |text, (at, finding)| text.replace(&format!("@{at}"), &finding.fingerprint))
}
