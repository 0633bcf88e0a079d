//! Every example of every rule page, executed: one named test for each.

mod common;

use common::{annotations, findings};
use libtest_mimic::{Arguments, Failed, Trial};
use pushguard::config::Config;
use pushguard::diagnostic::Level;
use pushguard::rules::ALL;

/// One example: consecutive blocks of a kind that name their files form one project.
struct Example {
    name: String,
    rule: &'static str,
    kind: String,
    files: Vec<(String, String)>,
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (rule, page) in ALL {
        for example in examples(rule, page) {
            trials.push(Trial::test(example.name.clone(), move || run(&example)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn examples(rule: &'static str, page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut counts = std::collections::BTreeMap::<String, u32>::new();
    let mut lines = page.lines();
    // Whether only blank lines stand between two blocks.
    let mut adjacent = false;
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            adjacent = adjacent && line.trim().is_empty();
            continue;
        };
        let mut words = info.split_whitespace();
        let (language, kind) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let file = words.find_map(|word| word.strip_prefix("file="));
        let mut text = String::new();
        for line in lines.by_ref().take_while(|line| !line.starts_with("```")) {
            text.push_str(line);
            text.push('\n');
        }
        if !matches!(kind, "bad" | "good" | "fixed") {
            adjacent = false;
            continue;
        }
        let path = file.map_or_else(|| format!("example.{language}"), str::to_owned);
        let joins = adjacent && file.is_some();
        match examples.last_mut() {
            Some(last) if joins && last.kind == kind && !last.files.iter().any(|(p, _)| *p == path) => {
                last.files.push((path, text))
            }
            _ => {
                let count = counts.entry(kind.to_owned()).or_insert(0);
                *count += 1;
                examples.push(Example {
                    name: format!("{rule}::{kind}_{count}"),
                    rule,
                    kind: kind.to_owned(),
                    files: vec![(path, text)],
                });
            }
        }
        adjacent = file.is_some();
    }
    examples
}

fn run(example: &Example) -> Result<(), Failed> {
    let seen = findings(&example.files, &Config::default());
    let about_input = matches!(example.rule, "syntax-error" | "too-deep");
    if !about_input
        && let Some(error) = seen.iter().find(|seen| matches!(seen.rule.as_str(), "syntax-error" | "too-deep"))
    {
        return Err(format!("does not parse: {}:{}", error.path, error.line).into());
    }
    let mut problems = Vec::new();
    if example.kind == "bad" {
        let wanted = annotations(&example.files, "// error");
        if wanted.is_empty() {
            return Err("a bad example marks no line".into());
        }
        for (path, line, rules) in &wanted {
            let rules = if rules.is_empty() { vec![example.rule.to_owned()] } else { rules.clone() };
            for rule in rules {
                if !seen.iter().any(|seen| seen.rule == rule && seen.path == *path && seen.line == *line) {
                    problems.push(format!("missing: {path}:{line} {rule}"));
                }
            }
        }
        for seen in seen.iter().filter(|seen| seen.rule == example.rule) {
            if !wanted.iter().any(|(path, line, _)| *path == seen.path && *line == seen.line) {
                problems.push(format!("noisy: {}:{} {}", seen.path, seen.line, seen.rule));
            }
        }
    } else {
        for seen in seen.iter().filter(|seen| seen.level != Level::Info) {
            problems.push(format!("noisy: {}:{} {}", seen.path, seen.line, seen.rule));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}
