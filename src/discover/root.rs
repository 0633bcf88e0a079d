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

impl Root {
    /// The folder relative to the root of the repository around it: empty where they are the same or there is none, else
    /// `/`-separated with a `/` at its end.
    pub fn prefix(&self) -> String {
        let repository = self.folder.ancestors().find(|folder| folder.join(".git").exists());
        let below = repository.and_then(|repository| self.folder.strip_prefix(repository).ok());
        let names = below.into_iter().flat_map(Path::components);
        names.map(|name| name.as_os_str().to_string_lossy().into_owned() + "/").collect()
    }

    /// What leads from a folder to the root: empty where the root is the folder or lies above it, else with a `/` at its end;
    /// absolute where the root does not lie below the folder.
    pub fn below(&self, cwd: &Path) -> String {
        match cwd.starts_with(&self.folder) {
            true => String::new(),
            false => self.folder.strip_prefix(cwd).unwrap_or(&self.folder).to_string_lossy().into_owned() + "/",
        }
    }
}

/// `cwd` and `paths` are absolute and resolved.
///
/// The root is the folder of the nearest `pushguard.toml`, upward from `cwd`, else `cwd`. Paths that all lie in another
/// project bring the root of that project: one outside, or one nested inside with a repository or configuration of its
/// own. A folder that is named and lies in no project is its own root. Linking unrelated projects would let an index of
/// one vouch for the collection of another, and reading them may take long.
pub fn find_root(cwd: &Path, paths: &[PathBuf]) -> Root {
    let config = find_upward(cwd);
    let base = config.as_deref().and_then(Path::parent).unwrap_or(cwd).to_owned();
    if paths.is_empty() {
        return Root { folder: base, link_all: true, config };
    }
    let common = common_folder(paths);
    let folder = match common.starts_with(&base) {
        true => {
            let nested = |markers: &[&str]| {
                let mut nested = common.ancestors().take_while(|folder| *folder != base);
                nested.find(|folder| has_any(folder, markers))
            };
            // A package inside a project shares code with its neighbours; under a bare folder it stands alone.
            match base.ancestors().any(is_project) {
                true => nested(&MARKERS[..2]).unwrap_or(&base),
                false => nested(&MARKERS)
                    .or_else(|| nested(&SETTINGS))
                    .or_else(|| paths.iter().any(|path| path.is_dir()).then_some(common.as_path()))
                    .unwrap_or(&base),
            }
        }
        false => common.ancestors().find(|folder| is_project(folder)).unwrap_or(&common),
    };
    let own = find_upward(folder).or(config);
    Root { folder: folder.to_owned(), link_all: !is_crowded(folder), config: own }
}

/// What marks the folder of a project. The first two also mark a project nested in another one.
const MARKERS: [&str; 3] = [FILE_NAME, ".git", "package.json"];

/// What marks the folder of a project that has none of those.
const SETTINGS: [&str; 2] = ["tsconfig.json", "jsconfig.json"];

fn has_any(folder: &Path, names: &[&str]) -> bool {
    names.iter().any(|name| folder.join(name).exists())
}

fn is_project(folder: &Path) -> bool {
    has_any(folder, &MARKERS) && !is_crowded(folder)
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
