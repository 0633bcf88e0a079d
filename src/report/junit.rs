//! JUnit XML, for systems that show test results.
//!
//! Input: a run. Output: one suite for each file with findings, in which every finding is a failed case. Without findings
//! there is one passed case, because many readers take a report without any case for a broken run.
//! Must not know: terminals.

use super::{Run, Spot, escape, witness};
use crate::diagnostic::Finding;
use std::io::{self, Write};

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found: Vec<(&Finding, Spot<'_>)> =
        run.analysis.findings.iter().filter_map(|finding| Some((finding, run.locate(finding.place)?))).collect();
    let failures = found.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="pushguard" tests="{}" failures="{failures}" errors="0">"#, failures.max(1))?;
    if found.is_empty() {
        writeln!(out, r#"  <testsuite name="pushguard" tests="1" failures="0" errors="0" skipped="0">"#)?;
        writeln!(out, r#"    <testcase name="no findings" classname="pushguard"/>"#)?;
        writeln!(out, "  </testsuite>")?;
    }
    for suite in found.chunk_by(|(a, _), (b, _)| a.place.file == b.place.file) {
        let Some((_, first)) = suite.first() else { continue };
        let (name, count) = (attribute(&run.repository_path(first.file)), suite.len());
        writeln!(out, r#"  <testsuite name="{name}" tests="{count}" failures="{count}" errors="0" skipped="0">"#)?;
        for (finding, spot) in suite {
            case(run, finding, *spot, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(run: &Run<'_>, finding: &Finding, spot: Spot<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (line, column, rule, level) = (spot.start.line, spot.start.column, finding.rule, finding.level.name());
    let path = attribute(&run.repository_path(spot.file));
    writeln!(out, r#"    <testcase name="{rule} at {line}:{column}" classname="{path}" file="{path}" line="{line}">"#)?;
    let message = attribute(&finding.message);
    writeln!(out, r#"      <failure message="{message}" type="{level}">"#)?;
    writeln!(out, "{path}:{line}:{column}: {level} {rule}: {}", content(&finding.message))?;
    if let Some(verdict) = witness::verdict(&finding.proof) {
        writeln!(out, "{}", content(&verdict))?;
    }
    if !finding.help.is_empty() {
        writeln!(out, "help: {}", content(&finding.help))?;
    }
    writeln!(out, "</failure>")?;
    writeln!(out, "    </testcase>")
}

fn content(text: &str) -> String {
    xml(&escape::block(text))
}

fn attribute(text: &str) -> String {
    xml(&escape::line(text))
}

/// Markup characters as entities. XML 1.0 has no way to write U+FFFE and U+FFFF at all; control characters are gone already.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        assert_eq!(attribute("a\"<&>'\n\u{1b}\u{ffff}"), "a&quot;&lt;&amp;&gt;&apos;\\n\\u{1b}\\u{ffff}");
        assert_eq!(content("]]>\n"), "]]&gt;\n");
    }
}
