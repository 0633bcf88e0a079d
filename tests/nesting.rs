//! Deep and costly inputs through the real binary: no form that the parser accepts ends the process, or takes long.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod forms;
mod shell;

use forms::FORMS;
use shell::{Project, RACY};
use std::time::{Duration, Instant};

/// Repetitions: ordinary, about the limit from both sides, and far beyond it.
const COUNTS: [usize; 5] = [300, 4_900, 14_900, 29_000, 1_000_000];
/// On a machine that does much else at the same time.
const LONGEST: Duration = Duration::from_secs(180);

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

/// Line feeds where blanks are, and between the levels: what ends a statement must not end the count of what goes on.
#[test]
fn line_feeds_hide_no_level() {
    for count in [300, 29_000, 1_000_000] {
        let files: Vec<(String, String)> = FORMS
            .iter()
            .flat_map(|form| {
                let lines = |text: &str| text.replace(' ', "\n");
                let behind = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
                let file = |name: &str, open: &str, close: &str| {
                    let levels = format!("{}{}{}", open.repeat(count), form.middle, close.repeat(count));
                    let text = format!("{}{levels}{}", form.start, form.end);
                    (format!("models/{}-{name}.{}", form.name, form.extension), text)
                };
                [
                    file("lines", &lines(form.open), &lines(form.close)),
                    file("behind", &behind(form.open), &behind(form.close)),
                ]
            })
            .collect();
        let found = check(&files);
        assert!(!found.iter().any(|finding| finding.contains("internal-error")), "{count}: {found:?}");
        if count == 1_000_000 {
            let silent: Vec<&String> = files
                .iter()
                .map(|(path, _)| path)
                .filter(|path| !path.starts_with("models/seq-"))
                .filter(|path| !found.iter().any(|line| line.starts_with(&format!("{path}:"))))
                .collect();
            assert!(silent.is_empty(), "nothing is said of {silent:?}");
        }
    }
}

/// Code that is long and not deep is read, whatever its style.
#[test]
fn flat_code_is_not_taken_for_deep() {
    let many = |start: &str, one: &str, end: &str| {
        let lines: String = (0..15_000).map(|number| one.replace('#', &number.to_string())).collect();
        format!("{RACY}\n{start}{lines}{end}")
    };
    let flat: [(&str, String); 22] = [
        ("no-semicolons.js", many("", "const a# = b\n", "")),
        ("imports.js", many("", "import a# from 'b'\n", "")),
        ("exports.js", many("", "export { a# } from 'b'\n", "")),
        ("calls.js", many("", "a#.b(c)\n", "")),
        ("operators.js", many("", "i#++\n!a\n~b\n++c\n", "")),
        ("labels.js", many("", "a#: {}\n", "")),
        ("labels-of-one-line.js", many("", "a#: {} ", "")),
        ("cases.js", many("function f(a) { switch (a) {", "case A#: ", "g(); } }")),
        (
            "elements.jsx",
            many("const a = <div>", "<p key={a#} onClick={() => f(#)}>don't {y} <b.c/> (#)</p>\n", "</div>;"),
        ),
        ("attributes.tsx", many("const a = <div>", "<p class=\"a #\" {...y} key={z as any}>it's #</p>\n", "</div>;")),
        ("functions.jsx", many("", "function A#() { return <p>it's {x}<></></p> }\n", "")),
        ("getters.js", many("const a = {", "get f#() { return 1 }, async g#() {}, ", "};")),
        ("members.ts", many("class A {", "@d() a#: B\n", "}")),
        ("methods.ts", many("class A {", "@d() @e a#() {} ", "}")),
        ("types.ts", many("", "type A# = B\n", "")),
        ("interfaces.ts", many("", "interface A# extends B { a: C\nb: D }\n", "")),
        ("enums.ts", many("", "enum A# { b }\n", "")),
        ("compare-constants.ts", many("", "const x# = a < b\n", "")),
        ("compare-arrows.ts", many("", "const f# = (a: number) => a < #\n", "")),
        ("compare-members.ts", many("class A {", "f# = (a) => a < #\n", "}")),
        ("compare-values.ts", many("const o = {", "f#: (a) => a < #,\n'g#': a < b, ", "};")),
        ("compare-lines.ts", many("", "const x# = a < b\nfoo(x#)\nif (x# < c) { bar() }\n", "")),
    ];
    for (name, text) in flat {
        let path = format!("models/{name}");
        let project = Project::new(&[(&path, &text)]);
        let outcome = project.run(&["check", "--format", "json"]);
        let found = outcome.findings();
        assert!(!found.iter().any(|finding| finding.contains("too-deep")), "{name}: {found:?}");
        assert!(found.iter().any(|finding| finding.starts_with(&format!("{path}:5 "))), "{name}: {found:?}");
        assert_eq!(outcome.code, Some(1), "{name}: {}", outcome.stderr);
    }
}

/// A switch of many cases is a chain of tests to the analysis.
#[test]
fn a_switch_of_many_cases_does_not_end_the_process() {
    let switches: Vec<(String, String)> =
        ["case #: a(#);", "case #: { a(#); break; }", "case #: return #;", "case #: "]
            .iter()
            .enumerate()
            .map(|(at, case)| {
                let cases: String = (0..100_000).map(|number| case.replace('#', &number.to_string())).collect();
                (format!("models/switch-{at}.js"), format!("async function f(x) {{ switch (x) {{ {cases} b(); }} }}"))
            })
            .collect();
    let found = check(&switches);
    assert_eq!(found.len(), 1, "{found:?}");
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
