//! Turns findings into text, one module for each format.
//!
//! Input: a [`Run`]. Output: bytes on a writer. Must not know: the command line, where the bytes go.

mod columns;
mod compact;
pub mod escape;
mod excerpt;
mod github;
mod gitlab;
mod html;
mod human;
mod job_summary;
mod json;
mod junit;
mod markdown;
mod paths;
mod run;
pub mod sarif;
mod summary;
mod why;
pub mod witness;

pub use human::{DEFAULT_WIDTH, Style};
pub use job_summary::fenced;
pub use json::schema;
pub use markdown::markdown;
pub use paths::{paths_dot, paths_human, paths_json, paths_mermaid};
pub use run::{Run, counted};
use run::{Shown, Spot};
use run::{level_note, nothing};
pub use summary::write_summary;
pub use why::{lines_with_calls, why};

use std::io::{self, Write};

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
    Html,
    Markdown,
}

impl Format {
    /// Whether the report says who owns a file.
    pub fn names_owners(self) -> bool {
        self == Format::Html
    }

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
        Format::Html => html::write(run, out),
        Format::Markdown => job_summary::write(run, out),
    }
}

#[cfg(test)]
mod tests;
