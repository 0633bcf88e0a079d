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
mod run;
pub mod sarif;
mod summary;
mod why;
pub mod witness;

pub use human::{DEFAULT_WIDTH, Style};
pub use json::schema;
pub use markdown::markdown;
pub use paths::{paths_human, paths_json};
pub use run::{Run, counted};
use run::{Shown, Spot};
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

#[cfg(test)]
mod tests;
