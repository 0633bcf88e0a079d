//! Decides which entries of a walk are left out, and why.
//!
//! Input: names, `.gitignore` files, the globs of the configuration. Output: a reason or none. Must not know: file
//! contents.

use super::test_file::{is_test_file, is_test_folder};
use super::tracked::Tracked;
use crate::disk;
use crate::error::Error;
use crate::limits;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders that hold no source of the project, wherever they are.
const FOLDERS: &[&str] = &["node_modules", ".git", ".next", "bower_components"];

/// Folders that hold what was built or brought along, at the root of a package: `src/build` is source like any other.
const PACKAGE_FOLDERS: &[&str] = &["dist", "build", "coverage", "vendor"];

/// Why a walk leaves something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A folder that holds no source, whoever it belongs to.
    Foreign,
    /// A folder at the root of a package whose name says that it was built or brought along.
    Built,
    Test,
    Minified,
    /// By a `.gitignore`, and not tracked all the same.
    Ignored,
    /// By `exclude` in the configuration.
    Excluded,
}

/// The matchers of one root.
pub struct Skip {
    root: PathBuf,
    excludes: Gitignore,
    /// Whether `.gitignore` files count. They say nothing of a file that git knows.
    reads_ignores: bool,
    /// The files that stand for the disk.
    listed: Option<BTreeSet<PathBuf>>,
    /// What applies in a folder, read when first needed.
    ignored: FxHashMap<PathBuf, Arc<Link>>,
    /// What git tracks, asked for when first needed.
    tracked: Option<Tracked>,
    /// Folders that are ignored and walked for what git tracks in them.
    opened: FxHashSet<PathBuf>,
}

impl Skip {
    pub fn new(root: &Path, excludes: &[String], listed: Option<&[PathBuf]>) -> Result<Self, Error> {
        let mut builder = GitignoreBuilder::new(root);
        for glob in excludes {
            builder.add_line(None, glob).map_err(|error| bad_glob(glob, &error))?;
        }
        let excludes = builder.build().map_err(|_| too_many_globs())?;
        let listed = listed.map(|files| files.iter().cloned().collect::<BTreeSet<PathBuf>>());
        Ok(Self {
            root: root.to_owned(),
            excludes,
            reads_ignores: listed.is_none(),
            listed,
            ignored: FxHashMap::default(),
            tracked: None,
            opened: FxHashSet::default(),
        })
    }

    /// Why the walk leaves out this file or folder; `None` when it does not. The folder above it is known to be walked.
    pub fn reason(&mut self, path: &Path, is_folder: bool) -> Option<Reason> {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if is_folder && FOLDERS.contains(&name.as_ref()) {
            return Some(Reason::Foreign);
        }
        // What git ignores is no part of the project under any other name.
        if self.reads_ignores && self.is_unknown_to_git(path, is_folder) {
            return Some(Reason::Ignored);
        }
        if self.excludes.matched(path, is_folder).is_ignore() {
            return Some(Reason::Excluded);
        }
        let is_at_top = || path.parent().is_some_and(|parent| self.is_package(parent));
        match is_folder {
            true if is_test_folder(&name, is_at_top) => Some(Reason::Test),
            true => (PACKAGE_FOLDERS.contains(&name.as_ref()) && is_at_top()).then_some(Reason::Built),
            false if is_minified(&name) => Some(Reason::Minified),
            false => is_test_file(&name).then_some(Reason::Test),
        }
    }

    /// Whether a folder is the root, or that of a package in it.
    fn is_package(&self, folder: &Path) -> bool {
        // Meteor has a `package.js`.
        let manifests = ["package.json", "package.js"].map(|name| folder.join(name));
        let is_there = |manifest: &PathBuf| {
            self.listed.as_ref().map_or_else(|| manifest.exists(), |listed| listed.contains(manifest))
        };
        folder == self.root || manifests.iter().any(is_there)
    }

    /// Whether the name of a folder at the root of a package, or a dot before it, says that a tool made what is in it.
    pub fn is_made(&self, folder: &Path) -> bool {
        let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let is_built = || folder.parent().is_some_and(|parent| self.is_package(parent));
        name.starts_with('.') || PACKAGE_FOLDERS.contains(&name.as_ref()) && is_built()
    }

    /// Whether git ignores this file, or all that is in this folder, and tracks none of it.
    fn is_unknown_to_git(&mut self, path: &Path, is_folder: bool) -> bool {
        let is_within = path.parent().is_some_and(|folder| self.opened.contains(folder));
        if !is_within && !self.is_ignored(path, is_folder) {
            return false;
        }
        let root = &self.root;
        if !self.tracked.get_or_insert_with(|| Tracked::of(root)).has(path) {
            return true;
        }
        if is_folder {
            self.opened.insert(path.to_owned());
        }
        false
    }

    /// The nearest `.gitignore` that says anything about the path decides, as in git.
    fn is_ignored(&mut self, path: &Path, is_folder: bool) -> bool {
        let Some(folder) = path.parent() else { return false };
        let mut at = Some(self.chain(folder));
        while let Some(link) = at {
            match link.matcher.matched(path, is_folder) {
                ignore::Match::Ignore(_) => return true,
                ignore::Match::Whitelist(_) => return false,
                ignore::Match::None => at = link.above.clone(),
            }
        }
        false
    }

    /// The `.gitignore` files of a folder and of those above it, up to the top of the repository. A folder without one shares
    /// the chain of the folder above, so that a look-up costs the same at any depth.
    fn chain(&mut self, folder: &Path) -> Arc<Link> {
        let is_open = |folder: &&Path| !self.ignored.contains_key(*folder);
        let open: Vec<&Path> = folder.ancestors().take_while(is_open).collect();
        let known = open.last().copied().unwrap_or(folder).parent().filter(|_| !open.is_empty()).unwrap_or(folder);
        let mut chain = self.ignored.get(known).cloned();
        for folder in open.into_iter().rev() {
            // What stands above the top of a repository says nothing about it.
            let above = chain.take().filter(|_| !folder.join(".git").exists());
            let link = match (read_ignore_file(folder), above) {
                (None, Some(above)) => above,
                (matcher, above) => Arc::new(Link { matcher: matcher.unwrap_or_else(Gitignore::empty), above }),
            };
            self.ignored.insert(folder.to_owned(), Arc::clone(&link));
            chain = Some(link);
        }
        chain.unwrap_or_default()
    }
}

/// One `.gitignore`, and what applies where it says nothing.
struct Link {
    matcher: Gitignore,
    above: Option<Arc<Link>>,
}

impl Default for Link {
    fn default() -> Self {
        Self { matcher: Gitignore::empty(), above: None }
    }
}

/// A line that git does not understand is passed over, and so is a link, as git does.
fn read_ignore_file(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    file.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
    let bytes = disk::read(&file, limits::IGNORE_BYTES).ok()?;
    let mut builder = GitignoreBuilder::new(folder);
    for line in String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

pub fn is_minified(name: &str) -> bool {
    name.ends_with(".min.js") || name.ends_with(".min.mjs") || name.ends_with(".min.cjs")
}

fn bad_glob(glob: &str, error: &ignore::Error) -> Error {
    // An error repeats the glob.
    let shown = |text: &str| text.chars().take(100).collect::<String>();
    Error::Usage {
        message: format!(
            "`exclude` in pushguard.toml has a glob that cannot be read, `{}`: {}",
            shown(glob),
            shown(&error.to_string())
        ),
        remedy: "write globs as in .gitignore: `legacy/`, `**/*.gen.js`".to_owned(),
    }
}

fn too_many_globs() -> Error {
    Error::Usage {
        message: "`exclude` in pushguard.toml has too many globs, or too large ones".to_owned(),
        remedy: "name folders instead of files".to_owned(),
    }
}
