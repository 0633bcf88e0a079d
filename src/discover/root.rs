//! Finds the root: the folder that paths are relative to and whose tree gives context.
//!
//! Input: the working directory and resolved arguments. Output: a [`Root`]. Must not know: file contents.

use crate::config::load::{FILE_NAME, find_upward};
use std::path::{Path, PathBuf};

/// The root of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub folder: PathBuf,
    /// Whether the whole tree is linked. Not for a folder that collects unrelated things, such as `/` or the home folder,
    /// and that only became the root because an argument happens to lie in it.
    pub link_all: bool,
    /// The configuration file that applies when none is named.
    pub config: Option<PathBuf>,
}

/// `cwd` and `paths` are absolute and resolved.
pub fn find_root(cwd: &Path, paths: &[PathBuf]) -> Root {
    let config = find_upward(cwd);
    let base = config.as_deref().and_then(Path::parent).unwrap_or(cwd);
    if paths.iter().all(|path| path.starts_with(base)) {
        return Root { folder: base.to_owned(), link_all: true, config };
    }
    let common = common_folder(paths);
    let marked = common.ancestors().find(|folder| is_project(folder) && !is_crowded(folder));
    let folder = marked.unwrap_or(&common).to_owned();
    Root { link_all: !is_crowded(&folder), config: find_upward(&folder).or(config), folder }
}

fn is_project(folder: &Path) -> bool {
    [".git", FILE_NAME, "package.json"].iter().any(|name| folder.join(name).exists())
}

fn is_crowded(folder: &Path) -> bool {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    folder.parent().is_none() || home.as_deref() == Some(folder) || folder == std::env::temp_dir()
}

/// The deepest folder that holds all paths.
fn common_folder(paths: &[PathBuf]) -> PathBuf {
    let folder_of = |path: &Path| match path.is_dir() {
        true => path.to_owned(),
        false => path.parent().unwrap_or(path).to_owned(),
    };
    let mut folders = paths.iter().map(|path| folder_of(path));
    let mut common = folders.next().unwrap_or_default();
    for folder in folders {
        while !folder.starts_with(&common) && common.pop() {}
    }
    common
}
