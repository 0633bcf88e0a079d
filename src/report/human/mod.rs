//! The report for people: each finding with its check and its act. The only user of miette.
//!
//! Input: a run. Output: text for a terminal. Columns count UTF-16 code units, as in every other format.
//! Must not know: the command line.

mod finding;
mod snippet;
mod style;
#[cfg(test)]
mod tests;

use super::columns::wrapped;
use super::summary::write_summary;
use super::{Run, Shown, counted, escape};
use crate::diagnostic::{Finding, Level, Proof};
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
    let judged = |(finding, by): &&Shown<'_>| by.is_none() && !matches!(finding.proof, Proof::NotJudged);
    let example = drawn.iter().find(judged).map(|(finding, _)| *finding);
    for (finding, by) in drawn {
        if let Some(text) = finding::draw(run, finding, by, style, &mut told)? {
            writeln!(out, "{text}\n")?;
        }
    }
    for line in example.into_iter().flat_map(|finding| next_steps(run, finding)) {
        writeln!(out, "{}", wrapped(&line, "", "  ", style.width).join("\n"))?;
    }
    if example.is_some() {
        writeln!(out)?;
    }
    write_summary(run, style.width, out)
}

/// What somebody can do who sees this for the first time, by the example of one finding.
fn next_steps(run: &Run<'_>, finding: &Finding) -> Vec<String> {
    let Some(spot) = run.locate(finding.place) else { return Vec::new() };
    let rule = finding.rule;
    let at = escape::line(&format!("{}{}:{}", run.below, spot.file.path, spot.start.line));
    let witness = if finding.proof.is_proven() { format!("`pushguard witness {at}`, ") } else { String::new() };
    vec![
        format!("to look closer: `pushguard explain {rule}`, {witness}`pushguard why {at}`"),
        format!(
            "to accept one: `// pushguard-ignore-next-line {rule} -- the reason` above it, or `pushguard baseline` for all"
        ),
    ]
}
