//! Runs every example of every rule page.
//!
//! `bad`: the page's rule fires on exactly the lines that end in `// error`; another rule fires where
//! `// error: its-id` says so, and no other error is found. `good`: nothing is found. `fixed`: nothing is found, and
//! applying the rule's safe fixes to the `bad` example before gives this text; `suggested`: the same with all of its fixes.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use pushguard::analysis::analyze;
use pushguard::config::load;
use pushguard::diagnostic::Applicability;
use pushguard::diagnostic::Level;
use pushguard::fix;
use pushguard::rules;
use pushguard::rules::doc::FixKind;
use pushguard::source::{SourceFile, Sources};
use support::pages::{Example, examples};
use support::{annotations, hits, unknown_rules, verdict};

/// Pages about files that cannot be read, whose examples need not parse.
const UNREADABLE: [&str; 2] = ["syntax-error", "too-deep"];

fn main() {
    let mut trials = Vec::new();
    for (id, text) in rules::ALL {
        let examples = examples(text);
        for kind in ["bad", "good", "fixed", "suggested"] {
            let of_kind = examples.iter().enumerate().filter(|(_, example)| example.kind == kind);
            for (number, (at, example)) in of_kind.enumerate() {
                let name = format!("{id}::{kind}_{}", number + 1);
                let before = examples.iter().take(at).rev().find(|other| other.kind == "bad").cloned();
                let example = example.clone();
                trials.push(Trial::test(name, move || judge(id, &example, before.as_ref())));
            }
        }
        let of_page = examples.clone();
        trials.push(Trial::test(format!("{id}::fixes_as_it_says"), move || judge_front_matter(id, &of_page)));
        let (bad, good) = ["bad", "good"].map(|kind| examples.iter().any(|example| example.kind == kind)).into();
        trials.push(Trial::test(format!("{id}::has_both_kinds"), move || match (bad, good) {
            (true, true) => Ok(()),
            // No code is known on which the analyzer fails, and no code is a change.
            _ if matches!(*id, "internal-error" | "new-writer") => Ok(()),
            _ => Err("the page needs a `bad` and a `good` example".into()),
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn judge(id: &'static str, example: &Example, before: Option<&Example>) -> Result<(), Failed> {
    let config = load::parse(&example.config, &rules::ids()).map_err(|problem| problem.message)?;
    let found = hits(&example.files, &config);
    let mut problems = Vec::new();
    if !UNREADABLE.contains(&id) {
        let unread = found.iter().filter(|hit| UNREADABLE.contains(&hit.rule));
        problems.extend(unread.map(|hit| format!("the example must parse: {hit}")));
    }
    let expected: Vec<_> = example.files.iter().flat_map(|file| annotations(file, "// error", Some(id))).collect();
    problems.extend(unknown_rules(&expected));
    if example.kind == "bad" {
        if !expected.iter().any(|expected| expected.rule == id) {
            problems.push(format!("no line expects `{id}`"));
        }
        for expected in &expected {
            if !found.iter().any(|hit| hit.rule == expected.rule && hit.at == expected.at) {
                problems.push(format!("missing: {expected}"));
            }
        }
    } else if !expected.is_empty() {
        problems.push("only `bad` examples have `// error` lines".to_owned());
    }
    for hit in &found {
        let wanted = expected.iter().any(|expected| expected.rule == hit.rule && expected.at == hit.at);
        let matters = example.kind != "bad" || hit.rule == id || hit.level == Level::Error;
        if !wanted && matters {
            problems.push(format!("noisy: {hit}"));
        }
    }
    if let Some(least) = applicability(&example.kind)
        && let Some(bad) = before
    {
        problems.extend(compare_fix(id, bad, example, least)?);
    }
    if !problems.is_empty() {
        problems.insert(0, format!("rules/{id}.md:{}", example.line));
    }
    verdict(problems, &found)
}

/// The fixes that an example of this kind shows.
fn applicability(kind: &str) -> Option<Applicability> {
    match kind {
        "fixed" => Some(Applicability::Safe),
        "suggested" => Some(Applicability::Suggested),
        _ => None,
    }
}

/// The files of an example after the fixes of one rule, and how many were applied.
fn fixed_by(id: &str, example: &Example, least: Applicability) -> Result<(Sources, usize), Failed> {
    let config = load::parse(&example.config, &rules::ids()).map_err(|problem| problem.message)?;
    let files = example.files.iter().map(|(path, text)| SourceFile::new(path.clone(), text, true)).collect();
    let mut sources = Sources::new(files);
    let mut count = 0;
    for _ in 0..fix::MAX_ROUNDS {
        let mut findings = analyze(&sources, &config, &|| ()).findings;
        findings.retain(|finding| finding.rule == id);
        let round = fix::apply(&sources, &findings, least);
        if round.applied == 0 {
            break;
        }
        count += round.applied;
        sources = round.sources;
    }
    Ok((sources, count))
}

/// Applies the rule's fixes to the `bad` example and compares with the `fixed` one; annotations are left out of both.
fn compare_fix(id: &str, bad: &Example, fixed: &Example, least: Applicability) -> Result<Option<String>, Failed> {
    let (sources, count) = fixed_by(id, bad, least)?;
    if count == 0 {
        return Ok(Some("nothing in the `bad` example before is fixed".to_owned()));
    }
    for (_, source) in sources.iter() {
        let wanted = fixed.files.iter().find(|(path, _)| *path == source.path).map(|(_, text)| text.as_str());
        if wanted.map(plain) != Some(plain(&source.text)) {
            return Ok(Some(format!("the fix of {} gives another text:\n{}", source.path, source.text)));
        }
    }
    Ok(None)
}

/// What the front matter says of fixes is what the examples do.
fn judge_front_matter(id: &'static str, examples: &[Example]) -> Result<(), Failed> {
    let says = rules::doc::page(id).ok_or("the page does not parse")?.meta.fix;
    let is_shown = |kind: &str| examples.iter().any(|example| example.kind == kind);
    let (mut safe, mut all) = (0, 0);
    for example in examples.iter().filter(|example| example.kind == "bad") {
        safe += fixed_by(id, example, Applicability::Safe)?.1;
        all += fixed_by(id, example, Applicability::Suggested)?.1;
    }
    let shown = (is_shown("fixed"), is_shown("suggested"));
    match (says, safe > 0, all > safe, shown) {
        (FixKind::Safe, true, _, (true, _)) | (FixKind::Suggested, _, true, (_, true)) => Ok(()),
        (FixKind::None | FixKind::Display, false, false, (false, false)) => Ok(()),
        _ => Err(format!("the front matter says `{}`; safe: {safe}, all: {all}, shown: {shown:?}", says.name()).into()),
    }
}

/// The text without `// error` annotations.
fn plain(text: &str) -> String {
    text.lines().map(|line| line.split("// error").next().unwrap_or_default().trim_end().to_owned() + "\n").collect()
}
