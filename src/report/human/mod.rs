//! The report for people: each finding with its check and its act. The only user of miette.
//!
//! Input: a run. Output: text for a terminal. Columns count UTF-16 code units, as in every other format.
//! Must not know: the command line.

mod finding;
mod snippet;
mod style;
#[cfg(test)]
mod tests;

use super::summary::write_summary;
use super::{Run, counted};
use crate::diagnostic::Level;
#[cfg(test)]
use finding::MAX_LINES;
use finding::Told;
use std::io::{self, Write};
pub use style::{DEFAULT_WIDTH, Style};

/// Infos that are told beside the findings that count, unless everything is wanted.
const INFOS: usize = 10;

pub fn write(run: &Run<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let is_aside = |by: Option<_>, level| by.is_none() && level == Level::Info && !style.full;
    let (aside, drawn): (Vec<_>, Vec<_>) =
        run.shown().into_iter().partition(|(finding, by)| is_aside(*by, finding.level));
    for text in aside.iter().take(INFOS).filter_map(|(finding, _)| finding::noted(run, finding, style)) {
        writeln!(out, "{text}")?;
    }
    match aside.len().saturating_sub(INFOS) {
        _ if aside.is_empty() => {}
        0 => writeln!(out, "  with `--full`, their code and what to write instead\n")?,
        more => writeln!(
            out,
            "  and {}, with `--full`; so are their code and what to write instead\n",
            counted(more, "more info")
        )?,
    }
    let mut told = Told::default();
    for (finding, by) in drawn {
        if let Some(text) = finding::draw(run, finding, by, style, &mut told)? {
            writeln!(out, "{text}\n")?;
        }
    }
    write_summary(run, style.width, out)
}
