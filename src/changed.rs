//! Keeps the findings that a change has to do with.
//!
//! Input: findings, and the lines that changed. Output: the findings with an end in those lines: the act, the check, or any
//! other related place. An end reaches over all the lines of its call, so that a guard taken out of a filter that spans
//! several lines is seen. A file that changed and could not be read has the gate fail where it may write, and each writer of a
//! tracked array that the change adds is told.
//! Must not know: how a change was found.

use crate::diagnostic::{Analysis, Finding, Fingerprints, Level, WritePath};
use crate::git::Changes;
use crate::rules::UNREAD;
use crate::source::{FileId, Place, Sources};
use std::collections::BTreeMap;

/// The rule about writers that a change adds.
const NEW_WRITER: &str = "new-writer";

/// What makes a file that was not read an error, and the levels of rules.
pub struct Gate<'a> {
    /// Words without which code hardly changes documents.
    pub words: &'a [String],
    /// Whether the configuration says the level of a rule in a file.
    pub is_settled: &'a dyn Fn(&str, &str) -> bool,
    /// The level of a rule in a file; `None` where it is off.
    pub level: &'a dyn Fn(&str, &str) -> Option<Level>,
}

impl Gate<'_> {
    /// Nothing says of an unread part of the change that it is free of races.
    fn fail(&self, finding: &mut Finding, sources: &Sources) {
        let Some(file) = sources.get(finding.place.file) else { return };
        if !UNREAD.contains(&finding.rule) || (self.is_settled)(finding.rule, &file.path) {
            return;
        }
        let word = self.words.iter().find(|word| file.text.contains(word.as_str()));
        let why = match word {
            Some(word) => format!("it changed, and has `{}` in it", word.trim_matches(['.', '('])),
            None if file.text.is_empty() => "it changed".to_owned(),
            None => return,
        };
        finding.level = Level::Error;
        finding.message = format!("{}; {why}, so this change is not checked", finding.message);
    }
}

pub fn keep(analysis: &mut Analysis, sources: &Sources, changes: &Changes, gate: &Gate<'_>) {
    let extents = std::mem::take(&mut analysis.extents);
    let mut lines = Lines { sources, feeds: BTreeMap::new() };
    let mut touches = |place: Place| {
        let Some(file) = sources.get(place.file).filter(|file| changes.has(&file.path)) else { return false };
        let end = extents.get(&place).copied().unwrap_or(place.end);
        changes.touches(&file.path, lines.of(place.file, place.start), lines.of(place.file, end))
    };
    let mut is_wanted = |finding: &Finding| {
        if UNREAD.contains(&finding.rule) {
            // The parser gives up where it notices, which need not be where the mistake was made.
            return sources.get(finding.place.file).is_some_and(|file| changes.has(&file.path));
        }
        touches(finding.place) || finding.related.iter().any(|related| touches(related.place))
    };
    analysis.findings.retain(&mut is_wanted);
    analysis.findings.iter_mut().for_each(|finding| gate.fail(finding, sources));
    analysis.accepted.retain(|accepted| is_wanted(&accepted.finding));
    analysis.extents = extents;
    let mut is_new = |path: &WritePath| {
        let Some(file) = sources.get(path.place.file).filter(|file| file.reported && path.tracked) else {
            return false;
        };
        let (first, last) = (lines.of(path.place.file, path.place.start), lines.of(path.place.file, path.place.end));
        changes.adds(&file.path, first, last)
    };
    let new = (0..).zip(&analysis.paths).filter(|(_, path)| is_new(path)).map(|(at, _)| at);
    analysis.new_writers = new.collect();
    let told = told_writers(analysis, sources, gate);
    analysis.findings.extend(told);
    analysis.findings.sort_by_key(|finding| (finding.place.file, finding.place.start, finding.rule));
}

/// A finding for each writer that a change adds, but for those that something else is told of.
fn told_writers(analysis: &Analysis, sources: &Sources, gate: &Gate<'_>) -> Vec<Finding> {
    let mut seen = Fingerprints::default();
    let is_told = |place: Place| {
        let inside = |other: Place| other.file == place.file && other.start < place.end && place.start < other.end;
        analysis.findings.iter().any(|finding| inside(finding.place))
    };
    let new = analysis.new_writers.iter().filter_map(|at| analysis.paths.get(*at));
    let mut told = Vec::new();
    for path in new.filter(|path| !is_told(path.place)) {
        let Some(file) = sources.get(path.place.file) else { continue };
        let Some(level) = (gate.level)(NEW_WRITER, &file.path) else { continue };
        let owner = path.collection.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
        let array = format!("{owner}{}", path.array);
        let fingerprint = seen.next(&[NEW_WRITER, &file.path, &path.function, &array, &path.operator]);
        told.push(Finding {
            message: format!("a new writer of the tracked array `{array}`: `{}`, {}", path.operator, path.verdict),
            label: format!("writes `{}`", path.array),
            function: path.function.clone(),
            collection: path.collection.clone(),
            array: Some(path.array.clone()),
            help: "see by `pushguard paths --tracked` that it refuses what the other writers of this array refuse"
                .to_owned(),
            fingerprint,
            ..Finding::bare(NEW_WRITER, level, path.place)
        });
    }
    told
}

/// Lines as git counts them: each ends at a line feed, and a carriage return alone ends none.
struct Lines<'a> {
    sources: &'a Sources,
    /// 0-based byte offsets of the line feeds of each file that was asked for.
    feeds: BTreeMap<FileId, Vec<usize>>,
}

impl Lines<'_> {
    /// The 1-based line of a 0-based byte offset.
    fn of(&mut self, id: FileId, offset: u32) -> u32 {
        let feeds = self.feeds.entry(id).or_insert_with(|| {
            let bytes = self.sources.get(id).map(|file| file.text.bytes().enumerate());
            bytes.into_iter().flatten().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect()
        });
        feeds.partition_point(|feed| *feed < offset as usize) as u32 + 1
    }
}
