//! Files, and what `check --fix-suggested` makes of them: never a text that parses worse.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pushguard::config::Config;
use pushguard::diagnostic::Applicability;
use pushguard::fix::{MAX_ROUNDS, Round, apply};
use pushguard::parse::count_errors;
use pushguard::source::Sources;
use pushguard_fuzz::{analysed, sources, text};

fuzz_target!(|data: &[u8]| {
    let config = Config::default();
    let mut sources = sources(&text(data));
    for _ in 0..MAX_ROUNDS {
        let analysis = analysed(&sources, &config);
        let Round { sources: fixed, applied, .. } = apply(&sources, &analysis.findings, Applicability::Suggested);
        check(&sources, &fixed, applied);
        if applied == 0 {
            return;
        }
        sources = fixed;
    }
});

fn check(before: &Sources, after: &Sources, applied: usize) {
    let mut changed = 0;
    for ((_, old), (_, new)) in before.iter().zip(after.iter()) {
        assert_eq!((&old.path, old.has_bom), (&new.path, new.has_bom));
        if old.text == new.text {
            continue;
        }
        changed += 1;
        assert!(old.reported, "{} is not reported on", old.path);
        let (errors_before, errors_after) = (count_errors(old), count_errors(new));
        let parses_as_well = matches!((errors_before, errors_after), (Some(before), Some(after)) if after <= before);
        assert!(parses_as_well, "{errors_before:?} errors, then {errors_after:?}:\n{}\n{}", old.text, new.text);
    }
    assert_eq!(changed > 0, applied > 0, "{applied} fixes change {changed} files");
}
