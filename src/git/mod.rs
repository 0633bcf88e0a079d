//! What git knows, asked of the `git` program.
//!
//! Input: folders and revisions. Output: the bytes of the index, and the lines that changed. Must not know: findings,
//! configuration, syntax.

mod bounded;
mod changes;
mod index;
mod quote;
mod tracked;

pub use changes::Changes;
pub use index::Index;
pub use tracked::tracked;

use crate::error::Error;
use crate::limits;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Variables by which a hook tells git about its own repository.
const OF_A_HOOK: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// Variables that would change what the commands here mean.
const SETTINGS: [&str; 6] = [
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

/// A repository is analysed, not trusted: what its configuration would have git run is switched off, by the one scope that
/// a repository cannot override. Commands of its own it can also name for the content of files, under names of its choice;
/// those are asked for, see [`Repository::filters`].
const OFF: [&str; 11] = [
    // Programs that are run on reading the index or the work tree. The empty value is false for every version of git.
    "core.fsmonitor=",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    // Programs that fetch objects which a partial clone lacks.
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.askPass=",
    "credential.helper=",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    // A folder among the files of a project that looks like a repository is none.
    "safe.bareRepository=explicit",
];

/// As [`OFF`]: nothing is fetched, by any transport.
const QUIET: [(&str, &str); 6] = [
    // Reading must not refresh the index under the feet of a commit.
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_PROTOCOL_FROM_USER", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LC_ALL", "C"),
];

/// The repository of a root.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Where git is started. A hook's `GIT_DIR` and `GIT_INDEX_FILE` are relative to the folder in which the hook runs.
    folder: PathBuf,
    /// Whether the variables of a hook speak of another repository.
    is_foreign: bool,
    /// Path of the root below the top of the work tree, `/`-separated, with a slash at its end unless it is empty.
    prefix: String,
    /// Keys of the configuration that name a program through which the content of files goes: `filter.lfs.clean`.
    filters: Vec<OsString>,
}

impl Repository {
    /// `here` and `root` are absolute and resolved.
    pub fn find(here: &Path, root: &Path) -> Result<Self, Error> {
        let own_top = root.ancestors().find(|folder| folder.join(".git").exists());
        let at = |folder: &Path, is_foreign| {
            let (prefix, filters) = (String::new(), Vec::new());
            Self { folder: folder.to_owned(), is_foreign, prefix, filters }.with_prefix(root)
        };
        let (top, mut repository) = match at(here, false) {
            Ok((top, repository)) if own_top.is_none_or(|own| own == top) => (top, repository),
            _ => at(root, true)?,
        };
        if own_top.is_some_and(|own| own != top) {
            return Err(Error::Git {
                message: format!("git takes `{}` for the work tree", top.display()),
                remedy: "see `core.worktree` in the configuration of the repository".to_owned(),
            });
        }
        repository.filters = repository.configured_filters()?;
        Ok(repository)
    }

    fn configured_filters(&self) -> Result<Vec<OsString>, Error> {
        let output = self.output(&[
            "config",
            "-z",
            "--name-only",
            "--get-regexp",
            "^filter\\..*\\.(clean|smudge|process|required)$",
        ])?;
        // 1 says that there are none.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(failed("config", &output));
        }
        let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(of_bytes).collect())
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
        command.current_dir(&self.folder).stdin(Stdio::null()).envs(QUIET);
        command.arg("--no-pager").args(OFF.iter().flat_map(|setting| ["-c", setting])).args(args);
        // Behind what the caller has set in this way: a name may hold what `-c` would split at.
        let before = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
        for (at, name) in (before..).zip(&self.filters) {
            let value = if name.as_encoded_bytes().ends_with(b".required") { "false" } else { "" };
            command.env(format!("GIT_CONFIG_KEY_{at}"), name).env(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        if !self.filters.is_empty() {
            command.env("GIT_CONFIG_COUNT", (before + self.filters.len()).to_string());
        }
        let hook: &[&str] = if self.is_foreign { &OF_A_HOOK } else { &[] };
        for name in SETTINGS.iter().chain(hook) {
            command.env_remove(name);
        }
        command
    }

    fn output(&self, args: &[&str]) -> Result<Output, Error> {
        let output = bounded::output(self.command(args), limits::GIT_TIME).map_err(|source| Error::Git {
            message: format!("git cannot be started: {source}"),
            remedy: "install git, or run without `--staged` and `--since`".to_owned(),
        })?;
        output.ok_or_else(|| Error::Git {
            message: format!(
                "`git {}` did not end within {} seconds",
                args.first().copied().unwrap_or_default(),
                limits::GIT_TIME.as_secs()
            ),
            remedy: "see whether a pipe stands where git looks for a file, such as `.gitattributes`".to_owned(),
        })
    }

    /// What git prints; an error when it fails.
    fn bytes(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        let output = self.output(args)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(args.first().copied().unwrap_or_default(), &output))
    }

    fn text(&self, args: &[&str]) -> Result<String, Error> {
        self.bytes(args).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn failed(command: &str, output: &Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr);
    // Warnings may come first.
    let fatal = said.lines().find_map(|line| line.strip_prefix("fatal: ").or_else(|| line.strip_prefix("error: ")));
    let said = fatal.or(said.lines().next()).unwrap_or_default();
    Error::Git {
        message: format!("`git {command}` failed: {said}"),
        remedy: "run it in a clone of the repository, or without `--staged` and `--since`".to_owned(),
    }
}

/// A name as git has it, whose bytes need not be a text: another name would switch another filter off.
#[cfg(unix)]
fn of_bytes(name: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(name).to_owned()
}

/// Elsewhere git writes what is no text as one.
#[cfg(not(unix))]
fn of_bytes(name: &[u8]) -> OsString {
    String::from_utf8_lossy(name).into_owned().into()
}
