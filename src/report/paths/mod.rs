//! The write paths: a list as JSON here, and for people; a graph for documents.
//!
//! Input: the write paths of a run. Output: text. Must not know: the command line.

mod dot;
pub(super) mod graph;
mod human;
mod mermaid;

pub use human::paths_human;

use super::json::{Range, range};
use super::{Run, Spot};
use crate::diagnostic::WritePath;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Log<'a> {
    version: u8,
    paths: Vec<JsonPath<'a>>,
    files: usize,
}

#[derive(Serialize)]
struct JsonPath<'a> {
    #[serde(flatten)]
    range: Range<'a>,
    function: &'a str,
    collection: Option<&'a str>,
    array: &'a str,
    tracked: bool,
    operator: &'a str,
    kinds: &'a [String],
    guard: Option<&'a str>,
    key: &'a [String],
    verdict: &'a str,
    #[serde(rename = "resultRead")]
    result_read: Option<bool>,
    lock: Option<&'a str>,
    callers: Vec<JsonCaller<'a>>,
}

#[derive(Serialize)]
struct JsonCaller<'a> {
    function: &'a str,
    path: &'a str,
    line: u32,
    column: u32,
    entry: Option<&'a str>,
}

/// One JSON object on one line.
pub fn paths_json(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let paths = run.analysis.paths.iter().filter_map(|path| json_path(run, path)).collect();
    serde_json::to_writer(&mut *out, &Log { version: 1, paths, files: run.files() })?;
    writeln!(out)
}

/// A Mermaid flowchart.
pub fn paths_mermaid(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(mermaid::mermaid(&graph::graph(run, &run.analysis.paths)).as_bytes())
}

/// A graph for Graphviz.
pub fn paths_dot(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(dot::dot(&graph::graph(run, &run.analysis.paths)).as_bytes())
}

fn json_path<'a>(run: &Run<'a>, path: &'a WritePath) -> Option<JsonPath<'a>> {
    let callers = path.callers.iter().filter_map(|caller| {
        let Spot { file, start, .. } = run.locate(caller.place)?;
        let (function, entry) = (caller.function.as_str(), caller.entry);
        Some(JsonCaller { function, path: &file.path, line: start.line, column: start.column, entry })
    });
    Some(JsonPath {
        range: range(run.locate(path.place)?),
        function: &path.function,
        collection: path.collection.as_deref(),
        array: &path.array,
        tracked: path.tracked,
        operator: &path.operator,
        kinds: &path.kinds,
        guard: path.guard.as_deref(),
        key: &path.key,
        verdict: &path.verdict,
        result_read: path.result_read,
        lock: path.lock.as_deref(),
        callers: callers.collect(),
    })
}
