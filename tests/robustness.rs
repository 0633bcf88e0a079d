//! Hard inputs through the real binary: a finding or a message, never a crash.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Outcome, Project, RACY};

/// The project's JSON report; the process must have ended by itself.
fn check(project: &Project) -> Outcome {
    let outcome = project.run(&["check", "--format", "json", "--fail-on", "never"]);
    assert_eq!(outcome.code, Some(0), "code {:?}, stderr {}", outcome.code, outcome.stderr);
    outcome
}

#[test]
fn deep_nesting_is_a_finding_and_the_other_files_are_read() {
    let deep = 100_000;
    let shapes = [
        format!("x = {}{};", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}1{};", "{a:".repeat(deep), "}".repeat(deep)),
        format!("x = {}1{};", "f(".repeat(deep), ")".repeat(deep)),
        format!("{}{}", "if (a) {".repeat(deep), "}".repeat(deep)),
        format!("x = {}1;", "!".repeat(deep)),
        format!("x = a{};", ".b()".repeat(deep)),
        format!("x = 1{};", " + 1".repeat(deep)),
        format!("x = {}1{};", "`${".repeat(deep), "}`".repeat(deep)),
        format!("x = {}1;", "a => ".repeat(deep)),
        format!("x = {}1;", "a ? b : ".repeat(deep)),
    ];
    let mut silent = Vec::new();
    for (at, shape) in shapes.iter().enumerate() {
        let project = Project::new(&[("models/deep.js", shape), ("models/racy.js", RACY)]);
        let found = check(&project).findings();
        assert!(found.iter().any(|finding| finding.starts_with("models/racy.js:5 ")), "shape {at}: {found:?}");
        if at < 4 && !found.iter().any(|finding| finding.ends_with(" too-deep")) {
            silent.push(at);
        }
    }
    assert!(silent.is_empty(), "no too-deep for shapes {silent:?}");
}

#[test]
fn long_else_if_chains_end() {
    let chain = format!("function f(a) {{ if (a === 0) {{}}{} }}", " else if (a === 1) { g(); }".repeat(20_000));
    check(&Project::new(&[("models/chain.js", &chain)]));
}

/// Values that share their parts, which would double with each line if each part were walked anew: the run ends.
#[test]
fn shared_values_are_walked_once() {
    let line = |text: &str, count: usize| (0..count).map(|at| text.replace('#', &at.to_string())).collect::<String>();
    let shapes = [
        ("let q = { _id: id };", line("if (x.a#) q = { $and: [q, { k#: x }] };\n", 60)),
        ("let q = { _id: id };", line("q = { a: q, b: q };\n", 60)),
        ("let q = { _id: id };", line("if (x.a#) q = { ...q, k#: x };\n", 60)),
        ("let q = [id];", line("q = [...q, ...q];\n", 40)),
    ];
    for (start, lines) in shapes {
        let text = format!(
            "exports.f = async (c, id, x) => {{ {start}\n{lines} await c.updateOne(q, {{ $push: {{ messages: q }} }}); }};"
        );
        check(&Project::new(&[("models/shared.js", &text), ("models/racy.js", RACY)]));
    }
}

#[test]
fn a_large_file_is_read_and_a_minified_one_stays_readable() {
    let mut large = String::from(RACY);
    for at in 0..140_000 {
        large.push_str(&format!("function f{at}(a, b) {{ return a.b(c{at}, {{ d: b }}); }}\n"));
    }
    assert!(large.len() > 7_000_000);
    let minified = large.replace('\n', " ");
    let project = Project::new(&[("models/large.js", &large)]);
    assert!(check(&project).findings().iter().any(|finding| finding.starts_with("models/large.js:5 ")));
    let project = Project::new(&[("models/one-line.js", &minified)]);
    let human = project.run(&["check"]);
    assert_eq!(human.code, Some(1), "{}", human.stderr);
    assert!(human.stdout.len() < 20_000, "{} bytes for one finding", human.stdout.len());
}

#[test]
fn a_syntax_error_is_a_finding_and_the_run_goes_on() {
    let project = Project::new(&[("models/broken.js", "const a = 1;\nfoo(;\n"), ("models/racy.js", RACY)]);
    let found = check(&project).findings();
    assert!(found.contains(&"models/broken.js:2 syntax-error".to_owned()), "{found:?}");
    assert!(found.iter().any(|finding| finding.starts_with("models/racy.js:5 ")), "{found:?}");
}

/// Templates and tests of parsers end in `.js` too, and nobody writes to a database there.
#[test]
fn a_file_that_does_not_parse_is_told_as_one_that_may_write_or_hardly() {
    let project = Project::new(&[
        ("templates/name.js", "export const {{ name }} = [;\n"),
        ("models/name.js", "export const add = () => chats.updateOne([;\n"),
        ("models/bytes.js", ""),
    ]);
    project.write("models/bytes.js", b"const a = \xff\x00;\n");
    let levels = |outcome: &Outcome| -> Vec<String> {
        let told = outcome.json()["findings"].as_array().unwrap().clone();
        told.iter().map(|told| format!("{} {} {}", told["path"], told["level"], told["levelReason"])).collect()
    };
    let text = levels(&check(&project)).join("\n").replace('"', "");
    let why = "it has no word of a database write in it";
    assert_eq!(
        text,
        format!("models/bytes.js warning null\nmodels/name.js warning null\ntemplates/name.js info {why}")
    );
    // Whoever says a level has decided.
    project.write("pushguard.toml", b"[rules]\nsyntax-error = \"warning\"\n");
    assert!(levels(&check(&project))[2].ends_with("\"warning\" null"), "{:?}", levels(&check(&project)));
}

#[test]
fn text_that_node_does_not_read_is_a_finding_and_a_warning() {
    let project = Project::new(&[("models/racy.js", RACY), ("pushguard.toml", "paths = [\"models\"]\n")]);
    project.write("models/wide.js", b"\xff\xfec\0o\0n\0");
    project.write("lib/context.js", b"\xff\xfe");
    let outcome = check(&project);
    let found = outcome.findings();
    assert!(found.contains(&"models/wide.js:1 syntax-error".to_owned()), "{found:?}");
    assert!(!found.iter().any(|finding| finding.starts_with("lib/")), "{found:?}");
    assert!(
        outcome.stderr.contains("warning: models/wide.js: is UTF-16 text, which Node does not read"),
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("warning: lib/context.js:"), "{}", outcome.stderr);
}

/// Node replaces them, and runs the file.
#[test]
fn bytes_that_are_no_utf8_are_replaced_and_the_file_is_not_fixed() {
    let project = Project::new(&[]);
    let bytes = [b"// caf\xe9\n".as_slice(), RACY.as_bytes()].concat();
    project.write("models/latin.js", &bytes);
    let outcome = check(&project);
    assert_eq!(outcome.findings(), ["models/latin.js:6 check-then-push"], "{outcome:?}");
    assert_eq!(outcome.stderr, "");
    let found = &outcome.json()["findings"][0];
    assert_eq!((found["fix"].is_null(), found["fixReason"].as_str()), (true, Some("the file is not valid UTF-8")));
    let fixed = project.run(&["check", "--fix-suggested"]);
    assert!(fixed.code == Some(1) && fixed.stderr.contains("fixed 0 findings in 0 files"), "{fixed:?}");
    assert_eq!(std::fs::read(project.path().join("models/latin.js")).unwrap(), bytes);
}

#[test]
fn a_byte_order_mark_and_crlf_do_not_move_the_finding() {
    let plain = check(&Project::new(&[("models/a.js", RACY)]));
    let marked = check(&Project::new(&[("models/a.js", &format!("\u{feff}{}", RACY.replace('\n', "\r\n")))]));
    assert!(!plain.findings().is_empty());
    assert_eq!(plain.json(), marked.json());
}

#[cfg(unix)]
#[test]
fn links_that_turn_in_circles_and_lead_nowhere_are_passed_over() {
    let project = Project::new(&[("models/racy.js", RACY)]);
    std::os::unix::fs::symlink(project.path(), project.path().join("models/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere.js", project.path().join("models/dangling.js")).unwrap();
    let outcome = check(&project);
    assert_eq!(outcome.json()["files"], 1);
    assert_eq!(project.run(&["check", "models/dangling.js"]).code, Some(2));
}

#[test]
fn odd_texts_do_not_crash() {
    let texts = [
        "",
        "\u{feff}",
        "#!/usr/bin/env node\n",
        "\0\0\0",
        "<div/>",
        "@d class A {}",
        "return 1",
        "'",
        "`${",
        "/*",
        "/",
        "\u{2028}",
    ];
    for text in texts {
        check(&Project::new(&[
            ("models/a.js", text),
            ("models/b.ts", text),
            ("models/c.tsx", text),
            ("models/d.mjs", CLEAN),
        ]));
    }
}

/// Every prefix of a program is an input that an editor may hold.
#[test]
fn truncated_programs_do_not_crash() {
    let files: Vec<(String, &str)> =
        (0..RACY.len()).step_by(7).map(|at| (format!("models/{at:04}.js"), &RACY[..at])).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    check(&Project::new(&files));
}
