//! A project and one line of it, for the commands that answer questions about a line.
//!
//! Input: `FILE:LINE`. Output: the analysed project and the place of the line. Must not know: what is asked.

use super::args::{LineArgs, MatchArgs, ProjectArgs, ViewArgs};
use super::project::{self, Project};
use crate::diagnostic::Finding;
use crate::discover::resolve;
use crate::error::Error;
use crate::report::Run;
use crate::report::witness::is_at;
use crate::source::FileId;
use std::io::Write;
use std::path::{Path, PathBuf};

pub struct Located {
    pub project: Project,
    pub file: FileId,
    pub line: u32,
}

impl Located {
    /// What a report would show of the project.
    pub fn run(&self) -> Run<'_> {
        let Project { sources, analysis, prefix, below, .. } = &self.project;
        Run { sources, analysis, prefix, below, exit_code: super::CLEAN }
    }

    /// The findings, of a rule or of all, with an end at the line; those that act there first.
    pub fn findings(&self, rule: Option<&str>) -> Vec<&Finding> {
        let run = self.run();
        let analysis = &self.project.analysis;
        let all = analysis.findings.iter().chain(analysis.accepted.iter().map(|accepted| &accepted.finding));
        let mut here: Vec<&Finding> = all
            .filter(|finding| is_at(&run, finding, self.file, self.line))
            .filter(|finding| rule.is_none_or(|rule| rule == finding.rule))
            .collect();
        here.sort_by_key(|finding| {
            let act = run.line_of(finding.place);
            (finding.place.file != self.file || act != Some(self.line), finding.place, finding.rule)
        });
        here
    }
}

/// What is said where no finding is at the line.
pub fn none_at(at: &LineArgs, rule: Option<&str>) -> Error {
    let of_rule = rule.map(|rule| format!(" of `{rule}`")).unwrap_or_default();
    Error::Usage {
        message: format!("no finding{of_rule} has its act or its check at {at}"),
        remedy: format!("`pushguard why {at}` says what is known there"),
    }
}

/// A path as it is, else below the nearest folder above in which there is such a file, up to the top of the project: reports print
/// paths from its root.
fn found(path: PathBuf) -> Result<PathBuf, Error> {
    if path.is_absolute() || path.exists() {
        return Ok(path);
    }
    let here = resolve(Path::new("."), Path::new("."))?;
    let top = |folder: &Path| folder.join(".git").exists();
    for folder in here.ancestors() {
        let below = folder.join(&path);
        if below.is_file() {
            return Ok(below);
        }
        if top(folder) {
            break;
        }
    }
    Ok(path)
}

/// Analyses the project of the file.
pub fn open(args: &LineArgs, stderr: &mut dyn Write) -> Result<Located, Error> {
    let (path, line) = args.line.clone();
    let path = found(path)?;
    let refused = || Error::Usage {
        message: format!("`{}` is no single source file", path.display()),
        remedy: "name one file and one of its lines, such as models/order.js:12".to_owned(),
    };
    if path.is_dir() {
        return Err(refused());
    }
    let matching = MatchArgs { force_exclude: false, no_error_on_unmatched: false };
    let named = ProjectArgs { paths: vec![path.clone()], config: args.config.clone(), matching };
    let mut plan = project::plan(&named, &ViewArgs::default(), stderr)?;
    plan.about = Some(line);
    let project = project::analyse(plan, stderr)?;
    let reported: Vec<_> = project.sources.iter().filter(|(_, file)| file.reported).collect();
    let [(file, source)] = reported.as_slice() else { return Err(refused()) };
    let (file, last) = (*file, source.last_line());
    if line > last {
        return Err(Error::Usage {
            message: format!("`{}` has no line {line}", path.display()),
            remedy: format!("its last line is {last}"),
        });
    }
    Ok(Located { project, file, line })
}
