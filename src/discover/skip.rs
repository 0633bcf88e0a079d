//! Decides which entries of a walk are left out.
//!
//! Input: names, `.gitignore` files, the globs of the configuration. Output: yes or no. Must not know: file contents.

use crate::error::Error;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folders that hold no source of the project.
const FOLDERS: &[&str] = &[
    "node_modules",
    ".git",
    "dist",
    "build",
    "coverage",
    ".next",
    "vendor",
    "bower_components",
    "__tests__",
    "__mocks__",
];

/// The matchers of one root.
pub struct Skip {
    excludes: Gitignore,
    /// Whether `.gitignore` files count. They say nothing of a file that git knows.
    reads_ignores: bool,
    /// `.gitignore` by its folder, read when first needed.
    ignored: BTreeMap<PathBuf, Option<Gitignore>>,
}

impl Skip {
    pub fn new(root: &Path, excludes: &[String], reads_ignores: bool) -> Result<Self, Error> {
        let mut builder = GitignoreBuilder::new(root);
        for glob in excludes {
            builder.add_line(None, glob).map_err(|error| bad_glob(glob, &error))?;
        }
        let excludes = builder.build().map_err(|error| bad_glob(&excludes.join(", "), &error))?;
        Ok(Self { excludes, reads_ignores, ignored: BTreeMap::new() })
    }

    /// Whether the walk leaves out this file or folder. The folder above it is known to be walked.
    pub fn is_skipped(&mut self, path: &Path, is_folder: bool) -> bool {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if is_folder && FOLDERS.contains(&name.as_ref()) || !is_folder && (is_minified(&name) || is_test(&name)) {
            return true;
        }
        self.excludes.matched(path, is_folder).is_ignore() || self.reads_ignores && self.is_ignored(path, is_folder)
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

fn is_minified(name: &str) -> bool {
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
