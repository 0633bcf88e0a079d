//! Walks folders for source files.
//!
//! Input: a folder. Output: sorted absolute paths. Symbolic links are not followed, so a cycle cannot occur and no file is
//! found twice. Must not know: which files are reported.

use super::is_source;
use super::skip::Skip;
use crate::error::Error;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// One run's walks; the matchers are shared between them.
pub struct Walk {
    skip: Skip,
    pub warnings: Vec<String>,
}

impl Walk {
    pub fn new(root: &Path, excludes: &[String]) -> Result<Self, Error> {
        Ok(Self { skip: Skip::new(root, excludes)?, warnings: Vec::new() })
    }

    /// All source files under `folder`. The folder itself is walked whatever its name.
    pub fn files(&mut self, folder: &Path) -> Vec<PathBuf> {
        self.matching(folder, is_source)
    }

    /// The files under `folder` that tell how module specifiers resolve.
    pub fn manifests(&mut self, folder: &Path) -> Vec<PathBuf> {
        self.matching(folder, |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let config = name.starts_with("tsconfig") || name.starts_with("jsconfig");
            name == "package.json" || (config && name.ends_with(".json"))
        })
    }

    /// Whether a walk of `folder` would come to `path`, if the file existed.
    pub fn would_reach(&mut self, folder: &Path, path: &Path) -> bool {
        let Ok(relative) = path.strip_prefix(folder) else { return false };
        let mut at = folder.to_owned();
        let mut parts = relative.components().peekable();
        while let Some(part) = parts.next() {
            at.push(part);
            if self.skip.is_skipped(&at, parts.peek().is_some()) {
                return false;
            }
        }
        true
    }

    fn matching(&mut self, folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let skip = &mut self.skip;
        let entries = WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !skip.is_skipped(entry.path(), entry.file_type().is_dir()));
        let mut files = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_wanted(entry.path()) => files.push(entry.into_path()),
                Ok(_) => {}
                Err(error) => self.warnings.push(error.to_string()),
            }
        }
        files
    }
}
