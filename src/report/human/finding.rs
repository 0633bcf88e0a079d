//! One finding: level, rule and place; what is wrong; the check and the act; how it is reached; what to write instead.
//!
//! Input: a finding. Output: its lines, at most [`MAX_LINES`] with the empty one below, and those of its witness, unless
//! everything is wanted; or what it says alone.
//! Must not know: the totals.

use super::Style;
use super::snippet::{Drawing, Part};
use crate::diagnostic::{Acceptance, Finding, Level, Proof, Role};
use crate::report::columns::{keep_start, width, wrapped};
use crate::report::excerpt::{Target, View, excerpts};
use crate::report::witness::{self, Layout};
use crate::report::{Run, Spot, counted, escape, level_note};
use crate::source::{FileId, Place};
use miette::{GraphicalTheme, Severity};
use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use url::Url;

/// Lines of a finding, with the empty one that ends it, without those of its witness.
pub const MAX_LINES: usize = 25;
/// Lines of running text in a message and in a help.
const MAX_TEXT: usize = 5;
/// Columns that a label gets at least, and a third of what is shown of it.
const LABEL: usize = 40;
const HELP: &str = "help: ";
/// Ends the header of a finding with a witness.
const PROVEN: &str = " proven";

/// What the report has said so far.
#[derive(Default)]
pub struct Told(HashMap<(&'static str, String), String>);

/// A place to show, in the order of their weight.
struct Shown<'a> {
    place: Place,
    label: &'a str,
    is_act: bool,
}

/// The lines of a finding, without a line feed at the end; `None` for one in no file, which no stage makes.
pub fn draw(
    run: &Run<'_>,
    finding: &Finding,
    by: Option<&Acceptance>,
    style: &Style,
    told: &mut Told,
) -> io::Result<Option<String>> {
    let Some(act) = run.locate(finding.place) else { return Ok(None) };
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let head = head(finding, by, act, style, &theme);
    let mut tail = way(run, finding, style);
    tail.extend(lowered(finding, style));
    tail.extend(help(finding, act, style, &theme, told));
    let shown = shown(finding);
    // Nothing is left beside a long help, which is told in full only.
    let room = MAX_LINES.saturating_sub(1 + lines(&head) + tail.len());
    let mut drawn = String::new();
    for (marks, context) in attempts(shown.len(), style.full) {
        let left_out = shown.len() - marks;
        drawn = drawing(run, finding, by, &shown, marks, context, style).render(theme.clone(), style.width)?;
        if left_out > 0 {
            tail.retain(|line| !line.starts_with(MORE));
            tail.push(format!("{MORE}{}, with `--full`", counted(left_out, "more place")));
        }
        if style.full || lines(&drawn) + usize::from(left_out > 0) <= room {
            break;
        }
    }
    let mut text = format!("{head}\n{drawn}");
    for line in proof(run, finding, style).into_iter().chain(tail) {
        let _ = write!(text, "\n{line}");
    }
    Ok(Some(text))
}

/// A finding that fails nothing, without its code; `None` for one in no file, which no stage makes.
pub fn noted(run: &Run<'_>, finding: &Finding, style: &Style) -> Option<String> {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut text = head(finding, None, run.locate(finding.place)?, style, &theme);
    let message = clipped(escape::line(&finding.message), style);
    for line in wrapped(&message, "  ", "  ", style.width).into_iter().chain(lowered(finding, style)) {
        let _ = write!(text, "\n{line}");
    }
    Some(text)
}

const MORE: &str = "  and ";

/// How many marks with how many lines around them, from much to little: the lines go before the marks.
fn attempts(marks: usize, full: bool) -> Vec<(usize, u32)> {
    if full {
        return vec![(marks, 2)];
    }
    let fewer = (1..=marks).rev().map(|marks| (marks, 0));
    std::iter::once((marks, 1)).chain(fewer).collect()
}

fn lines(text: &str) -> usize {
    text.lines().count()
}

/// The act, then what it depends on. The calls between are told as the way to the act.
fn shown(finding: &Finding) -> Vec<Shown<'_>> {
    let act = Shown { place: finding.place, label: &finding.label, is_act: true };
    let mut related: Vec<_> = finding.related.iter().filter(|related| related.role != Role::Call).collect();
    related.sort_by_key(|related| related.role);
    let related =
        related.into_iter().map(|related| Shown { place: related.place, label: &related.message, is_act: false });
    std::iter::once(act).chain(related).collect()
}

/// `error[check-then-push] models/a.js:5:9`
fn head(finding: &Finding, by: Option<&Acceptance>, act: Spot<'_>, style: &Style, theme: &GraphicalTheme) -> String {
    let level = match (by, finding.level) {
        (Some(_), _) => theme.styles.advice.style("suppressed"),
        (None, Level::Error) => theme.styles.error.style("error"),
        (None, Level::Warning) => theme.styles.warning.style("warning"),
        (None, Level::Info) => theme.styles.advice.style("info"),
    };
    let place = position(act);
    let plain = if by.is_some() { "suppressed" } else { finding.level.name() };
    let proven = if finding.proof.is_proven() { PROVEN } else { "" };
    let taken = width(plain) + finding.rule.len() + 3 + width(&place) + proven.len();
    let separator = if taken > style.width { "\n  " } else { " " };
    let place = linked(&theme.styles.link.style(&place).to_string(), act, style);
    format!("{level}[{}]{separator}{place}{proven}", finding.rule)
}

/// The witness, or why there is none.
fn proof(run: &Run<'_>, finding: &Finding, style: &Style) -> Vec<String> {
    match &finding.proof {
        Proof::NotJudged => Vec::new(),
        Proof::Proven(packed) => {
            let weighty = witness::weighty(finding);
            let layout = Layout { columns: style.width, full: style.full, weighty: &weighty, rest: "`--full`" };
            packed.open().map(|witness| witness::lines(run, &witness, layout)).unwrap_or_default()
        }
        Proof::Unproven(reason) => {
            let text = clipped(format!("note: not proven: {}", escape::line(reason)), style);
            wrapped(&text, "  ", "        ", style.width)
        }
    }
}

/// Why the level is below that of the rule.
fn lowered(finding: &Finding, style: &Style) -> Vec<String> {
    let notes = level_note(finding).into_iter();
    notes.flat_map(|why| wrapped(&format!("note: {why}"), "  ", "        ", style.width)).collect()
}

/// `models/a.js:5:9`, which terminals and editors know how to open.
fn position(spot: Spot<'_>) -> String {
    format!("{}:{}:{}", escape::line(&spot.file.path), spot.start.line, spot.start.column)
}

/// The text as a link to its file, where the terminal knows links (OSC 8).
fn linked(text: &str, spot: Spot<'_>, style: &Style) -> String {
    let url = style.links.as_ref().and_then(|root| Url::from_file_path(root.join(&spot.file.path)).ok());
    match url {
        Some(url) => format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\"),
        None => text.to_owned(),
    }
}

fn drawing(
    run: &Run<'_>,
    finding: &Finding,
    by: Option<&Acceptance>,
    shown: &[Shown<'_>],
    marks: usize,
    context: u32,
    style: &Style,
) -> Drawing {
    let shown = shown.get(..marks).unwrap_or(shown);
    let labels: Vec<(String, bool)> =
        shown.iter().map(|shown| (keep_start(&escape::line(shown.label), 3 * LABEL), shown.is_act)).collect();
    // What was read first comes first: the files of the checks, the file of the act last.
    let mut files: Vec<FileId> = Vec::new();
    for shown in shown.iter().skip(1).chain(shown.first()) {
        if shown.place.file != finding.place.file && !files.contains(&shown.place.file) {
            files.push(shown.place.file);
        }
    }
    files.push(finding.place.file);
    let parts = files.into_iter().flat_map(|file| parts(run, file, shown, &labels, context, style)).collect();
    let severity = match (by, finding.level) {
        (Some(_), _) | (None, Level::Info) => Severity::Advice,
        (None, Level::Error) => Severity::Error,
        (None, Level::Warning) => Severity::Warning,
    };
    let message = match by {
        Some(by) => format!("{}: {}", reason(by), escape::line(&finding.message)),
        None => escape::line(&finding.message),
    };
    Drawing { severity, message: clipped(message, style), parts, labels }
}

fn reason(by: &Acceptance) -> String {
    match by {
        Acceptance::Directive { reason } => format!("({})", escape::line(reason)),
        Acceptance::Baseline => "by the baseline".to_owned(),
    }
}

/// A text of at most [`MAX_TEXT`] lines, unless everything is wanted.
fn clipped(text: String, style: &Style) -> String {
    if style.full { text } else { keep_start(&text, (MAX_TEXT - 1) * (style.width - 10)) }
}

/// The excerpts of one file.
fn parts(
    run: &Run<'_>,
    file: FileId,
    shown: &[Shown<'_>],
    labels: &[(String, bool)],
    context: u32,
    style: &Style,
) -> Vec<Part> {
    let Some(source) = run.sources.get(file) else { return Vec::new() };
    let here: Vec<usize> = (0..shown.len()).filter(|at| shown.get(*at).is_some_and(|s| s.place.file == file)).collect();
    let targets: Vec<Target> = here
        .iter()
        .filter_map(|at| {
            let label = labels.get(*at).map_or(0, |(label, _)| width(label).min(LABEL));
            Some(Target { place: shown.get(*at)?.place, label })
        })
        .collect();
    // Beside the code stand the number of the line and the bar.
    let digits = source.last_line().to_string().len();
    let view = View { columns: style.width.saturating_sub(digits + 4), context };
    let name = escape::line(&source.path);
    let mut parts: Vec<Part> =
        excerpts(source, &targets, view).into_iter().map(|excerpt| Part { name: name.clone(), excerpt }).collect();
    for mark in parts.iter_mut().flat_map(|part| &mut part.excerpt.marks) {
        mark.target = here.get(mark.target).copied().unwrap_or(usize::MAX);
    }
    parts
}

/// `via route POST /chat -> save -> append`: how the act is reached, on one line.
fn way(run: &Run<'_>, finding: &Finding, style: &Style) -> Vec<String> {
    let Some(way) = run.analysis.ways.get(&(finding.place, finding.rule)) else { return Vec::new() };
    let names: Vec<String> = way
        .chain
        .iter()
        .map(|step| match step.entry {
            Some(entry) => format!("{entry} {}", escape::line(&step.function)),
            None => escape::line(&step.function),
        })
        .collect();
    let others = if way.others > 0 { format!(" (one of {} entries)", way.others + 1) } else { String::new() };
    let word = if names.len() == 1 && way.chain.iter().all(|step| step.entry.is_none()) { "in" } else { "via" };
    let text = format!("{word} {}{others}", names.join(" -> "));
    if names.is_empty() {
        return Vec::new();
    }
    if style.full {
        let mut lines = wrapped(&text, "  ", "      ", style.width);
        lines.extend(calls(run, finding));
        return lines;
    }
    let room = style.width - 2;
    vec![format!("  {}", if width(&text) <= room { text } else { shortened(word, &names, &others, room) })]
}

/// The first function and the last ones, as many as fit.
fn shortened(word: &str, names: &[String], others: &str, room: usize) -> String {
    let (first, rest) = names.split_first().map_or(("", names), |(first, rest)| (first.as_str(), rest));
    let mut texts = (1..rest.len()).map(|left_out| {
        let kept = rest.get(left_out..).unwrap_or_default().join(" -> ");
        format!("{word} {first} -> … -> {kept}{others}")
    });
    if let Some(text) = texts.find(|text| width(text) <= room) {
        return text;
    }
    // Of the function of the act, what fits.
    let gap = if rest.len() > 1 { "… -> " } else { "" };
    let start = format!("{word} {first} -> {gap}");
    let left = room.saturating_sub(width(&start) + width(others)).max(LABEL / 4);
    let last = rest.last().map_or(String::new(), |last| keep_start(last, left));
    keep_start(&format!("{start}{last}{others}"), room)
}

/// The calls that lead to the act, each with its place.
fn calls(run: &Run<'_>, finding: &Finding) -> Vec<String> {
    let calls = finding.related.iter().filter(|related| related.role == Role::Call);
    calls.filter_map(|call| Some(format!("      {} {}", position(run.locate(call.place)?), call.message))).collect()
}

/// The call to make; a help that stands above already is only named.
fn help(finding: &Finding, act: Spot<'_>, style: &Style, theme: &GraphicalTheme, told: &mut Told) -> Vec<String> {
    if finding.help.is_empty() {
        return Vec::new();
    }
    let mut text = clipped(escape::block(&finding.help), style);
    if !style.full {
        match told.0.get(&(finding.rule, finding.help.clone())) {
            Some(first) => text = format!("as for {first} above"),
            None => drop(told.0.insert((finding.rule, finding.help.clone()), position(act))),
        }
    }
    let head = format!("  {}", theme.styles.help.style(HELP));
    wrapped(&text, &head, "        ", style.width)
}
