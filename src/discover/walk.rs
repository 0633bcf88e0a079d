//! Walks folders for source files, on the disk or in a list of paths.
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
    /// Absolute paths, sorted, that stand for the disk.
    listed: Option<Vec<PathBuf>>,
    pub warnings: Vec<String>,
}

impl Walk {
    pub fn new(root: &Path, excludes: &[String], listed: Option<&[String]>) -> Result<Self, Error> {
        let listed = listed.map(|paths| paths.iter().map(|path| root.join(path)).collect());
        let skip = Skip::new(root, excludes, listed.is_none())?;
        Ok(Self { skip, listed, warnings: Vec::new() })
    }

    /// Whether the disk is walked, not a list.
    pub fn is_disk(&self) -> bool {
        self.listed.is_none()
    }

    /// Whether this is a folder.
    pub fn is_folder(&self, path: &Path) -> bool {
        match &self.listed {
            None => path.is_dir(),
            Some(listed) => listed.iter().any(|file| file.as_path() != path && file.starts_with(path)),
        }
    }

    /// Whether this file can be had. On the disk that is known when it is read.
    pub fn is_listed(&self, path: &Path) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.iter().any(|file| file == path))
    }

    /// Whether a walk of `folder` leaves out `path`, which lies below it.
    pub fn is_left_out(&mut self, folder: &Path, path: &Path, is_folder: bool) -> bool {
        let mut below: Vec<&Path> = path.ancestors().take_while(|above| *above != folder).collect();
        below.reverse();
        below.into_iter().any(|part| self.skip.is_skipped(part, is_folder || part != path))
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

    fn matching(&mut self, folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        if let Some(listed) = self.listed.take() {
            let below = listed.iter().filter(|file| file.starts_with(folder) && is_wanted(file));
            let files = below.filter(|file| !self.is_left_out(folder, file, false)).cloned().collect();
            self.listed = Some(listed);
            return files;
        }
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
