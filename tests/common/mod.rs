//! Runs the analysis over small projects that are held in memory.

use pushguard::analysis::analyze;
use pushguard::config::Config;
use pushguard::diagnostic::Level;
use pushguard::source::{SourceFile, Sources};

/// A finding as the examples name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub path: String,
    pub line: u32,
    pub rule: String,
    pub level: Level,
    /// Path and line of the related places.
    pub related: Vec<(String, u32)>,
}

/// Analyses files given as (path, text).
pub fn findings(files: &[(String, String)], config: &Config) -> Vec<Seen> {
    let files = files.iter().map(|(path, text)| SourceFile::new(path.clone(), text, true)).collect();
    let sources = Sources::new(files);
    let analysis = analyze(&sources, config, &|| {});
    let at = |place: pushguard::source::Place| {
        let file = sources.get(place.file);
        file.map(|file| (file.path.clone(), file.position(place.start).line)).unwrap_or_default()
    };
    analysis
        .findings
        .iter()
        .map(|finding| {
            let (path, line) = at(finding.place);
            let related = finding.related.iter().map(|related| at(related.place)).collect();
            Seen { path, line, rule: finding.rule.to_owned(), level: finding.level, related }
        })
        .collect()
}

/// The rules that trailing comments of a form ask for: (path, line, rules).
pub fn annotations(files: &[(String, String)], marker: &str) -> Vec<(String, u32, Vec<String>)> {
    let mut found = Vec::new();
    for (path, text) in files {
        for (at, line) in text.lines().enumerate() {
            if let Some((_, rest)) = line.rsplit_once(marker) {
                let rules = rest.trim_start_matches(':').split(',').map(|rule| rule.trim().to_owned());
                found.push((path.clone(), at as u32 + 1, rules.filter(|rule| !rule.is_empty()).collect()));
            }
        }
    }
    found
}
