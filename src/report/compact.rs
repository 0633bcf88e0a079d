//! One line for each finding: `path:line:col: level rule: message`.
//!
//! Input: a run. Output: lines. Must not know: colours.

use super::{Run, escape};
use std::io::{self, Write};

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &run.analysis.findings {
        let Some(spot) = run.locate(finding.place) else {
            continue;
        };
        let (line, column) = (spot.start.line, spot.start.column);
        let (path, message) = (escape::line(&spot.file.path), escape::line(&finding.message));
        writeln!(out, "{path}:{line}:{column}: {} {}: {message}", finding.level.name(), finding.rule)?;
    }
    Ok(())
}
