//! What git knows, asked of the `git` program.
//!
//! Input: folders and revisions. Output: the bytes of the index, and the lines that changed. Must not know: findings,
//! configuration, syntax.

mod changes;
mod index;
mod quote;

pub use changes::Changes;
pub use index::Index;

use crate::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Variables by which a hook tells git about its own repository.
const OF_A_HOOK: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// Variables that would change what the commands here mean.
const SETTINGS: [&str; 5] =
    ["GIT_DIFF_OPTS", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"];

/// The repository of a root.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Where git is started. A hook's `GIT_DIR` and `GIT_INDEX_FILE` are relative to the folder in which the hook runs.
    folder: PathBuf,
    /// Whether the variables of a hook speak of another repository.
    is_foreign: bool,
    /// Path of the root below the top of the work tree, `/`-separated, with a slash at its end unless it is empty.
    prefix: String,
}

impl Repository {
    /// `here` and `root` are absolute and resolved.
    pub fn find(here: &Path, root: &Path) -> Result<Self, Error> {
        let own_top = root.ancestors().find(|folder| folder.join(".git").exists());
        let at = |folder: &Path, is_foreign| {
            let repository = Self { folder: folder.to_owned(), is_foreign, prefix: String::new() };
            repository.with_prefix(root)
        };
        match at(here, false) {
            Ok((top, repository)) if own_top.is_none_or(|own| own == top) => Ok(repository),
            _ => at(root, true).map(|(_, repository)| repository),
        }
    }

    fn with_prefix(mut self, root: &Path) -> Result<(PathBuf, Self), Error> {
        let top = self.text(&["rev-parse", "--show-toplevel"])?;
        let outside = || Error::Git {
            message: "the project is not inside a git work tree".to_owned(),
            remedy: "run it in a clone of the repository, or without `--staged` and `--since`".to_owned(),
        };
        let top = fs::canonicalize(top.trim_end_matches(['\r', '\n'])).map_err(|_| outside())?;
        let below = root.strip_prefix(&top).map_err(|_| outside())?;
        self.prefix = below.components().map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect();
        Ok((top, self))
    }

    /// The path relative to the root of one that is relative to the top of the work tree; `None` outside the root.
    fn relative<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&self.prefix)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.folder).args(args).stdin(Stdio::null());
        // Reading must not refresh the index under the feet of a commit.
        command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
        let hook: &[&str] = if self.is_foreign { &OF_A_HOOK } else { &[] };
        for name in SETTINGS.iter().chain(hook) {
            command.env_remove(name);
        }
        command
    }

    fn output(&self, args: &[&str]) -> Result<Output, Error> {
        self.command(args).output().map_err(|source| Error::Git {
            message: format!("git cannot be started: {source}"),
            remedy: "install git, or run without `--staged` and `--since`".to_owned(),
        })
    }

    /// What git prints; an error when it fails.
    fn bytes(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        let output = self.output(args)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
        let command = args.first().copied().unwrap_or_default();
        Err(Error::Git {
            message: format!("`git {command}` failed: {said}"),
            remedy: "run it in a clone of the repository, or without `--staged` and `--since`".to_owned(),
        })
    }

    fn text(&self, args: &[&str]) -> Result<String, Error> {
        self.bytes(args).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}
