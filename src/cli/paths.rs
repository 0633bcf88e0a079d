//! `pushguard paths`.
//!
//! Input: arguments. Output: the write paths. Must not know: findings.

use super::args::{PathsArgs, PathsFormat, ViewArgs};
use super::outcome::{CLEAN, delivered};
use super::{project, terminal, unknown_names};
use crate::diagnostic::WritePath;
use crate::error::Error;
use crate::report::{Run, paths_dot, paths_human, paths_json, paths_mermaid};
use std::io::Write;

pub fn run(args: &PathsArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let mut project = project::open(&args.project, &ViewArgs::default(), stderr)?;
    unknown_names::warn_of(&project, stderr);
    let sources = &project.sources;
    let is_asked = |path: &WritePath| sources.is_reported(path.place.file) && (path.tracked || !args.tracked);
    project.analysis.paths.retain(is_asked);
    let run =
        Run { sources, analysis: &project.analysis, prefix: &project.prefix, below: &project.below, exit_code: CLEAN };
    delivered(match args.format {
        PathsFormat::Human => paths_human(&run, terminal::width(), stdout),
        PathsFormat::Json => paths_json(&run, stdout),
        PathsFormat::Mermaid => paths_mermaid(&run, stdout),
        PathsFormat::Dot => paths_dot(&run, stdout),
    })?;
    Ok(CLEAN)
}
