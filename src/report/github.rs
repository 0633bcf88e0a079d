//! Workflow commands, which GitHub shows as annotations of the changed lines.
//!
//! Input: a run. Output: at most ten commands for each level, the most that the platform shows of one step, and a plain
//! line that counts the rest. Must not know: whether it runs inside a workflow.

use super::{Run, escape, witness};
use crate::diagnostic::{Finding, Level};
use std::io::{self, Write};

/// Annotations of one level that the platform shows for one step. All three levels together stay below its 50 for a job.
const CAP: usize = 10;

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut left_out = 0;
    for level in [Level::Error, Level::Warning, Level::Info] {
        let findings = run.analysis.findings.iter().filter(|finding| finding.level == level);
        for (at, finding) in findings.enumerate() {
            match at < CAP {
                true => command(run, finding, out)?,
                false => left_out += 1,
            }
        }
    }
    if left_out > 0 {
        writeln!(out, "{left_out} more: the platform shows {CAP} annotations of a level for each step")?;
    }
    Ok(())
}

fn command(run: &Run<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let Some(spot) = run.locate(finding.place) else { return Ok(()) };
    let name = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let file = property(&run.repository_path(spot.file));
    let (line, column) = (spot.start.line, spot.start.column);
    // Columns count only when both ends are on one line, and the end of another line may be outside the diff.
    let end = match spot.end.line == line {
        true => format!(",endColumn={}", spot.end.column),
        false => String::new(),
    };
    let proof = witness::verdict(&finding.proof).map(|verdict| format!("\n{verdict}")).unwrap_or_default();
    let message = match finding.help.as_str() {
        "" => data(&format!("{}{proof}", finding.message)),
        help => data(&format!("{}{proof}\nhelp: {help}", finding.message)),
    };
    let title = property(&format!("pushguard: {}", finding.rule));
    writeln!(out, "::{name} file={file},line={line},endLine={line},col={column}{end},title={title}::{message}")
}

/// The text after the second `::`.
fn data(text: &str) -> String {
    escape::block(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command_or_starts_another() {
        assert_eq!(data("50%\n::error::x\r\u{1b}[31m"), "50%25%0A:\\u{3a}error::x\\r\\u{1b}[31m");
        assert_eq!(property("a,b:c%2C\nd"), "a%2Cb%3Ac%252C%0Ad");
    }
}
