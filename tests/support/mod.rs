//! What the data-driven tests share: running the analysis over texts, and reading annotations.
//!
//! The outcomes have four names: *validated* (silent as it should be), *reported* (found where it should be), *noisy*
//! (found where nothing should be) and *missing*.

#![allow(dead_code, reason = "each test program uses its own part")]

pub mod folders;
pub mod hand_made;
pub mod pages;

use pushguard::analysis::analyze;
use pushguard::config::Config;
use pushguard::diagnostic::Level;
use pushguard::source::{Place, SourceFile, Sources};
use std::fmt;

/// One file of an example: path and text.
pub type File = (String, String);

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub path: String,
    pub line: u32,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// A finding, in lines.
#[derive(Clone, Debug)]
pub struct Hit {
    pub rule: &'static str,
    pub level: Level,
    pub at: Line,
    pub related: Vec<Line>,
    pub message: String,
    pub is_proven: bool,
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}: {}", self.at, self.level.name(), self.rule, self.message)
    }
}

/// An annotation: this rule must fire on this line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub rule: String,
    pub at: Line,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.rule)
    }
}

/// Analyses the files as one project, all of them reported on.
pub fn hits(files: &[File], config: &Config) -> Vec<Hit> {
    let files = files.iter().map(|(path, text)| SourceFile::new(path.clone(), text, true)).collect();
    let sources = Sources::new(files);
    let line = |place: Place| {
        let file = sources.get(place.file).ok_or("a place in no file")?;
        Ok::<Line, &str>(Line { path: file.path.clone(), line: file.position(place.start).line })
    };
    let analysis = analyze(&sources, config, &|| ());
    let hits = analysis.findings.iter().map(|finding| {
        Ok(Hit {
            rule: finding.rule,
            level: finding.level,
            at: line(finding.place)?,
            related: finding.related.iter().map(|related| line(related.place)).collect::<Result<_, _>>()?,
            message: finding.message.clone(),
            is_proven: finding.proof.witness().is_some(),
        })
    });
    hits.collect::<Result<Vec<Hit>, &str>>().unwrap()
}

/// The annotations of a file: trailing `<mark>` for `page_rule`, or `<mark>: rule[, rule]`.
pub fn annotations(file: &File, mark: &str, page_rule: Option<&str>) -> Vec<Expected> {
    let (path, text) = file;
    let mut expected = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((_, rest)) = line.rsplit_once(mark) else { continue };
        let at = Line { path: path.clone(), line: at as u32 + 1 };
        let names: Vec<&str> = match (rest.trim().strip_prefix(':'), page_rule) {
            (Some(names), _) => names.split(',').map(str::trim).collect(),
            (None, Some(rule)) if rest.trim().is_empty() => vec![rule],
            _ => continue,
        };
        expected.extend(names.into_iter().map(|rule| Expected { rule: rule.to_owned(), at: at.clone() }));
    }
    expected
}

/// Annotations that name no rule of this release.
pub fn unknown_rules(expected: &[Expected]) -> Vec<String> {
    let known = pushguard::rules::ids();
    let unknown = expected.iter().filter(|expected| !known.contains(&expected.rule.as_str()));
    unknown.map(|expected| format!("unknown rule: {expected}")).collect()
}

/// Fails with one line for each problem.
pub fn verdict(problems: Vec<String>, hits: &[Hit]) -> Result<(), libtest_mimic::Failed> {
    if problems.is_empty() {
        return Ok(());
    }
    let hits: Vec<String> = hits.iter().map(|hit| format!("    {hit}")).collect();
    Err(format!("{}\n  findings:\n{}", problems.join("\n"), hits.join("\n")).into())
}
