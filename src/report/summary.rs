//! The summary of a run: what was looked at, what was found, what was not followed.
//!
//! Input: a run. Output: lines for people, and the same as an object for programs. Must not know: terminals, colours.

use super::{Run, counted, escape};
use crate::coverage::{Coverage, Cut, LeftOut, Unknown, Unresolved};
use crate::diagnostic::{Acceptance, Level};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// Names that a line for people gives of each thing that was not followed.
const FIRST: usize = 3;
/// Entries that an object gives of each list; the number beside it counts all.
const MOST: usize = 50;

/// The summary for programs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary<'a> {
    files: usize,
    functions: usize,
    database_calls: usize,
    writes: usize,
    collections: usize,
    tracked_arrays: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
    baselined: usize,
    resolved_imports: usize,
    not_followed: NotFollowed<'a>,
    left_out: Left<'a>,
    /// Why nothing may have been looked at.
    notes: &'a [String],
    /// The writers of tracked arrays that a change adds; absent where no change is looked at, or it adds none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    new_writers: Vec<NewWriter<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NewWriter<'a> {
    path: &'a str,
    line: u32,
    function: &'a str,
    collection: Option<&'a str>,
    array: &'a str,
    operator: &'a str,
    verdict: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NotFollowed<'a> {
    imports: List<Import<'a>>,
    collections: List<Place<'a>>,
    functions: List<CutShort<'a>>,
    files: List<&'a str>,
}

/// How many there are, and the first of them.
#[derive(Debug, Serialize, JsonSchema)]
struct List<T> {
    count: usize,
    first: Vec<T>,
}

impl<T> List<T> {
    fn of<'a, S>(all: &'a [S], entry: impl Fn(&'a S) -> T) -> Self {
        Self { count: all.len(), first: all.iter().take(MOST).map(entry).collect() }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Import<'a> {
    path: &'a str,
    specifier: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Place<'a> {
    path: &'a str,
    line: u32,
    function: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CutShort<'a> {
    path: &'a str,
    function: &'a str,
    what: &'a str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Left<'a> {
    tests: usize,
    minified: usize,
    excluded: usize,
    folders: &'a [String],
    /// Folders with more files than are looked into for database calls.
    unsearched: &'a [String],
}

pub(super) fn summary<'a>(run: &Run<'a>) -> Summary<'a> {
    let coverage = &run.analysis.coverage;
    let LeftOut { tests, minified, excluded, folders, unsearched } = &coverage.left_out;
    Summary {
        files: run.files(),
        functions: coverage.functions,
        database_calls: coverage.calls,
        writes: coverage.writes,
        collections: coverage.collections,
        tracked_arrays: coverage.arrays,
        errors: run.count(Level::Error),
        warnings: run.count(Level::Warning),
        infos: run.count(Level::Info),
        suppressed: suppressed(run),
        baselined: run.analysis.accepted.len() - suppressed(run),
        resolved_imports: coverage.resolved,
        not_followed: NotFollowed {
            imports: List::of(&coverage.unresolved, |Unresolved { path, specifier }| Import { path, specifier }),
            collections: List::of(&coverage.unnamed, |Unknown { path, line, function }| Place {
                path,
                line: *line,
                function,
            }),
            functions: List::of(&coverage.cut, |Cut { path, function, what }| CutShort { path, function, what }),
            files: List::of(&coverage.unread, String::as_str),
        },
        left_out: Left { tests: *tests, minified: *minified, excluded: *excluded, folders, unsearched },
        notes: &coverage.warnings,
        new_writers: new_writers(run).collect(),
    }
}

fn new_writers<'a>(run: &Run<'a>) -> impl Iterator<Item = NewWriter<'a>> {
    let analysis = run.analysis;
    let spots = analysis.new_writers.iter().filter_map(|at| analysis.paths.get(*at));
    let run = *run;
    spots.filter_map(move |write| {
        let spot = run.locate(write.place)?;
        Some(NewWriter {
            path: &spot.file.path,
            line: spot.start.line,
            function: &write.function,
            collection: write.collection.as_deref(),
            array: &write.array,
            operator: &write.operator,
            verdict: &write.verdict,
        })
    })
}

/// Findings that a directive accepts.
fn suppressed(run: &Run<'_>) -> usize {
    let by_directive = |by: &Acceptance| matches!(by, Acceptance::Directive { .. });
    run.analysis.accepted.iter().filter(|accepted| by_directive(&accepted.by)).count()
}

/// Writes the lines for people, none wider than `width` columns; the totals come last.
pub fn write_summary(run: &Run<'_>, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let coverage = &run.analysis.coverage;
    // A path is not broken at its hyphens.
    let options = textwrap::Options::new(width)
        .subsequent_indent("  ")
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut tell = |line: &str| writeln!(out, "{}", textwrap::fill(&escape::line(line), &options));
    tell(&looked_at(coverage))?;
    for line in not_followed(coverage).into_iter().chain(left_out(&coverage.left_out)) {
        tell(&line)?;
    }
    tell(&totals(run))
}

pub(super) fn looked_at(coverage: &Coverage) -> String {
    format!(
        "looked at {}: {} ({}) on {}, {}",
        counted(coverage.functions, "function"),
        counted(coverage.calls, "database call"),
        counted(coverage.writes, "write"),
        counted(coverage.collections, "collection"),
        counted(coverage.arrays, "tracked array"),
    )
}

/// One line for each kind of thing that was not followed.
pub(super) fn not_followed(coverage: &Coverage) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tell = |count: usize, what: &str, why: &str, first: Vec<String>| {
        if count > 0 {
            let more = if count > first.len() { ", …" } else { "" };
            lines.push(format!("not followed: {} {why}: {}{more}", counted(count, what), first.join(", ")));
        }
    };
    let cut = coverage.cut.iter().take(FIRST);
    let cut = cut.map(|Cut { path, function, what }| format!("{path} `{function}` ({what})"));
    tell(coverage.cut.len(), "function", "too large to follow", cut.collect());
    let imports = coverage.unresolved.iter().take(FIRST);
    let imports = imports.map(|Unresolved { path, specifier }| format!("{path} `{specifier}`"));
    tell(coverage.unresolved.len(), "import", "of the project's own that no file was found for", imports.collect());
    let calls = coverage.unnamed.iter().take(FIRST);
    let calls = calls.map(|Unknown { path, line, function }| format!("{path}:{line} `{function}`"));
    tell(coverage.unnamed.len(), "database call", "on a collection that is not known by name", calls.collect());
    let files = coverage.unread.iter().take(FIRST).cloned();
    tell(coverage.unread.len(), "file", "not read", files.collect());
    lines
}

/// What the walk passed over, in one line; none where it passed over nothing worth a word.
pub(super) fn left_out(left: &LeftOut) -> Option<String> {
    let counts = [(left.tests, "test file"), (left.minified, "minified file"), (left.excluded, "excluded file")];
    let mut parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(*count, what)).collect();
    for (folders, what) in [(&left.folders, "with database calls"), (&left.unsearched, "too large to look through")] {
        if folders.is_empty() {
            continue;
        }
        let more = if folders.len() > FIRST { ", …" } else { "" };
        let first: Vec<String> = folders.iter().take(FIRST).map(|folder| format!("{folder}/")).collect();
        parts.push(format!("{} {what}: {}{more}", counted(folders.len(), "folder"), first.join(", ")));
    }
    (!parts.is_empty()).then(|| format!("left out: {}", parts.join(", ")))
}

pub(super) fn totals(run: &Run<'_>) -> String {
    let mut counts = vec![counted(run.count(Level::Error), "error"), counted(run.count(Level::Warning), "warning")];
    if run.count(Level::Info) > 0 {
        counts.push(counted(run.count(Level::Info), "info"));
    }
    let suppressed = suppressed(run);
    let baselined = run.analysis.accepted.len() - suppressed;
    for (count, what) in [(suppressed, "suppressed"), (baselined, "in the baseline")] {
        if count > 0 {
            counts.push(format!("{count} {what}"));
        }
    }
    format!("{} in {}", counts.join(", "), counted(run.files(), "file"))
}
