//! The files of a project, from their texts to the reports of their findings.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pushguard::analysis::{Cancel, Memory, analyze_again, survey};
use pushguard::config::{Config, draft, load};
use pushguard::rules;
use pushguard::survey::propose;
use pushguard_fuzz::{analysed, reports, sources, text};

fuzz_target!(|data: &[u8]| {
    let (sources, config) = (sources(&text(data)), Config::default());
    let analysis = analysed(&sources, &config);
    reports::check(&sources, &analysis);
    // One input in eight pays for a second analysis.
    match data.len() % 16 {
        0 => {
            let again = analyze_again(&sources, &config, &mut Memory::default(), &|| {}, &Cancel::default());
            assert_eq!(again.expect("an analysis without a limit ends").findings, analysis.findings);
        }
        8 => {
            let (appends, seen) = survey(&sources, &config, &|| {});
            let draft = draft::render(&propose(&appends), &seen);
            let parsed = load::parse(&draft, &rules::ids());
            assert!(parsed.is_ok(), "`init` would not be valid: {parsed:?}\n{draft}");
        }
        _ => {}
    }
});
