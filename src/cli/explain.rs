//! `pushguard explain` and `pushguard rules`.
//!
//! Input: the rule pages. Output: text. Must not know: projects.

use super::args::{ExplainArgs, ListFormat, RulesArgs};
use super::outcome::{CLEAN, delivered};
use super::terminal;
use crate::error::{Error, nearest};
use crate::report::markdown;
use crate::rules::doc::{Meta, Page, page, pages};
use crate::rules::ids;
use serde::Serialize;
use std::io::{self, Write};

pub fn explain(args: &ExplainArgs, stdout: &mut dyn Write) -> Result<u8, Error> {
    let Some(page) = page(&args.rule) else {
        let remedy = match nearest(&args.rule, ids()) {
            Some(rule) => format!("did you mean `{rule}`?"),
            None => "list the rules with `pushguard rules`".to_owned(),
        };
        return Err(Error::Usage { message: format!("unknown rule `{}`", args.rule), remedy });
    };
    let text = text_of(page);
    // In a file or a pipe, the page stays Markdown: other programs read that.
    let color = terminal::is_coloured(args.color);
    delivered(match color || terminal::is_terminal() {
        true => write!(stdout, "{}", markdown(&text, terminal::text_width(), color)),
        false => write!(stdout, "{text}"),
    })?;
    Ok(CLEAN)
}

/// The page as Markdown.
fn text_of(page: &Page) -> String {
    let Meta { summary, level, confidence, fix, since, .. } = &page.meta;
    let (level, confidence, fix) = (level.name(), confidence.name(), fix.name());
    let facts = format!("Level: {level}. Confidence: {confidence}. Fix: {fix}. Since: {since}.");
    format!("# {}\n\n{summary}\n\n{facts}\n\n{}\n", page.id, page.body.trim_end())
}

#[derive(Serialize)]
struct Log {
    version: u8,
    rules: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: &'static str,
    #[serde(flatten)]
    meta: &'static Meta,
}

pub fn rules(args: &RulesArgs, stdout: &mut dyn Write) -> Result<u8, Error> {
    delivered(match args.format {
        ListFormat::Human => table(stdout),
        ListFormat::Json => json(stdout),
    })?;
    Ok(CLEAN)
}

fn json(stdout: &mut dyn Write) -> io::Result<()> {
    let rules = pages().iter().map(|page| Entry { id: page.id, meta: &page.meta }).collect();
    serde_json::to_writer(&mut *stdout, &Log { version: 1, rules })?;
    writeln!(stdout)
}

/// A row for each rule; on a terminal that has no room for it, what a rule finds goes on below, in its column.
fn table(stdout: &mut dyn Write) -> io::Result<()> {
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let rule = longest(&mut pages().iter().map(|page| page.id.len()));
    let fix = longest(&mut pages().iter().map(|page| page.meta.fix.name().len()));
    let row = |id: &str, level: &str, confidence: &str, own: &str| {
        format!("{id:rule$}  {level:7}  {confidence:10}  {own:fix$}  ")
    };
    let head = row("RULE", "LEVEL", "CONFIDENCE", "FIX");
    writeln!(stdout, "{head}FINDS")?;
    for Page { id, meta, .. } in pages() {
        let start = row(id, meta.shown_level(), meta.confidence.name(), meta.fix.name());
        let Some(width) = terminal::width() else {
            writeln!(stdout, "{start}{}", meta.summary)?;
            continue;
        };
        // A column of a few words is hard to read; below the row there is more room.
        let indent = if width.saturating_sub(start.len()) >= ROOM { start.len() } else { INDENT };
        let blanks = " ".repeat(indent);
        let lines = textwrap::wrap(&meta.summary, width.saturating_sub(indent).max(ROOM));
        let (first, rest) = match indent == start.len() {
            true => (format!("{start}{}", lines.first().map_or("", AsRef::as_ref)), lines.get(1..).unwrap_or_default()),
            false => (start.trim_end().to_owned(), lines.as_slice()),
        };
        writeln!(stdout, "{first}")?;
        for line in rest {
            writeln!(stdout, "{blanks}{line}")?;
        }
    }
    Ok(())
}

/// The fewest columns in which running text is read well.
const ROOM: usize = 30;
const INDENT: usize = 4;
