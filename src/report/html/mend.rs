//! What to write instead: the help, and the code to copy.
//!
//! Input: a finding. Output: markup. Must not know: how a help comes about.

use crate::diagnostic::{Edit, Finding, Fix};
use crate::report::{Run, escape};
use maud::{Markup, html};

/// A rewrite over more lines is not shown.
const MOST_LINES: u32 = 40;

pub fn mend(run: &Run<'_>, finding: &Finding) -> Markup {
    if finding.help.is_empty() && finding.fix.is_none() {
        return Markup::default();
    }
    let rewritten = finding.fix.as_ref().and_then(|fix| rewritten(run, fix));
    html! {
        section.mend {
            h4 { "What to write instead" }
            p { (prose(&finding.help)) }
            @if let Some((before, after)) = &rewritten {
                pre.diff tabindex="0" {
                    code {
                        @for line in before.lines() { del { "- " (escape::code(line)) "\n" } }
                        @for line in after.lines() { ins { "+ " (escape::code(line)) "\n" } }
                    }
                }
                (copied(after))
            } @else if let Some(call) = &finding.call {
                pre.call tabindex="0" { code { (escape::code(call)) } }
                (copied(call))
            }
        }
    }
}

/// A button that puts a text on the clipboard; it is shown where there is a script to serve it.
fn copied(text: &str) -> Markup {
    html! { button.copy type="button" data-text=(escape::block(text)) hidden { "Copy" } }
}

/// Running text with its code in backticks.
pub fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (escape::line(part)) } } @else { (escape::block(part)) }
        }
    }
}

/// The lines that a rewrite of one file changes, before and after.
fn rewritten(run: &Run<'_>, fix: &Fix) -> Option<(String, String)> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.place.start);
    let (first, last) = (edits.first()?, edits.last()?);
    if edits.iter().any(|edit| edit.place.file != first.place.file) {
        return None;
    }
    let file = run.sources.get(first.place.file)?;
    let lines = (file.position(first.place.start).line, file.position(last.place.end).line);
    if lines.1 - lines.0 >= MOST_LINES {
        return None;
    }
    let (start, end) = (file.line_start(lines.0), file.line_start(lines.1) + file.line(lines.1).len() as u32);
    let before = file.slice(start, end).to_owned();
    let (mut after, mut at) = (String::new(), start);
    for edit in edits {
        after.push_str(file.slice(at, edit.place.start));
        after.push_str(&edit.text);
        at = edit.place.end;
    }
    after.push_str(file.slice(at, end));
    Some((before, after))
}
