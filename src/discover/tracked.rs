//! Which files git tracks, though a `.gitignore` names them.
//!
//! Source: gitignore(5): a file that is already tracked is not affected.
//! Input: a root. Output: yes or no. Must not know: what is ignored.

use super::source_name::is_source;
use crate::git;
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};

/// The sources and manifests in the index of the repository around a root, and the folders that hold them.
#[derive(Default)]
pub struct Tracked(FxHashSet<PathBuf>);

impl Tracked {
    /// Nothing where there is no repository, or its index cannot be read.
    pub fn of(root: &Path) -> Self {
        let mut tracked = Self::default();
        let wanted = git::tracked(root).into_iter().map(|path| root.join(path));
        for path in wanted.filter(|path| is_source(path) || path.extension().is_some_and(|end| end == "json")) {
            let mut above = path.ancestors().take_while(|above| *above != root);
            while above.next().is_some_and(|above| tracked.0.insert(above.to_owned())) {}
        }
        tracked
    }

    /// Whether git tracks this file, or a file in this folder.
    pub fn has(&self, path: &Path) -> bool {
        self.0.contains(path)
    }
}
