//! Walks folders for source files, on the disk or in a list of paths.
//!
//! Input: a folder. Output: sorted absolute paths. Symbolic links are not followed, so a cycle cannot occur and no file is
//! found twice; those to folders of the root are noted, for the modules that are imported through them. Must not know: which files are reported.

use super::is_source;
use super::skip::{Reason, Skip};
use crate::coverage::LeftOut;
use crate::error::Error;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Files that say which folder a package's name stands for.
const MANIFESTS: [&str; 4] = ["package.json", "pnpm-workspace.yaml", "lerna.json", "rush.json"];

/// One run's walks; the matchers are shared between them.
pub struct Walk {
    skip: Skip,
    /// Absolute paths, sorted, that stand for the disk.
    listed: Option<Vec<PathBuf>>,
    pub warnings: Vec<String>,
    /// What the walks for source files passed over.
    left_out: BTreeSet<(PathBuf, Kind)>,
    root: PathBuf,
    /// Links to folders of the root, and where they lead.
    pub links: BTreeMap<PathBuf, PathBuf>,
}

/// What an entry that was left out is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Test,
    Minified,
    Excluded,
    Built,
}

impl Walk {
    pub fn new(root: &Path, excludes: &[String], listed: Option<&[String]>) -> Result<Self, Error> {
        let listed: Option<Vec<PathBuf>> = listed.map(|paths| paths.iter().map(|path| root.join(path)).collect());
        let packages = listed.as_ref().map(|paths| {
            let manifests = paths.iter().filter(|path| path.ends_with("package.json"));
            manifests.filter_map(|path| path.parent()).map(Path::to_owned).collect()
        });
        let skip = Skip::new(root, excludes, packages)?;
        Ok(Self {
            skip,
            listed,
            warnings: Vec::new(),
            left_out: BTreeSet::new(),
            root: root.to_owned(),
            links: BTreeMap::new(),
        })
    }

    /// What was left out of the walks so far. A folder is one entry, whatever it holds.
    pub fn left_out(&self) -> LeftOut {
        let count = |wanted: Kind| self.left_out.iter().filter(|(_, kind)| *kind == wanted).count();
        LeftOut {
            tests: count(Kind::Test),
            minified: count(Kind::Minified),
            excluded: count(Kind::Excluded),
            folders: Vec::new(),
        }
    }

    /// The folders that were left out for their name alone, sorted.
    pub fn built_folders(&self) -> Vec<PathBuf> {
        let built = self.left_out.iter().filter(|(_, kind)| *kind == Kind::Built);
        built.map(|(path, _)| path.clone()).collect()
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

    /// The part of the way from `folder` to a file below it that is left out, and why.
    fn first_left_out(&mut self, folder: &Path, path: &Path) -> Option<(PathBuf, Reason)> {
        let mut below: Vec<&Path> = path.ancestors().take_while(|above| *above != folder).collect();
        below.reverse();
        below.into_iter().find_map(|part| Some((part.to_owned(), self.skip.reason(part, part != path)?)))
    }

    /// Whether a walk of `folder` leaves out `path`, which lies below it.
    pub fn is_left_out(&mut self, folder: &Path, path: &Path, is_folder: bool) -> bool {
        let mut below: Vec<&Path> = path.ancestors().take_while(|above| *above != folder).collect();
        below.reverse();
        below.into_iter().any(|part| self.skip.reason(part, is_folder || part != path).is_some())
    }

    /// All source files under `folder`. The folder itself is walked whatever its name.
    pub fn files(&mut self, folder: &Path) -> Vec<PathBuf> {
        self.matching(folder, true, is_source)
    }

    /// The files under `folder` that tell how module specifiers resolve.
    pub fn manifests(&mut self, folder: &Path) -> Vec<PathBuf> {
        self.matching(folder, false, |path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let config = name.starts_with("tsconfig") || name.starts_with("jsconfig");
            MANIFESTS.contains(&name.as_str()) || (config && name.ends_with(".json"))
        })
    }

    /// Notes what a walk for source files passes over, so that a report can say so.
    fn note(left_out: &mut BTreeSet<(PathBuf, Kind)>, path: &Path, is_folder: bool, reason: Reason) {
        let kind = match reason {
            Reason::Test => Kind::Test,
            Reason::Minified => Kind::Minified,
            Reason::Excluded => Kind::Excluded,
            Reason::Built => Kind::Built,
            Reason::Foreign | Reason::Ignored => return,
        };
        if is_folder || is_source(path) {
            left_out.insert((path.to_owned(), kind));
        }
    }

    fn matching(&mut self, folder: &Path, notes: bool, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        if let Some(listed) = self.listed.take() {
            let mut files = Vec::new();
            for file in listed.iter().filter(|file| file.starts_with(folder) && is_wanted(file)) {
                match self.first_left_out(folder, file) {
                    Some((path, reason)) if notes => Self::note(&mut self.left_out, &path, path != *file, reason),
                    Some(_) => {}
                    None => files.push(file.clone()),
                }
            }
            self.listed = Some(listed);
            return files;
        }
        let (skip, left_out) = (&mut self.skip, &mut self.left_out);
        let entries = WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(|entry| {
            let is_folder = entry.file_type().is_dir();
            let reason = if entry.depth() == 0 { None } else { skip.reason(entry.path(), is_folder) };
            if let Some(reason) = reason.filter(|_| notes) {
                Self::note(left_out, entry.path(), is_folder, reason);
            }
            reason.is_none()
        });
        let mut files = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_wanted(entry.path()) => files.push(entry.into_path()),
                Ok(entry) if entry.path_is_symlink() => {
                    let target = std::fs::canonicalize(entry.path()).ok();
                    if let Some(target) = target.filter(|target| target.starts_with(&self.root) && target.is_dir()) {
                        self.links.insert(entry.into_path(), target);
                    }
                }
                Ok(_) => {}
                Err(error) => self.warnings.push(error.to_string()),
            }
        }
        files
    }
}
