//! Files with directives: what they accept is moved, nothing else changes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pushguard::config::Config;
use pushguard::diagnostic::{Analysis, Finding, Level};
use pushguard::source::{Place, Sources};
use pushguard_fuzz::{analysed, sources, text};

const PREFIX: &str = "pushguard-ignore";
/// As long as the prefix and of the same characters, so that nothing but the directives is lost.
const NO_PREFIX: &str = "pushguard-ignorE";
const RULE: &str = "unused-suppression";

fuzz_target!(|data: &[u8]| {
    let (sources, config) = (sources(&text(data)), Config::default());
    let with = analysed(&sources, &config);
    let undirected = sources.iter().map(|(_, file)| file.with_text(&file.text.replace(PREFIX, NO_PREFIX)));
    let without = analysed(&Sources::new(undirected.collect()), &config);
    assert!(without.accepted.is_empty(), "something is accepted without a directive");
    assert_eq!(known(&with), known(&without), "a directive adds or loses a finding");
});

/// All findings but those about directives, those that are accepted with the others.
fn known(analysis: &Analysis) -> Vec<(Place, &'static str, Level)> {
    let accepted = analysis.accepted.iter().map(|accepted| &accepted.finding);
    let all = analysis.findings.iter().chain(accepted).filter(|finding| finding.rule != RULE);
    let mut known: Vec<_> = all.map(|finding: &Finding| (finding.place, finding.rule, finding.level)).collect();
    known.sort_by_key(|(place, rule, _)| (*place, *rule));
    known
}
