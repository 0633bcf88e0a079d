//! The list of write paths for people: a table where the terminal has room for it, else a few lines for each.
//!
//! Input: the write paths of a run, and the columns of the terminal. Output: text. Must not know: the command line.

use super::graph::array_name;
use crate::diagnostic::WritePath;
use crate::report::columns::{width, wrapped};
use crate::report::{Run, counted, escape};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The narrowest terminal that gets a table.
const TABLE: usize = 120;
const HEADER: [&str; 9] = ["WHERE", "FUNCTION", "ARRAY", "WRITE", "KIND", "GUARD", "LOCK", "RESULT", "VERDICT"];

/// The cells of a write path.
type Cells = [String; 9];

/// The write paths, and a last line that counts them. Without columns, as in a file, the table is as wide as it gets.
pub fn paths_human(run: &Run<'_>, columns: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<(Cells, &WritePath)> =
        run.analysis.paths.iter().filter_map(|path| Some((cells(run, path)?, path))).collect();
    let widths = widths(&rows);
    let taken = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
    match columns {
        Some(columns) if columns < TABLE || columns < taken => list(run, &rows, columns, out)?,
        _ => table(run, &rows, &widths, columns, out)?,
    }
    let count = format!("{} in {}", counted(rows.len(), "write path"), counted(run.files(), "file"));
    let verdicts = verdicts(&rows);
    let text = if verdicts.is_empty() { count } else { format!("{count}: {verdicts}") };
    let width = columns.unwrap_or(usize::MAX);
    wrapped(&text, "", "  ", width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// "3 unguarded-push, 2 guarded": the most frequent first.
fn verdicts(rows: &[(Cells, &WritePath)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, path) in rows {
        for verdict in path.verdict.split(", ") {
            *counts.entry(verdict).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect::<Vec<_>>().join(", ")
}

fn cells(run: &Run<'_>, path: &WritePath) -> Option<Cells> {
    let spot = run.locate(path.place)?;
    let dash = || "-".to_owned();
    let cells = [
        format!("{}:{}", spot.file.path, spot.start.line),
        path.function.clone(),
        array_name(path),
        path.operator.clone(),
        if path.kinds.is_empty() { dash() } else { path.kinds.join(", ") },
        path.guard.clone().unwrap_or_else(dash),
        path.lock.clone().unwrap_or_else(dash),
        path.result_read.map_or("-", |read| if read { "read" } else { "dropped" }).to_owned(),
        path.verdict.clone(),
    ];
    Some(cells.map(|cell| escape::line(&cell)))
}

fn widths(rows: &[(Cells, &WritePath)]) -> [usize; 9] {
    let mut widths = HEADER.map(width);
    for (cells, _) in rows {
        for (known, cell) in widths.iter_mut().zip(cells) {
            *known = (*known).max(width(cell));
        }
    }
    widths
}

fn table(
    run: &Run<'_>,
    rows: &[(Cells, &WritePath)],
    widths: &[usize; 9],
    columns: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if !rows.is_empty() {
        writeln!(out, "{}", aligned(&HEADER.map(str::to_owned), widths))?;
    }
    for (cells, path) in rows {
        writeln!(out, "{}", aligned(cells, widths))?;
        callers(run, path, columns, out)?;
    }
    Ok(())
}

fn aligned(cells: &Cells, widths: &[usize; 9]) -> String {
    let pad = |(cell, room): (&String, &usize)| format!("{cell}{}", " ".repeat(room.saturating_sub(width(cell))));
    cells.iter().zip(widths).map(pad).collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// The place and the verdict on one line, as tools for lists of places take it, and below it what is known.
fn list(run: &Run<'_>, rows: &[(Cells, &WritePath)], columns: usize, out: &mut dyn Write) -> io::Result<()> {
    for ([place, function, array, operator, kinds, guard, lock, result, verdict], path) in rows {
        let column = run.locate(path.place).map_or(1, |spot| spot.start.column);
        writeln!(out, "{place}:{column}: {verdict}")?;
        let result = if result == "-" { String::new() } else { format!(", result {result}") };
        indented(&format!("{operator} {array} in {function}{result}"), columns, out)?;
        for (name, value) in [("kind", kinds), ("guard", guard), ("lock", lock)] {
            if value != "-" {
                indented(&format!("{name} {value}"), columns, out)?;
            }
        }
        callers(run, path, Some(columns), out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn indented(text: &str, columns: usize, out: &mut dyn Write) -> io::Result<()> {
    wrapped(text, "    ", "      ", columns).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn callers(run: &Run<'_>, path: &WritePath, columns: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    for caller in &path.callers {
        let Some(spot) = run.locate(caller.place) else { continue };
        let (file, line, function) = (escape::line(&spot.file.path), spot.start.line, escape::line(&caller.function));
        let text = match caller.entry {
            Some(entry) => format!("started by {entry} {function} at {file}:{line}"),
            None => format!("called by {function} at {file}:{line}"),
        };
        indented(&text, columns.unwrap_or(usize::MAX), out)?;
    }
    Ok(())
}
