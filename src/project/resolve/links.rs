//! Symbolic links to folders of the project.
//!
//! Input: the links of a walk. Output: the path behind a path. Must not know: what is there.

use super::below::ROOT;
use crate::source::Sources;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};

/// Folders by the links that lead to them.
#[derive(Default)]
pub struct Links(FxHashMap<PathBuf, PathBuf>);

impl Links {
    pub fn new(sources: &Sources) -> Self {
        let below = |path: &String| Path::new(ROOT).join(path);
        Self(sources.links().iter().map(|(link, folder)| (below(link), below(folder))).collect())
    }

    /// The links themselves.
    pub fn iter(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// Where a path leads whose nearest link is one of these.
    pub fn behind(&self, path: &Path) -> Option<PathBuf> {
        if self.0.is_empty() {
            return None;
        }
        path.ancestors().find_map(|link| Some(self.0.get(link)?.join(path.strip_prefix(link).ok()?)))
    }

    /// Whether a `node_modules` above a file has a link of this name.
    pub fn installs(&self, file: &Path, package: &str) -> bool {
        let mut folders = file.ancestors().skip(1);
        !self.0.is_empty() && folders.any(|folder| self.0.contains_key(&folder.join("node_modules").join(package)))
    }
}
