//! What every report shows.
//!
//! Input: an analysis and its sources. Output: findings, places and numbers. Must not know: formats.

use crate::diagnostic::{Acceptance, Analysis, Finding, Level};
use crate::source::{Place, Position, SourceFile, Sources};
use std::fmt::Display;

/// A finding, and by what it was accepted where it was.
pub(super) type Shown<'a> = (&'a Finding, Option<&'a Acceptance>);

/// What a report shows.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    pub sources: &'a Sources,
    pub analysis: &'a Analysis,
    /// The folder that paths are relative to, relative to the root of its repository: empty, or with a `/` at its end.
    pub prefix: &'a str,
    /// What leads from the working folder to that folder, where that takes more than going up: empty, or with a `/` at its end.
    pub below: &'a str,
    /// The code that the process ends with.
    pub exit_code: u8,
}

impl<'a> Run<'a> {
    /// Number of files that were reported on.
    pub fn files(&self) -> usize {
        self.sources.iter().filter(|(_, file)| file.reported).count()
    }

    /// The findings, and the accepted ones where they are asked for, sorted by place and rule.
    pub(super) fn shown(&self) -> Vec<Shown<'a>> {
        let counted = self.analysis.findings.iter().map(|finding| (finding, None));
        let accepted = self.analysis.accepted.iter().filter(|_| self.analysis.shows_accepted);
        let accepted = accepted.map(|accepted| (&accepted.finding, Some(&accepted.by)));
        let mut shown: Vec<_> = counted.chain(accepted).collect();
        shown.sort_by_key(|(finding, _)| (finding.place.file, finding.place.start, finding.rule));
        shown
    }

    /// Number of findings of one level.
    pub fn count(&self, level: Level) -> usize {
        self.analysis.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The path of a file relative to the root of its repository, as platforms want it.
    pub(super) fn repository_path(&self, file: &SourceFile) -> String {
        format!("{}{}", self.prefix, file.path)
    }

    /// The 1-based line where a place starts.
    pub fn line_of(&self, place: Place) -> Option<u32> {
        self.locate(place).map(|spot| spot.start.line)
    }

    /// The file of a place, and where it starts and ends. `None` for a place in no file, which no stage makes.
    pub(super) fn locate(&self, place: Place) -> Option<Spot<'a>> {
        let file = self.sources.get(place.file)?;
        Some(Spot { file, start: file.position(place.start), end: file.position(place.end) })
    }
}

/// A place in lines and columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub file: &'a SourceFile,
    pub start: Position,
    pub end: Position,
}

/// That there is nothing to show.
pub fn nothing(run: &Run<'_>) -> &'static str {
    if run.analysis.has_baseline { "Nothing new was found." } else { "Nothing was found." }
}

/// Why the level of a finding is below that of its rule, where it is.
pub fn level_note(finding: &Finding) -> Option<String> {
    let level = match finding.level {
        Level::Error => "an error",
        Level::Warning => "a warning",
        Level::Info => "an info",
    };
    finding.lowered.map(|why| format!("only {level}: {why}"))
}

/// "1 error", "2 errors".
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
