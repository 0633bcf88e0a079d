//! Decides which entries of a walk are left out, and why.
//!
//! Input: names, `.gitignore` files, the globs of the configuration. Output: a reason or none. Must not know: file
//! contents.

use crate::error::Error;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Folders that hold no source of the project, wherever they are.
const FOLDERS: &[&str] = &["node_modules", ".git", ".next", "bower_components", "__tests__", "__mocks__"];

/// Folders that hold what was built or brought along, at the root of a package: `src/build` is source like any other.
const PACKAGE_FOLDERS: &[&str] = &["dist", "build", "coverage", "vendor"];

/// Why an entry is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A folder that holds no source, whoever it belongs to.
    Foreign,
    /// A folder at the root of a package whose name says that it was built or brought along.
    Built,
    Test,
    Minified,
    /// By a glob of the configuration.
    Excluded,
    /// By git.
    Ignored,
}

/// The matchers of one root.
pub struct Skip {
    root: PathBuf,
    /// The folders of packages where a list stands for the disk.
    packages: Option<BTreeSet<PathBuf>>,
    excludes: Gitignore,
    /// Whether `.gitignore` files count. They say nothing of a file that git knows.
    reads_ignores: bool,
    /// `.gitignore` by its folder, read when first needed.
    ignored: BTreeMap<PathBuf, Option<Gitignore>>,
}

impl Skip {
    /// `packages` are the folders of packages where a list of paths stands for the disk.
    pub fn new(root: &Path, excludes: &[String], packages: Option<BTreeSet<PathBuf>>) -> Result<Self, Error> {
        let reads_ignores = packages.is_none();
        let mut builder = GitignoreBuilder::new(root);
        for glob in excludes {
            builder.add_line(None, glob).map_err(|error| bad_glob(glob, &error))?;
        }
        let excludes = builder.build().map_err(|error| bad_glob(&excludes.join(", "), &error))?;
        Ok(Self { root: root.to_owned(), packages, excludes, reads_ignores, ignored: BTreeMap::new() })
    }

    /// Why the walk leaves out this file or folder, if it does. The folder above it is known to be walked.
    pub fn reason(&mut self, path: &Path, is_folder: bool) -> Option<Reason> {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if is_folder && FOLDERS.contains(&name.as_ref()) {
            return Some(Reason::Foreign);
        }
        // What git ignores is no part of the project under any other name.
        if self.reads_ignores && self.is_ignored(path, is_folder) {
            return Some(Reason::Ignored);
        }
        if self.excludes.matched(path, is_folder).is_ignore() {
            return Some(Reason::Excluded);
        }
        match is_folder {
            true => self.is_built(path, &name).then_some(Reason::Built),
            false if is_minified(&name) => Some(Reason::Minified),
            false => is_test(&name).then_some(Reason::Test),
        }
    }

    /// Whether a folder lies beside a `package.json`, or in the root, and is called as what builds leave behind is.
    fn is_built(&self, path: &Path, name: &str) -> bool {
        let Some(parent) = path.parent().filter(|_| PACKAGE_FOLDERS.contains(&name)) else { return false };
        parent == self.root
            || match &self.packages {
                Some(packages) => packages.contains(parent),
                None => parent.join("package.json").is_file(),
            }
    }

    /// The nearest `.gitignore` that says anything about the path decides, as in git.
    fn is_ignored(&mut self, path: &Path, is_folder: bool) -> bool {
        for folder in path.ancestors().skip(1) {
            let matcher = self.ignored.entry(folder.to_owned()).or_insert_with(|| read_ignore_file(folder));
            match matcher.as_ref().map(|matcher| matcher.matched(path, is_folder)) {
                Some(ignore::Match::Ignore(_)) => return true,
                Some(ignore::Match::Whitelist(_)) => return false,
                _ => {}
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        false
    }
}

/// A line that git does not understand is passed over, as git does.
fn read_ignore_file(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    file.is_file().then(|| Gitignore::new(file).0)
}

pub fn is_minified(name: &str) -> bool {
    name.ends_with(".min.js") || name.ends_with(".min.mjs") || name.ends_with(".min.cjs")
}

fn is_test(name: &str) -> bool {
    let mut parts = name.split('.').rev().skip(1);
    parts.any(|part| part == "test" || part == "spec")
}

fn bad_glob(glob: &str, error: &ignore::Error) -> Error {
    Error::Usage {
        message: format!("`exclude` has a glob that cannot be read, `{glob}`: {error}"),
        remedy: "write globs as in .gitignore: `legacy/`, `**/*.gen.js`".to_owned(),
    }
}
