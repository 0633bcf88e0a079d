//! The pages of the rules, parsed once.
//!
//! Input: the embedded texts of `rules/<id>.md`. Output: typed metadata and Markdown for `explain`, `rules`, SARIF, the
//! README and the tests. Must not know: checks, findings, terminals.

use super::ALL;
use crate::diagnostic::Level;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// How sure a finding of the rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    High,
    Medium,
    Low,
}

impl Confidence {
    pub fn name(self) -> &'static str {
        match self {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        }
    }
}

/// Whether the rule rewrites code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixKind {
    None,
    /// The rewrite is proven and may be applied.
    Safe,
    /// The rewrite is proven, and what the code answers then has to be read.
    Suggested,
    /// The rewrite is shown, never applied.
    Display,
}

impl FixKind {
    pub fn name(self) -> &'static str {
        match self {
            FixKind::None => "none",
            FixKind::Safe => "safe",
            FixKind::Suggested => "suggested",
            FixKind::Display => "display",
        }
    }
}

/// What the rule rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The code itself shows the race; holds for every array and collection.
    Evidence,
    /// Only for tracked arrays.
    Policy,
    /// Driven by the names of the completion protocol.
    Protocol,
    /// About what can be read, not about writes.
    Input,
}

/// The front matter of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// One sentence, without interpolation.
    pub summary: String,
    pub level: Level,
    pub confidence: Confidence,
    pub fix: FixKind,
    pub since: String,
    pub tags: Vec<String>,
    pub policy: Policy,
    /// Off unless the configuration gives it a level.
    #[serde(default)]
    pub optional: bool,
}

impl Meta {
    /// The level without a configuration: `off` for what has to be asked for.
    pub fn shown_level(&self) -> &'static str {
        if self.optional { "off" } else { self.level.name() }
    }
}

/// One rule as its page describes it.
#[derive(Clone, Debug)]
pub struct Page {
    pub id: &'static str,
    pub meta: Meta,
    /// The Markdown after the front matter.
    pub body: &'static str,
}

impl Page {
    /// The text under a `## heading`, without the heading; empty when there is none.
    pub fn section(&self, heading: &str) -> &'static str {
        let mut offset = 0;
        let mut start = None;
        let mut fenced = false;
        for line in self.body.split_inclusive('\n') {
            if line.starts_with("```") {
                fenced = !fenced;
            }
            if !fenced && line.starts_with("## ") {
                if let Some(start) = start {
                    return self.body.get(start..offset).unwrap_or_default().trim();
                }
                if line.trim_start_matches('#').trim() == heading {
                    start = Some(offset + line.len());
                }
            }
            offset += line.len();
        }
        start.and_then(|start| self.body.get(start..)).unwrap_or_default().trim()
    }
}

/// Splits a page into front matter and body.
pub fn parse(id: &'static str, text: &'static str) -> Result<Page, String> {
    let rest = text.strip_prefix("+++\n").ok_or("the page does not start with a `+++` line")?;
    let (front, body) = rest.split_once("\n+++\n").ok_or("the front matter has no closing `+++` line")?;
    let meta = toml::from_str(front).map_err(|error| error.to_string())?;
    Ok(Page { id, meta, body: body.trim_start() })
}

/// All pages, in the order of the list. A page that does not parse is left out; a test refuses it.
pub fn pages() -> &'static [Page] {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    PAGES.get_or_init(|| ALL.iter().filter_map(|(id, text)| parse(id, text).ok()).collect())
}

/// The page of one rule.
pub fn page(id: &str) -> Option<&'static Page> {
    pages().iter().find(|page| page.id == id)
}

/// The Markdown table of all rules, as the README shows it.
pub fn table() -> String {
    let mut table = String::from("| Rule | Level | Confidence | Finds |\n|---|---|---|---|\n");
    for Page { id, meta, .. } in pages() {
        let (level, confidence) = (meta.shown_level(), meta.confidence.name());
        table.push_str(&format!("| [`{id}`](rules/{id}.md) | {level} | {confidence} | {} |\n", meta.summary));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const HEADINGS: [&str; 7] =
        ["What it does", "Why it races", "Bad", "Good", "Fix", "When it stays silent", "Limits"];

    #[test]
    fn every_page_parses() {
        for (id, text) in ALL {
            if let Err(error) = parse(id, text) {
                panic!("rules/{id}.md: {error}");
            }
        }
    }

    #[test]
    fn the_folder_and_the_list_name_the_same_rules() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        let pages: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder of pages")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".md").map(str::to_owned))
            .collect();
        let listed: BTreeSet<String> = ALL.iter().map(|(id, _)| (*id).to_owned()).collect();
        assert_eq!(pages, listed, "add the missing page to rules/, or its identifier to ALL in src/rules/mod.rs");
    }

    #[test]
    fn every_page_has_the_headings_in_order() {
        for page in pages() {
            let mut found = Vec::new();
            let mut fenced = false;
            for line in page.body.lines() {
                fenced ^= line.starts_with("```");
                if let Some(heading) = line.strip_prefix("## ").filter(|_| !fenced) {
                    found.push(heading);
                }
            }
            assert_eq!(found, HEADINGS, "rules/{}.md", page.id);
            assert!(!page.section("What it does").is_empty(), "rules/{}.md", page.id);
            assert!(!page.meta.summary.contains('|'), "rules/{}.md: the summary stands in a table", page.id);
        }
    }
}
