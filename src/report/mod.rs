//! Turns findings into text, one module for each format.
//!
//! Input: a [`Run`]. Output: bytes on a writer. Must not know: the command line, where the bytes go.

mod columns;
mod compact;
pub mod escape;
mod excerpt;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod markdown;
mod paths;
pub mod sarif;
mod summary;
mod why;
pub mod witness;

pub use human::{DEFAULT_WIDTH, Style};
pub use json::schema;
pub use markdown::markdown;
pub use paths::{paths_human, paths_json};
pub use summary::write_summary;
pub use why::{lines_with_calls, why};

use crate::diagnostic::{Acceptance, Analysis, Finding, Level};
use crate::source::{Place, Position, SourceFile, Sources};
use std::io::{self, Write};

/// A finding, and by what it was accepted where it was.
type Shown<'a> = (&'a Finding, Option<&'a Acceptance>);

/// What a report shows.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    pub sources: &'a Sources,
    pub analysis: &'a Analysis,
    /// The folder that paths are relative to, relative to the root of its repository: empty, or with a `/` at its end.
    pub prefix: &'a str,
    /// The code that the process ends with.
    pub exit_code: u8,
}

impl<'a> Run<'a> {
    /// Number of files that were reported on.
    pub fn files(&self) -> usize {
        self.sources.iter().filter(|(_, file)| file.reported).count()
    }

    /// The findings, and the accepted ones where they are asked for, sorted by place and rule.
    fn shown(&self) -> Vec<Shown<'a>> {
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
    fn repository_path(&self, file: &SourceFile) -> String {
        format!("{}{}", self.prefix, file.path)
    }

    /// The 1-based line where a place starts.
    pub fn line_of(&self, place: Place) -> Option<u32> {
        self.locate(place).map(|spot| spot.start.line)
    }

    /// The file of a place, and where it starts and ends. `None` for a place in no file, which no stage makes.
    fn locate(&self, place: Place) -> Option<Spot<'a>> {
        let file = self.sources.get(place.file)?;
        Some(Spot { file, start: file.position(place.start), end: file.position(place.end) })
    }
}

/// A place in lines and columns.
#[derive(Clone, Copy, Debug)]
struct Spot<'a> {
    file: &'a SourceFile,
    start: Position,
    end: Position,
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
    Sarif,
    Compact,
    Github,
    Gitlab,
    Junit,
}

impl Format {
    /// Whether the report has no place for a summary although people read it.
    pub fn is_bare(self) -> bool {
        matches!(self, Format::Compact | Format::Github | Format::Gitlab | Format::Junit)
    }
}

/// Writes one report.
pub fn write(format: Format, run: &Run<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(run, style, out),
        Format::Json => json::write(run, out),
        Format::Sarif => sarif::write(run, out),
        Format::Compact => compact::write(run, out),
        Format::Github => github::write(run, out),
        Format::Gitlab => gitlab::write(run, out),
        Format::Junit => junit::write(run, out),
    }
}

/// "1 error", "2 errors".
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
