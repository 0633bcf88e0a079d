//! The list of write paths, as a table and as JSON.
//!
//! Input: the write paths of a run. Output: text. Must not know: the command line.

use super::json::{Range, range};
use super::{Run, Spot, counted, escape};
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

/// A table with one row for each write path, its callers below it, and a last line with the count.
pub fn paths_human(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let header =
        ["WHERE", "FUNCTION", "ARRAY", "WRITE", "KIND", "GUARD", "LOCK", "RESULT", "VERDICT"].map(str::to_owned);
    let rows: Vec<([String; 9], &WritePath)> =
        run.analysis.paths.iter().filter_map(|path| Some((row(run, path)?, path))).collect();
    let mut widths = header.each_ref().map(|cell| cell.chars().count());
    for (cells, _) in &rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    if !rows.is_empty() {
        writeln!(out, "{}", aligned(&header, &widths))?;
    }
    for (cells, path) in &rows {
        writeln!(out, "{}", aligned(cells, &widths))?;
        for caller in &path.callers {
            let Some(spot) = run.locate(caller.place) else { continue };
            let (file, line, function) =
                (escape::line(&spot.file.path), spot.start.line, escape::line(&caller.function));
            match caller.entry {
                Some(entry) => writeln!(out, "    started by {entry} {function} at {file}:{line}")?,
                None => writeln!(out, "    called by {function} at {file}:{line}")?,
            }
        }
    }
    writeln!(out, "{} in {}", counted(rows.len(), "write path"), counted(run.files(), "file"))
}

fn row(run: &Run<'_>, path: &WritePath) -> Option<[String; 9]> {
    let spot = run.locate(path.place)?;
    let collection = path.collection.as_deref().unwrap_or("*");
    let cells = [
        format!("{}:{}", spot.file.path, spot.start.line),
        path.function.clone(),
        format!("{collection}.{}", path.array),
        path.operator.clone(),
        if path.kinds.is_empty() { "-".to_owned() } else { path.kinds.join(", ") },
        path.guard.clone().unwrap_or_else(|| "-".to_owned()),
        path.lock.clone().unwrap_or_else(|| "-".to_owned()),
        path.result_read.map_or("-", |read| if read { "read" } else { "dropped" }).to_owned(),
        path.verdict.clone(),
    ];
    Some(cells.map(|cell| escape::line(&cell)))
}

fn aligned(cells: &[String; 9], widths: &[usize; 9]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    padded.join("  ").trim_end().to_owned()
}
