//! The report for people: each finding with its check and its act. The only user of miette.
//!
//! Input: a run. Output: text for a terminal. Columns count UTF-16 code units, as in every other format.
//! Must not know: the command line.

mod finding;
mod snippet;

use super::Run;
use super::summary::write_summary;
#[cfg(test)]
pub use finding::MAX_LINES;
use finding::Told;
use std::io::{self, Write};
use std::path::PathBuf;

/// The width of a report that goes to no terminal.
pub const DEFAULT_WIDTH: usize = 100;

/// How the terminal is written to.
#[derive(Clone, Debug)]
pub struct Style {
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// The root of the project, where places are to be links to its files.
    pub links: Option<PathBuf>,
    /// Everything that is known of each finding, however long that gets.
    pub full: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: DEFAULT_WIDTH, links: None, full: false }
    }
}

pub fn write(run: &Run<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut told = Told::default();
    for (finding, by) in run.shown() {
        if let Some(text) = finding::draw(run, finding, by, style, &mut told)? {
            writeln!(out, "{text}\n")?;
        }
    }
    write_summary(run, style.width, out)
}
