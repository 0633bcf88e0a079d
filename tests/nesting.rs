//! Deep and costly inputs through the real binary: no form that the parser accepts ends the process, or takes long.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod forms;
mod shell;

use forms::FORMS;
use shell::{Project, RACY};
use std::time::{Duration, Instant};

/// Repetitions: ordinary, about the limit from both sides, and far beyond it.
const COUNTS: [usize; 5] = [300, 4_900, 14_900, 29_000, 1_000_000];
const LONGEST: Duration = Duration::from_secs(60);

/// Checks the files in one run: it ends by itself, says of each file that is too deep, and reads the others.
fn check(files: &[(String, String)]) -> Vec<String> {
    let mut given: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    given.push(("models/racy.js", RACY));
    let project = Project::new(&given);
    let started = Instant::now();
    let outcome = project.run(&["check", "--format", "json", "--fail-on", "never"]);
    let names: Vec<&String> = files.iter().map(|(path, _)| path).collect();
    assert_eq!(outcome.code, Some(0), "{names:?}: {}", outcome.stderr);
    assert!(started.elapsed() < LONGEST, "{names:?}: {:?}", started.elapsed());
    let found = outcome.findings();
    assert!(found.iter().any(|finding| finding.starts_with("models/racy.js:5 ")), "{names:?}: {found:?}");
    found
}

#[test]
fn no_form_ends_the_process_at_any_depth() {
    for count in COUNTS {
        let files: Vec<(String, String)> =
            FORMS.iter().map(|form| (format!("models/{}.{}", form.name, form.extension), form.text(count))).collect();
        let found = check(&files);
        assert!(!found.iter().any(|finding| finding.contains("internal-error")), "{count}: {found:?}");
        if count == 1_000_000 {
            let silent: Vec<&str> = FORMS
                .iter()
                // A sequence is as long as it likes, and flat.
                .filter(|form| form.name != "seq")
                .filter(|form| !found.iter().any(|line| line.starts_with(&format!("models/{}.", form.name))))
                .map(|form| form.name)
                .collect();
            assert!(silent.is_empty(), "nothing is said of {silent:?}");
        }
    }
}

/// Two forms in turn, and one inside the other.
#[test]
fn mixed_forms_do_not_end_the_process() {
    let nested: Vec<&forms::Form> = FORMS.iter().filter(|form| form.is_expression()).collect();
    let mut files = Vec::new();
    for (at, outer) in nested.iter().enumerate() {
        let inner = nested[(at * 7 + 3) % nested.len()];
        for count in [2_000, 9_000] {
            let (open, close) = (format!("{}{}", outer.open, inner.open), format!("{}{}", inner.close, outer.close));
            let turns = format!("x = {}1{};", open.repeat(count), close.repeat(count));
            files.push((format!("models/turns-{at}-{count}.ts"), turns));
            let within = format!(
                "x = {}{}1{}{};",
                outer.open.repeat(count),
                inner.open.repeat(count),
                inner.close.repeat(count),
                outer.close.repeat(count)
            );
            files.push((format!("models/within-{at}-{count}.ts"), within));
        }
    }
    check(&files);
}
