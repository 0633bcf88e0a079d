//! Files that a browser runs: what they do to a collection is a change of the copy that one person looks at.
//!
//! Source: Meteor guide, "Special directories": a folder named `client` is not loaded on the server.
//! Input: paths, what the files load. Output: whether a function is of a browser alone. Must not know: rules, formats.

use crate::project::Project;
use crate::source::{FileId, Sources};
use crate::value::FnRef;
use rustc_hash::FxHashSet;

pub(super) struct Browser {
    files: FxHashSet<u32>,
}

impl Browser {
    pub(super) fn new(sources: &Sources, project: &Project) -> Self {
        let packages: Vec<&str> =
            sources.iter().filter_map(|(_, file)| file.path.strip_suffix("package.json")).collect();
        let package_of = |path: &str| {
            let around = packages.iter().filter(|folder| path.starts_with(**folder));
            around.max_by_key(|folder| folder.len()).copied().unwrap_or_default()
        };
        let path_of = |file: u32| sources.get(FileId(file)).map(|file| file.path.as_str());
        let meteor: FxHashSet<&str> = project.runs.meteor().filter_map(path_of).map(package_of).collect();
        let is_client = |path: &str| {
            let package = package_of(path);
            let below = path.strip_prefix(package).unwrap_or(path);
            meteor.contains(package) && below.rsplit('/').skip(1).any(|folder| folder == "client")
        };
        let files = sources.iter().filter(|(_, file)| !meteor.is_empty() && is_client(&file.path));
        Self { files: files.map(|(id, _)| id.0).collect() }
    }

    /// Whether the function in which something was seen stands in a file of a browser.
    pub(super) fn runs(&self, project: &Project, func: FnRef) -> bool {
        self.files.contains(&project.file_of(func))
    }
}
