//! The report for people: each finding with its check and its act. The only user of miette.
//!
//! Input: a run. Output: text for a terminal. Columns count UTF-16 code units, as in every other format.
//! Must not know: the command line.

mod finding;
mod snippet;
mod style;

use super::Run;
use super::summary::write_summary;
#[cfg(test)]
pub use finding::MAX_LINES;
use finding::Told;
use std::io::{self, Write};
pub use style::{DEFAULT_WIDTH, Style};

pub fn write(run: &Run<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut told = Told::default();
    for (finding, by) in run.shown() {
        if let Some(text) = finding::draw(run, finding, by, style, &mut told)? {
            writeln!(out, "{text}\n")?;
        }
    }
    write_summary(run, style.width, out)
}
