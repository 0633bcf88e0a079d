//! A project and one line of it, for the commands that answer questions about a line.
//!
//! Input: `FILE:LINE`. Output: the analysed project and the place of the line. Must not know: what is asked.

use super::args::{LineArgs, MatchArgs, ProjectArgs, ViewArgs};
use super::project::{self, Project};
use crate::error::Error;
use crate::report::Run;
use crate::source::FileId;
use std::io::Write;

pub struct Located {
    pub project: Project,
    pub file: FileId,
    pub line: u32,
}

impl Located {
    /// What a report would show of the project.
    pub fn run(&self) -> Run<'_> {
        let Project { sources, analysis, prefix, .. } = &self.project;
        Run { sources, analysis, prefix, exit_code: super::CLEAN }
    }
}

/// Analyses the project of the file.
pub fn open(args: &LineArgs, stderr: &mut dyn Write) -> Result<Located, Error> {
    let (path, line) = args.line.clone();
    let refused = || Error::Usage {
        message: format!("`{}` is no single source file", path.display()),
        remedy: "name one file and one of its lines, such as models/order.js:12".to_owned(),
    };
    if path.is_dir() {
        return Err(refused());
    }
    let matching = MatchArgs { force_exclude: false, no_error_on_unmatched: false };
    let named = ProjectArgs { paths: vec![path.clone()], config: args.config.clone(), matching };
    let project = project::open(&named, &ViewArgs::default(), stderr)?;
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
