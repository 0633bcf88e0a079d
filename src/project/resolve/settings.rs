//! What `tsconfig.json` and `jsconfig.json` say about modules, each folder's settings in one piece.
//!
//! Sources: TypeScript's reference of `extends`, `references`, `paths`, `baseUrl` and `rootDirs`.
//! Input: the configurations among the sources. Output: for each folder with one, a configuration that needs no other
//! file. What cannot be read is left out and the rest stands: an `extends` of a package that is not installed, a reference
//! that leads nowhere, a file with a syntax error. Unlike in TypeScript, settings of a folder above hold where those of a
//! folder say nothing. Must not know: specifiers, packages.

use super::below::{ROOT, is_script};
use super::extended::{By, Reader};
use super::links::Links;
use super::modules::Modules;
use super::packages::Packages;
use super::sveltekit;
use crate::facts::FileFacts;
use crate::source::Sources;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Settings by folder.
pub struct Settings {
    folders: BTreeMap<PathBuf, Modules>,
    /// The files that were read for them.
    files: BTreeSet<PathBuf>,
    /// What they name and what is not among the sources: of each list the first that is there is meant.
    missing: Vec<Vec<PathBuf>>,
    troubles: Vec<String>,
}

impl Settings {
    pub fn new(sources: &Sources, facts: &[FileFacts], packages: &Packages) -> Self {
        let mut texts = BTreeMap::new();
        for (_, file) in sources.iter().filter(|(_, file)| !is_script(&file.path)) {
            texts.insert(Path::new(ROOT).join(&file.path), Arc::clone(&file.text));
        }
        let mut by_folder: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for path in texts.keys().filter(|path| is_config(path)) {
            if let Some(folder) = path.parent() {
                by_folder.entry(folder.to_owned()).or_default().push(path.clone());
            }
        }
        let kits = sveltekit::kits(sources, facts, packages.kits());
        for folder in kits.keys() {
            by_folder.entry(folder.clone()).or_default();
        }
        let mut reader = Reader::new(&texts, packages, Links::new(sources));
        let mut folders: BTreeMap<PathBuf, Modules> = BTreeMap::new();
        // Sorted, a folder comes after the one above it.
        for (folder, mut configs) in by_folder {
            configs.sort_by_key(|path| rank(path));
            let mut modules = Modules::default();
            for config in configs {
                modules.inherit(&reader.modules(&config, By::Name));
            }
            if let Some(paths) = kits.get(&folder) {
                modules.inherit(&Modules { paths: paths.clone(), ..Modules::default() });
            }
            let mut modules = modules.settled(&folder);
            if let Some(above) = folder.ancestors().skip(1).find_map(|above| folders.get(above)) {
                modules.inherit(above);
            }
            folders.insert(folder, modules);
        }
        let (files, missing, troubles) = reader.finish();
        Self { folders, files, missing, troubles }
    }

    /// Whether what this file says is in the settings.
    pub fn stand_for(&self, path: &Path) -> bool {
        self.files.contains(path) && path.file_name() != Some("package.json".as_ref())
    }

    /// The files that the settings name and that are not among the sources.
    pub fn missing(&self) -> &[Vec<PathBuf>] {
        &self.missing
    }

    /// What is wrong with the settings, one sentence each.
    pub fn troubles(&self) -> &[String] {
        &self.troubles
    }

    /// For each folder the text of a `tsconfig.json` that says all of it.
    pub fn files(&self) -> impl Iterator<Item = (&Path, Arc<str>)> {
        self.folders.iter().map(|(folder, modules)| {
            let options = json!({ "allowJs": true, "paths": modules.paths, "rootDirs": modules.root_dirs });
            (folder.as_path(), Arc::from(json!({ "compilerOptions": options }).to_string()))
        })
    }

    /// Whether a configuration gives this specifier in this file to code of the project.
    pub fn names(&self, file: &Path, specifier: &str) -> bool {
        let Some(modules) = file.ancestors().find_map(|folder| self.folders.get(folder)) else { return false };
        let is_own = |target: &PathBuf| !target.components().any(|part| part.as_os_str() == "node_modules");
        modules
            .paths
            .iter()
            .any(|(pattern, targets)| pattern != "*" && matches(pattern, specifier) && targets.iter().any(is_own))
    }
}

fn matches(pattern: &str, specifier: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            specifier.len() >= start.len() + end.len() && specifier.starts_with(start) && specifier.ends_with(end)
        }
        None => pattern == specifier,
    }
}

fn is_config(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    (name.starts_with("tsconfig") || name.starts_with("jsconfig")) && name.ends_with(".json")
}

/// What an editor would read first comes first.
fn rank(path: &Path) -> (u8, PathBuf) {
    let rank = match path.file_name().and_then(|name| name.to_str()) {
        Some("tsconfig.json") => 0,
        Some("jsconfig.json") => 1,
        _ => 2,
    };
    (rank, path.to_owned())
}
