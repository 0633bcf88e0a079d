//! `check --fix`, `check --fix-suggested` and `check --diff`.
//!
//! Input: an analysed project. Output: changed files, or a diff of them. Must not know: how a fix was found.

use super::args::CheckArgs;
use super::outcome::{delivered, warn};
use super::project::Project;
use super::settle::settle;
use crate::diagnostic::Applicability;
use crate::disk::Folder;
use crate::error::Error;
use crate::fix::{MAX_ROUNDS, apply};
use crate::report::{counted, escape};
use crate::source::{SourceFile, Sources};
use similar::TextDiff;
use std::io::Write;
use std::path::Path;

/// Fixes what can be fixed, in memory, until nothing changes. The project then holds the new texts and what remains.
/// Gives the texts before and how many findings were fixed.
pub fn fix(project: &mut Project, args: &CheckArgs, stderr: &mut dyn Write) -> Result<(Sources, usize), Error> {
    let least = if args.fix_suggested || args.diff { Applicability::Suggested } else { Applicability::Safe };
    let before = project.sources.clone();
    let mut fixed = 0;
    for _ in 0..MAX_ROUNDS {
        let round = apply(&project.sources, &project.analysis.findings, least);
        if round.applied == 0 {
            for place in &round.refused {
                let Some(file) = project.sources.get(place.file) else { continue };
                let (path, line) = (&file.path, file.position(place.start).line);
                warn(&format!("{path}:{line}: the fix would leave a file that does not parse"), stderr);
            }
            return Ok((before, fixed));
        }
        fixed += round.applied;
        project.take(round.sources)?;
        // What the baseline says of the run was told before the first round.
        settle(project, args, &mut std::io::sink())?;
    }
    warn(&format!("stopped after {MAX_ROUNDS} rounds of fixes; there may be more"), stderr);
    Ok((before, fixed))
}

/// Writes the files that changed, each whole or not at all, and says so. Nothing outside the root is written, nor behind a
/// link that came into the root meanwhile.
pub fn write(project: &Project, before: &Sources, fixed: usize, stderr: &mut dyn Write) -> Result<(), Error> {
    let mut files = 0;
    let root = Folder::open(&project.root.folder)
        .map_err(|source| Error::Fix { path: project.root.folder.clone(), source })?;
    for (old, new) in changed(before, &project.sources) {
        let (path, relative) = (project.root.folder.join(&old.path), Path::new(&old.path));
        let failed = |source| Error::Fix { path: path.clone(), source };
        if root.read(relative).map_err(failed)? != old.on_disk().into_bytes() {
            return Err(Error::Changed { path });
        }
        root.replace(relative, new.on_disk().as_bytes()).map_err(failed)?;
        files += 1;
    }
    let _ = writeln!(stderr, "fixed {} in {}", counted(fixed, "finding"), counted(files, "file"));
    Ok(())
}

/// Prints a unified diff of the files that would change, and says so when none would. What a terminal or a log would obey is
/// escaped; a patch with such a line does not apply, which is said.
pub fn show(project: &Project, before: &Sources, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<(), Error> {
    if changed(before, &project.sources).next().is_none() {
        let left = counted(project.analysis.findings.len(), "finding");
        let _ = writeln!(stderr, "nothing to change: {left}, none with a fix that is proven");
    }
    for (old, new) in changed(before, &project.sources) {
        let path = escape::line(&format!("{}{}", project.prefix, old.path));
        let (old, new) = (old.on_disk(), new.on_disk());
        let diff = TextDiff::from_lines(old.as_str(), new.as_str());
        let header = (format!("a/{path}"), format!("b/{path}"));
        let patch = diff.unified_diff().header(&header.0, &header.1).to_string();
        let safe = escape::patch(&patch);
        if safe != patch {
            warn(
                &format!("{path}: the diff shows escapes for characters that print nothing, so it does not apply"),
                stderr,
            );
        }
        delivered(stdout.write_all(safe.as_bytes()))?;
    }
    Ok(())
}

fn changed<'a>(before: &'a Sources, after: &'a Sources) -> impl Iterator<Item = (&'a SourceFile, &'a SourceFile)> {
    let pairs = before.iter().zip(after.iter()).map(|((_, old), (_, new))| (old, new));
    pairs.filter(|(old, new)| old.text != new.text)
}
