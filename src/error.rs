//! Operational errors: bad usage, bad configuration, unreadable files. What is wrong with the user's code is a finding.
//!
//! Input: what failed. Output: a title, a place and a remedy for the terminal; the run ends with exit code 2.
//! Must not know: findings, rules, terminals.

use std::io;
use std::path::{Path, PathBuf};

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line asks for something that does not exist.
    #[error("{message}")]
    Usage { message: String, remedy: String },
    /// git is missing, refuses, or does not know what was asked for.
    #[error("{message}")]
    Git { message: String, remedy: String },
    /// The configuration, or the baseline, is not valid; `line` and `column` are 1-based.
    #[error("{message}")]
    Config { path: PathBuf, line: Option<usize>, column: Option<usize>, message: String, remedy: String },
    /// A file or folder that was asked for cannot be read.
    #[error("cannot read this path: {source}")]
    Read { path: PathBuf, source: io::Error },
    /// A report cannot be written.
    #[error("cannot write the report: {source}")]
    Write { path: PathBuf, source: io::Error },
    /// A fixed file cannot be written.
    #[error("cannot write the fix: {source}")]
    Fix { path: PathBuf, source: io::Error },
    /// A file is no longer what the fix was made for.
    #[error("this file changed while it was being checked, so it was left alone")]
    Changed { path: PathBuf },
    /// What is about to be removed cannot be kept.
    #[error("cannot write the backup: {source}")]
    Backup { path: PathBuf, source: io::Error },
    /// The database refuses, or cannot be reached.
    #[error("{message}")]
    Database { message: String, remedy: String },
    /// The analysis itself failed, and nothing was checked.
    #[error("pushguard failed on the project as a whole, so nothing was checked: {message}")]
    Failed { message: String },
    /// The terminal, pipe or file behind standard output refuses the report.
    #[error("cannot write to standard output: {source}")]
    Output { source: io::Error },
}

impl Error {
    /// The file or folder that the error is about.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Error::Config { path, .. }
            | Error::Read { path, .. }
            | Error::Write { path, .. }
            | Error::Fix { path, .. }
            | Error::Backup { path, .. }
            | Error::Changed { path } => Some(path),
            Error::Usage { .. }
            | Error::Git { .. }
            | Error::Database { .. }
            | Error::Failed { .. }
            | Error::Output { .. } => None,
        }
    }

    /// The 1-based line in [`Error::path`].
    pub fn line(&self) -> Option<usize> {
        match self {
            Error::Config { line, .. } => *line,
            _ => None,
        }
    }

    /// The 1-based column in [`Error::line`], in UTF-16 code units.
    pub fn column(&self) -> Option<usize> {
        match self {
            Error::Config { column, .. } => *column,
            _ => None,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        match self {
            Error::Usage { remedy, .. }
            | Error::Git { remedy, .. }
            | Error::Database { remedy, .. }
            | Error::Config { remedy, .. } => remedy,
            Error::Read { .. } => "check that it exists and that you may read it",
            Error::Write { .. } => "check that the folder exists and that you may write there",
            Error::Fix { .. } => "check that you may write the file and its folder",
            Error::Backup { .. } => {
                "make room or name another file with `--backup`; nothing was removed that is not in a backup"
            }
            Error::Changed { .. } => "run the command again",
            Error::Failed { .. } => "this is a bug of pushguard: report it with the smallest project that shows it",
            Error::Output { .. } => "write the report to a file with `--output FORMAT=PATH`",
        }
    }
}

/// The known name that is most like `name`, when one is like it at all.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let mut best = None;
    for candidate in known {
        let likeness = strsim::jaro_winkler(name, candidate);
        if likeness >= 0.7 && best.is_none_or(|(_, most)| likeness > most) {
            best = Some((candidate, likeness));
        }
    }
    best.map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_nonsense_finds_none() {
        assert_eq!(nearest("excludes", ["paths", "exclude", "rules"]), Some("exclude"));
        assert_eq!(nearest("check-than-push", ["unguarded-push", "check-then-push"]), Some("check-then-push"));
        assert_eq!(nearest("zzz", ["paths", "exclude"]), None);
    }
}
