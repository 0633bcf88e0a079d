//! Where the time of a run went, as lines.
//!
//! Input: durations. Output: lines on standard error, so that the report stays valid in every format.
//! Must not know: how they were measured.

use crate::report::escape;
use crate::timings::Timings;
use std::io::Write;
use std::time::Duration;

pub fn write(timings: &Timings, stderr: &mut dyn Write) {
    let stages = timings.stages.iter().map(|(stage, taken)| ((*stage).to_owned(), *taken));
    let files = timings.files.iter().map(|(path, taken)| (path.clone(), *taken));
    let functions = timings.functions.iter().map(|((path, function), taken)| (format!("{path} `{function}`"), *taken));
    write_rows("time by stage", stages, stderr);
    write_rows("slowest files to parse and evaluate", files, stderr);
    write_rows("slowest functions to link and judge", functions, stderr);
}

/// A closed standard error does not change the verdict.
fn write_rows(title: &str, rows: impl Iterator<Item = (String, Duration)>, stderr: &mut dyn Write) {
    let _ = writeln!(stderr, "{title}:");
    for (name, taken) in rows {
        let _ = writeln!(stderr, "{:9.1} ms  {}", taken.as_secs_f64() * 1000.0, escape::line(&name));
    }
}
