//! The report as Markdown, for the summary of a job or a comment: a table of the findings, then the proof and the help of each.
//!
//! Input: a run. Output: GitHub's Markdown, short enough for a job summary. Must not know: pipelines.

use super::summary::{left_out, looked_at, not_followed, totals};
use super::witness::{self, Layout};
use super::{Run, Shown, escape, level_note, nothing};
use crate::diagnostic::{Finding, Level, Proof};
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

/// GitHub refuses a summary of more than a mebibyte; nobody reads so many rows.
const MOST_ROWS: usize = 100;
/// Findings with their proof and help.
const MOST_TOLD: usize = 25;
/// Columns of a proof.
const COLUMNS: usize = 110;

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut shown = run.shown();
    // The sort is stable: by place within a level.
    shown.sort_by_key(|(finding, by)| (by.is_some(), Reverse(finding.level)));
    let mut text = format!("## pushguard: {}\n\n", prose(&totals(run)));
    if shown.is_empty() {
        let _ = writeln!(text, "{}\n", nothing(run));
    } else {
        table(run, &shown, &mut text);
        let told = shown.iter().filter(|(finding, by)| by.is_none() && run.locate(finding.place).is_some());
        for (finding, _) in told.take(MOST_TOLD) {
            text.push_str(&details(run, finding));
        }
    }
    let coverage = &run.analysis.coverage;
    text.push_str(&format!("<sub>{}</sub>\n", prose(&looked_at(coverage))));
    let warnings = coverage.warnings.iter().map(|warning| format!("warning: {warning}"));
    for line in warnings.chain(not_followed(coverage)).chain(left_out(&coverage.left_out)) {
        let _ = writeln!(text, "\n<sub>{}</sub>", prose(&line));
    }
    out.write_all(text.as_bytes())
}

fn table(run: &Run<'_>, shown: &[Shown<'_>], text: &mut String) {
    text.push_str("| Level | Where | Rule | What |\n|---|---|---|---|\n");
    for (finding, by) in shown.iter().take(MOST_ROWS) {
        let Some(spot) = run.locate(finding.place) else { continue };
        let level = match (by, finding.level) {
            (Some(_), _) => "suppressed",
            (None, Level::Error) => "🔴 error",
            (None, Level::Warning) => "🟡 warning",
            (None, Level::Info) => "🔵 info",
        };
        let proven = if finding.proof.is_proven() { " (proven)" } else { "" };
        let place = code(&format!("{}:{}", spot.file.path, spot.start.line));
        let _ = writeln!(
            text,
            "| {level} | {} | {} | {}{proven} |",
            cell(&place),
            rule(finding),
            cell(&prose(&finding.message))
        );
    }
    if shown.len() > MOST_ROWS {
        let _ = writeln!(text, "\n{} more are in the other reports.", shown.len() - MOST_ROWS);
    }
    text.push('\n');
}

/// The proof and the help of a finding, folded away.
fn details(run: &Run<'_>, finding: &Finding) -> String {
    let Some(spot) = run.locate(finding.place) else { return String::new() };
    let place = format!("{}:{}:{}", spot.file.path, spot.start.line, spot.start.column);
    let mut text =
        format!("<details><summary><code>{}</code> at <code>{}</code></summary>\n\n", finding.rule, html(&place));
    let _ = writeln!(text, "{}\n", prose(&finding.message));
    if let Some(note) = level_note(finding) {
        let _ = writeln!(text, "Note: {}\n", prose(&note));
    }
    match &finding.proof {
        Proof::Proven(shown) => {
            let weighty = witness::weighty(finding);
            let layout = Layout { columns: COLUMNS, full: false, weighty: &weighty, rest: "`pushguard witness`" };
            let lines = shown.open().map(|shown| witness::lines(run, &shown, layout)).unwrap_or_default();
            text.push_str(&fenced(&lines.join("\n")));
        }
        Proof::Unproven(reason) => drop(writeln!(text, "Not proven: {}\n", prose(reason))),
        Proof::NotJudged => {}
    }
    if !finding.help.is_empty() {
        let _ = writeln!(text, "**Write instead:** {}\n", prose(&finding.help));
    }
    text.push_str("</details>\n\n");
    text
}

fn rule(finding: &Finding) -> String {
    format!("[{0}]({1}/blob/v{2}/rules/{0}.md)", finding.rule, env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"))
}

/// Running text with its code in backticks, in which nothing else is markup.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) });
    parts.collect()
}

/// Every character of punctuation may be escaped in Markdown; `@` would call somebody.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in escape::line(text).chars() {
        match character {
            '@' => safe.push_str("&#64;"),
            '<' | '&' | '*' | '_' | '[' | ']' | '\\' | '#' | '|' | '~' | '!' | '$' => safe.extend(['\\', character]),
            _ => safe.push(character),
        }
    }
    safe
}

/// Code on one line, fenced by more backticks than are in it.
fn code(text: &str) -> String {
    let text = escape::line(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Code of several lines, fenced by more backticks than are in it.
pub fn fenced(text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}text\n{text}\n{fence}\n\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// In a table a bar ends the cell, in code too.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '|' && !safe.ends_with('\\') {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

fn html(text: &str) -> String {
    escape::line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "&#64;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    fn events(text: &str) -> Vec<Event<'_>> {
        Parser::new_ext(text, Options::ENABLE_TABLES).collect()
    }

    #[test]
    fn names_are_text_and_code_whatever_they_hold() {
        let hostile = "a|b* _c_ [d](e) <img src=x> &lt; # @team \u{202e}";
        for text in [prose(hostile), prose(&format!("`{hostile}`")), cell(&prose(&format!("`{hostile}`")))] {
            let page = format!("| a |\n|---|\n| {} |\n", cell(&text));
            let all = events(&page);
            let is_markup = |event: &&Event<'_>| {
                matches!(
                    event,
                    Event::InlineHtml(_)
                        | Event::Html(_)
                        | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strong)
                )
            };
            assert_eq!(all.iter().find(is_markup), None, "{page}");
            assert_eq!(all.iter().filter(|event| matches!(event, Event::Start(Tag::TableCell))).count(), 2, "{page}");
        }
        assert!(!plain(hostile).contains("@"));
    }

    #[test]
    fn code_with_backticks_stays_code() {
        let text = code("`a` + ``b``");
        assert_eq!(events(&text).iter().filter(|event| matches!(event, Event::Code(_))).count(), 1, "{text}");
        assert!(fenced("x\n````\ny").starts_with("`````text\n"));
    }
}
