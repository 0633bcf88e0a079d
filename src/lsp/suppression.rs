//! The comment that suppresses one finding, with a reason to be written.
//!
//! Input: a finding and its file. Output: an edit. Must not know: what the comment suppresses.

use super::diagnostics::range;
use crate::diagnostic::Finding;
use crate::panics;
use crate::parse::{Parsed, with_tree};
use crate::rules::doc::{Policy, page};
use crate::source::SourceFile;
use lsp_types::{Position, Range, TextEdit};

/// Stands where the reason goes.
const REASON: &str = "<reason>";

/// A comment above the line of the finding, indented like it, with the line ending of the file. `None` for what cannot be
/// read, which is to be mended, and where a comment would not be one.
pub fn suppression(finding: &Finding, file: &SourceFile) -> Option<TextEdit> {
    page(finding.rule).filter(|page| page.meta.policy != Policy::Input)?;
    let line = range(file, finding.place).start.line;
    let text = file.line(line + 1);
    let indent = text.get(..text.len() - text.trim_start_matches([' ', '\t']).len())?;
    let ending = if file.text.contains("\r\n") { "\r\n" } else { "\n" };
    let new_text = format!("{indent}// pushguard-ignore-next-line {} -- {REASON}{ending}", finding.rule);
    let start = Position { line, character: 0 };
    let at = file.line_start(line + 1);
    is_comment(file, at, &new_text, indent.len() as u32)
        .then_some(TextEdit { range: Range { start, end: start }, new_text })
}

/// Whether `line`, inserted at `at`, is a comment from its byte `indent` on. Between the lines of a template it would
/// become part of the string, between those of JSX part of the page.
fn is_comment(file: &SourceFile, at: u32, line: &str, indent: u32) -> bool {
    let (before, after) = (file.slice(0, at), file.slice(at, file.text.len() as u32));
    let edited = file.with_text(&[before, line, after].concat());
    let is_there = |parsed: Parsed| parsed.comments.iter().any(|comment| comment.start == at + indent);
    panics::attempt(|| with_tree(&edited, true, |parsed| parsed.is_ok_and(is_there))).unwrap_or(false)
}
