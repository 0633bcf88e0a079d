//! Directives over whole projects.

use crate::analysis::analyze;
use crate::config::Config;
use crate::diagnostic::{Acceptance, Analysis};
use crate::source::{SourceFile, Sources};

const BEFORE: &str = "async function f(db, id, m) {\n  const c = db.collection('c');\n  const found = await c.findOne({ _id: id, 'messages.mergeId': m });\n  if (found) return;\n";
const PUSH: &str = "c.updateOne({ _id: id }, { $push: { messages: { mergeId: m } } })";

fn run(path: &str, text: &str, config: &Config) -> (Vec<String>, Vec<String>) {
    let sources = Sources::new(vec![SourceFile::new(path.into(), text, true)]);
    let Analysis { findings, accepted, .. } = analyze(&sources, config, &|| ());
    let file = sources.iter().next().expect("the file").1;
    let kept = findings.iter().map(|f| format!("{} {}", file.position(f.place.start).line, f.rule)).collect();
    let taken = accepted.iter().map(|accepted| match &accepted.by {
        Acceptance::Directive { reason } => format!("{}: {reason}", accepted.finding.rule),
        Acceptance::Baseline => "by a baseline".to_owned(),
    });
    (kept, taken.collect())
}

fn js(text: &str) -> (Vec<String>, Vec<String>) {
    run("a.jsx", text, &Config::default())
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_directive_accepts_the_finding_of_the_next_line_of_code_with_its_reason() {
    let next = "// pushguard-ignore-next-line check-then-push -- one worker";
    let accepted = vec!["check-then-push: one worker".to_owned()];
    for between in ["\n", "\n\n  // a comment\n /* another\n one */\n", "\r\n"] {
        let text = format!("{BEFORE}{next}{between}await {PUSH};\n}}\nmodule.exports = {{ f }};\n");
        assert_eq!(js(&text), (none(), accepted.clone()), "{text}");
    }
    let far = format!("{BEFORE}{next}\nf();\nawait {PUSH};\n}}\nmodule.exports = {{ f }};\n");
    assert_eq!(js(&far).0, ["5 unused-suppression", "7 check-then-push"]);
}

#[test]
fn the_first_line_of_a_statement_stands_for_the_statement() {
    let next = "// pushguard-ignore-next-line check-then-push -- r";
    let body = format!("const both = [\n  1,\n  await {PUSH},\n];");
    let (kept, accepted) = js(&format!("{BEFORE}{next}\n{body}\n}}\nmodule.exports = {{ f }};\n"));
    assert_eq!((kept, accepted.len()), (none(), 1));
    // Not the function or the block around it.
    let around = js(&format!("{next}\n{BEFORE}if (m)\n{{ {PUSH}; }}\n}}\nmodule.exports = {{ f }};\n"));
    assert_eq!(around.0, ["1 unused-suppression", "7 check-then-push"]);
}

#[test]
fn a_directive_on_the_line_itself_and_in_a_block_or_jsx_comment() {
    for (before, after) in [
        ("", " // pushguard-ignore-line check-then-push -- r"),
        ("/* pushguard-ignore-line check-then-push -- r */ ", ""),
        ("/** pushguard-ignore-next-line check-then-push -- r */\n", ""),
        ("const p = <p>\n{/* pushguard-ignore-file check-then-push -- r */}\n</p>;", ""),
        ("/* pushguard-ignore-file in-memory-lock, check-then-push -- r */", ""),
    ] {
        let text = format!("{BEFORE}{before}{PUSH}{after}\n}}\nmodule.exports = {{ f }};\n");
        let (kept, accepted) = js(&text);
        assert_eq!(accepted, ["check-then-push: r"], "{text}");
        assert_eq!(kept.iter().filter(|kept| !kept.ends_with("unused-suppression")).count(), 0, "{text}");
    }
}

#[test]
fn each_finding_credits_one_directive() {
    let text = format!(
        "// pushguard-ignore-file check-then-push -- wide\n{BEFORE}{PUSH}; // pushguard-ignore-line check-then-push -- narrow\n}}\nmodule.exports = {{ f }};\n"
    );
    assert_eq!(js(&text), (vec!["1 unused-suppression".into()], vec!["check-then-push: narrow".into()]));
}

#[test]
fn text_that_is_no_comment_directs_nothing() {
    let text = format!(
        "const a = '// pushguard-ignore-file check-then-push -- r';\nconst b = `\n/* pushguard-ignore-file check-then-push -- r */`;\nconst d = <p>// pushguard-ignore-file nonsense</p>;\n{BEFORE}{PUSH};\n}}\nmodule.exports = {{ f }};\n"
    );
    assert_eq!(js(&text), (vec!["9 check-then-push".into()], none()));
}

#[test]
fn a_rule_that_is_off_is_not_judged_and_neither_is_a_directive_when_this_rule_is_off() {
    let text = "// pushguard-ignore-file lost-update -- r\n// pushguard-ignore-file\nmodule.exports = 1;\n";
    let config = |text| crate::config::load::parse(text, &crate::rules::ids()).expect("valid");
    assert_eq!(js(text).0.len(), 2);
    assert_eq!(run("a.js", text, &config("[rules]\nlost-update = \"off\"")).0, ["2 unused-suppression"]);
    assert_eq!(run("a.js", text, &config("[rules]\nunused-suppression = \"off\"")).0, none());
}

#[test]
fn the_rule_about_directives_can_be_suppressed_but_not_by_a_directive_for_itself() {
    let unused = "// pushguard-ignore-next-line lost-update -- r\nmodule.exports = 1;\n";
    let line = "// pushguard-ignore-next-line unused-suppression -- kept for a branch\n";
    assert_eq!(js(&format!("{line}{unused}")), (none(), vec!["unused-suppression: kept for a branch".into()]));
    let file = "// pushguard-ignore-file unused-suppression -- generated\n";
    assert_eq!(js(&format!("{file}{unused}")).0, none());
    assert_eq!(js(&format!("{file}module.exports = 1;\n")).0, ["1 unused-suppression"]);
    assert_eq!(js(&format!("{line}module.exports = 1;\n")).0, ["1 unused-suppression"]);
}

#[test]
fn a_file_that_does_not_parse_is_directed_by_its_head_alone_and_not_judged() {
    let head = "// pushguard-ignore-file syntax-error -- a template\n// pushguard-ignore-file lost-update -- r\n";
    assert_eq!(js(&format!("{head}const = ;\n")), (none(), vec!["syntax-error: a template".into()]));
    let later = js("const = ;\n// pushguard-ignore-file syntax-error -- too late\n");
    assert_eq!(later, (vec!["1 syntax-error".into()], none()));
    assert_eq!(js(&format!("{head}module.exports = 1;\n")).0, ["1 unused-suppression", "2 unused-suppression"]);
}
