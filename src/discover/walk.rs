//! Walks folders for source files, on the disk or in a list of paths.
//!
//! Input: a folder. Output: sorted absolute paths. Symbolic links are not followed, so a cycle cannot occur and no file is
//! found twice. Must not know: which files are reported.

use super::paths::plain;
use super::skip::{Reason, Skip};
use super::source_name::is_source;
use crate::error::Error;
use crate::limits;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Files that say which folder a package's name stands for.
const MANIFESTS: [&str; 4] = ["package.json", "pnpm-workspace.yaml", "lerna.json", "rush.json"];

/// One run's walks; the matchers are shared between them.
pub struct Walk {
    skip: Skip,
    /// Absolute paths, sorted, that stand for the disk.
    listed: Option<Vec<PathBuf>>,
    pub warnings: Vec<String>,
    /// Source files that were passed over, and why; what stands in a folder that git ignores, or that holds no source of
    /// the project, is not looked at.
    pub left_out: BTreeMap<PathBuf, Reason>,
    /// Folders that were left out for their name alone, or that git ignores.
    pub passed_by: BTreeSet<PathBuf>,
    root: PathBuf,
    /// Links to folders of the root, and where they lead.
    pub links: BTreeMap<PathBuf, PathBuf>,
    /// The folders of what is installed that were looked through for links.
    installed: BTreeSet<PathBuf>,
}

/// The folder that packages are installed in.
const INSTALLED: &str = "node_modules";

impl Walk {
    pub fn new(root: &Path, excludes: &[String], listed: Option<&[String]>) -> Result<Self, Error> {
        let listed: Option<Vec<PathBuf>> = listed.map(|paths| paths.iter().map(|path| root.join(path)).collect());
        let skip = Skip::new(root, excludes, listed.as_deref())?;
        Ok(Self {
            skip,
            listed,
            warnings: Vec::new(),
            left_out: BTreeMap::new(),
            passed_by: BTreeSet::new(),
            root: root.to_owned(),
            links: BTreeMap::new(),
            installed: BTreeSet::new(),
        })
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
        below.into_iter().any(|part| self.skip.reason(part, is_folder || part != path).is_some())
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
            MANIFESTS.contains(&name.as_str()) || (config && name.ends_with(".json"))
        })
    }

    fn matching(&mut self, folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if let Some(listed) = self.listed.take() {
            for file in listed.iter().filter(|file| file.starts_with(folder) && is_wanted(file)) {
                let mut below: Vec<&Path> = file.ancestors().take_while(|above| *above != folder).collect();
                below.reverse();
                let mut parts = below.into_iter();
                match parts.find_map(|part| Some((part, self.skip.reason(part, part != file.as_path())?))) {
                    Some((part, Reason::Built)) => drop(self.passed_by.insert(part.to_owned())),
                    Some((_, reason)) => self.leave_out(file, reason),
                    None => files.push(file.clone()),
                }
            }
            self.listed = Some(listed);
            return files;
        }
        let mut entries = WalkDir::new(folder).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.warnings.push(error.to_string());
                    continue;
                }
            };
            let is_folder = entry.file_type().is_dir();
            if is_folder && entry.depth() >= limits::FOLDERS {
                self.warnings.push(format!(
                    "{} folders deep, so nothing in it is read: {}",
                    limits::FOLDERS,
                    entry.path().display()
                ));
                entries.skip_current_dir();
                continue;
            }
            let reason = if entry.depth() == 0 { None } else { self.skip.reason(entry.path(), is_folder) };
            if is_folder && reason.is_some() {
                entries.skip_current_dir();
            }
            match reason {
                Some(Reason::Built) => drop(self.passed_by.insert(entry.into_path())),
                Some(Reason::Ignored) if is_folder && !self.skip.is_made(entry.path()) => {
                    self.passed_by.insert(entry.into_path());
                }
                Some(Reason::Foreign) if entry.file_name() == INSTALLED => self.add_installed(entry.path()),
                Some(reason) if is_folder => self.leave_out_below(entry.path(), reason),
                Some(reason) if entry.file_type().is_file() => self.leave_out(entry.path(), reason),
                None if entry.file_type().is_file() && is_wanted(entry.path()) => files.push(entry.into_path()),
                None if entry.path_is_symlink() => self.add_link(entry.into_path()),
                _ => {}
            }
        }
        files
    }

    fn add_link(&mut self, link: PathBuf) {
        let target = std::fs::canonicalize(&link).ok();
        if let Some(target) = target.filter(|target| target.starts_with(&self.root) && target.is_dir()) {
            self.links.insert(link, target);
        }
    }

    /// Notes which packages that are installed in a folder are links to folders of the project.
    fn add_installed(&mut self, folder: &Path) {
        if !self.installed.insert(folder.to_owned()) {
            return;
        }
        let entries = |folder: &Path| folder.read_dir().into_iter().flatten().flatten();
        let scopes = entries(folder).filter(|entry| entry.file_name().to_string_lossy().starts_with('@'));
        let scoped = scopes.flat_map(|scope| entries(&scope.path()).collect::<Vec<_>>());
        let links: Vec<PathBuf> = entries(folder)
            .chain(scoped)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
            .map(|entry| entry.path())
            .collect();
        for link in links {
            let target = std::fs::read_link(&link).ok();
            let target = target.zip(link.parent()).map(|(target, folder)| plain(&folder.join(target)));
            // Most lead to a store of what is installed.
            if target.is_some_and(|target| target.components().all(|part| part.as_os_str() != INSTALLED)) {
                self.add_link(link);
            }
        }
    }

    fn leave_out(&mut self, file: &Path, reason: Reason) {
        if reason != Reason::Foreign && is_source(file) {
            self.left_out.insert(file.to_owned(), reason);
        }
    }

    /// Notes the source files in a folder that is left out, where they are few and the project's own.
    fn leave_out_below(&mut self, folder: &Path, reason: Reason) {
        if !matches!(reason, Reason::Test | Reason::Excluded) {
            return;
        }
        let skip = &mut self.skip;
        let is_own = |entry: &DirEntry| {
            let is_folder = entry.file_type().is_dir();
            entry.depth() == 0
                || !matches!(skip.reason(entry.path(), is_folder), Some(Reason::Foreign | Reason::Ignored))
        };
        let entries = WalkDir::new(folder).max_depth(limits::FOLDERS).into_iter().filter_entry(is_own).flatten();
        let files: Vec<PathBuf> =
            entries.filter(|entry| entry.file_type().is_file()).map(DirEntry::into_path).collect();
        for file in files {
            self.leave_out(&file, reason);
        }
    }
}
