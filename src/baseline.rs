//! The accepted findings of a project: `pushguard-baseline.json`.
//!
//! Input: the text of the file, and findings. Output: the findings that are new, the entries that are fixed, and the text of
//! a new file, sorted and with one entry on a line, so that a change of it can be reviewed. A finding is known by its
//! fingerprint alone; the other fields are for people. Must not know: where the file is, directives, formats.

use crate::diagnostic::{Acceptance, Accepted, Analysis, Finding};
use crate::source::Sources;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The file's name, in the root.
pub const FILE_NAME: &str = "pushguard-baseline.json";

/// What to do about a file that cannot be read.
pub const REMEDY: &str =
    "resolve a conflict in it by keeping both sides' entries, or delete it and run `pushguard baseline`";

const VERSION: u32 = 1;

/// The accepted findings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    pub findings: Vec<Entry>,
}

/// What a baseline and the findings have to do with each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Entries that no finding has.
    pub unmatched: Vec<Entry>,
    /// Entries whose file is gone, each with what it is now.
    pub moved: Vec<(Entry, Entry)>,
}

/// One accepted finding. The order of the fields is the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub path: String,
    pub function: String,
    pub rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
    pub fingerprint: String,
}

impl Baseline {
    /// Sorts the entries; a fingerprint is kept once.
    pub fn new(mut findings: Vec<Entry>) -> Self {
        findings.sort();
        let mut seen = BTreeSet::new();
        findings.retain(|entry| seen.insert(entry.fingerprint.clone()));
        Self { version: VERSION, findings }
    }

    /// The entry of a finding.
    pub fn entry(sources: &Sources, finding: &Finding) -> Option<Entry> {
        Some(Entry {
            path: sources.get(finding.place.file)?.path.clone(),
            function: finding.function.clone(),
            rule: finding.rule.to_owned(),
            collection: finding.collection.clone(),
            array: finding.array.clone(),
            fingerprint: finding.fingerprint.clone(),
        })
    }

    /// Reads the text of the file; the error is a sentence, with the 1-based line where it is known.
    pub fn parse(text: &str) -> Result<Self, (String, Option<usize>)> {
        let baseline: Self = match serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
            Ok(baseline) => baseline,
            Err(error) => return Err((format!("the baseline cannot be read: {error}"), Some(error.line()))),
        };
        match baseline.version {
            VERSION => Ok(baseline),
            other => Err((format!("the baseline has version {other}, this release reads version {VERSION}"), None)),
        }
    }

    /// The text of the file.
    pub fn text(&self) -> serde_json::Result<String> {
        let entries: Vec<String> = self.findings.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let list = if entries.is_empty() { String::new() } else { format!("\n    {}\n  ", entries.join(",\n    ")) };
        Ok(format!("{{\n  \"version\": {},\n  \"findings\": [{list}]\n}}\n", self.version))
    }

    /// Moves the findings that the baseline knows to the accepted ones.
    pub fn apply(&self, analysis: &mut Analysis, sources: &Sources) -> Comparison {
        let known: BTreeSet<&str> = self.findings.iter().map(|entry| entry.fingerprint.as_str()).collect();
        let (mut old, mut new): (Vec<_>, Vec<_>) = std::mem::take(&mut analysis.findings)
            .into_iter()
            .partition(|finding| known.contains(finding.fingerprint.as_str()));
        // A finding that a directive accepts as well is still there.
        let accepted = analysis.accepted.iter().map(|accepted| &accepted.finding);
        let found: BTreeSet<String> = old.iter().chain(accepted).map(|finding| finding.fingerprint.clone()).collect();
        let mut comparison = Comparison::default();
        for entry in self.findings.iter().filter(|entry| !found.contains(&entry.fingerprint)).cloned() {
            let moved = new.iter().enumerate().find_map(|(at, finding)| {
                let now = Self::entry(sources, finding)?;
                entry.is_moved_to(&now, sources).then_some((at, now))
            });
            match moved {
                Some((at, now)) => {
                    old.push(new.remove(at));
                    comparison.moved.push((entry, now));
                }
                None => comparison.unmatched.push(entry),
            }
        }
        analysis.findings = new;
        analysis.has_baseline = true;
        analysis.accepted.extend(old.into_iter().map(|finding| Accepted { finding, by: Acceptance::Baseline }));
        comparison
    }
}

impl Entry {
    /// Whether the file is gone and the same function does the same in another one.
    fn is_moved_to(&self, now: &Entry, sources: &Sources) -> bool {
        // `<module>` and `<anonymous>` name no function in particular.
        !self.function.starts_with('<')
            && (&self.function, &self.rule, &self.collection, &self.array)
                == (&now.function, &now.rule, &now.collection, &now.array)
            && sources.find(&self.path).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, fingerprint: &str) -> Entry {
        Entry {
            path: path.to_owned(),
            function: "f\n\"".to_owned(),
            rule: "check-then-push".to_owned(),
            collection: None,
            array: Some("messages".to_owned()),
            fingerprint: fingerprint.to_owned(),
        }
    }

    #[test]
    fn the_text_is_sorted_and_has_one_line_for_each_entry() {
        let baseline = Baseline::new(vec![entry("b.js", "1"), entry("a.js", "2"), entry("b.js", "1")]);
        let text = baseline.text().expect("a text");
        assert_eq!(text.lines().count(), 7);
        assert!(text.lines().nth(3).is_some_and(|line| line.contains("a.js")), "{text}");
        assert_eq!(Baseline::parse(&text), Ok(baseline));
        // Both sides of a conflict may have it, in two files and with others in between.
        let merged = Baseline::new(vec![entry("a.js", "1"), entry("b.js", "2"), entry("c.js", "1")]);
        assert_eq!(merged.findings, [entry("a.js", "1"), entry("b.js", "2")]);
        assert_eq!(Baseline::new(Vec::new()).text().expect("a text"), "{\n  \"version\": 1,\n  \"findings\": []\n}\n");
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        assert!(
            Baseline::parse("{\"version\": 2, \"findings\": []}").is_err_and(|(text, _)| text.contains("version 2"))
        );
        let broken = Baseline::parse("{\n<<<<<<< HEAD\n}");
        assert_eq!(broken.map_err(|(_, line)| line), Err(Some(2)));
    }
}
